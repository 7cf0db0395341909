//! The service as its users understand it: the committed transactions in their order, and the tree
//! at every version. Shares no code with `tree`, which it judges.

mod access;
mod apply;
mod electorate;
mod expect;
mod ledger;
mod members;
mod quota;
mod reads;
mod requests;
mod servers;
mod versions;
mod znode;

pub use access::may;
pub use apply::Stamp;
pub use electorate::Electorate;
use expect::Asked;
pub use expect::{Expected, before, is_of_session};
pub use ledger::{Ledger, Proposal, Reign, Seal, Standing, Txn};
pub use reads::stat_difference;
pub use requests::{Request, Requests};
pub use servers::PerServer;
pub use versions::{Life, Trigger, Versions, WatchKind};
pub use znode::Znode;

use crate::base::SessionId;
use crate::history::{Action, Change, Event, Op, What};

/// The committed history so far, and every version of the tree.
#[derive(Clone, Debug, Default)]
pub struct Model {
    electorate: Electorate,
    ledger: Ledger,
    versions: Versions,
    requests: Requests,
    enforces_quotas: bool,
    /// How many of the committed transactions the versions have taken in.
    fed: usize,
}

impl Model {
    /// Takes the next event in.
    pub fn observe(&mut self, event: &Event) {
        match &event.what {
            What::Ensemble { members, addresses, enforces_quotas } => {
                self.enforces_quotas = *enforces_quotas;
                self.electorate.begin(members);
                self.requests.locate(addresses);
            }
            What::Invoke { .. } | What::Reauth { .. } | What::Connection { .. } => {
                self.requests.observe(event);
            }
            What::Note { server, note } => {
                self.electorate.propose(note);
                self.ledger.observe(event, *server, note);
                self.feed();
            }
            What::Act(Action::Crash { server, .. }) => self.ledger.crash(*server),
            _ => {}
        }
    }

    /// Who votes.
    pub fn electorate(&self) -> &Electorate {
        &self.electorate
    }

    /// What was proposed and committed, and where the servers stand.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The tree and the sessions at every version.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// What clients have asked.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Whether only the session's server knows it, so that it has no place in the order: neither its
    /// beginning nor its end is a transaction.
    pub fn is_local(&self, session: SessionId) -> bool {
        self.ledger.began_local(session) && self.versions.session(session).is_none()
    }

    /// The request that a committed transaction carries out.
    pub fn request_of(&self, txn: &Txn) -> Option<&Request> {
        self.requests.get(txn.request?)
    }

    fn feed(&mut self) {
        while let Some(txn) = self.ledger.txn_mut(self.fed) {
            self.fed += 1;
            let Some(proposal) = &txn.proposal else { continue };
            let stamp =
                Stamp { zxid: txn.zxid, session: proposal.session, time_ms: proposal.time_ms };
            let change = &proposal.change;
            let request = self.requests.write_of(proposal.session, proposal.xid);
            if let Some(request) = request.filter(|it| expect::may_carry_out(&it.op, change)) {
                txn.request = Some(request.number);
                txn.repeats = request.txn;
                request.txn.get_or_insert(stamp.zxid);
                txn.expected =
                    expect::refused_by_session(change).unwrap_or_else(|| match &request.op {
                        op @ Op::Reconfig { .. } => self.electorate.expect(op, change, stamp.zxid),
                        op => {
                            let upon = Some(proposal.upon).filter(|_| self.enforces_quotas);
                            let asked = Asked { stamp, ids: &request.ids, quotas: upon };
                            expect::expect(&self.versions, op, asked)
                        }
                    });
                if !expect::agrees(&request.op, &txn.expected, change, &request.ids) {
                    let expected = &txn.expected;
                    txn.mismatch = Some(format!("is to {change} where {expected:?} is due"));
                }
            }
            if let Change::Reconfig(members) = &proposal.change {
                self.electorate.commit(stamp.zxid, members, txn.event);
            }
            if let Err(nonsense) = self.versions.apply(stamp, &proposal.change) {
                txn.mismatch.get_or_insert(nonsense);
            }
        }
    }
}
