//! An exported log: a folder that anybody can verify offline, or serve as a tlog-tiles log.
//!
//! | path | holds |
//! |---|---|
//! | `checkpoint` | the newest signed checkpoint; the export ends where it ends |
//! | `checkpoints/<size>` | every signed checkpoint, the size in twenty digits |
//! | `tile/<L>/<N>[.p/<W>]` | the hashes, after C2SP tlog-tiles |
//! | `tile/entries/<N>[.p/<W>]` | the entries, each after its length in two bytes |
//! | `verifier-key` | the public key of the log; believe a copy from elsewhere, not this one |
//! | `README.txt` | how to verify |

mod bundle;
mod verify;

pub use verify::verify;

use crate::{
    Hash, VerifyingKey, leaf_hash,
    tile::{self, Builder, FullTile},
};

/// The longest entry that fits a bundle.
pub const MAX_ENTRY: usize = 65_535;

const README: &str = "\
This folder is an append-only log. Nothing in it can be changed, added or taken away without
notice, as long as you have one of its checkpoints, or its key, from elsewhere.

checkpoint           the newest signed head (C2SP tlog-checkpoint): origin, size, root
checkpoints/         all signed heads, by size
tile/                the hash tree (C2SP tlog-tiles, RFC 6962 hashing)
tile/entries/        the entries: two bytes of length (big-endian), then the entry
verifier-key         the public key of the log (C2SP signed-note)

Verify: placet ledger verify --export FOLDER --key KEY
Any verifier of C2SP tlog-tiles logs can do the same.
";

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it goes in the folder.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// An entry that does not fit a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry at place {place} has {bytes} bytes; an exported entry has at most 65535")]
pub struct EntryTooLong {
    /// Its place.
    pub place: u64,
    /// Its length.
    pub bytes: usize,
}

/// Turns entries in the order of their places into files. Memory does not grow with the log.
#[derive(Debug, Default)]
pub struct Exporter {
    tree: Builder,
    bundle: Vec<u8>,
    full: Vec<FullTile>,
}

impl Exporter {
    /// Begins at the first place.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next entry; gives the files that it completed, mostly none.
    ///
    /// # Errors
    ///
    /// Fails when the entry does not fit a bundle.
    pub fn entry(&mut self, body: &[u8]) -> Result<Vec<File>, EntryTooLong> {
        let place = self.tree.size();
        bundle::append(&mut self.bundle, body).ok_or(EntryTooLong {
            place,
            bytes: body.len(),
        })?;
        self.tree.push(leaf_hash(body), &mut self.full);
        if self.full.is_empty() {
            return Ok(Vec::new());
        }
        let bundle = std::mem::take(&mut self.bundle);
        let mut files = vec![File {
            path: tile::entries_path(place / 256),
            bytes: bundle,
        }];
        files.extend(self.full.drain(..).map(|FullTile { tile, hashes }| File {
            path: tile.path(),
            bytes: hashes,
        }));
        Ok(files)
    }

    /// The root over the entries so far; it must be that of the newest checkpoint.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Ends the export at the newest checkpoint: gives the unfinished tiles and the small files.
    #[must_use]
    pub fn finish(self, newest: &str, key: &VerifyingKey) -> Vec<File> {
        let size = self.tree.size();
        let mut files = vec![
            File {
                path: "README.txt".to_owned(),
                bytes: README.into(),
            },
            File {
                path: "verifier-key".to_owned(),
                bytes: format!("{key}\n").into(),
            },
            File {
                path: "checkpoint".to_owned(),
                bytes: newest.into(),
            },
        ];
        if !size.is_multiple_of(256) {
            let path = format!("{}.p/{}", tile::entries_path(size / 256), size % 256);
            files.push(File {
                path,
                bytes: self.bundle,
            });
        }
        files.extend(self.tree.partial_tiles().map(|(tile, bytes)| File {
            path: tile.partial_path(bytes.len() / 32),
            bytes: bytes.to_vec(),
        }));
        files
    }
}

/// The file of one signed checkpoint.
#[must_use]
pub fn checkpoint(size: u64, note: &str) -> File {
    File {
        path: format!("checkpoints/{size:020}"),
        bytes: note.into(),
    }
}

#[cfg(test)]
mod tests;
