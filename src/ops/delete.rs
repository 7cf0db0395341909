//! `delete`: a znode without children goes.

use super::{Preparation, Reply};
use crate::base::{ErrorCode, ZPath, parent_of};
use crate::tree::{Body, Lifetime, Record, perm};
use crate::wire::{Malformed, Reader, Writer};

/// Deletes a znode (`DeleteRequest`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delete {
    /// Which.
    pub path: String,
    /// Only at this version; −1 for any.
    pub version: i32,
}

impl Delete {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.string(&self.path).int(self.version);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Delete, Malformed> {
        Ok(Delete { path: from.string()?, version: from.int()? })
    }
}

/// The system's own znodes, which nobody deletes.
const SYSTEM: [&str; 4] = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

impl Delete {
    /// Turns it into a transaction. Refusals in the order of `zookeeper.md`, A.3.
    pub(super) fn prepare(&self, leader: &mut Preparation) -> Result<Body, ErrorCode> {
        let path = &self.path;
        if !path.contains('/') || path.contains('\0') || SYSTEM.contains(&path.as_str()) {
            return Err(ErrorCode::BadArguments);
        }
        let parent_path = parent_of(path).ok_or(ErrorCode::NoNode)?;
        let parent = leader.get(parent_path).ok_or(ErrorCode::NoNode)?;
        leader.check_access(&parent, perm::DELETE)?;
        let own = leader.get(path).ok_or(ErrorCode::NoNode)?;
        leader.check_version(self.version, own.version)?;
        if own.children > 0 {
            return Err(ErrorCode::NotEmpty);
        }
        remove(path, (own, parent), leader);
        Ok(Body::Delete { path: path.clone() })
    }
}

/// Turns the leader's own wish to delete a container, or a znode whose time to live is over, into a
/// transaction (`deleteContainer`). It may have got a child meanwhile, or be another znode.
pub fn prepare_passing(path: &ZPath, leader: &mut Preparation) -> Result<Body, ErrorCode> {
    let own = leader.get(path.as_str()).ok_or(ErrorCode::NoNode)?;
    let parent_path = parent_of(path.as_str()).ok_or(ErrorCode::BadArguments)?;
    let parent = leader.get(parent_path).ok_or(ErrorCode::NoNode)?;
    if own.children > 0 {
        return Err(ErrorCode::NotEmpty);
    }
    match own.lifetime() {
        Lifetime::Persistent | Lifetime::Ephemeral => return Err(ErrorCode::BadVersion),
        Lifetime::Container | Lifetime::Ttl { .. } => {}
    }
    remove(path.as_str(), (own, parent), leader);
    Ok(Body::DeleteContainer { path: path.to_string() })
}

fn remove(path: &str, (own, parent): (Record, Record), leader: &mut Preparation) {
    let valid = ZPath::parse(path).expect("a znode that exists has a valid path");
    let parent_path = parent_of(path).expect("a znode that is removed has a parent");
    leader.put_parent(Record { children: parent.children - 1, ..parent }, parent_path);
    leader.put(valid, Record { exists: false, ..own });
}

/// The reply has no body.
pub(super) fn reply(_: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Deleted)
}
