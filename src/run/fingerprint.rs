//! What makes two failures the same one: the property that does not hold, and of which kinds the
//! events are that prove it. The words and the numbers may differ.

use super::verdict::INVARIANTS;
use super::{Outcome, Verdict};
use crate::checkers::Check;
use crate::history::Event;
use crate::scenario::{Expect, Plan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// What a failure is recognised by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The checker, or `invariants`.
    pub checker: String,
    /// The kinds of the events that prove it, each once, in the order of their names; of a broken
    /// invariant, the place in the source.
    pub culprits: Vec<String>,
}

impl Fingerprint {
    /// That of the run, if it failed: of the checker that had to see it where one is named, and
    /// otherwise of the one that decides the verdict.
    pub fn of(plan: &Plan, outcome: &Outcome) -> Option<Fingerprint> {
        let checks = outcome.all_checks();
        let check = culprit(plan, &checks)?;
        let violation = check.violation.as_ref()?;
        let evidence = (violation.claim.as_str(), violation.evidence.as_slice());
        Some(Fingerprint::new(&check.checker, evidence, &outcome.events))
    }

    /// That of a violation, given its claim and its evidence.
    pub fn new(checker: &str, (claim, evidence): (&str, &[u64]), events: &[Event]) -> Fingerprint {
        let culprits = culprits(checker, (claim, evidence), events);
        Fingerprint { checker: checker.to_owned(), culprits }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.checker, self.culprits.join(", "))
    }
}

/// The check that says what is wrong; `None` when nothing is.
pub fn culprit<'a>(plan: &Plan, checks: &'a [Check]) -> Option<&'a Check> {
    let broken = || checks.iter().filter(|check| check.verdict == Verdict::Violation);
    let named = broken().find(|check| plan.caught_by.contains(&check.checker));
    let named = named.filter(|_| plan.expect == Expect::Violation);
    let inside = broken().find(|check| check.checker == INVARIANTS);
    named.or(inside).or_else(|| crate::checkers::overall(checks).1.filter(|it| broken_is(it)))
}

fn broken_is(check: &Check) -> bool {
    check.verdict == Verdict::Violation
}

fn culprits(checker: &str, (claim, evidence): (&str, &[u64]), events: &[Event]) -> Vec<String> {
    if checker == INVARIANTS {
        return vec![place_of(claim)];
    }
    let kind = |index: &u64| Some(kind_of(events.get(usize::try_from(*index).ok()?)?));
    let kinds: BTreeSet<String> = evidence.iter().filter_map(kind).collect();
    kinds.into_iter().collect()
}

/// What was asked and how it was refused are details: any read may see what is wrong.
fn kind_of(event: &Event) -> String {
    let kind = event.kind();
    match kind.split_once(' ') {
        Some((word @ ("invoke" | "return" | "watch" | "role"), _)) => word.to_owned(),
        Some(_) | None => kind,
    }
}

/// The place that ends the words of a panic, without its column: `src/zab/peer.rs:12`.
fn place_of(claim: &str) -> String {
    let place = claim.rsplit_once(" (").map_or("", |(_, place)| place.trim_end_matches(')'));
    if place.is_empty() { "somewhere".to_owned() } else { place.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Epoch, ServerId, Time, Zxid};
    use crate::history::{Note, What};

    fn event(index: u64, note: Note) -> Event {
        Event { index, at: Time::ZERO, what: What::Note { server: ServerId(1), note } }
    }

    #[test]
    fn kinds_count_and_details_do_not() {
        let zxid = |counter| Zxid::new(Epoch(1), counter);
        let applied =
            |index| event(index, Note::Applied { zxid: zxid(index as u32), hash: 1, digest: 2 });
        let events = [applied(0), applied(1), event(2, Note::Stopped)];
        let of = |evidence: &[u64]| culprits("durability", ("words", evidence), &events);
        assert_eq!(of(&[0, 1]), ["applied"]);
        assert_eq!(of(&[1]), of(&[0, 1]));
        assert_eq!(of(&[1, 2]), ["applied", "stopped"]);
        assert_eq!(of(&[7]), [""; 0]);
    }

    #[test]
    fn a_panic_is_known_by_its_place() {
        assert_eq!(
            place_of("s1: the log has a gap (src/storage/log.rs:12)"),
            "src/storage/log.rs:12"
        );
        assert_eq!(place_of("no place"), "somewhere");
    }
}
