//! Work that waits for a database thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue that threads wait on until it is closed.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    news: Condvar,
}

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
        }
    }

    /// Adds work; gives it back when the queue is closed.
    pub(crate) fn push(&self, work: T) -> Result<(), T> {
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
        self.news.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
