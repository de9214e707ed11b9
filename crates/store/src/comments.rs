//! Remarks on places of a text. Written once; that one is settled is a row beside it.

use placet_domain::content::Field;
use placet_domain::id::{CommentId, ContentId};
use placet_domain::review::comment::Comment;
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Adds a remark.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, comment: &Comment) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into comments (id, version_id, field, quote, char_offset, remark, created_at,
                              created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    tx.execute(
        SQL,
        &[
            &comment.id,
            &comment.version,
            &comment.field.as_str(),
            &comment.quote,
            &comment.offset,
            &comment.remark,
            &comment.made_at,
            &comment.made_by,
        ],
    )
    .map(drop)
}

/// Settles a remark; false when it is settled already.
///
/// # Errors
///
/// When the store fails.
pub fn resolve(tx: &mut Tx, id: CommentId, at: Timestamp, by: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into comment_resolutions (comment_id, resolved_at, resolved_by)
        values ($1, $2, $3)
            on conflict (comment_id) do nothing";

    Ok(tx.execute(SQL, &[&id, &at, &by])? > 0)
}

/// One remark.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: CommentId) -> Result<Option<Comment>, StoreError> {
    const SQL: &str = "
        select c.id, c.version_id, c.field, c.quote, c.char_offset, c.remark, c.created_at,
               c.created_by, v.number, r.resolved_at, r.resolved_by
          from comments c
          join content_versions v on v.id = c.version_id
          left join comment_resolutions r on r.comment_id = c.id
         where c.id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.map(|row| from(&row)).transpose()
}

/// Every remark on a version of this content up to this number, the earliest first.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, content: ContentId, up_to: u32) -> Result<Vec<Comment>, StoreError> {
    const SQL: &str = "
        select c.id, c.version_id, c.field, c.quote, c.char_offset, c.remark, c.created_at,
               c.created_by, v.number, r.resolved_at, r.resolved_by
          from comments c
          join content_versions v on v.id = c.version_id
          left join comment_resolutions r on r.comment_id = c.id
         where v.content_id = $1 and v.number <= $2
         order by c.created_at, c.id";

    tx.list(SQL, &[&content, &up_to])?
        .iter()
        .map(from)
        .collect()
}

fn from(row: &Row) -> Result<Comment, StoreError> {
    let resolved_at: Option<Timestamp> = row.get(9)?;
    let resolved_by: Option<String> = row.get(10)?;
    Ok(Comment {
        id: row.get(0)?,
        version: row.get(1)?,
        field: row.code(2, Field::find)?,
        quote: row.get(3)?,
        offset: row.get(4)?,
        remark: row.get(5)?,
        made_at: row.get(6)?,
        made_by: row.get(7)?,
        number: row.get(8)?,
        resolved: resolved_at.zip(resolved_by),
    })
}
