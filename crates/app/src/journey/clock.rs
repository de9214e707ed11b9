//! What time brings to journeys: people of an audience come in, waits are over, messages came to their end.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use placet_domain::ctx::Ctx;
use placet_domain::delivery::State as Delivered;
use placet_domain::id::{DecisionId, JourneyVersionId, PersonId};
use placet_domain::journey::{Entry, Outcome};
use placet_domain::time::Timestamp;
use placet_store::journey_passages::{self, Passage};
use placet_store::{StoreError, Tx, decisions};
use serde::Deserialize;

use super::walk::{Road, enter, entry, move_on};
use super::{Registered, list, pause_once};
use crate::{ActError, audience};

/// The most people that one act moves or lets in, of one journey.
const MOST: u32 = 200;
/// The window of a journey's limit.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Whether anybody is to be let in or moved: then [`tick`] is worth an act.
///
/// # Errors
///
/// When the store fails.
pub fn has_work(tx: &mut Tx, now: Timestamp) -> Result<bool, ActError> {
    for one in list(tx)?.iter().filter(|it| it.is_at_work()) {
        if to_let_in(tx, one, now)?.is_some()
            || !journey_passages::list_due(tx, one.id, now, 1)?.is_empty()
            || !journey_passages::list_answered(tx, one.id, now, 1)?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Lets in and moves whoever is due; answers whether more of it waits.
///
/// # Errors
///
/// When the store fails.
pub fn tick(tx: &mut Tx, ctx: &Ctx) -> Result<bool, ActError> {
    let (mut n_entered, mut n_moved, mut has_more) = (0_u64, 0_u64, false);
    for one in list(tx)?.iter().filter(|it| it.is_at_work()) {
        let roads: BTreeMap<JourneyVersionId, Road> = one
            .roads()
            .into_iter()
            .map(|road| (road.version.id, road))
            .collect();
        for answered in journey_passages::list_answered(tx, one.id, ctx.now, MOST)? {
            let Some(road) = roads.get(&answered.passage.version) else {
                continue;
            };
            let outcome = match answered.state {
                Delivered::Sent => Outcome::Sent,
                Delivered::Refused => Outcome::Refused,
                _ => Outcome::Failed,
            };
            if outcome == Outcome::Refused {
                note_refusal(tx, &answered.passage, answered.decision)?;
            }
            move_on(tx, ctx, road, answered.passage, outcome)?;
            n_moved += 1;
        }
        let due = journey_passages::list_due(tx, one.id, ctx.now, MOST)?;
        has_more |= due.len() as u64 >= u64::from(MOST);
        for passage in due {
            if let Some(road) = roads.get(&passage.version) {
                move_on(tx, ctx, road, passage, Outcome::Waited)?;
                n_moved += 1;
            }
        }
        if let Some((road, after)) = to_let_in(tx, one, ctx.now)? {
            n_entered += let_in(tx, ctx, one, &road, after)?;
            has_more = true;
        }
    }
    tx.record(
        placet_domain::entry::Entry::new("journeys.looked_at")
            .with("n_entered", n_entered)
            .with("n_moved", n_moved),
    );
    Ok(has_more)
}

/// The road whose audience is not all in yet, and after whom it goes on.
fn to_let_in(
    tx: &mut Tx,
    journey: &Registered,
    now: Timestamp,
) -> Result<Option<(Road, Option<PersonId>)>, StoreError> {
    let Some(version) = journey.counting() else {
        return Ok(None);
    };
    let Entry::Audience { starts_at, .. } = &version.declaration.entry else {
        return Ok(None);
    };
    if starts_at.is_some_and(|at| at > now) {
        return Ok(None);
    }
    let walk = journey_passages::find_walk(tx, version.id)?;
    if walk.is_some_and(|(_, is_done)| is_done) {
        return Ok(None);
    }
    let after = walk.map(|(last, _)| last);
    Ok(Road::of(version).map(|road| (road, after)))
}

/// Lets the next people of the audience in, up to what is expected of a day; answers how many came.
fn let_in(
    tx: &mut Tx,
    ctx: &Ctx,
    journey: &Registered,
    road: &Road,
    after: Option<PersonId>,
) -> Result<u64, ActError> {
    let Entry::Audience { filter, .. } = &road.version.declaration.entry else {
        return Ok(0);
    };
    let found = audience::some_after(tx, filter, ctx.now, after, MOST as usize)?;
    let held_at = journey.holds.first().map(|hold| hold.at);
    let since = held_at.map_or(ctx.now - DAY, |at| at.max(ctx.now - DAY));
    let n = journey_passages::count_entered_since(tx, journey.id, since)?;
    let most = u64::from(road.version.declaration.most_per_day);
    let (mut left, mut n_entered) = (most.saturating_sub(n), 0_u64);
    let mut last = after;
    for person in &found.people {
        if super::was_in(tx, road, *person)? {
            last = Some(*person);
            continue;
        }
        if left == 0 {
            let reason = format!(
                "More than {most} entered in 24 hours, which is the most that was expected. Look whether that is right, then resume"
            );
            pause_once(tx, ctx, journey.id, &reason)?;
            if let Some(last) = last {
                journey_passages::put_walk(tx, road.version.id, last, false)?;
            }
            return Ok(n_entered);
        }
        if enter(tx, ctx, road, *person, None)? {
            left -= 1;
            n_entered += 1;
        }
        last = Some(*person);
    }
    let last = found
        .last
        .or(last)
        .unwrap_or_else(|| PersonId::from([0; 16]));
    journey_passages::put_walk(tx, road.version.id, last, found.is_end)?;
    Ok(n_entered)
}

/// The rules of a refusal, as they stand in the decision.
#[derive(Deserialize)]
struct Answer {
    why: Vec<Why>,
}

#[derive(Deserialize)]
struct Why {
    rule: String,
    effect: String,
}

/// Keeps by which rules a message was refused, for the counts and for whoever watches (S99).
fn note_refusal(
    tx: &mut Tx,
    passage: &Passage,
    decision: Option<DecisionId>,
) -> Result<(), ActError> {
    let opened = match decision {
        Some(id) => match decisions::find(tx, id) {
            // The person was erased since; that it was refused is kept all the same.
            Err(StoreError::Erased) => None,
            other => other?,
        },
        None => None,
    };
    let Some(opened) = opened else {
        return Ok(());
    };
    let Ok(answer) = serde_json::from_slice::<Answer>(&opened.body.answer) else {
        return Ok(());
    };
    let mut rules: Vec<String> = answer
        .why
        .into_iter()
        .filter(|one| one.effect != "permit")
        .map(|one| one.rule)
        .collect();
    rules.sort_unstable();
    rules.dedup();
    journey_passages::add_refusals(tx, passage, &rules)?;
    tx.record(entry("journey.refusal_noted", passage).with("rules", rules.join(" ")));
    Ok(())
}
