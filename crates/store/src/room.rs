//! How much room the disk has left.

use std::path::Path;

use crate::config::Address;
use crate::store::Store;

/// With less than this the store counts as full: an act still needs room for its journal.
pub const LEAST_ROOM: u64 = 64 << 20;

impl Store {
    /// The bytes that are free where the database lies. None for a server, whose disk is its own
    /// affair, and where the system does not say.
    #[must_use]
    pub fn room(&self) -> Option<u64> {
        let config = self.config();
        // A file that may not grow is a disk without room.
        if config.faults.page_limit().is_some() {
            return Some(0);
        }
        match Address::parse(&config.url) {
            Ok(Address::Sqlite(path)) => free(&path),
            _ => None,
        }
    }

    /// Whether there is room for what comes; true when nobody knows.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.room().is_none_or(|free| free >= LEAST_ROOM)
    }
}

#[cfg(unix)]
fn free(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free(_path: &Path) -> Option<u64> {
    None
}
