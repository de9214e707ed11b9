//! The master key and what is derived from it.
//!
//! One file of 32 random bytes opens everything; each use has its own key (HKDF-SHA-256), so that
//! none can stand in for another. Keep a copy of the file away from the database and its backups.
//!
//! INVARIANT: no secret is printed, compared in variable time or left in memory when dropped.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::error::KeyError;

/// The keys of one installation.
#[derive(Clone)]
pub struct Keys(Arc<Derived>);

struct Derived {
    wrapping: LessSafeKey,
    lookup: hmac::Key,
    link: hmac::Key,
    check: hmac::Key,
    ledger_seed: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

struct Length32;

impl KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

impl Keys {
    /// Derives every key from the master key, and wipes the copy it was given.
    #[must_use]
    pub fn from_master(master: [u8; 32]) -> Self {
        let master = Zeroizing::new(master);
        let derive = |purpose: &str| {
            let mut key = Zeroizing::new([0; 32]);
            let prk = Salt::new(HKDF_SHA256, b"placet/v1").extract(master.as_ref());
            let info = [purpose.as_bytes()];
            let filled = prk
                .expand(&info, Length32)
                .and_then(|okm| okm.fill(key.as_mut()));
            debug_assert!(filled.is_ok(), "HKDF gives 32 bytes");
            key
        };
        let mac = |purpose| hmac::Key::new(HMAC_SHA256, derive(purpose).as_ref());
        Self(Arc::new(Derived {
            wrapping: sealing_key(&derive("person keys")),
            lookup: mac("lookups"),
            link: mac("links"),
            check: mac("check"),
            ledger_seed: derive("ledger"),
        }))
    }

    /// Reads the master key file.
    ///
    /// # Errors
    ///
    /// When it is absent, of another length, or readable by others.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let place = || path.display().to_string();
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => KeyError::Missing(place()),
            kind => KeyError::Unreadable {
                place: place(),
                kind,
            },
        };
        if is_exposed(&fs::metadata(path).map_err(unreadable)?) {
            return Err(KeyError::Exposed(place()));
        }
        let bytes = Zeroizing::new(fs::read(path).map_err(unreadable)?);
        let master = <[u8; 32]>::try_from(bytes.as_slice());
        Ok(Self::from_master(
            master.map_err(|_| KeyError::Malformed(place()))?,
        ))
    }

    /// Creates a master key file that only its owner may read.
    ///
    /// # Errors
    ///
    /// When there is one already, or the folder cannot be written.
    pub fn create(path: &Path, entropy: &Entropy) -> Result<Self, KeyError> {
        let place = || path.display().to_string();
        let unwritable = |error: std::io::Error| match error.kind() {
            ErrorKind::AlreadyExists => KeyError::Exists(place()),
            kind => KeyError::Unreadable {
                place: place(),
                kind,
            },
        };
        let no_entropy = |_| KeyError::Unreadable {
            place: place(),
            kind: ErrorKind::Other,
        };
        let master = Zeroizing::new(entropy.draw::<32>().map_err(no_entropy)?);
        let mut file = private().open(path).map_err(unwritable)?;
        file.write_all(master.as_ref()).map_err(unwritable)?;
        file.sync_all().map_err(unwritable)?;
        Ok(Self::from_master(*master))
    }

    /// Signs what a link says, for one purpose.
    #[must_use]
    pub fn sign_link(&self, purpose: &str, said: &[u8]) -> [u8; 32] {
        first_32(hmac_of(&self.0.link, purpose, said).as_ref())
    }

    /// Whether a link's signature is ours; takes the same time for any answer.
    #[must_use]
    pub fn is_our_link(&self, purpose: &str, said: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.0.link, &framed(purpose, said), signature).is_ok()
    }

    /// The keyed hash under which something is looked up: `kind` keeps e-mail addresses apart from
    /// names and logins, `text` is in canonical form.
    #[must_use]
    pub fn lookup_hash(&self, kind: &str, text: &str) -> Vec<u8> {
        hmac_of(&self.0.lookup, kind, text.as_bytes())
            .as_ref()
            .to_vec()
    }

    pub(crate) fn wrapping(&self) -> &LessSafeKey {
        &self.0.wrapping
    }

    pub(crate) fn ledger_seed(&self) -> &[u8; 32] {
        &self.0.ledger_seed
    }

    /// What a database remembers of its keys, so that a foreign key is refused at once.
    pub(crate) fn check(&self, instance: &str) -> String {
        crate::row::hex(hmac_of(&self.0.check, "instance", instance.as_bytes()).as_ref())
    }
}

/// A key for AES-256-GCM.
pub(crate) fn sealing_key(bytes: &[u8; 32]) -> LessSafeKey {
    #[expect(clippy::expect_used, reason = "AES-256 takes every 32 bytes")]
    let unbound = UnboundKey::new(&AES_256_GCM, bytes).expect("32 bytes");
    LessSafeKey::new(unbound)
}

fn hmac_of(key: &hmac::Key, purpose: &str, said: &[u8]) -> hmac::Tag {
    hmac::sign(key, &framed(purpose, said))
}

/// The length in front keeps ("ab", "c") and ("a", "bc") apart.
fn framed(purpose: &str, said: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(4 + purpose.len() + said.len());
    framed.extend_from_slice(
        &u32::try_from(purpose.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    framed.extend_from_slice(purpose.as_bytes());
    framed.extend_from_slice(said);
    framed
}

fn first_32(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    array
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options
}

#[cfg(test)]
mod tests;
