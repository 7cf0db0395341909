//! What a server tells over HTTP: the AdminServer's commands as JSON, metrics for Prometheus.

use super::kit::{Host, connect, free_port};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

/// An answer: status, content type, body.
pub(super) struct Answer {
    status: u16,
    content_type: String,
    body: String,
}

impl Answer {
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        assert_eq!(self.content_type, "application/json");
        serde_json::from_str(&self.body).unwrap()
    }
}

/// One request over a connection of its own.
fn ask(port: u16, method: &str, path: &str) -> Answer {
    let mut stream = connect(port).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|it| it.0.eq_ignore_ascii_case(name)).map_or(String::new(), |it| it.1.to_owned())
    };
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        content_type: header("content-type"),
        body: body.to_owned(),
    }
}

pub(super) fn get(port: u16, path: &str) -> Answer {
    ask(port, "GET", path)
}

/// A server that stands alone and tells all, and on which ports; it has one client.
fn host() -> (Host, u16, u16) {
    let (admin, metrics) = (free_port(), free_port());
    let mut host = Host::alone("");
    host.configure(&format!(
        "admin.enableServer=true\nadmin.serverAddress=127.0.0.1\nadmin.serverPort={admin}\n\
         metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider\n\
         metricsProvider.httpHost=127.0.0.1\nmetricsProvider.httpPort={metrics}"
    ));
    host.start();
    (host, admin, metrics)
}

#[test]
fn every_command_is_answered() {
    let (host, admin, _) = host();
    let mut client = host.client();
    client.create("/a", b"one").unwrap();
    let list = get(admin, "/commands");
    assert_eq!((list.status, list.content_type.as_str()), (200, "text/html; charset=utf-8"));
    let names = list.body.split("<a href=\"/commands/").skip(1);
    let names: Vec<&str> = names.map(|it| it.split_once('"').unwrap().0).collect();
    assert!(names.len() > 20 && names.is_sorted() && names.contains(&"dirs"), "{names:?}");
    // Those that are switched off here, of a server that stands alone, or without its argument.
    let refused = ["snapshot", "restore", "leader", "set_trace_mask"];
    for name in names.into_iter().filter(|name| !refused.contains(name)) {
        let answer = get(admin, &format!("/commands/{name}"));
        assert_eq!(answer.status, 200, "{name}");
        let fields = answer.json();
        assert_eq!((&fields["command"], &fields["error"]), (&name.into(), &Value::Null));
    }
}

#[test]
fn commands_tell_what_is() {
    let (host, admin, _) = host();
    let mut client = host.client();
    client.create("/a", b"one").unwrap();
    let stat = get(admin, "/commands/stat").json();
    assert_eq!(stat["command"], "stats", "by its other name, too");
    assert_eq!(stat["server_stats"]["server_state"], "standalone");
    assert_eq!(stat["node_count"], 6);
    let connections = get(admin, "/commands/connections").json();
    let sessions = connections["connections"].as_array().unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["session_id"], client.session.session.0);
    let configuration = get(admin, "/commands/configuration").json();
    assert_eq!(configuration["client_port"], host.port);
    assert_eq!(configuration["tick_time"], 500);
    assert_eq!(configuration["data_dir"], host.data().to_str().unwrap());
    let dirs = get(admin, "/commands/dirs").json();
    assert!(dirs["datadir_size"].as_u64().unwrap() > 100, "{dirs}");
    assert_eq!(dirs["datadir_size"], dirs["logdir_size"], "it is one folder");
    let leader = get(admin, "/commands/leader").json();
    assert_eq!(leader["error"], "server is not initialized", "there is nothing to lead");
    assert_eq!(get(admin, "/commands/ruok").status, 200);
    assert_eq!(get(admin, "/commands/set_trace_mask?traceMask=16").json()["tracemask"], 16);
    assert_eq!(get(admin, "/commands/get_trace_mask").json()["tracemask"], 16);
    for off in ["snapshot", "restore"] {
        assert_eq!(ask(admin, "POST", &format!("/commands/{off}")).status, 503, "{off}");
    }
}

/// What only the process knows.
#[test]
fn what_is_measured_is_told() {
    let (mut host, admin, _) = host();
    host.client().create("/a", &[b'x'; 5_000]).unwrap();
    let stats = get(admin, "/commands/server_stats").json();
    assert!(stats["server_stats"]["data_dir_size"].as_u64().unwrap() > 5_000, "{stats}");
    assert_eq!(stats["server_stats"]["fsync_threshold_exceed_count"], 0);
    let told = get(admin, "/commands/monitor").json();
    let number = |name: &str| told[name].as_u64().unwrap_or_else(|| panic!("{name} in {told}"));
    assert!(number("cnt_fsynctime") >= 2, "a session and a znode: {told}");
    let (open, max) = (number("open_file_descriptor_count"), number("max_file_descriptor_count"));
    assert!(open > 5 && open < max, "{told}");

    let wall_s = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let snapshot = get(admin, "/commands/last_snapshot").json();
    let written = snapshot["timestamp"].as_u64().unwrap();
    assert!(wall_s().abs_diff(written) < 60, "{snapshot}");
    host.kill();
    host.start();
    host.client();
    let again = get(admin, "/commands/last_snapshot").json();
    assert_eq!((&again["zxid"], &again["timestamp"]), (&snapshot["zxid"], &snapshot["timestamp"]));
}

#[test]
fn what_is_not_there_is_said() {
    let (host, admin, metrics) = host();
    host.client();
    let unknown = get(admin, "/commands/rouk");
    assert_eq!(unknown.status, 404);
    let fields = unknown.json();
    assert_eq!(fields["command"], "rouk");
    assert_eq!(fields["error"], "Unknown command: rouk");
    for path in ["/", "/commands/stat/more", "/commands%2fstat"] {
        assert_eq!(get(admin, path).status, 404, "{path}");
    }
    assert_eq!(ask(admin, "DELETE", "/commands/stat").status, 405);
    assert_eq!(get(metrics, "/commands").status, 404);
    assert_eq!(ask(metrics, "POST", "/metrics").status, 405);
}

#[test]
fn metrics_are_numbers_that_prometheus_reads() {
    let (host, _, metrics) = host();
    let mut client = host.client();
    client.create("/a", b"one").unwrap();
    let told = get(metrics, "/metrics");
    assert_eq!(told.status, 200);
    assert!(told.content_type.starts_with("application/openmetrics-text"), "{}", told.content_type);
    assert!(told.body.ends_with("# EOF\n"), "{}", told.body);
    let samples = told.body.lines().filter(|line| !line.starts_with('#'));
    let samples: Vec<(&str, &str)> = samples.map(|line| line.split_once(' ').unwrap()).collect();
    let value = |name: &str| samples.iter().find(|it| it.0 == name).map(|it| it.1);
    assert_eq!(value("znode_count"), Some("6"));
    assert_eq!(value("num_alive_connections"), Some("1"));
    assert_eq!(value("updatelatency_count"), Some("2"), "a session and a znode");
    for name in [
        "avg_latency",
        "fsynctime_count",
        "fsynctime_sum",
        "open_file_descriptor_count",
        "outstanding_requests",
        "packets_received",
        "uptime",
        "watch_count",
    ] {
        let number = value(name).and_then(|it| serde_json::from_str::<Value>(it).ok());
        assert!(number.is_some_and(|it| it.is_number()), "{name} in {samples:?}");
    }
}

/// A server without a leader says so.
#[test]
fn who_serves_nobody_says_so() {
    let admin = free_port();
    let servers =
        (1..=3).map(|id| format!("server.{id}=127.0.0.1:{}:{}\n", free_port(), free_port()));
    let mut host =
        Host::alone(&format!("initLimit=20\nsyncLimit=4\n{}", servers.collect::<String>()));
    host.configure(&format!("admin.enableServer=true\nadmin.serverPort={admin}"));
    std::fs::write(host.dir.path().join("data/myid"), "1").unwrap();
    host.start();
    super::kit::wait_for("the port", || TcpStream::connect(("127.0.0.1", admin)).ok());
    let stat = get(admin, "/commands/stat");
    assert_eq!(stat.status, 503);
    let error = "This ZooKeeper instance is not currently serving requests";
    assert_eq!(stat.json()["error"], error);
    assert_eq!(get(admin, "/commands/ruok").status, 200);
    assert_eq!(get(admin, "/commands/leader").status, 503);
}

#[test]
fn nothing_is_told_where_it_is_off() {
    let (admin, metrics) = (free_port(), free_port());
    let mut host = Host::alone("");
    host.configure(&format!("admin.serverPort={admin}\nmetricsProvider.httpPort={metrics}"));
    host.start();
    host.client();
    for port in [admin, metrics] {
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens on {port}");
    }
}

/// A port that is taken ends the start, as with the others.
#[test]
fn whoever_asks_nothing_has_to_go() {
    let admin = free_port();
    let mut host = Host::alone("");
    host.configure(&format!(
        "admin.enableServer=true\nadmin.serverAddress=127.0.0.1\nadmin.serverPort={admin}\n\
         admin.idleTimeout=400"
    ));
    host.start();
    drop(host.client());
    let silent: Vec<TcpStream> = (0..100).map(|_| connect(admin).unwrap()).collect();
    assert_eq!(get(admin, "/commands/ruok").status, 200, "it is its turn when others are gone");
    for mut stream in silent {
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    }
}

#[test]
fn a_port_for_http_that_is_taken_is_named() {
    let (first, admin, _) = host();
    first.client();
    let mut second = Host::alone("");
    second.configure(&format!(
        "admin.enableServer=true\nadmin.serverAddress=127.0.0.1\nadmin.serverPort={admin}"
    ));
    second.start();
    assert_eq!(second.ended().code(), Some(2));
    let expected = format!("cannot listen on 127.0.0.1:{admin} (admin.serverPort)");
    assert!(second.said().contains(&expected), "{}", second.said());
}
