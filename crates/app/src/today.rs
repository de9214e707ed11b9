//! What waits for one operator: reviews, deliveries whose fate is unknown, campaigns under way,
//! and what keeps messages from leaving.

use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::review::{Standing, Tier};
use placet_domain::settings::Settings;
use placet_domain::time::{Date, TimeZone, Timestamp};
use placet_store::contents::Listed as Content;
use placet_store::{Tx, contents, ledger};

use crate::campaign::{self, Listed as Campaign};
use crate::{ActError, approval, settings};

/// How many contents and campaigns are looked at; what is older waits on its own page.
const LOOKED_AT: u32 = 100;

/// A version that waits for this operator's verdict.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The content and its version.
    pub content: Content,
    /// How strictly it is reviewed.
    pub tier: Tier,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// By when it should be judged.
    pub due_on: Date,
    /// In which of the operator's roles.
    pub role: Role,
}

/// What waits.
#[derive(Debug, Clone)]
pub struct Today {
    /// What is set.
    pub settings: Settings,
    /// Verdicts that are asked for, the oldest first.
    pub reviews: Vec<Waiting>,
    /// Launched campaigns, newest first.
    pub campaigns: Vec<Campaign>,
    /// Entries of the ledger, for those who may read it.
    pub n_entries: Option<u64>,
}

impl Today {
    /// Deliveries whose fate nobody knows yet.
    #[must_use]
    pub fn n_unknown(&self) -> u64 {
        self.campaigns
            .iter()
            .map(|campaign| campaign.tally.unknown)
            .sum()
    }
}

/// What waits for this actor. A read: it names no person.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, actor: &Actor) -> Result<Today, ActError> {
    let settings = settings::load(tx)?;
    let reviews = match actor.may(Capability::ApproveContent) {
        Ok(_) => reviews(tx, actor, &zone(&settings))?,
        Err(_) => Vec::new(),
    };
    let campaigns = match actor.may(Capability::ViewCampaigns) {
        Ok(_) => campaign::list(tx, LOOKED_AT)?,
        Err(_) => Vec::new(),
    };
    let campaigns = campaigns
        .into_iter()
        .filter(|campaign| campaign.launch.is_some())
        .collect();
    let n_entries = match actor.may(Capability::ViewLedger) {
        Ok(_) => Some(ledger::size(tx)?),
        Err(_) => None,
    };
    Ok(Today {
        settings,
        reviews,
        campaigns,
        n_entries,
    })
}

fn zone(settings: &Settings) -> TimeZone {
    let name = settings
        .organization
        .as_ref()
        .map(|organization| organization.time_zone.as_str());
    name.and_then(|name| TimeZone::get(name).ok())
        .unwrap_or(TimeZone::UTC)
}

fn reviews(tx: &mut Tx, actor: &Actor, zone: &TimeZone) -> Result<Vec<Waiting>, ActError> {
    let held: Vec<Role> = match actor {
        Actor::Operator { roles, .. } | Actor::Token { roles, .. } => {
            roles.iter().copied().collect()
        }
        Actor::Person | Actor::System(_) => Vec::new(),
    };
    let mut found = Vec::new();
    for content in contents::list_submitted(tx, LOOKED_AT)? {
        let reviewed = approval::of(tx, content.latest.clone())?;
        let (Standing::InReview { waiting }, Some(submission)) =
            (&reviewed.standing, &reviewed.submission)
        else {
            continue;
        };
        // One does not judge one's own work, so it does not wait for oneself.
        if submission.submitted_by == actor.code() {
            continue;
        }
        if let Some(role) = waiting.iter().copied().find(|role| held.contains(role)) {
            let due_on = submission.tier.due_on(submission.submitted_at, zone);
            found.push(Waiting {
                tier: submission.tier,
                submitted_at: submission.submitted_at,
                due_on,
                role,
                content,
            });
        }
    }
    found.sort_by_key(|waiting| waiting.submitted_at);
    Ok(found)
}
