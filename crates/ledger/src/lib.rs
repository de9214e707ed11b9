//! The Merkle log: an append-only tree over opaque entries, signed heads, and proofs.
//!
//! Hashing after RFC 6962; tiles, notes and checkpoints after the C2SP specifications
//! tlog-tiles, signed-note, tlog-checkpoint and tlog-proof, so that verifiers that we did not
//! write can check us.
//!
//! INVARIANT: nothing here knows what an entry means, and nothing here does I/O, reads a clock
//! or draws a random number.
//!
//! Start reading at [`Frontier`], then [`tile::Builder`], [`proof`] and [`verify::Verifier`].

pub mod checkpoint;
pub mod export;
mod frontier;
mod hash;
pub mod note;
pub mod proof;
pub mod receipt;
#[cfg(test)]
mod sample;
pub mod tile;
pub mod verify;

pub use checkpoint::Checkpoint;
pub use frontier::{Frontier, HashReader, WrongParts};
pub use hash::{Hash, empty_root, from_hex, leaf_hash, node_hash, sha256, to_hex};
pub use note::{KeyError, NoteError, SigningKey, VerifyingKey};
