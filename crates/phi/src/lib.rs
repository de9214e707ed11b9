//! Finds what identifies a person in text and tables, and takes it out.
//!
//! [`Scanner::scan`] reads one text and gives [`Span`]s; [`redact`] writes it again without them. One pass cuts the text
//! into tokens with what the dictionary says of each word; rules start at the tokens that can begin something, and look a
//! bounded way around, so the cost grows with the length of the text and with nothing else.
//!
//! INVARIANT: same text, same options, same answer; no file, no clock, no network.
//! INVARIANT: spans are sorted, do not overlap, and stand on character boundaries.
//! Start reading at `rules.rs`.

#![allow(
    clippy::nonminimal_bool,
    reason = "a rule is written as it is said, not as it is shortest"
)]

pub mod dictionary;
mod encoded;
pub mod fold;
mod key;
mod redact;
mod rules;
pub mod safe_harbor;
mod scan;
pub mod score;
mod span;
mod stream;
mod token;
mod view;
mod work;

pub use encoded::decode_text;
pub use key::Key;
pub use redact::{mask, redact, redact_into};
pub use scan::{Options, Profile, Scanner};
pub use span::{Span, Type};
pub use stream::{Piece, Stream};
