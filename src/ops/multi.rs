//! `multi`: several writes and checks, all or nothing.
//!
//! On the wire a stream: before each part a header (type, done, error), after the last one a header
//! that says done (`MultiOperationRecord.java`, `MultiResponse.java`).

use super::create::CONTAINER;
use super::{Check, Create, CreateTtl, Delete, Likeness, Preparation, Reply, SetData, Settings};
use crate::base::{ErrorCode, Stat};
use crate::tree::{Applied, Body};
use crate::wire::{Malformed, Reader, Writer, encode_stat, opcode, read_stat};

/// Several operations as one transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Multi {
    /// In the order in which they take place.
    pub parts: Vec<Part>,
}

/// An operation inside a multi.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// `create`
    Create(Create),
    /// `create2`
    Create2(Create),
    /// `createContainer`
    CreateContainer(Create),
    /// `createTTL`
    CreateTtl(CreateTtl),
    /// `delete`
    Delete(Delete),
    /// `setData`
    SetData(SetData),
    /// `check`
    Check(Check),
}

/// What came of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MultiResult {
    /// Of `create` (no Stat) and the other kinds of create (with a Stat).
    Created {
        /// The whole path, with the number of a sequential znode.
        path: String,
        /// Of the new znode.
        stat: Option<Stat>,
    },
    /// Of `delete`.
    Deleted,
    /// Of `setData`.
    Set(Stat),
    /// Of `check`.
    Checked,
    /// When nothing was done: 0 before the part that failed, its error's number, and
    /// `RuntimeInconsistency` behind it.
    Error(i32),
}

impl Multi {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        for part in &self.parts {
            write_header(part.opcode(), -1, to);
            part.encode(to);
        }
        write_end(to);
    }

    /// Reads it. A type that may not stand in a multi is malformed.
    pub fn decode(from: &mut Reader) -> Result<Multi, Malformed> {
        let mut parts = Vec::new();
        while let Some(opcode) = read_header(from)? {
            parts.push(Part::decode(opcode, from)?);
        }
        Ok(Multi { parts })
    }
}

impl Multi {
    /// Turns it into a transaction, in any case: when a part is refused, into one that does nothing
    /// and says which part it was.
    pub(super) fn prepare(&self, leader: &mut Preparation) -> Body {
        let mut bodies = Vec::new();
        leader.overlay.begin();
        for (at, part) in self.parts.iter().enumerate() {
            match part.prepare(leader) {
                Ok(body) => bodies.push(body),
                Err(code) => {
                    leader.overlay.undo(leader.rules.undo);
                    return self.refused(at, code);
                }
            }
        }
        leader.overlay.keep();
        Body::Multi(bodies)
    }

    fn refused(&self, failed: usize, code: ErrorCode) -> Body {
        let error = |at: usize| match at.cmp(&failed) {
            std::cmp::Ordering::Less => Body::Error(0),
            std::cmp::Ordering::Equal => Body::refused(code),
            std::cmp::Ordering::Greater => Body::refused(ErrorCode::RuntimeInconsistency),
        };
        Body::Multi((0..self.parts.len()).map(error).collect())
    }
}

impl Part {
    fn prepare(&self, leader: &mut Preparation) -> Result<Body, ErrorCode> {
        match self {
            Part::Create(part) | Part::Create2(part) | Part::CreateContainer(part) => {
                part.prepare(self.creates_as(part.flags, leader.settings), leader)
            }
            Part::CreateTtl(CreateTtl { create, .. }) if !create.has_ttl() => {
                create.prepare(self.creates_as(create.flags, leader.settings), leader)
            }
            Part::CreateTtl(part) => part.prepare(leader),
            Part::Delete(part) => part.prepare(leader),
            Part::SetData(part) => part.prepare(leader),
            Part::Check(part) => part.prepare(leader),
        }
    }

    /// Within a multi the flags of a create say what it makes (`Op.Create`), and not its number. The
    /// mistake of 3.8: what the client hears of a `create2` has no Stat.
    fn creates_as(&self, flags: i32, settings: &Settings) -> i32 {
        match self {
            _ if flags == CONTAINER => opcode::CREATE_CONTAINER,
            Part::Create2(_) if settings.likeness >= Likeness::V3_9 => opcode::CREATE2,
            _ => opcode::CREATE,
        }
    }

    /// The operation's number.
    pub fn opcode(&self) -> i32 {
        match self {
            Part::Create(_) => opcode::CREATE,
            Part::Create2(_) => opcode::CREATE2,
            Part::CreateContainer(_) => opcode::CREATE_CONTAINER,
            Part::CreateTtl(_) => opcode::CREATE_TTL,
            Part::Delete(_) => opcode::DELETE,
            Part::SetData(_) => opcode::SET_DATA,
            Part::Check(_) => opcode::CHECK,
        }
    }

    fn encode(&self, to: &mut Writer) {
        match self {
            Part::Create(part) | Part::Create2(part) | Part::CreateContainer(part) => {
                part.encode(to);
            }
            Part::CreateTtl(part) => part.encode(to),
            Part::Delete(part) => part.encode(to),
            Part::SetData(part) => part.encode(to),
            Part::Check(part) => part.encode(to),
        }
    }

    fn decode(number: i32, from: &mut Reader) -> Result<Part, Malformed> {
        let create = |from: &mut Reader| match Create::decode(from)? {
            it if it.has_ttl() => Err(from.bad("a time to live is missing")),
            it => Ok(it),
        };
        match number {
            opcode::CREATE => create(from).map(Part::Create),
            opcode::CREATE2 => create(from).map(Part::Create2),
            opcode::CREATE_CONTAINER => create(from).map(Part::CreateContainer),
            opcode::CREATE_TTL => CreateTtl::decode(from).map(Part::CreateTtl),
            opcode::DELETE => Delete::decode(from).map(Part::Delete),
            opcode::SET_DATA => SetData::decode(from).map(Part::SetData),
            opcode::CHECK => Check::decode(from).map(Part::Check),
            _ => Err(from.bad("an operation that no multi may have")),
        }
    }
}

impl MultiResult {
    /// What a part of an applied multi is told as.
    pub(super) fn of(applied: &Applied) -> MultiResult {
        match applied {
            Applied::Created { opcode, path, stat } => {
                let stat = (*opcode != opcode::CREATE).then_some(*stat);
                MultiResult::Created { path: path.clone(), stat }
            }
            Applied::Deleted => MultiResult::Deleted,
            Applied::Set(stat) => MultiResult::Set(*stat),
            Applied::Done => MultiResult::Checked,
            Applied::Error(code) => MultiResult::Error(*code),
            Applied::Multi(_) | Applied::Reconfigured { .. } => {
                unreachable!("a multi has none of these within")
            }
        }
    }

    fn opcode(&self) -> i32 {
        match self {
            MultiResult::Created { stat: None, .. } => opcode::CREATE,
            MultiResult::Created { stat: Some(_), .. } => opcode::CREATE2,
            MultiResult::Deleted => opcode::DELETE,
            MultiResult::Set(_) => opcode::SET_DATA,
            MultiResult::Checked => opcode::CHECK,
            MultiResult::Error(_) => opcode::ERROR,
        }
    }

    fn encode(&self, to: &mut Writer) {
        match self {
            MultiResult::Created { path, stat } => {
                write_header(self.opcode(), 0, to);
                to.string(path);
                stat.iter().for_each(|stat| encode_stat(stat, to));
            }
            MultiResult::Deleted | MultiResult::Checked => write_header(self.opcode(), 0, to),
            MultiResult::Set(stat) => {
                write_header(self.opcode(), 0, to);
                encode_stat(stat, to);
            }
            MultiResult::Error(error) => {
                write_header(self.opcode(), *error, to);
                to.int(*error);
            }
        }
    }

    fn decode(number: i32, from: &mut Reader) -> Result<MultiResult, Malformed> {
        Ok(match number {
            opcode::CREATE => MultiResult::Created { path: from.string()?, stat: None },
            opcode::CREATE2 => {
                MultiResult::Created { path: from.string()?, stat: Some(read_stat(from)?) }
            }
            opcode::DELETE => MultiResult::Deleted,
            opcode::SET_DATA => MultiResult::Set(read_stat(from)?),
            opcode::CHECK => MultiResult::Checked,
            opcode::ERROR => MultiResult::Error(from.int()?),
            _ => return Err(from.bad("a result that no multi has")),
        })
    }
}

/// Reads the reply: a result for each part.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    let mut results = Vec::new();
    while let Some(opcode) = read_header(from)? {
        results.push(MultiResult::decode(opcode, from)?);
    }
    Ok(Reply::Multi(results))
}

/// Puts the body of a reply into bytes.
pub(super) fn encode_results(results: &[MultiResult], to: &mut Writer) {
    results.iter().for_each(|result| result.encode(to));
    write_end(to);
}

/// The type in the header (`MultiHeader`) of the next part or result; `None` behind the last one.
pub(super) fn read_header(from: &mut Reader) -> Result<Option<i32>, Malformed> {
    let (opcode, done, _error) = (from.int()?, from.boolean()?, from.int()?);
    Ok(if done { None } else { Some(opcode) })
}

pub(super) fn write_header(opcode: i32, error: i32, to: &mut Writer) {
    to.int(opcode).boolean(false).int(error);
}

pub(super) fn write_end(to: &mut Writer) {
    to.int(-1).boolean(true).int(-1);
}
