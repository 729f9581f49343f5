//! What is asked of a connection, in libpq's words, so that a URL means here what it means to PostgreSQL's own programs.
//!
//! | `sslmode` | |
//! |---|---|
//! | `disable` | plain |
//! | `prefer` | encrypted if the server can, whoever it is; the default, but for servers on this machine |
//! | `require` | encrypted, whoever the server is; with `sslrootcert` as `verify-ca` |
//! | `verify-ca` | encrypted, and the server's certificate is signed by a root that is trusted |
//! | `verify-full` | the same, and the certificate is for the host that was asked for |
//!
//! `sslrootcert` names a file of roots in PEM; without it, or as `system`, those of the operating system are trusted.

use crate::error::{StoreError, StoreResult};
use deadpool_postgres::tokio_postgres::Config;
use deadpool_postgres::tokio_postgres::config::{Host, SslMode};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use std::sync::Arc;
use tokio_postgres_rustls_improved::MakeRustlsConnect;

/// What a URL asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    mode: Option<Mode>,
    /// A file, or `system`.
    roots: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Wanted {
    /// Takes `sslmode` and `sslrootcert` out of the URL's query; the driver does not know all of them.
    pub fn split(url: &str) -> StoreResult<(String, Wanted)> {
        let mut wanted = Wanted::default();
        let Some((base, query)) = url.split_once('?') else {
            return Ok((url.to_owned(), wanted));
        };
        let mut rest = Vec::new();
        for part in query.split('&') {
            match part.split_once('=') {
                Some(("sslmode", mode)) => wanted.mode = Some(Mode::parse(mode)?),
                Some(("sslrootcert", roots)) => wanted.roots = Some(decoded(roots)),
                _ => rest.push(part),
            }
        }
        let rest = rest.join("&");
        let url = if rest.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{rest}")
        };
        Ok((url, wanted))
    }

    /// Sets the driver's mode; `None` for a plain connection.
    pub fn tls(&self, config: &mut Config) -> StoreResult<Option<MakeRustlsConnect>> {
        let mode = self.mode.unwrap_or(if is_here(config) {
            Mode::Disable
        } else {
            Mode::Prefer
        });
        let trust = match (mode, &self.roots) {
            (Mode::Disable, _) => {
                config.ssl_mode(SslMode::Disable);
                return Ok(None);
            }
            (Mode::Prefer, _) | (Mode::Require, None) => Trust::Anybody,
            (Mode::Require, Some(_)) | (Mode::VerifyCa, _) => Trust::Signed,
            (Mode::VerifyFull, _) => Trust::Named,
        };
        config.ssl_mode(match mode {
            Mode::Prefer => SslMode::Prefer,
            _ => SslMode::Require,
        });
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(trust, self.roots.as_deref(), &provider)?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unavailable(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Some(MakeRustlsConnect::new(client)))
    }
}

impl Mode {
    fn parse(text: &str) -> StoreResult<Mode> {
        Ok(match text {
            "disable" => Mode::Disable,
            "allow" | "prefer" => Mode::Prefer,
            "require" => Mode::Require,
            "verify-ca" => Mode::VerifyCa,
            "verify-full" => Mode::VerifyFull,
            other => {
                return Err(StoreError::Unavailable(format!(
                    "sslmode={other}: it is disable, prefer, require, verify-ca or verify-full"
                )));
            }
        })
    }
}

/// Whether the server is on this machine, where nobody listens in.
fn is_here(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            let address = name.parse::<std::net::IpAddr>();
            name == "localhost" || address.is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Anybody,
    /// Whose certificate a trusted root signed, whatever its name.
    Signed,
    /// The same, under the name that was asked for.
    Named,
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    /// `None` where anybody is trusted.
    chain: Option<Arc<WebPkiServerVerifier>>,
}

impl Verifier {
    fn new(
        trust: Trust,
        roots: Option<&str>,
        provider: &Arc<CryptoProvider>,
    ) -> StoreResult<Verifier> {
        let chain = match trust {
            Trust::Anybody => None,
            Trust::Signed | Trust::Named => {
                let store = Arc::new(trusted(roots)?);
                let built =
                    WebPkiServerVerifier::builder_with_provider(store, provider.clone()).build();
                Some(built.map_err(|error| unavailable(&error))?)
            }
        };
        Ok(Verifier {
            trust,
            provider: provider.clone(),
            chain,
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        match chain.verify_server_cert(certificate, between, name, ocsp, now) {
            // The chain is checked before the name.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.trust == Trust::Signed => Ok(ServerCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn trusted(roots: Option<&str>) -> StoreResult<RootCertStore> {
    let mut store = RootCertStore::empty();
    match roots {
        None | Some("system") => {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
        }
        Some(path) => {
            let said = |error: &dyn std::fmt::Display| {
                StoreError::Unavailable(format!("sslrootcert={path}: {error}"))
            };
            let found = CertificateDer::pem_file_iter(path).map_err(|error| said(&error))?;
            for certificate in found {
                let certificate = certificate.map_err(|error| said(&error))?;
                store.add(certificate).map_err(|error| said(&error))?;
            }
        }
    }
    if store.is_empty() {
        let place = roots.unwrap_or("system");
        return Err(StoreError::Unavailable(format!(
            "sslrootcert={place}: there is no root certificate to trust"
        )));
    }
    Ok(store)
}

/// `%2F` and the like; what is no such code stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = (*first == b'%')
            .then(|| behind.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn unavailable(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_url_says_what_is_asked_of_the_connection() {
        let (url, wanted) = Wanted::split(
            "postgres://h/d?sslmode=verify-full&connect_timeout=3&sslrootcert=%2Fca.pem",
        )
        .unwrap();
        assert_eq!(url, "postgres://h/d?connect_timeout=3");
        assert_eq!(wanted.mode, Some(Mode::VerifyFull));
        assert_eq!(wanted.roots.as_deref(), Some("/ca.pem"));
        assert_eq!(
            Wanted::split("postgres://h/d").unwrap().1,
            Wanted::default()
        );
        assert!(Wanted::split("postgres://h/d?sslmode=maybe").is_err());
    }

    #[test]
    fn only_servers_elsewhere_are_asked_for_encryption_unasked() {
        for (url, here) in [
            ("postgres://127.0.0.1/d", true),
            ("postgres://localhost/d", true),
            ("postgres:///d?host=/run/postgresql", true),
            ("postgres://db.example.com/d", false),
        ] {
            assert_eq!(is_here(&url.parse().unwrap()), here, "{url}");
        }
    }
}
