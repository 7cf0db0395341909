//! A client's process: asks its workload for the next step, has the [`Client`] do it, and writes
//! down what the client says. Decides nothing.

use super::STATES;
use super::cluster::{Board, ClientBoard};
use super::inbox::Arrival;
use super::recorder::Recorder;
use super::standstill::Standstill;
use super::world::World;
use crate::base::{ClientId, ServerId, Stream, Time};
use crate::client::{Client, Config, Effect, Input, Rules};
use crate::history::{Answer, ConnectionChange, Op, Phase, Told, What};
use crate::server::Port;
use crate::workloads::{Seen, Step, Verify, Workload};
use std::collections::VecDeque;
use std::sync::Arc;

/// How long a client rests when no server lets it in.
const RECONNECT_PAUSE_MS: u32 = 100;

/// Who a client is.
pub struct ClientPlan {
    /// Which.
    pub id: ClientId,
    /// The servers that it may connect to.
    pub servers: Vec<ServerId>,
    /// The session timeout that it asks for.
    pub session_timeout_ms: u32,
    /// Whether a server that only reads will do.
    pub read_only: bool,
    /// When it begins.
    pub start: Time,
    /// What its workload draws from.
    pub workload_rng: Stream,
    /// What the client itself draws from.
    pub client_rng: Stream,
}

/// What a client's process is made of.
pub struct ClientProcess {
    /// The world that it lives in.
    pub world: Arc<World>,
    /// Where it says what it does.
    pub recorder: Arc<Recorder>,
    /// Where it hangs out how it is.
    pub board: Arc<Board>,
    /// Who it is.
    pub plan: ClientPlan,
    /// What it does.
    pub workload: Box<dyn Workload>,
    /// How it decides.
    pub rules: Rules,
}

/// What the workload waits for.
enum Wait {
    /// The answers to these calls: the first one's number, and what has come so far.
    Answers { first: u64, ops: Vec<Op>, answers: Vec<Option<(Answer, bool)>> },
    /// A moment.
    Until(Time),
    /// A moment, and all that has arrived by then.
    Behind(Time),
    /// A watch, or a moment.
    Told(Time),
    /// The process is gone until then.
    Gone(Time),
    /// Nothing: the load is over, or the workload is.
    Rest,
}

impl Wait {
    fn is_answered(&self) -> bool {
        match self {
            Wait::Answers { answers, .. } => answers.iter().all(Option::is_some),
            Wait::Until(_) | Wait::Behind(_) | Wait::Told(_) | Wait::Gone(_) | Wait::Rest => true,
        }
    }
}

struct Node {
    process: ClientProcess,
    client: Client,
    wait: Wait,
    told: VecDeque<Told>,
    session_ended: bool,
    next_call: u64,
    effects: Vec<Effect>,
    verifies: bool,
    verified: bool,
}

impl ClientProcess {
    /// Its whole life.
    pub async fn run(mut self) {
        let inbox = self.world.attach(self.plan.id.into(), madsim::plugin::node());
        let client = self.fresh_client(0);
        let wait = Wait::Until(self.plan.start);
        let mut node = Node {
            process: self,
            client,
            wait,
            told: VecDeque::new(),
            session_ended: false,
            next_call: 1,
            effects: Vec::new(),
            verifies: false,
            verified: false,
        };
        node.feed(Input::Start);
        let mut standstill = Standstill::default();
        loop {
            assert!(standstill.passes(node.now()), "a client waits for something at last");
            node.advance(inbox.is_empty());
            node.show();
            let waiting = inbox.try_next();
            let arrival = match waiting {
                Some(arrival) => arrival,
                None => {
                    node.set_timer();
                    inbox.next().await
                }
            };
            node.take(arrival);
        }
    }

    fn fresh_client(&mut self, dialled_count: u32) -> Client {
        let mut hosts = self.plan.servers.clone();
        self.plan.client_rng.at(self.world.now()).shuffle(&mut hosts);
        let timeout_ms = self.plan.session_timeout_ms;
        let (reconnect_pause_ms, read_only) = (RECONNECT_PAUSE_MS, self.plan.read_only);
        let config = Config { hosts, timeout_ms, reconnect_pause_ms, read_only, dialled_count };
        Client::new(config, self.rules)
    }
}

impl Node {
    fn id(&self) -> ClientId {
        self.process.plan.id
    }

    fn now(&self) -> Time {
        self.process.world.now()
    }

    fn set_timer(&self) {
        let own = match self.wait {
            Wait::Until(at) | Wait::Behind(at) | Wait::Told(at) | Wait::Gone(at) => at,
            Wait::Answers { .. } | Wait::Rest => Time::NEVER,
        };
        let at = if self.is_gone() { own } else { own.min(self.client.deadline()) };
        self.process.world.wake_at(self.id().into(), at);
    }

    fn is_gone(&self) -> bool {
        matches!(self.wait, Wait::Gone(_))
    }

    fn take(&mut self, arrival: Arrival) {
        if self.is_gone() {
            return;
        }
        match arrival {
            Arrival::Connected { conn } => self.feed(Input::Connected { conn }),
            Arrival::ConnectFailed { conn } => self.feed(Input::ConnectFailed { conn }),
            Arrival::Bytes { conn, bytes } => self.feed(Input::Bytes { conn, bytes: &bytes }),
            Arrival::Closed { conn } => self.feed(Input::Closed { conn }),
            Arrival::Wake => self.feed(Input::Tick),
            Arrival::Accepted { .. } | Arrival::DiskDone { .. } => {
                unreachable!("a client neither listens nor has a disk")
            }
        }
    }

    /// Hands an input to the client and performs what it wants.
    fn feed(&mut self, input: Input) {
        tracing::debug!("{input}");
        let mut effects = std::mem::take(&mut self.effects);
        self.client.handle(self.process.world.now(), input, &mut effects);
        for effect in effects.drain(..) {
            tracing::debug!("  {effect}");
            self.perform(effect);
        }
        self.effects = effects;
    }

    fn perform(&mut self, effect: Effect) {
        let (client, world) = (self.id(), &self.process.world);
        let what = match effect {
            Effect::Dial { conn, to } => {
                return world.dial(client.into(), conn, to.into(), Port::Client);
            }
            Effect::Send { conn, bytes } => return world.send(client.into(), conn, bytes),
            Effect::Close { conn } => return world.close(client.into(), conn),
            Effect::Invoked { call, session, conn_number, xid } => {
                let op = self.op_of(call);
                What::Invoke { client, call, session, conn: conn_number, xid, op }
            }
            Effect::Answered { call, answer, invoked } => {
                return self.answered(call, answer, invoked);
            }
            Effect::Connection { conn_number, session, change } => {
                self.session_ended |= match change {
                    ConnectionChange::Expired | ConnectionChange::GaveUp => true,
                    ConnectionChange::AuthFailed => true,
                    ConnectionChange::Connected { .. } | ConnectionChange::Disconnected => false,
                    ConnectionChange::Closed | ConnectionChange::Vanished => false,
                };
                What::Connection { client, conn: conn_number, session, change }
            }
            Effect::Told { conn_number, told } => {
                self.told.push_back(told.clone());
                What::Watch { client, conn: conn_number, told }
            }
            Effect::Rearm {
                conn_number: conn,
                since,
                data,
                exist,
                child,
                persistent,
                recursive,
            } => What::Rearm { client, conn, since, data, exist, child, persistent, recursive },
            Effect::Reauth { conn_number, proofs } => {
                What::Reauth { client, conn: conn_number, proofs }
            }
            Effect::Rearmed { conn_number, zxid } => {
                What::Rearmed { client, conn: conn_number, zxid }
            }
        };
        self.process.recorder.record(what);
    }

    fn op_of(&self, call: u64) -> Op {
        let Wait::Answers { first, ops, .. } = &self.wait else {
            unreachable!("only what was asked for is put on the wire")
        };
        ops[(call - first) as usize].clone()
    }

    fn answered(&mut self, call: u64, answer: Answer, invoked: bool) {
        if invoked {
            let (client, answer) = (self.id(), answer.clone());
            self.process.recorder.record(What::Return { client, call, answer });
        }
        if let Wait::Answers { first, answers, .. } = &mut self.wait {
            answers[(call - *first) as usize] = Some((answer, invoked));
        }
    }

    /// Goes on with the workload as far as it goes without waiting; whether nothing has arrived that
    /// was not yet looked at.
    fn advance(&mut self, has_all: bool) {
        loop {
            let now = self.now();
            let wait = std::mem::replace(&mut self.wait, Wait::Rest);
            let step = match wait {
                waits @ Wait::Answers { .. } if !waits.is_answered() => {
                    self.wait = waits;
                    return;
                }
                Wait::Answers { answers, .. } => self.after_answers(answers),
                Wait::Until(_) | Wait::Behind(_) | Wait::Told(_) if self.session_ended => {
                    self.after_session_end()
                }
                Wait::Told(_) if !self.told.is_empty() => self.after_told(),
                Wait::Until(at) | Wait::Told(at) if at <= now => self.ask(Seen::Nothing),
                Wait::Behind(at) if at <= now && has_all => self.ask(Seen::Nothing),
                Wait::Gone(at) if at <= now => self.come_back(),
                Wait::Rest if self.begins_to_verify() => self.ask(Seen::Nothing),
                waits => {
                    self.wait = waits;
                    return;
                }
            };
            match step {
                Some(step) => self.begin(step),
                None => return,
            }
        }
    }

    /// Asks the workload; `None` when the load is over.
    fn ask(&mut self, seen: Seen<'_>) -> Option<Step> {
        let phase = self.process.board.phase();
        if (Phase::Heal..Phase::Verify).contains(&phase)
            || (phase >= Phase::Verify && !self.verifies)
        {
            return None;
        }
        let now = self.now();
        let process = &mut self.process;
        let step = process.workload.next(seen, process.plan.workload_rng.at(now));
        if !self.verifies {
            process.board.did(process.plan.id, now, &step);
        }
        Some(step)
    }

    /// In the last phase every client reads everything, whatever it did before.
    fn begins_to_verify(&mut self) -> bool {
        if self.process.board.phase() < Phase::Verify || self.verifies {
            return false;
        }
        self.verifies = true;
        self.told.clear();
        self.session_ended = false;
        self.process.workload = Box::<Verify>::default();
        true
    }

    /// What was never sent because its session ended cannot have an answer.
    fn after_answers(&mut self, answers: Vec<Option<(Answer, bool)>>) -> Option<Step> {
        let answers: Vec<(Answer, bool)> = answers.into_iter().flatten().collect();
        if answers.iter().all(|(_, invoked)| !invoked) {
            return self.after_session_end();
        }
        let answers: Vec<Answer> = answers.into_iter().map(|(answer, _)| answer).collect();
        self.session_ended = false;
        self.ask(Seen::Answers(&answers))
    }

    fn after_session_end(&mut self) -> Option<Step> {
        self.session_ended = false;
        self.told.clear();
        self.ask(Seen::SessionEnded)
    }

    fn after_told(&mut self) -> Option<Step> {
        let told = self.told.pop_front()?;
        self.ask(Seen::Told(&told))
    }

    fn come_back(&mut self) -> Option<Step> {
        self.client = self.process.fresh_client(self.client.dialled_count());
        self.feed(Input::Start);
        self.ask(Seen::Nothing)
    }

    fn begin(&mut self, step: Step) {
        let now = self.now();
        match step {
            Step::Do(ops) => self.call(ops),
            Step::Pause(pause) => self.wait = Wait::Until(now + pause),
            Step::Until(at) => self.wait = Wait::Behind(at),
            Step::Await(patience) => self.wait = Wait::Told(now + patience),
            Step::Claim(claim) => {
                let client = self.id();
                self.process.recorder.record(What::Claim { client, claim });
                self.wait = Wait::Until(now);
            }
            Step::Vanish(absence) => {
                self.feed(Input::Vanish);
                self.told.clear();
                self.session_ended = false;
                self.wait = Wait::Gone(now + absence);
            }
            Step::Done => {
                self.verified |= self.verifies;
                self.wait = Wait::Rest;
            }
        }
    }

    fn call(&mut self, ops: Vec<Op>) {
        let first = self.next_call;
        self.next_call += ops.len() as u64;
        let answers = vec![None; ops.len()];
        self.wait = Wait::Answers { first, ops: ops.clone(), answers };
        for (call, op) in (first..).zip(ops) {
            self.feed(Input::Call { call, op });
        }
    }

    fn show(&self) {
        let it = ClientBoard {
            connected: self.client.connected_to().filter(|_| !self.is_gone()),
            session: self.client.session().filter(|_| !self.is_gone()),
            idle: matches!(self.wait, Wait::Rest),
            verified: self.verified,
        };
        tracing::trace!(target: STATES, "{it}");
        self.process.board.show_client(self.id(), it);
    }
}
