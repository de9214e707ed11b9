//! How to verify the log without trusting this program.

use axum::extract::State;
use maud::{Markup, html};

use super::frame;
use crate::components::{code_block, definitions};
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: the key, the commands, and what each would find.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Markup {
    let key = site.store().ledger_key().to_string();
    let lead = "You need the public key, the log, and any verifier that reads its form.";
    frame(
        &viewer,
        "/ledger/offline",
        "Verify offline",
        lead,
        &html! {
            h2 { "The public key" }
            p { "Write it down somewhere else today. Who holds it can check every receipt of this log." }
            (code_block(&key))
            h2 { "The whole log" }
            p { "On this machine or on a copy of the database. It reads only, and needs no secret." }
            (code_block("placet ledger verify --key ledger-key.txt"))
            h2 { "One receipt" }
            p { "Download it from its entry. It holds the entry, the proof and the signed head." }
            (code_block("placet ledger verify --key ledger-key.txt --receipt entry-42.tlog-proof"))
            h2 { "Against a checkpoint you kept" }
            p { "A log cannot show that its own end was cut off. A checkpoint kept elsewhere can." }
            (code_block("placet ledger verify --key ledger-key.txt --checkpoint kept-in-march.txt"))
            h2 { "With another program" }
            p { "The log is exported as static files in the form of C2SP tlog-tiles; proofs follow RFC 6962." }
            (code_block("placet ledger export log-copy"))
            h2 { "What is found" }
            (definitions(&[
                ("A changed byte", html! { "Its leaf does not lead to the root: the place is named." }),
                ("A row taken out or put in", html! { "Every later root differs: the first place is named." }),
                ("A cut end", html! { "Found against any checkpoint kept elsewhere." }),
                ("A false date", html! { "Entries stand between signed heads that carry their time." }),
            ]))
        },
    )
}
