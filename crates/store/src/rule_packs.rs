//! The rules that decided, kept by the hash of their text. The table only grows.

use placet_domain::time::Timestamp;
use placet_ledger::sha256;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Rules as they were kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPack {
    /// The SHA-256 of their text.
    pub hash: [u8; 32],
    /// Their id.
    pub id: String,
    /// Their version.
    pub version: String,
    /// Since when they are kept.
    pub kept_at: Timestamp,
    /// The actor's code.
    pub kept_by: String,
}

/// Keeps rules; false when they are kept already.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, pack: &KeptPack, text: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into rule_packs (hash, id, version, text, kept_at, kept_by)
        values ($1, $2, $3, $4, $5, $6)
            on conflict (hash) do nothing";

    let added = tx.execute(
        SQL,
        &[
            &pack.hash,
            &pack.id,
            &pack.version,
            &text,
            &pack.kept_at,
            &pack.kept_by,
        ],
    )?;
    Ok(added > 0)
}

/// The text of rules, by its hash.
///
/// # Errors
///
/// [`StoreError::Corrupt`] when the text is not what was kept.
pub fn find_text(tx: &mut Tx, hash: &[u8; 32]) -> Result<Option<String>, StoreError> {
    const SQL: &str = "
        select text, hash
          from rule_packs
         where hash = $1";

    let Some(row) = tx.find_one(SQL, &[hash])? else {
        return Ok(None);
    };
    let text: String = row.get(0)?;
    if sha256(text.as_bytes()) == *hash {
        Ok(Some(text))
    } else {
        Err(row.corrupt())
    }
}

/// Every pack that is kept, the newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<KeptPack>, StoreError> {
    const SQL: &str = "
        select hash, id, version, kept_at, kept_by
          from rule_packs
         order by kept_at desc, hash";

    tx.list(SQL, &[])?.iter().map(pack_from).collect()
}

fn pack_from(row: &Row) -> Result<KeptPack, StoreError> {
    Ok(KeptPack {
        hash: row.get(0)?,
        id: row.get(1)?,
        version: row.get(2)?,
        kept_at: row.get(3)?,
        kept_by: row.get(4)?,
    })
}
