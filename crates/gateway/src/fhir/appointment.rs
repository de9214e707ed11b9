//! An appointment, read from what the flow left of it.

use std::collections::BTreeMap;

use placet_domain::arrival::AppointmentArrival;
use serde::Deserialize;

use crate::fault::{Fault, Kind};
use crate::value::text::{self, text};
use crate::value::time::instant;

#[derive(Deserialize)]
struct Appointment {
    id: Option<String>,
    status: Option<String>,
    start: Option<String>,
    #[serde(default)]
    participant: Vec<Participant>,
}

#[derive(Deserialize)]
struct Participant {
    actor: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    reference: String,
    #[serde(default)]
    display: String,
}

const STATUSES: [&str; 10] = [
    "proposed",
    "pending",
    "booked",
    "arrived",
    "fulfilled",
    "cancelled",
    "noshow",
    "entered-in-error",
    "checked-in",
    "waitlist",
];

/// Reads an appointment; nothing when it has no beginning yet.
pub(crate) fn read(released: &str) -> Result<Option<AppointmentArrival>, Fault> {
    let appointment: Appointment =
        serde_json::from_str(released).map_err(|_| Fault::at(Kind::WrongShape, "Appointment"))?;
    let source_ref = text::id("Appointment.id", appointment.id.as_deref())?;
    let status = appointment.status.unwrap_or_default();
    let status = text::code("Appointment.status", &STATUSES, &status)?.to_owned();
    let Some(start) = appointment.start else {
        return Ok(None);
    };
    let starts_at = instant("Appointment.start", &start)?;
    let actors = || {
        appointment
            .participant
            .iter()
            .filter_map(|participant| participant.actor.as_ref())
    };
    let person_ref = actors()
        .find_map(|actor| patient_id(&actor.reference))
        .ok_or_else(|| Fault::at(Kind::NoPerson, "Appointment.participant.actor.reference"))?;
    let person_ref = text::id("Appointment.participant.actor.reference", Some(person_ref))?;
    let mut details = BTreeMap::new();
    if let Some(place) = actors().find(|actor| actor.reference.contains("Location/")) {
        let place = text("Appointment.participant.actor.display", &place.display)?;
        if !place.is_empty() {
            details.insert("appointment_place".to_owned(), place);
        }
    }
    Ok(Some(AppointmentArrival {
        source_ref,
        person_ref,
        starts_at,
        status,
        details,
    }))
}

/// The id in `Patient/1`, `https://host/fhir/Patient/1`, `Patient/1/_history/2` or `urn:uuid:1`.
pub(crate) fn patient_id(reference: &str) -> Option<&str> {
    if let Some(id) = reference.strip_prefix("urn:uuid:") {
        return Some(id);
    }
    let (before, id) = reference.rsplit_once("Patient/")?;
    let is_whole_name = before.is_empty() || before.ends_with('/');
    let id = id.split('/').next().unwrap_or_default();
    (is_whole_name && !id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_gives_the_id_of_a_patient_only() {
        assert_eq!(patient_id("Patient/a1"), Some("a1"));
        assert_eq!(
            patient_id("https://ehr.example.org/fhir/Patient/a1"),
            Some("a1")
        );
        assert_eq!(patient_id("Patient/a1/_history/2"), Some("a1"));
        assert_eq!(patient_id("urn:uuid:a1"), Some("a1"));
        assert_eq!(patient_id("Practitioner/a1"), None);
        assert_eq!(patient_id("NotAPatient/a1"), None);
        assert_eq!(patient_id("Patient/"), None);
    }
}
