//! The way out: mail is composed here and handed to a relay, text messages to a provider, and their
//! answers brought back.
//!
//! Start with [`worker`] (what is sent when), then [`smtp::Connection::send`] and [`mail`].
//!
//! INVARIANT: nothing here decides whether to send.
//! INVARIANT: a value that reaches a header or a command is of a type that cannot hold a line
//! break.

pub mod carrier;
pub mod catcher;
pub mod dkim;
pub mod mail;
pub mod smtp;
pub mod text;
pub mod worker;
