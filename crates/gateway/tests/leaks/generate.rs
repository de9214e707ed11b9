//! Records with a mark in every place that a flow does not list.
//!
//! A listed place holds a harmless value; every other place, and every place where a value can
//! hide in a listed one, holds the mark: segments, fields, repetitions, sub-components, local
//! escapes, nested bundles, contained resources, extensions, narrative, base64, names of fields,
//! broken ends.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What must never come out.
pub const MARK: &str = "ZQ7MARK";
/// The mark in base64, at the offset used here.
pub const MARK_BASE64: &str = "WlE3TUFSS";
/// The mark as an HL7 escape of its bytes.
pub const MARK_HEX: &str = "5A51374D41524B";

/// Deterministic, small, and good enough to vary shapes.
pub struct Dice(u64);

impl Dice {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.roll(n) == 0
    }

    fn pick<'c>(&mut self, from: &[&'c str]) -> &'c str {
        let n = from.len() as u64;
        let at = usize::try_from(self.roll(n)).unwrap_or_default();
        from.get(at).copied().unwrap_or_default()
    }
}

/// What a flow lists, as `PID-5.1.1` and `Patient.name.family`.
pub struct Listed(BTreeSet<String>);

impl Listed {
    #[must_use]
    pub fn of(fields: Vec<String>) -> Self {
        Self(fields.into_iter().collect())
    }
}

const SEGMENTS: [&str; 24] = [
    "EVN", "PID", "PD1", "NK1", "PV1", "PV2", "MRG", "OBX", "NTE", "AL1", "DG1", "PR1", "GT1",
    "IN1", "IN2", "ZPI", "ZQ7", "SCH", "TQ1", "AIS", "AIL", "AIP", "RGS", "ROL",
];
const EVENTS: [&str; 12] = [
    "ADT^A01", "ADT^A04", "ADT^A08", "ADT^A28", "ADT^A31", "ADT^A40", "ADT^A37", "ADT^A60",
    "SIU^S12", "SIU^S15", "SIU^S26", "ORU^R01",
];

fn mark(dice: &mut Dice) -> String {
    match dice.roll(6) {
        0 => format!("{MARK}\\F\\{MARK}"),
        1 => format!("\\X{MARK_HEX}\\"),
        2 => format!("\\Z{MARK}\\"),
        _ => format!("{MARK}{}", dice.roll(100)),
    }
}

/// A harmless value, with what a value can hide: a local escape, a change of character set.
fn harmless(dice: &mut Dice, value: &str) -> String {
    match dice.roll(8) {
        0 => format!("{value}\\Z{MARK}\\"),
        1 => format!("\\C{MARK}\\{value}"),
        2 => format!("\\H\\{value}\\N\\"),
        _ => value.to_owned(),
    }
}

/// One message of HL7 v2. Its header names no mark where an answer repeats it.
pub fn message(dice: &mut Dice, listed: &Listed) -> String {
    let end = dice.pick(&["\r", "\n", "\r\n"]);
    let event = dice.pick(&EVENTS);
    let mut out = String::new();
    if dice.one_in(5) {
        out.push('\u{feff}');
    }
    let _ = write!(
        out,
        "MSH|^~\\&|EHR|HOSP|X|Y|20260301120000-0500|{MARK}|{event}^{MARK}|77|P^{MARK}|2.5.1^{MARK}|{MARK}|{MARK}|||{MARK}||{MARK}{end}"
    );
    let n = 1 + dice.roll(5);
    out.push_str(&segment(dice, listed, "PID"));
    out.push_str(end);
    for _ in 0..n {
        let name = dice.pick(&SEGMENTS);
        if name == "PID" || (name == "SCH" && !event.starts_with("SIU")) {
            continue;
        }
        out.push_str(&segment(dice, listed, name));
        out.push_str(end);
    }
    if dice.one_in(4) {
        let _ = write!(out, "{MARK}|{MARK}{end}");
    }
    out
}

fn segment(dice: &mut Dice, listed: &Listed, name: &str) -> String {
    let mut out = name.to_owned();
    for field in 1..=5 + dice.roll(40) {
        out.push('|');
        if dice.one_in(2) && !(name == "PID" && field < 9) {
            continue;
        }
        for repetition in 0..1 + dice.roll(5) / 3 {
            if repetition > 0 {
                out.push('~');
            }
            self::repetition(dice, listed, name, field, repetition, &mut out);
        }
    }
    out
}

fn repetition(
    dice: &mut Dice,
    listed: &Listed,
    name: &str,
    field: u64,
    repetition: u64,
    out: &mut String,
) {
    // Ids of other types stand beside the record number, under the same path.
    let is_id = matches!((name, field), ("PID", 3) | ("MRG", 1));
    let is_foreign = is_id && repetition > 0;
    let (components, subs) = if dice.one_in(30) {
        (24, 6)
    } else {
        (1 + dice.roll(7), 1 + dice.roll(3) / 2)
    };
    for component in 1..=components {
        if component > 1 {
            out.push('^');
        }
        for sub in 1..=subs {
            if sub > 1 {
                out.push('&');
            }
            let path = format!("{name}-{field}.{component}.{sub}");
            if is_foreign && (component, sub) == (5, 1) {
                out.push_str(dice.pick(&["SS", "DL", "AN", "VN"]));
            } else if !is_foreign && listed.0.contains(&path) {
                let value = value_of(name, field, component, dice);
                out.push_str(&harmless(dice, value));
            } else {
                out.push_str(&mark(dice));
            }
        }
    }
}

fn value_of<'v>(name: &str, field: u64, component: u64, dice: &mut Dice) -> &'v str {
    match (name, field, component) {
        ("PID" | "MRG", 3 | 1, 5) => "MR",
        ("PID", 5, 7) => "L",
        ("PID", 7, _) => dice.pick(&["19600229", "1960", "19600229120000"]),
        ("PID", 8, _) => "F",
        ("PID", 11, 4) => "OH",
        ("PID", 11, 5) => "43004",
        ("PID", 11, 6) => "US",
        ("PID", 29, _) => "20260101",
        ("PID", 30, _) => "N",
        ("SCH", 11, _) | ("TQ1" | "AIS" | "AIL", ..) => "202604011200-0500",
        ("PID", 13 | 14 | 40, 4) => "ada@example.org",
        _ => dice.pick(&["1", "Ada", "Moss", "6145550142"]),
    }
}

/// A message that cannot be taken, with the mark where the fault is.
pub fn faulty_message(dice: &mut Dice) -> String {
    let header = "MSH|^~\\&|EHR|HOSP|X|Y|20260301120000-0500||ADT^A04|77|P|2.5.1\r";
    let m = mark(dice);
    match dice.roll(8) {
        0 => format!("{header}PID|||1||Moss^Ada||{MARK}\r"),
        1 => format!("{header}PID|||1||Moss^Ada|||{MARK}\r"),
        2 => format!("{header}PID|||||{MARK}\r"),
        3 => format!("{header}PID|||1||Moss\\X0D\\{MARK}\r"),
        4 => format!("MSH|{MARK}\r{m}\r"),
        5 => format!("{}||||||{MARK}\rPID|||1||Moss\r", header.trim_end()),
        6 => format!("{MARK}|{m}\r"),
        _ => format!("{header}PID|||{MARK}{}||Moss\r", "x".repeat(300)),
    }
}

const RESOURCES: [&str; 10] = [
    "Patient",
    "Appointment",
    "Condition",
    "Observation",
    "DocumentReference",
    "Bundle",
    "Practitioner",
    "ZQ7MARK",
    "document",
    "Parameters",
];

/// One FHIR resource on one line; may be a bundle, which may hold another.
pub fn resource(dice: &mut Dice, depth: u64) -> String {
    let kind = dice.pick(&RESOURCES);
    if kind == "Bundle" {
        let n = 1 + dice.roll(3);
        let entries: Vec<String> = (0..n)
            .map(|_| {
                let inner = if depth == 0 {
                    patient(dice)
                } else {
                    resource(dice, depth - 1)
                };
                format!(
                    r#"{{"fullUrl":"urn:{MARK}","link":[{{"url":"{MARK}"}}],"request":{{"url":"Patient/{MARK}"}},"search":{{"{MARK}":1}},"resource":{inner}}}"#
                )
            })
            .collect();
        return format!(
            r#"{{"resourceType":"Bundle","id":"{MARK}","meta":{{"source":"{MARK}"}},"identifier":{{"value":"{MARK}"}},"{MARK}":"{MARK}","type":"collection","entry":[{}]}}"#,
            entries.join(",")
        );
    }
    match kind {
        "Patient" => patient(dice),
        "document" => document(dice),
        "Parameters" => format!(
            r#"{{"resourceType":"Parameters","parameter":[{{"name":"{MARK}","valueString":"{MARK}","part":[{{"name":"x","resource":{}}}]}}]}}"#,
            patient(dice)
                .replace("Moss", MARK)
                .replace("ada@example.org", MARK)
        ),
        "Appointment" => format!(
            r#"{{"resourceType":"Appointment","id":"a1","status":"booked","start":"2026-04-01T12:00:00-05:00","description":"{MARK}","comment":"{MARK}","reasonCode":[{{"text":"{MARK}"}}],"participant":[{{"actor":{{"reference":"Patient/1","display":"{MARK}","identifier":{{"value":"{MARK}"}}}},"type":[{{"text":"{MARK}"}}]}}],{}}}"#,
            hidden(dice)
        ),
        other => format!(
            r#"{{"resourceType":"{other}","id":"{MARK}","subject":{{"reference":"Patient/{MARK}"}},"content":[{{"attachment":{{"data":"{MARK_BASE64}w==","title":"{MARK}"}}}}],"note":[{{"text":"{MARK}"}}],{}}}"#,
            hidden(dice)
        ),
    }
}

/// A kept document: a Composition with narrative and sections, then what it speaks of.
fn document(dice: &mut Dice) -> String {
    let section = format!(
        r#"{{"title":"{MARK}","text":{{"status":"generated","div":"<div>{MARK}<!-- {MARK} --></div>"}},"entry":[{{"reference":"urn:{MARK}","display":"{MARK}"}}],"section":[{{"title":"{MARK}"}}]}}"#
    );
    format!(
        r#"{{"resourceType":"Bundle","id":"{MARK}","type":"document","timestamp":"{MARK}","signature":{{"data":"{MARK_BASE64}w=="}},"entry":[{{"fullUrl":"urn:{MARK}","resource":{{"resourceType":"Composition","title":"{MARK}","confidentiality":"{MARK}","section":[{section}]}}}},{{"response":{{"location":"Patient/{MARK}","outcome":{{"issue":[{{"diagnostics":"{MARK}"}}]}}}},"resource":{}}}]}}"#,
        patient(dice)
    )
}

/// A Consent with the mark in every place that says nothing of what is permitted, and faults in some.
pub fn consent(dice: &mut Dice) -> String {
    let patient = dice.pick(&["1", "ZQ7MARK not an id"]);
    let when = dice.pick(&["2026-01-02", "ZQ7MARK"]);
    let kind = dice.pick(&["permit", "deny", "ZQ7MARK"]);
    let status = dice.pick(&["active", "ZQ7MARK"]);
    format!(
        r#"{{"resourceType":"Consent","id":"{}","status":"{status}","category":[{{"text":"{MARK}"}}],"patient":{{"reference":"Patient/{patient}","display":"{MARK}"}},"dateTime":"{when}","performer":[{{"display":"{MARK}"}}],"sourceAttachment":{{"data":"{MARK_BASE64}w==","title":"{MARK}"}},"policy":[{{"uri":"urn:{MARK}"}}],"verification":[{{"verifiedWith":{{"display":"{MARK}"}}}}],"provision":{{"type":"{kind}","actor":[{{"reference":{{"display":"{MARK}"}}}}],"purpose":[{{"code":"HMARKT","display":"{MARK}"}}],"data":[{{"reference":{{"reference":"{MARK}"}}}}]}},{}}}"#,
        dice.pick(&["c1", "ZQ7MARK"]),
        hidden(dice)
    )
}

/// Bytes on the wire: noise, frames that begin anew, one over the limit, with the mark in all that is no listed place.
pub fn wire(dice: &mut Dice, listed: &Listed) -> Vec<u8> {
    let mut out = format!("{MARK}\u{b}MSH|{MARK}").into_bytes();
    let whole = message(dice, listed).replace('\n', "\r");
    let long = format!(
        "MSH|^~\\&|EHR|HOSP|X|Y|||ADT^A04|77|P|2.5.1\rPID|{}\r",
        MARK.repeat(3_000)
    );
    for text in [whole, long, faulty_message(dice)] {
        out.push(0x0b);
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(&[0x1c, b'\r']);
    }
    out.extend_from_slice(MARK.as_bytes());
    out
}

/// A text as the other systems write it: UTF-16 with its mark.
pub fn wide(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

fn patient(dice: &mut Dice) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"1","identifier":[{{"value":"{MARK}","system":"urn:{MARK}"}}],"name":[{{"use":"official","family":"Moss","given":["Ada"],"text":"{MARK}","suffix":["{MARK}"],"prefix":["{MARK}"],"period":{{"start":"{MARK}"}},"_family":{{"extension":[{{"valueString":"{MARK}"}}]}}}}],"telecom":[{{"system":"email","value":"ada@example.org","period":{{"end":"{MARK}"}}}}],"birthDate":"1960-02-29","_birthDate":{{"extension":[{{"url":"{MARK}","valueDateTime":"{MARK}"}}]}},"photo":[{{"data":"{MARK_BASE64}w==","title":"{MARK}"}}],"contact":[{{"name":{{"family":"{MARK}"}},"telecom":[{{"value":"{MARK}"}}]}}],"generalPractitioner":[{{"display":"{MARK}"}}],"link":[{{"other":{{"reference":"Patient/{MARK}"}}}}],"maritalStatus":{{"text":"{MARK}"}},"address":[{{"use":"home","line":["1 Elm St"],"city":"Columbus","state":"OH","postalCode":"43004","text":"{MARK}","district":"{MARK}","extension":[{{"valueDecimal":1,"url":"{MARK}"}}]}}],{}}}"#,
        hidden(dice)
    )
}

/// What can stand in any resource.
fn hidden(dice: &mut Dice) -> String {
    let mut parts = vec![
        format!(
            r#""text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">{MARK}</div>"}}"#
        ),
        format!(r#""extension":[{{"url":"{MARK}","valueString":"{MARK}"}}]"#),
        format!(r#""modifierExtension":[{{"url":"{MARK}"}}]"#),
        format!(
            r#""contained":[{{"resourceType":"Patient","name":[{{"family":"{MARK}"}}]}},{{"resourceType":"{MARK}"}}]"#
        ),
        format!(r#""meta":{{"source":"{MARK}","tag":[{{"display":"{MARK}"}}]}}"#),
        format!(r#""implicitRules":"{MARK}""#),
        format!(r#""{MARK}":{{"{MARK}":["{MARK}"]}}"#),
        format!(r#""\u005aQ7MARK":"{MARK}""#),
    ];
    let n = 1 + dice.roll(parts.len() as u64);
    let from = dice.roll(parts.len() as u64);
    parts.rotate_left(usize::try_from(from).unwrap_or_default());
    parts.truncate(usize::try_from(n).unwrap_or_default());
    parts.join(",")
}

/// A resource that cannot be taken, with the mark where the fault is.
pub fn faulty_resource(dice: &mut Dice) -> String {
    let name = r#""name":[{"family":"Moss"}]"#;
    match dice.roll(8) {
        0 => format!(r#"{{"resourceType":"Patient","id":"1",{name},"birthDate":"{MARK}"}}"#),
        1 => format!(r#"{{"resourceType":"Patient","id":"1",{name},"gender":"{MARK}"}}"#),
        2 => format!(r#"{{"resourceType":"Patient","id":"1","name":"{MARK}"}}"#),
        3 => format!(r#"{{"resourceType":"Patient","id":"1",{name},"birthDate":{{"{MARK}":1}}}}"#),
        4 => format!(
            r#"{{"resourceType":"Patient","id":"{MARK}{}",{name}}}"#,
            "x".repeat(300)
        ),
        5 => {
            let whole = patient(dice);
            let at = usize::try_from(dice.roll(whole.len() as u64)).unwrap_or_default();
            whole.get(..at).unwrap_or(MARK).to_owned()
        }
        6 => format!("{MARK}"),
        _ => format!(
            r#"{{"resourceType":"Appointment","id":"1","status":"{MARK}","start":"{MARK}"}}"#
        ),
    }
}

/// A CSV with the mark in every column that nobody declared, and in its header.
pub fn table(dice: &mut Dice) -> String {
    let mut out = format!("source_ref,{MARK},family,notes {MARK},email\n");
    for n in 0..20 {
        let _ = writeln!(
            out,
            "{n},{MARK},Moss,\"{MARK},\"\"{MARK}\",{}",
            dice.pick(&["ada@example.org", "", "ZQ7MARK"])
        );
    }
    out
}
