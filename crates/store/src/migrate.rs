//! The schema and its versions: embedded, forward only.

use crate::error::StoreError;
use crate::sqlite::{self, fault};

const FOUNDATION: &str = include_str!("../migrations/0001_foundation.sql");

/// Creates the schema in an empty file.
pub(crate) fn create_sqlite(conn: &sqlite::Connection) -> Result<(), StoreError> {
    conn.db
        .execute_batch(FOUNDATION)
        .map_err(|error| fault(&error, "schema"))
}
