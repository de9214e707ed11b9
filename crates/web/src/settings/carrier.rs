//! Who takes our mail to its readers.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use placet_app::{FieldProblem, settings};
use placet_domain::operator::Capability;
use placet_domain::settings::{Carrier, Tls, VendorRole};
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
    host: String,
    #[serde(default)]
    port: String,
    #[serde(default)]
    tls: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    baa: String,
    #[serde(default)]
    country: String,
}

impl From<Carrier> for Form {
    fn from(it: Carrier) -> Self {
        Self {
            host: it.host,
            port: it.port.to_string(),
            tls: it.tls.as_str().to_owned(),
            role: it.role.as_str().to_owned(),
            baa: if it.is_baa_on_file { "yes" } else { "" }.to_owned(),
            country: it.country,
        }
    }
}

pub fn summary(carrier: Option<&Carrier>) -> Markup {
    html! {
        @match carrier {
            Some(it) => {
                code { (it.host) ":" (it.port) } ", " (it.role.label())
                @if it.role == VendorRole::EmailService { br; "Agreement: " (known(it.is_baa_on_file)) }
            }
            None => (pill(Tone::Warn, "Not set")),
        }
    }
}

/// `GET`: who carries.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = load(&site)
        .await?
        .carrier
        .map(Form::from)
        .unwrap_or_default();
    Ok(page(&viewer, &set, &[]))
}

fn page(viewer: &Viewer, form: &Form, problems: &[FieldProblem]) -> Markup {
    let lead = "The mail server that takes your messages on. Another carrier disarms sending.";
    let tls = Tls::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), form.tls == it.as_str()));
    let roles = VendorRole::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), form.role == it.as_str()));
    frame(
        viewer,
        "/settings/carrier",
        "Mail carrier",
        lead,
        &html! {
            form.stacked method="post" action="/settings/carrier" {
                (viewer.csrf.field())
                (Field::text("host", "Host").value(&form.host).required().max(253)
                    .hint("Such as mail.example.org.").error(problem_of(problems, "host")).render())
                (Field::text("port", "Port").value(&form.port).numeric().required()
                    .hint("587 as a rule.").error(problem_of(problems, "port")).render())
                (select("tls", "Encryption", "", problem_of(problems, "tls"), &tls.collect::<Vec<_>>()))
                (select("role", "Who runs it", "", "", &roles.collect::<Vec<_>>()))
                (check("baa", "A business associate agreement with this vendor is signed and on file",
                    "Without it no message goes through a vendor.", form.baa == "yes"))
                (Field::text("country", "Where it keeps data").value(&form.country).required().max(2)
                    .hint("Two letters, such as US.").error(problem_of(problems, "country")).render())
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(viewer))
        },
    )
}

/// `POST`: says who carries, and disarms sending when it is another.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let new = Carrier {
        host: form.host.trim().to_owned(),
        port: form.port.trim().parse().unwrap_or(0),
        tls: Tls::find(&form.tls).unwrap_or(Tls::Required),
        role: VendorRole::find(&form.role).unwrap_or(VendorRole::EmailService),
        is_baa_on_file: form.baa == "yes",
        country: form.country.trim().to_uppercase(),
    };
    let again = |found: &[FieldProblem]| page(&viewer, &form, found);
    save(
        &site,
        &viewer,
        "/settings/sending",
        again,
        move |tx, ctx| settings::set_carrier(tx, ctx, &new),
    )
    .await
}
