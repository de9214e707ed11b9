//! Where bounces and complaints go.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use placet_app::{FieldProblem, settings};
use placet_domain::operator::Capability;
use placet_domain::settings::Returns;
use serde::Deserialize;

use super::{frame, load, read_only, save};
use crate::components::field::Field;
use crate::components::{Tone, pill};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    domain: String,
}

pub fn summary(returns: Option<&Returns>) -> Markup {
    html! {
        @match returns {
            Some(it) => code { (it.domain) },
            None => (pill(Tone::Warn, "Not set")),
        }
    }
}

/// `GET`: where they go.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = load(&site).await?.returns;
    let form = Form {
        domain: set.map(|it| it.domain).unwrap_or_default(),
    };
    Ok(page(&viewer, &form, &[]))
}

fn page(viewer: &Viewer, form: &Form, found: &[FieldProblem]) -> Markup {
    let lead = "Each message gets a return address of its own under this domain, signed, so that a \
                bounce finds the message it is about.";
    frame(
        viewer,
        "/settings/returns",
        "Returned mail",
        lead,
        &html! {
            form.stacked method="post" action="/settings/returns" {
                (viewer.csrf.field())
                (Field::text("domain", "Domain for returned mail").value(&form.domain).required().max(190)
                    .hint("A name below your sending domain, such as returns.hospital.example.")
                    .error(problem_of(found, "domain")).render())
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(viewer))
            h2 { "How its mail gets here" }
            ul {
                li { "Point the domain's MX record at your mail server, and have it put that mail into a maildir: "
                    code { "returns = \"FOLDER\"" } " in " code { "placet.toml" } " reads it." }
                li { "Or pipe each mail into " code { "placet returns -" } "." }
                li { "Or post it: " code { "POST /api/v1/reports" } "; see " a href="/api" { "the API" } "." }
            }
            p { "Replies can go the same way: who answers STOP, in a word or a sentence, English or Spanish, \
                is written to no more. An out-of-office is counted and nothing else." }
        },
    )
}

/// `POST`: says where they go.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let new = Returns {
        domain: form.domain.trim().to_lowercase(),
    };
    let again = |found: &[FieldProblem]| page(&viewer, &form, found);
    save(&site, &viewer, "/settings", again, move |tx, ctx| {
        settings::set_returns(tx, ctx, &new)
    })
    .await
}
