//! One act or read, from the door to a database thread and back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use placet_domain::ctx::Ctx;

use crate::error::StoreError;
use crate::tx::Tx;

/// What a database thread does with an act or a read, not knowing its types.
pub(crate) trait Job: Send {
    /// The context of an act; none for a read.
    fn ctx(&self) -> Option<&Ctx>;

    /// Runs it; again when the engine asks for it. Answers whether it wants to be kept.
    fn run(&mut self, tx: &mut Tx) -> bool;

    /// Answers whoever asked: what it gave when `verdict` is that it was kept, else why not.
    fn settle(self: Box<Self>, verdict: Result<(), StoreError>);
}

pub(crate) struct Asked<F, T, E, A> {
    pub(crate) f: F,
    pub(crate) ctx: Option<Ctx>,
    pub(crate) outcome: Option<Result<T, E>>,
    pub(crate) answer: A,
}

impl<F, T, E, A> Job for Asked<F, T, E, A>
where
    F: FnMut(&mut Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
    A: FnOnce(Result<T, E>) + Send,
{
    fn ctx(&self) -> Option<&Ctx> {
        self.ctx.as_ref()
    }

    fn run(&mut self, tx: &mut Tx) -> bool {
        // A panic costs this act alone; what it wrote is rolled back by the caller.
        let ran = catch_unwind(AssertUnwindSafe(|| (self.f)(tx)));
        let outcome = ran.unwrap_or_else(|_| Err(StoreError::Defect.into()));
        let is_wanted = outcome.is_ok();
        self.outcome = Some(outcome);
        is_wanted
    }

    fn settle(self: Box<Self>, verdict: Result<(), StoreError>) {
        (self.answer)(match (verdict, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            // Its own refusal says more than the rollback that follows from it.
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(StoreError::Unavailable.into()),
        });
    }
}
