//! One server with an obedient disk, in an ensemble of which the other members are whatever the
//! test makes of them.

use crate::disk::Disk;
use menagerie::base::{ConnId, Millis, ServerId, Time};
use menagerie::server::{Config, DiskOp, Effect, Input, Measures, Now, Port, Rules, Server};
use menagerie::storage::Image;
use menagerie::wire::Membership;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where everybody connects from.
const FROM: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 1024);
/// So many inputs may follow from one.
const CONSEQUENCES_MAX: usize = 10_000;

/// A server, and what is around it.
pub struct Stage {
    pub server: Server,
    disk: Disk,
    pub now: Time,
    inputs: VecDeque<Input>,
    accepted_count: u64,
    /// What the server has said, by connection.
    pub said: BTreeMap<ConnId, Vec<u8>>,
    /// Connections that are open.
    pub open: BTreeSet<ConnId>,
    /// What the server has dialled, and nobody has answered.
    pub dialled: Vec<(ConnId, ServerId, Port)>,
    /// Who is a member, or has been said to become one.
    pub located: BTreeSet<ServerId>,
    pub halted: bool,
    /// Whether readings of the disk wait for [`Stage::read`].
    pub reads_late: bool,
    /// Those that wait.
    pub late: VecDeque<Image>,
}

impl Stage {
    /// Server `s1` of so many, started on an empty disk.
    pub fn of(count: u8) -> Stage {
        Stage::on(count, &Image::new())
    }

    /// The same, on this disk.
    pub fn on(count: u8, image: &Image) -> Stage {
        Stage::by(config(ServerId(1), count), image)
    }

    /// Server `s1` of three, which serves observers while it follows.
    pub fn with_observers() -> Stage {
        let config = Config { observer_master_port: Some(2_191), ..config(ServerId(1), 3) };
        Stage::by(config, &Image::new())
    }

    /// Server `s1` with a configuration of its own.
    pub fn by(config: Config, image: &Image) -> Stage {
        let located = config.ensemble.members.keys().copied().collect();
        let server = Server::new(config, Rules::CORRECT);
        let mut stage = Stage {
            server,
            disk: Disk::of(image),
            now: Time::from_ms(1_000),
            inputs: VecDeque::new(),
            accepted_count: 0,
            said: BTreeMap::new(),
            open: BTreeSet::new(),
            dialled: Vec::new(),
            located,
            halted: false,
            reads_late: false,
            late: VecDeque::new(),
        };
        stage.input(Input::Start);
        stage
    }

    /// One that stands alone and serves.
    pub fn serving() -> Stage {
        let mut stage = Stage::of(1);
        stage.pass(Millis(5_000));
        assert!(stage.server.state().serving, "a server that stands alone serves soon");
        stage
    }

    /// Time passes, with all that the server wants to do meanwhile.
    pub fn pass(&mut self, time: Millis) {
        let until = self.now + time;
        while self.server.deadline() <= until && !self.halted {
            self.now = self.now.max(self.server.deadline());
            self.input(Input::Tick);
        }
        self.now = until;
    }

    /// Somebody connects.
    pub fn accept(&mut self, port: Port) -> ConnId {
        self.accepted_count += 1;
        let conn = ConnId(2 * self.accepted_count - 1);
        self.open.insert(conn);
        self.input(Input::Accepted { conn, port, from: FROM });
        conn
    }

    /// Bytes arrive, as far as the connection is still there.
    pub fn bytes(&mut self, conn: ConnId, bytes: &[u8]) {
        if self.open.contains(&conn) && !bytes.is_empty() {
            self.input(Input::Bytes { conn, bytes: bytes.to_vec() });
        }
    }

    /// The other side goes.
    pub fn hang_up(&mut self, conn: ConnId) {
        if self.open.remove(&conn) {
            self.input(Input::Closed { conn });
        }
    }

    /// A connection that was dialled comes about, or does not.
    pub fn answer_dial(&mut self, at: usize, connects: bool) -> Option<ConnId> {
        if at >= self.dialled.len() {
            return None;
        }
        let (conn, ..) = self.dialled.remove(at);
        if connects {
            self.open.insert(conn);
            self.input(Input::Connected { conn });
            return Some(conn);
        }
        self.input(Input::ConnectFailed { conn });
        None
    }

    /// The oldest reading that waits is done.
    pub fn read(&mut self) {
        let image = self.late.pop_front().expect("a reading waits");
        self.input(Input::Loaded { image });
    }

    /// What was said on a connection since the last time.
    pub fn take_said(&mut self, conn: ConnId) -> Vec<u8> {
        self.said.remove(&conn).unwrap_or_default()
    }

    pub fn input(&mut self, input: Input) {
        self.inputs.push_back(input);
        let mut effects = Vec::new();
        for _ in 0..CONSEQUENCES_MAX {
            let Some(input) = self.inputs.pop_front() else { return };
            let now = Now { time: self.now, wall_ms: self.now.as_ms() as i64 };
            self.server.handle(now, input, &mut effects);
            self.server.assert_invariants();
            effects.drain(..).for_each(|effect| self.perform(effect));
        }
        panic!("something goes on and on");
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Dial { conn, to, port } => self.dialled.push((conn, to, port)),
            Effect::Send { conn, bytes } => {
                if self.open.contains(&conn) {
                    self.said.entry(conn).or_default().extend(bytes);
                }
            }
            Effect::Flush { conn } => self.inputs.push_back(Input::Flushed { conn }),
            Effect::Close { conn } => {
                self.open.remove(&conn);
                self.dialled.retain(|it| it.0 != conn);
            }
            Effect::Disk(op) => {
                self.disk.perform(&op);
                if let DiskOp::Barrier { token } = op {
                    self.inputs.push_back(Input::DiskDone { token });
                }
            }
            Effect::ReadDisk => {
                let image = self.disk.image();
                match self.reads_late {
                    true => self.late.push_back(image),
                    false => self.inputs.push_back(Input::Loaded { image }),
                }
            }
            Effect::Measure { conn } => {
                let sizes = self.disk.image().sizes();
                let measures = Measures { sizes, process: None };
                self.inputs.push_back(Input::Measured { conn, measures });
            }
            Effect::Members(members) => self.located.extend(members.members.keys()),
            Effect::Stranger { .. } => panic!("nobody may join here"),
            Effect::Note(_)
            | Effect::Listen { .. }
            | Effect::Pause { .. }
            | Effect::Resume { .. } => {}
            Effect::Halt => self.halted = true,
        }
    }
}

pub fn config(id: ServerId, count: u8) -> Config {
    let voters: Vec<ServerId> = (1..=count).map(ServerId).collect();
    Config {
        init_limit_ticks: 5,
        sync_limit_ticks: 2,
        snapshot_every: 10,
        snapshot_chunk: 3,
        commit_log_count: 5,
        notification_max_ms: 1_600,
        ..Config::new(id, Membership::named(&voters, &[]), 1_000)
    }
}
