//! What servers say of their trees, kept until the committed log can tell whether it is true.

use super::Violation;
use crate::base::{ServerId, Zxid};
use crate::model::{Ledger, Txn};

/// A server's word: after the transactions up to `zxid`, its tree has this digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// Whose.
    pub server: ServerId,
    /// Up to which transaction.
    pub zxid: Zxid,
    /// Of the tree.
    pub digest: u64,
    /// The event that says so.
    pub event: u64,
}

/// What became of comparing a state with the committed log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compared {
    /// The same tree as another server's.
    Same,
    /// Nothing to compare with: nobody else has said anything of this version, or it was never
    /// committed.
    Nothing,
    /// Not yet committed.
    TooEarly,
}

impl State {
    /// Compares with the first digest that any server gave for the same version.
    pub fn compare(&self, ledger: &Ledger) -> Result<Compared, Violation> {
        if !ledger.is_decided(self.zxid) {
            let passed = ledger.head() > self.zxid;
            return Ok(if passed { Compared::Nothing } else { Compared::TooEarly });
        }
        let Some(txn) = ledger.place_up_to(self.zxid).map(|place| &ledger.txns()[place]) else {
            return Ok(Compared::Nothing);
        };
        self.compare_with(txn)
    }

    fn compare_with(&self, txn: &Txn) -> Result<Compared, Violation> {
        let Some(seal) = txn.seal.filter(|seal| seal.event != self.event) else {
            return Ok(Compared::Nothing);
        };
        if seal.digest == self.digest {
            return Ok(Compared::Same);
        }
        let (server, zxid) = (self.server, txn.zxid);
        let there = if seal.server == server { "had there before" } else { "has there" };
        let claim = format!(
            "{server}'s tree after {zxid} (digest {:#x}) is not what {} {there} ({:#x})",
            self.digest, seal.server, seal.digest
        );
        Err(Violation::new(claim, [seal.event, txn.event, self.event]))
    }
}

/// States that wait for their version to be committed.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    states: Vec<State>,
    /// The committed log's length when they were last looked at.
    seen: usize,
}

impl Waiting {
    /// Compares now if possible, and otherwise later. True when there was something to compare
    /// with.
    pub fn judge(&mut self, state: State, ledger: &Ledger) -> Result<bool, Violation> {
        match state.compare(ledger)? {
            Compared::Same => Ok(true),
            Compared::Nothing => Ok(false),
            Compared::TooEarly => {
                self.states.push(state);
                Ok(false)
            }
        }
    }

    /// Compares those whose time has come; how many there were to compare with.
    pub fn look_again(&mut self, ledger: &Ledger) -> Result<u64, Violation> {
        if self.states.is_empty() || self.seen == ledger.txns().len() {
            return Ok(0);
        }
        self.seen = ledger.txns().len();
        let mut checked = 0;
        for state in std::mem::take(&mut self.states) {
            checked += u64::from(self.judge(state, ledger)?);
        }
        Ok(checked)
    }
}
