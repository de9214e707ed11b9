//! Every token there is, for whoever manages operators.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::operator;
use placet_domain::id::TokenId;
use placet_domain::operator::Capability;
use placet_store::operators;

use super::frame;
use crate::account::{Read, token_table};
use crate::components::{empty, quiet_link};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::sign_in::Empty;
use crate::site::Site;

const MANAGE: Rule = Rule::Needs(Capability::ManageOperators);

pub fn routes() -> Routes {
    Routes::new().get("/settings/tokens", MANAGE, list).post(
        "/settings/tokens/{id}/revoke",
        MANAGE,
        revoke,
    )
}

/// `GET`: every token, the newest first.
async fn list(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let all = site
        .store()
        .read(|tx| -> Read<_> { operators::list_tokens(tx) })
        .await?;
    let lead =
        "Machines that act for an operator. Each operator makes their own, under their account.";
    Ok(frame(
        &viewer,
        "/settings/tokens",
        "API tokens",
        lead,
        &html! {
            @if all.is_empty() {
                (empty("No tokens yet", "When an operator makes one, it stands here and you can revoke it.",
                    &quiet_link("/account/tokens", "Make one for yourself")))
            } @else {
                (token_table("All tokens, the newest first", &all, site.now(), &viewer, "/settings/tokens"))
            }
        },
    ))
}

/// `POST`: revokes any token.
async fn revoke(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TokenId>,
    Protected(_): Protected<Empty>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ManageOperators)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            operator::revoke_token(tx, ctx, id)
        })
        .await?;
    Ok(Redirect::to("/settings/tokens"))
}
