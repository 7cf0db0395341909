//! TLS for clients: from PEM files to what accepts connections.

use super::error::Error;
use crate::server::{ClientAuth, Tls};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// What accepts connections as the configuration wants it.
pub(super) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, Error> {
    let key_store = Path::new(&tls.key_store);
    let wrong = |error: String| Error::file(key_store)(io::Error::other(error));
    let key = PrivateKeyDer::from_pem_file(key_store).map_err(|error| match error {
        PemError::NoItemsFound => wrong("no private key in it that is not encrypted".to_owned()),
        error => wrong(error.to_string()),
    })?;
    let chain = certificates(key_store)?;
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| wrong(error.to_string()))?;
    let builder = match (tls.client_auth, &tls.trust_store) {
        (ClientAuth::None, _) | (_, None) => builder.with_no_client_auth(),
        (client_auth, Some(trust_store)) => {
            let trusted = Arc::new(trusted(Path::new(trust_store))?);
            let verifier = WebPkiClientVerifier::builder_with_provider(trusted, provider);
            let verifier = match client_auth {
                ClientAuth::Want => verifier.allow_unauthenticated(),
                ClientAuth::Need | ClientAuth::None => verifier,
            };
            let verifier = verifier.build().map_err(|error| wrong(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(chain, key).map_err(|error| wrong(error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let wrong = |error: String| Error::file(file)(io::Error::other(error));
    let all = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let all = all.map_err(|error| wrong(error.to_string()))?;
    if all.is_empty() {
        return Err(wrong("no certificate in it".to_owned()));
    }
    Ok(all)
}

fn trusted(file: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        let added = roots.add(certificate);
        added.map_err(|error| Error::file(file)(io::Error::other(error)))?;
    }
    Ok(roots)
}
