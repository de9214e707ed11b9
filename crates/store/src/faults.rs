//! Failures on demand, for tests and the simulator.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::StoreError;

/// What goes wrong at a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full: nothing is kept, and the store goes on.
    Full,
    /// The disk fails: nothing is kept, and the store goes on.
    Unavailable,
    /// The process dies before the commit: nothing is kept, nobody is answered with success, and
    /// the store takes nothing more. Open it again.
    CrashBefore,
    /// The process dies after the commit: everything is kept, yet nobody is answered with success,
    /// and the store takes nothing more. Open it again.
    CrashAfter,
}

/// The failures to come. Empty by default; clones share one list.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    commits: u64,
    planned: BTreeMap<u64, Fault>,
    is_dead: bool,
    is_reborn: bool,
    page_limit: Option<u32>,
}

impl Faults {
    /// Plans a fault: at the next commit when `after` is 0, else after so many good ones.
    pub fn plan(&self, after: u64, fault: Fault) {
        let mut plan = self.lock();
        let at = plan.commits + after;
        plan.planned.insert(at, fault);
    }

    /// Lets the file grow to so many pages and no further: a disk that is really full, found in
    /// the middle of a statement. SQLite only; none lifts it.
    pub fn limit_pages(&self, limit: Option<u32>) {
        self.lock().page_limit = limit;
    }

    /// Whether a crash was simulated.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.lock().is_dead
    }

    /// Lets a store that died go on as one that was opened again: what is still planned does not
    /// happen, and what memory holds of the rows is read anew.
    pub fn revive(&self) {
        let mut plan = self.lock();
        plan.planned.clear();
        plan.is_dead = false;
        plan.is_reborn = true;
    }

    /// Whether it was revived since this was asked last.
    pub(crate) fn take_reborn(&self) -> bool {
        std::mem::take(&mut self.lock().is_reborn)
    }

    /// Commits by way of the plan.
    pub(crate) fn commit(
        &self,
        commit: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let planned = {
            let mut plan = self.lock();
            let at = plan.commits;
            plan.commits += 1;
            plan.planned.remove(&at)
        };
        match planned {
            None => commit(),
            Some(Fault::Full) => Err(StoreError::Full),
            Some(Fault::Unavailable) => Err(StoreError::Unavailable),
            Some(Fault::CrashBefore) => {
                self.lock().is_dead = true;
                Err(StoreError::Unavailable)
            }
            Some(Fault::CrashAfter) => {
                let _ = commit();
                self.lock().is_dead = true;
                Err(StoreError::Unavailable)
            }
        }
    }

    pub(crate) fn page_limit(&self) -> Option<u32> {
        self.lock().page_limit
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
