//! Contents and their versions. A version is written once and never changed.

use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, ContentHash, Draft, Format, Version};
use placet_domain::id::{ContentId, VersionId};
use placet_domain::preference::Topic;
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// A content with its newest version, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: ContentId,
    /// Its name.
    pub name: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// The newest version.
    pub latest: Version,
}

/// Adds a content; its first version follows with [`add_version`].
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, id: ContentId, name: &str, by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into contents (id, name, created_at, created_by)
        values ($1, $2, $3, $4)";

    let now = tx.now();
    tx.execute(SQL, &[&id, &name, &now, &by])?;
    Ok(())
}

/// Gives a content another name. The name is ours; no reader sees it.
///
/// # Errors
///
/// When the store fails.
pub fn rename(tx: &mut Tx, id: ContentId, name: &str) -> Result<(), StoreError> {
    const SQL: &str = "update contents set name = $2 where id = $1";

    tx.execute(SQL, &[&id, &name])?;
    Ok(())
}

/// The name of a content.
///
/// # Errors
///
/// When the store fails.
pub fn find_name(tx: &mut Tx, id: ContentId) -> Result<Option<String>, StoreError> {
    const SQL: &str = "select name from contents where id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.map(|row| row.get(0)).transpose()
}

/// Adds a version.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the number is taken: somebody saved faster.
pub fn add_version(tx: &mut Tx, version: &Version) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into content_versions (id, content_id, number, content_class, topic, channel,
                                      format, subject, preheader, body, text_body, content_hash,
                                      created_at, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

    let draft = &version.draft;
    tx.execute(
        SQL,
        &[
            &version.id,
            &version.content,
            &version.number,
            &draft.class.as_str(),
            &draft.topic.as_str(),
            &draft.channel.as_str(),
            &draft.format.as_str(),
            &draft.subject,
            &draft.preheader,
            &draft.body,
            &draft.text,
            version.hash.as_bytes(),
            &version.created_at,
            &version.created_by,
        ],
    )?;
    Ok(())
}

const COLUMNS: &str =
    "v.id, v.content_id, v.number, v.content_class, v.topic, v.channel, v.format,
               v.subject, v.preheader, v.body, v.text_body, v.content_hash, v.created_at, v.created_by";

/// One version.
///
/// # Errors
///
/// When the store fails.
pub fn find_version(tx: &mut Tx, id: VersionId) -> Result<Option<Version>, StoreError> {
    let sql = format!("select {COLUMNS}\n from content_versions v\n where v.id = $1");

    let row = tx.find_one(&sql, &[&id])?;
    row.map(|row| version_from(&row)).transpose()
}

/// Every version of a content, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_versions(tx: &mut Tx, content: ContentId) -> Result<Vec<Version>, StoreError> {
    let sql = format!(
        "select {COLUMNS}\n from content_versions v\n where v.content_id = $1\n order by v.number desc"
    );

    tx.list(&sql, &[&content])?
        .iter()
        .map(version_from)
        .collect()
}

/// The codes of everyone who wrote a version up to this number.
///
/// # Errors
///
/// When the store fails.
pub fn list_authors(
    tx: &mut Tx,
    content: ContentId,
    number: u32,
) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "
        select distinct created_by
          from content_versions
         where content_id = $1 and number <= $2
         order by created_by";

    tx.list(SQL, &[&content, &number])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// Every content with its newest version, newest version first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<Listed>, StoreError> {
    let sql = format!(
        "select {COLUMNS}, c.name, c.created_at
          from contents c
          join content_versions v on v.content_id = c.id
         where v.number = (select max(n.number) from content_versions n
                            where n.content_id = c.id)
         order by v.created_at desc, v.id desc
         limit $1"
    );

    tx.list(&sql, &[&limit])?.iter().map(listed_from).collect()
}

/// Versions that have been handed in or filled in, newest first, with the name of their content: what a
/// campaign can choose from once approved.
///
/// # Errors
///
/// When the store fails.
pub fn list_submitted(tx: &mut Tx, limit: u32) -> Result<Vec<Listed>, StoreError> {
    let sql = format!(
        "select {COLUMNS}, c.name, c.created_at
          from (select version_id, submitted_at from submissions
                union all
                select version_id, filled_at as submitted_at from fillings) s
          join content_versions v on v.id = s.version_id
          join contents c on c.id = v.content_id
         order by s.submitted_at desc, v.id desc
         limit $1"
    );

    tx.list(&sql, &[&limit])?.iter().map(listed_from).collect()
}

fn listed_from(row: &Row) -> Result<Listed, StoreError> {
    let latest = version_from(row)?;
    Ok(Listed {
        id: latest.content,
        name: row.get(14)?,
        created_at: row.get(15)?,
        latest,
    })
}

fn version_from(row: &Row) -> Result<Version, StoreError> {
    Ok(Version {
        id: row.get(0)?,
        content: row.get(1)?,
        number: row.get(2)?,
        draft: Draft {
            class: row.code(3, ContentClass::find)?,
            topic: row.code(4, Topic::find)?,
            channel: row.code(5, Channel::find)?,
            format: row.code(6, Format::find)?,
            subject: row.get(7)?,
            preheader: row.get(8)?,
            body: row.get(9)?,
            text: row.get(10)?,
        },
        hash: ContentHash::try_from(row.bytes(11)?).map_err(|_| row.corrupt())?,
        created_at: row.get(12)?,
        created_by: row.get(13)?,
    })
}
