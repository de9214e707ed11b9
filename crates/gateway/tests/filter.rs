//! The filter as its user meets it: golden files of our own, and the shared EHR samples.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use placet_gateway::cli::Filter;
use placet_gateway::{Flow, Options, arrivals};

fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 3, 1)
}

fn run(args: &[&str]) -> (u8, String, String) {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        filter: Filter,
    }
    let line = <Line as clap::Parser>::parse_from(["filter"].iter().chain(args));
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let status = line
        .filter
        .run(today(), &mut std::io::empty(), &mut out, &mut errors);
    (
        status,
        String::from_utf8(out).unwrap(),
        String::from_utf8(errors).unwrap(),
    )
}

fn testdata(name: &str) -> String {
    format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Set `PLACET_GOLDEN=write` to write the files anew; then read the difference.
#[track_caller]
fn check_golden(input: &str) {
    let (status, out, errors) = run(&["--json", &testdata(input)]);
    assert_eq!(status, 1, "each of these files has records to refuse");
    let report: serde_json::Value = serde_json::from_str(&errors).unwrap();
    let report = serde_json::to_string_pretty(&report).unwrap() + "\n";
    for (name, actual) in [
        (format!("{input}.filtered"), out),
        (format!("{input}.report"), report),
    ] {
        if std::env::var("PLACET_GOLDEN").is_ok_and(|word| word == "write") {
            fs::write(testdata(&name), &actual).unwrap();
        }
        assert_eq!(
            actual,
            fs::read_to_string(testdata(&name)).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn ndjson_comes_out_filtered_with_its_report() {
    check_golden("people.ndjson");
}

#[test]
fn a_bundle_comes_out_filtered_with_its_report() {
    check_golden("bundle.json");
}

#[test]
fn a_csv_comes_out_filtered_with_its_report() {
    check_golden("people.csv");
}

#[test]
fn no_output_holds_anything_clinical() {
    for input in ["people.ndjson", "bundle.json", "people.csv"] {
        let (_, out, errors) = run(&[&testdata(input)]);
        for word in [
            "diagnosis",
            "oncology",
            "reason",
            "free text",
            "VGhl",
            "000-00",
            "Practitioner",
            "not shown",
            "Hill",
        ] {
            assert!(!out.contains(word), "{input} lets `{word}` through");
        }
        for value in ["Ada", "Moss", "example.org", "0142", "diagnosis"] {
            assert!(
                !errors.contains(value),
                "the report of {input} repeats `{value}`"
            );
        }
    }
}

#[test]
fn a_wrong_flow_ends_with_status_2_and_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let flow = folder.path().join("mine.toml");
    fs::write(
        &flow,
        "name = \"mine\"\nsays = \"\"\n[fhir]\nPatient = [\"nmae\"]\n",
    )
    .unwrap();
    let flow = flow.to_str().unwrap();
    let (status, out, errors) = run(&["--flow", flow, &testdata("people.ndjson")]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(
        errors.starts_with(&format!("{flow}:4:12: `Patient.nmae`")),
        "{errors}"
    );
}

#[test]
fn a_missing_file_ends_with_status_3() {
    let (status, _, errors) = run(&["/nowhere/people.ndjson"]);
    assert_eq!(status, 3);
    assert!(
        errors.starts_with("cannot read /nowhere/people.ndjson"),
        "{errors}"
    );
}

#[test]
fn the_executable_reads_standard_input() {
    let child = Command::new(env!("CARGO_BIN_EXE_placet-gateway"))
        .args(["filter", "--json"])
        .stdin(fs::File::open(testdata("people.ndjson")).unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(child.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(child.stdout).unwrap(),
        fs::read_to_string(testdata("people.ndjson.filtered")).unwrap()
    );
}

/// The shared samples, or nothing with a plain word about it.
fn shared(folder: &str) -> Option<Vec<PathBuf>> {
    let root = std::env::var("PLACET_SHARED").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = root.join("data/ehr").join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        println!(
            "SKIPPED: {} is not there; set PLACET_SHARED",
            folder.display()
        );
        return None;
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Some(files)
}

#[test]
fn the_shared_samples_come_through_without_anything_clinical() {
    let (mut n_people, mut kept_types) = (0, BTreeSet::new());
    for folder in ["bulk", "bundles", "subscription", "consent"] {
        for file in shared(folder).unwrap_or_default() {
            if file.ends_with("expected.json") {
                continue;
            }
            let (status, out, errors) = run(&[file.to_str().unwrap()]);
            assert_eq!(status, 0, "{}: {errors}", file.display());
            for line in out.lines() {
                let resource: serde_json::Value = serde_json::from_str(line).unwrap();
                kept_types.insert(resource["resourceType"].as_str().unwrap().to_owned());
            }
            let mut people = 0;
            let report = arrivals(
                fs::File::open(&file).unwrap(),
                &Flow::people(),
                &Options::on(today()),
                &mut |_, _, _| {
                    people += 1;
                    ControlFlow::Continue(())
                },
            );
            assert_eq!(
                (report.n_refused, people),
                (0, out.lines().count()),
                "{}: {report}",
                file.display()
            );
            n_people += people;
        }
    }
    if !kept_types.is_empty() {
        assert_eq!(kept_types.into_iter().collect::<Vec<_>>(), ["Patient"]);
        assert_eq!(n_people, 56 + 3 + 1);
    }
}

#[test]
fn the_shared_csv_of_people_arrives_whole() {
    for file in shared("csv").unwrap_or_default() {
        if !file.ends_with("patients.csv") {
            continue;
        }
        let mut zones = BTreeSet::new();
        let report = arrivals(
            fs::File::open(&file).unwrap(),
            &Flow::people(),
            &Options::on(today()),
            &mut |_, _, arrival| {
                if let placet_domain::arrival::Arrival::Person(person) = arrival {
                    zones.insert(person.time_zone.clone());
                }
                ControlFlow::Continue(())
            },
        );
        assert_eq!(
            (report.n_kept, report.n_refused, report.n_set_aside),
            (56, 0, 0),
            "{report}"
        );
        assert!(
            zones.contains(&Some("America/Chicago".to_owned())),
            "{zones:?}"
        );
    }
}

/// A field that is allowed may still hold what somebody wrote into it.
#[test]
fn free_text_passes_the_detector_even_where_the_field_is_allowed() {
    let flow = Flow::load(
        "f",
        "name = \"x\"\nsays = \"x\"\n[fhir]\nAppointment = [\"id\", \"description\", \"start\"]\n\
         Patient = [\"name.text\"]\n[hl7]\nmessages = [\"SIU^S12\"]\nid_types = [\"MR\"]\n\
         fields = [\"SCH-2.1\", \"SCH-7.1\", \"SCH-7.2\"]\n",
    )
    .unwrap();
    let run = |input: &str| {
        let mut out = String::new();
        let mut write = |line: &str| {
            out.push_str(line);
            Ok(())
        };
        let options = Options::on(jiff::civil::date(2026, 7, 1));
        let report = placet_gateway::filter(input.as_bytes(), &flow, &options, &mut write).unwrap();
        (out, report)
    };
    let (out, report) = run(concat!(
        r#"{"resourceType":"Appointment","id":"a1","start":"2026-08-01T09:00:00Z","#,
        r#""description":"Call Olivia Ramirez at 937-555-0142 before"}"#,
        "\n",
        r#"{"resourceType":"Patient","name":[{"text":"Olivia Ramirez"}]}"#
    ));
    assert!(
        out.contains(r#""description":"Call [NAME] at [PHONE] before""#),
        "{out}"
    );
    assert!(
        out.contains("2026-08-01T09:00:00Z"),
        "a date field is no free text: {out}"
    );
    assert!(
        out.contains(r#""text":"Olivia Ramirez""#),
        "a name is what it says: {out}"
    );
    assert_eq!(
        report.dropped["Appointment.description (PHONE in the text)"],
        1
    );
    assert!(!format!("{report:?}").contains("Olivia"));

    let (out, report) = run(
        "MSH|^~\\&|S|F|R|F|20260701||SIU^S12|1|P|2.5\rSCH||S1|||||R1^Call Olivia Ramirez first\r",
    );
    assert!(out.contains("R1^Call [NAME] first"), "{out}");
    assert_eq!(report.dropped["SCH-7.2 (NAME in the text)"], 1);
}

/// Two destinations cannot join what they got; within one, a reference still leads to its record.
#[test]
fn ids_are_hashed_for_one_destination() {
    let list = "name = \"x\"\nsays = \"x\"\n[fhir]\nPatient = [\"id\", \"identifier.value\"]\n\
                Appointment = [\"participant.actor.reference\"]\n\
                [csv]\nsource_ref = [\"id\"]\nfamily = [\"family\"]\n";
    let run = |key: &'static str, input: &str| {
        let flow = Flow::load("f", list)
            .unwrap()
            .with_pseudonyms(move |id| format!("{key}-{}", id.len()));
        let mut out = String::new();
        let mut write = |line: &str| {
            out.push_str(line);
            out.push('\n');
            Ok(())
        };
        let options = Options::on(jiff::civil::date(2026, 7, 1));
        placet_gateway::filter(input.as_bytes(), &flow, &options, &mut write).unwrap();
        out
    };
    let patient = r#"{"resourceType":"Patient","id":"p12","identifier":[{"value":"8675309"}]}"#;
    let visit =
        r#"{"resourceType":"Appointment","participant":[{"actor":{"reference":"Patient/p12"}}]}"#;
    let out = run("k", &format!("{patient}\n{visit}\n"));
    assert!(
        out.contains(r#""id":"k-3""#) && out.contains("Patient/k-3"),
        "{out}"
    );
    assert!(!out.contains("p12") && !out.contains("8675309"), "{out}");
    assert!(run("l", patient).contains(r#""id":"l-3""#));
    assert_eq!(
        run("k", "id,family\np12,Moss\n"),
        "{\"family\":\"Moss\",\"source_ref\":\"k-3\"}\n"
    );
}

/// What a dry run shows: each field as it stood, and what is left of it.
#[test]
fn a_trial_shows_each_field_before_and_after() {
    let flow = Flow::people();
    let options = Options::on(jiff::civil::date(2026, 7, 1));
    let shown = |sample: &str| {
        let trial = placet_gateway::try_on(sample.as_bytes(), &flow, &options);
        let fields = trial.records.into_iter().next().unwrap().fields;
        let lines = fields.into_iter().map(|one| {
            format!(
                "{}: {} > {}",
                one.path,
                one.before.join(";"),
                one.after.join(";")
            )
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(
        shown("Patient ID,Last Name,Ward\np1,Moss,Cardiology\n"),
        [
            "Patient ID: p1 > p1",
            "Last Name: Moss > Moss",
            "Ward: Cardiology > "
        ]
    );
    let patient = r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Moss","text":"A. Moss"}],"photo":[{"url":"x"}]}"#;
    let bundle =
        format!(r#"{{"resourceType":"Bundle","type":"batch","entry":[{{"resource":{patient}}}]}}"#);
    for sample in [patient, bundle.as_str()] {
        assert_eq!(
            shown(sample),
            [
                "Patient.id: p1 > p1",
                "Patient.name.family: Moss > Moss",
                "Patient.name.text: A. Moss > ",
                "Patient.photo.url: x > "
            ]
        );
    }
    let lines = shown(
        "MSH|^~\\&|S|F|R|F|20260701120000||ADT^A04|1|P|2.5\rPID|||M1^^^^MR||Moss^Ada\rDG1|1||I10\r",
    );
    for line in ["PID-5.1: Moss > Moss", "DG1-3.1: I10 > ", "MSH-3.1: S > "] {
        assert!(lines.iter().any(|one| one == line), "{line} in {lines:?}");
    }
}

/// S93: alone, the filter cannot know whether a contract is in force, and it has no key for a company's ids.
#[test]
fn s93_a_flow_to_a_company_does_not_run_without_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letters.toml");
    fs::write(&file, Flow::company_from("ehr")).unwrap();
    let out = folder.path().join("out.ndjson");
    let (flow, to) = (file.to_str().unwrap(), out.to_str().unwrap());
    let (status, text, errors) = run(&["--flow", flow, "--out", to, &testdata("people.ndjson")]);
    assert_eq!((status, text.as_str()), (2, ""));
    assert!(errors.contains("placet flow run letters"), "{errors}");
    assert!(!out.exists(), "not even an empty file");
    fs::write(&file, Flow::people_from("crm")).unwrap();
    let (status, text, _) = run(&["--flow", flow, &testdata("people.ndjson")]);
    assert!(status == 1 && !text.is_empty(), "into the hospital it runs");
}
