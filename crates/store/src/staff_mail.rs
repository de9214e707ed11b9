//! Mail to operators: where they are reached, what they were told, what waits to be sent.

use placet_domain::id::{OperatorId, StaffMailId, VersionId};
use placet_domain::operator::Role;
use placet_domain::staff_mail::{
    Mailbox, Notice, NoticeKind, Pace, StaffMail, StaffMailKind, StaffMailState,
};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// Says where and how often an operator is told things.
///
/// # Errors
///
/// When the store fails.
pub fn put_mailbox(tx: &mut Tx, operator: OperatorId, mailbox: &Mailbox) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into operator_mail (operator_id, address, confirmed_at, pace, changed_at)
        values ($1, $2, $3, $4, $5)
            on conflict (operator_id) do update
           set address = excluded.address, confirmed_at = excluded.confirmed_at,
               pace = excluded.pace, changed_at = excluded.changed_at";

    let now = tx.now();
    tx.execute(
        SQL,
        &[
            &operator,
            &mailbox.address,
            &mailbox.confirmed_at,
            &mailbox.pace.as_str(),
            &now,
        ],
    )
    .map(drop)
}

/// Where and how often an operator is told things, when it was ever said.
///
/// # Errors
///
/// When the store fails.
pub fn find_mailbox(tx: &mut Tx, operator: OperatorId) -> Result<Option<Mailbox>, StoreError> {
    const SQL: &str = "
        select operator_id, address, confirmed_at, pace
          from operator_mail
         where operator_id = $1";

    let found = tx.find_one(SQL, &[&operator])?;
    found.as_ref().map(mailbox_from).transpose()
}

/// Everybody who is reached somewhere, by id.
///
/// # Errors
///
/// When the store fails.
pub fn list_mailboxes(tx: &mut Tx) -> Result<Vec<(OperatorId, Mailbox)>, StoreError> {
    const SQL: &str = "
        select operator_id, address, confirmed_at, pace
          from operator_mail
         where address is not null
         order by operator_id";

    tx.list(SQL, &[])?
        .iter()
        .map(|row| Ok((row.get(0)?, mailbox_from(row)?)))
        .collect()
}

fn mailbox_from(row: &Row) -> Result<Mailbox, StoreError> {
    Ok(Mailbox {
        address: row.get(1)?,
        confirmed_at: row.get(2)?,
        pace: row.code(3, Pace::find)?,
    })
}

/// Writes a mail down, to be sent.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, mail: &StaffMail) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into staff_mails (id, operator_id, kind, version_id, state, made_at, not_before,
                                 n_tries, claimed_at, said)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    tx.execute(
        SQL,
        &[
            &mail.id,
            &mail.operator,
            &mail.kind.as_str(),
            &mail.version,
            &mail.state.as_str(),
            &mail.made_at,
            &mail.not_before,
            &mail.n_tries,
            &mail.claimed_at,
            &mail.said,
        ],
    )
    .map(drop)
}

/// Takes a mail from one state to the next; false when somebody else did before.
///
/// # Errors
///
/// When the store fails.
pub fn turn(tx: &mut Tx, from: StaffMailState, to: &StaffMail) -> Result<bool, StoreError> {
    const SQL: &str = "
        update staff_mails
           set state = $3, not_before = $4, n_tries = $5, claimed_at = $6, said = $7
         where id = $1 and state = $2";

    let params: [&dyn crate::Param; 7] = [
        &to.id,
        &from.as_str(),
        &to.state.as_str(),
        &to.not_before,
        &to.n_tries,
        &to.claimed_at,
        &to.said,
    ];
    Ok(tx.execute(SQL, &params)? > 0)
}

/// One mail.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: StaffMailId) -> Result<Option<StaffMail>, StoreError> {
    const SQL: &str = "
        select id, operator_id, kind, version_id, state, made_at, not_before, n_tries, claimed_at,
               said
          from staff_mails
         where id = $1";

    let found = tx.find_one(SQL, &[&id])?;
    found.as_ref().map(mail_from).transpose()
}

/// What may leave at this moment, the oldest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_ready(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<StaffMail>, StoreError> {
    const SQL: &str = "
        select id, operator_id, kind, version_id, state, made_at, not_before, n_tries, claimed_at,
               said
          from staff_mails
         where state = 'pending' and not_before <= $1
         order by not_before, id
         limit $2";

    tx.list(SQL, &[&now, &limit])?
        .iter()
        .map(mail_from)
        .collect()
}

/// What a worker took before this moment and never answered for.
///
/// # Errors
///
/// When the store fails.
pub fn list_abandoned(tx: &mut Tx, before: Timestamp) -> Result<Vec<StaffMail>, StoreError> {
    const SQL: &str = "
        select id, operator_id, kind, version_id, state, made_at, not_before, n_tries, claimed_at,
               said
          from staff_mails
         where state = 'claimed' and claimed_at < $1
         order by id";

    tx.list(SQL, &[&before])?.iter().map(mail_from).collect()
}

/// The mails written down last, the newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<StaffMail>, StoreError> {
    const SQL: &str = "
        select id, operator_id, kind, version_id, state, made_at, not_before, n_tries, claimed_at,
               said
          from staff_mails
         order by made_at desc, id desc
         limit $1";

    tx.list(SQL, &[&limit])?.iter().map(mail_from).collect()
}

fn mail_from(row: &Row) -> Result<StaffMail, StoreError> {
    Ok(StaffMail {
        id: row.get(0)?,
        operator: row.get(1)?,
        kind: row.code(2, StaffMailKind::find)?,
        version: row.get(3)?,
        state: row.code(4, StaffMailState::find)?,
        made_at: row.get(5)?,
        not_before: row.get(6)?,
        n_tries: row.get(7)?,
        claimed_at: row.get(8)?,
        said: row.get(9)?,
    })
}

/// How many mails of a kind were written down for an operator since then.
///
/// # Errors
///
/// When the store fails.
pub fn count_since(
    tx: &mut Tx,
    operator: OperatorId,
    kind: StaffMailKind,
    since: Timestamp,
) -> Result<u64, StoreError> {
    const SQL: &str = "
        select count(*)
          from staff_mails
         where operator_id = $1 and kind = $2 and made_at >= $3";

    let found = tx.find_one(SQL, &[&operator, &kind.as_str(), &since])?;
    found.map_or(Ok(0), |row| row.get(0))
}

/// Notes what somebody is told; false when they were told before.
///
/// # Errors
///
/// When the store fails.
pub fn tell(tx: &mut Tx, notice: &Notice) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into notices (id, operator_id, version_id, kind, role, occasion, mail_id, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (operator_id, version_id, kind, role, occasion) do nothing";

    let now = tx.now();
    let params: [&dyn crate::Param; 8] = [
        &notice.id,
        &notice.operator,
        &notice.version,
        &notice.kind.as_str(),
        &notice.role.map_or("", Role::as_str),
        &notice.occasion,
        &notice.mail,
        &now,
    ];
    Ok(tx.execute(SQL, &params)? > 0)
}

/// Whether somebody was told this before.
///
/// # Errors
///
/// When the store fails.
pub fn is_told(
    tx: &mut Tx,
    operator: OperatorId,
    version: VersionId,
    kind: NoticeKind,
    role: Option<Role>,
    occasion: u32,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        select count(*)
          from notices
         where operator_id = $1 and version_id = $2 and kind = $3 and role = $4 and occasion = $5";

    let params: [&dyn crate::Param; 5] = [
        &operator,
        &version,
        &kind.as_str(),
        &role.map_or("", Role::as_str),
        &occasion,
    ];
    let found = tx.find_one(SQL, &params)?;
    Ok(found.map_or(Ok(0), |row| row.get::<u64>(0))? > 0)
}

/// What a mail tells, in the order in which it was noted.
///
/// # Errors
///
/// When the store fails.
pub fn list_notices(tx: &mut Tx, mail: StaffMailId) -> Result<Vec<Notice>, StoreError> {
    const SQL: &str = "
        select id, operator_id, version_id, kind, role, occasion, mail_id
          from notices
         where mail_id = $1
         order by id";

    tx.list(SQL, &[&mail])?
        .iter()
        .map(|row| {
            let role = row.text(4)?;
            Ok(Notice {
                id: row.get(0)?,
                operator: row.get(1)?,
                version: row.get(2)?,
                kind: row.code(3, NoticeKind::find)?,
                role: (!role.is_empty())
                    .then(|| Role::find(role).ok_or_else(|| row.corrupt()))
                    .transpose()?,
                occasion: row.get(5)?,
                mail: row.get(6)?,
            })
        })
        .collect()
}
