//! Finding people and reading what is held of them.
//!
//! Every read of a person's data leaves an entry `person.read` that says why; what was typed to
//! find somebody is never kept.
//!
//! INVARIANT: nobody's data leaves this module without its entry.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use placet_domain::address;
use placet_domain::channel::Channel;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::person::{Appointment, ContactPoint, Person, masked, search_words};
use placet_domain::time::Date;
use placet_store::{StoreError, Tx, people};

use crate::ActError;

/// How many people a search shows at most.
pub const SHOWN: usize = 20;

/// Why a person's data is read; stands in the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To tell people of the same name apart.
    Search,
    /// To see what is held and permitted.
    Review,
    /// To record what they signed, asked for or refused.
    Record,
    /// To answer why a decision fell as it did.
    Explain,
    /// The person reads their own page.
    OwnPage,
    /// To give another system what they permitted and refused.
    Release,
}

impl Purpose {
    /// The code in the entry.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Review => "review",
            Self::Record => "record",
            Self::Explain => "explain",
            Self::OwnPage => "own_page",
            Self::Release => "release",
        }
    }
}

/// One line of a search: enough to tell people apart, no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// The year they were born.
    pub birth_year: Option<i16>,
    /// What they are to the organization.
    pub relationship: &'static str,
    /// Country and state.
    pub residence: Option<String>,
    /// How they are reached, masked.
    pub reach: Vec<String>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// The people, at most [`SHOWN`].
    pub found: Vec<Found>,
    /// Whether there are more than are shown.
    pub has_more: bool,
}

/// A person as the page shows them.
#[derive(Debug, Clone)]
pub struct View {
    /// Who.
    pub person: Person,
    /// How they are reached, in use.
    pub contact_points: Vec<ContactPoint>,
    /// Appointments from now on.
    pub appointments: Vec<Appointment>,
}

/// Notes that a person's data is read.
pub fn note_read(tx: &mut Tx, person: PersonId, purpose: Purpose) {
    tx.record(
        Entry::new("person.read")
            .about(person)
            .with("purpose", purpose.as_str()),
    );
}

/// Opens what is held of a person.
///
/// # Errors
///
/// [`ActError::NotFound`] when nobody is held under this id or the person was erased.
pub fn open(tx: &mut Tx, ctx: &Ctx, person: PersonId, purpose: Purpose) -> Result<View, ActError> {
    let held = find_standing(tx, person)?.ok_or(ActError::NotFound("person"))?;
    let contact_points = people::list_contact_points(tx, person)?;
    let appointments = people::list_appointments(tx, person, ctx.now)?;
    note_read(tx, person, purpose);
    Ok(View {
        person: held,
        contact_points,
        appointments,
    })
}

/// The person, unless there is none or they were erased.
fn find_standing(tx: &mut Tx, person: PersonId) -> Result<Option<Person>, StoreError> {
    // Asked first: a statement that fails would lose the transaction.
    if tx.is_erased(person)? {
        return Ok(None);
    }
    people::find(tx, person)
}

/// Refuses an id under which nobody is held.
///
/// # Errors
///
/// [`ActError::NotFound`].
pub fn must_be_held(tx: &mut Tx, person: PersonId) -> Result<(), ActError> {
    if people::is_held(tx, person)? && !tx.is_erased(person)? {
        Ok(())
    } else {
        Err(ActError::NotFound("person"))
    }
}

/// Finds people by e-mail address, telephone number, date of birth, id, or the words of a name.
///
/// # Errors
///
/// When nothing was asked, or the store fails.
pub fn search(tx: &mut Tx, _ctx: &Ctx, asked: &str) -> Result<Search, ActError> {
    let question = Question::read(asked).ok_or_else(|| {
        ActError::invalid("q", "type a name, an address, a number or a date of birth")
    })?;
    let words = question.words();
    let mut shown = Search::default();
    for id in candidates(tx, &question)? {
        let Some(person) = find_standing(tx, id)? else {
            continue;
        };
        if !words
            .iter()
            .all(|word| person.identity.search_words().contains(word))
        {
            continue;
        }
        if shown.found.len() == SHOWN {
            shown.has_more = true;
            break;
        }
        shown.found.push(line(tx, &person)?);
        note_read(tx, id, Purpose::Search);
    }
    tx.record(
        Entry::new("people.searched")
            .with("by", question.kind())
            .with("n_shown", shown.found.len()),
    );
    Ok(shown)
}

fn line(tx: &mut Tx, person: &Person) -> Result<Found, StoreError> {
    let points = people::list_contact_points(tx, person.id)?;
    let reach: BTreeSet<String> = points
        .iter()
        .map(|point| masked(point.channel, &point.address))
        .collect();
    Ok(Found {
        id: person.id,
        name: person.identity.name(),
        birth_year: person.identity.birth_date.map(Date::year),
        relationship: person.relationship.label(),
        residence: person.residence.clone(),
        reach: reach.into_iter().collect(),
    })
}

/// What was typed into the search box, as what it is.
enum Question {
    Id(PersonId),
    Address(Channel, String),
    BirthDate(Date),
    Words(BTreeSet<String>),
}

impl Question {
    fn read(asked: &str) -> Option<Self> {
        let asked = asked.trim();
        if let Ok(id) = asked.parse() {
            return Some(Self::Id(id));
        }
        if asked.contains('@') {
            return Some(Self::Address(Channel::Email, asked.to_owned()));
        }
        if let Ok(date) = asked.parse() {
            return Some(Self::BirthDate(date));
        }
        if address::canonical(Channel::Sms, asked).is_ok() {
            return Some(Self::Address(Channel::Sms, asked.to_owned()));
        }
        let words = search_words(asked);
        (!words.is_empty()).then_some(Self::Words(words))
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Id(_) => "id",
            Self::Address(..) => "address",
            Self::BirthDate(_) => "birth_date",
            Self::Words(_) => "name",
        }
    }

    fn words(&self) -> BTreeSet<String> {
        match self {
            Self::Words(words) => words.clone(),
            _ => BTreeSet::new(),
        }
    }
}

/// Further than is shown, since a third word of a name is compared after opening.
const LOOKED_AT: u32 = 200;

fn candidates(tx: &mut Tx, question: &Question) -> Result<Vec<PersonId>, StoreError> {
    match question {
        Question::Id(id) => Ok(vec![*id]),
        Question::Address(channel, address) => {
            match people::address_lookup(tx, *channel, address) {
                Some(lookup) => people::list_by_address(tx, &lookup, LOOKED_AT),
                None => Ok(Vec::new()),
            }
        }
        Question::BirthDate(date) => {
            let lookup = tx.lookup_hash(people::BIRTH_DATE, &date.to_string());
            people::list_by_lookup(tx, &lookup, LOOKED_AT)
        }
        Question::Words(words) => {
            let hashes: Vec<Vec<u8>> = words
                .iter()
                .map(|word| tx.lookup_hash(people::NAME_WORD, word))
                .collect();
            match hashes.as_slice() {
                [] => Ok(Vec::new()),
                [one] => people::list_by_lookup(tx, one, LOOKED_AT),
                [one, other, ..] => people::list_by_lookups(tx, one, other, LOOKED_AT),
            }
        }
    }
}
