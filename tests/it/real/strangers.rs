//! Strangers: on the ports for other servers they are heard for a while only, and only so many; on
//! the port for clients whoever makes no sense has to go. Nobody else is disturbed.

use super::kit::{Client, Host, connect, framed, greeting, receive};
use menagerie::base::SessionId;
use menagerie::wire::{Reader, ReplyHeader, opcode};
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

/// Bytes that begin no session.
fn nonsense() -> Vec<Vec<u8>> {
    let mut truncated = greeting(SessionId(0), vec![0; 16]);
    truncated.truncate(30);
    truncated[3] = 26;
    let mut request = framed(&[0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1, b'/', 0]);
    request.extend(greeting(SessionId(0), vec![0; 16]));
    let lengths = [-1, i32::MIN, i32::MAX, 0x10_0000].map(|it: i32| it.to_be_bytes().to_vec());
    let others =
        [framed(&[]), framed(&[7]), truncated, request, b"GET / HTTP/1.1\r\n\r\n".to_vec()];
    lengths.into_iter().chain(others).collect()
}

#[test]
fn a_first_packet_that_makes_no_sense_ends_the_connection() {
    let mut host = Host::alone("");
    host.start();
    let mut client = host.client();
    for bytes in nonsense() {
        let mut stranger = connect(host.port).unwrap();
        stranger.write_all(&bytes).unwrap();
        let mut answer = Vec::new();
        stranger.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"", "{bytes:?}");
        assert_eq!(client.get("/").unwrap().as_deref(), Some(&b""[..]), "others are served");
    }
}

/// Within a session: a request that ends early is refused, in its turn, and the session goes on; one
/// without a whole header, or with a length that cannot be, ends the connection.
#[test]
fn a_request_that_makes_no_sense() {
    let mut host = Host::alone("");
    host.start();
    let mut client = host.client();
    let short = client.ask(opcode::GET_DATA, |to| {
        to.int(100).raw(b"/a");
    });
    assert_eq!(short.unwrap().header.error, -5);
    let short = client.ask(opcode::CREATE, |to| {
        to.string("/a").int(50);
    });
    assert_eq!(short.unwrap().header.error, -5);
    assert_eq!(client.create("/a", b"").unwrap().header.error, 0);
    for bytes in [framed(&[0, 0, 0, 9]), (-5i32).to_be_bytes().to_vec(), vec![0x7f; 4]] {
        let mut stream = connect(host.port).unwrap();
        stream.write_all(&greeting(SessionId(0), vec![0; 16])).unwrap();
        receive(&mut stream).unwrap();
        stream.write_all(&framed(&[0, 0, 0, 8, 0, 0, 0, 11])).unwrap();
        let pong = receive(&mut stream).unwrap();
        assert_eq!(ReplyHeader::decode(&mut Reader::new(&pong)).unwrap().error, 0);
        stream.write_all(&bytes).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the end, and in order: {bytes:?}");
    }
    assert!(Client::open(host.port).is_ok());
    assert_eq!(client.get("/a").unwrap().as_deref(), Some(&b""[..]));
}
