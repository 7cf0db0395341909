//! Hosts and ports, as configurations write them.

use std::fmt;

/// A host, by name or number, and a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// `port` or `host:port`; without a host on every address.
pub(super) fn client_endpoint(text: &str) -> Option<Endpoint> {
    match port(text) {
        Some(port) => Some(Endpoint { host: "0.0.0.0".into(), port }),
        None => endpoint(text),
    }
}

/// `host:port`.
fn endpoint(text: &str) -> Option<Endpoint> {
    let (host, rest) = host(text)?;
    Some(Endpoint { host, port: port(rest)? })
}

/// A host, in brackets where it is an IPv6 address, and what is behind its colon.
pub(super) fn host(text: &str) -> Option<(String, &str)> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(text) => {
            let (host, rest) = text.split_once(']')?;
            (host, rest.strip_prefix(':')?)
        }
        None => text.split_once(':')?,
    };
    (!host.is_empty()).then(|| (host.to_owned(), rest))
}

/// A port's number; 0 is none.
pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|&port| port > 0)
}
