//! Containers, and znodes with a time to live, go when they are over, and not before: H22
//! (`zookeeper.md`, B.1; A.4 for the rules).
//!
//! "Before" is judged by the clock of the leader that proposes it, which is the service's only one.
//! "When they are over" is judged at the end of a run, when nothing was wrong for a while.

use super::{Checker, Violation};
use crate::base::{Millis, Time};
use crate::history::{Action, Change, Event, Note, Passing, Phase, What};
use crate::model::{Model, Txn, Znode, before};

/// How long a calm leader may take to delete what is over: some of its rounds (`ContainerManager`).
const PATIENCE: Millis = Millis(10_000);

/// Neither early nor never.
#[derive(Default)]
pub struct PassingZnodes {
    /// How many committed transactions were looked at.
    seen: usize,
    /// What the leader's clock said, when it said it, and whether it was true: proposals after the
    /// last fault, or in a run without a wrong clock.
    clock: Option<(i64, Time)>,
    skewed: bool,
    healed: Option<Time>,
    ended: Option<(Time, u64)>,
    checked: u64,
}

impl Checker for PassingZnodes {
    fn observe(&mut self, event: &Event, model: &Model) -> Result<(), Violation> {
        match &event.what {
            What::Phase(Phase::Heal) => (self.healed, self.skewed) = (Some(event.at), false),
            What::Phase(Phase::End) => self.ended = Some((event.at, event.index)),
            What::Act(Action::Skew { .. }) => (self.skewed, self.clock) = (true, None),
            What::Note { note: Note::Proposed { time_ms, .. }, .. } if !self.skewed => {
                self.clock = Some((*time_ms, event.at));
            }
            What::Note { .. } => return self.transactions(model),
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, model: &Model) -> Result<(), Violation> {
        let (Some(healed), Some((end, event))) = (self.healed, self.ended) else { return Ok(()) };
        let reign = model.ledger().reigns().values().next_back();
        let calm = reign.map_or(healed, |reign| healed.max(reign.at));
        for (path, znode) in model.versions().znodes() {
            let Some(over) = self.over_since(znode, model) else { continue };
            self.checked += 1;
            if over.max(calm) + PATIENCE < end {
                let claim = format!(
                    "{path} is still there at the end, though it is over since {over} and nothing \
                     was wrong since {calm}"
                );
                return Err(Violation::new(claim, [event]));
            }
        }
        Ok(())
    }

    fn checked(&self) -> u64 {
        self.checked
    }
}

impl PassingZnodes {
    fn transactions(&mut self, model: &Model) -> Result<(), Violation> {
        while let Some(txn) = model.ledger().txns().get(self.seen) {
            self.seen += 1;
            self.transaction(txn, model)?;
        }
        Ok(())
    }

    fn transaction(&mut self, txn: &Txn, model: &Model) -> Result<(), Violation> {
        let (Change::Pass { path }, Some(proposal)) = (txn.change(), &txn.proposal) else {
            return Ok(());
        };
        self.checked += 1;
        let znode = model.versions().znode_at(path.as_str(), before(txn.zxid));
        // What is not there is nonsense, which `write_order` reports.
        let Some(znode) = znode.filter(|znode| !znode.is_over(proposal.time_ms)) else {
            return Ok(());
        };
        let why = match znode.passing {
            _ if znode.children > 0 => format!("it has {} children", znode.children),
            None => "it does not go by itself".to_owned(),
            Some(Passing::Container) => "it is a container that never had a child".to_owned(),
            Some(Passing::Ttl { ms }) => {
                let idle = proposal.time_ms - znode.mtime;
                format!("it was set {idle}ms ago and its time to live is {ms}ms")
            }
        };
        let claim = format!("{} deletes {path} as if it were over, but {why}", txn.zxid);
        let set = model.ledger().get(znode.mzxid).map(|txn| txn.event);
        Err(Violation::new(claim, set.into_iter().chain([proposal.event, txn.event])))
    }

    /// Since when it has been time for a znode to go; `None` when it is not, or nobody can tell.
    fn over_since(&self, znode: &Znode, model: &Model) -> Option<Time> {
        let at = |zxid| model.ledger().get(zxid).map(|txn| txn.at);
        if znode.children > 0 {
            return None;
        }
        match znode.passing? {
            Passing::Container => at(znode.pzxid).filter(|_| znode.created != 0),
            Passing::Ttl { ms } => {
                let (clock_ms, then) = self.clock?;
                let after_ms = znode.mtime.saturating_add(ms).saturating_sub(clock_ms);
                let micros =
                    i64::try_from(then.0).ok()?.saturating_add(after_ms.saturating_mul(1000));
                let emptied = at(znode.pzxid).unwrap_or_default();
                Some(Time(u64::try_from(micros).unwrap_or(0)).max(emptied))
            }
        }
    }
}
