//! HL7 v2 over the wire: MLLP frames in, acknowledgements out, and the other way round.
//!
//! A message is acknowledged only after its [`Taker`] says that it is durable. Start with
//! [`listen`]; [`frame`] is the framing, [`ack`] the answer, [`client`] the sending side, [`tls`] the cover of both.
//!
//! INVARIANT: raw messages stay on the thread that read them; a taker gets what a flow let
//! through, with hashes of everything else.
//! INVARIANT: an answer holds nothing of a message but what its header says of sender and number.

pub mod ack;
pub mod client;
pub mod frame;
pub mod kept;
pub mod listen;
#[cfg(test)]
mod tests;
pub mod tls;

use placet_domain::arrival::Arrival;

/// A message that passed a flow.
pub struct Message {
    /// The sending application and facility, as the header says them, hashed.
    pub sender: [u8; 32],
    /// The sender's number of it, hashed.
    pub control_id: [u8; 32],
    /// The hash of the bytes as they came.
    pub content_hash: [u8; 32],
    /// What was let through, as HL7 v2.
    pub released: String,
    /// What it says.
    pub arrivals: Vec<Arrival>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is durable, or it was before.
    Taken,
    /// It could not be kept now; the sender should send it again.
    NotNow,
}

/// Who makes messages durable: the store, or the spool.
pub trait Taker: Send {
    /// Takes some messages, in their order; one verdict each.
    fn take(&mut self, messages: Vec<Message>) -> Vec<Verdict>;
}
