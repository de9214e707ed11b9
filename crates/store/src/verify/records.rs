//! The permissions, refusals and suppressions that entries recorded: each must still be there.

use placet_domain::id::RawId;

use super::finding::{Finding, Verification};
use crate::error::StoreError;
use crate::record::Body;
use crate::tx::Tx;

/// What an entry recorded beside the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Recorded {
    /// The table of its row.
    table: &'static str,
    /// The fact that names it.
    fact: &'static str,
    /// How many rows it must have.
    sql: &'static str,
}

impl Recorded {
    /// What this kind of entry recorded; none when nothing that is compared.
    pub(super) fn of(kind: &str) -> Option<Self> {
        let (table, fact, sql) = match kind {
            "instrument.recorded" => (
                "instruments",
                "instrument",
                "select 1 from instruments where id = $1",
            ),
            "instrument.revoked" => (
                "instrument_revocations",
                "instrument",
                "select 1 from instrument_revocations where instrument_id = $1",
            ),
            "preference.recorded" => (
                "preferences",
                "preference",
                "select 1 from preferences where id = $1",
            ),
            "preference.lifted" => (
                "preference_lifts",
                "preference",
                "select 1 from preference_lifts where preference_id = $1",
            ),
            "suppression.placed" => (
                "suppressions",
                "suppression",
                "select 1 from suppressions where id = $1",
            ),
            "suppression.lifted" => (
                "suppression_lifts",
                "suppression",
                "select 1 from suppression_lifts where suppression_id = $1",
            ),
            _ => return None,
        };
        Some(Self { table, fact, sql })
    }

    /// Looks for the row that this entry recorded.
    pub(super) fn compare(
        self,
        tx: &mut Tx,
        place: u64,
        entry: &[u8],
        found: &mut Verification,
    ) -> Result<(), StoreError> {
        let said = serde_json::from_slice::<Body>(entry).ok();
        let id = said.and_then(|said| said.facts.get(self.fact)?.parse::<RawId>().ok());
        let Some(id) = id else {
            found.add(Finding::NotAnEntry { place });
            return Ok(());
        };
        if tx.find_one(self.sql, &[&id])?.is_some() {
            found.records += 1;
        } else {
            found.add(Finding::Missing {
                table: self.table,
                id,
                place,
            });
        }
        Ok(())
    }
}
