//! Printed pieces: letters in a window envelope and postcards, and what of them shows outside.
//!
//! A letter's words are inside; its envelope shows address and return address alone. A postcard has
//! no inside: each of its words is read by whoever carries it ([`super::outer`]).

use super::{Draft, Field, Problem, body};
use crate::codes::codes;

#[cfg(test)]
mod tests;

codes! {
    /// What a message is made of, where its channel leaves a choice.
    pub enum Format {
        /// What its channel makes of it: a mail, a text message, words to say.
        Plain = "plain", "As its channel has it";
        /// A letter on US Letter paper, folded into a #10 window envelope.
        Letter = "letter", "Letter in a window envelope";
        /// A card of 6 by 4.25 inches.
        SmallCard = "postcard_6x4", "Postcard, 6 × 4¼ inches";
        /// A card of 9 by 6 inches.
        LargeCard = "postcard_6x9", "Postcard, 9 × 6 inches";
    }
}

impl Format {
    /// What is printed.
    pub const PRINTED: [Self; 3] = [Self::Letter, Self::SmallCard, Self::LargeCard];

    /// Whether everything on it is read by whoever carries it.
    #[must_use]
    pub fn is_card(self) -> bool {
        matches!(self, Self::SmallCard | Self::LargeCard)
    }

    /// What the rule packs call its outside.
    #[must_use]
    pub fn outside(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Letter => Some("envelope"),
            Self::SmallCard | Self::LargeCard => Some("postcard"),
        }
    }
}

/// The most words' characters that fit the written side of a card.
fn room(format: Format) -> usize {
    match format {
        Format::SmallCard => 420,
        Format::LargeCard => 1_000,
        Format::Letter | Format::Plain => 9_000,
    }
}

/// What keeps a draft from being saved as a letter or a card, apart from its variables.
pub(super) fn problems(draft: &Draft) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut add = |field, says: String| found.push(Problem::new(field, says));
    let is_card = draft.format.is_card();
    if draft.format == Format::Plain {
        add(
            Field::Channel,
            "say what is printed: a letter, or a postcard of one of the two sizes".to_owned(),
        );
    }
    if is_card && draft.subject.trim().is_empty() {
        add(Field::Subject, "a card's front has a headline".to_owned());
    }
    for (field, line, most) in [
        (
            Field::Subject,
            &draft.subject,
            if is_card { 60 } else { 90 },
        ),
        (Field::Preheader, &draft.preheader, 110),
    ] {
        if line.chars().any(char::is_control) || super::reorders(line) {
            add(field, "it must be one line of plain words".to_owned());
        }
        if line.chars().count() > most {
            add(field, format!("at most {most} characters fit"));
        }
    }
    if !is_card && !draft.preheader.is_empty() {
        let says = "a letter has none: it must be empty".to_owned();
        add(Field::Preheader, says);
    }
    if !draft.text.is_empty() {
        let says = "what is printed has one text: it must be empty".to_owned();
        add(Field::Text, says);
    }
    let body = &draft.body;
    if body.trim().is_empty() {
        add(Field::Body, "it must not be empty".to_owned());
    }
    if body::is_mjml(body) {
        let says = "what is printed is text blocks: MJML is for mail".to_owned();
        add(Field::Body, says);
    }
    if body.chars().any(|c| c.is_control() && c != '\n') {
        let says = "it holds a control character: write words and line ends only".to_owned();
        add(Field::Body, says);
    }
    if body.lines().any(super::reorders) {
        add(Field::Body, super::REORDERS.to_owned());
    }
    let most = room(draft.format);
    if body.chars().count() > most {
        let says = format!("at most {most} characters fit: shorten it");
        add(Field::Body, says);
    }
    for (field, text) in [
        (Field::Subject, &draft.subject),
        (Field::Preheader, &draft.preheader),
        (Field::Body, body),
    ] {
        if let Some(c) = unprintable(text) {
            let says = format!(
                "“{c}” cannot be printed: Latin, Greek and Cyrillic letters and common signs can"
            );
            add(field, says);
        }
    }
    found
}

/// The first character that cannot be set: of a script whose letters join or turn around, or a
/// picture. A piece with a gap in it would be worse than none.
#[must_use]
pub fn unprintable(text: &str) -> Option<char> {
    text.chars().find(|c| {
        !matches!(c,
            '\n' | ' '..='~' | '\u{a0}'..='\u{24f}' | '\u{370}'..='\u{52f}'
            | '\u{1e00}'..='\u{1eff}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
            | '€' | '™' | '№' | '←'..='↓' | '−' | '✓')
    })
}
