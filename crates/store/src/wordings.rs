//! The texts that people were shown. The table only grows: other words are another version.

use placet_domain::id::WordingId;
use placet_domain::wording::{Wording, WordingKind};

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Adds one version of a wording.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the version is taken.
pub fn add(tx: &mut Tx, wording: &Wording) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into wordings (id, code, version, language, kind, title, text, text_hash, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    tx.execute(
        SQL,
        &[
            &wording.id,
            &wording.code,
            &wording.version,
            &wording.language,
            &wording.kind.as_str(),
            &wording.title,
            &wording.text,
            &wording.text_hash,
            &wording.created_at,
        ],
    )?;
    Ok(())
}

/// The newest version of a wording in a language.
///
/// # Errors
///
/// When the store fails.
pub fn latest(tx: &mut Tx, code: &str, language: &str) -> Result<Option<Wording>, StoreError> {
    const SQL: &str = "
        select id, code, version, language, kind, title, text, text_hash, created_at
          from wordings
         where code = $1 and language = $2
         order by version desc
         limit 1";

    tx.find_one(SQL, &[&code, &language])?
        .as_ref()
        .map(wording_from)
        .transpose()
}

/// One version of a wording in a language.
///
/// # Errors
///
/// When the store fails.
pub fn find_version(
    tx: &mut Tx,
    code: &str,
    language: &str,
    version: u32,
) -> Result<Option<Wording>, StoreError> {
    const SQL: &str = "
        select id, code, version, language, kind, title, text, text_hash, created_at
          from wordings
         where code = $1 and language = $2 and version = $3";

    tx.find_one(SQL, &[&code, &language, &version])?
        .as_ref()
        .map(wording_from)
        .transpose()
}

/// One wording.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: WordingId) -> Result<Option<Wording>, StoreError> {
    const SQL: &str = "
        select id, code, version, language, kind, title, text, text_hash, created_at
          from wordings
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(wording_from)
        .transpose()
}

/// Every version of every wording: by code and language, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Wording>, StoreError> {
    const SQL: &str = "
        select id, code, version, language, kind, title, text, text_hash, created_at
          from wordings
         order by code, language, version desc";

    tx.list(SQL, &[])?.iter().map(wording_from).collect()
}

/// A row whose text does not hash to what was recorded is corrupt: it is not what was shown.
fn wording_from(row: &Row) -> Result<Wording, StoreError> {
    let wording = Wording {
        id: row.get(0)?,
        code: row.get(1)?,
        version: row.get(2)?,
        language: row.get(3)?,
        kind: row.code(4, WordingKind::find)?,
        title: row.get(5)?,
        text: row.get(6)?,
        text_hash: row.get(7)?,
        created_at: row.get(8)?,
    };
    if placet_domain::wording::text_hash(&wording.text) == wording.text_hash {
        Ok(wording)
    } else {
        Err(row.corrupt())
    }
}
