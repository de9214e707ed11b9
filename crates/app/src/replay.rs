//! Stored decisions, taken again: the same question under the same rules must give the same bytes.
//!
//! [`replay`] takes a page of them; whoever calls goes on where it ended. What does not match is a
//! [`Finding`]; a person who was erased is counted, since nobody can open their decisions.
//!
//! INVARIANT: nothing is repaired here; a finding is a finding.

use placet_domain::entry::Entry;
use placet_domain::id::DecisionId;
use placet_domain::time::Timestamp;
use placet_ledger::from_hex;
use placet_policy::{Engine, Inputs, Profile, read_inputs};
use placet_store::decisions::{self, Body, Decided, Kept as Stored};
use placet_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};

use crate::rules::Kept;
use crate::{ActError, Ctx};

/// How many decisions are taken again in one act.
pub const PAGE: u32 = 500;
/// How many findings are named; more are counted.
const NAMED: usize = 200;

/// What a page of replayed decisions showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// How many were read.
    pub n_decisions: u64,
    /// How many came out byte for byte as they were stored.
    pub n_matched: u64,
    /// How many belong to people who were erased.
    pub n_erased: u64,
    /// How many did not match.
    pub n_findings: u64,
    /// Those, at most a few hundred.
    pub findings: Vec<Finding>,
    /// Where the next page starts; none after the last.
    pub next: Option<DecisionId>,
}

/// A decision that does not replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which.
    pub decision: DecisionId,
    /// When it was taken.
    pub decided_at: Timestamp,
    /// The rules it names.
    pub pack: String,
    /// What is wrong.
    #[serde(flatten)]
    pub what: Wrong,
}

/// Why a decision does not replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "wrong", rename_all = "snake_case")]
pub enum Wrong {
    /// The sealed body is not the one that was written.
    Altered,
    /// The body is no question and answer.
    Unreadable,
    /// The rules it was taken under are not kept.
    RulesNotKept,
    /// A column of the row says something else than the sealed body.
    Row {
        /// The column.
        column: &'static str,
    },
    /// The same question under the same rules gives another answer.
    Differs {
        /// The outcome that is stored.
        stored: String,
        /// The outcome that comes out.
        replayed: String,
    },
}

impl Wrong {
    /// The same in words.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::Altered => "the sealed body is not the one that was written".to_owned(),
            Self::Unreadable => "the body is no question and answer".to_owned(),
            Self::RulesNotKept => {
                "the rules it was taken under are not kept here: start the program with them once"
                    .to_owned()
            }
            Self::Row { column } => {
                format!("column {column} says something else than what was sealed")
            }
            Self::Differs { stored, replayed } if stored == replayed => {
                format!("the answer is {stored} again, but not in the same words")
            }
            Self::Differs { stored, replayed } => {
                format!("stored as {stored}, comes out as {replayed}")
            }
        }
    }
}

/// Takes the decisions after `after` again, at most [`PAGE`].
///
/// # Errors
///
/// When the store fails.
pub fn replay(
    tx: &mut Tx,
    _: &Ctx,
    rules: &mut Kept,
    after: Option<DecisionId>,
) -> Result<Replayed, ActError> {
    let page = decisions::list_after(tx, after, PAGE)?;
    let mut found = Replayed::default();
    if page.len() == PAGE as usize {
        found.next = page.last().map(|(decided, _)| decided.id);
    }
    for (decided, body) in page {
        found.n_decisions += 1;
        let wrong = match body {
            Stored::Erased => {
                found.n_erased += 1;
                continue;
            }
            Stored::Altered => Some(Wrong::Altered),
            Stored::Opened(body) => again(tx, rules, &decided, &body)?,
        };
        match wrong {
            None => found.n_matched += 1,
            Some(what) => {
                found.n_findings += 1;
                if found.findings.len() < NAMED {
                    found.findings.push(Finding {
                        decision: decided.id,
                        decided_at: decided.decided_at,
                        pack: decided.pack,
                        what,
                    });
                }
            }
        }
    }
    let mut entry = Entry::new("decisions.replayed")
        .with("n_decisions", found.n_decisions)
        .with("n_matched", found.n_matched)
        .with("n_erased", found.n_erased)
        .with("n_findings", found.n_findings);
    if let Some(after) = after {
        entry = entry.with("after", after);
    }
    tx.record(entry);
    Ok(found)
}

/// What was asked.
#[derive(Deserialize)]
struct Question {
    at: String,
    rules: String,
    inputs: serde_json::Value,
}

/// What of the answer stands in the row too.
#[derive(Deserialize)]
struct Answer {
    outcome: String,
    category: String,
    profile: String,
    pack: Named,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    version: String,
}

/// Takes one decision again; none when it matches.
fn again(
    tx: &mut Tx,
    rules: &mut Kept,
    decided: &Decided,
    body: &Body,
) -> Result<Option<Wrong>, StoreError> {
    let Some((question, answer, inputs, at)) = read(body) else {
        return Ok(Some(Wrong::Unreadable));
    };
    let columns = [
        ("outcome", decided.outcome == answer.outcome),
        ("category", decided.category == answer.category),
        ("profile", decided.profile == answer.profile),
        (
            "pack",
            decided.pack == format!("{} {}", answer.pack.id, answer.pack.version),
        ),
        (
            "decided_at",
            decided.decided_at.as_microsecond() == at.as_microsecond(),
        ),
    ];
    if let Some((column, _)) = columns.into_iter().find(|(_, is_same)| !is_same) {
        return Ok(Some(Wrong::Row { column }));
    }
    let Some(hash) = from_hex(&question.rules) else {
        return Ok(Some(Wrong::Unreadable));
    };
    let engine = rules.find(tx, hash)?;
    let Some(engine) = engine else {
        return Ok(Some(Wrong::RulesNotKept));
    };
    let Some(profile) = Profile::find(&answer.profile) else {
        return Ok(Some(Wrong::Unreadable));
    };
    let decision = engine.decide(&inputs, profile, at);
    let bytes = serde_json::to_vec(&decision).map_err(|_| StoreError::Defect)?;
    Ok((bytes != body.answer).then(|| Wrong::Differs {
        stored: answer.outcome,
        replayed: decision.outcome.as_str().to_owned(),
    }))
}

fn read(body: &Body) -> Option<(Question, Answer, Inputs, Timestamp)> {
    let question: Question = serde_json::from_slice(&body.question).ok()?;
    let answer = serde_json::from_slice(&body.answer).ok()?;
    let (inputs, _) = read_inputs(&question.inputs, "/inputs").ok()?;
    let at = question.at.parse().ok()?;
    Some((question, answer, inputs, at))
}

/// The rules that a decision was taken by, as its question names them.
pub(crate) fn rules_of(
    tx: &mut Tx,
    rules: &mut Kept,
    question: &crate::timeline::Question,
) -> Result<Option<Engine>, StoreError> {
    match from_hex(&question.rules) {
        Some(hash) => rules.find(tx, hash),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
