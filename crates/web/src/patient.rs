//! The person's own pages: what is held, what may be sent, and how to stop it. A signed link opens
//! them; there is no account and no cookie.
//!
//! A link that is forged, altered or expired always gets the same answer ([`door::Opened`]), with
//! a way to ask for a fresh one. Start with [`choices`].
//!
//! INVARIANT: `GET` changes nothing a person chose; link scanners fetch every address.
//! INVARIANT: no page here names a department, a condition, or the person.

mod choices;
mod door;
mod fresh;
mod receipt;
mod unsubscribe;
mod words;

use crate::routes::{Routes, Rule};

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    const LINK: Rule = Rule::SignedLink;
    Routes::new()
        .get("/p/preferences/{token}", LINK, choices::show)
        .post("/p/preferences/{token}", LINK, choices::choose)
        .get("/p/unsubscribe/{token}", LINK, unsubscribe::show)
        .post("/p/unsubscribe/{token}", LINK, unsubscribe::act)
        .post("/p/revoke/{token}", LINK, unsubscribe::revoke)
        .get("/p/receipt/{token}/{entry}", LINK, receipt::text)
        .get("/p/receipt/{token}/{entry}/json", LINK, receipt::json)
        .get("/p/link", Rule::Public, fresh::show)
        .post("/p/link", Rule::Public, fresh::ask)
}
