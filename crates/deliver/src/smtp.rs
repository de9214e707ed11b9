//! A small SMTP client on blocking sockets: one connection, one thread, many messages.
//!
//! `MAIL`, `RCPT` and `DATA` leave in one write when the relay allows it, Nagle's delay is off,
//! and the connection is kept. Start with [`Connection::send`].
//!
//! INVARIANT: nothing that could end a line early reaches the wire: addresses are
//! [`Address`], the content is [`Content`], and both refuse it when they are made.
//! INVARIANT: credentials travel over TLS or to this machine itself, and never into a dialogue.

mod address;
mod connection;
mod content;
mod dialogue;
mod relay;
mod reply;
mod stream;

#[cfg(test)]
mod tests;

pub use address::{Address, BadAddress};
pub use connection::{Connection, OpenError};
pub use content::{BadContent, Content};
pub use dialogue::{Dialogue, scrub};
pub use relay::{Credentials, Relay, Timeouts, TlsPolicy};
pub use reply::{BadReply, Reply};
