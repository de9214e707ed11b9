//! The parts pages are made of. Each is a plain function that gives [`maud::Markup`]; everything
//! handed in is escaped.
//!
//! Start with [`header`], [`table::Table`] and [`field::Field`]; [`notice`] is how a page says no.
//!
//! INVARIANT: colour is never the only signal: a tone comes with a mark and a word.
//! INVARIANT: nothing here emits a script, a style attribute or an address elsewhere.

pub mod chart;
pub mod field;
pub mod notice;
pub mod table;

use jiff::Timestamp;
use maud::{Markup, html};

use crate::csrf::CsrfToken;

/// How good or bad a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Done, in force, permitted.
    Good,
    /// Waits, or needs a look.
    Warn,
    /// Refused, failed, revoked.
    Bad,
    /// Worth knowing.
    Info,
    /// Nothing to say about it.
    Neutral,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
            Self::Neutral => "neutral",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warn => "!",
            Self::Bad => "✕",
            Self::Info => "i",
            Self::Neutral => "·",
        }
    }
}

/// A status in one word, with its mark.
pub fn pill(tone: Tone, word: &str) -> Markup {
    html! {
        span class={ "pill " (tone.class()) } { span aria-hidden="true" { (tone.mark()) } (word) }
    }
}

/// The head of a page: its one `h1`, a sentence, and what can be done here.
pub fn header(title: &str, lead: &str, actions: &Markup) -> Markup {
    html! {
        div.head {
            div {
                h1 { (title) }
                @if !lead.is_empty() { p.lead { (lead) } }
            }
            @if !actions.0.is_empty() { div.row { (actions) } }
        }
    }
}

/// Where this page lies: each step with its address, the last one without.
pub fn crumbs(steps: &[(&str, &str)], here: &str) -> Markup {
    html! {
        nav.crumbs aria-label="You are here" {
            ol {
                @for (label, href) in steps { li { a href=(href) { (label) } } }
                li aria-current="page" { (here) }
            }
        }
    }
}

/// A link that looks like a button.
pub fn button_link(href: &str, label: &str) -> Markup {
    html! { a.button href=(href) { (label) } }
}

/// The same, for what is not the main thing to do here.
pub fn quiet_link(href: &str, label: &str) -> Markup {
    html! { a class="button quiet" href=(href) { (label) } }
}

/// A form that is only a button.
pub fn post_button(token: &CsrfToken, action: &str, label: &str, class: &str) -> Markup {
    html! {
        form method="post" action=(action) { (token.field()) button class=(class) { (label) } }
    }
}

/// Names and values, side by side.
pub fn definitions(rows: &[(&str, Markup)]) -> Markup {
    html! {
        dl.facts { @for (name, value) in rows { dt { (name) } dd { (value) } } }
    }
}

/// An instant, readable by people and by machines. Shown in UTC, which is said.
pub fn time(at: Timestamp) -> Markup {
    let machine = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let people = at.strftime("%-d %b %Y, %H:%M UTC").to_string();
    html! { time datetime=(machine) { (people) } }
}

/// A day.
pub fn day(on: jiff::civil::Date) -> Markup {
    html! { time datetime=(on) { (on.strftime("%-d %b %Y").to_string()) } }
}

/// A whole number with thin groups of three, as people read it.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The smallest group whose size everybody may see.
pub const SMALLEST_GROUP: u64 = 11;

/// A group's size; one to ten people are "fewer than 11" for those who may not see small groups.
pub fn group_size(n: u64, may_see_small: bool) -> String {
    if n > 0 && n < SMALLEST_GROUP && !may_see_small {
        format!("fewer than {SMALLEST_GROUP}")
    } else {
        number(n)
    }
}

/// A number that opens its list.
pub fn count_link(n: u64, href: &str) -> Markup {
    html! { a href=(href) { (number(n)) } }
}

/// A tile of the Today page: one figure, what it says, where it leads.
pub fn tile(figure: &str, says: &str, href: &str) -> Markup {
    html! {
        a.tile href=(href) { span.figure { (figure) } span.says { (says) } }
    }
}

/// What an empty page teaches: what will stand here and the next step.
pub fn empty(title: &str, says: &str, action: &Markup) -> Markup {
    html! {
        div.empty { h2 { (title) } p { (says) } (action) }
    }
}

/// One event of a time line.
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// What happened, in a few words.
    pub what: Markup,
    /// The rest: receipts, reasons, links.
    pub more: Markup,
}

/// Events, newest or oldest first as given.
pub fn timeline(label: &str, events: &[Event]) -> Markup {
    html! {
        ol.timeline aria-label=(label) {
            @for event in events {
                li {
                    p.what { (event.what) }
                    div.when { (time(event.at)) }
                    (event.more)
                }
            }
        }
    }
}

/// Work under way. Give it the id of a part with `data-refresh` around it to keep it live.
pub fn progress(label: &str, done: u64, total: u64) -> Markup {
    html! {
        div.progress {
            div.numbers {
                span id={ "progress-" (label.len()) } { (label) }
                span { (number(done)) " of " (number(total)) }
            }
            progress aria-label=(label) max=(total.max(1)) value=(done.min(total)) {}
        }
    }
}

/// A part of the page that script fetches again every few seconds while `live`.
pub fn live(id: &str, seconds: u32, live: bool, body: &Markup) -> Markup {
    html! {
        div id=(id) data-refresh=[live.then_some(seconds)] { (body) }
    }
}

/// A hash in full, breakable.
pub fn hash(text: &str) -> Markup {
    html! { code.hash { (text) } }
}

/// A block of text to copy.
pub fn code_block(text: &str) -> Markup {
    html! { pre tabindex="0" { code { (text) } } }
}

/// A receipt: what was done, as committed to the ledger.
pub fn receipt(title: &str, facts: &[(&str, Markup)], more: &Markup) -> Markup {
    html! {
        section.receipt {
            p.title { span aria-hidden="true" { "✓ " } (title) }
            (definitions(facts))
            (more)
        }
    }
}

/// The pages of one thing.
pub fn tabs(label: &str, tabs: &[(&str, &str, bool)]) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            ul {
                @for (name, href, here) in tabs {
                    li { a href=(href) aria-current=[here.then_some("page")] { (name) } }
                }
            }
        }
    }
}

/// A wide or irreversible act: its size is shown and must be typed.
///
/// `typed` is what came back in the field `confirm`, and why it was refused; both empty at first.
pub fn confirm_by_number(
    token: &CsrfToken,
    action: &str,
    n: u64,
    (question, button): (&str, &str),
    (typed, refused): (&str, &str),
) -> Markup {
    html! {
        form.confirm method="post" action=(action) data-number=(n) {
            (token.field())
            p { (question) }
            p.size { (number(n)) }
            (field::Field::text("confirm", "Type the number to confirm")
                .value(typed)
                .error(refused)
                .hint("Digits only; this cannot be undone.")
                .numeric()
                .required()
                .render())
            button { (button) }
        }
    }
}

#[cfg(test)]
mod tests;
