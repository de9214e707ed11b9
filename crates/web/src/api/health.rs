//! Whether the program runs, and whether it can work. Says nothing else.

use axum::extract::State;
use axum::http::StatusCode;
use placet_store::{StoreError, settings};

use crate::routes::{Routes, Rule};
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/healthz", Rule::Public, alive)
        .get("/readyz", Rule::Public, ready)
}

/// `GET`: the program answers.
async fn alive() -> &'static str {
    "ok\n"
}

/// `GET`: the store answers too, and has room for what comes.
async fn ready(State(site): State<Site>) -> (StatusCode, &'static str) {
    let read = site
        .store()
        .read(|tx| -> Result<_, StoreError> { settings::find(tx, "organization") });
    match read.await {
        Ok(_) if !site.store().has_room() => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the disk of the database is nearly full\n",
        ),
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}
