//! The columns that repeat what an entry says.

use std::borrow::Cow;

use placet_domain::id::{EntryId, PersonId};
use placet_domain::time::Timestamp;
use serde::Deserialize;

use super::finding::{Finding, Verification};
use crate::error::StoreError;
use crate::row::{Row, hex};
use crate::tx::Tx;

/// What an entry says of itself, as far as columns repeat it.
#[derive(Deserialize)]
pub(super) struct Said<'a> {
    id: EntryId,
    #[serde(borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(default)]
    person: Option<PersonId>,
}

impl<'a> Said<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The columns that say something else, of a row that begins with its key, `entry_id`, `kind`,
    /// `person_id`, `at`.
    pub(super) fn differing(&self, row: &Row) -> impl Iterator<Item = &'static str> {
        let at = self.at.parse::<Timestamp>().ok();
        [
            ("entry_id", row.get(1) == Ok(self.id)),
            ("kind", row.text(2) == Ok(&*self.kind)),
            ("person_id", row.get(3) == Ok(self.person)),
            ("at", row.get(4).ok() == at.map(|at| at.as_microsecond())),
        ]
        .into_iter()
        .filter_map(|(column, is_same)| (!is_same).then_some(column))
    }
}

/// Compares the entries that wait for a place. Their bytes are protected by nothing until they
/// have one.
pub(super) fn compare_inbox(tx: &mut Tx, found: &mut Verification) -> Result<(), StoreError> {
    const SQL: &str = "
        select n, entry_id, kind, person_id, at, body
          from ledger_inbox
         order by entry_id";

    tx.for_each(SQL, &[], |row| {
        let id = hex(row.bytes(1)?);
        match Said::read(row.bytes(5)?) {
            Some(said) => said.differing(&row).for_each(|column| {
                found.add(Finding::Inbox {
                    id: id.clone(),
                    column,
                });
            }),
            None => found.add(Finding::Inbox { id, column: "body" }),
        }
        Ok(())
    })
}
