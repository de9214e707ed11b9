//! Deciding who is printed: each person anew, in the transaction that puts their piece into a batch.

use placet_domain::address::postal::Block;
use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{BatchId, CampaignId, DeliveryId, PersonId};
use placet_domain::print::{Batch, MOST_PIECES, Piece, Turn, batch_code, piece_code};
use placet_domain::template::fill;
use placet_policy::Outcome;
use placet_store::deliveries::{self, Waiting};
use placet_store::{Tx, print_batches};

use super::files::set_piece;
use super::{Deciding, Frame, Says, View, frame, must_be_open, note, view};
use crate::campaign::plan::Timing;
use crate::content::author;
use crate::delivery::{Arm, ByHand, Fill};
use crate::gate::{self, Found, Held, Verdict};
use crate::permit::Permitted;
use crate::{ActError, Ctx};

/// What came of closing a batch, or of deciding it again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closed {
    /// The batch; none when nobody may be written to now.
    pub batch: Option<BatchId>,
    /// How many pieces it has.
    pub n_pieces: u32,
    /// How many were held out for good.
    pub n_refused: u32,
    /// How many wait for a later batch.
    pub n_deferred: u32,
}

/// Decides who waits, at most so many, and closes a batch of those who may be written to.
///
/// # Errors
///
/// Refused when the campaign cannot go on, or nobody waits.
pub fn close(
    tx: &mut Tx,
    ctx: &Ctx,
    with: &Deciding<'_>,
    campaign: CampaignId,
    most: u32,
) -> Result<Closed, ActError> {
    if !(1..=MOST_PIECES).contains(&most) {
        let says = format!("give a number from 1 to {MOST_PIECES}");
        return Err(ActError::invalid("most", says));
    }
    let press = Press::ready(tx, ctx, with, campaign)?;
    let timing = Timing::read(tx, campaign)?;
    let allowed = timing.allowed(usize::try_from(most).unwrap_or(usize::MAX), ctx.now);
    let waiting = deliveries::list_waiting(tx, campaign, ctx.now, allowed)?;
    if waiting.is_empty() {
        return Err(ActError::refused(
            "print.nobody",
            "nobody waits to be printed now: all are in a batch, are done, or their time has not come",
        ));
    }
    let id: BatchId = ctx.new_id();
    let batch = Batch {
        id,
        campaign,
        number: 0,
        code: batch_code(id),
    };
    print_batches::add(tx, &batch, &author(&ctx.actor))?;
    let mut closed = Closed::default();
    let mut found = gather(tx, ctx, &waiting)?;
    for one in &waiting {
        let number = closed.n_pieces + 1;
        let held = found.remove(&one.person);
        if let Some(says) = press.decide(tx, ctx, one, held, (&batch, number), &mut closed)? {
            let piece = Piece {
                number,
                delivery: one.id,
                person: one.person,
            };
            print_batches::add_piece(tx, id, &piece, &says)?;
        }
    }
    timing.spend(tx, campaign, ctx.now, waiting.len())?;
    let n_pieces = closed.n_pieces;
    note(tx, ctx, &batch, (Turn::Decided, 1, n_pieces), None)?;
    if n_pieces == 0 {
        note(tx, ctx, &batch, (Turn::Undone, 1, 0), None)?;
    } else {
        closed.batch = Some(id);
    }
    Ok(closed)
}

/// Decides everybody in a batch again: another revision, without those who may no longer be written
/// to.
///
/// # Errors
///
/// Refused when the batch is over or the campaign cannot go on.
pub fn decide_again(
    tx: &mut Tx,
    ctx: &Ctx,
    with: &Deciding<'_>,
    id: BatchId,
) -> Result<Closed, ActError> {
    let View { batch, stand, .. } = view(tx, id)?;
    must_be_open(&stand)?;
    let press = Press::ready(tx, ctx, with, batch.campaign)?;
    let pieces = print_batches::list_pieces(tx, id)?;
    // They wait again while they are decided, so that their own piece counts against no cap.
    print_batches::release(tx, id)?;
    let mut closed = Closed {
        batch: Some(id),
        ..Closed::default()
    };
    let mut waiting = Vec::with_capacity(pieces.len());
    for piece in &pieces {
        if let Some(one) = deliveries::find(tx, piece.delivery)? {
            waiting.push(Waiting {
                id: one.id,
                campaign: one.campaign,
                person: one.person,
                contact_point: one.contact_point,
                n_attempts: 0,
                occasion: None,
            });
        }
    }
    let mut found = gather(tx, ctx, &waiting)?;
    for (one, piece) in waiting.iter().zip(&pieces) {
        let held = found.remove(&one.person);
        let place = (&batch, piece.number);
        match press.decide(tx, ctx, one, held, place, &mut closed)? {
            Some(says) => print_batches::reword_piece(tx, piece, &says)?,
            None => print_batches::remove_piece(tx, piece.delivery)?,
        }
    }
    let turn = (Turn::Decided, stand.revision + 1, closed.n_pieces);
    note(tx, ctx, &batch, turn, None)?;
    if closed.n_pieces == 0 {
        note(tx, ctx, &batch, (Turn::Undone, turn.1, 0), None)?;
        closed.batch = None;
    }
    Ok(closed)
}

/// How many of a batch the gate would refuse now.
pub(super) fn count_changed(
    tx: &mut Tx,
    ctx: &Ctx,
    with: &Deciding<'_>,
    batch: &Batch,
) -> Result<usize, ActError> {
    let press = Press::ready(tx, ctx, with, batch.campaign)?;
    let pieces = print_batches::list_pieces(tx, batch.id)?;
    let who: Vec<PersonId> = pieces.iter().map(|piece| piece.person).collect();
    let mut found = gate::gather_of(tx, &who, Channel::Postal, ctx.now)?;
    let mut n = 0;
    for piece in &pieces {
        let point = deliveries::find(tx, piece.delivery)?.map(|one| one.contact_point);
        let stands = match found.remove(&piece.person) {
            Some(Found::Held(mut held)) => {
                // Their own piece is among those counted.
                held.n_last_24h = held.n_last_24h.saturating_sub(1);
                held.n_last_7d = held.n_last_7d.saturating_sub(1);
                let is_there = held.contact_point.as_ref().map(|it| it.id) == point;
                let asked = press.hand.gate.ask(&held);
                is_there && asked.is_some_and(|it| it.decision.outcome == Outcome::Permit)
            }
            Some(Found::Erased) | None => false,
        };
        n += usize::from(!stands);
    }
    Ok(n)
}

type Gathered = std::collections::HashMap<PersonId, Found>;

fn gather(tx: &mut Tx, ctx: &Ctx, waiting: &[Waiting]) -> Result<Gathered, ActError> {
    let who: Vec<PersonId> = waiting.iter().map(|one| one.person).collect();
    Ok(gate::gather_of(tx, &who, Channel::Postal, ctx.now)?)
}

/// A campaign that may be printed now.
struct Press<'a> {
    with: &'a Deciding<'a>,
    frame: Frame,
    hand: ByHand,
}

impl<'a> Press<'a> {
    fn ready(
        tx: &mut Tx,
        ctx: &Ctx,
        with: &'a Deciding<'a>,
        campaign: CampaignId,
    ) -> Result<Self, ActError> {
        let hand = ByHand::ready(tx, ctx, with.engine, campaign, Channel::Postal)?;
        Ok(Self {
            frame: frame(&hand.settings, ctx.now)?,
            hand,
            with,
        })
    }

    /// Decides one; what the piece says when it may be printed.
    fn decide(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        one: &Waiting,
        found: Option<Found>,
        (batch, number): (&Batch, u32),
        closed: &mut Closed,
    ) -> Result<Option<Vec<u8>>, ActError> {
        let held = match found {
            Some(Found::Held(held)) => held,
            Some(Found::Erased) => return drop(tx, one, "person_erased", closed),
            None => return drop(tx, one, "person_gone", closed),
        };
        let Some(arm) = self.hand.arm(tx, one.person) else {
            return drop(tx, one, "held_out", closed);
        };
        let permitted = Permitted {
            person: one.person,
            contact_point: one.contact_point,
            content_hash: *arm.outgoing.hash.as_bytes(),
            campaign: one.campaign,
            delivery: one.id,
        };
        match gate::decide_delivery(tx, ctx, &self.hand.gate, &held, permitted.clone()) {
            Ok(Verdict::Permitted(permit)) => {
                let says = match self.says(tx, ctx, one.id, &held, arm)? {
                    Ok(says) => says,
                    Err(why) => return drop(tx, one, why, closed),
                };
                // Set once now, so that the file of the whole batch can be made.
                if set_piece(&self.frame, &says, &piece_code(&batch.code, number)).is_err() {
                    return drop(tx, one, "cannot_be_set", closed);
                }
                let decision = permit.spend(&permitted, ctx.now).map_err(|unusable| {
                    ActError::refused("permit.unusable", unusable.to_string())
                })?;
                print_batches::collect(tx, one.id, decision)?;
                tx.record(
                    entry("delivery.batched", one)
                        .with("decision", decision)
                        .with("batch", batch.id),
                );
                closed.n_pieces += 1;
                Ok(Some(serde_json::to_vec(&says).unwrap_or_default()))
            }
            Ok(Verdict::NotBefore(until)) => {
                deliveries::defer(tx, one.id, until)?;
                tx.record(entry("delivery.deferred", one).with("until", until));
                closed.n_deferred += 1;
                Ok(None)
            }
            Ok(Verdict::Refused(decision)) => {
                deliveries::refuse(tx, one.id, Some(decision), "denied by the gate")?;
                tx.record(entry("delivery.refused", one).with("decision", decision));
                closed.n_refused += 1;
                Ok(None)
            }
            Err(ActError::Refused {
                code: "delivery.address_gone",
                ..
            }) => drop(tx, one, "address_gone", closed),
            Err(error) => Err(error),
        }
    }

    /// What a piece says, or the word for why it cannot.
    fn says(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        delivery: DeliveryId,
        held: &Held,
        arm: &Arm,
    ) -> Result<Result<Says, &'static str>, ActError> {
        let filling = Fill {
            settings: &self.hand.settings,
            keys: self.with.keys,
            public_url: self.with.public_url,
            about: None,
        };
        let variables = filling.variables(tx, ctx, delivery, held, &arm.rendered)?;
        let Ok(filled) = fill(&arm.rendered, &variables) else {
            return Ok(Err("variable_missing"));
        };
        let address = held.contact_point.as_ref().map(|point| &point.address);
        let Some(Ok(block)) = address.map(|line| Block::read(line)) else {
            return Ok(Err("address_incomplete"));
        };
        Ok(Ok(Says {
            format: arm.format,
            name: held.person.identity.name(),
            lines: block.lines(),
            heading: filled.subject,
            second: filled.html,
            body: filled.text,
        }))
    }
}

/// Ends a delivery that can never be printed, with a word that says why.
fn drop(
    tx: &mut Tx,
    one: &Waiting,
    why: &'static str,
    closed: &mut Closed,
) -> Result<Option<Vec<u8>>, ActError> {
    deliveries::refuse(tx, one.id, None, why)?;
    tx.record(entry("delivery.refused", one).with("why", why));
    closed.n_refused += 1;
    Ok(None)
}

fn entry(kind: &str, one: &Waiting) -> Entry {
    Entry::new(kind)
        .about(one.person)
        .with("campaign", one.campaign)
        .with("delivery", one.id)
}
