//! What is registered of a trigger: a new one, or the next version of one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::approval::{self, Reviewed};
use placet_app::{ActError, FieldProblem, flow, settings, trigger};
use placet_domain::id::{TriggerId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::time::Timestamp;
use placet_domain::trigger::{Declaration, Event, Wait};
use placet_domain::words::words;
use placet_store::contents::{self, Listed};
use placet_store::{Tx, catalogue};
use serde::Deserialize;

use crate::account::problems;
use crate::components::field::{Choice, Field, hidden, select, whole_number};
use crate::components::notice::{info, refusal, unusable};
use crate::components::{button_link, crumbs, header};
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
    event: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    rationale: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    wait: String,
    #[serde(default)]
    most_per_day: String,
    #[serde(default)]
    sender_name: String,
    #[serde(default)]
    sender: String,
    /// The version on which the form was opened.
    #[serde(default)]
    seen: String,
}

impl Form {
    fn of(it: &Declaration) -> Self {
        Self {
            name: it.name.clone(),
            event: it.event.as_str().to_owned(),
            source: it.source.clone(),
            content: it.content.to_string(),
            purpose: it.purpose.clone(),
            rationale: it.rationale.clone(),
            owner: it.owner.clone(),
            wait: it.wait.to_string(),
            most_per_day: it.most_per_day.to_string(),
            sender_name: it.sender_name.clone(),
            sender: it.sender.clone(),
            seen: String::new(),
        }
    }

    fn declaration(&self) -> Result<Declaration, ActError> {
        let content: VersionId = self
            .content
            .parse()
            .map_err(|_| ActError::invalid("content", "choose a content"))?;
        let event = Event::find(&self.event)
            .ok_or_else(|| ActError::invalid("event", "choose what sets it off"))?;
        let wait: Wait = self.wait.parse().map_err(|_| {
            let problem = "write a number and minutes, hours or days, as 24 hours";
            ActError::invalid("wait", problem)
        })?;
        let most = whole_number(&self.most_per_day).and_then(|n| u32::try_from(n).ok());
        Ok(Declaration {
            name: self.name.trim().to_owned(),
            event,
            source: self.source.clone(),
            content,
            purpose: self.purpose.clone(),
            rationale: self.rationale.trim().to_owned(),
            owner: self.owner.trim().to_owned(),
            wait,
            most_per_day: most.unwrap_or(0),
            sender_name: self.sender_name.trim().to_owned(),
            sender: self.sender.trim().to_owned(),
        })
    }
}

/// What the form offers.
struct Offer {
    versions: Vec<(Listed, Reviewed)>,
    sources: Vec<(String, String)>,
    organization: String,
}

fn offer(tx: &mut Tx, now: Timestamp) -> Result<Offer, ActError> {
    let mut versions = Vec::new();
    let bench = approval::Bench::read(tx, now)?;
    for one in contents::list_submitted(tx, 100)? {
        let reviewed = approval::of_with(tx, &bench, one.latest.clone())?;
        if !reviewed.is_template() {
            versions.push((one, reviewed));
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
        versions,
        sources,
        organization: organization.map(|one| one.name).unwrap_or_default(),
    })
}

/// `GET`: the empty form.
pub async fn new(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let form = Form {
        event: Event::ComingUp.as_str().to_owned(),
        wait: "24 hours".to_owned(),
        most_per_day: "500".to_owned(),
        ..Form::default()
    };
    page(&site, &viewer, None, form, &[]).await
}

/// `POST`: registers a trigger.
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
    Id(id): Id<TriggerId>,
) -> Result<Markup, WebError> {
    let form = site.store().read(move |tx| newest(tx, id)).await?;
    page(&site, &viewer, Some(id), form, &[]).await
}

fn newest(tx: &mut Tx, id: TriggerId) -> Result<Form, ActError> {
    let found = trigger::find(tx, id)?;
    let newest = found.newest().ok_or(ActError::NotFound("trigger"))?;
    let mut form = Form::of(&newest.declaration);
    form.seen = newest.id.to_string();
    Ok(form)
}

/// `POST`: registers the next version of a trigger.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<TriggerId>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    save(&site, &viewer, Some(id), form).await
}

async fn save(
    site: &Site,
    viewer: &Viewer,
    id: Option<TriggerId>,
    form: Form,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let declared = match form.declaration() {
        Ok(declared) => declared,
        Err(error) => return again(site, viewer, id, form, error).await,
    };
    let seen = form.seen.clone();
    let saved = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            check(tx, id, &declared.name, &seen)?;
            trigger::declare(tx, ctx, &declared)
        })
        .await;
    match saved {
        Ok(version) => Ok(Redirect::to(&format!("/triggers/{}", version.trigger)).into_response()),
        Err(error) => again(site, viewer, id, form, error).await,
    }
}

/// A new trigger takes no other's name, and an edit keeps its name and goes from the newest version.
fn check(tx: &mut Tx, id: Option<TriggerId>, name: &str, seen: &str) -> Result<(), ActError> {
    let Some(id) = id else {
        return match trigger::find_by_name(tx, name) {
            Err(ActError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                let problem = "another trigger has this name: write its next version on its page, or choose another name";
                Err(ActError::invalid("name", problem))
            }
        };
    };
    let held = trigger::find(tx, id)?;
    if held.name != name {
        let problem = "a trigger keeps its name: register another one for another name";
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

async fn again(
    site: &Site,
    viewer: &Viewer,
    id: Option<TriggerId>,
    form: Form,
    error: ActError,
) -> Result<Response, WebError> {
    let page = page(site, viewer, id, form, &problems(error)?).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    id: Option<TriggerId>,
    mut form: Form,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let now = site.now();
    let offer = site.store().read(move |tx| offer(tx, now)).await?;
    if form.sender_name.is_empty() {
        form.sender_name.clone_from(&offer.organization);
    }
    let (title, action) = match id {
        None => ("Register a trigger", "/triggers".to_owned()),
        Some(id) => ("Write the next version", format!("/triggers/{id}/edit")),
    };
    let whys = unusable(found);
    Ok(layout::page(
        viewer,
        Place::Campaigns,
        title,
        &html! {
            (crumbs(&[("Campaigns", "/campaigns"), ("Triggers", "/triggers")], title))
            (header(title, "Nothing goes out by this alone: compliance approves each version first.", &html! {}))
            @if !whys.is_empty() { (refusal("Not saved", &whys, "change what is named above")) }
            @if offer.versions.is_empty() || offer.sources.is_empty() {
                (lacking(viewer, &offer))
            } @else {
                form.stacked method="post" action=(action) {
                    (viewer.csrf.field())
                    @if id.is_some() { (hidden("seen", &form.seen)) (hidden("name", &form.name)) }
                    (fields(&form, &offer, found, id.is_none()))
                    button { "Save" }
                }
            }
        },
    ))
}

fn lacking(viewer: &Viewer, offer: &Offer) -> Markup {
    info(
        "Something is needed first",
        &html! {
            @if offer.versions.is_empty() { p { "No content has been submitted yet." } }
            @if offer.sources.is_empty() { p { "No source of data is declared yet." } }
            div.row {
                @if offer.versions.is_empty() && viewer.can(Capability::WriteContent) {
                    (button_link("/content/new", "Write content"))
                }
                @if offer.sources.is_empty() && viewer.can(Capability::ViewData) {
                    (button_link("/data", "Look at Data"))
                }
            }
        },
    )
}

fn fields(form: &Form, offer: &Offer, found: &[FieldProblem], is_new: bool) -> Markup {
    let events: Vec<Choice> = Event::ALL
        .iter()
        .map(|event| Choice::new(event.as_str(), event.label(), event.as_str() == form.event))
        .collect();
    let sources: Vec<Choice> = offer
        .sources
        .iter()
        .map(|(code, title)| Choice::new(code, format!("{title} ({code})"), *code == form.source))
        .collect();
    html! {
        @if is_new {
            (Field::text("name", "Name").value(&form.name).required().max(120)
                .hint("Ours; no reader sees it.").error(problem_of(found, "name")).render())
        } @else { p { strong { (form.name) } } }
        (select("event", "What sets it off?", "", problem_of(found, "event"), &events))
        (Field::text("wait", "When does it leave?").value(&form.wait).required().max(20)
            .hint("After the event, or before the appointment: 0 minutes, 24 hours, 365 days. A birthday message leaves at nine in the morning: 0 minutes.")
            .error(problem_of(found, "wait")).render())
        (select("source", "Whose data does it go by?", "", problem_of(found, "source"), &sources))
        (select("content", "Content", "For an appointment: time, date, place and a name, and nothing else. Otherwise a name.",
            problem_of(found, "content"), &versions(form, offer)))
        (select("purpose", "Purpose", "It must fit the class of the content.", problem_of(found, "purpose"), &purposes(form, offer)))
        (Field::area("rationale", "Why may this be done with these data?", 3).value(&form.rationale).required().max(1000)
            .error(problem_of(found, "rationale")).render())
        (Field::text("owner", "Who answers for it?").value(&form.owner).required().max(120)
            .error(problem_of(found, "owner")).render())
        (Field::text("most_per_day", "How many a day at most?").value(&form.most_per_day).required().numeric()
            .hint("After so many in 24 hours it pauses by itself, until somebody has looked.")
            .error(problem_of(found, "most_per_day")).render())
        (Field::text("sender_name", "Sender's name").value(&form.sender_name).max(120)
            .hint("For e-mail only.").error(problem_of(found, "sender_name")).render())
        (Field::email("sender", "Sender's address").value(&form.sender).max(254)
            .hint("For e-mail only: an address of your own domain.").error(problem_of(found, "sender")).render())
    }
}

fn versions(form: &Form, offer: &Offer) -> Vec<Choice> {
    let choice = |(one, reviewed): &(Listed, Reviewed)| {
        let id = one.latest.id.to_string();
        let label = format!(
            "{}, version {} ({}, {}): {}",
            one.name,
            one.latest.number,
            one.latest.draft.class.label().to_lowercase(),
            one.latest.draft.channel.label().to_lowercase(),
            reviewed.standing.label()
        );
        let is_chosen = id == form.content;
        Choice::new(id, label, is_chosen)
    };
    offer.versions.iter().map(choice).collect()
}

/// The purposes of the classes on offer, each once.
fn purposes(form: &Form, offer: &Offer) -> Vec<Choice> {
    let mut seen: Vec<&str> = Vec::new();
    let classes = offer.versions.iter().map(|(one, _)| one.latest.draft.class);
    for purpose in classes.flat_map(|class| class.purposes()) {
        if !seen.contains(purpose) {
            seen.push(purpose);
        }
    }
    seen.sort_by_key(|purpose| !purpose.starts_with("appointment"));
    seen.iter()
        .map(|code| Choice::new(*code, words(code), *code == form.purpose))
        .collect()
}
