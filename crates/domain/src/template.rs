//! The template language: `{{variable}}` and `{{variable|fallback}}`, and nothing else.
//!
//! [`slots`] lists what a source asks for while it is written; [`Template`] compiles a source for
//! one place (plain text, a header line, HTML) and [`fill`] puts a person's values in. There are
//! no functions, no loops, no includes and no way to name anything outside [`Variables`].
//!
//! INVARIANT: what a value holds is never read as template, markup or header.
//! INVARIANT: no step does I/O; source, number of slots and length of a value are bounded.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::content::body::escaped;

pub mod html;
pub mod variable;

#[cfg(test)]
mod tests;

/// The longest source, in bytes (the rendered HTML of a long body included).
pub const MAX_SOURCE_BYTES: usize = 1_000_000;
/// The most slots in one source.
pub const MAX_SLOTS: usize = 200;
/// What is kept of a value, in characters.
pub const MAX_VALUE_CHARS: usize = 1_000;
/// The longest fallback, in characters.
pub const MAX_FALLBACK_CHARS: usize = 60;

/// One `{{…}}` of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The variable's name.
    pub name: String,
    /// What stands there when the person has no such value.
    pub fallback: Option<String>,
    /// Line and column of its first brace, from 1.
    pub at: (u32, u32),
}

/// A source that is not a template: where and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {says}", .at.0, .at.1)]
pub struct BadTemplate {
    /// Line and column, from 1.
    pub at: (u32, u32),
    /// The variable, when it is about one.
    pub variable: Option<String>,
    /// What is wrong and what would help.
    pub says: String,
}

/// How a value is written at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// Plain text: control characters other than line ends are dropped.
    Text,
    /// A header line: every control character becomes a space.
    Line,
    /// Text between tags or inside a quoted attribute.
    Markup,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Slot {
        name: String,
        fallback: Option<String>,
        escape: Escape,
    },
}

/// A compiled source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
    size: usize,
}

/// The values of one message, by variable name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<Cow<'static, str>, String>);

/// A variable without a value and without a fallback.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the variable `{0}` has no value for this person and no fallback")]
pub struct Missing(pub String);

/// A version ready to be filled: done once per version, used for every message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject line.
    pub subject: Template,
    /// The HTML part.
    pub html: Template,
    /// The plain text part.
    pub text: Template,
}

/// One message's words.
#[derive(Clone, PartialEq, Eq)]
pub struct FilledMail {
    /// The subject line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain text part.
    pub text: String,
}

/// Puts one person's values into a version. Takes a few microseconds.
///
/// # Errors
///
/// Names the variable that has neither value nor fallback; nothing is sent with a hole in it.
pub fn fill(rendered: &Rendered, variables: &Variables) -> Result<FilledMail, Missing> {
    Ok(FilledMail {
        subject: rendered.subject.fill(variables)?,
        html: rendered.html.fill(variables)?,
        text: rendered.text.fill(variables)?,
    })
}

impl Rendered {
    /// The names of the variables, each once.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        let templates = [&self.subject, &self.html, &self.text];
        templates.into_iter().flat_map(Template::names).collect()
    }

    /// Whether [`fill`] would leave no hole.
    ///
    /// # Errors
    ///
    /// Names the variable that has neither value nor fallback.
    pub fn check(&self, variables: &Variables) -> Result<(), Missing> {
        let templates = [&self.subject, &self.html, &self.text];
        templates
            .into_iter()
            .flat_map(|template| &template.pieces)
            .try_for_each(|piece| piece.value(variables).map(drop))
    }
}

impl Piece {
    /// What stands there, before it is escaped.
    fn value<'a>(&'a self, variables: &'a Variables) -> Result<&'a str, Missing> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Slot { name, fallback, .. } => variables
                .get(name)
                .or(fallback.as_deref())
                .ok_or_else(|| Missing(name.clone())),
        }
    }
}

impl Variables {
    /// No values yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value; an empty one counts as none.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let value = value.into();
        if !value.trim().is_empty() {
            self.0.insert(name.into(), value);
        }
    }

    /// Sets a value, in a row.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// The value, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl Template {
    /// Compiles plain text.
    ///
    /// # Errors
    ///
    /// Says where the source is not a template.
    pub fn text(source: &str) -> Result<Self, BadTemplate> {
        Self::compile(source, Escape::Text)
    }

    /// Compiles a header line.
    ///
    /// # Errors
    ///
    /// Says where the source is not a template.
    pub fn line(source: &str) -> Result<Self, BadTemplate> {
        Self::compile(source, Escape::Line)
    }

    /// Compiles HTML; every slot must stand where its kind of value may stand ([`html`]).
    ///
    /// # Errors
    ///
    /// Says where the source is not a template, or where a slot may not stand.
    pub fn html(source: &str) -> Result<Self, BadTemplate> {
        html::check(source)?;
        Self::compile(source, Escape::Markup)
    }

    fn compile(source: &str, escape: Escape) -> Result<Self, BadTemplate> {
        let mut pieces = Vec::new();
        for token in tokens(source)? {
            pieces.push(match token {
                Token::Text(text) => Piece::Text(text.to_owned()),
                Token::Slot(Slot { name, fallback, .. }) => Piece::Slot {
                    name,
                    fallback,
                    escape,
                },
            });
        }
        Ok(Self {
            pieces,
            size: source.len(),
        })
    }

    /// Puts the values in.
    ///
    /// # Errors
    ///
    /// Names the variable that has neither value nor fallback.
    pub fn fill(&self, variables: &Variables) -> Result<String, Missing> {
        let mut out = String::with_capacity(self.size + 256);
        for piece in &self.pieces {
            let value = piece.value(variables)?;
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Slot { escape, .. } => escape.write(&mut out, value),
            }
        }
        Ok(out)
    }

    /// The names of the variables, each once.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Slot { name, .. } => Some(name.as_str()),
                Piece::Text(_) => None,
            })
            .collect()
    }
}

impl Escape {
    fn write(self, out: &mut String, value: &str) {
        let end = value
            .char_indices()
            .nth(MAX_VALUE_CHARS)
            .map_or(value.len(), |(end, _)| end);
        let value = value.get(..end).unwrap_or(value);
        match self {
            Self::Text => out.extend(value.chars().filter(|c| !c.is_control() || *c == '\n')),
            Self::Line => out.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c })),
            Self::Markup => {
                let clean: String = value
                    .chars()
                    .filter(|c| !c.is_control() || *c == '\n')
                    .collect();
                out.push_str(&escaped(&clean));
            }
        }
    }
}

/// A stretch of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Text as it stands.
    Text(&'a str),
    /// A slot.
    Slot(Slot),
}

/// The slots of a source, in order.
///
/// # Errors
///
/// Says where the source is not a template.
pub fn slots(source: &str) -> Result<Vec<Slot>, BadTemplate> {
    let slot = |token| match token {
        Token::Slot(slot) => Some(slot),
        Token::Text(_) => None,
    };
    Ok(tokens(source)?.into_iter().filter_map(slot).collect())
}

/// Splits a source at its slots. A pair of closing braces alone is text: style sheets have them.
pub(crate) fn tokens(source: &str) -> Result<Vec<Token<'_>>, BadTemplate> {
    if source.len() > MAX_SOURCE_BYTES {
        let says = format!("it is longer than {MAX_SOURCE_BYTES} bytes");
        return Err(BadTemplate {
            at: (1, 1),
            variable: None,
            says,
        });
    }
    let mut found = Vec::new();
    let mut n_slots = 0;
    let mut rest = source;
    let mut place = Place { line: 1, column: 1 };
    while let Some(start) = rest.find("{{") {
        let (before, from) = rest.split_at(start);
        place.pass(before);
        if !before.is_empty() {
            found.push(Token::Text(before));
        }
        let bad = |says: String| BadTemplate {
            at: place.at(),
            variable: None,
            says,
        };
        let inner = from.get(2..).unwrap_or_default();
        let end = inner
            .find("}}")
            .ok_or_else(|| bad("a `{{` is not closed by `}}`".to_owned()))?;
        let (inside, after) = inner.split_at(end);
        n_slots += 1;
        if n_slots > MAX_SLOTS {
            return Err(bad(format!(
                "at most {MAX_SLOTS} variables fit into one text"
            )));
        }
        found.push(Token::Slot(slot(inside, place.at())?));
        place.pass(from.get(..end + 4).unwrap_or_default());
        rest = after.get(2..).unwrap_or_default();
    }
    if !rest.is_empty() {
        found.push(Token::Text(rest));
    }
    Ok(found)
}

/// Reads what stands between the braces.
fn slot(inside: &str, at: (u32, u32)) -> Result<Slot, BadTemplate> {
    let (name, fallback) = match inside.split_once('|') {
        Some((name, fallback)) => (name.trim(), Some(fallback.trim())),
        None => (inside.trim(), None),
    };
    let bad = |says: &str| {
        Err(BadTemplate {
            at,
            variable: None,
            says: says.to_owned(),
        })
    };
    if !crate::content::is_code(name) {
        return bad(
            "between `{{` and `}}` stands one variable name of lower-case letters, digits and `_`, \
             and after a `|` perhaps a fallback",
        );
    }
    if let Some(fallback) = fallback {
        if fallback.chars().count() > MAX_FALLBACK_CHARS {
            return bad("this fallback is too long");
        }
        // Also keeps it the same text in HTML and in the plain twin.
        if fallback
            .chars()
            .any(|c| c.is_control() || "<>&\"'{}|\\".contains(c))
        {
            return bad("a fallback is plain words: none of < > & \" ' { } | \\");
        }
    }
    Ok(Slot {
        name: name.to_owned(),
        fallback: fallback.map(str::to_owned),
        at,
    })
}

#[derive(Clone, Copy)]
struct Place {
    line: u32,
    column: u32,
}

impl Place {
    fn at(self) -> (u32, u32) {
        (self.line, self.column)
    }

    fn pass(&mut self, text: &str) {
        for c in text.chars() {
            if c == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
    }
}
