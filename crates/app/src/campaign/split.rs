//! Versions beside each other and people held out, to see what a campaign brings.
//!
//! INVARIANT: who gets what follows from a keyed hash of campaign and person; nothing else.
//! INVARIANT: versions that are compared are of one class, topic and channel and use the same
//! data, so that the gate answers for all of them alike.

use placet_domain::audience::Filter;
use placet_domain::campaign::Campaign;
use placet_domain::campaign::split::{Group, Split};
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, PersonId};
use placet_domain::report::Kind;
use placet_domain::time::Timestamp;
use placet_store::{StoreError, Tx, campaign_splits, campaigns, contents};

use super::{find, launch, message};
use crate::approval::Bench;
use crate::content::author;
use crate::{ActError, Ctx, FieldProblem};

/// Sets how a campaign is split; before its launch.
///
/// # Errors
///
/// When a version differs in more than its words, or the campaign is launched.
pub fn split(tx: &mut Tx, ctx: &Ctx, id: CampaignId, split: &Split) -> Result<(), ActError> {
    let campaign = find(tx, id)?;
    if campaigns::find_launch(tx, id)?.is_some() {
        return Err(launch::launched_before());
    }
    let problems: Vec<FieldProblem> = split
        .problems(campaign.brief.version)
        .into_iter()
        .map(|problem| FieldProblem {
            field: problem.field.to_owned(),
            problem: problem.says,
        })
        .collect();
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    check_alike(tx, &campaign, split)?;
    campaign_splits::add(tx, launch::hold_id(ctx), id, split, &author(&ctx.actor))?;
    tx.record(
        Entry::new("campaign.split")
            .with("campaign", id)
            .with("held_out_percent", split.held_out)
            .with("n_versions", split.others.len() + 1),
    );
    Ok(())
}

fn check_alike(tx: &mut Tx, campaign: &Campaign, split: &Split) -> Result<(), ActError> {
    let filter = Filter::default();
    let mut asked = |id| {
        let version = contents::find_version(tx, id)?.ok_or(ActError::NotFound("version"))?;
        Ok::<_, ActError>(message(&campaign.brief, &version, &filter))
    };
    let own = asked(campaign.brief.version)?;
    for other in &split.others {
        if asked(*other)? != own {
            return Err(ActError::invalid(
                "others",
                "versions that are compared are of one class, topic and channel, and use the \
                 same data: only their words differ",
            ));
        }
    }
    Ok(())
}

/// The split of a campaign.
///
/// # Errors
///
/// When the store fails.
pub fn of(tx: &mut Tx, id: CampaignId) -> Result<Split, StoreError> {
    Ok(campaign_splits::latest(tx, id)?.unwrap_or_default())
}

/// The group of a person.
pub(crate) fn group(tx: &Tx, split: &Split, id: CampaignId, person: PersonId) -> Group {
    let hash = tx.lookup_hash("campaign split", &format!("{id} {person}"));
    split.group(&hash)
}

/// Refuses a launch while a version that is compared is not approved, or not alike any more.
pub(super) fn check(
    tx: &mut Tx,
    campaign: &Campaign,
    split: &Split,
    now: Timestamp,
) -> Result<(), ActError> {
    let bench = Bench::read(tx, now)?;
    for other in &split.others {
        if !bench.find(tx, *other)?.is_approved() {
            return Err(ActError::refused(
                "content.not_approved",
                "a version that is compared is not approved: every required role must approve it",
            ));
        }
    }
    check_alike(tx, campaign, split)
}

/// Takes the held out from those who may be written to, and records every group.
pub(super) fn divide<T: Copy>(
    tx: &mut Tx,
    id: CampaignId,
    split: &Split,
    permitted: Vec<(PersonId, T)>,
) -> Result<Vec<(PersonId, T)>, ActError> {
    if split.is_none() {
        return Ok(permitted);
    }
    let (mut kept, mut held) = (Vec::with_capacity(permitted.len()), Vec::new());
    let groups = split.groups();
    let mut counts = vec![0_u64; groups.len()];
    for (person, point) in permitted {
        let group = group(tx, split, id, person);
        let at = groups.iter().position(|one| *one == group);
        if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
        match group {
            Group::HeldOut => held.push(person),
            Group::Version(_) => kept.push((person, point)),
        }
    }
    campaign_splits::hold_out(tx, id, &held)?;
    for (group, n) in groups.into_iter().zip(counts) {
        campaign_splits::add_group(tx, id, group, n)?;
    }
    Ok(kept)
}

/// What is known of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub group: Group,
    /// How many people.
    pub n: u64,
    /// How many came back as each kind.
    pub back: Vec<(Kind, u64)>,
    /// How many did what was hoped for, when somebody has said so.
    pub outcomes: Option<u64>,
}

/// Records how many of each group did what was hoped for, so far.
///
/// # Errors
///
/// When a group does not exist, or has fewer people than that.
pub fn record_outcomes(
    tx: &mut Tx,
    ctx: &Ctx,
    id: CampaignId,
    outcomes: &[(Group, u64)],
) -> Result<(), ActError> {
    find(tx, id)?;
    let groups = campaign_splits::list_groups(tx, id)?;
    for (group, n) in outcomes {
        let size = groups.iter().find(|(one, _)| one == group).map(|(_, n)| *n);
        let size = size.ok_or_else(|| ActError::invalid("outcomes", "there is no such group"))?;
        if *n > size {
            let says = format!("{} has {size} people: count each once", group.label());
            return Err(ActError::invalid("outcomes", says));
        }
        campaign_splits::add_outcome(
            tx,
            launch::hold_id(ctx),
            id,
            *group,
            *n,
            &author(&ctx.actor),
        )?;
        tx.record(
            Entry::new("campaign.outcomes_recorded")
                .with("campaign", id)
                .with("group", group.number())
                .with("n", n),
        );
    }
    Ok(())
}

/// What each group of a campaign brought; empty when it was not split.
///
/// # Errors
///
/// When the store fails.
pub fn results(tx: &mut Tx, id: CampaignId) -> Result<Vec<Outcome>, StoreError> {
    let groups = campaign_splits::list_groups(tx, id)?;
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let split = of(tx, id)?;
    let outcomes = campaign_splits::list_outcomes(tx, id)?;
    let mut back: Vec<(Group, Kind)> = Vec::new();
    for (person, kind) in campaign_splits::list_reported(tx, id)? {
        back.push((group(tx, &split, id, person), kind));
    }
    Ok(groups
        .into_iter()
        .map(|(group, n)| {
            let of = |kind: Kind| back.iter().filter(|one| **one == (group, kind)).count() as u64;
            Outcome {
                group,
                n,
                back: [Kind::HardBounce, Kind::Complaint, Kind::Stop]
                    .map(|kind| (kind, of(kind)))
                    .to_vec(),
                outcomes: outcomes
                    .iter()
                    .find(|(one, _)| *one == group)
                    .map(|(_, n)| *n),
            }
        })
        .collect())
}

#[cfg(test)]
mod tests;
