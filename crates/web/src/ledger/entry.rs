//! One entry, opened to its proof: from its bytes to the signed head, step by step.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::ActError;
use placet_app::ledger::{self, Opened};
use placet_domain::operator::Capability;
use placet_ledger::receipt::Receipt;
use placet_ledger::{Hash, VerifyingKey, leaf_hash, node_hash, to_hex};

use placet_domain::words::words;

use super::frame;
use crate::components::notice::{Why, done, info, refusal};
use crate::components::table::Table;
use crate::components::{code_block, definitions, hash, number, quiet_link, time};
use crate::content::Names;
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

async fn open(site: &Site, viewer: &Viewer, place: u64) -> Result<(Opened, Names), WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewLedger)?;
    let opened = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            Ok::<_, ActError>((ledger::open(tx, ctx, place)?, Names::load(tx)?))
        })
        .await?;
    Ok(opened)
}

/// `GET`: the entry, and its proof computed anew each time.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(place): Id<u64>,
) -> Result<Markup, WebError> {
    let (opened, names) = open(&site, &viewer, place).await?;
    let key = site.store().ledger_key();
    let title = words(&opened.body.kind);
    let lead = format!("Entry {} of the ledger.", number(place));
    Ok(frame(
        &viewer,
        "",
        &title,
        &lead,
        &html! {
            (says(&viewer, &opened, &names))
            h2 { "Proof" }
            @match &opened.receipt {
                Some(receipt) => (proof(receipt, &opened, key)),
                None => (info("The proof is being made", &html! {
                    p { "A signed head covers new entries within a second. Load this page again." }
                })),
            }
            h2 { "The bytes" }
            p { "Exactly these bytes are hashed. They hold ids, hashes and codes, no name and no address." }
            (code_block(&String::from_utf8_lossy(&opened.entry.body)))
        },
    ))
}

fn says(viewer: &Viewer, opened: &Opened, names: &Names) -> Markup {
    let body = &opened.body;
    let mut rows = vec![
        ("When", time(opened.entry.at)),
        ("Who", actor(&body.actor, names)),
        ("Entry id", html! { code { (body.id) } }),
    ];
    if let Some(person) = body.person {
        rows.push(("Person", html! {
            @if viewer.can(Capability::ViewPeople) { a href={ "/people/" (person) } { code { (person) } } }
            @else { code { (person) } }
        }));
    }
    if let Some(request) = body.request {
        rows.push(("Request", html! { code { (request) } }));
    }
    html! {
        (definitions(&rows))
        @if !body.facts.is_empty() {
            h2 { "What it says" }
            dl.facts { @for (name, value) in &body.facts { dt { code { (name) } } dd { code { (value) } } } }
        }
    }
}

/// By name where the code is an operator's; the bytes hold the code.
fn actor(code: &str, names: &Names) -> Markup {
    let name = names.of(code);
    html! {
        @if name == code { code { (code) } } @else { (name) " " code.soft { (code) } }
    }
}

fn proof(receipt: &Receipt, opened: &Opened, key: &VerifyingKey) -> Markup {
    let place = receipt.place;
    html! {
        (verdict(receipt, opened, key))
        p.row {
            a class="button" href={ "/ledger/entries/" (place) } { "Verify again" }
            (quiet_link(&format!("/ledger/entries/{place}/receipt"), "Download the receipt"))
            (quiet_link("/ledger/offline", "How to verify it yourself"))
        }
        (steps(receipt, opened))
        details {
            summary { "The signed head it leads to" }
            (code_block(&receipt.checkpoint))
        }
    }
}

/// What a recomputation from the bytes gives.
fn verdict(receipt: &Receipt, opened: &Opened, key: &VerifyingKey) -> Markup {
    let index_agrees =
        opened.body.kind == opened.entry.kind && opened.body.person == opened.entry.person;
    match receipt.verify(std::slice::from_ref(key)) {
        Ok(head) if index_agrees => done(
            "Verified",
            &html! {
                p {
                    "The bytes below lead to the root over " (number(head.size))
                    " entries, and that root is signed by " code { (key.name()) } "."
                }
            },
        ),
        Ok(_) => refusal(
            "The entry was tampered with",
            &[Why::plain(
                "what the index says of this entry differs from its bytes",
            )],
            "Keep the database as it is and run `placet ledger verify`.",
        ),
        Err(error) => refusal(
            "The entry is not proved",
            &[Why::plain(error.to_string())],
            "Keep the database as it is and run `placet ledger verify`.",
        ),
    }
}

/// One step of the way up.
struct Step {
    sibling: Hash,
    is_left: bool,
    result: Hash,
}

/// The way from the leaf to the root (RFC 9162, section 2.1.3.2).
fn climb(leaf: Hash, place: u64, size: u64, path: &[Hash]) -> Vec<Step> {
    let (mut at, mut last) = (place, size.saturating_sub(1));
    let mut result = leaf;
    let mut steps = Vec::with_capacity(path.len());
    for sibling in path {
        let is_left = at & 1 == 1 || at == last;
        if is_left {
            result = node_hash(sibling, &result);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            result = node_hash(&result, sibling);
        }
        at >>= 1;
        last >>= 1;
        steps.push(Step {
            sibling: *sibling,
            is_left,
            result,
        });
    }
    steps
}

fn steps(receipt: &Receipt, opened: &Opened) -> Markup {
    let leaf = leaf_hash(&opened.entry.body);
    let size = receipt
        .checkpoint
        .lines()
        .nth(1)
        .and_then(|line| line.parse().ok())
        .unwrap_or_default();
    let rows = climb(leaf, receipt.place, size, &receipt.path)
        .into_iter()
        .enumerate()
        .map(|(i, step)| {
            html! {
                th scope="row" { (i + 1) }
                td { (if step.is_left { "left" } else { "right" }) }
                td { (hash(&to_hex(&step.sibling))) }
                td { (hash(&to_hex(&step.result))) }
            }
        });
    let table = Table::new("From the leaf up to the root: each step hashes two nodes into one")
        .column("Step")
        .column("Neighbour is")
        .column("Neighbour")
        .column("Result")
        .rows(rows)
        .render(&Query::default());
    html! {
        (definitions(&[("Leaf hash", hash(&to_hex(&leaf)))]))
        @if receipt.path.is_empty() { p { "It is the only entry: its leaf is the root." } } @else { (table) }
    }
}

/// `GET`: the receipt as a file that any verifier of the C2SP form reads.
pub async fn receipt(
    State(site): State<Site>,
    viewer: Viewer,
    Id(place): Id<u64>,
) -> Result<Response, WebError> {
    let (opened, _) = open(&site, &viewer, place).await?;
    let receipt = opened.receipt.ok_or_else(|| WebError::Refused {
        code: "ledger.not_covered".to_owned(),
        why: "no signed head covers this entry yet; ask again in a second".to_owned(),
    })?;
    let name = format!("attachment; filename=\"entry-{place}.tlog-proof\"");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, receipt.to_text()).into_response())
}

#[cfg(test)]
mod tests {
    use placet_ledger::{HashReader, proof};

    use super::*;

    /// Complete subtrees over leaves that are their own number.
    struct Leaves;

    impl HashReader for Leaves {
        type Error = std::convert::Infallible;

        fn hash(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error> {
            Ok(match level {
                0 => leaf_hash(&index.to_be_bytes()),
                _ => node_hash(
                    &self.hash(level - 1, index * 2)?,
                    &self.hash(level - 1, index * 2 + 1)?,
                ),
            })
        }
    }

    #[test]
    fn the_steps_shown_end_at_the_root_that_the_verifier_accepts() {
        for size in 1..40_u64 {
            for place in 0..size {
                let path = proof::inclusion(place, size, &mut Leaves).unwrap();
                let leaf = leaf_hash(&place.to_be_bytes());
                let root = climb(leaf, place, size, &path)
                    .last()
                    .map_or(leaf, |step| step.result);
                proof::verify_inclusion(&leaf, place, size, &root, &path).unwrap();
            }
        }
    }
}
