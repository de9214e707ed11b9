//! Sealing what identifies a person, under that person's own key.
//!
//! A sealed value is `1 ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, AES-256-GCM, bound to its table,
//! column and row. Each person's key is random, wrapped by the master key, and stands in
//! `person_keys`; destroying it erases the person.
//!
//! INVARIANT: a key is kept in memory only while the row it came from is known to stand. After a
//! rollback, or when another process wrote, every kept key is dropped.

use std::collections::HashMap;

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use placet_domain::id::PersonId;
use zeroize::Zeroizing;

use crate::among;
use crate::entropy::Entropy;
use crate::error::StoreError;
use crate::keys::sealing_key;
use crate::tx::Tx;

const VERSION: u8 = 1;
const HEAD: usize = 1 + NONCE_LEN;
pub(crate) const WRAPPED: &str = "person_keys.wrapped";

/// How many keys are kept in memory; past it all are dropped and read again.
const KEPT: usize = 1024;

/// The unwrapped keys of people met lately.
#[derive(Default)]
pub(crate) struct Keyring(HashMap<PersonId, LessSafeKey>);

impl Keyring {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn keep(&mut self, person: PersonId, key: LessSafeKey) {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        self.0.insert(person, key);
    }
}

impl Tx {
    /// Seals `plain` under the key of `person`, for one place: `"people.sealed"` and the row's id.
    ///
    /// The person's key is made when there is none yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Erased`] when the person's key was destroyed.
    pub fn seal(
        &mut self,
        person: PersonId,
        column: &str,
        row: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        if !self.has_key(person)? {
            self.make_key(person)?;
        }
        let entropy = self.entropy.clone();
        let key = self.keyring.0.get(&person).ok_or(StoreError::Unavailable)?;
        seal_with(key, &entropy, &place(column, row), plain)
    }

    /// Opens what [`Tx::seal`] sealed for the same place.
    ///
    /// # Errors
    ///
    /// [`StoreError::Erased`] when the person's key was destroyed; [`StoreError::Corrupt`] when
    /// the bytes are not those sealed for this place.
    pub fn open_sealed(
        &mut self,
        person: PersonId,
        column: &str,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let corrupt = || {
            let table = column.split('.').next().unwrap_or(column);
            StoreError::Corrupt {
                table: table.to_owned(),
                id: crate::row::hex(row),
            }
        };
        if !self.has_key(person)? {
            return Err(corrupt());
        }
        let key = self.keyring.0.get(&person).ok_or(StoreError::Unavailable)?;
        open_with(key, &place(column, row), sealed).ok_or_else(corrupt)
    }

    /// Seals a secret of the organization under the master key, for one place.
    ///
    /// # Errors
    ///
    /// When there is no entropy.
    pub(crate) fn seal_own(
        &mut self,
        column: &str,
        row: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        seal_with(
            self.keys.wrapping(),
            &self.entropy,
            &place(column, row),
            plain,
        )
    }

    /// Opens what [`Tx::seal_own`] sealed for the same place; none when it was altered.
    pub(crate) fn open_own(&self, column: &str, row: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        open_with(self.keys.wrapping(), &place(column, row), sealed)
    }

    /// Destroys the key of a person: nothing sealed for them can be opened again, here or in a
    /// copy that is restored beside a later `person_keys`.
    ///
    /// Repeating it is not an error.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn destroy_key(&mut self, person: PersonId) -> Result<(), StoreError> {
        const SQL: &str = "
            insert into person_keys (person_id, wrapped, created_at, destroyed_at)
            values ($1, null, $2, $2)
                on conflict (person_id) do update
               set wrapped = null, destroyed_at = coalesce(person_keys.destroyed_at, $2)";

        let now = self.now();
        self.keyring.0.remove(&person);
        self.execute(SQL, &[&person, &now])?;
        Ok(())
    }

    /// Whether the person was erased.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn is_erased(&mut self, person: PersonId) -> Result<bool, StoreError> {
        const SQL: &str = "
            select destroyed_at
              from person_keys
             where person_id = $1 and destroyed_at is not null";

        Ok(self.find_one(SQL, &[&person])?.is_some())
    }

    /// The keyed hash under which something is looked up; see [`crate::Keys::lookup_hash`].
    #[must_use]
    pub fn lookup_hash(&self, kind: &str, text: &str) -> Vec<u8> {
        self.keys.lookup_hash(kind, text)
    }

    /// Brings the key into the ring; false when the person has none yet.
    fn has_key(&mut self, person: PersonId) -> Result<bool, StoreError> {
        const SQL: &str = "
            select person_id, wrapped, destroyed_at
              from person_keys
             where person_id = $1";

        if self.keyring.0.contains_key(&person) {
            return Ok(true);
        }
        let Some(row) = self.find_one(SQL, &[&person])? else {
            return Ok(false);
        };
        if row.get::<Option<i64>>(2)?.is_some() {
            return Err(StoreError::Erased);
        }
        self.keep_wrapped(person, row.bytes(1)?, &row)?;
        Ok(true)
    }

    /// Brings the keys of everybody between two ids into the ring with one statement, for a reader
    /// that is about to open many. More than the ring holds are brought in vain, not in error.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn bring_keys(&mut self, first: PersonId, last: PersonId) -> Result<(), StoreError> {
        const SQL: &str = "
            select person_id, wrapped
              from person_keys
             where person_id between $1 and $2 and wrapped is not null";

        for row in self.list(SQL, &[&first, &last])? {
            let person: PersonId = row.get(0)?;
            if !self.keyring.0.contains_key(&person) {
                self.keep_wrapped(person, row.bytes(1)?, &row)?;
            }
        }
        Ok(())
    }

    /// Brings the keys of these people into the ring.
    pub(crate) fn bring_keys_of(&mut self, people: &[PersonId]) -> Result<(), StoreError> {
        const SQL: &str = "
            select person_id, wrapped
              from person_keys
             where wrapped is not null and person_id in ($1)";

        for row in among::list(self, SQL, &[], people)? {
            let person: PersonId = row.get(0)?;
            if !self.keyring.0.contains_key(&person) {
                self.keep_wrapped(person, row.bytes(1)?, &row)?;
            }
        }
        Ok(())
    }

    fn keep_wrapped(
        &mut self,
        person: PersonId,
        wrapped: &[u8],
        row: &crate::row::Row,
    ) -> Result<(), StoreError> {
        let place = place(WRAPPED, person.as_bytes());
        let opened = open_with(self.keys.wrapping(), &place, wrapped)
            .map(Zeroizing::new)
            .ok_or_else(|| row.corrupt())?;
        let bytes = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| row.corrupt())?;
        self.keyring
            .keep(person, sealing_key(&Zeroizing::new(bytes)));
        Ok(())
    }

    fn make_key(&mut self, person: PersonId) -> Result<(), StoreError> {
        const SQL: &str = "
            insert into person_keys (person_id, wrapped, created_at)
            values ($1, $2, $3)";

        let bytes = Zeroizing::new(self.entropy.draw::<32>()?);
        let place = place(WRAPPED, person.as_bytes());
        let wrapped = seal_with(self.keys.wrapping(), &self.entropy, &place, bytes.as_ref())?;
        let now = self.now();
        self.execute(SQL, &[&person, &wrapped, &now])?;
        self.keyring.keep(person, sealing_key(&bytes));
        Ok(())
    }
}

/// What a sealed value is bound to: the column's name, its length in front, and the row.
pub(crate) fn place(column: &str, row: &[u8]) -> Vec<u8> {
    let mut place = Vec::with_capacity(4 + column.len() + row.len());
    place.extend_from_slice(
        &u32::try_from(column.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    place.extend_from_slice(column.as_bytes());
    place.extend_from_slice(row);
    place
}

pub(crate) fn seal_with(
    key: &LessSafeKey,
    entropy: &Entropy,
    place: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let nonce = entropy.draw::<NONCE_LEN>()?;
    let mut sealed = Vec::with_capacity(HEAD + plain.len() + 16);
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let body = sealed.get_mut(HEAD..).ok_or(StoreError::Unavailable)?;
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(place), body)
        .map_err(|_| StoreError::Defect)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

fn open_with(key: &LessSafeKey, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (head, body) = sealed.split_at_checked(HEAD)?;
    let nonce = Nonce::try_assume_unique_for_key(head.get(1..)?).ok()?;
    if head.first() != Some(&VERSION) {
        return None;
    }
    let mut body = body.to_vec();
    let length = key
        .open_in_place(nonce, Aad::from(place), &mut body)
        .ok()?
        .len();
    body.truncate(length);
    Some(body)
}
