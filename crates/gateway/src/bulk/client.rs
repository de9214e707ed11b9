//! The words that are spoken with a server, one request each.

use std::io::Read;
use std::time::Duration;

use placet_domain::server::{FetchFile, Origin, ServerKey, Setup};
use placet_domain::time::{Span, Timestamp};
use serde::Deserialize;

use super::http::{Answer, Http};
use super::manifest::{self, Manifest};
use super::{Again, Failed, Patience, files, key, words};

const FHIR: &str = "application/fhir+json";

/// A server as it is asked now.
pub struct Client<'c> {
    http: Http,
    setup: &'c Setup,
    now: Timestamp,
}

/// Leave to ask, for a while.
#[derive(Clone)]
pub struct Token {
    value: String,
    /// Until when it surely counts.
    pub until: Timestamp,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token(until {})", self.until)
    }
}

/// What a server says of an export under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Ask again; after so long, when the server says it.
    NotYet(Option<Duration>),
    /// Its files.
    Ready(Manifest),
}

#[derive(Deserialize)]
struct Discovered {
    token_endpoint: String,
    #[serde(default)]
    capabilities: Vec<String>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
}

impl<'c> Client<'c> {
    /// Asks by this setup, at this instant.
    #[must_use]
    pub fn new(setup: &'c Setup, patience: Patience, now: Timestamp) -> Self {
        Self {
            http: Http::new(patience),
            setup,
            now,
        }
    }

    /// Where tokens are given out, and whether the second version of scopes is spoken there.
    fn token_url(&self) -> Result<(String, bool), Failed> {
        if !self.setup.token_url.is_empty() {
            return Ok((self.setup.token_url.clone(), true));
        }
        let url = format!("{}/.well-known/smart-configuration", self.setup.url);
        let answer = self.http.get(&url, "application/json", None, &[])?;
        if answer.status() != 200 {
            return Err(self.failed("its SMART configuration", answer));
        }
        let found: Discovered = serde_json::from_str(&answer.text()?).map_err(|_| {
            Failed::never(
                "the server does not say where it gives out tokens: give the address in its setup",
            )
        })?;
        self.setup
            .own(&found.token_endpoint)
            .map_err(Failed::never)?;
        let is_second = !found.capabilities.iter().any(|one| one == "permission-v1")
            || found.capabilities.iter().any(|one| one == "permission-v2");
        Ok((found.token_endpoint, is_second))
    }

    /// Gets leave to ask, by an assertion that `key` signs; `nonce` is never the same.
    ///
    /// # Errors
    ///
    /// When the server gives none.
    pub fn token(&self, key: &ServerKey, secret: &[u8], nonce: &str) -> Result<Token, Failed> {
        let (url, is_second) = self.token_url()?;
        let assertion = key::assertion(key, secret, &self.setup.client_id, &url, self.now, nonce)
            .map_err(|error| Failed::never(error.to_string()))?;
        let answer = self.http.post(
            &url,
            &[
                ("grant_type", "client_credentials"),
                ("scope", &self.setup.asked_scopes(is_second)),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ),
                ("client_assertion", &assertion),
            ],
        )?;
        match answer.status() {
            200 => self.granted(&answer.text()?),
            400 | 401 | 403 => {
                let denied = serde_json::from_str::<Denied>(&answer.text()?).map(|it| it.error);
                let is_code = |code: &String| words::OAUTH.contains(&code.as_str());
                let code = denied
                    .ok()
                    .filter(is_code)
                    .unwrap_or_else(|| "no reason given".to_owned());
                Err(Failed::never(format!(
                    "the server gives us no token ({code}): compare the client id, the key it knows and what it lets us read"
                )))
            }
            _ => Err(self.failed("a token", answer)),
        }
    }

    fn granted(&self, text: &str) -> Result<Token, Failed> {
        let broken = || Failed::never("the server's answer holds no token");
        let granted: Granted = serde_json::from_str(text).map_err(|_| broken())?;
        let is_token = |c: u8| c.is_ascii_graphic();
        if !granted.token_type.eq_ignore_ascii_case("bearer")
            || granted.access_token.is_empty()
            || !granted.access_token.bytes().all(is_token)
        {
            return Err(broken());
        }
        // Renewed a little before its end; one whose end is not said is used once.
        let seconds = granted.expires_in.unwrap_or(0).clamp(0, 3600) - 30;
        Ok(Token {
            value: granted.access_token,
            until: self
                .now
                .checked_add(Span::new().seconds(seconds.max(0)))
                .unwrap_or(self.now),
        })
    }

    /// Orders an export of this scope; the address at which the server says how far it is.
    ///
    /// # Errors
    ///
    /// When the server does not take the order.
    pub fn order(
        &self,
        token: &Token,
        scope: &str,
        since: Option<Timestamp>,
    ) -> Result<String, Failed> {
        let url = match since {
            Some(since) => format!("{scope}&_since={since}"),
            None => scope.to_owned(),
        };
        self.setup.own(&url).map_err(Failed::never)?;
        let answer = self.http.get(
            &url,
            FHIR,
            Some(&token.value),
            &[("Prefer", "respond-async")],
        )?;
        if answer.status() != 202 {
            return Err(self.failed("an export", answer));
        }
        let said = answer.header("content-location").unwrap_or_default();
        let status = match said.strip_prefix('/') {
            Some(path) if !path.starts_with('/') => {
                let origin = Origin::of(&url)
                    .map(|origin| origin.to_string())
                    .unwrap_or_default();
                format!("{origin}/{path}")
            }
            _ => said.to_owned(),
        };
        self.setup.own(&status).map_err(Failed::never)?;
        Ok(status)
    }

    /// Asks how far an export is.
    ///
    /// # Errors
    ///
    /// When the server does not say it, or the export came to nothing there.
    pub fn progress(&self, token: &Token, status_url: &str) -> Result<Progress, Failed> {
        self.setup.own(status_url).map_err(Failed::never)?;
        let answer = self
            .http
            .get(status_url, "application/json", Some(&token.value), &[])?;
        match answer.status() {
            202 => Ok(Progress::NotYet(answer.retry_after(self.now))),
            200 => manifest::read(&answer.text()?, self.setup).map(Progress::Ready),
            404 | 410 => Err(Failed::never(
                "the server does not know this export any more: fetch again",
            )),
            _ => Err(self.failed("how far the export is", answer)),
        }
    }

    /// Opens a file. It carries our token only when the server says that it wants it; a redirect to a declared origin
    /// is followed once, without it.
    ///
    /// # Errors
    ///
    /// When the server does not give it.
    pub fn open(
        &self,
        token: Option<&Token>,
        file: &FetchFile,
    ) -> Result<impl Read + Send + 'static, Failed> {
        self.setup.declared(&file.url).map_err(Failed::never)?;
        let value = token
            .filter(|_| file.wants_token)
            .map(|token| token.value.as_str());
        const NDJSON: &str = "application/fhir+ndjson";
        let mut answer = self.http.get_file(&file.url, NDJSON, value)?;
        if let 301 | 302 | 303 | 307 | 308 = answer.status() {
            let to = answer.location().unwrap_or_default().to_owned();
            self.setup.declared(&to).map_err(Failed::never)?;
            answer = self.http.get_file(&to, NDJSON, None)?;
        }
        match answer.status() {
            200 if answer.is_packed() => Err(Failed::never(
                "the server packs its files though it was not asked to",
            )),
            200 => Ok(answer.stream()),
            404 | 410 => Err(Failed::never("a file of the export is gone: fetch again")),
            _ => Err(self.failed("a file", answer)),
        }
    }

    /// Tells the server that an export is not needed any more.
    ///
    /// # Errors
    ///
    /// When the server does not take it away.
    pub fn end(&self, token: &Token, status_url: &str) -> Result<(), Failed> {
        self.setup.own(status_url).map_err(Failed::never)?;
        let answer = self.http.delete(status_url, &token.value)?;
        match answer.status() {
            200..=204 | 404 | 410 => Ok(()),
            _ => Err(self.failed("the end of the export", answer)),
        }
    }

    /// What an answer means that is none of those hoped for.
    fn failed(&self, what: &str, answer: Answer) -> Failed {
        let status = answer.status();
        let after = answer.retry_after(self.now);
        let codes = answer
            .text()
            .map(|text| files::codes(&text))
            .unwrap_or_default();
        let why = if codes.is_empty() {
            String::new()
        } else {
            format!(": {codes}")
        };
        let says = format!("the server was asked for {what} and answered {status}{why}");
        match status {
            401 => Failed {
                says,
                again: Again::WithNewToken,
            },
            408 | 425 | 429 | 500..=599 => Failed::later(says, after),
            300..=399 => {
                Failed::never(format!("{says}: it sends us elsewhere, where we do not go"))
            }
            _ => Failed::never(says),
        }
    }
}
