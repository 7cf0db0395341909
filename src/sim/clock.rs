//! A server's own clocks. Its monotonic clock drifts but never jumps or goes back; its wall clock
//! drifts with it and is also set, forward or back.

use crate::base::Time;

/// What every wall clock says at the start of a run, in milliseconds since 1970.
pub const WALL_START_MS: i64 = 1_700_000_000_000;

/// Parts per million.
const MILLION: i64 = 1_000_000;

/// Both clocks of one server. Time passes on them at a constant rate since `since`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Clock {
    /// The true time of the last change of rate …
    since: Time,
    /// … and what the monotonic clock said then.
    local_since: Time,
    /// How much too fast the clocks run, in parts per million; negative when too slow.
    drift_ppm: i64,
    /// How far the wall clock is ahead of the monotonic one, beyond its start.
    offset_us: i64,
}

impl Clock {
    /// What the monotonic clock says at the true time `now`.
    pub fn local(&self, now: Time) -> Time {
        assert!(
            now >= self.since,
            "a clock is read at {now}, before its rate began at {}",
            self.since
        );
        let passed = u128::from(now.0 - self.since.0) * self.rate() / MILLION as u128;
        Time(self.local_since.0.saturating_add(clamp(passed)))
    }

    /// The first true time at which the monotonic clock says `local` or more; no earlier than the
    /// last change of rate.
    pub fn true_time_of(&self, local: Time) -> Time {
        let to_pass = local.0.saturating_sub(self.local_since.0);
        let passed = (u128::from(to_pass) * MILLION as u128).div_ceil(self.rate());
        Time(self.since.0.saturating_add(clamp(passed)))
    }

    /// What the wall clock says at the true time `now`, in milliseconds since 1970.
    pub fn wall_ms(&self, now: Time) -> i64 {
        WALL_START_MS + (signed(self.local(now)) + self.offset_us).div_euclid(1000)
    }

    /// From now on both clocks run `drift_ppm` too fast (too slow, when negative), instead of what
    /// they did before; the wall clock jumps by `offset_ms`, besides what it was off before.
    pub fn skew(&mut self, now: Time, offset_ms: i64, drift_ppm: i64) {
        assert!(drift_ppm > -MILLION, "a clock that runs {drift_ppm} ppm too slow stands still");
        self.local_since = self.local(now);
        self.since = now;
        self.drift_ppm = drift_ppm;
        self.offset_us += offset_ms * 1000;
    }

    /// From now on both clocks run true, and the wall clock says what a true one says.
    pub fn unskew(&mut self, now: Time) {
        self.skew(now, 0, 0);
        self.offset_us = signed(now) - signed(self.local_since);
    }

    /// How much the monotonic clock moves in a million true microseconds.
    fn rate(&self) -> u128 {
        (MILLION + self.drift_ppm) as u128
    }
}

fn clamp(micros: u128) -> u64 {
    u64::try_from(micros).unwrap_or(u64::MAX)
}

fn signed(time: Time) -> i64 {
    i64::try_from(time.0).expect("runs end before a clock has counted 2^63 microseconds")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Rng;

    #[test]
    fn a_clock_that_nobody_touched_is_true() {
        let clock = Clock::default();
        assert_eq!(clock.local(Time(1_234_567)), Time(1_234_567));
        assert_eq!(clock.true_time_of(Time(77)), Time(77));
        assert_eq!(clock.true_time_of(Time::NEVER), Time::NEVER);
        assert_eq!(clock.wall_ms(Time::from_ms(5)), WALL_START_MS + 5);
    }

    #[test]
    fn drift_moves_both_clocks_and_offset_only_the_wall() {
        let mut clock = Clock::default();
        clock.skew(Time::from_ms(1000), -300, 100_000);
        assert_eq!(clock.local(Time::from_ms(2000)), Time::from_ms(2100));
        assert_eq!(clock.wall_ms(Time::from_ms(2000)), WALL_START_MS + 1800);
        assert_eq!(clock.true_time_of(Time::from_ms(2100)), Time::from_ms(2000));
    }

    #[test]
    fn unskewed_the_wall_clock_is_right_and_the_monotonic_one_has_not_jumped() {
        let mut clock = Clock::default();
        clock.skew(Time::ZERO, 5000, -500_000);
        clock.unskew(Time::from_ms(1000));
        assert_eq!(clock.local(Time::from_ms(1000)), Time::from_ms(500));
        assert_eq!(clock.local(Time::from_ms(3000)), Time::from_ms(2500));
        assert_eq!(clock.wall_ms(Time::from_ms(3000)), WALL_START_MS + 3000);
    }

    #[test]
    fn the_monotonic_clock_never_goes_back_and_timers_never_fire_early() {
        let (mut rng, mut clock) = (Rng::stream(1, "clock"), Clock::default());
        let (mut now, mut last) = (Time::ZERO, Time::ZERO);
        for _ in 0..2000 {
            now.0 += rng.below(5000);
            match rng.below(10) {
                0 => clock.skew(
                    now,
                    rng.below(2000) as i64 - 1000,
                    rng.below(800_000) as i64 - 400_000,
                ),
                1 => clock.unskew(now),
                _ => {}
            }
            let local = clock.local(now);
            assert!(local >= last, "{local:?} after {last:?}");
            let goal = Time(local.0 + rng.below(100_000));
            assert!(clock.local(clock.true_time_of(goal)) >= goal);
            last = local;
        }
    }
}
