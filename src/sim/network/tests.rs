//! What programs may rely on, and what they must not, when they talk over the network.

use super::*;
use crate::base::{Ratio, Rng};
use crate::history::Fate;

/// Two servers and a client, and a hand on the clock.
struct Bench {
    network: Network,
    agenda: Agenda,
    inboxes: Vec<Arc<Inbox>>,
}

const S1: u32 = 0;
const S2: u32 = 1;
const PORT: Port = Port::Election;
/// The number of the connection in `Bench::connected`, at either side.
const DIALLED: ConnId = ConnId(0);
const ACCEPTED: ConnId = ConnId(1);

impl Bench {
    /// All nodes run, and `s2` listens.
    fn new(seed: u64) -> Bench {
        let settings = NetworkSettings {
            latency_ms: [1, 10],
            connect_timeout_ms: 100,
            split: Ratio { of: 1, among: 2 },
        };
        let mut network = Network::new(crate::base::Streams::new(seed, &[]), settings, 2, 1);
        let inboxes = (0..3).map(|index| network.attach(index)).collect();
        network.listen(S2, PORT);
        Bench { network, agenda: Agenda::default(), inboxes }
    }

    /// A connection from `s1` to `s2` is open, and the inboxes are empty.
    fn connected(seed: u64) -> Bench {
        let mut bench = Bench::new(seed);
        bench.dial();
        bench.pass(50);
        assert_eq!(bench.arrivals(S1), [Arrival::Connected { conn: DIALLED }]);
        let from = NodeId::Server(ServerId(1));
        let accepted = Arrival::Accepted { conn: ACCEPTED, port: PORT, from };
        assert_eq!(bench.arrivals(S2), [accepted]);
        bench
    }

    fn dial(&mut self) {
        self.network.dial(&mut self.agenda, (S1, DIALLED), (S2, PORT));
    }

    fn send(&mut self, index: u32, conn: ConnId, text: &str) {
        self.network.send(&mut self.agenda, (index, conn), text.into());
    }

    fn cut(&mut self, from: u32, to: u32) {
        self.network.link(from, to).cut();
    }

    fn heal(&mut self, from: u32, to: u32) {
        self.network.link(from, to).heal();
        self.network.thaw(&mut self.agenda, from, to);
    }

    fn crash(&mut self, index: u32, power: bool) {
        self.network.crash(&mut self.agenda, index, power);
    }

    fn restart(&mut self, index: u32) {
        self.inboxes[index as usize] = self.network.attach(index);
    }

    /// So many milliseconds pass.
    fn pass(&mut self, ms: u64) {
        let end = self.agenda.now + Millis(ms);
        while let Some(at) = self.agenda.next_at().filter(|&at| at <= end) {
            self.agenda.now = at;
            match self.agenda.pop_due().map(|(_, due)| due) {
                Some(Due::Land(lane)) => self.network.land(&mut self.agenda, lane),
                Some(Due::DialTimeout(slot)) => self.network.dial_timeout(slot),
                other => panic!("the network plans no {other:?}"),
            }
        }
        self.agenda.now = end;
    }

    fn arrivals(&mut self, index: u32) -> Vec<Arrival> {
        std::iter::from_fn(|| self.inboxes[index as usize].try_next()).collect()
    }

    /// No slot is lost: all connections were forgotten and nothing is on its way.
    fn assert_all_slots_free(&self) {
        assert_eq!(self.network.free.len(), self.network.connections.len());
    }
}

fn bytes(conn: ConnId, text: &str) -> Arrival {
    Arrival::Bytes { conn, bytes: text.into() }
}

fn closed(conn: ConnId) -> Arrival {
    Arrival::Closed { conn }
}

fn failed() -> Vec<Arrival> {
    vec![Arrival::ConnectFailed { conn: DIALLED }]
}

#[test]
fn bytes_arrive_in_order_over_many_sends() {
    for seed in 0..50 {
        let mut bench = Bench::connected(seed);
        let (mut sent, mut received) = (String::new(), Vec::new());
        for number in 0..200 {
            let text = format!("{number},");
            bench.send(S1, DIALLED, &text);
            sent += &text;
            bench.pass(number % 3);
        }
        bench.pass(20);
        for arrival in bench.arrivals(S2) {
            let Arrival::Bytes { conn: ACCEPTED, bytes } = arrival else { panic!("{arrival:?}") };
            received.extend(bytes);
        }
        assert_eq!(String::from_utf8(received), Ok(sent), "seed {seed}");
    }
}

#[test]
fn a_cut_holds_what_is_in_flight_and_heal_delivers_it_once() {
    let mut bench = Bench::connected(1);
    bench.send(S1, DIALLED, "in flight, ");
    bench.cut(S1, S2);
    bench.send(S1, DIALLED, "sent while cut, ");
    bench.pass(10_000);
    assert_eq!(bench.arrivals(S2), []);
    bench.send(S1, DIALLED, "on its way when healed");
    bench.heal(S1, S2);
    assert_eq!(bench.arrivals(S2), [], "what waited takes a latency to land");
    bench.pass(20);
    assert_eq!(
        bench.arrivals(S2),
        [bytes(ACCEPTED, "in flight, sent while cut, on its way when healed")]
    );
}

#[test]
fn a_cut_in_one_direction_leaves_the_other_alone() {
    let mut bench = Bench::connected(1);
    bench.cut(S1, S2);
    bench.send(S1, DIALLED, "there");
    bench.send(S2, ACCEPTED, "back");
    bench.pass(20);
    assert_eq!(bench.arrivals(S1), [bytes(DIALLED, "back")]);
    assert_eq!(bench.arrivals(S2), []);
}

#[test]
fn cuts_are_counted_and_heal_all_undoes_them_all() {
    let mut bench = Bench::connected(1);
    bench.cut(S1, S2);
    bench.cut(S1, S2);
    bench.send(S1, DIALLED, "x");
    bench.heal(S1, S2);
    bench.pass(100);
    assert_eq!(bench.arrivals(S2), []);
    bench.network.heal_all(&mut bench.agenda);
    bench.pass(20);
    assert_eq!(bench.arrivals(S2), [bytes(ACCEPTED, "x")]);
}

#[test]
fn a_clogged_link_is_slower_in_its_direction() {
    let mut bench = Bench::connected(1);
    bench.network.link(S1, S2).clog(Millis(500));
    bench.send(S1, DIALLED, "x");
    bench.pass(500);
    assert_eq!(bench.arrivals(S2), []);
    bench.pass(11);
    assert_eq!(bench.arrivals(S2), [bytes(ACCEPTED, "x")]);
    bench.network.link(S1, S2).unclog();
    bench.send(S1, DIALLED, "y");
    bench.pass(20);
    assert_eq!(bench.arrivals(S2), [bytes(ACCEPTED, "y")]);
}

#[test]
fn a_dial_to_a_machine_without_power_times_out() {
    let mut bench = Bench::new(1);
    bench.crash(S2, true);
    bench.dial();
    bench.pass(99);
    assert_eq!(bench.arrivals(S1), []);
    bench.pass(1);
    assert_eq!(bench.arrivals(S1), failed());
    bench.assert_all_slots_free();
}

#[test]
fn a_dial_to_a_dead_process_or_a_closed_port_is_refused() {
    let mut bench = Bench::new(1);
    bench.crash(S2, false);
    bench.dial();
    bench.pass(21);
    assert_eq!(bench.arrivals(S1), failed());
    bench.restart(S2);
    bench.dial();
    bench.pass(21);
    assert_eq!(bench.arrivals(S1), failed(), "the new process does not listen yet");
    bench.pass(200);
    bench.assert_all_slots_free();
}

#[test]
fn a_dial_into_a_partition_times_out_and_leaves_nothing_behind() {
    for (from, to) in [(S1, S2), (S2, S1)] {
        let mut bench = Bench::new(1);
        bench.cut(from, to);
        bench.dial();
        bench.pass(100);
        assert_eq!(bench.arrivals(S1), failed());
        bench.heal(from, to);
        bench.pass(50);
        assert_eq!(bench.arrivals(S1), []);
        // Only when the SYN came through is there a connection, which an RST then breaks.
        let expected = if from == S1 { 0 } else { 2 };
        let arrivals = bench.arrivals(S2);
        assert_eq!(arrivals.len(), expected, "{arrivals:?}");
        assert!(expected == 0 || arrivals[1] == closed(ACCEPTED));
        bench.assert_all_slots_free();
    }
}

#[test]
fn fin_comes_behind_the_data_and_does_not_pass_a_cut() {
    let mut bench = Bench::connected(1);
    bench.cut(S1, S2);
    bench.send(S1, DIALLED, "last words");
    bench.network.close(&mut bench.agenda, (S1, DIALLED));
    bench.pass(1000);
    assert_eq!(bench.arrivals(S2), []);
    bench.heal(S1, S2);
    bench.pass(20);
    assert_eq!(bench.arrivals(S2), [bytes(ACCEPTED, "last words"), closed(ACCEPTED)]);
    bench.pass(100);
    bench.assert_all_slots_free();
}

#[test]
fn what_arrives_for_a_closed_connection_is_answered_with_rst() {
    let mut bench = Bench::connected(1);
    bench.cut(S1, S2);
    bench.network.close(&mut bench.agenda, (S1, DIALLED));
    bench.send(S2, ACCEPTED, "anybody there?");
    bench.pass(30);
    assert_eq!((bench.arrivals(S1), bench.arrivals(S2)), (vec![], vec![]));
    bench.heal(S1, S2);
    bench.pass(30);
    assert_eq!(bench.arrivals(S2), [closed(ACCEPTED)], "FIN first; the RST finds nothing");
}

#[test]
fn the_kernel_of_a_dead_process_resets_its_connections_unless_a_cut_hides_it() {
    let mut bench = Bench::connected(1);
    bench.cut(S2, S1);
    bench.crash(S2, false);
    bench.pass(1000);
    assert_eq!(bench.arrivals(S1), []);
    bench.heal(S2, S1);
    bench.pass(20);
    assert_eq!(bench.arrivals(S1), [closed(DIALLED)]);
}

#[test]
fn a_half_open_connection_gets_rst_when_the_machine_is_back() {
    let mut bench = Bench::connected(1);
    bench.crash(S2, true);
    bench.send(S1, DIALLED, "lost");
    bench.pass(1000);
    assert_eq!(bench.arrivals(S1), [], "nobody says that the machine is dark");
    bench.restart(S2);
    bench.pass(1000);
    assert_eq!(bench.arrivals(S1), [], "nor that it is back");
    bench.send(S1, DIALLED, "for whom?");
    bench.pass(21);
    assert_eq!(bench.arrivals(S1), [closed(DIALLED)]);
    assert_eq!(bench.arrivals(S2), []);
    bench.assert_all_slots_free();
}

#[test]
fn what_a_cut_held_back_dies_with_the_power_of_its_sender() {
    let mut bench = Bench::connected(1);
    bench.cut(S1, S2);
    bench.send(S1, DIALLED, "held");
    bench.pass(50);
    bench.send(S1, DIALLED, "in flight");
    bench.crash(S1, true);
    bench.heal(S1, S2);
    bench.pass(50);
    assert_eq!(bench.arrivals(S2), []);
}

#[test]
fn reset_tells_both_sides() {
    let mut bench = Bench::connected(1);
    bench.cut(S1, S2);
    bench.network.reset(&mut bench.agenda, S2, S1);
    bench.pass(20);
    assert_eq!(bench.arrivals(S1), [closed(DIALLED)]);
    assert_eq!(bench.arrivals(S2), [], "held back by the cut");
    bench.heal(S1, S2);
    bench.pass(20);
    assert_eq!(bench.arrivals(S2), [closed(ACCEPTED)]);
    bench.send(S1, DIALLED, "to nobody");
    bench.pass(200);
    bench.assert_all_slots_free();
}

#[test]
fn accepted_connections_get_odd_numbers_that_never_come_again() {
    let mut bench = Bench::connected(1);
    bench.crash(S2, false);
    bench.restart(S2);
    bench.network.listen(S2, PORT);
    bench.pass(200);
    bench.dial();
    bench.pass(50);
    let accepted = bench.arrivals(S2);
    assert!(matches!(accepted[..], [Arrival::Accepted { conn: ConnId(3), .. }]), "{accepted:?}");
}

#[test]
fn traffic_on_one_link_moves_nothing_on_another() {
    let landing = |chatter: bool| {
        let mut bench = Bench::connected(7);
        if chatter {
            (0..20).for_each(|_| bench.send(S1, DIALLED, "chatter"));
        }
        bench.network.dial(&mut bench.agenda, (2, ConnId(8)), (S2, PORT));
        (0..20_000).find(|_| {
            bench.agenda.now.0 += 1;
            bench.pass(0);
            bench.inboxes[2].try_next().is_some()
        })
    };
    assert!(landing(false).is_some());
    assert_eq!(landing(false), landing(true));
}

/// How many bytes each open connection has sent and received, per node. Byte number `n` of a stream
/// is `n % 251`, so that a lost, doubled or overtaken byte is noticed.
type Streams = Vec<BTreeMap<ConnId, [u64; 2]>>;

/// One random step of a node or of the nemesis.
fn any_step(bench: &mut Bench, streams: &mut Streams, rng: &mut Rng) {
    let (a, b) = (rng.below(3) as u32, rng.below(3) as u32);
    let known: Vec<ConnId> = streams[a as usize].keys().copied().collect();
    let agenda = &mut bench.agenda;
    match rng.below(24) {
        0 => bench.cut(a, b),
        1..3 => bench.heal(a, b),
        3 => bench.network.link(a, b).clog(Millis(rng.below(50))),
        4 => bench.network.link(a, b).unclog(),
        5 => bench.network.reset(agenda, a, b),
        6 => bench.network.heal_all(agenda),
        7 => {
            bench.crash(a, rng.below(2) == 0);
            streams[a as usize].clear();
        }
        8..11 if !bench.network.host(a).is_running() => {
            bench.restart(a);
            bench.network.listen(a, PORT);
        }
        11..14 => {
            let conn = ConnId(2 * rng.number().wrapping_shr(2));
            bench.network.dial(agenda, (a, conn), (b, PORT));
        }
        14 => {
            let Some(&conn) = rng.pick(&known) else { return };
            bench.network.close(agenda, (a, conn));
            streams[a as usize].remove(&conn);
        }
        _ => {
            let Some(&conn) = rng.pick(&known) else { return };
            let [sent, _] = streams[a as usize].get_mut(&conn).unwrap();
            let bytes: Vec<u8> = (*sent..*sent + 5).map(|number| (number % 251) as u8).collect();
            *sent += 5;
            bench.network.send(agenda, (a, conn), bytes);
        }
    }
}

/// Takes what arrived, checks that every stream goes on where it was, and returns how many bytes
/// there were.
fn take_all(bench: &mut Bench, streams: &mut Streams) -> u64 {
    let mut byte_count = 0;
    for (index, streams) in (0..3).zip(streams) {
        for arrival in bench.arrivals(index) {
            match arrival {
                Arrival::Accepted { conn, .. } | Arrival::Connected { conn } => {
                    assert_eq!(streams.insert(conn, [0, 0]), None, "{conn} opens once");
                }
                Arrival::Bytes { conn, bytes } => {
                    // What came in before the node closed the connection may be read later.
                    let Some([_, received]) = streams.get_mut(&conn) else { continue };
                    for byte in bytes {
                        assert_eq!(u64::from(byte), *received % 251, "{conn} at {index}");
                        *received += 1;
                        byte_count += 1;
                    }
                }
                Arrival::Closed { conn } => drop(streams.remove(&conn)),
                Arrival::ConnectFailed { conn } => assert!(!streams.contains_key(&conn)),
                Arrival::DiskDone { .. } | Arrival::Wake => unreachable!("nobody asked for it"),
            }
        }
    }
    byte_count
}

#[test]
fn every_stream_is_a_prefix_of_what_was_sent_whatever_goes_wrong() {
    let mut byte_count = 0;
    for seed in 0..200 {
        let (mut bench, mut rng) = (Bench::new(seed), Rng::stream(seed, "steps"));
        let mut streams = vec![BTreeMap::new(); 3];
        for _ in 0..500 {
            any_step(&mut bench, &mut streams, &mut rng);
            bench.pass(rng.below(8));
            byte_count += take_all(&mut bench, &mut streams);
        }
        bench.network.heal_all(&mut bench.agenda);
        (0..3).for_each(|index| bench.crash(index, false));
        bench.pass(2000);
        bench.assert_all_slots_free();
    }
    assert!(byte_count > 20_000, "only {byte_count} bytes came through");
}

/// The fates of what was sent as bytes, in the order in which it was sent.
fn fates(bench: &mut Bench) -> Vec<Fate> {
    let messages = bench.network.take_messages().unwrap();
    let bytes = messages.into_iter().filter(|it| it.kind != MessageKind::Connection);
    bytes.map(|message| message.fate).collect()
}

#[test]
fn a_message_is_written_down_with_what_became_of_it() {
    let mut bench = Bench::connected(3);
    bench.network.record_messages();
    bench.send(S1, DIALLED, "in one or two pieces");
    bench.pass(20);
    bench.cut(S1, S2);
    bench.send(S1, DIALLED, "waits");
    bench.pass(50);
    bench.heal(S1, S2);
    bench.pass(20);
    bench.send(S1, DIALLED, "on its way");
    let fates = fates(&mut bench);
    assert!(matches!(fates[0], Fate::Arrived { late: false, .. }), "{fates:?}");
    assert!(matches!(fates[1], Fate::Arrived { late: true, .. }), "{fates:?}");
    assert_eq!(fates[2..], [Fate::UnderWay]);
}

#[test]
fn lost_messages_say_why() {
    let mut bench = Bench::connected(4);
    bench.network.record_messages();
    bench.cut(S1, S2);
    bench.send(S1, DIALLED, "its sender loses power");
    bench.pass(20);
    bench.network.crash(&mut bench.agenda, S1, true);
    let mut bench_2 = Bench::connected(4);
    bench_2.network.record_messages();
    bench_2.send(S1, DIALLED, "its receiver closes");
    bench_2.network.close(&mut bench_2.agenda, (S2, ACCEPTED));
    bench_2.pass(50);
    let mut bench_3 = Bench::connected(4);
    bench_3.network.record_messages();
    bench_3.send(S1, DIALLED, "its receiver loses power");
    bench_3.network.crash(&mut bench_3.agenda, S2, true);
    bench_3.pass(50);
    let whys = [bench, bench_2, bench_3].map(|mut bench| match fates(&mut bench)[..] {
        [Fate::Lost { why, .. }] => why,
        ref others => panic!("{others:?}"),
    });
    assert_eq!(whys, [Loss::Cut, Loss::NoConnection, Loss::NoPower]);
}
