//! Who prints and posts our letters and cards.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use placet_app::{FieldProblem, settings};
use placet_domain::operator::Capability;
use placet_domain::settings::{PrintShop, Printer};
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
    return_name: String,
    #[serde(default)]
    return_address: String,
    #[serde(default)]
    removal_phone: String,
}

impl From<PrintShop> for Form {
    fn from(it: PrintShop) -> Self {
        Self {
            role: it.role.as_str().to_owned(),
            name: it.name,
            baa: if it.is_baa_on_file { "yes" } else { "" }.to_owned(),
            country: it.country,
            return_name: it.return_name,
            return_address: it.return_address,
            removal_phone: it.removal_phone,
        }
    }
}

impl Form {
    fn shop(&self) -> PrintShop {
        PrintShop {
            role: Printer::find(&self.role).unwrap_or(Printer::MailHouse),
            name: self.name.trim().to_owned(),
            is_baa_on_file: self.baa == "yes",
            country: self.country.trim().to_uppercase(),
            return_name: self.return_name.trim().to_owned(),
            return_address: self.return_address.trim().to_owned(),
            removal_phone: self.removal_phone.trim().to_owned(),
        }
    }
}

pub fn summary(shop: Option<&PrintShop>) -> Markup {
    html! {
        @match shop {
            Some(it) => {
                (it.name) ", " (it.role.label().to_lowercase())
                @if it.role == Printer::MailHouse { br; "Agreement: " (known(it.is_baa_on_file)) }
            }
            None => (pill(Tone::Neutral, "Not set: nothing is printed")),
        }
    }
}

/// `GET`: who prints.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = load(&site).await?.print.map(Form::from).unwrap_or_default();
    Ok(page(&viewer, &set, &[]))
}

fn page(viewer: &Viewer, form: &Form, found: &[FieldProblem]) -> Markup {
    let lead = "Who prints and posts, and what stands outside. Another one disarms sending.";
    let roles: Vec<Choice> = Printer::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), form.role == it.as_str()))
        .collect();
    frame(
        viewer,
        "/settings/print",
        "Letters and cards",
        lead,
        &html! {
            form.stacked method="post" action="/settings/print" {
                (viewer.csrf.field())
                (select("role", "Who prints", "", problem_of(found, "role"), &roles))
                (Field::text("name", "Its name").value(&form.name).required().max(100)
                    .error(problem_of(found, "name")).render())
                (check("baa", "A business associate agreement with this company is signed and on file",
                    "A mail house sees names and addresses: without it nothing is printed.", form.baa == "yes"))
                (Field::text("country", "Where it keeps data").value(&form.country).required().max(2)
                    .hint("Two letters, such as US.").error(problem_of(found, "country")).render())
                (Field::text("removal_phone", "Number at which one asks for no more").value(&form.removal_phone)
                    .required().max(20).hint("Free of charge; it stands on every piece.")
                    .error(problem_of(found, "removal_phone")).render())
                (Field::text("return_name", "Name over the return address").value(&form.return_name).max(100)
                    .hint("Left empty, the organization's. No department that tells what somebody is treated for.")
                    .error(problem_of(found, "return_name")).render())
                (Field::text("return_address", "Return address").value(&form.return_address).max(120)
                    .hint("Left empty, the organization's.").error(problem_of(found, "return_address")).render())
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(viewer))
        },
    )
}

/// `POST`: says who prints, and disarms sending when it is another.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let new = form.shop();
    let again = |found: &[FieldProblem]| page(&viewer, &form, found);
    save(
        &site,
        &viewer,
        "/settings/sending",
        again,
        move |tx, ctx| settings::set_print(tx, ctx, &new),
    )
    .await
}
