//! Keys and values of a properties file, with their lines. Remembers which keys somebody asked for,
//! so that the others can be remarked upon.

use java_properties::{LineContent, PropertiesIter};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

/// A file that cannot be used: where, what was found, what would be accepted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: {what}")]
pub struct BadZooCfg {
    place: Place,
    what: String,
}

/// Something odd that does not keep a server from starting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    place: Place,
    what: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A file, and a line of it where one is to blame.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Place {
    file: String,
    line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// One key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    place: Place,
    /// As it is written.
    pub key: String,
    /// Without the space around it.
    pub value: String,
}

impl Entry {
    /// The value is wrong.
    pub(super) fn bad(&self, expected: &str) -> BadZooCfg {
        self.wrong(&format!("expected {expected}"))
    }

    /// The value is wrong, and `why` says what would be right.
    pub(super) fn wrong(&self, why: &str) -> BadZooCfg {
        let what = format!("{}={}: {why}", self.key, self.value);
        BadZooCfg { place: self.place.clone(), what }
    }
}

/// All of them.
pub(super) struct Entries {
    file: String,
    entries: BTreeMap<String, Entry>,
    asked: BTreeSet<String>,
    remarks: Vec<Remark>,
}

impl Entries {
    /// Reads files, each under the name by which errors call it. What stands twice counts as it
    /// stands last.
    pub(super) fn read(files: &[(&str, &str)]) -> Result<Entries, BadZooCfg> {
        let mut all = Entries {
            file: files[0].0.to_owned(),
            entries: BTreeMap::new(),
            asked: BTreeSet::new(),
            remarks: Vec::new(),
        };
        for &(file, text) in files {
            for line in PropertiesIter::new(text.as_bytes()) {
                let line = line.map_err(|error| BadZooCfg {
                    place: Place { file: file.to_owned(), line: error.line_number() },
                    what: error.to_string(),
                })?;
                let place = Place { file: file.to_owned(), line: Some(line.line_number()) };
                if let LineContent::KVPair(key, value) = line.consume_content() {
                    let value = value.trim().to_owned();
                    all.add(Entry { place, key: key.trim().to_owned(), value });
                }
            }
        }
        Ok(all)
    }

    fn add(&mut self, entry: Entry) {
        let place = entry.place.clone();
        if let Some(earlier) = self.entries.insert(entry.key.clone(), entry) {
            let what = format!("`{}` again, after {}; this one counts", earlier.key, earlier.place);
            self.remarks.push(Remark { place, what });
        }
    }

    /// The entry of a key. What ZooKeeper knows as a property `zookeeper.<key>` may be written so,
    /// too.
    fn entry(&mut self, key: &str) -> Option<&Entry> {
        let property = format!("zookeeper.{key}");
        self.asked.extend([key.to_owned(), property.clone()]);
        self.entries.get(key).or_else(|| self.entries.get(&property))
    }

    /// All entries whose keys begin so.
    pub(super) fn with_prefix(&mut self, prefix: &str) -> Vec<Entry> {
        let found: Vec<Entry> =
            self.entries.values().filter(|it| it.key.starts_with(prefix)).cloned().collect();
        self.asked.extend(found.iter().map(|it| it.key.clone()));
        found
    }

    /// A value as it stands; `None` also for an empty one.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.entry(key).map(|it| it.value.clone()).filter(|value| !value.is_empty())
    }

    /// A number.
    pub(super) fn number(
        &mut self,
        key: &str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<u64>, BadZooCfg> {
        let Some(entry) = self.entry(key) else { return Ok(None) };
        let number = entry.value.parse::<i64>().ok().filter(|number| range.contains(number));
        let (min, max) = (range.start(), range.end());
        let expected = match *max {
            i64::MAX if *min == i64::MIN => "a number".to_owned(),
            i64::MAX => format!("a number, {min} or more"),
            max => format!("a number from {min} to {max}"),
        };
        number.map(|it| Some(it as u64)).ok_or_else(|| entry.bad(&expected))
    }

    /// Puts a number where it belongs, if there is one.
    pub(super) fn set(
        &mut self,
        to: &mut u64,
        key: &str,
        range: RangeInclusive<i64>,
    ) -> Result<(), BadZooCfg> {
        if let Some(number) = self.number(key, range)? {
            *to = number;
        }
        Ok(())
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, key: &str) -> Result<Option<bool>, BadZooCfg> {
        let Some(entry) = self.entry(key) else { return Ok(None) };
        match entry.value.to_ascii_lowercase().as_str() {
            "yes" | "true" => Ok(Some(true)),
            "no" | "false" => Ok(Some(false)),
            _ => Err(entry.bad("yes, no, true or false")),
        }
    }

    /// A value that was read is wrong all the same.
    pub(super) fn wrong(&self, key: &str, expected: &str) -> BadZooCfg {
        match self.entries.get(key) {
            Some(entry) => entry.bad(expected),
            None => self.whole_file(format!("{key}: expected {expected}")),
        }
    }

    /// A key is there that cannot be had, for this reason.
    pub(super) fn refused(&mut self, key: &str, why: &str) -> BadZooCfg {
        let told = self.entry(key).map(|entry| entry.wrong(why));
        told.unwrap_or_else(|| self.whole_file(format!("{key}: {why}")))
    }

    /// A key that has to be there is not.
    pub(super) fn missing(&self, key: &str, expected: &str) -> BadZooCfg {
        self.whole_file(format!("no `{key}`; expected a line `{key}=` with {expected}"))
    }

    /// The file as a whole is to blame.
    pub(super) fn whole_file(&self, what: String) -> BadZooCfg {
        BadZooCfg { place: Place { file: self.file.clone(), line: None }, what }
    }

    /// Something about a key is odd.
    pub(super) fn remark(&mut self, key: &str, what: &str) {
        if let Some(entry) = self.entry(key) {
            let (place, what) = (entry.place.clone(), format!("`{}` {what}", entry.key));
            self.remarks.push(Remark { place, what });
        }
    }

    /// Remarks so far, and one for each key that nobody has asked for.
    pub(super) fn unknown(self) -> Vec<Remark> {
        let mut remarks = self.remarks;
        for entry in self.entries.values().filter(|it| !self.asked.contains(&it.key)) {
            let near = self.asked.iter().filter(|it| !it.starts_with("zookeeper."));
            let near = near.min_by_key(|it| strsim::levenshtein(it, &entry.key));
            let near = near.filter(|it| strsim::levenshtein(it, &entry.key) <= 3);
            let hint = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
            let what = format!("unknown key `{}`, ignored{hint}", entry.key);
            remarks.push(Remark { place: entry.place.clone(), what });
        }
        remarks
    }
}
