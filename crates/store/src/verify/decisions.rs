//! Each decision, and each answer, against the entry that recorded it.

use placet_domain::id::{CampaignId, DecisionId, DeliveryId, PersonId, TypedId};
use placet_domain::time::Timestamp;
use placet_ledger::{from_hex, sha256};

use super::finding::{Finding, Verification};
use crate::decisions::answers;
use crate::error::StoreError;
use crate::record::Body;
use crate::row::{Row, hex};
use crate::tx::Tx;

/// What an entry says that rows outside of the log must bear out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A decision was made.
    Decision,
    /// An answer was given for the first time.
    Answer,
}

impl Kind {
    /// What this kind of entry is about; none when no such row.
    pub(super) fn of(kind: &str) -> Option<Self> {
        match kind {
            "decision.made" => Some(Self::Decision),
            "decision.answer_kept" => Some(Self::Answer),
            _ => None,
        }
    }
}

/// How many decisions are read at once when some are not recorded.
const PAGE: u64 = 256;

/// Counts the decisions that have their entry.
#[derive(Default)]
pub(super) struct Decisions {
    /// Those that are as recorded.
    pub(super) matched: u64,
    /// Those that some entry names.
    named: u64,
}

impl Decisions {
    /// Compares the decision that this entry recorded.
    pub(super) fn compare(
        &mut self,
        tx: &mut Tx,
        place: u64,
        entry: &[u8],
        found: &mut Verification,
    ) -> Result<(), StoreError> {
        const SQL: &str = "
            select id, person_id, campaign_id, delivery_id, decided_at, outcome, category, pack,
                   profile, body_hash, sealed
              from decisions
             where id = $1";

        let said = serde_json::from_slice::<Body>(entry).ok();
        let id = said.as_ref().and_then(decision_of);
        let Some((said, id)) = said.zip(id) else {
            found.add(Finding::NotAnEntry { place });
            return Ok(());
        };
        let Some(row) = tx.find_one(SQL, &[&id])? else {
            let what = "the decision is missing";
            found.add(Finding::Decision { id, place, what });
            return Ok(());
        };
        self.named += 1;
        let mut differing = differing(&row, &said).peekable();
        if differing.peek().is_none() {
            self.matched += 1;
        }
        differing.for_each(|what| found.add(Finding::Decision { id, place, what }));
        Ok(())
    }

    /// Looks for the answer that this entry recorded.
    pub(super) fn compare_answer(
        &self,
        tx: &mut Tx,
        place: u64,
        entry: &[u8],
        found: &mut Verification,
    ) -> Result<(), StoreError> {
        let said = serde_json::from_slice::<Body>(entry).ok();
        let hash = said.and_then(|said| from_hex(said.facts.get("answer_hash")?));
        let Some(hash) = hash else {
            found.add(Finding::NotAnEntry { place });
            return Ok(());
        };
        if answers::find(tx, &hash)?.is_none() {
            found.add(Finding::Answer { place });
        }
        Ok(())
    }

    /// Names the decisions that no entry recorded, when there are more decisions than entries.
    pub(super) fn name_unrecorded(
        &self,
        tx: &mut Tx,
        found: &mut Verification,
    ) -> Result<(), StoreError> {
        const COUNT: &str = "
            select count(*)
              from decisions";
        const SQL: &str = "
            select id, person_id
              from decisions
             where id > $1
             order by id
             limit $2";

        let count: u64 = tx.find_one(COUNT, &[])?.map_or(Ok(0), |row| row.get(0))?;
        if count <= self.named {
            return Ok(());
        }
        let mut last = vec![];
        loop {
            let rows = tx.list(SQL, &[&last, &PAGE])?;
            let Some(row) = rows.last() else {
                return Ok(());
            };
            let next = row.get::<Vec<u8>>(0)?;
            // Only a damaged index answers so, and the damage is named already: it would go round
            // and round.
            if next <= last {
                return Ok(());
            }
            last = next;
            for row in &rows {
                match (row.get(0), row.get(1)) {
                    (Ok(id), Ok(person)) if is_recorded(tx, id, person)? => (),
                    (Ok(id), _) => found.add(Finding::Unrecorded {
                        table: "decisions",
                        id: id.raw(),
                    }),
                    // Not of the length of an id.
                    (Err(_), _) => found.add(Finding::Row {
                        table: "decisions",
                        id: hex(row.bytes(0)?),
                    }),
                }
            }
        }
    }
}

fn decision_of(said: &Body) -> Option<DecisionId> {
    said.facts.get("decision")?.parse().ok()
}

/// Whether an entry about this person, with or without a place, names the decision.
fn is_recorded(tx: &mut Tx, id: DecisionId, person: PersonId) -> Result<bool, StoreError> {
    const SQL: &str = "
        select body
          from ledger_entries
         where person_id = $1
         union all
        select body
          from ledger_inbox
         where person_id = $1";

    let names = |row: &Row| {
        let said = serde_json::from_slice::<Body>(row.bytes(0).ok()?).ok()?;
        decision_of(&said)
    };
    let rows = tx.list(SQL, &[&person])?;
    Ok(rows.iter().any(|row| names(row) == Some(id)))
}

/// What in the row is not as the entry says.
fn differing(row: &Row, said: &Body) -> impl Iterator<Item = &'static str> {
    let fact = |name: &str| said.facts.get(name).map(String::as_str);
    let text = |index, name| row.text(index).ok() == fact(name);
    let decided_at = fact("decided_at").unwrap_or(&said.at).parse::<Timestamp>();
    let micros = decided_at.ok().map(|at| at.as_microsecond());
    let hash = row.bytes(9).unwrap_or_default();
    let sealed = row.bytes(10).unwrap_or_default();
    let campaign = fact("campaign").map(str::parse::<CampaignId>).transpose();
    let delivery = fact("delivery").map(str::parse::<DeliveryId>).transpose();
    [
        (
            "column person_id was changed",
            row.get(1) == Ok(said.person),
        ),
        (
            "column campaign_id was changed",
            row.get(2).ok() == campaign.ok(),
        ),
        (
            "column delivery_id was changed",
            row.get(3).ok() == delivery.ok(),
        ),
        ("column decided_at was changed", row.get(4).ok() == micros),
        ("column outcome was changed", text(5, "outcome")),
        ("column category was changed", text(6, "category")),
        ("column pack was changed", text(7, "pack")),
        ("column profile was changed", text(8, "profile")),
        (
            "column body_hash was changed",
            fact("body_hash") == Some(&hex(hash)),
        ),
        (
            "column sealed was changed",
            sha256(sealed).as_slice() == hash,
        ),
    ]
    .into_iter()
    .filter_map(|(what, is_same)| (!is_same).then_some(what))
}
