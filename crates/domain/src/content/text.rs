//! Text messages: how a writer's words go out, and in how many parts a phone network carries them.
//!
//! A part holds 160 characters of the phone networks' own alphabet (GSM 7 bit, 3GPP TS 23.038), or
//! 70 of any other; in a message of several parts each gives up a few for its number. What names
//! the sender and says how to stop is added here, so that no text goes out without it.

use super::{Draft, Field, Problem};

#[cfg(test)]
mod tests;

/// More parts than this are not carried as one message.
pub const MAX_PARTS: u32 = 10;
/// The most characters that carriers take, whatever the alphabet.
pub const MAX_CHARS: usize = 1_600;

/// The basic table of the GSM alphabet.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                   ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters of its extension; each takes two places.
const GSM_EXTENSION: &str = "^{}\\[~]|€";

/// The alphabet in which a message is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// The networks' own, 7 bits a character.
    Gsm,
    /// Any character, 16 bits each; one outside the alphabet turns the whole message to it.
    Unicode,
}

impl Alphabet {
    /// The word shown to people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Gsm => "plain alphabet (GSM-7)",
            Self::Unicode => "any character (UCS-2)",
        }
    }
}

/// How much room a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// In which alphabet.
    pub alphabet: Alphabet,
    /// How many places of it are taken.
    pub n_units: u32,
    /// How many parts that makes.
    pub n_parts: u32,
    /// How many places that many parts have.
    pub n_room: u32,
}

/// How much room a message takes.
#[must_use]
pub fn size(text: &str) -> Size {
    let units = |c: char| match c {
        c if GSM.contains(c) => Some(1),
        c if GSM_EXTENSION.contains(c) => Some(2),
        _ => None,
    };
    let gsm: Option<u32> = text.chars().map(units).sum();
    let (alphabet, n_units, alone, joined) = match gsm {
        Some(n) => (Alphabet::Gsm, n, 160, 153),
        None => {
            let n = u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
            (Alphabet::Unicode, n, 70, 67)
        }
    };
    let n_parts = if n_units <= alone {
        1
    } else {
        n_units.div_ceil(joined)
    };
    Size {
        alphabet,
        n_units,
        n_parts,
        n_room: if n_parts == 1 {
            alone
        } else {
            n_parts.saturating_mul(joined)
        },
    }
}

/// The characters that turn a message to the wide alphabet, each once.
#[must_use]
pub fn costly(text: &str) -> Vec<char> {
    let mut found: Vec<char> = text
        .chars()
        .filter(|c| !GSM.contains(*c) && !GSM_EXTENSION.contains(*c))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Why a message cannot be carried; none when it can.
#[must_use]
pub fn too_long(text: &str) -> Option<String> {
    let size = size(text);
    let n_chars = text.chars().count();
    (size.n_parts > MAX_PARTS || n_chars > MAX_CHARS).then(|| {
        format!(
            "this makes {} parts ({n_chars} characters); at most {MAX_PARTS} parts and {MAX_CHARS} \
             characters are carried",
            size.n_parts
        )
    })
}

/// What goes out: the sender's name before the words, unless they begin with it, and the way to
/// stop after them, unless they say it.
#[must_use]
pub fn frame(body: &str) -> String {
    let body = body.trim();
    let mut out = String::with_capacity(body.len() + 80);
    let opening = body.trim_start_matches("{{").trim_start();
    if !(body.starts_with("{{") && opening.starts_with("organization_name")) {
        out.push_str("{{organization_name}}: ");
    }
    out.push_str(body);
    if !says_stop(body) {
        out.push_str("\nReply STOP to end, HELP for help.");
    }
    out
}

/// Whether the words say that one can answer STOP: "Reply STOP", "Responda STOP".
fn says_stop(body: &str) -> bool {
    let words: Vec<String> = body
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.windows(2).any(|pair| {
        matches!(pair, [verb, stop] if stop == "stop"
            && matches!(verb.as_str(), "reply" | "text" | "send" | "responda" | "envíe" | "envie" | "conteste"))
    })
}

/// What keeps a draft from being saved as a text message, apart from its variables.
pub(super) fn problems(draft: &Draft) -> Vec<Problem> {
    let mut found = Vec::new();
    for (field, part) in [
        (Field::Subject, &draft.subject),
        (Field::Preheader, &draft.preheader),
        (Field::Text, &draft.text),
    ] {
        if !part.is_empty() {
            found.push(Problem::new(
                field,
                "a text message has none: it must be empty",
            ));
        }
    }
    let body = &draft.body;
    if body.trim().is_empty() {
        found.push(Problem::new(Field::Body, "it must not be empty"));
    }
    if super::body::is_mjml(body) {
        found.push(Problem::new(
            Field::Body,
            "a text message is plain words: MJML cannot be shown by a phone",
        ));
    }
    if body.chars().any(|c| c.is_control() && c != '\n') {
        let says = "it holds a control character: write words and line ends only";
        found.push(Problem::new(Field::Body, says));
    }
    if body.lines().any(super::reorders) || body.contains(['\u{2028}', '\u{2029}']) {
        found.push(Problem::new(Field::Body, super::REORDERS));
    }
    found
}
