//! Opening a person: decided in the transaction that gives them to one caller, and looked at again each time they are
//! shown.

use jiff::SignedDuration;
use placet_domain::call::{End, Ended, FRESH_MINUTES, MOST_GIVEN_BACK, Try};
use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{CallId, CampaignId, DeliveryId, PersonId};
use placet_domain::template::fill;
use placet_domain::time::Timestamp;
use placet_policy::Outcome;
use placet_store::deliveries::{self, Waiting};
use placet_store::{Tx, call_tries, campaigns, people};

use super::{entry, open_try, own};
use crate::campaign::plan::Timing;
use crate::content::author;
use crate::delivery::{Arm, ByHand, Deciding, Fill};
use crate::gate::{self, Found, Held, Verdict};
use crate::permit::Permitted;
use crate::{ActError, Ctx};

/// How many people one act looks at before it gives up for now.
const LOOKED_AT: usize = 40;
/// A delivery that is put off waits at least so long, lest it be asked about without end.
const LEAST_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// What came of asking for the next person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// The call; none when nobody of those looked at may be called now.
    pub call: Option<CallId>,
    /// How many were held out for good.
    pub n_refused: u32,
    /// How many wait for a later hour.
    pub n_deferred: u32,
}

/// Decides who is next and opens them for this caller.
///
/// # Errors
///
/// Refused when the caller has somebody open, the campaign cannot go on, or nobody waits now.
pub fn open_next(
    tx: &mut Tx,
    ctx: &Ctx,
    with: &Deciding<'_>,
    campaign: CampaignId,
) -> Result<Opened, ActError> {
    if own(tx, ctx)?.is_some() {
        return Err(ActError::refused(
            "call.one_at_a_time",
            "you have somebody open: say first what came of that call",
        ));
    }
    let hour_ago = ctx.now - SignedDuration::from_hours(1);
    let n = call_tries::count_given_back(tx, &author(&ctx.actor), hour_ago)?;
    if n >= MOST_GIVEN_BACK {
        return Err(ActError::refused(
            "call.given_back",
            format!(
                "you gave back {n} people in the last hour without calling them: nobody else is opened for you until \
                 an hour after the first of them"
            ),
        ));
    }
    let desk = Desk::ready(tx, ctx, with, campaign)?;
    let timing = Timing::read(tx, campaign)?;
    let allowed = timing.allowed(LOOKED_AT, ctx.now);
    let next = match allowed {
        0 => Vec::new(),
        _ => call_tries::list_next(tx, campaign, ctx.now, LOOKED_AT)?,
    };
    let mut opened = Opened::default();
    for one in &next {
        // Whoever is with another caller comes up again once that one is done.
        if call_tries::is_open(tx, one)? {
            continue;
        }
        if let Some(call) = desk.decide(tx, ctx, one, &timing, &mut opened)? {
            opened.call = Some(call);
            timing.spend(tx, campaign, ctx.now, 1)?;
            break;
        }
    }
    if opened == Opened::default() {
        return Err(ActError::refused(
            "call.nobody",
            "nobody is to be called now: all are done, are with another caller, or their hour has not come",
        ));
    }
    Ok(opened)
}

/// A campaign whose people may be called now.
struct Desk<'a> {
    with: &'a Deciding<'a>,
    hand: ByHand,
}

impl<'a> Desk<'a> {
    fn ready(
        tx: &mut Tx,
        ctx: &Ctx,
        with: &'a Deciding<'a>,
        campaign: CampaignId,
    ) -> Result<Self, ActError> {
        let hand = ByHand::ready(tx, ctx, with.engine, campaign, Channel::VoiceLive)?;
        Ok(Self { with, hand })
    }

    /// Decides one; the call when they may be called.
    fn decide(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        one: &Waiting,
        timing: &Timing,
        opened: &mut Opened,
    ) -> Result<Option<CallId>, ActError> {
        let held = match find(tx, ctx, one.person, one.id)? {
            Some(Found::Held(held)) => held,
            Some(Found::Erased) => return drop(tx, one, "person_erased", opened),
            None => return drop(tx, one, "person_gone", opened),
        };
        let zone = held.person.time_zone.as_deref();
        if let Some(until) = timing.not_before(zone, ctx.now) {
            return defer(tx, ctx, one, until, opened);
        }
        let Some(arm) = self.hand.arm(tx, one.person) else {
            return drop(tx, one, "held_out", opened);
        };
        let permitted = permitted(one.campaign, one.id, &held, arm);
        let what = Permitted {
            contact_point: one.contact_point,
            ..permitted
        };
        match gate::decide_delivery(tx, ctx, &self.hand.gate, &held, what.clone()) {
            Ok(Verdict::Permitted(permit)) => {
                if let Some(until) = self.ends_too_soon(&held) {
                    return defer(tx, ctx, one, until, opened);
                }
                if self.words(tx, ctx, one.id, &held, arm)?.is_none() {
                    return drop(tx, one, "variable_missing", opened);
                }
                let decision = permit.spend(&what, ctx.now).map_err(unusable)?;
                let call = Try {
                    id: ctx.new_id(),
                    campaign: one.campaign,
                    delivery: one.id,
                    person: one.person,
                    contact_point: one.contact_point,
                    opened_by: author(&ctx.actor),
                    opened_at: ctx.now,
                    decision,
                    decided_at: ctx.now,
                    end: None,
                };
                if !call_tries::open(tx, &call)? {
                    return Ok(None);
                }
                tx.record(
                    entry("call.opened", &call)
                        .with("decision", decision)
                        .with("caller", &call.opened_by),
                );
                Ok(Some(call.id))
            }
            Ok(Verdict::NotBefore(until)) => defer(tx, ctx, one, until, opened),
            Ok(Verdict::Refused(decision)) => {
                deliveries::refuse(tx, one.id, Some(decision), "denied by the gate")?;
                tx.record(of("delivery.refused", one).with("decision", decision));
                opened.n_refused += 1;
                Ok(None)
            }
            Err(ActError::Refused {
                code: "delivery.address_gone",
                ..
            }) => drop(tx, one, "address_gone", opened),
            Err(error) => Err(error),
        }
    }

    /// When the number may be dialled again, if its hour ends before the answer is too old to dial by.
    fn ends_too_soon(&self, held: &Held) -> Option<Timestamp> {
        let asked = self.hand.late.ask(held)?;
        (asked.decision.outcome != Outcome::Permit)
            .then_some(asked.decision.not_before)
            .flatten()
    }

    /// What is said to this person; none when a value is missing.
    fn words(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        delivery: DeliveryId,
        held: &Held,
        arm: &Arm,
    ) -> Result<Option<Words>, ActError> {
        let filling = Fill {
            settings: &self.hand.settings,
            keys: self.with.keys,
            public_url: self.with.public_url,
            about: None,
        };
        let variables = filling.variables(tx, ctx, delivery, held, &arm.rendered)?;
        let Ok(filled) = fill(&arm.rendered, &variables) else {
            return Ok(None);
        };
        let number = held.contact_point.as_ref().map(|it| it.address.clone());
        Ok(number.map(|number| Words {
            number,
            script: filled.text,
            voicemail: filled.html,
        }))
    }
}

/// What is held of somebody, without the calls that this question is about: their own open one, and the one in which
/// they asked to be called again.
fn find(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    delivery: DeliveryId,
) -> Result<Option<Found>, ActError> {
    let mut found = gate::gather_of(tx, &[person], Channel::VoiceLive, ctx.now)?;
    let mut one = found.remove(&person);
    if let Some(Found::Held(held)) = &mut one {
        let (day, week) = own_rings(&call_tries::list_by_delivery(tx, delivery)?, ctx.now);
        held.n_last_24h = held.n_last_24h.saturating_sub(day);
        held.n_last_7d = held.n_last_7d.saturating_sub(week);
    }
    Ok(one)
}

/// How many of these tries count for nothing against this person, of the last day and week.
fn own_rings(tries: &[Try], now: Timestamp) -> (u32, u32) {
    // Giving somebody back does not take a promise back.
    let rang = |one: &&Try| one.end.as_ref().is_some_and(|it| it.ended.has_rung());
    let promised = tries
        .iter()
        .rfind(rang)
        .filter(|one| one.end.as_ref().map(|it| it.ended) == Some(Ended::CallBack))
        .map(|one| one.id);
    let counts_not = |one: &&Try| one.end.is_none() || promised == Some(one.id);
    let within = |hours| {
        let since = now - SignedDuration::from_hours(hours);
        let own = tries.iter().filter(counts_not);
        u32::try_from(own.filter(|one| one.opened_at > since).count()).unwrap_or(u32::MAX)
    };
    (within(24), within(7 * 24))
}

fn permitted(campaign: CampaignId, delivery: DeliveryId, held: &Held, arm: &Arm) -> Permitted {
    Permitted {
        person: held.person.id,
        contact_point: held
            .contact_point
            .as_ref()
            .map_or_else(|| [0; 16].into(), |it| it.id),
        content_hash: *arm.outgoing.hash.as_bytes(),
        campaign,
        delivery,
    }
}

fn unusable(error: crate::permit::Unusable) -> ActError {
    ActError::refused("permit.unusable", error.to_string())
}

/// Ends a delivery of somebody who can never be called, with a word that says why.
fn drop(
    tx: &mut Tx,
    one: &Waiting,
    why: &'static str,
    opened: &mut Opened,
) -> Result<Option<CallId>, ActError> {
    deliveries::refuse(tx, one.id, None, why)?;
    tx.record(of("delivery.refused", one).with("why", why));
    opened.n_refused += 1;
    Ok(None)
}

fn defer(
    tx: &mut Tx,
    ctx: &Ctx,
    one: &Waiting,
    until: Timestamp,
    opened: &mut Opened,
) -> Result<Option<CallId>, ActError> {
    let until = until.max(ctx.now + LEAST_WAIT);
    deliveries::defer(tx, one.id, until)?;
    tx.record(of("delivery.deferred", one).with("until", until));
    opened.n_deferred += 1;
    Ok(None)
}

fn of(kind: &str, one: &Waiting) -> Entry {
    Entry::new(kind)
        .about(one.person)
        .with("campaign", one.campaign)
        .with("delivery", one.id)
}

/// What a caller needs to call.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// The number.
    pub number: String,
    /// What is said.
    pub script: String,
    /// What is left on a machine.
    pub voicemail: String,
}

/// A person's: they never show in a log by accident.
impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words")
    }
}

/// An open call as its caller sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The try.
    pub call: Try,
    /// Of which campaign, by name.
    pub campaign_name: String,
    /// Whether the reader has it open.
    pub is_own: bool,
    /// How the person is called; none when they were erased.
    pub name: Option<String>,
    /// Their time zone.
    pub time_zone: Option<String>,
    /// How often this person was called for this campaign before.
    pub n_before: usize,
    /// What is said, or why nobody may be called now.
    pub words: Result<Words, String>,
}

/// Shows an open call to whoever has it: number and script while the answer is fresh, nothing of it was stopped and the
/// person still may be called. To somebody who settles it for another it shows the name alone.
///
/// # Errors
///
/// Refused when it is over; not found when it is another's.
pub fn show(tx: &mut Tx, ctx: &Ctx, with: &Deciding<'_>, id: CallId) -> Result<Shown, ActError> {
    let call = open_try(tx, ctx, id)?;
    let is_own = call.opened_by == author(&ctx.actor);
    let campaign_name = campaigns::find(tx, call.campaign)?
        .map(|it| it.brief.name)
        .unwrap_or_default();
    let tries = call_tries::list_by_delivery(tx, call.delivery)?;
    let n_before = tries.iter().filter(|one| one.end.is_some()).count();
    let person = match tx.is_erased(call.person)? {
        true => None,
        false => people::find(tx, call.person)?,
    };
    let words = match (is_own, call.is_fresh(ctx.now)) {
        (false, _) => Err("another caller has this person: say what came of it".to_owned()),
        (true, false) => Err(format!(
            "the gate's answer is older than {FRESH_MINUTES} minutes: ask again before you dial"
        )),
        (true, true) => look(tx, ctx, with, &call)?,
    };
    tx.record(entry("call.shown", &call).with("number", words.is_ok()));
    Ok(Shown {
        campaign_name,
        is_own,
        time_zone: person.as_ref().and_then(|it| it.time_zone.clone()),
        name: person.map(|it| it.identity.name()),
        n_before,
        words,
        call,
    })
}

/// What is said in an open call, or why it may not be made any more.
fn look(
    tx: &mut Tx,
    ctx: &Ctx,
    with: &Deciding<'_>,
    call: &Try,
) -> Result<Result<Words, String>, ActError> {
    const NO_MORE: &str = "this person may not be called any more: give them back";
    let desk = match Desk::ready(tx, ctx, with, call.campaign) {
        Ok(desk) => desk,
        Err(ActError::Refused { why, .. }) => return Ok(Err(why)),
        Err(error) => return Err(error),
    };
    let Some(Found::Held(held)) = find(tx, ctx, call.person, call.delivery)? else {
        return Ok(Err(NO_MORE.to_owned()));
    };
    let Some(arm) = desk.hand.arm(tx, call.person) else {
        return Ok(Err(NO_MORE.to_owned()));
    };
    let is_same = held.contact_point.as_ref().map(|it| it.id) == Some(call.contact_point);
    let asked = desk.hand.gate.ask(&held);
    if !is_same || asked.is_none_or(|it| it.decision.outcome != Outcome::Permit) {
        return Ok(Err(NO_MORE.to_owned()));
    }
    let words = desk.words(tx, ctx, call.delivery, &held, arm)?;
    Ok(words.ok_or_else(|| NO_MORE.to_owned()))
}

/// What came of asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The number may be dialled.
    Permitted,
    /// Not now: the person waits, and the caller is free.
    Waits,
    /// No: the person is not called, and the caller is free.
    Refused,
}

/// Decides an open call again, on the facts of now.
///
/// # Errors
///
/// Refused when it is over or the campaign cannot go on; not found when it is another's.
pub fn decide_again(
    tx: &mut Tx,
    ctx: &Ctx,
    with: &Deciding<'_>,
    id: CallId,
) -> Result<Again, ActError> {
    let call = open_try(tx, ctx, id)?;
    if call.opened_by != author(&ctx.actor) {
        return Err(ActError::NotFound("call"));
    }
    let desk = Desk::ready(tx, ctx, with, call.campaign)?;
    let held = match find(tx, ctx, call.person, call.delivery)? {
        Some(Found::Held(held)) => held,
        _ => return refuse(tx, ctx, &call, "person_gone"),
    };
    let Some(arm) = desk.hand.arm(tx, call.person) else {
        return refuse(tx, ctx, &call, "held_out");
    };
    let what = Permitted {
        contact_point: call.contact_point,
        ..permitted(call.campaign, call.delivery, &held, arm)
    };
    match gate::decide_delivery(tx, ctx, &desk.hand.gate, &held, what.clone()) {
        Ok(Verdict::Permitted(permit)) => {
            let decision = permit.spend(&what, ctx.now).map_err(unusable)?;
            if let Some(until) = desk.ends_too_soon(&held) {
                give_back(tx, ctx, &call)?;
                call_tries::wait(tx, call.delivery, until, false)?;
                tx.record(entry("delivery.deferred", &call).with("until", until));
                return Ok(Again::Waits);
            }
            call_tries::decide(tx, call.id, decision, ctx.now)?;
            tx.record(entry("call.decided_again", &call).with("decision", decision));
            Ok(Again::Permitted)
        }
        Ok(Verdict::NotBefore(until)) => {
            give_back(tx, ctx, &call)?;
            call_tries::wait(tx, call.delivery, until.max(ctx.now + LEAST_WAIT), false)?;
            tx.record(entry("delivery.deferred", &call).with("until", until));
            Ok(Again::Waits)
        }
        Ok(Verdict::Refused(decision)) => {
            give_back(tx, ctx, &call)?;
            call_tries::refuse(tx, call.delivery, Some(decision), "denied by the gate")?;
            tx.record(entry("delivery.refused", &call).with("decision", decision));
            Ok(Again::Refused)
        }
        Err(ActError::Refused {
            code: "delivery.address_gone",
            ..
        }) => refuse(tx, ctx, &call, "address_gone"),
        Err(error) => Err(error),
    }
}

fn refuse(tx: &mut Tx, ctx: &Ctx, call: &Try, why: &'static str) -> Result<Again, ActError> {
    give_back(tx, ctx, call)?;
    call_tries::refuse(tx, call.delivery, None, why)?;
    tx.record(entry("delivery.refused", call).with("why", why));
    Ok(Again::Refused)
}

fn give_back(tx: &mut Tx, ctx: &Ctx, call: &Try) -> Result<(), ActError> {
    let end = End {
        ended: Ended::NotCalled,
        at: ctx.now,
        by: author(&ctx.actor),
    };
    call_tries::end(tx, call.id, &end)?;
    Ok(())
}
