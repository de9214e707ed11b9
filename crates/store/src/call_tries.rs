//! Call lists: who is opened by which caller, what came of each try, and who is to be called next.
//!
//! That nobody is with two callers and no caller holds two people is kept by two unique indexes, not by
//! asking first.

use placet_domain::call::{End, Ended, Try};
use placet_domain::channel::Channel;
use placet_domain::delivery::State;
use placet_domain::id::{CallId, CampaignId, DecisionId, DeliveryId};
use placet_domain::time::Timestamp;

use crate::deliveries::{self, Waiting};
use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Param;

/// Who is to be called now, at most `limit`: those first who were promised a call, then those whose hour has come, then those never called. Nobody who
/// is with a caller.
///
/// # Errors
///
/// When the store fails.
pub fn list_next(
    tx: &mut Tx,
    campaign: CampaignId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Waiting>, StoreError> {
    const SQL: &str = "
        select id
          from deliveries
         where state = 'pending' and campaign_id = $1 and not_before > 0 and not_before <= $2
         order by case when (select ended
                               from call_tries
                              where delivery_id = deliveries.id and ended <> 'not_called'
                              order by opened_at desc
                              limit 1) = 'call_back' then 0 else 1 end,
                  not_before, id
         limit $3";

    let mut next = Vec::new();
    for row in tx.list(SQL, &[&campaign, &now, &limit])? {
        if let Some(one) = deliveries::find(tx, row.get(0)?)? {
            next.push(Waiting {
                id: one.id,
                campaign: one.campaign,
                person: one.person,
                contact_point: one.contact_point,
                n_attempts: one.n_attempts,
                occasion: None,
            });
        }
    }
    for one in deliveries::list_waiting(tx, campaign, now, limit)? {
        if next.len() < limit && !next.iter().any(|known| known.id == one.id) {
            next.push(one);
        }
    }
    Ok(next)
}

/// Whether a person is with a caller now.
///
/// # Errors
///
/// When the store fails.
pub fn is_open(tx: &mut Tx, one: &Waiting) -> Result<bool, StoreError> {
    const SQL: &str = "select 1 from call_tries where person_id = $1 and ended is null";

    Ok(tx.find_one(SQL, &[&one.person])?.is_some())
}

/// Opens a waiting delivery for a caller; false when it waits no more.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the person is with another caller, or the caller with another person.
pub fn open(tx: &mut Tx, one: &Try) -> Result<bool, StoreError> {
    const TAKE: &str = "
        update deliveries
           set state = 'calling', decision_id = $2, n_attempts = n_attempts + 1
         where id = $1 and state = 'pending'";
    const SQL: &str = "
        insert into call_tries (id, delivery_id, campaign_id, person_id, contact_point_id, opened_at, opened_by,
                                decision_id, decided_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    if tx.execute(TAKE, &[&one.delivery, &one.decision])? == 0 {
        return Ok(false);
    }
    let params: [&dyn Param; 9] = [
        &one.id,
        &one.delivery,
        &one.campaign,
        &one.person,
        &one.contact_point,
        &one.opened_at,
        &one.opened_by,
        &one.decision,
        &one.decided_at,
    ];
    tx.execute(SQL, &params)?;
    Ok(true)
}

/// Notes that an open try was decided again; false when it is over.
///
/// # Errors
///
/// When the store fails.
pub fn decide(
    tx: &mut Tx,
    id: CallId,
    decision: DecisionId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update call_tries
           set decision_id = $2, decided_at = $3
         where id = $1 and ended is null";

    Ok(tx.execute(SQL, &[&id, &decision, &at])? > 0)
}

/// Says what came of a try; false when that was said before.
///
/// # Errors
///
/// When the store fails.
pub fn end(tx: &mut Tx, id: CallId, end: &End) -> Result<bool, StoreError> {
    const SQL: &str = "
        update call_tries
           set ended = $2, ended_at = $3, ended_by = $4
         where id = $1 and ended is null";

    Ok(tx.execute(SQL, &[&id, &end.ended.as_str(), &end.at, &end.by])? > 0)
}

/// Ends the delivery of a call.
///
/// # Errors
///
/// When the store fails.
pub fn settle(
    tx: &mut Tx,
    delivery: DeliveryId,
    state: State,
    answer: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = $2, settled_at = $3, answer = $4
         where id = $1 and state = 'calling'";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&delivery, &state.as_str(), &now, &answer])? > 0)
}

/// Lets a person wait to be called again. `rang` says whether the try counts.
///
/// # Errors
///
/// When the store fails.
pub fn wait(
    tx: &mut Tx,
    delivery: DeliveryId,
    until: Timestamp,
    rang: bool,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = 'pending', not_before = $2, n_attempts = n_attempts - $3
         where id = $1 and state = 'calling'";

    let back = u32::from(!rang);
    Ok(tx.execute(SQL, &[&delivery, &until, &back])? > 0)
}

/// Ends a delivery with a caller because the gate said no meanwhile.
///
/// # Errors
///
/// When the store fails.
pub fn refuse(
    tx: &mut Tx,
    delivery: DeliveryId,
    decision: Option<DecisionId>,
    why: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = 'refused', decision_id = $2, settled_at = $3, answer = $4
         where id = $1 and state = 'calling'";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&delivery, &decision, &now, &why])? > 0)
}

/// One try.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: CallId) -> Result<Option<Try>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, delivery_id, person_id, contact_point_id, opened_by, opened_at, decision_id,
               decided_at, ended, ended_at, ended_by
          from call_tries
         where id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.map(|row| try_from(&row)).transpose()
}

/// The try that a caller has open.
///
/// # Errors
///
/// When the store fails.
pub fn find_open(tx: &mut Tx, caller: &str) -> Result<Option<Try>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, delivery_id, person_id, contact_point_id, opened_by, opened_at, decision_id,
               decided_at, ended, ended_at, ended_by
          from call_tries
         where opened_by = $1 and ended is null";

    let row = tx.find_one(SQL, &[&caller])?;
    row.map(|row| try_from(&row)).transpose()
}

/// The open tries of a campaign, the oldest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_open(tx: &mut Tx, campaign: CampaignId) -> Result<Vec<Try>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, delivery_id, person_id, contact_point_id, opened_by, opened_at, decision_id,
               decided_at, ended, ended_at, ended_by
          from call_tries
         where campaign_id = $1 and ended is null
         order by opened_at, id";

    tx.list(SQL, &[&campaign])?.iter().map(try_from).collect()
}

/// The tries of a delivery, the oldest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_delivery(tx: &mut Tx, delivery: DeliveryId) -> Result<Vec<Try>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, delivery_id, person_id, contact_point_id, opened_by, opened_at, decision_id,
               decided_at, ended, ended_at, ended_by
          from call_tries
         where delivery_id = $1
         order by opened_at, id";

    tx.list(SQL, &[&delivery])?.iter().map(try_from).collect()
}

/// How many people a caller opened since an instant and gave back.
///
/// # Errors
///
/// When the store fails.
pub fn count_given_back(tx: &mut Tx, caller: &str, since: Timestamp) -> Result<u32, StoreError> {
    const SQL: &str = "
        select count(*)
          from call_tries
         where opened_by = $1 and opened_at > $2 and ended = 'not_called'";

    tx.find_one(SQL, &[&caller, &since])?
        .map_or(Ok(0), |row| row.get(0))
}

/// How often each thing came of a call of a campaign.
///
/// # Errors
///
/// When the store fails.
pub fn count_ended(tx: &mut Tx, campaign: CampaignId) -> Result<Vec<(Ended, u64)>, StoreError> {
    const SQL: &str = "
        select ended, count(*)
          from call_tries
         where campaign_id = $1 and ended is not null
         group by ended
         order by ended";

    tx.list(SQL, &[&campaign])?
        .iter()
        .map(|row| Ok((row.code(0, Ended::find)?, row.get(1)?)))
        .collect()
}

/// The campaigns of calls that are launched, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_campaigns(tx: &mut Tx) -> Result<Vec<CampaignId>, StoreError> {
    const SQL: &str = "
        select l.campaign_id
          from campaign_launches l
          join campaigns c on c.id = l.campaign_id
          join content_versions v on v.id = c.version_id and v.channel = $1
         order by l.launched_at desc, l.campaign_id";

    let channel = Channel::VoiceLive.as_str();
    tx.list(SQL, &[&channel])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// Those of them with somebody who waits or is with a caller, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_unfinished(tx: &mut Tx) -> Result<Vec<CampaignId>, StoreError> {
    const SQL: &str = "
        select l.campaign_id
          from campaign_launches l
          join campaigns c on c.id = l.campaign_id
          join content_versions v on v.id = c.version_id and v.channel = $1
         where exists (select 1
                         from deliveries d
                        where d.campaign_id = l.campaign_id and d.state in ('pending', 'calling'))
         order by l.launched_at desc, l.campaign_id";

    let channel = Channel::VoiceLive.as_str();
    tx.list(SQL, &[&channel])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

fn try_from(row: &Row) -> Result<Try, StoreError> {
    let ended: Option<String> = row.get(9)?;
    let end = match ended {
        None => None,
        Some(_) => Some(End {
            ended: row.code(9, Ended::find)?,
            at: row.get(10)?,
            by: row.get(11)?,
        }),
    };
    Ok(Try {
        id: row.get(0)?,
        campaign: row.get(1)?,
        delivery: row.get(2)?,
        person: row.get(3)?,
        contact_point: row.get(4)?,
        opened_by: row.get(5)?,
        opened_at: row.get(6)?,
        decision: row.get(7)?,
        decided_at: row.get(8)?,
        end,
    })
}
