//! Faults played on purpose: which message, at which point, what happens.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A point in the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before the greeting.
    Greeting,
    /// In place of the answer to `EHLO`.
    Hello,
    /// In place of the answer to `MAIL`.
    Mail,
    /// In place of the answer to `RCPT`.
    Rcpt,
    /// In place of the answer to `DATA`.
    Data,
    /// After the first bytes of the content.
    Content,
    /// After the final dot, before responsibility is taken.
    Dot,
    /// After responsibility is taken, before the answer.
    Answer,
}

/// What happens there.
#[derive(Clone)]
pub enum Fault {
    /// Nothing more is said until the client leaves.
    Stall,
    /// The connection ends.
    Close,
    /// These bytes are said instead; nothing else happens to the session.
    Say(String),
    /// The answer waits until the gate is opened.
    Wait(Gate),
}

/// A gate that a test opens when it has seen enough.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Lets everybody through from now on.
    pub fn open(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Waits until it is open.
    pub fn pass(&self) {
        let closed = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.1.wait_while(closed, |open| !*open));
    }
}

type Play = dyn Fn(Point, u64) -> Option<Fault> + Send + Sync;

/// Says, for a point and the number of the transaction (from zero, over all connections; the
/// greeting and `EHLO` see the number that comes next), which fault to play.
#[derive(Clone, Default)]
pub struct Script(Option<Arc<Play>>);

impl Script {
    /// A script from a function.
    #[must_use]
    pub fn new(play: impl Fn(Point, u64) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(play)))
    }

    /// One fault, at one point of one transaction.
    #[must_use]
    pub fn once(at: Point, number: u64, fault: Fault) -> Self {
        Self::new(move |point, n| (point == at && n == number).then(|| fault.clone()))
    }

    /// One fault, at one point of every transaction.
    #[must_use]
    pub fn always(at: Point, fault: Fault) -> Self {
        Self::new(move |point, _| (point == at).then(|| fault.clone()))
    }

    pub(super) fn play(&self, point: Point, number: u64) -> Option<Fault> {
        self.0.as_ref().and_then(|play| play(point, number))
    }
}
