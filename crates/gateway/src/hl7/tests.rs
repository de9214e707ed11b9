#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use placet_domain::arrival::{Arrival, PersonArrival};
use placet_domain::channel::Channel;
use placet_domain::person::Relationship;
use proptest::prelude::*;

use super::escape::{self, Charset};
use super::split::{Marks, Message, parts};
use crate::{Flow, Format, Options, Report, arrivals, filter};

static PEOPLE: LazyLock<Flow> = LazyLock::new(Flow::people);

fn options() -> Options {
    Options::on(jiff::civil::date(2026, 3, 1))
}

fn filtered(input: &[u8]) -> (Vec<String>, Report) {
    let mut lines = Vec::new();
    let report = filter(input, &PEOPLE, &options(), &mut |line| {
        lines.push(line.to_owned());
        Ok(())
    });
    (lines, report.unwrap())
}

fn arrived(input: &[u8]) -> (Vec<Arrival>, Report) {
    let mut found = Vec::new();
    let report = arrivals(input, &PEOPLE, &options(), &mut |_, _, arrival| {
        found.push(arrival);
        ControlFlow::Continue(())
    });
    (found, report)
}

const HEADER: &str = "MSH|^~\\&|EHR|HOSP|X|Y|20260301120000-0500||ADT^A04^ADT_A01|77|P|2.5.1\r";

fn adt(segments: &str) -> String {
    format!("{HEADER}{segments}")
}

#[track_caller]
fn person(segments: &str) -> PersonArrival {
    let (found, report) = arrived(adt(segments).as_bytes());
    assert_eq!(report.n_refused, 0, "{report}");
    match found.into_iter().next() {
        Some(Arrival::Person(person)) => *person,
        _ => panic!("a person arrives"),
    }
}

#[test]
fn what_is_not_listed_is_dropped_and_counted_by_path() {
    let input = adt(
        "EVN|A04|SECRET\rPID|1|SECRET|4711^SECRET^^HOSP&&SECRET^MR^SECRET~SECRET^^^X^SS||Moss&SECRET^Ada^B^^SECRET^^L||19600229|F|SECRET||1 Elm St&SECRET^^Columbus^OH^43004^US^H^^SECRET||555-555-0142^PRN^PH^^SECRET|||||SECRET|SECRET|||||||||||||||||||||||SECRET\rNK1|1|SECRET\rPV1|1|I|SECRET\rOBX|1|TX|||SECRET\rNTE|1||SECRET\rGT1|SECRET\rIN1|SECRET\rZPI|SECRET\rSECRET|x\r",
    );
    let (lines, report) = filtered(input.as_bytes());
    assert_eq!(
        lines,
        [
            "MSH|^~\\&|||||20260301120000-0500||ADT^A04|||||||||UNICODE UTF-8\rPID|||4711^^^HOSP^MR||Moss^Ada^B^^^^L||19600229|F|||1 Elm St^^Columbus^OH^43004^US^H||555-555-0142^PRN^PH\r"
        ]
    );
    let counted: Vec<(&str, u64)> = report
        .dropped
        .iter()
        .map(|(path, n)| (path.as_str(), *n))
        .collect();
    for path in [
        "EVN",
        "NK1",
        "PV1",
        "OBX",
        "NTE",
        "GT1",
        "IN1",
        "(local segment)",
        "(unknown segment)",
        "(id of another type)",
        "PID-1",
        "PID-2",
        "PID-3.2",
        "PID-3.4.3",
        "PID-3.6",
        "PID-5.1.2",
        "PID-5.5",
        "PID-9",
        "PID-11.1.2",
        "PID-11.9",
        "PID-13.5",
        "PID-18",
        "PID-19",
        "MSH-3",
        "MSH-10",
    ] {
        assert!(counted.contains(&(path, 1)), "{path} in {counted:?}");
    }
    assert!(!report.to_string().contains("SECRET"));
}

/// An escape within the type would make another id look like one without a type.
#[test]
fn an_id_is_judged_by_its_type_as_it_is_read() {
    for kind in ["SS", "S\\H\\S", "\\X5353\\", "SS\\.br\\"] {
        let (lines, report) = filtered(adt(&format!("PID|||SECRET^^^X^{kind}||Moss\r")).as_bytes());
        assert!(!lines.concat().contains("SECRET"), "{kind}: {lines:?}");
        assert!(!report.to_string().contains("SECRET"));
    }
    let (lines, _) = filtered(adt("PID|||4711^^^HOSP^M\\H\\R||Moss\r").as_bytes());
    assert!(lines.concat().contains("4711^^^HOSP^MR"), "{lines:?}");
}

#[test]
fn a_person_arrives_as_one_of_fhir_does() {
    let ada = person(
        "PID|1||9^^^LAB^PI~4711^^^HOSP^MR||Old^Name^^^^^M~Moss^Ada^Beth^^^^L||196002290830|F|||1 Elm St^Apt 2^Columbus^OH^430041234^US^H||(614)555-0142^PRN^CP~^NET^Internet^ada@Example.ORG|^WPN^PH^^^614^5550143|eng|||||||||||||||N\r",
    );
    assert_eq!(ada.source_ref, "HOSP|4711");
    assert_eq!(ada.identity.name(), "Ada Beth Moss");
    assert_eq!(ada.relationship, Relationship::Patient);
    assert_eq!(ada.residence.as_deref(), Some("US-OH"));
    assert_eq!(ada.time_zone.as_deref(), Some("America/New_York"));
    assert_eq!(ada.identity.language.as_deref(), Some("en"));
    assert_eq!(
        ada.identity.birth_date,
        Some(jiff::civil::date(1960, 2, 29))
    );
    let reach: Vec<(Channel, &str)> = ada
        .reach
        .iter()
        .map(|reach| (reach.channel, reach.address.as_str()))
        .collect();
    assert_eq!(
        reach,
        [
            (Channel::VoiceLive, "+16145550142"),
            (Channel::Sms, "+16145550142"),
            (Channel::Email, "ada@example.org"),
            (Channel::VoiceLive, "+16145550143"),
            (Channel::Postal, "1 Elm St, Apt 2, Columbus, OH 43004-1234"),
        ]
    );
}

#[test]
fn death_is_believed_by_date_and_by_indicator() {
    let dead = person(&format!("PID|||1||Moss^Ada{}20260102|Y\r", "|".repeat(24)));
    assert_eq!(dead.relationship, Relationship::Deceased);
    assert_eq!(dead.deceased_on, Some(jiff::civil::date(2026, 1, 2)));
    let dead = person(&format!("PID|||1||Moss^Ada{}Y\r", "|".repeat(25)));
    assert_eq!(
        (dead.relationship, dead.deceased_on),
        (Relationship::Deceased, None)
    );
}

#[test]
#[rustfmt::skip] // A table.
fn a_field_left_empty_says_nothing_and_two_quotes_take_back() {
    // Chapter 2: an empty field is "not valued" and changes nothing; `""` deletes.
    let unsaid = |fields: &[(usize, &str)]| {
        let mut pid = vec![""; 41];
        pid[0] = "PID";
        pid[3] = "1";
        pid[5] = "Moss^Ada";
        for (number, text) in fields {
            pid[*number] = text;
        }
        let said = person(&format!("{}\r", pid.join("|"))).unsaid;
        let mut left: Vec<&str> = said.channels.iter().map(|channel| channel.as_str()).collect();
        left.extend(said.elements.then_some("gender"));
        left.extend(said.death.then_some("death"));
        left.join(" ")
    };
    assert_eq!(unsaid(&[]),                                  "email sms voice_live postal gender death");
    assert_eq!(unsaid(&[(13, "614-555-0142^PRN^CP")]),       "postal gender death");
    assert_eq!(unsaid(&[(13, "\"\"")]),                      "postal gender death");
    assert_eq!(unsaid(&[(40, "^NET^Internet^a@b.example")]), "postal gender death");
    assert_eq!(unsaid(&[(11, "1 Elm St^^Columbus^OH^43004"), (8, "F")]), "email sms voice_live death");
    assert_eq!(unsaid(&[(11, "\"\""), (8, "\"\"")]),         "email sms voice_live death");
    assert_eq!(unsaid(&[(30, "N")]),                         "email sms voice_live postal gender");
    assert_eq!(unsaid(&[(29, "20260102")]),                  "email sms voice_live postal gender");
}

fn siu(event: &str, segments: &str) -> (Vec<Arrival>, Report) {
    let header = HEADER.replace("ADT^A04^ADT_A01", &format!("SIU^{event}"));
    arrived(format!("{header}{segments}").as_bytes())
}

#[test]
#[rustfmt::skip] // A table.
fn an_appointment_begins_when_the_most_exact_segment_says() {
    const PID: &str = "PID|||1||Moss^Ada\r";
    const NONE: Option<(&str, &str)> = None;
    let check = |event: &str, segments: &str, expected: Option<(&str, &str)>| {
        let (found, report) = siu(event, &format!("{segments}{PID}"));
        assert_eq!(report.n_refused, 0, "{report}");
        let appointment = found.iter().find_map(|arrival| match arrival {
            Arrival::Appointment(appointment) => Some(appointment),
            _ => None,
        });
        let actual = appointment.map(|it| (it.starts_at.to_string(), it.status.clone()));
        let expected = expected.map(|(at, status)| (at.to_owned(), status.to_owned()));
        assert_eq!(actual, expected, "{segments}");
        assert!(found.iter().any(|arrival| matches!(arrival, Arrival::Person(_))));
    };
    const NOON: &str = "2026-04-01T17:00:00Z";
    //    event  segments                                                            then
    check("S12", "SCH||7|||||||||^^^202604011200-0500||||||||||||||Booked\r",         Some((NOON, "booked")));
    check("S12", "SCH||7|||||||||^^^202604011200\r",                                  Some((NOON, "booked")));
    check("S12", "SCH||7|||||||||^^^202604011000\rTQ1|||||||202604011200-0500\r",     Some((NOON, "booked")));
    check("S12", "SCH|6\rAIS|1||SURGERY|20260401120000\r",                            Some((NOON, "booked")));
    check("S13", "SCH||7|||||||||^^^202604011200-0500||||||||||||||Pending\r",        Some((NOON, "pending")));
    check("S15", "SCH||7|||||||||^^^202604011200-0500||||||||||||||Booked\r",         Some((NOON, "cancelled")));
    check("S26", "SCH||7|||||||||^^^202604011200-0500\r",                             Some((NOON, "noshow")));
    check("S12", "SCH||7\r",                                                          NONE);
    check("S12", "SCH|||||||||||^^^202604011200-0500\r",                              NONE);
    check("S12", "SCH||7|||||||||^^^2026040112\"x\r",                                 NONE);
}

#[test]
fn a_time_without_offset_takes_the_zone_of_the_flow() {
    let text = include_str!("../../flows/people.toml")
        .replace("fields = [", "time_zone = \"America/Chicago\"\nfields = [");
    let flow = Flow::load("mine.toml", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let header = HEADER.replace("ADT^A04^ADT_A01", "SIU^S12");
    let input = format!("{header}SCH||7|||||||||^^^202607011200\rPID|||1||Moss^Ada\r");
    let mut starts = None;
    arrivals(input.as_bytes(), &flow, &options(), &mut |_, _, arrival| {
        if let Arrival::Appointment(it) = arrival {
            starts = Some(it.starts_at.to_string());
        }
        ControlFlow::Continue(())
    });
    assert_eq!(starts.as_deref(), Some("2026-07-01T17:00:00Z"));
}

fn merged(event: &str, segments: &str) -> Vec<String> {
    let header = HEADER.replace("ADT^A04^ADT_A01", &format!("ADT^{event}"));
    let (found, report) = arrived(format!("{header}{segments}").as_bytes());
    assert_eq!(report.n_refused, 0, "{report}");
    found
        .iter()
        .map(|arrival| match arrival {
            Arrival::Person(person) => format!("person {}", person.source_ref),
            Arrival::Appointment(_) => "appointment".to_owned(),
            Arrival::Joined(it) => format!("join {} into {}", it.retired, it.survivor),
            Arrival::Parted(it) => format!("part {} from {}", it.retired, it.survivor),
        })
        .collect()
}

#[test]
fn a_merge_names_both_records_and_an_unlink_parts_them() {
    const ONE: &str = "PID|||1^^^H^MR||Moss^Ada\r";
    const TWO: &str = "PID|||2^^^H^MR||Moss^Ada\r";
    assert_eq!(
        merged("A40", &format!("{ONE}MRG|2^^^H^MR\r")),
        ["join H|2 into H|1", "person H|1"]
    );
    assert_eq!(
        merged(
            "A40",
            &format!("{ONE}MRG|2^^^H^MR\rPID|||3^^^H^MR||Hill^Bo\rMRG|4^^^H^MR\r")
        ),
        [
            "join H|2 into H|1",
            "person H|1",
            "join H|4 into H|3",
            "person H|3"
        ]
    );
    assert_eq!(
        merged("A41", &format!("{ONE}MRG|2^^^H^MR\r")),
        ["person H|1"]
    );
    assert_eq!(
        merged("A08", &format!("{ONE}MRG|2^^^H^MR\r")),
        ["person H|1"]
    );
    assert_eq!(
        merged("A37", &format!("{ONE}{TWO}")),
        ["part H|2 from H|1", "person H|1", "person H|2"]
    );
}

#[test]
fn every_way_of_ending_a_segment_and_a_mark_before_it_are_read() {
    let segments = ["PID|||1||Moss^Ada"];
    let one = format!("{}{}\r", HEADER, segments.join("\r"));
    let expected = filtered(one.as_bytes()).0;
    assert_eq!(expected.len(), 1);
    for end in ["\n", "\r\n", "\r\r\n"] {
        let text = one.replace('\r', end);
        assert_eq!(filtered(text.as_bytes()).0, expected);
        let marked = format!("\u{feff}{text}");
        assert_eq!(filtered(marked.as_bytes()).0, expected);
        let two = format!("\u{b}{marked}\u{1c}\r\u{b}{text}\u{1c}\r");
        assert_eq!(filtered(two.as_bytes()).0.len(), 2, "{end:?}");
        let batch = format!("FHS|^~\\&|SECRET{end}BHS|^~\\&{end}{text}{text}BTS|2{end}FTS|1{end}");
        let (lines, report) = filtered(batch.as_bytes());
        assert_eq!((lines.len(), report.n_refused), (2, 0), "{report}");
    }
    assert_eq!(filtered(one.trim_end().as_bytes()).0, expected);
}

#[test]
fn other_separators_and_escapes_come_out_in_the_usual_ones() {
    let input = "MSH#*!%@#EHR####20260301##ADT*A04#1#P#2.3\rPID###1##O|Hara%S%x*Ad%T%a%Zsecret%%X41%##19600229\r";
    let (lines, _) = filtered(input.as_bytes());
    assert_eq!(
        lines,
        [
            "MSH|^~\\&|||||20260301||ADT^A04|||||||||UNICODE UTF-8\rPID|||1||O\\F\\Hara*x^Ad@aA||19600229\r"
        ]
    );
}

#[test]
fn a_declared_character_set_is_read_and_an_unknown_one_refused() {
    let header = |set: &str| format!("{}||||||{set}\r", HEADER.trim_end());
    let mut latin = header("8859/1").into_bytes();
    latin.extend_from_slice(b"PID|||1||M\xf6rk^Zo\xeb\r");
    let (lines, _) = filtered(&latin);
    assert!(lines[0].contains("Mörk^Zoë"), "{lines:?}");
    let mut undeclared = header("").into_bytes();
    undeclared.extend_from_slice(b"PID|||1||M\xf6rk^Zo\xeb\r");
    let (lines, report) = filtered(&undeclared);
    assert!(lines.is_empty());
    assert_eq!(
        report.refused[0].to_string(),
        "line 1, entry 1, `PID-5.1`: there are bytes that are not UTF-8; export it again as UTF-8"
    );
    let unknown = format!("{}PID|||1||Moss\r", header("ISO IR87"));
    assert_eq!(
        filtered(unknown.as_bytes()).1.refused[0].code.code(),
        "unknown_charset"
    );
}

#[test]
#[rustfmt::skip] // A table.
fn what_is_no_message_is_refused_with_its_place() {
    let check = |text: &str, expected: &str| {
        let mut options = options();
        options.format = Some(Format::Hl7);
        options.limit = 500;
        let report = filter(text.as_bytes(), &PEOPLE, &options, &mut |_| Ok(())).unwrap();
        let says: Vec<&str> = report.refused.iter().map(|finding| finding.code.code()).collect();
        assert_eq!(says.join(" "), expected, "{text:?}");
        let (_, again) = arrived(text.as_bytes());
        let shown = serde_json::to_string(&again).unwrap();
        assert!(!shown.contains("SECRET"), "{shown}");
    };
    let long = adt(&format!("NTE|{}\r", "x".repeat(600)));
    //    text                                         then
    check("PID|||1||SECRET\r",                         "not_a_message");
    check("MSH\r",                                     "not_a_message");
    check("MSH|||||SECRET\r",                          "not_a_message");
    check("MSH|^^~&|SECRET\r",                         "not_a_message");
    check("MSH|^~\\&|A\rPID|SECRET",                   "");
    check(&long,                                       "too_long");
    check(&format!("{long}{}", adt("PID|||1||M\r")),   "too_long");
}

#[test]
fn a_flow_that_names_what_does_not_exist_is_refused() {
    let load = |fields: &str| {
        let text = format!(
            "name = \"x\"\nsays = \"\"\n[hl7]\nmessages = [\"ADT^A01\"]\nid_types = [\"MR\"]\nfields = [{fields}]\n"
        );
        let loaded = Flow::load("x.toml", &text);
        loaded
            .err()
            .map(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())
            .unwrap_or_default()
            .join("; ")
    };
    assert_eq!(load("\"PID-5.1\", \"PID-7\", \"PV1-44\""), "");
    for (path, says) in [
        ("PID-5", "is a group; list its components one by one"),
        ("PID-41", "knows no field 41"),
        ("PID-0", "knows no field 0"),
        ("PID-5.16", "no component 16"),
        ("PID-5.1.6", "no sub-component 6"),
        ("NTE-3", "can hold anything"),
        ("OBX-5", "can hold anything"),
        ("ZPI-1", "can hold anything"),
        ("NK1-2", "and of no other segment"),
        ("PID", "is no path"),
        ("PID-x", "is no path"),
        ("PID-5.1.1.1", "is no path"),
    ] {
        let said = load(&format!("\"{path}\""));
        assert!(said.contains(says) && said.contains(path), "{path}: {said}");
    }
    assert!(load("\"PID-7\", \"PID-7\"").contains("twice"));
}

#[test]
fn hl7_is_told_from_the_input() {
    for (text, format) in [
        (adt("PID|||1||Moss\r"), "hl7"),
        (format!("\u{b}{HEADER}"), "hl7"),
        ("BHS|^~\\&|\r".to_owned(), "hl7"),
        ("MSH,family\n1,Moss\n".to_owned(), "csv"),
    ] {
        assert_eq!(filtered(text.as_bytes()).1.format, format, "{text:?}");
    }
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9 .'-]{0,6}(\\\\[FSTRE]\\\\)?[A-Za-z0-9 ]{0,4}"
}

fn field() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::collection::vec(
            prop::collection::vec(word(), 1..3).prop_map(|subs| subs.join("&")),
            1..5,
        )
        .prop_map(|components| components.join("^")),
        1..3,
    )
    .prop_map(|repetitions| repetitions.join("~"))
}

fn message() -> impl Strategy<Value = String> {
    let segment = ("[A-Z][A-Z0-9]{2}", prop::collection::vec(field(), 1..8))
        .prop_map(|(name, fields)| format!("{name}|{}", fields.join("|")));
    prop::collection::vec(segment, 0..6).prop_map(|segments| {
        let mut text = HEADER.to_owned();
        for segment in segments.iter().filter(|it| !it.starts_with("MSH")) {
            text.push_str(segment);
            text.push('\r');
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Field by field, down to the sub-component and its text, as another parser reads it.
    #[test]
    fn the_text_is_split_as_another_parser_splits_it(text in message()) {
        let whole = hl7_parser::Message::parse(&text).unwrap();
        let ours = Message::parse(text.as_bytes()).unwrap();
        let ours: Vec<_> = ours.segments().collect();
        prop_assert_eq!(ours.len(), whole.segments().count());
        for (ours, theirs) in ours.iter().zip(whole.segments()) {
            prop_assert_eq!(ours.name, theirs.name.as_bytes());
            for (number, field) in ours.fields().skip(usize::from(ours.name == b"MSH")) {
                let other = theirs.field(number).map_or("", |it| it.raw_value());
                prop_assert_eq!(std::str::from_utf8(field).unwrap(), other);
                let Some(other) = theirs.field(number) else { continue };
                let repetitions: Vec<_> = parts(field, b'~').collect();
                for (repetition, other) in repetitions.iter().zip(other.repeats()) {
                    for (component, other) in parts(repetition, b'^').zip(other.components()) {
                        let subs: Vec<_> = parts(component, b'&').collect();
                        prop_assert_eq!(subs.len(), other.subcomponents().count().max(1));
                        for (sub, other) in subs.iter().zip(other.subcomponents()) {
                            let text = escape::text(sub, &Marks::USUAL, Charset::Utf8).unwrap();
                            let decoded = other.display(&whole.separators).to_string();
                            prop_assert_eq!(text.as_ref(), decoded.as_str());
                            prop_assert_eq!(std::str::from_utf8(sub).unwrap(), other.raw_value());
                            let mut again = String::new();
                            escape::write(&text, &mut again);
                            prop_assert_eq!(
                                escape::text(again.as_bytes(), &Marks::USUAL, Charset::Utf8).unwrap(),
                                text
                            );
                        }
                    }
                }
            }
        }
    }

    /// What was filtered once comes out of the filter unchanged.
    #[test]
    fn a_filtered_message_passes_again_as_it_is(text in message()) {
        let (once, _) = filtered(text.as_bytes());
        let all: String = once.concat();
        let (twice, report) = filtered(all.as_bytes());
        prop_assert_eq!(&once, &twice);
        prop_assert!(report.dropped.is_empty(), "{:?}", report.dropped);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), with_header: bool) {
        let mut input = if with_header { HEADER.as_bytes().to_vec() } else { b"MSH|".to_vec() };
        input.extend_from_slice(&bytes);
        filtered(&input);
        arrived(&input);
    }
}
