//! Clients that are slow, and clients that are many: memory stays within bounds, and the others are
//! served.

use super::kit::{Client, Host, connect, framed, greeting, receive, wait_for};
use menagerie::base::{SessionId, Xid};
use menagerie::wire::{Reader, ReplyHeader, RequestHeader, Writer, opcode};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// The same request again and again: the data of `/large`.
fn asks(count: i32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for xid in 1..=count {
        let mut frame = Writer::new();
        RequestHeader { xid: Xid(xid), opcode: opcode::GET_DATA }.encode(&mut frame);
        frame.string("/large").boolean(false);
        bytes.extend(framed(&frame.into_bytes()));
    }
    bytes
}

/// So many connections that do nothing.
const IDLE: usize = 3_000;
/// What one of them may cost, in bytes.
const IDLE_BYTES_MAX: u64 = 8 << 10;
/// What the answers that wait for a client may cost, in kilobytes.
const WAITING_KB_MAX: u64 = 32 << 10;
/// How long a client may be kept waiting by others.
const PROMPT: Duration = Duration::from_secs(5);

#[track_caller]
fn assert_prompt(client: &mut Client) {
    let began = Instant::now();
    assert_eq!(client.create("/s-", b"").map(|it| it.header.error % 110).unwrap(), 0);
    assert!(began.elapsed() < PROMPT, "{:?}", began.elapsed());
}

/// Whoever asks for 2 GB and reads nothing costs the server little, and the others nothing. When it
/// reads, it gets all of it, in order.
#[test]
fn who_does_not_read_is_not_heard_either() {
    const COUNT: i32 = 2_000;
    let mut host = Host::alone("");
    host.start();
    let mut client = host.client();
    client.create("/large", &vec![7; 1_000_000]).unwrap();
    let before = host.memory_kb("VmHWM:");
    let mut slow = connect(host.port).unwrap();
    slow.write_all(&greeting(SessionId(0), vec![0; 16])).unwrap();
    receive(&mut slow).unwrap();
    slow.write_all(&asks(COUNT)).unwrap();
    for _ in 0..20 {
        assert_prompt(&mut client);
        thread::sleep(Duration::from_millis(10));
    }
    for xid in 1..=COUNT / 20 {
        let frame = receive(&mut slow).unwrap();
        let header = ReplyHeader::decode(&mut Reader::new(&frame)).unwrap();
        assert_eq!((header.xid, header.error), (Xid(xid), 0));
        assert!(frame.len() > 1_000_000);
    }
    assert_prompt(&mut client);
    let more = host.memory_kb("VmHWM:") - before;
    assert!(more < WAITING_KB_MAX, "{more} KB more");
}

/// One request may ask for one znode again and again: what is answered at once has an end, too.
#[test]
fn one_request_for_gigabytes() {
    let mut host = Host::alone("");
    host.start();
    let mut client = host.client();
    client.create("/large", &vec![7; 1_000_000]).unwrap();
    let before = host.memory_kb("VmHWM:");
    let reply = client.ask(opcode::MULTI_READ, |to| {
        for _ in 0..10_000 {
            to.int(opcode::GET_DATA).boolean(false).int(-1).string("/large").boolean(false);
        }
        to.int(-1).boolean(true).int(-1);
    });
    let reply = reply.unwrap();
    assert_eq!(reply.header.error, 0);
    assert!((30 << 20..40 << 20).contains(&reply.body.len()), "{} bytes", reply.body.len());
    let more = host.memory_kb("VmHWM:") - before;
    assert!(more < 5 * WAITING_KB_MAX, "{more} KB more");
    assert_prompt(&mut client);
}

/// A client that sends a byte at a time is understood.
#[test]
fn who_writes_slowly_is_waited_for() {
    let mut host = Host::alone("");
    host.start();
    let mut client = host.client();
    let mut slow = connect(host.port).unwrap();
    for byte in greeting(SessionId(0), vec![0; 16]) {
        slow.write_all(&[byte]).unwrap();
        thread::sleep(Duration::from_millis(10));
        if byte == 1 {
            assert_prompt(&mut client);
        }
    }
    let answer = receive(&mut slow).unwrap();
    assert_eq!(answer.len(), 37);
}

/// A client that sends part of its first packet, and nothing more, has 10 s, like one that sends
/// nothing at all.
#[test]
fn who_never_asks_for_a_session_has_to_go() {
    let mut host = Host::alone("");
    host.start();
    host.client();
    let (began, mut silent) = (Instant::now(), connect(host.port).unwrap());
    let mut stuck = connect(host.port).unwrap();
    stuck.write_all(&greeting(SessionId(0), vec![0; 16])[..20]).unwrap();
    for stream in [&mut silent, &mut stuck] {
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the end, and in order");
    }
    assert!(began.elapsed() > Duration::from_secs(9), "{:?}", began.elapsed());
    assert_prompt(&mut host.client());
}

/// How many connections may be open here: this process and the server inherit the same limit.
fn allowed() -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is as the system wants it, and lives as long as the calls.
    unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
        limit.rlim_cur = limit.rlim_max.min(65_536);
        libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
    }
    // Other tests need some, too.
    (limit.rlim_cur as usize).saturating_sub(500).min(IDLE)
}

#[test]
fn thousands_that_do_nothing() {
    let count = allowed();
    let lines = "maxClientCnxns=0\nminSessionTimeout=60000\nmaxSessionTimeout=60000";
    let mut host = Host::alone(&format!("{lines}\n4lw.commands.whitelist=*"));
    host.start();
    let mut client = host.client();
    let before = host.memory_kb("VmRSS:");
    let idle: Vec<TcpStream> = (0..count)
        .map(|_| {
            let mut stream = connect(host.port).unwrap();
            stream.write_all(&greeting(SessionId(0), vec![0; 16])).unwrap();
            stream
        })
        .collect();
    for mut stream in &idle {
        receive(&mut stream).unwrap();
    }
    assert_prompt(&mut client);
    let cost = (host.memory_kb("VmRSS:") - before) * 1024 / count as u64;
    assert!(cost < IDLE_BYTES_MAX, "{cost} bytes each");
    let told = host.word("mntr");
    assert!(told.contains(&format!("zk_num_alive_connections\t{}\n", count + 2)), "{told}");
    drop(idle);
    wait_for("the end of all of them", || {
        host.word("mntr").contains("zk_num_alive_connections\t2\n").then_some(())
    });
    assert_prompt(&mut client);
}

/// So many connections from one address, and no more; whoever goes makes room.
#[test]
fn more_from_one_address_than_may_be() {
    let mut host = Host::alone("maxClientCnxns=3");
    host.start();
    let mut clients: Vec<Client> = (0..3).map(|_| host.client()).collect();
    for _ in 0..5 {
        assert!(Client::open(host.port).is_err(), "one too many");
    }
    clients.iter_mut().for_each(assert_prompt);
    clients.pop();
    clients.push(host.client());
    assert!(Client::open(host.port).is_err(), "one too many again");
    clients.iter_mut().for_each(assert_prompt);
}
