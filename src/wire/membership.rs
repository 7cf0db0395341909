//! Who takes part and where, as text: the `server.N=…` lines of `zoo.cfg`, the content of
//! `/zookeeper/config`, what notifications and NEWLEADER carry (`QuorumServer`, `QuorumMaj`).

use super::endpoint::{client_endpoint, host, port};
use super::{Endpoint, Reader, opcode};
use crate::base::{ServerId, Zxid};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Session, xid, zxid and time, before the type.
const HEADER_BYTES: usize = 28;

/// A configuration of the ensemble.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Membership {
    /// The transaction that brought it; zero for what the servers were started with.
    pub version: Zxid,
    /// Everybody who is in it.
    pub members: BTreeMap<ServerId, Member>,
}

/// One server of a configuration: what stands behind `server.N=`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Where learners connect to it, while it leads.
    pub quorum: Endpoint,
    /// Where others connect to it for elections.
    pub election: Endpoint,
    /// Whether it votes; otherwise it observes.
    pub votes: bool,
    /// Where clients connect, if the line says so.
    pub client: Option<Endpoint>,
}

impl Membership {
    /// An ensemble of these voters and observers in a network that finds servers by their names.
    pub fn named(voters: &[ServerId], observers: &[ServerId]) -> Membership {
        let voters = voters.iter().map(|&id| (id, Member::named(id, true)));
        let observers = observers.iter().map(|&id| (id, Member::named(id, false)));
        Membership { version: Zxid::ZERO, members: voters.chain(observers).collect() }
    }

    /// The configuration that a transaction brings, if it brings one: the content of
    /// `/zookeeper/config` behind a header of type `reconfig`.
    pub fn brought_by(transaction: &[u8]) -> Option<Membership> {
        let mut from = Reader::new(transaction);
        from.skip(HEADER_BYTES).ok()?;
        if from.int().ok()? != opcode::RECONFIG {
            return None;
        }
        from.string().ok()?;
        Membership::of_bytes(from.buffer().ok()??)
    }

    /// The configuration that these bytes describe; `None` when they describe none, or one of
    /// nobody.
    pub fn of_bytes(bytes: &[u8]) -> Option<Membership> {
        std::str::from_utf8(bytes).ok()?.parse().ok().filter(Membership::is_whole)
    }

    /// Whether anybody votes in it.
    pub fn is_whole(&self) -> bool {
        self.voters().next().is_some()
    }

    /// Those who vote, in ascending order.
    pub fn voters(&self) -> impl Iterator<Item = ServerId> + Clone {
        self.members.iter().filter(|(_, it)| it.votes).map(|(&id, _)| id)
    }

    /// Those who are in it and do not vote, in ascending order.
    pub fn observers(&self) -> impl Iterator<Item = ServerId> + Clone {
        self.members.iter().filter(|(_, it)| !it.votes).map(|(&id, _)| id)
    }

    /// Whether this server votes.
    pub fn votes(&self, id: ServerId) -> bool {
        self.members.get(&id).is_some_and(|it| it.votes)
    }

    /// Whether this server is in it as an observer.
    pub fn observes(&self, id: ServerId) -> bool {
        self.members.get(&id).is_some_and(|it| !it.votes)
    }
}

/// One line for each server, then the version.
impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.members.iter().try_for_each(|(id, it)| writeln!(f, "server.{}={it}", id.0))?;
        write!(f, "version={:x}", self.version.to_wire())
    }
}

/// Without a version it is zero. Other lines, as `zoo.cfg` has them, are no part of it.
impl FromStr for Membership {
    type Err = String;
    fn from_str(text: &str) -> Result<Membership, String> {
        let mut all = Membership::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let expected = || format!("`{line}`: expected `server.N=…` or `version=…`");
            let (key, value) = line.split_once('=').ok_or_else(expected)?;
            if key.trim() == "version" {
                let version = i64::from_str_radix(value.trim(), 16).map_err(|_| expected())?;
                all.version = Zxid::from_wire(version);
                continue;
            }
            let (id, member) = Member::of_line(line)?;
            if all.members.insert(id, member).is_some() {
                return Err(format!("`server.{}` stands there twice", id.0));
            }
        }
        Ok(all)
    }
}

/// What is accepted behind `server.N=`.
const FORM: &str = "host:quorumPort:electionPort[:participant|:observer][;[host:]clientPort]";

impl Member {
    fn named(id: ServerId, votes: bool) -> Member {
        let at = |port| Endpoint { host: id.to_string(), port };
        Member { quorum: at(2888), election: at(3888), votes, client: Some(at(2181)) }
    }

    /// A line `server.N=…`.
    pub fn of_line(line: &str) -> Result<(ServerId, Member), String> {
        let expected = || format!("`{line}`: expected `server.N=…` with N from 1 to 254");
        let (key, value) = line.split_once('=').ok_or_else(expected)?;
        let number = key.trim().strip_prefix("server.").ok_or_else(expected)?;
        let id = ServerId::of_config(number).ok_or_else(expected)?;
        Ok((id, value.trim().parse().map_err(|expected| format!("`{line}`: {expected}"))?))
    }

    fn parse(text: &str) -> Option<Member> {
        let (servers, client) = match text.split_once(';') {
            Some((servers, client)) => (servers, Some(client)),
            None => (text, None),
        };
        let (host, rest) = host(servers)?;
        let mut rest = rest.split(':');
        let mut endpoint = || port(rest.next()?).map(|port| Endpoint { host: host.clone(), port });
        let (quorum, election) = (endpoint()?, endpoint()?);
        let votes = match (rest.next().map(str::to_ascii_lowercase).as_deref(), rest.next()) {
            (None | Some("participant"), None) => true,
            (Some("observer"), None) => false,
            _ => return None,
        };
        let client = match client {
            Some(text) => Some(client_endpoint(text)?),
            None => None,
        };
        Some(Member { quorum, election, votes, client })
    }
}

impl FromStr for Member {
    type Err = String;
    fn from_str(text: &str) -> Result<Member, String> {
        Member::parse(text).ok_or_else(|| format!("expected {FORM}"))
    }
}

/// As `QuorumServer.toString` has it: the role always said, the client's host too.
impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Member { quorum, election, votes, client } = self;
        let role = if *votes { "participant" } else { "observer" };
        write!(f, "{quorum}:{}:{role}", election.port)?;
        client.as_ref().map_or(Ok(()), |client| write!(f, ";{client}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back() {
        let text = "server.1=one:2888:3888:participant;0.0.0.0:2181\n\
                    server.2=[::1]:2888:3888:observer;[::1]:2182\n\
                    server.3=10.0.0.3:1:2:participant\n\
                    version=100000000";
        let membership: Membership = text.parse().unwrap();
        assert_eq!(membership.to_string(), text);
        assert_eq!(membership.voters().map(|it| it.0).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(membership.observers().map(|it| it.0).collect::<Vec<_>>(), [2]);
        assert_eq!(membership.version.to_string(), "1:0");
    }

    #[test]
    fn short_forms_are_written_out() {
        let membership: Membership = "server.1=one:1:2;2181".parse().unwrap();
        assert_eq!(membership.to_string(), "server.1=one:1:2:participant;0.0.0.0:2181\nversion=0");
    }

    #[test]
    fn mistakes_are_told() {
        for text in [
            "server.0=one:1:2",
            "server.255=one:1:2",
            "server.x=one:1:2",
            "server.1=one:1",
            "server.1=:1:2",
            "server.1=one:1:70000",
            "server.1=one:1:2:leader",
            "server.1=one:1:2|two:1:2",
            "server.1=one:1:2;",
            "server.1=one:1:2\nserver.1=two:1:2",
            "server.1=one:0:2",
            "server.1=[::1:1:2",
            "server.1=one:1:2\nversion=-x",
            "tickTime=2000",
            "hello",
        ] {
            assert!(text.parse::<Membership>().is_err(), "{text}");
        }
    }
}
