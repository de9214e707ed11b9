//! A message for one person, as bytes: text and HTML side by side, and the headers of bulk mail.
//!
//! Start with [`Letter::compose`]. The same letter always gives the same bytes.
//!
//! INVARIANT: every value that reaches a header is of a type that cannot hold a line break.
//! INVARIANT: bodies are quoted-printable, so no line of ours is long, bare or eight-bit, and no
//! boundary can stand inside a body (`=` is always followed by two digits there).

mod encode;
mod header;

#[cfg(test)]
mod tests;

pub use header::{BadHeader, HeaderText, ListId, Mailbox, MessageId, Unsubscribe};

use placet_domain::time::Timestamp;

use crate::smtp::{Address, BadContent, Content};

/// What one message says, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// Who it comes from.
    pub from: &'a Mailbox,
    /// Whom it goes to; the person's name stays out of the headers.
    pub to: &'a Address,
    /// Where answers go, when not to `from`.
    pub reply_to: Option<&'a Mailbox>,
    /// The subject.
    pub subject: &'a HeaderText,
    /// The text for readers without HTML; any line ends.
    pub text: &'a str,
    /// The page; any line ends.
    pub html: &'a str,
    /// When it was written.
    pub date: Timestamp,
    /// Its name; also what the boundary follows from.
    pub message_id: &'a MessageId,
    /// The list it belongs to and how to leave it, for everything but transactional mail.
    pub list: Option<(&'a ListId, &'a Unsubscribe)>,
}

impl Letter<'_> {
    /// The message in bytes.
    ///
    /// # Errors
    ///
    /// The final check of every byte; it holds by construction.
    pub fn compose(&self) -> Result<Content, BadContent> {
        let mut out = Vec::with_capacity(1536 + (self.text.len() + self.html.len()) * 5 / 4);
        self.write_headers(&mut out);
        let boundary = self.message_id.boundary();
        for (kind, body) in [("text/plain", self.text), ("text/html", self.html)] {
            write(&mut out, &["--", &boundary, "\r\nContent-Type: ", kind]);
            write(&mut out, &["; charset=utf-8\r\n"]);
            write(
                &mut out,
                &["Content-Transfer-Encoding: quoted-printable\r\n\r\n"],
            );
            encode::quoted_printable(body, &mut out);
        }
        write(&mut out, &["--", &boundary, "--\r\n"]);
        Content::new(out)
    }

    fn write_headers(&self, out: &mut Vec<u8>) {
        write(out, &["Date: ", &header::date(self.date), "\r\n"]);
        write(out, &["From: ", &self.from.encoded(), "\r\n"]);
        if let Some(reply_to) = self.reply_to {
            write(out, &["Reply-To: ", &reply_to.encoded(), "\r\n"]);
        }
        write(out, &["To: <", self.to.as_str(), ">\r\n"]);
        write(
            out,
            &[
                "Subject: ",
                &self.subject.encoded("Subject: ".len()),
                "\r\n",
            ],
        );
        write(out, &["Message-ID: <", self.message_id.as_str(), ">\r\n"]);
        if let Some((list, unsubscribe)) = self.list {
            write(out, &["List-Id: <", list.as_str(), ">\r\n"]);
            write(
                out,
                &["List-Unsubscribe:\r\n <", unsubscribe.as_str(), ">\r\n"],
            );
            write(
                out,
                &["List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"],
            );
        }
        // RFC 3834: keeps out-of-office replies away.
        write(
            out,
            &["Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"],
        );
        write(
            out,
            &["Content-Type: multipart/alternative;\r\n boundary=\""],
        );
        write(out, &[&self.message_id.boundary(), "\"\r\n\r\n"]);
    }
}

fn write(out: &mut Vec<u8>, parts: &[&str]) {
    parts
        .iter()
        .for_each(|part| out.extend_from_slice(part.as_bytes()));
}
