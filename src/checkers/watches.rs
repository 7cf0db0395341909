//! The watches that one client waits for, and what the service owes it for them.

use super::Violation;
use crate::base::{ClientId, SessionId, ZPath, Zxid};
use crate::history::{Acl, Event, Identity, Kind, Told, Watching, What};
use crate::model::{Model, Trigger, Versions, WatchKind, before, may};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A place in a server's watch tables, as far as they concern one connection.
type Slot = (ZPath, WatchKind);

/// A watch that stays: on which path, and whether it reaches below.
type Lasting = (ZPath, bool);

/// An event without a zxid: what it said of which znode, and its place in the history.
type MadeUp = (Kind, ZPath, u64);

/// A watch that was left.
#[derive(Clone, Copy, Debug)]
struct Armed {
    /// It tells of the first trigger after this.
    since: Zxid,
    /// The event that says that it was left.
    event: u64,
    /// An event for another watch on the same znode has used it up for the client, but not for the
    /// server: it may yet speak, and need not be asked for again.
    forgotten: bool,
}

/// A `setWatches` on the wire, as in [`crate::history::What::Rearm`].
#[derive(Clone, Debug)]
pub(super) struct Rearm {
    pub(super) since: Zxid,
    pub(super) data: Vec<ZPath>,
    pub(super) exist: Vec<ZPath>,
    pub(super) child: Vec<ZPath>,
    pub(super) lasting: Vec<(ZPath, bool)>,
    pub(super) event: u64,
}

/// One client's watches, over the connections of one session, and of those that go on in its place.
#[derive(Debug)]
pub(super) struct Watches {
    client: ClientId,
    session: SessionId,
    pub(super) conn: u32,
    /// On the present connection.
    armed: BTreeMap<Slot, Armed>,
    /// Those that stay, on the present connection.
    lasting: BTreeMap<Lasting, Armed>,
    /// Up to here everything is told that had to be.
    quiet_upto: Zxid,
    /// All that the server is known to have taken the client for, then and now. It may take it for
    /// more between the two: what it has not yet answered.
    quiet_ids: Vec<Identity>,
    ids: Vec<Identity>,
    /// What was told since.
    heard: Vec<(Zxid, Kind, ZPath)>,
    /// On an earlier connection, and not yet asked for again.
    carried: BTreeMap<Slot, Armed>,
    /// The same of those that stay.
    carried_lasting: BTreeSet<Lasting>,
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
            lasting: BTreeMap::new(),
            quiet_upto: Zxid::ZERO,
            quiet_ids: Vec::new(),
            ids: Vec::new(),
            heard: Vec::new(),
            carried: BTreeMap::new(),
            carried_lasting: BTreeSet::new(),
            asked: VecDeque::new(),
            made_up: Vec::new(),
            last_told: (Zxid::ZERO, 0),
            decided: 0,
        }
    }

    /// A new connection. The session's watches come along, also when another one goes on in its place;
    /// those of any other session are void.
    pub(super) fn connect(&mut self, conn: u32, session: SessionId, model: &Model) {
        let ids = model.requests().bare(self.client);
        let mut armed = std::mem::take(&mut self.armed);
        let lasting = std::mem::take(&mut self.lasting);
        if model.requests().continues(session, self.session) {
            armed.retain(|_, it| !it.forgotten);
            armed.append(&mut self.carried);
            self.carried = armed;
            self.carried_lasting.extend(lasting.into_keys());
        } else {
            self.carried.clear();
            self.carried_lasting.clear();
        }
        (self.ids, self.quiet_ids) = (ids.to_vec(), ids.to_vec());
        self.heard.clear();
        (self.conn, self.session) = (conn, session);
        self.asked.clear();
        self.made_up.clear();
        self.quiet_upto = Zxid::ZERO;
        self.last_told = (Zxid::ZERO, 0);
    }

    /// The session is over, and its watches with it.
    pub(super) fn end(&mut self) {
        self.armed.clear();
        self.lasting.clear();
        self.carried.clear();
        self.carried_lasting.clear();
        self.asked.clear();
        self.session = SessionId(0);
    }

    /// The server takes the client for somebody more.
    pub(super) fn shown(&mut self, more: impl Iterator<Item = Identity>) {
        self.ids.extend(more);
    }

    /// An answer with this zxid: whatever was triggered up to then must have been told before (H8).
    pub(super) fn answered(
        &mut self,
        event: &Event,
        model: &Model,
        zxid: Zxid,
    ) -> Result<(), Violation> {
        self.all_asked(event)?;
        if zxid <= self.quiet_upto {
            return Ok(());
        }
        let mut unread = Vec::new();
        for ((path, kind), armed) in &self.armed {
            let trigger = model.versions().first_trigger((path.as_str(), *kind), armed.since, zxid);
            let Some(trigger) = trigger else { continue };
            if may(&trigger.acls, Acl::READ, &self.quiet_ids) {
                return Err(self.missed(event, model, (path, armed), trigger));
            }
            unread.push((path.clone(), *kind));
        }
        // It fired, and nobody was told who may not read.
        self.armed.retain(|slot, _| !unread.contains(slot));
        self.all_heard(event, model, zxid)?;
        self.quiet_upto = zxid;
        self.quiet_ids.clone_from(&self.ids);
        self.heard.retain(|heard| heard.0 > zxid);
        Ok(())
    }

    /// Watches that stay have told of every trigger up to `zxid` (H10).
    fn all_heard(&self, event: &Event, model: &Model, zxid: Zxid) -> Result<(), Violation> {
        if self.lasting.is_empty() {
            return Ok(());
        }
        let triggers = model.versions().triggers(self.quiet_upto, zxid);
        for (place, trigger) in triggers.iter().enumerate() {
            let Some(armed) = self.concerned(trigger) else { continue };
            if !may(&trigger.acls, Acl::READ, &self.quiet_ids) {
                continue;
            }
            let same = |it: &&Trigger| {
                (it.zxid, it.kind, &it.path) == (trigger.zxid, trigger.kind, &trigger.path)
            };
            let due = triggers[..=place].iter().filter(same).count();
            if self.heard_count(trigger.zxid, trigger.kind, &trigger.path) < due {
                return Err(self.missed(event, model, (&trigger.path, armed), trigger));
            }
        }
        Ok(())
    }

    fn heard_count(&self, zxid: Zxid, kind: Kind, path: &ZPath) -> usize {
        self.heard.iter().filter(|it| (it.0, it.1, &it.2) == (zxid, kind, path)).count()
    }

    /// The watch that stays and waits for it: one on the znode itself, or one on a znode above that
    /// reaches below and never speaks of lists of children.
    fn concerned(&self, trigger: &Trigger) -> Option<&Armed> {
        let armed = |path: &ZPath, recursive| {
            let armed = self.lasting.get(&(path.clone(), recursive));
            armed.filter(|armed| armed.since < trigger.zxid)
        };
        if let Some(armed) = armed(&trigger.path, false) {
            return Some(armed);
        }
        let mut above =
            Some(trigger.path.clone()).filter(|_| trigger.kind != Kind::ChildrenChanged);
        while let Some(path) = above {
            if let Some(armed) = armed(&path, true) {
                return Some(armed);
            }
            above = path.parent();
        }
        None
    }

    /// An answer at `zxid` left a watch that stays.
    pub(super) fn arm_lasting(&mut self, event: &Event, lasting: Lasting, since: Zxid) {
        let fresh = Armed { since, event: event.index, forgotten: false };
        self.lasting.entry(lasting).or_insert(fresh);
    }

    /// The client asked to be rid of watches: there were some exactly when it was told so.
    pub(super) fn removed(
        &mut self,
        event: &Event,
        (path, which): (&ZPath, Watching),
        told: bool,
    ) -> Result<(), Violation> {
        let found = self.has(path, which);
        for slot in slots_of(path, which) {
            self.armed.remove(&slot);
        }
        for slot in lasting_of(path, which) {
            self.lasting.remove(&slot);
        }
        self.told_rightly(event, ("remove", path, which), (found, told))
    }

    /// The client asked whether it has watches: it has some exactly when it was told so.
    pub(super) fn asked_after(
        &mut self,
        event: &Event,
        (path, which): (&ZPath, Watching),
        told: bool,
    ) -> Result<(), Violation> {
        let found = self.has(path, which);
        self.told_rightly(event, ("check", path, which), (found, told))
    }

    fn has(&self, path: &ZPath, which: Watching) -> bool {
        slots_of(path, which).any(|slot| self.armed.contains_key(&slot))
            || lasting_of(path, which).any(|slot| self.lasting.contains_key(&slot))
    }

    fn told_rightly(
        &mut self,
        event: &Event,
        (what, path, which): (&str, &ZPath, Watching),
        (found, told): (bool, bool),
    ) -> Result<(), Violation> {
        self.decided += 1;
        if found == told {
            return Ok(());
        }
        let (had, said) = if found { ("has", "none") } else { ("has not", "one") };
        let claim = format!(
            "{} asked to {what} a watch ({which:?}) on {path} that it {had}, and was told that \
             there was {said}",
            self.client
        );
        Err(Violation::new(claim, [event.index]))
    }

    /// An answer at `zxid` left a watch. Leaving the same watch again changes nothing.
    pub(super) fn arm(&mut self, event: &Event, slot: Slot, since: Zxid) {
        let fresh = Armed { since, event: event.index, forgotten: false };
        self.armed.entry(slot).or_insert(fresh).forgotten = false;
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
            let due = due.filter(|due| (due.zxid, due.kind) == (zxid, told.kind));
            if due.is_some_and(|due| may(&due.acls, Acl::READ, &self.ids)) {
                matched = true;
                self.armed.remove(&slot);
            }
        }
        matched |= self.awaited(model, (told, zxid));
        self.heard.push((zxid, told.kind, told.path.clone()));
        self.decided += u64::from(matched);
        if matched { Ok(()) } else { Err(self.uncalled(event, model, (told, zxid))) }
    }

    /// Whether watches that stay speak of that, once more than was told.
    fn awaited(&self, model: &Model, (told, zxid): (&Told, Zxid)) -> bool {
        let same = |it: &&Trigger| {
            let readable = may(&it.acls, Acl::READ, &self.ids);
            it.kind == told.kind && it.path == told.path && readable && self.concerned(it).is_some()
        };
        let due = model.versions().triggers(before(zxid), zxid).iter().filter(same).count();
        self.heard_count(zxid, told.kind, &told.path) < due
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
        for lasting in &rearm.lasting {
            self.carried_lasting.remove(lasting);
        }
        self.asked.push_back(rearm);
    }

    /// Once no question is open, none of the watches may have been left out.
    fn all_asked(&self, event: &Event) -> Result<(), Violation> {
        if let Some((path, _)) = self.carried_lasting.first().filter(|_| self.asked.is_empty()) {
            let claim = format!(
                "{} has a watch that stays on {path}, and did not ask for it again when it came back",
                self.client
            );
            return Err(Violation::new(claim, [event.index]));
        }
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
                let bare = model.requests().bare(self.client);
                if let Some(trigger) = trigger.filter(|it| may(&it.acls, Acl::READ, &bare)) {
                    return Err(self.missed(event, model, (path, &armed), trigger));
                }
            }
            let fresh = Armed { since: zxid, event: event.index, forgotten: false };
            self.armed.insert(key, fresh);
        }
        for (kind, path, _) in &made_up {
            for table in tables_of(*kind) {
                if let Some(armed) = self.armed.get_mut(&(path.clone(), *table)) {
                    armed.forgotten = true;
                }
            }
        }
        for lasting in &rearm.lasting {
            self.arm_lasting(event, lasting.clone(), zxid);
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
        trigger: &Trigger,
    ) -> Violation {
        let Trigger { zxid, kind, .. } = trigger;
        let claim = format!(
            "{} was not told `{kind:?}` of {path} by {zxid}, though it watches it since {} and was \
             answered at a later version",
            self.client, armed.since
        );
        let txn = model.ledger().get(*zxid).map(|txn| txn.event);
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
            Some((_, since, Some(first))) => {
                format!("the first since {since} was `{:?}` by {}", first.kind, first.zxid)
            }
        };
        let claim = format!("{} was told `{kind:?}` of {path} by {zxid}, but {why}", self.client);
        Violation::new(claim, armed.map(|it| it.0).into_iter().chain([event.index]))
    }
}

impl Rearm {
    /// What the event says, if it is one of these.
    pub(super) fn of(event: &Event) -> Option<Rearm> {
        let What::Rearm { since, data, exist, child, persistent, recursive, .. } = &event.what
        else {
            return None;
        };
        let persistent = persistent.iter().map(|path| (path.clone(), false));
        let recursive = recursive.iter().map(|path| (path.clone(), true));
        Some(Rearm {
            since: *since,
            data: data.clone(),
            exist: exist.clone(),
            child: child.clone(),
            lasting: persistent.chain(recursive).collect(),
            event: event.index,
        })
    }

    /// Everything that it asks for, and whether it waits for the znode to come into being.
    fn slots(&self) -> impl Iterator<Item = ((&ZPath, WatchKind), bool)> {
        let data = self.data.iter().map(|path| ((path, WatchKind::Data), false));
        let exist = self.exist.iter().map(|path| ((path, WatchKind::Data), true));
        let child = self.child.iter().map(|path| ((path, WatchKind::Child), false));
        data.chain(exist).chain(child)
    }
}

/// The places of watches that speak once.
fn slots_of(path: &ZPath, which: Watching) -> impl Iterator<Item = Slot> {
    let kinds = [(WatchKind::Data, Watching::Data), (WatchKind::Child, Watching::Children)];
    let meant = move |one| which == Watching::Any || which == one;
    kinds.into_iter().filter(move |it| meant(it.1)).map(|(kind, _)| (path.clone(), kind))
}

/// Those of watches that stay.
fn lasting_of(path: &ZPath, which: Watching) -> impl Iterator<Item = Lasting> {
    let kinds = [(false, Watching::Persistent), (true, Watching::Recursive)];
    let meant = move |one| which == Watching::Any || which == one;
    kinds.into_iter().filter(move |it| meant(it.1)).map(|(recursive, _)| (path.clone(), recursive))
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
