//! Who sends.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use placet_app::{FieldProblem, settings};
use placet_domain::operator::Capability;
use placet_domain::settings::{ActorKind, Organization};
use serde::Deserialize;

use super::{frame, load, read_only, save};
use crate::components::field::{Choice, Field, select};
use crate::components::{Tone, pill};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::session::Viewer;
use crate::site::Site;

/// The form, and the organization as the API takes it.
#[derive(Deserialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    postal_address: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    time_zone: String,
}

impl From<Organization> for Form {
    fn from(it: Organization) -> Self {
        Self {
            name: it.name,
            postal_address: it.postal_address,
            actor: it.actor.as_str().to_owned(),
            time_zone: it.time_zone,
        }
    }
}

pub fn summary(organization: Option<&Organization>) -> Markup {
    html! {
        @match organization {
            Some(it) => { (it.name) ", " (it.actor.label()) br; span.soft { (it.postal_address) } }
            None => (pill(Tone::Warn, "Not set")),
        }
    }
}

/// `GET`: who sends.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = load(&site)
        .await?
        .organization
        .map(Form::from)
        .unwrap_or_default();
    Ok(page(&viewer, &set, &[]))
}

fn page(viewer: &Viewer, form: &Form, problems: &[FieldProblem]) -> Markup {
    let lead = "Who your messages come from. Name and address stand below every message.";
    frame(
        viewer,
        "/settings/organization",
        "Organization",
        lead,
        &html! {
            form.stacked method="post" action="/settings/organization" {
                (viewer.csrf.field())
                (Field::text("name", "Name").value(&form.name).required().max(100)
                    .hint("As your patients know it.").error(problem_of(problems, "name")).render())
                (Field::area("postal_address", "Postal address", 3).value(&form.postal_address).required().max(300)
                    .hint("Commercial mail must name one.")
                    .error(problem_of(problems, "postal_address")).render())
                (select("actor", "What it is", "The rules differ by kind.", problem_of(problems, "actor"), &kinds(form)))
                (Field::text("time_zone", "Time zone").value(&form.time_zone).required().max(60)
                    .hint("By name, such as America/Chicago.")
                    .error(problem_of(problems, "time_zone")).render())
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(viewer))
        },
    )
}

fn kinds(form: &Form) -> Vec<Choice> {
    let choice =
        |kind: &ActorKind| Choice::new(kind.as_str(), kind.label(), form.actor == kind.as_str());
    ActorKind::ALL.iter().map(choice).collect()
}

/// `POST`: says who sends.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let new = Organization {
        name: form.name.trim().to_owned(),
        postal_address: form.postal_address.trim().replace("\r\n", "\n"),
        actor: ActorKind::find(&form.actor).unwrap_or(ActorKind::CoveredProvider),
        time_zone: form.time_zone.trim().to_owned(),
    };
    let again = |found: &[FieldProblem]| page(&viewer, &form, found);
    save(&site, &viewer, "/settings", again, move |tx, ctx| {
        settings::set_organization(tx, ctx, &new)
    })
    .await
}
