//! Every page and every address of the API, called through the router on a real store.
//!
//! To add a noun: `pages/<noun>.rs`, named below. Start with [`harness::World`].

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "pages/harness.rs"]
mod harness;
#[path = "pages/sign_in.rs"]
mod sign_in;
