//! Who votes, as the history says it: the configuration in force, and those on their way.

use super::PerServer;
use super::expect::Expected;
use crate::base::{ErrorCode, ServerId, Zxid};
use crate::history::{Change, Members, Note, Op, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// Those whose word counts. Until the history says who they are, everybody's does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Electorate {
    /// In force: what was committed last, or what the run began with.
    now: Option<Members>,
    /// The transaction that brought it; `None` for what the run began with.
    version: Option<Zxid>,
    /// What was in force before, and the event in which that ended.
    before: Option<(u64, Members)>,
    /// What the run began with.
    first: Members,
    /// Everybody who has ever had a vote.
    ever: BTreeSet<ServerId>,
    /// Configurations that were proposed.
    proposed: BTreeMap<Zxid, Members>,
    /// For each proposal made while a configuration was on its way: what was in force then, and what
    /// was on its way.
    under_two: BTreeMap<Zxid, [Members; 2]>,
}

impl Electorate {
    /// The run begins, and these take part.
    pub(super) fn begin(&mut self, members: &Members) {
        self.now = Some(members.clone());
        self.first = members.clone();
        self.ever.extend(&members.voters);
    }

    /// Takes a proposal in: while a configuration is on its way, both decide on whatever is proposed.
    pub(super) fn propose(&mut self, note: &Note) {
        let (Note::Proposed { zxid, change, .. }, Some(now)) = (note, &self.now) else { return };
        if let Change::Reconfig(members) = change {
            self.proposed.insert(*zxid, members.clone());
        }
        let last = self.proposed.range(..=*zxid).next_back();
        let pending =
            |version: Zxid| version.epoch() == zxid.epoch() && Some(version) > self.version;
        if let Some((_, next)) = last.filter(|it| pending(*it.0)) {
            self.under_two.insert(*zxid, [now.clone(), next.clone()]);
        }
    }

    /// A configuration is committed, as the event says.
    pub(super) fn commit(&mut self, zxid: Zxid, members: &Members, event: u64) {
        self.ever.extend(&members.voters);
        self.version = Some(zxid);
        let before = self.now.replace(members.clone());
        self.before = before.map(|before| (event, before));
    }

    /// Whether the history says who votes.
    pub fn is_known(&self) -> bool {
        self.now.is_some()
    }

    /// Whether this server has a vote, or had one once.
    pub fn ever_had(&self, server: ServerId) -> bool {
        self.ever.contains(&server)
    }

    /// The configurations of which each has to have its quorum for what happens in this event: the
    /// one in force, and, when this very event has brought it into force, the one before.
    pub fn deciding(&self, event: u64) -> Vec<&Members> {
        let before = self.before.as_ref().filter(|it| it.0 == event).map(|it| &it.1);
        self.now.iter().chain(before).collect()
    }

    /// Those who decide on a proposal: a list for each configuration that has to have its quorum.
    /// `mentioned` are all servers that the history has spoken of; ids count from 1.
    pub fn deciding_on<T: Default>(
        &self,
        zxid: Zxid,
        mentioned: &PerServer<T>,
    ) -> Vec<Vec<ServerId>> {
        match (self.under_two.get(&zxid), &self.now) {
            (Some(both), _) => both.iter().map(|members| members.voters.clone()).collect(),
            (None, Some(now)) => vec![now.voters.clone()],
            (None, None) => vec![(1..=mentioned.count()).map(|id| ServerId(id as u8)).collect()],
        }
    }

    /// What is wrong with a server's word that this configuration is in force. The first one gets
    /// the floor of an epoch for a version; each other one is a transaction.
    pub fn check(&self, version: Zxid, members: &Members) -> Result<(), String> {
        if self.now.is_none() {
            return Ok(());
        }
        let brought = match version.counter() {
            0 => Some(&self.first),
            _ => self.proposed.get(&version).filter(|_| Some(version) <= self.version),
        };
        match brought {
            None => Err("which was never committed".to_owned()),
            Some(brought) if brought != members => Err(format!("but {version} brought {brought}")),
            Some(_) => Ok(()),
        }
    }

    /// What a request for another configuration has to bring as the transaction `zxid`, upon the one
    /// in force. Whether one is on its way already, and whether enough of the new voters are up to
    /// date, only the leader knows.
    pub(super) fn expect(&self, op: &Op, change: &Change, zxid: Zxid) -> Expected {
        use ErrorCode::{BadVersion, NewConfigNoQuorum, ReconfigDisabled, ReconfigInProgress};
        let (Op::Reconfig { joining, leaving, whole, at }, Some(now)) = (op, &self.now) else {
            return Expected::Unjudged;
        };
        if let Change::Error(Some(
            code @ (ReconfigDisabled | ReconfigInProgress | NewConfigNoQuorum),
        )) = change
        {
            return Expected::Refused(*code);
        }
        match (at, self.version) {
            (Some(at), Some(version)) if *at != version => return Expected::Refused(BadVersion),
            (Some(_), None) => return Expected::Unjudged,
            _ => {}
        }
        let members = if *whole { joining.clone() } else { changed(now, joining, leaving) };
        if members.voters.is_empty() {
            return Expected::Refused(ErrorCode::BadArguments);
        }
        Expected::Ok(Outcome::Reconfigured { version: zxid, members })
    }
}

fn changed(now: &Members, joining: &Members, leaving: &[ServerId]) -> Members {
    let comes = |id: &ServerId| joining.voters.contains(id) || joining.observers.contains(id);
    let merged = |now: &[ServerId], joining: &[ServerId]| {
        let stays = now.iter().filter(|id| !leaving.contains(id) && !comes(id));
        let all: BTreeSet<ServerId> = stays.chain(joining).copied().collect();
        all.into_iter().collect()
    };
    Members {
        voters: merged(&now.voters, &joining.voters),
        observers: merged(&now.observers, &joining.observers),
    }
}
