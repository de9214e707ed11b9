//! The columns that repeat what an entry says.
//!
//! Nearly always they do, and then the entry begins with the very bytes that the columns give:
//! [`Expected`] compares those without reading the JSON. Only what differs is read and named.

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

/// How an entry begins when its columns are right.
#[derive(Default)]
pub(super) struct Expected {
    beginning: Vec<u8>,
    /// Entries of one act have one instant, which costs more to write than the rest.
    at: Option<(i64, String)>,
}

impl Expected {
    /// Whether the entry begins as this row says; of the columns as in [`Said::differing`].
    pub(super) fn begins(&mut self, row: &Row, body: &[u8]) -> bool {
        self.write(row).is_ok() && body.starts_with(&self.beginning)
    }

    fn write(&mut self, row: &Row) -> Result<(), StoreError> {
        let micros = row.get(4)?;
        if self.at.as_ref().is_none_or(|(known, _)| *known != micros) {
            self.at = Some((micros, format!("{:.6}", row.get::<Timestamp>(4)?)));
        }
        let at = self.at.as_ref().map_or("", |(_, text)| text);
        let out = &mut self.beginning;
        out.clear();
        out.extend_from_slice(b"{\"v\":1,\"id\":\"");
        push_hex(out, row.bytes(1)?);
        out.extend_from_slice(b"\",\"kind\":\"");
        out.extend_from_slice(row.text(2)?.as_bytes());
        out.extend_from_slice(b"\",\"at\":\"");
        out.extend_from_slice(at.as_bytes());
        if let Some(person) = row.get::<Option<[u8; 16]>>(3)? {
            out.extend_from_slice(b"\",\"person\":\"");
            push_hex(out, &person);
        }
        out.extend_from_slice(b"\",\"actor\":");
        Ok(())
    }
}

fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    let digit = |half: u8| {
        if half < 10 {
            b'0' + half
        } else {
            b'a' + half - 10
        }
    };
    bytes
        .iter()
        .for_each(|byte| out.extend([digit(byte >> 4), digit(byte & 15)]));
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
