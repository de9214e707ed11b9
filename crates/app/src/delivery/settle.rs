//! Settling: what the carrier answered, into the record.

use std::collections::BTreeSet;

use placet_domain::delivery::{Answer, State, retry_after};
use placet_domain::id::{CampaignId, WorkerId};
use placet_domain::journey::sent_by;
use placet_domain::time::Timestamp;
use placet_ledger::{sha256, to_hex};
use placet_store::deliveries::{self, Settlement};
use placet_store::{Tx, journey_passages, journeys, triggers};

use super::{Settled, entry};
use crate::{ActError, Ctx, campaign, journey, trigger};

/// Writes the answers down. An answer to a claim that is somebody else's by now changes nothing
/// and leaves an entry all the same.
///
/// # Errors
///
/// When the store fails; then nothing is settled, and the answers are kept for the next try.
pub fn settle(
    tx: &mut Tx,
    ctx: &Ctx,
    worker: WorkerId,
    answers: &[Settled],
) -> Result<(), ActError> {
    let journeys = of_journeys(tx, answers)?;
    for Settled { ticket, outcome } in answers {
        let (kind, settlement) = settlement(ctx, ticket.n_attempts, outcome);
        let is_ours = deliveries::settle(tx, ticket.delivery, worker, &settlement)?;
        let kind = if is_ours {
            kind
        } else {
            "delivery.answered_late"
        };
        let is_over = is_ours && matches!(settlement.state, State::Sent | State::Failed);
        if is_over && journeys.contains(&ticket.campaign) {
            journey_passages::wake(tx, ticket.delivery)?;
        }
        let text = sha256(settlement.answer.as_bytes());
        let mut entry = entry(kind, ticket.person, ticket.campaign, ticket.delivery)
            .with("attempt", ticket.n_attempts)
            .with("answer_hash", to_hex(&text));
        if let Some(code) = settlement.code {
            entry = entry.with("code", code);
        }
        if let Answer::Unknown { stage } = &outcome.answer {
            entry = entry.with("stage", stage.as_str());
        }
        tx.record(entry);
        if let Answer::Refused {
            text,
            permanent: true,
            ..
        } = &outcome.answer
        {
            crate::report::note_refusal(tx, ctx, ticket, text)?;
        }
    }
    Ok(())
}

/// Which of these answers are to messages of journeys; asked once for each sender.
fn of_journeys(tx: &mut Tx, answers: &[Settled]) -> Result<BTreeSet<CampaignId>, ActError> {
    let senders: BTreeSet<_> = answers.iter().map(|it| it.ticket.campaign).collect();
    let mut found = BTreeSet::new();
    for sender in senders {
        if journeys::find_by_send(tx, sent_by(sender))?.is_some() {
            found.insert(sender);
        }
    }
    Ok(found)
}

/// Stops the campaigns, triggers and journeys of these answers: the carrier refuses everything, so the fault is ours.
///
/// # Errors
///
/// When the store fails.
pub fn halt(tx: &mut Tx, ctx: &Ctx, answers: &[Settled]) -> Result<(), ActError> {
    const WHY: &str = "the carrier refused one message after the other and took none: look at its \
                       answers, mend the cause, then resume";
    let campaigns: BTreeSet<_> = answers
        .iter()
        .map(|settled| settled.ticket.campaign)
        .collect();
    for campaign in campaigns {
        match stop(tx, ctx, campaign, WHY) {
            // Somebody was faster.
            Ok(()) | Err(ActError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Stops whatever sends under this name.
fn stop(tx: &mut Tx, ctx: &Ctx, sender: CampaignId, why: &str) -> Result<(), ActError> {
    if let Some((journey, _)) = journeys::find_by_send(tx, sent_by(sender))? {
        return journey::pause(tx, ctx, journey.id, why);
    }
    let trigger = placet_domain::trigger::sent_by(sender);
    match triggers::find(tx, trigger)? {
        Some(_) => trigger::pause(tx, ctx, trigger, why),
        None => campaign::stop(tx, ctx, sender, why),
    }
}

fn settlement(
    ctx: &Ctx,
    n_attempts: u32,
    outcome: &placet_domain::delivery::Outcome,
) -> (&'static str, Settlement) {
    let at_once = Timestamp::UNIX_EPOCH;
    let (kind, state, not_before, n_attempts) = match &outcome.answer {
        Answer::Accepted { .. } => ("delivery.sent", State::Sent, at_once, n_attempts),
        Answer::Unknown { .. } => ("delivery.unknown", State::Unknown, at_once, n_attempts),
        // Nothing was tried, so it does not count as a try.
        Answer::NotSent { .. } => (
            "delivery.not_sent",
            State::Pending,
            at_once,
            n_attempts.saturating_sub(1),
        ),
        Answer::Refused {
            permanent: false, ..
        } => match retry_after(n_attempts) {
            Some(wait) => (
                "delivery.postponed",
                State::Pending,
                ctx.now + wait,
                n_attempts,
            ),
            None => ("delivery.failed", State::Failed, at_once, n_attempts),
        },
        Answer::Refused {
            permanent: true, ..
        } => ("delivery.failed", State::Failed, at_once, n_attempts),
    };
    let settlement = Settlement {
        state,
        code: outcome.answer.code(),
        answer: outcome.answer.to_string(),
        dialogue: outcome.dialogue.clone(),
        not_before,
        n_attempts,
    };
    (kind, settlement)
}
