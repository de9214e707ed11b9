//! Appointments to come; where they are is sealed.

use std::collections::BTreeMap;

use placet_domain::id::{AppointmentId, PersonId};
use placet_domain::person::Appointment;
use placet_domain::time::Timestamp;

use super::{open_json, seal_json};
use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

const APPOINTMENT_SEALED: &str = "appointments.sealed";

/// An appointment, without what is sealed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Which.
    pub id: AppointmentId,
    /// Whose.
    pub person: PersonId,
    /// When it begins.
    pub starts_at: Timestamp,
    /// `booked`, `cancelled`, …: the word of the source.
    pub status: String,
}

/// Adds an appointment, or takes over its new state; answers its id and how it stood before.
/// `reference` is the keyed hash of the source's own id.
///
/// # Errors
///
/// When the store fails.
pub fn put_appointment(
    tx: &mut Tx,
    appointment: &Appointment,
    reference: &[u8],
) -> Result<(AppointmentId, Option<Slot>), StoreError> {
    const FIND: &str = "
        select id, person_id, starts_at, status
          from appointments
         where source_ref = $1";
    const ADD: &str = "
        insert into appointments (id, person_id, source_ref, starts_at, status, sealed,
                                  created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)";
    const CHANGE: &str = "
        update appointments
           set starts_at = $2, status = $3, sealed = $4, updated_at = $5, person_id = $6
         where id = $1";

    let now = tx.now();
    let held = tx.find_one(FIND, &[&reference])?;
    let held = held.as_ref().map(slot_from).transpose()?;
    // The seal is bound to the row and to whose it is now, so the row's own id decides.
    let id = held.as_ref().map_or(appointment.id, |held| held.id);
    let (person, details) = (appointment.person, &appointment.details);
    let sealed = seal_json(tx, person, APPOINTMENT_SEALED, id.as_bytes(), details)?;
    let (starts_at, status) = (appointment.starts_at, &appointment.status);
    if held.is_some() {
        tx.execute(CHANGE, &[&id, &starts_at, status, &sealed, &now, &person])?;
    } else {
        tx.execute(
            ADD,
            &[&id, &person, &reference, &starts_at, status, &sealed, &now],
        )?;
    }
    Ok((id, held))
}

/// One appointment, without what is sealed of it.
///
/// # Errors
///
/// When the store fails.
pub fn find_slot(tx: &mut Tx, id: AppointmentId) -> Result<Option<Slot>, StoreError> {
    const SQL: &str = "
        select id, person_id, starts_at, status
          from appointments
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(slot_from)
        .transpose()
}

/// A person's newest appointment before an instant that took place, as far as anybody knows.
///
/// # Errors
///
/// When the store fails.
pub fn find_last_visit(
    tx: &mut Tx,
    person: PersonId,
    before: Timestamp,
) -> Result<Option<Slot>, StoreError> {
    const SQL: &str = "
        select id, person_id, starts_at, status
          from appointments
         where person_id = $1 and starts_at <= $2
           and status in ('booked', 'arrived', 'checked-in', 'fulfilled')
         order by starts_at desc, id desc
         limit 1";

    tx.find_one(SQL, &[&person, &before])?
        .as_ref()
        .map(slot_from)
        .transpose()
}

fn slot_from(row: &Row) -> Result<Slot, StoreError> {
    Ok(Slot {
        id: row.get(0)?,
        person: row.get(1)?,
        starts_at: row.get(2)?,
        status: row.get(3)?,
    })
}

/// One appointment, opened.
///
/// # Errors
///
/// When the store fails, or the person was erased.
pub fn find_appointment(tx: &mut Tx, id: AppointmentId) -> Result<Option<Appointment>, StoreError> {
    const SQL: &str = "
        select id, person_id, starts_at, status, sealed
          from appointments
         where id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.map(|row| {
        let person = row.get(1)?;
        Ok(Appointment {
            id: row.get(0)?,
            person,
            starts_at: row.get(2)?,
            status: row.get(3)?,
            details: open_json(tx, person, APPOINTMENT_SEALED, &row, 4)?,
        })
    })
    .transpose()
}

/// A person's appointments from an instant on, next first, opened.
///
/// # Errors
///
/// When the store fails.
pub fn list_appointments(
    tx: &mut Tx,
    person: PersonId,
    from: Timestamp,
) -> Result<Vec<Appointment>, StoreError> {
    const SQL: &str = "
        select id, person_id, starts_at, status, sealed
          from appointments
         where person_id = $1 and starts_at >= $2
         order by starts_at, id";

    let rows = tx.list(SQL, &[&person, &from])?;
    rows.iter()
        .map(|row| {
            let details: BTreeMap<String, String> =
                open_json(tx, person, APPOINTMENT_SEALED, row, 4)?;
            Ok(Appointment {
                id: row.get(0)?,
                person: row.get(1)?,
                starts_at: row.get(2)?,
                status: row.get(3)?,
                details,
            })
        })
        .collect()
}
