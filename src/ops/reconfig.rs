//! `reconfig`: the ensemble gets other members.

use super::{Preparation, Reply, Settings};
use crate::base::{ErrorCode, ServerId, ZPath, Zxid};
use crate::tree::{Body, CONFIG, Record, perm};
use crate::wire::{Malformed, Member, Membership, Reader, Writer};

/// Asks for another configuration (`ReconfigRequest`): by what changes, or as a whole.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reconfig {
    /// `server.N=…` of those who come in or get another part, with commas between them.
    pub joining: Option<String>,
    /// The numbers of those who go, likewise.
    pub leaving: Option<String>,
    /// All who are in it, as lines or with commas. When this is there, the others do not count.
    pub members: Option<String>,
    /// Only when this configuration is in force; −1 for any.
    pub version: i64,
}

impl Reconfig {
    /// Puts it into bytes.
    pub fn encode(&self, to: &mut Writer) {
        for text in [&self.joining, &self.leaving, &self.members] {
            to.buffer(text.as_ref().map(String::as_bytes));
        }
        to.long(self.version);
    }

    /// Reads it.
    pub fn decode(from: &mut Reader) -> Result<Reconfig, Malformed> {
        let mut text = || {
            let bytes = from.buffer()?;
            Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
        };
        let (joining, leaving, members) = (text()?, text()?, text()?);
        Ok(Reconfig { joining, leaving, members, version: from.long()? })
    }

    /// The configuration that it asks for when `active` is in force; it has no version yet.
    pub fn upon(&self, active: &Membership, settings: &Settings) -> Result<Membership, ErrorCode> {
        if self.version != -1 && self.version != active.version.to_wire() {
            return Err(ErrorCode::BadVersion);
        }
        let next = match &self.members {
            Some(members) => whole(members)?,
            None => self.changed(active)?,
        };
        let least = if settings.standalone_enabled { 2 } else { 1 };
        if next.voters().count() < least {
            return Err(ErrorCode::BadArguments);
        }
        Ok(next)
    }

    /// First they go, then they come. Who goes need not have been there; who comes says all his
    /// addresses, and none of them is somebody else's.
    fn changed(&self, active: &Membership) -> Result<Membership, ErrorCode> {
        let mut members = active.members.clone();
        for leaving in parts(self.leaving.as_deref(), ',') {
            // A number out of range is one of nobody. (What is no number, 3.8 does not expect.)
            let number: i64 = leaving.parse().map_err(|_| ErrorCode::MarshallingError)?;
            u8::try_from(number).ok().and_then(|id| members.remove(&ServerId(id)));
        }
        for joining in parts(self.joining.as_deref(), ',') {
            let (id, member) = Member::of_line(joining).map_err(|_| ErrorCode::BadArguments)?;
            let others = members.iter().filter(|(other, _)| **other != id);
            let clash = others.map(|(_, other)| other).any(|other| shares_address(&member, other));
            if member.client.is_none() || clash {
                return Err(ErrorCode::BadArguments);
            }
            members.insert(id, member);
        }
        Ok(Membership { version: Zxid::ZERO, members })
    }

    /// Turns it into a transaction that brings `next`.
    pub fn prepare(&self, next: &Membership, leader: &mut Preparation) -> Result<Body, ErrorCode> {
        let own = leader.get(CONFIG).ok_or(ErrorCode::NoNode)?;
        leader.check_access(&own, perm::WRITE)?;
        let path = ZPath::parse(CONFIG).expect("the system's paths are valid");
        leader.put(path, Record { version: -1, ..own });
        let next = Membership { version: leader.zxid, members: next.members.clone() };
        Ok(Body::Reconfig { data: next.to_string().as_str().into() })
    }
}

fn whole(members: &str) -> Result<Membership, ErrorCode> {
    let lines: Vec<&str> = parts(Some(members), ',').flat_map(str::lines).collect();
    let next: Membership = lines.join("\n").parse().map_err(|_| ErrorCode::BadArguments)?;
    Ok(Membership { version: Zxid::ZERO, members: next.members })
}

fn parts(text: Option<&str>, separator: char) -> impl Iterator<Item = &str> {
    let parts = text.unwrap_or_default().split(separator).map(str::trim);
    parts.filter(|part| !part.is_empty())
}

/// `QuorumServer.checkAddressDuplicate`.
fn shares_address(one: &Member, other: &Member) -> bool {
    let of = |it: &Member| [Some(it.quorum.clone()), Some(it.election.clone()), it.client.clone()];
    let others = of(other);
    of(one).into_iter().flatten().any(|address| others.contains(&Some(address)))
}

/// Reads `GetDataResponse`: the new configuration.
pub(super) fn reply(from: &mut Reader) -> Result<Reply, Malformed> {
    super::get_data::reply(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Epoch;

    fn three() -> Membership {
        let ids = [1, 2, 3].map(ServerId);
        Membership { version: Zxid::new(Epoch(1), 4), ..Membership::named(&ids, &[]) }
    }

    #[track_caller]
    fn check(asked: &Reconfig, expected: Result<&[(u8, bool)], ErrorCode>) {
        let settings = Settings { standalone_enabled: false, ..Settings::default() };
        let found = asked
            .upon(&three(), &settings)
            .map(|it| it.members.iter().map(|(id, it)| (id.0, it.votes)).collect::<Vec<_>>());
        assert_eq!(found, expected.map(<[_]>::to_vec), "{asked:?}");
    }

    fn asks(joining: &str, leaving: &str) -> Reconfig {
        let text = |it: &str| (!it.is_empty()).then(|| it.to_owned());
        Reconfig { joining: text(joining), leaving: text(leaving), members: None, version: -1 }
    }

    /// Recorded from ZooKeeper 3.8.0.
    #[test]
    fn what_the_reference_makes_of_it() {
        use ErrorCode::{BadArguments, BadVersion, MarshallingError};
        let all = [(1, true), (2, true), (3, true)];
        check(&asks("", ""), Ok(&all));
        check(&asks("", "9"), Ok(&all));
        check(&asks("", "2, 3"), Ok(&all[..1]));
        check(&asks("", "nonsense"), Err(MarshallingError));
        check(&asks("nonsense", ""), Err(BadArguments));
        check(&asks("server.5=h:1:2:participant", ""), Err(BadArguments));
        check(&asks("server.5=h:1:2;3", ""), Ok(&[all[0], all[1], all[2], (5, true)]));
        check(
            &asks("server.3=s3:2888:3888:observer;s3:2181", ""),
            Ok(&[all[0], all[1], (3, false)]),
        );
        check(&asks("server.5=s3:2888:9;3", ""), Err(BadArguments));
        check(&asks("", "1,2,3"), Err(BadArguments));
        let version = Zxid::new(Epoch(1), 4).to_wire();
        check(&Reconfig { version, ..asks("", "") }, Ok(&all));
        check(&Reconfig { version: 5, ..asks("nonsense", "") }, Err(BadVersion));
        let whole = |text: &str| Reconfig { members: Some(text.into()), ..asks("nonsense", "1") };
        check(&whole("server.1=a:1:2;3,server.4=b:1:2:observer;3"), Ok(&[all[0], (4, false)]));
        check(&whole("server.1=a:1:2;3\nserver.4=b:1:2;3"), Ok(&[all[0], (4, true)]));
        check(&whole("server.1=x"), Err(BadArguments));
    }
}
