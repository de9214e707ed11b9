//! What a run read, kept, dropped and refused: counts, paths and places, never a value.

use std::collections::BTreeMap;
use std::fmt;

use placet_phi::{Options, Profile, Scanner};
use serde::Serialize;

use crate::fault::{Fault, Finding, Place};
use crate::flow::Flow;

/// How many findings are listed one by one; the counts go on.
const LISTED: usize = 1_000;

/// Counters of one run, numbered by the flow.
pub(crate) struct Tally {
    counts: Vec<u64>,
    /// What has no counter in the flow: the wrapping of bundles, columns of a CSV.
    named: BTreeMap<String, u64>,
    /// Made when the first free text comes.
    scanner: Option<Box<Scanner>>,
}

impl Tally {
    pub(crate) fn new(flow: &Flow) -> Self {
        Self {
            counts: vec![0; flow.n_counters()],
            named: BTreeMap::new(),
            scanner: None,
        }
    }

    pub(crate) fn dropped(&mut self, counter: usize) {
        if let Some(count) = self.counts.get_mut(counter) {
            *count += 1;
        }
    }

    pub(crate) fn dropped_named(&mut self, name: &str, n: u64) {
        match self.named.get_mut(name) {
            Some(count) => *count += n,
            None => {
                self.named.insert(name.to_owned(), n);
            }
        }
    }

    /// A free text without what identifies a person, whoever allowed the field; what was taken out
    /// is counted by its kind. Nothing when there is nothing to take out.
    pub(crate) fn without_phi(&mut self, path: &str, text: &str) -> Option<String> {
        // Strict needs no clock: every age and year goes.
        let made = || Box::new(Scanner::new(Options::new(Profile::Strict, 0)));
        let spans = self.scanner.get_or_insert_with(made).scan(text);
        if spans.is_empty() {
            return None;
        }
        let clean = placet_phi::redact(text, spans);
        for span in spans {
            let name = format!("{path} ({} in the text)", span.kind.as_str());
            *self.named.entry(name).or_default() += 1;
        }
        Some(clean)
    }

    pub(crate) fn by_path(self, flow: &Flow) -> BTreeMap<String, u64> {
        let mut all = self.named;
        for (counter, count) in self
            .counts
            .into_iter()
            .enumerate()
            .filter(|(_, count)| *count > 0)
        {
            *all.entry(flow.counted(counter).to_owned()).or_default() += count;
        }
        all
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The flow it ran by.
    pub flow: String,
    /// `ndjson`, `bundle`, `document` or `csv`; empty when it could not be told.
    pub format: &'static str,
    /// Records that were read, refused ones too.
    pub n_read: u64,
    /// Records of which something was let through.
    pub n_kept: u64,
    /// Records of a type that the flow does not name.
    pub n_dropped: u64,
    /// Records that were refused.
    pub n_refused: u64,
    /// Values that were left out of a record that was kept.
    pub n_set_aside: u64,
    /// What was dropped, by path.
    pub dropped: BTreeMap<String, u64>,
    /// What the flow lists and nobody signed in the data catalogue: it is dropped as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_signed: Vec<String>,
    /// The first refused records.
    pub refused: Vec<Finding>,
    /// The first values left out.
    pub set_aside: Vec<Finding>,
    /// Whether the run ended before the input did.
    pub is_cut_short: bool,
}

impl Report {
    pub(crate) fn new(flow: &Flow) -> Self {
        Self {
            flow: flow.name().to_owned(),
            format: "",
            n_read: 0,
            n_kept: 0,
            n_dropped: 0,
            n_refused: 0,
            n_set_aside: 0,
            dropped: BTreeMap::new(),
            not_signed: flow.left_out().to_vec(),
            refused: Vec::new(),
            set_aside: Vec::new(),
            is_cut_short: false,
        }
    }

    /// Notes a record that is not taken.
    pub fn refuse(&mut self, place: Place, fault: Fault) {
        self.n_refused += 1;
        if self.refused.len() < LISTED {
            self.refused.push(Finding::new(place, fault));
        }
    }

    /// Notes a value that is left out of a record that is taken.
    pub fn set_aside(&mut self, place: Place, fault: Fault) {
        self.n_set_aside += 1;
        if self.set_aside.len() < LISTED {
            self.set_aside.push(Finding::new(place, fault));
        }
    }

    pub(crate) fn finish(&mut self, flow: &Flow, tally: Tally) {
        self.dropped = tally.by_path(flow);
    }

    /// Whether everything that was read was taken or dropped by the flow.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.n_refused == 0 && !self.is_cut_short
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "flow `{}`: {} read, {} kept, {} of other types dropped, {} refused",
            self.flow, self.n_read, self.n_kept, self.n_dropped, self.n_refused
        )?;
        if !self.dropped.is_empty() {
            writeln!(f, "dropped, by field:")?;
        }
        for (path, count) in &self.dropped {
            writeln!(f, "  {count:>9}  {path}")?;
        }
        if !self.not_signed.is_empty() {
            writeln!(
                f,
                "dropped, since they are not signed in the data catalogue: {}",
                self.not_signed.join(", ")
            )?;
        }
        list(f, "refused", self.n_refused, &self.refused)?;
        list(
            f,
            "left out of kept records",
            self.n_set_aside,
            &self.set_aside,
        )?;
        if self.is_cut_short {
            writeln!(f, "the input was not read to its end")?;
        }
        Ok(())
    }
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, n: u64, findings: &[Finding]) -> fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}:")?;
    for finding in findings {
        writeln!(f, "  {finding}")?;
    }
    match n - u64::try_from(findings.len()).unwrap_or(n) {
        0 => Ok(()),
        more => writeln!(f, "  and {more} more"),
    }
}
