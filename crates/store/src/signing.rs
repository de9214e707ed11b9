//! Keys that sign our mail. Both tables only grow; the secret half is sealed under the master key.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use aws_lc_rs::{rand::SystemRandom, rsa};
use placet_domain::id::SigningKeyId;
use placet_domain::signing::{Algorithm, SigningKey, Turn};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

const SEALED: &str = "signing_keys.sealed";

/// A key fresh from the generator: the secret half as PKCS #8, the public half as the domain's
/// record holds it.
pub struct FreshKey {
    /// How it signs.
    pub algorithm: Algorithm,
    public: Vec<u8>,
    secret: Zeroizing<Vec<u8>>,
}

impl FreshKey {
    /// Makes one; slow for RSA, so outside of any act.
    ///
    /// # Errors
    ///
    /// When the system gives no randomness.
    pub fn make(algorithm: Algorithm) -> Result<Self, StoreError> {
        let unavailable = |_| StoreError::Unavailable;
        let (public, secret) = match algorithm {
            Algorithm::Rsa => {
                let pair = rsa::KeyPair::generate(KeySize::Rsa2048).map_err(unavailable)?;
                let secret = aws_lc_rs::encoding::AsDer::<Pkcs8V1Der<'_>>::as_der(&pair)
                    .map_err(unavailable)?;
                let public: PublicKeyX509Der<'_> =
                    pair.public_key().as_der().map_err(unavailable)?;
                (public.as_ref().to_vec(), secret.as_ref().to_vec())
            }
            Algorithm::Ed25519 => {
                let secret =
                    Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(unavailable)?;
                let pair = Ed25519KeyPair::from_pkcs8(secret.as_ref())
                    .map_err(|_| StoreError::Unavailable)?;
                (
                    pair.public_key().as_ref().to_vec(),
                    secret.as_ref().to_vec(),
                )
            }
        };
        Ok(Self {
            algorithm,
            public,
            secret: Zeroizing::new(secret),
        })
    }

    /// The secret half, as PKCS #8.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.public
    }
}

/// Adds a key, not used yet.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, key: &SigningKey, fresh: &FreshKey, by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into signing_keys (id, domain, selector, algorithm, public, sealed, made_at, made_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    let sealed = tx.seal_own(SEALED, key.id.as_bytes(), &fresh.secret)?;
    tx.execute(
        SQL,
        &[
            &key.id,
            &key.domain,
            &key.selector,
            &key.algorithm.as_str(),
            &key.public,
            &sealed,
            &key.made_at,
            &by,
        ],
    )?;
    Ok(())
}

/// Records that a key is used or ended; false when that was recorded before.
///
/// # Errors
///
/// When the store fails.
pub fn add_turn(tx: &mut Tx, id: SigningKeyId, turn: Turn, by: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into signing_key_turns (key_id, turn, at, by)
        values ($1, $2, $3, $4)
            on conflict (key_id, turn) do nothing";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &turn.as_str(), &now, &by])? > 0)
}

const COLUMNS: &str = "
        select k.id, k.domain, k.selector, k.algorithm, k.public, k.made_at,
               exists (select 1 from signing_key_turns t where t.key_id = k.id and t.turn = 'used'),
               exists (select 1 from signing_key_turns t where t.key_id = k.id and t.turn = 'ended'),
               k.sealed
          from signing_keys k
         order by k.made_at desc, k.id desc";

/// Every key, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<SigningKey>, StoreError> {
    tx.list(COLUMNS, &[])?.iter().map(key_from).collect()
}

/// A key with its secret half, as PKCS #8.
pub type WithSecret = (SigningKey, Zeroizing<Vec<u8>>);

/// The keys that sign now.
///
/// # Errors
///
/// When the store fails, or a secret cannot be opened.
pub fn list_used(tx: &mut Tx) -> Result<Vec<WithSecret>, StoreError> {
    let mut found = Vec::new();
    for row in tx.list(COLUMNS, &[])? {
        let key = key_from(&row)?;
        if key.turn == Turn::Used {
            let secret = tx.open_own(SEALED, key.id.as_bytes(), row.bytes(8)?);
            found.push((key, Zeroizing::new(secret.ok_or_else(|| row.corrupt())?)));
        }
    }
    Ok(found)
}

fn key_from(row: &Row) -> Result<SigningKey, StoreError> {
    let (is_used, is_ended): (bool, bool) = (row.get(6)?, row.get(7)?);
    Ok(SigningKey {
        id: row.get(0)?,
        domain: row.get(1)?,
        selector: row.get(2)?,
        algorithm: row.code(3, Algorithm::find)?,
        public: row.get(4)?,
        made_at: row.get(5)?,
        turn: match (is_used, is_ended) {
            (_, true) => Turn::Ended,
            (true, false) => Turn::Used,
            (false, false) => Turn::Made,
        },
    })
}
