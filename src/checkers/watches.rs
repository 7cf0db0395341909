//! The watches that one client waits for, and what the service owes it for them.

use super::Violation;
use crate::base::{ClientId, SessionId, ZPath, Zxid};
use crate::history::{Event, Kind, Told};
use crate::model::{Model, Versions, WatchKind};
use std::collections::{BTreeMap, VecDeque};

/// A place in a server's watch tables, as far as they concern one connection.
type Slot = (ZPath, WatchKind);

/// An event without a zxid: what it said of which znode, and its place in the history.
type MadeUp = (Kind, ZPath, u64);

/// A watch that was left.
#[derive(Clone, Copy, Debug)]
struct Armed {
    /// It tells of the first trigger after this.
    since: Zxid,
    /// The event that says that it was left.
    event: u64,
}

/// A `setWatches` on the wire, as in [`crate::history::What::Rearm`].
#[derive(Clone, Debug)]
pub(super) struct Rearm {
    pub(super) since: Zxid,
    pub(super) data: Vec<ZPath>,
    pub(super) exist: Vec<ZPath>,
    pub(super) child: Vec<ZPath>,
    pub(super) event: u64,
}

/// One client's watches, over the connections of one session.
#[derive(Debug)]
pub(super) struct Watches {
    client: ClientId,
    session: SessionId,
    pub(super) conn: u32,
    /// On the present connection.
    armed: BTreeMap<Slot, Armed>,
    /// Up to here the armed ones are known to be untouched.
    quiet_upto: Zxid,
    /// On an earlier connection, and not yet asked for again.
    carried: BTreeMap<Slot, Armed>,
    /// What was asked for again and not yet answered, in order.
    asked: VecDeque<Rearm>,
    /// What was made up in answer to the pending `setWatches`: what was told, in which event.
    made_up: Vec<MadeUp>,
    /// The last event's zxid, and its own place.
    last_told: (Zxid, u64),
    /// How many watches were decided.
    pub(super) decided: u64,
}

impl Watches {
    pub(super) fn new(client: ClientId) -> Watches {
        Watches {
            client,
            session: SessionId(0),
            conn: 0,
            armed: BTreeMap::new(),
            quiet_upto: Zxid::ZERO,
            carried: BTreeMap::new(),
            asked: VecDeque::new(),
            made_up: Vec::new(),
            last_told: (Zxid::ZERO, 0),
            decided: 0,
        }
    }

    /// A new connection. The session's watches come along; those of another session are void.
    pub(super) fn connect(&mut self, conn: u32, session: SessionId) {
        let mut armed = std::mem::take(&mut self.armed);
        if session == self.session {
            armed.append(&mut self.carried);
            self.carried = armed;
        } else {
            self.carried.clear();
        }
        (self.conn, self.session) = (conn, session);
        self.asked.clear();
        self.made_up.clear();
        self.quiet_upto = Zxid::ZERO;
        self.last_told = (Zxid::ZERO, 0);
    }

    /// The session is over, and its watches with it.
    pub(super) fn end(&mut self) {
        self.armed.clear();
        self.carried.clear();
        self.asked.clear();
        self.session = SessionId(0);
    }

    /// An answer with this zxid: whatever was triggered up to then must have been told before (H8).
    pub(super) fn answered(
        &mut self,
        event: &Event,
        model: &Model,
        zxid: Zxid,
    ) -> Result<(), Violation> {
        self.all_asked(event)?;
        if zxid <= self.quiet_upto || self.armed.is_empty() {
            return Ok(());
        }
        for ((path, kind), armed) in &self.armed {
            let trigger = model.versions().first_trigger((path.as_str(), *kind), armed.since, zxid);
            if let Some(trigger) = trigger {
                return Err(self.missed(event, model, (path, armed), trigger));
            }
        }
        self.quiet_upto = zxid;
        Ok(())
    }

    /// An answer at `zxid` left a watch. Leaving the same watch again changes nothing.
    pub(super) fn arm(&mut self, event: &Event, slot: Slot, since: Zxid) {
        self.armed.entry(slot).or_insert(Armed { since, event: event.index });
    }

    /// A watch spoke.
    pub(super) fn told(
        &mut self,
        event: &Event,
        model: &Model,
        told: &Told,
    ) -> Result<(), Violation> {
        let Some(zxid) = told.zxid else {
            return self.made_up(event, told);
        };
        let (last, since) = std::mem::replace(&mut self.last_told, (zxid, event.index));
        if last > zxid {
            let claim = format!("{} was told of {zxid} after {last}", self.client);
            return Err(Violation::new(claim, [since, event.index]));
        }
        let mut matched = false;
        for kind in tables_of(told.kind) {
            let slot = (told.path.clone(), *kind);
            let Some(armed) = self.armed.get(&slot) else { continue };
            let due =
                model.versions().first_trigger((told.path.as_str(), *kind), armed.since, zxid);
            if due == Some((zxid, told.kind)) {
                matched = true;
                self.armed.remove(&slot);
            }
        }
        self.decided += u64::from(matched);
        if matched { Ok(()) } else { Err(self.uncalled(event, model, (told, zxid))) }
    }

    /// An event without a zxid, from a `setWatches`. It uses up the client's watch at once, also
    /// when the connection breaks before the answer.
    fn made_up(&mut self, event: &Event, told: &Told) -> Result<(), Violation> {
        if self.asked.is_empty() {
            let Told { kind, path, .. } = told;
            let claim = format!("{} was told `{kind:?}` of {path} by no transaction", self.client);
            return Err(Violation::new(claim, [event.index]));
        }
        self.made_up.push((told.kind, told.path.clone(), event.index));
        for kind in tables_of(told.kind) {
            self.carried.remove(&(told.path.clone(), *kind));
        }
        Ok(())
    }

    /// The client asks for its watches again, or for some of them.
    pub(super) fn ask_again(&mut self, rearm: Rearm) {
        self.asked.push_back(rearm);
    }

    /// Once no question is open, none of the watches may have been left out.
    fn all_asked(&self, event: &Event) -> Result<(), Violation> {
        match self.carried.iter().next().filter(|_| self.asked.is_empty()) {
            Some((slot, armed)) => Err(self.forgotten(event, (slot, armed))),
            None => Ok(()),
        }
    }

    /// The answer to `setWatches`: what was owed has been told, the rest is armed (H9).
    pub(super) fn asked_again(
        &mut self,
        event: &Event,
        model: &Model,
        zxid: Zxid,
    ) -> Result<(), Violation> {
        let Some(rearm) = self.asked.pop_front() else { return Ok(()) };
        let made_up = std::mem::take(&mut self.made_up);
        let mut owed: Vec<(Kind, &ZPath)> = Vec::new();
        for (slot, exist) in rearm.slots() {
            let (path, table) = slot;
            let key = (path.clone(), table);
            let carried = self.carried.remove(&key);
            if let Some(kind) = owed_at(model.versions(), (path, table, exist), rearm.since, zxid) {
                owed.push((kind, path));
                continue;
            }
            if let Some(armed) = carried.filter(|_| !exist) {
                let trigger =
                    model.versions().first_trigger((path.as_str(), table), armed.since, zxid);
                if let Some(trigger) = trigger {
                    return Err(self.missed(event, model, (path, &armed), trigger));
                }
            }
            self.armed.insert(key, Armed { since: zxid, event: event.index });
        }
        self.decided += owed.len() as u64;
        self.settle(event, &rearm, (&owed, &made_up), zxid)?;
        self.all_asked(event)
    }

    /// What was made up is what was owed. (A znode that is gone may be reported to both of its
    /// watches at once.)
    fn settle(
        &self,
        event: &Event,
        rearm: &Rearm,
        (owed, told): (&[(Kind, &ZPath)], &[MadeUp]),
        zxid: Zxid,
    ) -> Result<(), Violation> {
        let client = self.client;
        let is_told = |owed: &(Kind, &ZPath)| told.iter().any(|it| (it.0, &it.1) == *owed);
        if let Some((kind, path)) = owed.iter().find(|it| !is_told(it)) {
            let claim = format!(
                "{client} asked at {zxid} for its watches since {}, and was not told `{kind:?}` of \
                 {path}",
                rearm.since
            );
            return Err(Violation::new(claim, [rearm.event, event.index]));
        }
        for (kind, path, index) in told {
            let due = owed.iter().filter(|it| **it == (*kind, path)).count();
            let found = told.iter().filter(|it| (it.0, &it.1) == (*kind, path)).count();
            if found > due {
                let claim = format!(
                    "{client} asked at {zxid} for its watches since {}, and was told `{kind:?}` of \
                     {path}, which is not so",
                    rearm.since
                );
                return Err(Violation::new(claim, [rearm.event, *index, event.index]));
            }
        }
        Ok(())
    }

    fn missed(
        &self,
        event: &Event,
        model: &Model,
        (path, armed): (&ZPath, &Armed),
        (zxid, kind): (Zxid, Kind),
    ) -> Violation {
        let claim = format!(
            "{} was not told `{kind:?}` of {path} by {zxid}, though it watches it since {} and was \
             answered at a later version",
            self.client, armed.since
        );
        let txn = model.ledger().get(zxid).map(|txn| txn.event);
        Violation::new(claim, txn.into_iter().chain([armed.event, event.index]))
    }

    fn forgotten(&self, event: &Event, ((path, kind), armed): (&Slot, &Armed)) -> Violation {
        let claim = format!(
            "{} reconnected and did not ask again for its {kind:?} watch on {path}",
            self.client
        );
        Violation::new(claim, [armed.event, event.index])
    }

    fn uncalled(&self, event: &Event, model: &Model, (told, zxid): (&Told, Zxid)) -> Violation {
        let Told { kind, path, .. } = told;
        let armed = tables_of(*kind).iter().find_map(|table| {
            let armed = self.armed.get(&(path.clone(), *table))?;
            let due = model.versions().first_trigger((path.as_str(), *table), armed.since, zxid);
            Some((armed.event, armed.since, due))
        });
        let why = match armed {
            None => "it has no such watch".to_owned(),
            Some((_, since, None)) => format!("nothing happened to it after {since}"),
            Some((_, since, Some((first, due)))) => {
                format!("the first since {since} was `{due:?}` by {first}")
            }
        };
        let claim = format!("{} was told `{kind:?}` of {path} by {zxid}, but {why}", self.client);
        Violation::new(claim, armed.map(|it| it.0).into_iter().chain([event.index]))
    }
}

impl Rearm {
    /// Everything that it asks for, and whether it waits for the znode to come into being.
    fn slots(&self) -> impl Iterator<Item = ((&ZPath, WatchKind), bool)> {
        let data = self.data.iter().map(|path| ((path, WatchKind::Data), false));
        let exist = self.exist.iter().map(|path| ((path, WatchKind::Data), true));
        let child = self.child.iter().map(|path| ((path, WatchKind::Child), false));
        data.chain(exist).chain(child)
    }
}

/// In which tables an event of this kind looks for watches (`DataTree.deleteNode`: in both, with
/// one event for a connection that is in both).
fn tables_of(kind: Kind) -> &'static [WatchKind] {
    match kind {
        Kind::Created | Kind::DataChanged => &[WatchKind::Data],
        Kind::ChildrenChanged => &[WatchKind::Child],
        Kind::Deleted => &[WatchKind::Data, WatchKind::Child],
    }
}

/// What a `setWatches` that is processed at `zxid` makes up for a watch; `None` when it is armed
/// (`DataTree.setWatches`).
fn owed_at(
    versions: &Versions,
    (path, table, exist): (&ZPath, WatchKind, bool),
    since: Zxid,
    zxid: Zxid,
) -> Option<Kind> {
    let znode = versions.znode_at(path.as_str(), zxid);
    match (znode, table, exist) {
        (Some(_), WatchKind::Data, true) => Some(Kind::Created),
        (None, WatchKind::Data, true) => None,
        (None, WatchKind::Data | WatchKind::Child, _) => Some(Kind::Deleted),
        (Some(znode), WatchKind::Data, false) => (znode.mzxid > since).then_some(Kind::DataChanged),
        (Some(znode), WatchKind::Child, _) => {
            (znode.pzxid > since).then_some(Kind::ChildrenChanged)
        }
    }
}
