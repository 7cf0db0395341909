//! What options mean: from their text to values, and what is said of those that mean nothing.

use crate::base::Time;
use crate::real::Kind as Request;
use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;

/// How often each kind of request is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mix(pub BTreeMap<Request, u32>);

/// A moment of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Around {
    /// When the first violation turned out.
    Violation,
    /// A simulated time.
    Time(Time),
}

/// The seeds of a sweep: at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seeds(pub Range<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Seeds, String> {
        let form = || "expected A..B with A less than B, for example 0..100".to_owned();
        let (first, last) = text.split_once("..").ok_or_else(form)?;
        let number = |digits: &str| digits.parse::<u64>().map_err(|_| form());
        let end = match last.strip_prefix('=') {
            Some(last) => number(last)?.checked_add(1).ok_or_else(form)?,
            None => number(last)?,
        };
        let first = number(first)?;
        if first < end { Ok(Seeds(first..end)) } else { Err(form()) }
    }
}

pub(super) fn parse_seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a number, 0 to {}", u64::MAX))
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Mix, String> {
        let known: Vec<&str> = Request::NAMES.iter().map(|(name, _)| *name).collect();
        let form = || format!("expected for example get=8,set=2, with {}", known.join(", "));
        let mut mix = BTreeMap::new();
        for part in text.split(',') {
            let (name, number) = part.split_once('=').ok_or_else(form)?;
            let kind = Request::NAMES.iter().find(|it| it.0 == name).ok_or_else(form)?.1;
            let number: u32 = number.parse().ok().filter(|it| *it <= 1_000).ok_or_else(form)?;
            mix.insert(kind, number);
        }
        if mix.values().sum::<u32>() == 0 {
            return Err(form());
        }
        Ok(Mix(mix))
    }
}

pub(super) fn parse_address(text: &str) -> Result<String, String> {
    let form = || "expected HOST:PORT, for example 127.0.0.1:2181".to_owned();
    let (host, port) = text.rsplit_once(':').ok_or_else(form)?;
    let port: u16 = port.parse().map_err(|_| form())?;
    if host.is_empty() || port == 0 { Err(form()) } else { Ok(text.to_owned()) }
}

/// `41.2s`, `41207ms` or `41.207`; exact, as far as microseconds go.
pub(super) fn parse_time(text: &str) -> Result<Time, String> {
    let form = || "expected a time, for example 41.2s, 41207ms or 41.207".to_owned();
    let (number, unit_us) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1_000),
        (None, Some(number)) => (number, 1_000_000),
        (None, None) => (text, 1_000_000),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 9 {
        return Err(form());
    }
    let whole: u64 = whole.parse().map_err(|_| form())?;
    let part: u64 =
        part.parse::<u64>().map_err(|_| form())? * unit_us / 10_u64.pow(part.len() as u32);
    whole.checked_mul(unit_us).and_then(|us| us.checked_add(part)).map(Time).ok_or_else(form)
}

pub(super) fn parse_around(text: &str) -> Result<Around, String> {
    match text {
        "violation" => Ok(Around::Violation),
        text => parse_time(text).map(Around::Time).map_err(|why| format!("{why}; or `violation`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_exactly() {
        for text in ["41.207s", "41207ms", "41.207", "041.2070"] {
            assert_eq!(parse_time(text), Ok(Time(41_207_000)), "{text}");
        }
        assert_eq!(parse_time("1.5ms"), Ok(Time(1_500)));
        for text in ["", "s", "1.", ".5", "-1", "1e3", "1m", "99999999999999999999"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mix_names_kinds_and_how_often() {
        let mix = |text: &str| text.parse::<Mix>().map(|it| it.0);
        assert_eq!(mix("set=1"), Ok(BTreeMap::from([(Request::Set, 1)])));
        let both = BTreeMap::from([(Request::Get, 9), (Request::Set, 1)]);
        assert_eq!(mix("get=9,set=1"), Ok(both));
        for text in ["", "get", "get=", "get=-1", "get=0", "put=1", "get=1,", "get=99999"] {
            assert!(mix(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_have_a_port() {
        assert!(parse_address("127.0.0.1:2181").is_ok() && parse_address("[::1]:2181").is_ok());
        for text in ["", "localhost", ":2181", "localhost:", "localhost:0", "localhost:99999"] {
            assert!(parse_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seeds_are_a_range_that_is_not_empty() {
        let seeds = |text: &str| text.parse::<Seeds>().map(|it| it.0);
        assert_eq!(seeds("3..5"), Ok(3..5));
        assert_eq!(seeds("3..=5"), Ok(3..6));
        for text in ["", "5", "5..", "..5", "5..5", "5..3", "a..b", "0..=18446744073709551615"] {
            assert!(seeds(text).is_err(), "{text}");
        }
    }
}
