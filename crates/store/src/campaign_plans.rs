//! What is planned for campaigns besides their briefs, who agreed to their size, and their pace.

use placet_domain::campaign::plan::Plan;
use placet_domain::id::{CampaignId, RawId};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::tx::Tx;

/// A plan as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What.
    pub plan: Plan,
    /// When.
    pub at: Timestamp,
    /// The actor's code.
    pub by: String,
}

/// Somebody's word that a campaign may go to so many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// To how many.
    pub n: u64,
    /// When.
    pub at: Timestamp,
    /// The actor's code.
    pub by: String,
}

/// Records a plan; the newest counts.
///
/// # Errors
///
/// When the store fails.
pub fn add(
    tx: &mut Tx,
    id: RawId,
    campaign: CampaignId,
    plan: &Plan,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into campaign_plans (id, campaign_id, turn, plan, at, by)
        select $1, $2, count(*), $3, $4, $5
          from campaign_plans
         where campaign_id = $2";

    let now = tx.now();
    tx.execute(SQL, &[&id, &campaign, &json(plan), &now, &by])?;
    Ok(())
}

/// The newest plan of a campaign.
///
/// # Errors
///
/// When the store fails.
pub fn latest(tx: &mut Tx, campaign: CampaignId) -> Result<Option<Planned>, StoreError> {
    const SQL: &str = "
        select id, plan, at, by
          from campaign_plans
         where campaign_id = $1
         order by turn desc
         limit 1";

    let row = tx.find_one(SQL, &[&campaign])?;
    row.map(|row| {
        Ok(Planned {
            plan: parse_json(&row, 1)?,
            at: row.get(2)?,
            by: row.get(3)?,
        })
    })
    .transpose()
}

/// Records somebody's word on the size of a campaign.
///
/// # Errors
///
/// When the store fails.
pub fn confirm(
    tx: &mut Tx,
    id: RawId,
    campaign: CampaignId,
    n: u64,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into campaign_confirmations (id, campaign_id, turn, n, at, by)
        select $1, $2, count(*), $3, $4, $5
          from campaign_confirmations
         where campaign_id = $2";

    let now = tx.now();
    tx.execute(SQL, &[&id, &campaign, &n, &now, &by])?;
    Ok(())
}

/// What was said about the size of a campaign, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_confirmations(
    tx: &mut Tx,
    campaign: CampaignId,
) -> Result<Vec<Confirmation>, StoreError> {
    const SQL: &str = "
        select n, at, by
          from campaign_confirmations
         where campaign_id = $1
         order by turn desc";

    tx.list(SQL, &[&campaign])?
        .iter()
        .map(|row| {
            Ok(Confirmation {
                n: row.get(0)?,
                at: row.get(1)?,
                by: row.get(2)?,
            })
        })
        .collect()
}

/// When the next message of a campaign with a pace is due.
///
/// # Errors
///
/// When the store fails.
pub fn find_pace(tx: &mut Tx, campaign: CampaignId) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "select next_at from campaign_paces where campaign_id = $1";

    tx.find_one(SQL, &[&campaign])?
        .map(|row| row.get(0))
        .transpose()
}

/// Sets when the next message of a campaign is due.
///
/// # Errors
///
/// When the store fails.
pub fn put_pace(tx: &mut Tx, campaign: CampaignId, next: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into campaign_paces (campaign_id, next_at)
        values ($1, $2)
            on conflict (campaign_id) do update
               set next_at = excluded.next_at";

    tx.execute(SQL, &[&campaign, &next]).map(drop)
}

/// Lets nobody of a campaign be claimed before an instant.
///
/// # Errors
///
/// When the store fails.
pub fn hold_until(tx: &mut Tx, campaign: CampaignId, at: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "
        update deliveries
           set not_before = $2
         where campaign_id = $1 and state = 'pending'";

    tx.execute(SQL, &[&campaign, &at])
}
