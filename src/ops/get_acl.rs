//! `getACL`: who may do what with a znode.

use super::Reply;
use super::serve::Reading;
use crate::base::ErrorCode;
use crate::tree::perm;
use crate::wire::{Acl, Malformed, Reader, Writer, read_acls, read_stat};

/// Asks for the ACL (`GetACLRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GetAcl {
    /// Of which znode.
    pub path: String,
}

impl GetAcl {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<GetAcl, Malformed> {
        Ok(GetAcl { path: from.string()? })
    }
}

impl GetAcl {
    /// Answers from a server's tree. Who may not change the list does not see the hashes of
    /// passwords.
    pub(super) fn read(&self, from: &Reading) -> Result<Reply, ErrorCode> {
        let znode = from.find(&self.path)?;
        from.check_access(znode, perm::READ | perm::ADMIN)?;
        let mut acls = znode.acls.to_vec();
        if from.check_access(znode, perm::ADMIN).is_err() {
            acls.iter_mut().for_each(mask);
        }
        Ok(Reply::Acl { acls, stat: znode.stat() })
    }
}

fn mask(entry: &mut Acl) {
    if entry.scheme == "digest"
        && let Some((user, _)) = entry.id.split_once(':')
    {
        entry.id = format!("{user}:x");
    }
}

/// Reads `GetACLResponse`.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Acl { acls: read_acls(from)?, stat: read_stat(from)? })
}
