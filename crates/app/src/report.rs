//! Taking in what comes back: bounces, complaints, automatic and human replies.
//!
//! [`read`] makes a [`Heard`] of a mail; [`take`] finds whom it is about, closes the address or
//! records the refusal, and keeps what was done. The words of a mail are not kept.
//!
//! INVARIANT: a report only closes. One thing opens: START, signed by the provider of text messages,
//! takes back the STOP that came from the same number, and no other refusal.
//! INVARIANT: the same report twice is one, by its hash: a crash between commit and
//! acknowledgement costs nothing.

mod read;
mod token;

#[cfg(test)]
mod tests;

use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, DeliveryId, PersonId};
use placet_domain::instrument::{Evidence, Method};
use placet_domain::preference::PreferenceKind;
use placet_domain::report::{Effect, Kind, Report, is_dead_address, status_in};
use placet_domain::suppression::Cause;
use placet_ledger::{sha256, to_hex};
use placet_store::reports::{self, Addressed};
use placet_store::{StoreError, Tx, people, suppressions};

use crate::delivery::Ticket;
use crate::preference::{self, Asked};
use crate::{ActError, Ctx};

pub use read::read;
pub use token::{find_return_path, return_path};

/// How many people one address may belong to before a person has to look.
const SHARED: usize = 10;

/// What a report says, before it is known whom it is about. Its words are gone.
#[derive(Clone, PartialEq, Eq)]
pub struct Heard {
    /// What it says.
    pub kind: Kind,
    /// The status of a bounce.
    pub status: Option<String>,
    /// The delivery it names.
    pub delivery: Option<DeliveryId>,
    /// By which way it came.
    pub channel: Channel,
    /// Who wrote a reply that names no delivery.
    pub from: Option<String>,
    /// SHA-256 of what came.
    pub hash: [u8; 32],
}

/// An address is a person's: it never shows in a log by accident.
impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Heard({})", self.kind.as_str())
    }
}

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// What it said.
    pub kind: Kind,
    /// What it changed.
    pub effect: Effect,
    /// Whether it had come before; then nothing was done.
    pub was_known: bool,
}

/// Whom a report is about.
struct About {
    person: PersonId,
    channel: Channel,
    lookup: Vec<u8>,
}

/// Takes a report in.
///
/// # Errors
///
/// When the store fails.
pub fn take(tx: &mut Tx, ctx: &Ctx, door: &str, heard: &Heard) -> Result<Taken, ActError> {
    let kind = heard.kind;
    if reports::is_known(tx, &heard.hash)? {
        tx.record(Entry::new("report.repeated").with("content_hash", to_hex(&heard.hash)));
        let effect = Effect::Nothing;
        return Ok(Taken {
            kind,
            effect,
            was_known: true,
        });
    }
    let number = number(tx, heard);
    let addressed = match (heard.delivery, &number) {
        (Some(delivery), _) => reports::find_addressed(tx, delivery)?,
        (None, Some(lookup)) => reports::find_last_addressed(tx, lookup, heard.channel)?,
        (None, None) => None,
    };
    let about = match (&addressed, &number) {
        (_, Some(lookup)) => owners(tx, lookup, heard.channel)?,
        (Some(one), None) => vec![About {
            person: one.person,
            channel: one.channel,
            lookup: one.lookup.clone(),
        }],
        // Only a reply is believed on its sender's word: it closes the sender's own address.
        (None, None) => match &heard.from {
            Some(from) if kind == Kind::Stop => owners_of(tx, from)?,
            _ => Vec::new(),
        },
    };
    let mut effect = act_on(tx, ctx, kind, &about)?;
    // A number stays closed whoever has it, now or later.
    if let (Kind::Stop, Some(lookup), []) = (kind, &number, about.as_slice())
        && close_for(tx, ctx, (None, lookup, heard.channel), Cause::Stop)?
    {
        effect = Effect::Suppressed;
    }
    keep(tx, ctx, door, heard, addressed.as_ref(), effect)?;
    Ok(Taken {
        kind,
        effect,
        was_known: false,
    })
}

/// The keyed hash of the number that a text came from: the provider vouches for it.
fn number(tx: &mut Tx, heard: &Heard) -> Option<Vec<u8>> {
    let from = heard
        .from
        .as_ref()
        .filter(|_| heard.channel == Channel::Sms)?;
    people::address_lookup(tx, Channel::Sms, from)
}

fn owners_of(tx: &mut Tx, from: &str) -> Result<Vec<About>, StoreError> {
    let Some(lookup) = people::address_lookup(tx, Channel::Email, from) else {
        return Ok(Vec::new());
    };
    owners(tx, &lookup, Channel::Email)
}

fn owners(tx: &mut Tx, lookup: &[u8], channel: Channel) -> Result<Vec<About>, StoreError> {
    let owners = reports::list_owners(tx, lookup, channel)?;
    Ok(owners
        .into_iter()
        .take(SHARED)
        .map(|(person, _)| About {
            person,
            channel,
            lookup: lookup.to_vec(),
        })
        .collect())
}

fn act_on(tx: &mut Tx, ctx: &Ctx, kind: Kind, about: &[About]) -> Result<Effect, ActError> {
    let mut effect = match about {
        [] => Effect::NotFound,
        _ => Effect::Nothing,
    };
    for one in about {
        match kind {
            Kind::HardBounce if close(tx, ctx, one, Cause::HardBounce)? => {
                effect = Effect::Suppressed;
            }
            Kind::Complaint => {
                // Who calls one message unwanted wants no more of them (and a complaint can be
                // taken back by its maker alone).
                refuse(tx, ctx, one, "complaint")?;
                if close(tx, ctx, one, Cause::Complaint)? {
                    effect = Effect::Suppressed;
                }
            }
            Kind::Stop => {
                refuse(tx, ctx, one, "reply")?;
                effect = Effect::OptedOut;
            }
            Kind::Start
                if one.channel == Channel::Sms
                    && preference::take_back_stop(tx, ctx, one.person, &one.lookup)? =>
            {
                effect = Effect::Reopened;
            }
            _ => {}
        }
    }
    Ok(effect)
}

/// Closes the address; false when it is closed for that cause already.
fn close(tx: &mut Tx, ctx: &Ctx, about: &About, cause: Cause) -> Result<bool, ActError> {
    let whose = (Some(about.person), about.lookup.as_slice(), about.channel);
    close_for(tx, ctx, whose, cause)
}

pub(crate) fn close_for(
    tx: &mut Tx,
    ctx: &Ctx,
    (person, lookup, channel): (Option<PersonId>, &[u8], Channel),
    cause: Cause,
) -> Result<bool, ActError> {
    let held = suppressions::list_by_lookup(tx, lookup, channel)?;
    if held
        .iter()
        .any(|held| held.cause == cause && held.stands_at(ctx.now))
    {
        return Ok(false);
    }
    preference::place(tx, ctx, person, lookup.to_vec(), channel, cause)?;
    Ok(true)
}

/// Records the person's refusal; of somebody who was erased, closes the address alone.
fn refuse(tx: &mut Tx, ctx: &Ctx, about: &About, source: &str) -> Result<(), ActError> {
    let (kind, cause) = match about.channel {
        Channel::Email | Channel::Postal => (PreferenceKind::Unsubscribe, Cause::Unsubscribe),
        Channel::Sms | Channel::VoiceLive => (PreferenceKind::Stop, Cause::Stop),
    };
    let asked = Asked {
        kind,
        channel: Some(about.channel),
        topic: None,
        wording: None,
        at: ctx.now,
        method: Method::Reply,
        evidence: Evidence::from_source(source),
    };
    if !tx.is_erased(about.person)? {
        match preference::record(tx, ctx, about.person, asked) {
            Ok(_) | Err(ActError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    // The address that was written to may not be the one in use now.
    close(tx, ctx, about, cause).map(drop)
}

fn keep(
    tx: &mut Tx,
    ctx: &Ctx,
    door: &str,
    heard: &Heard,
    addressed: Option<&Addressed>,
    effect: Effect,
) -> Result<(), ActError> {
    let report = Report {
        id: ctx.new_id(),
        kind: heard.kind,
        delivery: addressed.map(|one| one.delivery),
        campaign: addressed.map(|one| one.campaign),
        status: heard.status.clone(),
        door: door.to_owned(),
        content_hash: heard.hash.to_vec(),
        effect,
        recorded_at: ctx.now,
    };
    reports::add(tx, &report, &ctx.actor.code())?;
    let mut entry = Entry::new("report.taken")
        .with("report", report.id)
        .with("kind", report.kind.as_str())
        .with("effect", effect.as_str())
        .with("door", door)
        .with("content_hash", to_hex(&report.content_hash));
    if let Some(one) = addressed {
        entry = entry
            .about(one.person)
            .with("delivery", one.delivery)
            .with("campaign", one.campaign);
    }
    tx.record(entry);
    Ok(())
}

/// Closes the address of a message that the carrier refused because the address is no more.
pub(crate) fn note_refusal(
    tx: &mut Tx,
    ctx: &Ctx,
    ticket: &Ticket,
    text: &str,
) -> Result<(), ActError> {
    let Some(status) = status_in(text).filter(|status| is_dead_address(status)) else {
        return Ok(());
    };
    let said = format!("carrier {} {}", ticket.delivery, ticket.n_attempts);
    let heard = Heard {
        kind: Kind::HardBounce,
        status: Some(status.to_owned()),
        delivery: Some(ticket.delivery),
        channel: Channel::Email,
        from: None,
        hash: sha256(said.as_bytes()),
    };
    take(tx, ctx, "carrier", &heard).map(drop)
}

/// Counts an unsubscription by the link of a message among what came back of it. The refusal
/// itself is recorded by whoever calls.
pub(crate) fn note_unsubscribe(
    tx: &mut Tx,
    ctx: &Ctx,
    delivery: DeliveryId,
) -> Result<(), ActError> {
    let Some(addressed) = reports::find_addressed(tx, delivery)? else {
        return Ok(());
    };
    let heard = Heard {
        kind: Kind::Stop,
        status: None,
        delivery: Some(delivery),
        channel: Channel::Email,
        from: None,
        hash: sha256(format!("link {delivery}").as_bytes()),
    };
    if reports::is_known(tx, &heard.hash)? {
        return Ok(());
    }
    keep(tx, ctx, "link", &heard, Some(&addressed), Effect::OptedOut)
}

/// What came back of one campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CameBack {
    /// How many of each kind.
    pub by_kind: Vec<(Kind, u64)>,
}

impl CameBack {
    /// How many of one kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        let found = self.by_kind.iter().find(|(one, _)| *one == kind);
        found.map_or(0, |(_, n)| *n)
    }
}

/// What came back of one campaign.
///
/// # Errors
///
/// When the store fails.
pub fn of_campaign(tx: &mut Tx, campaign: CampaignId) -> Result<CameBack, StoreError> {
    Ok(CameBack {
        by_kind: reports::count_by_campaign(tx, campaign)?,
    })
}
