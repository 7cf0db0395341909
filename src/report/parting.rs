//! Where two histories part: the first event in which they differ, and what led to it.

use super::style::{bold, dim};
use crate::base::NodeId;
use crate::history::Event;
use serde::Serialize;
use std::collections::BTreeSet;

/// Two histories from where they differ on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Parting {
    /// How many events they have in common.
    pub same: u64,
    /// The first event of either that the other does not have; null where a history is over.
    pub first: [Option<Event>; 2],
    /// What led to it: the last common events of the nodes that it is about, oldest first.
    pub before: Vec<Event>,
}

impl Parting {
    /// Of two histories; `None` when they are the same.
    pub fn of(a: &[Event], b: &[Event]) -> Option<Parting> {
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let first = [a.get(same), b.get(same)];
        if first == [None, None] {
            return None;
        }
        let nodes: BTreeSet<NodeId> =
            first.into_iter().flatten().flat_map(|event| event.nodes()).collect();
        let concerns = |event: &&Event| {
            let about = event.nodes();
            nodes.is_empty() || about.iter().any(|node| nodes.contains(node))
        };
        let before = a[..same].iter().filter(concerns).cloned().collect();
        let first = first.map(|event| event.cloned());
        Some(Parting { same: same as u64, first, before })
    }

    /// The last `context` events before, and the two that differ.
    pub fn text(&self, names: &[String; 2], context: usize) -> String {
        let mut text = format!("same       the first {} events\n\n", super::grouped(self.same));
        let from = self.before.len().saturating_sub(context);
        for event in &self.before[from..] {
            text += &dim(&format!("  {event}"));
            text += "\n";
        }
        for (mark, (first, name)) in ["a", "b"].into_iter().zip(self.first.iter().zip(names)) {
            let event = first.as_ref().map_or("     - is over".to_owned(), Event::to_string);
            text += &format!("{} {}\n", bold(mark), event);
            text += &dim(&format!("         in {name}"));
            text += "\n";
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ServerId, Time};
    use crate::history::{Note, What};

    fn event(index: u64, server: u8, note: Note) -> Event {
        Event { index, at: Time(index), what: What::Note { server: ServerId(server), note } }
    }

    #[test]
    fn the_first_difference_and_what_led_to_it_on_that_node() {
        let common = [event(0, 1, Note::Stopped), event(1, 2, Note::Stopped)];
        let failed = |reason: &str| event(2, 1, Note::Failed { reason: reason.to_owned() });
        let a = [common.to_vec(), vec![failed("x")]].concat();
        let b = [common.to_vec(), vec![failed("y")]].concat();
        let parting = Parting::of(&a, &b).unwrap();
        assert_eq!((parting.same, parting.before), (2, vec![common[0].clone()]));
        assert_eq!(parting.first, [Some(failed("x")), Some(failed("y"))]);
        assert_eq!(Parting::of(&a, &a), None);
        assert_eq!(Parting::of(&a, &common).unwrap().first, [Some(failed("x")), None]);
    }
}
