//! Every page and every address of the API, called through the router on a real store.
//!
//! To add a noun: `pages/<noun>.rs`, named below. Start with [`harness::World`].

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "pages/api.rs"]
mod api;
#[path = "pages/calls.rs"]
mod calls;
#[path = "pages/campaigns.rs"]
mod campaigns;
#[path = "pages/campaigns_api.rs"]
mod campaigns_api;
#[path = "pages/data.rs"]
mod data;
#[path = "pages/flows.rs"]
mod flows;
#[path = "pages/harness.rs"]
mod harness;
#[path = "pages/imports.rs"]
mod imports;
#[path = "pages/journeys.rs"]
mod journeys;
#[path = "pages/ledger.rs"]
mod ledger;
#[path = "pages/measure.rs"]
mod measure;
#[path = "pages/patient.rs"]
mod patient;
#[path = "pages/people.rs"]
mod people;
#[path = "pages/people_api.rs"]
mod people_api;
#[path = "pages/plans.rs"]
mod plans;
#[path = "pages/print.rs"]
mod print;
#[path = "pages/returns.rs"]
mod returns;
#[path = "pages/review_link.rs"]
mod review_link;
#[path = "pages/reviews.rs"]
mod reviews;
#[path = "pages/rulebook.rs"]
mod rulebook;
#[path = "pages/rules.rs"]
mod rules;
#[path = "pages/samples.rs"]
mod samples;
#[path = "pages/servers.rs"]
mod servers;
#[path = "pages/settings.rs"]
mod settings;
#[path = "pages/shell.rs"]
mod shell;
#[path = "pages/sign_in.rs"]
mod sign_in;
#[path = "pages/signing.rs"]
mod signing;
#[path = "pages/staff_mail.rs"]
mod staff_mail;
#[path = "pages/texts.rs"]
mod texts;
#[path = "pages/today.rs"]
mod today;
#[path = "pages/triggers.rs"]
mod triggers;
