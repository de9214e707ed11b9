//! What waits for one operator: reviews, deliveries whose fate is unknown, work begun, campaigns
//! under way, and what keeps messages from leaving.

use placet_domain::campaign::{Progress, Tally, progress};
use placet_domain::id::CampaignId;
use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::review::Tier;
use placet_domain::settings::Settings;
use placet_domain::time::{Date, Timestamp};
use placet_domain::trigger::sends_as;
use placet_store::contents::Listed as Content;
use placet_store::{StoreError, Tx, campaigns, deliveries, journeys, ledger, triggers};

use crate::approval::{Bench, absence, late};
use crate::content::author;
use crate::{ActError, call, campaign, journey, settings};

mod asks;
mod own;

pub use asks::{About, Ask};
pub use own::{Begun, What};

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
    /// How many working days it has waited.
    pub n_days: u32,
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
    /// What else asks for this operator's word, the oldest first.
    pub asks: Vec<Ask>,
    /// Reviews that are late or that nobody who is here can give, for those who handed them in or
    /// answer for them.
    pub alerts: Vec<late::Open>,
    /// For whom this operator stands in, until which day.
    pub stands_in_for: Vec<(String, Date)>,
    /// Campaigns with deliveries that wait, are being sent or have an unknown fate, newest first.
    pub campaigns: Vec<Open>,
    /// Texts and campaigns that this operator can go on with, newest first.
    pub begun: Vec<Begun>,
    /// The last campaigns that came to their end, newest first.
    pub finished: Vec<campaign::Listed>,
    /// Messages of journeys that are refused more than before.
    pub alarms: Vec<journey::Alarm>,
    /// Tasks of journeys for this operator's roles.
    pub n_tasks: u64,
    /// People of call lists whose hour has come, for those who call.
    pub n_calls: Option<usize>,
    /// Call lists with people whom a caller opened and left so, for those who settle that.
    pub left_open: Vec<(CampaignId, String, usize)>,
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
pub fn find(tx: &mut Tx, actor: &Actor, now: Timestamp) -> Result<Today, ActError> {
    let settings = settings::load(tx)?;
    let bench = Bench::read_in(tx, settings.time_zone(), now)?;
    let (reviews, alerts) = match actor.may(Capability::ViewContent) {
        Ok(_) => reviews(tx, actor, &bench)?,
        Err(_) => (Vec::new(), Vec::new()),
    };
    let stands_in_for = match actor.operator() {
        Some(operator) => absence::stands_in_for(tx, operator, now)?,
        None => Vec::new(),
    };
    let (campaigns, finished) = match actor.may(Capability::ViewCampaigns) {
        Ok(_) => (open_campaigns(tx)?, own::finished(tx)?),
        Err(_) => (Vec::new(), Vec::new()),
    };
    let alarms = match actor.may(Capability::ViewCampaigns) {
        Ok(_) => journey::alarms(tx, now)?,
        Err(_) => Vec::new(),
    };
    let n_tasks = journey::task::count(tx, actor)?
        .iter()
        .map(|(_, n)| n)
        .sum();
    let n_calls = match actor.may(Capability::MakeCalls) {
        Ok(_) => Some(call::n_ready(tx, now)?),
        Err(_) => None,
    };
    let left_open = match actor.may(Capability::ResolveDeliveries) {
        Ok(_) => call::left_open(tx, now)?,
        Err(_) => Vec::new(),
    };
    let n_entries = match actor.may(Capability::ViewLedger) {
        Ok(_) => Some(ledger::size(tx)?),
        Err(_) => None,
    };
    Ok(Today {
        settings,
        reviews,
        asks: asks::find(tx, actor, bench.today())?,
        alerts,
        stands_in_for,
        campaigns,
        begun: own::begun(tx, actor, &bench)?,
        finished,
        alarms,
        n_tasks,
        n_calls,
        left_open,
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
    for one in journeys::list(tx)? {
        for send in journeys::list_versions(tx, one.id)?
            .iter()
            .flat_map(|it| &it.sends)
        {
            let id = placet_domain::journey::sends_as(send.id);
            let tally = campaigns::tally(tx, id)?;
            if tally.unknown > 0 {
                open.push(Open {
                    id,
                    name: format!("{}, step {}", one.name, send.step + 1),
                    tally,
                    progress: Progress::Unresolved,
                });
            }
        }
    }
    // A trigger is never finished; what somebody must see to is of unknown fate.
    for one in triggers::list(tx)? {
        let id = sends_as(one.id);
        let tally = campaigns::tally(tx, id)?;
        if tally.unknown > 0 {
            open.push(Open {
                id,
                name: one.name,
                tally,
                progress: Progress::Unresolved,
            });
        }
    }
    Ok(open)
}

/// What waits for this operator's own verdict, and what somebody has to be told of.
fn reviews(
    tx: &mut Tx,
    actor: &Actor,
    bench: &Bench,
) -> Result<(Vec<Waiting>, Vec<late::Open>), ActError> {
    let held: Vec<Role> = match actor {
        Actor::Operator { roles, .. } | Actor::Token { roles, .. } => {
            roles.iter().copied().collect()
        }
        Actor::Person | Actor::System(_) => Vec::new(),
    };
    let own = author(actor);
    let is_told = held
        .iter()
        .any(|role| matches!(role, Role::Marketing | Role::Compliance));
    let may_judge = actor.may(Capability::ApproveContent).is_ok();
    let (mut waiting, mut alerts) = (Vec::new(), Vec::new());
    for open in late::list(tx, bench)?.open {
        // One does not judge one's own work, so it does not wait for oneself.
        let is_own = open.submitted_by == own || open.authors.contains(&own);
        let role = open.roles().find(|role| held.contains(role));
        if let Some(role) = role.filter(|_| may_judge && !is_own) {
            waiting.push(Waiting {
                tier: open.tier,
                submitted_at: open.submitted_at,
                due_on: open.due_on,
                n_days: open.n_days,
                role,
                content: open.content.clone(),
            });
        }
        if open.is_alarming() && (is_told || is_own) {
            alerts.push(open);
        }
    }
    Ok((waiting, alerts))
}
