//! When and how fast a campaign goes out, how many its maker expects, and who agrees to more.
//!
//! INVARIANT: a launch to far more people than expected takes the word of a second person on
//! exactly that many or more; nobody agrees to their own campaign.

use placet_domain::campaign::Campaign;
use placet_domain::campaign::plan::{Plan, zones};
use placet_domain::entry::Entry;
use placet_domain::id::CampaignId;
use placet_domain::operator::Actor;
use placet_domain::time::Timestamp;
use placet_store::campaign_plans::{self, Confirmation, Planned};
use placet_store::{StoreError, Tx, campaigns, people};

use super::{find, launch};
use crate::content::author;
use crate::{ActError, Ctx, FieldProblem};

/// From so many people on, half of everybody is asked about when nobody said how many to expect.
const MANY: u64 = 5_000;

/// Sets when and how fast a campaign goes out. After the launch only its pace can change.
///
/// # Errors
///
/// When a field cannot be used, or the campaign is launched and more than the pace would change.
pub fn plan(tx: &mut Tx, ctx: &Ctx, id: CampaignId, plan: &Plan) -> Result<(), ActError> {
    find(tx, id)?;
    let problems: Vec<FieldProblem> = plan
        .problems()
        .into_iter()
        .map(|problem| FieldProblem {
            field: problem.field.to_owned(),
            problem: problem.says,
        })
        .collect();
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    let before = of(tx, id)?;
    let with_pace = Plan {
        per_hour: plan.per_hour,
        ..before
    };
    if campaigns::find_launch(tx, id)?.is_some() && with_pace != *plan {
        return Err(ActError::refused(
            "campaign.launched",
            "this campaign has been launched: only how many leave an hour can change now",
        ));
    }
    campaign_plans::add(tx, launch::hold_id(ctx), id, plan, &author(&ctx.actor))?;
    let mut entry = Entry::new("campaign.planned").with("campaign", id);
    if let Some(per_hour) = plan.per_hour {
        entry = entry.with("per_hour", per_hour);
    }
    if let Some(expected) = plan.expected {
        entry = entry.with("expected", expected);
    }
    if let Some(opens) = plan.opens_at() {
        entry = entry.with("opens_at", opens);
    }
    tx.record(entry);
    Ok(())
}

/// The plan of a campaign; at once and as fast as it goes when none was made.
///
/// # Errors
///
/// When the store fails.
pub fn of(tx: &mut Tx, id: CampaignId) -> Result<Plan, StoreError> {
    let latest = campaign_plans::latest(tx, id)?;
    Ok(latest.map(|planned| planned.plan).unwrap_or_default())
}

/// Agrees, as a second person, that a campaign may go to so many.
///
/// # Errors
///
/// Refused when the actor made or planned the campaign, or it is launched.
pub fn confirm(tx: &mut Tx, ctx: &Ctx, id: CampaignId, n: u64) -> Result<(), ActError> {
    let campaign = find(tx, id)?;
    if campaigns::find_launch(tx, id)?.is_some() {
        return Err(launch::launched_before());
    }
    let planned = campaign_plans::latest(tx, id)?;
    let who = author(&ctx.actor);
    if is_maker(&campaign, planned.as_ref(), &who) {
        return Err(ActError::refused(
            "campaign.own",
            "nobody agrees to the size of their own campaign: ask somebody else",
        ));
    }
    if n == 0 {
        return Err(ActError::invalid("number", "type the number of people"));
    }
    campaign_plans::confirm(tx, launch::hold_id(ctx), id, n, &who)?;
    tx.record(
        Entry::new("campaign.size_confirmed")
            .with("campaign", id)
            .with("n", n),
    );
    Ok(())
}

fn is_maker(campaign: &Campaign, planned: Option<&Planned>, who: &str) -> bool {
    campaign.created_by == who || planned.is_some_and(|planned| planned.by == who)
}

/// What is odd about the size of a campaign, and who has agreed to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Size {
    /// Why a second person is asked; none when nobody need be.
    pub why: Option<String>,
    /// Who agreed to at least so many, and may have.
    pub agreed: Option<Confirmation>,
}

/// Looks at the size of a campaign before its launch.
///
/// # Errors
///
/// When the store fails.
pub fn size(tx: &mut Tx, campaign: &Campaign, n: u64) -> Result<Size, StoreError> {
    let planned = campaign_plans::latest(tx, campaign.id)?;
    let plan = planned.as_ref().map(|it| it.plan).unwrap_or_default();
    let why = match plan.expected {
        Some(expected) => plan
            .is_exceeded_by(n)
            .then(|| format!("{n} people would be written to, and {expected} were expected")),
        None if n >= MANY && n * 2 >= people::count(tx)? => Some(format!(
            "{n} people would be written to, half of everybody or more, and nobody said how many \
             to expect"
        )),
        None => None,
    };
    let agreed = campaign_plans::list_confirmations(tx, campaign.id)?
        .into_iter()
        .find(|one| one.n >= n && !is_maker(campaign, planned.as_ref(), &one.by));
    Ok(Size { why, agreed })
}

/// Refuses a launch whose size is odd until a second person has agreed to it.
pub(super) fn check_size(
    tx: &mut Tx,
    ctx: &Ctx,
    campaign: &Campaign,
    n: u64,
) -> Result<(), ActError> {
    // What the system launches (the demo's history, a bench) nobody planned.
    if matches!(ctx.actor, Actor::System(_)) {
        return Ok(());
    }
    let size = size(tx, campaign, n)?;
    let (Some(why), agreed) = (size.why, size.agreed) else {
        return Ok(());
    };
    let who = author(&ctx.actor);
    if agreed.is_some_and(|one| one.by != who) {
        return Ok(());
    }
    Err(ActError::refused(
        "campaign.size",
        format!(
            "{why}: look at the filter, say how many you expect, or have a second person agree to {n}"
        ),
    ))
}

/// What a claim has to know of a campaign's plan.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timing {
    plan: Plan,
    next: Option<Timestamp>,
}

impl Timing {
    /// Reads it; one look into an index for a campaign without a plan.
    pub(crate) fn read(tx: &mut Tx, id: CampaignId) -> Result<Self, StoreError> {
        let plan = of(tx, id)?;
        let next = match plan.per_hour {
            Some(_) => campaign_plans::find_pace(tx, id)?,
            None => None,
        };
        Ok(Self { plan, next })
    }

    /// How many of `n` may be claimed now.
    pub(crate) fn allowed(&self, n: usize, now: Timestamp) -> usize {
        if self.plan.is_timed() && self.plan.is_closed_everywhere(now) {
            return 0;
        }
        self.pace()
            .map_or(n, |pace| pace.allowed(self.next, now).min(n))
    }

    fn pace(&self) -> Option<placet_domain::campaign::plan::Pace> {
        self.plan
            .per_hour
            .map(placet_domain::campaign::plan::Pace::new)
    }

    /// When to ask again for somebody in this zone; none when now is well.
    pub(crate) fn not_before(&self, zone: Option<&str>, now: Timestamp) -> Option<Timestamp> {
        if !self.plan.is_timed() {
            return None;
        }
        self.plan.not_before(&zones(zone), now)
    }

    /// Notes that `n` were claimed.
    pub(crate) fn spend(
        &self,
        tx: &mut Tx,
        id: CampaignId,
        now: Timestamp,
        n: usize,
    ) -> Result<(), StoreError> {
        match self.pace() {
            Some(pace) if n > 0 => {
                campaign_plans::put_pace(tx, id, pace.advanced(self.next, now, n))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
