//! Clients over TLS: who is served, who is not, and that the others do not notice.

use super::http::get;
use super::kit::{Client, Host, PATIENCE, connect, free_port, wait_for};
use menagerie::base::SessionId;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::fs;
use std::io::{self, Read, Write};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Who signs certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Authority(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A key and a certificate for it, as a PEM file has them.
    fn sign(&self, name: &str) -> String {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        format!("{}{}", key.serialize_pem(), certificate.pem())
    }
}

/// A server that takes clients over TLS, too, and on which port; started.
fn host(authority: &Authority, lines: &str) -> (Host, u16) {
    let mut host = Host::alone(lines);
    let port = free_port();
    let file = |name: &str, text: String| {
        let path = host.dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let key = file("key.pem", authority.sign("localhost"));
    let trusted = file("trusted.pem", authority.pem());
    host.configure(&format!(
        "secureClientPort={port}\nsecureClientPortAddress=127.0.0.1\n\
         ssl.keyStore.location={key}\nssl.trustStore.location={trusted}"
    ));
    host.start();
    host.client();
    (host, port)
}

/// What a client relies on, and what it shows.
fn config(trusted: &Authority, shown: Option<String>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    Arc::new(match shown {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let chain = vec![CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    })
}

fn client(port: u16, config: Arc<ClientConfig>) -> io::Result<Client> {
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    let stream = StreamOwned::new(connection, connect(port)?);
    Client::over(Box::new(stream), SessionId(0), vec![0; 16])
}

#[test]
fn a_client_is_served_over_tls() {
    let authority = Authority::new();
    let (host, port) = host(&authority, "ssl.clientAuth=none");
    let mut secure = client(port, config(&authority, None)).unwrap();
    assert_eq!(secure.create("/a", b"over TLS").unwrap().header.error, 0);
    assert_eq!(host.client().get("/a").unwrap().as_deref(), Some(&b"over TLS"[..]));
    // Larger than what TLS sends at a time, and than what is read at a time.
    let large = vec![7; 1_000_000];
    assert_eq!(secure.create("/large", &large).unwrap().header.error, 0);
    assert_eq!(secure.get("/large").unwrap(), Some(large));
}

#[test]
fn by_default_clients_show_certificates() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (_host, port) = host(&authority, "");
    let shown = Some(authority.sign("somebody"));
    let mut known = client(port, config(&authority, shown)).unwrap();
    assert_eq!(known.create("/a", b"").unwrap().header.error, 0);
    for shown in [None, Some(other.sign("somebody"))] {
        assert!(client(port, config(&authority, shown)).is_err());
    }
    assert_eq!(known.create("/b", b"").unwrap().header.error, 0, "it is still served");
}

#[test]
fn a_server_that_is_not_trusted_is_left() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (host, port) = host(&authority, "ssl.clientAuth=none");
    let error = client(port, config(&other, None)).err().expect("no session").to_string();
    assert!(error.contains("certificate"), "{error}");
    assert_eq!(host.client().create("/a", b"").unwrap().header.error, 0);
}

#[test]
fn those_who_come_over_tls_are_listed_apart() {
    let (authority, admin) = (Authority::new(), free_port());
    let lines = format!("ssl.clientAuth=none\nadmin.enableServer=true\nadmin.serverPort={admin}");
    let (host, port) = host(&authority, &lines);
    let secure = client(port, config(&authority, None)).unwrap();
    let plain = host.client();
    let connections = get(admin, "/commands/connections").json();
    for (list, client) in [("connections", plain), ("secure_connections", secure)] {
        let only = connections[list].as_array().unwrap();
        assert_eq!(only.len(), 1, "{connections}");
        assert_eq!(only[0]["session_id"], client.session.session.0);
    }
}

/// Whoever speaks no TLS on the secure port is sent away, whatever is said instead; nobody else is
/// disturbed, and nothing is left.
#[test]
fn plain_bytes_on_the_secure_port_end_the_connection() {
    let authority = Authority::new();
    let (host, port) = host(&authority, "ssl.clientAuth=none\n4lw.commands.whitelist=*");
    let mut secure = client(port, config(&authority, None)).unwrap();
    assert!(Client::open(port).is_err(), "a plain client has no session");
    for bytes in
        [&b"ruok"[..], b"GET / HTTP/1.1\r\n\r\n", &[0x16, 3, 1, 0xff, 0xff, 1, 2], &[0; 100]]
    {
        let mut stranger = connect(port).unwrap();
        stranger.write_all(bytes).unwrap();
        // Some of it may be the beginning of something; the rest of it never comes.
        stranger.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stranger.read_to_end(&mut answer);
        assert!(!answer.windows(4).any(|it| it == b"imok"), "no word is answered in the clear");
        assert_eq!(secure.create("/a", b"").map(|it| it.header.error % 110).unwrap(), 0);
    }
    wait_for("only those who are served", || {
        host.word("srvr").contains("Connections: 2\n").then_some(())
    });
}

#[test]
fn a_key_that_cannot_be_used_is_named() {
    for (text, expected) in [
        (None, "No such file"),
        (Some("nothing"), "no private key in it"),
        (Some("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "no certificate"),
    ] {
        let mut host = Host::alone("ssl.clientAuth=none");
        let key = host.dir.path().join("key.pem");
        text.map_or(Ok(()), |text| fs::write(&key, text)).unwrap();
        let at = format!("secureClientPort={}\nssl.keyStore.location", free_port());
        host.configure(&format!("{at}={}", key.display()));
        host.start();
        assert_eq!(host.ended().code(), Some(2));
        let said = host.said();
        assert!(said.contains("key.pem: ") && said.contains(expected), "{said}");
    }
}

/// A client that begins and does not go on is not waited for for ever.
#[test]
fn a_handshake_that_does_not_go_on_ends() {
    let authority = Authority::new();
    let (_host, port) = host(&authority, "ssl.clientAuth=none");
    let mut slow = connect(port).unwrap();
    slow.write_all(&[0x16]).unwrap();
    assert!(PATIENCE.as_secs() >= 30, "more than a handshake may take");
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"");
}
