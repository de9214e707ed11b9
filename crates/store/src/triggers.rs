//! Triggers, their versions, and compliance's word on each. All but the name is written once.

use placet_domain::channel::Channel;
use placet_domain::content::ContentHash;
use placet_domain::id::{TriggerId, TriggerVersionId};
use placet_domain::trigger::{Approval, Declaration, Version};

use crate::error::StoreError;
use crate::flows::body_hash;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

/// A trigger, without its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Which.
    pub id: TriggerId,
    /// Its name, which no other has.
    pub name: String,
}

/// Adds a trigger; the time is the act's.
///
/// # Errors
///
/// [`StoreError::Conflict`] when its name is taken.
pub fn add(tx: &mut Tx, trigger: &Trigger, by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into triggers (id, name, created_at, created_by)
        values ($1, $2, $3, $4)";

    let now = tx.now();
    tx.execute(SQL, &[&trigger.id, &trigger.name, &now, &by])?;
    Ok(())
}

/// Every trigger, by name.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Trigger>, StoreError> {
    const SQL: &str = "
        select id, name
          from triggers
         order by name";

    tx.list(SQL, &[])?.iter().map(trigger_from).collect()
}

/// One trigger.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: TriggerId) -> Result<Option<Trigger>, StoreError> {
    const SQL: &str = "
        select id, name
          from triggers
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(trigger_from)
        .transpose()
}

/// The trigger of a name.
///
/// # Errors
///
/// When the store fails.
pub fn find_by_name(tx: &mut Tx, name: &str) -> Result<Option<Trigger>, StoreError> {
    const SQL: &str = "
        select id, name
          from triggers
         where name = $1";

    tx.find_one(SQL, &[&name])?
        .as_ref()
        .map(trigger_from)
        .transpose()
}

/// Adds a version. Its approval is a row of its own.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the version is taken.
pub fn add_version(tx: &mut Tx, one: &Version) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into trigger_versions (id, trigger_id, version, channel, declaration, hash,
                                      written_at, written_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    tx.execute(
        SQL,
        &[
            &one.id,
            &one.trigger,
            &one.version,
            &one.channel.as_str(),
            &json(&one.declaration),
            &one.hash,
            &one.written_at,
            &one.written_by,
        ],
    )?;
    Ok(())
}

/// The versions of a trigger, newest first.
///
/// # Errors
///
/// When the store fails, or a declaration is not what was approved.
pub fn list_versions(tx: &mut Tx, trigger: TriggerId) -> Result<Vec<Version>, StoreError> {
    const SQL: &str = "
        select v.id, v.trigger_id, v.version, v.channel, v.declaration, v.hash, v.written_at,
               v.written_by, a.approved_at, a.approved_by, a.note, a.content_hash
          from trigger_versions v
          left join trigger_approvals a on a.version_id = v.id
         where v.trigger_id = $1
         order by v.version desc";

    let rows = tx.list(SQL, &[&trigger])?;
    rows.iter().map(version_from).collect()
}

/// Notes that compliance approves; false when somebody has before.
///
/// # Errors
///
/// When the store fails.
pub fn approve(tx: &mut Tx, version: TriggerVersionId, one: &Approval) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into trigger_approvals (version_id, content_hash, note, approved_at, approved_by)
        values ($1, $2, $3, $4, $5)
            on conflict (version_id) do nothing";

    let hash = one.content_hash.as_bytes();
    let added = tx.execute(SQL, &[&version, hash, &one.note, &one.at, &one.by])?;
    Ok(added > 0)
}

/// SHA-256 of what is registered.
#[must_use]
pub fn declaration_hash(declaration: &Declaration) -> [u8; 32] {
    body_hash(&json(declaration))
}

fn trigger_from(row: &Row) -> Result<Trigger, StoreError> {
    Ok(Trigger {
        id: row.get(0)?,
        name: row.get(1)?,
    })
}

/// A declaration that does not hash to what was recorded is not what compliance approved.
fn version_from(row: &Row) -> Result<Version, StoreError> {
    let approval = match row.get(8)? {
        Some(at) => Some(Approval {
            at,
            by: row.get(9)?,
            note: row.get(10)?,
            content_hash: ContentHash::try_from(row.bytes(11)?).map_err(|_| row.corrupt())?,
        }),
        None => None,
    };
    let one = Version {
        id: row.get(0)?,
        trigger: row.get(1)?,
        version: row.get(2)?,
        channel: row.code(3, Channel::find)?,
        declaration: parse_json(row, 4)?,
        hash: row.get(5)?,
        written_at: row.get(6)?,
        written_by: row.get(7)?,
        approval,
    };
    if body_hash(row.text(4)?) == one.hash {
        Ok(one)
    } else {
        Err(row.corrupt())
    }
}
