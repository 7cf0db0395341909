//! A znode's data: bytes or null, cheap to clone.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Data of a znode. Null and empty are different, and both are preserved end to end.
///
/// In files: `null`, a string when the bytes are UTF-8 that does not begin with `hex:`, and
/// otherwise `hex:` with two digits a byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Data(Option<Arc<[u8]>>);

impl Data {
    /// No data at all (length −1 on the wire).
    pub const NULL: Data = Data(None);

    /// The bytes; `None` for null.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }

    /// Number of bytes; 0 for null, as in `Stat`.
    pub fn len(&self) -> usize {
        self.as_bytes().map_or(0, <[u8]>::len)
    }

    /// True for null and for no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text, when the bytes are UTF-8.
    pub fn as_text(&self) -> Option<&str> {
        self.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    fn to_form(&self) -> Option<String> {
        let bytes = self.as_bytes()?;
        match self.as_text() {
            Some(text) if !text.starts_with("hex:") => Some(text.to_owned()),
            _ => Some(bytes.iter().fold("hex:".to_owned(), |all, byte| format!("{all}{byte:02x}"))),
        }
    }

    fn from_form(form: &str) -> Result<Data, String> {
        let Some(digits) = form.strip_prefix("hex:") else { return Ok(form.into()) };
        let bad = || format!("`{form}` is no data; expected two hex digits a byte after `hex:`");
        if !digits.is_ascii() || digits.len() % 2 != 0 {
            return Err(bad());
        }
        let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| bad());
        (0..digits.len()).step_by(2).map(byte).collect::<Result<Vec<u8>, _>>().map(Data::from)
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Data {
        Data(Some(text.as_bytes().into()))
    }
}

impl From<String> for Data {
    fn from(text: String) -> Data {
        text.as_str().into()
    }
}

impl From<Vec<u8>> for Data {
    fn from(bytes: Vec<u8>) -> Data {
        Data(Some(bytes.into()))
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_form() {
            None => f.write_str("null"),
            Some(form) => write!(f, "{form:?}"),
        }
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.to_form().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Data, D::Error> {
        match Option::<String>::deserialize(from)? {
            None => Ok(Data::NULL),
            Some(form) => Data::from_form(&form).map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_comes_back() {
        let all = [Data::NULL, "".into(), "abc".into(), "hex:00".into(), vec![0, 255].into()];
        for data in all {
            let text = serde_json::to_string(&data).unwrap();
            assert_eq!(serde_json::from_str::<Data>(&text).unwrap(), data, "{text}");
        }
        assert!(serde_json::from_str::<Data>("\"hex:0\"").is_err());
    }
}
