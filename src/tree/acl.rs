//! Who may do what: an access control list against the identities of a connection
//! (`PrepRequestProcessor.checkACL`, `zookeeper.md`, A.8).

use crate::wire::{Acl, Acls, Identity};
use core::net::IpAddr;

/// What an entry of a list can allow (`ZooDefs.Perms`).
pub mod perm {
    /// Read the data and list the children.
    pub const READ: i32 = 1;
    /// Set the data.
    pub const WRITE: i32 = 2;
    /// Create children.
    pub const CREATE: i32 = 4;
    /// Delete children.
    pub const DELETE: i32 = 8;
    /// Set the list itself.
    pub const ADMIN: i32 = 16;
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// All that a connection has shown itself to be.
    pub ids: &'a [Identity],
    /// Nobody is asked who he is (`skipACL`).
    pub skips: bool,
}

/// Whether one of the permissions in `perms` is given.
///
/// An empty list gives all of them, as does the identity `super`.
pub fn may(acls: &Acls, perms: i32, access: Access) -> bool {
    let Some(entries) = acls.entries() else { return true };
    if access.skips || entries.is_empty() || access.ids.iter().any(|it| it.scheme == "super") {
        return true;
    }
    let matches = |entry: &Acl| match &*entry.scheme {
        "world" => entry.id == "anyone",
        scheme => access.ids.iter().any(|it| it.scheme == scheme && is_meant(&it.id, entry)),
    };
    entries.iter().any(|entry| entry.perms & perms != 0 && matches(entry))
}

fn is_meant(id: &str, entry: &Acl) -> bool {
    match &*entry.scheme {
        "ip" => is_in_network(id, &entry.id),
        _ => id == entry.id,
    }
}

/// Whether an address belongs to a network, written `address` or `address/bits`
/// (`IPAuthenticationProvider.matches`).
fn is_in_network(address: &str, network: &str) -> bool {
    let (base, bits) = network.split_once('/').map_or((network, None), |it| (it.0, Some(it.1)));
    let (Ok(address), Ok(base)) = (address.parse::<IpAddr>(), base.parse::<IpAddr>()) else {
        return false;
    };
    let (address, base, width) = match (address, base) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (u128::from(one.to_bits()), u128::from(other.to_bits()), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    let Ok(bits) = bits.map_or(Ok(width), str::parse::<u32>) else { return false };
    let free = width.saturating_sub(bits);
    free >= 128 || address >> free == base >> free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entry: (i32, &str, &str), ids: &[(&str, &str)], perms: i32) -> bool {
        let (of, scheme, id) = entry;
        let acls = Acls::from(vec![Acl { perms: of, scheme: scheme.into(), id: id.into() }]);
        let ids: Vec<Identity> = ids
            .iter()
            .map(|(scheme, id)| Identity { scheme: (*scheme).into(), id: (*id).into() })
            .collect();
        may(&acls, perms, Access { ids: &ids, skips: false })
    }

    #[test]
    fn the_permission_and_the_identity_have_to_be_right() {
        let ann = [("ip", "10.0.0.7"), ("digest", "ann:x")];
        assert!(check((perm::READ, "digest", "ann:x"), &ann, perm::READ | perm::ADMIN));
        assert!(!check((perm::READ, "digest", "ann:x"), &ann, perm::WRITE));
        assert!(!check((31, "digest", "ann:y"), &ann, perm::WRITE));
        assert!(!check((31, "auth", "ann:x"), &ann, perm::WRITE));
        assert!(check((0, "world", "anyone"), &[("super", "")], perm::ADMIN));
        assert!(!check((0, "world", "anyone"), &ann, perm::READ));
    }

    #[test]
    fn networks_are_compared_by_their_first_bits() {
        let here = [("ip", "10.0.0.7")];
        for (network, inside) in [
            ("10.0.0.7", true),
            ("10.0.0.8", false),
            ("10.0.0.0/24", true),
            ("10.0.1.0/24", false),
            ("0.0.0.0/0", true),
            ("::1", false),
        ] {
            assert_eq!(check((31, "ip", network), &here, perm::READ), inside, "{network}");
        }
        assert!(check((31, "ip", "fe80::/10"), &[("ip", "fe80::1")], perm::READ));
    }
}
