//! The wire, written out once more, so that no mistake of ours in it can hide: numbers, fields and
//! replies as a recording names them.

use super::args::data_word;
use super::canon::Word;
use serde_json::Value;

const NUMBERS: &[(&str, i64)] = &[
    ("create", 1),
    ("delete", 2),
    ("exists", 3),
    ("getData", 4),
    ("setData", 5),
    ("getACL", 6),
    ("setACL", 7),
    ("getChildren", 8),
    ("sync", 9),
    ("ping", 11),
    ("getChildren2", 12),
    ("check", 13),
    ("multi", 14),
    ("create2", 15),
    ("checkWatches", 17),
    ("removeWatches", 18),
    ("createContainer", 19),
    ("createTTL", 21),
    ("auth", 100),
    ("getEphemerals", 103),
    ("getAllChildrenNumber", 104),
    ("addWatch", 106),
    ("whoAmI", 107),
    ("closeSession", -11),
];

/// The number of an operation.
pub fn number(op: &str) -> i64 {
    NUMBERS.iter().find(|it| it.0 == op).unwrap_or_else(|| panic!("{op} has no number")).1
}

/// What happened to a watched znode, by number.
pub fn event_name(number: i64) -> &'static str {
    let names = [
        "None",
        "NodeCreated",
        "NodeDeleted",
        "NodeDataChanged",
        "NodeChildrenChanged",
        "DataWatchRemoved",
        "ChildWatchRemoved",
        "PersistentWatchRemoved",
    ];
    usize::try_from(number).ok().and_then(|it| names.get(it)).unwrap_or(&"?")
}

/// Bytes being written.
#[derive(Default)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    pub fn int(&mut self, value: i64) -> &mut Bytes {
        self.0.extend((value as i32).to_be_bytes());
        self
    }

    pub fn long(&mut self, value: i64) -> &mut Bytes {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub fn bool(&mut self, value: bool) -> &mut Bytes {
        self.0.push(value.into());
        self
    }

    /// A length and as many bytes; −1 for none.
    pub fn bytes(&mut self, value: Option<&[u8]>) -> &mut Bytes {
        self.int(value.map_or(-1, |it| it.len() as i64));
        self.0.extend(value.unwrap_or_default());
        self
    }

    /// Text, or null.
    pub fn text(&mut self, value: &Value) -> &mut Bytes {
        self.bytes(value.as_str().map(str::as_bytes))
    }

    /// A list of `[perms, scheme, id]`, or null.
    pub fn acls(&mut self, value: &Value) -> &mut Bytes {
        let Some(list) = value.as_array() else { return self.int(-1) };
        self.int(list.len() as i64);
        for acl in list {
            self.int(acl[0].as_i64().unwrap()).text(&acl[1]).text(&acl[2]);
        }
        self
    }

    /// As a frame.
    pub fn framed(self) -> Vec<u8> {
        [&(self.0.len() as u32).to_be_bytes()[..], &self.0].concat()
    }
}

/// Bytes that end before the field that was to be read.
#[derive(Debug)]
pub struct Short;

/// Bytes being read.
pub struct In<'a>(pub &'a [u8]);

impl<'a> In<'a> {
    fn take(&mut self, count: i64) -> Result<&'a [u8], Short> {
        let count = usize::try_from(count).map_err(|_| Short)?;
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Short)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn int(&mut self) -> Result<i64, Short> {
        Ok(i32::from_be_bytes(self.take(4)?.try_into().unwrap()).into())
    }

    pub fn long(&mut self) -> Result<i64, Short> {
        Ok(i64::from_be_bytes(self.take(8)?.try_into().unwrap()))
    }

    pub fn bool(&mut self) -> Result<bool, Short> {
        Ok(self.take(1)? != [0])
    }

    pub fn bytes(&mut self) -> Result<Option<&'a [u8]>, Short> {
        match self.int()? {
            -1 => Ok(None),
            length => self.take(length).map(Some),
        }
    }

    pub fn text(&mut self) -> Result<Word, Short> {
        let text = self.bytes()?.map(|it| String::from_utf8_lossy(it).into_owned());
        Ok(text.map_or(Word::Null, Word::Text))
    }

    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Short>,
    ) -> Result<Vec<T>, Short> {
        let count = self.int()?;
        (0..count).map(|_| item(self)).collect()
    }

    /// Names in any order: a set.
    fn set(&mut self) -> Result<Word, Short> {
        let mut texts = self.list(In::text)?;
        texts.sort();
        Ok(Word::List(texts))
    }

    fn data(&mut self) -> Result<Word, Short> {
        Ok(self.bytes()?.map_or(Word::Null, |it| Word::json(data_word(it))))
    }

    fn stat(&mut self) -> Result<Word, Short> {
        Ok(Word::Map(vec![
            ("czxid", Word::Zxid(self.long()?)),
            ("mzxid", Word::Zxid(self.long()?)),
            ("ctime", Word::Time(self.long()?)),
            ("mtime", Word::Time(self.long()?)),
            ("version", Word::Int(self.int()?)),
            ("cversion", Word::Int(self.int()?)),
            ("aversion", Word::Int(self.int()?)),
            ("ephemeralOwner", Word::Owner(self.long()?)),
            ("dataLength", Word::Int(self.int()?)),
            ("numChildren", Word::Int(self.int()?)),
            ("pzxid", Word::Zxid(self.long()?)),
        ]))
    }

    /// Neighbours of the scheme `digest` with the same rights are sorted: `auth` stands for all
    /// identities of a connection, in any order.
    fn acls(&mut self) -> Result<Word, Short> {
        let acl = |it: &mut Self| Ok((it.int()?, it.text()?, it.text()?));
        let mut acls = self.list(acl)?;
        let alike = |one: &(i64, Word, Word), other: &(i64, Word, Word)| {
            one.0 == other.0 && one.1 == other.1 && one.1 == Word::Text("digest".into())
        };
        acls.chunk_by_mut(alike).for_each(<[_]>::sort);
        let word = |(perms, scheme, id)| Word::List(vec![Word::Int(perms), scheme, id]);
        Ok(Word::List(acls.into_iter().map(word).collect()))
    }

    fn identities(&mut self) -> Result<Word, Short> {
        let mut all = self.list(|it| Ok(vec![it.text()?, it.text()?]))?;
        all.sort();
        Ok(Word::List(all.into_iter().map(Word::List).collect()))
    }
}

/// The fields of the reply to an operation.
pub fn reply(op: &str, from: &mut In) -> Result<Vec<(&'static str, Word)>, Short> {
    Ok(match op {
        "create" | "sync" => vec![("path", from.text()?)],
        "create2" | "createContainer" | "createTTL" => {
            let path = from.text()?;
            let stat = if from.0.is_empty() { None } else { Some(("stat", from.stat()?)) };
            [("path", path)].into_iter().chain(stat).collect()
        }
        "exists" | "setData" | "setACL" => vec![("stat", from.stat()?)],
        "getData" => vec![("data", from.data()?), ("stat", from.stat()?)],
        "getACL" => vec![("acl", from.acls()?), ("stat", from.stat()?)],
        "getChildren" => vec![("children", from.set()?)],
        "getChildren2" => vec![("children", from.set()?), ("stat", from.stat()?)],
        "getEphemerals" => vec![("ephemerals", from.set()?)],
        "getAllChildrenNumber" => vec![("number", Word::Int(from.int()?))],
        "whoAmI" => vec![("clientInfo", from.identities()?)],
        "multi" => vec![("results", Word::List(results(from)?))],
        _ => vec![("body", Word::Text(hex(from.take(from.0.len() as i64)?)))],
    })
}

fn results(from: &mut In) -> Result<Vec<Word>, Short> {
    let mut results = Vec::new();
    loop {
        let (number, done, error) = (from.int()?, from.bool()?, from.int()?);
        if done {
            results.push(Word::Text(format!("done {number} {error}")));
            return Ok(results);
        }
        let name = NUMBERS.iter().find(|it| it.1 == number).map(|it| it.0);
        let mut fields = match (number, name) {
            (-1, _) => vec![
                ("type", Word::Text("error".into())),
                ("hdrErr", Word::Int(error)),
                ("err", Word::Int(from.int()?)),
            ],
            (_, Some(name)) => vec![("type", Word::Text(name.into()))],
            (_, None) => vec![("type", Word::Text(number.to_string()))],
        };
        if number != -1 && error != 0 {
            fields.push(("hdrErr", Word::Int(error)));
        }
        if let Some(name) = name.filter(|it| !matches!(*it, "delete" | "check")) {
            fields.extend(reply(name, from)?);
        }
        results.push(Word::Map(fields));
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
