//! What came back of what was sent. The table only grows.

use placet_domain::channel::Channel;
use placet_domain::id::{CampaignId, ContactPointId, DeliveryId, PersonId};
use placet_domain::report::{Effect, Kind, Report};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Whom a delivery was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// To whom.
    pub person: PersonId,
    /// By which way.
    pub channel: Channel,
    /// The keyed hash of the address it went to.
    pub lookup: Vec<u8>,
}

/// Records a report; false when the same one was recorded before.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, report: &Report, by: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into reports (id, kind, delivery_id, campaign_id, status, door, content_hash,
                             effect, recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (content_hash) do nothing";

    let added = tx.execute(
        SQL,
        &[
            &report.id,
            &report.kind.as_str(),
            &report.delivery,
            &report.campaign,
            &report.status,
            &report.door,
            &report.content_hash,
            &report.effect.as_str(),
            &report.recorded_at,
            &by,
        ],
    )?;
    Ok(added > 0)
}

/// Whether a report of this hash was recorded.
///
/// # Errors
///
/// When the store fails.
pub fn is_known(tx: &mut Tx, content_hash: &[u8]) -> Result<bool, StoreError> {
    const SQL: &str = "select 1 from reports where content_hash = $1";

    Ok(tx.find_one(SQL, &[&content_hash])?.is_some())
}

/// Whom a delivery was for, and where it went; also when the address was replaced since.
///
/// # Errors
///
/// When the store fails.
pub fn find_addressed(tx: &mut Tx, delivery: DeliveryId) -> Result<Option<Addressed>, StoreError> {
    const SQL: &str = "
        select d.id, d.campaign_id, d.person_id, c.channel, c.lookup
          from deliveries d
          join contact_points c on c.id = d.contact_point_id
         where d.id = $1";

    let row = tx.find_one(SQL, &[&delivery])?;
    row.map(|row| addressed_from(&row)).transpose()
}

/// The same of the last message that went to this address, or may have; none when none did.
///
/// # Errors
///
/// When the store fails.
pub fn find_last_addressed(
    tx: &mut Tx,
    lookup: &[u8],
    channel: Channel,
) -> Result<Option<Addressed>, StoreError> {
    // By the person first: few have the number, and few messages went to each.
    const SQL: &str = "
        select d.id, d.campaign_id, d.person_id, c.channel, c.lookup
          from contact_points c
          join deliveries d on d.person_id = c.person_id and d.contact_point_id = c.id
         where c.lookup = $1 and c.channel = $2
           and d.claimed_at is not null and d.state in ('claimed', 'sent', 'unknown')
         order by d.claimed_at desc, d.id desc
         limit 1";

    let row = tx.find_one(SQL, &[&lookup, &channel.as_str()])?;
    row.map(|row| addressed_from(&row)).transpose()
}

/// The people who have this address on this channel now, with where it stands.
///
/// # Errors
///
/// When the store fails.
pub fn list_owners(
    tx: &mut Tx,
    lookup: &[u8],
    channel: Channel,
) -> Result<Vec<(PersonId, ContactPointId)>, StoreError> {
    const SQL: &str = "
        select person_id, id
          from contact_points
         where lookup = $1 and channel = $2 and replaced_at is null
         order by person_id, id";

    tx.list(SQL, &[&lookup, &channel.as_str()])?
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

/// Reports, newest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<Report>, StoreError> {
    const SQL: &str = "
        select id, kind, delivery_id, campaign_id, status, door, content_hash, effect, recorded_at
          from reports
         order by recorded_at desc, id desc
         limit $1";

    tx.list(SQL, &[&limit])?.iter().map(report_from).collect()
}

/// How many reports of each kind a campaign brought.
///
/// # Errors
///
/// When the store fails.
pub fn count_by_campaign(
    tx: &mut Tx,
    campaign: CampaignId,
) -> Result<Vec<(Kind, u64)>, StoreError> {
    const SQL: &str = "
        select kind, count(*)
          from reports
         where campaign_id = $1
         group by kind
         order by kind";

    tx.list(SQL, &[&campaign])?
        .iter()
        .map(|row| Ok((row.code(0, Kind::find)?, row.get(1)?)))
        .collect()
}

/// How many reports of each kind came since an instant.
///
/// # Errors
///
/// When the store fails.
pub fn count_since(tx: &mut Tx, since: Timestamp) -> Result<Vec<(Kind, u64)>, StoreError> {
    const SQL: &str = "
        select kind, count(*)
          from reports
         where recorded_at >= $1
         group by kind
         order by kind";

    tx.list(SQL, &[&since])?
        .iter()
        .map(|row| Ok((row.code(0, Kind::find)?, row.get(1)?)))
        .collect()
}

fn addressed_from(row: &Row) -> Result<Addressed, StoreError> {
    Ok(Addressed {
        delivery: row.get(0)?,
        campaign: row.get(1)?,
        person: row.get(2)?,
        channel: row.code(3, Channel::find)?,
        lookup: row.get(4)?,
    })
}

fn report_from(row: &Row) -> Result<Report, StoreError> {
    Ok(Report {
        id: row.get(0)?,
        kind: row.code(1, Kind::find)?,
        delivery: row.get(2)?,
        campaign: row.get(3)?,
        status: row.get(4)?,
        door: row.get(5)?,
        content_hash: row.get(6)?,
        effect: row.code(7, Effect::find)?,
        recorded_at: row.get(8)?,
    })
}
