//! One batch, inside its act: who is new is written together, everybody else one by one.
//!
//! What is held of a whole batch is asked for before the first of it is taken ([`Held`]). What the
//! batch itself changes is remembered, so that whoever may have been touched by it is looked up
//! again; and those who wait to be written are written before anybody is looked up.

use aws_lc_rs::digest;
use placet_domain::arrival::{AppointmentArrival, Arrival, PersonArrival, Reach};
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::person::{Appointment, ContactPoint, Person, Relationship};
use placet_domain::time::{Span, Timestamp};
use placet_ledger::to_hex;
use placet_store::imports::{self, Newcomer};
use placet_store::people::{self, Known, Slot, Source};
use placet_store::{StoreError, Tx};

use super::held::{Held, Standing};
use super::prepare::{Ready, reference};
use super::{Counts, Run, joining, merge};
use crate::ActError;
use crate::trigger::note::Watch;

pub(super) struct Batch<'b> {
    pub(super) ctx: &'b Ctx,
    pub(super) run: &'b Run,
    pub(super) counts: Counts,
    pub(super) touched: digest::Context,
    held: Held<'b>,
    /// Who is new and waits to be written.
    waiting: Vec<&'b Newcomer>,
    /// The triggers that take note of what happens here.
    watch: Watch,
    /// Who is new, for them.
    newcomers: Vec<PersonId>,
}

impl<'b> Batch<'b> {
    pub(super) fn new(
        tx: &mut Tx,
        ctx: &'b Ctx,
        run: &'b Run,
        ready: &'b [Option<Ready>],
    ) -> Result<Self, StoreError> {
        Ok(Self {
            ctx,
            run,
            counts: Counts::default(),
            touched: digest::Context::new(&digest::SHA256),
            held: Held::ask(tx, &run.source, ready)?,
            waiting: Vec::with_capacity(ready.len()),
            watch: Watch::read(tx, Some(&run.source))?,
            newcomers: Vec::new(),
        })
    }

    pub(super) fn take(
        &mut self,
        tx: &mut Tx,
        arrival: &Arrival,
        ready: Option<&'b Ready>,
    ) -> Result<(), ActError> {
        match (arrival, ready) {
            (Arrival::Person(person), Some(ready)) => self.person(tx, person, ready)?,
            (Arrival::Person(_), None) => return Err(StoreError::Defect.into()),
            (Arrival::Appointment(appointment), _) => {
                self.write(tx)?;
                self.appointment(tx, appointment)?;
            }
            (Arrival::Joined(joining), _) => {
                self.write(tx)?;
                self.held.forget();
                self.join_records(tx, joining)?;
            }
            (Arrival::Parted(joining), _) => {
                self.write(tx)?;
                self.held.forget();
                self.part_records(tx, joining)?;
            }
        }
        Ok(())
    }

    /// The counts, and a hash of the ids that were touched.
    pub(super) fn finish(mut self, tx: &mut Tx) -> Result<(Counts, String), ActError> {
        self.write(tx)?;
        for person in std::mem::take(&mut self.newcomers) {
            self.watch.registered(tx, self.ctx, person)?;
        }
        Ok((self.counts, to_hex(self.touched.finish().as_ref())))
    }

    /// Writes who waits.
    fn write(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        imports::add_newcomers(tx, &self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    fn person(
        &mut self,
        tx: &mut Tx,
        arrival: &PersonArrival,
        ready: &'b Ready,
    ) -> Result<(), StoreError> {
        match self.held.standing(ready) {
            Standing::New => self.add(tx, ready),
            Standing::Same { is_erased: true } => self.counts.erased += 1,
            Standing::Same { is_erased: false } => self.counts.unchanged += 1,
            Standing::Unclear => {
                self.write(tx)?;
                return self.look_up(tx, arrival, ready);
            }
        }
        Ok(())
    }

    fn look_up(
        &mut self,
        tx: &mut Tx,
        arrival: &PersonArrival,
        ready: &'b Ready,
    ) -> Result<(), StoreError> {
        let source = ready.source();
        let known = people::find_by_source(tx, &source.name, &source.reference)?;
        match known {
            Some(known) if known.content_hash == source.content_hash => self.same(tx, &known),
            Some(known) => self.again(tx, arrival, &known, source),
            None => self.first_time(tx, arrival, ready),
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

    /// Somebody new, who is written with the others.
    fn add(&mut self, tx: &mut Tx, ready: &'b Ready) {
        self.counts.added += 1;
        let newcomer = &ready.newcomer;
        self.note(
            tx,
            "person.imported",
            newcomer.id(),
            newcomer.relationship(),
        );
        self.waiting.push(newcomer);
        if self.watch.sees_newcomers() {
            self.newcomers.push(newcomer.id());
        }
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
        self.find_by_new_name(tx, &held, &merged)?;
        self.reach(tx, held.id, arrival, Before::Own)?;
        self.note_change(tx, held.relationship, &merged);
        Ok(())
    }

    /// Not known under this id: somebody from another source, or somebody new.
    fn first_time(
        &mut self,
        tx: &mut Tx,
        arrival: &PersonArrival,
        ready: &'b Ready,
    ) -> Result<(), StoreError> {
        match self.find_twin(tx, arrival, ready)? {
            Some(Twin::Same(held)) => return self.join(tx, arrival, &held, ready.source()),
            Some(Twin::Possible) => self.counts.possible_duplicates += 1,
            None => {}
        }
        self.add(tx, ready);
        Ok(())
    }

    /// Lets somebody be found by their new name, in this batch too.
    fn find_by_new_name(
        &mut self,
        tx: &mut Tx,
        held: &Person,
        merged: &Person,
    ) -> Result<(), StoreError> {
        if merged.identity != held.identity {
            imports::move_lookups(tx, held.id, &held.identity, &merged.identity)?;
            self.held.renamed(tx, &merged.identity);
        }
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
            if self.reach(tx, held.id, arrival, Before::Others)? > 0 {
                self.counts.updated += 1;
                self.note(tx, "person.updated", held.id, held.relationship);
            } else {
                self.counts.unchanged += 1;
            }
            return Ok(());
        }
        let merged = merge::person(held, arrival);
        imports::rehome(tx, held.id, source)?;
        self.held.forget();
        people::update(tx, &merged, &source.content_hash)?;
        self.find_by_new_name(tx, held, &merged)?;
        self.reach(tx, held.id, arrival, Before::Others)?;
        self.note_change(tx, held.relationship, &merged);
        Ok(())
    }

    /// Somebody with the same name and date of birth.
    fn find_twin(
        &self,
        tx: &mut Tx,
        arrival: &PersonArrival,
        ready: &Ready,
    ) -> Result<Option<Twin>, StoreError> {
        let Some(twin) = ready.twin() else {
            return Ok(None);
        };
        let mut found = None;
        for id in imports::list_twins(tx, twin)? {
            if tx.is_erased(id)? {
                continue;
            }
            let Some(held) = people::find(tx, id)? else {
                continue;
            };
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
        before: Before,
    ) -> Result<usize, StoreError> {
        let points = people::list_contact_points(tx, person)?;
        let plan = merge::reach(tx, &points, arrival, matches!(before, Before::Own));
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

    fn appointment(&mut self, tx: &mut Tx, arrival: &AppointmentArrival) -> Result<(), ActError> {
        if arrival.starts_at < yesterday(self.ctx.now) {
            self.counts.past_appointments += 1;
            return Ok(());
        }
        let person = reference(
            &tx.sealer(),
            "person",
            &self.run.source,
            &arrival.person_ref,
        );
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
        let own = reference(
            &tx.sealer(),
            "appointment",
            &self.run.source,
            &arrival.source_ref,
        );
        let (id, before) = people::put_appointment(tx, &appointment, &own)?;
        let now = Slot {
            id,
            person: home,
            starts_at: appointment.starts_at,
            status: appointment.status,
        };
        self.watch
            .appointment(tx, self.ctx, &now, before.as_ref())?;
        self.touched.update(home.as_bytes());
        self.counts.appointments += 1;
        Ok(())
    }

    pub(super) fn note_change(&mut self, tx: &mut Tx, before: Relationship, after: &Person) {
        self.counts.updated += 1;
        let is_new_patient =
            before != after.relationship && after.relationship == Relationship::Patient;
        let kind = if is_new_patient {
            // S65: from here on the rules for patients hold.
            self.counts.became_patients += 1;
            "person.became_patient"
        } else {
            "person.updated"
        };
        self.note(tx, kind, after.id, after.relationship);
    }

    fn note(&mut self, tx: &mut Tx, kind: &str, person: PersonId, relationship: Relationship) {
        self.touched.update(person.as_bytes());
        tx.record(
            Entry::new(kind)
                .about(person)
                .with("import", self.run.id)
                .with("relationship", relationship.as_str()),
        );
    }
}

/// Who gave the addresses that are held of a person.
#[derive(Clone, Copy)]
enum Before {
    /// This source gave some before.
    Own,
    /// Another source did.
    Others,
}

/// Somebody with the same name and date of birth.
enum Twin {
    /// Who shares an address too.
    Same(Box<Person>),
    /// Who shares none.
    Possible,
}

fn yesterday(now: Timestamp) -> Timestamp {
    now.checked_sub(Span::new().hours(24)).unwrap_or(now)
}
