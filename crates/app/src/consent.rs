//! FHIR Consents of another system: recorded as refusals and instruments, and given out again.
//!
//! A refusal counts at once. A permission is kept as an authorization with the elements that a
//! FHIR Consent can show; what the law asks beyond them is named as missing, and until then it
//! does not count. A consent that ended ends what was recorded of it.
//!
//! INVARIANT: nothing here lifts a refusal.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use placet_domain::arrival::{ConsentArrival, ConsentSays};
use placet_domain::channel::Channel;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::instrument::authorization::{
    Authorization, Expiry, Scope, Signature, Signer, Statements,
};
use placet_domain::instrument::{
    Evidence, Instrument, InstrumentKind, IpClass, Method, Revocation, Terms,
};
use placet_domain::preference::{PreferenceKind, Topic};
use placet_domain::time::{Date, TimeZone, Timestamp};
use placet_ledger::to_hex;
use placet_store::{Tx, instruments, preferences};
use serde::Serialize;

use crate::instrument::{Given, keep, revoke};
use crate::person::{Purpose, must_be_held, note_read};
use crate::preference::{Asked, record};
use crate::{ActError, import};

/// What became of some consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Refusals recorded.
    pub refused: u64,
    /// Permissions kept; they count only when nothing is missing.
    pub kept: u64,
    /// Permissions ended.
    pub ended: u64,
    /// Consents that were recorded before.
    pub unchanged: u64,
    /// Permissions not recorded, because the person refused or revoked after them.
    pub outdated: u64,
    /// Consents that do not speak of marketing.
    pub silent: u64,
    /// Consents of people who are not held.
    pub unknown_people: u64,
    /// Consents that are said to be given in the future.
    pub in_future: u64,
}

/// Takes some consents in one act.
///
/// # Errors
///
/// When the store fails; then none of them is recorded.
pub fn take(
    tx: &mut Tx,
    ctx: &Ctx,
    source: &str,
    arrivals: &[ConsentArrival],
) -> Result<Counts, ActError> {
    let mut counts = Counts::default();
    for arrival in arrivals {
        let Some(person) = import::find_person(tx, source, &arrival.person_ref)? else {
            counts.unknown_people += 1;
            continue;
        };
        if arrival.given_at > ctx.now {
            counts.in_future += 1;
            continue;
        }
        let evidence = evidence(tx, source, arrival);
        match arrival.says {
            ConsentSays::Silent => counts.silent += 1,
            ConsentSays::Refuse => refuse(tx, ctx, person, arrival, evidence, &mut counts)?,
            ConsentSays::Ended => end(tx, ctx, person, &evidence, &mut counts)?,
            ConsentSays::Permit { until } => {
                permit(tx, ctx, person, arrival, until, evidence, &mut counts)?;
            }
        }
    }
    tx.record(
        Entry::new("consents.imported")
            .with("source", source)
            .with("n_refused", counts.refused)
            .with("n_kept", counts.kept)
            .with("n_ended", counts.ended)
            .with("n_unchanged", counts.unchanged)
            .with("n_outdated", counts.outdated),
    );
    Ok(counts)
}

/// The consent's own id, as a keyed hash, finds what was recorded of it.
fn evidence(tx: &Tx, source: &str, arrival: &ConsentArrival) -> Evidence {
    let hash = tx.lookup_hash(
        "source_ref",
        &format!("consent\0{source}\0{}", arrival.source_ref),
    );
    let short: String = to_hex(&hash).chars().take(40).collect();
    Evidence {
        source: source.to_owned(),
        form_version: format!("fhir-{}", arrival.version.to_lowercase()),
        ip_class: IpClass::None,
        document: format!("fhir-consent:{short}"),
    }
}

fn refuse(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    arrival: &ConsentArrival,
    evidence: Evidence,
    counts: &mut Counts,
) -> Result<(), ActError> {
    let held = preferences::list_by_person(tx, person)?;
    let is_there = held.iter().any(|held| {
        let one = &held.preference;
        one.evidence == evidence && one.asked_at == arrival.given_at
    });
    if is_there {
        counts.unchanged += 1;
        return Ok(());
    }
    for held in authorizations(tx, person)? {
        // A refusal takes back what was signed before it, not what was signed after.
        if held.signed_at <= arrival.given_at {
            let revocation = Revocation {
                at: arrival.given_at,
                method: Method::Portal,
            };
            revoke(tx, ctx, held.id, revocation, &evidence)?;
        }
    }
    let asked = Asked {
        kind: PreferenceKind::Declined,
        channel: None,
        topic: None,
        wording: None,
        at: arrival.given_at,
        method: Method::Portal,
        evidence,
    };
    record(tx, ctx, person, asked)?;
    counts.refused += 1;
    Ok(())
}

/// Ends what was recorded of this very consent.
fn end(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    evidence: &Evidence,
    counts: &mut Counts,
) -> Result<(), ActError> {
    let before = counts.ended;
    for held in authorizations(tx, person)? {
        if held.evidence.document == evidence.document {
            let revocation = Revocation {
                at: ctx.now,
                method: Method::Portal,
            };
            revoke(tx, ctx, held.id, revocation, evidence)?;
            counts.ended += 1;
        }
    }
    counts.unchanged += u64::from(counts.ended == before);
    Ok(())
}

fn permit(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    arrival: &ConsentArrival,
    until: Option<Date>,
    evidence: Evidence,
    counts: &mut Counts,
) -> Result<(), ActError> {
    let held = instruments::list_by_person(tx, person)?;
    let own: Vec<&Instrument> = held
        .iter()
        .map(|held| &held.instrument)
        .filter(|one| one.kind == InstrumentKind::HipaaAuthorization)
        .collect();
    let terms = terms(arrival, until);
    let is_same = |one: &&Instrument| {
        one.evidence == evidence && one.signed_at == arrival.given_at && one.terms == terms
    };
    if own.iter().any(is_same) {
        counts.unchanged += 1;
        return Ok(());
    }
    let is_revoked_later = own
        .iter()
        .filter_map(|one| one.revoked)
        .any(|ended| ended.at >= arrival.given_at);
    let refusals = preferences::list_by_person(tx, person)?;
    let is_refused_later = refusals
        .iter()
        .map(|held| &held.preference)
        .filter(|one| {
            matches!(
                one.kind,
                PreferenceKind::Declined | PreferenceKind::HipaaRevocation
            )
        })
        .any(|one| one.stands_at(ctx.now) && one.asked_at >= arrival.given_at);
    if is_revoked_later || is_refused_later {
        counts.outdated += 1;
        return Ok(());
    }
    let given = Given {
        kind: InstrumentKind::HipaaAuthorization,
        wording: None,
        terms,
        signed_at: arrival.given_at,
        method: Method::Portal,
        evidence,
    };
    keep(tx, ctx, person, given)?;
    counts.kept += 1;
    Ok(())
}

/// What a FHIR Consent shows of an authorization; the rest is left empty and so named as missing.
fn terms(arrival: &ConsentArrival, until: Option<Date>) -> Terms {
    let given_on = arrival.given_at.to_zoned(TimeZone::UTC).date();
    let signature = arrival.is_signed.then_some(Signature {
        signer: Signer::Individual,
        on: Some(given_on),
    });
    Terms::Authorization(Box::new(Authorization {
        description: String::new(),
        discloser: String::new(),
        recipient: String::new(),
        purpose: "marketing (v3-ActReason HMARKT)".to_owned(),
        expiry: until.map(Expiry::On),
        signature,
        statements: Statements::default(),
        is_initiated_by_individual: false,
        involves_remuneration: false,
        is_sale: false,
        is_plain_language: false,
        is_combined: false,
        is_conditioned: false,
        is_known_false: false,
        scope: Scope::default(),
    }))
}

fn authorizations(tx: &mut Tx, person: PersonId) -> Result<Vec<Instrument>, ActError> {
    let held = instruments::list_by_person(tx, person)?;
    Ok(held
        .into_iter()
        .map(|held| held.instrument)
        .filter(|one| one.kind == InstrumentKind::HipaaAuthorization && one.revoked.is_none())
        .collect())
}

/// One permission or refusal of a person, as it is given to another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Our id of it.
    pub id: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// Whether it is in force.
    pub is_in_force: bool,
    /// Whether it permits.
    pub permits: bool,
    /// Its last day.
    pub until: Option<Date>,
    /// The code of the document or refusal.
    pub kind: &'static str,
    /// The ways it is about; none means all.
    pub channels: Vec<&'static str>,
    /// The topics it is about; none means all.
    pub topics: Vec<&'static str>,
}

/// Everything a person permitted or refused, for giving out; the reading leaves its entry.
///
/// # Errors
///
/// [`ActError::NotFound`] when nobody is held under this id or the person was erased.
pub fn list(tx: &mut Tx, ctx: &Ctx, person: PersonId) -> Result<Vec<Statement>, ActError> {
    must_be_held(tx, person)?;
    let mut statements: Vec<Statement> = instruments::list_by_person(tx, person)?
        .into_iter()
        .map(|held| of_instrument(&held.instrument, ctx.now))
        .collect();
    let refusals = preferences::list_by_person(tx, person)?;
    statements.extend(refusals.into_iter().map(|held| {
        let one = held.preference;
        Statement {
            id: one.id.to_string(),
            given_at: one.asked_at,
            is_in_force: one.stands_at(ctx.now),
            permits: false,
            until: None,
            kind: one.kind.as_str(),
            channels: one.channel.map(Channel::as_str).into_iter().collect(),
            topics: one.topic.map(Topic::as_str).into_iter().collect(),
        }
    }));
    note_read(tx, person, Purpose::Release);
    Ok(statements)
}

fn of_instrument(one: &Instrument, now: Timestamp) -> Statement {
    let (channels, topics): (BTreeSet<Channel>, BTreeSet<Topic>) = match &one.terms {
        Terms::Authorization(terms) => (terms.scope.channels.clone(), terms.scope.topics.clone()),
        Terms::Consent(consent) => ([consent.channel].into(), [consent.topic].into()),
    };
    Statement {
        id: one.id.to_string(),
        given_at: one.signed_at,
        is_in_force: one.standing(now, &TimeZone::UTC).is_in_force(),
        permits: true,
        until: one.expires_on(),
        kind: one.kind.as_str(),
        channels: channels.into_iter().map(Channel::as_str).collect(),
        topics: topics.into_iter().map(Topic::as_str).collect(),
    }
}
