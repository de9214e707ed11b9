//! The population index: every fact of a person that a rule may read, as columns.

use std::collections::HashMap;

use jiff::civil::Date;

use super::circuit::Leaf;
use super::column::{Column, Plane, Planes};
use super::records::{Record, Records};
use super::run::{BLOCK, Block, Leaves};
use crate::facts::{CATALOGUE, Scope, Type};
use crate::inputs::{Frequency, LocalTime, Person, Value};

/// Sixteen bytes by which the caller knows a person.
pub type Key = [u8; 16];

/// One person as the index is told of them: everything that does not change by the clock alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Who.
    pub key: Key,
    /// Relationship, age when no birth date is known, residence, flags, jurisdiction, frequency
    /// and attributes; its records and clock are not read.
    pub person: Person,
    /// The day of birth: an age that is right on every day.
    pub born: Option<Date>,
    /// The class of clocks they live by, as a [`super::View`] knows it; empty when unknown.
    pub zone: String,
    /// Everything they hold.
    pub records: Vec<Record>,
    /// A value for each mark of the population, in its order.
    pub marks: Vec<String>,
}

impl Row {
    /// A person as the engine knows them, whose clock class is their offset from UTC.
    #[must_use]
    pub fn of(key: Key, person: &Person) -> Self {
        let zone = person.local_time.map(|local| local.offset.seconds());
        let instruments = person.instruments.iter().map(Record::from);
        let preferences = person.preferences.iter().map(Record::from);
        Self {
            key,
            person: person.clone(),
            born: None,
            zone: zone.map_or_else(String::new, |seconds| seconds.to_string()),
            records: instruments.chain(preferences).collect(),
            marks: Vec::new(),
        }
    }
}

/// The columns that every population has, before the attributes and the marks.
pub(super) mod fixed {
    pub(in crate::columnar) const RELATIONSHIP: usize = 0;
    pub(in crate::columnar) const PLACE: usize = 1;
    pub(in crate::columnar) const FLAGS: usize = 2;
    pub(in crate::columnar) const AGE: usize = 3;
    pub(in crate::columnar) const ZONE: usize = 4;
    pub(in crate::columnar) const LAST_24H: usize = 5;
    pub(in crate::columnar) const LAST_7D: usize = 6;
    pub(in crate::columnar) const NAMES: [&str; 7] = [
        "relationship",
        "place",
        "flags",
        "age",
        "zone",
        "last_24h",
        "last_7d",
    ];
}

/// Stands between the items of a list inside a value.
const BETWEEN: char = '\n';

/// People as columns.
///
/// INVARIANT: it plans and permits nothing; whatever is sent is decided again on the store.
#[derive(Debug, Clone, Default)]
pub struct Population {
    pub(super) keys: Vec<Key>,
    /// The keys up to here are in their order.
    n_sorted: usize,
    later: HashMap<Key, usize>,
    pub(super) present: Plane,
    pub(super) born: Planes,
    pub(super) columns: Vec<Column>,
    pub(super) records: Records,
    n_marks: usize,
    n_present: usize,
}

impl Population {
    /// Nobody yet. Marks are further columns that no rule reads, such as the language.
    #[must_use]
    pub fn new(marks: &[&str]) -> Self {
        let names = names(marks);
        Self {
            columns: names.iter().map(|name| Column::new(name)).collect(),
            n_marks: marks.len(),
            ..Self::default()
        }
    }

    /// Puts a population together again from its parts.
    pub(super) fn of(
        keys: Vec<Key>,
        present: Plane,
        born: Planes,
        columns: Vec<Column>,
        records: Records,
    ) -> Self {
        let n_fixed = names(&[]).len();
        let mut made = Self {
            n_marks: columns.len().saturating_sub(n_fixed),
            n_present: present
                .0
                .iter()
                .map(|word| word.count_ones() as usize)
                .sum(),
            present,
            born,
            columns,
            records,
            ..Self::default()
        };
        for key in keys {
            made.name(key);
        }
        made
    }

    /// How many people it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.n_present
    }

    /// Whether it holds nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n_present == 0
    }

    /// How many places there are, those of people who are gone included.
    #[must_use]
    pub fn n_places(&self) -> usize {
        self.keys.len()
    }

    /// Who stands at a place.
    #[must_use]
    pub fn key(&self, place: usize) -> Option<Key> {
        self.keys.get(place).copied()
    }

    /// Whose place it is; none when the index does not know them.
    #[must_use]
    pub fn place(&self, key: &Key) -> Option<usize> {
        if let Some(place) = self.later.get(key) {
            return Some(*place);
        }
        let sorted = self.keys.get(..self.n_sorted)?;
        sorted.binary_search(key).ok()
    }

    /// Holds a person, new or anew.
    pub fn put(&mut self, row: &Row) {
        let place = match self.place(&row.key) {
            Some(place) => {
                self.clear(place);
                place
            }
            None => self.name(row.key),
        };
        self.present.set(place, true);
        self.n_present += 1;
        if let Some(born) = row.born {
            self.born.set(place, birthday(born));
        }
        let mut text = String::new();
        let first_mark = self.columns.len() - self.n_marks;
        for (index, column) in self.columns.iter_mut().enumerate() {
            text.clear();
            match index.checked_sub(first_mark) {
                Some(mark) => text.push_str(row.marks.get(mark).map_or("", String::as_str)),
                None => write(row, index, &column.name, &mut text),
            }
            column.add(place, &text);
        }
        for record in &row.records {
            self.records.add(place, record);
        }
    }

    /// Holds a person no longer.
    pub fn remove(&mut self, key: &Key) {
        if let Some(place) = self.place(key) {
            self.clear(place);
        }
    }

    fn clear(&mut self, place: usize) {
        if !self.present.get(place) {
            return;
        }
        self.present.set(place, false);
        self.n_present -= 1;
        self.born.set(place, 0);
        for column in &mut self.columns {
            column.clear(place);
        }
        self.records.clear(place);
    }

    fn name(&mut self, key: Key) -> usize {
        let place = self.keys.len();
        let in_order = self.n_sorted == place && self.keys.last().is_none_or(|last| *last < key);
        self.keys.push(key);
        if in_order {
            self.n_sorted = place + 1;
        } else {
            self.later.insert(key, place);
        }
        place
    }

    /// The number of a mark's column.
    pub(super) fn mark(&self, name: &str) -> Option<usize> {
        let first = self.columns.len() - self.n_marks;
        let found = self.columns.iter().skip(first);
        Some(first + found.into_iter().position(|column| column.name == name)?)
    }

    /// The bytes that it takes, keys included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let planes = |planes: &Planes| {
            planes
                .0
                .iter()
                .map(|plane| plane.0.len() * 8)
                .sum::<usize>()
        };
        let columns: usize = self
            .columns
            .iter()
            .map(|column| planes(&column.planes))
            .sum();
        let holders = self.records.held.iter().flat_map(|held| &held.blocks);
        let records: usize = holders
            .map(|holders| {
                let places = match &holders.places {
                    super::records::Places::Few(list) => list.capacity() * 2,
                    super::records::Places::Many(_) => size_of::<Block>(),
                };
                let days = holders.ends.capacity() + holders.dated.capacity();
                places + 2 * days + size_of_val(holders)
            })
            .sum();
        self.keys.len() * size_of::<Key>()
            + self.later.capacity() * (size_of::<Key>() + size_of::<usize>() + 1)
            + self.present.0.len() * 8
            + planes(&self.born)
            + columns
            + records
    }
}

/// The names of the columns of a population with these marks.
pub(super) fn names(marks: &[&str]) -> Vec<String> {
    let fixed = fixed::NAMES.iter().copied();
    let all = fixed.chain(attributes().map(|fact| fact.name));
    let marks = marks.iter().map(|mark| format!("mark:{mark}"));
    all.map(str::to_owned).chain(marks).collect()
}

/// The attributes that belong to a person.
fn attributes() -> impl Iterator<Item = &'static crate::facts::Fact> {
    CATALOGUE
        .iter()
        .filter(|fact| fact.scope == Scope::Person && fact.name.starts_with("attributes."))
}

fn join(first: &str, rest: &[String], to: &mut String) {
    to.push_str(first);
    for one in rest {
        to.push(BETWEEN);
        to.push_str(one);
    }
}

/// The value of one column for one person, as text.
fn write(row: &Row, column: usize, name: &str, to: &mut String) {
    use std::fmt::Write;
    let person = &row.person;
    let number = |n: Option<u32>, to: &mut String| {
        if let Some(n) = n {
            let _ = write!(to, "{n}");
        }
    };
    match column {
        fixed::RELATIONSHIP => to.push_str(person.relationship.as_deref().unwrap_or_default()),
        fixed::PLACE => {
            if person.residence.is_some() || !person.jurisdiction.is_empty() {
                to.push(if person.residence.is_some() { '+' } else { '-' });
                let residence = person.residence.as_deref().unwrap_or_default();
                join(residence, &person.jurisdiction, to);
            }
        }
        fixed::FLAGS => {
            if !person.flags.is_empty() {
                join("+", &person.flags, to);
            }
        }
        fixed::AGE => {
            if let (None, Some(age)) = (row.born, person.age) {
                let _ = write!(to, "{age}");
            }
        }
        fixed::ZONE => to.push_str(&row.zone),
        fixed::LAST_24H => number(person.frequency.last_24h, to),
        fixed::LAST_7D => number(person.frequency.last_7d, to),
        _ => {
            let name = name.strip_prefix("attributes.").unwrap_or(name);
            if let Some(value) = person.attributes.get(name) {
                write_value(value, to);
            }
        }
    }
}

fn write_value(value: &Value, to: &mut String) {
    use std::fmt::Write;
    let _ = match value {
        Value::Bool(is) => write!(to, "b{is}"),
        Value::Number(number) => write!(to, "n{number}"),
        Value::Text(text) => write!(to, "t{text}"),
        Value::List(list) => {
            to.push('l');
            for item in list {
                if let Value::Text(text) = item {
                    to.push(BETWEEN);
                    to.push_str(text);
                }
            }
            Ok(())
        }
    };
}

fn read_value(text: &str) -> Option<Value> {
    let rest = text.get(1..)?;
    match text.get(..1)? {
        "b" => rest.parse().ok().map(Value::Bool),
        "n" => rest.parse().ok().map(Value::Number),
        "t" => Some(Value::Text(rest.to_owned())),
        "l" => {
            let items = rest.split(BETWEEN).skip(1);
            Some(Value::List(
                items.map(|item| Value::Text(item.to_owned())).collect(),
            ))
        }
        _ => None,
    }
}

/// A person of whom only this column is known.
pub(super) fn read(column: usize, name: &str, text: &str, local: Option<LocalTime>) -> Person {
    let mut person = Person {
        frequency: Frequency::default(),
        ..Person::default()
    };
    let list = |text: &str| text.split(BETWEEN).skip(1).map(str::to_owned).collect();
    match column {
        fixed::RELATIONSHIP => person.relationship = Some(text.to_owned()),
        fixed::PLACE => {
            let first = text.split(BETWEEN).next().unwrap_or_default();
            person.residence = first.strip_prefix('+').map(str::to_owned);
            person.jurisdiction = list(text);
        }
        fixed::FLAGS => person.flags = list(text),
        fixed::AGE => person.age = text.parse().ok(),
        fixed::ZONE => person.local_time = local,
        fixed::LAST_24H => person.frequency.last_24h = text.parse().ok(),
        fixed::LAST_7D => person.frequency.last_7d = text.parse().ok(),
        _ => {
            if let (Some(name), Some(value)) = (name.strip_prefix("attributes."), read_value(text))
            {
                person.attributes.insert(name.to_owned(), value);
            }
        }
    }
    person
}

/// The column that holds a fact of a person; none for records and what follows from them.
pub(super) fn column_of(fact: u16) -> Option<usize> {
    let fact = CATALOGUE.get(usize::from(fact))?;
    match fact.name {
        "subject.relationship" => Some(fixed::RELATIONSHIP),
        "subject.residence" | "subject.country" | "jurisdiction" => Some(fixed::PLACE),
        "subject.flags" => Some(fixed::FLAGS),
        "subject.age" => Some(fixed::AGE),
        "local_time.hour" | "local_time.weekday" | "local_time.day" => Some(fixed::ZONE),
        "frequency.last_24h" => Some(fixed::LAST_24H),
        "frequency.last_7d" => Some(fixed::LAST_7D),
        name => {
            let further = attributes().position(|fact| fact.name == name)?;
            Some(fixed::NAMES.len() + further)
        }
    }
}

/// Days since 1800, from 1: 0 is nobody's birthday.
pub(super) fn birthday(born: Date) -> u32 {
    let days = crate::facts::day_number(born) - YEAR_1800;
    // In range by `clamp`, whole by `day_number`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "see above"
    )]
    let code = (days + 1.0).clamp(1.0, 131_071.0) as u32;
    code
}

/// The number of 1 January 1800.
const YEAR_1800: f64 = 657_437.0;

impl Leaves for Population {
    fn n_blocks(&self) -> usize {
        self.keys.len().div_ceil(BLOCK)
    }

    fn read<'a>(&'a self, leaf: Leaf, block: usize, to: &mut Block) -> Option<&'a Block> {
        let plane = |plane: Option<&'a Plane>| {
            let found = plane.and_then(|plane| plane.block(block));
            Some(found.unwrap_or(super::run::NOBODY))
        };
        match leaf {
            Leaf::Present => plane(Some(&self.present)),
            Leaf::Born(bit) => plane(self.born.0.get(usize::from(bit))),
            Leaf::Plane { column, plane: bit } => {
                let column = self.columns.get(usize::from(column));
                plane(column.and_then(|column| column.planes.0.get(usize::from(bit))))
            }
            Leaf::Holds(form) => match self.records.held.get(form as usize) {
                Some(held) => held.read(block, to),
                None => Some(super::run::NOBODY),
            },
            Leaf::EndsBefore { form, day } | Leaf::DatedBefore { form, day } => {
                let held = self.records.held.get(form as usize);
                let Some(holders) = held.and_then(|held| held.blocks.get(block)) else {
                    return Some(super::run::NOBODY);
                };
                let days = match leaf {
                    Leaf::EndsBefore { .. } => &holders.ends,
                    _ => &holders.dated,
                };
                holders.before(days, day, to);
                None
            }
        }
    }
}

/// Whether a fact of a person is a list of records.
pub(super) fn is_records(fact: u16) -> bool {
    CATALOGUE
        .get(usize::from(fact))
        .is_some_and(|fact| fact.ty == Type::Records)
}
