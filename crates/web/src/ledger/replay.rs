//! Stored decisions taken again: what the compliance officer runs, and what it found.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::replay::{self, Replayed};
use placet_app::rules::Kept;
use placet_domain::id::DecisionId;
use placet_domain::operator::Capability;
use placet_store::rule_packs::{self, KeptPack};
use serde::Deserialize;

use super::frame;
use crate::account::Read;
use crate::components::field::hidden;
use crate::components::notice::{Why, done, refusal};
use crate::components::table::Table;
use crate::components::{definitions, empty, number, time};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many pages of decisions are taken again at one click.
const PAGES: usize = 4;

#[derive(Deserialize)]
pub struct Form {
    /// Where the last click ended.
    #[serde(default)]
    after: String,
}

/// `GET`: what it is, and the button.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let kept = kept(&site).await?;
    Ok(page(
        &viewer,
        &kept,
        &html! { (button(&viewer, "", "Take decisions again")) },
    ))
}

async fn kept(site: &Site) -> Result<Vec<KeptPack>, WebError> {
    Ok(site
        .store()
        .read(|tx| -> Read<_> { rule_packs::list(tx) })
        .await?)
}

/// `POST`: takes some decisions again and says what came of it.
pub async fn run(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Markup, WebError> {
    let after = match form.after.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| WebError::NotFound)?),
    };
    let found = replayed(&site, &viewer, after, PAGES).await?;
    let kept = kept(&site).await?;
    Ok(page(
        &viewer,
        &kept,
        &html! {
            (answer(&found))
            @match found.next {
                Some(next) => (button(&viewer, &next.to_string(), "Go on")),
                None => (button(&viewer, "", "From the beginning")),
            }
        },
    ))
}

/// Takes pages of decisions again and adds up what they show.
///
/// # Errors
///
/// When the store fails.
pub(crate) async fn replayed(
    site: &Site,
    viewer: &Viewer,
    mut after: Option<DecisionId>,
    pages: usize,
) -> Result<Replayed, WebError> {
    let mut all = Replayed::default();
    for _ in 0..pages {
        let grant = viewer.ctx.actor.may(Capability::ViewLedger)?;
        let engine = site.engine().clone();
        let page = site
            .store()
            .act(grant, &viewer.ctx, move |tx, ctx| {
                replay::replay(tx, ctx, &mut Kept::new(&engine), after)
            })
            .await?;
        all.n_decisions += page.n_decisions;
        all.n_matched += page.n_matched;
        all.n_erased += page.n_erased;
        all.n_findings += page.n_findings;
        all.findings.extend(page.findings);
        all.next = page.next;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(all)
}

fn button(viewer: &Viewer, after: &str, label: &str) -> Markup {
    html! {
        form method="post" action="/ledger/replay" {
            (viewer.csrf.field())
            (hidden("after", after))
            button { (label) }
        }
    }
}

fn page(viewer: &Viewer, kept: &[KeptPack], body: &Markup) -> Markup {
    let rows = kept.iter().map(|pack| {
        html! {
            th scope="row" { (pack.id) " " (pack.version) }
            td { (time(pack.kept_at)) }
            td { code { (placet_ledger::to_hex(&pack.hash).get(..16).unwrap_or_default()) } }
        }
    });
    frame(
        viewer,
        "/ledger/replay",
        "Replay decisions",
        "Each stored decision is taken again: the same question, under the rules of that day, must give the same answer byte for byte.",
        &html! {
            (body)
            h2 { "Rules that are kept" }
            @if kept.is_empty() {
                (empty("None yet", "The program keeps its rules when it starts to serve.", &html! {}))
            } @else {
                (Table::new("Rules by the day they were first used").column("Rules").column("Kept since")
                    .column("Hash begins with").rows(rows).render(&Query::default()))
            }
            p.soft { "For all decisions at once: " code { "placet ledger replay" } "." }
        },
    )
}

fn answer(found: &Replayed) -> Markup {
    let counts = definitions(&[
        ("Read", html! { (number(found.n_decisions)) }),
        ("The same again", html! { (number(found.n_matched)) }),
        (
            "Of people who were erased",
            html! { (number(found.n_erased)) },
        ),
        ("Findings", html! { (number(found.n_findings)) }),
    ]);
    if found.n_findings == 0 {
        return done("Every decision came out as it was stored", &counts);
    }
    let why: Vec<Why> = found
        .findings
        .iter()
        .take(100)
        .map(|one| {
            Why::plain(format!(
                "{} of {}: {}",
                one.decision,
                one.pack,
                one.what.says()
            ))
        })
        .collect();
    html! {
        (refusal("Some decisions do not replay", &why, "Keep the database as it is, run `placet ledger verify`, and compare with a backup."))
        (counts)
    }
}
