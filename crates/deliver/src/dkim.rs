//! DKIM signatures (RFC 6376, RFC 8463): relaxed header and body, RSA-2048 and Ed25519 side by
//! side.
//!
//! The body is hashed once for all signatures of a message.
//!
//! INVARIANT: what is signed is what is sent; a signature is put before the content and nothing
//! after it changes.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use placet_domain::signing::Algorithm;
use placet_domain::time::Timestamp;

#[cfg(test)]
mod tests;

/// What is signed when it stands in a message; the first three twice, so that none can be added.
const SIGNED: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "mime-version",
    "content-type",
];
const OVERSIGNED: &[&str] = &["from", "to", "subject"];

enum Secret {
    Rsa(Box<rsa::KeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// One key that signs.
pub struct Key {
    domain: String,
    selector: String,
    secret: Secret,
}

/// A key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signing key {selector} of {domain} cannot be read: end it and make another")]
pub struct BadKey {
    domain: String,
    selector: String,
}

impl Key {
    /// A key from its PKCS #8 form.
    ///
    /// # Errors
    ///
    /// [`BadKey`].
    pub fn new(
        domain: &str,
        selector: &str,
        algorithm: Algorithm,
        pkcs8: &[u8],
    ) -> Result<Self, BadKey> {
        let secret = match algorithm {
            Algorithm::Rsa => rsa::KeyPair::from_pkcs8(pkcs8)
                .ok()
                .map(|key| Secret::Rsa(Box::new(key))),
            Algorithm::Ed25519 => Ed25519KeyPair::from_pkcs8(pkcs8)
                .ok()
                .map(|key| Secret::Ed25519(Box::new(key))),
        };
        let (domain, selector) = (domain.to_ascii_lowercase(), selector.to_owned());
        match secret {
            Some(secret) => Ok(Self {
                domain,
                selector,
                secret,
            }),
            None => Err(BadKey { domain, selector }),
        }
    }

    fn algorithm(&self) -> &'static str {
        match self.secret {
            Secret::Rsa(_) => "rsa-sha256",
            Secret::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, said: &[u8]) -> Option<Vec<u8>> {
        match &self.secret {
            Secret::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    said,
                    &mut signature,
                )
                .ok()?;
                Some(signature)
            }
            // RFC 8463, 3: the hash of what is said, not its text.
            Secret::Ed25519(key) => {
                let hash = digest(&SHA256, said);
                Some(key.sign(hash.as_ref()).as_ref().to_vec())
            }
        }
    }
}

/// Every key that signs now.
#[derive(Default, Clone)]
pub struct Signers(Arc<Vec<Key>>);

impl Signers {
    /// These keys.
    #[must_use]
    pub fn new(keys: Vec<Key>) -> Self {
        Self(Arc::new(keys))
    }

    /// The header lines to put before a message from this domain; empty when no key is its.
    #[must_use]
    pub fn sign(&self, domain: &str, content: &[u8], at: Timestamp) -> Vec<u8> {
        let domain = domain.to_ascii_lowercase();
        let keys: Vec<&Key> = self.0.iter().filter(|key| key.is_for(&domain)).collect();
        if keys.is_empty() {
            return Vec::new();
        }
        let (headers, body) = split(content);
        let body_hash = STANDARD.encode(digest(&SHA256, &relaxed_body(body)).as_ref());
        let fields = fields(headers);
        let mut out = Vec::new();
        for key in keys {
            if let Some(header) = header(key, &fields, &body_hash, at) {
                out.extend_from_slice(&header);
            }
        }
        out
    }
}

impl Key {
    /// A key signs for its domain and for names below it (relaxed alignment).
    fn is_for(&self, domain: &str) -> bool {
        domain == self.domain
            || domain
                .strip_suffix(&self.domain)
                .is_some_and(|rest| rest.ends_with('.'))
    }
}

/// Header and body, without the empty line between them.
fn split(content: &[u8]) -> (&[u8], &[u8]) {
    let at = content.windows(4).position(|four| four == b"\r\n\r\n");
    match at {
        Some(at) => (
            content.get(..at + 2).unwrap_or_default(),
            content.get(at + 4..).unwrap_or_default(),
        ),
        None => (content, &[]),
    }
}

/// Every field: its name in lower case and its line as relaxed signing reads it.
fn fields(headers: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(headers);
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.split("\r\n").filter(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = found.last_mut() {
                value.push(' ');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            found.push((name.trim().to_ascii_lowercase(), value.to_owned()));
        }
    }
    for (_, value) in &mut found {
        *value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    }
    found
}

fn header(
    key: &Key,
    fields: &[(String, String)],
    body_hash: &str,
    at: Timestamp,
) -> Option<Vec<u8>> {
    let mut said = String::new();
    let mut names: Vec<&str> = Vec::new();
    for name in SIGNED {
        // Of several fields of one name the last is signed first (RFC 6376, 5.4.2).
        for (_, value) in fields.iter().rev().filter(|(field, _)| field == name) {
            names.push(name);
            said.push_str(&format!("{name}:{value}\r\n"));
        }
        if OVERSIGNED.contains(name) {
            names.push(name);
        }
    }
    let value = format!(
        "v=1; a={}; c=relaxed/relaxed; d={};\r\n s={}; t={};\r\n h={};\r\n bh={body_hash};\r\n b=",
        key.algorithm(),
        key.domain,
        key.selector,
        at.as_second(),
        folded(&names.join(":")),
    );
    let relaxed: Vec<&str> = value.split_ascii_whitespace().collect();
    said.push_str(&format!("dkim-signature:{}", relaxed.join(" ")));
    let signature = STANDARD.encode(key.sign(said.as_bytes())?);
    let mut out = format!("DKIM-Signature: {value}").into_bytes();
    for (number, chunk) in signature.as_bytes().chunks(70).enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\r\n  ");
        }
        out.extend_from_slice(chunk);
    }
    out.extend_from_slice(b"\r\n");
    Some(out)
}

/// Breaks a list of names at its colons.
fn folded(names: &str) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for name in names.split_inclusive(':') {
        if column + name.len() > 68 {
            out.push_str("\r\n  ");
            column = 0;
        }
        out.push_str(name);
        column += name.len();
    }
    out
}

/// RFC 6376, 3.4.4: white space at line ends goes, runs of it become one space, empty lines at
/// the end go.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 2);
    let mut n_empty = 0;
    let body = body.strip_suffix(b"\r\n").unwrap_or(body);
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let start = out.len();
        let mut is_space = false;
        let mut wrote = false;
        let pending = |out: &mut Vec<u8>, n: &mut u32| {
            for _ in 0..*n {
                out.extend_from_slice(b"\r\n");
            }
            *n = 0;
        };
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                is_space = true;
                continue;
            }
            if !wrote {
                pending(&mut out, &mut n_empty);
                wrote = true;
            }
            if is_space {
                out.push(b' ');
                is_space = false;
            }
            out.push(*byte);
        }
        if wrote {
            out.extend_from_slice(b"\r\n");
        } else {
            out.truncate(start);
            n_empty += 1;
        }
    }
    out
}
