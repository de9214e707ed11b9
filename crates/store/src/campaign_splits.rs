//! How campaigns are split, how many each group has, and what came of them.

use placet_domain::campaign::split::{Group, Split};
use placet_domain::id::{CampaignId, PersonId, RawId};
use placet_domain::report::Kind;

use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::tx::Tx;
use crate::value::Param;

/// How many people one statement writes.
const BULK: usize = 400;

/// Records a split; the newest counts.
///
/// # Errors
///
/// When the store fails.
pub fn add(
    tx: &mut Tx,
    id: RawId,
    campaign: CampaignId,
    split: &Split,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into campaign_splits (id, campaign_id, turn, split, at, by)
        select $1, $2, count(*), $3, $4, $5
          from campaign_splits
         where campaign_id = $2";

    let now = tx.now();
    tx.execute(SQL, &[&id, &campaign, &json(split), &now, &by])?;
    Ok(())
}

/// The newest split of a campaign.
///
/// # Errors
///
/// When the store fails.
pub fn latest(tx: &mut Tx, campaign: CampaignId) -> Result<Option<Split>, StoreError> {
    const SQL: &str = "
        select id, split
          from campaign_splits
         where campaign_id = $1
         order by turn desc
         limit 1";

    let row = tx.find_one(SQL, &[&campaign])?;
    row.map(|row| parse_json(&row, 1)).transpose()
}

/// Records who was held out at a launch.
///
/// # Errors
///
/// When the store fails.
pub fn hold_out(tx: &mut Tx, campaign: CampaignId, who: &[PersonId]) -> Result<(), StoreError> {
    for chunk in who.chunks(BULK) {
        let mut sql =
            String::from("insert into campaign_held_out (campaign_id, person_id) values ");
        let mut params: Vec<&dyn Param> = vec![&campaign];
        for person in chunk {
            let next = params.len() + 1;
            let comma = if next > 2 { ", " } else { "" };
            sql.push_str(&format!("{comma}($1, ${next})"));
            params.push(person);
        }
        tx.execute(&sql, &params)?;
    }
    Ok(())
}

/// Records how many people a group had at the launch.
///
/// # Errors
///
/// When the store fails.
pub fn add_group(
    tx: &mut Tx,
    campaign: CampaignId,
    group: Group,
    n: u64,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into campaign_groups (campaign_id, number, n)
        values ($1, $2, $3)";

    tx.execute(SQL, &[&campaign, &group.number(), &n]).map(drop)
}

/// How many people each group had at the launch.
///
/// # Errors
///
/// When the store fails.
pub fn list_groups(tx: &mut Tx, campaign: CampaignId) -> Result<Vec<(Group, u64)>, StoreError> {
    const SQL: &str = "
        select number, n
          from campaign_groups
         where campaign_id = $1
         order by case when number < 0 then 1 else 0 end, number";

    tx.list(SQL, &[&campaign])?
        .iter()
        .map(|row| {
            let group = Group::find(row.get(0)?).ok_or_else(|| row.corrupt())?;
            Ok((group, row.get(1)?))
        })
        .collect()
}

/// Records how many of a group did what was hoped for, so far.
///
/// # Errors
///
/// When the store fails.
pub fn add_outcome(
    tx: &mut Tx,
    id: RawId,
    campaign: CampaignId,
    group: Group,
    n: u64,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into campaign_outcomes (id, campaign_id, turn, number, n, at, by)
        select $1, $2, count(*), $3, $4, $5, $6
          from campaign_outcomes
         where campaign_id = $2";

    let now = tx.now();
    tx.execute(SQL, &[&id, &campaign, &group.number(), &n, &now, &by])
        .map(drop)
}

/// What was last said of the outcomes of each group.
///
/// # Errors
///
/// When the store fails.
pub fn list_outcomes(tx: &mut Tx, campaign: CampaignId) -> Result<Vec<(Group, u64)>, StoreError> {
    const SQL: &str = "
        select number, n
          from campaign_outcomes
         where campaign_id = $1
         order by turn";

    let mut latest: Vec<(Group, u64)> = Vec::new();
    for row in tx.list(SQL, &[&campaign])? {
        let group = Group::find(row.get(0)?).ok_or_else(|| row.corrupt())?;
        latest.retain(|(one, _)| *one != group);
        latest.push((group, row.get(1)?));
    }
    Ok(latest)
}

/// Whom the reports of a campaign are about.
///
/// # Errors
///
/// When the store fails.
pub fn list_reported(
    tx: &mut Tx,
    campaign: CampaignId,
) -> Result<Vec<(PersonId, Kind)>, StoreError> {
    const SQL: &str = "
        select d.person_id, r.kind
          from reports r
          join deliveries d on d.id = r.delivery_id
         where r.campaign_id = $1
         order by r.id";

    tx.list(SQL, &[&campaign])?
        .iter()
        .map(|row| Ok((row.get(0)?, row.code(1, Kind::find)?)))
        .collect()
}
