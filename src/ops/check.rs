//! `check`: a multi fails unless a znode is at a version. Only inside a multi.

use crate::wire::{Malformed, Reader, Writer};

/// Fails unless the znode is at this version (`CheckVersionRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// Which.
    pub path: String,
    /// The version; −1 for any.
    pub version: i32,
}

impl Check {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).int(self.version);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Check, Malformed> {
        Ok(Check { path: from.string()?, version: from.int()? })
    }
}
