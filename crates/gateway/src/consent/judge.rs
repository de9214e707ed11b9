//! What a consent answers to one question.

use placet_domain::time::Date;

use super::shape::{Coding, Period, Provision, Raw, Version};

/// May data be disclosed for marketing?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// On which day.
    pub on: Date,
    /// The resource type of the data; none asks for all of it.
    pub class: Option<String>,
    /// The sensitivity label that the data carries.
    pub security_label: Option<String>,
}

impl Question {
    /// Whether marketing is permitted as such.
    #[must_use]
    pub fn marketing(on: Date) -> Self {
        Self {
            on,
            class: None,
            security_label: None,
        }
    }
}

/// The answer; only the first permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Permitted.
    Permit,
    /// Refused.
    Deny,
    /// The consent is not in force any more, or not yet.
    Ended,
    /// The consent does not speak of it.
    Silent,
}

impl Answer {
    /// Whether it permits; silence does not.
    #[must_use]
    pub fn permits(self) -> bool {
        self == Self::Permit
    }
}

/// Whether a provision applies to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fits {
    No,
    Perhaps,
    Yes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Permit,
    Deny,
}

impl Rule {
    fn find(code: Option<&str>) -> Option<Self> {
        match code {
            Some("permit") => Some(Self::Permit),
            Some("deny") => Some(Self::Deny),
            _ => None,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Permit => Self::Deny,
            Self::Deny => Self::Permit,
        }
    }

    /// A permission needs certainty, a refusal does not.
    fn holds(self, fits: Fits) -> bool {
        match self {
            Self::Permit => fits == Fits::Yes,
            Self::Deny => fits != Fits::No,
        }
    }
}

pub(super) fn answer(version: Version, raw: &Raw, question: &Question) -> Answer {
    if raw.status.as_deref() != Some("active") {
        return Answer::Ended;
    }
    if period(raw.period.as_ref(), question.on) != Fits::Yes {
        return Answer::Ended;
    }
    let rule = match version {
        Version::R4 => r4(raw, question),
        Version::R5 => r5(raw, question),
    };
    match rule {
        Some(Rule::Permit) => Answer::Permit,
        Some(Rule::Deny) => Answer::Deny,
        None => Answer::Silent,
    }
}

/// The root is the base, and its own conditions say what it is the base of.
fn r4(raw: &Raw, question: &Question) -> Option<Rule> {
    let root = raw.provision.first()?;
    let base = Rule::find(root.r#type.as_deref())?;
    if !base.holds(fits(root, question)) {
        return None;
    }
    Some(exceptions(
        base,
        &root.provision,
        question,
        &|inner, base| {
            // A nested provision without a type is the exception that its place makes it.
            Rule::find(inner.r#type.as_deref()).unwrap_or(base.other())
        },
    ))
}

/// `decision` is the base; each level negates the one above.
fn r5(raw: &Raw, question: &Question) -> Option<Rule> {
    let base = Rule::find(raw.decision.as_deref())?;
    Some(exceptions(base, &raw.provision, question, &|_, base| {
        base.other()
    }))
}

/// What becomes of a base where exceptions apply; of several, the refusing one counts.
fn exceptions(
    base: Rule,
    inner: &[Provision],
    question: &Question,
    rule_of: &dyn Fn(&Provision, Rule) -> Rule,
) -> Rule {
    let mut found: Option<Rule> = None;
    for one in inner {
        let own = rule_of(one, base);
        if !own.holds(fits(one, question)) {
            continue;
        }
        let rule = exceptions(own, &one.provision, question, rule_of);
        found = match (found, rule) {
            (Some(Rule::Deny), _) | (_, Rule::Deny) => Some(Rule::Deny),
            _ => Some(Rule::Permit),
        };
    }
    found.unwrap_or(base)
}

fn fits(provision: &Provision, question: &Question) -> Fits {
    let parts = [
        if provision.is_narrowed() {
            Fits::Perhaps
        } else {
            Fits::Yes
        },
        period(provision.period.as_ref(), question.on),
        purpose(&provision.purpose),
        action(provision),
        label(
            &provision.security_label,
            question.security_label.as_deref(),
        ),
        class(provision, question.class.as_deref()),
    ];
    parts.into_iter().min().unwrap_or(Fits::No)
}

/// Days are compared as far as they are written: `2024-01` begins with the first and ends with
/// the last of January.
fn period(period: Option<&Period>, on: Date) -> Fits {
    let Some(period) = period else {
        return Fits::Yes;
    };
    let on = on.to_string();
    let side = |written: Option<&str>, is_outside: &dyn Fn(&str, &str) -> bool| {
        let Some(written) = written else {
            return Fits::Yes;
        };
        let day = written.get(..10).unwrap_or(written);
        let is_written =
            matches!(day.len(), 4 | 7 | 10) && day.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        match on.get(..day.len()) {
            Some(_) if !is_written => Fits::Perhaps,
            Some(on) if is_outside(on, day) => Fits::No,
            Some(_) => Fits::Yes,
            None => Fits::Perhaps,
        }
    };
    let start = side(period.start.as_deref(), &|on, start| on < start);
    let end = side(period.end.as_deref(), &|on, end| on > end);
    start.min(end)
}

const REASONS: [&str; 3] = [
    "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "http://hl7.org/fhir/v3/ActReason",
    "urn:oid:2.16.840.1.113883.5.8",
];

/// No purpose means every purpose.
fn purpose(purposes: &[Coding]) -> Fits {
    if purposes.is_empty() {
        return Fits::Yes;
    }
    let one = |coding: &Coding| match (coding.code.as_str(), coding.system.as_deref()) {
        ("HMARKT", Some(system)) if REASONS.contains(&system) => Fits::Yes,
        // The word of a list that is not said, or of another one; or the top of the list.
        ("HMARKT" | "PurposeOfUse" | "", _) => Fits::Perhaps,
        _ => Fits::No,
    };
    purposes.iter().map(one).max().unwrap_or(Fits::No)
}

fn action(provision: &Provision) -> Fits {
    if provision.action.is_empty() {
        return Fits::Yes;
    }
    let codings = provision.action.iter().flat_map(|one| &one.coding);
    let codes: Vec<&str> = codings.map(|coding| coding.code.as_str()).collect();
    if codes.contains(&"disclose") {
        Fits::Yes
    } else if codes.is_empty() {
        Fits::Perhaps
    } else {
        Fits::No
    }
}

/// A provision about labelled data does not speak of data without the label.
fn label(labels: &[Coding], carried: Option<&str>) -> Fits {
    if labels.is_empty() {
        return Fits::Yes;
    }
    let is_carried = |label: &Coding| carried == Some(label.code.as_str());
    if labels.iter().any(is_carried) {
        Fits::Yes
    } else {
        Fits::No
    }
}

/// Asked of all data, a provision about some of it applies perhaps.
fn class(provision: &Provision, asked: Option<&str>) -> Fits {
    let mut listed = provision.class.iter().chain(&provision.resource_type);
    if provision.class.is_empty() && provision.resource_type.is_empty() {
        return Fits::Yes;
    }
    match asked {
        None => Fits::Perhaps,
        Some(asked) if listed.any(|class| class.code == asked) => Fits::Yes,
        Some(_) => Fits::No,
    }
}
