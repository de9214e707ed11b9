//! Where mail is handed over, and on what terms.

use std::path::PathBuf;
use std::time::Duration;

/// Whether the conversation is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsPolicy {
    /// Never: for a relay on this machine.
    None,
    /// When the relay offers it; its certificate is checked even so.
    Opportunistic,
    /// Always by `STARTTLS`; a relay that does not offer it gets no mail.
    #[default]
    Required,
    /// From the first byte (port 465).
    Implicit,
}

impl TlsPolicy {
    /// Every policy with its word in the configuration.
    pub const ALL: [(Self, &str); 4] = [
        (Self::None, "none"),
        (Self::Opportunistic, "opportunistic"),
        (Self::Required, "required"),
        (Self::Implicit, "implicit"),
    ];

    /// The policy of this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, name)| *name == word)
            .map(|(policy, _)| policy)
    }
}

/// A login at the relay.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The login name.
    pub login: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// How long each phase may take in all (RFC 5321, 4.5.3.2, shortened where people wait).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// From the connection to the greeting.
    pub greeting: Duration,
    /// For `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `RSET`, `QUIT`.
    pub command: Duration,
    /// From `DATA` to the leave to go on.
    pub data: Duration,
    /// To write the content.
    pub content: Duration,
    /// From the final dot to the answer. Long: giving up here makes an unknown.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_secs(60),
            command: Duration::from_secs(60),
            data: Duration::from_secs(120),
            content: Duration::from_secs(180),
            answer: Duration::from_secs(600),
        }
    }
}

/// One relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Name or address; the certificate must carry it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether the conversation is encrypted.
    pub tls: TlsPolicy,
    /// Certificates to trust instead of the operating system's, as PEM.
    pub ca_file: Option<PathBuf>,
    /// The login, when the relay wants one.
    pub credentials: Option<Credentials>,
    /// Our own name in `EHLO`.
    pub hello: String,
    /// How long each phase may take.
    pub timeouts: Timeouts,
}

impl Relay {
    /// A relay without login; TLS is required unless it is on this machine.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        let here = matches!(host, "localhost" | "127.0.0.1" | "::1");
        Self {
            host: host.to_owned(),
            port,
            tls: if here {
                TlsPolicy::None
            } else {
                TlsPolicy::Required
            },
            ca_file: None,
            credentials: None,
            hello: "localhost".to_owned(),
            timeouts: Timeouts::default(),
        }
    }
}
