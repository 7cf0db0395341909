//! Time as a node sees it: microseconds on a clock that starts at zero and never goes back.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A moment, in microseconds since the clock's start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

/// A length of time in milliseconds.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Time {
    /// The clock's start.
    pub const ZERO: Time = Time(0);
    /// Later than every moment of a run.
    pub const NEVER: Time = Time(u64::MAX);

    /// The moment so many milliseconds after the clock's start.
    pub fn from_ms(ms: u64) -> Time {
        Time(ms * 1000)
    }

    /// Whole milliseconds since the clock's start.
    pub fn as_ms(self) -> u64 {
        self.0 / 1000
    }

    /// How much later this is than `earlier`, in whole milliseconds; zero when it is not later.
    pub fn since(self, earlier: Time) -> Millis {
        Millis(self.0.saturating_sub(earlier.0) / 1000)
    }
}

impl Millis {
    /// In microseconds, the unit of [`Time`].
    pub fn as_micros(self) -> u64 {
        self.0 * 1000
    }
}

impl Add<Millis> for Time {
    type Output = Time;
    fn add(self, later: Millis) -> Time {
        Time(self.0.saturating_add(later.as_micros()))
    }
}

impl AddAssign<Millis> for Time {
    fn add_assign(&mut self, later: Millis) {
        *self = *self + later;
    }
}

impl Sub<Millis> for Time {
    type Output = Time;
    fn sub(self, earlier: Millis) -> Time {
        Time(self.0.saturating_sub(earlier.as_micros()))
    }
}

/// Seconds with three digits: `41.207s`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.as_ms();
        write!(f, "{}.{:03}s", ms / 1000, ms % 1000)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}
