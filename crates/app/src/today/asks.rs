//! What asks for this operator's word beside texts: classifications to sign, flows to agree to,
//! triggers, journeys and claims to approve, fetches that came to nothing.

use placet_domain::content::claim::Standing;
use placet_domain::id::{ClaimId, FetchId, FlowId, JourneyId, SourceId, TriggerId};
use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::server::Stage;
use placet_domain::time::{Date, Timestamp};
use placet_store::{Tx, claims, fhir_fetches, fhir_servers};

use crate::approval::roles_of;
use crate::content::author;
use crate::data::catalogue;
use crate::{ActError, flow, journey, trigger};

/// How many of the newest claims are looked at.
const CLAIMS: u32 = 200;

/// Something that waits for this operator's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub about: About,
    /// Since when it waits.
    pub since: Timestamp,
}

/// What the word is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The elements of a source, to be signed.
    Classification(SourceId),
    /// A flow, to be agreed to.
    Flow(FlowId),
    /// A trigger, to be approved.
    Trigger(TriggerId),
    /// A journey, to be agreed to in this role.
    Journey(JourneyId, Role),
    /// A claim, to be approved in this role.
    Claim(ClaimId, Role),
    /// The newest fetch from a FHIR server, which failed.
    Fetch(FetchId),
}

/// Everything that asks for this actor's word, the oldest first. A read: it names no person.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, actor: &Actor, today: Date) -> Result<Vec<Ask>, ActError> {
    let mut asks = Vec::new();
    if actor.may(Capability::SignData).is_ok() {
        let by = actor.operator();
        for one in catalogue::list(tx)?.iter().filter(|one| one.waits()) {
            let Some(newest) = one.newest().filter(|it| it.written_by != by) else {
                continue;
            };
            asks.push(Ask {
                name: one.source.title.clone(),
                about: About::Classification(one.source.id),
                since: newest.written_at,
            });
        }
    }
    if actor.may(Capability::ViewData).is_ok() {
        for one in flow::list(tx)?.into_iter().filter(flow::Declared::waits) {
            let asked = one
                .newest()
                .filter(|version| flow::side_of(actor, version).is_some())
                .map(|version| version.written_at);
            if let Some(since) = asked {
                asks.push(Ask {
                    name: one.name,
                    about: About::Flow(one.id),
                    since,
                });
            }
        }
    }
    if actor.may(Capability::ApproveTriggers).is_ok() {
        for one in trigger::list(tx)? {
            let asked = one
                .waiting()
                .filter(|version| trigger::may_approve(actor, version))
                .map(|version| version.written_at);
            if let Some(since) = asked {
                asks.push(Ask {
                    about: About::Trigger(one.id),
                    name: one.name,
                    since,
                });
            }
        }
    }
    if actor.may(Capability::ApproveJourneys).is_ok() {
        for one in journey::list(tx)? {
            if let (Some(role), Some(version)) =
                (journey::asked(actor, &one).first(), one.waiting())
            {
                asks.push(Ask {
                    about: About::Journey(one.id, *role),
                    since: version.simulated_at.unwrap_or(version.written_at),
                    name: one.name.clone(),
                });
            }
        }
    }
    if actor.may(Capability::ApproveContent).is_ok() {
        let (by, held) = (author(actor), roles_of(actor));
        for claim in claims::list(tx, CLAIMS)? {
            let Standing::InReview { waiting } = claim.standing(today) else {
                continue;
            };
            let is_asked = |role: &&Role| claim.may_approve((&by, held), **role, today).is_ok();
            if let Some(role) = waiting.iter().find(is_asked) {
                asks.push(Ask {
                    name: claim.text,
                    about: About::Claim(claim.id, *role),
                    since: claim.proposed_at,
                });
            }
        }
    }
    if actor.may(Capability::ImportPeople).is_ok() {
        for server in fhir_servers::list(tx)? {
            let newest = fhir_fetches::list_newest(tx, server.id, 1)?;
            for fetch in newest.into_iter().filter(|one| one.stage == Stage::Failed) {
                asks.push(Ask {
                    name: server.name.clone(),
                    about: About::Fetch(fetch.id),
                    since: fetch.over_at.unwrap_or(fetch.asked_at),
                });
            }
        }
    }
    asks.sort_by_key(|ask| ask.since);
    Ok(asks)
}
