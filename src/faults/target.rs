//! Whom a fault strikes: the choices that several faults share.

use super::{ServerView, View};
use crate::base::{NodeId, Rng, ServerId};
use crate::history::Role;
use serde::Deserialize;

/// Which servers. Only those that run and do not stand still are ever chosen, so that no two
/// faults crash or pause the same one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One, whichever.
    #[default]
    Any,
    /// The established leader; one that tries to lead when there is none; otherwise nobody.
    Leader,
    /// One that follows, or tries to.
    Follower,
    /// One that has no vote.
    Observer,
    /// Just more than half of those who vote, or all that are left of them.
    Majority,
    /// Every one.
    All,
}

impl Target {
    /// The victims, in ascending order; none when none is left.
    pub fn choose(self, view: &View, rng: &mut Rng) -> Vec<ServerId> {
        let standing = || view.servers.iter().copied().filter(ServerView::stands);
        match self {
            Target::All => standing().map(|server| server.id).collect(),
            Target::Majority => {
                let voters = view.servers.iter().filter(|server| server.votes).count();
                some_of(standing().filter(|server| server.votes), voters / 2 + 1, rng)
            }
            Target::Observer => some_of(standing().filter(|server| !server.votes), 1, rng),
            Target::Any => some_of(standing(), 1, rng),
            Target::Follower => some_of(standing().filter(ServerView::follows), 1, rng),
            Target::Leader => {
                let leading = || standing().filter(|server| server.role == Role::Leading);
                match some_of(leading().filter(|server| server.serving), 1, rng) {
                    none if none.is_empty() => some_of(leading(), 1, rng),
                    leader => leader,
                }
            }
        }
    }
}

impl ServerView {
    /// Runs, and does not stand still.
    pub(super) fn stands(&self) -> bool {
        self.up && !self.paused
    }

    fn follows(&self) -> bool {
        matches!(self.role, Role::Following(_))
    }
}

fn some_of(
    servers: impl Iterator<Item = ServerView>,
    count_max: usize,
    rng: &mut Rng,
) -> Vec<ServerId> {
    let mut chosen: Vec<ServerId> = servers.map(|server| server.id).collect();
    rng.shuffle(&mut chosen);
    chosen.truncate(count_max);
    chosen.sort();
    chosen
}

/// Between whom: a link, for the faults that strike one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// A client and the server that it is connected to.
    Clients,
    /// Two servers that run.
    Servers,
    /// Either.
    #[default]
    Any,
}

impl Between {
    /// The two ends of one link, in no particular order; `None` when there is no such link.
    pub fn choose(self, view: &View, rng: &mut Rng) -> Option<[NodeId; 2]> {
        let mut links = match self {
            Between::Clients => client_links(view),
            Between::Servers => server_links(view),
            Between::Any if rng.below(2) == 0 => client_links(view),
            Between::Any => server_links(view),
        };
        rng.shuffle(&mut links);
        let [a, b] = links.pop()?;
        Some(if rng.below(2) == 0 { [a, b] } else { [b, a] })
    }
}

fn client_links(view: &View) -> Vec<[NodeId; 2]> {
    let link = |client: &super::ClientView| Some([client.id.into(), client.connected?.into()]);
    view.clients.iter().filter_map(link).collect()
}

fn server_links(view: &View) -> Vec<[NodeId; 2]> {
    let up: Vec<ServerId> = view.servers.iter().filter(|it| it.up).map(|it| it.id).collect();
    let pairs = up.iter().flat_map(|&a| up.iter().map(move |&b| (a, b)));
    pairs.filter(|(a, b)| a < b).map(|(a, b)| [a.into(), b.into()]).collect()
}
