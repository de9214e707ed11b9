//! What waits for one operator: reviews, deliveries whose fate is unknown, campaigns under way,
//! and what keeps messages from leaving.

use placet_domain::campaign::{Progress, Tally, progress};
use placet_domain::id::CampaignId;
use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::review::{Standing, Tier};
use placet_domain::settings::Settings;
use placet_domain::time::{Date, TimeZone, Timestamp};
use placet_store::contents::Listed as Content;
use placet_store::{StoreError, Tx, campaigns, contents, deliveries, ledger};

use crate::content::author;
use crate::{ActError, approval, settings};

/// How many contents are looked at; what is older waits on its own page.
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

/// A campaign with something still to come.
#[derive(Debug, Clone)]
pub struct Open {
    /// Which.
    pub id: CampaignId,
    /// What it is called.
    pub name: String,
    /// How many deliveries stand where.
    pub tally: Tally,
    /// Where it stands.
    pub progress: Progress,
}

/// What waits.
#[derive(Debug, Clone)]
pub struct Today {
    /// What is set.
    pub settings: Settings,
    /// Verdicts that are asked for, the nearest deadline first.
    pub reviews: Vec<Waiting>,
    /// Campaigns with deliveries that wait, are being sent or have an unknown fate, newest first.
    pub campaigns: Vec<Open>,
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
        Ok(_) => open_campaigns(tx)?,
        Err(_) => Vec::new(),
    };
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

fn open_campaigns(tx: &mut Tx) -> Result<Vec<Open>, StoreError> {
    let mut open = Vec::new();
    for id in deliveries::list_open_campaigns(tx)? {
        let Some(campaign) = campaigns::find(tx, id)? else {
            continue;
        };
        let tally = campaigns::tally(tx, id)?;
        let hold = campaigns::list_holds(tx, id)?.first().map(|hold| hold.kind);
        open.push(Open {
            id,
            name: campaign.brief.name,
            tally,
            progress: progress(Some(tally.total()), hold, &tally),
        });
    }
    Ok(open)
}

/// The hospital's own time zone.
pub(crate) fn zone(settings: &Settings) -> TimeZone {
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
        if submission.submitted_by == author(actor) {
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
    found.sort_by_key(|waiting| (waiting.due_on, waiting.submitted_at));
    Ok(found)
}
