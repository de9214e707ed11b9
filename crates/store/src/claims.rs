//! The claims library. A claim is written once; approvals and withdrawals are rows beside it.

use placet_domain::content::claim::Claim;
use placet_domain::id::ClaimId;
use placet_domain::operator::Role;
use placet_domain::time::{Date, Timestamp};

use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

/// Adds a claim with what it is recognised by; false when there is one of the same words that was
/// not withdrawn and is not over.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, claim: &Claim, key: &str, today: Date) -> Result<bool, StoreError> {
    const TAKEN: &str = "
        select count(*)
          from claims c
          left join claim_withdrawals w on w.claim_id = c.id
         where c.recognised_by = $1 and c.expires_on >= $2 and w.claim_id is null";
    const SQL: &str = "
        insert into claims (id, claim, recognised_by, evidence, expires_on, approvers, proposed_at,
                            proposed_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    let taken: i64 = match tx.find_one(TAKEN, &[&key, &today])? {
        Some(row) => row.get(0)?,
        None => 0,
    };
    if taken > 0 {
        return Ok(false);
    }
    tx.execute(
        SQL,
        &[
            &claim.id,
            &claim.text,
            &key,
            &claim.evidence,
            &claim.expires_on,
            &json(&claim.approvers),
            &claim.proposed_at,
            &claim.proposed_by,
        ],
    )?;
    Ok(true)
}

/// Approves a claim in a role; false when the role has approved it.
///
/// # Errors
///
/// When the store fails.
pub fn approve(
    tx: &mut Tx,
    id: ClaimId,
    role: Role,
    at: Timestamp,
    by: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into claim_approvals (claim_id, role, given_at, given_by)
        values ($1, $2, $3, $4)
            on conflict (claim_id, role) do nothing";

    Ok(tx.execute(SQL, &[&id, &role.as_str(), &at, &by])? > 0)
}

/// Takes a claim back; false when it was taken back before.
///
/// # Errors
///
/// When the store fails.
pub fn withdraw(tx: &mut Tx, id: ClaimId, at: Timestamp, by: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into claim_withdrawals (claim_id, withdrawn_at, withdrawn_by)
        values ($1, $2, $3)
            on conflict (claim_id) do nothing";

    Ok(tx.execute(SQL, &[&id, &at, &by])? > 0)
}

/// One claim.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: ClaimId) -> Result<Option<Claim>, StoreError> {
    const SQL: &str = "
        select c.id, c.claim, c.evidence, c.expires_on, c.approvers, c.proposed_at, c.proposed_by,
               w.withdrawn_at, c.recognised_by
          from claims c
          left join claim_withdrawals w on w.claim_id = c.id
         where c.id = $1";

    match tx.find_one(SQL, &[&id])? {
        Some(row) => Ok(Some(with_approvals(tx, &row)?)),
        None => Ok(None),
    }
}

/// Every claim, the newest first, at most `limit`.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<Claim>, StoreError> {
    const SQL: &str = "
        select c.id, c.claim, c.evidence, c.expires_on, c.approvers, c.proposed_at, c.proposed_by,
               w.withdrawn_at, c.recognised_by
          from claims c
          left join claim_withdrawals w on w.claim_id = c.id
         order by c.proposed_at desc, c.id desc
         limit $1";

    let rows = tx.list(SQL, &[&limit])?;
    rows.iter().map(|row| with_approvals(tx, row)).collect()
}

/// The claims that may be used on a day by their words, with what each is recognised by. Whether
/// everybody has approved is for the caller to ask of each.
///
/// # Errors
///
/// When the store fails.
pub fn list_current(tx: &mut Tx, today: Date) -> Result<Vec<(String, Claim)>, StoreError> {
    const SQL: &str = "
        select c.id, c.claim, c.evidence, c.expires_on, c.approvers, c.proposed_at, c.proposed_by,
               w.withdrawn_at, c.recognised_by
          from claims c
          left join claim_withdrawals w on w.claim_id = c.id
         where c.expires_on >= $1 and w.claim_id is null
         order by c.id";

    let rows = tx.list(SQL, &[&today])?;
    rows.iter()
        .map(|row| Ok((row.get(8)?, with_approvals(tx, row)?)))
        .collect()
}

fn with_approvals(tx: &mut Tx, row: &Row) -> Result<Claim, StoreError> {
    const SQL: &str = "
        select role, given_by, given_at
          from claim_approvals
         where claim_id = $1
         order by given_at, role";

    let id: ClaimId = row.get(0)?;
    let approvals = tx.list(SQL, &[&id])?;
    let approvals = approvals
        .iter()
        .map(|row| Ok((row.code(0, Role::find)?, row.get(1)?, row.get(2)?)));
    Ok(Claim {
        id,
        text: row.get(1)?,
        evidence: row.get(2)?,
        expires_on: row.get(3)?,
        approvers: parse_json(row, 4)?,
        proposed_at: row.get(5)?,
        proposed_by: row.get(6)?,
        withdrawn_at: row.get(7)?,
        approvals: approvals.collect::<Result<_, StoreError>>()?,
    })
}
