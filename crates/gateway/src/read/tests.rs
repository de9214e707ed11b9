#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use placet_domain::channel::Channel;
use placet_domain::person::{Origin, Relationship};

use super::*;

fn options() -> Options {
    Options {
        limit: 2_000,
        ..Options::on(jiff::civil::date(2026, 3, 1))
    }
}

fn filtered(input: &[u8], options: &Options) -> (Vec<String>, Report) {
    let mut lines = Vec::new();
    let report = filter(input, &Flow::people(), options, &mut |line| {
        lines.push(line.to_owned());
        Ok(())
    });
    (lines, report.unwrap())
}

fn arrived(input: &[u8]) -> (Vec<Arrival>, Report) {
    let mut found = Vec::new();
    let report = arrivals(input, &Flow::people(), &options(), &mut |_, _, arrival| {
        found.push(arrival);
        ControlFlow::Continue(())
    });
    (found, report)
}

const ADA: &str =
    r#"{"resourceType":"Patient","id":"a1","name":[{"family":"Moss","given":["Ada"]}]}"#;

/// Every record that was refused, in words.
#[track_caller]
fn refuses(input: impl AsRef<[u8]>, expected: &[&str]) {
    let (_, report) = filtered(input.as_ref(), &options());
    let (_, again) = arrived(input.as_ref());
    let says: Vec<String> = report.refused.iter().map(ToString::to_string).collect();
    assert_eq!(says, expected);
    assert!(again.n_refused >= report.n_refused);
    let shown = serde_json::to_string(&again).unwrap() + &again.to_string();
    for value in ["Moss", "Ada", "a1", "SECRET"] {
        assert!(!shown.contains(value), "a report repeats a value: {shown}");
    }
}

/// Every person or value refused while reading arrivals, as `line code path`.
#[track_caller]
fn refuses_arrival(input: &str, expected: &str) {
    let (found, report) = arrived(input.as_bytes());
    let all: Vec<String> = report
        .refused
        .iter()
        .map(|finding| {
            format!(
                "{} {}",
                finding.code.code(),
                finding.path.as_deref().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(all, [expected]);
    assert!(found.is_empty());
}

fn patient(fields: &str) -> String {
    format!(r#"{{"resourceType":"Patient","id":"a1","name":[{{"family":"Moss"}}],{fields}}}"#)
}

#[test]
fn what_is_not_listed_is_dropped_and_counted_by_path() {
    let input = r#"{"id":"a1","resourceType":"Patient","meta":{"source":"SECRET"},
        "modifierExtension":[{"url":"x","valueString":"SECRET"}],"contained":[{"resourceType":"Condition"}],
        "name":[{"family":"Moss","_family":{"id":"SECRET"},"text":"SECRET"},{"suffix":["SECRET"]}],
        "_birthDate":{"extension":[]},"SECRET":1,"photo":[{"data":"SECRET"}]}"#
        .replace('\n', "");
    let (lines, report) = filtered(input.as_bytes(), &options());
    assert_eq!(
        lines,
        [r#"{"id":"a1","resourceType":"Patient","name":[{"family":"Moss"}]}"#]
    );
    let dropped: Vec<_> = report
        .dropped
        .iter()
        .map(|(path, n)| format!("{path} {n}"))
        .collect();
    assert_eq!(
        dropped,
        [
            "Patient.(unknown) 1",
            "Patient._birthDate 1",
            "Patient.contained 1",
            "Patient.meta 1",
            "Patient.modifierExtension 1",
            "Patient.name._family 1",
            "Patient.name.suffix 1",
            "Patient.name.text 1",
            "Patient.photo 1",
        ]
    );
}

#[test]
fn resources_that_the_flow_does_not_name_are_dropped_by_type() {
    let input = "{\"resourceType\":\"Condition\",\"code\":{}}\n{\"resourceType\":\"SECRET\"}\n";
    let (lines, report) = filtered(input.as_bytes(), &options());
    assert!(lines.is_empty() && report.is_clean());
    assert_eq!(report.n_dropped, 2);
    assert_eq!(
        report.dropped.keys().collect::<Vec<_>>(),
        ["(unknown resource type)", "Condition"]
    );
}

#[test]
fn cut_off_lines_are_refused_and_the_rest_goes_on() {
    let input = format!(
        "{ADA}\n{}\n{ADA}\n{{\"resourceType\":\"Condition\",\"code\":\n",
        &ADA[..50]
    );
    refuses(
        &input,
        &[
            "line 2, column 50: the JSON ends too early; the file was probably cut off: export it again from here",
            "line 4, column 35: the JSON ends too early; the file was probably cut off: export it again from here",
        ],
    );
    assert_eq!(filtered(input.as_bytes(), &options()).0.len(), 2);
}

#[test]
fn strict_stops_at_the_first_bad_line() {
    let input = format!("{ADA}\nnot json\n{ADA}\n");
    let (lines, report) = filtered(
        input.as_bytes(),
        &Options {
            is_strict: true,
            ..options()
        },
    );
    assert_eq!(
        (lines.len(), report.n_refused, report.is_cut_short),
        (1, 1, true)
    );
}

#[test]
fn wrong_encodings_are_said() {
    let utf16: Vec<u8> = ADA.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let says = "line 1: this is UTF-16 or UTF-32; convert it first: `iconv -f UTF-16 -t UTF-8`";
    refuses(&utf16, &[says]);
    refuses([b"\xff\xfe".as_slice(), &utf16].concat(), &[says]);
    let latin1 = [
        ADA.as_bytes(),
        b"\n",
        &ADA.as_bytes()[..48],
        b"\xe9",
        &ADA.as_bytes()[48..],
    ]
    .concat();
    refuses(
        latin1,
        &["line 2, column 49: there are bytes that are not UTF-8; export it again as UTF-8"],
    );
    let (lines, report) = filtered(format!("\u{feff}{ADA}").as_bytes(), &options());
    assert!(
        lines.len() == 1 && report.is_clean(),
        "a byte order mark is no fault"
    );
    refuses(
        b"\x1f\x8b\x08\0rest",
        &[
            "line 1: this is compressed or a spreadsheet's own format; unpack it, or save it as CSV (UTF-8)",
        ],
    );
}

#[test]
fn a_line_over_the_limit_is_refused_by_its_number() {
    let says = "line 1: it is longer than the limit; split it, or raise the limit with `--limit`";
    let photo = patient(&format!(r#""photo":[{{"data":"{}"}}]"#, "x".repeat(3_000)));
    refuses(format!("{photo}\n{ADA}\n"), &[says]);
    let long = io::repeat(b' ').take(100_000_000).chain(ADA.as_bytes());
    let report = filter(
        long,
        &Flow::people(),
        &Options {
            format: Some(Format::Ndjson),
            ..options()
        },
        &mut |_| Ok(()),
    );
    assert_eq!(report.unwrap().refused[0].to_string(), says);
}

#[test]
fn bombs_are_refused_where_they_would_be_kept_and_dropped_elsewhere() {
    let bomb = format!("{}{}", "[".repeat(900), "]".repeat(900));
    refuses(patient(&format!(r#""photo":{bomb}"#)), &[]);
    refuses(
        patient(&format!(r#""gender":{bomb}"#)),
        &[
            "line 1, `Patient.gender`: the value has another shape than FHIR R4 gives it; correct the sender's mapping",
        ],
    );
    refuses(
        patient(&format!(r#""telecom":{bomb}"#)),
        &[
            "line 1, `Patient.telecom`: the value has another shape than FHIR R4 gives it; correct the sender's mapping",
        ],
    );
    let objects = format!("{}1{}", r#"{"a":"#.repeat(300), "}".repeat(300));
    refuses(
        &objects,
        &["line 1: there is no `resourceType`; give one FHIR R4 resource a line"],
    );
    refuses(patient(&format!(r#""photo":{objects}"#)), &[]);
    refuses(
        &bomb,
        &[
            "line 1: this is neither FHIR JSON nor CSV; give one FHIR resource a line, a FHIR Bundle, or a CSV with a header line",
        ],
    );
}

/// Ten thousand levels, and a hundred thousand: neither recursion nor memory follows them.
#[test]
fn json_however_deep_costs_no_stack() {
    let wide = Options::on(options().today);
    for depth in [10_000, 100_000] {
        let arrays = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        for bomb in [arrays, objects] {
            let dropped = patient(&format!(r#""photo":{bomb}"#));
            let (lines, report) = filtered(dropped.as_bytes(), &wide);
            assert_eq!((lines.len(), report.n_refused), (1, 0), "{depth}");
            let kept = patient(&format!(r#""gender":{bomb}"#));
            let (lines, report) = filtered(kept.as_bytes(), &wide);
            assert_eq!((lines.len(), report.n_refused), (0, 1), "{depth}");
            let bundle = format!(
                r#"{{"resourceType":"Bundle","entry":[{{"resource":{dropped}}},{{"x":{bomb}}}]}}"#
            );
            let (lines, _) = filtered(bundle.as_bytes(), &wide);
            assert_eq!(lines.len(), 1, "{depth}");
        }
    }
}

#[test]
#[rustfmt::skip] // A table.
fn one_field_has_one_value_of_its_own_shape() {
    let shape = "the value has another shape than FHIR R4 gives it; correct the sender's mapping";
    let twice = "the field is given twice; correct the sender: which one counts is not ours to guess";
    refuses(patient(r#""gender":{"SECRET":1}"#),            &[&format!("line 1, `Patient.gender`: {shape}")]);
    refuses(patient(r#""gender":7"#),                       &[&format!("line 1, `Patient.gender`: {shape}")]);
    refuses(patient(r#""deceasedBoolean":"SECRET""#),       &[&format!("line 1, `Patient.deceasedBoolean`: {shape}")]);
    refuses(patient(r#""address":{"city":"SECRET"}"#),      &[&format!("line 1, `Patient.address`: {shape}")]);
    refuses(patient(r#""address":["SECRET"]"#),             &[&format!("line 1, `Patient.address`: {shape}")]);
    refuses(patient(r#""id":"SECRET""#),                    &[&format!("line 1, `Patient.id`: {twice}")]);
    refuses(patient(r#""resourceType":"Condition""#),       &[&format!("line 1, `Patient.resourceType`: {twice}")]);
    refuses(patient(r#""gender":null,"telecom":[null,{}]"#), &[]);
    refuses(r#"{"id":"SECRET"}"#,                           &["line 1: there is no `resourceType`; give one FHIR R4 resource a line"]);
    refuses(r#"{"resourceType":5}"#,                        &["line 1: there is no `resourceType`; give one FHIR R4 resource a line"]);
    refuses(patient(r#""gender":"female"} SECRET"#),        &["line 1, column 83: this is not JSON; export this resource again"]);
}

#[test]
fn entries_of_a_bundle_are_taken_one_by_one() {
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"transaction","entry":[
            {{"fullUrl":"urn:uuid:SECRET","resource":{ADA},"request":{{"method":"POST","url":"Patient"}}}},
            {{"resource":{{"resourceType":"Bundle","entry":[{{"resource":{ADA}}}]}}}},
            {{"response":{{"status":"204"}}}},
            {{"resource":{{"resourceType":"Patient","id":"SECRET","name":"Moss"}}}},
            {{"resource":{ADA}}}]}}"#
    );
    let one_line = bundle.replace('\n', "");
    for (text, place) in [
        (&bundle, ["line 3, entry 2", "line 5, entry 4"]),
        (&one_line, ["line 1, entry 2", "line 1, entry 4"]),
    ] {
        let says = [
            format!(
                "{}, `Bundle.entry.resource`: this is a bundle inside a bundle; unpack the inner bundle and send it by itself",
                place[0]
            ),
            format!(
                "{}, `Patient.name`: the value has another shape than FHIR R4 gives it; correct the sender's mapping",
                place[1]
            ),
        ];
        refuses(text, &[&says[0], &says[1]]);
        let (lines, report) = filtered(text.as_bytes(), &options());
        assert_eq!(
            (lines.len(), report.n_read, report.n_kept, report.n_dropped),
            (2, 5, 2, 1)
        );
        assert_eq!(report.dropped["Bundle.entry.fullUrl"], 1);
    }
    // Bundles on lines of their own, beside other resources.
    let (lines, report) = filtered(format!("{one_line}\n{ADA}\n").as_bytes(), &options());
    assert_eq!(
        (lines.len(), report.n_read, report.format),
        (3, 6, "ndjson")
    );
}

#[test]
fn a_bundle_that_is_cut_off_keeps_what_came_before() {
    let bundle = format!(
        r#"{{"resourceType":"Bundle","entry":[{{"resource":{ADA}}},{{"resource":{{"SECRET"#
    );
    let options = Options {
        format: Some(Format::Bundle),
        ..options()
    };
    let (lines, report) = filtered(bundle.as_bytes(), &options);
    assert_eq!((lines.len(), report.is_cut_short), (1, true));
    assert_eq!(
        report.refused[0].to_string(),
        "line 1, entry 2: the entries cannot be told apart from here on; export the bundle again; the entries before this place were read"
    );
}

#[test]
fn a_single_resource_may_be_written_over_lines() {
    let (lines, report) = filtered(ADA.replace(',', ",\n  ").as_bytes(), &options());
    assert_eq!((lines.len(), report.format), (1, "document"));
}

#[test]
fn a_patient_arrives_with_contact_points_residence_and_time_zone() {
    let input = patient(
        r#""birthDate":"1960-02-29","gender":"female",
        "telecom":[{"system":"phone","value":"(614) 555-0142","use":"mobile"},{"system":"email","value":"Ada@Example.ORG","rank":1},
                   {"system":"email","value":"ada@example.org"},{"system":"email","use":"old","value":"old@example.org"},
                   {"system":"phone","value":"555-0142"},{"system":"email","value":"nobody"}],
        "address":[{"use":"old","state":"NY"},{"use":"home","line":["12 Elm St"],"city":"Columbus","state":"Ohio","postalCode":"43004"}],
        "communication":[{"language":{"coding":[{"code":"en"}]}},{"preferred":true,"language":{"coding":[{"code":"es-MX"}]}}]"#,
    );
    let (mut found, report) = arrived(input.replace('\n', "").as_bytes());
    let Some(Arrival::Person(person)) = found.pop() else {
        panic!("nobody arrived: {report}")
    };
    assert_eq!(person.relationship, Relationship::Patient);
    assert_eq!(person.residence.as_deref(), Some("US-OH"));
    assert_eq!(person.time_zone.as_deref(), Some("America/New_York"));
    assert_eq!(
        person.identity.birth_date,
        Some(jiff::civil::date(1960, 2, 29))
    );
    assert_eq!(person.identity.language.as_deref(), Some("es-MX"));
    assert_eq!(person.identity.elements["gender"], "female");
    let reach: Vec<_> = person
        .reach
        .iter()
        .map(|r| (r.channel, r.address.as_str()))
        .collect();
    assert_eq!(
        reach,
        [
            (Channel::Email, "Ada@example.org"),
            (Channel::VoiceLive, "+16145550142"),
            (Channel::Sms, "+16145550142"),
            (Channel::Postal, "12 Elm St, Columbus, OH 43004"),
        ]
    );
    assert!(
        person
            .reach
            .iter()
            .all(|reach| reach.origin == Origin::Care)
    );
    let aside: Vec<_> = report.set_aside.iter().map(|f| f.code.code()).collect();
    assert_eq!(aside, ["bad_phone", "bad_email"]);
}

#[test]
fn an_appointment_arrives_with_whom_when_and_how_it_stands() {
    let input = r#"{"resourceType":"Appointment","id":"p1","status":"booked","start":"2026-04-01T09:30:00-05:00","description":"SECRET","serviceType":[{"text":"SECRET"}],"participant":[{"actor":{"reference":"Location/1","display":"SECRET"}},{"actor":{"reference":"Patient/a1"}}]}"#;
    let (mut found, report) = arrived(input.as_bytes());
    let Some(Arrival::Appointment(appointment)) = found.pop() else {
        panic!("{report}")
    };
    assert_eq!(
        (appointment.person_ref.as_str(), appointment.status.as_str()),
        ("a1", "booked")
    );
    assert_eq!(appointment.starts_at.to_string(), "2026-04-01T14:30:00Z");
    assert!(appointment.details.is_empty());
    assert_eq!(report.dropped["Appointment.participant.actor.display"], 1);
}

#[test]
#[rustfmt::skip] // A table.
fn a_person_who_cannot_be_right_does_not_arrive() {
    refuses_arrival(&patient(r#""birthDate":"2023-02-30""#),       "bad_date Patient.birthDate");
    refuses_arrival(&patient(r#""birthDate":"9999-01-01""#),       "bad_date Patient.birthDate");
    refuses_arrival(&patient(r#""birthDate":"0001-01-01""#),       "bad_date Patient.birthDate");
    refuses_arrival(&patient(r#""gender":"SECRET""#),              "bad_code Patient.gender");
    refuses_arrival(r#"{"resourceType":"Patient","name":[{"family":"Moss"}]}"#,               "no_id Patient.id");
    refuses_arrival(r#"{"resourceType":"Patient","id":" ","name":[{"family":"Moss"}]}"#,      "no_id Patient.id");
    refuses_arrival(r#"{"resourceType":"Patient","id":"a1"}"#,                                "no_name Patient.name");
    refuses_arrival(r#"{"resourceType":"Patient","id":"a1","name":[{"family":"Mo\nss"}]}"#,   "control_character Patient.name.family");
    refuses_arrival(&patient(r#""telecom":[{"system":"email","value":"ada@example.org\r\nBcc: eve@example.org"}]"#), "control_character Patient.telecom.value");
    refuses_arrival(&patient(r#""address":[{"line":["12 Elm\u202e St"]}]"#),                  "control_character Patient.address.line");
    refuses_arrival(r#"{"resourceType":"Appointment","id":"1","status":"booked","start":"soon","participant":[{"actor":{"reference":"Patient/a1"}}]}"#, "bad_time Appointment.start");
    refuses_arrival(r#"{"resourceType":"Appointment","id":"1","status":"booked","start":"2026-04-01T09:30:00Z"}"#, "no_person Appointment.participant.actor.reference");
    refuses_arrival("id,family,email\n1,Moss,\"a@example.org\nBcc: e@example.org\"\n",        "control_character csv.email");
    refuses_arrival("id,family,relationship\n1,Moss,SECRET\n",                                "bad_code csv.relationship");
    refuses_arrival("id,family,dob\n1,Moss,1/2/60\n",                                         "bad_date csv.birth_date");
}

#[test]
fn the_dead_arrive_as_dead_whatever_their_dates_say() {
    let cases = [
        (r#""deceasedBoolean":true"#, None),
        (
            r#""birthDate":"1960-01-01","deceasedDateTime":"1950-01-01""#,
            None,
        ),
        (r#""deceasedDateTime":"2020""#, None),
        (
            r#""deceasedDateTime":"2020-05-06T01:00:00Z""#,
            Some(jiff::civil::date(2020, 5, 6)),
        ),
    ];
    for (fields, expected) in cases {
        let (mut found, _) = arrived(patient(fields).as_bytes());
        let Some(Arrival::Person(person)) = found.pop() else {
            panic!("{fields}")
        };
        assert_eq!(
            (person.relationship, person.deceased_on),
            (Relationship::Deceased, expected),
            "{fields}"
        );
    }
}

#[test]
fn rows_of_a_csv_arrive_with_their_relationship() {
    let csv = "Person ID,First Name,Last Name,Relationship,E-Mail Address,Cell Phone,State,Zip,Notes\n\
               1,Ada,Moss,prospect,ada@example.org,614-555-0142,KS,67758,SECRET\n\
               2,Bo,Lane,Donor,,,,,\n\
               3,Cy,Hill,,,,,,\n";
    let (found, report) = arrived(csv.as_bytes());
    assert!(
        report.is_clean() && report.dropped["csv.column 9"] == 3,
        "{report}"
    );
    let people: Vec<_> = found
        .iter()
        .map(|arrival| match arrival {
            Arrival::Person(person) => (
                person.relationship,
                person.reach.first().map(|reach| reach.origin),
                person.time_zone.as_deref(),
            ),
            _ => panic!("no appointment was sent"),
        })
        .collect();
    assert_eq!(
        people,
        [
            (Relationship::Prospect, Some(Origin::Form), None),
            (Relationship::Donor, None, None),
            (Relationship::Patient, None, None),
        ]
    );
}

#[test]
fn a_reader_that_fails_is_said_and_what_was_read_stays() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("SECRET"))
        }
    }
    let report = filter(Fails, &Flow::people(), &options(), &mut |_| Ok(())).unwrap();
    assert_eq!(
        report.refused[0].to_string(),
        "line 1: reading failed here; check the disk or the pipe and start again; what was read stays"
    );
    let error = filter(ADA.as_bytes(), &Flow::people(), &options(), &mut |_| {
        Err(io::Error::other("full"))
    });
    assert!(
        error.is_err(),
        "a writer that fails is an error of the call"
    );
}
