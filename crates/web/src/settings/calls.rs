//! Who calls from our call lists.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use placet_app::{FieldProblem, settings};
use placet_domain::operator::Capability;
use placet_domain::settings::{CallDesk, Callers};
use serde::Deserialize;

use super::{frame, known, load, read_only, save};
use crate::components::field::{Choice, Field, check, select};
use crate::components::{Tone, pill};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    role: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    baa: String,
    #[serde(default)]
    country: String,
    #[serde(default)]
    phone: String,
}

impl From<CallDesk> for Form {
    fn from(it: CallDesk) -> Self {
        Self {
            role: it.role.as_str().to_owned(),
            name: it.name,
            baa: if it.is_baa_on_file { "yes" } else { "" }.to_owned(),
            country: it.country,
            phone: it.phone,
        }
    }
}

impl Form {
    fn desk(&self) -> CallDesk {
        CallDesk {
            role: Callers::find(&self.role).unwrap_or(Callers::CallCenter),
            name: self.name.trim().to_owned(),
            is_baa_on_file: self.baa == "yes",
            country: self.country.trim().to_uppercase(),
            phone: self.phone.trim().to_owned(),
        }
    }
}

pub fn summary(desk: Option<&CallDesk>) -> Markup {
    html! {
        @match desk {
            Some(it) => {
                (it.name) ", " (it.role.label().to_lowercase()) ", " (it.phone)
                @if it.role == Callers::CallCenter { br; "Agreement: " (known(it.is_baa_on_file)) }
            }
            None => (pill(Tone::Neutral, "Not set: nobody is called")),
        }
    }
}

/// `GET`: who calls.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = load(&site).await?.calls.map(Form::from).unwrap_or_default();
    Ok(page(&viewer, &set, &[]))
}

fn page(viewer: &Viewer, form: &Form, found: &[FieldProblem]) -> Markup {
    let lead = "Who calls people from call lists. Another one disarms sending.";
    let roles: Vec<Choice> = Callers::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), form.role == it.as_str()))
        .collect();
    frame(
        viewer,
        "/settings/calls",
        "Calls",
        lead,
        &html! {
            form.stacked method="post" action="/settings/calls" {
                (viewer.csrf.field())
                (select("role", "Who calls", "", problem_of(found, "role"), &roles))
                (Field::text("name", "Its name").value(&form.name).required().max(100)
                    .error(problem_of(found, "name")).render())
                (check("baa", "A business associate agreement with this company is signed and on file",
                    "A call center sees names and numbers: without it nobody is called.", form.baa == "yes"))
                (Field::text("country", "Where it keeps data").value(&form.country).required().max(2)
                    .hint("Two letters, such as US.").error(problem_of(found, "country")).render())
                (Field::text("phone", "Number that is said in each call").value(&form.phone)
                    .required().max(20).hint("There people reach you, and ask for no more calls.")
                    .error(problem_of(found, "phone")).render())
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(viewer))
        },
    )
}

/// `POST`: says who calls, and disarms sending when it is another.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let new = form.desk();
    let again = |found: &[FieldProblem]| page(&viewer, &form, found);
    save(
        &site,
        &viewer,
        "/settings/sending",
        again,
        move |tx, ctx| settings::set_calls(tx, ctx, &new),
    )
    .await
}
