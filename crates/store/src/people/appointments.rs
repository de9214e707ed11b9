//! Appointments to come; where they are is sealed.

use std::collections::BTreeMap;

use placet_domain::id::{AppointmentId, PersonId};
use placet_domain::person::Appointment;
use placet_domain::time::Timestamp;

use super::{open_json, seal_json};
use crate::error::StoreError;
use crate::tx::Tx;

const APPOINTMENT_SEALED: &str = "appointments.sealed";

/// Adds an appointment, or takes over its new state. `reference` is the keyed hash of the
/// source's own id.
///
/// # Errors
///
/// When the store fails.
pub fn put_appointment(
    tx: &mut Tx,
    appointment: &Appointment,
    reference: &[u8],
) -> Result<(), StoreError> {
    const FIND: &str = "select id from appointments where source_ref = $1";
    const ADD: &str = "
        insert into appointments (id, person_id, source_ref, starts_at, status, sealed,
                                  created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)";
    const CHANGE: &str = "
        update appointments
           set starts_at = $2, status = $3, sealed = $4, updated_at = $5
         where id = $1";

    let now = tx.now();
    let held: Option<AppointmentId> = tx
        .find_one(FIND, &[&reference])?
        .map(|row| row.get(0))
        .transpose()?;
    // The seal is bound to the row, so the row's own id decides.
    let id = held.unwrap_or(appointment.id);
    let (person, details) = (appointment.person, &appointment.details);
    let sealed = seal_json(tx, person, APPOINTMENT_SEALED, id.as_bytes(), details)?;
    let (starts_at, status) = (appointment.starts_at, &appointment.status);
    if held.is_some() {
        tx.execute(CHANGE, &[&id, &starts_at, status, &sealed, &now])?;
    } else {
        tx.execute(
            ADD,
            &[&id, &person, &reference, &starts_at, status, &sealed, &now],
        )?;
    }
    Ok(())
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
