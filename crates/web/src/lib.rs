//! Pages and API of Placet: HTML drawn on the server, JSON for machines, one table of routes.
//!
//! A handler takes [`session::Viewer`] (or only `Ctx`) when it needs an operator and
//! [`csrf::Protected`] when it takes a form; each route names its [`routes::Rule`], and a route
//! without one cannot be added. Start with [`mod@routes`], then [`layout`] and [`components`].
//!
//! INVARIANT: nothing here knows SQL; every change goes through an act of `app`.
//! INVARIANT: no page needs script, and none loads anything from elsewhere.

pub mod account;
pub mod api;
pub mod assets;
pub mod audiences;
pub mod calls;
pub mod campaigns;
pub mod components;
pub mod content;
pub mod csrf;
pub mod data;
pub mod error;
pub mod extract;
pub mod headers;
pub mod hooks;
pub mod journeys;
pub mod layout;
pub mod ledger;
pub mod measure;
mod once;
pub mod patient;
pub mod people;
pub mod print;
pub mod query;
pub mod routes;
pub mod rules;
mod seen;
pub mod serving;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod site;
pub mod today;
pub mod triggers;

use axum::Router;
use axum::middleware::from_fn_with_state;

pub use error::WebError;
pub use query::Query;
pub use routes::{Routes, Rule};
pub use session::Viewer;
pub use site::Site;

/// Every route of the program. To add a noun, give its module a `routes()` and merge it here.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .merge(assets::routes())
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(today::routes())
        .merge(rules::routes())
        .merge(settings::routes())
        .merge(audiences::routes())
        .merge(campaigns::routes())
        .merge(triggers::routes())
        .merge(journeys::routes())
        .merge(content::routes())
        .merge(data::routes())
        .merge(hooks::routes())
        .merge(ledger::routes())
        .merge(measure::routes())
        .merge(patient::routes())
        .merge(people::routes())
        .merge(print::routes())
        .merge(calls::routes())
        .merge(api::routes())
}

/// The whole site, ready to serve.
pub fn router(site: &Site) -> Router {
    router_with(site, Router::new())
}

/// The whole site with further pages beside it, in the same headers and the same error pages.
pub fn router_with(site: &Site, further: Router) -> Router {
    routes()
        .into_router(site)
        .merge(further)
        .fallback(error::not_found)
        .layer(from_fn_with_state(site.clone(), error::dress))
        .layer(from_fn_with_state(site.clone(), site::name_request))
        .layer(from_fn_with_state(site.clone(), headers::protect))
}
