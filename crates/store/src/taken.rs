//! Messages that were taken over the wire, so that one sent again has no second effect.

use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::tx::Tx;

/// What is known of a message before it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Its sender used this number for the first time.
    New,
    /// The same bytes were taken before.
    Taken,
    /// The sender used this number before, for something else.
    Reused,
}

/// Notes a message as taken, unless the same bytes were taken before; the time is the act's.
///
/// `number` is the keyed hash of the sender and its own number of the message.
///
/// # Errors
///
/// When the store fails.
pub fn note(tx: &mut Tx, number: &[u8], content_hash: &[u8]) -> Result<Known, StoreError> {
    const FIND: &str = "
        select content_hash
          from taken_messages
         where number = $1";
    const ADD: &str = "
        insert into taken_messages (number, content_hash, taken_at)
        values ($1, $2, $3)";

    let mut known = Known::New;
    for row in tx.list(FIND, &[&number])? {
        if row.bytes(0)? == content_hash {
            return Ok(Known::Taken);
        }
        known = Known::Reused;
    }
    let now = tx.now();
    tx.execute(ADD, &[&number, &content_hash, &now])?;
    Ok(known)
}

/// Forgets what was taken before a moment; gives how many.
///
/// # Errors
///
/// When the store fails.
pub fn forget_before(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "
        delete from taken_messages
         where taken_at < $1";

    tx.execute(SQL, &[&before])
}
