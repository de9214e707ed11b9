//! The three hashes of RFC 6962, section 2.1.

use aws_lc_rs::digest::{Context, Digest, SHA256, digest};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Entries up to this length are hashed in one call, from the stack.
const SHORT: usize = 1023;

/// The hash of an entry: SHA-256 of a zero byte and the entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut buffer = [0_u8; SHORT + 1];
    match buffer.get_mut(1..=entry.len()) {
        Some(room) => {
            room.copy_from_slice(entry);
            let prefixed = buffer.get(..=entry.len()).unwrap_or_default();
            bytes(digest(&SHA256, prefixed))
        }
        None => {
            let mut context = Context::new(&SHA256);
            context.update(&[0]);
            context.update(entry);
            bytes(context.finish())
        }
    }
}

/// The hash of an inner node: SHA-256 of a one byte and both children.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut buffer = [1_u8; 65];
    let (_, children) = buffer.split_at_mut(1);
    let (first, second) = children.split_at_mut(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    bytes(digest(&SHA256, &buffer))
}

/// The root of a tree without entries: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    bytes(digest(&SHA256, &[]))
}

/// Lower-case hexadecimal, as people compare hashes by eye.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four: u8| char::from(DIGITS.get(usize::from(four)).copied().unwrap_or(b'?'));
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// A hash from its 64 hexadecimal digits; `None` when it is anything else.
#[must_use]
pub fn from_hex(text: &str) -> Option<Hash> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut hash = [0; 32];
    if pairs.len() != hash.len() || !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
        *byte = u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?;
    }
    Some(hash)
}

/// SHA-256 of bytes.
#[must_use]
pub fn sha256(data: &[u8]) -> Hash {
    bytes(digest(&SHA256, data))
}

fn bytes(digest: Digest) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

#[cfg(test)]
pub(crate) mod tests;
