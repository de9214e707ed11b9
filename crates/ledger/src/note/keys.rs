//! Ed25519 keys with a name, as signed notes use them.

use std::{fmt, str::FromStr};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    Checkpoint, Hash,
    hash::{sha256, to_hex},
};

/// The signature type of Ed25519 in signed notes.
const ED25519_TYPE: u8 = 1;

/// Why a key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is empty or holds a space, a plus sign or a control character.
    #[error("a key name must not be empty nor hold a space, a plus sign or a control character")]
    Name,
    /// The text is not `name+hex+base64`.
    #[error("a verifier key is written as name+hex+base64")]
    Form,
    /// The key hash does not belong to the name and the key.
    #[error("the hash in the verifier key does not fit its name and key")]
    Hash,
    /// Not an Ed25519 key.
    #[error("not an Ed25519 key")]
    Algorithm,
}

/// The public half: who may be believed to have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    public: [u8; 32],
}

impl VerifyingKey {
    /// The Ed25519 public key of this name.
    ///
    /// # Errors
    ///
    /// Fails when the name cannot stand in a note.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        Ok(Self {
            name: name.to_owned(),
            public,
        })
    }

    /// The name that stands in signature lines.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256 over name, line feed, type and public key.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] =
            sha256(&[self.name.as_bytes(), b"\n", &[ED25519_TYPE], &self.public].concat());
        [a, b, c, d]
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Whether this key signed these bytes.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [[ED25519_TYPE].as_slice(), &self.public].concat();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            to_hex(&self.id()),
            STANDARD.encode(key)
        )
    }
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        // The base64 part may hold plus signs of its own.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(KeyError::Form);
        };
        let bytes = STANDARD.decode(encoded).map_err(|_| KeyError::Form)?;
        let (algorithm, public) = bytes.split_first().ok_or(KeyError::Form)?;
        if *algorithm != ED25519_TYPE {
            return Err(KeyError::Algorithm);
        }
        let key = Self::new(name, public.try_into().map_err(|_| KeyError::Algorithm)?)?;
        if to_hex(&key.id()) == id {
            Ok(key)
        } else {
            Err(KeyError::Hash)
        }
    }
}

/// The secret half. Its name is the origin of the log that it signs for.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    verifying: VerifyingKey,
}

impl SigningKey {
    /// The key that grows from a seed of 32 random bytes.
    ///
    /// # Errors
    ///
    /// Fails when the name cannot stand in a note.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Algorithm)?;
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| KeyError::Algorithm)?;
        let verifying = VerifyingKey::new(name, public)?;
        Ok(Self { pair, verifying })
    }

    /// The public half.
    #[must_use]
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The name, which is the origin of the log.
    #[must_use]
    pub fn name(&self) -> &str {
        self.verifying.name()
    }

    /// A head of the log of this key, yet to be signed.
    #[must_use]
    pub fn checkpoint(&self, size: u64, root: Hash) -> Checkpoint {
        Checkpoint {
            origin: self.name().to_owned(),
            size,
            root,
            extensions: Vec::new(),
        }
    }

    pub(super) fn id(&self) -> [u8; 4] {
        self.verifying.id()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("verifying", &self.verifying)
            .finish_non_exhaustive()
    }
}

pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}
