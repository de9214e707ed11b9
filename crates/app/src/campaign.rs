//! Campaigns from draft to result: planned, launched by typing a number, stopped and resumed.
//!
//! [`launch`] counts in its own transaction and compares with what was typed; it writes the launch
//! and one waiting delivery a person. Sending is the worker's ([`crate::gate`] decides again).
//!
//! INVARIANT: nothing is launched on content that is not approved exactly as it is stored.

use placet_domain::audience::Filter;
use placet_domain::campaign::plan::Plan;
use placet_domain::campaign::{
    Amount, Brief, Campaign, Launch, Payer, Progress, Remuneration, Tally, progress,
};
use placet_domain::content::{Draft, Version};
use placet_domain::delivery::State;
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, DeliveryId};
use placet_domain::time::Timestamp;
use placet_policy as policy;
use placet_store::campaigns::{self, HoldRecord};
use placet_store::deliveries::{self, Delivery};
use placet_store::{StoreError, Tx, audiences, contents, people};

use crate::approval::{self, Reviewed};
use crate::audience::Question;
use crate::content::{author, elements};
use crate::gate::Message;
use crate::person::{Purpose, note_read};
use crate::{ActError, Ctx, FieldProblem};

mod launch;
pub(crate) mod plan;
pub(crate) mod split;

pub(crate) use launch::hold_next;
pub use launch::{end, launch, launch_uncounted, obstacles, resume, stop};
pub use plan::{Size, confirm, of as plan_of, plan, size};
pub use split::{Outcome, of as split_of, record_outcomes, results, split};

/// The window over which the rate is shown, in seconds.
pub const RATE_SECONDS: i64 = 60;

/// Plans a campaign.
///
/// # Errors
///
/// [`ActError::Invalid`] names each field that cannot be used and why.
pub fn create(tx: &mut Tx, ctx: &Ctx, brief: &Brief) -> Result<Campaign, ActError> {
    let brief = &check(tx, brief)?;
    let campaign = Campaign {
        id: ctx.new_id(),
        brief: brief.clone(),
        created_at: ctx.now,
        created_by: author(&ctx.actor),
    };
    campaigns::add(tx, &campaign)?;
    tx.record(entry("campaign.created", campaign.id, brief));
    Ok(campaign)
}

/// Changes a campaign that is not launched.
///
/// # Errors
///
/// Refused once launched; [`ActError::Invalid`] names each field that cannot be used and why.
pub fn change(tx: &mut Tx, _: &Ctx, id: CampaignId, brief: &Brief) -> Result<(), ActError> {
    find(tx, id)?;
    let brief = &check(tx, brief)?;
    if !campaigns::change(tx, id, brief)? {
        return Err(launch::launched_before());
    }
    tx.record(entry("campaign.changed", id, brief));
    Ok(())
}

fn find(tx: &mut Tx, id: CampaignId) -> Result<Campaign, ActError> {
    campaigns::find(tx, id)?.ok_or(ActError::NotFound("campaign"))
}

/// The brief as it can be kept, without what its channel has no use for.
fn check(tx: &mut Tx, brief: &Brief) -> Result<Brief, ActError> {
    let mut brief = brief.clone();
    let mut found = Vec::new();
    let mut add = |field: &str, problem: String| {
        found.push(FieldProblem {
            field: field.to_owned(),
            problem,
        });
    };
    if audiences::find(tx, brief.audience)?.is_none() {
        add("audience", "choose one of the audiences".to_owned());
    }
    match contents::find_version(tx, brief.version)? {
        None => add("version", "choose one of the content versions".to_owned()),
        Some(version) => {
            let Draft { class, channel, .. } = version.draft;
            brief = brief.for_channel(channel);
            for problem in brief.problems(class, channel) {
                add(problem.field, problem.says);
            }
        }
    }
    if found.is_empty() {
        Ok(brief)
    } else {
        Err(ActError::Invalid(found))
    }
}

fn entry(kind: &str, id: CampaignId, brief: &Brief) -> Entry {
    Entry::new(kind)
        .with("campaign", id)
        .with("version", brief.version)
        .with("audience", brief.audience)
        .with("purpose", &brief.purpose)
        .with("remuneration", brief.remuneration.kind.as_str())
}

/// A campaign's message as the gate asks about it: for the plan and for each delivery.
#[must_use]
pub fn message(brief: &Brief, version: &Version, filter: &Filter) -> Message {
    Message {
        channel: version.draft.channel,
        format: version.draft.format,
        topic: version.draft.topic,
        class: version.draft.class,
        purpose: brief.purpose.clone(),
        elements: elements(&version.draft),
        selection: filter.elements().into_iter().map(str::to_owned).collect(),
        remuneration: remuneration(brief.remuneration),
    }
}

fn remuneration(stated: Remuneration) -> policy::Remuneration {
    policy::Remuneration {
        kind: Some(stated.kind.as_str().to_owned()),
        payer: stated.payer.map(Payer::as_str).map(str::to_owned),
        amount_vs_cost: stated.amount_vs_cost.map(Amount::as_str).map(str::to_owned),
    }
}

/// Everything the campaign's page shows, apart from its waterfall.
#[derive(Debug, Clone)]
pub struct View {
    /// The campaign.
    pub campaign: Campaign,
    /// The name of its content.
    pub content_name: String,
    /// Its version and the review of it.
    pub reviewed: Reviewed,
    /// The name of its audience.
    pub audience_name: String,
    /// The filter: as it was launched, or as the audience is now.
    pub filter: Filter,
    /// Its launch.
    pub launch: Option<Launch>,
    /// Stops and resumptions, newest first.
    pub holds: Vec<HoldRecord>,
    /// When and how fast it goes out.
    pub plan: Plan,
    /// How many deliveries stand where.
    pub tally: Tally,
    /// How many the carrier took in the last [`RATE_SECONDS`].
    pub n_sent_lately: u64,
    /// Where it stands.
    pub progress: Progress,
}

impl View {
    /// What its waterfall asks.
    #[must_use]
    pub fn question(&self) -> Question {
        Question {
            filter: self.filter.clone(),
            message: message(&self.campaign.brief, &self.reviewed.version, &self.filter),
        }
    }
}

/// Reads a campaign for its page.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such campaign.
pub fn view(tx: &mut Tx, id: CampaignId, now: Timestamp) -> Result<View, ActError> {
    let campaign = find(tx, id)?;
    let reviewed = approval::find(tx, campaign.brief.version, now)?;
    let content_name =
        contents::find_name(tx, reviewed.version.content)?.ok_or(ActError::NotFound("content"))?;
    let audience =
        audiences::find(tx, campaign.brief.audience)?.ok_or(ActError::NotFound("audience"))?;
    let launch = campaigns::find_launch(tx, id)?;
    let filter = match &launch {
        Some(launch) => Filter::read(&launch.filter).unwrap_or(audience.filter),
        None => audience.filter,
    };
    let holds = campaigns::list_holds(tx, id)?;
    let (tally, n_sent_lately) = match launch {
        Some(_) => {
            let since = now - jiff::SignedDuration::from_secs(RATE_SECONDS);
            (
                campaigns::tally(tx, id)?,
                campaigns::count_sent_since(tx, id, since)?,
            )
        }
        None => (Tally::default(), 0),
    };
    let progress = progress(
        launch.as_ref().map(|launch| launch.n_planned),
        holds.first().map(|hold| hold.kind),
        &tally,
    );
    Ok(View {
        campaign,
        content_name,
        reviewed,
        audience_name: audience.name,
        filter,
        launch,
        holds,
        plan: plan::of(tx, id)?,
        tally,
        n_sent_lately,
        progress,
    })
}

/// A delivery whose fate is unknown, with whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The delivery.
    pub delivery: Delivery,
    /// How the person is called; none when they were erased.
    pub name: Option<String>,
}

/// The deliveries of unknown fate, those after `after`, at most `limit`, by name: somebody must
/// find out what became of each. Each person shown leaves an access entry.
///
/// # Errors
///
/// When the store fails.
pub fn list_unknown(
    tx: &mut Tx,
    _: &Ctx,
    id: CampaignId,
    after: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<Unknown>, ActError> {
    let mut found = Vec::new();
    for delivery in deliveries::list_by_campaign(tx, id, State::Unknown, after, limit)? {
        let name = match tx.is_erased(delivery.person)? {
            true => None,
            false => people::find(tx, delivery.person)?.map(|person| person.identity.name()),
        };
        note_read(tx, delivery.person, Purpose::Explain);
        found.push(Unknown { delivery, name });
    }
    tx.record(
        Entry::new("deliveries.opened")
            .with("campaign", id)
            .with("n_shown", found.len()),
    );
    Ok(found)
}

/// One line of the list of campaigns.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The campaign.
    pub campaign: Campaign,
    /// Its launch.
    pub launch: Option<Launch>,
    /// How many deliveries stand where.
    pub tally: Tally,
    /// Where it stands.
    pub progress: Progress,
}

/// How a campaign stands in a list.
///
/// # Errors
///
/// When the store fails.
pub fn summary(tx: &mut Tx, campaign: Campaign) -> Result<Listed, StoreError> {
    let launch = campaigns::find_launch(tx, campaign.id)?;
    let tally = match launch {
        Some(_) => campaigns::tally(tx, campaign.id)?,
        None => Tally::default(),
    };
    let hold = campaigns::list_holds(tx, campaign.id)?
        .first()
        .map(|hold| hold.kind);
    let planned = launch.as_ref().map(|launch| launch.n_planned);
    let progress = progress(planned, hold, &tally);
    Ok(Listed {
        campaign,
        launch,
        tally,
        progress,
    })
}

/// Campaigns, newest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<Listed>, StoreError> {
    campaigns::list(tx, limit)?
        .into_iter()
        .map(|campaign| summary(tx, campaign))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
