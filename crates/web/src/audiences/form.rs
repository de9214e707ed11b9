//! The filter as a form: each group of boxes is a card, cards are joined by "and", boxes by "or".
//!
//! A filter that mixes kinds inside one card is edited as JSON, in the same form.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::audience::{Countable, Seen};
use placet_app::{ActError, FieldProblem, audience};
use placet_domain::audience::{Audience, Card, Condition, Filter};
use placet_domain::id::{AudienceId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::person::Relationship;
use placet_domain::preference::Topic;
use placet_domain::time::Timestamp;
use placet_domain::words;
use placet_store::contents::{self, Listed};
use placet_store::{StoreError, Tx, audiences};
use serde::{Deserialize, Serialize};

use super::{as_before, picture, question, rounding, size, won_back};
use crate::account::problems;
use crate::components::field::{Choice, Field, check, checks, hidden, select};
use crate::components::notice::{Why, refusal, unusable};
use crate::components::{crumbs, header};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::seen;
use crate::session::Viewer;
use crate::site::Site;

/// How many contents the form offers to look at the filter with.
const CONTENTS: u32 = 50;

#[derive(Deserialize, Serialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    relationship: Vec<String>,
    #[serde(default)]
    residence: Vec<String>,
    #[serde(default)]
    age_from: String,
    #[serde(default)]
    age_to: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    has_email: String,
    #[serde(default)]
    topic: Vec<String>,
    #[serde(default)]
    json: String,
    /// The content that the waterfall beside the filter is about.
    #[serde(default)]
    version: String,
    #[serde(default)]
    act: String,
    /// The audience on which the form was opened.
    #[serde(default, skip_serializing)]
    seen: String,
}

/// What a filter finds, and what the gate says of those it finds.
struct Preview {
    n: u64,
    /// Whether the counts are those of an earlier filter.
    is_as_before: bool,
    content: Option<(String, Seen)>,
}

/// What the form offers to choose from.
struct Offered {
    residences: Vec<String>,
    contents: Vec<Listed>,
}

impl Form {
    /// An audience as the form shows it.
    fn read(tx: &mut Tx, id: AudienceId) -> Result<Self, ActError> {
        let found = audiences::find(tx, id)?.ok_or(ActError::NotFound("audience"))?;
        let mut form = Self::of(&found);
        form.seen = seen::tag(&form);
        Ok(form)
    }

    /// The form of a filter; what boxes cannot say stands as JSON.
    fn of(audience: &Audience) -> Self {
        let mut form = Self {
            name: audience.name.clone(),
            ..Self::default()
        };
        for card in &audience.filter.all {
            if !form.take(card) {
                return Self {
                    name: audience.name.clone(),
                    json: audience.filter.write(),
                    ..Self::default()
                };
            }
        }
        form
    }

    /// Ticks the boxes of one card; false when there are none for it.
    fn take(&mut self, card: &Card) -> bool {
        let topics = |card: &Card| {
            card.any
                .iter()
                .map(|one| match one {
                    Condition::OptedIn { topic } => Some(topic.as_str().to_owned()),
                    _ => None,
                })
                .collect::<Option<Vec<String>>>()
        };
        match card.any.as_slice() {
            [Condition::Relationship { is }] if self.relationship.is_empty() => {
                self.relationship = is.iter().map(|one| one.as_str().to_owned()).collect();
            }
            [Condition::Residence { is }] if self.residence.is_empty() => {
                self.residence.clone_from(is);
            }
            [Condition::Age { from, to }] if self.age_from.is_empty() && self.age_to.is_empty() => {
                let say = |age: &Option<u16>| age.map(|age| age.to_string()).unwrap_or_default();
                (self.age_from, self.age_to) = (say(from), say(to));
            }
            [Condition::Language { is }] if self.language.is_empty() => {
                self.language = is.join(" ");
            }
            [Condition::HasEmail] => self.has_email = "yes".to_owned(),
            [Condition::OptedIn { .. }, ..] if self.topic.is_empty() => match topics(card) {
                Some(topics) => self.topic = topics,
                None => return false,
            },
            _ => return false,
        }
        true
    }

    fn filter(&self) -> Result<Filter, ActError> {
        if !self.json.trim().is_empty() {
            let read = Filter::read(self.json.trim());
            return read.map_err(|bad| ActError::invalid("json", bad.to_string()));
        }
        let mut all = Vec::new();
        let mut add = |any: Vec<Condition>| all.push(Card { any });
        if !self.relationship.is_empty() {
            let is = self
                .relationship
                .iter()
                .filter_map(|code| Relationship::find(code));
            add(vec![Condition::Relationship { is: is.collect() }]);
        }
        if !self.residence.is_empty() {
            add(vec![Condition::Residence {
                is: self.residence.clone(),
            }]);
        }
        let (from, to) = (
            age("age_from", &self.age_from)?,
            age("age_to", &self.age_to)?,
        );
        if from.is_some() || to.is_some() {
            add(vec![Condition::Age { from, to }]);
        }
        let languages: Vec<String> = self
            .language
            .split([' ', ','])
            .filter(|code| !code.is_empty())
            .map(str::to_owned)
            .collect();
        if !languages.is_empty() {
            add(vec![Condition::Language { is: languages }]);
        }
        if self.has_email == "yes" {
            add(vec![Condition::HasEmail]);
        }
        if !self.topic.is_empty() {
            let topics = self.topic.iter().filter_map(|code| Topic::find(code));
            add(topics.map(|topic| Condition::OptedIn { topic }).collect());
        }
        let filter = Filter { all };
        filter
            .check()
            .map_err(|bad| ActError::invalid("filter", bad.to_string()))?;
        Ok(filter)
    }
}

fn age(field: &str, text: &str) -> Result<Option<u16>, ActError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let age = text
        .parse()
        .map_err(|_| ActError::invalid(field, "give full years in digits"))?;
    Ok(Some(age))
}

/// `GET`: the empty form.
pub async fn new(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let form = Form {
        has_email: "yes".to_owned(),
        ..Form::default()
    };
    page(&site, &viewer, None, &form, &[], None).await
}

/// `POST`: saves a new audience, or only counts.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    save(&site, &viewer, None, form).await
}

/// `GET`: the form with an audience in it.
pub async fn edit(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<AudienceId>,
) -> Result<Markup, WebError> {
    let form = site.store().read(move |tx| Form::read(tx, id)).await?;
    page(&site, &viewer, Some(id), &form, &[], None).await
}

/// `POST`: changes an audience, or only counts.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<AudienceId>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    save(&site, &viewer, Some(id), form).await
}

async fn save(
    site: &Site,
    viewer: &Viewer,
    id: Option<AudienceId>,
    mut form: Form,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditAudiences)?;
    let filter = match form.filter() {
        Ok(filter) => filter,
        Err(error) => return again(site, viewer, id, &form, error).await,
    };
    if form.act == "count" {
        let (shared, now) = (site.clone(), site.now());
        let version = form.version.parse::<VersionId>().ok();
        let actor = viewer.ctx.actor.clone();
        let counted = site
            .store()
            .read(move |tx| {
                let countable = shared
                    .waterfalls()
                    .countable(tx, &actor, filter.clone(), now)?;
                preview(tx, &shared, &countable, version, now)
            })
            .await;
        let counted = match counted {
            Err(ActError::Refused { why, .. }) => Err(why),
            counted => Ok(counted?),
        };
        let page = page(site, viewer, id, &form, &[], Some(counted)).await?;
        return Ok(page.into_response());
    }
    let (name, opened) = (form.name.clone(), form.seen.clone());
    let saved = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| match id {
            None => audience::create(tx, ctx, &name, filter.clone()),
            Some(id) => {
                seen::check(&opened, &Form::read(tx, id)?)?;
                audience::change(tx, ctx, id, &name, filter.clone())
            }
        })
        .await;
    match saved {
        Ok(audience) => Ok(Redirect::to(&format!("/audiences/{}", audience.id)).into_response()),
        Err(error) => {
            if let (true, Some(id)) = (seen::is_stale(&error), id) {
                let now = site.store().read(move |tx| Form::read(tx, id)).await?;
                form.seen = now.seen;
            }
            again(site, viewer, id, &form, error).await
        }
    }
}

/// Counts by the population index, so that it keeps up with typing.
fn preview(
    tx: &mut Tx,
    site: &Site,
    countable: &Countable,
    version: Option<VersionId>,
    now: Timestamp,
) -> Result<Preview, ActError> {
    let Countable {
        filter,
        is_as_before,
    } = countable;
    let contents = contents::list_submitted(tx, CONTENTS)?;
    let chosen = match version {
        Some(id) => contents.into_iter().find(|one| one.latest.id == id),
        None => contents.into_iter().next(),
    };
    let Some(chosen) = chosen else {
        let n = audience::count_seen(tx, site.waterfalls().index(), filter, now)?;
        return Ok(Preview {
            n,
            is_as_before: *is_as_before,
            content: None,
        });
    };
    let question = question(filter, &chosen.latest);
    let (seen, _) = site.waterfalls().seen(tx, site.engine(), &question, now)?;
    Ok(Preview {
        n: seen.waterfall.n_matched,
        is_as_before: *is_as_before,
        content: Some((chosen.name, seen)),
    })
}

async fn again(
    site: &Site,
    viewer: &Viewer,
    id: Option<AudienceId>,
    form: &Form,
    error: ActError,
) -> Result<Response, WebError> {
    let page = page(site, viewer, id, form, &problems(error)?, None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    id: Option<AudienceId>,
    form: &Form,
    found: &[FieldProblem],
    counted: Option<Result<Preview, String>>,
) -> Result<Markup, WebError> {
    let offered = |tx: &mut Tx| {
        Ok::<_, StoreError>(Offered {
            residences: audiences::list_residences(tx)?,
            contents: contents::list_submitted(tx, CONTENTS)?,
        })
    };
    let offered = site.store().read(offered).await?;
    let (title, action) = match id {
        None => ("New audience", "/audiences".to_owned()),
        Some(id) => ("Change audience", format!("/audiences/{id}/edit")),
    };
    let whys = unusable(found);
    Ok(layout::page(
        viewer,
        Place::Audiences,
        title,
        &html! {
            (crumbs(&[("Audiences", "/audiences")], title))
            (header(title, "People must fit every part that you fill in, and any one box of it.", &html! {}))
            @if !whys.is_empty() { (refusal("Not saved", &whys, "Change what is named above, then save again.")) }
            form.stacked method="post" action=(action) data-live="found" {
                (viewer.csrf.field())
                @if id.is_some() { (hidden(seen::FIELD, &form.seen)) }
                (Field::text("name", "Name").value(&form.name).required().max(120).error(problem_of(found, "name")).render())
                (boxes(form, found, &offered.residences))
                (advanced(form, found))
                (with_content(form, &offered.contents))
                (beside(viewer, counted.as_ref()))
                div.row {
                    button name="act" value="save" { "Save" }
                    button.quiet name="act" value="count" formnovalidate { "Count without saving" }
                }
            }
        },
    ))
}

fn with_content(form: &Form, contents: &[Listed]) -> Markup {
    let choices: Vec<Choice> = contents
        .iter()
        .map(|one| {
            let label = format!("{}, version {}", one.name, one.latest.number);
            let id = one.latest.id.to_string();
            let is_chosen = id == form.version;
            Choice::new(id, label, is_chosen)
        })
        .collect();
    html! {
        @if !choices.is_empty() {
            (select("version", "Shown with which content?", "Whether somebody may be written to \
                depends on what is said. This choice is not saved.", "", &choices))
        }
    }
}

/// The part that is fetched again while the filter is edited (`data-live`).
fn beside(viewer: &Viewer, counted: Option<&Result<Preview, String>>) -> Markup {
    html! {
        section id="found" aria-live="polite" {
            @if let Some(Err(why)) = counted {
                (refusal("Not counted", &[Why::plain(why.clone())], "The audience can be saved all the same."))
            }
            @if let Some(Ok(preview)) = counted {
                h2 { "Found by this filter" }
                p { strong { (size(viewer, preview.n)) } " people" }
                @if preview.is_as_before { (as_before()) }
                @if preview.content.is_none() { (rounding(viewer)) }
                @if let Some((name, seen)) = &preview.content {
                    (picture::render(viewer, &format!("Who of them may be written to with {name}"),
                        &seen.waterfall, None))
                    (won_back(viewer, &seen.won_back))
                }
            }
        }
    }
}

fn boxes(form: &Form, found: &[FieldProblem], residences: &[String]) -> Markup {
    let relationships: Vec<Choice> = Relationship::ALL
        .iter()
        .filter(|one| !matches!(one, Relationship::Deceased | Relationship::None))
        .map(|one| {
            Choice::new(
                one.as_str(),
                one.label(),
                form.relationship.iter().any(|code| code == one.as_str()),
            )
        })
        .collect();
    let states: Vec<Choice> = residences
        .iter()
        .map(|code| Choice::new(code, words::place(code), form.residence.contains(code)))
        .collect();
    let topics: Vec<Choice> = Topic::ALL
        .iter()
        .map(|one| {
            Choice::new(
                one.as_str(),
                one.label(),
                form.topic.iter().any(|code| code == one.as_str()),
            )
        })
        .collect();
    html! {
        (checks("relationship", "Relationship", "Choosing patients is itself a use of health information; \
            the gate takes it into account.", "", &relationships))
        @if !states.is_empty() { details open[!form.residence.is_empty()] {
            summary { "Where they live" }
            (checks("residence", "Lives in", "", "", &states))
        } }
        (Field::text("age_from", "From age").value(&form.age_from).numeric().max(3)
            .error(problem_of(found, "age_from")).render())
        (Field::text("age_to", "Up to age").value(&form.age_to).numeric().max(3)
            .error(problem_of(found, "age_to")).render())
        (Field::text("language", "Language").value(&form.language).max(40)
            .hint("Codes such as en or es, with spaces between.").render())
        (check("has_email", "Has an e-mail address", "", form.has_email == "yes"))
        (checks("topic", "Has opted in by e-mail to", "Not needed: the gate asks for the consent that the \
            message needs.", "", &topics))
    }
}

fn advanced(form: &Form, found: &[FieldProblem]) -> Markup {
    let error = problem_of(found, "json");
    html! {
        details open[!form.json.is_empty() || !error.is_empty()] {
            summary { "As JSON, for cards with mixed conditions" }
            (Field::area("json", "Filter as JSON", 8).value(&form.json).code()
                .hint("When this is filled in, the boxes above do not count.").error(error).render())
            p { code { "{\"all\":[{\"any\":[{\"element\":\"relationship\",\"is\":[\"prospect\"]},{\"element\":\"age\",\"from\":65}]}]}" } }
        }
    }
}
