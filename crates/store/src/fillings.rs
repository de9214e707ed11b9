//! Versions that are an approved template with its blanks filled in. Written once.

use placet_domain::content::ContentHash;
use placet_domain::content::blank::Values;
use placet_domain::id::VersionId;
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

/// One filling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filling {
    /// The version that came out.
    pub version: VersionId,
    /// The template.
    pub template: VersionId,
    /// The template as it was then.
    pub hash: ContentHash,
    /// What was typed.
    pub values: Values,
    /// When.
    pub filled_at: Timestamp,
    /// The actor's code.
    pub filled_by: String,
}

/// Adds a filling.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, filling: &Filling) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into fillings (version_id, template_id, template_hash, blanks, filled_at, filled_by)
        values ($1, $2, $3, $4, $5, $6)";

    tx.execute(
        SQL,
        &[
            &filling.version,
            &filling.template,
            filling.hash.as_bytes(),
            &json(&filling.values),
            &filling.filled_at,
            &filling.filled_by,
        ],
    )
    .map(drop)
}

/// How a version was filled in; none when it was written.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, version: VersionId) -> Result<Option<Filling>, StoreError> {
    const SQL: &str = "
        select version_id, template_id, template_hash, blanks, filled_at, filled_by
          from fillings
         where version_id = $1";

    let row = tx.find_one(SQL, &[&version])?;
    row.map(|row| from(&row)).transpose()
}

/// What was made from a template, the newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_of(tx: &mut Tx, template: VersionId) -> Result<Vec<Filling>, StoreError> {
    const SQL: &str = "
        select version_id, template_id, template_hash, blanks, filled_at, filled_by
          from fillings
         where template_id = $1
         order by filled_at desc, version_id";

    tx.list(SQL, &[&template])?.iter().map(from).collect()
}

fn from(row: &Row) -> Result<Filling, StoreError> {
    Ok(Filling {
        version: row.get(0)?,
        template: row.get(1)?,
        hash: ContentHash::try_from(row.bytes(2)?).map_err(|_| row.corrupt())?,
        values: parse_json(row, 3)?,
        filled_at: row.get(4)?,
        filled_by: row.get(5)?,
    })
}
