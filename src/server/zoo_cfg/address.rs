//! Hosts and ports, and the lines of members: `host:quorum:election[:role][;[host:]client]`.

use super::entries::{BadZooCfg, Entry};
use super::{Endpoint, Member};
use std::fmt;

/// What is accepted behind `server.N=`.
const FORM: &str = "host:quorumPort:electionPort[:participant][;[host:]clientPort]";

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The value of a line `server.N`.
pub(super) fn member(entry: &Entry) -> Result<Member, BadZooCfg> {
    parse(&entry.value).ok_or_else(|| entry.bad(FORM))
}

fn parse(value: &str) -> Option<Member> {
    let (servers, client) = match value.split_once(';') {
        Some((servers, client)) => (servers, Some(client)),
        None => (value, None),
    };
    let (host, rest) = host(servers)?;
    let mut rest = rest.split(':');
    let mut endpoint = || port(rest.next()?).map(|port| Endpoint { host: host.clone(), port });
    let (quorum, election) = (endpoint()?, endpoint()?);
    if !matches!((rest.next(), rest.next()), (None | Some("participant"), None)) {
        return None;
    }
    let client = match client {
        Some(text) => Some(client_endpoint(text)?),
        None => None,
    };
    Some(Member { quorum, election, client })
}

/// `port` or `host:port`; without a host on every address.
fn client_endpoint(text: &str) -> Option<Endpoint> {
    match port(text) {
        Some(port) => Some(Endpoint { host: "0.0.0.0".into(), port }),
        None => endpoint(text),
    }
}

/// `host:port`.
pub(super) fn endpoint(text: &str) -> Option<Endpoint> {
    let (host, rest) = host(text)?;
    Some(Endpoint { host, port: port(rest)? })
}

/// A host, in brackets where it is an IPv6 address, and what is behind its colon.
fn host(text: &str) -> Option<(String, &str)> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(text) => {
            let (host, rest) = text.split_once(']')?;
            (host, rest.strip_prefix(':')?)
        }
        None => text.split_once(':')?,
    };
    (!host.is_empty()).then(|| (host.to_owned(), rest))
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|&port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<[&str; 3]>) {
        let found = parse(value).map(|it| {
            let client = it.client.map_or("-".to_owned(), |it| it.to_string());
            [it.quorum.to_string(), it.election.to_string(), client]
        });
        let expected = expected.map(|it| it.map(str::to_owned));
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn lines_of_members() {
        check("zoo1:2888:3888", Some(["zoo1:2888", "zoo1:3888", "-"]));
        check("zoo1:2888:3888:participant", Some(["zoo1:2888", "zoo1:3888", "-"]));
        check("zoo1:2888:3888;2181", Some(["zoo1:2888", "zoo1:3888", "0.0.0.0:2181"]));
        check("zoo1:1:2:participant;h:3", Some(["zoo1:1", "zoo1:2", "h:3"]));
        check("[::1]:1:2;[::]:3", Some(["[::1]:1", "[::1]:2", "[::]:3"]));
        for wrong in
            ["", "zoo1", "zoo1:2888", "zoo1:0:1", "zoo1:1:70000", ":1:2", "[::1:1:2", "z:1:2;"]
        {
            check(wrong, None);
        }
    }
}
