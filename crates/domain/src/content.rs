//! Content: what is said, in immutable versions, each known by its hash.
//!
//! A [`Draft`] becomes a version when it is saved; an edit is a new version. Approval binds to the
//! [`ContentHash`], so whatever changes a byte of a draft voids it. [`body`] turns what a writer
//! typed into MJML, [`diff`] compares two versions.
//!
//! INVARIANT: a version never changes; its hash covers everything the recipient could notice.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::id::{ContentId, VersionId};
use crate::preference::Topic;
use crate::time::Timestamp;

pub mod blank;
pub mod body;
pub mod claim;
mod class;
pub mod diff;
pub mod finding;
pub mod outer;
pub mod piece;
pub mod script;
pub mod starter;
pub mod text;

#[cfg(test)]
mod tests;

pub use class::{ContentClass, Footer};
pub use piece::Format;

/// The longest name of a content, in characters.
pub const MAX_NAME_CHARS: usize = 120;
/// The longest subject and preheader, in characters.
pub const MAX_LINE_CHARS: usize = 200;
/// The longest body and text, in bytes.
pub const MAX_BODY_BYTES: usize = 200_000;

/// What a writer edits: one version before it is numbered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What kind of content it carries; decides the review tier and the rules.
    pub class: ContentClass,
    /// The topic that consents and opt-outs name.
    pub topic: Topic,
    /// How it travels.
    pub channel: Channel,
    /// What it is made of: of post, a letter or a card.
    #[serde(default = "plain")]
    pub format: Format,
    /// The subject line of e-mail; the heading of a letter; the headline of a card's front.
    pub subject: String,
    /// The line that mailboxes show after the subject, or the second line of a card's front; may be
    /// empty.
    pub preheader: String,
    /// Text blocks or MJML ([`body`]); of a text message its words ([`text`]); of a call the script
    /// ([`script`]); of what is printed text blocks ([`piece`]).
    pub body: String,
    /// The plain text twin; derived from the body when empty. Of e-mail only.
    pub text: String,
}

fn plain() -> Format {
    Format::Plain
}

/// The hash of each part of a draft, by its name.
pub type Parts = BTreeMap<String, String>;

/// SHA-256 over everything that matters in a draft.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

/// One immutable version of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Which version.
    pub id: VersionId,
    /// Of which content.
    pub content: ContentId,
    /// 1, 2, 3, … within the content.
    pub number: u32,
    /// What it says.
    pub draft: Draft,
    /// The hash as it was stored; compare it with [`Draft::hash`] before relying on it.
    pub hash: ContentHash,
    /// When it was saved.
    pub created_at: Timestamp,
    /// The actor's code.
    pub created_by: String,
}

impl Version {
    /// Whether the stored text still is what was hashed.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.draft.hash() == self.hash
    }
}

/// A part of a draft, as named in problems and forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The content's own name.
    Name,
    /// The topic.
    Topic,
    /// The way it travels.
    Channel,
    /// The subject line.
    Subject,
    /// The preheader.
    Preheader,
    /// The body.
    Body,
    /// The text twin.
    Text,
}

impl Field {
    /// The parts that a reader reads.
    pub const READ: [Self; 4] = [Self::Subject, Self::Preheader, Self::Body, Self::Text];

    /// The part of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        let all = [Self::Name, Self::Topic, Self::Channel];
        let mut all = all.into_iter().chain(Self::READ);
        all.find(|field| field.as_str() == code)
    }

    /// The name of the form field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Topic => "topic",
            Self::Channel => "channel",
            Self::Subject => "subject",
            Self::Preheader => "preheader",
            Self::Body => "body",
            Self::Text => "text",
        }
    }

    /// The word shown to people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Topic => "Topic",
            Self::Channel => "Channel",
            Self::Subject => "Subject",
            Self::Preheader => "Preheader",
            Self::Body => "Body",
            Self::Text => "Plain text",
        }
    }
}

/// Something that keeps a draft from being saved: where, what, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {says}", .field.label())]
pub struct Problem {
    /// In which part.
    pub field: Field,
    /// Line and column (from 1) of the place, where there is one.
    pub at: Option<(u32, u32)>,
    /// The variable it is about, if any.
    pub variable: Option<String>,
    /// What is wrong and what would help, for the writer.
    pub says: String,
    /// The rule that refuses, when a rule does.
    pub rule: Option<String>,
    /// Where that rule is written.
    pub citation: Option<String>,
}

impl Problem {
    /// A problem with a whole field.
    #[must_use]
    pub fn new(field: Field, says: impl Into<String>) -> Self {
        Self {
            field,
            at: None,
            variable: None,
            says: says.into(),
            rule: None,
            citation: None,
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: (u32, u32)) -> Self {
        self.at = Some(place);
        self
    }

    /// Says which variable.
    #[must_use]
    pub fn about(mut self, variable: &str) -> Self {
        self.variable = Some(variable.to_owned());
        self
    }
}

impl Draft {
    /// The hash that approvals bind to.
    ///
    /// Every field is preceded by its length, so no two drafts share their bytes. The first line
    /// names the layout: when the program's own frame around a body changes, old hashes no longer
    /// match and the content is approved again.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        let mut hash = digest::Context::new(&digest::SHA256);
        let layout = [("", "placet.content/1 layout/1")];
        for (_, part) in layout.into_iter().chain(self.named()) {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut bytes = [0; 32];
        bytes
            .iter_mut()
            .zip(hash.finish().as_ref())
            .for_each(|(to, from)| *to = *from);
        ContentHash(bytes)
    }

    /// One part as it was written.
    #[must_use]
    pub fn part(&self, field: Field) -> &str {
        match field {
            Field::Name => "",
            Field::Topic => self.topic.as_str(),
            Field::Channel => self.channel.as_str(),
            Field::Subject => &self.subject,
            Field::Preheader => &self.preheader,
            Field::Body => &self.body,
            Field::Text => &self.text,
        }
    }

    /// The parts that a reader reads, as they were written.
    #[must_use]
    pub fn texts(&self) -> [&str; 4] {
        Field::READ.map(|field| self.part(field))
    }

    /// The parts that the hash covers, in its order.
    fn named(&self) -> Vec<(&'static str, &str)> {
        // What its channel alone decides has no format, and the hash it always had.
        let format = (self.format != Format::Plain).then_some(("format", self.format.as_str()));
        let named = [
            ("class", self.class.as_str()),
            ("topic", self.topic.as_str()),
            ("channel", self.channel.as_str()),
            ("subject", self.subject.as_str()),
            ("preheader", self.preheader.as_str()),
            ("body", self.body.as_str()),
            ("text", self.text.as_str()),
        ];
        named.into_iter().chain(format).collect()
    }

    /// The hash of each part, so that a later difference can be named.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let named = self.named().into_iter();
        named
            .map(|(name, part)| {
                let digest = digest::digest(&digest::SHA256, part.as_bytes());
                let digits = digest.as_ref().iter();
                (
                    name.to_owned(),
                    digits.map(|byte| format!("{byte:02x}")).collect(),
                )
            })
            .collect()
    }

    /// The names of the parts that are not what they were.
    #[must_use]
    pub fn differs(&self, then: &Parts) -> Vec<String> {
        let now = self.parts().into_iter();
        now.filter(|(name, part)| then.get(name) != Some(part))
            .map(|(name, _)| name)
            .collect()
    }

    /// What keeps the draft from being saved, apart from its variables.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        if !self.class.topics().contains(&self.topic) {
            let topics: Vec<&str> = self
                .class
                .topics()
                .iter()
                .map(|topic| topic.label())
                .collect();
            let says = format!("content of this class is sent under: {}", topics.join(", "));
            found.push(Problem::new(Field::Topic, says));
        }
        found.extend(match self.channel {
            Channel::Email => self.mail_problems(),
            Channel::Sms => text::problems(self),
            Channel::Postal => piece::problems(self),
            Channel::VoiceLive => script::problems(self),
        });
        if self.channel != Channel::Postal && self.format != Format::Plain {
            found.push(Problem::new(
                Field::Channel,
                "only what goes by post has a format of its own",
            ));
        }
        for (field, text) in [(Field::Body, &self.body), (Field::Text, &self.text)] {
            if text.len() > MAX_BODY_BYTES {
                let says = format!("it is longer than {MAX_BODY_BYTES} bytes");
                found.push(Problem::new(field, says));
            }
        }
        found
    }

    fn mail_problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        for (field, line, is_required) in [
            (Field::Subject, &self.subject, true),
            (Field::Preheader, &self.preheader, false),
        ] {
            if is_required && line.trim().is_empty() {
                found.push(Problem::new(field, "it must not be empty"));
            }
            if line.chars().any(char::is_control) {
                found.push(Problem::new(field, "it must be one line"));
            }
            if reorders(line) {
                found.push(Problem::new(field, REORDERS));
            }
            if line.chars().count() > MAX_LINE_CHARS {
                let says = format!("at most {MAX_LINE_CHARS} characters fit");
                found.push(Problem::new(field, says));
            }
        }
        if self.body.trim().is_empty() {
            found.push(Problem::new(Field::Body, "it must not be empty"));
        }
        for (field, text) in [(Field::Body, &self.body), (Field::Text, &self.text)] {
            if text.contains('\0') {
                found.push(Problem::new(field, "it holds a zero byte"));
            }
            if text.contains(turns_letters) {
                found.push(Problem::new(field, REORDERS));
            }
        }
        found
    }
}

const REORDERS: &str =
    "it holds an invisible character that turns letters around or breaks the line";

/// Whether a line holds characters by which it reads otherwise than it is written: overrides and
/// isolates of direction, line and paragraph separators. A reviewer approves what is seen.
#[must_use]
pub fn reorders(line: &str) -> bool {
    line.contains(|c: char| turns_letters(c) || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// Overrides and isolates of direction.
fn turns_letters(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What keeps a content's name from being used.
#[must_use]
pub fn name_problem(name: &str) -> Option<Problem> {
    let says = if name.trim().is_empty() {
        "give it a name".to_owned()
    } else if name.chars().count() > MAX_NAME_CHARS {
        format!("at most {MAX_NAME_CHARS} characters fit")
    } else if name.chars().any(char::is_control) {
        "it must be one line".to_owned()
    } else if reorders(name) {
        REORDERS.to_owned()
    } else {
        return None;
    };
    Some(Problem::new(Field::Name, says))
}

/// Whether this can be a code: lower-case letters, digits and `_`, beginning with a letter.
#[must_use]
pub fn is_code(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

impl ContentHash {
    /// The bytes as the store keeps them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for ContentHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for ContentHash {
    type Error = BadHash;

    fn try_from(bytes: &[u8]) -> Result<Self, BadHash> {
        bytes.try_into().map(Self).map_err(|_| BadHash)
    }
}

/// A content hash that is not 32 bytes, or not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a content hash is 64 hexadecimal digits")]
pub struct BadHash;

impl FromStr for ContentHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BadHash);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| BadHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| BadHash)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}
