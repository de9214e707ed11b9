//! Folds the journal into the file beside the writer, so that a commit rarely has to.
//!
//! SQLite folds in the commit that finds the journal long: tens of megabytes at once, while
//! everybody waits. A connection of its own does most of it meanwhile; nothing waits for it, and
//! when it fails the writer's own turn comes as before.

use std::path::Path;

use rusqlite::OpenFlags;

use crate::queue::Queue;

/// How many pages are worth a turn: 8 MB.
const WORTH: i64 = 2_000;

/// A connection that folds.
pub(crate) struct Folder(rusqlite::Connection);

impl Folder {
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = rusqlite::Connection::open_with_flags(path, flags)?;
        db.execute_batch("pragma synchronous = full; pragma cache_size = -64;")?;
        Ok(Self(db))
    }

    /// Folds after commits until the queue is closed.
    pub(crate) fn serve(&self, commits: &Queue<()>) {
        while commits.take(usize::MAX).is_some() {
            if let Err(error) = self.turn() {
                tracing::debug!(code = ?error.sqlite_error_code(), "the journal was not folded");
            }
        }
    }

    fn turn(&self) -> rusqlite::Result<()> {
        // The first only looks.
        let pages = |sql| {
            self.0.query_one(sql, [], |row| {
                Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
            })
        };
        let (written, folded) = pages("pragma wal_checkpoint(noop)")?;
        if written - folded >= WORTH {
            pages("pragma wal_checkpoint(passive)")?;
        }
        Ok(())
    }
}
