//! A population on disk: a header that says what it is, the columns as they stand in memory, and
//! a sum over all of it.
//!
//! Any change of a single machine word changes the sum for certain, larger damage all but
//! certainly; what does not fit is refused, and the index is built anew from the store.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::column::{Column, Plane, Planes};
use super::population::{Key, Population, names};
use super::records::{Form, Held, Holders, Places, Records};
use super::run::{Block, WORDS};

const MAGIC: &[u8; 8] = b"PLACETPI";
/// Raised whenever a file of before could be misread.
const VERSION: u32 = 1;
/// Magic, version, length of the header.
const PREAMBLE: usize = 32;
const SUM: usize = 32;
/// Sections begin at multiples of this.
const ALIGN: usize = 32;

/// What a snapshot is of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The installation it was taken in.
    pub instance: String,
    /// How far the changes of people had been read.
    pub sequence: u64,
    /// What whoever took it wants to know again.
    #[serde(default)]
    pub note: String,
}

/// Why a snapshot cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is something else.
    #[error("it is not a snapshot of a population index")]
    Foreign,
    /// Another version of the program wrote it.
    #[error("it has version {0} of the format, this program reads version {VERSION}")]
    Version(u32),
    /// It ends too early, or goes on after its end.
    #[error("it is not as long as it says")]
    Length,
    /// Its sum is wrong.
    #[error("its checksum does not match: it was damaged")]
    Damaged,
    /// It holds other columns than this program reads.
    #[error("its columns are not those that this program reads")]
    Columns,
}

#[derive(Serialize, Deserialize)]
struct Head {
    taken: Taken,
    n_bytes: u64,
    n_places: u64,
    n_present_words: u64,
    n_born_words: Vec<u64>,
    columns: Vec<ColumnHead>,
    forms: Vec<FormHead>,
}

#[derive(Serialize, Deserialize)]
struct ColumnHead {
    name: String,
    values: Vec<String>,
    counts: Vec<u32>,
    n_words: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct FormHead {
    form: Form,
    copy: u32,
    n: u64,
    n_blocks: u64,
}

impl Population {
    /// Writes the population.
    ///
    /// # Errors
    ///
    /// When `out` fails.
    pub fn save(&self, taken: &Taken, out: &mut dyn Write) -> io::Result<()> {
        let words = |plane: &Plane| plane.0.len() as u64;
        let column = |column: &Column| ColumnHead {
            name: column.name.clone(),
            values: column.values.clone(),
            counts: column.counts.clone(),
            n_words: column.planes.0.iter().map(words).collect(),
        };
        let form = |held: &Held| FormHead {
            form: held.form.clone(),
            copy: held.copy,
            n: held.n,
            n_blocks: held.blocks.len() as u64,
        };
        let head = Head {
            taken: taken.clone(),
            n_bytes: self.n_bytes(),
            n_places: self.keys.len() as u64,
            n_present_words: words(&self.present),
            n_born_words: self.born.0.iter().map(words).collect(),
            columns: self.columns.iter().map(column).collect(),
            forms: self.records.held.iter().map(form).collect(),
        };
        let head = serde_json::to_vec(&head).map_err(io::Error::other)?;
        let mut to = Writer {
            out,
            sum: Sum::default(),
            buffer: Vec::new(),
        };
        let mut preamble = [0; PREAMBLE];
        let start = MAGIC.iter().copied().chain(VERSION.to_le_bytes());
        let length = (head.len() as u64).to_le_bytes();
        let all = start.chain([0; 4]).chain(length);
        preamble
            .iter_mut()
            .zip(all)
            .for_each(|(to, byte)| *to = byte);
        to.section(&preamble)?;
        to.section(&head)?;
        self.write_body(&mut to)?;
        let sum = to.sum.end();
        out.write_all(&sum)?;
        out.flush()
    }

    fn write_body(&self, to: &mut Writer<'_>) -> io::Result<()> {
        for keys in self.keys.chunks(1 << 16) {
            to.section(keys.as_flattened())?;
        }
        let planes = self.columns.iter().flat_map(|column| &column.planes.0);
        for plane in std::iter::once(&self.present)
            .chain(&self.born.0)
            .chain(planes)
        {
            for words in plane.0.chunks(1 << 16) {
                to.words(words)?;
            }
        }
        for holders in self.records.held.iter().flat_map(|held| &held.blocks) {
            let (few, many): (&[u16], &[u64]) = match &holders.places {
                Places::Few(list) => (list, &[]),
                Places::Many(words) => (&[], words.as_slice()),
            };
            to.words(&[
                few.len() as u64,
                many.len() as u64,
                holders.ends.len() as u64,
                holders.dated.len() as u64,
            ])?;
            to.words(many)?;
            for list in [few, &holders.ends, &holders.dated] {
                to.shorts(list)?;
            }
        }
        Ok(())
    }

    /// The bytes of the sections after the header.
    fn n_bytes(&self) -> u64 {
        let keys = self.keys.chunks(1 << 16);
        let keys: usize = keys.map(|keys| aligned(size_of_val(keys))).sum();
        let planes = self.columns.iter().flat_map(|column| &column.planes.0);
        let planes = std::iter::once(&self.present)
            .chain(&self.born.0)
            .chain(planes);
        let planes: usize = planes.map(|plane| plane.0.len() * 8).sum();
        let holders = self.records.held.iter().flat_map(|held| &held.blocks);
        let holders: usize = holders
            .map(|holders| {
                let places = match &holders.places {
                    Places::Few(list) => aligned(list.len() * 2),
                    Places::Many(_) => size_of::<Block>(),
                };
                let days = [&holders.ends, &holders.dated];
                let days: usize = days.iter().map(|days| aligned(days.len() * 2)).sum();
                4 * 8 + places + days
            })
            .sum();
        (keys + planes + holders) as u64
    }

    /// Reads what [`Population::save`] wrote.
    ///
    /// # Errors
    ///
    /// [`Refused`] says why it cannot be used.
    pub fn restore(bytes: &[u8], marks: &[&str]) -> Result<(Self, Taken), Refused> {
        let preamble = bytes.get(..PREAMBLE).ok_or(Refused::Length)?;
        if preamble.get(..8) != Some(MAGIC) {
            return Err(Refused::Foreign);
        }
        let version = u32::from_le_bytes(part(preamble, 8).ok_or(Refused::Length)?);
        if version != VERSION {
            return Err(Refused::Version(version));
        }
        let n_head = u64::from_le_bytes(part(preamble, 16).ok_or(Refused::Length)?);
        let n_head = usize::try_from(n_head).map_err(|_| Refused::Length)?;
        let body_from = PREAMBLE
            .checked_add(n_head)
            .and_then(|end| end.checked_next_multiple_of(ALIGN))
            .ok_or(Refused::Length)?;
        let end = bytes.len().checked_sub(SUM).ok_or(Refused::Length)?;
        let head = bytes.get(PREAMBLE..PREAMBLE.saturating_add(n_head));
        let body = bytes.get(body_from..end);
        let (Some(head), Some(body), true) = (head, body, end % ALIGN == 0) else {
            return Err(Refused::Length);
        };
        let mut sum = Sum::default();
        sum.add(bytes.get(..end).unwrap_or(&[]));
        let is_whole = bytes.get(end..) == Some(&sum.end()[..]);
        let head: Head = match serde_json::from_slice(head) {
            Ok(head) => head,
            Err(_) => return Err(Refused::Damaged),
        };
        if head.n_bytes != body.len() as u64 {
            return Err(Refused::Length);
        }
        if !is_whole {
            return Err(Refused::Damaged);
        }
        let held = head.columns.iter().map(|column| column.name.as_str());
        if !held.eq(names(marks).iter().map(String::as_str)) {
            return Err(Refused::Columns);
        }
        let population = read_body(&head, body).ok_or(Refused::Damaged)?;
        Ok((population, head.taken))
    }
}

fn read_body(head: &Head, body: &[u8]) -> Option<Population> {
    let mut from = Reader(body);
    let n_places = usize::try_from(head.n_places).ok()?;
    let mut keys: Vec<Key> = Vec::with_capacity(n_places.min(body.len() / size_of::<Key>()));
    while keys.len() < n_places {
        let here = (n_places - keys.len()).min(1 << 16);
        let (found, _) = from.section(here * size_of::<Key>())?.as_chunks();
        keys.extend_from_slice(found);
    }
    let present = from.plane(head.n_present_words)?;
    let mut planes = |lengths: &[u64]| {
        let planes: Option<Vec<Plane>> = lengths.iter().map(|n| from.plane(*n)).collect();
        planes.map(Planes)
    };
    let born = planes(&head.n_born_words)?;
    let mut columns = Vec::with_capacity(head.columns.len());
    for column in &head.columns {
        let found = planes(&column.n_words)?;
        let mut made = Column::of(column.name.clone(), found, column.values.clone());
        made.counts.clone_from(&column.counts);
        columns.push(made);
    }
    let mut held = Vec::with_capacity(head.forms.len());
    for form in &head.forms {
        let mut made = Held::new(form.form.clone(), form.copy);
        made.n = form.n;
        for _ in 0..form.n_blocks {
            made.blocks.push(from.holders()?);
        }
        held.push(made);
    }
    from.0
        .is_empty()
        .then(|| Population::of(keys, present, born, columns, Records::of(held)))
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next section, which has this many bytes before it is filled up.
    fn section(&mut self, n_bytes: usize) -> Option<&'a [u8]> {
        let (section, rest) = self.0.split_at_checked(aligned(n_bytes))?;
        self.0 = rest;
        section.get(..n_bytes)
    }

    fn words(&mut self, n: usize) -> Option<Vec<u64>> {
        let (words, _) = self.section(n.checked_mul(8)?)?.as_chunks();
        Some(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
    }

    fn plane(&mut self, n: u64) -> Option<Plane> {
        self.words(usize::try_from(n).ok()?).map(Plane)
    }

    fn shorts(&mut self, n: u64) -> Option<Vec<u16>> {
        let n = usize::try_from(n).ok()?;
        let (shorts, _) = self.section(n.checked_mul(2)?)?.as_chunks();
        Some(
            shorts
                .iter()
                .map(|short| u16::from_le_bytes(*short))
                .collect(),
        )
    }

    fn holders(&mut self) -> Option<Holders> {
        let [n_few, n_many, n_ends, n_dated] = self.words(4)?.try_into().ok()?;
        let places = if n_many > 0 {
            let words = self.words(WORDS)?.into_boxed_slice();
            Places::Many(words.try_into().ok()?)
        } else {
            Places::Few(Vec::new())
        };
        let few = self.shorts(n_few)?;
        Some(Holders {
            places: if n_many > 0 { places } else { Places::Few(few) },
            ends: self.shorts(n_ends)?,
            dated: self.shorts(n_dated)?,
        })
    }
}

struct Writer<'o> {
    out: &'o mut dyn Write,
    sum: Sum,
    buffer: Vec<u8>,
}

impl Writer<'_> {
    fn section(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(bytes);
        self.flush()
    }

    fn words(&mut self, words: &[u64]) -> io::Result<()> {
        self.buffer.clear();
        words
            .iter()
            .for_each(|word| self.buffer.extend_from_slice(&word.to_le_bytes()));
        self.flush()
    }

    fn shorts(&mut self, shorts: &[u16]) -> io::Result<()> {
        self.buffer.clear();
        shorts
            .iter()
            .for_each(|short| self.buffer.extend_from_slice(&short.to_le_bytes()));
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.resize(aligned(self.buffer.len()), 0);
        self.sum.add(&self.buffer);
        self.out.write_all(&self.buffer)
    }
}

const fn aligned(n: usize) -> usize {
    n.next_multiple_of(ALIGN)
}

fn part<const N: usize>(bytes: &[u8], from: usize) -> Option<[u8; N]> {
    bytes.get(from..from + N)?.try_into().ok()
}

/// Four lanes of words. Each step turns its lane one to one, whichever of lane and word changes,
/// so a change of one word is always seen.
struct Sum([u64; 4]);

const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Default for Sum {
    fn default() -> Self {
        Self([1, 2, 3, 4])
    }
}

impl Sum {
    /// Adds whole stripes of 32 bytes.
    fn add(&mut self, bytes: &[u8]) {
        let (stripes, _) = bytes.as_chunks::<ALIGN>();
        for stripe in stripes {
            let (words, _) = stripe.as_chunks::<8>();
            for (lane, word) in self.0.iter_mut().zip(words) {
                *lane = turn(*lane, u64::from_le_bytes(*word));
            }
        }
    }

    fn end(self) -> [u8; SUM] {
        let mut all = [0; SUM];
        let bytes = self
            .0
            .iter()
            .flat_map(|lane| turn(*lane, ODD).to_le_bytes());
        all.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
        all
    }
}

const fn turn(lane: u64, word: u64) -> u64 {
    (lane ^ word).wrapping_mul(ODD).rotate_left(29)
}
