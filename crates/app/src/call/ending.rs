//! What came of a call: the delivery goes on or ends, and what the person said against calls counts from here on.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use placet_domain::call::{End, Ended, Fate, MOST_DAYS_AHEAD, Try};
use placet_domain::channel::Channel;
use placet_domain::id::CallId;
use placet_domain::instrument::{Evidence, Method};
use placet_domain::preference::PreferenceKind;
use placet_domain::reply::{Wish, wish};
use placet_domain::suppression::Cause;
use placet_domain::time::{TimeZone, Timestamp};
use placet_store::{Tx, call_tries, people, reports};

use super::{entry, over, try_of};
use crate::content::author;
use crate::preference::{self, Asked};
use crate::report::close_for;
use crate::{ActError, Ctx, import, settings};

/// The most characters of somebody's own words.
const LONGEST_WORDS: usize = 500;

/// What a caller says came of a call.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub ended: Ended,
    /// For a call back: when, by the clock where the person is.
    pub at: Option<DateTime>,
    /// What the person said of calls and messages, in their words. They are read and not kept.
    pub words: String,
}

/// Words are a person's: they never show in a log by accident.
impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Told({})", self.ended.as_str())
    }
}

/// Takes what came of an open call; answers what was recorded, which is a refusal whenever the words say one. A refusal
/// is taken of a call that is over, too: what the gate said meanwhile does not make it unsaid.
///
/// # Errors
///
/// Refused when it was said before, and is no refusal; not found when the call is another's; [`ActError::Invalid`] names the field.
pub fn end(tx: &mut Tx, ctx: &Ctx, id: CallId, told: &Told) -> Result<Ended, ActError> {
    let call = try_of(tx, ctx, id)?;
    if told.words.chars().count() > LONGEST_WORDS {
        let says = format!("at most {LONGEST_WORDS} characters fit");
        return Err(ActError::invalid("words", says));
    }
    let says_stop = wish(&told.words) == Some(Wish::Stop);
    // What was said counts, whatever box was ticked; only what says more than the words stays.
    let ended = match told.ended {
        // Whoever has the number now does not speak for the person.
        said @ (Ended::NoMoreAtAll | Ended::WrongNumber) => said,
        _ if says_stop => Ended::NoMoreCalls,
        said => said,
    };
    if let Some(end) = &call.end {
        if !ended.is_refusal() {
            return Err(over(end.ended));
        }
        tx.record(entry("call.refused_late", &call).with("ended", ended.as_str()));
        close_what_was_refused(tx, ctx, &call, ended, says_stop)?;
        return Ok(ended);
    }
    let at = match ended {
        Ended::CallBack => Some(promised(tx, ctx, &call, told.at)?),
        _ => None,
    };
    let by = author(&ctx.actor);
    let end = End {
        ended,
        at: ctx.now,
        by,
    };
    if !call_tries::end(tx, call.id, &end)? {
        return Err(ActError::refused(
            "call.over",
            "what came of this call was said before",
        ));
    }
    let tries = call_tries::list_by_delivery(tx, call.delivery)?;
    let rang = |one: &&Try| one.end.as_ref().is_some_and(|it| it.ended.has_rung());
    let n_rang = u32::try_from(tries.iter().filter(rang).count()).unwrap_or(u32::MAX);
    let mut said = entry("call.ended", &call).with("ended", ended.as_str());
    match ended.fate(n_rang, ctx.now, at) {
        Fate::Over(state) => {
            call_tries::settle(tx, call.delivery, state, ended.label())?;
            said = said.with("state", state.as_str());
        }
        Fate::Again(until) => {
            call_tries::wait(tx, call.delivery, until, ended.has_rung())?;
            said = said.with("until", until);
        }
    }
    tx.record(said);
    close_what_was_refused(tx, ctx, &call, ended, says_stop)?;
    Ok(ended)
}

/// Records what came of a call against calls: a refusal, or a number that is another's.
fn close_what_was_refused(
    tx: &mut Tx,
    ctx: &Ctx,
    call: &Try,
    ended: Ended,
    says_stop: bool,
) -> Result<(), ActError> {
    match ended {
        Ended::WrongNumber => close_number(tx, ctx, call, Cause::Reassigned),
        Ended::NoMoreAtAll => refuse(tx, ctx, call, &[None]),
        Ended::NoMoreCalls if says_stop => {
            // Words that say stop and not which way end both that ring a phone.
            let both = [Some(Channel::VoiceLive), Some(Channel::Sms)];
            refuse(tx, ctx, call, &both)
        }
        Ended::NoMoreCalls => refuse(tx, ctx, call, &[Some(Channel::VoiceLive)]),
        _ => Ok(()),
    }
}

/// The moment of a promised call.
fn promised(
    tx: &mut Tx,
    ctx: &Ctx,
    call: &Try,
    at: Option<DateTime>,
) -> Result<Timestamp, ActError> {
    let Some(local) = at else {
        let says = "give day and hour, by the clock where the person is";
        return Err(ActError::invalid("at", says));
    };
    let ours = settings::load(tx)?.time_zone();
    let person = match tx.is_erased(call.person)? {
        true => None,
        false => people::find(tx, call.person)?,
    };
    let theirs = person.and_then(|it| it.time_zone);
    let zone = theirs.and_then(|name| TimeZone::get(&name).ok());
    let at = local
        .to_zoned(zone.unwrap_or(ours))
        .map_err(|_| ActError::invalid("at", "there is no such hour on that day"))?
        .timestamp();
    let ahead = at.duration_since(ctx.now);
    if ahead.as_secs() <= 0 || ahead.as_hours() > MOST_DAYS_AHEAD * 24 {
        let says = format!("give an hour to come, at most {MOST_DAYS_AHEAD} days ahead");
        return Err(ActError::invalid("at", says));
    }
    Ok(at)
}

/// Records what the person refuses, and closes the number that was called.
fn refuse(
    tx: &mut Tx,
    ctx: &Ctx,
    call: &Try,
    channels: &[Option<Channel>],
) -> Result<(), ActError> {
    // Whoever was joined with another meanwhile speaks for both records.
    let who = BTreeSet::from([call.person, import::home(tx, call.person)?]);
    for (person, channel) in who
        .iter()
        .flat_map(|id| channels.iter().map(move |it| (id, it)))
    {
        let asked = Asked {
            kind: PreferenceKind::Stop,
            channel: *channel,
            topic: None,
            wording: None,
            at: ctx.now,
            method: Method::Phone,
            evidence: Evidence::from_source("call"),
        };
        if tx.is_erased(*person)? {
            continue;
        }
        match preference::record(tx, ctx, *person, asked) {
            Ok(_) | Err(ActError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    // The number that was called may not be the one in use now.
    let only_calls = channels == [Some(Channel::VoiceLive)];
    close(tx, ctx, call, Cause::Stop, !only_calls)
}

/// Closes the number for all that rings a phone: whoever has it is not the person.
fn close_number(tx: &mut Tx, ctx: &Ctx, call: &Try, cause: Cause) -> Result<(), ActError> {
    close(tx, ctx, call, cause, true)
}

fn close(
    tx: &mut Tx,
    ctx: &Ctx,
    call: &Try,
    cause: Cause,
    and_texts: bool,
) -> Result<(), ActError> {
    let Some(addressed) = reports::find_addressed(tx, call.delivery)? else {
        return Ok(());
    };
    let texts = and_texts.then_some(Channel::Sms);
    for channel in [Some(Channel::VoiceLive), texts].into_iter().flatten() {
        let whose = (Some(call.person), addressed.lookup.as_slice(), channel);
        close_for(tx, ctx, whose, cause)?;
    }
    Ok(())
}
