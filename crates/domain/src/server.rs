//! FHIR servers that records are fetched from (Bulk Data Access), the keys by which we say there who we are
//! (SMART Backend Services), and what becomes of one fetch.
//!
//! INVARIANT: nothing is asked of an address whose [`Origin`] nobody declared.

mod origin;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::codes::codes;
use crate::id::{FetchId, ImportId, ServerId, ServerKeyId};
use crate::signing::Turn;
use crate::time::Timestamp;

pub use origin::Origin;

codes! {
    /// Whose records a server is asked for.
    pub enum Level {
        /// The patients of one group that the server keeps for us.
        Group = "group", "The patients of one group";
        /// Every patient that the server shows us.
        Patient = "patient", "All patients that it shows us";
    }
}

codes! {
    /// How a key signs.
    pub enum Algorithm {
        /// ECDSA on the curve P-384.
        Es384 = "ES384", "ES384";
        /// RSA with 3072 bits.
        Rs384 = "RS384", "RS384";
    }
}

codes! {
    /// Where a fetch stands.
    pub enum Stage {
        /// The server is to be asked for an export.
        Asked = "asked", "To be asked for";
        /// The server prepares it.
        Waiting = "waiting", "The server prepares it";
        /// Its files are taken, one after the other.
        Taking = "taking", "Its files are taken";
        /// An operator stopped it; the server is to be told.
        Stopping = "stopping", "Is being stopped";
        /// Everything was taken.
        Done = "done", "Done";
        /// It came to nothing.
        Failed = "failed", "Failed";
        /// An operator stopped it.
        Stopped = "stopped", "Stopped";
    }
}

impl Stage {
    /// Whether nothing more happens.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Stopped)
    }
}

codes! {
    /// What a file of an export holds.
    pub enum FileKind {
        /// Records.
        Output = "output", "Records";
        /// What was deleted at the server since the last time.
        Deleted = "deleted", "Deleted there";
        /// What the server could not export, and why.
        Error = "error", "What the server could not export";
    }
}

/// A field that cannot be used, and what would be right.
pub type Fault = (&'static str, &'static str);

/// How a server is reached and what it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The source in the data catalogue whose records these are.
    pub source: String,
    /// The declared flow to go by; the only one from the source when none is named.
    #[serde(default)]
    pub flow: Option<String>,
    /// Where its FHIR interface begins: `https://ehr.example/fhir/r4`.
    pub url: String,
    /// Where it gives out access tokens, when that is at another origin than its FHIR interface; what it names itself
    /// when empty.
    #[serde(default)]
    pub token_url: String,
    /// The name under which it knows us.
    pub client_id: String,
    /// Whose records.
    pub level: Level,
    /// The id of the group; empty for all patients.
    #[serde(default)]
    pub group: String,
    /// The types of records.
    pub types: Vec<String>,
    /// What to ask access for, in the words of SMART; made from the types when empty.
    #[serde(default)]
    pub scopes: String,
    /// Further origins at which it keeps the files of an export.
    #[serde(default)]
    pub file_origins: Vec<String>,
    /// After so many hours it is asked by itself; 0 is never.
    #[serde(default)]
    pub every_hours: u32,
}

/// The types that are fetched when nothing else is said: what an import can take.
pub const USUAL_TYPES: [&str; 2] = ["Patient", "Appointment"];

impl Setup {
    /// What is wrong with it, field by field.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        const URL: &str = "give an https address without a question mark or a slash at the end, such as \
                           https://ehr.example/fhir/r4";
        let mut faults = Vec::new();
        if !is_code(&self.source, 40) {
            faults.push(("source", "choose a source of the data catalogue"));
        }
        if !is_base(&self.url) {
            faults.push(("url", URL));
        }
        if !self.token_url.is_empty() && !is_base(&self.token_url) {
            faults.push(("token_url", URL));
        }
        if self.client_id.is_empty() || self.client_id.len() > 200 || !is_plain(&self.client_id) {
            faults.push((
                "client_id",
                "give the client id that the server's side gave you",
            ));
        }
        if (self.level == Level::Group) == self.group.is_empty() || !is_fhir_id(&self.group) {
            faults.push((
                "group",
                "give the id of the group when the patients of one group are asked for; else leave it empty",
            ));
        }
        let is_type = |one: &String| {
            (2..=40).contains(&one.len())
                && one.bytes().all(|b| b.is_ascii_alphabetic())
                && one.starts_with(|c: char| c.is_ascii_uppercase())
        };
        if self.types.is_empty() || self.types.len() > 20 || !self.types.iter().all(is_type) {
            faults.push((
                "types",
                "give types of FHIR R4, such as Patient, Appointment",
            ));
        }
        if self.scopes.len() > 1000 || !self.scopes.split(' ').all(is_plain) {
            faults.push((
                "scopes",
                "give scopes with a blank between them, or leave it empty",
            ));
        }
        if self.file_origins.len() > 8
            || !(self.file_origins.iter())
                .all(|one| is_base(one) && Origin::of(one).is_some_and(|o| o.is_whole(one)))
        {
            faults.push((
                "file_origins",
                "give origins alone, one a line, such as https://files.ehr.example",
            ));
        }
        if self.every_hours > 24 * 31 {
            faults.push(("every_hours", "give 0 for never, or at most 744 hours"));
        }
        faults
    }

    /// The address that asks for an export, without the instant since when.
    #[must_use]
    pub fn export_url(&self) -> String {
        let whose = match self.level {
            Level::Group => format!("Group/{}/", self.group),
            Level::Patient => "Patient/".to_owned(),
        };
        format!("{}/{whose}$export?_type={}", self.url, self.types.join(","))
    }

    /// What access is asked for: to read records of the types, and the group when one is named.
    #[must_use]
    pub fn asked_scopes(&self, is_second_version: bool) -> String {
        if !self.scopes.is_empty() {
            return self.scopes.clone();
        }
        let may = if is_second_version { "rs" } else { "read" };
        let group = (self.level == Level::Group).then_some("Group");
        let all = self.types.iter().map(String::as_str).chain(group);
        all.map(|one| format!("system/{one}.{may}"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Whether this address may be asked at all: it lies where the server's interface, its tokens or its files are
    /// declared to lie.
    ///
    /// # Errors
    ///
    /// Names the origin that nobody declared, and what to do.
    pub fn declared(&self, url: &str) -> Result<(), String> {
        let all = [&self.url, &self.token_url]
            .into_iter()
            .chain(&self.file_origins);
        lies_at(url, all)
    }

    /// Whether this address is the server's own, where our token and what we sign may go unasked: it lies where its
    /// interface or its tokens are declared to lie. A place of files is not.
    ///
    /// # Errors
    ///
    /// As [`Self::declared`].
    pub fn own(&self, url: &str) -> Result<(), String> {
        lies_at(url, [&self.url, &self.token_url].into_iter())
    }
}

fn lies_at<'s>(url: &str, declared: impl Iterator<Item = &'s String>) -> Result<(), String> {
    let Some(origin) = Origin::of(url) else {
        return Err(
            "the server names an address that is no https address; nothing was asked there"
                .to_owned(),
        );
    };
    let mut declared = declared.filter_map(|one| Origin::of(one));
    if declared.any(|one| one == origin) {
        return Ok(());
    }
    Err(format!(
        "the server names an address at {origin}, which nobody declared for this: if it is right, add it to the \
             server's setup; nothing was asked there"
    ))
}

fn is_code(text: &str, most: usize) -> bool {
    let is_of_code =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    (1..=most).contains(&text.len()) && text.bytes().all(is_of_code)
}

/// Whether this can be the name of a server: it stands in addresses.
#[must_use]
pub fn is_name(text: &str) -> bool {
    is_code(text, 40)
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_fhir_id(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}

/// An address that further paths are put after.
fn is_base(text: &str) -> bool {
    text.len() <= 400
        && is_plain(text)
        && !text.ends_with('/')
        && !text.contains(['?', '#'])
        && Origin::of(text).is_some()
}

/// A server that records are fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Which.
    pub id: ServerId,
    /// Its name here.
    pub name: String,
    /// How it is reached.
    pub setup: Setup,
    /// When it was declared.
    pub declared_at: Timestamp,
}

/// A key by which we say who we are, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerKey {
    /// Which; its text is the `kid`.
    pub id: ServerKeyId,
    /// At which server.
    pub server: ServerId,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The public half as a JSON Web Key.
    pub public: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Where it stands.
    pub turn: Turn,
}

/// One export of a server, fetched and taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Which.
    pub id: FetchId,
    /// From where.
    pub server: ServerId,
    /// Where it stands.
    pub stage: Stage,
    /// What is asked for, as the address says it, without the instant since when.
    pub scope: String,
    /// Only what changed since then; everything when none.
    pub since: Option<Timestamp>,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// The server's own instant of the export: the next one begins there.
    pub taken_as_of: Option<Timestamp>,
    /// When to go on.
    pub next_at: Timestamp,
    /// How often in a row it could not go on.
    pub n_tries: u32,
    /// How far it is, or what stands in its way; no personal value.
    pub says: String,
    /// When it was over.
    pub over_at: Option<Timestamp>,
}

/// One file of an export.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchFile {
    /// Its place; files are taken in this order.
    pub n: u32,
    /// What it holds.
    pub kind: FileKind,
    /// The type of its records.
    pub holds: String,
    /// Where it is.
    pub url: String,
    /// Whether the server wants our token there.
    pub wants_token: bool,
    /// How many records the server says it has.
    pub n_said: Option<u64>,
    /// The import that took it.
    pub import: Option<ImportId>,
    /// When it was taken.
    pub taken_at: Option<Timestamp>,
    /// What was found in it; no personal value.
    pub found: String,
}

// An address may be a key of its own for whoever holds it.
impl std::fmt::Debug for FetchFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "FetchFile({}, {}, {})",
            self.n,
            self.kind.as_str(),
            self.holds
        )
    }
}
