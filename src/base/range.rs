//! A range of whole numbers, out of which chance draws one.

use super::Rng;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// From `min` to `max`, both included; never empty.
///
/// In files `[min, max]`, or a single number that stands for both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range<T> {
    min: T,
    max: T,
}

impl<T: Copy + Ord> Range<T> {
    /// `[min, max]`; the first must not be the greater.
    pub const fn new(ends: [T; 2]) -> Range<T> {
        Range { min: ends[0], max: ends[1] }
    }

    /// The smallest number in it.
    pub fn min(self) -> T {
        self.min
    }

    /// The greatest number in it.
    pub fn max(self) -> T {
        self.max
    }
}

macro_rules! draw {
    ($($type:ty)*) => {$(
        impl Range<$type> {
            /// One of its numbers, each equally likely.
            pub fn draw(self, rng: &mut Rng) -> $type {
                let span = rng.between(0, self.max.abs_diff(self.min).into());
                self.min.wrapping_add(span as $type)
            }
        }
    )*};
}
draw!(u32 u64 i64);

impl<T: Serialize> Serialize for Range<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        [&self.min, &self.max].serialize(to)
    }
}

impl<'de, T: TryFrom<i64>> Deserialize<'de> for Range<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Range<T>, D::Error> {
        from.deserialize_any(Ends(PhantomData))
    }
}

struct Ends<T>(PhantomData<T>);

impl<T: TryFrom<i64>> Ends<T> {
    fn range<E: Error>(min: i64, max: i64) -> Result<Range<T>, E> {
        if min > max {
            return Err(E::custom(format!("[{min}, {max}] is no range; expected [min, max]")));
        }
        let end = |number| {
            let beyond = || E::custom(format!("{number} is too small or too great here"));
            T::try_from(number).map_err(|_| beyond())
        };
        Ok(Range { min: end(min)?, max: end(max)? })
    }
}

impl<'de, T: TryFrom<i64>> Visitor<'de> for Ends<T> {
    type Value = Range<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a range [min, max]")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Range<T>, E> {
        Ends::range(number, number)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut ends: A) -> Result<Range<T>, A::Error> {
        let missing = || A::Error::custom("a range has two numbers, [min, max]");
        let min = ends.next_element()?.ok_or_else(missing)?;
        let max = ends.next_element()?.ok_or_else(missing)?;
        match ends.next_element::<i64>()? {
            None => Ends::range(min, max),
            Some(_) => Err(missing()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        it: Range<i64>,
    }

    fn parse(text: &str) -> Option<Range<i64>> {
        toml::from_str::<File>(text).ok().map(|file| file.it)
    }

    #[test]
    fn a_number_or_two() {
        assert_eq!(parse("it = [-3, 4]"), Some(Range::new([-3, 4])));
        assert_eq!(parse("it = 7"), Some(Range::new([7, 7])));
        for bad in ["it = [4, 3]", "it = [1]", "it = [1, 2, 3]", "it = 'x'"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn draws_stay_inside() {
        let mut rng = Rng::stream(1, "test");
        let range = Range::new([i64::MIN, i64::MAX]);
        assert!((0..50).any(|_| range.draw(&mut rng) < 0));
        let small = Range::new([-2i64, 2]);
        assert!((0..50).all(|_| (-2..=2).contains(&small.draw(&mut rng))));
    }
}
