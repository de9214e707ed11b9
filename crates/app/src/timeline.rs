//! One time line of everything held of a person and done with it, each with its receipt; and why
//! a decision fell as it did.
//!
//! What is shown comes from the ledger; the rows beside it are compared with the hashes that their
//! entries hold, so that a row nobody acted for is called out ([`Fault`]) instead of shown as a
//! fact.
//!
//! INVARIANT: everything here is a read of a person's data and leaves its entry.

mod says;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use placet_domain::id::{DecisionId, EntryId, PersonId};
use placet_domain::settings::Settings;
use placet_domain::time::Timestamp;
use placet_ledger::leaf_hash;
use placet_policy::Engine;
use placet_store::decisions::{self, Decided};
use placet_store::ledger::{self, StoredEntry};
use placet_store::{StoreError, Tx, instruments, operators, preferences};
use serde::Deserialize;

use crate::gate::{Asked, Gate, Message, gather};
use crate::person::{self, Purpose};
use crate::{ActError, Ctx};
use placet_ledger::to_hex;

pub use says::says;

/// How many events a page of the time line shows.
pub const SHOWN: u64 = 50;

/// One entry about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What happened: `instrument.recorded`.
    pub kind: String,
    /// The same in words.
    pub says: String,
    /// Who did it, by name where it was an operator.
    pub by: String,
    /// Ids, hashes and codes.
    pub facts: BTreeMap<String, String>,
    /// The receipt.
    pub receipt: Receipt,
}

/// An entry as committed to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's id.
    pub entry: EntryId,
    /// Its place in the log; none while it waits for one.
    pub place: Option<u64>,
    /// SHA-256 leaf hash of its bytes (RFC 6962).
    pub leaf_hash: [u8; 32],
    /// The first signed head that covers it.
    pub checkpoint: Option<String>,
}

/// A part of the time line, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// The events.
    pub events: Vec<Event>,
    /// The place before which the next part begins.
    pub next: Option<u64>,
}

/// Reads the time line before a place, newest first.
///
/// # Errors
///
/// [`ActError::NotFound`] when nobody is held under this id.
pub fn read(
    tx: &mut Tx,
    _ctx: &Ctx,
    person: PersonId,
    before: Option<u64>,
) -> Result<Timeline, ActError> {
    person::must_be_held(tx, person)?;
    let entries = ledger::list_about(tx, person, before, SHOWN)?;
    let next = if entries.len() as u64 == SHOWN {
        entries.last().and_then(|entry| entry.place)
    } else {
        None
    };
    let mut names = Names::default();
    let mut events = Vec::with_capacity(entries.len());
    for entry in entries {
        events.push(event(tx, entry, &mut names)?);
    }
    person::note_read(tx, person, Purpose::Review);
    Ok(Timeline { events, next })
}

fn event(tx: &mut Tx, entry: StoredEntry, names: &mut Names) -> Result<Event, ActError> {
    let body = entry.read()?;
    Ok(Event {
        at: entry.at,
        says: says(&body.kind, &body.facts),
        by: names.of(tx, &body.actor)?,
        kind: body.kind,
        facts: body.facts,
        receipt: Receipt {
            entry: entry.id,
            place: entry.place,
            leaf_hash: leaf_hash(&entry.body),
            checkpoint: None,
        },
    })
}

/// The names behind actor codes, looked up once.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(&mut self, tx: &mut Tx, code: &str) -> Result<String, StoreError> {
        if let Some(name) = self.0.get(code) {
            return Ok(name.clone());
        }
        let name = match (code, code.strip_prefix("system:"), code.parse()) {
            ("person", ..) => "the person".to_owned(),
            (_, Some(word), _) => format!("the system ({word})"),
            (.., Ok(id)) => match operators::find(tx, id)? {
                Some(operator) => operator.name,
                None => code.to_owned(),
            },
            _ => code.to_owned(),
        };
        self.0.insert(code.to_owned(), name.clone());
        Ok(name)
    }
}

/// The receipts of entries that an act has just left. A read: entries name nobody.
///
/// # Errors
///
/// When the store fails.
pub fn receipts(tx: &mut Tx, entries: &[EntryId]) -> Result<Vec<Receipt>, StoreError> {
    let mut found = Vec::with_capacity(entries.len());
    for id in entries {
        let Some(entry) = ledger::find(tx, *id)? else {
            continue;
        };
        let checkpoint = match entry.place {
            Some(place) => ledger::checkpoint_over(tx, place)?.map(|head| head.note),
            None => None,
        };
        found.push(Receipt {
            entry: *id,
            place: entry.place,
            leaf_hash: leaf_hash(&entry.body),
            checkpoint,
        });
    }
    Ok(found)
}

/// A row that does not agree with the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `instrument` or `preference`.
    pub noun: &'static str,
    /// Which.
    pub id: String,
    /// What is wrong, in words.
    pub says: &'static str,
}

const NO_ENTRY: &str = "stands in the database, but no act recorded it: do not rely on it";
const CHANGED: &str = "differs from what was recorded: do not rely on it";
const NOT_ENDED: &str = "was ended by an act that is no longer in the database";
const NOT_LIFTED: &str = "was lifted without an act: it still stands";

/// Compares what is held with what the ledger says was done (E25: a yes needs an act).
///
/// # Errors
///
/// When the store fails.
pub fn check(tx: &mut Tx, ctx: &Ctx, person: PersonId) -> Result<Vec<Fault>, ActError> {
    let said = Said::read(tx, person)?;
    // An entry of this very moment may still wait for its place.
    let settled = ctx.now - SignedDuration::from_secs(60);
    let mut faults = Vec::new();
    let mut fault = |noun, id: String, says| faults.push(Fault { noun, id, says });
    for held in instruments::list_by_person(tx, person)? {
        let id = held.instrument.id.to_string();
        match said.hashes.get(&id) {
            Some(hash) if *hash == to_hex(&held.hash) => {}
            Some(_) => fault("instrument", id.clone(), CHANGED),
            None if held.instrument.recorded_at > settled => {}
            None => fault("instrument", id.clone(), NO_ENTRY),
        }
        if said.ended.contains(&id) && held.instrument.revoked.is_none() {
            fault("instrument", id, NOT_ENDED);
        }
    }
    for held in preferences::list_by_person(tx, person)? {
        let id = held.preference.id.to_string();
        match said.hashes.get(&id) {
            Some(hash) if *hash == to_hex(&held.hash) => {}
            Some(_) => fault("preference", id.clone(), CHANGED),
            None if held.preference.recorded_at > settled => {}
            None => fault("preference", id.clone(), NO_ENTRY),
        }
        let lifted = held.preference.lifted.filter(|lifted| lifted.at <= settled);
        if lifted.is_some() && !said.lifted.contains(&id) {
            fault("preference", id, NOT_LIFTED);
        }
    }
    Ok(faults)
}

/// What the ledger says of a person's instruments and preferences.
#[derive(Default)]
struct Said {
    hashes: BTreeMap<String, String>,
    ended: BTreeSet<String>,
    lifted: BTreeSet<String>,
}

impl Said {
    fn read(tx: &mut Tx, person: PersonId) -> Result<Self, ActError> {
        let mut said = Self::default();
        let mut before = None;
        loop {
            let entries = ledger::list_about(tx, person, before, 500)?;
            let Some(last) = entries.last() else {
                return Ok(said);
            };
            before = last.place;
            for entry in &entries {
                said.take(entry)?;
            }
            if before.is_none_or(|place| place == 0) {
                return Ok(said);
            }
        }
    }

    fn take(&mut self, entry: &StoredEntry) -> Result<(), ActError> {
        let noun = match entry.kind.as_str() {
            "instrument.recorded" | "instrument.revoked" => "instrument",
            "preference.recorded" | "preference.lifted" => "preference",
            _ => return Ok(()),
        };
        let mut facts = entry.read()?.facts;
        let Some(id) = facts.remove(noun) else {
            return Ok(());
        };
        match entry.kind.as_str() {
            "instrument.revoked" => drop(self.ended.insert(id)),
            "preference.lifted" => drop(self.lifted.insert(id)),
            _ => {
                if let Some(hash) = facts.remove("hash") {
                    self.hashes.insert(id, hash);
                }
            }
        }
        Ok(())
    }
}

/// What a decision was asked, as it is shown.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Question {
    /// The moment it was decided on.
    pub at: String,
    /// The hash of the rules that decided, in lower-case hexadecimal.
    pub rules: String,
    /// What was asked: act and person, in the engine's words.
    pub inputs: serde_json::Value,
}

/// The engine's answer, read back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Answer {
    /// `permit`, `needs_authorization` or `deny`.
    pub outcome: String,
    /// The category.
    pub category: String,
    /// Where the rules are written.
    pub citation: Vec<String>,
    /// Instruments and facts that are missing.
    pub missing: Vec<String>,
    /// What must be kept to, or what would cure it.
    pub conditions: Vec<String>,
    /// Codes of the evidence to keep.
    pub evidence: Vec<String>,
    /// One sentence a rule.
    pub why: Vec<Reason>,
    /// When it may be asked again.
    pub not_before: Option<String>,
}

/// One rule's sentence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reason {
    /// The rule's id.
    pub rule: String,
    /// What it says about this case.
    pub says: String,
    /// The outcome it asks for on its own.
    pub effect: String,
}

/// A decision with everything that explains it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The decision.
    pub decided: Decided,
    /// What was asked.
    pub question: Question,
    /// What was answered.
    pub answer: Answer,
    /// The receipt, when its entry was found.
    pub receipt: Option<Receipt>,
    /// Whether the sealed body is the one that the entry names.
    pub is_intact: bool,
}

/// Opens one decision about a person.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such decision about this person.
pub fn decision(
    tx: &mut Tx,
    _ctx: &Ctx,
    person: PersonId,
    id: DecisionId,
) -> Result<Explained, ActError> {
    person::must_be_held(tx, person)?;
    let found = decisions::find(tx, id)?.filter(|found| found.decided.person == person);
    let opened = found.ok_or(ActError::NotFound("decision"))?;
    let unreadable = |_| StoreError::Corrupt {
        table: "decisions".to_owned(),
        id: id.to_string(),
    };
    let question = serde_json::from_slice(&opened.body.question).map_err(unreadable)?;
    let answer = serde_json::from_slice(&opened.body.answer).map_err(unreadable)?;
    let entry = entry_of(tx, person, id)?;
    let mut is_intact = false;
    let mut receipt = None;
    if let Some(entry) = entry {
        is_intact = entry.read()?.facts.get("body_hash") == Some(&to_hex(&opened.hash));
        receipt = receipts(tx, &[entry.id])?.pop();
    }
    person::note_read(tx, person, Purpose::Explain);
    Ok(Explained {
        decided: opened.decided,
        question,
        answer,
        receipt,
        is_intact,
    })
}

fn entry_of(
    tx: &mut Tx,
    person: PersonId,
    decision: DecisionId,
) -> Result<Option<StoredEntry>, ActError> {
    let wanted = decision.to_string();
    let mut before = None;
    loop {
        let entries = ledger::list_about(tx, person, before, 200)?;
        let Some(last) = entries.last() else {
            return Ok(None);
        };
        before = last.place;
        for entry in entries
            .into_iter()
            .filter(|entry| entry.kind == "decision.made")
        {
            if entry.read()?.facts.get("decision") == Some(&wanted) {
                return Ok(Some(entry));
            }
        }
        if before.is_none_or(|place| place == 0) {
            return Ok(None);
        }
    }
}

/// The newest decisions about a person.
///
/// # Errors
///
/// [`ActError::NotFound`] when nobody is held under this id.
pub fn list_decisions(
    tx: &mut Tx,
    _ctx: &Ctx,
    person: PersonId,
    limit: u32,
) -> Result<Vec<Decided>, ActError> {
    person::must_be_held(tx, person)?;
    let found = decisions::list_by_person(tx, person, limit)?;
    person::note_read(tx, person, Purpose::Review);
    Ok(found)
}

/// What could be sent to a person, and why not: asks the gate without sending anything. None when
/// the person has no address on this channel.
///
/// # Errors
///
/// [`ActError::NotFound`] when nobody is held under this id.
pub fn explain(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    settings: &Settings,
    person: PersonId,
    message: Message,
) -> Result<Option<Asked>, ActError> {
    person::must_be_held(tx, person)?;
    let held = gather(tx, person, message.channel, ctx.now)?.ok_or(ActError::NotFound("person"))?;
    let gate = Gate::new(engine, settings, message, ctx.now);
    person::note_read(tx, person, Purpose::Explain);
    Ok(gate.ask(&held))
}
