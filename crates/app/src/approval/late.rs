//! What waits for a verdict, by when, and who can give it (S140, S143, S144).
//!
//! Everything is computed from what was handed in; a deadline that passes changes no requirement.

use placet_domain::id::{OperatorId, VersionId};
use placet_domain::operator::Role;
use placet_domain::review::absence::{Reach, reach};
use placet_domain::review::{Standing, Tier};
use placet_domain::time::{Date, Timestamp};
use placet_store::contents::Listed;
use placet_store::{Tx, contents};

use super::{Bench, of_with};
use crate::ActError;
use crate::approval::absence;

/// How many submissions are looked at; what is older waits on its own page.
const LOOKED_AT: u32 = 200;

/// A version in review.
#[derive(Debug, Clone)]
pub struct Open {
    /// The content and its version.
    pub content: Listed,
    /// How strictly it is reviewed.
    pub tier: Tier,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// By whom: the operator's code.
    pub submitted_by: String,
    /// Everyone who wrote a version up to this one.
    pub authors: Vec<String>,
    /// By when it should be judged.
    pub due_on: Date,
    /// How many working days have passed since it was handed in.
    pub n_days: u32,
    /// How many working days it is late; zero until the deadline is over.
    pub n_late: u32,
    /// Each role whose verdict is missing, with those who can give it.
    pub waiting: Vec<Reach>,
}

impl Open {
    /// Whether a missing verdict can be given by nobody who is here.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.waiting.iter().any(|reach| reach.here.is_empty())
    }

    /// Whether somebody has to be told: it is late, or nobody can judge it.
    #[must_use]
    pub fn is_alarming(&self) -> bool {
        self.n_late > 0 || self.is_stuck()
    }

    /// Which version.
    #[must_use]
    pub fn version(&self) -> VersionId {
        self.content.latest.id
    }

    /// The roles whose verdict is missing.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.waiting.iter().map(|reach| reach.role)
    }
}

/// The versions that were submitted, were not replaced since, and are not settled.
#[derive(Debug, Clone, Default)]
pub struct Submitted {
    /// Those in review, the nearest deadline first: what is simple has the nearer deadline and
    /// stands before what is not, whenever it came.
    pub open: Vec<Open>,
    /// Those that a reviewer sent back and nobody has gone on with.
    pub returned: Vec<Returned>,
}

/// A version that came back, and that nobody has replaced since.
#[derive(Debug, Clone)]
pub struct Returned {
    /// The content and its version.
    pub content: Listed,
    /// Who sent it back.
    pub by: Role,
    /// Who handed it in or wrote it last.
    pub to: Vec<OperatorId>,
}

/// Every version in review, and every one that came back. A read.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, bench: &Bench) -> Result<Submitted, ActError> {
    let reviewers = absence::reviewers(tx)?;
    let today = bench.today();
    let absences = absence::list(tx, today)?;
    let mut found = Submitted::default();
    for content in contents::list_submitted(tx, LOOKED_AT)? {
        let reviewed = of_with(tx, bench, content.latest.clone())?;
        let is_unsettled = matches!(
            reviewed.standing,
            Standing::InReview { .. } | Standing::Returned { .. }
        );
        let Some(submission) = reviewed.submission.as_ref().filter(|_| is_unsettled) else {
            continue;
        };
        let version = &reviewed.version;
        // A newer version took its place: nobody waits for this one.
        if crate::content::latest(tx, version.content)?.id != version.id {
            continue;
        }
        match &reviewed.standing {
            Standing::InReview { waiting } => {
                let authors = contents::list_authors(tx, version.content, version.number)?;
                let mut barred = authors.clone();
                barred.push(submission.submitted_by.clone());
                barred.extend(reviewed.approvals.iter().map(|one| one.given_by.clone()));
                let reaches = waiting
                    .iter()
                    .map(|role| reach(*role, &reviewers, &absences, &barred, today));
                let submitted_on = submission.submitted_at.to_zoned(bench.zone.clone()).date();
                found.open.push(Open {
                    tier: reviewed.tier().max(submission.tier),
                    submitted_at: submission.submitted_at,
                    submitted_by: submission.submitted_by.clone(),
                    due_on: submission.due_on,
                    n_days: bench.calendar.between(submitted_on, today),
                    n_late: bench.calendar.between(submission.due_on, today),
                    waiting: reaches.collect(),
                    authors,
                    content,
                });
            }
            Standing::Returned { by } => {
                let codes = [&submission.submitted_by, &version.created_by];
                let mut to: Vec<OperatorId> =
                    codes.iter().filter_map(|code| code.parse().ok()).collect();
                to.dedup();
                found.returned.push(Returned {
                    by: *by,
                    to,
                    content,
                });
            }
            _ => {}
        }
    }
    found
        .open
        .sort_by_key(|open| (open.due_on, open.submitted_at));
    Ok(found)
}
