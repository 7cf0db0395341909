//! The bench of judges: feeds one history to the model and to the chosen checkers.

use super::{ALL, Checker, Entry, Property, Violation};
use crate::base::Time;
use crate::history::{Event, Phase, What};
use crate::model::Model;
use serde::{Deserialize, Serialize};

/// What a checker says in the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The property was at risk, and held.
    Pass,
    /// It does not hold.
    Violation,
    /// The history does not say: it ended before the property could be judged.
    Unknown,
    /// The property was never at risk.
    Vacuous,
}

/// A checker's verdict with its reasons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Check {
    /// The checker's name.
    pub checker: String,
    /// Of which kind its property is.
    pub property: Property,
    /// What it says.
    pub verdict: Verdict,
    /// How many judgements it made.
    pub checked: u64,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub violation: Option<Violation>,
    /// When it turned out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Time>,
}

/// A name that is no checker's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown checker `{name}`; {hint}")]
pub struct UnknownChecker {
    /// The name.
    pub name: String,
    /// What would be accepted.
    pub hint: String,
}

impl UnknownChecker {
    fn new(name: &str) -> UnknownChecker {
        let known = || ALL.iter().map(|entry| entry.name);
        let distance = |known: &&str| strsim::damerau_levenshtein(known, name);
        let part = known().find(|known| !name.is_empty() && known.contains(name));
        let near = part.or_else(|| known().min_by_key(distance).filter(|it| distance(it) <= 4));
        let all = known().collect::<Vec<_>>().join(", ");
        let hint = match near {
            Some(near) => format!("did you mean `{near}`? There are: {all}"),
            None => format!("there are: {all}"),
        };
        UnknownChecker { name: name.to_owned(), hint }
    }
}

struct Seat {
    entry: Entry,
    checker: Box<dyn Checker>,
    broken: Option<(Violation, Time)>,
}

/// The model and the chosen checkers, over one history.
pub struct Judge {
    model: Model,
    seats: Vec<Seat>,
    /// Which seat found the first violation.
    first: Option<usize>,
    now: Time,
    ended: bool,
}

impl Judge {
    /// With the checkers of these names, or with all when there are none.
    pub fn new(names: &[impl AsRef<str>]) -> Result<Judge, UnknownChecker> {
        let named = |name: &str| {
            let entry = ALL.iter().find(|entry| entry.name == name);
            entry.copied().ok_or_else(|| UnknownChecker::new(name))
        };
        let entries: Vec<Entry> = if names.is_empty() {
            ALL.to_vec()
        } else {
            names.iter().map(|name| named(name.as_ref())).collect::<Result<_, _>>()?
        };
        let seat = |entry: Entry| Seat { entry, checker: (entry.build)(), broken: None };
        let seats = entries.into_iter().map(seat).collect();
        Ok(Judge { model: Model::default(), seats, first: None, now: Time::ZERO, ended: false })
    }

    /// Takes the next event in.
    pub fn observe(&mut self, event: &Event) {
        self.now = event.at;
        self.ended |= matches!(event.what, What::Phase(Phase::End));
        self.model.observe(event);
        for (place, seat) in self.seats.iter_mut().enumerate() {
            if seat.broken.is_some() {
                continue;
            }
            if let Err(violation) = seat.checker.observe(event, &self.model) {
                seat.broken = Some((violation, event.at));
                self.first.get_or_insert(place);
            }
        }
    }

    /// The history is over. Liveness is judged only in a history that came to its end.
    pub fn finish(&mut self) {
        for (place, seat) in self.seats.iter_mut().enumerate() {
            let liveness = seat.entry.property == Property::Liveness;
            if seat.broken.is_some() || (liveness && !self.ended) {
                continue;
            }
            if let Err(violation) = seat.checker.finish(&self.model) {
                seat.broken = Some((violation, self.now));
                self.first.get_or_insert(place);
            }
        }
    }

    /// The violation that was found first, with the name of its checker.
    pub fn first_violation(&self) -> Option<(&'static str, &Violation)> {
        let seat = &self.seats[self.first?];
        seat.broken.as_ref().map(|(violation, _)| (seat.entry.name, violation))
    }

    /// What was committed so far.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What each of the chosen checkers says, in the order of their names' choice.
    pub fn verdicts(&self) -> Vec<Check> {
        self.seats.iter().map(|seat| self.verdict(seat)).collect()
    }

    fn verdict(&self, seat: &Seat) -> Check {
        let checked = seat.checker.checked();
        let verdict = match (&seat.broken, seat.entry.property) {
            (Some(_), _) => Verdict::Violation,
            (None, Property::Liveness) if !self.ended => Verdict::Unknown,
            (None, _) if checked == 0 => Verdict::Vacuous,
            (None, _) => Verdict::Pass,
        };
        Check {
            checker: seat.entry.name.to_owned(),
            property: seat.entry.property,
            verdict,
            checked,
            violation: seat.broken.as_ref().map(|(violation, _)| violation.clone()),
            at: seat.broken.as_ref().map(|(_, at)| *at),
        }
    }
}

/// The verdict on the whole run, and the check that decides it.
///
/// A violation of safety outweighs one of liveness, that outweighs an unknown. A run in which every
/// chosen checker was vacuous is vacuous: it shows nothing. With at least one that passed, the
/// others may be vacuous (a run without locks still says something about writes).
pub fn overall(checks: &[Check]) -> (Verdict, Option<&Check>) {
    let first = |verdict, property: Option<Property>| {
        let fits = |check: &&Check| {
            check.verdict == verdict && property.is_none_or(|property| check.property == property)
        };
        checks.iter().find(fits)
    };
    let violation = first(Verdict::Violation, Some(Property::Safety))
        .or_else(|| first(Verdict::Violation, Some(Property::Liveness)));
    if violation.is_some() {
        return (Verdict::Violation, violation);
    }
    for verdict in [Verdict::Unknown, Verdict::Pass] {
        if let Some(check) = first(verdict, None) {
            return (verdict, Some(check));
        }
    }
    (Verdict::Vacuous, checks.first())
}
