//! What the population index asks besides: who has a closed address, and when messages left.

use placet_domain::id::{PersonId, SuppressionId};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::tx::Tx;

/// The people who use the address that a suppression closed.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_suppression(tx: &mut Tx, id: SuppressionId) -> Result<Vec<PersonId>, StoreError> {
    const SQL: &str = "
        select c.person_id
          from suppressions s
          join contact_points c on c.lookup = s.lookup and c.channel = s.channel
         where s.id = $1 and c.replaced_at is null
         order by c.person_id";

    tx.list(SQL, &[&id])?.iter().map(|row| row.get(0)).collect()
}

/// When messages went to the people between two ids since an instant, as far as they count.
///
/// # Errors
///
/// When the store fails.
pub fn list_sent_between(
    tx: &mut Tx,
    first: PersonId,
    last: PersonId,
    since: Timestamp,
) -> Result<Vec<(PersonId, Timestamp)>, StoreError> {
    const SQL: &str = "
        select person_id, claimed_at
          from deliveries
         where person_id between $1 and $2
           and claimed_at > $3
           and state not in ('pending', 'refused', 'failed')
         union all
        select person_id, opened_at
          from call_tries
         where person_id between $1 and $2
           and opened_at > $3
           and (ended is null or ended <> 'not_called')
         order by 1, 2";

    tx.list(SQL, &[&first, &last, &since])?
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}
