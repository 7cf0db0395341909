//! `setData`: a znode gets new data.

use super::Reply;
use crate::base::Data;
use crate::wire::{Malformed, Reader, Writer, read_stat};

/// Replaces the data of a znode (`SetDataRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetData {
    /// Of which znode.
    pub path: String,
    /// The new data.
    pub data: Data,
    /// Only at this version; −1 for any.
    pub version: i32,
}

impl SetData {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).buffer(self.data.as_bytes()).int(self.version);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<SetData, Malformed> {
        Ok(SetData { path: from.string()?, data: from.data()?, version: from.int()? })
    }
}

/// Reads `SetDataResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    read_stat(from).map(Reply::Stat)
}
