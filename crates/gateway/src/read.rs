//! One run over one input: tell the format, frame the records, pass each through the door, and
//! hand on what is left.
//!
//! A record that cannot be taken is refused with its place, and the run goes on with the next.

#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::ops::ControlFlow;

use placet_domain::arrival::Arrival;
use placet_domain::time::Date;

use crate::csv::people::{self, Cells};
use crate::csv::{self, Table};
use crate::door::{self, Passed, Phi, Released};
use crate::fault::{Fault, Finding, Kind, Place};
use crate::fhir;
use crate::flow::Flow;
use crate::frame::bundle::{Document, Next};
use crate::frame::detect::{self, Format};
use crate::frame::{Gathered, Input, lines};
use crate::hl7;
use crate::hl7::file::{Messages, Next as NextMessage};
use crate::report::{Report, Tally};
use crate::trial::{self, Notes, Trial, Values};

/// How a run is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// The format, when it need not be told from the input.
    pub format: Option<Format>,
    /// The most bytes that one line, entry or row may have.
    pub limit: usize,
    /// Whether the first refused record ends the run.
    pub is_strict: bool,
    /// No date of birth or death lies after this day.
    pub today: Date,
}

impl Options {
    /// The format told from the input, four megabytes a record, going on after bad records.
    #[must_use]
    pub fn on(today: Date) -> Self {
        Self {
            format: None,
            limit: 4 << 20,
            is_strict: false,
            today,
        }
    }
}

/// Hands on every released record as one line of JSON.
pub fn filter(
    input: impl Read,
    flow: &Flow,
    options: &Options,
    out: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<Report> {
    let mut failed = None;
    let report = run(input, flow, options, &mut |_, item| {
        let mut row = String::new();
        let line = match &item {
            Item::Resource(released) => released.json(),
            Item::Row(cells) => {
                cells.json(&mut row);
                row.as_str()
            }
        };
        match out(line) {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(error) => {
                failed = Some(error);
                Ok(ControlFlow::Break(()))
            }
        }
    });
    failed.map_or(Ok(report), Err)
}

/// Hands on every person and appointment. Records that the flow lets through but that are
/// neither are counted in the report as `(no arrival)`.
pub fn arrivals(
    input: impl Read,
    flow: &Flow,
    options: &Options,
    take: &mut dyn FnMut(&mut Report, Place, Arrival) -> ControlFlow<()>,
) -> Report {
    run(input, flow, options, &mut |to, item| {
        let read = match item {
            Item::Resource(released) if released.kind() == "message" => {
                return read_message(flow, options, released, to, take);
            }
            Item::Row(cells) => cells
                .person(options.today)
                .map(|(person, left)| (Some(Arrival::Person(Box::new(person))), left)),
            Item::Resource(released) => read_resource(released, options.today),
        };
        let (arrival, left_out) = read?;
        left_out
            .into_iter()
            .for_each(|fault| to.report.set_aside(to.place, fault));
        match arrival {
            Some(arrival) => Ok(take(to.report, to.place, arrival)),
            None => {
                to.tally.dropped_named("(no arrival)", 1);
                Ok(ControlFlow::Continue(()))
            }
        }
    })
}

/// A message says several things at once; they are handed on in its order.
fn read_message(
    flow: &Flow,
    options: &Options,
    released: &Released,
    to: &mut To<'_>,
    take: &mut dyn FnMut(&mut Report, Place, Arrival) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Fault> {
    let zone = flow.hl7().and_then(|rules| rules.zone.as_ref());
    let (arrivals, left_out) = hl7::read::message(released.json(), zone, options.today)?;
    left_out
        .into_iter()
        .for_each(|fault| to.report.set_aside(to.place, fault));
    if arrivals.is_empty() {
        to.tally.dropped_named("(no arrival)", 1);
    }
    for arrival in arrivals {
        if take(to.report, to.place, arrival).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn read_resource(released: &Released, today: Date) -> Result<(Option<Arrival>, Vec<Fault>), Fault> {
    match released.kind() {
        "Patient" => {
            let (person, left_out) = fhir::person::read(released.json(), today)?;
            Ok((Some(Arrival::Person(Box::new(person))), left_out))
        }
        "Appointment" => Ok((
            fhir::appointment::read(released.json())?.map(Arrival::Appointment),
            Vec::new(),
        )),
        _ => Ok((None, Vec::new())),
    }
}

/// What was let through of one record.
enum Item<'i> {
    Resource(&'i Released),
    Row(&'i Cells<'i>),
}

/// Where an item is handed to, beside its receiver.
struct To<'t> {
    report: &'t mut Report,
    tally: &'t mut Tally,
    place: Place,
}

type Each<'e> = dyn FnMut(&mut To<'_>, Item<'_>) -> Result<ControlFlow<()>, Fault> + 'e;

/// Lets a sample through a flow to show what it does, field by field. The sample is held in memory
/// and given back with the answer; nothing of it goes anywhere else.
#[must_use]
pub fn try_on(sample: &[u8], flow: &Flow, options: &Options) -> Trial {
    let mut each: Box<Each<'_>> = Box::new(|_, _| Ok(ControlFlow::Continue(())));
    let (report, notes) = run_noting(sample, flow, options, &mut each, Some(Notes::default()));
    Trial {
        records: notes.map(Notes::into_records).unwrap_or_default(),
        report,
    }
}

fn run(input: impl Read, flow: &Flow, options: &Options, each: &mut Each<'_>) -> Report {
    run_noting(input, flow, options, each, None).0
}

fn run_noting(
    input: impl Read,
    flow: &Flow,
    options: &Options,
    each: &mut Each<'_>,
    notes: Option<Notes>,
) -> (Report, Option<Notes>) {
    let mut run = Run {
        flow,
        options,
        each,
        notes,
        report: Report::new(flow),
        tally: Tally::new(flow),
        released: Released::default(),
    };
    let mut input = Input::new(input);
    match run.start(&mut input) {
        Ok(format) => {
            run.report.format = format.as_str();
            run.records(format, input);
        }
        Err(kind) => {
            run.report.refuse(
                Place {
                    line: 1,
                    entry: None,
                },
                Fault::of(kind),
            );
            run.report.is_cut_short = true;
        }
    }
    run.report.finish(flow, run.tally);
    (run.report, run.notes)
}

struct Run<'r, 'e> {
    flow: &'r Flow,
    options: &'r Options,
    each: &'r mut Each<'e>,
    /// What a trial shows; none for a run.
    notes: Option<Notes>,
    report: Report,
    tally: Tally,
    released: Released,
}

impl Run<'_, '_> {
    fn start<R: Read>(&self, input: &mut Input<R>) -> Result<Format, Kind> {
        csv::start(input).map_err(|finding| finding.code)?;
        let first = input.bytes().map_err(|_| Kind::Unreadable)?;
        self.options
            .format
            .map_or_else(|| detect::format(first), Ok)
    }

    fn records<R: Read>(&mut self, format: Format, mut input: Input<R>) {
        let ended = match format {
            Format::Ndjson => self.lines(&mut input),
            Format::Bundle => self.bundle(&mut input),
            Format::Document => self.document(&mut input),
            Format::Csv => self.rows(input),
            Format::Hl7 => self.messages(&mut input),
        };
        if ended.is_break() {
            self.report.is_cut_short = true;
        }
    }

    fn messages<R: Read>(&mut self, input: &mut Input<R>) -> ControlFlow<()> {
        let mut gathered = Gathered::new(self.options.limit);
        let mut messages = Messages::new();
        let mut number = 0;
        loop {
            match messages.next(input, &mut gathered) {
                Err(_) => return self.refuse(at(input.line()), Fault::of(Kind::Unreadable)),
                Ok(NextMessage::End) => return ControlFlow::Continue(()),
                Ok(NextMessage::Message(line)) => {
                    number += 1;
                    let place = Place {
                        line,
                        entry: Some(number),
                    };
                    self.message(place, &gathered)?;
                }
            }
        }
    }

    fn message(&mut self, place: Place, gathered: &Gathered) -> ControlFlow<()> {
        self.report.n_read += 1;
        let Some(bytes) = gathered.bytes() else {
            return self.settle(place, Err(Fault::of(Kind::TooLong)));
        };
        let mut released = std::mem::take(&mut self.released);
        let record = Phi::new(bytes);
        let passed = door::pass_message(self.flow, &record, &mut self.tally, &mut released);
        self.note(place, &record, &passed, &released, trial::of_message);
        let settled = self.passed(place, passed, &released);
        self.released = released;
        settled
    }

    fn lines<R: Read>(&mut self, input: &mut Input<R>) -> ControlFlow<()> {
        let mut gathered = Gathered::new(self.options.limit);
        loop {
            match lines::next_line(input, &mut gathered) {
                Err(_) => return self.refuse(at(input.line()), Fault::of(Kind::Unreadable)),
                Ok(None) => return ControlFlow::Continue(()),
                Ok(Some(line)) => self.resource(at(line), &gathered)?,
            }
        }
    }

    /// The whole input is one resource.
    fn document<R: Read>(&mut self, input: &mut Input<R>) -> ControlFlow<()> {
        let mut gathered = Gathered::new(self.options.limit);
        loop {
            let n = match input.bytes() {
                Err(_) => return self.refuse(at(1), Fault::of(Kind::Unreadable)),
                Ok([]) => return self.resource(at(1), &gathered),
                Ok(bytes) => {
                    gathered.add(bytes);
                    bytes.len()
                }
            };
            input.skip(n, 0);
        }
    }

    fn bundle<R: Read>(&mut self, input: &mut Input<R>) -> ControlFlow<()> {
        let mut gathered = Gathered::new(self.options.limit);
        let mut document = Document::new();
        let (mut n_entries, mut has_type) = (0, false);
        loop {
            match document.next(input, &mut gathered) {
                Err(_) => return self.refuse(at(input.line()), Fault::of(Kind::Unreadable)),
                Ok(Next::Entry(line)) => {
                    n_entries += 1;
                    self.entry(
                        Place {
                            line,
                            entry: Some(n_entries),
                        },
                        &gathered,
                    )?;
                }
                Ok(Next::Field(name)) if name == "resourceType" => has_type = true,
                Ok(Next::Field(name)) => {
                    fhir::entry::count_wrapping(&mut self.tally, "Bundle", &name)
                }
                Ok(Next::End) if has_type || n_entries > 0 => return ControlFlow::Continue(()),
                Ok(Next::End) => return self.refuse(at(1), Fault::of(Kind::NotAResource)),
                Ok(Next::Broken) => {
                    let place = Place {
                        line: input.line(),
                        entry: Some(n_entries + 1),
                    };
                    return self.refuse(place, Fault::of(Kind::BrokenBundle));
                }
            }
        }
    }

    fn rows<R: Read>(&mut self, input: Input<R>) -> ControlFlow<()> {
        let flow = self.flow;
        let mut table = match Table::from_input(input, people::columns(flow), self.options.limit) {
            Ok(table) => table,
            Err(finding) => {
                let fault = Fault {
                    kind: finding.code,
                    path: finding.path,
                    column: None,
                };
                return self.refuse(finding.place, fault);
            }
        };
        let dropped = table.dropped();
        while let Some(row) = table.next_row() {
            self.report.n_read += 1;
            match row {
                Ok(row) => {
                    dropped
                        .iter()
                        .for_each(|column| self.tally.dropped_named(column, 1));
                    let cells = Cells::new(flow, &row);
                    if let Some(notes) = &mut self.notes {
                        let (before, after) = cells.compared();
                        notes.note(row.place, before, &after, None);
                    }
                    let handed = self.hand_on(row.place, Item::Row(&cells));
                    self.settle(row.place, handed)?;
                }
                Err(finding) => {
                    let fault = Fault {
                        kind: finding.code,
                        path: finding.path,
                        column: None,
                    };
                    self.settle(finding.place, Err(fault))?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// One line or document.
    fn resource(&mut self, place: Place, gathered: &Gathered) -> ControlFlow<()> {
        self.report.n_read += 1;
        let Some(bytes) = gathered.bytes() else {
            return self.settle(place, Err(Fault::of(Kind::TooLong)));
        };
        let mut released = std::mem::take(&mut self.released);
        let record = Phi::new(bytes);
        let passed = door::pass_resource(self.flow, &record, &mut self.tally, &mut released);
        self.note(place, &record, &passed, &released, trial::of_json);
        let settled = match passed {
            Ok(Passed::Bundle) => self.bundle_in_memory(place, &record),
            passed => self.passed(place, passed, &released),
        };
        self.released = released;
        settled
    }

    fn entry(&mut self, place: Place, gathered: &Gathered) -> ControlFlow<()> {
        match gathered.bytes() {
            Some(bytes) => self.entry_bytes(place, Phi::new(bytes)),
            None => {
                self.report.n_read += 1;
                self.settle(place, Err(Fault::of(Kind::TooLong)))
            }
        }
    }

    fn entry_bytes(&mut self, place: Place, record: Phi<&[u8]>) -> ControlFlow<()> {
        self.report.n_read += 1;
        let mut released = std::mem::take(&mut self.released);
        let passed = door::pass_entry(self.flow, &record, &mut self.tally, &mut released);
        self.note(place, &record, &passed, &released, trial::of_json);
        let settled = self.passed(place, passed, &released);
        self.released = released;
        settled
    }

    /// A bundle that stands on one line.
    fn bundle_in_memory(&mut self, place: Place, record: &Phi<&[u8]>) -> ControlFlow<()> {
        self.report.n_read -= 1;
        let (mut n_entries, mut flowing) = (0, ControlFlow::Continue(()));
        let mut tally = std::mem::replace(&mut self.tally, Tally::new(self.flow));
        let taken_apart = door::pass_bundle(record, &mut tally, &mut |tally, entry| {
            n_entries += 1;
            std::mem::swap(tally, &mut self.tally);
            flowing = self.entry_bytes(
                Place {
                    entry: Some(n_entries),
                    ..place
                },
                entry,
            );
            std::mem::swap(tally, &mut self.tally);
            flowing.is_continue()
        });
        self.tally = tally;
        flowing?;
        match taken_apart {
            Ok(()) => ControlFlow::Continue(()),
            Err(fault) => {
                self.report.n_read += 1;
                self.settle(place, Err(fault))
            }
        }
    }

    /// Keeps one record for a trial, as it was brought and as it leaves; a run keeps nothing.
    fn note(
        &mut self,
        place: Place,
        record: &Phi<&[u8]>,
        passed: &Result<Passed, Fault>,
        released: &Released,
        values: fn(&[u8]) -> Values,
    ) {
        let Some(notes) = self.notes.as_mut().filter(|notes| !notes.is_full()) else {
            return;
        };
        let before = values(door::open_for_trial(record));
        match passed {
            Ok(Passed::Bundle) => {}
            Ok(Passed::Kept) => {
                let after = values(released.json().as_bytes());
                notes.note(place, before, &after, None);
            }
            Ok(Passed::Dropped) => notes.note(place, before, &[], None),
            Err(fault) => {
                let why = Finding::new(place, fault.clone()).to_string();
                notes.note(place, before, &[], Some(why));
            }
        }
    }

    fn passed(
        &mut self,
        place: Place,
        passed: Result<Passed, Fault>,
        released: &Released,
    ) -> ControlFlow<()> {
        match passed {
            Ok(Passed::Kept) => {
                let handed = self.hand_on(place, Item::Resource(released));
                self.settle(place, handed)
            }
            Ok(Passed::Dropped | Passed::Bundle) => {
                self.report.n_dropped += 1;
                ControlFlow::Continue(())
            }
            Err(fault) => self.settle(place, Err(fault)),
        }
    }

    fn hand_on(&mut self, place: Place, item: Item<'_>) -> Result<ControlFlow<()>, Fault> {
        let mut to = To {
            report: &mut self.report,
            tally: &mut self.tally,
            place,
        };
        (self.each)(&mut to, item)
    }

    fn settle(&mut self, place: Place, handed: Result<ControlFlow<()>, Fault>) -> ControlFlow<()> {
        match handed {
            Ok(flowing) => {
                self.report.n_kept += 1;
                flowing
            }
            Err(fault) => self.refuse(place, fault),
        }
    }

    /// Notes a refused record; the run ends when nothing after it can be read, or when asked to.
    fn refuse(&mut self, place: Place, fault: Fault) -> ControlFlow<()> {
        let is_final = fault.kind.is_final();
        self.report.refuse(place, fault);
        if is_final || self.options.is_strict {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn at(line: u64) -> Place {
    Place { line, entry: None }
}
