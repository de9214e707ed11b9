//! Recording what people ask for and refuse, and lifting it when they ask again.
//!
//! A refusal of a whole channel also closes the address by its keyed hash, so that it outlives
//! the person and every import.
//!
//! INVARIANT: nothing here is called by an import but [`record`]; imports only add refusals.

use placet_domain::channel::Channel;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{EntryId, PersonId, PreferenceId, SuppressionId, WordingId};
use placet_domain::instrument::{Evidence, Method};
pub use placet_domain::preference::Choice as Way;
use placet_domain::preference::{Lift, LiftRefused, Preference, PreferenceKind, Topic};
use placet_domain::suppression::{Cause, Suppression};
use placet_domain::time::Timestamp;
use placet_store::preferences::NewLift;
use placet_store::{Tx, people, preferences, suppressions};

use crate::ActError;
use crate::person::must_be_held;
use placet_ledger::to_hex;

/// What somebody asks for or refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What.
    pub kind: PreferenceKind,
    /// The channel it is about; none means every channel.
    pub channel: Option<Channel>,
    /// The topic it is about; none means every topic.
    pub topic: Option<Topic>,
    /// The wording shown.
    pub wording: Option<WordingId>,
    /// When it was asked.
    pub at: Timestamp,
    /// How.
    pub method: Method,
    /// What shows it.
    pub evidence: Evidence,
}

/// A preference as recorded, with its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What was recorded.
    pub preference: Preference,
    /// The receipt's entry.
    pub entry: EntryId,
}

/// Records what a person asked for or refused, accepted or declined alike.
///
/// Repeating it is not an error: people say STOP more than once, and each time is kept.
///
/// # Errors
///
/// [`ActError::Invalid`] when it lies in the future or its evidence is no code.
pub fn record(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    asked: Asked,
) -> Result<Recorded, ActError> {
    must_be_held(tx, person)?;
    if asked.at > ctx.now {
        return Err(ActError::invalid("at", "this lies in the future"));
    }
    asked
        .evidence
        .check()
        .map_err(|bad| ActError::invalid("evidence", bad.to_string()))?;
    let preference = Preference {
        id: ctx.new_id(),
        person,
        kind: asked.kind,
        channel: asked.channel,
        topic: asked.topic,
        wording: asked.wording,
        asked_at: asked.at,
        method: asked.method,
        evidence: asked.evidence,
        recorded_at: ctx.now,
        recorded_by: ctx.actor.code(),
        lifted: None,
    };
    let hash = preferences::add(tx, &preference)?;
    let entry = tx.record(entry_of(&preference).with("hash", to_hex(&hash)));
    if let Some(cause) = closes(&preference) {
        close_addresses(tx, ctx, &preference, cause)?;
    }
    Ok(Recorded { preference, entry })
}

fn entry_of(preference: &Preference) -> Entry {
    let mut entry = Entry::new("preference.recorded")
        .about(preference.person)
        .with("preference", preference.id)
        .with("kind", preference.kind.as_str())
        .with("method", preference.method.as_str())
        .with("asked_at", preference.asked_at);
    if let Some(channel) = preference.channel {
        entry = entry.with("channel", channel.as_str());
    }
    if let Some(topic) = preference.topic {
        entry = entry.with("topic", topic.as_str());
    }
    if let Some(wording) = preference.wording {
        entry = entry.with("wording", wording);
    }
    entry
}

/// Only what closes a whole channel closes its addresses.
fn closes(preference: &Preference) -> Option<Cause> {
    if preference.topic.is_some() {
        return None;
    }
    match preference.kind {
        PreferenceKind::Unsubscribe => Some(Cause::Unsubscribe),
        PreferenceKind::Stop => Some(Cause::Stop),
        _ => None,
    }
}

fn close_addresses(
    tx: &mut Tx,
    ctx: &Ctx,
    preference: &Preference,
    cause: Cause,
) -> Result<(), ActError> {
    for (_, channel, lookup) in people::list_address_lookups(tx, preference.person)? {
        if preference.channel.is_some_and(|only| only != channel) {
            continue;
        }
        let stands = suppressions::list_by_lookup(tx, &lookup, channel)?
            .iter()
            .any(|held| held.cause == cause && held.stands_at(ctx.now));
        if !stands {
            place(tx, ctx, Some(preference.person), lookup, channel, cause)?;
        }
    }
    Ok(())
}

/// Closes an address, by its keyed hash.
///
/// # Errors
///
/// When the store fails.
pub fn place(
    tx: &mut Tx,
    ctx: &Ctx,
    person: Option<PersonId>,
    lookup: Vec<u8>,
    channel: Channel,
    cause: Cause,
) -> Result<EntryId, ActError> {
    let suppression = Suppression {
        id: ctx.new_id(),
        lookup,
        channel,
        cause,
        placed_at: ctx.now,
        placed_by: ctx.actor.code(),
        lifted_at: None,
    };
    let hash = suppressions::add(tx, &suppression)?;
    let mut entry = Entry::new("suppression.placed")
        .with("suppression", suppression.id)
        .with("channel", channel.as_str())
        .with("cause", cause.as_str())
        .with("hash", to_hex(&hash));
    entry.person = person;
    Ok(tx.record(entry))
}

/// The later act of the person on which something is lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterAct {
    /// When the person did it.
    pub at: Timestamp,
    /// How.
    pub method: Method,
    /// What shows it.
    pub evidence: Evidence,
}

/// Lifts one preference because an operator holds newer evidence of what the person wants.
///
/// # Errors
///
/// [`ActError::Refused`] says why it stays.
pub fn lift(tx: &mut Tx, ctx: &Ctx, id: PreferenceId, act: &LaterAct) -> Result<EntryId, ActError> {
    let held = preferences::find(tx, id)?.ok_or(ActError::NotFound("preference"))?;
    must_be_held(tx, held.preference.person)?;
    let lift = Lift::ByOperator {
        acted_at: act.at,
        at: ctx.now,
    };
    let entry = lift_one(tx, ctx, &held.preference, lift, act)?;
    if closes(&held.preference).is_some() {
        open_addresses(
            tx,
            ctx,
            held.preference.person,
            held.preference.channel,
            lift,
        )?;
    }
    Ok(entry)
}

fn lift_one(
    tx: &mut Tx,
    ctx: &Ctx,
    preference: &Preference,
    lift: Lift,
    act: &LaterAct,
) -> Result<EntryId, ActError> {
    let lifted_at = lift.allows(preference).map_err(|refused| stays(&refused))?;
    act.evidence
        .check()
        .map_err(|bad| ActError::invalid("evidence", bad.to_string()))?;
    let recorded_by = ctx.actor.code();
    let row = NewLift {
        acted_at: act.at,
        lifted_at,
        method: act.method,
        evidence: &act.evidence,
        recorded_by: &recorded_by,
    };
    let Some(hash) = preferences::lift(tx, preference.id, &row)? else {
        return Err(stays(&LiftRefused::Already));
    };
    Ok(tx.record(
        Entry::new("preference.lifted")
            .about(preference.person)
            .with("preference", preference.id)
            .with("kind", preference.kind.as_str())
            .with("method", act.method.as_str())
            .with("acted_at", act.at)
            .with("source", &act.evidence.source)
            .with("hash", to_hex(&hash)),
    ))
}

fn stays(refused: &LiftRefused) -> ActError {
    let code = match refused {
        LiftRefused::Import => "preference.import_never_lifts",
        LiftRefused::NotNewer { .. } => "preference.evidence_not_newer",
        LiftRefused::InFuture(_) => "preference.evidence_in_future",
        LiftRefused::Already => "preference.already_lifted",
        LiftRefused::Kind(_) => "preference.not_liftable",
    };
    ActError::refused(code, refused.to_string())
}

/// What the person has just said yes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Yes {
    /// Messages: takes back an earlier no to them.
    Consent,
    /// The use of their information: takes back an earlier revocation of it, and no unsubscribe.
    Authorization,
}

impl Yes {
    /// Whether this yes is about what that no was about; else the two do not meet.
    fn meets(self, kind: PreferenceKind) -> bool {
        match self {
            Self::Consent => kind != PreferenceKind::HipaaRevocation,
            Self::Authorization => {
                matches!(
                    kind,
                    PreferenceKind::HipaaRevocation | PreferenceKind::Declined
                )
            }
        }
    }

    /// Saying yes takes back an earlier no; it does not take back a restriction, a STOP for
    /// everything or a request to be reached elsewhere.
    fn takes_back(self, kind: PreferenceKind) -> bool {
        self.meets(kind)
            && matches!(
                kind,
                PreferenceKind::Unsubscribe
                    | PreferenceKind::Declined
                    | PreferenceKind::HipaaRevocation
                    | PreferenceKind::FundraisingOptout
                    | PreferenceKind::VerbalRevocation
                    | PreferenceKind::FreeTextRevocation
            )
    }
}

/// Opens the way for one channel and topic that the person has just asked for. Answers false, and
/// changes nothing, when something stands that this act cannot lift.
///
/// What objects to exactly this is lifted; what objects to more is lifted and asked again for
/// everything else, so that a person who ticks one box opens one box.
///
/// # Errors
///
/// When the store fails or the evidence is no code.
pub(crate) fn open_way(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    (way, yes): (Way, Yes),
    lift: Lift,
    act: &LaterAct,
) -> Result<bool, ActError> {
    let held = preferences::list_by_person(tx, person)?;
    let objections: Vec<Preference> = held
        .into_iter()
        .map(|held| held.preference)
        .filter(|one| one.stands_at(ctx.now) && one.objects_to(way.channel, way.topic))
        .filter(|one| yes.meets(one.kind))
        .collect();
    if !objections
        .iter()
        .all(|one| yes.takes_back(one.kind) && lift.allows(one).is_ok())
    {
        return Ok(false);
    }
    for objection in &objections {
        lift_one(tx, ctx, objection, lift, act)?;
        keep_the_rest(tx, ctx, objection, way)?;
        if closes(objection).is_some() {
            open_addresses(tx, ctx, person, objection.channel, lift)?;
        }
    }
    if yes == Yes::Consent {
        open_addresses(tx, ctx, person, Some(way.channel), lift)?;
    }
    Ok(true)
}

/// Asks again for everything that a wide refusal covered, but for the one way just opened.
fn keep_the_rest(
    tx: &mut Tx,
    ctx: &Ctx,
    wide: &Preference,
    Way { channel, topic }: Way,
) -> Result<(), ActError> {
    let is_fundraising = wide.kind == PreferenceKind::FundraisingOptout;
    let topics: Vec<Topic> = match wide.topic {
        Some(one) => vec![one],
        None if is_fundraising => vec![Topic::Fundraising],
        None => Topic::ALL.to_vec(),
    };
    let channels = wide.channel.map_or(Channel::ALL.to_vec(), |one| vec![one]);
    for kept_topic in topics {
        for kept_channel in &channels {
            let is_opened = kept_topic == topic && *kept_channel == channel;
            if is_opened || !wide.objects_to(*kept_channel, kept_topic) {
                continue;
            }
            let kept = Preference {
                id: ctx.new_id(),
                // A fundraising opt-out of one channel is said as an unsubscribe of it.
                kind: if is_fundraising {
                    PreferenceKind::Unsubscribe
                } else {
                    wide.kind
                },
                channel: Some(*kept_channel),
                topic: Some(kept_topic),
                recorded_at: ctx.now,
                recorded_by: ctx.actor.code(),
                lifted: None,
                ..wide.clone()
            };
            let hash = preferences::add(tx, &kept)?;
            tx.record(
                entry_of(&kept)
                    .with("hash", to_hex(&hash))
                    .with("kept_from", wide.id),
            );
        }
    }
    Ok(())
}

/// Takes back the STOP that somebody sent from a number, because they sent START from it: a newer
/// word of the same person by the same way. Consents are not touched by either; what was refused
/// otherwise stays refused. Answers whether anything was taken back.
///
/// # Errors
///
/// When the store fails.
pub(crate) fn take_back_stop(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    lookup: &[u8],
) -> Result<bool, ActError> {
    let lift = Lift::ByPerson { at: ctx.now };
    let act = LaterAct {
        at: ctx.now,
        method: Method::Reply,
        evidence: Evidence::from_source("reply"),
    };
    let mut is_changed = false;
    let held = if tx.is_erased(person)? {
        Vec::new()
    } else {
        preferences::list_by_person(tx, person)?
    };
    let stops = held.into_iter().map(|held| held.preference).filter(|one| {
        one.kind == PreferenceKind::Stop
            && one.method == Method::Reply
            && (one.channel, one.topic) == (Some(Channel::Sms), None)
            && one.stands_at(ctx.now)
    });
    for stop in stops.collect::<Vec<_>>() {
        if lift.allows(&stop).is_ok() {
            lift_one(tx, ctx, &stop, lift, &act)?;
            is_changed = true;
        }
    }
    for held in suppressions::list_by_lookup(tx, lookup, Channel::Sms)? {
        if held.cause == Cause::Stop && held.may_be_lifted(lift) {
            is_changed |= open_address(tx, ctx, person, Channel::Sms, held.id)?;
        }
    }
    Ok(is_changed)
}

/// Lifts one suppression because its person asked to be written to again; false when somebody did
/// so before.
fn open_address(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    channel: Channel,
    id: SuppressionId,
) -> Result<bool, ActError> {
    const REASON: &str = "asked_again";
    let Some(hash) = suppressions::lift(tx, id, REASON, &ctx.actor.code())? else {
        return Ok(false);
    };
    tx.record(
        Entry::new("suppression.lifted")
            .about(person)
            .with("suppression", id)
            .with("channel", channel.as_str())
            .with("reason", REASON)
            .with("hash", to_hex(&hash)),
    );
    Ok(true)
}

/// Opens the person's addresses of a channel as far as they, or newer evidence, closed them.
fn open_addresses(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    only: Option<Channel>,
    lift: Lift,
) -> Result<(), ActError> {
    for (_, channel, lookup) in people::list_address_lookups(tx, person)? {
        if only.is_some_and(|only| only != channel) {
            continue;
        }
        for held in suppressions::list_by_lookup(tx, &lookup, channel)? {
            // A complaint is taken back by whoever made it, not by a note of ours.
            let is_theirs = match lift {
                Lift::ByPerson { .. } => {
                    matches!(held.cause, Cause::Unsubscribe | Cause::Complaint)
                }
                _ => held.cause == Cause::Unsubscribe,
            };
            if is_theirs && held.may_be_lifted(lift) {
                open_address(tx, ctx, person, channel, held.id)?;
            }
        }
    }
    Ok(())
}
