//! The way out: mail is composed here, handed to a relay, and its answer brought back.
//!
//! Start with [`smtp::Connection::send`]; then [`mail`] (what a message looks like).
//!
//! INVARIANT: nothing here decides whether to send.
//! INVARIANT: a value that reaches a header or a command is of a type that cannot hold a line
//! break.

pub mod catcher;
pub mod mail;
pub mod smtp;
