//! What the gate answered, each answer once, under its hash.
//!
//! A campaign gives thousands of people the same answer, sentence for sentence, and it says nothing
//! of them. Which decision an answer belongs to stands in that decision's sealed bytes alone.

use std::collections::HashSet;

use placet_ledger::sha256;

use crate::error::StoreError;
use crate::tx::Tx;

/// How many hashes are kept in memory; past it all are dropped.
const KEPT: usize = 4096;

/// The answers that are known to stand in the database.
///
/// INVARIANT: emptied whenever something that was written may not stand.
#[derive(Default)]
pub(crate) struct Known(HashSet<[u8; 32]>);

impl Known {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn note(&mut self, hash: [u8; 32]) {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        self.0.insert(hash);
    }
}

/// Keeps an answer; its hash, and whether it was never given before.
pub(super) fn keep(tx: &mut Tx, answer: &[u8]) -> Result<([u8; 32], bool), StoreError> {
    const SQL: &str = "
        insert into decision_answers (hash, answer)
        values ($1, $2)
            on conflict (hash) do nothing";

    let hash = sha256(answer);
    if tx.answers.0.contains(&hash) {
        return Ok((hash, false));
    }
    let added = tx.execute(SQL, &[&hash, &answer])?;
    tx.answers.note(hash);
    Ok((hash, added > 0))
}

/// The answer of this hash; none when there is none, or when it is not what was kept.
pub(crate) fn find(tx: &mut Tx, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "
        select answer
          from decision_answers
         where hash = $1";

    let Some(row) = tx.find_one(SQL, &[hash])? else {
        return Ok(None);
    };
    let answer = row.bytes(0)?;
    Ok((sha256(answer) == *hash).then(|| answer.to_vec()))
}
