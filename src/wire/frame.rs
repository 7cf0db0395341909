//! Frames on a client's connection: four bytes of length, then as many of payload.

/// The largest frame by default, in bytes (`jute.maxbuffer`).
pub const FRAME_MAX: usize = 0xf_ffff;

/// A frame that no client may send; the connection has to be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a frame of {length} bytes; expected 0 to {max}")]
pub struct FrameError {
    /// The length that was announced.
    pub length: i32,
    /// The longest that is allowed.
    pub max: usize,
}

/// Cuts a stream of bytes into frames, however the bytes arrive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frames {
    bytes: Vec<u8>,
    at: usize,
    max: usize,
}

impl Default for Frames {
    fn default() -> Frames {
        Frames::with_max(FRAME_MAX)
    }
}

impl Frames {
    /// Frames of at most so many bytes.
    pub fn with_max(max: usize) -> Frames {
        Frames { bytes: Vec::new(), at: 0, max }
    }

    /// The bytes that have arrived and were not yet given away.
    pub fn waiting(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// How long the next frame's payload says to be, as soon as its length is here; `None` also for a
    /// negative one.
    pub fn announced(&self) -> Option<usize> {
        let length = self.waiting().first_chunk::<4>()?;
        usize::try_from(i32::from_be_bytes(*length)).ok()
    }

    /// More bytes arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.at > 0 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame's payload; `None` until it is here.
    ///
    /// Errors on a length that is negative or over the limit, without waiting for the payload.
    #[allow(clippy::should_implement_trait, reason = "it lends, which no iterator can")]
    pub fn next(&mut self) -> Result<Option<&[u8]>, FrameError> {
        let waiting = &self.bytes[self.at..];
        let Some(length) = waiting.first_chunk::<4>() else { return Ok(None) };
        let announced = i32::from_be_bytes(*length);
        let length = usize::try_from(announced).ok().filter(|&it| it <= self.max);
        let length = length.ok_or(FrameError { length: announced, max: self.max })?;
        if waiting.len() < 4 + length {
            return Ok(None);
        }
        let start = self.at + 4;
        self.at = start + length;
        Ok(Some(&self.bytes[start..self.at]))
    }

    /// Puts the length in front of a payload that was written behind four bytes of room.
    pub fn seal(mut payload: Vec<u8>) -> Vec<u8> {
        assert!(payload.len() >= 4, "the payload leaves four bytes of room for its length");
        let length = u32::try_from(payload.len() - 4).expect("what we send is far below 4 GiB");
        payload[..4].copy_from_slice(&length.to_be_bytes());
        payload
    }
}
