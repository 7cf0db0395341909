//! An ensemble whose members change while it runs, over real sockets and disks.

use super::kit::{Client, Host, free_port, wait_for};
use menagerie::wire::{Reader, opcode};
use std::fmt::Write as _;
use std::fs;

const CONFIG: &str = "/zookeeper/config";

/// A server's line: where the others find it, and its clients.
fn line(id: usize, ports: [u16; 3]) -> String {
    let [quorum, election, client] = ports;
    format!("server.{id}=127.0.0.1:{quorum}:{election}:participant;127.0.0.1:{client}")
}

/// A server that knows of these members, itself among them. It runs.
fn host(id: usize, port: u16, members: &[String]) -> Host {
    let mut lines = "initLimit=20\nsyncLimit=4\nreconfigEnabled=true\nskipACL=yes\n".to_owned();
    for line in members {
        let _ = writeln!(lines, "{line}");
    }
    let mut host = Host::with_port(port, &lines);
    fs::write(host.dir.path().join("data/myid"), id.to_string()).unwrap();
    host.start();
    host
}

/// What the configuration is afterwards. The connection may be lost on the way, as the leader may
/// be another one then; whoever asks again is told that it is so.
fn reconfigure(hosts: &[&Host], joining: &str, leaving: &str, is_done: impl Fn(&str) -> bool) {
    let ask = |mut client: Client| -> Option<String> {
        let changed = client.ask(opcode::RECONFIG, |to| {
            to.string(joining).string(leaving).buffer(None).long(-1);
        });
        let reply = changed.ok().filter(|it| it.header.error == 0)?;
        let data = Reader::new(&reply.body).buffer().unwrap().unwrap().to_vec();
        Some(String::from_utf8(data).unwrap())
    };
    wait_for("another configuration", || {
        hosts.iter().find_map(|host| {
            let config = ask(Client::open(host.port).ok()?)?;
            is_done(&config).then_some(())
        })
    });
}

/// Waits until a server knows the configuration.
fn knows(host: &Host, is_done: impl Fn(&str) -> bool) {
    wait_for("a server that knows the configuration", || {
        let mut client = Client::open(host.port).ok()?;
        let config = client.get(CONFIG).ok()??;
        is_done(std::str::from_utf8(&config).unwrap()).then_some(())
    });
}

fn write(host: &Host, path: &str) {
    wait_for("a write", || {
        let mut client = Client::open(host.port).ok()?;
        let reply = client.create(path, b"x").ok()?;
        // It exists when only the answer was lost.
        [0, -110].contains(&reply.header.error).then_some(())
    });
}

#[test]
fn clients_find_a_server_where_the_new_configuration_says() {
    let ports: Vec<[u16; 3]> = (0..3).map(|_| [(); 3].map(|()| free_port())).collect();
    let lines: Vec<String> = (1..=3).zip(&ports).map(|(id, &it)| line(id, it)).collect();
    let mut hosts: Vec<Host> = (1..=3).map(|id| host(id, ports[id - 1][2], &lines)).collect();
    write(&hosts[2], "/before");
    let mut old = hosts[1].client();

    let moved = free_port();
    let elsewhere = line(2, [ports[1][0], ports[1][1], moved]);
    reconfigure(&[&hosts[0], &hosts[2]], &elsewhere, "", |it| it.contains(&moved.to_string()));
    let before = std::mem::replace(&mut hosts[1].port, moved);
    assert!(hosts[1].client().get("/before").unwrap().is_some());
    assert!(old.get("/before").unwrap().is_some(), "connections stay");
    wait_for("nobody where it listened before", || Client::open(before).err());

    // The same port on every address: the old listener has to go first. And on it goes.
    let last = free_port();
    for client in [format!("0.0.0.0:{moved}"), format!("127.0.0.1:{last}")] {
        let [quorum, election, _] = ports[1];
        let line = format!("server.2=127.0.0.1:{quorum}:{election}:participant;{client}");
        reconfigure(&[&hosts[0], &hosts[2]], &line, "", |it| it.contains(&client));
    }
    hosts[1].port = last;
    assert!(hosts[1].client().get("/before").unwrap().is_some());

    // Its own file still says the old port.
    hosts[1].kill();
    hosts[1].start();
    assert!(hosts[1].client().get("/before").unwrap().is_some());
    wait_for("nobody there again", || Client::open(before).err());
}

#[test]
fn a_server_joins_another_leaves_and_the_rest_carries_on() {
    let ports: Vec<[u16; 3]> = (0..4).map(|_| [(); 3].map(|()| free_port())).collect();
    let lines: Vec<String> = (1..=4).zip(&ports).map(|(id, &it)| line(id, it)).collect();
    let mut hosts: Vec<Host> = (1..=3).map(|id| host(id, ports[id - 1][2], &lines[..3])).collect();
    write(&hosts[0], "/before");

    // The others learn where it is from itself.
    hosts.push(host(4, ports[3][2], &lines));
    let four = |config: &str| config.contains("server.4=");
    reconfigure(&[&hosts[0], &hosts[1], &hosts[2]], &lines[3], "", four);
    knows(&hosts[3], four);
    assert!(hosts[3].client().get("/before").unwrap().is_some());

    let without_one = |config: &str| !config.contains("server.1=");
    reconfigure(&[&hosts[1], &hosts[2], &hosts[3]], "", "1", without_one);
    knows(&hosts[3], without_one);

    // Two of three are a quorum: of four they would not be.
    hosts[0].kill();
    hosts[1].kill();
    write(&hosts[3], "/after");

    // They come back with the configuration that they went with, not with that of their files.
    hosts[2].kill();
    hosts[3].kill();
    hosts[2..].iter_mut().for_each(Host::start);
    write(&hosts[2], "/later");
    knows(&hosts[2], |config| four(config) && without_one(config));
    for path in ["/before", "/after", "/later"] {
        let mut client = hosts[3].client();
        client.sync().unwrap();
        assert!(client.get(path).unwrap().is_some(), "{path}");
    }
}
