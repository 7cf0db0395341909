//! Records of `zookeeper.jute` that several operations share: Stat and ACL.

use super::{Malformed, Reader, Writer};
use crate::base::Stat;

/// One entry of an access control list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Acl {
    /// READ 1, WRITE 2, CREATE 4, DELETE 8, ADMIN 16.
    pub perms: i32,
    /// How `id` is to be read: `world`, `digest`, …
    pub scheme: String,
    /// Who.
    pub id: String,
}

/// Everybody may do everything (`ZooDefs.Ids.OPEN_ACL_UNSAFE`): perms, scheme, id.
pub const OPEN_ACL: (i32, &str, &str) = (31, "world", "anyone");

/// Reads a vector of ACL entries; null is an empty one.
pub fn read_acls(from: &mut Reader) -> Result<Vec<Acl>, Malformed> {
    let count = from.count(12)?;
    let entry = |_| Ok(Acl { perms: from.int()?, scheme: from.string()?, id: from.string()? });
    (0..count).map(entry).collect()
}

/// Writes a vector of ACL entries.
pub fn write_acls(acls: &[Acl], to: &mut Writer) {
    to.count(acls.len());
    for acl in acls {
        to.int(acl.perms).string(&acl.scheme).string(&acl.id);
    }
}

impl Acl {
    /// The list with which everybody may do everything.
    pub fn open() -> Vec<Acl> {
        let (perms, scheme, id) = OPEN_ACL;
        vec![Acl { perms, scheme: scheme.into(), id: id.into() }]
    }

    /// Whether a list is exactly [`Acl::open`].
    pub fn is_open(acls: &[Acl]) -> bool {
        matches!(acls, [one] if (one.perms, &*one.scheme, &*one.id) == OPEN_ACL)
    }
}

/// Writes a Stat: 68 bytes.
pub fn encode_stat(stat: &Stat, to: &mut Writer) {
    to.zxid(stat.czxid).zxid(stat.mzxid).long(stat.ctime).long(stat.mtime);
    to.int(stat.version).int(stat.cversion).int(stat.aversion);
    to.long(stat.ephemeral_owner.0).int(stat.data_length).int(stat.num_children);
    to.zxid(stat.pzxid);
}

/// Reads a Stat.
pub fn read_stat(from: &mut Reader) -> Result<Stat, Malformed> {
    Ok(Stat {
        czxid: from.zxid()?,
        mzxid: from.zxid()?,
        ctime: from.long()?,
        mtime: from.long()?,
        version: from.int()?,
        cversion: from.int()?,
        aversion: from.int()?,
        ephemeral_owner: from.session()?,
        data_length: from.int()?,
        num_children: from.int()?,
        pzxid: from.zxid()?,
    })
}
