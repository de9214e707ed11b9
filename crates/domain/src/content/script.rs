//! Call scripts: what a caller says, with how they say who they are before it and the way out after it.
//!
//! A machine may be heard by others, so what is left on one is not written at all: [`VOICEMAIL`] names who
//! called and a number, and nothing else.

use super::{Draft, Field, Problem};

#[cfg(test)]
mod tests;

/// The most characters of a script: about five minutes of reading aloud.
pub const MAX_CHARS: usize = 4_000;

/// What is said first. Nobody is told anything before the person is on the line.
pub const OPENING: &str = "Good day, my name is (your name), and I am calling from {{organization_name}}. \
                           Am I speaking with {{full_name}}?\n\n\
                           (If it is somebody else, or you are not sure: say that you will call again, and \
                           nothing about why.)";
/// What is said last.
pub const CLOSING: &str = "If you would rather not get such calls, tell me now: it counts from this moment on. \
                           You can reach us at {{calls_phone}}.";
/// What is left on a machine.
pub const VOICEMAIL: &str = "Good day, this is (your name) from {{organization_name}} with a message for {{full_name}}. \
                             You can reach us at {{calls_phone}}. Thank you.";

/// The words as they are read out: opening, script, closing.
#[must_use]
pub fn frame(body: &str) -> String {
    format!("{OPENING}\n\n{}\n\n{CLOSING}", body.trim())
}

/// What keeps a draft from being saved as a call script, apart from its variables.
pub(super) fn problems(draft: &Draft) -> Vec<Problem> {
    let mut found = Vec::new();
    for (field, part) in [
        (Field::Subject, &draft.subject),
        (Field::Preheader, &draft.preheader),
        (Field::Text, &draft.text),
    ] {
        if !part.is_empty() {
            found.push(Problem::new(field, "a call has none: it must be empty"));
        }
    }
    let body = &draft.body;
    if body.trim().is_empty() {
        found.push(Problem::new(Field::Body, "it must not be empty"));
    }
    if super::body::is_mjml(body) {
        let says = "a script is plain words: MJML cannot be read out";
        found.push(Problem::new(Field::Body, says));
    }
    if body.chars().count() > MAX_CHARS {
        let says = format!("at most {MAX_CHARS} characters fit: nobody listens longer");
        found.push(Problem::new(Field::Body, says));
    }
    if body.chars().any(|c| c.is_control() && c != '\n') {
        let says = "it holds a control character: write words and line ends only";
        found.push(Problem::new(Field::Body, says));
    }
    if body.lines().any(super::reorders) {
        found.push(Problem::new(Field::Body, super::REORDERS));
    }
    found
}
