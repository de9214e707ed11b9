//! The population index of this process: what planning runs on instead of the store.
//!
//! One [`Index`] is shared by the pages, the API and the commands of a process. It is built from
//! the store when it is first asked, and brought up to the end of the ledger before each answer:
//! the ledger is the sequence of changes, since every act that touches a person leaves an entry
//! about them. What the clock alone changes stands in the columns as a day, or on the list of
//! people to read again ([`State::due`]).
//!
//! INVARIANT: the index plans and permits nothing; whatever is sent is decided again on the store.
//! INVARIANT: on disk it is sealed: it holds days of birth.

mod forms;
pub mod seal;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;
use placet_domain::channel::Channel;
use placet_domain::id::{EntryId, PersonId, SuppressionId};
use placet_domain::suppression::Suppression;
use placet_domain::time::Timestamp;
use placet_policy::columnar::{Population, Taken};
use placet_store::{
    Keys, StoreError, Tx, audiences, ledger, people, population as sent, suppressions,
};
use serde::{Deserialize, Serialize};

use crate::gate::gather_between;

pub(crate) use forms::{Clocks, EMAIL, Exemplar, LANGUAGE, address_mark};

/// How many entries are read at once.
const ENTRIES: u64 = 5_000;
/// With this many of a chunk's people to read again, the whole chunk is read.
const SCATTERED: usize = 50;
/// A clock that goes back further than this makes the index anew.
const BACK: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Entries of these kinds change nothing that the index holds.
const UNMOVED: [&str; 10] = [
    "decision.made",
    "deliveries.opened",
    "delivery.deferred",
    "delivery.refused",
    "ledger.read",
    "link.asked",
    "link.made",
    "patient.opened",
    "people.searched",
    "person.read",
];

/// The index of a process; empty until it is first asked.
#[derive(Debug, Default)]
pub struct Index(Mutex<Option<State>>);

/// People as columns, and how far they have been read.
#[derive(Debug)]
struct State {
    population: Population,
    /// Entries up to here are in it.
    sequence: u64,
    /// The last of them, to know the log again.
    last: Option<EntryId>,
    as_of: Timestamp,
    /// People whom the clock alone changes, and when.
    due: BTreeSet<(Timestamp, PersonId)>,
}

/// What a snapshot says besides.
#[derive(Serialize, Deserialize)]
struct Note {
    last: Option<EntryId>,
    as_of: Timestamp,
    due: Vec<(Timestamp, PersonId)>,
}

/// What became of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// It is in use, with so many people.
    Ready(usize),
    /// There is none; the index is built from the store when it is needed.
    Absent,
    /// It cannot be used; the index is built from the store.
    Refused(String),
}

impl Index {
    /// Brings the index up to this moment and looks at it.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub(crate) fn read<T>(
        &self,
        tx: &mut Tx,
        at: Timestamp,
        look: impl FnOnce(&Population) -> T,
    ) -> Result<T, StoreError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out meanwhile: what fails halfway is not used again.
        let mut state = match held.take() {
            Some(state) if state.goes_on(tx, at)? => state,
            _ => State::build(tx, at)?,
        };
        state.refresh(tx, at)?;
        let found = look(&state.population);
        *held = Some(state);
        Ok(found)
    }

    /// Builds the index or brings it up to this moment, and says how many people it holds.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn warm(&self, tx: &mut Tx, at: Timestamp) -> Result<usize, StoreError> {
        self.read(tx, at, Population::len)
    }

    /// Takes a snapshot up, if there is one and it is of this installation.
    pub fn load(&self, path: &Path, keys: &Keys, instance: &str) -> Loaded {
        let sealed = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Loaded::Absent,
            Err(error) => return Loaded::Refused(error.kind().to_string()),
        };
        let Some(bytes) = seal::open(sealed, keys, instance) else {
            return Loaded::Refused("it was damaged, or sealed by another key".to_owned());
        };
        let (population, taken) = match Population::restore(&bytes, &forms::MARKS) {
            Ok(found) => found,
            Err(why) => return Loaded::Refused(why.to_string()),
        };
        let Ok(note) = serde_json::from_str::<Note>(&taken.note) else {
            return Loaded::Refused("its note cannot be read".to_owned());
        };
        let n = population.len();
        let state = State {
            population,
            sequence: taken.sequence,
            last: note.last,
            as_of: note.as_of,
            due: note.due.into_iter().collect(),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        Loaded::Ready(n)
    }

    /// Writes a snapshot, whole or not at all; nothing when there is no index. `nonce` is random.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save(
        &self,
        path: &Path,
        keys: &Keys,
        instance: &str,
        nonce: [u8; 12],
    ) -> std::io::Result<bool> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = held.as_ref() else {
            return Ok(false);
        };
        let note = Note {
            last: state.last,
            as_of: state.as_of,
            due: state.due.iter().copied().collect(),
        };
        let taken = Taken {
            instance: instance.to_owned(),
            sequence: state.sequence,
            note: serde_json::to_string(&note).map_err(std::io::Error::other)?,
        };
        let mut bytes = Vec::with_capacity(state.population.bytes());
        state.population.save(&taken, &mut bytes)?;
        drop(held);
        let sealed = seal::close(bytes, keys, instance, nonce).map_err(std::io::Error::other)?;
        let beside = path.with_extension("index-new");
        std::fs::write(&beside, sealed)?;
        // What a crash leaves half written is refused by its sum: no need to wait for the disk.
        std::fs::rename(&beside, path)?;
        Ok(true)
    }
}

impl State {
    /// Reads everybody.
    fn build(tx: &mut Tx, at: Timestamp) -> Result<Self, StoreError> {
        let (sequence, last) = end_of_log(tx)?;
        let mut state = Self {
            population: Population::new(&forms::MARKS),
            sequence,
            last,
            as_of: at,
            due: BTreeSet::new(),
        };
        let mut after = None;
        while let Some((first, last)) = audiences::next_span(tx, after)? {
            after = Some(last);
            state.take(tx, first, last, None)?;
        }
        Ok(state)
    }

    /// Whether the log is the one that was read, only longer, and the clock went on.
    fn goes_on(&self, tx: &mut Tx, at: Timestamp) -> Result<bool, StoreError> {
        if at < self.as_of - BACK || ledger::size(tx)? < self.sequence {
            return Ok(false);
        }
        let Some(place) = self.sequence.checked_sub(1) else {
            return Ok(true);
        };
        let entry = ledger::find_at(tx, place)?;
        Ok(entry.map(|entry| entry.id) == self.last)
    }

    /// Reads again whom entries since name and whom the clock has changed.
    fn refresh(&mut self, tx: &mut Tx, at: Timestamp) -> Result<(), StoreError> {
        let mut again: BTreeSet<PersonId> = BTreeSet::new();
        loop {
            let entries = ledger::list_from(tx, self.sequence, ENTRIES)?;
            for entry in &entries {
                if let (Some(person), false) =
                    (entry.person, UNMOVED.contains(&entry.kind.as_str()))
                {
                    again.insert(person);
                }
                if entry.kind.starts_with("suppression.")
                    && let Some(id) = entry.read()?.facts.get("suppression")
                    && let Ok(id) = id.parse::<SuppressionId>()
                {
                    again.extend(sent::list_by_suppression(tx, id)?);
                }
                self.last = Some(entry.id);
            }
            self.sequence += entries.len() as u64;
            if (entries.len() as u64) < ENTRIES {
                break;
            }
        }
        self.as_of = self.as_of.max(at);
        while let Some((when, person)) = self.due.first().copied()
            && when <= self.as_of
        {
            self.due.pop_first();
            again.insert(person);
        }
        self.read_again(tx, again)
    }

    /// One by one, or a chunk at once where many of it are to be read.
    fn read_again(&mut self, tx: &mut Tx, mut again: BTreeSet<PersonId>) -> Result<(), StoreError> {
        while let Some(first) = again.first().copied() {
            let before = before(first);
            let span = audiences::next_span(tx, before)?;
            let last = span.map_or(first, |(_, last)| last.max(first));
            let later = again.split_off(&last);
            let mut here = std::mem::replace(&mut again, later);
            if again.remove(&last) {
                here.insert(last);
            }
            if here.len() >= SCATTERED {
                self.take(tx, first, last, Some(&here))?;
            } else {
                for person in here {
                    self.take(tx, person, person, Some(&BTreeSet::from([person])))?;
                }
            }
        }
        Ok(())
    }

    /// Reads everybody between two ids. Those of `gone_unless_found` who are not there any more
    /// are no longer held.
    fn take(
        &mut self,
        tx: &mut Tx,
        first: PersonId,
        last: PersonId,
        gone_unless_found: Option<&BTreeSet<PersonId>>,
    ) -> Result<(), StoreError> {
        let at = self.as_of;
        let mut found = BTreeSet::new();
        let mut beside = [const { std::collections::BTreeMap::new() }; forms::BESIDE.len()];
        let mut closed: HashMap<PersonId, Vec<Suppression>> = HashMap::new();
        for (channel, points) in forms::BESIDE.into_iter().zip(&mut beside) {
            // Newest first: the one that is kept is the first, which is in use.
            for point in people::list_contact_points_between(tx, first, last, channel)? {
                points.entry(point.person).or_insert(point);
            }
            for (person, one) in suppressions::list_between(tx, first, last, channel)? {
                closed.entry(person).or_default().push(one);
            }
        }
        for mut held in gather_between(tx, first, last, Channel::Email, at)? {
            held.suppressions
                .extend(closed.remove(&held.person.id).into_iter().flatten());
            let points = beside.each_ref().map(|points| points.get(&held.person.id));
            let (row, later) = forms::row(&held, points, at);
            self.population.put(&row);
            self.due.extend(later.map(|later| (later, held.person.id)));
            found.insert(held.person.id);
        }
        // A count runs down when the oldest message leaves its window.
        for (person, sent_at) in sent::list_sent_between(tx, first, last, at - WEEK)? {
            let leaves = [sent_at + DAY, sent_at + WEEK];
            let next = leaves.into_iter().filter(|leaves| *leaves > at).min();
            self.due.extend(next.map(|next| (next, person)));
        }
        for person in gone_unless_found.into_iter().flatten() {
            if !found.contains(person) {
                self.population.remove(person.as_bytes());
            }
        }
        Ok(())
    }
}

/// The id just before, so that the next span begins with this one.
fn before(id: PersonId) -> Option<PersonId> {
    let number = u128::from_be_bytes(*id.as_bytes()).checked_sub(1)?;
    Some(PersonId::from(number.to_be_bytes()))
}

fn end_of_log(tx: &mut Tx) -> Result<(u64, Option<EntryId>), StoreError> {
    let sequence = ledger::size(tx)?;
    let last = match sequence.checked_sub(1) {
        Some(place) => ledger::find_at(tx, place)?.map(|entry| entry.id),
        None => None,
    };
    Ok((sequence, last))
}
