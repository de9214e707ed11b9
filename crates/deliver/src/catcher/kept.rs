//! The messages kept, and how one is shown.

use std::collections::VecDeque;
use std::sync::Arc;

use mail_parser::{MessageParser, MimeHeaders as _};

/// One message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// Counted from zero since the start.
    pub number: u64,
    /// The envelope sender.
    pub from: String,
    /// The envelope recipients.
    pub to: Vec<String>,
    /// The content, dots unstuffed.
    pub raw: Vec<u8>,
}

/// A message made readable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// The subject.
    pub subject: String,
    /// Name and address of the sender, as in the header.
    pub from: String,
    /// When it was written, as in the header (RFC 3339).
    pub date: String,
    /// Every header as it stands, unfolded.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: Option<String>,
    /// The HTML part. It is a stranger's: show it in a frame without rights only.
    pub html: Option<String>,
    /// Names of the attachments.
    pub attachments: Vec<String>,
}

impl Caught {
    /// Parses the message; what cannot be read is left empty.
    #[must_use]
    pub fn view(&self) -> View {
        let Some(message) = MessageParser::default().parse(&self.raw) else {
            return View::default();
        };
        let address = message.from().and_then(mail_parser::Address::first);
        let from = address.map(|from| match (from.name(), from.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (name, address) => name.or(address).unwrap_or_default().to_owned(),
        });
        let headers = message.headers_raw().map(|(name, value)| {
            let unfolded: Vec<&str> = value.split_ascii_whitespace().collect();
            (name.to_owned(), unfolded.join(" "))
        });
        let attachments = message.attachments().map(|part| {
            let name = part.attachment_name().unwrap_or("(without a name)");
            name.chars().take(200).collect()
        });
        View {
            subject: message.subject().unwrap_or_default().to_owned(),
            from: from.unwrap_or_default(),
            date: message
                .date()
                .map(mail_parser::DateTime::to_rfc3339)
                .unwrap_or_default(),
            headers: headers.collect(),
            text: message.body_text(0).map(std::borrow::Cow::into_owned),
            html: message.body_html(0).map(std::borrow::Cow::into_owned),
            attachments: attachments.collect(),
        }
    }

    fn size(&self) -> usize {
        self.raw.len() + self.from.len() + self.to.iter().map(String::len).sum::<usize>() + 128
    }
}

/// The newest messages, within a number of bytes.
#[derive(Default)]
pub(super) struct Kept {
    messages: VecDeque<Arc<Caught>>,
    bytes: usize,
    room: usize,
}

impl Kept {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, caught: Caught) {
        self.bytes += caught.size();
        self.messages.push_back(Arc::new(caught));
        while self.bytes > self.room {
            let Some(oldest) = self.messages.pop_front() else {
                break;
            };
            self.bytes -= oldest.size();
        }
    }

    pub(super) fn newest_first(&self) -> Vec<Arc<Caught>> {
        self.messages.iter().rev().cloned().collect()
    }

    pub(super) fn find(&self, number: u64) -> Option<Arc<Caught>> {
        let at = self
            .messages
            .binary_search_by_key(&number, |caught| caught.number)
            .ok()?;
        self.messages.get(at).cloned()
    }

    pub(super) fn clear(&mut self) {
        self.messages.clear();
        self.bytes = 0;
    }
}
