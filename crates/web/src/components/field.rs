//! Form fields: a label, a hint, and an error bound to the input by `aria-describedby`.

use maud::{Markup, html};

/// One input with its label.
#[derive(Debug, Default)]
pub struct Field<'a> {
    name: &'a str,
    label: &'a str,
    kind: &'a str,
    value: &'a str,
    hint: &'a str,
    error: &'a str,
    autocomplete: &'a str,
    is_required: bool,
    is_numeric: bool,
    rows: u32,
    is_code: bool,
    max: Option<u32>,
}

impl<'a> Field<'a> {
    fn of(kind: &'a str, name: &'a str, label: &'a str) -> Self {
        Self {
            kind,
            name,
            label,
            ..Self::default()
        }
    }

    /// One line of text.
    #[must_use]
    pub fn text(name: &'a str, label: &'a str) -> Self {
        Self::of("text", name, label)
    }

    /// An e-mail address.
    #[must_use]
    pub fn email(name: &'a str, label: &'a str) -> Self {
        Self::of("email", name, label)
    }

    /// A password; never filled in again.
    #[must_use]
    pub fn password(name: &'a str, label: &'a str) -> Self {
        Self::of("password", name, label)
    }

    /// A day.
    #[must_use]
    pub fn date(name: &'a str, label: &'a str) -> Self {
        Self::of("date", name, label)
    }

    /// A day and a time of day.
    #[must_use]
    pub fn date_time(name: &'a str, label: &'a str) -> Self {
        Self::of("datetime-local", name, label)
    }

    /// A search box.
    #[must_use]
    pub fn search(name: &'a str, label: &'a str) -> Self {
        Self::of("search", name, label)
    }

    /// A file.
    #[must_use]
    pub fn file(name: &'a str, label: &'a str) -> Self {
        Self::of("file", name, label)
    }

    /// Several lines of text.
    #[must_use]
    pub fn area(name: &'a str, label: &'a str, rows: u32) -> Self {
        Self {
            rows,
            ..Self::of("textarea", name, label)
        }
    }

    /// What it holds now.
    #[must_use]
    pub fn value(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    /// A sentence of help.
    #[must_use]
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// What is wrong with what was typed; empty when nothing is.
    #[must_use]
    pub fn error(self, error: &'a str) -> Self {
        Self { error, ..self }
    }

    /// What a browser may fill in: `username`, `current-password`, `off`.
    #[must_use]
    pub fn autocomplete(self, autocomplete: &'a str) -> Self {
        Self {
            autocomplete,
            ..self
        }
    }

    /// It must be filled in.
    #[must_use]
    pub fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }

    /// Only digits are expected.
    #[must_use]
    pub fn numeric(self) -> Self {
        Self {
            is_numeric: true,
            ..self
        }
    }

    /// Source text: fixed width, many lines.
    #[must_use]
    pub fn code(self) -> Self {
        Self {
            is_code: true,
            ..self
        }
    }

    /// At most this many characters.
    #[must_use]
    pub fn max(self, max: u32) -> Self {
        Self {
            max: Some(max),
            ..self
        }
    }

    /// The finished field.
    #[must_use]
    pub fn render(self) -> Markup {
        let id = format!("f-{}", self.name);
        let described = described_by(&id, self.hint, self.error);
        let invalid = (!self.error.is_empty()).then_some("true");
        let complete = (!self.autocomplete.is_empty()).then_some(self.autocomplete);
        html! {
            div.field {
                label for=(id) { (self.label) @if !self.is_required { (optional()) } }
                (help(&id, self.hint, self.error))
                @if self.kind == "textarea" {
                    textarea class=[self.is_code.then_some("code")] id=(id) name=(self.name) rows=(self.rows)
                        required[self.is_required] maxlength=[self.max] aria-describedby=[described]
                        aria-invalid=[invalid] spellcheck=[self.is_code.then_some("false")] { (self.value) }
                } @else {
                    input id=(id) name=(self.name) type=(self.kind) required[self.is_required]
                        value=[(!matches!(self.kind, "password" | "file")).then_some(self.value)]
                        inputmode=[self.is_numeric.then_some("numeric")] maxlength=[self.max]
                        autocomplete=[complete] aria-describedby=[described] aria-invalid=[invalid];
                }
            }
        }
    }
}

fn optional() -> Markup {
    html! { " " small { "(optional)" } }
}

fn described_by(id: &str, hint: &str, error: &str) -> Option<String> {
    let hint = (!hint.is_empty()).then(|| format!("{id}-hint"));
    let error = (!error.is_empty()).then(|| format!("{id}-error"));
    match (hint, error) {
        (Some(hint), Some(error)) => Some(format!("{hint} {error}")),
        (one, other) => one.or(other),
    }
}

fn help(id: &str, hint: &str, error: &str) -> Markup {
    html! {
        @if !hint.is_empty() { p.hint id={ (id) "-hint" } { (hint) } }
        @if !error.is_empty() { p.error id={ (id) "-error" } { (error) } }
    }
}

/// One answer of a closed list.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// A sentence more; may be empty.
    pub hint: String,
    /// Whether it is chosen now.
    pub is_chosen: bool,
}

impl Choice {
    /// A choice without more to say.
    pub fn new(value: impl Into<String>, label: impl Into<String>, is_chosen: bool) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            hint: String::new(),
            is_chosen,
        }
    }

    /// The same with a sentence more.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: hint.into(),
            ..self
        }
    }
}

/// A list that opens.
pub fn select(name: &str, label: &str, hint: &str, error: &str, choices: &[Choice]) -> Markup {
    let id = format!("f-{name}");
    html! {
        div.field {
            label for=(id) { (label) }
            (help(&id, hint, error))
            select id=(id) name=(name) aria-describedby=[described_by(&id, hint, error)]
                aria-invalid=[(!error.is_empty()).then_some("true")] {
                @for choice in choices {
                    option value=(choice.value) selected[choice.is_chosen] { (choice.label) }
                }
            }
        }
    }
}

/// One of a few, all in sight.
pub fn radios(name: &str, legend: &str, hint: &str, error: &str, choices: &[Choice]) -> Markup {
    group("radio", name, legend, hint, error, choices)
}

/// Any of a few. Never ticked by us unless the choice says so.
pub fn checks(name: &str, legend: &str, hint: &str, error: &str, choices: &[Choice]) -> Markup {
    group("checkbox", name, legend, hint, error, choices)
}

fn group(
    kind: &str,
    name: &str,
    legend: &str,
    hint: &str,
    error: &str,
    choices: &[Choice],
) -> Markup {
    let id = format!("f-{name}");
    html! {
        fieldset aria-describedby=[described_by(&id, hint, error)] {
            legend { (legend) }
            (help(&id, hint, error))
            @for (i, choice) in choices.iter().enumerate() {
                (tick(kind, name, &format!("{id}-{i}"), choice))
            }
        }
    }
}

fn tick(kind: &str, name: &str, id: &str, choice: &Choice) -> Markup {
    html! {
        div.choice {
            input type=(kind) id=(id) name=(name) value=(choice.value) checked[choice.is_chosen]
                required[kind == "radio"];
            label for=(id) {
                (choice.label)
                @if !choice.hint.is_empty() { span.hint { (choice.hint) } }
            }
        }
    }
}

/// A single box to tick; sends `yes`.
pub fn check(name: &str, label: &str, hint: &str, is_chosen: bool) -> Markup {
    let choice = Choice::new("yes", label, is_chosen).hint(hint);
    html! { div.field { (tick("checkbox", name, &format!("f-{name}"), &choice)) } }
}

/// A value that travels with the form.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// The whole number that was typed; spaces and separators do not matter.
#[must_use]
pub fn whole_number(typed: &str) -> Option<u64> {
    let digits: String = typed
        .chars()
        .filter(|c| !matches!(c, ' ' | ',' | '.' | '\u{a0}' | '\u{202f}'))
        .collect();
    digits.parse().ok()
}
