//! The tree as bytes: what a snapshot file holds between header and seal, and what a leader sends
//! to a learner that lacks too much (`SerializeUtils.java`, `DataTree.java`).
//!
//! A snapshot is fuzzy: it is written a few znodes at a time while transactions are applied, and is
//! made exact by replaying those (`zookeeper.md`, C.5).

use super::{Tree, Znode};
use crate::base::{SessionId, ZPath, Zxid, parent_of};
use crate::wire::{Acl, Acls, Malformed, Reader, Writer, read_acls, write_acls};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Stands for the ACL with which everybody may do everything.
const OPEN_ACL: i64 = -1;
/// Ends the znodes.
const END: &str = "/";
/// Ends the stream that a leader sends.
const SIGNATURE: &str = "BenWasHere";

/// Stands for a list that came into the tree after the snapshot had begun: with the transactions
/// that are replayed it comes again. Until then nobody may do anything.
const LATER_ACL: i64 = 0;

/// A snapshot being written.
#[derive(Clone, Debug)]
pub struct SnapshotWriter {
    name: Zxid,
    bytes: Writer,
    /// The lists that stood in the tree when it began, numbered as they stand before the znodes
    /// (ZOOKEEPER-3306).
    acls: BTreeMap<Acls, i64>,
    /// The last znode that was written.
    cursor: Option<ZPath>,
}

impl SnapshotWriter {
    /// Begins with the tables of sessions and of lists as they are now.
    pub fn begin(tree: &Tree) -> SnapshotWriter {
        SnapshotWriter::begin_with(tree, &tree.sessions)
    }

    /// Begins with this table of sessions.
    pub fn begin_with(tree: &Tree, sessions: &BTreeMap<SessionId, i32>) -> SnapshotWriter {
        let mut bytes = Writer::new();
        bytes.count(sessions.len());
        for (session, timeout_ms) in sessions {
            bytes.long(session.0).int(*timeout_ms);
        }
        let mut acls = BTreeMap::new();
        for znode in tree.znodes.values().filter(|it| !it.acls.is_open()) {
            let next = acls.len() as i64 + 1;
            if !acls.contains_key(&znode.acls) {
                acls.insert(znode.acls.clone(), next);
            }
        }
        let numbered: BTreeMap<i64, &Acls> = acls.iter().map(|it| (*it.1, it.0)).collect();
        bytes.count(numbered.len());
        for (number, acls) in numbered {
            bytes.long(number);
            write_acls(acls.entries().unwrap_or_default(), &mut bytes);
        }
        SnapshotWriter { name: tree.last(), bytes, acls, cursor: None }
    }

    /// Under another name.
    pub fn named(self, name: Zxid) -> SnapshotWriter {
        SnapshotWriter { name, ..self }
    }

    /// What was applied when it began; replaying starts behind it.
    pub fn name(&self) -> Zxid {
        self.name
    }

    /// Writes the next `count` znodes as they are now. True when that was all.
    pub fn step(&mut self, tree: &Tree, count: usize) -> bool {
        let from = self.cursor.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut waiting = tree.znodes.range::<ZPath, _>((from, Bound::Unbounded));
        for (path, znode) in waiting.by_ref().take(count) {
            let acl = self.number_of(&znode.acls);
            write_znode(path, znode, acl, &mut self.bytes);
            self.cursor = Some(path.clone());
        }
        let rest = tree.znodes.range::<ZPath, _>((
            self.cursor.as_ref().map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        ));
        rest.take(1).count() == 0
    }

    fn number_of(&self, acls: &Acls) -> i64 {
        if acls.is_open() {
            return OPEN_ACL;
        }
        self.acls.get(acls).copied().unwrap_or(LATER_ACL)
    }

    /// What was written since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes).into_bytes()
    }

    /// The whole body, for a file; of one that was taken piece by piece the last piece.
    pub fn into_body(mut self) -> Vec<u8> {
        self.bytes.string(END);
        self.bytes.into_bytes()
    }

    /// The body of a whole tree at once.
    pub fn whole(tree: &Tree) -> Vec<u8> {
        let mut writer = SnapshotWriter::begin(tree);
        while !writer.step(tree, usize::MAX) {}
        writer.into_body()
    }

    /// The whole tree at once, with the signature behind it, for a learner.
    pub fn stream(tree: &Tree) -> Vec<u8> {
        let mut bytes = Writer::onto(SnapshotWriter::whole(tree));
        bytes.string(SIGNATURE);
        bytes.into_bytes()
    }
}

fn write_znode(path: &ZPath, znode: &Znode, acl: i64, to: &mut Writer) {
    to.string(if path.is_root() { "" } else { path.as_str() });
    to.buffer(znode.data.as_bytes()).long(acl);
    to.zxid(znode.czxid).zxid(znode.mzxid).long(znode.ctime).long(znode.mtime);
    to.int(znode.version).int(znode.cversion).int(znode.aversion);
    to.long(znode.owner.0).zxid(znode.pzxid);
}

/// Reads a body back. `name` says what the tree holds.
///
/// A znode whose parent is missing was created after the snapshot had passed that place; it comes
/// back with the transactions that are replayed.
pub fn read_tree(body: &[u8], name: Zxid) -> Result<Tree, Malformed> {
    let mut from = Reader::new(body);
    let mut tree = Tree::empty();
    for _ in 0..from.count(12)? {
        tree.sessions.insert(from.session()?, from.int()?);
    }
    let mut acls = BTreeMap::from([(OPEN_ACL, Acls::OPEN)]);
    for _ in 0..from.count(12)? {
        acls.insert(from.long()?, read_acls(&mut from)?.into());
    }
    loop {
        let path = from.string()?;
        if path == END {
            break;
        }
        let path = if path.is_empty() { END.to_owned() } else { path };
        let path = ZPath::parse(&path).map_err(|_| from.bad("an invalid path"))?;
        let znode = read_znode(&mut from, &acls)?;
        let parent = parent_of(path.as_str());
        if parent.is_none_or(|parent| tree.get(parent).is_some()) {
            tree.insert(path, znode);
        }
    }
    tree.set_last(name);
    Ok(tree)
}

/// A list that is missing was written while the table already was (in files of other servers, which
/// do not keep it back): the transaction that set it is replayed (ZOOKEEPER-3306). Until then
/// everybody may do nothing.
fn read_znode(from: &mut Reader, acls: &BTreeMap<i64, Acls>) -> Result<Znode, Malformed> {
    let data = from.data()?;
    let nobody = || vec![Acl { perms: 0, scheme: "world".into(), id: "anyone".into() }].into();
    let acls = acls.get(&from.long()?).cloned().unwrap_or_else(nobody);
    Ok(Znode {
        data,
        acls,
        czxid: from.zxid()?,
        mzxid: from.zxid()?,
        ctime: from.long()?,
        mtime: from.long()?,
        version: from.int()?,
        cversion: from.int()?,
        aversion: from.int()?,
        owner: SessionId(from.long()?),
        pzxid: from.zxid()?,
        ..Znode::default()
    })
}

/// Finds the end of a stream that is still arriving, without reading anything twice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StreamScanner {
    at: usize,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Stage {
    #[default]
    Start,
    Sessions(usize),
    Acls(usize),
    Znodes,
    Signature,
    Done,
}

impl StreamScanner {
    /// Looks at all that has arrived. The body's length and the stream's, once it is whole.
    pub fn scan(&mut self, bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
        let signature = 4 + SIGNATURE.len();
        while self.stage != Stage::Done {
            let mut from = Reader::new(bytes);
            from.skip(self.at)?;
            match self.next_stage(&mut from) {
                Ok(stage) => (self.stage, self.at) = (stage, from.at()),
                Err(error) if error.short => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some((self.at - signature, self.at)))
    }

    fn next_stage(&self, from: &mut Reader) -> Result<Stage, Malformed> {
        Ok(match self.stage {
            Stage::Start => Stage::Sessions(from.count(0)?),
            Stage::Sessions(0) => Stage::Acls(from.count(0)?),
            Stage::Sessions(left) => {
                from.skip(from.at() + 12)?;
                Stage::Sessions(left - 1)
            }
            Stage::Acls(0) => Stage::Znodes,
            Stage::Acls(left) => {
                from.skip(from.at() + 8)?;
                read_acls(from)?;
                Stage::Acls(left - 1)
            }
            Stage::Znodes if from.string()? == END => Stage::Signature,
            Stage::Znodes => {
                from.buffer()?;
                from.skip(from.at() + 68)?;
                Stage::Znodes
            }
            Stage::Signature if from.string()? == SIGNATURE => Stage::Done,
            Stage::Signature => return Err(from.bad("a stream without its signature")),
            Stage::Done => Stage::Done,
        })
    }
}
