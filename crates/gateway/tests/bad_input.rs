//! Inputs that are broken or hostile: each ends, in bounded memory, refused with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::{self, Read};

use placet_gateway::{Flow, Format, Options, Report, consent, filter, ms};

fn options(format: Option<Format>) -> Options {
    let mut options = Options::on(jiff::civil::date(2026, 3, 1));
    options.format = format;
    options
}

fn filtered(input: impl Read, format: Option<Format>) -> (String, Report) {
    let mut out = String::new();
    let report = filter(input, &Flow::people(), &options(format), &mut |line| {
        out.push_str(line);
        out.push('\n');
        Ok(())
    });
    (out, report.unwrap())
}

const PATIENT: &str = r#"{"resourceType":"Patient","id":"1","name":[{"family":"Moss"}]}"#;

/// One letter again and again, without an end of line, and after it something.
struct Endless {
    left: u64,
    letter: u8,
    then: &'static [u8],
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return self.then.read(into);
        }
        let n = into
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        into.iter_mut().take(n).for_each(|byte| *byte = self.letter);
        self.left -= n as u64;
        Ok(n)
    }
}

/// Any length without an end is refused as one record; what comes after it is read. No more than one is ever held.
#[test]
fn a_line_without_an_end_is_one_refused_record() {
    let then = b"\n{\"resourceType\":\"Patient\",\"id\":\"1\",\"name\":[{\"family\":\"Moss\"}]}\n";
    let input = Endless {
        left: 1 << 28,
        letter: b'x',
        then,
    };
    let (out, report) = filtered(input, Some(Format::Ndjson));
    assert_eq!((report.n_refused, report.n_kept), (1, 1), "{report}");
    assert_eq!(out.lines().count(), 1);
    for format in [Format::Csv, Format::Hl7, Format::Document] {
        let input = Endless {
            left: 1 << 24,
            letter: b'x',
            then: b"\n",
        };
        let (out, report) = filtered(input, Some(format));
        assert!(out.is_empty() && !report.is_clean(), "{report}");
    }
}

/// Ten thousand brackets: in what is dropped, in what is listed, around everything; on the stack of a server's thread.
#[test]
fn ten_thousand_levels_are_passed_over_or_refused() {
    let run = || {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep =
                |inner: &str| format!("{}{inner}{}", open.repeat(10_000), close.repeat(10_000));
            let inputs = [
                PATIENT.replace("\"id\"", &format!("\"extension\":{},\"id\"", deep("1"))),
                PATIENT.replace("\"Moss\"", &deep("1")),
                deep(PATIENT),
                open.repeat(10_000),
            ];
            for input in inputs {
                for format in [Format::Ndjson, Format::Document] {
                    let (_, report) = filtered(input.as_bytes(), Some(format));
                    assert_eq!(report.n_kept + report.n_refused, 1, "{report}");
                }
                let entry =
                    format!("{{\"resourceType\":\"Bundle\",\"entry\":[{{\"resource\":{input}}}]}}");
                let (out, _) = filtered(entry.as_bytes(), Some(Format::Bundle));
                assert!(out.len() < 200, "what is deep is not let through");
                consent::file::each(input.as_bytes(), &options(None), &mut |_, _| {
                    panic!("there is no consent in it");
                });
                assert!(ms::Config::load(&input).is_err());
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run);
    thread.unwrap().join().unwrap();
}

#[test]
fn broken_and_wide_texts_are_refused_and_the_next_record_is_read() {
    let broken = [
        b"{\"resourceType\":\"Patient\",\"id\":\"\xff\xfe\"}\n",
        PATIENT.as_bytes(),
    ]
    .concat();
    let (_, report) = filtered(broken.as_slice(), Some(Format::Ndjson));
    assert_eq!((report.n_refused, report.n_kept), (1, 1), "{report}");
    let wide =
        |join: fn(u16) -> [u8; 2]| PATIENT.encode_utf16().flat_map(join).collect::<Vec<u8>>();
    for mark in [true, false] {
        for (head, body) in [
            ([0xff, 0xfe], wide(u16::to_le_bytes)),
            ([0xfe, 0xff], wide(u16::to_be_bytes)),
        ] {
            let input = if mark {
                [head.as_slice(), &body].concat()
            } else {
                body
            };
            let (out, report) = filtered(input.as_slice(), None);
            assert!(out.is_empty(), "UTF-16 is no FHIR: {out}");
            assert!(!report.is_clean(), "{report}");
        }
    }
}

/// What unpacks to much is never unpacked: it stands in a field that is dropped, or passes as the text it is.
#[test]
fn a_packed_note_is_dropped_and_not_unpacked() {
    let bomb = format!("H4sIAAAAAAAA{}", "A".repeat(1 << 20));
    let input = format!(
        r#"{{"resourceType":"DocumentReference","id":"1","content":[{{"attachment":{{"data":"{bomb}"}}}}]}}"#
    );
    let (out, _) = filtered(input.as_bytes(), Some(Format::Ndjson));
    assert!(!out.contains("H4sI"));
}
