//! A print run: pieces in closed batches, on their way to whoever prints and posts them.
//!
//! A batch is closed when everybody in it was decided; its files can be taken while those answers
//! are fresh ([`FRESH_MINUTES`]). Deciding again makes another *revision* of it, without those who
//! may no longer be written to. It ends when it is handed to the printer, or undone.

use crate::codes::codes;
use crate::id::{BatchId, CampaignId, DeliveryId, PersonId};
use crate::time::{Date, Timestamp};

/// How long the gate's answers of a batch may be acted on.
pub const FRESH_MINUTES: i64 = 10;
/// The most pieces of one batch.
pub const MOST_PIECES: u32 = 5_000;

codes! {
    /// What happened to a batch.
    pub enum Turn {
        /// Everybody in it was decided: another revision.
        Decided = "decided", "Decided";
        /// The pieces were taken for printing.
        TakenPieces = "taken_pieces", "Pieces downloaded";
        /// The addresses were taken.
        TakenList = "taken_list", "Address file downloaded";
        /// It was handed to whoever prints.
        Handed = "handed", "Handed to the printer";
        /// It was undone: its people wait again.
        Undone = "undone", "Undone";
    }
}

codes! {
    /// Why a piece came back.
    pub enum Returned {
        /// There is no such address.
        NoSuchAddress = "no_such_address", "No such address, or vacant";
        /// The person is not there any more.
        Moved = "moved", "Moved, not known there";
        /// The person would not take it.
        Refused = "refused", "Refused by the person";
    }
}

/// A batch of one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Which.
    pub id: BatchId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// 1, 2, 3, … within the campaign.
    pub number: u32,
    /// Five letters and digits that stand on each of its pieces.
    pub code: String,
}

/// One thing that happened to a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchTurn {
    /// What.
    pub turn: Turn,
    /// The revision it speaks of.
    pub revision: u32,
    /// How many pieces that has.
    pub n_pieces: u32,
    /// When it was handed over, as the operator says.
    pub on: Option<Date>,
    /// When it was recorded.
    pub at: Timestamp,
    /// The actor's code.
    pub by: String,
}

/// One piece of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// 1, 2, 3, … within the batch; never given twice.
    pub number: u32,
    /// Which delivery it is.
    pub delivery: DeliveryId,
    /// To whom.
    pub person: PersonId,
}

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was handed to the printer.
    Handed {
        /// On that day.
        on: Date,
    },
    /// Its people wait again.
    Undone,
}

/// Where a batch stands, from its turns, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// The newest revision.
    pub revision: u32,
    /// How many pieces it has.
    pub n_pieces: u32,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Whether its pieces were taken, and its addresses.
    pub taken: (bool, bool),
    /// How it ended.
    pub end: Option<End>,
}

impl Stand {
    /// Where a batch stands; none before it was decided.
    #[must_use]
    pub fn of(turns: &[BatchTurn]) -> Option<Self> {
        let decided = turns.iter().rfind(|one| one.turn == Turn::Decided)?;
        let here = |turn| {
            let mut all = turns.iter();
            all.any(|one| one.turn == turn && one.revision == decided.revision)
        };
        let end = turns.iter().find_map(|one| match one.turn {
            Turn::Handed => one.on.map(|on| End::Handed { on }),
            Turn::Undone => Some(End::Undone),
            _ => None,
        });
        Some(Self {
            revision: decided.revision,
            n_pieces: decided.n_pieces,
            decided_at: decided.at,
            taken: (here(Turn::TakenPieces), here(Turn::TakenList)),
            end,
        })
    }

    /// Whether the gate's answers may be acted on; not on a clock that went back.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.decided_at).as_secs();
        (0..=FRESH_MINUTES * 60).contains(&age)
    }

    /// Whether it ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end.is_some()
    }
}

/// The code on a piece: the batch's, and the piece's number.
#[must_use]
pub fn piece_code(batch: &str, number: u32) -> String {
    format!("{batch}-{number:04}")
}

/// Batch and number of a code as somebody types it.
#[must_use]
pub fn read_piece_code(typed: &str) -> Option<(String, u32)> {
    let typed = typed.trim().to_uppercase();
    let (batch, number) = typed.split_once(['-', ' '])?;
    let is_code = batch.len() == 5 && batch.bytes().all(|b| CODE_SIGNS.contains(&b));
    let number = number.trim().parse().ok()?;
    is_code.then(|| (batch.to_owned(), number))
}

/// Letters and digits that are not taken for each other.
const CODE_SIGNS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The code of a batch, from the random bytes of its id.
#[must_use]
pub fn batch_code(id: BatchId) -> String {
    let random = id.as_bytes().iter().rev().take(5);
    random
        .filter_map(|byte| CODE_SIGNS.get(usize::from(byte % 32)))
        .map(|sign| char::from(*sign))
        .collect()
}

#[cfg(test)]
mod tests;
