//! What was sent and what became of it, for whoever wants to see it. Only written to: nothing in the
//! world depends on it, so that a run with it is the run without it.

use crate::base::{NodeId, Time};
use crate::history::{Fate, Loss, Message, MessageKind};

/// Every message of a run, in the order in which they were sent.
#[derive(Default)]
pub(super) struct MessageLog {
    messages: Vec<Message>,
}

/// A message's place in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MessageNumber(u32);

impl MessageLog {
    /// Something sets out.
    pub fn sent(
        &mut self,
        sent: Time,
        (from, to): (NodeId, NodeId),
        (kind, words): (MessageKind, String),
    ) -> MessageNumber {
        let number = MessageNumber(self.messages.len() as u32);
        self.messages.push(Message { sent, from, to, kind, words, fate: Fate::UnderWay });
        number
    }

    /// It arrived.
    pub fn arrived(&mut self, number: MessageNumber, at: Time, late: bool) {
        self.end(number, Fate::Arrived { at, late });
    }

    /// It never will; it was to arrive at this moment.
    pub fn lost(&mut self, number: MessageNumber, at: Time, why: Loss) {
        self.end(number, Fate::Lost { at, why });
    }

    fn end(&mut self, number: MessageNumber, fate: Fate) {
        let message = &mut self.messages[number.0 as usize];
        assert_eq!(message.fate, Fate::UnderWay, "a message comes to its end once");
        message.fate = fate;
    }

    /// Takes them out.
    pub fn into_messages(self) -> Vec<Message> {
        self.messages
    }
}
