//! Records of `zookeeper.jute` that several operations share: Stat and ACL.

use super::{Malformed, Reader, Writer};
use crate::base::Stat;
use std::sync::Arc;

/// Who somebody is, by one scheme (`Id`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Identity {
    /// How `id` is to be read: `ip`, `digest`, `super`, …
    pub scheme: String,
    /// Who.
    pub id: String,
}

impl Identity {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.scheme).string(&self.id);
    }

    /// Reads it; null is the empty string.
    pub fn decode(from: &mut Reader) -> Result<Identity, Malformed> {
        Ok(Identity { scheme: from.string_or_null()?, id: from.string_or_null()? })
    }
}

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

/// Reads a vector of ACL entries; null is an empty one, and a null scheme or id the empty string,
/// which no rule takes for valid.
pub fn read_acls(from: &mut Reader) -> Result<Vec<Acl>, Malformed> {
    let count = from.count(12)?;
    let entry = |_| {
        let perms = from.int()?;
        Ok(Acl { perms, scheme: from.string_or_null()?, id: from.string_or_null()? })
    };
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

/// The access control list of a znode, cheap to clone. The open one takes no room.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Acls(Option<Arc<[Acl]>>);

impl Acls {
    /// Everybody may do everything.
    pub const OPEN: Acls = Acls(None);

    /// Whether everybody may do everything.
    pub fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// The entries; `None` stands for those of [`Acl::open`].
    pub fn entries(&self) -> Option<&[Acl]> {
        self.0.as_deref()
    }

    /// The entries, one by one.
    pub fn to_vec(&self) -> Vec<Acl> {
        self.entries().map_or_else(Acl::open, <[Acl]>::to_vec)
    }
}

impl From<Vec<Acl>> for Acls {
    fn from(entries: Vec<Acl>) -> Acls {
        if Acl::is_open(&entries) { Acls::OPEN } else { Acls(Some(entries.into())) }
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
