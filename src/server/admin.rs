//! The AdminServer's commands: a server tells how it is, as JSON (`Commands.java`,
//! `zookeeper.md`, A.12). The names of the fields are ZooKeeper's.

use super::connections::Connection;
use super::four_letter::name_of;
use super::measures::{Measures, Process};
use super::monitor::VERSION;
use super::server::Server;
use super::stats::Sizes;
use crate::base::Zxid;
use crate::wire::{Endpoint, Member};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a server answers that has no leader.
const NOT_SERVING: &str = "This ZooKeeper instance is not currently serving requests";

/// What a server is asked.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AdminCommand {
    /// The command's name, or one of its other names.
    pub name: String,
    /// What stands behind it: `set_trace_mask` takes a `traceMask`.
    pub arguments: BTreeMap<String, String>,
    /// What the server cannot know.
    pub measures: Measures,
}

/// What a command is answered with.
#[derive(Clone, PartialEq, Debug)]
pub struct AdminAnswer {
    /// The command's name and its fields; `error` is null where nothing is wrong.
    pub fields: Map<String, Value>,
    /// What HTTP is told: 200; 404 for a command that nobody knows; 503 while nobody is served, and
    /// for what this server does not do.
    pub status: u16,
}

/// Who answers a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Every server.
    Always,
    /// One that serves.
    Serving,
    /// None, as with ZooKeeper where it is switched off (`admin.snapshot.enabled`,
    /// `admin.restore.enabled`).
    Never,
}
use When::{Always, Never, Serving};

type Answer = fn(&mut Server, &AdminCommand) -> Value;

struct Command {
    name: &'static str,
    /// Other names for it: the four-letter word, and so on.
    also: &'static [&'static str],
    when: When,
    answer: Answer,
}

const fn command(
    name: &'static str,
    also: &'static [&'static str],
    when: When,
    answer: Answer,
) -> Command {
    Command { name, also, when, answer }
}

/// By name.
const ALL: &[Command] = &[
    command("configuration", &["conf", "config"], Always, |it, _| it.configuration()),
    command("connection_stat_reset", &["crst"], Serving, |it, _| {
        it.recount_connections();
        json!({})
    }),
    command("connections", &["cons"], Serving, |it, _| it.connections(true)),
    command("dirs", &[], Serving, |_, asked| {
        let sizes = asked.measures.sizes;
        json!({ "datadir_size": sizes.data, "logdir_size": sizes.log })
    }),
    command("dump", &[], Serving, |it, _| it.dump_sessions()),
    command("environment", &["env", "envi"], Always, |it, _| it.environment()),
    command("get_trace_mask", &["gtmk"], Always, |it, _| json!({ "tracemask": it.trace_mask })),
    command("hash", &[], Serving, |it, _| it.digest_log()),
    command(
        "initial_configuration",
        &["icfg"],
        Always,
        |it, _| json!({ "initial_configuration": it.config.told.file }),
    ),
    command("is_read_only", &["isro"], Serving, |it, _| json!({ "read_only": it.read_only })),
    command("last_snapshot", &["lsnp"], Serving, |it, asked| {
        it.newest_snapshot(asked.measures.process)
    }),
    command("leader", &["lead"], Serving, |it, _| it.leader()),
    command("monitor", &["mntr"], Serving, |it, asked| it.monitored(&asked.measures)),
    command("observer_connection_stat_reset", &["orst"], Serving, |_, _| json!({})),
    command("observers", &["obsr"], Serving, |it, _| it.observers()),
    command("restore", &["rest"], Never, |_, _| json!({})),
    command("ruok", &[], Always, |_, _| json!({})),
    command("server_stats", &["srvr"], Serving, |it, asked| it.server_stats(&asked.measures)),
    command("set_trace_mask", &["stmk"], Always, Server::set_trace_mask),
    command("snapshot", &["snap"], Never, |_, _| json!({})),
    command("stat_reset", &["srst"], Serving, |it, _| {
        it.recount();
        json!({})
    }),
    command("stats", &["stat"], Serving, |it, asked| {
        merged(it.server_stats(&asked.measures), it.connections(false))
    }),
    command("system_properties", &["sysp"], Always, |it, _| it.environment()),
    command("voting_view", &[], Serving, |it, _| it.voting_view()),
    command("watch_summary", &["wchs"], Serving, |it, _| it.watch_summary()),
    command("watches", &["wchc"], Serving, |it, _| it.watched_paths()),
    command("watches_by_path", &["wchp"], Serving, |it, _| it.watching_sessions()),
    command("zabstate", &["zabs"], Serving, |it, _| it.agreement()),
];

impl Server {
    /// The commands that [`Server::admin`] answers, in order.
    pub fn admin_commands() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|command| command.name)
    }

    /// Answers a command.
    pub fn admin(&mut self, asked: &AdminCommand) -> AdminAnswer {
        let name = asked.name.as_str();
        let known = ALL.iter().find(|it| it.name == name || it.also.contains(&name));
        let (status, error, answer) = match known {
            None => (404, json!(format!("Unknown command: {name}")), json!({})),
            Some(it) if it.when != Always && !self.is_up() => (503, json!(NOT_SERVING), json!({})),
            Some(it) if it.when == Never => (503, Value::Null, json!({})),
            Some(it) => (200, Value::Null, (it.answer)(self, asked)),
        };
        let mut fields = into_fields(answer);
        fields.insert("command".to_owned(), json!(known.map_or(name, |it| it.name)));
        fields.entry("error").or_insert(error);
        AdminAnswer { fields, status }
    }

    fn configuration(&self) -> Value {
        let config = &self.config;
        let mut fields = json!({
            "tick_time": config.tick_ms,
            "max_client_cnxns": config.clients.per_address_max,
            "min_session_timeout": config.min_session_timeout_ms,
            "max_session_timeout": config.max_session_timeout_ms,
            "server_id": self.told_id(),
            "client_port_listen_backlog": -1,
        });
        for (key, value) in &config.told.configuration {
            let value = value.parse::<i64>().map_or_else(|_| json!(value), |it| json!(it));
            fields[snake(key)] = value;
        }
        fields
    }

    fn environment(&self) -> Value {
        let mut fields = json!({ "zookeeper.version": VERSION });
        for (key, value) in &self.config.told.environment {
            fields[key] = json!(value);
        }
        fields
    }

    fn connections(&self, whole: bool) -> Value {
        let of = |secure: bool| -> Vec<Value> {
            let all = self.conns.values().filter(|it| it.secure == secure);
            all.map(|it| self.connection(it, whole)).collect()
        };
        json!({ "connections": of(false), "secure_connections": of(true) })
    }

    fn connection(&self, it: &Connection, whole: bool) -> Value {
        let traffic = &it.traffic;
        let fields = json!({
            "remote_socket_address": it.from.to_string(),
            "interest_ops": it.interest_ops(),
            "outstanding_requests": it.waiting.len(),
            "packets_received": traffic.received,
            "packets_sent": traffic.sent,
        });
        let Some(session) = it.session().filter(|_| whole) else { return fields };
        let more = json!({
            "session_id": session.0,
            "last_operation": name_of(traffic.last_opcode),
            "established": self.wall_ms_at(traffic.since),
            "session_timeout": it.timeout_ms,
            "last_cxid": traffic.last_xid.map_or(-1, |it| it.0),
            "last_zxid": traffic.last_zxid.map_or(-1, Zxid::to_wire),
            "last_response_time": traffic.answered.as_ms(),
            "last_latency": traffic.last_ms,
            "min_latency": traffic.latency.min_ms(),
            "avg_latency": traffic.latency.mean_ms(),
            "max_latency": traffic.latency.max_ms(),
        });
        merged(fields, more)
    }

    fn dump_sessions(&self) -> Value {
        let expiring = self.sessions.expiry().sets().map(|(at, all)| {
            let sessions: Vec<i64> = all.iter().map(|session| session.0).collect();
            (at.as_ms().to_string(), json!(sessions))
        });
        let expiring: Map<String, Value> = expiring.collect();
        let owned = self.tree.ephemerals().map(|(session, paths)| {
            let paths: Vec<&str> = paths.iter().map(|path| path.as_str()).collect();
            (session.0.to_string(), json!(paths))
        });
        let owned: Map<String, Value> = owned.collect();
        json!({ "expiry_time_to_session_ids": expiring, "session_id_to_ephemeral_paths": owned })
    }

    fn digest_log(&self) -> Value {
        let digest = |(zxid, digest): &(Zxid, u64)| json!({ "zxid": zxid.to_wire(), "digest": digest, "digest_version": 2 });
        let digests: Vec<Value> = self.digests.iter().map(digest).collect();
        json!({ "digests": digests })
    }

    /// Of one from before this server began, the disk knows when it was written.
    fn newest_snapshot(&self, process: Option<Process>) -> Value {
        let Some((zxid, wall_ms)) = self.last_snapshot else {
            return json!({ "zxid": format!("{:x}", -1_i64), "timestamp": -1 });
        };
        let wall_ms = wall_ms.or(process.and_then(|it| it.snapshot_wall_ms));
        let timestamp = wall_ms.map_or(-1, |it| it / 1_000);
        json!({ "zxid": format!("{:x}", zxid.to_wire()), "timestamp": timestamp })
    }

    fn leader(&self) -> Value {
        let leader = self.leader_id().filter(|_| self.serves_as_member());
        let Some(leader) = leader else {
            return json!({ "error": "server is not initialized" });
        };
        let member = self.peer.membership().members.get(&leader);
        json!({
            "is_leader": leader == self.config.id,
            "leader_id": leader.0,
            "leader_ip": member.map_or("", |it| &it.quorum.host),
        })
    }

    fn monitored(&self, measures: &Measures) -> Value {
        let pairs = self.monitor(measures).into_iter().flat_map(|(name, it)| it.lines(name));
        let pairs = pairs.map(|(key, value)| (key, as_number(&value)));
        Value::Object(pairs.collect())
    }

    /// Those who observe this server and are up to date. Whoever has come back over another
    /// connection is there once.
    fn observers(&self) -> Value {
        let synced = self.peer.attendance().filter(|it| it.observes && it.synced);
        let observers: Vec<Value> = synced
            .map(|it| {
                let mut fields = json!({ "sid": it.server.0 });
                if let Some(caller) = self.links.caller(it.server) {
                    fields["remote_socket_address"] = json!(format!("/{}", caller.from));
                    fields["established"] = json!(caller.wall_ms);
                }
                fields
            })
            .collect();
        json!({ "synced_observers": observers.len(), "observers": observers })
    }

    fn server_stats(&self, measures: &Measures) -> Value {
        let stats = &self.stats;
        let answers = buffer_stats(&stats.answers);
        let more = json!({
            "packets_sent": stats.sent,
            "packets_received": stats.received,
            "fsync_threshold_exceed_count": measures.process.map_or(0, |it| it.slow_sync_count),
            "client_response_stats": answers,
            "data_dir_size": measures.sizes.data,
            "log_dir_size": measures.sizes.log,
            "uptime": self.uptime_ms(),
            "server_state": self.mode(),
            "last_processed_zxid": self.processed().to_wire(),
            "outstanding_requests": self.outstanding_count,
            "avg_latency": as_number(&stats.latency.mean()),
            "max_latency": stats.latency.max_ms(),
            "min_latency": stats.latency.min_ms(),
            "num_alive_client_connections": self.conns.len(),
            "auth_failed_count": stats.counts.auth_failed,
            "provider_null": false,
        });
        let mut fields = json!({
            "version": VERSION,
            "read_only": self.read_only,
            "server_stats": more,
            "client_response": answers,
            "node_count": self.node_count(),
        });
        if self.mode() == "leader" {
            fields["proposal_stats"] = buffer_stats(&stats.proposals);
        }
        fields
    }

    fn set_trace_mask(&mut self, asked: &AdminCommand) -> Value {
        let Some(mask) = asked.arguments.get("traceMask") else {
            return json!({ "error": "setTraceMask requires long traceMask argument" });
        };
        let Ok(mask) = mask.parse() else {
            let error = format!("setTraceMask requires long traceMask argument, got {mask}");
            return json!({ "error": error });
        };
        self.trace_mask = mask;
        json!({ "tracemask": mask })
    }

    /// Who votes in the configuration in force; nobody where there is none.
    fn voting_view(&self) -> Value {
        if !self.serves_as_member() {
            return json!({ "current_config": {} });
        }
        let address = |at: &Endpoint| json!([at.to_string()]);
        let voters = self.peer.membership().members.iter().filter(|(_, member)| member.votes);
        let view: Map<String, Value> = voters
            .map(|(id, member)| {
                let fields = json!({
                    "server_addresses": address(&member.quorum),
                    "election_addresses": address(&member.election),
                    "client_address": client_address(member),
                    "learner_type": "participant",
                });
                (id.0.to_string(), fields)
            })
            .collect();
        json!({ "current_config": view })
    }

    fn watch_summary(&self) -> Value {
        let [conns, paths, watches] = self.watch_counts();
        json!({ "num_connections": conns, "num_paths": paths, "num_total_watches": watches })
    }

    fn watched_paths(&self) -> Value {
        let watched = self.watched_by_session().into_iter();
        let watched: Map<String, Value> =
            watched.map(|(session, paths)| (session.0.to_string(), json!(paths))).collect();
        json!({ "session_id_to_watched_paths": watched })
    }

    fn watching_sessions(&self) -> Value {
        let watching = self.watching_by_path().into_iter().map(|(path, sessions)| {
            let sessions: Vec<i64> = sessions.into_iter().map(|it| it.0).collect();
            (path.to_owned(), json!(sessions))
        });
        let watching: Map<String, Value> = watching.collect();
        json!({ "path_to_session_ids": watching })
    }

    /// Whether others can be reached at their addresses the server does not try out.
    fn agreement(&self) -> Value {
        if !self.serves_as_member() {
            return json!({ "voting": false, "zabstate": "" });
        }
        let last = self.processed();
        let mut fields = json!({
            "myid": self.config.id.0,
            "is_leader": self.leader_id() == Some(self.config.id),
            "voting": self.peer.votes(),
            "last_zxid": format!("{:#x}", last.to_wire()),
            "zab_epoch": last.epoch().0,
            "zab_counter": last.counter(),
            "zabstate": self.zab_state(),
        });
        if let Some(own) = self.peer.membership().members.get(&self.config.id) {
            fields["quorum_address"] = addresses(&own.quorum);
            fields["election_address"] = addresses(&own.election);
            fields["client_address"] = json!(client_address(own));
        }
        fields
    }
}

fn client_address(member: &Member) -> String {
    member.client.as_ref().map(Endpoint::to_string).unwrap_or_default()
}

/// One address, as if there could be several (`MultipleAddresses`).
fn addresses(at: &Endpoint) -> Value {
    json!({
        "empty": false,
        "one": at.to_string(),
        "all_addresses": [at.to_string()],
        "all_ports": [at.port],
        "all_host_strings": [at.host],
        "wildcard_addresses": [format!("0.0.0.0:{}", at.port)],
    })
}

fn buffer_stats(sizes: &Sizes) -> Value {
    let [last, min, max] = sizes.told();
    json!({ "last_buffer_size": last, "min_buffer_size": min, "max_buffer_size": max })
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
