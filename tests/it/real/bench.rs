//! `menagerie bench --server`, against our server.

use super::kit::{Host, free_port};
use std::process::{Command, Output};

fn bench(port: u16, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_menagerie"));
    command.args(["bench", "--seconds", "1", "--warmup", "0", "--znodes", "20"]).args(more);
    command.arg("--server").arg(format!("127.0.0.1:{port}")).output().unwrap()
}

#[test]
fn a_server_is_measured_and_left_as_it_was() {
    let mut host = Host::alone("maxClientCnxns=0");
    host.start();
    drop(host.client());
    let mix = "get=5,set=2,exists=1,create=1,sync=1";
    let more = ["--connections", "3", "--pipeline", "4", "--mix", mix, "--format", "json"];
    let output = bench(host.port, &more);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for kind in ["all", "get", "set", "exists", "create", "sync"] {
        let figure = &figures["requests"][kind];
        assert!(figure["answered"].as_u64().unwrap() > 0, "{kind}: {figures}");
        assert_eq!(figure["errors"], serde_json::json!({}), "{kind}: {figures}");
        let times: Vec<u64> = ["p50_us", "p99_us", "p99_9_us", "max_us"]
            .iter()
            .map(|it| figure[it].as_u64().unwrap())
            .collect();
        assert!(times[0] > 0 && times.is_sorted(), "{kind}: {figures}");
    }
    assert_eq!(host.client().get("/menagerie-bench").unwrap(), None);
}

#[test]
fn nobody_there_is_said_and_fails() {
    let port = free_port();
    let output = bench(port, &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty(), "no figures");
    assert!(said.contains(&format!("cannot connect to 127.0.0.1:{port}")), "{said}");
}
