//! One request, one answer: no redirect is followed, no proxy asked, and nobody is waited for without end.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::header::{AUTHORIZATION, CONTENT_ENCODING, LOCATION, RETRY_AFTER};
use ureq::http::{HeaderMap, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Error};

use super::Failed;

/// How long each part may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To find the server, connect, and agree on encryption.
    pub connect: Duration,
    /// From there to the head of an answer.
    pub answer: Duration,
    /// Between two pieces of an answer.
    pub piece: Duration,
    /// For one whole file; every other request is over after `answer`.
    pub file: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(120),
            piece: Duration::from_secs(120),
            file: Duration::from_secs(12 * 60 * 60),
        }
    }
}

/// The most of an answer that is no file.
const ANSWER_BYTES: u64 = 16 << 20;
/// The longest wait that a server can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// What speaks HTTP.
#[derive(Clone)]
pub(super) struct Http {
    agent: Agent,
    patience: Patience,
}

impl Http {
    /// Trusts whom the operating system trusts.
    pub(super) fn new(patience: Patience) -> Self {
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
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_send_request(Some(patience.answer))
            .timeout_send_body(Some(patience.answer))
            .timeout_recv_response(Some(patience.answer))
            .timeout_recv_body(Some(patience.file))
            .timeout_per_read(Some(patience.piece))
            .build();
        Self {
            agent: Agent::new_with_config(config),
            patience,
        }
    }

    /// Asks an address for something short.
    pub(super) fn get(
        &self,
        url: &str,
        accept: &str,
        token: Option<&str>,
        more: &[(&str, &str)],
    ) -> Result<Answer, Failed> {
        self.ask(url, accept, token, more, Some(self.patience.answer))
    }

    /// Asks an address for a file, which may take its time.
    pub(super) fn get_file(
        &self,
        url: &str,
        accept: &str,
        token: Option<&str>,
    ) -> Result<Answer, Failed> {
        self.ask(url, accept, token, &[], None)
    }

    fn ask(
        &self,
        url: &str,
        accept: &str,
        token: Option<&str>,
        more: &[(&str, &str)],
        whole: Option<Duration>,
    ) -> Result<Answer, Failed> {
        let mut request = self
            .agent
            .get(url)
            .config()
            .timeout_global(whole)
            .build()
            .header("Accept", accept);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        request
            .call()
            .map(Answer)
            .map_err(|error| unreachable(&error))
    }

    /// Takes a thing away.
    pub(super) fn delete(&self, url: &str, token: &str) -> Result<Answer, Failed> {
        let request = self
            .agent
            .delete(url)
            .config()
            .timeout_global(Some(self.patience.answer))
            .build()
            .header(AUTHORIZATION, format!("Bearer {token}"));
        request
            .call()
            .map(Answer)
            .map_err(|error| unreachable(&error))
    }

    /// Sends a form.
    pub(super) fn post(&self, url: &str, form: &[(&str, &str)]) -> Result<Answer, Failed> {
        let request = self
            .agent
            .post(url)
            .config()
            .timeout_global(Some(self.patience.answer))
            .build()
            .header("Accept", "application/json");
        let sent = request.send_form(form.iter().copied());
        sent.map(Answer).map_err(|error| unreachable(&error))
    }
}

/// What went wrong on the way, without what was on the way.
fn unreachable(error: &Error) -> Failed {
    let says = match error {
        Error::HostNotFound => "the server's name is not known here",
        Error::ConnectionFailed => "the server does not answer",
        Error::Timeout(_) => "the server takes too long to answer",
        Error::Tls(_) | Error::Rustls(_) => {
            "the server's certificate is not trusted here: install its authority's in the operating system"
        }
        Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => {
            "nobody listens at the server's address"
        }
        Error::Io(_) => "the connection to the server broke off",
        _ => "the server does not speak HTTP as it should",
    };
    Failed::later(says, None)
}

/// The answer of a server, whatever its status.
pub(super) struct Answer(Response<Body>);

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    }

    pub(super) fn location(&self) -> Option<&str> {
        self.header(LOCATION.as_str())
    }

    pub(super) fn is_packed(&self) -> bool {
        self.header(CONTENT_ENCODING.as_str())
            .is_some_and(|how| how != "identity")
    }

    /// After how long the server wants to be asked again.
    pub(super) fn retry_after(&self, now: placet_domain::time::Timestamp) -> Option<Duration> {
        let said = self.header(RETRY_AFTER.as_str())?.trim();
        let wait = match said.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let at = jiff::fmt::rfc2822::DateTimeParser::new()
                    .parse_timestamp(said)
                    .ok()?;
                let seconds = at.as_second().saturating_sub(now.as_second());
                Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
            }
        };
        Some(wait.clamp(Duration::from_secs(1), LONGEST_WAIT))
    }

    /// The whole body, when it is no file.
    pub(super) fn text(mut self) -> Result<String, Failed> {
        let body = self
            .0
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES)
            .read_to_string();
        body.map_err(|error| match error {
            Error::BodyExceedsLimit(_) => Failed::never("the server's answer is too long"),
            Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
                Failed::never("the server's answer is not UTF-8")
            }
            _ => Failed::later("the server's answer broke off", None),
        })
    }

    /// The body as a stream.
    pub(super) fn stream(self) -> ureq::BodyReader<'static> {
        self.0.into_body().into_reader()
    }
}
