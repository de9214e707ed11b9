//! The signed heads of the log, and that each later one continues the earlier.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::ledger::{self, Consistency};
use placet_ledger::{VerifyingKey, proof, to_hex};
use placet_store::ledger::{self as stored, StoredCheckpoint};

use super::{frame, number_of};
use crate::account::Read;
use crate::components::field::Field;
use crate::components::notice::{Why, done, refusal};
use crate::components::table::{Table, filters, pages};
use crate::components::{code_block, definitions, empty, hash, number, quiet_link, time};
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

const ON_A_PAGE: u64 = 50;

/// `GET`: the signed heads, the largest first.
pub async fn list(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let below = number_of(&query, "after")?;
    let read = move |tx: &mut placet_store::Tx| -> Read<_> {
        stored::list_checkpoints(tx, below, ON_A_PAGE)
    };
    let heads = site.store().read(read).await?;
    let newest = heads.first().map_or(0, |head| head.size);
    let next = heads
        .last()
        .filter(|_| heads.len() as u64 == ON_A_PAGE)
        .map(|head| head.size.to_string());
    let lead =
        "What the log promised, and when. Keep one elsewhere: then nobody can shorten the log.";
    Ok(frame(
        &viewer,
        "/ledger/checkpoints",
        "Checkpoints",
        lead,
        &html! {
            @if heads.is_empty() {
                (empty("No checkpoint yet", "The first is signed a second after the first entry.", &html! {}))
            } @else {
                (table(&heads, newest, &query))
                (pages(&query, "", None, next.as_deref()))
            }
        },
    ))
}

fn table(heads: &[StoredCheckpoint], newest: u64, query: &Query) -> Markup {
    let rows = heads.iter().map(|head| {
        let against = format!("/ledger/consistency?old={}&new={newest}", head.size);
        html! {
            th scope="row" { a href={ "/ledger/checkpoints/" (head.size) } { (number(head.size)) } }
            td { (time(head.at)) }
            td { (hash(&to_hex(&head.root))) }
            td { @if head.size < newest { a href=(against) { "Check against the newest" } } }
        }
    });
    Table::new("Signed heads of the log, the largest first")
        .column("Entries")
        .column("Signed")
        .column("Root")
        .column("Consistency")
        .rows(rows)
        .render(query)
}

/// `GET`: one signed head.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(size): Id<u64>,
) -> Result<Markup, WebError> {
    let read = move |tx: &mut placet_store::Tx| -> Result<_, ActError> {
        ledger::consistency(tx, size, size)
    };
    let head = site.store().read(read).await?.new;
    let key = site.store().ledger_key();
    let title = format!("Checkpoint over {} entries", number(size));
    Ok(frame(
        &viewer,
        "",
        &title,
        "A signed head of the log.",
        &html! {
            (signature(&head, key))
            (definitions(&[
                ("Entries", html! { (number(head.size)) }),
                ("Signed", time(head.at)),
                ("Root", hash(&to_hex(&head.root))),
            ]))
            h2 { "The note" }
            p { "Keep these lines outside this machine: by e-mail, on paper, with a witness." }
            (code_block(&head.note))
        },
    ))
}

fn signature(head: &StoredCheckpoint, key: &VerifyingKey) -> Markup {
    if ledger::is_signed(&head.note, key) {
        done(
            "The signature holds",
            &html! { p { "Signed by " code { (key.name()) } "." } },
        )
    } else {
        refusal(
            "The signature does not hold",
            &[Why::plain(
                "the note was not signed by the key of this log, or was changed since",
            )],
            "Keep the database as it is and run `placet ledger verify`.",
        )
    }
}

/// `GET`: whether the log at one head is the beginning of the log at a later one.
pub async fn consistency(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let pair = number_of(&query, "old")?.zip(number_of(&query, "new")?);
    let proved = match pair {
        None => None,
        Some((old, new)) => {
            let read = move |tx: &mut placet_store::Tx| ledger::consistency(tx, old, new);
            Some(site.store().read(read).await)
        }
    };
    let key = site.store().ledger_key();
    let lead = "Nothing between two checkpoints was changed, taken out or put in between.";
    Ok(frame(
        &viewer,
        "/ledger/consistency",
        "Consistency",
        lead,
        &html! {
            (filters("/ledger/consistency", &html! {
                (Field::text("old", "Earlier checkpoint").value(query.get("old").unwrap_or_default())
                    .numeric().required().hint("Its number of entries").render())
                (Field::text("new", "Later checkpoint").value(query.get("new").unwrap_or_default())
                    .numeric().required().hint("Its number of entries").render())
            }))
            @match proved {
                None => p { "Choose two " a href="/ledger/checkpoints" { "checkpoints" } "." },
                Some(Ok(it)) => (result(&it, key)),
                Some(Err(error)) => (not_proved(&error)),
            }
        },
    ))
}

fn not_proved(error: &ActError) -> Markup {
    let why = match error {
        ActError::NotFound(_) => "there is no checkpoint of this size".to_owned(),
        other => other.to_string(),
    };
    refusal(
        "Nothing was proved",
        &[Why::plain(why)],
        "Choose two sizes from the list of checkpoints.",
    )
}

fn result(it: &Consistency, key: &VerifyingKey) -> Markup {
    let (old, new) = (&it.old, &it.new);
    let holds = proof::verify_consistency(old.size, &old.root, new.size, &new.root, &it.path);
    let are_signed = ledger::is_signed(&old.note, key) && ledger::is_signed(&new.note, key);
    html! {
        @match holds {
            Ok(()) if are_signed => (done("Consistent", &html! {
                p {
                    "The log of " (number(new.size)) " entries begins with the log of "
                    (number(old.size)) ". Both heads are signed."
                }
            })),
            Ok(()) => (refusal("A signature does not hold", &[], "Run `placet ledger verify`.")),
            Err(error) => (refusal("Not consistent", &[Why::plain(error.to_string())],
                "Keep the database as it is and run `placet ledger verify`.")),
        }
        (definitions(&[
            ("Earlier root", hash(&to_hex(&old.root))),
            ("Later root", hash(&to_hex(&new.root))),
        ]))
        @if !it.path.is_empty() {
            h2 { "The proof" }
            (code_block(&it.path.iter().map(|hash| to_hex(hash)).collect::<Vec<_>>().join("\n")))
        }
        p { (quiet_link("/ledger/checkpoints", "All checkpoints")) }
    }
}
