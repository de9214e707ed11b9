//! The demo's journey: flu shots in two steps and a call, twelve days under way.

use anyhow::{Context, Result};
use jiff::SignedDuration;
use placet_app::journey::{self, trial};
use placet_app::{ActError, audience};
use placet_domain::audience::{Card, Condition, Filter};
use placet_domain::journey::{APPROVERS, Said, Version, Written};
use placet_domain::operator::{Actor, Capability};
use placet_domain::preference::Topic;
use placet_domain::time::{Span, Timestamp};

use super::Seeds;
use super::campaigns::{Hospital, by_day};

const STEPS: &str = "send \"Flu shots\", if refused go to end
wait 7 days
if opted out go to end
split 90 to text, 10 to call
call: ask responder to \"offer a Saturday morning for the flu shot\", if skipped go to end
go to end
text: wait until 10:00
send \"Flu shots, by text\"
end: exit";

const AUDIENCE: &str = "Health tips in Pennsylvania";

/// Writes it, has everybody agree to it, starts it, and lets twelve days pass.
///
/// # Errors
///
/// When an act is refused.
pub fn fill(hospital: &Hospital<'_>, seeds: &mut Seeds, now: Timestamp) -> Result<()> {
    let day = |n: i64| now.checked_sub(Span::new().hours(24 * n));
    let version = agreed(hospital, seeds, (day(20)?, day(14)?))?;
    let ctx = hospital.staff.ctx("marketing", seeds, day(13)?);
    let grant = ctx.actor.may(Capability::LaunchCampaigns)?;
    let (id, started) = (version.journey, version.id);
    hospital.store.act_blocking(grant, &ctx, move |tx, ctx| {
        journey::start_uncounted(tx, ctx, id, started)
    })?;
    for ago in [12, 5, 3] {
        let at = by_day(day(ago)?)?;
        walk(hospital, seeds, at)?;
        for send in &version.sends {
            let sent = (send.content, send.channel);
            hospital.run(seeds, sent, at + SignedDuration::from_mins(1))?;
        }
        walk(hospital, seeds, at + SignedDuration::from_hours(1))?;
    }
    Ok(())
}

/// The version, simulated and agreed to.
fn agreed(
    hospital: &Hospital<'_>,
    seeds: &mut Seeds,
    (written_at, agreed_at): (Timestamp, Timestamp),
) -> Result<Version> {
    let ctx = hospital.staff.ctx("marketing", seeds, written_at);
    let (engine, grant) = (
        hospital.engine.clone(),
        ctx.actor.may(Capability::EditCampaigns)?,
    );
    let version = hospital.store.act_blocking(grant, &ctx, move |tx, ctx| {
        audience::create(tx, ctx, AUDIENCE, people())?;
        let version = journey::declare(tx, ctx, &written())?;
        trial::try_out(tx, ctx, &engine, &version)?;
        Ok::<_, ActError>(version)
    })?;
    for role in APPROVERS {
        let ctx = hospital.staff.ctx(role.as_str(), seeds, agreed_at);
        let grant = ctx.actor.may(Capability::ApproveJourneys)?;
        let (id, version) = (version.journey, version.id);
        let note = "Read beside its simulation.";
        hospital.store.act_blocking(grant, &ctx, move |tx, ctx| {
            journey::say(tx, ctx, id, version, (role, Said::Approve), note)
        })?;
    }
    Ok(version)
}

/// Lets everybody in and on who is due.
fn walk(hospital: &Hospital<'_>, seeds: &mut Seeds, at: Timestamp) -> Result<()> {
    let ctx = seeds.ctx(at, Actor::System("journeys"));
    let grant = ctx.actor.may_as_system().context("not the system")?;
    hospital.store.act_blocking(grant, &ctx, |tx, ctx| {
        while journey::tick(tx, ctx)? {}
        Ok::<_, ActError>(())
    })?;
    Ok(())
}

fn people() -> Filter {
    let card = |one| Card { any: vec![one] };
    Filter {
        all: vec![
            card(Condition::OptedIn {
                topic: Topic::HealthEducation,
            }),
            card(Condition::Residence {
                is: vec!["US-PA".to_owned()],
            }),
        ],
    }
}

fn written() -> Written {
    Written {
        name: "Flu shots, step by step".to_owned(),
        purpose: "preventive_campaign".to_owned(),
        rationale: "A flu shot is recommended for nearly everyone. It goes to who asked for health tips, and says nothing of anybody's care.".to_owned(),
        owner: "Mara Lindqvist, patient outreach".to_owned(),
        audience: AUDIENCE.to_owned(),
        most_per_day: 5_000,
        sender_name: "Lakeside General Hospital".to_owned(),
        sender: "care@lakeside.example.org".to_owned(),
        steps: STEPS.to_owned(),
        ..Written::default()
    }
}
