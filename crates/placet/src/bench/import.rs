//! People a second from NDJSON on disk into the store: read, filtered, sealed, placed in the
//! ledger.

use std::fmt::Write as _;
use std::fs::File;

use anyhow::Result;
use placet_domain::time::Date;
use placet_gateway::Options;

use super::{Figure, Scratch, rate};
use crate::clock;
use crate::demo::data::open_alone;
use crate::intake::Intake;

/// Imports a fresh file of `n_people` invented patients.
///
/// # Errors
///
/// When a file cannot be written or an act fails.
pub fn run(runs: usize, n_people: usize) -> Result<Vec<Figure>> {
    let options = Options::on(Date::constant(2026, 11, 22));
    let mut values = Vec::new();
    for _ in 0..runs {
        let scratch = Scratch::new("import")?;
        let file = scratch.path().join("Patient.ndjson");
        std::fs::write(&file, patients(n_people))?;
        let store = scratch.store()?;
        open_alone(&store, &clock::system("bench"), "ehr")?;
        values.push(rate(n_people, || {
            let ctx = || clock::system("bench");
            let intake = Intake {
                store: &store,
                ctx: &ctx,
                source: "ehr",
                flow: None,
                options: &options,
            };
            let taken = intake.run(File::open(&file)?)?;
            anyhow::ensure!(
                taken.counts.added == n_people as u64,
                "everybody was imported"
            );
            Ok(())
        })?);
    }
    Ok(vec![Figure {
        what: "people imported from NDJSON".to_owned(),
        values,
        unit: "people/s",
    }])
}

/// Patients as a health-record system writes them, with fields that no flow lets through.
fn patients(n_people: usize) -> String {
    let mut out = String::new();
    for n in 0..n_people {
        let _ = writeln!(
            out,
            r#"{{"resourceType":"Patient","id":"bench-{n}","meta":{{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]}},"text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Invented</div>"}},"extension":[{{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":"F"}}],"identifier":[{{"type":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}}]}},"system":"http://hospital.example.org","value":"MRN{n:07}"}}],"name":[{{"use":"official","family":"Family{f}","given":["Given{g}"]}}],"telecom":[{{"system":"phone","value":"555-01{p:02}","use":"home"}},{{"system":"email","value":"person{n}@example.org"}}],"gender":"female","birthDate":"19{y:02}-0{m}-1{d}","address":[{{"line":["{n} Example Street"],"city":"Columbus","state":"OH","postalCode":"43004","country":"US"}}],"maritalStatus":{{"text":"M"}},"communication":[{{"language":{{"coding":[{{"system":"urn:ietf:bcp:47","code":"en-US"}}]}}}}]}}"#,
            f = n % 997,
            g = n % 313,
            p = n % 100,
            y = 30 + n % 70,
            m = 1 + n % 9,
            d = n % 10,
        );
    }
    out
}
