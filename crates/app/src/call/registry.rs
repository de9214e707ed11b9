//! Numbers of the National Do Not Call Registry: taken in by file, kept as keyed hashes, asked by the gate for each call
//! and text.
//!
//! INVARIANT: a list only adds. What it no longer names stays listed: no file opens a number.

use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::suppression::Cause;
use placet_domain::time::{Date, Timestamp};
use placet_store::{Tx, people, reports};
use serde::{Deserialize, Serialize};

use crate::report::close_for;
use crate::settings::{get, put};
use crate::{ActError, Ctx, settings};

/// The most numbers of one act.
pub const MOST_NUMBERS: usize = 500;
/// For how many days a list may be called by (47 CFR 64.1200(c)(2)).
pub const MOST_DAYS: i64 = 31;

const SETTING: &str = "do_not_call_list";

/// The newest list that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// The day it was fetched.
    pub as_of: Date,
}

impl Registry {
    /// Whether it is too old to call by, on this day.
    #[must_use]
    pub fn is_stale(&self, today: Date) -> bool {
        let days = today.duration_since(self.as_of).as_hours() / 24;
        days > MOST_DAYS
    }
}

/// What came of a stretch of numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many are listed now and were not.
    pub n_new: u64,
    /// How many were listed before.
    pub n_known: u64,
    /// How many are no numbers.
    pub n_unread: u64,
}

/// The newest list. A read.
///
/// # Errors
///
/// When the store fails.
pub fn registry(tx: &mut Tx) -> Result<Option<Registry>, ActError> {
    Ok(get(tx, SETTING)?)
}

/// Takes numbers of a list in, at most [`MOST_NUMBERS`], with an entry for each that is new.
///
/// # Errors
///
/// [`ActError::Invalid`] when there are too many, or the day lies ahead.
pub fn take_numbers(
    tx: &mut Tx,
    ctx: &Ctx,
    numbers: &[String],
    as_of: Date,
) -> Result<Taken, ActError> {
    if numbers.len() > MOST_NUMBERS {
        let says = format!("at most {MOST_NUMBERS} at a time");
        return Err(ActError::invalid("numbers", says));
    }
    if as_of > settings::day(tx, ctx.now)? {
        let says = "give the day on which the list was fetched: this one lies ahead";
        return Err(ActError::invalid("as_of", says));
    }
    let mut taken = Taken::default();
    for number in numbers {
        let Some(number) = read(number) else {
            taken.n_unread += 1;
            continue;
        };
        let Some(lookup) = people::address_lookup(tx, Channel::VoiceLive, &number) else {
            taken.n_unread += 1;
            continue;
        };
        let mut is_new = false;
        for channel in [Channel::VoiceLive, Channel::Sms] {
            let owner = reports::list_owners(tx, &lookup, channel)?;
            let owner = owner.first().map(|(person, _)| *person);
            let whose = (owner, lookup.as_slice(), channel);
            is_new |= close_for(tx, ctx, whose, Cause::NationalDnc)?;
        }
        match is_new {
            true => taken.n_new += 1,
            false => taken.n_known += 1,
        }
    }
    let held = registry(tx)?;
    if held.is_none_or(|it| it.as_of < as_of) {
        put(tx, ctx, SETTING, &Registry { as_of })?;
    }
    tx.record(
        Entry::new("do_not_call.taken")
            .with("as_of", as_of)
            .with("n_new", taken.n_new)
            .with("n_known", taken.n_known)
            .with("n_unread", taken.n_unread),
    );
    Ok(taken)
}

/// A number as the registry's files write it (`614,5550142`), or as anybody else does.
fn read(line: &str) -> Option<String> {
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    let is_plain = line
        .trim()
        .chars()
        .all(|c| c.is_ascii_digit() || " ,-().+".contains(c));
    (is_plain && matches!(digits.len(), 10 | 11)).then(|| match digits.len() {
        10 => format!("+1{digits}"),
        _ => format!("+{digits}"),
    })
}

/// Whether calls that sell something lack a list of this month, in the words of the page.
#[must_use]
pub fn warning(
    held: Option<&Registry>,
    now: Timestamp,
    settings: &placet_domain::settings::Settings,
) -> Option<String> {
    let today = now.to_zoned(settings.time_zone()).date();
    match held {
        None => Some("No list of the National Do Not Call Registry was taken in yet.".to_owned()),
        Some(list) if list.is_stale(today) => Some(format!(
            "The newest list of the National Do Not Call Registry is of {}: it may be called by for {MOST_DAYS} days.",
            list.as_of
        )),
        Some(_) => None,
    }
}
