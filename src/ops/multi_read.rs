//! `multiRead`: several reads at one version of the tree. Each is answered for itself.

use super::multi::{read_header, write_end, write_header};
use super::serve::Reading;
use super::{GetChildren, GetData, Reply};
use crate::base::ErrorCode;
use crate::wire::{Malformed, Reader, Writer, encode_stat, opcode, read_stat};

/// So much data and names of children is answered at once, in bytes: a request of a megabyte may
/// ask for one znode fifty thousand times. ZooKeeper's own clients take four megabytes.
const ANSWER_MAX: usize = 32 << 20;

/// Several reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MultiRead {
    /// In the order in which they are answered.
    pub parts: Vec<Read>,
}

/// A read inside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Read {
    /// `getChildren`
    Children(GetChildren),
    /// `getData`
    Data(GetData),
}

impl MultiRead {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        for part in &self.parts {
            match part {
                Read::Children(it) => {
                    write_header(opcode::GET_CHILDREN, -1, to);
                    it.encode(to);
                }
                Read::Data(it) => {
                    write_header(opcode::GET_DATA, -1, to);
                    it.encode(to);
                }
            }
        }
        write_end(to);
    }

    /// Reads it. What is no read is malformed here.
    pub fn decode(from: &mut Reader) -> Result<MultiRead, Malformed> {
        let mut parts = Vec::new();
        while let Some(number) = read_header(from)? {
            parts.push(match number {
                opcode::GET_CHILDREN => Read::Children(GetChildren::decode(from)?),
                opcode::GET_DATA => Read::Data(GetData::decode(from)?),
                _ => return Err(from.bad("an operation that reads nothing")),
            });
        }
        Ok(MultiRead { parts })
    }

    /// Answers from a server's tree. Parts for which there is no room any more are refused.
    pub(super) fn read(&self, from: &Reading) -> Reply {
        let mut room = ANSWER_MAX;
        let mut fits = |reply: Reply| {
            room = room.checked_sub(size_of(&reply)).ok_or(ErrorCode::MarshallingError)?;
            Ok(reply)
        };
        let one = |part: &Read| match part {
            Read::Children(it) => it.read(from, false).and_then(&mut fits),
            Read::Data(it) => it.read(from).and_then(&mut fits),
        };
        let parts = self.parts.iter().map(one);
        Reply::MultiRead(parts.map(|it| it.map_err(|code| code.to_wire())).collect())
    }
}

/// About how many bytes a part's answer has.
fn size_of(reply: &Reply) -> usize {
    match reply {
        Reply::Children { children, .. } => children.iter().map(|name| name.len() + 4).sum(),
        Reply::Data { data, .. } => data.as_bytes().map_or(0, <[u8]>::len),
        other => unreachable!("{other:?} answers no read of several"),
    }
}

/// Puts the body of a reply into bytes.
pub(super) fn encode_results(results: &[Result<Reply, i32>], to: &mut Writer) {
    for result in results {
        match result {
            Ok(Reply::Children { children, .. }) => {
                write_header(opcode::GET_CHILDREN, 0, to);
                to.strings(children);
            }
            Ok(Reply::Data { data, stat }) => {
                write_header(opcode::GET_DATA, 0, to);
                to.buffer(data.as_bytes());
                encode_stat(stat, to);
            }
            Ok(other) => unreachable!("{other:?} answers no read of several"),
            Err(code) => {
                write_header(opcode::ERROR, *code, to);
                to.int(*code);
            }
        }
    }
    write_end(to);
}

/// Reads the reply: a result for each part.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    let mut results = Vec::new();
    while let Some(number) = read_header(from)? {
        results.push(match number {
            opcode::GET_CHILDREN => Ok(Reply::Children { children: from.strings()?, stat: None }),
            opcode::GET_DATA => Ok(Reply::Data { data: from.data()?, stat: read_stat(from)? }),
            opcode::ERROR => Err(from.int()?),
            _ => return Err(from.bad("a result of no read")),
        });
    }
    Ok(Reply::MultiRead(results))
}
