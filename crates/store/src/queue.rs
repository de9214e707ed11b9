//! Work that waits for a database thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue that threads wait on until it is closed, or one that does the work where it is asked
/// for.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    news: Condvar,
    here: Mutex<Option<Here<T>>>,
}

/// Does one piece of work on the thread that brings it.
type Here<T> = Box<dyn FnMut(T) + Send>;

struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        let state = State {
            waiting: VecDeque::new(),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            news: Condvar::new(),
            here: Mutex::new(None),
        }
    }

    /// From now on whoever brings work does it, one at a time.
    pub(crate) fn work_here(&self, work: impl FnMut(T) + Send + 'static) {
        *self.lock_here() = Some(Box::new(work));
    }

    /// Adds work; gives it back when the queue is closed.
    pub(crate) fn push(&self, work: T) -> Result<(), T> {
        if let Some(here) = self.lock_here().as_mut() {
            here(work);
            return Ok(());
        }
        let mut state = self.lock();
        if state.closed {
            return Err(work);
        }
        state.waiting.push_back(work);
        drop(state);
        self.news.notify_one();
        Ok(())
    }

    /// Waits for work and takes up to `most`; none once the queue is closed and empty.
    pub(crate) fn take(&self, most: usize) -> Option<VecDeque<T>> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.closed {
                return None;
            }
            state = self
                .news
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let count = most.min(state.waiting.len());
        Some(state.waiting.drain(..count).collect())
    }

    /// Lets the threads finish what waits and end.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        *self.lock_here() = None;
        self.news.notify_all();
    }

    fn lock_here(&self) -> MutexGuard<'_, Option<Here<T>>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
