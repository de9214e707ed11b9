//! Instruments and preferences, grouped by form: whoever holds a record that says the same in the
//! same words is one bit of the same bitmap, with the days of each beside it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::run::{BLOCK, Block, WORDS};
use crate::inputs::{Instrument, Preference};

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Something signed or agreed to.
    Instrument,
    /// Something asked for or refused.
    Preference,
}

/// What a record says, without its days: few forms, however many people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Form {
    /// What it is.
    pub group: Group,
    /// Its kind, as `email_optin` or `unsubscribe`.
    pub kind: String,
    /// Of an instrument: its status while it has not run out.
    #[serde(default)]
    pub status: String,
    /// What it lacks.
    #[serde(default)]
    pub defects: Vec<String>,
    /// What it covers.
    #[serde(default)]
    pub scope: Option<String>,
    /// The channel a preference is about.
    #[serde(default)]
    pub channel: Option<String>,
    /// Who signed, when not the person.
    #[serde(default)]
    pub signer: Option<String>,
    /// Whether it says that the disclosure is paid for.
    #[serde(default)]
    pub states_sale: Option<bool>,
    /// Whether it says that the communication is paid for.
    #[serde(default)]
    pub states_remuneration: Option<bool>,
    /// For whoever asks: what a [`super::View`] needs to know besides.
    #[serde(default)]
    pub reach: String,
    /// Whether each record of this form has a last day.
    #[serde(default)]
    pub ends: bool,
    /// Whether each record of this form has a day of its own.
    #[serde(default)]
    pub dated: bool,
}

/// One record of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it says.
    pub form: Form,
    /// Its last day.
    pub ends: Option<jiff::civil::Date>,
    /// The day it was signed or said.
    pub dated: Option<jiff::civil::Date>,
}

impl Form {
    /// The instrument that this form tells of, its days left open.
    #[must_use]
    pub fn instrument(&self) -> Instrument {
        Instrument {
            kind: self.kind.clone(),
            status: self.status.clone(),
            defects: self.defects.clone(),
            scope: self.scope.clone(),
            signer: self.signer.clone(),
            states_sale: self.states_sale,
            states_remuneration: self.states_remuneration,
            ..Instrument::default()
        }
    }

    /// The preference that this form tells of, its day left open.
    #[must_use]
    pub fn preference(&self) -> Preference {
        Preference {
            kind: self.kind.clone(),
            scope: self.scope.clone(),
            channel: self.channel.clone(),
            at: None,
        }
    }

    /// A form of which nothing else is said.
    #[must_use]
    pub fn new(group: Group, kind: &str) -> Self {
        Self {
            group,
            kind: kind.to_owned(),
            status: String::new(),
            defects: Vec::new(),
            scope: None,
            channel: None,
            signer: None,
            states_sale: None,
            states_remuneration: None,
            reach: String::new(),
            ends: false,
            dated: false,
        }
    }
}

impl From<&Instrument> for Record {
    fn from(instrument: &Instrument) -> Self {
        let form = Form {
            status: instrument.status.clone(),
            defects: instrument.defects.clone(),
            scope: instrument.scope.clone(),
            signer: instrument.signer.clone(),
            states_sale: instrument.states_sale,
            states_remuneration: instrument.states_remuneration,
            ends: instrument.expires.is_some(),
            dated: instrument.signed.is_some(),
            ..Form::new(Group::Instrument, &instrument.kind)
        };
        Self {
            form,
            ends: instrument.expires,
            dated: instrument.signed,
        }
    }
}

impl From<&Preference> for Record {
    fn from(preference: &Preference) -> Self {
        let form = Form {
            scope: preference.scope.clone(),
            channel: preference.channel.clone(),
            dated: preference.at.is_some(),
            ..Form::new(Group::Preference, &preference.kind)
        };
        Self {
            form,
            ends: None,
            dated: preference.at,
        }
    }
}

/// Who holds a form in one block, in order; from a sixteenth of a block on, as a bitmap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Places {
    Few(Vec<u16>),
    Many(Box<Block>),
}

const FEW: usize = BLOCK / 16;

/// The holders of one form in one block, and the days of each in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holders {
    pub(super) places: Places,
    pub(super) ends: Vec<u16>,
    pub(super) dated: Vec<u16>,
}

impl Default for Holders {
    fn default() -> Self {
        Self {
            places: Places::Few(Vec::new()),
            ends: Vec::new(),
            dated: Vec::new(),
        }
    }
}

impl Places {
    /// The rank of a place among the holders: there, or where it would go.
    fn rank(&self, place: u16) -> Result<usize, usize> {
        match self {
            Self::Few(list) => list.binary_search(&place),
            Self::Many(words) => {
                let (word, bit) = (usize::from(place) / 64, place % 64);
                let before: u32 = words.iter().take(word).map(|word| word.count_ones()).sum();
                let here = words.get(word).copied().unwrap_or(0);
                let below = (here & ((1 << bit) - 1)).count_ones();
                let rank = (before + below) as usize;
                if here >> bit & 1 == 1 {
                    Ok(rank)
                } else {
                    Err(rank)
                }
            }
        }
    }

    fn insert(&mut self, place: u16, rank: usize) {
        match self {
            Self::Few(list) => {
                list.insert(rank, place);
                if list.len() > FEW {
                    let mut words = Box::new([0; WORDS]);
                    list.iter().for_each(|place| set(&mut words, *place));
                    *self = Self::Many(words);
                }
            }
            Self::Many(words) => set(words, place),
        }
    }

    fn remove(&mut self, place: u16, rank: usize) {
        match self {
            Self::Few(list) => {
                list.remove(rank);
            }
            Self::Many(words) => {
                if let Some(word) = words.get_mut(usize::from(place) / 64) {
                    *word &= !(1 << (place % 64));
                }
            }
        }
    }
}

fn set(words: &mut Block, place: u16) {
    if let Some(word) = words.get_mut(usize::from(place) / 64) {
        *word |= 1 << (place % 64);
    }
}

impl Holders {
    /// The holders whose day lies before this one, as a bitmap.
    pub(super) fn before(&self, days: &[u16], day: u16, to: &mut Block) {
        to.fill(0);
        match &self.places {
            Places::Few(list) => {
                for (place, _) in list.iter().zip(days).filter(|(_, at)| **at < day) {
                    set(to, *place);
                }
            }
            Places::Many(words) => {
                let mut days = days.iter();
                for (word, to) in words.iter().zip(to) {
                    let mut left = *word;
                    let mut found = 0;
                    // Days come as they like: a branch on each would be guessed wrong too often.
                    while left != 0 {
                        let lowest = left & left.wrapping_neg();
                        let is_before = days.next().is_some_and(|at| *at < day);
                        found |= lowest & u64::from(is_before).wrapping_neg();
                        left ^= lowest;
                    }
                    *to = found;
                }
            }
        }
    }
}

/// Everybody who holds a record of one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) form: Form,
    /// The how-manieth record of the same form a person holds, from 0.
    pub(super) copy: u32,
    pub(super) blocks: Vec<Holders>,
    pub(super) n: u64,
}

impl Held {
    pub(super) fn new(form: Form, copy: u32) -> Self {
        Self {
            form,
            copy,
            blocks: Vec::new(),
            n: 0,
        }
    }

    pub(super) fn add(&mut self, person: usize, ends: Option<u16>, dated: Option<u16>) -> bool {
        let (block, place) = split(person);
        if self.blocks.len() <= block {
            self.blocks.resize_with(block + 1, Holders::default);
        }
        let Some(holders) = self.blocks.get_mut(block) else {
            return false;
        };
        let Err(rank) = holders.places.rank(place) else {
            return false;
        };
        holders.places.insert(place, rank);
        if let Some(day) = ends {
            holders.ends.insert(rank, day);
        }
        if let Some(day) = dated {
            holders.dated.insert(rank, day);
        }
        self.n += 1;
        true
    }

    pub(super) fn remove(&mut self, person: usize) {
        let (block, place) = split(person);
        let Some(holders) = self.blocks.get_mut(block) else {
            return;
        };
        let Ok(rank) = holders.places.rank(place) else {
            return;
        };
        holders.places.remove(place, rank);
        for days in [&mut holders.ends, &mut holders.dated] {
            if rank < days.len() {
                days.remove(rank);
            }
        }
        self.n -= 1;
    }

    pub(super) fn read<'a>(&'a self, block: usize, to: &mut Block) -> Option<&'a Block> {
        match self.blocks.get(block).map(|holders| &holders.places) {
            Some(Places::Many(words)) => Some(words),
            Some(Places::Few(list)) => {
                to.fill(0);
                list.iter().for_each(|place| set(to, *place));
                None
            }
            None => Some(super::run::NOBODY),
        }
    }
}

fn split(person: usize) -> (usize, u16) {
    let place = u16::try_from(person % BLOCK).unwrap_or(u16::MAX);
    (person / BLOCK, place)
}

/// The forms by what they say.
#[derive(Debug, Clone, Default)]
pub(super) struct Records {
    pub(super) held: Vec<Held>,
    by_form: HashMap<Form, Vec<usize>>,
}

impl Records {
    pub(super) fn of(held: Vec<Held>) -> Self {
        let mut by_form: HashMap<Form, Vec<usize>> = HashMap::new();
        for (index, one) in held.iter().enumerate() {
            by_form.entry(one.form.clone()).or_default().push(index);
        }
        Self { held, by_form }
    }

    pub(super) fn add(&mut self, person: usize, record: &Record) {
        let (ends, dated) = (record.ends.map(day), record.dated.map(day));
        let known = self.by_form.get(&record.form).map_or(&[][..], |list| list);
        for index in known {
            if let Some(held) = self.held.get_mut(*index)
                && held.add(person, ends, dated)
            {
                return;
            }
        }
        let copy = u32::try_from(known.len()).unwrap_or(u32::MAX);
        let mut held = Held::new(record.form.clone(), copy);
        held.add(person, ends, dated);
        let index = self.held.len();
        self.held.push(held);
        let list = self.by_form.entry(record.form.clone()).or_default();
        list.push(index);
    }

    pub(super) fn clear(&mut self, person: usize) {
        self.held.iter_mut().for_each(|held| held.remove(person));
    }
}

/// Days since the year 1900, which is where the calendar of a record begins; 2079 is its end.
pub(super) fn day(day: jiff::civil::Date) -> u16 {
    let days = crate::facts::day_number(day) - START;
    // In range by `clamp`, whole by `day_number`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "see above"
    )]
    let code = days.clamp(0.0, f64::from(u16::MAX)) as u16;
    code
}

/// The number of 1 January 1900.
pub(super) const START: f64 = 693_961.0;
