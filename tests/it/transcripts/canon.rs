//! The canonical form: what differs from run to run becomes its rank or the order of its first
//! appearance.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Part of a line, with what has to be brought into the canonical form still marked as such.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Word {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    /// As a recording has it.
    Json(Json),
    /// By rank.
    Zxid(i64),
    /// By first appearance.
    Session(i64),
    /// By first appearance; a session, or 0.
    Owner(i64),
    /// By first appearance.
    Password(Vec<u8>),
    /// Whether there is one.
    Time(i64),
    List(Vec<Word>),
    Map(Vec<(&'static str, Word)>),
}

/// Any JSON, ordered by its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Json(pub Value);

impl PartialOrd for Json {
    fn partial_cmp(&self, other: &Json) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Json {
    fn cmp(&self, other: &Json) -> std::cmp::Ordering {
        self.0.to_string().cmp(&other.0.to_string())
    }
}

impl Word {
    pub fn json(value: Value) -> Word {
        Word::Json(Json(value))
    }

    /// A field of a map.
    pub fn get(&self, key: &str) -> Option<&Word> {
        match self {
            Word::Map(fields) => fields.iter().find(|it| it.0 == key).map(|it| &it.1),
            _ => None,
        }
    }

    fn zxids(&self, into: &mut BTreeSet<i64>) {
        match self {
            Word::Zxid(zxid) if *zxid > 0 => drop(into.insert(*zxid)),
            Word::List(items) => items.iter().for_each(|it| it.zxids(into)),
            Word::Map(fields) => fields.iter().for_each(|it| it.1.zxids(into)),
            _ => {}
        }
    }
}

/// Names that are given out in the order of first appearance.
struct Names<T> {
    letter: char,
    known: BTreeMap<T, usize>,
}

impl<T: Ord> Names<T> {
    fn new(letter: char) -> Names<T> {
        Names { letter, known: BTreeMap::new() }
    }

    fn of(&mut self, it: T) -> String {
        let next = self.known.len() + 1;
        format!("{}{}", self.letter, self.known.entry(it).or_insert(next))
    }
}

struct Canon {
    ranks: BTreeMap<i64, usize>,
    sessions: Names<i64>,
    passwords: Names<Vec<u8>>,
}

/// Lines in their canonical form.
pub fn canon(lines: &[Word]) -> Vec<Value> {
    let mut zxids = BTreeSet::new();
    lines.iter().for_each(|line| line.zxids(&mut zxids));
    let ranks = zxids.into_iter().enumerate().map(|(at, zxid)| (zxid, at + 1)).collect();
    let mut canon = Canon { ranks, sessions: Names::new('S'), passwords: Names::new('P') };
    lines.iter().map(|line| canon.value(line)).collect()
}

impl Canon {
    fn value(&mut self, word: &Word) -> Value {
        match word {
            Word::Null => Value::Null,
            Word::Bool(it) => json!(it),
            Word::Int(it) => json!(it),
            Word::Text(it) => json!(it),
            Word::Json(it) => it.0.clone(),
            Word::Zxid(it) if *it > 0 => json!(format!("z{}", self.ranks[it])),
            Word::Zxid(it) => json!(it.to_string()),
            Word::Session(it) if matches!(it, 0 | -1) => json!(it.to_string()),
            Word::Session(it) => json!(self.sessions.of(*it)),
            Word::Owner(0) => json!(0),
            Word::Owner(it) => json!(self.sessions.of(*it)),
            Word::Password(it) if it.iter().all(|byte| *byte == 0) => json!("zeros"),
            Word::Password(it) => {
                json!(format!("{}({})", self.passwords.of(it.clone()), it.len()))
            }
            Word::Time(0) => json!(0),
            Word::Time(_) => json!("T"),
            Word::List(items) => items.iter().map(|it| self.value(it)).collect(),
            Word::Map(fields) => {
                let field = |(key, it): &(&str, Word)| ((*key).to_owned(), self.value(it));
                Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_first_appearances() {
        let line = |zxid, session| {
            Word::Map(vec![("hz", Word::Zxid(zxid)), ("sid", Word::Session(session))])
        };
        let lines = canon(&[line(900, 77), line(30, 5), line(-1, 0), line(900, 5)]);
        let expected = [("z2", "S1"), ("z1", "S2"), ("-1", "0"), ("z2", "S2")];
        assert_eq!(lines, expected.map(|(hz, sid)| json!({ "hz": hz, "sid": sid })));
    }
}
