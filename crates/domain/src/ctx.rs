//! What an act is told about the moment it runs in: the instant, the actor, the ids to use.
//!
//! INVARIANT: an act learns the time and draws ids here and nowhere else, so that a simulator
//! can run it again and get the same bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;

use crate::id::{RawId, RequestId, TypedId};
use crate::operator::Actor;
use crate::time::Timestamp;

/// The moment, the actor and the ids of one act.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The instant at which the act happens.
    pub now: Timestamp,
    /// Who acts.
    pub actor: Actor,
    /// The request behind it, when it came through the web or the API.
    pub request: Option<RequestId>,
    ids: Arc<Ids>,
}

/// Ids drawn one after the other from a seed.
#[derive(Debug)]
struct Ids {
    seed: [u8; 32],
    drawn: AtomicU64,
}

impl Ctx {
    /// A context whose ids follow from `seed`: random in production, chosen in tests.
    #[must_use]
    pub fn new(now: Timestamp, actor: Actor, seed: [u8; 32]) -> Self {
        Self {
            now,
            actor,
            request: None,
            ids: Arc::new(Ids {
                seed,
                drawn: AtomicU64::new(0),
            }),
        }
    }

    /// The next id; two contexts with the same seed draw the same ids.
    #[must_use]
    pub fn new_id<T: TypedId>(&self) -> T {
        let n = self.ids.drawn.fetch_add(1, Ordering::Relaxed);
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&self.ids.seed);
        hash.update(&n.to_be_bytes());
        let mut entropy = [0; 10];
        entropy
            .iter_mut()
            .zip(hash.finish().as_ref())
            .for_each(|(to, from)| *to = *from);
        T::from(RawId::at(self.now, entropy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PersonId;

    #[test]
    fn the_same_seed_draws_the_same_ids_and_none_twice() {
        let ctx = |seed| Ctx::new(Timestamp::UNIX_EPOCH, Actor::System("test"), [seed; 32]);
        let (one, two) = (ctx(1), ctx(1));
        let first: PersonId = one.new_id();
        assert_eq!(first, two.new_id());
        assert_ne!(first, one.new_id());
        assert_ne!(first, ctx(2).new_id());
    }
}
