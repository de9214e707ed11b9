//! Bringing in what another system knows of people: facts, never permissions.
//!
//! Start with [`take`], one batch of arrivals. A run is [`begin`], any number of batches, and
//! [`finish`]; each batch is kept whole or not at all, and taking it again changes nothing.
//!
//! INVARIANT: an import touches no instrument, preference or suppression, so it can undo none.
//! INVARIANT: an erased person stays erased; a patient is never made less than one.

mod joining;
mod merge;
#[cfg(test)]
mod tests;

use aws_lc_rs::digest;
use placet_domain::arrival::{AppointmentArrival, Arrival, PersonArrival, Reach};
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{ImportId, PersonId};
use placet_domain::person::{Appointment, ContactPoint, Person, Relationship};
use placet_domain::time::{Span, Timestamp};
use placet_ledger::to_hex;
use placet_store::people::{self, Known, Source};
use placet_store::{StoreError, Tx, imports};
use serde::Serialize;

use crate::ActError;

/// A run that has begun.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which.
    pub id: ImportId,
    /// The system the records come from, as `ehr` or `crm`: its ids are unique within it.
    pub source: String,
}

/// What became of the arrivals of a batch or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// People who were new.
    pub added: u64,
    /// People about whom something changed.
    pub updated: u64,
    /// People about whom nothing was new.
    pub unchanged: u64,
    /// Of those added or updated: people who became patients.
    pub became_patients: u64,
    /// People known from another source already.
    pub matched: u64,
    /// New people who share name and date of birth with somebody, but no address.
    pub possible_duplicates: u64,
    /// People who were erased, and stay so.
    pub erased: u64,
    /// Appointments taken.
    pub appointments: u64,
    /// Appointments that are over.
    pub past_appointments: u64,
    /// Appointments, joins and partings of people who are not held.
    pub unknown_people: u64,
    /// Records that were joined to another of the same person.
    pub joined: u64,
    /// Records that were parted again.
    pub parted: u64,
    /// Arrivals for a record that goes on under another; their facts are not taken.
    pub superseded: u64,
}

impl Counts {
    /// Adds another batch's.
    pub fn add(&mut self, other: &Self) {
        self.added += other.added;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.became_patients += other.became_patients;
        self.matched += other.matched;
        self.possible_duplicates += other.possible_duplicates;
        self.erased += other.erased;
        self.appointments += other.appointments;
        self.past_appointments += other.past_appointments;
        self.unknown_people += other.unknown_people;
        self.joined += other.joined;
        self.parted += other.parted;
        self.superseded += other.superseded;
    }

    fn entry(&self, kind: &str, run: &Run) -> Entry {
        Entry::new(kind)
            .with("import", run.id)
            .with("n_added", self.added)
            .with("n_updated", self.updated)
            .with("n_unchanged", self.unchanged)
            .with("n_became_patients", self.became_patients)
            .with("n_matched", self.matched)
            .with("n_erased", self.erased)
            .with("n_appointments", self.appointments)
            .with("n_joined", self.joined)
            .with("n_parted", self.parted)
    }
}

/// Begins a run.
///
/// # Errors
///
/// When the name of the source is no code, or the store fails.
pub fn begin(tx: &mut Tx, ctx: &Ctx, source: &str, flow: &str) -> Result<Run, ActError> {
    let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if source.is_empty() || source.len() > 40 || !source.chars().all(is_code) {
        let problem = "a source is named by a short code of a-z, 0-9, `_` and `-`, as `ehr`";
        return Err(ActError::invalid("source", problem));
    }
    let run = Run {
        id: ctx.new_id(),
        source: source.to_owned(),
    };
    imports::begin(tx, run.id, source, flow, &ctx.actor.code())?;
    tx.record(
        Entry::new("import.started")
            .with("import", run.id)
            .with("source", source)
            .with("flow", flow),
    );
    Ok(run)
}

/// Ends a run. `report` is the gateway's, which holds no personal value.
///
/// # Errors
///
/// When it has ended before, or the store fails.
pub fn finish(
    tx: &mut Tx,
    _ctx: &Ctx,
    run: &Run,
    counts: &Counts,
    format: &str,
    report: &str,
) -> Result<(), ActError> {
    if !imports::finish(tx, run.id, format, report)? {
        return Err(ActError::NotFound("running import"));
    }
    let hash = to_hex(digest::digest(&digest::SHA256, report.as_bytes()).as_ref());
    tx.record(
        counts
            .entry("import.finished", run)
            .with("report_hash", hash),
    );
    Ok(())
}

/// Takes one batch.
///
/// Every person added or changed gets an entry; the batch gets one with its counts and a hash of
/// the ids it touched.
///
/// # Errors
///
/// When the store fails; then nothing of the batch is kept.
pub fn take(tx: &mut Tx, ctx: &Ctx, run: &Run, arrivals: &[Arrival]) -> Result<Counts, ActError> {
    let mut batch = Batch {
        ctx,
        run,
        counts: Counts::default(),
        touched: digest::Context::new(&digest::SHA256),
    };
    for arrival in arrivals {
        match arrival {
            Arrival::Person(person) => batch.person(tx, person)?,
            Arrival::Appointment(appointment) => batch.appointment(tx, appointment)?,
            Arrival::Joined(joining) => batch.join_records(tx, joining)?,
            Arrival::Parted(joining) => batch.part_records(tx, joining)?,
        }
    }
    let ids_hash = to_hex(batch.touched.finish().as_ref());
    tx.record(
        batch
            .counts
            .entry("import.batch_taken", run)
            .with("ids_hash", ids_hash),
    );
    Ok(batch.counts)
}

/// The person whom a source knows by this id of its own, unless there is none or they were erased.
///
/// # Errors
///
/// When the store fails.
pub fn find_person(tx: &mut Tx, source: &str, id: &str) -> Result<Option<PersonId>, StoreError> {
    let reference = reference(tx, "person", source, id);
    match people::find_by_source(tx, source, &reference)? {
        Some(known) => {
            let home = joining::home(tx, known.id)?;
            Ok((!tx.is_erased(home)?).then_some(home))
        }
        None => Ok(None),
    }
}

struct Batch<'b> {
    ctx: &'b Ctx,
    run: &'b Run,
    counts: Counts,
    touched: digest::Context,
}

impl Batch<'_> {
    fn person(&mut self, tx: &mut Tx, arrival: &PersonArrival) -> Result<(), StoreError> {
        let source = Source {
            name: self.run.source.clone(),
            reference: reference(tx, "person", &self.run.source, &arrival.source_ref),
            content_hash: tx.lookup_hash("arrival", &arrival.canonical()),
        };
        let known = people::find_by_source(tx, &source.name, &source.reference)?;
        match known {
            Some(known) if known.content_hash == source.content_hash => self.same(tx, &known),
            Some(known) => self.again(tx, arrival, &known, &source),
            None => self.first_time(tx, arrival, &source),
        }
    }

    fn same(&mut self, tx: &mut Tx, known: &Known) -> Result<(), StoreError> {
        if tx.is_erased(known.id)? {
            self.counts.erased += 1;
        } else {
            self.counts.unchanged += 1;
        }
        Ok(())
    }

    /// Known under this id, with other data.
    fn again(
        &mut self,
        tx: &mut Tx,
        arrival: &PersonArrival,
        known: &Known,
        source: &Source,
    ) -> Result<(), StoreError> {
        // Asked first: opening what was sealed for an erased person would lose the transaction.
        if tx.is_erased(known.id)? {
            self.counts.erased += 1;
            return Ok(());
        }
        if joining::home(tx, known.id)? != known.id {
            self.counts.superseded += 1;
            return Ok(());
        }
        let Some(held) = people::find(tx, known.id)? else {
            return Ok(());
        };
        let merged = merge::person(&held, arrival);
        people::update(tx, &merged, &source.content_hash)?;
        if merged.identity != held.identity {
            imports::move_lookups(tx, held.id, &held.identity, &merged.identity)?;
        }
        self.reach(tx, held.id, arrival, Held::Some)?;
        self.note_change(tx, held.relationship, &merged);
        Ok(())
    }

    /// Not known under this id: somebody from another source, or somebody new.
    fn first_time(
        &mut self,
        tx: &mut Tx,
        arrival: &PersonArrival,
        source: &Source,
    ) -> Result<(), StoreError> {
        let lookups = imports::lookups(tx, &arrival.identity);
        let twin = self.find_twin(tx, arrival, &lookups)?;
        if let Some(Twin::Same(held)) = twin {
            return self.join(tx, arrival, &held, source);
        }
        self.counts.possible_duplicates += u64::from(twin.is_some());
        let person = Person {
            id: self.ctx.new_id(),
            relationship: arrival.relationship,
            residence: arrival.residence.clone(),
            time_zone: arrival.time_zone.clone(),
            deceased_on: arrival.deceased_on,
            flags: arrival.flags.clone(),
            identity: arrival.identity.clone(),
        };
        people::add(tx, &person, source)?;
        imports::add_lookups(tx, person.id, &lookups)?;
        self.reach(tx, person.id, arrival, Held::Nothing)?;
        self.counts.added += 1;
        self.note(tx, "person.imported", &person);
        Ok(())
    }

    /// Takes over what a second source says of a person. The source that gives care leads: it
    /// becomes the person's home and overwrites; another one only adds ways to reach them.
    fn join(
        &mut self,
        tx: &mut Tx,
        arrival: &PersonArrival,
        held: &Person,
        source: &Source,
    ) -> Result<(), StoreError> {
        self.counts.matched += 1;
        if !merge::leads(arrival.relationship, held.relationship) {
            if self.reach(tx, held.id, arrival, Held::Elsewhere)? > 0 {
                self.counts.updated += 1;
                self.note(tx, "person.updated", held);
            } else {
                self.counts.unchanged += 1;
            }
            return Ok(());
        }
        let merged = merge::person(held, arrival);
        imports::rehome(tx, held.id, source)?;
        people::update(tx, &merged, &source.content_hash)?;
        if merged.identity != held.identity {
            imports::move_lookups(tx, held.id, &held.identity, &merged.identity)?;
        }
        self.reach(tx, held.id, arrival, Held::Elsewhere)?;
        self.note_change(tx, held.relationship, &merged);
        Ok(())
    }

    /// Somebody with the same name and date of birth.
    fn find_twin(
        &self,
        tx: &mut Tx,
        arrival: &PersonArrival,
        lookups: &[Vec<u8>],
    ) -> Result<Option<Twin>, StoreError> {
        let identity = &arrival.identity;
        let (Some(_), [born, word, ..]) = (identity.birth_date, lookups) else {
            return Ok(None);
        };
        let mut found = None;
        for id in imports::list_twins(tx, born, word)? {
            if tx.is_erased(id)? {
                continue;
            }
            let Some(held) = people::find(tx, id)? else {
                continue;
            };
            if held.identity.search_words() != identity.search_words() {
                continue;
            }
            if self.shares_address(tx, id, arrival)? {
                return Ok(Some(Twin::Same(Box::new(held))));
            }
            found = Some(Twin::Possible);
        }
        Ok(found)
    }

    fn shares_address(
        &self,
        tx: &mut Tx,
        held: PersonId,
        arrival: &PersonArrival,
    ) -> Result<bool, StoreError> {
        let points = people::list_address_lookups(tx, held)?;
        Ok(arrival.reach.iter().any(|reach| {
            let lookup = people::address_lookup(tx, reach.channel, &reach.address);
            points
                .iter()
                .any(|(_, _, held)| Some(held) == lookup.as_ref())
        }))
    }

    /// Adds the addresses that are not held yet, and retires those that this source gave before
    /// and does not give now. What the person gave on their own page stays. Gives how many were
    /// added or retired.
    fn reach(
        &self,
        tx: &mut Tx,
        person: PersonId,
        arrival: &PersonArrival,
        held: Held,
    ) -> Result<usize, StoreError> {
        let points = match held {
            Held::Nothing => Vec::new(),
            Held::Some | Held::Elsewhere => people::list_contact_points(tx, person)?,
        };
        let plan = merge::reach(tx, &points, arrival, matches!(held, Held::Some));
        let n = plan.added.len() + plan.retired.len();
        for id in plan.retired {
            people::replace_contact_point(tx, id, self.ctx.now)?;
        }
        let point = |reach: &Reach| ContactPoint {
            id: self.ctx.new_id(),
            person,
            channel: reach.channel,
            address: reach.address.clone(),
            origin: reach.origin,
            created_at: self.ctx.now,
            replaced_at: None,
        };
        let added: Vec<_> = plan
            .added
            .into_iter()
            .map(|(reach, lookup)| (point(reach), lookup))
            .collect();
        imports::add_contact_points(tx, &added)?;
        Ok(n)
    }

    fn appointment(&mut self, tx: &mut Tx, arrival: &AppointmentArrival) -> Result<(), StoreError> {
        if arrival.starts_at < yesterday(self.ctx.now) {
            self.counts.past_appointments += 1;
            return Ok(());
        }
        let person = reference(tx, "person", &self.run.source, &arrival.person_ref);
        let Some(known) = people::find_by_source(tx, &self.run.source, &person)? else {
            self.counts.unknown_people += 1;
            return Ok(());
        };
        if tx.is_erased(known.id)? {
            self.counts.erased += 1;
            return Ok(());
        }
        let home = joining::home(tx, known.id)?;
        if tx.is_erased(home)? {
            self.counts.erased += 1;
            return Ok(());
        }
        let appointment = Appointment {
            id: self.ctx.new_id(),
            person: home,
            starts_at: arrival.starts_at,
            status: arrival.status.clone(),
            details: arrival.details.clone(),
        };
        let own = reference(tx, "appointment", &self.run.source, &arrival.source_ref);
        people::put_appointment(tx, &appointment, &own)?;
        self.touched.update(home.as_bytes());
        self.counts.appointments += 1;
        Ok(())
    }

    fn note_change(&mut self, tx: &mut Tx, before: Relationship, after: &Person) {
        self.counts.updated += 1;
        if before != after.relationship && after.relationship == Relationship::Patient {
            // S65: from here on the rules for patients hold.
            self.counts.became_patients += 1;
            self.note(tx, "person.became_patient", after);
        } else {
            self.note(tx, "person.updated", after);
        }
    }

    fn note(&mut self, tx: &mut Tx, kind: &str, person: &Person) {
        self.touched.update(person.id.as_bytes());
        tx.record(
            Entry::new(kind)
                .about(person.id)
                .with("import", self.run.id)
                .with("relationship", person.relationship.as_str()),
        );
    }
}

/// What is held of a person whose addresses are being merged.
#[derive(Clone, Copy)]
enum Held {
    /// They are new.
    Nothing,
    /// This source gave some before.
    Some,
    /// Another source gave some before.
    Elsewhere,
}

/// Somebody with the same name and date of birth.
enum Twin {
    /// Who shares an address too.
    Same(Box<Person>),
    /// Who shares none.
    Possible,
}

/// The keyed hash of a source's own id.
fn reference(tx: &Tx, of: &str, source: &str, id: &str) -> Vec<u8> {
    tx.lookup_hash("source_ref", &format!("{of}\0{source}\0{id}"))
}

fn yesterday(now: Timestamp) -> Timestamp {
    now.checked_sub(Span::new().hours(24)).unwrap_or(now)
}
