//! The keys about what clients may ask for: operations, limits, four-letter words.

use super::entries::{BadZooCfg, Entries};
use crate::ops::{Likeness, Settings};
use crate::server::config::{ClientLimits, Passing, SessionKinds, Words};

/// What may be asked of one server (`maxClientCnxns`, `globalOutstandingLimit`, `jute.maxbuffer`).
pub(super) fn limits(from: &mut Entries) -> Result<ClientLimits, BadZooCfg> {
    let mut limits = ClientLimits::default();
    let most = i64::from(i32::MAX);
    if let Some(count) = from.number("maxClientCnxns", 0..=most)? {
        limits.per_address_max = count as usize;
    }
    if let Some(count) = from.number("globalOutstandingLimit", 1..=most)? {
        limits.outstanding_max = count as usize;
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
    Ok(Settings {
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

/// Which four-letter words are answered: `*`, or a list with commas.
pub(super) fn words(from: &mut Entries) -> Words {
    match from.text("4lw.commands.whitelist").as_deref().map(str::trim) {
        None => Words::default(),
        Some("*") => Words::All,
        Some(list) => Words::These(list.split(',').map(|word| word.trim().to_owned()).collect()),
    }
}
