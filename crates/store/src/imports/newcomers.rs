//! People who are new, many at once.
//!
//! [`Newcomer::seal`] needs no transaction, so it runs on another thread than the writer's;
//! [`add`] only writes what it made.

use std::sync::LazyLock;

use placet_domain::id::PersonId;
use placet_domain::person::{ContactPoint, Person, Relationship};

use super::{add_rows, lookups, statements};
use crate::error::StoreError;
use crate::people::{CONTACT_SEALED, PERSON_SEALED, Source, json};
use crate::sealer::Sealer;
use crate::tx::Tx;
use crate::value::{Param, Value};

/// Somebody who may be new, ready to be written.
pub struct Newcomer {
    id: PersonId,
    source: Source,
    relationship: Relationship,
    residence: Option<String>,
    time_zone: Option<String>,
    deceased_on: Option<String>,
    flags: String,
    wrapped: Vec<u8>,
    sealed: Vec<u8>,
    lookups: Vec<Vec<u8>>,
    points: Vec<Point>,
}

struct Point {
    point: ContactPoint,
    lookup: Vec<u8>,
    sealed: Vec<u8>,
}

impl Newcomer {
    /// Makes a key for somebody and seals what identifies them. Each point comes with its
    /// [`address_lookup`](crate::people::address_lookup).
    ///
    /// # Errors
    ///
    /// When the system gives no random bytes.
    pub fn seal(
        sealer: &Sealer,
        person: &Person,
        source: Source,
        points: Vec<(ContactPoint, Vec<u8>)>,
    ) -> Result<Self, StoreError> {
        let key = sealer.make_key(person.id)?;
        let seal = |column, row: &[u8], plain: &[u8]| sealer.seal(&key, column, row, plain);
        let identity = json(&person.identity);
        let points = points.into_iter().map(|(point, lookup)| {
            let sealed = seal(
                CONTACT_SEALED,
                point.id.as_bytes(),
                point.address.as_bytes(),
            )?;
            Ok(Point {
                point,
                lookup,
                sealed,
            })
        });
        Ok(Self {
            id: person.id,
            points: points.collect::<Result<_, StoreError>>()?,
            sealed: seal(PERSON_SEALED, person.id.as_bytes(), identity.as_bytes())?,
            lookups: lookups(sealer, &person.identity),
            source,
            relationship: person.relationship,
            residence: person.residence.clone(),
            time_zone: person.time_zone.clone(),
            deceased_on: person.deceased_on.map(|on| on.to_string()),
            flags: json(&person.flags),
            wrapped: key.wrapped,
        })
    }

    /// Who they will be.
    #[must_use]
    pub fn id(&self) -> PersonId {
        self.id
    }

    /// What they will be to the organization.
    #[must_use]
    pub fn relationship(&self) -> Relationship {
        self.relationship
    }

    /// Where they come from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }
}

/// Adds people who are new; the time is the act's.
///
/// # Errors
///
/// [`StoreError::Conflict`] when a source's id is taken.
pub fn add(tx: &mut Tx, newcomers: &[&Newcomer]) -> Result<(), StoreError> {
    add_keys(tx, newcomers)?;
    add_people(tx, newcomers)?;
    add_lookups(tx, newcomers)?;
    add_points(tx, newcomers)
}

fn add_keys(tx: &mut Tx, newcomers: &[&Newcomer]) -> Result<(), StoreError> {
    static SQL: LazyLock<Vec<String>> = LazyLock::new(|| {
        let into = "insert into person_keys (person_id, wrapped, created_at)";
        statements(into, 3, "")
    });

    let now = tx.now();
    let rows: Vec<_> = newcomers
        .iter()
        .map(|one| [one.id.value(), one.wrapped.value(), now.value()])
        .collect();
    add_rows(tx, &SQL, &rows)
}

fn add_people(tx: &mut Tx, newcomers: &[&Newcomer]) -> Result<(), StoreError> {
    static SQL: LazyLock<Vec<String>> = LazyLock::new(|| {
        let into = "
            insert into people (id, source, source_ref, content_hash, relationship, residence,
                                time_zone, deceased_on, flags, sealed, created_at, updated_at)";
        statements(into, 12, "")
    });

    let now = tx.now();
    let rows: Vec<_> = newcomers
        .iter()
        .map(|one| {
            [
                one.id.value(),
                one.source.name.value(),
                one.source.reference.value(),
                one.source.content_hash.value(),
                one.relationship.as_str().value(),
                one.residence.value(),
                one.time_zone.value(),
                one.deceased_on.value(),
                one.flags.value(),
                one.sealed.value(),
                now.value(),
                now.value(),
            ]
        })
        .collect();
    add_rows(tx, &SQL, &rows)
}

/// In the order of the index, so that neighbours are written together.
fn add_lookups(tx: &mut Tx, newcomers: &[&Newcomer]) -> Result<(), StoreError> {
    let mut rows: Vec<_> = newcomers
        .iter()
        .flat_map(|one| {
            one.lookups
                .iter()
                .map(|lookup| [lookup.value(), one.id.value()])
        })
        .collect();
    rows.sort_unstable_by(|[one, _], [other, _]| bytes(one).cmp(bytes(other)));
    super::write_lookups(tx, &rows)
}

fn bytes<'v>(value: &'v Value<'_>) -> &'v [u8] {
    match value {
        Value::Blob(bytes) => bytes,
        _ => &[],
    }
}

fn add_points(tx: &mut Tx, newcomers: &[&Newcomer]) -> Result<(), StoreError> {
    let rows: Vec<_> = newcomers
        .iter()
        .flat_map(|one| &one.points)
        .map(|one| super::point_row(&one.point, &one.lookup, &one.sealed))
        .collect();
    super::write_points(tx, &rows)
}
