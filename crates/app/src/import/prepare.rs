//! What can be done of a batch before the database is asked: hashing, and sealing everybody as if
//! they were new.
//!
//! It is most of the work of somebody new, so a reader does it while the writer writes the batch
//! before. For people who are held already the seal is thrown away.

use placet_domain::arrival::{Arrival, PersonArrival};
use placet_domain::ctx::Ctx;
use placet_domain::id::{ContactPointId, PersonId, RawId, TypedId};
use placet_domain::person::{ContactPoint, Person};
use placet_store::imports::{self, Newcomer};
use placet_store::people::{self, Source};
use placet_store::{Sealer, StoreError};

/// A batch that is ready to be taken.
pub struct Prepared {
    arrivals: Vec<Arrival>,
    ready: Vec<Option<Ready>>,
}

impl Prepared {
    pub(super) fn arrivals(&self) -> &[Arrival] {
        &self.arrivals
    }

    pub(super) fn ready(&self) -> &[Option<Ready>] {
        &self.ready
    }
}

/// What was made of one person's arrival.
pub(super) struct Ready {
    /// The person as they will be, should they be new.
    pub(super) newcomer: Newcomer,
    twin: Option<Vec<u8>>,
}

impl Ready {
    pub(super) fn source(&self) -> &Source {
        self.newcomer.source()
    }

    pub(super) fn reference(&self) -> &[u8] {
        &self.source().reference
    }

    /// The keyed hash of name and date of birth together, when both are known.
    pub(super) fn twin(&self) -> Option<&[u8]> {
        self.twin.as_deref()
    }
}

/// Makes a batch ready. `ctx` is the context of the act that takes it.
///
/// # Errors
///
/// When the system gives no random bytes.
pub fn prepare(
    sealer: &Sealer,
    ctx: &Ctx,
    source: &str,
    arrivals: Vec<Arrival>,
) -> Result<Prepared, StoreError> {
    let ready = make_ready(sealer, ctx, source, arrivals.iter())?;
    Ok(Prepared { arrivals, ready })
}

pub(super) fn make_ready<'a>(
    sealer: &Sealer,
    ctx: &Ctx,
    source: &str,
    arrivals: impl Iterator<Item = &'a Arrival> + Clone,
) -> Result<Vec<Option<Ready>>, StoreError> {
    let people = arrivals.clone().filter_map(as_person);
    let n_points = people.clone().map(|person| person.reach.len()).sum();
    let mut desk = Desk {
        sealer,
        ctx,
        source,
        people: ascending(ctx, people.count()),
        points: ascending(ctx, n_points),
    };
    arrivals
        .map(|arrival| {
            as_person(arrival)
                .map(|person| desk.make(person))
                .transpose()
        })
        .collect()
}

fn as_person(arrival: &Arrival) -> Option<&PersonArrival> {
    match arrival {
        Arrival::Person(person) => Some(person),
        Arrival::Appointment(_) | Arrival::Joined(_) | Arrival::Parted(_) => None,
    }
}

/// New ids in their order. Those of one instant are in none, and whoever writes them would jump
/// about in every index.
fn ascending<T: TypedId + From<RawId>>(ctx: &Ctx, n: usize) -> std::vec::IntoIter<T> {
    let mut ids: Vec<RawId> = (0..n).map(|_| ctx.new_id::<T>().raw()).collect();
    ids.sort_unstable();
    let ids: Vec<T> = ids.into_iter().map(T::from).collect();
    ids.into_iter()
}

struct Desk<'d> {
    sealer: &'d Sealer,
    ctx: &'d Ctx,
    source: &'d str,
    people: std::vec::IntoIter<PersonId>,
    points: std::vec::IntoIter<ContactPointId>,
}

impl Desk<'_> {
    fn make(&mut self, arrival: &PersonArrival) -> Result<Ready, StoreError> {
        let source = Source {
            name: self.source.to_owned(),
            reference: reference(self.sealer, "person", self.source, &arrival.source_ref),
            content_hash: self.sealer.lookup_hash("arrival", &arrival.canonical()),
        };
        let person = Person {
            id: self.people.next().unwrap_or_else(|| self.ctx.new_id()),
            relationship: arrival.relationship,
            residence: arrival.residence.clone(),
            time_zone: arrival.time_zone.clone(),
            deceased_on: arrival.deceased_on,
            flags: arrival.flags.clone(),
            identity: arrival.identity.clone(),
        };
        let points = self.points(&person, arrival);
        Ok(Ready {
            twin: imports::twin_lookup(self.sealer, &person.identity),
            newcomer: Newcomer::seal(self.sealer, &person, source, points)?,
        })
    }

    /// Every address that can be written to.
    fn points(&mut self, person: &Person, arrival: &PersonArrival) -> Vec<(ContactPoint, Vec<u8>)> {
        let mut points = Vec::with_capacity(arrival.reach.len());
        for reach in &arrival.reach {
            let lookup = people::lookup_of_address(self.sealer, reach.channel, &reach.address);
            let Some(lookup) = lookup else { continue };
            let point = ContactPoint {
                id: self.points.next().unwrap_or_else(|| self.ctx.new_id()),
                person: person.id,
                channel: reach.channel,
                address: reach.address.clone(),
                origin: reach.origin,
                created_at: self.ctx.now,
                replaced_at: None,
            };
            points.push((point, lookup));
        }
        points
    }
}

/// The keyed hash of a source's own id.
pub(super) fn reference(sealer: &Sealer, of: &str, source: &str, id: &str) -> Vec<u8> {
    sealer.lookup_hash("source_ref", &format!("{of}\0{source}\0{id}"))
}
