//! The seal of a snapshot: AES-256-GCM under a key of its own, drawn from the master key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use placet_store::Keys;

/// A snapshot could not be sealed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the snapshot could not be sealed")]
pub struct Unsealed;

fn key(keys: &Keys, instance: &str) -> Option<LessSafeKey> {
    // A keyed hash nobody is ever shown; its purpose keeps it apart from the signatures of links.
    let bytes = keys.sign_link("seal of the population index", instance.as_bytes());
    UnboundKey::new(&AES_256_GCM, &bytes)
        .ok()
        .map(LessSafeKey::new)
}

/// Seals a snapshot; the nonce, which must be random, stands at its end.
///
/// # Errors
///
/// When it is longer than the cipher takes.
pub fn close(
    mut bytes: Vec<u8>,
    keys: &Keys,
    instance: &str,
    nonce: [u8; NONCE_LEN],
) -> Result<Vec<u8>, Unsealed> {
    let key = key(keys, instance).ok_or(Unsealed)?;
    let sealing = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(sealing, Aad::from(instance.as_bytes()), &mut bytes)
        .map_err(|_| Unsealed)?;
    bytes.extend(nonce);
    Ok(bytes)
}

/// Opens it; none when it was changed, or sealed elsewhere.
#[must_use]
pub fn open(mut bytes: Vec<u8>, keys: &Keys, instance: &str) -> Option<Vec<u8>> {
    let end = bytes.len().checked_sub(NONCE_LEN)?;
    let nonce: [u8; NONCE_LEN] = bytes.get(end..)?.try_into().ok()?;
    bytes.truncate(end);
    let opening = Nonce::assume_unique_for_key(nonce);
    let plain =
        key(keys, instance)?.open_in_place(opening, Aad::from(instance.as_bytes()), &mut bytes);
    let n = plain.ok()?.len();
    bytes.truncate(n);
    Some(bytes)
}
