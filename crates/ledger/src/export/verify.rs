//! Verifies an export, file by file, in the order of the places.

use std::collections::BTreeSet;

use super::bundle;
use crate::{
    VerifyingKey,
    tile::{self, Tile},
    verify::{Fault, Report, Verifier},
};

/// Verifies the files at these paths. Files are read one by one, so memory grows only with the
/// number of paths.
///
/// # Errors
///
/// Fails when a file cannot be read; everything that is wrong with what was read is in the
/// report.
pub fn verify<E>(
    paths: impl IntoIterator<Item = String>,
    read: impl FnMut(&str) -> Result<Vec<u8>, E>,
    keys: &[VerifyingKey],
) -> Result<Report, E> {
    let mut export = Export {
        paths: paths.into_iter().collect(),
        read,
        verifier: Verifier::new(keys.to_vec()),
        faults: Vec::new(),
    };
    for path in ["README.txt", "verifier-key"] {
        export.paths.remove(path);
    }
    export.run()
}

struct Export<R> {
    /// The files that nobody has asked for yet.
    paths: BTreeSet<String>,
    read: R,
    verifier: Verifier,
    faults: Vec<Fault>,
}

impl<E, R: FnMut(&str) -> Result<Vec<u8>, E>> Export<R> {
    fn run(mut self) -> Result<Report, E> {
        let heads = self.heads();
        let size = self
            .newest()?
            .or(heads.last().map(|(size, _)| *size))
            .unwrap_or(0);
        // A forged size must not have us ask for files without end.
        let most = u64::try_from(self.paths.len() + 1).unwrap_or(u64::MAX);
        let size = size.min(most.saturating_mul(256));
        let mut heads = heads.into_iter().peekable();
        for (index, first) in (0..size).step_by(256).enumerate() {
            let end = size.min(first.saturating_add(256));
            self.announce_tiles(first, end, size)?;
            while let Some((head_size, path)) = heads.next_if(|(at, _)| *at <= end) {
                self.head(head_size, &path)?;
            }
            self.entries(u64::try_from(index).unwrap_or(u64::MAX), first, end)?;
        }
        for (head_size, path) in heads {
            self.head(head_size, &path)?;
        }
        for path in std::mem::take(&mut self.paths) {
            self.fault(path, "does not belong to the log");
        }
        let mut report = self.verifier.finish();
        self.faults.into_iter().for_each(|fault| report.add(fault));
        Ok(report)
    }

    /// The newest checkpoint says how far the export reaches.
    fn newest(&mut self) -> Result<Option<u64>, E> {
        let Some(note) = self.take_text("checkpoint")? else {
            return Ok(None);
        };
        let size = note
            .split('\n')
            .nth(1)
            .and_then(crate::checkpoint::parse_decimal);
        match size {
            Some(size) => drop(self.verifier.checkpoint(size, None, &note)),
            None => self.fault("checkpoint".to_owned(), "states no size"),
        }
        Ok(size)
    }

    /// The files of all checkpoints by size, oldest first.
    fn heads(&self) -> Vec<(u64, String)> {
        let named = self.paths.iter().filter_map(|path| {
            let digits = path
                .strip_prefix("checkpoints/")
                .filter(|digits| digits.len() == 20)?;
            Some((digits.parse().ok()?, path.clone()))
        });
        named.collect()
    }

    fn head(&mut self, size: u64, path: &str) -> Result<(), E> {
        if let Some(note) = self.take_text(path)? {
            self.verifier.checkpoint(size, None, &note);
        }
        Ok(())
    }

    /// Announces the tiles that become full when the log reaches `end`, and the unfinished ones
    /// when it ends there.
    fn announce_tiles(&mut self, first: u64, end: u64, size: u64) -> Result<(), E> {
        for level in 0..8 {
            let Some(height) = tile::span(level + 1) else {
                break;
            };
            if !end.is_multiple_of(height) {
                break;
            }
            let tile = Tile {
                level,
                index: first / height,
            };
            if let Some(bytes) = self.take(&tile.path())? {
                self.verifier.tile(tile, bytes);
            }
        }
        if end < size {
            return Ok(());
        }
        for (tile, width) in Tile::partial_tiles(size) {
            let path = tile.partial_path(width);
            match self.take(&path)? {
                Some(bytes) if bytes.len() == width * 32 => self.verifier.partial_tile(tile, bytes),
                Some(_) => self.fault(path, "not as long as its name says"),
                None => (),
            }
        }
        Ok(())
    }

    fn entries(&mut self, index: u64, first: u64, end: u64) -> Result<(), E> {
        let mut path = tile::entries_path(index);
        if end - first < 256 {
            path = format!("{path}.p/{}", end - first);
        }
        let Some(bytes) = self.take(&path)? else {
            return Ok(());
        };
        let mut place = first;
        for entry in bundle::entries(&bytes) {
            match entry {
                Ok(entry) if place < end => {
                    self.verifier.entry(place, entry, None);
                }
                Ok(_) => {
                    self.fault(path, "holds more entries than it should");
                    return Ok(());
                }
                Err(bundle::Cut) => {
                    self.fault(path, "ends within an entry");
                    return Ok(());
                }
            }
            place += 1;
        }
        if place < end {
            self.fault(path, "holds fewer entries than it should");
        }
        Ok(())
    }

    fn take_text(&mut self, path: &str) -> Result<Option<String>, E> {
        let Some(bytes) = self.take(path)? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes).ok();
        if text.is_none() {
            self.fault(path.to_owned(), "not text");
        }
        Ok(text)
    }

    fn take(&mut self, path: &str) -> Result<Option<Vec<u8>>, E> {
        if !self.paths.remove(path) {
            self.fault(path.to_owned(), "missing");
            return Ok(None);
        }
        (self.read)(path).map(Some)
    }

    fn fault(&mut self, path: String, problem: &'static str) {
        self.faults.push(Fault::File { path, problem });
    }
}
