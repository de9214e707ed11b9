//! Recording what people sign, agree to and take back.
//!
//! [`record`] keeps an instrument whether it is complete or not; what it lacks stands beside it
//! and it never counts. [`revoke`] ends it from the next decision on and leaves a refusal behind,
//! so that a file with the old signature brings nothing back.
//!
//! Start with [`record`]; files come in through [`import`].

pub mod import;
#[cfg(test)]
mod tests;

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{EntryId, InstrumentId, PersonId, WordingId};
use placet_domain::instrument::authorization::Authorization;
use placet_domain::instrument::{
    BadInstrument, Consent, Evidence, Instrument, InstrumentKind, Method, Revocation, Standing,
    Terms,
};
use placet_domain::preference::{Lift, PreferenceKind};
use placet_domain::time::{TimeZone, Timestamp};
use placet_store::{Tx, instruments, wordings};

use crate::ActError;
use crate::person::must_be_held;
use crate::preference::{self, Asked, LaterAct, Way, Yes, open_way};
use placet_ledger::to_hex;

/// An instrument as it was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Which document.
    pub kind: InstrumentKind,
    /// The wording shown, in its version.
    pub wording: Option<WordingId>,
    /// What it says.
    pub terms: Terms,
    /// When it was signed or ticked.
    pub signed_at: Timestamp,
    /// How it was given.
    pub method: Method,
    /// What shows it.
    pub evidence: Evidence,
}

/// An instrument as recorded, with its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What was recorded.
    pub instrument: Instrument,
    /// Its standing when it was recorded.
    pub standing: Standing,
    /// The receipt's entry.
    pub entry: EntryId,
}

/// Records an instrument that an operator holds; an earlier no of the same person to exactly this
/// is lifted when the signature is newer.
///
/// # Errors
///
/// [`ActError::Invalid`] when kind, channel, time or evidence do not fit; what the document lacks
/// is no error.
pub fn record(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    given: Given,
) -> Result<Recorded, ActError> {
    let recorded = keep(tx, ctx, person, given)?;
    if recorded.standing.is_in_force() {
        open_ways(tx, ctx, &recorded.instrument)?;
    }
    Ok(recorded)
}

/// Keeps an instrument and lifts nothing: the way of imports.
pub(crate) fn keep(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    given: Given,
) -> Result<Recorded, ActError> {
    must_be_held(tx, person)?;
    if let Some(wording) = given.wording
        && wordings::find(tx, wording)?.is_none()
    {
        return Err(ActError::invalid("wording", "there is no such wording"));
    }
    let instrument = Instrument {
        id: ctx.new_id(),
        person,
        kind: given.kind,
        wording: given.wording,
        terms: given.terms,
        signed_at: given.signed_at,
        method: given.method,
        evidence: given.evidence,
        defects: Vec::new(),
        recorded_at: ctx.now,
        recorded_by: ctx.actor.code(),
        revoked: None,
    };
    let instrument = instrument.checked().map_err(|bad| {
        let field = match bad {
            BadInstrument::Channel(..) => "channel",
            BadInstrument::Terms(_) => "kind",
            BadInstrument::Evidence(part) => part.0,
            // Said without the instants: this text goes into reports of files.
            BadInstrument::InFuture { .. } => {
                return ActError::invalid("signed_at", "this lies in the future");
            }
        };
        ActError::invalid(field, bad.to_string())
    })?;
    let hash = instruments::add(tx, &instrument)?;
    let standing = instrument.standing(ctx.now, &TimeZone::UTC);
    let entry = tx.record(entry_of(&instrument, &standing).with("hash", to_hex(&hash)));
    Ok(Recorded {
        instrument,
        standing,
        entry,
    })
}

fn entry_of(instrument: &Instrument, standing: &Standing) -> Entry {
    let mut entry = Entry::new("instrument.recorded")
        .about(instrument.person)
        .with("instrument", instrument.id)
        .with("kind", instrument.kind.as_str())
        .with("standing", standing.as_str())
        .with("method", instrument.method.as_str())
        .with("signed_at", instrument.signed_at)
        .with("source", &instrument.evidence.source);
    if let Terms::Consent(consent) = &instrument.terms {
        entry = entry
            .with("channel", consent.channel.as_str())
            .with("topic", consent.topic.as_str());
    }
    if let Some(wording) = instrument.wording {
        entry = entry.with("wording", wording);
    }
    if !instrument.defects.is_empty() {
        let codes: Vec<&str> = instrument
            .defects
            .iter()
            .map(|defect| defect.as_str())
            .collect();
        entry = entry.with("defects", codes.join(" "));
    }
    entry
}

/// A newer yes lifts an older no to the same; a refusal that it may not lift stays, and the
/// decision says so.
fn open_ways(tx: &mut Tx, ctx: &Ctx, instrument: &Instrument) -> Result<(), ActError> {
    let act = LaterAct {
        at: instrument.signed_at,
        method: instrument.method,
        evidence: instrument.evidence.clone(),
    };
    let yes = match instrument.terms {
        Terms::Authorization(_) => Yes::Authorization,
        Terms::Consent(_) => Yes::Consent,
    };
    let lift = Lift::ByOperator {
        acted_at: instrument.signed_at,
        at: ctx.now,
    };
    for way in Way::all().filter(|way| instrument.covers(way.channel, way.topic)) {
        open_way(tx, ctx, instrument.person, (way, yes), lift, &act)?;
    }
    Ok(())
}

/// What was taken back, with its entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revoked {
    /// The instruments that ended.
    pub instruments: Vec<InstrumentId>,
    /// The receipt's entries.
    pub entries: Vec<EntryId>,
}

/// Ends an instrument, from its record on. Repeating it changes nothing.
///
/// No instant is refused: a withdrawal does not wait for a clock to be right. One that lies ahead
/// becomes now, one before the signature becomes the signature's, and the entry keeps what was
/// said.
///
/// # Errors
///
/// [`ActError::NotFound`], or when the store fails.
pub fn revoke(
    tx: &mut Tx,
    ctx: &Ctx,
    id: InstrumentId,
    revocation: Revocation,
    evidence: &Evidence,
) -> Result<Revoked, ActError> {
    let held = instruments::find(tx, id)?
        .ok_or(ActError::NotFound("instrument"))?
        .instrument;
    must_be_held(tx, held.person)?;
    let mut done = Revoked::default();
    revoke_held(tx, ctx, &held, revocation, evidence, &mut done)?;
    Ok(done)
}

/// Ends everything of a person that is of this kind and still stands, in one step (S173).
///
/// # Errors
///
/// When the store fails.
pub fn revoke_all(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    kind: InstrumentKind,
    method: Method,
    evidence: &Evidence,
) -> Result<Revoked, ActError> {
    must_be_held(tx, person)?;
    let mut done = Revoked::default();
    for held in instruments::list_by_person(tx, person)? {
        let instrument = held.instrument;
        if instrument.kind == kind && instrument.revoked.is_none() {
            let revocation = Revocation {
                at: ctx.now,
                method,
            };
            revoke_held(tx, ctx, &instrument, revocation, evidence, &mut done)?;
        }
    }
    Ok(done)
}

/// Ends one instrument now, also one that a clock that went back has put ahead of us.
///
/// # Errors
///
/// When the store fails.
pub(crate) fn withdraw(
    tx: &mut Tx,
    ctx: &Ctx,
    held: &Instrument,
    method: Method,
    evidence: &Evidence,
) -> Result<(), ActError> {
    let revocation = Revocation {
        at: ctx.now,
        method,
    };
    revoke_held(tx, ctx, held, revocation, evidence, &mut Revoked::default())
}

fn revoke_held(
    tx: &mut Tx,
    ctx: &Ctx,
    held: &Instrument,
    revocation: Revocation,
    evidence: &Evidence,
    done: &mut Revoked,
) -> Result<(), ActError> {
    let said = revocation.at;
    let known = Revocation {
        at: said.min(ctx.now),
        ..revocation
    };
    // A clock that went back may stand before the signature; the row must not.
    let revocation = Revocation {
        at: known.at.max(held.signed_at),
        ..known
    };
    let Some(hash) = instruments::revoke(tx, held.id, revocation, &ctx.actor.code())? else {
        return Ok(());
    };
    done.instruments.push(held.id);
    let mut entry = Entry::new("instrument.revoked")
        .about(held.person)
        .with("instrument", held.id)
        .with("kind", held.kind.as_str())
        .with("at", revocation.at)
        .with("method", revocation.method.as_str())
        .with("hash", to_hex(&hash))
        .with("source", &evidence.source);
    if said != revocation.at {
        entry = entry.with("said_at", said);
    }
    done.entries.push(tx.record(entry));
    if revocation.method == Method::ExpiryEvent {
        return Ok(());
    }
    for asked in left_behind(held, known, evidence) {
        done.entries
            .push(preference::record(tx, ctx, held.person, asked)?.entry);
    }
    Ok(())
}

/// The refusals that a revocation says: no authorization form to somebody who revoked one, no
/// message on a consent taken back.
fn left_behind(held: &Instrument, revocation: Revocation, evidence: &Evidence) -> Vec<Asked> {
    let asked = |kind, channel, topic| Asked {
        kind,
        channel,
        topic,
        wording: None,
        at: revocation.at,
        method: revocation.method,
        evidence: evidence.clone(),
    };
    match &held.terms {
        Terms::Authorization(terms) if terms.scope.topics.is_empty() => {
            vec![asked(PreferenceKind::HipaaRevocation, None, None)]
        }
        Terms::Authorization(terms) => {
            let topics = terms.scope.topics.iter();
            topics
                .map(|topic| asked(PreferenceKind::HipaaRevocation, None, Some(*topic)))
                .collect()
        }
        Terms::Consent(Consent { channel, topic, .. }) => {
            vec![asked(
                PreferenceKind::Unsubscribe,
                Some(*channel),
                Some(*topic),
            )]
        }
    }
}

/// Everything a person signed or agreed to, with the hash of each row.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<instruments::Held>, ActError> {
    Ok(instruments::list_by_person(tx, person)?)
}

/// The terms of an authorization.
#[must_use]
pub fn authorization(authorization: Authorization) -> Terms {
    Terms::Authorization(Box::new(authorization))
}
