//! Who takes our text messages to their readers.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use placet_app::{FieldProblem, settings};
use placet_domain::operator::Capability;
use placet_domain::settings::{TextCarrier, TextProvider};
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
    provider: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    public_key: String,
    #[serde(default)]
    sender: String,
    #[serde(default)]
    baa: String,
    #[serde(default)]
    country: String,
}

impl From<TextCarrier> for Form {
    fn from(it: TextCarrier) -> Self {
        Self {
            provider: it.provider.as_str().to_owned(),
            url: it.url,
            account: it.account,
            public_key: it.public_key,
            sender: it.sender,
            baa: if it.is_baa_on_file { "yes" } else { "" }.to_owned(),
            country: it.country,
        }
    }
}

impl Form {
    /// An address left empty is the provider's usual one.
    fn carrier(&self) -> TextCarrier {
        let provider = TextProvider::find(&self.provider).unwrap_or(TextProvider::Twilio);
        let url = self.url.trim().trim_end_matches('/');
        TextCarrier {
            provider,
            url: if url.is_empty() {
                provider.usual_url()
            } else {
                url
            }
            .to_owned(),
            account: self.account.trim().to_owned(),
            public_key: self.public_key.trim().to_owned(),
            sender: self.sender.trim().replace([' ', '-', '(', ')'], ""),
            is_baa_on_file: self.baa == "yes",
            country: self.country.trim().to_uppercase(),
        }
    }
}

pub fn summary(carrier: Option<&TextCarrier>) -> Markup {
    html! {
        @match carrier {
            Some(it) => {
                (it.provider.label()) ", from " code { (it.sender) }
                br; "Agreement: " (known(it.is_baa_on_file))
            }
            None => (pill(Tone::Neutral, "Not set: no text leaves")),
        }
    }
}

/// `GET`: who carries.
pub async fn show(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let set = load(&site).await?.texts.map(Form::from).unwrap_or_default();
    Ok(page(&site, &viewer, &set, &[]))
}

fn page(site: &Site, viewer: &Viewer, form: &Form, found: &[FieldProblem]) -> Markup {
    let lead = "The company that takes your text messages on. Another one disarms sending.";
    let providers: Vec<Choice> = TextProvider::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), form.provider == it.as_str()))
        .collect();
    frame(
        viewer,
        "/settings/texts",
        "Text messages",
        lead,
        &html! {
            form.stacked method="post" action="/settings/texts" {
                (viewer.csrf.field())
                (select("provider", "Provider", "", problem_of(found, "provider"), &providers))
                (Field::text("account", "Account").value(&form.account).max(80)
                    .hint("Twilio: the account SID. Telnyx: the id of the messaging profile, if you use one.")
                    .error(problem_of(found, "account")).render())
                (Field::text("sender", "Number that texts come from").value(&form.sender).required().max(40)
                    .hint("Such as +1 614 555 0142, a short code, or the SID of a Twilio messaging service.")
                    .error(problem_of(found, "sender")).render())
                (Field::text("public_key", "Public key").value(&form.public_key).max(80)
                    .hint("Telnyx only: the key with which it signs what it tells us. Twilio: leave it empty.")
                    .error(problem_of(found, "public_key")).render())
                (check("baa", "A business associate agreement with this company is signed and on file",
                    "Without it no text leaves.", form.baa == "yes"))
                (Field::text("country", "Where it keeps data").value(&form.country).required().max(2)
                    .hint("Two letters, such as US.").error(problem_of(found, "country")).render())
                (Field::text("url", "Address of its interface").value(&form.url).max(200)
                    .hint("Leave it empty for the usual one.").error(problem_of(found, "url")).render())
                @if viewer.can(Capability::EditSettings) { button { "Save" } }
            }
            (read_only(viewer))
            h2 { "What else it takes" }
            ul {
                li { "The secret (Twilio: the auth token; Telnyx: the API key) stands in a file of its own, named as "
                    code { "text_secret_file" } " in " code { "placet.toml" } "; never here." }
                li { "In the United States the number belongs to a registered campaign (10DLC) whose use case fits \
                    what you send; the provider's pages do that." }
                li { "At the provider, set the webhook for incoming messages of this number to "
                    code { (site.public_url()) "/hooks/texts" } " (POST): so STOP and HELP reach us." }
            }
        },
    )
}

/// `POST`: says who carries, and disarms sending when it is another.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let new = form.carrier();
    let again = |found: &[FieldProblem]| page(&site, &viewer, &form, found);
    save(
        &site,
        &viewer,
        "/settings/sending",
        again,
        move |tx, ctx| settings::set_texts(tx, ctx, &new),
    )
    .await
}
