//! A file on its way: while it is read, the fetch is kept in our hands, and reading ends when it is stopped.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use placet_app::{Ctx, fetch};
use placet_domain::id::FetchId;
use placet_domain::operator::{Actor, Capability};
use placet_domain::time::Timestamp;
use placet_store::Store;

use super::Clock;
use crate::clock;

/// After so many seconds the hold is renewed.
const RENEW_SECONDS: i64 = 20;

pub(super) struct Watched<R> {
    inner: R,
    store: Store,
    clock: Clock,
    stop: Arc<AtomicBool>,
    fetch: FetchId,
    renewed_at: Timestamp,
}

impl<R: Read> Watched<R> {
    pub(super) fn new(
        inner: R,
        store: Store,
        clock: Clock,
        stop: Arc<AtomicBool>,
        fetch: FetchId,
    ) -> Self {
        let renewed_at = clock();
        Self {
            inner,
            store,
            clock,
            stop,
            fetch,
            renewed_at,
        }
    }

    /// Whether reading may go on.
    fn goes_on(&mut self) -> bool {
        if self.stop.load(Ordering::Acquire) {
            return false;
        }
        let now = (self.clock)();
        if now.as_second().saturating_sub(self.renewed_at.as_second()) < RENEW_SECONDS {
            return true;
        }
        self.renewed_at = now;
        let ctx = Ctx::new(now, Actor::System("fetch"), clock::entropy());
        let Ok(grant) = ctx.actor.may(Capability::ImportPeople) else {
            return false;
        };
        let id = self.fetch;
        let kept = self
            .store
            .act_blocking(grant, &ctx, move |tx, ctx| fetch::keep_hold(tx, ctx, id));
        kept.unwrap_or(false)
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.goes_on() {
            return Err(io::Error::other("stopped"));
        }
        self.inner.read(buffer)
    }
}
