//! Jute: ZooKeeper's binary form of records. Big-endian numbers, lengths before contents, no tags.

use crate::base::{Data, SessionId, Xid, Zxid};

/// Bytes that are no such record.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what} at byte {at_byte}")]
pub struct Malformed {
    /// What was found or missing.
    pub what: &'static str,
    /// Where, from the record's first byte.
    pub at_byte: usize,
    /// Whether the record only ends too early, so that more bytes might make it whole.
    pub short: bool,
}

/// Takes a record apart, field by field.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    limit: usize,
}

impl<'a> Reader<'a> {
    /// Reads from the first of `bytes`. A string or buffer may be as long as what is left of them.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0, limit: usize::MAX }
    }

    /// The same where more bytes may follow: what says to be longer than `limit` is not waited for.
    pub fn within(limit: usize, bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0, limit }
    }

    /// How many bytes have been read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The bytes not yet read.
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// True when everything was read.
    pub fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Goes on behind byte `at`, which is not before what was read.
    pub fn skip(&mut self, at: usize) -> Result<(), Malformed> {
        if at > self.bytes.len() {
            return Err(self.short("a record ends early"));
        }
        assert!(at >= self.at, "a reader goes forward");
        self.at = at;
        Ok(())
    }

    fn short(&self, what: &'static str) -> Malformed {
        Malformed { what, at_byte: self.at, short: true }
    }

    /// The error that the value read last makes no sense.
    pub fn bad(&self, what: &'static str) -> Malformed {
        Malformed { what, at_byte: self.at, short: false }
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Malformed> {
        let found = self.rest().first_chunk::<N>().ok_or_else(|| self.short(what))?;
        self.at += N;
        Ok(*found)
    }

    /// One byte, zero for false.
    pub fn boolean(&mut self) -> Result<bool, Malformed> {
        Ok(self.array::<1>("a boolean is missing")?[0] != 0)
    }

    /// Four bytes.
    pub fn int(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_be_bytes(self.array("an int is missing")?))
    }

    /// Eight bytes.
    pub fn long(&mut self) -> Result<i64, Malformed> {
        Ok(i64::from_be_bytes(self.array("a long is missing")?))
    }

    /// Eight bytes, as a zxid.
    pub fn zxid(&mut self) -> Result<Zxid, Malformed> {
        Ok(Zxid::from_wire(self.long()?))
    }

    /// Eight bytes, as a session id.
    pub fn session(&mut self) -> Result<SessionId, Malformed> {
        Ok(SessionId(self.long()?))
    }

    /// Four bytes, as a request's number.
    pub fn xid(&mut self) -> Result<Xid, Malformed> {
        Ok(Xid(self.int()?))
    }

    /// A length and as many bytes; `None` for length −1.
    pub fn buffer(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        let length = self.int()?;
        if length == -1 {
            return Ok(None);
        }
        let length = usize::try_from(length).map_err(|_| self.bad("a negative length"))?;
        if length > self.limit {
            return Err(self.bad("a length over the limit"));
        }
        let found = self.rest().get(..length).ok_or_else(|| self.short("a buffer ends early"))?;
        self.at += length;
        Ok(Some(found))
    }

    /// A buffer as a znode's data.
    pub fn data(&mut self) -> Result<Data, Malformed> {
        Ok(self.buffer()?.map_or(Data::NULL, |bytes| bytes.to_vec().into()))
    }

    /// A string that is not null. Bytes that are no UTF-8 become U+FFFD, as in Java.
    pub fn string(&mut self) -> Result<String, Malformed> {
        let bytes = self.buffer()?.ok_or_else(|| self.bad("a null string"))?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// A string; null becomes the empty one.
    pub fn string_or_null(&mut self) -> Result<String, Malformed> {
        let bytes = self.buffer()?.unwrap_or_default();
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// How many items follow; less than none counts as none, as in Java. Every item takes at least
    /// `item_bytes`, so that a wild number is refused before memory is set aside for it.
    pub fn count(&mut self, item_bytes: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.int()?).unwrap_or(0);
        let bytes = count.saturating_mul(item_bytes);
        if bytes > self.limit {
            return Err(self.bad("a count over the limit"));
        }
        if bytes > self.rest().len() {
            return Err(self.short("a vector ends early"));
        }
        Ok(count)
    }

    /// A vector of strings.
    pub fn strings(&mut self) -> Result<Vec<String>, Malformed> {
        let count = self.count(4)?;
        (0..count).map(|_| self.string()).collect()
    }
}

/// Few records are longer. Those that are have their buffer grow.
const USUAL_BYTES: usize = 128;

/// Puts a record together, field by field.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty record.
    pub fn new() -> Writer {
        Writer { bytes: Vec::with_capacity(USUAL_BYTES) }
    }

    /// A record that will stand behind its length, which takes four bytes ([`Frames::seal`]).
    ///
    /// [`Frames::seal`]: super::Frames::seal
    pub fn framed() -> Writer {
        let mut to = Writer::new();
        to.int(0);
        to
    }

    /// Writes behind what is already in `bytes`.
    pub fn onto(bytes: Vec<u8>) -> Writer {
        Writer { bytes }
    }

    /// The record's bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The bytes so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// One byte.
    pub fn boolean(&mut self, value: bool) -> &mut Writer {
        self.bytes.push(u8::from(value));
        self
    }

    /// Four bytes.
    pub fn int(&mut self, value: i32) -> &mut Writer {
        self.raw(&value.to_be_bytes())
    }

    /// Eight bytes.
    pub fn long(&mut self, value: i64) -> &mut Writer {
        self.raw(&value.to_be_bytes())
    }

    /// Eight bytes.
    pub fn zxid(&mut self, value: Zxid) -> &mut Writer {
        self.long(value.to_wire())
    }

    /// Bytes as they are, without a length.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Writer {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// A length and the bytes; −1 for `None`.
    pub fn buffer(&mut self, bytes: Option<&[u8]>) -> &mut Writer {
        match bytes {
            None => self.int(-1),
            Some(bytes) => self.int(length_of(bytes.len())).raw(bytes),
        }
    }

    /// A string.
    pub fn string(&mut self, text: &str) -> &mut Writer {
        self.buffer(Some(text.as_bytes()))
    }

    /// How many items follow.
    pub fn count(&mut self, count: usize) -> &mut Writer {
        self.int(length_of(count))
    }

    /// A vector of strings.
    pub fn strings<T: AsRef<str>>(&mut self, items: &[T]) -> &mut Writer {
        self.count(items.len());
        items.iter().for_each(|item| {
            self.string(item.as_ref());
        });
        self
    }
}

fn length_of(length: usize) -> i32 {
    i32::try_from(length).expect("what we write is far below two gigabytes")
}
