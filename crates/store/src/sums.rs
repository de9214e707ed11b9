//! Counts by period from our own records. No id of a person leaves here.

use std::collections::BTreeMap;

use placet_domain::id::CampaignId;
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Periods begin and end on marks of this many microseconds, in any time zone: a quarter of an hour.
const MARK: i64 = 900_000_000;

/// How many, by group and period; periods without any are left out.
pub type Sums<G> = BTreeMap<(G, usize), u64>;

/// Appointments that were not called off, by the state their people live in (none where it is not
/// known). `bounds` are the beginnings of the periods and the end of the last.
///
/// # Errors
///
/// When the store fails.
pub fn count_bookings(
    tx: &mut Tx,
    bounds: &[Timestamp],
) -> Result<Sums<Option<String>>, StoreError> {
    const SQL: &str = "
        select p.residence, (a.starts_at - $1) / 900000000, count(*)
          from appointments a
          join people p on p.id = a.person_id
         where a.starts_at >= $1 and a.starts_at < $2
           and a.status in ('booked', 'arrived', 'checked-in', 'fulfilled')
         group by 1, 2";

    summed(tx, SQL, bounds, |row| row.get(0))
}

/// People whose first appointment that was not called off lies in a period, by the state they live in.
///
/// # Errors
///
/// When the store fails.
pub fn count_new_patients(
    tx: &mut Tx,
    bounds: &[Timestamp],
) -> Result<Sums<Option<String>>, StoreError> {
    const SQL: &str = "
        select p.residence, (f.first_at - $1) / 900000000, count(*)
          from (select person_id, min(starts_at) as first_at
                  from appointments
                 where starts_at < $2
                   and status in ('booked', 'arrived', 'checked-in', 'fulfilled')
                 group by person_id) f
          join people p on p.id = f.person_id
         where f.first_at >= $1
         group by 1, 2";

    summed(tx, SQL, bounds, |row| row.get(0))
}

/// Messages that were sent, by the state their people live in.
///
/// # Errors
///
/// When the store fails.
pub fn count_messages(
    tx: &mut Tx,
    bounds: &[Timestamp],
) -> Result<Sums<Option<String>>, StoreError> {
    const SQL: &str = "
        select p.residence, (d.settled_at - $1) / 900000000, count(*)
          from deliveries d
          join people p on p.id = d.person_id
         where d.state = 'sent' and d.settled_at >= $1 and d.settled_at < $2
         group by 1, 2";

    summed(tx, SQL, bounds, |row| row.get(0))
}

/// Messages that were sent, by what sent them: the id of a campaign, a trigger or a journey.
///
/// # Errors
///
/// When the store fails.
pub fn count_by_campaign(
    tx: &mut Tx,
    bounds: &[Timestamp],
) -> Result<Sums<CampaignId>, StoreError> {
    const SQL: &str = "
        select campaign_id, (settled_at - $1) / 900000000, count(*)
          from deliveries
         where state = 'sent' and settled_at >= $1 and settled_at < $2
         group by 1, 2";

    summed(tx, SQL, bounds, |row| row.get(0))
}

/// Adds quarters of an hour up to periods: a period has hours that only its time zone knows.
fn summed<G: Ord>(
    tx: &mut Tx,
    sql: &str,
    bounds: &[Timestamp],
    group: impl Fn(&Row) -> Result<G, StoreError>,
) -> Result<Sums<G>, StoreError> {
    let mut sums = Sums::new();
    let (Some(from), Some(before)) = (bounds.first(), bounds.last()) else {
        return Ok(sums);
    };
    for row in tx.list(sql, &[from, before])? {
        let since = row.get::<i64>(1)?.saturating_mul(MARK);
        let at = from.as_microsecond().saturating_add(since);
        let period = bounds
            .partition_point(|bound| bound.as_microsecond() <= at)
            .saturating_sub(1);
        *sums.entry((group(&row)?, period)).or_insert(0) += row.get::<u64>(2)?;
    }
    Ok(sums)
}
