//! The groups of a campaign that was split, as the four counts of a holdout.
//!
//! The counts are taken in the act that asks, and stand in the question from then on, so that it
//! can be asked again and must come out the same.

use placet_domain::campaign::split::Group;
use placet_domain::id::CampaignId;
use placet_store::{Tx, campaigns};

use super::ask::{Ask, Groups, Holdout};
use crate::ActError;
use crate::campaign::{self, Outcome};

/// The question with its counts: those of the campaign, where it names one.
pub(super) fn counted(tx: &mut Tx, ask: &Ask) -> Result<Ask, ActError> {
    let Ask::Holdout(Holdout {
        groups: Some(groups),
        ..
    }) = ask
    else {
        return Ok(ask.clone());
    };
    campaigns::find(tx, groups.campaign)?.ok_or(ActError::NotFound("campaign"))?;
    let all = campaign::results(tx, groups.campaign)?;
    if all.is_empty() {
        return Err(ActError::refused(
            "measure.not_split",
            "this campaign held nobody out and compared no versions, or is not launched",
        ));
    }
    let (treated, treated_outcomes) = of_version(&all, groups.version)?;
    let reference = groups.against.map_or(Group::HeldOut, Group::Version);
    let (held_out, held_out_outcomes) = one(&all, reference)?;
    Ok(Ask::Holdout(Holdout {
        treated,
        treated_outcomes,
        held_out,
        held_out_outcomes,
        groups: Some(groups.clone()),
    }))
}

/// The campaign whose groups are compared.
pub(super) fn campaign(ask: &Ask) -> Option<CampaignId> {
    match ask {
        Ask::Holdout(Holdout {
            groups: Some(Groups { campaign, .. }),
            ..
        }) => Some(*campaign),
        _ => None,
    }
}

/// One version, or all that were sent.
fn of_version(all: &[Outcome], version: Option<u16>) -> Result<(u64, u64), ActError> {
    if let Some(version) = version {
        return one(all, Group::Version(version));
    }
    let sent = all.iter().filter(|it| it.group != Group::HeldOut);
    sent.map(counts).try_fold((0, 0), |sum, next| {
        let next = next?;
        Ok((sum.0 + next.0, sum.1 + next.1))
    })
}

fn one(all: &[Outcome], group: Group) -> Result<(u64, u64), ActError> {
    let found = all.iter().find(|it| it.group == group).ok_or_else(|| {
        ActError::invalid(
            "groups",
            format!("the campaign has no group `{}`", group.label()),
        )
    })?;
    counts(found)
}

fn counts(it: &Outcome) -> Result<(u64, u64), ActError> {
    let outcomes = it.outcomes.ok_or_else(|| {
        ActError::refused(
            "measure.no_outcomes",
            format!(
                "nobody has said how many of `{}` did what was hoped for: say it on the campaign's page",
                it.group.label()
            ),
        )
    })?;
    Ok((it.n, outcomes))
}
