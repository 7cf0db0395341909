//! The recordings against three simulated servers: on their own disks, over a network that cuts
//! bytes anywhere.

use super::Script;
use super::player::{Heard, World, play as play_script};
use super::tables::OWN_SERVER;
use menagerie::base::{ConnId, Millis, ServerId};
use menagerie::run::{Audience, converse};
use menagerie::server::{Config, Likeness, Membership, OperationSettings, Passing, Port, Words};
use menagerie::sim::{self, DiskSettings, NetworkSettings, Wire};
use serde_json::Value;

/// As the recorded server ticked.
const TICK_MS: u64 = 2_000;
/// Where the simulated network sees clients.
const ADDRESS: &str = "10.1.0.1";

/// Plays them in their order: those that share a server on one ensemble, the others each on one of
/// its own.
pub fn play(scripts: Vec<Script>) -> Vec<(Script, Vec<Value>)> {
    let (own, shared): (Vec<Script>, Vec<Script>) =
        scripts.into_iter().partition(|it| OWN_SERVER.contains(&it.name.as_str()));
    let mut played = converse(audience(1), move |wire| play_all(shared, wire));
    for (seed, script) in (2..).zip(own) {
        played.extend(converse(audience(seed), move |wire| play_all(vec![script], wire)));
    }
    played
}

async fn play_all(scripts: Vec<Script>, wire: Wire) -> Vec<(Script, Vec<Value>)> {
    // The last server is the leader of an undisturbed ensemble; clients of a follower see more.
    let mut world = Simulated { wire, to: ServerId(1) };
    let mut played = Vec::new();
    for script in scripts {
        let lines = play_script(&script, &mut world).await;
        played.push((script, lines));
    }
    played
}

fn audience(seed: u64) -> Audience {
    let servers: Vec<ServerId> = (1..=3).map(ServerId).collect();
    Audience {
        seed,
        servers: servers.iter().map(|&id| config(id, &servers)).collect(),
        network: NetworkSettings::default(),
        disk: DiskSettings::default(),
    }
}

fn config(id: ServerId, servers: &[ServerId]) -> Config {
    let ensemble = Membership::named(servers, &[]);
    Config {
        snapshot_every: 1_000,
        snapshot_chunk: 100,
        operations: OperationSettings {
            extended_types: true,
            likeness: Likeness::V3_8,
            ..OperationSettings::default()
        },
        passing: Passing { check_ms: 1_000, ..Passing::default() },
        words: Words::All,
        ..Config::new(id, ensemble, TICK_MS)
    }
}

struct Simulated {
    wire: Wire,
    to: ServerId,
}

impl World for Simulated {
    async fn dial(&mut self) -> u64 {
        self.wire.dial(self.to, Port::Client).await.0
    }

    async fn send(&mut self, conn: u64, bytes: Vec<u8>) {
        self.wire.send(ConnId(conn), bytes);
    }

    async fn hear(&mut self, conn: u64, patience_ms: u64) -> Heard {
        match self.wire.hear(ConnId(conn), Millis(patience_ms)).await {
            sim::Heard::Bytes(bytes) => Heard::Bytes(bytes),
            sim::Heard::End => Heard::End,
            sim::Heard::Silence => Heard::Silence,
        }
    }

    async fn close(&mut self, conn: u64) {
        self.wire.close(ConnId(conn));
    }

    async fn rest(&mut self, ms: u64) {
        self.wire.rest(Millis(ms)).await;
    }

    fn own_address(&self) -> &str {
        ADDRESS
    }

    fn mode(&self) -> &str {
        "follower"
    }
}
