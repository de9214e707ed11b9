//! What the organization sets. Every change leaves an entry that says what each field was and is.
//!
//! INVARIANT: messages leave only while sending is armed, and arming takes an organization, a
//! carrier and, when the carrier is a vendor, its agreement on file. It is armed for one
//! installation: a copy of the database elsewhere sends nothing by itself.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::review::calendar::{self, Calendar};
use placet_domain::review::table::{ReviewTable, Row};
use placet_domain::settings::{
    CallDesk, Caps, Carrier, Fault, Organization, PrintShop, Printer, Returns, Settings,
    Strictness, TextCarrier, VendorRole,
};
use placet_domain::time::{Date, Timestamp};
use placet_store::settings;
use placet_store::{StoreError, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{ActError, Ctx, FieldProblem};

const ORGANIZATION: &str = "organization";
const CARRIER: &str = "carrier";
const TEXTS: &str = "texts";
const PRINT: &str = "print";
const CALLS: &str = "calls";
const RETURNS: &str = "returns";
const CAPS: &str = "caps";
const STRICTNESS: &str = "strictness";
const REVIEW_TABLE: &str = "review_table";
const HOLIDAYS: &str = "holidays";
const SENDING: &str = settings::SENDING_ARMED;
const NOBODY: [&str; 0] = [];

/// Everything that is set. A read.
///
/// # Errors
///
/// When the store fails or a value is not what was put.
pub fn load(tx: &mut Tx) -> Result<Settings, StoreError> {
    let careful = Settings::default();
    let armed = armed(tx)?;
    let is_armed = armed.contains(tx.installation());
    Ok(Settings {
        organization: get(tx, ORGANIZATION)?,
        carrier: get(tx, CARRIER)?,
        texts: get(tx, TEXTS)?,
        print: get(tx, PRINT)?,
        calls: get(tx, CALLS)?,
        returns: get(tx, RETURNS)?,
        caps: get(tx, CAPS)?.unwrap_or(careful.caps),
        strictness: get(tx, STRICTNESS)?.unwrap_or(careful.strictness),
        is_armed,
        is_armed_elsewhere: !is_armed && !armed.is_empty(),
    })
}

/// The day of this moment where the organization is. A read.
///
/// # Errors
///
/// When the store fails or a value is not what was put.
pub fn day(tx: &mut Tx, now: Timestamp) -> Result<Date, StoreError> {
    Ok(now.to_zoned(load(tx)?.time_zone()).date())
}

/// Who must approve what, and on which days nobody works. A read; what nobody set is the usual.
///
/// # Errors
///
/// When the store fails or a value is not what was put: no table is guessed.
pub fn review(tx: &mut Tx) -> Result<(ReviewTable, Calendar), StoreError> {
    Ok((
        get(tx, REVIEW_TABLE)?.unwrap_or_default(),
        get(tx, HOLIDAYS)?.unwrap_or_default(),
    ))
}

/// Sets one row of the responsibility table. What was handed in before keeps those it asked for.
///
/// # Errors
///
/// When the row would let something through unread.
pub fn set_review_row(tx: &mut Tx, ctx: &Ctx, new: &Row) -> Result<(), ActError> {
    let (table, _) = review(tx)?;
    let mut rows = table.rows().to_vec();
    for row in rows.iter_mut().filter(|row| row.tier == new.tier) {
        row.clone_from(new);
    }
    let table = ReviewTable::new(rows)
        .map_err(|fault| ActError::invalid("approvers", fault.to_string()))?;
    put(tx, ctx, REVIEW_TABLE, &table)
}

/// Says on which days nobody works, one holiday a line.
///
/// # Errors
///
/// Names the line that is no holiday.
pub fn set_holidays(tx: &mut Tx, ctx: &Ctx, text: &str) -> Result<(), ActError> {
    let calendar = Calendar::parse(text).map_err(|line| {
        ActError::invalid("holidays", format!("line {line}: {}", calendar::BadHoliday))
    })?;
    put(tx, ctx, HOLIDAYS, &calendar)
}

/// The installations that may send.
fn armed(tx: &mut Tx) -> Result<BTreeSet<String>, StoreError> {
    Ok(get(tx, SENDING)?.unwrap_or_default())
}

pub(crate) fn get<T: DeserializeOwned>(tx: &mut Tx, name: &str) -> Result<Option<T>, StoreError> {
    let Some(text) = settings::find(tx, name)? else {
        return Ok(None);
    };
    let corrupt = |_| StoreError::Corrupt {
        table: "settings".to_owned(),
        id: name.to_owned(),
    };
    serde_json::from_str(&text).map(Some).map_err(corrupt)
}

pub(crate) fn put<T: Serialize>(
    tx: &mut Tx,
    ctx: &Ctx,
    name: &str,
    value: &T,
) -> Result<(), ActError> {
    put_for(tx, ctx, name, value, Entry::new("settings.changed"))
}

fn put_for<T: Serialize>(
    tx: &mut Tx,
    ctx: &Ctx,
    name: &str,
    value: &T,
    entry: Entry,
) -> Result<(), ActError> {
    let text = serde_json::to_string(value).map_err(|_| StoreError::Defect)?;
    let before = told(&settings::find(tx, name)?.unwrap_or_default());
    let now = told(&text);
    settings::put(tx, name, &text, ctx.now, &ctx.actor.code())?;
    let mut entry = entry.with("name", name);
    for (field, value) in &now {
        let was = before.get(field).filter(|was| *was != value);
        // One single value is always told: whoever arms again means it.
        if was.is_some() || !before.contains_key(field) || field == "value" {
            entry = entry.with(field, value);
        }
        if let Some(was) = was {
            entry = entry.with(&format!("{field}_before"), was);
        }
    }
    tx.record(entry);
    Ok(())
}

/// A value field by field, as an entry tells it. No setting holds a secret: the carrier's password
/// lies in a file of its own.
fn told(text: &str) -> BTreeMap<String, String> {
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::Array(all) => {
            let all: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            all.join(" ")
        }
        other => other.to_string(),
    };
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) => fields
            .iter()
            .map(|(field, value)| (field.clone(), word(value)))
            .collect(),
        Ok(one) => BTreeMap::from([("value".to_owned(), word(&one))]),
        Err(_) => BTreeMap::new(),
    }
}

fn check(faults: Vec<Fault>) -> Result<(), ActError> {
    if faults.is_empty() {
        return Ok(());
    }
    let problem = |(field, problem): Fault| FieldProblem {
        field: field.to_owned(),
        problem: problem.to_owned(),
    };
    Err(ActError::Invalid(faults.into_iter().map(problem).collect()))
}

/// Says who sends.
///
/// # Errors
///
/// When a field cannot be used.
pub fn set_organization(tx: &mut Tx, ctx: &Ctx, new: &Organization) -> Result<(), ActError> {
    check(new.faults())?;
    put(tx, ctx, ORGANIZATION, new)
}

/// Says who carries, and disarms sending: another carrier is armed anew, deliberately.
///
/// # Errors
///
/// When a field cannot be used.
pub fn set_carrier(tx: &mut Tx, ctx: &Ctx, new: &Carrier) -> Result<(), ActError> {
    check(new.faults())?;
    let is_changed = load(tx)?.carrier.as_ref() != Some(new);
    put(tx, ctx, CARRIER, new)?;
    if is_changed { disarm(tx, ctx) } else { Ok(()) }
}

/// Says who carries text messages, and disarms sending: another one is armed anew, deliberately.
///
/// # Errors
///
/// When a field cannot be used.
pub fn set_texts(tx: &mut Tx, ctx: &Ctx, new: &TextCarrier) -> Result<(), ActError> {
    check(new.faults())?;
    let is_changed = load(tx)?.texts.as_ref() != Some(new);
    put(tx, ctx, TEXTS, new)?;
    if is_changed { disarm(tx, ctx) } else { Ok(()) }
}

/// Says who prints and posts, and disarms sending: another one is armed anew, deliberately.
///
/// # Errors
///
/// When a field cannot be used.
pub fn set_print(tx: &mut Tx, ctx: &Ctx, new: &PrintShop) -> Result<(), ActError> {
    check(new.faults())?;
    let is_changed = load(tx)?.print.as_ref() != Some(new);
    put(tx, ctx, PRINT, new)?;
    if is_changed { disarm(tx, ctx) } else { Ok(()) }
}

/// Says who calls from call lists, and disarms sending: another one is armed anew, deliberately.
///
/// # Errors
///
/// When a field cannot be used.
pub fn set_calls(tx: &mut Tx, ctx: &Ctx, new: &CallDesk) -> Result<(), ActError> {
    check(new.faults())?;
    let is_changed = load(tx)?.calls.as_ref() != Some(new);
    put(tx, ctx, CALLS, new)?;
    if is_changed { disarm(tx, ctx) } else { Ok(()) }
}

/// Says where bounces and complaints go.
///
/// # Errors
///
/// When the domain cannot be used.
pub fn set_returns(tx: &mut Tx, ctx: &Ctx, new: &Returns) -> Result<(), ActError> {
    check(new.faults())?;
    put(tx, ctx, RETURNS, new)
}

/// Says how much anybody gets.
///
/// # Errors
///
/// When a number cannot be used.
pub fn set_caps(tx: &mut Tx, ctx: &Ctx, new: &Caps) -> Result<(), ActError> {
    check(new.faults())?;
    put(tx, ctx, CAPS, new)
}

/// Says how strictly rules are read.
///
/// # Errors
///
/// When the store fails.
pub fn set_strictness(tx: &mut Tx, ctx: &Ctx, new: Strictness) -> Result<(), ActError> {
    put(tx, ctx, STRICTNESS, &new)
}

const NO_CARRIER: &str = "no mail carrier is set";

/// What stands against sending by this channel, beside what stands against arming.
#[must_use]
pub fn obstacle_of(settings: &Settings, channel: Channel) -> Option<&'static str> {
    match channel {
        Channel::Sms if settings.texts.is_none() => Some("no provider of text messages is set"),
        Channel::Postal => match (&settings.print, &settings.organization) {
            (None, _) => Some("who prints letters and cards is not set"),
            (Some(shop), Some(organization)) if shop.reveals(organization).is_some() => Some(
                "the return address tells of a department or a condition: give another one under \
                 Settings, Letters and cards",
            ),
            _ => None,
        },
        Channel::VoiceLive if settings.calls.is_none() => {
            Some("who calls from call lists is not set")
        }
        // With none of the others set it is said already.
        Channel::Email if settings.carrier.is_none() && has_another(settings) => Some(NO_CARRIER),
        _ => None,
    }
}

/// Whether something can leave by another way than mail.
fn has_another(settings: &Settings) -> bool {
    settings.texts.is_some() || settings.print.is_some() || settings.calls.is_some()
}

/// What stands against arming, in the words of the page; empty when nothing does.
#[must_use]
pub fn obstacles(settings: &Settings) -> Vec<&'static str> {
    let mut obstacles = Vec::new();
    if settings.organization.is_none() {
        obstacles.push("the organization and its postal address are not set");
    }
    match &settings.carrier {
        None if !has_another(settings) => obstacles.push(NO_CARRIER),
        Some(carrier) if carrier.role == VendorRole::EmailService && !carrier.is_baa_on_file => {
            obstacles.push(
                "the carrier is a vendor and its business associate agreement is not on file",
            );
        }
        _ => {}
    }
    if settings.texts.as_ref().is_some_and(|it| !it.is_baa_on_file) {
        obstacles.push(
            "the business associate agreement with the provider of text messages is not on file",
        );
    }
    if (settings.print.as_ref())
        .is_some_and(|it| it.role == Printer::MailHouse && !it.is_baa_on_file)
    {
        obstacles
            .push("whoever prints is a vendor and its business associate agreement is not on file");
    }
    if settings
        .calls
        .as_ref()
        .is_some_and(CallDesk::lacks_agreement)
    {
        obstacles
            .push("whoever calls is a vendor and its business associate agreement is not on file");
    }
    obstacles
}

/// Lets messages leave.
///
/// # Errors
///
/// When something stands against it; the refusal names it.
pub fn arm(tx: &mut Tx, ctx: &Ctx) -> Result<(), ActError> {
    let obstacles = obstacles(&load(tx)?);
    if !obstacles.is_empty() {
        return Err(ActError::refused("sending.not_ready", obstacles.join("; ")));
    }
    let mut armed = armed(tx)?;
    armed.insert(tx.installation().to_owned());
    put(tx, ctx, SENDING, &armed)
}

/// Lets nothing leave, from any installation, until sending is armed again.
///
/// # Errors
///
/// When the store fails.
pub fn disarm(tx: &mut Tx, ctx: &Ctx) -> Result<(), ActError> {
    put(tx, ctx, SENDING, &NOBODY)
}

/// The same because the database is an older state of the one this installation knows: what
/// people withdrew since is not in it.
///
/// # Errors
///
/// When the store fails.
pub fn disarm_older_copy(tx: &mut Tx, ctx: &Ctx) -> Result<(), ActError> {
    let entry = Entry::new("settings.changed").with("cause", "older_copy");
    put_for(tx, ctx, SENDING, &NOBODY, entry)
}

#[cfg(test)]
mod tests;
