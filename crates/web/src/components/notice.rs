//! Notices: information, warnings, and the way every page says no.

use maud::{Markup, html};
use placet_app::FieldProblem;

use super::{Tone, pill};

/// Something worth knowing.
pub fn info(title: &str, body: &Markup) -> Markup {
    block(Tone::Info, "note", title, body)
}

/// Done, and what came of it.
pub fn done(title: &str, body: &Markup) -> Markup {
    block(Tone::Good, "status", title, body)
}

/// Something to look at before going on.
pub fn warn(title: &str, body: &Markup) -> Markup {
    block(Tone::Warn, "note", title, body)
}

/// One reason of a refusal: the rule's code and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The id of the rule or element; empty when there is none.
    pub rule: String,
    /// In plain words.
    pub says: String,
}

impl Why {
    /// A reason that no rule of a pack stands behind.
    pub fn plain(says: impl Into<String>) -> Self {
        Self {
            rule: String::new(),
            says: says.into(),
        }
    }
}

/// The fields that cannot be used, each by its name: "Sender name: this is not an address".
pub fn unusable(problems: &[FieldProblem]) -> Vec<Why> {
    let named = problems.iter().map(|one| {
        let mut letters = one.field.chars();
        let first: String = letters
            .by_ref()
            .take(1)
            .flat_map(char::to_uppercase)
            .collect();
        let rest = letters.as_str().replace(['_', '.'], " ");
        if first.is_empty() {
            Why::plain(one.problem.clone())
        } else {
            Why::plain(format!("{first}{rest}: {}", one.problem))
        }
    });
    named.collect()
}

/// A refusal: what was refused, why, and what would change it.
pub fn refusal(what: &str, why: &[Why], what_would_change_it: &str) -> Markup {
    let body = html! {
        @if !why.is_empty() {
            ul.why {
                @for reason in why {
                    li {
                        (reason.says)
                        @if !reason.rule.is_empty() { " " code { (reason.rule) } }
                    }
                }
            }
        }
        @if !what_would_change_it.is_empty() {
            p { strong { "What would change it: " } (what_would_change_it) }
        }
    };
    block(Tone::Bad, "alert", what, &body)
}

fn block(tone: Tone, role: &str, title: &str, body: &Markup) -> Markup {
    html! {
        div class={ "notice " (tone.class()) } role=(role) {
            p.title { span aria-hidden="true" { (tone.mark()) " " } (title) }
            (body)
        }
    }
}

/// A yes or no, in words.
pub fn yes_no(value: bool, yes: &str, no: &str) -> Markup {
    if value {
        pill(Tone::Good, yes)
    } else {
        pill(Tone::Neutral, no)
    }
}
