//! An offline proof that one entry is in the log, after C2SP tlog-proof.
//!
//! The file `*.tlog-proof` carries the entry itself as its extra data, so that the receipt, the
//! verifier key and a verifier are all that anybody needs.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    Checkpoint, Hash, NoteError, VerifyingKey,
    checkpoint::{parse_decimal, parse_hash},
    leaf_hash, note,
    proof::{Refused, verify_inclusion},
};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// One entry, its place, and how it leads to a signed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The place of the entry.
    pub place: u64,
    /// The bytes of the entry, when the receipt carries them.
    pub entry: Option<Vec<u8>>,
    /// The inclusion proof.
    pub path: Vec<Hash>,
    /// The signed checkpoint to which the path leads.
    pub checkpoint: String,
}

/// Why a receipt was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The text is not in the form of a receipt.
    #[error("malformed receipt: {0}")]
    Malformed(&'static str),
    /// The receipt does not carry the entry, and none was given.
    #[error("the receipt does not carry its entry; give the entry beside it")]
    NoEntry,
    /// The checkpoint was refused.
    #[error("the checkpoint of the receipt: {0}")]
    Checkpoint(#[from] NoteError),
    /// The proof does not lead from the entry to the root.
    #[error("the entry is not proved: {0}")]
    Proof(#[from] Refused),
}

impl Receipt {
    /// Checks the receipt by its own entry; gives the checkpoint that vouches for it.
    ///
    /// # Errors
    ///
    /// Fails when the receipt carries no entry, the checkpoint is not signed by a known key, or
    /// the path does not lead from the entry to its root.
    pub fn verify(&self, keys: &[VerifyingKey]) -> Result<Checkpoint, ReceiptError> {
        let entry = self.entry.as_deref().ok_or(ReceiptError::NoEntry)?;
        self.verify_leaf(&leaf_hash(entry), keys)
    }

    /// Checks the receipt for an entry of this leaf hash.
    ///
    /// # Errors
    ///
    /// As [`Receipt::verify`].
    pub fn verify_leaf(
        &self,
        leaf: &Hash,
        keys: &[VerifyingKey],
    ) -> Result<Checkpoint, ReceiptError> {
        let head = Checkpoint::open(&self.checkpoint, keys)?;
        verify_inclusion(leaf, self.place, head.size, &head.root, &self.path)?;
        Ok(head)
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(entry) = &self.entry {
            text.push_str(&format!("extra {}\n", STANDARD.encode(entry)));
        }
        text.push_str(&format!("index {}\n", self.place));
        for hash in &self.path {
            text.push_str(&STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads a file in which words stand above the receipt, as people save it; proves nothing yet.
    /// The words are not proved: only the entry inside the receipt is.
    ///
    /// # Errors
    ///
    /// Fails when no receipt stands in the text.
    pub fn find(text: &str) -> Result<Self, ReceiptError> {
        let text = text.replace("\r\n", "\n");
        let from = match text.find(&format!("\n{HEADER}\n")) {
            Some(before) if !text.starts_with(HEADER) => before + 1,
            _ => 0,
        };
        Self::parse(text.get(from..).unwrap_or_default())
    }

    /// Reads the text of a file; proves nothing yet.
    ///
    /// # Errors
    ///
    /// Fails when the text is not in the form of a receipt.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        use ReceiptError::Malformed;

        if text.len() > 2 * note::MAX_BYTES {
            return Err(Malformed("longer than 128 kB"));
        }
        let (proof, checkpoint) = text.split_once("\n\n").ok_or(Malformed("no checkpoint"))?;
        let mut lines = proof.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(Malformed("first line"));
        }
        let entry = lines
            .next_if(|line| line.starts_with("extra "))
            .map(|line| STANDARD.decode(line.get(6..).unwrap_or_default()))
            .transpose()
            .map_err(|_| Malformed("extra data"))?;
        let place = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(parse_decimal)
            .ok_or(Malformed("index"))?;
        let path = lines
            .map(parse_hash)
            .collect::<Option<_>>()
            .ok_or(Malformed("proof hash"))?;
        Ok(Self {
            place,
            entry,
            path,
            checkpoint: checkpoint.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
