//! What was held of a batch's people before the first of them was taken, and what the batch has
//! changed of it since.
//!
//! INVARIANT: whoever the batch itself may have touched is unclear, never new or the same.

use std::collections::{HashMap, HashSet};

use placet_domain::person::Identity;
use placet_store::imports::{self, Met};
use placet_store::{StoreError, Tx};

use super::prepare::Ready;

/// How one arrival stands to what is held.
pub(super) enum Standing {
    /// Nobody is held under this id, and nobody with this name and date of birth.
    New,
    /// They are held, and nothing is new.
    Same {
        /// Whether they were erased.
        is_erased: bool,
    },
    /// They must be looked up.
    Unclear,
}

pub(super) struct Held<'b> {
    met: HashMap<Vec<u8>, Met>,
    twins: HashSet<Vec<u8>>,
    came: HashSet<&'b [u8]>,
    came_as: HashSet<&'b [u8]>,
    renamed: HashSet<Vec<u8>>,
    is_stale: bool,
}

impl<'b> Held<'b> {
    pub(super) fn ask(
        tx: &mut Tx,
        source: &str,
        ready: &[Option<Ready>],
    ) -> Result<Self, StoreError> {
        let ready = || ready.iter().flatten();
        // In the order of the index.
        let mut references: Vec<&[u8]> = ready().map(Ready::reference).collect();
        references.sort_unstable();
        let mut twins: Vec<&[u8]> = ready().filter_map(Ready::twin).collect();
        twins.sort_unstable();
        Ok(Self {
            met: imports::list_met(tx, source, &references)?,
            twins: imports::list_known(tx, &twins)?,
            came: HashSet::with_capacity(references.len()),
            came_as: HashSet::with_capacity(twins.len()),
            renamed: HashSet::new(),
            is_stale: false,
        })
    }

    /// How this arrival stands, which from now on has come.
    pub(super) fn standing(&mut self, ready: &'b Ready) -> Standing {
        let came = !self.came.insert(ready.reference());
        let twin = ready.twin();
        let came_as = twin.is_some_and(|twin| !self.came_as.insert(twin));
        let is_twin = twin.is_some_and(|twin| {
            came_as || self.twins.contains(twin) || self.renamed.contains(twin)
        });
        if came || self.is_stale {
            return Standing::Unclear;
        }
        match self.met.get(ready.reference()) {
            Some(met) if met.known.content_hash == ready.source().content_hash => Standing::Same {
                is_erased: met.is_erased,
            },
            None if !is_twin => Standing::New,
            _ => Standing::Unclear,
        }
    }

    /// Somebody has another name or date of birth than before.
    pub(super) fn renamed(&mut self, tx: &Tx, identity: &Identity) {
        self.renamed
            .extend(imports::twin_lookup(&tx.sealer(), identity));
    }

    /// Who is known by which id has changed.
    pub(super) fn forget(&mut self) {
        self.is_stale = true;
    }
}
