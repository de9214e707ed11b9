//! The permissions, refusals and suppressions that entries recorded: each must still be there as it
//! was recorded, and none without an entry.

use std::collections::HashSet;

use placet_domain::id::RawId;
use placet_ledger::to_hex;

use super::finding::{Finding, Verification};
use crate::error::StoreError;
use crate::record::Body;
use crate::row::Row;
use crate::tx::Tx;

/// A kind of entry, and the row that it recorded beside the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    /// The kind of the entry.
    entry: &'static str,
    /// The fact that names the row.
    fact: &'static str,
    /// The table.
    table: &'static str,
    /// Its columns in their order, the key first.
    columns: &'static str,
}

const KINDS: [Kind; 6] = [
    Kind {
        entry: "instrument.recorded",
        fact: "instrument",
        table: "instruments",
        columns: "id, person_id, kind, wording_id, channel, topic, scope, signed_at, expires_on, \
                  method, defects, evidence, sealed, recorded_at, recorded_by",
    },
    Kind {
        entry: "instrument.revoked",
        fact: "instrument",
        table: "instrument_revocations",
        columns: "instrument_id, revoked_at, method, recorded_at, recorded_by",
    },
    Kind {
        entry: "preference.recorded",
        fact: "preference",
        table: "preferences",
        columns: "id, person_id, kind, channel, topic, wording_id, asked_at, method, evidence, \
                  recorded_at, recorded_by",
    },
    Kind {
        entry: "preference.lifted",
        fact: "preference",
        table: "preference_lifts",
        columns: "preference_id, acted_at, lifted_at, method, evidence, recorded_by",
    },
    Kind {
        entry: "suppression.placed",
        fact: "suppression",
        table: "suppressions",
        columns: "id, lookup, channel, cause, placed_at, placed_by",
    },
    Kind {
        entry: "suppression.lifted",
        fact: "suppression",
        table: "suppression_lifts",
        columns: "suppression_id, lifted_at, reason, lifted_by",
    },
];

impl Kind {
    fn key(self) -> &'static str {
        self.columns.split(',').next().unwrap_or_default()
    }

    fn id(self, said: &Body) -> Option<RawId> {
        said.facts.get(self.fact)?.parse().ok()
    }

    fn find(self, tx: &mut Tx, id: RawId) -> Result<Option<Row>, StoreError> {
        let Self { columns, table, .. } = self;
        let key = self.key();
        tx.find_one(
            &format!("select {columns} from {table} where {key} = $1"),
            &[&id],
        )
    }
}

/// Counts the rows that have their entry.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Those that some entry names, by kind.
    named: [u64; KINDS.len()],
}

impl Records {
    /// Compares the row that this entry recorded; nothing when it recorded none of these.
    pub(super) fn compare(
        &mut self,
        tx: &mut Tx,
        kind: &str,
        place: u64,
        entry: &[u8],
        found: &mut Verification,
    ) -> Result<(), StoreError> {
        let mut kinds = KINDS.iter().zip(&mut self.named);
        let Some((kind, named)) = kinds.find(|(one, _)| one.entry == kind) else {
            return Ok(());
        };
        let said = serde_json::from_slice::<Body>(entry).ok();
        let id = said.as_ref().and_then(|said| kind.id(said));
        let Some((said, id)) = said.zip(id) else {
            found.add(Finding::NotAnEntry { place });
            return Ok(());
        };
        let table = kind.table;
        let Some(row) = kind.find(tx, id)? else {
            found.add(Finding::Missing { table, id, place });
            return Ok(());
        };
        *named += 1;
        let n = kind.columns.split(',').count();
        if said.facts.get("hash") == Some(&to_hex(&row.fingerprint(n))) {
            found.records += 1;
        } else {
            found.add(Finding::Altered { table, id, place });
        }
        Ok(())
    }

    /// Names the rows that no entry recorded, where there are more rows than entries.
    pub(super) fn name_unrecorded(
        &self,
        tx: &mut Tx,
        found: &mut Verification,
    ) -> Result<(), StoreError> {
        for (kind, named) in KINDS.iter().zip(self.named) {
            let (table, key) = (kind.table, kind.key());
            let count = tx.find_one(&format!("select count(*) from {table}"), &[])?;
            let count: u64 = count.map_or(Ok(0), |row| row.get(0))?;
            if count <= named {
                continue;
            }
            let recorded = recorded(tx, *kind)?;
            let every = format!("select {key} from {table} order by {key}");
            tx.for_each(&every, &[], |row| {
                match row.get::<RawId>(0) {
                    Ok(id) if recorded.contains(&id) => {}
                    Ok(id) => found.add(Finding::Unrecorded { table, id }),
                    // Not of the length of an id.
                    Err(_) => found.add(Finding::Row {
                        table,
                        id: to_hex(row.bytes(0)?),
                    }),
                }
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(())
    }
}

/// What the entries of a kind name, those counted in that wait for their place: sixteen bytes each.
fn recorded(tx: &mut Tx, kind: Kind) -> Result<HashSet<RawId>, StoreError> {
    const SQL: &str = "
        select body
          from ledger_entries
         where kind = $1
         union all
        select body
          from ledger_inbox
         where kind = $1";

    let mut recorded = HashSet::new();
    tx.for_each(SQL, &[&kind.entry], |row| {
        let said = serde_json::from_slice::<Body>(row.bytes(0)?).ok();
        recorded.extend(said.and_then(|said| kind.id(&said)));
        Ok::<_, StoreError>(())
    })?;
    Ok(recorded)
}
