//! Claiming: decide again, and take the message out of the queue in the same transaction.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::SignedDuration;
use placet_domain::campaign::split::{Group, Split};
use placet_domain::channel::Channel;
use placet_domain::id::{AppointmentId, CampaignId, PersonId, VersionId};
use placet_domain::journey::passage_of;
use placet_domain::settings::Settings;
use placet_domain::template::Rendered;
use placet_domain::time::Timestamp;
use placet_domain::trigger::Version;
use placet_store::deliveries::{self, Waiting};
use placet_store::{Tx, journey_passages, people, trigger_fires};

use super::message::{Blocked, Outgoing, Ready, Sender, outgoing, variant};
use super::values::Fill;
use super::{Claimed, Claiming, Claims, Ticket, entry};
use crate::approval::Bench;
use crate::campaign::plan::Timing;
use crate::gate::{self, Found, Gate, Verdict};
use crate::journey::{self, Road};
use crate::patient::link::Purpose;
use crate::permit::Permitted;
use crate::trigger::fire::Still;
use crate::{ActError, Ctx, import, settings, trigger};

/// How many are looked at beyond those that can be claimed, when the gate denies some.
const SPARE: usize = 64;
/// A delivery that is put off waits at least so long, lest it be asked about without end.
const LEAST_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// Claims up to `n` deliveries of the campaigns that run, each decided on the facts of now.
///
/// Nothing is claimed while sending is not armed; a campaign that was stopped is passed over.
///
/// # Errors
///
/// When the store fails; then nothing is claimed.
pub fn claim(tx: &mut Tx, ctx: &Ctx, claiming: &Claiming<'_>) -> Result<Claims, ActError> {
    let mut claims = Claims::default();
    let settings = settings::load(tx)?;
    if claiming.n == 0 || !settings.is_armed {
        return Ok(claims);
    }
    let due = super::list_due(tx, claiming.channel, ctx.now)?;
    if due.is_empty() {
        return Ok(claims);
    }
    let bench = Bench::read_in(tx, settings.time_zone(), ctx.now)?;
    for campaign in due {
        let timing = Timing::read(tx, campaign)?;
        let before = claims.claimed.len();
        let allowed = timing.allowed(claiming.n - before, ctx.now);
        if allowed == 0 {
            continue;
        }
        let Ready {
            outgoing,
            message,
            sender,
        } = match outgoing(tx, &bench, campaign)? {
            Ok(ready) => ready,
            Err(blocked) => {
                tracing::warn!(%campaign, why = blocked.0, "a campaign cannot go on");
                continue;
            }
        };
        let split = crate::campaign::split::of(tx, campaign)?;
        let arms = match arms(tx, &bench, claiming, outgoing, &split)? {
            Arms::Ready(arms) => arms,
            Arms::Unrendered(versions) => {
                claims.unrendered.extend(versions);
                continue;
            }
            Arms::Blocked(blocked) => {
                tracing::warn!(%campaign, why = blocked.0, "a campaign cannot go on");
                continue;
            }
        };
        let lane = Lane {
            settings: &settings,
            gate: &Gate::new(claiming.engine, &settings, message, ctx.now),
            campaign,
            arms: &arms,
            split: &split,
            claiming,
            timing: &timing,
            sender: &sender,
            most: before + allowed,
        };
        lane.run(tx, ctx, &mut claims)?;
        timing.spend(tx, campaign, ctx.now, claims.claimed.len() - before)?;
        if claims.claimed.len() >= claiming.n {
            claims.has_more = true;
            break;
        }
    }
    Ok(claims)
}

/// One version of a campaign, ready to be filled.
struct Arm {
    outgoing: Arc<Outgoing>,
    rendered: Arc<Rendered>,
}

/// The versions of a campaign, or what they wait for.
enum Arms {
    Ready(Vec<Arm>),
    Unrendered(Vec<VersionId>),
    Blocked(Blocked),
}

fn arms(
    tx: &mut Tx,
    bench: &Bench,
    claiming: &Claiming<'_>,
    own: Outgoing,
    split: &Split,
) -> Result<Arms, ActError> {
    let mut outgoing = Vec::with_capacity(1 + split.others.len());
    for other in &split.others {
        match variant(tx, bench, &own, *other)? {
            Ok(ready) => outgoing.push(ready),
            Err(blocked) => return Ok(Arms::Blocked(blocked)),
        }
    }
    outgoing.insert(0, own);
    let (mut ready, mut unrendered) = (Vec::new(), Vec::new());
    for one in outgoing {
        match claiming.rendered.get(&one.version) {
            Some(rendered) => ready.push(Arm {
                rendered: Arc::clone(rendered),
                outgoing: Arc::new(one),
            }),
            None => unrendered.push(one.version),
        }
    }
    if unrendered.is_empty() {
        Ok(Arms::Ready(ready))
    } else {
        Ok(Arms::Unrendered(unrendered))
    }
}

/// One campaign's part of a claim act.
struct Lane<'a> {
    settings: &'a Settings,
    gate: &'a Gate,
    campaign: CampaignId,
    // The campaign's own version first; never empty.
    arms: &'a [Arm],
    split: &'a Split,
    claiming: &'a Claiming<'a>,
    timing: &'a Timing,
    sender: &'a Sender,
    // Of all lanes together: a pace may leave less than the lines could take.
    most: usize,
}

impl Lane<'_> {
    fn run(&self, tx: &mut Tx, ctx: &Ctx, claims: &mut Claims) -> Result<(), ActError> {
        let mut spare = SPARE;
        let (mut met, mut round) = (HashSet::new(), 0_usize);
        loop {
            let wanted = self.most - claims.claimed.len();
            let waiting = deliveries::list_waiting(tx, self.campaign, ctx.now, wanted)?;
            if waiting.is_empty() {
                return Ok(());
            }
            let who: Vec<PersonId> = waiting.iter().map(|one| one.person).collect();
            let channel = self.gate.message().channel;
            // Read in the transaction that decides: nobody's word can come in between.
            let mut found = gate::gather_of(tx, &who, channel, ctx.now)?;
            for one in &waiting {
                // A trigger may have two messages for one person: the second one is decided when the
                // first is counted, in the next round.
                if matches!(self.sender, Sender::Trigger(_)) && !met.insert((one.person, round)) {
                    continue;
                }
                let found = found.remove(&one.person);
                self.decide(tx, ctx, one, found, claims)?;
            }
            round += 1;
            spare = spare.saturating_sub(waiting.len());
            let is_full = claims.claimed.len() >= self.most;
            if is_full || spare == 0 {
                claims.has_more |= spare == 0 || self.most == self.claiming.n;
                return Ok(());
            }
        }
    }

    fn decide(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        one: &Waiting,
        found: Option<Found>,
        claims: &mut Claims,
    ) -> Result<(), ActError> {
        let held = match found {
            Some(Found::Held(held)) => held,
            Some(Found::Erased) => return self.drop(tx, one, "person_erased", claims),
            None => return self.drop(tx, one, "person_gone", claims),
        };
        let appointment = match self.occasion(tx, ctx, one)? {
            Occasion::Over(why) => return self.drop(tx, one, why, claims),
            Occasion::Later(until) => {
                return self.defer(tx, one, until.max(ctx.now + LEAST_WAIT), claims);
            }
            Occasion::Due(appointment) => appointment,
        };
        let zone = held.person.time_zone.as_deref();
        if let Some(until) = self.timing.not_before(zone, ctx.now) {
            return self.defer(tx, one, until.max(ctx.now + LEAST_WAIT), claims);
        }
        let Some(arm) = self.arm(tx, one.person) else {
            return self.drop(tx, one, "held_out", claims);
        };
        let permitted = Permitted {
            person: one.person,
            contact_point: one.contact_point,
            content_hash: *arm.outgoing.hash.as_bytes(),
            campaign: one.campaign,
            delivery: one.id,
        };
        match gate::decide_delivery(tx, ctx, self.gate, &held, permitted) {
            Ok(Verdict::Permitted(permit)) => {
                let fill = Fill {
                    about: appointment,
                    ..self.fill()
                };
                let variables = fill.variables(tx, ctx, one.id, &held, &arm.rendered)?;
                if arm.rendered.check(&variables).is_err() {
                    return self.drop(tx, one, "variable_missing", claims);
                }
                let decision = permit.decision();
                deliveries::claim(tx, one.id, self.claiming.worker, decision)?;
                let entry = entry("delivery.claimed", one.person, one.campaign, one.id);
                tx.record(
                    entry
                        .with("decision", decision)
                        .with("worker", self.claiming.worker),
                );
                let to = held
                    .contact_point
                    .map(|point| point.address)
                    .unwrap_or_default();
                claims.claimed.push(Claimed {
                    ticket: ticket(one),
                    permit,
                    to,
                    outgoing: Arc::clone(&arm.outgoing),
                    rendered: Arc::clone(&arm.rendered),
                    variables,
                    unsubscribe_url: fill.link(ctx, one.person, one.id, Purpose::Unsubscribe),
                    return_path: self.return_path(one),
                });
                Ok(())
            }
            Ok(Verdict::NotBefore(until)) => {
                self.defer(tx, one, until.max(ctx.now + LEAST_WAIT), claims)
            }
            Ok(Verdict::Refused(decision)) => {
                deliveries::refuse(tx, one.id, Some(decision), "denied by the gate")?;
                self.wake(tx, one)?;
                let entry = entry("delivery.refused", one.person, one.campaign, one.id);
                tx.record(entry.with("decision", decision));
                claims.n_refused += 1;
                Ok(())
            }
            Err(ActError::Refused {
                code: "delivery.address_gone",
                ..
            }) => self.drop(tx, one, "address_gone", claims),
            Err(error) => Err(error),
        }
    }

    /// A refusal ends the step of a journey.
    fn wake(&self, tx: &mut Tx, one: &Waiting) -> Result<(), ActError> {
        if matches!(self.sender, Sender::Journey(_)) {
            journey_passages::wake(tx, one.id)?;
        }
        Ok(())
    }

    /// Whether that still is so for which a trigger or a journey writes; campaigns answer nothing.
    fn occasion(&self, tx: &mut Tx, ctx: &Ctx, one: &Waiting) -> Result<Occasion, ActError> {
        match self.sender {
            Sender::Campaign => Ok(Occasion::Due(None)),
            Sender::Trigger(version) => event(tx, ctx, version, one),
            Sender::Journey(road) => passage(tx, ctx, road, one),
        }
    }

    /// Ends a delivery that can never leave, with a word that says why.
    fn drop(
        &self,
        tx: &mut Tx,
        one: &Waiting,
        why: &'static str,
        claims: &mut Claims,
    ) -> Result<(), ActError> {
        deliveries::refuse(tx, one.id, None, why)?;
        self.wake(tx, one)?;
        tx.record(entry("delivery.refused", one.person, one.campaign, one.id).with("why", why));
        claims.n_refused += 1;
        Ok(())
    }

    fn defer(
        &self,
        tx: &mut Tx,
        one: &Waiting,
        until: Timestamp,
        claims: &mut Claims,
    ) -> Result<(), ActError> {
        deliveries::defer(tx, one.id, until)?;
        let entry = entry("delivery.deferred", one.person, one.campaign, one.id);
        tx.record(entry.with("until", until));
        claims.n_deferred += 1;
        Ok(())
    }

    /// The version that a person gets; none for whoever is held out.
    fn arm(&self, tx: &Tx, person: PersonId) -> Option<&Arm> {
        if self.split.is_none() {
            return self.arms.first();
        }
        match crate::campaign::split::group(tx, self.split, self.campaign, person) {
            Group::HeldOut => None,
            Group::Version(number) => self.arms.get(usize::from(number)),
        }
    }

    fn fill(&self) -> Fill<'_> {
        Fill {
            about: None,
            settings: self.settings,
            keys: self.claiming.keys,
            public_url: self.claiming.public_url,
        }
    }

    /// Only a mail can be returned.
    fn return_path(&self, one: &Waiting) -> Option<String> {
        if self.claiming.channel != Channel::Email {
            return None;
        }
        let returns = self.settings.returns.as_ref()?;
        Some(crate::report::return_path(
            self.claiming.keys,
            one.id,
            &returns.domain,
        ))
    }
}

/// How the event behind a message stands.
enum Occasion {
    Due(Option<AppointmentId>),
    Later(Timestamp),
    Over(&'static str),
}

/// How the event behind a trigger's message stands.
fn event(tx: &mut Tx, ctx: &Ctx, version: &Version, one: &Waiting) -> Result<Occasion, ActError> {
    let fire = match one.occasion {
        Some(id) => trigger_fires::find(tx, id)?,
        None => None,
    };
    let Some(fire) = fire else {
        return Ok(Occasion::Over("event_gone"));
    };
    let declared = &version.declaration;
    let (still, person) = trigger::fire::look(tx, (declared.event, declared.wait), &fire, ctx.now)?;
    Ok(match still {
        Still::Over(why) => Occasion::Over(why.as_str()),
        Still::Later(at) => Occasion::Later(at),
        Still::Due if person != one.person => Occasion::Over("person_joined"),
        Still::Due => Occasion::Due(fire.appointment),
    })
}

/// How the passage behind a journey's message stands: it waits for exactly this message, and the appointment that it is
/// about is ahead.
fn passage(tx: &mut Tx, ctx: &Ctx, road: &Road, one: &Waiting) -> Result<Occasion, ActError> {
    let passage = match one.occasion {
        Some(id) => journey_passages::find(tx, passage_of(id))?,
        None => None,
    };
    let Some(passage) = passage.filter(|it| it.delivery == Some(one.id)) else {
        return Ok(Occasion::Over("journey_left"));
    };
    if passage.person != one.person || import::home(tx, one.person)? != one.person {
        return Ok(Occasion::Over("person_joined"));
    }
    if journey::is_off(tx, road, &passage)? {
        return Ok(Occasion::Over("cancelled"));
    }
    let slot = match passage.appointment {
        Some(id) if road.is_of_appointment() => people::find_slot(tx, id)?,
        _ => None,
    };
    if slot.is_some_and(|slot| slot.starts_at <= ctx.now) {
        return Ok(Occasion::Over("too_late"));
    }
    Ok(Occasion::Due(passage.appointment))
}

fn ticket(one: &Waiting) -> Ticket {
    Ticket {
        delivery: one.id,
        campaign: one.campaign,
        person: one.person,
        contact_point: one.contact_point,
        n_attempts: one.n_attempts + 1,
    }
}
