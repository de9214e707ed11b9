//! What was set, by name, as JSON.

use placet_domain::ctx::Ctx;
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::tx::Tx;

/// The setting without which nothing is sent: the installations that may, as a JSON list.
pub const SENDING_ARMED: &str = "sending_armed";

/// The value of this name, as it was put.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, name: &str) -> Result<Option<String>, StoreError> {
    const SQL: &str = "select value from settings where name = $1";

    tx.find_one(SQL, &[&name])?
        .map(|row| row.get(0))
        .transpose()
}

/// Puts a value in the place of the one before.
///
/// # Errors
///
/// When the store fails.
pub fn put(
    tx: &mut Tx,
    name: &str,
    value: &str,
    at: Timestamp,
    by: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into settings (name, value, changed_at, changed_by)
        values ($1, $2, $3, $4)
            on conflict (name) do update
               set value = excluded.value,
                   changed_at = excluded.changed_at,
                   changed_by = excluded.changed_by";

    tx.execute(SQL, &[&name, &value, &at, &by]).map(drop)
}

/// Lets nothing leave until an operator arms sending again.
///
/// # Errors
///
/// When the store fails.
pub(crate) fn disarm(tx: &mut Tx, ctx: &Ctx) -> Result<(), StoreError> {
    put(tx, SENDING_ARMED, "[]", ctx.now, &ctx.actor.code())
}
