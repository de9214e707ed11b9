//! Blanks: the typed gaps of a template that are filled without another review (S148).
//!
//! A blank is written into the text, `[[day: date]]`, so that it is approved with it. [`fill`] puts
//! checked values in; whatever else is changed is another text, for review.
//!
//! INVARIANT: a value brings no markup, no link, no line and no further blank or variable but the
//! one its kind asks for.

use std::collections::BTreeMap;

use super::{Draft, Field, body, is_code, reorders};
use crate::template::variable;
use crate::time::Date;

#[cfg(test)]
mod tests;

/// The most characters of a value of any kind.
pub const MAX_VALUE_CHARS: usize = 120;

/// What may be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A day, written out.
    Date,
    /// A time of day, written out.
    Time,
    /// Where: one line of plain words.
    Place,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// Plain words, at most so many characters.
    Text(usize),
    /// One of these.
    Choice(Vec<String>),
    /// A value of the person, by the name of a permitted variable, with the words for who has none.
    Variable(Option<String>),
}

/// One blank of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blank {
    /// Its name; the same name is the same value wherever it stands.
    pub name: String,
    /// What may be filled in.
    pub kind: Kind,
}

/// The values of a filling, by the name of the blank, as typed.
pub type Values = BTreeMap<String, String>;

/// What is wrong with a blank or its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}`: {says}")]
pub struct BadBlank {
    /// The blank's name, or what was written for it.
    pub name: String,
    /// In which part it stands.
    pub field: Field,
    /// What is wrong and what would help.
    pub says: String,
}

const KINDS: &str = "write a blank as `[[name: date]]`, `time`, `place`, `phone`, `email`, \
                     `text 60`, `variable there`, or a choice as `one | two`";

impl Kind {
    fn read(text: &str) -> Option<Self> {
        let (word, rest) = match text.split_once(char::is_whitespace) {
            Some((word, rest)) => (word, rest.trim()),
            None => (text, ""),
        };
        if text.contains('|') {
            let choices: Vec<String> = text.split('|').map(|one| one.trim().to_owned()).collect();
            let fits = (2..=20).contains(&choices.len())
                && choices.iter().all(|one| plain_fault(one).is_none());
            return fits.then_some(Self::Choice(choices));
        }
        match (word, rest) {
            ("date", "") => Some(Self::Date),
            ("time", "") => Some(Self::Time),
            ("place", "") => Some(Self::Place),
            ("phone", "") => Some(Self::Phone),
            ("email", "") => Some(Self::Email),
            ("text", rest) => {
                let most: usize = rest.parse().ok()?;
                (1..=MAX_VALUE_CHARS)
                    .contains(&most)
                    .then_some(Self::Text(most))
            }
            ("variable", "") => Some(Self::Variable(None)),
            ("variable", rest) => plain_fault(rest)
                .is_none()
                .then(|| Self::Variable(Some(rest.to_owned()))),
            _ => None,
        }
    }

    /// What to type, for the one who fills it in.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Date => "a day".to_owned(),
            Self::Time => "a time of day".to_owned(),
            Self::Place => "a place, in one line of plain words".to_owned(),
            Self::Phone => "a telephone number".to_owned(),
            Self::Email => "an e-mail address".to_owned(),
            Self::Text(most) => format!("plain words, at most {most} characters"),
            Self::Choice(_) => "one of these".to_owned(),
            Self::Variable(_) => "a value that differs for each person".to_owned(),
        }
    }

    /// The value as it will stand in the text.
    fn written(&self, typed: &str) -> Result<String, String> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err("it must be filled in".to_owned());
        }
        if typed.chars().count() > MAX_VALUE_CHARS {
            return Err(format!("at most {MAX_VALUE_CHARS} characters fit"));
        }
        match self {
            Self::Date => {
                let day: Date = typed
                    .parse()
                    .map_err(|_| "give a day as 2026-11-26".to_owned())?;
                Ok(day.strftime("%A, %B %-d, %Y").to_string())
            }
            Self::Time => {
                let time: jiff::civil::Time = typed
                    .parse()
                    .map_err(|_| "give a time as 14:30".to_owned())?;
                Ok(time.strftime("%-I:%M %p").to_string())
            }
            Self::Phone => {
                let n_digits = typed.chars().filter(char::is_ascii_digit).count();
                let is_number = typed
                    .chars()
                    .all(|c| c.is_ascii_digit() || " +-().".contains(c));
                (is_number && (3..=15).contains(&n_digits))
                    .then(|| typed.to_owned())
                    .ok_or_else(|| "give a telephone number".to_owned())
            }
            Self::Email => {
                let is_part = |text: &str| {
                    !text.is_empty()
                        && text
                            .chars()
                            .all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c))
                };
                let parts = typed.split_once('@');
                parts
                    .filter(|(local, host)| is_part(local) && is_part(host) && host.contains('.'))
                    .map(|_| typed.to_owned())
                    .ok_or_else(|| "give an e-mail address".to_owned())
            }
            Self::Place => plain(typed, MAX_VALUE_CHARS),
            Self::Text(most) => plain(typed, *most),
            Self::Choice(choices) => choices
                .iter()
                .find(|one| *one == typed)
                .cloned()
                .ok_or_else(|| format!("choose one of: {}", choices.join(", "))),
            Self::Variable(fallback) => {
                // The person's own values only: no link, nothing of the organization's.
                if !is_code(typed) || variable::element(typed).is_none() {
                    return Err("choose a variable of the person".to_owned());
                }
                Ok(match fallback {
                    Some(fallback) => format!("{{{{{typed}|{fallback}}}}}"),
                    None => format!("{{{{{typed}}}}}"),
                })
            }
        }
    }
}

fn plain(typed: &str, most: usize) -> Result<String, String> {
    if typed.chars().count() > most {
        return Err(format!("at most {most} characters fit"));
    }
    match plain_fault(typed) {
        Some(says) => Err(says.to_owned()),
        None => Ok(typed.to_owned()),
    }
}

/// Why words are not plain.
fn plain_fault(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    if text.trim().is_empty() {
        return Some("it must be filled in");
    }
    if text.chars().any(char::is_control) || reorders(text) {
        return Some("it is one line of visible characters");
    }
    if text.contains([
        '[', ']', '{', '}', '<', '>', '*', '#', '|', '\\', '`', '@', '"',
    ]) {
        return Some("plain words only: none of [ ] { } < > * # | \\ ` @ \"");
    }
    if lower.contains("://") || lower.contains("www.") || lower.contains("mailto:") {
        return Some("no links: they belong to the approved text");
    }
    if text.trim_start().starts_with("- ") || text.trim() == "---" {
        return Some("it would begin a list or a line of its own");
    }
    None
}

/// A stretch of a part.
enum Piece<'a> {
    Text(&'a str),
    Blank(Blank),
}

fn pieces(field: Field, source: &str) -> Result<Vec<Piece<'_>>, BadBlank> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some((before, from)) = rest.split_once("[[") {
        let bad = |name: &str, says: &str| BadBlank {
            name: name.chars().take(60).collect(),
            field,
            says: says.to_owned(),
        };
        found.push(Piece::Text(before));
        let line = from.lines().next().unwrap_or_default();
        let (inside, _) = line
            .split_once("]]")
            .ok_or_else(|| bad("[[", "a `[[` is not closed by `]]` on its line"))?;
        let (name, kind) = inside.split_once(':').ok_or_else(|| bad(inside, KINDS))?;
        let (name, kind) = (name.trim(), kind.trim());
        if !is_code(name) {
            return Err(bad(
                name,
                "a blank's name is lower-case letters, digits and `_`",
            ));
        }
        let kind = Kind::read(kind).ok_or_else(|| bad(name, KINDS))?;
        found.push(Piece::Blank(Blank {
            name: name.to_owned(),
            kind,
        }));
        rest = from.get(inside.len() + 2..).unwrap_or_default();
    }
    found.push(Piece::Text(rest));
    Ok(found)
}

/// The blanks of a draft, each once, in the order in which they are read.
///
/// # Errors
///
/// The first blank that cannot be read, or that stands twice with two kinds.
pub fn blanks(draft: &Draft) -> Result<Vec<Blank>, BadBlank> {
    let mut found: Vec<Blank> = Vec::new();
    for field in Field::READ {
        for piece in pieces(field, draft.part(field))? {
            let Piece::Blank(blank) = piece else { continue };
            match found.iter().find(|one| one.name == blank.name) {
                Some(one) if one.kind == blank.kind => {}
                Some(_) => {
                    return Err(BadBlank {
                        name: blank.name,
                        field,
                        says: "it stands twice, with two kinds".to_owned(),
                    });
                }
                None => found.push(blank),
            }
        }
    }
    Ok(found)
}

/// Whether a draft is a template: nothing is sent from it before it is filled in.
#[must_use]
pub fn is_template(draft: &Draft) -> bool {
    !matches!(blanks(draft).as_deref(), Ok([]))
}

/// The template with these values in its blanks. The same values always give the same draft.
///
/// # Errors
///
/// Each blank whose value is missing or of another kind, and each value that has no blank.
pub fn fill(template: &Draft, values: &Values) -> Result<Draft, Vec<BadBlank>> {
    let blanks = blanks(template).map_err(|bad| vec![bad])?;
    let mut faults = Vec::new();
    let mut written = BTreeMap::new();
    let fault = |name: &str, says: String| BadBlank {
        name: name.to_owned(),
        field: Field::Body,
        says,
    };
    for blank in &blanks {
        let typed = values.get(&blank.name).map_or("", String::as_str);
        match blank.kind.written(typed) {
            Ok(value) => {
                written.insert(blank.name.as_str(), value);
            }
            Err(says) => faults.push(fault(&blank.name, says)),
        }
    }
    let unknown = values
        .keys()
        .filter(|name| !blanks.iter().any(|blank| blank.name == **name));
    faults.extend(unknown.map(|name| fault(name, "the template has no such blank".to_owned())));
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut filled = template.clone();
    for field in Field::READ {
        let is_markup = field == Field::Body && body::is_mjml(&template.body);
        let mut text = String::new();
        for piece in pieces(field, template.part(field)).map_err(|bad| vec![bad])? {
            match piece {
                Piece::Text(words) => text.push_str(words),
                Piece::Blank(blank) => {
                    let value = written.get(blank.name.as_str());
                    let value = value.map_or("", String::as_str);
                    if is_markup {
                        text.push_str(&body::escaped(value));
                    } else {
                        text.push_str(value);
                    }
                }
            }
        }
        match field {
            Field::Subject => filled.subject = text,
            Field::Preheader => filled.preheader = text,
            Field::Body => filled.body = text,
            Field::Text => filled.text = text,
            Field::Name | Field::Topic | Field::Channel => {}
        }
    }
    Ok(filled)
}
