//! A campaign made ready for the gate and for the carrier.

use placet_domain::audience::Filter;
use placet_domain::campaign::Brief;
use placet_domain::channel::Channel;
use placet_domain::content::ContentHash;
use placet_domain::id::{CampaignId, VersionId};
use placet_domain::journey;
use placet_domain::preference::Topic;
use placet_domain::template::Rendered;
use placet_domain::trigger::{Version, counting, sent_by};
use placet_store::{Tx, campaigns, contents, journeys, triggers};

use crate::approval::Bench;
use crate::gate::Message;
use crate::journey::Road;
use crate::{ActError, campaign, content, trigger};

/// What all messages of a campaign share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which version.
    pub version: VersionId,
    /// The version's hash, as it was approved.
    pub hash: ContentHash,
    /// How it travels.
    pub channel: Channel,
    /// The topic that its list is named after.
    pub topic: Topic,
    /// The name in the From line.
    pub sender_name: String,
    /// The address in the From line.
    pub sender: String,
}

/// Why a campaign that is due cannot go on; a stable word for logs and pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blocked(pub &'static str);

/// A campaign, trigger or journey's message, ready to be decided and sent.
pub(crate) struct Ready {
    pub(crate) outgoing: Outgoing,
    pub(crate) message: Message,
    pub(crate) sender: Sender,
}

/// What sends.
#[derive(Debug)]
pub(crate) enum Sender {
    Campaign,
    /// By the version that counts.
    Trigger(Box<Version>),
    /// By the version of this message, whether or not people still enter under it.
    Journey(Box<Road>),
}

/// A campaign, trigger or journey's message ready to be decided and sent, or why it is not. Approval and launch are checked
/// on the stored text each time: one changed byte stops it.
pub(crate) fn outgoing(
    tx: &mut Tx,
    bench: &Bench,
    id: CampaignId,
) -> Result<Result<Ready, Blocked>, ActError> {
    let Some(found) = campaigns::find(tx, id)? else {
        return of_trigger(tx, bench, id);
    };
    let Some(launch) = campaigns::find_launch(tx, id)? else {
        return Ok(Err(Blocked("not_launched")));
    };
    let reviewed = bench.find(tx, found.brief.version)?;
    if !reviewed.is_approved() || reviewed.version.hash != launch.content_hash {
        return Ok(Err(Blocked("content_not_approved")));
    }
    let Ok(filter) = Filter::read(&launch.filter) else {
        return Ok(Err(Blocked("filter_unreadable")));
    };
    let message = campaign::message(&found.brief, &reviewed.version, &filter);
    let Brief {
        sender_name,
        sender,
        version,
        ..
    } = found.brief;
    let hash = reviewed.version.hash;
    Ok(Ok(Ready {
        outgoing: Outgoing {
            campaign: id,
            version,
            hash,
            channel: message.channel,
            topic: message.topic,
            sender_name,
            sender,
        },
        message,
        sender: Sender::Campaign,
    }))
}

/// The same for a trigger: its newest approved version, with the content as it was approved.
fn of_trigger(
    tx: &mut Tx,
    bench: &Bench,
    id: CampaignId,
) -> Result<Result<Ready, Blocked>, ActError> {
    let versions = triggers::list_versions(tx, sent_by(id))?;
    if versions.is_empty() {
        return of_journey(tx, bench, id);
    }
    let Some(version) = counting(&versions) else {
        return Ok(Err(Blocked("trigger_not_approved")));
    };
    let reviewed = bench.find(tx, version.declaration.content)?;
    let approved = version.approval.as_ref().map(|it| it.content_hash);
    if !reviewed.is_approved() || Some(reviewed.version.hash) != approved {
        return Ok(Err(Blocked("content_not_approved")));
    }
    let message = trigger::message::message(version, &reviewed.version.draft);
    let declared = &version.declaration;
    Ok(Ok(Ready {
        outgoing: Outgoing {
            campaign: id,
            version: declared.content,
            hash: reviewed.version.hash,
            channel: message.channel,
            topic: message.topic,
            sender_name: declared.sender_name.clone(),
            sender: declared.sender.clone(),
        },
        message,
        sender: Sender::Trigger(Box::new(version.clone())),
    }))
}

/// The same for a journey's message: its version was started, and every content is as it was agreed to.
fn of_journey(
    tx: &mut Tx,
    bench: &Bench,
    id: CampaignId,
) -> Result<Result<Ready, Blocked>, ActError> {
    let send = journey::sent_by(id);
    let Some((held, version)) = journeys::find_by_send(tx, send)? else {
        return Ok(Err(Blocked("not_launched")));
    };
    let versions = journeys::list_versions(tx, held.id)?;
    let version = versions
        .into_iter()
        .find(|it| it.id == version && it.start.is_some());
    let Some(road) = version.as_ref().and_then(Road::of) else {
        return Ok(Err(Blocked("journey_not_started")));
    };
    let Some(send) = road.version.sends.iter().find(|it| it.id == send) else {
        return Ok(Err(Blocked("journey_not_started")));
    };
    let reviewed = bench.find(tx, send.content)?;
    let read = crate::journey::read_hash(tx, &road.version)?;
    let is_agreed = road.version.words.iter().all(|word| word.hash == read);
    if !reviewed.is_approved() || !is_agreed || !road.version.missing().is_empty() {
        return Ok(Err(Blocked("content_not_approved")));
    }
    let message =
        crate::journey::message::message(&road.version, &road.steps, send, &reviewed.version.draft);
    let declared = &road.version.declaration;
    Ok(Ok(Ready {
        outgoing: Outgoing {
            campaign: id,
            version: send.content,
            hash: reviewed.version.hash,
            channel: message.channel,
            topic: message.topic,
            sender_name: declared.sender_name.clone(),
            sender: declared.sender.clone(),
        },
        message,
        sender: Sender::Journey(Box::new(road)),
    }))
}

/// The same campaign with another version of its words, or why that cannot go out.
pub(crate) fn variant(
    tx: &mut Tx,
    bench: &Bench,
    own: &Outgoing,
    version: VersionId,
) -> Result<Result<Outgoing, Blocked>, ActError> {
    let reviewed = bench.find(tx, version)?;
    if !reviewed.is_approved() {
        return Ok(Err(Blocked("content_not_approved")));
    }
    Ok(Ok(Outgoing {
        version,
        hash: reviewed.version.hash,
        ..own.clone()
    }))
}

/// Renders a version, once for all its messages; outside of the claiming act, since it is slow.
///
/// # Errors
///
/// When there is no such version or it cannot be rendered (it could when it was saved).
pub fn prepare(tx: &mut Tx, version: VersionId) -> Result<Rendered, ActError> {
    let version = contents::find_version(tx, version)?.ok_or(ActError::NotFound("version"))?;
    if !version.is_intact() {
        return Err(ActError::refused(
            "content.altered",
            "the stored version was altered",
        ));
    }
    content::render(&version.draft)
        .map_err(|problem| ActError::refused("content.unrenderable", problem.to_string()))
}
