//! Who may do what: access control lists against who a client has shown itself to be
//! (`zookeeper.md`, A.8).

use crate::base::ErrorCode;
use crate::history::{Acl, Acls, Identity, Proof};
use core::net::IpAddr;

/// Whether one of the permissions in `perms` is given to somebody who is all of `ids`.
pub fn may(acls: &Acls, perms: i32, ids: &[Identity]) -> bool {
    let Some(entries) = acls.entries() else { return true };
    let is_meant = |entry: &Acl| match &*entry.scheme {
        "world" => entry.id == "anyone",
        "ip" => ids.iter().any(|it| it.scheme == "ip" && is_within(&it.id, &entry.id)),
        scheme => ids.iter().any(|it| it.scheme == scheme && it.id == entry.id),
    };
    entries.iter().any(|entry| entry.perms & perms != 0 && is_meant(entry))
}

/// The list that a znode gets when somebody who is all of `ids` asks for `asked`: `auth` stands for
/// those of them that were proven, and every entry counts once.
pub(super) fn settled(asked: &Acls, ids: &[Identity]) -> Result<Acls, ErrorCode> {
    let mut all: Vec<Acl> = Vec::new();
    for entry in asked.to_vec() {
        let meant: Vec<Acl> = match &*entry.scheme {
            "auth" => {
                let proven = ids.iter().filter(|it| it.scheme == "digest");
                proven.map(|it| Acl::new(&it.scheme, it.id.clone(), entry.perms)).collect()
            }
            "world" if entry.id == "anyone" => vec![entry],
            // As Java splits: what is empty at the end does not count.
            "digest" if entry.id.trim_end_matches(':').matches(':').count() == 1 => vec![entry],
            "ip" if network_of(&entry.id).is_some() => vec![entry],
            _ => Vec::new(),
        };
        if meant.is_empty() {
            return Err(ErrorCode::InvalidAcl);
        }
        let fresh: Vec<Acl> = meant.into_iter().filter(|it| !all.contains(it)).collect();
        all.extend(fresh);
    }
    if all.is_empty() { Err(ErrorCode::InvalidAcl) } else { Ok(all.into()) }
}

/// The list as somebody sees it who may not change it: without the hashes of passwords.
pub(super) fn masked(acls: &Acls) -> Acls {
    let mask = |entry: Acl| match entry.id.split_once(':') {
        Some((user, _)) if entry.scheme == "digest" => {
            Acl::new("digest", format!("{user}:x"), entry.perms)
        }
        _ => entry,
    };
    acls.to_vec().into_iter().map(mask).collect::<Vec<_>>().into()
}

/// What a server has to think of a proof: the service knows no scheme but these.
pub(super) fn is_believed(proof: &Proof) -> bool {
    matches!(&*proof.scheme, "digest" | "ip")
}

/// The first bits that addresses of the network have, and how many they are.
fn network_of(text: &str) -> Option<(Vec<bool>, usize)> {
    let (address, length) = text.split_once('/').map_or((text, None), |it| (it.0, Some(it.1)));
    let bits = bits_of(address)?;
    let length = length.map_or(Some(bits.len()), |it| it.parse().ok())?;
    (length <= bits.len()).then_some((bits, length))
}

fn bits_of(address: &str) -> Option<Vec<bool>> {
    let bytes = match address.parse().ok()? {
        IpAddr::V4(it) => it.octets().to_vec(),
        IpAddr::V6(it) => it.octets().to_vec(),
    };
    Some(bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect())
}

fn is_within(address: &str, network: &str) -> bool {
    let (Some(address), Some((network, length))) = (bits_of(address), network_of(network)) else {
        return false;
    };
    address.len() == network.len() && address[..length] == network[..length]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(scheme: &str, id: &str) -> Identity {
        Identity { scheme: scheme.to_owned(), id: id.to_owned() }
    }

    fn list(entries: &[&str]) -> Acls {
        entries.iter().map(|it| it.parse().unwrap()).collect::<Vec<Acl>>().into()
    }

    #[test]
    fn who_is_meant_may() {
        let ann = [is("ip", "10.1.0.7"), is("digest", "ann:x")];
        let cases = [
            (list(&["digest:ann:x:rw"]), Acl::READ, true),
            (list(&["digest:ann:x:rw"]), Acl::ADMIN, false),
            (list(&["digest:bob:x:rw", "ip:10.1.0.0/16:a"]), Acl::ADMIN, true),
            (list(&["ip:10.2.0.0/16:cdrwa"]), Acl::READ, false),
            (list(&["world:anyone:r"]), Acl::READ, true),
            (list(&["world:anyone:r"]), Acl::WRITE, false),
            (Acls::OPEN, Acl::ADMIN, true),
        ];
        for (acls, perm, due) in cases {
            assert_eq!(may(&acls, perm, &ann), due, "{acls:?} {perm}");
        }
    }

    #[test]
    fn lists_are_settled_and_masked() {
        let ann = [is("ip", "10.1.0.7"), is("digest", "ann:x")];
        let asked = list(&["auth::rw", "digest:ann:x:rw", "world:anyone:r"]);
        let due = list(&["digest:ann:x:rw", "world:anyone:r"]);
        assert_eq!(settled(&asked, &ann), Ok(due.clone()));
        assert_eq!(settled(&asked, &ann[..1]), Err(ErrorCode::InvalidAcl));
        assert_eq!(settled(&list(&["digest:ann:r"]), &ann), Err(ErrorCode::InvalidAcl));
        assert_eq!(settled(&list(&["ip:10.0.0.0/33:r"]), &ann), Err(ErrorCode::InvalidAcl));
        assert_eq!(settled(&list(&[]), &ann), Err(ErrorCode::InvalidAcl));
        assert_eq!(masked(&due), list(&["digest:ann:x:rw", "world:anyone:r"]));
        assert_eq!(masked(&list(&["digest:bob:hash:r"])), list(&["digest:bob:x:r"]));
    }
}
