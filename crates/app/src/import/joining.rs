//! Two records of a source that are one person, and those that were taken for one by mistake.
//!
//! A join moves no permission: what one record granted is not the other's word until it is asked
//! again. Every refusal of either counts for both, and stays with both when they are parted,
//! since nobody can tell any more who said it.
//!
//! INVARIANT: no row of either record is lost; its decisions and entries stay where they are.

#[cfg(test)]
mod tests;

use placet_domain::arrival::Joining;
use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::preference::Preference;
use placet_store::people::Source;
use placet_store::{StoreError, Tx, joins, people, preferences};

use super::batch::Batch;
use super::prepare::reference;
use crate::ActError;
use crate::preference::{Asked, record};

/// Longer chains of joins are a sender's mistake.
const LONGEST: usize = 16;

/// The person under whom a record goes on: itself, unless it was joined to another.
pub(crate) fn home(tx: &mut Tx, person: PersonId) -> Result<PersonId, StoreError> {
    let mut home = person;
    for _ in 0..LONGEST {
        match joins::find_survivor(tx, home)? {
            Some((_, survivor)) => home = survivor,
            None => break,
        }
    }
    Ok(home)
}

impl Batch<'_> {
    fn find(&self, tx: &mut Tx, id: &str) -> Result<Option<PersonId>, StoreError> {
        let reference = reference(&tx.sealer(), "person", &self.run.source, id);
        let known = people::find_by_source(tx, &self.run.source, &reference)?;
        Ok(known.map(|known| known.id))
    }

    pub(super) fn join_records(&mut self, tx: &mut Tx, said: &Joining) -> Result<(), ActError> {
        let Some(retired) = self.find(tx, &said.retired)? else {
            self.counts.unknown_people += 1;
            return Ok(());
        };
        let Some(survivor) = self.find(tx, &said.survivor)? else {
            return self.rename(tx, retired, said);
        };
        let (retired, survivor) = (home(tx, retired)?, home(tx, survivor)?);
        if retired == survivor {
            return Ok(());
        }
        if tx.is_erased(retired)? || tx.is_erased(survivor)? {
            self.counts.erased += 1;
            return Ok(());
        }
        self.share_refusals(tx, retired, survivor)?;
        self.share_refusals(tx, survivor, retired)?;
        self.keep_relationship(tx, retired, survivor)?;
        for point in people::list_contact_points(tx, retired)? {
            people::replace_contact_point(tx, point.id, self.ctx.now)?;
        }
        let join = self.ctx.new_id();
        joins::add(tx, join, survivor, retired, &self.ctx.actor.code())?;
        joins::forget_content(tx, retired)?;
        for (person, other) in [(survivor, retired), (retired, survivor)] {
            self.touched.update(person.as_bytes());
            tx.record(
                Entry::new("person.joined")
                    .about(person)
                    .with("import", self.run.id)
                    .with("join", join)
                    .with("survivor", survivor)
                    .with("other", other),
            );
        }
        self.counts.joined += 1;
        Ok(())
    }

    /// The source gave somebody another id.
    fn rename(&mut self, tx: &mut Tx, person: PersonId, said: &Joining) -> Result<(), ActError> {
        if tx.is_erased(person)? {
            self.counts.erased += 1;
            return Ok(());
        }
        let to = Source {
            name: self.run.source.clone(),
            reference: reference(&tx.sealer(), "person", &self.run.source, &said.survivor),
            content_hash: Vec::new(),
        };
        joins::rename(tx, person, &to)?;
        self.touched.update(person.as_bytes());
        tx.record(
            Entry::new("person.source_id_changed")
                .about(person)
                .with("import", self.run.id),
        );
        self.counts.joined += 1;
        Ok(())
    }

    pub(super) fn part_records(&mut self, tx: &mut Tx, said: &Joining) -> Result<(), ActError> {
        let (one, other) = (
            self.find(tx, &said.survivor)?,
            self.find(tx, &said.retired)?,
        );
        let (Some(one), Some(other)) = (one, other) else {
            self.counts.unknown_people += 1;
            return Ok(());
        };
        for (retired, expected) in [(one, other), (other, one)] {
            let Some((join, survivor)) = joins::find_survivor(tx, retired)? else {
                continue;
            };
            if home(tx, survivor)? != home(tx, expected)? {
                continue;
            }
            if !(tx.is_erased(retired)? || tx.is_erased(survivor)?) {
                self.share_refusals(tx, survivor, retired)?;
            }
            joins::part(tx, join, &self.ctx.actor.code())?;
            for person in [survivor, retired] {
                self.touched.update(person.as_bytes());
                tx.record(
                    Entry::new("person.parted")
                        .about(person)
                        .with("import", self.run.id)
                        .with("join", join),
                );
            }
            self.counts.parted += 1;
        }
        Ok(())
    }

    /// What one record refused, the other refuses too. What it refused already is left as it is.
    fn share_refusals(
        &mut self,
        tx: &mut Tx,
        from: PersonId,
        to: PersonId,
    ) -> Result<(), ActError> {
        let standing = |tx: &mut Tx, person| -> Result<Vec<Preference>, StoreError> {
            let held = preferences::list_by_person(tx, person)?;
            Ok(held
                .into_iter()
                .map(|held| held.preference)
                .filter(|one| one.stands_at(self.ctx.now))
                .collect())
        };
        let already = standing(tx, to)?;
        for one in standing(tx, from)? {
            let is_said = already.iter().any(|held| {
                (held.kind, held.channel, held.topic) == (one.kind, one.channel, one.topic)
            });
            if is_said {
                continue;
            }
            let asked = Asked {
                kind: one.kind,
                channel: one.channel,
                topic: one.topic,
                wording: one.wording,
                at: one.asked_at.min(self.ctx.now),
                method: one.method,
                evidence: one.evidence,
            };
            record(tx, self.ctx, to, asked)?;
        }
        Ok(())
    }

    /// A prospect to whom a patient's record is joined is a patient.
    fn keep_relationship(
        &mut self,
        tx: &mut Tx,
        retired: PersonId,
        survivor: PersonId,
    ) -> Result<(), ActError> {
        let (Some(gone), Some(mut held)) =
            (people::find(tx, retired)?, people::find(tx, survivor)?)
        else {
            return Ok(());
        };
        let before = held.relationship;
        if super::merge::leads(gone.relationship, before) {
            held.relationship = gone.relationship;
        }
        let flags = held.flags.len();
        held.flags.extend(gone.flags);
        if held.relationship == before && held.flags.len() == flags {
            return Ok(());
        }
        people::update(tx, &held, &[])?;
        self.note_change(tx, before, &held);
        Ok(())
    }
}
