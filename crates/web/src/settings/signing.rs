//! The keys that sign our mail (DKIM), and the records to publish.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::{ActError, FieldProblem, dkim};
use placet_domain::id::SigningKeyId;
use placet_domain::operator::Capability;
use placet_domain::signing::{SigningKey, Turn};
use placet_store::signing;
use serde::Deserialize;

use super::{frame, read_only};
use crate::account::problems;
use crate::components::field::Field;
use crate::components::{Tone, code_block, empty, pill, post_button, time};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewSettings);
const EDIT: Rule = Rule::Needs(Capability::EditSettings);

/// The routes of this module.
pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/signing", VIEW, show)
        .post("/settings/signing", EDIT, make)
        .post("/settings/signing/{id}/use", EDIT, used)
        .post("/settings/signing/{id}/end", EDIT, end)
}

#[derive(Deserialize, Clone, Default)]
struct Form {
    #[serde(default)]
    domain: String,
}

/// `GET`: every key with its record.
async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let keys = site.store().read(signing::list).await?;
    Ok(page(&viewer, &keys, &Form::default(), &[]))
}

fn page(viewer: &Viewer, keys: &[SigningKey], form: &Form, found: &[FieldProblem]) -> Markup {
    let lead = "A signature lets the reader's mail provider see that a message is yours and was not changed.";
    let may_edit = viewer.can(Capability::EditSettings);
    frame(
        viewer,
        "/settings/signing",
        "Signing mail (DKIM)",
        lead,
        &html! {
            @if keys.is_empty() {
                (empty("Nothing is signed yet", "Make keys for the domain of your sender's addresses, publish their \
                    records, then let them sign. The secret half never leaves this installation.", &html! {}))
            }
            @for key in keys { (one(viewer, key, may_edit)) }
            @if may_edit {
                h2 { "Make keys" }
                form.stacked method="post" action="/settings/signing" {
                    (viewer.csrf.field())
                    (Field::text("domain", "Domain").value(&form.domain).required().max(190)
                        .hint("What stands after the @ of your sender's address. Names below it are signed, too.")
                        .error(problem_of(found, "domain")).render())
                    button { "Make two keys" }
                }
            }
            (read_only(viewer))
        },
    )
}

fn one(viewer: &Viewer, key: &SigningKey, may_edit: bool) -> Markup {
    let tone = match key.turn {
        Turn::Made => Tone::Warn,
        Turn::Used => Tone::Good,
        Turn::Ended => Tone::Neutral,
    };
    let path = |act: &str| format!("/settings/signing/{}/{act}", key.id);
    html! {
        section aria-label={ (key.algorithm.label()) " key of " (key.domain) } {
            h2 { (key.domain) ", " (key.algorithm.label()) " " (pill(tone, key.turn.label())) }
            p.soft { "Made " (time(key.made_at)) }
            @if key.turn != Turn::Ended {
                p { "TXT record of this name:" }
                (code_block(&key.record_name()))
                p { "with this value:" }
                (code_block(&key.record()))
            }
            @if may_edit {
                div.row {
                    @if key.turn == Turn::Made {
                        (post_button(&viewer.csrf, &path("use"), "It is published: sign with it", ""))
                    }
                    @if key.turn != Turn::Ended {
                        (post_button(&viewer.csrf, &path("end"), "End this key", "danger"))
                    }
                }
            }
        }
    }
}

/// `POST`: makes a pair of keys.
async fn make(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    let domain = form.domain.clone();
    match made(&site, &viewer, grant, domain).await {
        Ok(_) => Ok(Redirect::to("/settings/signing").into_response()),
        Err(error) => {
            let keys = site.store().read(signing::list).await?;
            let page = page(&viewer, &keys, &form, &problems(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// Makes keys away from the writer, then keeps them.
pub(crate) async fn made(
    site: &Site,
    viewer: &Viewer,
    grant: placet_domain::operator::Grant,
    domain: String,
) -> Result<Vec<SigningKey>, ActError> {
    let fresh = tokio::task::spawn_blocking(dkim::make)
        .await
        .map_err(|_| placet_store::StoreError::Unavailable)??;
    let fresh = std::sync::Arc::new(fresh);
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            dkim::add(tx, ctx, &domain, &fresh)
        })
        .await
}

async fn turned(
    site: &Site,
    viewer: &Viewer,
    id: SigningKeyId,
    turn: Turn,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditSettings)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            dkim::turn(tx, ctx, id, turn)
        })
        .await?;
    Ok(Redirect::to("/settings/signing"))
}

/// `POST`: lets a key sign.
async fn used(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<SigningKeyId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    turned(&site, &viewer, id, Turn::Used).await
}

/// `POST`: ends a key.
async fn end(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<SigningKeyId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    turned(&site, &viewer, id, Turn::Ended).await
}
