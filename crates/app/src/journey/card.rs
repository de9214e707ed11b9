//! The card of a journey's logic: what it reads, how it decides, who watches over it (S100). It is made from the
//! definition each time, so it cannot differ from what runs.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::journey::steps::{Kind, Steps, Test};
use placet_domain::journey::{APPROVERS, Entry, Said, Version};
use placet_domain::words::words;
use placet_store::{Tx, contents};
use serde::Serialize;

use super::find;
use crate::ActError;
use crate::content::elements;

/// What is said of a version's logic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The journey's name.
    pub name: String,
    /// The version.
    pub version: u32,
    /// SHA-256 of the definition that it was made from.
    pub hash: String,
    /// Why it is done.
    pub purpose: String,
    /// Why it may be done with these data.
    pub rationale: String,
    /// Who answers for it.
    pub owner: String,
    /// Each data element that it reads, and what for.
    pub inputs: Vec<Input>,
    /// How it decides, step by step.
    pub logic: Vec<String>,
    /// Who watches over it, and how it is stopped.
    pub oversight: Vec<String>,
}

/// A data element that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    /// Its code in the catalogue.
    pub element: String,
    /// What it is read for.
    pub uses: Vec<String>,
}

/// The card of one version.
///
/// # Errors
///
/// [`ActError::NotFound`] when a content is not there, or the steps cannot be read.
pub fn card(tx: &mut Tx, version: &Version) -> Result<Card, ActError> {
    let it = &version.declaration;
    let steps = it.read().ok_or(ActError::NotFound("version"))?;
    let journey = find(tx, version.journey)?;
    Ok(Card {
        name: journey.name,
        version: version.version,
        hash: placet_ledger::to_hex(&version.hash),
        purpose: words(&it.purpose),
        rationale: it.rationale.clone(),
        owner: it.owner.clone(),
        inputs: inputs(tx, version, &steps)?,
        logic: logic(version, &steps),
        oversight: oversight(version),
    })
}

fn inputs(tx: &mut Tx, version: &Version, steps: &Steps) -> Result<Vec<Input>, ActError> {
    let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |element: &str, says: String| {
        read.entry(element.to_owned()).or_default().insert(says);
    };
    for element in version.declaration.entry.selection() {
        add(element, "who comes in".to_owned());
    }
    for (place, step) in steps.iter().enumerate() {
        if let Kind::If { test, .. } = &step.kind {
            let filter = match test {
                Test::In(name) => version.declaration.audiences.get(name),
                _ => None,
            };
            let of_filter = filter.map(placet_domain::audience::Filter::elements);
            for element in test
                .element()
                .into_iter()
                .chain(of_filter.unwrap_or_default())
            {
                add(element, format!("the condition of step {}", place + 1));
            }
        }
        if matches!(step.kind, Kind::Until { .. }) {
            add(
                "time_zone",
                format!("the time of day of step {}", place + 1),
            );
        }
    }
    for send in &version.sends {
        let content = contents::find_version(tx, send.content)?;
        let content = content.ok_or(ActError::NotFound("version"))?;
        for element in elements(&content.draft) {
            add(&element, format!("the message of step {}", send.step + 1));
        }
    }
    let input = |(element, uses): (String, BTreeSet<String>)| Input {
        element,
        uses: uses.into_iter().collect(),
    };
    Ok(read.into_iter().map(input).collect())
}

fn logic(version: &Version, steps: &Steps) -> Vec<String> {
    let declared = &version.declaration;
    let mut says = vec![format!("Comes in: {}.", declared.entry.says())];
    if let Entry::Audience { filter, .. } = &declared.entry {
        let sentences = filter.sentences();
        if !sentences.is_empty() {
            says.push(format!("That is: {}.", sentences.join("; and ")));
        }
    }
    for (place, step) in steps.iter().enumerate() {
        let ways: Vec<String> = steps
            .ways(place)
            .iter()
            .filter(|way| !way.when.is_empty())
            .map(|way| format!("{}: step {}", way.when, way.to + 1))
            .collect();
        let on = match ways.is_empty() {
            true => String::new(),
            false => format!(" ({})", ways.join(", ")),
        };
        says.push(format!("Step {}. {}{on}.", place + 1, step.says()));
        if let Kind::If {
            test: Test::In(name),
            ..
        } = &step.kind
            && let Some(filter) = declared.audiences.get(name)
        {
            says.push(format!(
                "\u{201c}{name}\u{201d} is: {}.",
                filter.sentences().join("; and ")
            ));
        }
    }
    if steps.iter().any(|step| matches!(step.kind, Kind::Split(_))) {
        says.push(
            "A split deals people out by a keyed hash of version, step and person: the same person always the same way, and nothing about them counts.".to_owned(),
        );
    }
    says.push("It is a fixed list of rules. It learns nothing and guesses nothing.".to_owned());
    says
}

fn oversight(version: &Version) -> Vec<String> {
    let mut says = Vec::new();
    says.push(match version.simulated_at {
        Some(at) => format!("Simulated on past data, last on {at}."),
        None => "Not simulated yet.".to_owned(),
    });
    for role in APPROVERS {
        says.push(match version.word(role) {
            Some(word) if word.said == Said::Approve => {
                format!("{} agreed by name on {}.", role.label(), word.at)
            }
            Some(word) => format!("{} sent it back on {}.", role.label(), word.at),
            None => format!("{} has not spoken.", role.label()),
        });
    }
    says.push(match &version.start {
        Some(start) => format!("Started by name on {}.", start.at),
        None => "Not started.".to_owned(),
    });
    says.push(format!(
        "It pauses by itself after {} entered in 24 hours. Compliance and IT pause or end it at once.",
        version.declaration.most_per_day
    ));
    says.push("Each message is decided by the gate at the moment it is sent; what it refuses is counted by step and rule, and a sudden rise is shown on Today.".to_owned());
    says
}
