//! What the verifier found, in words that name the place.

use std::fmt;

use crate::{Hash, NoteError, tile::Tile};

/// How many faults are kept by name; more are only counted.
const KEPT: usize = 1000;

/// Which of the two was changed, when an entry does not hash to its stored leaf hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The tile vouches for the leaf hash: the entry was changed.
    Body,
    /// The tile vouches for the entry: the leaf hash was changed.
    LeafHash,
    /// No tile vouches for either.
    Unknown,
}

/// One thing that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An entry does not hash to its stored leaf hash.
    Entry {
        /// Its place.
        place: u64,
        /// Which of the two was changed.
        blame: Blame,
    },
    /// Places without an entry.
    Missing {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// An entry came after one of a higher place.
    OutOfOrder {
        /// Its place.
        place: u64,
        /// The place that was due.
        expected: u64,
    },
    /// A tile that the entries fill is not stored.
    TileMissing {
        /// Which one.
        tile: Tile,
    },
    /// A tile is stored that the entries do not fill.
    TileUnexpected {
        /// Which one.
        tile: Tile,
    },
    /// A tile has another length than it must have.
    TileLength {
        /// Which one.
        tile: Tile,
        /// How many bytes it has.
        bytes: usize,
    },
    /// A hash in a tile is not the one that the entries give.
    TileHash {
        /// Which tile.
        tile: Tile,
        /// The number of the first wrong hash in it.
        slot: usize,
        /// How many more in it are wrong.
        others: usize,
    },
    /// A checkpoint is malformed or not signed by a known key.
    CheckpointRefused {
        /// The size under which it is filed.
        size: u64,
        /// Why.
        cause: NoteError,
    },
    /// A checkpoint is filed under another size than it states.
    CheckpointMislabelled {
        /// The size under which it is filed.
        size: u64,
        /// The size that it states.
        says: u64,
    },
    /// The root filed beside a checkpoint is not the one that it states.
    CheckpointRootColumn {
        /// Its size.
        size: u64,
    },
    /// A signed root is not the root of the entries.
    CheckpointRoot {
        /// The size of the checkpoint.
        size: u64,
        /// The last checkpoint before it that was right.
        after: Option<u64>,
    },
    /// A signed root cannot be computed, because an entry before it is missing.
    CheckpointUnproven {
        /// The size of the checkpoint.
        size: u64,
        /// The first place that is missing.
        missing: u64,
    },
    /// A checkpoint was signed over more entries than there are: the log was cut.
    CheckpointBeyond {
        /// The size of the checkpoint.
        size: u64,
        /// How many entries there are.
        entries: u64,
    },
    /// A file of an exported log is not as it must be.
    File {
        /// Its path in the export.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { place, blame } => match blame {
                Blame::Body => write!(f, "entry at place {place}: the entry was changed"),
                Blame::LeafHash => write!(f, "entry at place {place}: its leaf hash was changed"),
                Blame::Unknown => {
                    write!(
                        f,
                        "entry at place {place}: the entry or its leaf hash was changed"
                    )
                }
            },
            Self::Missing { first, last } if first == last => {
                write!(f, "place {first}: the entry is missing")
            }
            Self::Missing { first, last } => {
                write!(f, "places {first} to {last}: the entries are missing")
            }
            Self::OutOfOrder { place, expected } => {
                write!(
                    f,
                    "entry at place {place}: out of order, place {expected} was due"
                )
            }
            Self::TileMissing { tile } => write!(f, "tile {tile}: missing"),
            Self::TileUnexpected { tile } => {
                write!(f, "tile {tile}: stored, but the entries do not fill it")
            }
            Self::TileLength { tile, bytes } => {
                write!(f, "tile {tile}: wrong length ({bytes} bytes)")
            }
            Self::TileHash { tile, slot, others } => tile_hash(f, *tile, *slot, *others),
            Self::CheckpointRefused { size, cause } => {
                write!(f, "checkpoint at size {size}: {cause}")
            }
            Self::CheckpointMislabelled { size, says } => {
                write!(f, "checkpoint at size {size}: its note states size {says}")
            }
            Self::CheckpointRootColumn { size } => {
                write!(
                    f,
                    "checkpoint at size {size}: the root stored beside it is not its own"
                )
            }
            Self::CheckpointRoot { size, after } => write!(
                f,
                "checkpoint at size {size}: root differs, an entry at places {} to {} was changed",
                after.unwrap_or(0),
                size.saturating_sub(1)
            ),
            Self::CheckpointUnproven { size, missing } => write!(
                f,
                "checkpoint at size {size}: cannot be proved without the entry at place {missing}"
            ),
            Self::CheckpointBeyond { size, entries } => write!(
                f,
                "checkpoint at size {size}: the log has only {entries} entries, it was cut"
            ),
            Self::File { path, problem } => write!(f, "file {path}: {problem}"),
        }
    }
}

fn tile_hash(f: &mut fmt::Formatter<'_>, tile: Tile, slot: usize, others: usize) -> fmt::Result {
    write!(f, "tile {tile}: hash {slot}")?;
    if others > 0 {
        write!(f, " and {others} more")?;
    }
    match tile.leaves_under(slot) {
        Some((first, last)) if first == last => {
            write!(f, " not that of the entry at place {first}")
        }
        Some((first, last)) => write!(f, " not that of the entries at places {first} to {last}"),
        None => write!(f, " not that of the entries"),
    }
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many entries were checked.
    pub entries: u64,
    /// How many places the log has.
    pub size: u64,
    /// How many stored tiles were compared.
    pub tiles: u64,
    /// How many signed checkpoints hold.
    pub checkpoints: u64,
    /// The size of the newest checkpoint that holds.
    pub last_checkpoint: Option<u64>,
    /// The root over all entries, when none is missing.
    pub root: Option<Hash>,
    /// What is wrong, the first thousand by name.
    pub faults: Vec<Fault>,
    /// How many things are wrong.
    pub n_faults: u64,
}

impl Report {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.n_faults += 1;
        if self.faults.len() < KEPT {
            self.faults.push(fault);
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.n_faults == 0
    }

    /// How many entries stand after the newest checkpoint that holds. This is no fault: they are
    /// signed with the next one.
    #[must_use]
    pub fn unsigned(&self) -> u64 {
        self.size.saturating_sub(self.last_checkpoint.unwrap_or(0))
    }
}
