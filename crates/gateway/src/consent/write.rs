//! FHIR R4 Consent out: what is held of a person, in the words of the standard.

use placet_domain::time::{Date, Timestamp};
use serde_json::{Value, json};

/// One permission or refusal, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Our id of it.
    pub id: String,
    /// Whose.
    pub person: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// Whether it is in force.
    pub is_in_force: bool,
    /// Whether it permits.
    pub permits: bool,
    /// Its last day.
    pub until: Option<Date>,
    /// The code of the document or refusal: `hipaa_authorization`, `unsubscribe`.
    pub kind: &'static str,
    /// The ways it is about; none means all.
    pub channels: Vec<&'static str>,
    /// The topics it is about; none means all.
    pub topics: Vec<&'static str>,
}

/// Where our own codes are from.
pub const SYSTEM: &str = "urn:placet:consent";

/// A Bundle with one Consent a statement.
#[must_use]
pub fn bundle(statements: &[Statement]) -> Value {
    let entries: Vec<Value> = statements
        .iter()
        .map(|one| json!({ "fullUrl": format!("urn:uuid:{}", one.id), "resource": consent(one) }))
        .collect();
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries })
}

/// One Consent of R4: the root provision's type is the base rule.
#[must_use]
pub fn consent(one: &Statement) -> Value {
    let coding = |system: &str, code: &str| json!({ "system": system, "code": code });
    let concept = |system: &str, code: &str| json!({ "coding": [coding(system, code)] });
    let own = |prefix: &str, code: &str| concept(SYSTEM, &format!("{prefix}:{code}"));
    let mut provision = json!({
        "type": if one.permits { "permit" } else { "deny" },
        "action": [concept("http://terminology.hl7.org/CodeSystem/consentaction", "disclose"),
                   concept("http://terminology.hl7.org/CodeSystem/consentaction", "use")],
        "purpose": [coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HMARKT")],
    });
    // What narrows it stands in `code`: a reader that does not know our words must not take it
    // for a permission of everything.
    let codes: Vec<Value> = one
        .channels
        .iter()
        .map(|code| own("channel", code))
        .chain(one.topics.iter().map(|code| own("topic", code)))
        .collect();
    if let Some(object) = provision.as_object_mut() {
        if !codes.is_empty() {
            object.insert("code".to_owned(), Value::Array(codes));
        }
        if let Some(until) = one.until {
            object.insert("period".to_owned(), json!({ "end": until.to_string() }));
        }
    }
    json!({
        "resourceType": "Consent",
        "id": one.id,
        "status": if one.is_in_force { "active" } else { "inactive" },
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [concept("http://loinc.org", "59284-0"), own("kind", one.kind)],
        "patient": { "reference": format!("Patient/{}", one.person) },
        "dateTime": one.given_at.to_string(),
        "policyRule": concept(
            "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            if one.permits { "OPTIN" } else { "OPTOUT" },
        ),
        "provision": provision,
    })
}
