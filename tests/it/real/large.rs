//! What is large: data over the usual limit, transactions that are longer than any request, and more
//! requests at a time than are taken at a time. Nothing that was acknowledged is lost by it.

use super::kit::{Client, Host, wait_for};
use menagerie::wire::{Writer, opcode};

const THREE_MB: usize = 3 << 20;
const FOUR_MB_FRAMES: &str = "jute.maxbuffer=4194304";
/// Paths so long, and so many of them, are more than a record may hold by default.
const EPHEMERALS: usize = 24_000;
const IN_A_MULTI: usize = 2_000;

fn part(to: &mut Writer, path: &str, data: &[u8], flags: i32) {
    to.int(opcode::CREATE).boolean(false).int(-1);
    to.string(path).buffer(Some(data)).count(1).int(31).string("world").string("anyone");
    to.int(flags);
}

fn end(to: &mut Writer) {
    to.int(-1).boolean(true).int(-1);
}

#[track_caller]
fn done(client: &mut Client, number: i32, body: impl FnOnce(&mut Writer)) {
    assert_eq!(client.ask(number, body).unwrap().header.error, 0);
}

#[test]
fn a_setting_for_large_data_counts_everywhere() {
    let mut host = Host::alone(FOUR_MB_FRAMES);
    host.start();
    let large = vec![7; THREE_MB];
    let mut client = host.client();
    assert_eq!(client.create("/one", &large).unwrap().header.error, 0);
    done(&mut client, opcode::MULTI, |to| {
        part(to, "/two", &large, 0);
        part(to, "/three", b"x", 0);
        end(to);
    });
    host.kill();
    host.start();
    for path in ["/one", "/two"] {
        assert!(host.client().get(path).unwrap().unwrap() == large, "{path} is whole");
    }
}

#[test]
fn large_data_go_from_any_server_to_all() {
    let hosts = Host::ensemble(3, FOUR_MB_FRAMES);
    let large = vec![7; THREE_MB];
    for (at, host) in hosts.iter().enumerate() {
        assert_eq!(host.client().create(&format!("/{at}"), &large).unwrap().header.error, 0);
    }
    for host in &hosts {
        let mut client = host.client();
        client.sync().unwrap();
        for at in 0..hosts.len() {
            assert!(client.get(&format!("/{at}")).unwrap().unwrap() == large, "/{at}");
        }
    }
}

#[test]
fn the_end_of_a_session_with_many_ephemeral_znodes() {
    let mut hosts = Host::ensemble(3, "");
    let mut client = hosts[0].client();
    let paths: Vec<String> = (0..EPHEMERALS).map(|at| format!("/{at:0>106}")).collect();
    for some in paths.chunks(IN_A_MULTI) {
        done(&mut client, opcode::MULTI, |to| {
            some.iter().for_each(|path| part(to, path, b"", 1));
            end(to);
        });
    }
    done(&mut client, opcode::CLOSE_SESSION, |_| {});
    let has_none = |host: &Host| {
        wait_for("the end of all ephemeral znodes", || {
            let mut client = Client::open(host.port).ok()?;
            client.sync().ok()?;
            let (first, last) =
                (client.get(&paths[0]).ok()?, client.get(&paths[EPHEMERALS - 1]).ok()?);
            (first.is_none() && last.is_none()).then_some(())
        });
    };
    hosts.iter().for_each(has_none);
    hosts.iter_mut().for_each(Host::kill);
    hosts.iter_mut().for_each(Host::start);
    hosts.iter().for_each(has_none);
}

#[test]
fn lists_that_are_written_out_grow_only_so_far() {
    let mut host = Host::alone("");
    host.start();
    let mut client = host.client();
    let show = |client: &mut Client, letter: &str| {
        client.send_as(-4, opcode::AUTH, |to| {
            let proof = format!("{}:secret", letter.repeat(300_000));
            to.int(0).string("digest").buffer(Some(proof.as_bytes()));
        })?;
        client.reply().map(|it| it.header.error)
    };
    for letter in ["a", "b", "c"] {
        assert_eq!(show(&mut client, letter).unwrap(), 0);
    }
    let create = |to: &mut Writer, path: &str| {
        to.string(path).buffer(Some(b"x")).count(1).int(31).string("auth").string("").int(0);
    };
    done(&mut client, opcode::CREATE, |to| create(to, "/one"));
    let twice = client.ask(opcode::MULTI, |to| {
        for path in ["/two", "/three"] {
            to.int(opcode::CREATE).boolean(false).int(-1);
            create(to, path);
        }
        end(to);
    });
    twice.unwrap();
    assert!(client.get("/two").unwrap().is_none(), "together they would be too long");
    assert_eq!(show(&mut client, "d").unwrap(), -115, "one may be only so many");
    assert!(client.get("/one").is_err());
    host.kill();
    host.start();
    let found = host.client().read(opcode::EXISTS, "/one").unwrap();
    assert_eq!(found.header.error, -102, "it is there, for others than this one");
}

#[test]
fn more_requests_at_a_time_than_are_taken() {
    let hosts = Host::ensemble(3, "globalOutstandingLimit=10");
    let mut alone = Host::alone("");
    alone.start();
    for host in hosts.iter().chain([&alone]) {
        let mut client = host.client();
        let path = format!("/{}", host.port);
        assert_eq!(client.create(&path, b"").unwrap().header.error, 0);
        for _ in 0..3_000 {
            client
                .send(opcode::SET_DATA, |to| {
                    to.string(&path).buffer(Some(b"x")).int(-1);
                })
                .unwrap();
        }
        for _ in 0..3_000 {
            assert_eq!(client.reply().unwrap().header.error, 0);
        }
    }
}
