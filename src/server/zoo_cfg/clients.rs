//! The keys about what clients may ask for: operations, limits, four-letter words.

use super::entries::{BadZooCfg, Entries};
use crate::ops::{Digest, Likeness, Settings};
use crate::server::config::{ClientLimits, Passing, SessionKinds, Words};

/// What may be asked of one server (`maxClientCnxns`, `globalOutstandingLimit`, `jute.maxbuffer`).
pub(super) fn limits(from: &mut Entries) -> Result<ClientLimits, BadZooCfg> {
    let mut limits = ClientLimits::default();
    let most = i64::from(i32::MAX);
    if let Some(count) = from.number("maxClientCnxns", 0..=most)? {
        limits.per_address_max = count as usize;
    }
    if let Some(count) = from.number("maxCnxns", 0..=most)? {
        limits.connections_max = Some(count as usize).filter(|&it| it > 0);
    }
    if let Some(count) = from.number("globalOutstandingLimit", 1..=most)? {
        limits.outstanding_max = count as usize;
    }
    // Their names as properties are others.
    for key in ["requestThrottleLimit", "request_throttle_max_requests"] {
        if let Some(count) = from.number(key, 0..=most)? {
            limits.requests_max = Some(count as usize).filter(|&it| it > 0);
        }
    }
    for key in ["throttledOpWaitTime", "throttled_op_wait_time"] {
        if let Some(ms) = from.number(key, 0..=most)? {
            limits.wait_ms_max = Some(ms).filter(|&it| it > 0);
        }
    }
    if let Some(bytes) = from.number("largeRequestThreshold", -1..=most)? {
        limits.large_from_bytes = usize::try_from(bytes as i64).ok().filter(|&it| it > 0);
    }
    if let Some(bytes) = from.number("largeRequestMaxBytes", 1..=most)? {
        limits.large_bytes_max = bytes as usize;
    }
    if let Some(bytes) = from.number("jute.maxbuffer", 1_024..=most)? {
        limits.frame_bytes_max = bytes as usize;
    }
    Ok(limits)
}

/// What is decided about operations. Times to live are off unless asked for, as in ZooKeeper.
pub(super) fn operations(from: &mut Entries) -> Result<Settings, BadZooCfg> {
    let likeness = match from.text("menagerie.likeness").as_deref() {
        None | Some("3.9") => Likeness::V3_9,
        Some("3.8") => Likeness::V3_8,
        Some(_) => return Err(from.wrong("menagerie.likeness", "3.8 or 3.9")),
    };
    let digest = match from.text("DigestAuthenticationProvider.digestAlg").as_deref() {
        None | Some("SHA1" | "SHA-1" | "SHA") => Digest::Sha1,
        Some("SHA-256") => Digest::Sha256,
        Some("SHA-384") => Digest::Sha384,
        Some("SHA-512") => Digest::Sha512,
        Some(_) => {
            let expected = "SHA1, SHA-256, SHA-384 or SHA-512";
            return Err(from.wrong("DigestAuthenticationProvider.digestAlg", expected));
        }
    };
    Ok(Settings {
        digest,
        skips_acl: from.flag("skipACL")?.unwrap_or(false),
        super_digest: from.text("DigestAuthenticationProvider.superDigest"),
        extended_types: from.flag("extendedTypesEnabled")?.unwrap_or(false),
        enforces_quota: from.flag("enforceQuota")?.unwrap_or(false),
        reconfigures: from.flag("reconfigEnabled")?.unwrap_or(false),
        standalone_enabled: from.flag("standaloneEnabled")?.unwrap_or(true),
        likeness,
    })
}

/// Which kinds of sessions there are (`localSessions*`, `readonlymode.enabled`).
pub(super) fn sessions(from: &mut Entries) -> Result<SessionKinds, BadZooCfg> {
    Ok(SessionKinds {
        local: from.flag("localSessionsEnabled")?.unwrap_or(false),
        upgrades: from.flag("localSessionsUpgradingEnabled")?.unwrap_or(false),
        read_only: from.flag("readonlymode.enabled")?.unwrap_or(false),
    })
}

/// When containers and znodes with a time to live go (`znode.container.*`).
pub(super) fn passing(from: &mut Entries) -> Result<Passing, BadZooCfg> {
    let mut passing = Passing::default();
    let most = i64::from(i32::MAX);
    from.set(&mut passing.check_ms, "znode.container.checkIntervalMs", 1..=most)?;
    from.set(&mut passing.per_minute_max, "znode.container.maxPerMinute", 1..=most)?;
    from.set(&mut passing.never_used_ms, "znode.container.maxNeverUsedIntervalMs", 0..=most)?;
    Ok(passing)
}

/// Which four-letter words are answered: `*`, or a list with commas. What ZooKeeper's own scripts and
/// clients ask is answered always: `srvr`, and `isro` where a server may only read.
pub(super) fn words(from: &mut Entries) -> Result<Words, BadZooCfg> {
    let list = from.text("4lw.commands.whitelist").unwrap_or_default();
    let list: Vec<&str> = list.split(',').map(str::trim).collect();
    if list.contains(&"*") {
        return Ok(Words::All);
    }
    let read_only = from.flag("readonlymode.enabled")?.unwrap_or(false);
    let always = ["srvr"].into_iter().chain(read_only.then_some("isro"));
    let words = list.into_iter().filter(|word| !word.is_empty()).chain(always);
    Ok(Words::These(words.map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_always_answered() {
        let check = |text: &str, expected: &[&str]| {
            let mut from = Entries::read(&[("zoo.cfg", text)]).unwrap();
            let expected = expected.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(words(&mut from), Ok(Words::These(expected)));
        };
        check("", &["srvr"]);
        check("4lw.commands.whitelist=mntr, ruok", &["srvr", "mntr", "ruok"]);
        check("readonlymode.enabled=true", &["srvr", "isro"]);
        let mut from = Entries::read(&[("zoo.cfg", "4lw.commands.whitelist=stat, *")]).unwrap();
        assert_eq!(words(&mut from), Ok(Words::All));
    }
}
