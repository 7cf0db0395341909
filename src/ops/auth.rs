//! `auth`: a connection shows who it is; and which access control lists make sense for it
//! (`AuthenticationProvider.java`, `zookeeper.md`, A.8).

use super::{Digest, Reply, Settings};
use crate::base::ErrorCode;
use crate::wire::{Acl, Identity, Malformed, Reader, Writer};
use base64::prelude::{BASE64_STANDARD, Engine};
use core::net::IpAddr;
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha384, Sha512};

/// What an entry of a list takes besides its scheme and its id.
const ENTRY_BYTES: usize = 12;

/// Shows who the connection is (`AuthPacket`). Sent with the xid `wire::AUTH`; answered at once, also
/// before what was asked earlier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Auth {
    /// 0; nobody looks at it.
    pub kind: i32,
    /// By which scheme: `digest`, `ip`.
    pub scheme: String,
    /// What proves it; of `digest` user and password with a colon between. Null proves nothing.
    pub proof: Option<Vec<u8>>,
}

impl Auth {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        to.int(self.kind).string(&self.scheme).buffer(self.proof.as_deref());
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Auth, Malformed> {
        let (kind, scheme) = (from.int()?, from.string_or_null()?);
        Ok(Auth { kind, scheme, proof: from.buffer()?.map(<[u8]>::to_vec) })
    }

    /// Who that is, for a connection from `address`: one identity, or several. `None` when the
    /// scheme is unknown or the proof is none.
    pub fn identities(&self, address: IpAddr, settings: &Settings) -> Option<Vec<Identity>> {
        let identity = |scheme: &str, id| Identity { scheme: scheme.to_owned(), id };
        match &*self.scheme {
            "digest" => {
                let secret = String::from_utf8_lossy(self.proof.as_deref()?);
                let digest = digest_of(settings.digest, &secret);
                let is_super = settings.super_digest.as_ref() == Some(&digest);
                let above = is_super.then(|| identity("super", String::new()));
                Some(above.into_iter().chain([identity("digest", digest)]).collect())
            }
            "ip" => Some(vec![identity("ip", address.to_string())]),
            _ => None,
        }
    }
}

/// The reply has no body.
pub(super) fn reply(_: &mut Reader) -> Result<Reply, Malformed> {
    Ok(Reply::Empty)
}

/// What stands in a list for `user:password`: the user, and the hash of both
/// (`DigestAuthenticationProvider.generateDigest`).
pub fn digest_of(by: Digest, secret: &str) -> String {
    let user = secret.split(':').next().unwrap_or("");
    let hash = match by {
        Digest::Sha1 => BASE64_STANDARD.encode(Sha1::digest(secret)),
        Digest::Sha256 => BASE64_STANDARD.encode(Sha256::digest(secret)),
        Digest::Sha384 => BASE64_STANDARD.encode(Sha384::digest(secret)),
        Digest::Sha512 => BASE64_STANDARD.encode(Sha512::digest(secret)),
    };
    format!("{user}:{hash}")
}

/// How a server names an identity to whom it belongs (`AuthenticationProvider.getUserName`).
pub(super) fn user_name(identity: &Identity) -> &str {
    match &*identity.scheme {
        "digest" => identity.id.split(':').next().unwrap_or(""),
        _ => &identity.id,
    }
}

/// The list that a request's list stands for: each entry once, `auth` replaced by who the connection
/// is. Refused when an entry makes no sense, or there is none (`PrepRequestProcessor.fixupACL`); and
/// when it becomes too long, by which `room_bytes` becomes less.
pub(super) fn settle(
    asked: &[Acl],
    ids: &[Identity],
    room_bytes: &mut usize,
) -> Result<Vec<Acl>, ErrorCode> {
    let mut settled: Vec<Acl> = Vec::new();
    let mut add = |acl: Acl| {
        if !settled.contains(&acl) {
            settled.push(acl);
        }
    };
    for entry in asked {
        if entry.scheme == "auth" {
            let mut proven = ids.iter().filter(|id| id.scheme == "digest").peekable();
            proven.peek().ok_or(ErrorCode::InvalidAcl)?;
            for Identity { scheme, id } in proven.cloned() {
                let left = room_bytes.checked_sub(scheme.len() + id.len() + ENTRY_BYTES);
                *room_bytes = left.ok_or(ErrorCode::MarshallingError)?;
                add(Acl { perms: entry.perms, scheme, id });
            }
        } else if is_valid(entry) {
            add(entry.clone());
        } else {
            return Err(ErrorCode::InvalidAcl);
        }
    }
    if settled.is_empty() { Err(ErrorCode::InvalidAcl) } else { Ok(settled) }
}

fn is_valid(entry: &Acl) -> bool {
    match &*entry.scheme {
        "world" => entry.id == "anyone",
        // As Java splits: what is empty at the end does not count.
        "digest" => entry.id.trim_end_matches(':').split(':').count() == 2,
        "ip" => is_network(&entry.id),
        _ => false,
    }
}

/// `address`, or `address/bits`.
fn is_network(text: &str) -> bool {
    let (address, bits) = text.split_once('/').map_or((text, None), |it| (it.0, Some(it.1)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let width = if address.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|bits| bits.parse::<u32>().is_ok_and(|bits| bits <= width))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded: golden, p18_auth_digest.
    #[test]
    fn digests_are_those_of_zookeeper() {
        let sha1 = |secret| digest_of(Digest::Sha1, secret);
        assert_eq!(sha1("ann:secret"), "ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=");
        assert_eq!(sha1("ann:wrong"), "ann:gNfiDasuc3cYBnaFl9w2DMughpI=");
        let lengths = [Digest::Sha256, Digest::Sha384, Digest::Sha512];
        assert_eq!(lengths.map(|by| digest_of(by, "a:b").len()), [2 + 44, 2 + 64, 2 + 88]);
    }

    #[test]
    fn a_list_is_settled_for_whoever_asks() {
        let acl = |perms, scheme: &str, id: &str| Acl {
            perms,
            scheme: scheme.to_owned(),
            id: id.to_owned(),
        };
        let ids = [("ip", "10.0.0.1"), ("digest", "ann:x"), ("digest", "bob:y")]
            .map(|(scheme, id)| Identity { scheme: scheme.to_owned(), id: id.to_owned() });
        let twice = [acl(31, "auth", ""), acl(1, "world", "anyone"), acl(1, "world", "anyone")];
        let mut room_bytes = 1_000;
        let settled = settle(&twice, &ids, &mut room_bytes).unwrap();
        let due = [acl(31, "digest", "ann:x"), acl(31, "digest", "bob:y"), twice[1].clone()];
        assert_eq!(settled, due);
        assert_eq!(room_bytes, 1_000 - 2 * (6 + 5 + 12));
        assert_eq!(settle(&twice, &ids, &mut 30), Err(ErrorCode::MarshallingError));
        let mut settle = |asked: &[Acl], ids: &[Identity]| settle(asked, ids, &mut room_bytes);
        assert_eq!(settle(&twice, &ids[..1]), Err(ErrorCode::InvalidAcl));
        for (scheme, id) in [
            ("world", "nobody"),
            ("digest", "ann"),
            ("digest", "ann:"),
            ("digest", "a:b:c"),
            ("ip", "here"),
            ("ip", "10.0.0.0/33"),
            ("super", ""),
            ("", ""),
        ] {
            let refused = settle(&[acl(31, scheme, id)], &ids);
            assert_eq!(refused, Err(ErrorCode::InvalidAcl), "{scheme}:{id}");
        }
        assert!(settle(&[acl(31, "ip", "10.0.0.0/8")], &ids).is_ok());
        assert_eq!(settle(&[], &ids), Err(ErrorCode::InvalidAcl));
    }
}
