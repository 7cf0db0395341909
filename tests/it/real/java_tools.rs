//! ZooKeeper's own tools read what our server has written. Where there is no Java, or no ZooKeeper as
//! Debian packages it, this says so and looks at nothing.

use super::kit::{Host, files};
use menagerie::wire::opcode;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

/// Its manifest names the other jars.
const JAR: &str = "/usr/share/java/zookeeper.jar";
const OF_LOGS: &str = "org.apache.zookeeper.server.persistence.TxnLogToolkit";
const OF_SNAPSHOTS: &str = "org.apache.zookeeper.server.SnapshotFormatter";

/// Whether there is what reads them.
fn is_there() -> bool {
    let java = Command::new("java").arg("-version").output();
    let is_there = Path::new(JAR).exists() && java.is_ok_and(|it| it.status.success());
    if !is_there {
        let _ = writeln!(io::stderr(), "skipped: no java, or no {JAR} (apt-get install zookeeper)");
    }
    is_there
}

/// What a tool shows of a file.
#[track_caller]
fn shown(tool: &str, file: &Path) -> String {
    let output = Command::new("java").args(["-cp", JAR, tool, "-d"]).arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("xception"), "{}: {said}", file.display());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn zookeepers_tools_read_our_files() {
    if !is_there() {
        return;
    }
    let mut host = Host::alone("snapCount=12");
    host.start();
    let mut client = host.client();
    for number in 0..20 {
        let path = format!("/n{number}");
        assert_eq!(client.create(&path, b"some data").unwrap().header.error, 0);
    }
    let set = client.ask(opcode::SET_DATA, |to| {
        to.string("/n0").buffer(Some(b"other data")).int(0);
    });
    let delete = client.ask(opcode::DELETE, |to| {
        to.string("/n1").int(-1);
    });
    let refused = client.create("/n2", b"").unwrap();
    assert_eq!([set, delete].map(|it| it.unwrap().header.error), [0, 0]);
    assert_eq!(refused.header.error, -110);
    host.terminate();
    assert_eq!(host.ended().code(), Some(0));
    let names = files(&host.data());
    let named = |start| names.iter().filter(move |name| name.starts_with(start));
    let logs: Vec<String> = named("log.").map(|it| shown(OF_LOGS, &host.data().join(it))).collect();
    assert!(logs.len() > 1 && logs.iter().all(|it| it.contains("EOF reached after ")), "{logs:?}");
    let all = logs.concat();
    for expected in [
        "createSession 10000",
        "cxid 0x1 zxid 0x100000002 create /n0,some data,[31,s{'world,'anyone}\n],false,1",
        "create /n19,some data,",
        "setData /n0,other data,1",
        "delete '/n1",
        "error -110",
    ] {
        assert!(all.contains(expected), "{expected} in:\n{all}");
    }
    let snapshot = named("snapshot.").max_by_key(|it| it.len()).unwrap();
    let snapshot = shown(OF_SNAPSHOTS, &host.data().join(snapshot));
    for expected in ["\n/n0\n", "\n/n9\n", "  data = c29tZSBkYXRh\n", "Session Details"] {
        assert!(snapshot.contains(expected), "{expected} in:\n{snapshot}");
    }
}
