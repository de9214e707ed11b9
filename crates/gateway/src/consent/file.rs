//! Consents out of a file: one resource a line, a Bundle, or one resource over several lines.

use std::borrow::Cow;
use std::io::Read;

use placet_domain::arrival::ConsentArrival;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Consent;
use crate::csv;
use crate::door::{Phi, open_consent};
use crate::fault::{Fault, Finding, Kind, Place};
use crate::fhir::walk;
use crate::frame::bundle::{Document, Next};
use crate::frame::detect::{self, Format};
use crate::frame::{Gathered, Input, lines};
use crate::read::Options;

/// What was read of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Resources that were read.
    pub n_read: u64,
    /// Resources of other types, passed over.
    pub n_other: u64,
    /// What could not be taken.
    pub refused: Vec<Finding>,
}

#[derive(Deserialize)]
struct Outline<'r> {
    #[serde(borrow, rename = "resourceType")]
    resource_type: Option<Cow<'r, str>>,
    #[serde(borrow)]
    resource: Option<&'r RawValue>,
}

/// Hands on every consent with its place.
pub fn each(
    input: impl Read,
    options: &Options,
    take: &mut dyn FnMut(Place, ConsentArrival),
) -> Taken {
    let mut reader = Reader {
        options,
        take,
        done: Taken::default(),
    };
    let mut input = Input::new(input);
    let format = csv::start(&mut input)
        .map_err(|finding| finding.code)
        .and_then(|()| {
            let first = input.bytes().map_err(|_| Kind::Unreadable)?;
            options.format.map_or_else(|| detect::format(first), Ok)
        });
    match format {
        Ok(Format::Ndjson) => reader.lines(&mut input),
        Ok(Format::Bundle) => reader.bundle(&mut input),
        Ok(Format::Document) => reader.document(&mut input),
        Ok(Format::Csv | Format::Hl7) => reader.refuse(at(1), Fault::of(Kind::UnknownFormat)),
        Err(kind) => reader.refuse(at(1), Fault::of(kind)),
    }
    reader.done
}

fn at(line: u64) -> Place {
    Place { line, entry: None }
}

struct Reader<'r> {
    options: &'r Options,
    take: &'r mut dyn FnMut(Place, ConsentArrival),
    done: Taken,
}

impl Reader<'_> {
    fn lines<R: Read>(&mut self, input: &mut Input<R>) {
        let mut gathered = Gathered::new(self.options.limit);
        loop {
            match lines::next_line(input, &mut gathered) {
                Err(_) => return self.refuse(at(input.line()), Fault::of(Kind::Unreadable)),
                Ok(None) => return,
                Ok(Some(line)) => self.gathered(at(line), &gathered),
            }
        }
    }

    fn document<R: Read>(&mut self, input: &mut Input<R>) {
        let mut gathered = Gathered::new(self.options.limit);
        loop {
            let n = match input.bytes() {
                Err(_) => return self.refuse(at(1), Fault::of(Kind::Unreadable)),
                Ok([]) => return self.gathered(at(1), &gathered),
                Ok(bytes) => {
                    gathered.add(bytes);
                    bytes.len()
                }
            };
            input.skip(n, 0);
        }
    }

    fn bundle<R: Read>(&mut self, input: &mut Input<R>) {
        let mut gathered = Gathered::new(self.options.limit);
        let mut document = Document::new();
        let mut n_entries = 0;
        loop {
            match document.next(input, &mut gathered) {
                Ok(Next::Entry(line)) => {
                    n_entries += 1;
                    let place = Place {
                        line,
                        entry: Some(n_entries),
                    };
                    self.gathered(place, &gathered);
                }
                Ok(Next::Field(_)) => {}
                Ok(Next::End) => return,
                Ok(Next::Broken) => {
                    return self.refuse(at(input.line()), Fault::of(Kind::BrokenBundle));
                }
                Err(_) => return self.refuse(at(input.line()), Fault::of(Kind::Unreadable)),
            }
        }
    }

    fn gathered(&mut self, place: Place, gathered: &Gathered) {
        self.done.n_read += 1;
        let taken = match gathered.bytes() {
            None => Err(Fault::of(Kind::TooLong)),
            Some(bytes) => self.one(place, &Phi::new(bytes)),
        };
        if let Err(fault) = taken {
            self.refuse(place, fault);
        }
    }

    /// One resource, or the entry of a bundle that holds one.
    fn one(&mut self, place: Place, record: &Phi<&[u8]>) -> Result<(), Fault> {
        let text =
            std::str::from_utf8(open_consent(record)).map_err(|error| walk::not_utf8(&error))?;
        let outline: Outline<'_> =
            serde_json::from_str(text).map_err(|error| match error.classify() {
                serde_json::error::Category::Data => Fault::of(Kind::NotAResource),
                _ => walk::syntax(&error),
            })?;
        match (outline.resource_type.as_deref(), outline.resource) {
            (Some("Consent"), _) => {
                let arrival = Consent::read(record)?.arrival(self.options.today)?;
                (self.take)(place, arrival);
                Ok(())
            }
            (None, Some(resource)) => self.one(place, &Phi::new(resource.get().as_bytes())),
            (Some("Bundle"), _) => Err(Fault::of(Kind::NestedBundle)),
            (Some(_), _) => {
                self.done.n_other += 1;
                Ok(())
            }
            (None, None) => Err(Fault::of(Kind::NotAResource)),
        }
    }

    fn refuse(&mut self, place: Place, fault: Fault) {
        self.done.refused.push(Finding::new(place, fault));
    }
}
