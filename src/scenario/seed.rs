//! A seed in a file: a number, or, where TOML has no number so great, its digits as text.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Number(u64),
    Digits(String),
}

/// Writes it.
pub fn serialize<S: Serializer>(seed: &u64, to: S) -> Result<S::Ok, S::Error> {
    match i64::try_from(*seed) {
        Ok(number) => number.serialize(to),
        Err(_) => seed.to_string().serialize(to),
    }
}

/// Reads it.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match Form::deserialize(from).map_err(|_| D::Error::custom("expected a seed, 0 or more"))? {
        Form::Number(seed) => Ok(seed),
        Form::Digits(digits) => digits
            .parse()
            .map_err(|_| D::Error::custom(format!("`{digits}` is no seed; expected a number"))),
    }
}
