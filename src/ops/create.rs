//! `create` and `create2`: a new znode. The second form also answers with its Stat.

use super::Reply;
use crate::base::Data;
use crate::wire::{Acl, Malformed, Reader, Writer, read_acls, read_stat, write_acls};

/// Creates a znode (`CreateRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Create {
    /// Where; without the number of a sequential znode.
    pub path: String,
    /// With what data.
    pub data: Data,
    /// Who may do what with it.
    pub acls: Vec<Acl>,
    /// 0 persistent, 1 ephemeral, 2 persistent sequential, 3 ephemeral sequential; others name
    /// kinds that not every operation makes (`CreateMode.java`).
    pub flags: i32,
}

impl Create {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).buffer(self.data.as_bytes());
        write_acls(&self.acls, to);
        to.int(self.flags);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Create, Malformed> {
        Ok(Create {
            path: from.string()?,
            data: from.data()?,
            acls: read_acls(from)?,
            flags: from.int()?,
        })
    }
}

/// Reads `CreateResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Created { path: from.string()?, stat: None })
}

/// Reads `Create2Response`.
pub(super) fn reply2(from: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Created { path: from.string()?, stat: Some(read_stat(from)?) })
}
