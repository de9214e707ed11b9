#![allow(clippy::unwrap_used, clippy::panic)]

use placet_domain::data::{DataClass, Element, ElementKind};
use placet_domain::flow::DestinationKind;

use crate::Flow;

#[test]
fn s93_the_flow_of_the_program_declares_the_hospital_and_a_company_needs_a_contract() {
    let own = Flow::load("f", &Flow::people_from("crm")).unwrap();
    let declared = own.declaration().unwrap();
    assert_eq!(
        (own.name(), declared.source.as_str()),
        ("people-crm", "crm")
    );
    assert_eq!(declared.destination.kind, DestinationKind::Own);
    assert!(declared.contract.is_none());
    assert_eq!(own.fields(), Flow::people().fields());

    let company = Flow::load("f", &Flow::company_from("ehr")).unwrap();
    let declared = company.declaration().unwrap();
    assert_eq!(declared.destination.kind, DestinationKind::Vendor);
    assert_eq!(declared.contract.as_ref().unwrap().parties.len(), 2);
    assert!(
        Flow::people().declaration().is_none(),
        "a list alone declares nothing"
    );
}

#[test]
#[rustfmt::skip] // A table.
fn a_declaration_that_says_too_little_or_contradicts_itself_does_not_load() {
    //    instead of                     this                          then
    check("format = 1",                  "format = 2",                 "this program reads flows of format 1");
    check("format = 1",                  "",                           "a declared flow also says `format = 1`");
    check("purpose = \"Printed letters to people who asked for them\"", "", "a declared flow also says `purpose`");
    check("source = \"ehr\"",            "source = \"The EHR\"",       "a code is made of a-z, 0-9");
    check("kind = \"vendor\"",           "kind = \"partner\"",         "the kind of a destination is `own` or `vendor`");
    check("kind = \"vendor\"",           "kind = \"own\"",             "the hospital needs no contract with itself");
    check("kind = \"baa\"",              "kind = \"handshake\"",       "the kind of a contract is `baa`, `data_use` or `other`");
    check("valid_until = 2026-12-31",    "valid_until = 2025-12-31",   "the contract ends on 2025-12-31, before it begins on 2026-01-01");
    check("valid_until = 2026-12-31",    "valid_until = 12:00:00",     "write a day, as 2026-12-31");
    check("valid_from = 2026-01-01",     "valid_from = 2026-01-01T10:00:00", "write a day, as 2026-12-31");
    check("[\"The hospital\", \"Example Mailing\"]", "[\"The hospital\"]", "name both parties");
    check("it = \"IT, integration\"",    "it = \" \"",                 "`it`: say it in 1 to 500 letters");
    check("reference = \"Contract folder, number\"", "reference = \"a\\nb\"", "`reference`: say it in 1 to 500 letters");
    check("\"name.family\"",             "\"name.familly\"",           "FHIR R4 knows no `familly` there");
    check("[csv]",                       "[hl7]\nmessages = []\nfields = []\nid_types = []\n[csv]", "HL7 v2 messages go to the hospital itself only");
    check("[owners]",                    "[possessors]",               "unknown field `possessors`");
}

#[track_caller]
fn check(instead_of: &str, this: &str, expected: &str) {
    let text = Flow::company_from("ehr").replacen(instead_of, this, 1);
    let Err(problems) = Flow::load("f", &text) else {
        panic!("`{this}` loads");
    };
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|one| one.contains(expected)), "{said:?}");
}

#[test]
fn a_company_without_a_contract_does_not_load_nor_does_an_empty_list() {
    let text = Flow::company_from("ehr");
    let (before, rest) = text.split_once("[contract]").unwrap();
    let (_, list) = rest.split_once("\n\n").unwrap();
    let said = |text: &str| {
        Flow::load("f", text)
            .unwrap_err()
            .first()
            .unwrap()
            .says
            .clone()
    };
    assert!(said(&format!("{before}{list}")).contains("need a contract: add [contract]"));
    let (declared, _) = text.split_once("[fhir]").unwrap();
    assert!(said(declared).contains("the flow lists nothing"));
}

#[test]
fn s67_only_signed_elements_are_let_in_and_the_rest_is_named() {
    let signed = [
        (ElementKind::Fhir, "Patient.id"),
        (ElementKind::Fhir, "Patient.name.family"),
        (ElementKind::Hl7, "PID-5.1.1"),
        (ElementKind::Column, "Last Name"),
    ];
    let signed = signed.map(|(kind, path)| Element {
        kind,
        path: path.to_owned(),
        class: DataClass::PatientContact,
    });
    let flow = Flow::load_permitted("f", &Flow::people_from("ehr"), &signed).unwrap();
    let kept: Vec<String> = flow.elements().into_iter().map(|(_, path)| path).collect();
    assert_eq!(
        kept,
        ["Patient.name.family", "Patient.id", "PID-5.1.1", "family"]
    );
    for named in ["Patient.birthDate", "Appointment.start", "PID-7", "email"] {
        assert!(flow.left_out().iter().any(|one| one == named), "{named}");
    }
}
