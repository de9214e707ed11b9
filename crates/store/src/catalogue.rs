//! Sources of data and their classifications. Classifications and their signatures are written once.

use placet_domain::data::{Classification, Element, Signed, Source};
use placet_domain::id::{ClassificationId, SourceId};
use placet_ledger::sha256;

use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

/// Adds a source.
///
/// # Errors
///
/// [`StoreError::Conflict`] when its code is taken.
pub fn add_source(tx: &mut Tx, source: &Source, declared_by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into data_sources (id, code, title, it_owner, marketing_owner, declared_at,
                                  declared_by)
        values ($1, $2, $3, $4, $5, $6, $7)";

    tx.execute(
        SQL,
        &[
            &source.id,
            &source.code,
            &source.title,
            &source.it_owner,
            &source.marketing_owner,
            &source.declared_at,
            &declared_by,
        ],
    )?;
    Ok(())
}

/// Says anew what a source is called and who owns it.
///
/// # Errors
///
/// When the store fails.
pub fn update_source(tx: &mut Tx, source: &Source) -> Result<(), StoreError> {
    const SQL: &str = "
        update data_sources
           set title = $2, it_owner = $3, marketing_owner = $4
         where id = $1";

    tx.execute(
        SQL,
        &[
            &source.id,
            &source.title,
            &source.it_owner,
            &source.marketing_owner,
        ],
    )?;
    Ok(())
}

/// Every source, by its code.
///
/// # Errors
///
/// When the store fails.
pub fn list_sources(tx: &mut Tx) -> Result<Vec<Source>, StoreError> {
    const SQL: &str = "
        select id, code, title, it_owner, marketing_owner, declared_at
          from data_sources
         order by code";

    tx.list(SQL, &[])?.iter().map(source_from).collect()
}

/// One source.
///
/// # Errors
///
/// When the store fails.
pub fn find_source(tx: &mut Tx, id: SourceId) -> Result<Option<Source>, StoreError> {
    const SQL: &str = "
        select id, code, title, it_owner, marketing_owner, declared_at
          from data_sources
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(source_from)
        .transpose()
}

/// The source of a code.
///
/// # Errors
///
/// When the store fails.
pub fn find_source_by_code(tx: &mut Tx, code: &str) -> Result<Option<Source>, StoreError> {
    const SQL: &str = "
        select id, code, title, it_owner, marketing_owner, declared_at
          from data_sources
         where code = $1";

    tx.find_one(SQL, &[&code])?
        .as_ref()
        .map(source_from)
        .transpose()
}

/// Adds a version of a source's elements.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the version is taken.
pub fn add_classification(tx: &mut Tx, one: &Classification) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into data_classifications (id, source_id, version, elements, hash, written_at,
                                          written_by)
        values ($1, $2, $3, $4, $5, $6, $7)";

    tx.execute(
        SQL,
        &[
            &one.id,
            &one.source,
            &one.version,
            &json(&one.elements),
            &one.hash,
            &one.written_at,
            &one.written_by,
        ],
    )?;
    Ok(())
}

/// The versions of a source's elements with their signatures, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_classifications(
    tx: &mut Tx,
    source: SourceId,
) -> Result<Vec<Classification>, StoreError> {
    const SQL: &str = "
        select c.id, c.source_id, c.version, c.elements, c.hash, c.written_at, c.written_by,
               s.signed_at, s.signed_by, s.note
          from data_classifications c
          left join data_signatures s on s.classification_id = c.id
         where c.source_id = $1
         order by c.version desc";

    tx.list(SQL, &[&source])?
        .iter()
        .map(classification_from)
        .collect()
}

/// One version.
///
/// # Errors
///
/// When the store fails.
pub fn find_classification(
    tx: &mut Tx,
    id: ClassificationId,
) -> Result<Option<Classification>, StoreError> {
    const SQL: &str = "
        select c.id, c.source_id, c.version, c.elements, c.hash, c.written_at, c.written_by,
               s.signed_at, s.signed_by, s.note
          from data_classifications c
          left join data_signatures s on s.classification_id = c.id
         where c.id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(classification_from)
        .transpose()
}

/// Signs a version; false when it is signed already.
///
/// # Errors
///
/// When the store fails.
pub fn sign(tx: &mut Tx, id: ClassificationId, signed: &Signed) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into data_signatures (classification_id, note, signed_at, signed_by)
        values ($1, $2, $3, $4)
            on conflict (classification_id) do nothing";

    let added = tx.execute(SQL, &[&id, &signed.note, &signed.at, &signed.by])?;
    Ok(added > 0)
}

fn source_from(row: &Row) -> Result<Source, StoreError> {
    Ok(Source {
        id: row.get(0)?,
        code: row.get(1)?,
        title: row.get(2)?,
        it_owner: row.get(3)?,
        marketing_owner: row.get(4)?,
        declared_at: row.get(5)?,
    })
}

/// Elements that do not hash to what was recorded are not what was signed.
fn classification_from(row: &Row) -> Result<Classification, StoreError> {
    let elements: Vec<Element> = parse_json(row, 3)?;
    let signed_at = row.get(7)?;
    let signed = match signed_at {
        Some(at) => Some(Signed {
            at,
            by: row.get(8)?,
            note: row.get(9)?,
        }),
        None => None,
    };
    let one = Classification {
        id: row.get(0)?,
        source: row.get(1)?,
        version: row.get(2)?,
        hash: row.get(4)?,
        written_at: row.get(5)?,
        written_by: row.get(6)?,
        elements,
        signed,
    };
    if elements_hash(&one.elements) == one.hash {
        Ok(one)
    } else {
        Err(row.corrupt())
    }
}

/// SHA-256 of elements as they are written.
#[must_use]
pub fn elements_hash(elements: &[Element]) -> [u8; 32] {
    sha256(json(&elements).as_bytes())
}
