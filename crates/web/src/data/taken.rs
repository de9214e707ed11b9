//! What a run of an import read, dropped, refused and took, as it is kept with the run.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;

use crate::components::notice::{done, info, warn};
use crate::components::number;
use crate::components::table::Table;
use crate::query::Query;

/// The report of a run; empty while it runs.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Taken {
    /// What the gateway says of the input.
    pub read: Reading,
    /// What became of what was let through, by code.
    pub taken: BTreeMap<String, u64>,
}

/// What was read.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Reading {
    pub n_read: u64,
    pub n_kept: u64,
    pub n_dropped: u64,
    pub n_refused: u64,
    pub n_set_aside: u64,
    pub is_cut_short: bool,
    dropped: BTreeMap<String, u64>,
    not_signed: Vec<String>,
    refused: Vec<Finding>,
    set_aside: Vec<Finding>,
}

/// One record that was refused, or one value that was left out.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Finding {
    line: u64,
    entry: Option<u64>,
    path: Option<String>,
    says: String,
    next: String,
}

/// What may become of an arrival, in the order in which it is shown.
const OUTCOMES: [(&str, &str); 13] = [
    ("added", "New people"),
    ("updated", "People about whom something changed"),
    ("unchanged", "People about whom nothing was new"),
    ("became_patients", "Of these: became patients"),
    ("matched", "People known from another source already"),
    (
        "possible_duplicates",
        "Possible duplicates: same name and date of birth",
    ),
    ("appointments", "Appointments taken"),
    ("past_appointments", "Appointments that are over"),
    (
        "unknown_people",
        "Appointments and merges of people who are not held",
    ),
    ("joined", "Records joined"),
    ("parted", "Records parted again"),
    ("superseded", "Records that go on under another"),
    ("erased", "People who were erased, and stay so"),
];

impl Taken {
    /// Reads a kept report; one that cannot be read says nothing.
    pub fn read(report: &str) -> Self {
        serde_json::from_str(report).unwrap_or_default()
    }

    /// How much of it came in.
    pub fn in_a_line(&self) -> String {
        let read = &self.read;
        format!(
            "{} records were read: {} taken, {} of other kinds dropped, {} refused.",
            number(read.n_read),
            number(read.n_kept),
            number(read.n_dropped),
            number(read.n_refused)
        )
    }

    /// What to do now.
    pub fn next_step(&self, has_ended: bool) -> Markup {
        let read = &self.read;
        if !has_ended {
            return warn(
                "This import has not ended",
                &html! { p { "It runs, or it was cut off. What was taken stays: import the file again, and nothing is taken twice." } },
            );
        }
        if read.is_cut_short || read.n_refused > 0 {
            return warn(
                if read.is_cut_short {
                    "It stopped before the end"
                } else {
                    "Some records were refused"
                },
                &html! { p { "Correct what the list below names, where the records come from, and import again. What was taken stays, and nothing is taken twice." } },
            );
        }
        done(
            "Everything that the flow lists came in",
            &html! { p { "An import brings no permission: who may be written to is unchanged until permissions are recorded under People." } },
        )
    }

    /// The lists behind the counts.
    pub fn tables(&self, query: &Query) -> Markup {
        let read = &self.read;
        let came = OUTCOMES.iter().filter_map(|(code, label)| {
            let n = *self.taken.get(*code).filter(|n| **n > 0)?;
            Some(html! { th scope="row" { (label) } td.number { (number(n)) } })
        });
        let came: Vec<Markup> = came.collect();
        let dropped = read.dropped.iter().map(|(path, n)| {
            html! { th scope="row" { code { (path) } } td.number { (number(*n)) } }
        });
        html! {
            @if !read.refused.is_empty() {
                h2 { "Refused" }
                (findings("Refused records, by line", &read.refused, query))
                (more(read.n_refused, read.refused.len()))
            }
            @if !read.set_aside.is_empty() {
                h2 { "Left out of a record that was taken" }
                (findings("Values left out, by line", &read.set_aside, query))
                (more(read.n_set_aside, read.set_aside.len()))
            }
            @if !came.is_empty() {
                h2 { "What became of them" }
                (Table::new("What became of the records that were let in").column("Outcome").number("How many").rows(came).render(query))
            }
            @if !read.not_signed.is_empty() {
                (info("Fields that wait for a signature", &html! {
                    p { "The flow lists them, and compliance has not signed them in the catalogue, so they were dropped: "
                        (read.not_signed.join(", ")) ". " a href="/data" { "Open the catalogue" } }
                }))
            }
            @if !read.dropped.is_empty() {
                h2 { "Dropped, by the name of the field" }
                p.soft { "The flow does not list them, so nothing of them was kept. To let a field in, declare the next version of the flow." }
                (Table::new("Dropped fields and records").column("Field").number("How often").rows(dropped).render(query))
            }
        }
    }
}

fn findings(caption: &str, all: &[Finding], query: &Query) -> Markup {
    let rows = all.iter().map(|one| {
        html! {
            th scope="row" { (number(one.line)) @if let Some(entry) = one.entry { ", entry " (number(entry)) } }
            td { @if let Some(path) = &one.path { code { (path) } } @else { "the record" } }
            td { (one.says) }
            td { (one.next) }
        }
    });
    Table::new(caption)
        .column("Line")
        .column("Where")
        .column("What is wrong")
        .column("What to do")
        .rows(rows)
        .render(query)
}

fn more(n: u64, listed: usize) -> Markup {
    let listed = u64::try_from(listed).unwrap_or(u64::MAX);
    html! { @if n > listed { p.soft { "The first " (number(listed)) " of " (number(n)) " are listed." } } }
}
