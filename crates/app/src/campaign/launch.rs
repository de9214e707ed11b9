//! The launch of a campaign, and what holds it afterwards.

use placet_domain::audience::cells;
use placet_domain::campaign::{Brief, Hold, Launch};
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, DeliveryId, RawId};
use placet_domain::operator::Capability;
use placet_domain::review::Standing;
use placet_domain::settings::Settings;
use placet_policy::Engine;
use placet_store::campaigns::{self, HoldRecord, Planned};
use placet_store::{Tx, audiences, campaign_plans};

use super::{check, entry, find, message};
use crate::approval::{self, Reviewed};
use crate::content::author;
use crate::gate::Gate;
use crate::{ActError, Ctx, audience, settings};

/// What stands against launching, in the words of the page; empty when nothing does.
#[must_use]
pub fn obstacles(settings: &Settings, reviewed: &Reviewed) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    match &reviewed.standing {
        _ if reviewed.is_approved() => {}
        Standing::Approved => found.push((
            "content.template",
            "the content is a template: fill in its blanks first".to_owned(),
        )),
        Standing::Altered => found.push((
            "content.altered",
            match reviewed.differs.as_slice() {
                [] => "the stored content is not what was submitted: nothing can be sent from it"
                    .to_owned(),
                parts => format!(
                    "the stored content is not what was submitted (its {} differs): nothing can \
                     be sent from it",
                    parts.join(", its ")
                ),
            },
        )),
        Standing::Expired { on } => found.push((
            "content.expired",
            format!(
                "the approval of the content ended on {on}: every required role confirms that it \
                 still is right, or a new version is approved"
            ),
        )),
        standing => found.push((
            "content.not_approved",
            format!(
                "the content is not approved (it stands at “{}”): every required role must approve \
                 exactly this version",
                standing.label()
            ),
        )),
    }
    let own = settings::obstacle_of(settings, reviewed.version.draft.channel);
    let setting = settings::obstacles(settings).into_iter().chain(own);
    found.extend(setting.map(|says| ("sending.not_ready", says.to_owned())));
    if !settings.is_armed {
        found.push((
            "sending.disarmed",
            "sending is not armed: an administrator arms it in the settings".to_owned(),
        ));
    }
    found
}

/// Launches a campaign for exactly as many people as were typed.
///
/// # Errors
///
/// Refused when it was launched before, something stands against it ([`obstacles`]), the number
/// differs from the one counted now, or the group is too small for this actor to see.
pub fn launch(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    id: CampaignId,
    typed: u64,
) -> Result<Launch, ActError> {
    launch_checked(tx, ctx, engine, id, |now| check_number(ctx, typed, now))
}

/// Launches a campaign for whoever may be written to, with nobody there to type a number: for a
/// history that is made up. No page or command does this.
///
/// # Errors
///
/// As [`launch`], but for the number.
pub fn launch_uncounted(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    id: CampaignId,
) -> Result<Launch, ActError> {
    launch_checked(tx, ctx, engine, id, |now| check_number(ctx, now, now))
}

fn launch_checked(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    id: CampaignId,
    check_number: impl FnOnce(u64) -> Result<(), ActError>,
) -> Result<Launch, ActError> {
    let campaign = find(tx, id)?;
    if campaigns::find_launch(tx, id)?.is_some() {
        return Err(launched_before());
    }
    check(tx, &campaign.brief)?;
    let split = super::split::of(tx, id)?;
    super::split::check(tx, &campaign, &split, ctx.now)?;
    let settings = settings::load(tx)?;
    let reviewed = approval::find(tx, campaign.brief.version, ctx.now)?;
    if let Some((code, why)) = obstacles(&settings, &reviewed).into_iter().next() {
        return Err(ActError::refused(code, why));
    }
    let filter = audiences::find(tx, campaign.brief.audience)?
        .ok_or(ActError::NotFound("audience"))?
        .filter;
    let message = message(&campaign.brief, &reviewed.version, &filter);
    let gate = Gate::new(engine, &settings, message, ctx.now);
    let plan = audience::plan(tx, engine, &gate, &filter)?;
    check_number(plan.waterfall.n_permitted)?;
    super::plan::check_size(tx, ctx, &campaign, plan.waterfall.n_permitted)?;

    let waterfall = plan.waterfall;
    let permitted = super::split::divide(tx, id, &split, plan.permitted)?;
    let pack = engine.pack();
    let launch = Launch {
        campaign: id,
        n_matched: waterfall.n_matched,
        n_planned: permitted.len() as u64,
        waterfall,
        filter: filter.write(),
        content_hash: reviewed.version.hash,
        pack: format!("{} {}", pack.id, pack.version),
        profile: crate::gate::profile(settings.strictness)
            .as_str()
            .to_owned(),
        launched_at: ctx.now,
        launched_by: author(&ctx.actor),
    };
    if !campaigns::launch(tx, &launch)? {
        return Err(launched_before());
    }
    // Ids rise with the people's: whoever claims in order finds their rows beside each other.
    let mut ids: Vec<DeliveryId> = permitted.iter().map(|_| ctx.new_id()).collect();
    ids.sort_unstable();
    let planned: Vec<Planned> = ids
        .into_iter()
        .zip(permitted)
        .map(|(id, (person, contact_point))| Planned {
            id,
            person,
            contact_point,
        })
        .collect();
    campaigns::add_deliveries(tx, id, &planned)?;
    if let Some(opens) = super::plan::of(tx, id)?
        .opens_at()
        .filter(|at| *at > ctx.now)
    {
        campaign_plans::hold_until(tx, id, opens)?;
    }
    tx.record(launch_entry(&launch, &campaign.brief));
    Ok(launch)
}

fn launch_entry(launch: &Launch, brief: &Brief) -> Entry {
    entry("campaign.launched", launch.campaign, brief)
        .with("n_matched", launch.n_matched)
        .with("n_planned", launch.n_planned)
        .with("filter", &launch.filter)
        .with("content_hash", launch.content_hash)
        .with("pack", &launch.pack)
        .with("profile", &launch.profile)
}

/// What was typed must be what is so now, and a group too small to be seen is not launched.
fn check_number(ctx: &Ctx, typed: u64, now: u64) -> Result<(), ActError> {
    if now == 0 {
        return Err(ActError::refused(
            "campaign.nobody",
            "nobody of this audience may be written to now: the waterfall says why",
        ));
    }
    let sees_small = ctx.actor.may(Capability::ViewSmallCells).is_ok();
    if now < cells::SMALL && !sees_small {
        return Err(ActError::refused(
            "campaign.too_few",
            format!(
                "fewer than {} people may be written to: choose a wider audience, or ask somebody \
                 who may see small groups",
                cells::SMALL
            ),
        ));
    }
    // Whoever sees no small groups was shown it to the full ten.
    let shown = if sees_small { now } else { cells::rounded(now) };
    if typed != now && typed != shown {
        return Err(ActError::refused(
            "campaign.number_differs",
            format!(
                "you typed {typed}, but {shown} people would be written to now: look again, then type {shown}"
            ),
        ));
    }
    Ok(())
}

pub(super) fn launched_before() -> ActError {
    ActError::refused(
        "campaign.launched",
        "this campaign has been launched; a campaign is launched once",
    )
}

/// Stops a campaign: nothing more is claimed. What is on the wire goes out.
///
/// # Errors
///
/// Refused when it is not launched or stopped already.
pub fn stop(tx: &mut Tx, ctx: &Ctx, id: CampaignId, reason: &str) -> Result<(), ActError> {
    hold(tx, ctx, id, Hold::Stopped, reason)
}

/// Lets a stopped campaign go on.
///
/// # Errors
///
/// Refused when it is not stopped.
pub fn resume(tx: &mut Tx, ctx: &Ctx, id: CampaignId, reason: &str) -> Result<(), ActError> {
    hold(tx, ctx, id, Hold::Resumed, reason)
}

/// Ends a campaign for good: what waits never leaves, and is shown as such.
///
/// # Errors
///
/// Refused when it is not launched or ended already.
pub fn end(tx: &mut Tx, ctx: &Ctx, id: CampaignId, reason: &str) -> Result<(), ActError> {
    hold(tx, ctx, id, Hold::Ended, reason)
}

fn hold(tx: &mut Tx, ctx: &Ctx, id: CampaignId, kind: Hold, reason: &str) -> Result<(), ActError> {
    find(tx, id)?;
    if reason.chars().count() > 500 {
        return Err(ActError::invalid("reason", "at most 500 characters fit"));
    }
    if campaigns::find_launch(tx, id)?.is_none() {
        return Err(ActError::refused(
            "campaign.not_launched",
            "this campaign is not launched",
        ));
    }
    let last = campaigns::list_holds(tx, id)?.into_iter().next();
    let now = last.as_ref().map_or(Hold::Resumed, |hold| hold.kind);
    if now == Hold::Ended {
        let says = "this campaign was ended for good: plan another one";
        return Err(ActError::refused("campaign.ended", says));
    }
    if now == kind {
        let says = format!(
            "this campaign is {} already",
            match kind {
                Hold::Stopped => "stopped",
                Hold::Resumed => "going on",
                Hold::Ended => "ended",
            }
        );
        return Err(ActError::refused("campaign.unchanged", says));
    }
    hold_next(tx, ctx, id, last.as_ref(), kind, reason)?;
    let kind = match kind {
        Hold::Stopped => "campaign.stopped",
        Hold::Resumed => "campaign.resumed",
        Hold::Ended => "campaign.ended",
    };
    tx.record(Entry::new(kind).with("campaign", id));
    Ok(())
}

/// Adds a hold of a campaign, a trigger or a journey after the `last` one.
pub(crate) fn hold_next(
    tx: &mut Tx,
    ctx: &Ctx,
    id: CampaignId,
    last: Option<&HoldRecord>,
    kind: Hold,
    reason: &str,
) -> Result<(), ActError> {
    // The newest hold decides; on a clock that went back it must still be the newest.
    let at = last.map_or(ctx.now, |last| {
        ctx.now.max(last.at + jiff::SignedDuration::from_micros(1))
    });
    let record = HoldRecord {
        campaign: id,
        kind,
        reason: reason.trim().to_owned(),
        at,
        by: author(&ctx.actor),
    };
    campaigns::add_hold(tx, hold_id(ctx), &record)?;
    Ok(())
}

pub(super) fn hold_id(ctx: &Ctx) -> RawId {
    use placet_domain::id::{EntryId, TypedId};
    ctx.new_id::<EntryId>().raw()
}
