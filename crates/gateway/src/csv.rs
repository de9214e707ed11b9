//! CSV with declared columns (RFC 4180): only what is declared can be read, and every cell of it
//! is checked for formulas.
//!
//! Used for people here, and for consents by the import of instruments.

pub(crate) mod people;
#[cfg(test)]
mod tests;

use std::io::Read;

use csv_core::ReadRecordResult;

use crate::fault::{Fault, Finding, Kind, Place};
use crate::frame::{Input, detect};

/// A column that may be read.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in reports, as `csv.email`.
    pub path: String,
    /// The headers that may name it; case, blanks, `_` and `-` do not matter.
    pub headers: Vec<String>,
    /// What is asked of it.
    pub rule: Rule,
}

/// What is asked of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// It may be missing.
    Optional,
    /// A file without it is refused.
    Required,
    /// It may be missing, and its cells may begin with `+` and a digit.
    Number,
}

impl Column {
    /// A column named by one header.
    #[must_use]
    pub fn new(header: &str, rule: Rule) -> Self {
        Self {
            path: format!("csv.{header}"),
            headers: vec![header.to_owned()],
            rule,
        }
    }
}

/// A CSV being read row by row, in constant memory.
pub struct Table<R> {
    input: Input<R>,
    core: csv_core::Reader,
    row: Raw,
    columns: Vec<Mapped>,
    /// The headers as they stand in the file, for a trial.
    headers: Vec<String>,
    n_cells: usize,
    is_over: bool,
}

struct Mapped {
    column: Column,
    /// Which cell of a row, when the file has the column.
    cell: Option<usize>,
}

/// One row: the declared columns, in the order in which they were declared.
pub struct Row<'t> {
    /// Where it begins.
    pub place: Place,
    columns: &'t [Mapped],
    headers: &'t [String],
    raw: &'t Raw,
}

impl Row<'_> {
    /// Every cell with its header and the declared column that it is, for a trial alone.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str, Option<usize>)> {
        self.headers.iter().enumerate().map(|(cell, header)| {
            let column = self.columns.iter().position(|one| one.cell == Some(cell));
            let text = self.raw.cell(cell).unwrap_or_default();
            (header.as_str(), text, column)
        })
    }

    /// The cell of a declared column, trimmed; empty when the file has no such column.
    #[must_use]
    pub fn get(&self, column: usize) -> &str {
        let cell = self.columns.get(column).and_then(|mapped| mapped.cell);
        cell.and_then(|cell| self.raw.cell(cell))
            .unwrap_or_default()
            .trim_matches(' ')
    }
}

/// The cells of one row as they stand in the file.
struct Raw {
    text: Vec<u8>,
    n_text: usize,
    ends: Vec<usize>,
    n_ends: usize,
    limit: usize,
    line: u64,
    n_quotes: usize,
    is_at_end: bool,
}

impl<R: Read> Table<R> {
    /// Reads the header. `limit` is the most bytes that one row may have.
    ///
    /// # Errors
    ///
    /// A column that is missing or there twice, a header that names none, or no text at all.
    pub fn open(reader: R, columns: Vec<Column>, limit: usize) -> Result<Self, Finding> {
        let mut input = Input::new(reader);
        start(&mut input)?;
        Self::from_input(input, columns, limit)
    }

    pub(crate) fn from_input(
        input: Input<R>,
        columns: Vec<Column>,
        limit: usize,
    ) -> Result<Self, Finding> {
        let columns = columns
            .into_iter()
            .map(|column| Mapped { column, cell: None })
            .collect();
        let (core, row) = (csv_core::Reader::new(), Raw::new(limit));
        let mut table = Self {
            input,
            core,
            row,
            columns,
            headers: Vec::new(),
            n_cells: 0,
            is_over: false,
        };
        let at_top = |fault| {
            Finding::new(
                Place {
                    line: 1,
                    entry: None,
                },
                fault,
            )
        };
        match table.read_raw() {
            Ok(true) => table.map_header().map_err(at_top)?,
            Ok(false) => return Err(at_top(Fault::of(Kind::Empty))),
            Err(fault) => return Err(at_top(fault)),
        }
        Ok(table)
    }

    /// The next row, nothing at the end. A refused row does not end the table unless its fault
    /// [is final](Kind::is_final).
    pub fn next_row(&mut self) -> Option<Result<Row<'_>, Finding>> {
        if self.is_over {
            return None;
        }
        let read = self.read_raw().and_then(|is_row| {
            if is_row {
                self.check().map(|()| true)
            } else {
                Ok(false)
            }
        });
        let place = Place {
            line: self.row.line,
            entry: None,
        };
        match read {
            Ok(true) => Some(Ok(Row {
                place,
                columns: &self.columns,
                headers: &self.headers,
                raw: &self.row,
            })),
            Ok(false) => {
                self.is_over = true;
                None
            }
            Err(fault) => {
                self.is_over |= fault.kind.is_final();
                Some(Err(Finding::new(place, fault)))
            }
        }
    }

    /// Whether the file has this declared column.
    #[must_use]
    pub fn has(&self, column: usize) -> bool {
        self.columns
            .get(column)
            .is_some_and(|mapped| mapped.cell.is_some())
    }

    /// The columns of the file that nobody declared, by number from 1: their headers are not
    /// repeated, since a file without a header has a person in its first line.
    #[must_use]
    pub fn dropped(&self) -> Vec<String> {
        let is_mapped = |cell| self.columns.iter().any(|mapped| mapped.cell == Some(cell));
        (0..self.n_cells)
            .filter(|cell| !is_mapped(*cell))
            .map(|cell| format!("csv.column {}", cell + 1))
            .collect()
    }

    fn map_header(&mut self) -> Result<(), Fault> {
        self.n_cells = self.row.n_ends;
        self.headers = (0..self.n_cells)
            .map(|cell| self.row.cell(cell).unwrap_or_default().trim().to_owned())
            .collect();
        let headers: Vec<String> = (0..self.n_cells)
            .map(|cell| self.row.cell(cell).map(plain).unwrap_or_default())
            .collect();
        for mapped in &mut self.columns {
            let names: Vec<String> = mapped
                .column
                .headers
                .iter()
                .map(|name| plain(name))
                .collect();
            let mut cells = (0..)
                .zip(&headers)
                .filter(|(_, header)| names.contains(header))
                .map(|(cell, _)| cell);
            mapped.cell = cells.next();
            if cells.next().is_some() {
                return Err(Fault::at(Kind::RepeatedColumn, &mapped.column.path));
            }
        }
        if self.columns.iter().all(|mapped| mapped.cell.is_none()) {
            return Err(Fault::of(Kind::NoHeader));
        }
        let missing = self
            .columns
            .iter()
            .find(|mapped| mapped.column.rule == Rule::Required && mapped.cell.is_none());
        missing.map_or(Ok(()), |mapped| {
            Err(Fault::at(Kind::MissingColumn, &mapped.column.path))
        })
    }

    fn check(&self) -> Result<(), Fault> {
        if self.row.n_ends != self.n_cells {
            return Err(Fault::of(Kind::Ragged));
        }
        for mapped in &self.columns {
            let Some(cell) = mapped.cell else { continue };
            let Some(text) = self.row.cell(cell) else {
                return Err(Fault::at(Kind::NotUtf8, &mapped.column.path));
            };
            if is_formula(text, mapped.column.rule) {
                return Err(Fault::at(Kind::Formula, &mapped.column.path));
            }
        }
        Ok(())
    }

    /// Reads the next row's cells; false at the end.
    fn read_raw(&mut self) -> Result<bool, Fault> {
        let unreadable = |_| Fault::of(Kind::Unreadable);
        while let Some(b'\r' | b'\n') = self.input.peek().map_err(unreadable)? {
            self.input.next().map_err(unreadable)?;
        }
        self.row.begin(self.input.line());
        let mut is_too_long = false;
        loop {
            let bytes = self.input.bytes().map_err(unreadable)?;
            self.row.is_at_end = bytes.is_empty();
            let (result, n_in) = self.row.feed(&mut self.core, bytes);
            let taken = bytes.get(..n_in).unwrap_or_default();
            let n_lines = memchr::memchr_iter(b'\n', taken).count() as u64;
            self.row.n_quotes += memchr::memchr_iter(b'"', taken).count();
            self.input.skip(n_in, n_lines);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    is_too_long |= !self.row.grow();
                }
                ReadRecordResult::Record if self.row.is_open() => {
                    return Err(Fault::of(Kind::OpenQuote));
                }
                ReadRecordResult::Record if is_too_long => return Err(Fault::of(Kind::TooLong)),
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => return Ok(false),
            }
        }
    }
}

/// Looks at the first block: encoding, and past the byte order mark.
pub(crate) fn start<R: Read>(input: &mut Input<R>) -> Result<(), Finding> {
    let at_top = |kind| {
        Finding::new(
            Place {
                line: 1,
                entry: None,
            },
            Fault::of(kind),
        )
    };
    let first = input.first_block().map_err(|_| at_top(Kind::Unreadable))?;
    detect::check_encoding(first).map_err(at_top)?;
    let mark = detect::byte_order_mark(first);
    input.skip(mark, 0);
    Ok(())
}

impl Raw {
    fn new(limit: usize) -> Self {
        Self {
            text: vec![0; 4096.min(limit.max(1))],
            n_text: 0,
            ends: vec![0; 64],
            n_ends: 0,
            limit,
            line: 1,
            n_quotes: 0,
            is_at_end: false,
        }
    }

    fn begin(&mut self, line: u64) {
        (self.n_text, self.n_ends, self.n_quotes, self.line) = (0, 0, 0, line);
    }

    fn feed(&mut self, core: &mut csv_core::Reader, bytes: &[u8]) -> (ReadRecordResult, usize) {
        let text = self.text.get_mut(self.n_text..).unwrap_or_default();
        let ends = self.ends.get_mut(self.n_ends..).unwrap_or_default();
        let (result, n_in, n_out, n_ends) = core.read_record(bytes, text, ends);
        self.n_text += n_out;
        self.n_ends += n_ends;
        (result, n_in)
    }

    /// Makes room; at the limit it writes over what it held and says no.
    fn grow(&mut self) -> bool {
        if self.text.len() < self.limit && self.ends.len() < self.limit {
            self.text.resize((self.text.len() * 2).min(self.limit), 0);
            self.ends.resize((self.ends.len() * 2).min(self.limit), 0);
            return true;
        }
        (self.n_text, self.n_ends) = (0, 0);
        false
    }

    /// Whether the input ended inside a quoted cell.
    fn is_open(&self) -> bool {
        self.is_at_end && self.n_quotes % 2 == 1
    }

    /// A cell, when it is UTF-8.
    fn cell(&self, cell: usize) -> Option<&str> {
        if cell >= self.n_ends {
            return None;
        }
        let start = if cell == 0 {
            0
        } else {
            self.ends.get(cell - 1).copied()?
        };
        let bytes = self.text.get(start..self.ends.get(cell).copied()?)?;
        std::str::from_utf8(bytes).ok()
    }
}

/// A header as it is compared.
fn plain(header: &str) -> String {
    header
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a spreadsheet would run the cell; the wide forms count, blanks in front do not hide it.
fn is_formula(cell: &str, rule: Rule) -> bool {
    if cell.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let cell = cell.trim_start();
    let rest = cell.get(1..).unwrap_or_default();
    if rule == Rule::Number
        && cell.starts_with('+')
        && rest.starts_with(|c: char| c.is_ascii_digit() || c == '(')
    {
        return rest.contains(|c: char| !(c.is_ascii_digit() || "()-. /".contains(c)));
    }
    cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}
