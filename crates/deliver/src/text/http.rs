//! Handing a request over, and saying how far it came when it did not arrive.
//!
//! INVARIANT: a request is written once: no connection is used again, no redirect followed, no
//! failure tried again, since each could send a message twice.

use std::sync::Arc;
use std::time::Duration;

use placet_domain::delivery::Stage;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Error, Timeout};

use super::Request;

/// The most of an answer that is read.
const BODY_BYTES: u64 = 64 << 10;

/// How long each phase may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To find the provider, connect, and agree on encryption.
    pub connect: Duration,
    /// From there to the end of the answer.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(20),
        }
    }
}

/// What speaks HTTP.
#[derive(Clone)]
pub struct Client(Agent);

/// How a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// Nothing of it was written.
    NotSent(String),
    /// It may have arrived.
    Unknown(Stage, String),
}

impl Client {
    /// A client that trusts whom the operating system trusts, and asks no proxy.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        let system = rustls_native_certs::load_native_certs().certs;
        let roots: Vec<Certificate<'static>> = system
            .iter()
            .map(|one| Certificate::from_der(one.as_ref()).to_owned())
            .collect();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .user_agent("placet")
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_send_request(Some(patience.answer))
            .timeout_send_body(Some(patience.answer))
            .timeout_recv_response(Some(patience.answer))
            .timeout_recv_body(Some(patience.answer))
            .build();
        Self(Agent::new_with_config(config))
    }

    /// Writes a request once, and reads its answer: the status and what of the body came.
    ///
    /// # Errors
    ///
    /// How far it came.
    pub fn post(&self, request: &Request) -> Result<(u16, String), Failed> {
        let answer = self
            .0
            .post(&request.url)
            .header(request.header.0, &request.header.1)
            .header("Content-Type", request.content_type)
            .send(&request.body);
        read(answer)
    }

    /// Asks an address.
    ///
    /// # Errors
    ///
    /// How far it came.
    pub fn get(&self, url: &str, authorization: &str) -> Result<(u16, String), Failed> {
        read(
            self.0
                .get(url)
                .header("Authorization", authorization)
                .call(),
        )
    }
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, Error>) -> Result<(u16, String), Failed> {
    let mut answer = answer.map_err(|error| failed(&error))?;
    let status = answer.status().as_u16();
    // The status is the answer; a body that breaks off takes nothing back of it.
    let body = answer
        .body_mut()
        .with_config()
        .limit(BODY_BYTES)
        .lossy_utf8(true)
        .read_to_string();
    Ok((status, body.unwrap_or_default()))
}

/// Only what cannot have happened after the first byte was written counts as not sent.
fn failed(error: &Error) -> Failed {
    use std::io::ErrorKind;
    let is_before = match error {
        Error::HostNotFound | Error::ConnectionFailed | Error::BadUri(_) | Error::Tls(_) => true,
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        Error::Io(io) => matches!(
            io.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::AddrNotAvailable
        ),
        _ => false,
    };
    let why = error.to_string();
    if is_before {
        return Failed::NotSent(why);
    }
    let stage = match error {
        Error::Timeout(Timeout::SendRequest | Timeout::SendBody) => Stage::Content,
        _ => Stage::Answer,
    };
    Failed::Unknown(stage, why)
}
