//! Strangers on the ports for other servers: they are heard for a while only, and only so many.

use super::kit::{Host, connect};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The ports for learners and for elections of the server with this number.
fn ports(host: &Host, id: usize) -> [u16; 2] {
    let cfg = fs::read_to_string(host.dir.path().join("zoo.cfg")).unwrap();
    let start = format!("server.{id}=127.0.0.1:");
    let line = cfg.lines().find_map(|line| line.strip_prefix(&start)).unwrap();
    let (quorum, election) = line.split_once(':').unwrap();
    [quorum, election].map(|port| port.parse().unwrap())
}

/// How long until the other side has ended a connection.
fn heard_for(mut stream: TcpStream) -> Duration {
    let began = Instant::now();
    let _ = stream.read_to_end(&mut Vec::new());
    began.elapsed()
}

#[test]
fn who_does_not_say_who_it_is_has_to_go() {
    let hosts = Host::ensemble(3, "");
    let mut client = hosts[0].client();
    let began = Instant::now();
    let mut strangers = Vec::new();
    for port in (1..=3).flat_map(|id| ports(&hosts[id - 1], id)) {
        strangers.push(connect(port).unwrap());
        let mut begins = connect(port).unwrap();
        begins.write_all(&[0xff; 7]).unwrap();
        strangers.push(begins);
    }
    for stream in strangers {
        heard_for(stream);
        assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    }
    assert_eq!(client.create("/a", b"").unwrap().header.error, 0);
}

/// Of many the first have to go at once.
#[test]
fn strangers_are_only_so_many() {
    let hosts = Host::ensemble(3, "");
    let mut client = hosts[0].client();
    for port in ports(&hosts[2], 3) {
        let strangers: Vec<TcpStream> = (0..200).map(|_| connect(port).unwrap()).collect();
        let first = strangers.into_iter().next().unwrap();
        assert!(heard_for(first) < Duration::from_secs(3));
    }
    assert_eq!(client.create("/a", b"").unwrap().header.error, 0);
    for host in &hosts {
        host.client().sync().unwrap();
    }
}
