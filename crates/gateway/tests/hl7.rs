//! HL7 v2 as its user meets it: every shared sample message passes, nothing clinical comes out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use placet_domain::arrival::Arrival;
use placet_gateway::{Flow, Options, arrivals, filter};

fn options() -> Options {
    Options::on(jiff::civil::date(2026, 3, 1))
}

/// The shared messages of a folder; nothing, and said so, where they are absent.
fn shared(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let root = std::env::var_os("PLACET_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = root.join("data/ehr/hl7v2").join(folder);
    let Ok(listed) = fs::read_dir(&folder) else {
        println!("skipped: no shared messages at {}", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read(&path).unwrap();
            (path, text)
        })
        .collect()
}

#[test]
fn every_shared_message_passes_and_only_admissions_and_schedules_leave_something() {
    let flow = Flow::people();
    for (folder, leaves_something) in [("adt-siu", true), ("other", false)] {
        for (path, text) in shared(folder) {
            let mut out = String::new();
            let report = filter(text.as_slice(), &flow, &options(), &mut |line| {
                out.push_str(line);
                Ok(())
            })
            .unwrap();
            assert!(report.is_clean(), "{}: {report}", path.display());
            assert_eq!(report.n_read, 1, "{}", path.display());
            let is_listed = leaves_something && !matches!(event_of(&text), "A29" | "A45" | "A60");
            assert_eq!(report.n_kept, u64::from(is_listed), "{}", path.display());
            for word in [
                "PV1",
                "OBX",
                "DG1",
                "NK1",
                "IN1",
                "SECURITY",
                "123123121",
                "Ulcerative",
            ] {
                assert!(!out.contains(word), "{}: {word}", path.display());
            }
        }
    }
}

#[test]
fn everybody_in_the_shared_admissions_and_schedules_arrives() {
    let flow = Flow::people();
    let (mut n_people, mut n_appointments, mut n_joins) = (0, 0, 0);
    let messages = shared("adt-siu");
    for (path, text) in &messages {
        let report = arrivals(text.as_slice(), &flow, &options(), &mut |_, _, arrival| {
            match arrival {
                Arrival::Person(_) => n_people += 1,
                Arrival::Appointment(_) => n_appointments += 1,
                Arrival::Joined(_) => n_joins += 1,
                Arrival::Parted(_) => panic!("nobody is parted here"),
            }
            ControlFlow::Continue(())
        });
        assert!(report.is_clean(), "{}: {report}", path.display());
    }
    if !messages.is_empty() {
        assert_eq!((n_people, n_appointments, n_joins), (33, 7, 2));
    }
}

/// All messages in one stream, as a capture has them.
#[test]
fn the_shared_messages_are_told_apart_in_one_stream() {
    let messages = shared("adt-siu");
    let stream: Vec<u8> = messages
        .iter()
        .flat_map(|(_, text)| text.iter().copied().chain(*b"\n"))
        .collect();
    if stream.is_empty() {
        return;
    }
    let report = filter(stream.as_slice(), &Flow::people(), &options(), &mut |_| {
        Ok(())
    })
    .unwrap();
    assert_eq!(report.n_read, messages.len() as u64, "{report}");
}

fn event_of(text: &[u8]) -> &str {
    let header = std::str::from_utf8(text).unwrap().lines().next().unwrap();
    let kind = header.split('|').nth(8).unwrap();
    kind.split('^').nth(1).unwrap()
}
