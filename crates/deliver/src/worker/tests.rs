//! The outbox and its worker: real store, real gate, real SMTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod core;
mod faults;
mod outbox;
mod stage;
