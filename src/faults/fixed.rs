//! A fault whose actions stand in the plan: what a fault chose in one run, done again in another.
//!
//! Names follow roles. The leader of that run stands for the leader of this one, and the server that
//! held a client's connection for the one that holds it now, so that taking an earlier fault away
//! does not make the later ones miss.

use super::undo::Undo;
use super::{Fault, View};
use crate::base::{ClientId, NodeId, Rng, ServerId};
use crate::history::{Action, Role, nodes_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who was who when the actions were chosen.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cast {
    /// Who led.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader: Option<ServerId>,
    /// Which server held the connection of these clients.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub connected: BTreeMap<ClientId, ServerId>,
}

/// The actions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fixed {
    cast: Cast,
    actions: Vec<Action>,
    undo: Undo,
}

impl Fixed {
    /// These actions, chosen among this cast.
    pub fn new(cast: Cast, actions: Vec<Action>) -> Fixed {
        Fixed { cast, actions, undo: Undo::default() }
    }
}

impl Fault for Fixed {
    fn start(&mut self, view: &View, _rng: &mut Rng) -> Vec<Action> {
        let actions = self.actions.iter().map(|action| self.cast.played_by(view, action));
        let possible = actions.filter(|action| is_possible(action, view)).collect();
        self.undo.of(possible)
    }

    fn stop(&mut self, _view: &View) -> Vec<Action> {
        self.undo.take()
    }
}

impl Cast {
    /// The action with the names of those who play the parts now.
    fn played_by(&self, view: &View, action: &Action) -> Action {
        let client = clients_of(action).next();
        let swap = client.map_or_else(|| self.leaders(view), |client| self.servers(view, client));
        let Some([a, b]) = swap else { return action.clone() };
        rename(action, |server| match server {
            it if it == a => b,
            it if it == b => a,
            it => it,
        })
    }

    /// Who led and who leads; `None` when that is the same, or nobody does.
    fn leaders(&self, view: &View) -> Option<[ServerId; 2]> {
        let then = self.leader?;
        let mut leading = view.servers.iter().filter(|it| it.role == Role::Leading && it.serving);
        let now = leading.clone().find(|it| it.id == then).or_else(|| leading.next())?;
        (now.id != then).then_some([then, now.id])
    }

    /// Who held the client's connection, and who holds it now.
    fn servers(&self, view: &View, client: ClientId) -> Option<[ServerId; 2]> {
        let then = *self.connected.get(&client)?;
        let now = view.clients.iter().find(|it| it.id == client)?.connected?;
        (now != then).then_some([then, now])
    }
}

/// The clients that an action is about.
pub fn clients_of(action: &Action) -> impl Iterator<Item = ClientId> + use<> {
    nodes_of(action).into_iter().filter_map(|node| match node {
        NodeId::Client(client) => Some(client),
        NodeId::Server(_) => None,
    })
}

/// The servers that an action is about.
pub fn servers_of(action: &Action) -> impl Iterator<Item = ServerId> + use<> {
    nodes_of(action).into_iter().filter_map(|node| match node {
        NodeId::Server(server) => Some(server),
        NodeId::Client(_) => None,
    })
}

/// The same action, about other servers.
pub fn rename(action: &Action, name: impl Fn(ServerId) -> ServerId) -> Action {
    let node = |node| match node {
        NodeId::Server(server) => NodeId::Server(name(server)),
        NodeId::Client(client) => NodeId::Client(client),
    };
    match *action {
        Action::Cut { from, to } => Action::Cut { from: node(from), to: node(to) },
        Action::Heal { from, to } => Action::Heal { from: node(from), to: node(to) },
        Action::Clog { from, to, extra_ms } => {
            Action::Clog { from: node(from), to: node(to), extra_ms }
        }
        Action::Unclog { from, to } => Action::Unclog { from: node(from), to: node(to) },
        Action::Reset { a, b } => Action::Reset { a: node(a), b: node(b) },
        Action::Crash { server, power } => Action::Crash { server: name(server), power },
        Action::Restart { server } => Action::Restart { server: name(server) },
        Action::Pause { server } => Action::Pause { server: name(server) },
        Action::Resume { server } => Action::Resume { server: name(server) },
        Action::Skew { server, offset_ms, drift_ppm } => {
            Action::Skew { server: name(server), offset_ms, drift_ppm }
        }
        Action::Unskew { server } => Action::Unskew { server: name(server) },
        Action::SlowDisk { server, factor } => Action::SlowDisk { server: name(server), factor },
        Action::FastDisk { server } => Action::FastDisk { server: name(server) },
    }
}

/// Whether there is somebody to do it to: what is gone cannot go.
fn is_possible(action: &Action, view: &View) -> bool {
    let is_there = |node| match node {
        NodeId::Server(server) => view.servers.iter().any(|it| it.id == server),
        NodeId::Client(client) => view.clients.iter().any(|it| it.id == client),
    };
    let stands = |server| view.servers.iter().any(|it| it.id == server && it.stands());
    match *action {
        Action::Crash { server, .. } | Action::Pause { server } => stands(server),
        _ => nodes_of(action).into_iter().all(is_there),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{ClientView, ServerView};

    fn view(leader: u8) -> View {
        let server = |id| ServerView {
            id: ServerId(id),
            up: true,
            paused: false,
            role: if id == leader { Role::Leading } else { Role::Following(ServerId(leader)) },
            serving: true,
            votes: true,
        };
        let client = ClientView { id: ClientId(1), connected: Some(ServerId(leader)) };
        View { servers: (1..=3).map(server).collect(), clients: vec![client] }
    }

    fn started(cast: Cast, action: Action, view: &View) -> Vec<Action> {
        Fixed::new(cast, vec![action]).start(view, &mut Rng::stream(1, "test"))
    }

    #[test]
    fn names_follow_roles() {
        let cast = Cast { leader: Some(ServerId(3)), ..Cast::default() };
        let pause = |server| Action::Pause { server: ServerId(server) };
        for (victim, leader, struck) in [(3, 3, 3), (3, 1, 1), (1, 1, 3), (2, 1, 2)] {
            let started = started(cast.clone(), pause(victim), &view(leader));
            assert_eq!(started, [pause(struck)], "{victim} while {leader} leads");
        }
    }

    #[test]
    fn a_link_follows_its_client() {
        let connected = BTreeMap::from([(ClientId(1), ServerId(1))]);
        let cast = Cast { leader: Some(ServerId(1)), connected };
        let cut = |server| Action::Cut { from: ClientId(1).into(), to: ServerId(server).into() };
        assert_eq!(started(cast.clone(), cut(1), &view(2)), [cut(2)]);
        assert_eq!(started(cast, cut(3), &view(2)), [cut(3)]);
    }

    #[test]
    fn what_is_gone_cannot_go() {
        let crash = |server| Action::Crash { server: ServerId(server), power: true };
        let mut view = view(1);
        view.servers[1].up = false;
        assert_eq!(started(Cast::default(), crash(2), &view), []);
        let mut fixed = Fixed::new(Cast::default(), vec![crash(2), crash(3)]);
        fixed.start(&view, &mut Rng::stream(1, "test"));
        assert_eq!(fixed.stop(&view), [Action::Restart { server: ServerId(3) }]);
        let nobody = Action::Reset { a: ClientId(7).into(), b: ServerId(1).into() };
        assert_eq!(started(Cast::default(), nobody, &view), []);
    }
}
