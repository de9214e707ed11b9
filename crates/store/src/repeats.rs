//! Requests of machines that name themselves, so that a repeated one is done once.

use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::tx::Tx;

/// What is kept of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 of method, address and body.
    pub request: [u8; 32],
    /// The status it was answered with; 0 while it is not.
    pub status: u16,
    /// What it was answered with. Ids and codes only.
    pub response: String,
}

/// The request under this key.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, key_hash: &[u8; 32]) -> Result<Option<Kept>, StoreError> {
    const SQL: &str = "
        select request, status, response
          from idempotency_keys
         where key_hash = $1";

    let row = tx.find_one(SQL, &[key_hash])?;
    row.map(|row| {
        Ok(Kept {
            request: row.get(0)?,
            status: row.get(1)?,
            response: row.get(2)?,
        })
    })
    .transpose()
}

/// Notes that a request begins, and forgets those begun before `forget_before`. False when the
/// key was noted already.
///
/// # Errors
///
/// When the store fails.
pub fn begin(
    tx: &mut Tx,
    key_hash: &[u8; 32],
    request: &[u8; 32],
    at: Timestamp,
    forget_before: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into idempotency_keys (key_hash, request, status, response, created_at)
        values ($1, $2, 0, '', $3)
            on conflict (key_hash) do nothing";
    const FORGET: &str = "delete from idempotency_keys where created_at < $1";

    tx.housekeep(FORGET, &[&forget_before])?;
    tx.housekeep(SQL, &[key_hash, request, &at]).map(|n| n > 0)
}

/// Keeps the answer.
///
/// # Errors
///
/// When the store fails.
pub fn finish(
    tx: &mut Tx,
    key_hash: &[u8; 32],
    status: u16,
    response: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        update idempotency_keys
           set status = $2, response = $3
         where key_hash = $1";

    tx.housekeep(SQL, &[key_hash, &status, &response]).map(drop)
}

/// Forgets a request that was refused before anything was done, so that it can be sent again.
///
/// # Errors
///
/// When the store fails.
pub fn forget(tx: &mut Tx, key_hash: &[u8; 32]) -> Result<(), StoreError> {
    const SQL: &str = "delete from idempotency_keys where key_hash = $1";

    tx.housekeep(SQL, &[key_hash]).map(drop)
}
