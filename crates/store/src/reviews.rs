//! Submissions and verdicts. Both are written once.

use placet_domain::content::ContentHash;
use placet_domain::id::VersionId;
use placet_domain::operator::Role;
use placet_domain::review::cycle::Round;
use placet_domain::review::{Approval, Renewal, Submission, Tier, Verdict};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

/// Hands a version in; false when it was handed in before, and then the first time stays.
///
/// # Errors
///
/// When the store fails.
pub fn submit(tx: &mut Tx, submission: &Submission) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into submissions (version_id, tier, content_hash, parts, approvers, due_on,
                                 valid_days, findings, finding_rules, submitted_at,
                                 submitted_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (version_id) do nothing";

    let added = tx.execute(
        SQL,
        &[
            &submission.version,
            &submission.tier.as_str(),
            submission.hash.as_bytes(),
            &json(&submission.parts),
            &json(&submission.approvers),
            &submission.due_on,
            &submission.valid_days,
            &json(&submission.findings),
            &submission.finding_rules,
            &submission.submitted_at,
            &submission.submitted_by,
        ],
    )?;
    Ok(added > 0)
}

/// How a version was handed in.
///
/// # Errors
///
/// When the store fails.
pub fn find_submission(tx: &mut Tx, version: VersionId) -> Result<Option<Submission>, StoreError> {
    const SQL: &str = "
        select version_id, tier, content_hash, parts, approvers, due_on, valid_days, findings,
               finding_rules, submitted_at, submitted_by
          from submissions
         where version_id = $1";

    let row = tx.find_one(SQL, &[&version])?;
    row.map(|row| {
        Ok(Submission {
            version: row.get(0)?,
            tier: row.code(1, Tier::find)?,
            hash: hash_from(&row, 2)?,
            parts: parse_json(&row, 3)?,
            approvers: parse_json(&row, 4)?,
            due_on: row.get(5)?,
            valid_days: row.get(6)?,
            findings: parse_json(&row, 7)?,
            finding_rules: row.get(8)?,
            submitted_at: row.get(9)?,
            submitted_by: row.get(10)?,
        })
    })
    .transpose()
}

/// Adds a verdict; false when the role has given one already.
///
/// # Errors
///
/// When the store fails.
pub fn add_approval(tx: &mut Tx, approval: &Approval) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into approvals (id, version_id, role, verdict, content_hash, note, given_at,
                               given_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (version_id, role) do nothing";

    let added = tx.execute(
        SQL,
        &[
            &approval.id,
            &approval.version,
            &approval.role.as_str(),
            &approval.verdict.as_str(),
            approval.hash.as_bytes(),
            &approval.note,
            &approval.given_at,
            &approval.given_by,
        ],
    )?;
    Ok(added > 0)
}

/// The verdicts on a version, in the order in which they were given.
///
/// # Errors
///
/// When the store fails.
pub fn list_approvals(tx: &mut Tx, version: VersionId) -> Result<Vec<Approval>, StoreError> {
    const SQL: &str = "
        select id, version_id, role, verdict, content_hash, note, given_at, given_by
          from approvals
         where version_id = $1
         order by given_at, id";

    tx.list(SQL, &[&version])?
        .iter()
        .map(|row| {
            Ok(Approval {
                id: row.get(0)?,
                version: row.get(1)?,
                role: row.code(2, Role::find)?,
                verdict: row.code(3, Verdict::find)?,
                hash: hash_from(row, 4)?,
                note: row.get(5)?,
                given_at: row.get(6)?,
                given_by: row.get(7)?,
            })
        })
        .collect()
}

/// Adds a reviewer's word that a version still is right.
///
/// # Errors
///
/// When the store fails.
pub fn renew(tx: &mut Tx, renewal: &Renewal) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into renewals (id, version_id, role, content_hash, given_at, given_by)
        values ($1, $2, $3, $4, $5, $6)";

    tx.execute(
        SQL,
        &[
            &renewal.id,
            &renewal.version,
            &renewal.role.as_str(),
            renewal.hash.as_bytes(),
            &renewal.given_at,
            &renewal.given_by,
        ],
    )
    .map(drop)
}

/// Who said of a version that it still is right, in the order in which they said it.
///
/// # Errors
///
/// When the store fails.
pub fn list_renewals(tx: &mut Tx, version: VersionId) -> Result<Vec<Renewal>, StoreError> {
    const SQL: &str = "
        select id, version_id, role, content_hash, given_at, given_by
          from renewals
         where version_id = $1
         order by given_at, id";

    tx.list(SQL, &[&version])?
        .iter()
        .map(|row| {
            Ok(Renewal {
                id: row.get(0)?,
                version: row.get(1)?,
                role: row.code(2, Role::find)?,
                hash: hash_from(row, 3)?,
                given_at: row.get(4)?,
                given_by: row.get(5)?,
            })
        })
        .collect()
}

/// Every submission since then that was not overtaken by a newer version while it waited, with the
/// verdicts on it, the oldest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_rounds(tx: &mut Tx, since: Timestamp) -> Result<Vec<Round>, StoreError> {
    const SQL: &str = "
        select s.version_id, s.tier, s.approvers, s.submitted_at, s.due_on, a.role, a.verdict,
               a.given_at,
               (select count(*)
                  from content_versions own
                  join content_versions newer on newer.content_id = own.content_id
                 where own.id = s.version_id and newer.number > own.number)
          from submissions s
          left join approvals a on a.version_id = s.version_id
         where s.submitted_at >= $1
         order by s.submitted_at, s.version_id, a.given_at, a.id";

    let mut rounds: Vec<(VersionId, bool, Round)> = Vec::new();
    for row in tx.list(SQL, &[&since])? {
        let id: VersionId = row.get(0)?;
        if rounds.last().is_none_or(|(last, ..)| *last != id) {
            let round = Round {
                tier: row.code(1, Tier::find)?,
                approvers: parse_json(&row, 2)?,
                submitted_at: row.get(3)?,
                due_on: row.get(4)?,
                verdicts: Vec::new(),
            };
            rounds.push((id, row.get::<i64>(8)? > 0, round));
        }
        if row.get::<Option<String>>(5)?.is_none() {
            continue;
        }
        let verdict = (
            row.code(5, Role::find)?,
            row.code(6, Verdict::find)?,
            row.get(7)?,
        );
        if let Some((.., round)) = rounds.last_mut() {
            round.verdicts.push(verdict);
        }
    }
    rounds.retain(|(_, is_overtaken, round)| !is_overtaken || round.ended_at().is_some());
    Ok(rounds.into_iter().map(|(.., round)| round).collect())
}

fn hash_from(row: &Row, index: usize) -> Result<ContentHash, StoreError> {
    ContentHash::try_from(row.bytes(index)?).map_err(|_| row.corrupt())
}
