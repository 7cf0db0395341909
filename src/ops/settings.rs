//! What the administrator of a server decides about operations.

/// A server's settings for operations; the same on every server of an ensemble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Nobody is asked who he is (`skipACL`).
    pub skips_acl: bool,
    /// The digest, `user:hash`, of whoever may do everything
    /// (`DigestAuthenticationProvider.superDigest`).
    pub super_digest: Option<String>,
    /// By what passwords of the `digest` scheme are hashed (`DigestAuthenticationProvider.digestAlg`).
    pub digest: Digest,
    /// Whether znodes may have a time to live (`extendedTypesEnabled`).
    pub extended_types: bool,
    /// Whether hard quotas are enforced (`enforceQuota`).
    pub enforces_quota: bool,
    /// Whether the ensemble may get other members (`reconfigEnabled`).
    pub reconfigures: bool,
    /// Whether one voter alone is no ensemble, so that at least two have to stay
    /// (`standaloneEnabled`).
    pub standalone_enabled: bool,
    /// Which ZooKeeper it is like, where two of them differ.
    pub likeness: Likeness,
}

/// How passwords are hashed, by the names that Java has for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digest {
    /// `SHA1`, the default.
    Sha1,
    /// `SHA-256`
    Sha256,
    /// `SHA-384`
    Sha384,
    /// `SHA-512`
    Sha512,
}

/// The versions of ZooKeeper whose behaviour a server can have.
///
/// They differ in few places, each of them a mistake that 3.9 has put right: `exists` asks for the
/// permission to read (ZOOKEEPER-2590), events carry their zxid (ZOOKEEPER-4655) and go to those
/// only who may read (ZOOKEEPER-4799), a `create2` within a multi is answered as such, and a `check`
/// on its own is refused, where 3.8 never answers it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Likeness {
    /// 3.8.0, to the byte.
    V3_8,
    /// 3.9.
    V3_9,
}

/// ZooKeeper's.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            skips_acl: false,
            super_digest: None,
            digest: Digest::Sha1,
            extended_types: false,
            enforces_quota: false,
            reconfigures: false,
            standalone_enabled: true,
            likeness: Likeness::V3_9,
        }
    }
}
