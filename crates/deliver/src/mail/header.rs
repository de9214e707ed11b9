//! Header values, each of a type that cannot hold a line break.

use std::borrow::Cow;

use placet_domain::time::{TimeZone, Timestamp};

use super::encode::encoded_words;
use crate::smtp::Address;

/// Why a text cannot be a header value. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// A line break or another control character.
    #[error("a header value cannot hold a line break or another control character")]
    Control,
    /// Past 900 bytes.
    #[error("a header value has at most 900 bytes")]
    Length,
    /// Not a link that mail programs may call without asking.
    #[error("the unsubscribe link must begin with https:// and hold no spaces, brackets or commas")]
    Link,
    /// Letters, digits, dots, hyphens and underscores only, in parts that are not empty.
    #[error("a message or list id is made of letters, digits, hyphens and dots")]
    Id,
}

/// Free text fit for a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderText(String);

impl HeaderText {
    /// Takes any text without control characters; every kind of line break is one.
    ///
    /// # Errors
    ///
    /// [`BadHeader`].
    pub fn new(text: &str) -> Result<Self, BadHeader> {
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if text.chars().any(breaks) {
            return Err(BadHeader::Control);
        }
        if text.len() > 900 {
            return Err(BadHeader::Length);
        }
        Ok(Self(text.to_owned()))
    }

    /// As people read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it stands in the message, when `column` characters precede it.
    pub(super) fn encoded(&self, column: usize) -> Cow<'_, str> {
        let text = &self.0;
        // Anything a mail program could read as something else travels encoded.
        let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && text.len() + column <= 76
            && !text.contains("=?")
            && text.trim() == text.as_str();
        if plain {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(encoded_words(text, column))
        }
    }
}

/// A name and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name shown; may be empty.
    pub name: HeaderText,
    /// The address.
    pub address: Address,
}

impl Mailbox {
    pub(super) fn encoded(&self) -> String {
        let (name, address) = (self.name.as_str(), self.address.as_str());
        // The escapes count: they make the line longer.
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        let quotable = name.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && quoted.len() <= 60
            && !name.contains("=?");
        let fold = if quoted.len() + address.len() > 60 {
            "\r\n "
        } else {
            " "
        };
        if name.is_empty() {
            format!("<{address}>")
        } else if quotable {
            format!("\"{quoted}\"{fold}<{address}>")
        } else {
            format!("{}\r\n <{address}>", encoded_words(name, 10))
        }
    }
}

/// `unique@domain`, without its angle brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// The id of a delivery, under the sender's domain: the same delivery is the same message.
    ///
    /// # Errors
    ///
    /// [`BadHeader::Id`].
    pub fn new(unique: &str, domain: &str) -> Result<Self, BadHeader> {
        let fits = is_dotted(unique) && is_dotted(domain);
        if fits {
            Ok(Self(format!("{unique}@{domain}")))
        } else {
            Err(BadHeader::Id)
        }
    }

    /// Without the brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `=_` never stands in a quoted-printable body, so no text can forge it.
    pub(super) fn boundary(&self) -> String {
        let unique = self.0.split('@').next().unwrap_or_default();
        format!(
            "=_{}",
            unique.get(..unique.len().min(48)).unwrap_or_default()
        )
    }
}

/// What mail programs sort a list by (RFC 2919).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListId(String);

impl ListId {
    /// A list of this domain.
    ///
    /// # Errors
    ///
    /// [`BadHeader::Id`].
    pub fn new(list: &str, domain: &str) -> Result<Self, BadHeader> {
        let fits = is_dotted(list) && is_dotted(domain);
        if fits {
            Ok(Self(format!("{list}.{domain}")))
        } else {
            Err(BadHeader::Id)
        }
    }

    /// Without the brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_dotted(text: &str) -> bool {
    let fits = |part: &str| {
        let byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !part.is_empty() && part.bytes().all(byte)
    };
    text.len() <= 200 && text.split('.').all(fits)
}

/// The one link by which a mail program unsubscribes its reader (RFC 8058).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe(String);

impl Unsubscribe {
    /// An `https` link; `http` only to this machine, for the demo.
    ///
    /// # Errors
    ///
    /// [`BadHeader::Link`].
    pub fn new(link: &str) -> Result<Self, BadHeader> {
        let here = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        let local = here.iter().any(|host| {
            let rest = link.strip_prefix(host);
            rest.is_some_and(|rest| rest.starts_with(':') || rest.starts_with('/'))
        });
        let safe = link
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"<>,\"\\".contains(&b));
        let secure = link
            .strip_prefix("https://")
            .is_some_and(|rest| !rest.is_empty());
        let fits = (local || secure) && safe && link.len() <= 900;
        if fits {
            Ok(Self(link.to_owned()))
        } else {
            Err(BadHeader::Link)
        }
    }

    /// The link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 5322, in UTC.
pub(super) fn date(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let at = at.to_zoned(TimeZone::UTC);
    let name = |names: &'static [&'static str], one_based: i8| {
        let index = usize::try_from(one_based - 1).unwrap_or(0);
        names.get(index).copied().unwrap_or_default()
    };
    format!(
        "{}, {} {} {:04} {:02}:{:02}:{:02} +0000",
        name(&DAYS, at.weekday().to_monday_one_offset()),
        at.day(),
        name(&MONTHS, at.month()),
        at.year(),
        at.hour(),
        at.minute(),
        at.second(),
    )
}
