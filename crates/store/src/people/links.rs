//! Who waits for a fresh link to their page.

use placet_domain::id::{ContactPointId, PersonId, RequestId};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::tx::Tx;

/// Asks for a fresh link to a person's page, to be sent to that contact point.
///
/// # Errors
///
/// When the store fails.
pub fn ask_for_link(
    tx: &mut Tx,
    id: RequestId,
    person: PersonId,
    point: ContactPointId,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into link_requests (id, person_id, contact_point_id, asked_at)
        values ($1, $2, $3, $4)";

    let now = tx.now();
    tx.execute(SQL, &[&id, &person, &point, &now])?;
    Ok(())
}

/// A fresh link that somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRequest {
    /// Which.
    pub id: RequestId,
    /// Whose page.
    pub person: PersonId,
    /// Where the link goes.
    pub contact_point: ContactPointId,
    /// Since when.
    pub asked_at: Timestamp,
}

/// Whether one was asked for since an instant.
///
/// # Errors
///
/// When the store fails.
pub fn asked_for_link_since(
    tx: &mut Tx,
    person: PersonId,
    since: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        select id
          from link_requests
         where person_id = $1 and asked_at >= $2";

    Ok(tx.find_one(SQL, &[&person, &since])?.is_some())
}

/// The links that are waited for, oldest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list_link_requests(tx: &mut Tx, limit: u32) -> Result<Vec<LinkRequest>, StoreError> {
    const SQL: &str = "
        select id, person_id, contact_point_id, asked_at
          from link_requests
         where settled_at is null
         order by asked_at, id
         limit $1";

    tx.list(SQL, &[&limit])?
        .iter()
        .map(|row| {
            Ok(LinkRequest {
                id: row.get(0)?,
                person: row.get(1)?,
                contact_point: row.get(2)?,
                asked_at: row.get(3)?,
            })
        })
        .collect()
}

/// Marks every link that a person waits for as sent; answers how many there were.
///
/// # Errors
///
/// When the store fails.
pub fn settle_links_of(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    const SQL: &str = "
        update link_requests
           set settled_at = $2
         where person_id = $1 and settled_at is null";

    let now = tx.now();
    tx.execute(SQL, &[&person, &now])
}

/// Marks a link as sent or given up; false when somebody else already did.
///
/// # Errors
///
/// When the store fails.
pub fn settle_link_request(tx: &mut Tx, id: RequestId) -> Result<bool, StoreError> {
    const SQL: &str = "
        update link_requests
           set settled_at = $2
         where id = $1 and settled_at is null";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &now])? > 0)
}
