//! The fuzz targets: shared by the long run (`examples/fuzz_parsers.rs`) and the short one (`tests/fuzz.rs`).

use std::io::Read;

use jiff::civil::date;
use placet_domain::time::Timestamp;
use placet_gateway::mllp::ack::{Envelope, Outcome};
use placet_gateway::mllp::frame::{Deframer, Frame, framed};
use placet_gateway::{Flow, Format, Options, arrivals, consent, filter, ms, try_on};
use serde_json::Value;

use super::damage::Damage;

pub const NAMES: [&str; 8] = [
    "ndjson", "bundle", "document", "hl7", "mllp", "csv", "consent", "config",
];

/// Every format has its samples; those of a format are damaged with the words of all.
fn samples(name: &str) -> Vec<String> {
    let bundle = include_str!("../testdata/bundle.json");
    match name {
        "ndjson" | "document" => lines(include_str!("../testdata/people.ndjson")),
        "bundle" => vec![bundle.to_owned()],
        "csv" => vec![include_str!("../testdata/people.csv").to_owned()],
        "consent" => vec![
            CONSENT_R4.to_owned(),
            CONSENT_R5.to_owned(),
            bundle.to_owned(),
        ],
        "config" => vec![CONFIG.to_owned()],
        _ => vec![ADMIT.to_owned(), BOOK.to_owned(), MERGE.to_owned()],
    }
}

fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.push(text.to_owned());
    lines
}

const ADMIT: &str = "MSH|^~\\&|EHR|HOSP|X|Y|20260301120000-0500||ADT^A04|77|P|2.5.1|||AL|NE||UNICODE UTF-8\rEVN|A04|20260301\rPID|||1^^^HOSP^MR~9^^^SSA^SS||Moss^Ada^^^^^L||19600229|F|||1 Elm St&Apt 2^^Columbus^OH^43004^US||^PRN^Internet^ada@example.org~6145550142||||||||||||||||20260101|N\rNK1||Moss^Bo\rOBX|1|TX|||Ada \\H\\fell\\N\\ \\X41\\\r";
const BOOK: &str = "MSH|^~\\&|EHR|HOSP|X|Y|20260301120000||SIU^S12|78|P|2.5.1\nSCH|5|6||||||||^^^202604011200-0500|202604011200-0500\nPID|||1^^^HOSP^MR||Moss^Ada\nTQ1|||||||202604011200-0500\nAIS|1||X|202604011200-0500\n";
const MERGE: &str = "MSH|^~\\&|EHR|HOSP|X|Y|20260301120000||ADT^A40|79|P|2.5.1\r\nPID|||1^^^HOSP^MR||Moss^Ada\r\nMRG|2^^^HOSP^MR\r\n";
const CONSENT_R4: &str = r#"{"resourceType":"Consent","id":"c1","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"coding":[{"code":"59284-0"}]}],"patient":{"reference":"Patient/1"},"dateTime":"2026-01-02","policyRule":{"coding":[{"code":"OPTIN"}]},"provision":{"type":"permit","period":{"start":"2026-01-01","end":"2027-01-01"},"purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HMARKT"}],"provision":[{"type":"deny","purpose":[{"code":"HMARKT"}]}]}}"#;
const CONSENT_R5: &str = r#"{"resourceType":"Consent","id":"c2","status":"active","subject":{"reference":"Patient/1"},"date":"2026-01-02","decision":"permit","provision":[{"purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HMARKT"}]}]}"#;
const CONFIG: &str = r#"{"fhirVersion":"R4","processingErrors":"raise","fhirPathRules":[{"path":"Patient.name.family","method":"keep"},{"path":"nodesByType('HumanName')","method":"redact"},{"path":"Patient.birthDate","method":"dateShift"},{"path":"Resource.id","method":"cryptoHash"},{"path":"Patient.address.where(use = 'home').city","method":"substitute","replaceWith":"x"},{"path":"Patient.gender","method":"generalize","cases":{"$this = 'male'":"'m'"},"otherValues":"keep"},{"path":"(nodesByType('Extension') | Patient.descendants())","method":"redact"}],"parameters":{"dateShiftKey":"k","cryptoHashKey":"k","enablePartialAgesForRedact":true,"enablePartialDatesForRedact":true,"enablePartialZipCodesForRedact":true,"restrictedZipCodeTabulationAreas":["036"]}}"#;

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "[[[[[[[[[[[[[[[[",
    "{\"a\":",
    "\"",
    ":",
    ",",
    "null",
    "true",
    "-1",
    "1e999",
    "\\u0000",
    "\\ud800",
    "\\\"",
    "\u{0}",
    "\u{202e}",
    "\u{feff}",
    "é",
    "\n",
    "\r",
    "\r\n",
    "|",
    "^",
    "~",
    "&",
    "\\",
    "\\F\\",
    "\\X0D\\",
    "\\XZ\\",
    "\\C2842\\",
    "\\.br\\",
    "MSH|",
    "MSH|^~\\&|",
    "PID|",
    "MRG|",
    "SCH|",
    "FHS|",
    "ADT^A40",
    "SIU^S15",
    "8859/1",
    "UNICODE UTF-16",
    "\u{b}",
    "\u{1c}\r",
    "\u{1c}",
    "\"\"",
    "2026-02-30",
    "99999999",
    "-009999",
    "20260301120000-2500",
    "resourceType",
    "Bundle",
    "Patient",
    "contained",
    "extension",
    "entry",
    "resource",
    "=cmd()",
    "a,b,c\n",
    "email",
    "birthDate",
    "_birthDate",
    "where(",
    "nodesByType('",
    "')",
    " | ",
    ".descendants()",
    "provision",
    "deny",
    "HMARKT",
    "permit",
    "decision",
];

/// The beginning of a run: what is damaged.
pub fn begin(name: &str, seed: u64) -> Damage {
    let kept = samples(name).into_iter().map(String::into_bytes).collect();
    Damage::new(seed, kept, WORDS)
}

/// What every input is run against.
pub struct Target {
    name: String,
    flow: Flow,
    sample: Value,
}

impl Target {
    pub fn new(name: &str) -> Self {
        let sample = include_str!("../testdata/people.ndjson");
        let sample = sample
            .lines()
            .find_map(|line| serde_json::from_str(line).ok());
        Self {
            name: name.to_owned(),
            flow: Flow::people(),
            sample: sample.expect("a person"),
        }
    }

    /// Runs one input; whether its kind of answer is new.
    pub fn run(&self, damage: &mut Damage, input: &[u8]) -> bool {
        let answer = match self.name.as_str() {
            "ndjson" => self.filtered(input, Format::Ndjson),
            "bundle" => self.filtered(input, Format::Bundle),
            "document" => self.filtered(input, Format::Document),
            "hl7" => self.filtered(input, Format::Hl7),
            "csv" => self.filtered(input, Format::Csv),
            "mllp" => framed_alike(damage, input),
            "consent" => consents(input),
            _ => self.configured(input),
        };
        damage.is_new(&answer, input)
    }

    /// The same comes out however the input is cut, and what came out passes again as it is.
    fn filtered(&self, input: &[u8], format: Format) -> String {
        let mut options = Options::on(date(2026, 3, 1));
        options.format = Some(format);
        options.limit = 1 << 14;
        let (out, report) = self.filter(input, &options);
        assert_eq!(
            self.filter(Sip(input), &options),
            (out.clone(), report.clone()),
            "it matters how the input is cut"
        );
        if matches!(format, Format::Ndjson | Format::Hl7) {
            let again = self.filter(out.as_bytes(), &options).0;
            assert_eq!(again, out, "what passed does not pass again");
        }
        for line in out.lines().filter(|_| format != Format::Hl7) {
            let _: Value = serde_json::from_str(line).expect("JSON comes out");
        }
        let mut kinds = Vec::new();
        let _ = arrivals(input, &self.flow, &options, &mut |_, _, arrival| {
            let said = format!("{arrival:?}");
            kinds.push(
                said.split(['(', '{', ' '])
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            );
            std::ops::ControlFlow::Continue(())
        });
        let _ = try_on(input, &self.flow, &options);
        kinds.dedup();
        format!("{} {}", kinds.join(" "), shape(&report))
    }

    fn filter(&self, input: impl Read, options: &Options) -> (String, String) {
        let mut out = String::new();
        let report = filter(input, &self.flow, options, &mut |line| {
            out.push_str(line);
            out.push('\n');
            Ok(())
        });
        (out, report.expect("memory takes it").to_string())
    }

    /// A configuration runs, or says why not; what it becomes as a flow can be loaded.
    fn configured(&self, input: &[u8]) -> String {
        let config = match ms::Config::load(&String::from_utf8_lossy(input)) {
            Ok(config) => config,
            Err(says) => return shape(&says),
        };
        let imported = ms::to_flow(&config, "imported");
        if imported.n_fields > 0 {
            let loaded = Flow::load("imported.toml", &imported.flow);
            assert!(loaded.is_ok(), "{:?}\n{}", loaded.err(), imported.flow);
        }
        let ran = config.run(&self.sample, date(2026, 3, 1));
        let left: Vec<String> = imported
            .left_out
            .iter()
            .map(|(_, says)| shape(says))
            .collect();
        match ran {
            Ok(_) => format!("ran {}", left.join("|")),
            Err(says) => shape(&says),
        }
    }
}

/// The same frames however the bytes are cut; a message framed anew is one frame; every answer is a message.
fn framed_alike(damage: &mut Damage, input: &[u8]) -> String {
    let mut wire = Vec::new();
    for part in input.split(|byte| *byte == b'\n') {
        wire.extend(framed(part));
    }
    wire.extend_from_slice(input);
    let at_once = frames([wire.as_slice()].into_iter());
    let step = 1 + damage.below(7);
    assert_eq!(
        frames(wire.chunks(step)),
        at_once,
        "it matters how frames are cut"
    );
    let mut kinds = Vec::new();
    for frame in &at_once {
        let (Frame::Message(message) | Frame::TooLong(message)) = frame;
        let envelope = Envelope::read(message);
        for outcome in [Outcome::Accepted, Outcome::NotNow] {
            for answer in envelope.answers(&outcome, Timestamp::UNIX_EPOCH, 1) {
                assert!(answer.starts_with(b"MSH"), "an answer is a message");
                assert!(!answer.contains(&0x1c) && !answer.contains(&0x0b));
                kinds.push(String::from_utf8_lossy(&answer).len() / 64);
            }
        }
        kinds.push(usize::from(matches!(frame, Frame::TooLong(_))));
    }
    kinds.dedup();
    format!("{kinds:?}")
}

fn frames<'b>(blocks: impl Iterator<Item = &'b [u8]>) -> Vec<Frame> {
    let mut deframer = Deframer::new(1 << 12);
    let mut found = Vec::new();
    for block in blocks {
        deframer.push(block, &mut |frame| found.push(frame));
    }
    found
}

fn consents(input: &[u8]) -> String {
    let mut options = Options::on(date(2026, 3, 1));
    options.limit = 1 << 14;
    let mut said = Vec::new();
    let done = consent::file::each(input, &options, &mut |_, arrival| {
        said.push(format!("{:?}", arrival.says));
    });
    let again = consent::file::each(Sip(input), &options, &mut |_, _| {});
    assert_eq!(again, done, "it matters how the input is cut");
    let codes: Vec<String> = done
        .refused
        .iter()
        .map(|one| shape(&one.to_string()))
        .collect();
    shape(&format!("{said:?} {codes:?} {}", done.n_other.min(1)))
}

/// Gives one byte at a time.
struct Sip<'b>(&'b [u8]);

impl Read for Sip<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = into.len().min(1);
        self.0.read(&mut into[..n])
    }
}

/// A text without its particulars.
fn shape(text: &str) -> String {
    let plain = |(at, piece): (usize, &str)| {
        let letters = piece
            .chars()
            .filter(|c| c.is_ascii_alphabetic() || *c == ' ');
        (at % 2 == 0).then(|| letters.collect::<String>())
    };
    let mut words: Vec<String> = text.split('`').enumerate().filter_map(plain).collect();
    words.dedup();
    words.join("|")
}
