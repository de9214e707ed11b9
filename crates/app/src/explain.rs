//! Why a stored person may or may not be sent something: each rule with its sentence, the facts it
//! read, and what would change the answer.
//!
//! INVARIANT: nothing is sent and no decision is kept; that somebody looked is an entry.

use placet_domain::id::{CampaignId, PersonId};
use placet_domain::settings::Settings;
use placet_policy::{Engine, Explanation, Profile};
use placet_store::{StoreError, Tx, audiences, campaigns, contents};

use crate::gate::{Asked, Message};
use crate::{ActError, Ctx, campaign, timeline};

/// Explains one message to one person; none when there is no address for it.
///
/// # Errors
///
/// [`ActError::NotFound`] when nobody is held under this id.
pub fn person(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    settings: &Settings,
    person: PersonId,
    message: Message,
) -> Result<Option<(Asked, Explanation)>, ActError> {
    let asked = timeline::explain(tx, ctx, engine, settings, person, message)?;
    Ok(asked.map(|asked| {
        let profile = asked.decision.profile;
        let explanation = engine.explain(&asked.inputs, profile, asked.at);
        (asked, explanation)
    }))
}

/// The message of a campaign.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such campaign.
pub fn message_of(tx: &mut Tx, id: CampaignId) -> Result<Message, ActError> {
    let campaign = campaigns::find(tx, id)?.ok_or(ActError::NotFound("campaign"))?;
    let version =
        contents::find_version(tx, campaign.brief.version)?.ok_or(ActError::NotFound("version"))?;
    let audience =
        audiences::find(tx, campaign.brief.audience)?.ok_or(ActError::NotFound("audience"))?;
    Ok(campaign::message(
        &campaign.brief,
        &version,
        &audience.filter,
    ))
}

/// A stored decision explained under the rules it was taken by, from its sealed question. None
/// when those rules are not kept or the question cannot be read.
///
/// # Errors
///
/// When the store fails.
pub fn decided(
    tx: &mut Tx,
    rules: &mut crate::rules::Kept,
    question: &timeline::Question,
    profile: &str,
) -> Result<Option<Explanation>, StoreError> {
    let Some(engine) = crate::replay::rules_of(tx, rules, question)? else {
        return Ok(None);
    };
    let inputs = placet_policy::read_inputs(&question.inputs, "/inputs").ok();
    let asked = inputs
        .zip(question.at.parse().ok())
        .zip(Profile::find(profile));
    Ok(asked.map(|(((inputs, _), at), profile)| engine.explain(&inputs, profile, at)))
}
