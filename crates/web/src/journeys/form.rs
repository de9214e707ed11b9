//! What is written of a journey: a new one, or the next version of one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::{ActError, FieldProblem, flow, journey, settings};
use placet_domain::id::JourneyId;
use placet_domain::journey::Written;
use placet_domain::operator::Capability;
use placet_domain::trigger::Event;
use placet_domain::words::words;
use placet_store::{Tx, audiences, catalogue, contents};
use serde::Deserialize;

use crate::account::problems;
use crate::components::field::{Choice, Field, hidden, select, whole_number};
use crate::components::notice::{refusal, unusable};
use crate::components::{crumbs, header};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    rationale: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    audience: String,
    #[serde(default)]
    starts_at: String,
    #[serde(default)]
    event: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    wait: String,
    #[serde(default)]
    most_per_day: String,
    #[serde(default)]
    sender_name: String,
    #[serde(default)]
    sender: String,
    #[serde(default)]
    steps: String,
    /// The version on which the form was opened.
    #[serde(default)]
    seen: String,
}

impl Form {
    fn of(it: Written) -> Self {
        Self {
            name: it.name,
            purpose: it.purpose,
            rationale: it.rationale,
            owner: it.owner,
            audience: it.audience,
            starts_at: it.starts_at,
            event: it.event,
            source: it.source,
            wait: it.wait,
            most_per_day: it.most_per_day.to_string(),
            sender_name: it.sender_name,
            sender: it.sender,
            steps: it.steps,
            seen: String::new(),
        }
    }

    fn written(&self) -> Written {
        let it = self.clone();
        let most = whole_number(&it.most_per_day).and_then(|n| u32::try_from(n).ok());
        // What belongs to the other way in is left alone, so that nothing has to be emptied by hand.
        let is_event = !it.event.is_empty();
        let only = |of_event: bool, text: String| match of_event == is_event {
            true => text,
            false => String::new(),
        };
        Written {
            name: it.name,
            purpose: it.purpose,
            rationale: it.rationale,
            owner: it.owner,
            audience: only(false, it.audience),
            starts_at: only(false, it.starts_at),
            source: only(true, it.source),
            wait: only(true, it.wait),
            event: it.event,
            most_per_day: most.unwrap_or(0),
            sender_name: it.sender_name,
            sender: it.sender,
            steps: it.steps,
        }
    }
}

/// What the form offers.
struct Offer {
    contents: Vec<String>,
    purposes: Vec<&'static str>,
    audiences: Vec<String>,
    sources: Vec<(String, String)>,
    organization: String,
}

fn offer(tx: &mut Tx) -> Result<Offer, ActError> {
    let (mut names, mut purposes) = (Vec::new(), Vec::new());
    for one in contents::list_submitted(tx, 100)? {
        for purpose in one.latest.draft.class.purposes() {
            if !purposes.contains(purpose) {
                purposes.push(*purpose);
            }
        }
        if !names.contains(&one.name) {
            names.push(one.name);
        }
    }
    let listed = catalogue::list_sources(tx)?.into_iter();
    let mut sources: Vec<(String, String)> = listed.map(|one| (one.code, one.title)).collect();
    for one in flow::list(tx)? {
        let Some(version) = one.counting() else {
            continue;
        };
        let code = &version.declaration.source;
        if !sources.iter().any(|(known, _)| known == code) {
            sources.push((code.clone(), one.name.clone()));
        }
    }
    let organization = settings::load(tx)?.organization;
    Ok(Offer {
        contents: names,
        purposes,
        audiences: audiences::list(tx, 200)?
            .into_iter()
            .map(|one| one.name)
            .collect(),
        sources,
        organization: organization.map(|one| one.name).unwrap_or_default(),
    })
}

/// `GET`: the empty form.
pub async fn new(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let form = Form {
        most_per_day: "500".to_owned(),
        wait: "0 minutes".to_owned(),
        ..Form::default()
    };
    page(&site, &viewer, None, form, &[]).await
}

/// `POST`: writes a journey.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    save(&site, &viewer, None, form).await
}

/// `GET`: the form with the newest version in it.
pub async fn edit(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
) -> Result<Markup, WebError> {
    let form = site.store().read(move |tx| newest(tx, id)).await?;
    page(&site, &viewer, Some(id), form, &[]).await
}

fn newest(tx: &mut Tx, id: JourneyId) -> Result<Form, ActError> {
    let found = journey::find(tx, id)?;
    let newest = found.newest().ok_or(ActError::NotFound("journey"))?;
    let mut form = Form::of(journey::written(newest));
    form.seen = newest.id.to_string();
    Ok(form)
}

/// `POST`: writes the next version of a journey.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<JourneyId>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    save(&site, &viewer, Some(id), form).await
}

async fn save(
    site: &Site,
    viewer: &Viewer,
    id: Option<JourneyId>,
    form: Form,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let (written, seen) = (form.written(), form.seen.clone());
    let saved = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            check(tx, id, &written.name, &seen)?;
            journey::declare(tx, ctx, &written)
        })
        .await;
    match saved {
        Ok(version) => Ok(Redirect::to(&format!("/journeys/{}", version.journey)).into_response()),
        Err(error) => {
            let page = page(site, viewer, id, form, &problems(error)?).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// A new journey takes no other's name, and an edit keeps its name and goes from the newest version.
fn check(tx: &mut Tx, id: Option<JourneyId>, name: &str, seen: &str) -> Result<(), ActError> {
    let Some(id) = id else {
        return match journey::find_by_name(tx, name.trim()) {
            Err(ActError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                let problem = "another journey has this name: write its next version on its page, or choose another name";
                Err(ActError::invalid("name", problem))
            }
        };
    };
    let held = journey::find(tx, id)?;
    if held.name != name {
        let problem = "a journey keeps its name: write another one for another name";
        return Err(ActError::invalid("name", problem));
    }
    if held
        .newest()
        .is_some_and(|newest| newest.id.to_string() != seen)
    {
        let why = "somebody wrote another version since this form was opened: look at it, then write yours";
        return Err(ActError::refused("form.stale", why));
    }
    Ok(())
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    id: Option<JourneyId>,
    mut form: Form,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let offer = site.store().read(offer).await?;
    if form.sender_name.is_empty() {
        form.sender_name.clone_from(&offer.organization);
    }
    let (title, action) = match id {
        None => ("Write a journey", "/journeys".to_owned()),
        Some(id) => ("Write the next version", format!("/journeys/{id}/edit")),
    };
    let whys = unusable(found);
    Ok(layout::page(
        viewer,
        Place::Campaigns,
        title,
        &html! {
            (crumbs(&[("Campaigns", "/campaigns"), ("Journeys", "/journeys")], title))
            (header(title, "Nothing goes out by this alone: it is simulated, agreed to by compliance, clinical and legal, and started by name.", &html! {}))
            @if !whys.is_empty() { (refusal("Not saved", &whys, "change what is named above")) }
            form.stacked method="post" action=(action) {
                (viewer.csrf.field())
                @if id.is_some() { (hidden("seen", &form.seen)) (hidden("name", &form.name)) }
                (fields(&form, &offer, found, id.is_none()))
                button { "Save" }
            }
        },
    ))
}

fn fields(form: &Form, offer: &Offer, found: &[FieldProblem], is_new: bool) -> Markup {
    let error = |field| problem_of(found, field);
    html! {
        @if is_new {
            (Field::text("name", "Name").value(&form.name).required().max(120)
                .hint("Ours; no reader sees it.").error(error("name")).render())
        } @else { p { strong { (form.name) } } }
        fieldset {
            legend { "Who enters" }
            p.soft { "Everybody whom an audience finds, or whoever something happens to: fill in one of both." }
            (select("audience", "An audience", "As it is now; a later change of the audience changes nothing here.", error("audience"), &audiences_of(form, offer)))
            (Field::text("starts_at", "Not before").value(&form.starts_at).max(40)
                .hint("Empty for at once, or a moment with its offset: 2027-01-15T09:00:00-05:00.")
                .error(error("starts_at")).render())
            (select("event", "Or an event", "", error("event"), &events(form)))
            (select("source", "Whose data does the event go by?", "", error("source"), &sources(form, offer)))
            (Field::text("wait", "When after the event, or before the appointment?").value(&form.wait).max(20)
                .hint("0 minutes, 24 hours, 365 days.").error(error("wait")).render())
            (Field::text("most_per_day", "How many enter in a day at most?").value(&form.most_per_day).required().numeric()
                .hint("After so many in 24 hours it pauses by itself, until somebody has looked.")
                .error(error("most_per_day")).render())
        }
        (Field::area("steps", "Steps, one a line", 12).value(&form.steps).required().code()
            .error(error("steps")).render())
        (help(offer))
        (select("purpose", "Purpose", "It must fit the class of every content.", error("purpose"), &purposes(form, offer)))
        (Field::area("rationale", "Why may this be done with these data?", 3).value(&form.rationale).required().max(1000)
            .error(error("rationale")).render())
        (Field::text("owner", "Who answers for it?").value(&form.owner).required().max(120)
            .error(error("owner")).render())
        (Field::text("sender_name", "Sender's name").value(&form.sender_name).max(120)
            .hint("For e-mail only.").error(error("sender_name")).render())
        (Field::email("sender", "Sender's address").value(&form.sender).max(254)
            .hint("For e-mail only: an address of your own domain.").error(error("sender")).render())
    }
}

const EXAMPLE: &str = "send \"Welcome\", if refused go to end
wait 7 days
if answered go to end
if not in \"People over 65\" go to end
split 50 to call, 50 to mail
call: ask responder to \"offer a date by phone\", if skipped go to end
go to end
mail: wait until 09:00
send \"Our hours\"
end: exit";

/// How steps are written, and which names there are.
fn help(offer: &Offer) -> Markup {
    html! {
        details open[offer.contents.is_empty()] {
            summary { "How steps are written" }
            pre tabindex="0" { code { (EXAMPLE) } }
            p { "A step goes on with the next line unless it says where else. A word and a colon before a step is its label. A journey goes forward only, and its last line is exit. A test is " code { "in \"an audience\"" } ", " code { "answered" } ", " code { "opted out" } " or " code { "has appointment" } ", with " code { "not" } " before it if wanted." }
            p {
                "Contents that were submitted: "
                @if offer.contents.is_empty() { "none yet." } @else { (offer.contents.join("; ")) "." }
            }
            p {
                "Audiences that are saved: "
                @if offer.audiences.is_empty() { "none yet." } @else { (offer.audiences.join("; ")) "." }
            }
        }
    }
}

fn none(label: &str, is_chosen: bool) -> Choice {
    Choice::new("", label, is_chosen)
}

fn audiences_of(form: &Form, offer: &Offer) -> Vec<Choice> {
    let known = offer.audiences.iter();
    let choices = known.map(|name| Choice::new(name, name, *name == form.audience));
    [none("No audience", form.audience.is_empty())]
        .into_iter()
        .chain(choices)
        .collect()
}

fn events(form: &Form) -> Vec<Choice> {
    let all = Event::ALL.iter();
    let choices = all.map(|it| Choice::new(it.as_str(), it.label(), it.as_str() == form.event));
    [none("No event", form.event.is_empty())]
        .into_iter()
        .chain(choices)
        .collect()
}

fn sources(form: &Form, offer: &Offer) -> Vec<Choice> {
    let all = offer.sources.iter();
    let choices = all
        .map(|(code, title)| Choice::new(code, format!("{title} ({code})"), *code == form.source));
    [none("No source", form.source.is_empty())]
        .into_iter()
        .chain(choices)
        .collect()
}

fn purposes(form: &Form, offer: &Offer) -> Vec<Choice> {
    let mut all = offer.purposes.clone();
    all.sort_unstable();
    all.iter()
        .map(|code| Choice::new(*code, words(code), *code == form.purpose))
        .collect()
}
