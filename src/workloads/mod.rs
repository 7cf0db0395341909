//! What clients do: each workload is one file, a generator of a client's next step.
//!
//! A workload chooses and never acts. It sees what its own client learned, and nothing else.

use crate::base::{Millis, Rng};
use crate::history::{Answer, Claim, Op, Told};

/// What a client does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Sends these requests, one behind the other without waiting, in one session as far as there
    /// is one; then waits for all the answers. `Op::Close` ends the session; the next request
    /// opens a new one.
    Do(Vec<Op>),
    /// Does nothing for so long.
    Pause(Millis),
    /// Waits until a watch speaks, at most for so long.
    Await(Millis),
    /// States what it takes for granted.
    Claim(Claim),
    /// The process ends without a word, and a new one comes back after so long with a new session.
    Vanish(Millis),
    /// Nothing any more. The client stays connected.
    Done,
}

/// What has become of the last step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen<'a> {
    /// There was no step, or it is over: a pause, a claim, a vanishing; or nothing was told in time.
    Nothing,
    /// The answers of a `Do`, one for each request, in the order of the requests.
    Answers(&'a [Answer]),
    /// What a watch said, after an `Await`. What is said during other steps waits for the next
    /// `Await` of the same session.
    Told(&'a Told),
    /// The session ended during an `Await` or a `Pause`: watches and ephemeral znodes are gone.
    SessionEnded,
}

/// A generator of one client's steps.
pub trait Workload: Send {
    /// The next step, given what became of the last one. Never called again after `Step::Done`.
    fn next(&mut self, seen: Seen<'_>, rng: &mut Rng) -> Step;
}

/// Which of a workload's clients this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// From 0.
    pub index: u32,
    /// How many clients the workload has.
    pub clients: u32,
    /// How many operations this client is to ask for, roughly.
    pub ops: u32,
}
