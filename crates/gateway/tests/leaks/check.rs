//! Runs generated records through everything that says something, and looks for the mark.

use std::ops::ControlFlow;
use std::path::Path;

use placet_gateway::mllp::ack::{Envelope, Outcome};
use placet_gateway::mllp::frame::{Deframer, Frame};
use placet_gateway::spool::{Spool, SpoolKey};
use placet_gateway::{Fault, Flow, Kind, Options, arrivals, consent, filter};

use super::generate::{self, Dice, Listed, MARK, MARK_BASE64, MARK_HEX};

/// What was run and what was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Records generated.
    pub n_records: u64,
    /// Records of which something came out.
    pub n_kept: u64,
    /// Where the mark came out, at most a few.
    pub leaks: Vec<String>,
}

struct Check {
    flow: Flow,
    options: Options,
    spool: Spool,
    found: Found,
}

/// Generates `n` records from a seed and checks every output of them.
pub fn run(seed: u64, n: u64, folder: &Path) -> Found {
    let flow = Flow::people();
    let listed = Listed::of(flow.fields());
    let key = SpoolKey::new(&[7; 32]).expect("a key of 32 bytes");
    let mut check = Check {
        flow,
        options: Options::on(jiff::civil::date(2026, 3, 1)),
        spool: Spool::open(folder, key, u64::MAX).expect("a spool in an empty folder"),
        found: Found::default(),
    };
    let mut dice = Dice::new(seed);
    while check.found.n_records < n {
        match dice.roll(12) {
            10 => check.consent(&generate::consent(&mut dice)),
            11 if dice.roll(20) == 0 => check.wire(&generate::wire(&mut dice, &listed)),
            11 => {
                let text = generate::resource(&mut dice, 1);
                check.bytes("wide fhir", &generate::wide(&text), true);
            }
            0..=3 => check.records("hl7", &generate::message(&mut dice, &listed), true),
            4 => check.faulty_message(&generate::faulty_message(&mut dice)),
            5..=7 => check.records("fhir", &generate::resource(&mut dice, 2), true),
            8 => check.records("faulty fhir", &generate::faulty_resource(&mut dice), false),
            _ if dice.roll(50) == 0 => check.records("csv", &generate::table(&mut dice), false),
            _ => check.records("fhir", &generate::resource(&mut dice, 0), true),
        }
    }
    for entry in std::fs::read_dir(folder)
        .expect("the folder of the spool")
        .flatten()
    {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        check.look("the spool", &String::from_utf8_lossy(&bytes));
    }
    check.found
}

impl Check {
    /// `is_clean`: no listed place holds the mark, so the output may not either.
    fn records(&mut self, what: &str, input: &str, is_clean: bool) {
        self.bytes(what, input.as_bytes(), is_clean);
    }

    fn bytes(&mut self, what: &str, input: &[u8], is_clean: bool) {
        self.found.n_records += 1;
        let mut out = String::new();
        let report = filter(input, &self.flow, &self.options, &mut |line| {
            out.push_str(line);
            out.push('\n');
            Ok(())
        });
        let report = report.expect("memory can be written to");
        self.found.n_kept += u64::from(report.n_kept > 0);
        if is_clean {
            self.look(&format!("output of {what}"), &out);
            if self.found.n_records.is_multiple_of(64) && !out.is_empty() {
                let kept = self.spool.append([out.as_bytes()]);
                kept.expect("the spool takes it");
            }
        }
        self.look(&format!("report of {what}"), &report.to_string());
        self.look(
            &format!("JSON report of {what}"),
            &serde_json::to_string(&report).expect("a report is JSON"),
        );
        let mut debug = String::new();
        let report = arrivals(input, &self.flow, &self.options, &mut |_, _, arrival| {
            debug.push_str(&format!("{arrival:?}"));
            ControlFlow::Continue(())
        });
        self.look(&format!("arrivals of {what}"), &debug);
        self.look(
            &format!("findings of {what}"),
            &format!("{report:?}{report}"),
        );
    }

    fn faulty_message(&mut self, input: &str) {
        self.records("faulty hl7", input, false);
        let envelope = Envelope::read(input.as_bytes());
        let now = jiff::Timestamp::UNIX_EPOCH;
        for outcome in [
            Outcome::Accepted,
            Outcome::of(Fault::at(Kind::BadDate, "PID-7")),
            Outcome::of(Fault::of(Kind::NotAMessage)),
            Outcome::NotNow,
        ] {
            for answer in envelope.answers(&outcome, now, 1) {
                self.look("an acknowledgement", &String::from_utf8_lossy(&answer));
            }
        }
    }

    /// Consents: what is recorded of one, and why another is refused.
    fn consent(&mut self, input: &str) {
        self.found.n_records += 1;
        let mut said = Vec::new();
        let done = consent::file::each(input.as_bytes(), &self.options, &mut |_, arrival| {
            said.push(arrival.says);
        });
        let mut debug = format!("{said:?} {done:?}");
        for finding in &done.refused {
            debug.push_str(&finding.to_string());
        }
        self.look("a consent", &debug);
    }

    /// Bytes from a sender: each frame is filtered, and answered.
    fn wire(&mut self, bytes: &[u8]) {
        let mut frames = Vec::new();
        let mut deframer = Deframer::new(16 << 10);
        deframer.push(bytes, &mut |frame| frames.push(frame));
        for frame in frames {
            let (Frame::Message(message) | Frame::TooLong(message)) = frame;
            self.bytes("a frame", &message, false);
            let now = jiff::Timestamp::UNIX_EPOCH;
            let outcome = Outcome::of(Fault::of(Kind::TooLong));
            for answer in Envelope::read(&message).answers(&outcome, now, 1) {
                self.look("an answer", &String::from_utf8_lossy(&answer));
            }
        }
    }

    fn look(&mut self, place: &str, text: &str) {
        let lower = text.to_lowercase();
        let is_there = [MARK, MARK_BASE64, MARK_HEX]
            .iter()
            .any(|mark| lower.contains(&mark.to_lowercase()));
        if is_there && self.found.leaks.len() < 5 {
            let shown: String = text.chars().take(3_000).collect();
            self.found
                .leaks
                .push(format!("record {}, {place}: {shown}", self.found.n_records));
        }
    }
}
