//! A launched campaign that people carry out, by a printer or by telephone, made ready to be decided.

use jiff::SignedDuration;
use placet_domain::call::FRESH_MINUTES;
use placet_domain::campaign::Hold;
use placet_domain::campaign::split::{Group, Split};
use placet_domain::channel::Channel;
use placet_domain::content::Format;
use placet_domain::id::{CampaignId, PersonId};
use placet_domain::settings::Settings;
use placet_domain::template::Rendered;
use placet_policy::Engine;
use placet_store::{Keys, Tx, campaigns};

use super::message::{Outgoing, outgoing, prepare, variant};
use crate::approval::Bench;
use crate::gate::Gate;
use crate::{ActError, Ctx, settings};

/// What deciding needs beside the store.
pub struct Deciding<'a> {
    /// What decides.
    pub engine: &'a Engine,
    /// What signs links.
    pub keys: &'a Keys,
    /// Where the person's page is.
    pub public_url: &'a str,
}

/// One version of a campaign, ready to be filled.
pub(crate) struct Arm {
    pub(crate) outgoing: Outgoing,
    pub(crate) rendered: Rendered,
    pub(crate) format: Format,
}

/// A campaign that may be carried out now.
pub(crate) struct ByHand {
    pub(crate) settings: Settings,
    pub(crate) gate: Gate,
    // The same question when an answer of now is too old to dial by.
    pub(crate) late: Gate,
    split: Split,
    // The campaign's own version first; never empty.
    arms: Vec<Arm>,
    campaign: CampaignId,
}

impl ByHand {
    /// Refused when it cannot go on now: sending is not armed, it is stopped, or its content is not approved as it was
    /// launched.
    pub(crate) fn ready(
        tx: &mut Tx,
        ctx: &Ctx,
        engine: &Engine,
        campaign: CampaignId,
        channel: Channel,
    ) -> Result<Self, ActError> {
        let settings = settings::load(tx)?;
        if !settings.is_armed {
            return Err(ActError::refused(
                "sending.disarmed",
                "sending is not armed: an administrator arms it in the settings",
            ));
        }
        if let Some(says) = settings::obstacle_of(&settings, channel) {
            return Err(ActError::refused("sending.not_ready", says));
        }
        let last = campaigns::list_holds(tx, campaign)?.into_iter().next();
        if last.is_some_and(|hold| hold.kind != Hold::Resumed) {
            return Err(ActError::refused(
                "campaign.stopped",
                "this campaign is stopped: nothing of it goes on",
            ));
        }
        let bench = Bench::read_in(tx, settings.time_zone(), ctx.now)?;
        let (own, message) = match outgoing(tx, &bench, campaign)? {
            Ok(ready) => (ready.outgoing, ready.message),
            Err(why) => return Err(blocked(why.0)),
        };
        if message.channel != channel {
            let says = format!(
                "this campaign does not go this way, but as: {}",
                message.channel.label()
            );
            return Err(ActError::refused("campaign.other_channel", says));
        }
        let split = crate::campaign::split::of(tx, campaign)?;
        let mut versions = vec![own.clone()];
        for other in &split.others {
            match variant(tx, &bench, &own, *other)? {
                Ok(ready) => versions.push(ready),
                Err(why) => return Err(blocked(why.0)),
            }
        }
        let mut arms = Vec::with_capacity(versions.len());
        for outgoing in versions {
            let reviewed = bench.find(tx, outgoing.version)?;
            arms.push(Arm {
                rendered: prepare(tx, outgoing.version)?,
                format: reviewed.version.draft.format,
                outgoing,
            });
        }
        let later = ctx.now + SignedDuration::from_mins(FRESH_MINUTES);
        Ok(Self {
            late: Gate::new(engine, &settings, message.clone(), later),
            gate: Gate::new(engine, &settings, message, ctx.now),
            settings,
            split,
            arms,
            campaign,
        })
    }

    /// The version that a person gets; none for whoever is held out.
    pub(crate) fn arm(&self, tx: &Tx, person: PersonId) -> Option<&Arm> {
        if self.split.is_none() {
            return self.arms.first();
        }
        match crate::campaign::split::group(tx, &self.split, self.campaign, person) {
            Group::HeldOut => None,
            Group::Version(number) => self.arms.get(usize::from(number)),
        }
    }
}

fn blocked(why: &str) -> ActError {
    let says = match why {
        "content_not_approved" => "the content is not approved exactly as it was launched",
        "not_launched" => "this campaign is not launched",
        _ => "this campaign cannot go on",
    };
    ActError::refused("campaign.blocked", says)
}
