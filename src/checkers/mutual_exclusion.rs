//! A lock has one holder at a time, and each acquisition a greater fencing number: what the lock
//! recipe promises on top of H4 and H12 (`zookeeper.md`, B.1).
//!
//! Holds are laid out in zxids, not in time: a hold begins with the version in which the holder saw
//! itself first, and ends with the transaction that deletes its znode. What a client believes for a
//! while longer is why there are fencing numbers.

use super::{Checker, Violation};
use crate::base::{ClientId, ZPath, Zxid};
use crate::history::{Claim, Event, What};
use crate::model::{Model, WatchKind};
use std::collections::BTreeMap;

/// A claim to hold a lock.
#[derive(Clone, Debug)]
struct Hold {
    client: ClientId,
    znode: ZPath,
    fence: Zxid,
    event: u64,
}

/// One holder at a time.
#[derive(Default)]
pub struct MutualExclusion {
    /// By lock and the version in which the holder saw itself first.
    holds: BTreeMap<(ZPath, Zxid), Hold>,
    checked: u64,
}

impl Checker for MutualExclusion {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        let What::Claim { client, claim: Claim::Acquired { lock, znode, fence, seen } } =
            &event.what
        else {
            return Ok(());
        };
        let (znode, fence) = (znode.clone(), *fence);
        let hold = Hold { client: *client, znode, fence, event: event.index };
        first_in_line(model, lock, &hold, *seen)?;
        self.acquire(model, (lock.clone(), *seen), hold)
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl MutualExclusion {
    /// The holds of a lock do not overlap: it is enough to look at the neighbours.
    fn acquire(&mut self, model: &Model, key: (ZPath, Zxid), hold: Hold) -> Result<(), Violation> {
        let of_lock = |entry: &(&(ZPath, Zxid), &Hold)| entry.0.0 == key.0;
        let earlier = self.holds.range(..=&key).next_back().filter(of_lock);
        let later = self.holds.range(&key..).next().filter(of_lock);
        self.checked += u64::from(earlier.is_some() || later.is_some());
        if let Some((_, before)) = earlier.filter(|(_, it)| it.znode != hold.znode) {
            ends_before(model, before, &hold, key.1)?;
        }
        if let Some(((_, seen), after)) = later.filter(|(_, it)| it.znode != hold.znode) {
            ends_before(model, &hold, after, *seen)?;
        }
        self.holds.insert(key, hold);
        Ok(())
    }
}

/// At the version in which the claimant saw itself first, it was first.
fn first_in_line(model: &Model, lock: &ZPath, hold: &Hold, seen: Zxid) -> Result<(), Violation> {
    let Hold { client, znode, fence, event } = hold;
    let there = model.versions().znode_at(znode.as_str(), seen);
    let claim = match there {
        None => format!("{client} took {lock} with {znode}, which was not there at {seen}"),
        Some(there) if there.czxid != *fence => format!(
            "{client} took {lock} with {znode} and the fencing number {fence}; it was created by {}",
            there.czxid
        ),
        Some(_) => {
            let children = model.versions().children_at(lock.as_str(), seen);
            let first = children.into_iter().min_by_key(|child| number_of(child));
            match first.filter(|first| number_of(first) < number_of(znode)) {
                None => return Ok(()),
                Some(first) => format!(
                    "{client} took {lock} with {znode} at {seen}, though {first} was before it"
                ),
            }
        }
    };
    let txn = model.ledger().place_up_to(seen).map(|place| model.ledger().txns()[place].event);
    Err(Violation::new(claim, txn.into_iter().chain([*event])))
}

/// `before` ended before `after` began (at `seen`), and has the smaller fencing number.
fn ends_before(model: &Model, before: &Hold, after: &Hold, seen: Zxid) -> Result<(), Violation> {
    let last = before.event.max(after.event);
    let first = before.event.min(after.event);
    if after.fence <= before.fence {
        let claim = format!(
            "{} holds the lock with the fencing number {}, after {} with {}",
            after.client, after.fence, before.client, before.fence
        );
        return Err(Violation::new(claim, [first, last]));
    }
    let versions = model.versions();
    let znode = before.znode.as_str();
    let ended = versions.znode_at(znode, seen).is_none_or(|it| it.czxid != before.fence);
    if ended {
        return Ok(());
    }
    let ends = versions.first_trigger((znode, WatchKind::Child), seen, Zxid::MAX);
    let ends =
        ends.map_or("is still there".to_owned(), |it| format!("was there until {}", it.zxid));
    let claim = format!(
        "{} took the lock with {} at {seen}, while {} of {} {ends}",
        after.client, after.znode, before.znode, before.client
    );
    Err(Violation::new(claim, [first, last]))
}

/// The number at the end of a sequential znode's name; names without one come last.
fn number_of(path: &ZPath) -> i64 {
    let name = path.name();
    let digits = name.len().checked_sub(10).and_then(|at| name.get(at..));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(i64::MAX)
}
