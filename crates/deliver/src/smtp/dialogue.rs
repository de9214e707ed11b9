//! The conversation as it goes into the record.

/// What was said on the wire, line by line, without the content and without credentials.
///
/// INVARIANT: bounded, so that a talkative relay cannot fill the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialogue(String);

impl Dialogue {
    /// Most bytes kept of one conversation.
    const BYTES: usize = 4096;

    pub(super) fn we_said(&mut self, line: &str) {
        self.line("> ", line);
    }

    pub(super) fn they_said(&mut self, code: u16, text: &str) {
        for line in text.split('\n') {
            if self.0.len() + line.len() < Self::BYTES {
                // Writing to a string cannot fail.
                let _ = std::fmt::Write::write_fmt(&mut self.0, format_args!("< {code} {line}\n"));
            }
        }
    }

    pub(super) fn note(&mut self, what: &str) {
        self.line("! ", what);
    }

    fn line(&mut self, mark: &str, line: &str) {
        if self.0.len() + line.len() < Self::BYTES {
            self.0.push_str(mark);
            self.0.push_str(line.trim_end());
            self.0.push('\n');
        }
    }

    /// The lines so far; the next message starts a new conversation.
    pub(super) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// The lines: `> ` ours, `< ` theirs, `! ` what happened to the connection.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes an address out of a relay's words: the whole of it, and its local part as a word.
#[must_use]
pub fn scrub(text: &str, address: &str) -> String {
    let whole = replace_word(text, address, "<recipient>");
    match address.rsplit_once('@') {
        Some((local, _)) if local.len() >= 3 => replace_word(&whole, local, "<recipient>"),
        _ => whole,
    }
}

/// Replaces `word` where it stands on its own, whatever its case.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    // ASCII lower case keeps every byte in its place, so indices fit both texts.
    let (lower, word) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
    let joins = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    let mut from = 0;
    while let Some(at) = lower
        .get(from..)
        .and_then(|rest| rest.find(&word))
        .map(|at| at + from)
    {
        let end = at + word.len().max(1);
        let before = at
            .checked_sub(1)
            .and_then(|i| lower.as_bytes().get(i).copied());
        if !joins(before) && !joins(lower.as_bytes().get(end).copied()) {
            out.push_str(text.get(done..at).unwrap_or_default());
            out.push_str(by);
            done = end;
        }
        from = end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}
