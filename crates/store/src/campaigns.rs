//! Campaigns, their launches and holds. Deliveries have a file of their own.

use placet_domain::campaign::{Brief, Campaign, Hold, Launch, Tally};
use placet_domain::content::ContentHash;
use placet_domain::delivery::State;
use placet_domain::id::{CampaignId, ContactPointId, DeliveryId, PersonId, RawId, VersionId};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Param;

/// How many deliveries one statement writes.
const BULK: usize = 200;
/// What stands for the event in deliveries that answer none.
const NO_OCCASION: [u8; 0] = [];

/// A stop or a resumption, as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRecord {
    /// Which campaign.
    pub campaign: CampaignId,
    /// Whether it stopped or went on.
    pub kind: Hold,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// The actor's code.
    pub by: String,
}

/// A delivery to be written at a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Which delivery.
    pub id: DeliveryId,
    /// To whom.
    pub person: PersonId,
    /// Where to.
    pub contact_point: ContactPointId,
}

/// Adds a campaign.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, campaign: &Campaign) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into campaigns (id, name, version_id, audience_id, purpose, remuneration,
                               sender_name, sender, created_at, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    let brief = &campaign.brief;
    tx.execute(
        SQL,
        &[
            &campaign.id,
            &brief.name,
            &brief.version,
            &brief.audience,
            &brief.purpose,
            &json(&brief.remuneration),
            &brief.sender_name,
            &brief.sender,
            &campaign.created_at,
            &campaign.created_by,
        ],
    )?;
    Ok(())
}

/// Changes what was decided about a campaign; false when it has been launched.
///
/// # Errors
///
/// When the store fails.
pub fn change(tx: &mut Tx, id: CampaignId, brief: &Brief) -> Result<bool, StoreError> {
    const SQL: &str = "
        update campaigns
           set name = $2, version_id = $3, audience_id = $4, purpose = $5, remuneration = $6,
               sender_name = $7, sender = $8
         where id = $1
           and not exists (select 1 from campaign_launches l where l.campaign_id = $1)";

    let changed = tx.execute(
        SQL,
        &[
            &id,
            &brief.name,
            &brief.version,
            &brief.audience,
            &brief.purpose,
            &json(&brief.remuneration),
            &brief.sender_name,
            &brief.sender,
        ],
    )?;
    Ok(changed > 0)
}

const COLUMNS: &str = "
        select c.id, c.name, c.version_id, c.audience_id, c.purpose, c.remuneration,
               c.sender_name, c.sender, c.created_at, c.created_by
          from campaigns c";

/// One campaign.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
    let sql = format!("{COLUMNS}\n where c.id = $1");

    let row = tx.find_one(&sql, &[&id])?;
    row.map(|row| campaign_from(&row)).transpose()
}

/// Campaigns, newest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<Campaign>, StoreError> {
    let sql = format!("{COLUMNS}\n order by c.created_at desc, c.id desc\n limit $1");

    tx.list(&sql, &[&limit])?
        .iter()
        .map(campaign_from)
        .collect()
}

/// The campaigns that use a version, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_version(tx: &mut Tx, version: VersionId) -> Result<Vec<Campaign>, StoreError> {
    let sql =
        format!("{COLUMNS}\n where c.version_id = $1\n order by c.created_at desc, c.id desc");

    tx.list(&sql, &[&version])?
        .iter()
        .map(campaign_from)
        .collect()
}

/// Records the launch; false when the campaign was launched before.
///
/// # Errors
///
/// When the store fails.
pub fn launch(tx: &mut Tx, launch: &Launch) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into campaign_launches (campaign_id, n_matched, n_planned, waterfall, filter,
                                       content_hash, pack, profile, launched_at, launched_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (campaign_id) do nothing";

    let added = tx.execute(
        SQL,
        &[
            &launch.campaign,
            &launch.n_matched,
            &launch.n_planned,
            &json(&launch.waterfall),
            &launch.filter,
            launch.content_hash.as_bytes(),
            &launch.pack,
            &launch.profile,
            &launch.launched_at,
            &launch.launched_by,
        ],
    )?;
    Ok(added > 0)
}

/// How and when a campaign was launched.
///
/// # Errors
///
/// When the store fails.
pub fn find_launch(tx: &mut Tx, campaign: CampaignId) -> Result<Option<Launch>, StoreError> {
    const SQL: &str = "
        select campaign_id, n_matched, n_planned, waterfall, filter, content_hash, pack, profile,
               launched_at, launched_by
          from campaign_launches
         where campaign_id = $1";

    let row = tx.find_one(SQL, &[&campaign])?;
    row.map(|row| {
        Ok(Launch {
            campaign: row.get(0)?,
            n_matched: row.get(1)?,
            n_planned: row.get(2)?,
            waterfall: parse_json(&row, 3)?,
            filter: row.get(4)?,
            content_hash: ContentHash::try_from(row.bytes(5)?).map_err(|_| row.corrupt())?,
            pack: row.get(6)?,
            profile: row.get(7)?,
            launched_at: row.get(8)?,
            launched_by: row.get(9)?,
        })
    })
    .transpose()
}

/// Writes the deliveries of a launch, waiting; many rows a statement.
///
/// `not_before` is zero, not the launch: a clock that goes back must not hold anybody up.
///
/// # Errors
///
/// [`StoreError::Conflict`] when a person has one of this campaign already.
pub fn add_deliveries(
    tx: &mut Tx,
    campaign: CampaignId,
    planned: &[Planned],
) -> Result<(), StoreError> {
    let now = tx.now();
    let state = State::Pending.as_str();
    for chunk in planned.chunks(BULK) {
        let mut sql = String::from(
            "insert into deliveries (id, campaign_id, occasion, person_id, contact_point_id, state,
                                     n_attempts, not_before, created_at)
             values ",
        );
        let mut params: Vec<&dyn Param> = vec![&campaign, &state, &now, &NO_OCCASION];
        for one in chunk {
            let next = params.len() + 1;
            let comma = if next > 5 { ", " } else { "" };
            sql.push_str(&format!(
                "{comma}(${next}, $1, $4, ${}, ${}, $2, 0, 0, $3)",
                next + 1,
                next + 2
            ));
            params.extend([
                &one.id as &dyn Param,
                &one.person as &dyn Param,
                &one.contact_point as &dyn Param,
            ]);
        }
        tx.execute(&sql, &params)?;
    }
    Ok(())
}

/// Records a stop or a resumption.
///
/// # Errors
///
/// When the store fails.
pub fn add_hold(tx: &mut Tx, id: RawId, hold: &HoldRecord) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into campaign_holds (id, campaign_id, turn, kind, reason, at, by)
        select $1, $2, count(*), $3, $4, $5, $6
          from campaign_holds
         where campaign_id = $2";

    tx.execute(
        SQL,
        &[
            &id,
            &hold.campaign,
            &hold.kind.as_str(),
            &hold.reason,
            &hold.at,
            &hold.by,
        ],
    )?;
    Ok(())
}

/// The stops and resumptions of a campaign, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_holds(tx: &mut Tx, campaign: CampaignId) -> Result<Vec<HoldRecord>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, kind, reason, at, by
          from campaign_holds
         where campaign_id = $1
         order by turn desc";

    tx.list(SQL, &[&campaign])?
        .iter()
        .map(|row| {
            Ok(HoldRecord {
                campaign: row.get(1)?,
                kind: row.code(2, Hold::find)?,
                reason: row.get(3)?,
                at: row.get(4)?,
                by: row.get(5)?,
            })
        })
        .collect()
}

/// How many deliveries of a campaign stand where.
///
/// # Errors
///
/// When the store fails.
pub fn tally(tx: &mut Tx, campaign: CampaignId) -> Result<Tally, StoreError> {
    // Naming the states lets both engines count in the index alone.
    const SQL: &str = "
        select state, count(*)
          from deliveries
         where state in ('pending', 'batched', 'calling', 'claimed', 'sent', 'failed', 'refused', 'unknown')
           and campaign_id = $1
         group by state";

    let mut tally = Tally::default();
    for row in tx.list(SQL, &[&campaign])? {
        tally.set(row.code(0, State::find)?, row.get(1)?);
    }
    Ok(tally)
}

/// How many deliveries of a campaign the carrier took since an instant: the rate.
///
/// # Errors
///
/// When the store fails.
pub fn count_sent_since(
    tx: &mut Tx,
    campaign: CampaignId,
    since: Timestamp,
) -> Result<u64, StoreError> {
    const SQL: &str = "
        select count(*)
          from deliveries
         where campaign_id = $1 and state = 'sent' and settled_at >= $2";

    tx.find_one(SQL, &[&campaign, &since])?
        .map_or(Ok(0), |row| row.get(0))
}

fn campaign_from(row: &Row) -> Result<Campaign, StoreError> {
    Ok(Campaign {
        id: row.get(0)?,
        brief: Brief {
            name: row.get(1)?,
            version: row.get(2)?,
            audience: row.get(3)?,
            purpose: row.get(4)?,
            remuneration: parse_json(row, 5)?,
            sender_name: row.get(6)?,
            sender: row.get(7)?,
        },
        created_at: row.get(8)?,
        created_by: row.get(9)?,
    })
}
