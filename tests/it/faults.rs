//! Whatever a fault starts, its stop puts right, and nothing else; and faults keep out of each
//! other's way.

use menagerie::base::{ClientId, NodeId, Rng, ServerId};
use menagerie::faults::{self, ClientView, Fault, ServerView, View};
use menagerie::history::{Action, Role};
use std::collections::{BTreeMap, BTreeSet};

/// Options beyond the defaults, for faults that behave differently under them.
const MORE: &[(&str, &str)] = &[
    ("isolate", "target = 'leader'\nclients = true"),
    ("isolate", "target = 'majority'\ndirection = 'in'"),
    ("isolate", "target = 'all'\ndirection = 'out'"),
    ("split", "shape = 'groups'\ngroups = 4"),
    ("split", "shape = 'ring'"),
    ("split", "shape = 'bridge'"),
    ("crash", "target = 'all'\npower = false"),
    ("crash", "target = 'majority'"),
    ("pause", "target = 'follower'"),
    ("crash", "target = 'observer'"),
    ("reset_connections", "between = 'servers'"),
    ("slow_link", "between = 'clients'\none_way = true\nextra_ms = 5"),
    ("skew", "target = 'leader'\ndrift_ppm = [-9, -3]"),
    ("slow_disk", "target = 'all'\nfactor = 3"),
];

fn every_fault() -> Vec<Box<dyn Fault>> {
    let defaults = faults::ALL.iter().map(|entry| (entry.name, ""));
    let each = defaults.chain(MORE.iter().copied());
    each.map(|(name, options)| {
        let entry = faults::ALL.iter().find(|entry| entry.name == name).unwrap();
        (entry.build)(toml::from_str(options).unwrap()).unwrap()
    })
    .collect()
}

/// What the actions have done to the world, and what is left of it.
#[derive(Default, PartialEq, Debug)]
struct World {
    cuts: BTreeMap<(NodeId, NodeId), u32>,
    clogs: BTreeSet<(NodeId, NodeId)>,
    down: BTreeSet<ServerId>,
    paused: BTreeSet<ServerId>,
    skewed: BTreeSet<ServerId>,
    slow: BTreeSet<ServerId>,
}

impl World {
    fn perform(&mut self, action: &Action) {
        let first = match *action {
            Action::Cut { from, to } => {
                *self.cuts.entry((from, to)).or_default() += 1;
                from != to
            }
            Action::Heal { from, to } => {
                let count = self.cuts.get_mut(&(from, to)).expect("cut before healed");
                *count -= 1;
                if *count == 0 {
                    self.cuts.remove(&(from, to));
                }
                true
            }
            Action::Clog { from, to, .. } => self.clogs.insert((from, to)),
            Action::Unclog { from, to } => self.clogs.remove(&(from, to)),
            Action::Reset { a, b } => a != b,
            Action::Crash { server, .. } => {
                self.down.insert(server) && !self.paused.contains(&server)
            }
            Action::Restart { server } => self.down.remove(&server),
            Action::Pause { server } => self.paused.insert(server) && !self.down.contains(&server),
            Action::Resume { server } => self.paused.remove(&server),
            Action::Skew { server, .. } => self.skewed.insert(server),
            Action::Unskew { server } => self.skewed.remove(&server),
            Action::SlowDisk { server, .. } => self.slow.insert(server),
            Action::FastDisk { server } => self.slow.remove(&server),
        };
        assert!(first, "{action} makes no sense in {self:?}");
    }

    /// The view of this world, in which chance decides what faults do not.
    fn view(&self, servers: u8, clients: u32, rng: &mut Rng) -> View {
        let ids: Vec<ServerId> = (1..=servers).map(ServerId).collect();
        let server = |&id: &ServerId, rng: &mut Rng| {
            let role = match rng.below(4) {
                0 => Role::Looking,
                1 => Role::Leading,
                _ => Role::Following(ids[0]),
            };
            let (up, paused) = (!self.down.contains(&id), self.paused.contains(&id));
            let votes = rng.below(4) > 0;
            ServerView { id, up, paused, votes, role, serving: rng.below(2) == 0 }
        };
        let client = |id, rng: &mut Rng| {
            let connected = if rng.below(3) == 0 { None } else { rng.pick(&ids).copied() };
            ClientView { id, connected }
        };
        View {
            servers: ids.iter().map(|id| server(id, rng)).collect(),
            clients: (1..=clients).map(|id| client(ClientId(id), rng)).collect(),
        }
    }
}

#[test]
fn what_starts_is_put_right_by_its_stop() {
    for (number, mut fault) in every_fault().into_iter().enumerate() {
        let mut acted = false;
        for seed in 0..100 {
            let mut rng = Rng::stream(seed, &format!("test/{number}"));
            let (servers, clients) = (rng.between(1, 7) as u8, rng.below(5) as u32);
            let mut world = World::default();
            let view = world.view(servers, clients, &mut rng);
            let actions = fault.start(&view, &mut rng);
            acted |= !actions.is_empty();
            actions.iter().for_each(|action| world.perform(action));
            let view = world.view(servers, clients, &mut rng);
            fault.stop(&view).iter().for_each(|action| world.perform(action));
            assert_eq!(world, World::default(), "fault {number}, seed {seed}");
        }
        assert!(acted, "fault {number} never did anything");
    }
}

/// Crashes and pauses, in any order and at once, never strike the same server.
#[test]
fn faults_that_meet_do_not_break_each_other() {
    for seed in 0..200 {
        let mut rng = Rng::stream(seed, "test");
        let mut world = World::default();
        let names = ["crash", "pause", "isolate", "split", "crash", "pause", "expire_session"];
        let entry = |name: &str| faults::ALL.iter().find(|entry| entry.name == name).unwrap();
        let build = |name: &&str| (entry(name).build)(toml::Table::new()).unwrap();
        let mut faults: Vec<(bool, Box<dyn Fault>)> =
            names.iter().map(|name| (false, build(name))).collect();
        for _ in 0..60 {
            let view = world.view(5, 4, &mut rng);
            let (running, fault) = &mut faults[rng.below(names.len() as u64) as usize];
            let actions = if *running { fault.stop(&view) } else { fault.start(&view, &mut rng) };
            *running = !*running;
            actions.iter().for_each(|action| world.perform(action));
        }
        let view = world.view(5, 4, &mut rng);
        for (running, mut fault) in faults {
            let actions = if running { fault.stop(&view) } else { Vec::new() };
            actions.iter().for_each(|action| world.perform(action));
        }
        assert_eq!(world, World::default(), "seed {seed}");
    }
}

#[test]
fn nobody_left_to_strike() {
    for mut fault in every_fault() {
        let mut rng = Rng::stream(1, "test");
        assert_eq!(fault.start(&View::default(), &mut rng), []);
        assert_eq!(fault.stop(&View::default()), []);
    }
}
