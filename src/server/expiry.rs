//! When sessions and connections are past their time: in buckets of one tick, as ZooKeeper does it
//! (`ExpiryQueue`).

use crate::base::{Millis, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Things that have to be heard of again and again. One expires in the first tick that begins more
/// than its timeout after it was last heard of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expiry<T: Ord + Copy> {
    tick: Millis,
    buckets: BTreeMap<Time, BTreeSet<T>>,
    bucket_of: BTreeMap<T, Time>,
}

impl<T: Ord + Copy> Expiry<T> {
    /// Nothing is waited for.
    pub fn new(tick: Millis) -> Expiry<T> {
        Expiry { tick, buckets: BTreeMap::new(), bucket_of: BTreeMap::new() }
    }

    /// It was heard of now. True when that gives it more time than it had.
    pub fn touch(&mut self, now: Time, it: T, timeout: Millis) -> bool {
        let tick = self.tick.as_micros();
        let bucket = Time(((now + timeout).0 / tick + 1) * tick);
        let before = self.bucket_of.get(&it).copied();
        if before.is_some_and(|before| before >= bucket) {
            return false;
        }
        self.remove(it);
        self.bucket_of.insert(it, bucket);
        self.buckets.entry(bucket).or_default().insert(it);
        true
    }

    /// It was heard of now, and from now on has this timeout, which may be shorter than before.
    pub fn restart(&mut self, now: Time, it: T, timeout: Millis) {
        self.remove(it);
        self.touch(now, it, timeout);
    }

    /// It is no longer waited for.
    pub fn remove(&mut self, it: T) {
        let Some(bucket) = self.bucket_of.remove(&it) else { return };
        let all = self.buckets.get_mut(&bucket).expect("whatever is waited for has its bucket");
        all.remove(&it);
        if all.is_empty() {
            self.buckets.remove(&bucket);
        }
    }

    /// Those whose time is over. They are no longer waited for.
    pub fn take_expired(&mut self, now: Time) -> Vec<T> {
        let mut expired = Vec::new();
        while let Some(bucket) = self.buckets.first_entry().filter(|it| *it.key() <= now) {
            expired.extend(bucket.remove());
        }
        for it in &expired {
            self.bucket_of.remove(it);
        }
        expired
    }

    /// What expires at which time, in order.
    pub fn sets(&self) -> impl Iterator<Item = (Time, &BTreeSet<T>)> {
        self.buckets.iter().map(|(&at, all)| (at, all))
    }

    /// When the next one expires; [`Time::NEVER`] without any.
    pub fn deadline(&self) -> Time {
        self.buckets.keys().next().copied().unwrap_or(Time::NEVER)
    }

    /// Nothing is waited for any more.
    pub fn clear(&mut self) {
        self.buckets.clear();
        self.bucket_of.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_expires_within_its_timeout_or_later_than_a_tick_after_it() {
        for touched in [0, 1, 499, 500, 777, 1000] {
            let mut expiry = Expiry::new(Millis(500));
            expiry.touch(Time::from_ms(touched), 'a', Millis(1200));
            let deadline = expiry.deadline().as_ms();
            assert!(deadline > touched + 1200 && deadline <= touched + 1700, "{touched}");
            assert!(expiry.take_expired(Time(Time::from_ms(deadline).0 - 1)).is_empty());
            assert_eq!(expiry.take_expired(Time::from_ms(deadline)), ['a']);
            assert_eq!(expiry.deadline(), Time::NEVER);
        }
    }

    #[test]
    fn a_sign_of_life_only_adds_time() {
        let mut expiry = Expiry::new(Millis(100));
        assert!(expiry.touch(Time::from_ms(0), 1, Millis(1000)));
        assert!(!expiry.touch(Time::from_ms(10), 1, Millis(200)));
        assert!(expiry.touch(Time::from_ms(200), 1, Millis(1000)));
        assert!(expiry.take_expired(Time::from_ms(1100)).is_empty());
    }

    #[test]
    fn a_new_timeout_may_be_shorter() {
        let mut expiry = Expiry::new(Millis(100));
        expiry.touch(Time::from_ms(0), 1, Millis(1000));
        expiry.restart(Time::from_ms(100), 1, Millis(200));
        assert_eq!(expiry.deadline(), Time::from_ms(400));
    }
}
