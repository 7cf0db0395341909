//! `addWatch`: a watch that stays.

use super::Reply;
use crate::base::ErrorCode;
use crate::wire::{Malformed, Reader, Writer};

/// Asks to be told of every change (`AddWatchRequest`). The znode need not exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddWatch {
    /// Of which znode.
    pub path: String,
    /// 0 for the znode and its list of children, 1 for the znode and all below.
    pub mode: i32,
}

impl AddWatch {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).int(self.mode);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<AddWatch, Malformed> {
        Ok(AddWatch { path: from.string()?, mode: from.int()? })
    }

    /// Whether it reaches below the znode. Other modes make no sense.
    pub fn is_recursive(&self) -> Result<bool, ErrorCode> {
        match self.mode {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(ErrorCode::MarshallingError),
        }
    }
}

/// Reads `ErrorResponse`: a zero.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    from.int().map(Reply::Watching)
}
