//! The AdminServer's commands: a server tells how it is, as JSON (`Commands.java`,
//! `zookeeper.md`, A.12). The names of the fields are ZooKeeper's.

use super::connections::Connection;
use super::four_letter::{VERSION, name_of};
use super::server::Server;
use super::stats::{Stats, Traffic};
use crate::base::{SessionId, Time};
use crate::history::Role;
use crate::wire::Endpoint;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a server answers that has no leader.
const NOT_SERVING: &str = "This ZooKeeper instance is not currently serving requests";

/// What a command is answered with.
#[derive(Clone, PartialEq, Debug)]
pub struct AdminAnswer {
    /// The command's name and its fields; `error` is null where nothing is wrong.
    pub fields: Map<String, Value>,
    /// What HTTP is told: 200; 404 for a command that nobody knows; 503 while nobody is served.
    pub status: u16,
}

struct Command {
    name: &'static str,
    /// Other names for it: the four-letter word, and so on.
    also: &'static [&'static str],
    /// Whether it says something while nobody is served.
    always: bool,
    answer: fn(&mut Server) -> Value,
}

const fn command(
    name: &'static str,
    also: &'static [&'static str],
    answer: fn(&mut Server) -> Value,
) -> Command {
    Command { name, also, always: false, answer }
}

const fn always(
    name: &'static str,
    also: &'static [&'static str],
    answer: fn(&mut Server) -> Value,
) -> Command {
    Command { name, also, always: true, answer }
}

/// By name. `dirs`, which needs the disk, is answered by who drives the server.
const ALL: &[Command] = &[
    always("configuration", &["conf", "config"], |it| it.configuration()),
    command("connection_stat_reset", &["crst"], |it| it.reset_connections()),
    command("connections", &["cons"], |it| it.connections(true)),
    command("dump", &[], |it| it.dump_sessions()),
    always("environment", &["env", "envi"], |it| it.environment()),
    always("get_trace_mask", &["gtmk"], |_| json!({ "tracemask": 256 })),
    command("hash", &[], |it| it.digests()),
    always("initial_configuration", &["icfg"], |it| it.initial_configuration()),
    command("is_read_only", &["isro"], |it| json!({ "read_only": it.is_read_only() })),
    command("last_snapshot", &["lsnp"], |it| it.last_snapshot()),
    command("leader", &["lead"], |it| it.leader()),
    command("monitor", &["mntr"], |it| it.monitored()),
    command("observer_connection_stat_reset", &["orst"], |_| json!({})),
    command("observers", &["obsr"], |_| json!({ "synced_observers": 0, "observers": [] })),
    always("ruok", &[], |_| json!({})),
    command("server_stats", &["srvr"], |it| it.server_stats()),
    always("set_trace_mask", &["stmk"], |_| json!({ "tracemask": 256 })),
    command("stat_reset", &["srst"], |it| it.reset_stats()),
    command("stats", &["stat"], |it| merged(it.server_stats(), it.connections(false))),
    always("system_properties", &["sysp"], |it| it.environment()),
    command("voting_view", &[], |it| it.voting_view()),
    command("watch_summary", &["wchs"], |it| it.watch_summary()),
    command("watches", &["wchc"], |it| it.watched_paths()),
    command("watches_by_path", &["wchp"], |it| it.watching_sessions()),
    command("zabstate", &["zabs"], |it| it.agreement()),
];

impl Server {
    /// The commands that [`Server::admin`] answers, in order.
    pub fn admin_commands() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|command| command.name)
    }

    /// Answers a command.
    pub fn admin(&mut self, name: &str) -> AdminAnswer {
        let known = ALL.iter().find(|it| it.name == name || it.also.contains(&name));
        let (status, error, answer) = match known {
            None => (404, json!(format!("Unknown command: {name}")), json!({})),
            Some(it) if !it.always && self.serving.is_none() => {
                (503, json!(NOT_SERVING), json!({}))
            }
            Some(it) => (200, Value::Null, (it.answer)(self)),
        };
        let mut fields = into_fields(answer);
        fields.insert("command".to_owned(), json!(known.map_or(name, |it| it.name)));
        fields.insert("error".to_owned(), error);
        AdminAnswer { fields, status }
    }

    fn configuration(&self) -> Value {
        let config = &self.config;
        let mut fields = json!({
            "tick_time": config.tick_ms,
            "max_client_cnxns": config.clients.per_address_max,
            "min_session_timeout": config.min_session_timeout_ms,
            "max_session_timeout": config.max_session_timeout_ms,
            "server_id": config.id.0,
            "client_port_listen_backlog": -1,
        });
        for (key, value) in &config.told.configuration {
            let value = value.parse::<i64>().map_or_else(|_| json!(value), |it| json!(it));
            fields[snake(key)] = value;
        }
        if config.ensemble.members.len() > 1 {
            fields["init_limit"] = json!(config.init_limit_ticks);
            fields["sync_limit"] = json!(config.sync_limit_ticks);
            fields["election_alg"] = json!(3);
        }
        fields
    }

    fn initial_configuration(&self) -> Value {
        json!({ "initial_configuration": self.config.told.file })
    }

    fn environment(&self) -> Value {
        let mut fields = json!({ "zookeeper.version": VERSION });
        for (key, value) in &self.config.told.environment {
            fields[key] = json!(value);
        }
        fields
    }

    fn connections(&self, whole: bool) -> Value {
        let all: Vec<Value> = self.conns.values().map(|it| self.connection(it, whole)).collect();
        json!({ "connections": all, "secure_connections": [] })
    }

    fn connection(&self, it: &Connection, whole: bool) -> Value {
        let traffic = &it.traffic;
        let mut fields = json!({
            "remote_socket_address": it.from.to_string(),
            "interest_ops": if it.paused { 0 } else { 1 },
            "outstanding_requests": it.waiting.len(),
            "packets_received": traffic.received,
            "packets_sent": traffic.sent,
        });
        let Some(session) = it.session().filter(|_| whole) else { return fields };
        let (opcode, xid, zxid) = traffic.last.unwrap_or((0, Default::default(), -1));
        let more = json!({
            "session_id": session.0,
            "last_operation": name_of(opcode),
            "established": self.wall_ms_at(traffic.since),
            "session_timeout": it.timeout_ms,
            "last_cxid": xid.0,
            "last_zxid": zxid,
            "last_response_time": traffic.answered.as_ms(),
            "last_latency": traffic.last_ms,
            "min_latency": traffic.latency.min_ms(),
            "avg_latency": traffic.latency.mean_ms(),
            "max_latency": traffic.latency.max_ms(),
        });
        fields = merged(fields, more);
        fields
    }

    fn wall_ms_at(&self, time: Time) -> i64 {
        self.now.wall_ms - self.now.time.since(time).0 as i64
    }

    fn reset_connections(&mut self) -> Value {
        let now = self.now.time;
        for it in self.conns.values_mut() {
            it.traffic = Traffic { since: it.traffic.since, ..Traffic::new(now) };
        }
        json!({})
    }

    fn reset_stats(&mut self) -> Value {
        self.stats = Stats::default();
        json!({})
    }

    fn dump_sessions(&self) -> Value {
        let mut expiring: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (at, session) in self.sessions.expiring() {
            expiring.entry(at.as_ms().to_string()).or_default().push(session.0);
        }
        let owned = self.tree.ephemerals().map(|(session, paths)| {
            let paths: Vec<&str> = paths.iter().map(|path| path.as_str()).collect();
            (session.0.to_string(), json!(paths))
        });
        let owned: Map<String, Value> = owned.collect();
        json!({ "expiry_time_to_session_ids": expiring, "session_id_to_ephemeral_paths": owned })
    }

    fn digests(&self) -> Value {
        let digest = json!({
            "zxid": self.tree.last().to_wire(),
            "digest": self.tree.digest(),
            "digestVersion": 2,
        });
        json!({ "digests": [digest] })
    }

    fn is_read_only(&self) -> bool {
        false
    }

    fn last_snapshot(&self) -> Value {
        let (zxid, wall_ms) = self.last_snapshot;
        json!({ "zxid": format!("{:#x}", zxid.to_wire()), "timestamp": wall_ms / 1000 })
    }

    fn leader(&self) -> Value {
        let leader = match self.peer.role() {
            Role::Leading => self.config.id,
            Role::Following(leader) | Role::Observing(leader) => leader,
            Role::Looking => return json!({ "is_leader": false }),
        };
        let member = self.config.ensemble.members.get(&leader);
        json!({
            "is_leader": leader == self.config.id,
            "leader_id": leader.0,
            "leader_ip": member.map(|it| it.quorum.host.clone()),
        })
    }

    fn monitored(&self) -> Value {
        let pairs = self.monitor().into_iter();
        let pairs = pairs.map(|(key, value)| (key.to_owned(), as_number(&value)));
        Value::Object(pairs.collect())
    }

    fn server_stats(&self) -> Value {
        let stats = &self.stats;
        let more = json!({
            "packets_sent": stats.sent,
            "packets_received": stats.received,
            "uptime": self.now.time.since(self.began).0,
            "server_state": self.mode(),
            "last_processed_zxid": self.processed().to_wire(),
            "outstanding_requests": self.outstanding_count,
            "avg_latency": as_number(&stats.latency.mean()),
            "max_latency": stats.latency.max_ms(),
            "min_latency": stats.latency.min_ms(),
            "num_alive_client_connections": self.conns.len(),
            "provider_null": false,
        });
        json!({
            "version": VERSION,
            "read_only": self.is_read_only(),
            "server_stats": more,
            "node_count": self.node_count(),
        })
    }

    fn voting_view(&self) -> Value {
        let ensemble = &self.config.ensemble;
        let address = |at: &Endpoint| json!([at.to_string()]);
        let voters = ensemble.members.iter().filter(|(_, member)| member.votes);
        let view: Map<String, Value> = voters
            .map(|(id, member)| {
                let fields = json!({
                    "server_addresses": address(&member.quorum),
                    "election_addresses": address(&member.election),
                    "client_address": member.client.as_ref().map(Endpoint::to_string),
                    "learner_type": "PARTICIPANT",
                });
                (id.0.to_string(), fields)
            })
            .collect();
        json!({ "current_config": view })
    }

    fn watch_summary(&self) -> Value {
        let paths: BTreeSet<_> = self.watches.by_path().map(|((_, path), _)| path).collect();
        json!({
            "num_connections": self.watches.by_conn().count(),
            "num_paths": paths.len(),
            "num_total_watches": self.watches.len(),
        })
    }

    fn watched_paths(&self) -> Value {
        let mut watched: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (conn, watches) in self.watches.by_conn() {
            let session = self.conns.get(&conn).and_then(Connection::session).unwrap_or_default();
            let paths = watches.iter().map(|(_, path)| path.as_str());
            watched.entry(session.0.to_string()).or_default().extend(paths);
        }
        json!({ "session_id_to_watched_paths": watched })
    }

    fn watching_sessions(&self) -> Value {
        let mut watching: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
        for ((_, path), conns) in self.watches.by_path() {
            let of = |conn| self.conns.get(&conn).and_then(Connection::session);
            let sessions = conns.filter_map(of).map(|SessionId(number)| number);
            watching.entry(path.as_str()).or_default().extend(sessions);
        }
        json!({ "path_to_session_ids": watching })
    }

    fn agreement(&self) -> Value {
        let last = self.processed();
        json!({
            "voting": self.peer.votes(),
            "last_zxid": format!("{:#x}", last.to_wire()),
            "zab_epoch": last.epoch().0,
            "zab_counter": last.counter(),
            "zabstate": "BROADCAST",
        })
    }
}

/// The fields of both.
fn merged(one: Value, other: Value) -> Value {
    let mut fields = into_fields(one);
    fields.extend(into_fields(other));
    Value::Object(fields)
}

fn into_fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => unreachable!("every answer has fields, not {other}"),
    }
}

/// A number where the text is one.
fn as_number(text: &str) -> Value {
    let number = serde_json::from_str(text).ok().filter(Value::is_number);
    number.unwrap_or_else(|| json!(text))
}

/// A key of `zoo.cfg` as JSON has it: `dataDir` is `data_dir`.
fn snake(key: &str) -> String {
    let letter = |letter: char| match letter {
        'A'..='Z' => format!("_{}", letter.to_ascii_lowercase()),
        other => other.to_string(),
    };
    key.chars().map(letter).collect()
}
