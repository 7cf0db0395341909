//! Who may do what with a znode, and who somebody is: in the words of histories (`zookeeper.md`,
//! A.8).
//!
//! An entry reads `scheme:id:perms` as in `zkCli`, the permissions as letters: `world:anyone:cdrwa`.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha1::{Digest, Sha1};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What an entry can allow (`ZooDefs.Perms`), each with its letter.
const LETTERS: [(i32, char); 5] = [
    (Acl::CREATE, 'c'),
    (Acl::DELETE, 'd'),
    (Acl::READ, 'r'),
    (Acl::WRITE, 'w'),
    (Acl::ADMIN, 'a'),
];

/// One entry of an access control list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Acl {
    /// How `id` is to be read: `world`, `auth`, `digest`, `ip`.
    pub scheme: String,
    /// Who.
    pub id: String,
    /// What they may do: a sum of the constants here.
    pub perms: i32,
}

impl Acl {
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
    /// Everything.
    pub const ALL: i32 = 31;

    /// An entry.
    pub fn new(scheme: &str, id: impl Into<String>, perms: i32) -> Acl {
        Acl { scheme: scheme.to_owned(), id: id.into(), perms }
    }

    fn is_open(&self) -> bool {
        (&*self.scheme, &*self.id, self.perms) == ("world", "anyone", Acl::ALL)
    }
}

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Acl { scheme, id, perms } = self;
        if perms & !Acl::ALL != 0 {
            return write!(f, "{scheme}:{id}:{perms}");
        }
        let letters = LETTERS.iter().filter(|(perm, _)| perms & perm != 0);
        let letters: String = letters.map(|(_, letter)| letter).collect();
        write!(f, "{scheme}:{id}:{letters}")
    }
}

impl FromStr for Acl {
    type Err = String;

    fn from_str(text: &str) -> Result<Acl, String> {
        let bad = || format!("`{text}` is no entry of an ACL; expected `scheme:id:cdrwa`");
        let (who, perms) = text.rsplit_once(':').ok_or_else(bad)?;
        let (scheme, id) = who.split_once(':').ok_or_else(bad)?;
        let of_letter =
            |letter| LETTERS.iter().find(|it| it.1 == letter).map(|it| it.0).ok_or_else(bad);
        let perms = match perms.parse() {
            Ok(number) => number,
            Err(_) => perms.chars().try_fold(0, |all, it| of_letter(it).map(|perm| all | perm))?,
        };
        Ok(Acl::new(scheme, id, perms))
    }
}

impl Serialize for Acl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Acl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Acl, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An access control list, cheap to clone. The default one is open: everybody may do everything.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Acls(Option<Arc<[Acl]>>);

impl Acls {
    /// Everybody may do everything.
    pub const OPEN: Acls = Acls(None);

    /// Whether it is the open one. Files leave that one out.
    pub fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// The entries; `None` stands for `world:anyone:cdrwa`.
    pub fn entries(&self) -> Option<&[Acl]> {
        self.0.as_deref()
    }

    /// The entries, one by one.
    pub fn to_vec(&self) -> Vec<Acl> {
        let open = || vec![Acl::new("world", "anyone", Acl::ALL)];
        self.entries().map_or_else(open, <[Acl]>::to_vec)
    }
}

impl From<Vec<Acl>> for Acls {
    fn from(entries: Vec<Acl>) -> Acls {
        let open = matches!(&*entries, [one] if one.is_open());
        if open { Acls::OPEN } else { Acls(Some(entries.into())) }
    }
}

impl fmt::Debug for Acls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.to_vec().iter().map(Acl::to_string).collect();
        write!(f, "[{}]", texts.join(", "))
    }
}

impl Serialize for Acls {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.to_vec().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Acls {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Acls, D::Error> {
        Vec::deserialize(from).map(Acls::from)
    }
}

/// Who somebody is, by one scheme.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// `ip`, `digest`.
    pub scheme: String,
    /// Who.
    pub id: String,
}

/// What a client shows to be somebody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Proof {
    /// By which scheme: `digest`, or one that there is not.
    pub scheme: String,
    /// Of `digest` user and password with a colon between.
    pub secret: String,
}

impl Proof {
    /// Who that is; `None` when the scheme is none that has a proof.
    pub fn identity(&self) -> Option<Identity> {
        let digest = || Identity { scheme: "digest".to_owned(), id: id_of_secret(&self.secret) };
        (self.scheme == "digest").then(digest)
    }
}

/// What stands in a list for `user:password`: the user, and the hash of both.
pub fn id_of_secret(secret: &str) -> String {
    let user = secret.split_once(':').map_or(secret, |it| it.0);
    format!("{user}:{}", BASE64_STANDARD.encode(Sha1::digest(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive_their_text() {
        for text in
            ["world:anyone:cdrwa", "digest:ann:x=:r", "ip:fe80::1/10:cw", "auth::", "x:y:99"]
        {
            assert_eq!(text.parse::<Acl>().unwrap().to_string(), text);
        }
        for text in ["", "world", "world:anyone", "world:anyone:q"] {
            assert!(text.parse::<Acl>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_open_list_is_one_value() {
        assert_eq!(Acls::from(Acls::OPEN.to_vec()), Acls::default());
        assert!(!Acls::from(vec![Acl::new("world", "anyone", Acl::READ)]).is_open());
    }

    // As in Apache ZooKeeper's own documentation of the digest scheme, recorded from a 3.8 server.
    #[test]
    fn digests_are_those_of_zookeeper() {
        assert_eq!(id_of_secret("ann:secret"), "ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=");
    }
}
