//! Sealing for people who may be new, away from the database and ahead of it.
//!
//! A key can be made before anybody knows whether its person is new: it counts only once its row
//! stands, and is forgotten otherwise.

use aws_lc_rs::aead::LessSafeKey;
use placet_domain::id::PersonId;
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::error::StoreError;
use crate::keys::{Keys, sealing_key};
use crate::seal::{WRAPPED, place, seal_with};
use crate::tx::Tx;

/// Hashes and seals without a transaction.
#[derive(Clone)]
pub struct Sealer {
    keys: Keys,
    entropy: Entropy,
}

/// The key of one person, and the form in which it is kept.
pub(crate) struct NewKey {
    key: LessSafeKey,
    pub(crate) wrapped: Vec<u8>,
}

impl Sealer {
    pub(crate) fn new(keys: Keys, entropy: Entropy) -> Self {
        Self { keys, entropy }
    }

    /// The keyed hash under which something is looked up; see [`Keys::lookup_hash`].
    #[must_use]
    pub fn lookup_hash(&self, kind: &str, text: &str) -> Vec<u8> {
        self.keys.lookup_hash(kind, text)
    }

    pub(crate) fn make_key(&self, person: PersonId) -> Result<NewKey, StoreError> {
        let bytes = Zeroizing::new(self.entropy.draw::<32>()?);
        let place = place(WRAPPED, person.as_bytes());
        Ok(NewKey {
            wrapped: seal_with(self.keys.wrapping(), &self.entropy, &place, bytes.as_ref())?,
            key: sealing_key(&bytes),
        })
    }

    pub(crate) fn seal(
        &self,
        key: &NewKey,
        column: &str,
        row: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        seal_with(&key.key, &self.entropy, &place(column, row), plain)
    }
}

impl Tx {
    /// What seals for people whom this transaction brings in.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        Sealer::new(self.keys.clone(), self.entropy.clone())
    }
}
