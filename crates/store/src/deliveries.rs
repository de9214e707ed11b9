//! The outbox: deliveries from pending to their end, and the workers that hold claims.
//!
//! A claim is durable before the first byte of its message is written. Whoever claims stands in
//! `claimed_by`; only they settle it, so a late answer never lands on somebody else's claim.

use placet_domain::channel::Channel;
use placet_domain::delivery::State;
use placet_domain::id::{
    CampaignId, ContactPointId, DecisionId, DeliveryId, FireId, PersonId, WorkerId,
};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::{Engine, Tx};
use crate::value::Param;

/// One delivery as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Which.
    pub id: DeliveryId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// To whom.
    pub person: PersonId,
    /// Where to.
    pub contact_point: ContactPointId,
    /// Where it stands.
    pub state: State,
    /// The last decision about it.
    pub decision: Option<DecisionId>,
    /// When it was last claimed.
    pub claimed_at: Option<Timestamp>,
    /// When its answer came.
    pub settled_at: Option<Timestamp>,
    /// The carrier's code.
    pub answer_code: Option<u16>,
    /// The carrier's words, or what happened instead of words.
    pub answer: Option<String>,
    /// The conversation with the carrier.
    pub dialogue: Option<String>,
    /// How often it was handed to the carrier.
    pub n_attempts: u32,
    /// Not to be claimed before.
    pub not_before: Timestamp,
}

/// A delivery that may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub id: DeliveryId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// To whom.
    pub person: PersonId,
    /// Where to.
    pub contact_point: ContactPointId,
    /// How often it was handed to the carrier before.
    pub n_attempts: u32,
    /// The event that it answers, when a trigger sends it; the passage, when a journey does.
    pub occasion: Option<FireId>,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The state it leads to.
    pub state: State,
    /// The carrier's code.
    pub code: Option<u16>,
    /// The carrier's words.
    pub answer: String,
    /// The conversation.
    pub dialogue: String,
    /// When it may be claimed again, if it waits again.
    pub not_before: Timestamp,
    /// How many tries count.
    pub n_attempts: u32,
}

/// One delivery.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, person_id, contact_point_id, state, decision_id, claimed_at,
               settled_at, answer_code, answer, dialogue, n_attempts, not_before
          from deliveries
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .map(|row| delivery_from(&row))
        .transpose()
}

/// The deliveries of a campaign in one state, by id, those after `after`, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_campaign(
    tx: &mut Tx,
    campaign: CampaignId,
    state: State,
    after: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, person_id, contact_point_id, state, decision_id, claimed_at,
               settled_at, answer_code, answer, dialogue, n_attempts, not_before
          from deliveries
         where campaign_id = $1 and state = $2 and id > $3
         order by id
         limit $4";

    let after = after.unwrap_or_else(|| DeliveryId::from([0; 16]));
    let rows = tx.list(SQL, &[&campaign, &state.as_str(), &after, &limit])?;
    rows.iter().map(delivery_from).collect()
}

/// The deliveries to a person, newest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_person(
    tx: &mut Tx,
    person: PersonId,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, person_id, contact_point_id, state, decision_id, claimed_at,
               settled_at, answer_code, answer, dialogue, n_attempts, not_before
          from deliveries
         where person_id = $1
         order by id desc
         limit $2";

    tx.list(SQL, &[&person, &limit])?
        .iter()
        .map(delivery_from)
        .collect()
}

/// Adds the delivery of a trigger's event or of a passage, waiting; false when that one has its own.
///
/// # Errors
///
/// When the store fails.
pub fn add_occasion(tx: &mut Tx, one: &Waiting) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into deliveries (id, campaign_id, occasion, person_id, contact_point_id, state,
                                n_attempts, not_before, created_at)
        values ($1, $2, $3, $4, $5, 'pending', 0, 0, $6)
            on conflict (campaign_id, person_id, occasion) do nothing";

    let now = tx.now();
    let params: [&dyn Param; 6] = [
        &one.id,
        &one.campaign,
        &one.occasion,
        &one.person,
        &one.contact_point,
        &now,
    ];
    Ok(tx.execute(SQL, &params)? > 0)
}

/// Has the waiting delivery of an event decided again now.
///
/// # Errors
///
/// When the store fails.
pub fn bring_occasion_forward(
    tx: &mut Tx,
    campaign: CampaignId,
    occasion: FireId,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set not_before = 0
         where state = 'pending' and campaign_id = $1 and occasion = $2";

    Ok(tx.execute(SQL, &[&campaign, &occasion])? > 0)
}

/// The triggers of a channel that are at work and have somebody waiting now, as campaigns; by id.
///
/// # Errors
///
/// When the store fails.
pub fn list_due_triggers(
    tx: &mut Tx,
    channel: Channel,
    now: Timestamp,
) -> Result<Vec<CampaignId>, StoreError> {
    const SQL: &str = "
        select t.id
          from triggers t
         where exists (select 1
                         from deliveries d
                        where d.state = 'pending' and d.campaign_id = t.id
                          and d.not_before <= $1)
           and (select v.channel
                  from trigger_versions v
                  join trigger_approvals a on a.version_id = v.id
                 where v.trigger_id = t.id
                 order by v.version desc
                 limit 1) = $2
           and coalesce((select h.kind
                           from campaign_holds h
                          where h.campaign_id = t.id
                          order by h.turn desc
                          limit 1), 'resumed') not in ('stopped', 'ended')
         order by t.id";

    tx.list(SQL, &[&now, &channel.as_str()])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// The messages of journeys by a channel that have somebody waiting now, of journeys that are at work, as campaigns; by
/// id.
///
/// # Errors
///
/// When the store fails.
pub fn list_due_journeys(
    tx: &mut Tx,
    channel: Channel,
    now: Timestamp,
) -> Result<Vec<CampaignId>, StoreError> {
    const SQL: &str = "
        select s.id
          from journey_sends s
          join journey_versions v on v.id = s.version_id
         where s.channel = $2
           and exists (select 1
                         from deliveries d
                        where d.state = 'pending' and d.campaign_id = s.id
                          and d.not_before <= $1)
           and coalesce((select h.kind
                           from campaign_holds h
                          where h.campaign_id = v.journey_id
                          order by h.turn desc
                          limit 1), 'resumed') not in ('stopped', 'ended')
         order by s.id";

    tx.list(SQL, &[&now, &channel.as_str()])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// The campaigns of a channel that are launched, not stopped, and have somebody waiting now; oldest
/// first.
///
/// # Errors
///
/// When the store fails.
pub fn list_due_campaigns(
    tx: &mut Tx,
    channel: Channel,
    now: Timestamp,
) -> Result<Vec<CampaignId>, StoreError> {
    const SQL: &str = "
        select l.campaign_id
          from campaign_launches l
          join campaigns c on c.id = l.campaign_id
          join content_versions v on v.id = c.version_id and v.channel = $2
         where exists (select 1
                         from deliveries d
                        where d.state = 'pending' and d.campaign_id = l.campaign_id
                          and d.not_before <= $1)
           and coalesce((select h.kind
                           from campaign_holds h
                          where h.campaign_id = l.campaign_id
                          order by h.turn desc
                          limit 1), 'resumed') not in ('stopped', 'ended')
         order by l.launched_at, l.campaign_id";

    tx.list(SQL, &[&now, &channel.as_str()])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// The launched campaigns of which something waits, is being sent, or has an unknown fate;
/// newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_open_campaigns(tx: &mut Tx) -> Result<Vec<CampaignId>, StoreError> {
    // One look into the index for each campaign and state, however many deliveries there are.
    const SQL: &str = "
        select l.campaign_id
          from campaign_launches l
         where exists (select 1 from deliveries d
                        where d.state = 'pending' and d.campaign_id = l.campaign_id)
            or exists (select 1 from deliveries d
                        where d.state = 'batched' and d.campaign_id = l.campaign_id)
            or exists (select 1 from deliveries d
                        where d.state = 'calling' and d.campaign_id = l.campaign_id)
            or exists (select 1 from deliveries d
                        where d.state = 'claimed' and d.campaign_id = l.campaign_id)
            or exists (select 1 from deliveries d
                        where d.state = 'unknown' and d.campaign_id = l.campaign_id)
         order by l.launched_at desc, l.campaign_id";

    tx.list(SQL, &[])?.iter().map(|row| row.get(0)).collect()
}

/// Those of a campaign who may be claimed now, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_waiting(
    tx: &mut Tx,
    campaign: CampaignId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Waiting>, StoreError> {
    const SQLITE: &str = "
        select id, campaign_id, person_id, contact_point_id, n_attempts, occasion
          from deliveries
         where state = 'pending' and campaign_id = $1 and not_before <= $2
         order by not_before, id
         limit $3";
    // Several processes may claim at once: rows that another one looks at are passed over.
    const POSTGRES: &str = "
        select id, campaign_id, person_id, contact_point_id, n_attempts, occasion
          from deliveries
         where state = 'pending' and campaign_id = $1 and not_before <= $2
         order by not_before, id
         limit $3
           for update skip locked";

    let sql = match tx.engine() {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    let rows = tx.list(sql, &[&campaign, &now, &limit])?;
    rows.iter()
        .map(|row| {
            Ok(Waiting {
                id: row.get(0)?,
                campaign: row.get(1)?,
                person: row.get(2)?,
                contact_point: row.get(3)?,
                n_attempts: row.get(4)?,
                occasion: <[u8; 16]>::try_from(row.bytes(5)?).ok().map(FireId::from),
            })
        })
        .collect()
}

/// How many of a campaign may be claimed now, counted up to `at_most`.
///
/// # Errors
///
/// When the store fails.
pub fn count_waiting(
    tx: &mut Tx,
    campaign: CampaignId,
    now: Timestamp,
    at_most: usize,
) -> Result<usize, StoreError> {
    const SQL: &str = "
        select count(*)
          from (select 1
                  from deliveries
                 where state = 'pending' and campaign_id = $1 and not_before <= $2
                 limit $3) as ready";

    tx.find_one(SQL, &[&campaign, &now, &at_most])?
        .map_or(Ok(0), |row| row.get(0))
}

/// Claims a waiting delivery; false when it waits no more.
///
/// # Errors
///
/// When the store fails.
pub fn claim(
    tx: &mut Tx,
    id: DeliveryId,
    worker: WorkerId,
    decision: DecisionId,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = 'claimed', claimed_by = $2, decision_id = $3, claimed_at = $4,
               n_attempts = n_attempts + 1
         where id = $1 and state = 'pending'";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &worker, &decision, &now])? > 0)
}

/// Ends a waiting delivery that the gate denied.
///
/// # Errors
///
/// When the store fails.
pub fn refuse(
    tx: &mut Tx,
    id: DeliveryId,
    decision: Option<DecisionId>,
    why: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = 'refused', decision_id = $2, settled_at = $3, answer = $4
         where id = $1 and state = 'pending'";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &decision, &now, &why])? > 0)
}

/// Lets a waiting delivery wait longer.
///
/// # Errors
///
/// When the store fails.
pub fn defer(tx: &mut Tx, id: DeliveryId, not_before: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set not_before = $2
         where id = $1 and state = 'pending'";

    Ok(tx.execute(SQL, &[&id, &not_before])? > 0)
}

/// Ends a claim; false when it is not this worker's any more.
///
/// A claim that was given up for unknown is still settled by its own worker: evidence that comes
/// late is evidence.
///
/// # Errors
///
/// When the store fails.
pub fn settle(
    tx: &mut Tx,
    id: DeliveryId,
    worker: WorkerId,
    settlement: &Settlement,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = $3, settled_at = $4, answer_code = $5, answer = $6, dialogue = $7,
               not_before = $8, n_attempts = $9
         where id = $1 and claimed_by = $2 and state in ('claimed', 'unknown')";

    let now = tx.now();
    let params: [&dyn Param; 9] = [
        &id,
        &worker,
        &settlement.state.as_str(),
        &now,
        &settlement.code,
        &settlement.answer,
        &settlement.dialogue,
        &settlement.not_before,
        &settlement.n_attempts,
    ];
    Ok(tx.execute(SQL, &params)? > 0)
}

/// What a worker holds, with whom it is for.
///
/// # Errors
///
/// When the store fails.
pub fn list_claimed_by(
    tx: &mut Tx,
    worker: WorkerId,
) -> Result<Vec<(DeliveryId, PersonId, CampaignId)>, StoreError> {
    // `state` first, for its index: few are ever claimed at a time.
    const SQL: &str = "
        select id, person_id, campaign_id
          from deliveries
         where state = 'claimed' and claimed_by = $1
         order by id";

    let rows = tx.list(SQL, &[&worker])?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .collect()
}

/// Gives a claim up: nobody can say what became of it.
///
/// # Errors
///
/// When the store fails.
pub fn lose(tx: &mut Tx, id: DeliveryId, answer: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = 'unknown', settled_at = $2, answer = $3
         where id = $1 and state = 'claimed'";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &now, &answer])? > 0)
}

/// Puts a claim back that never left its own act.
///
/// # Errors
///
/// When the store fails.
pub fn release(tx: &mut Tx, id: DeliveryId, worker: WorkerId) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = 'pending', claimed_by = null
         where id = $1 and claimed_by = $2 and state = 'claimed'";

    Ok(tx.execute(SQL, &[&id, &worker])? > 0)
}

/// Moves an unknown to where a person says; false when it is not unknown.
///
/// # Errors
///
/// When the store fails.
pub fn resolve(tx: &mut Tx, id: DeliveryId, state: State) -> Result<bool, StoreError> {
    // Without its claim, so that a late answer cannot undo the person's word.
    const SQL: &str = "
        update deliveries
           set state = $2, settled_at = $3, claimed_by = null, not_before = 0
         where id = $1 and state = 'unknown'";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &state.as_str(), &now])? > 0)
}

/// Lets everybody who waits for a later instant be decided again now; answers how many.
///
/// # Errors
///
/// When the store fails.
pub fn bring_forward(tx: &mut Tx) -> Result<u64, StoreError> {
    const SQL: &str = "
        update deliveries
           set not_before = 0
         where state = 'pending' and not_before > $1";

    let now = tx.now();
    tx.execute(SQL, &[&now])
}

/// Renews the lease of a worker, or begins it. Answers the latest instant at which any worker
/// renewed one before: later than now means that the clock went back.
///
/// # Errors
///
/// When the store fails.
pub fn renew_lease(
    tx: &mut Tx,
    worker: WorkerId,
    lease_ends: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    const LATEST: &str = "select max(renewed_at) from workers where ended_at is null or id = $1";
    const SQL: &str = "
        insert into workers (id, started_at, renewed_at, lease_ends)
        values ($1, $2, $2, $3)
            on conflict (id) do update
               set renewed_at = excluded.renewed_at, lease_ends = excluded.lease_ends,
                   ended_at = null";

    let now = tx.now();
    let latest = match tx.find_one(LATEST, &[&worker])? {
        Some(row) => row.get(0)?,
        None => None,
    };
    tx.housekeep(SQL, &[&worker, &now, &lease_ends])?;
    Ok(latest)
}

/// Ends the lease of a worker.
///
/// # Errors
///
/// When the store fails.
pub fn end_lease(tx: &mut Tx, worker: WorkerId) -> Result<(), StoreError> {
    const SQL: &str = "
        update workers
           set ended_at = $2
         where id = $1 and ended_at is null";

    let now = tx.now();
    tx.housekeep(SQL, &[&worker, &now]).map(drop)
}

/// The workers whose lease ended before now, or ends later than a lease can last, and those that
/// hold a claim without any lease: theirs was ended while they lived, or never begun.
///
/// # Errors
///
/// When the store fails.
pub fn list_dead_workers(
    tx: &mut Tx,
    now: Timestamp,
    latest_end: Timestamp,
) -> Result<Vec<WorkerId>, StoreError> {
    const SQL: &str = "
        select id
          from workers
         where ended_at is null and (lease_ends <= $1 or lease_ends > $2)
         union
        select d.claimed_by
          from deliveries d
         where d.state = 'claimed' and d.claimed_by is not null
           and not exists (select 1
                             from workers w
                            where w.id = d.claimed_by and w.ended_at is null)
         order by 1";

    tx.list(SQL, &[&now, &latest_end])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

fn delivery_from(row: &Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.get(0)?,
        campaign: row.get(1)?,
        person: row.get(2)?,
        contact_point: row.get(3)?,
        state: row.code(4, State::find)?,
        decision: row.get(5)?,
        claimed_at: row.get(6)?,
        settled_at: row.get(7)?,
        answer_code: row.get(8)?,
        answer: row.get(9)?,
        dialogue: row.get(10)?,
        n_attempts: row.get(11)?,
        not_before: row.get(12)?,
    })
}
