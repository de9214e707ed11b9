//! Writing: a form for text blocks or MJML that says at each field what cannot be used and why.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::{ActError, FieldProblem, content, settings};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft, Format, body};
use placet_domain::id::{ContentId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::preference::Topic;
use placet_store::contents;
use serde::Deserialize;

use crate::account::problems;
use crate::components::field::{Choice, Field, select};
use crate::components::notice::{refusal, unusable};
use crate::components::{crumbs, header};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

#[derive(Deserialize, Clone, Default)]
pub struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    class: String,
    #[serde(default)]
    topic: String,
    /// How it travels; e-mail when nothing is said.
    #[serde(default)]
    channel: String,
    /// Of post: a letter or a card.
    #[serde(default)]
    format: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    preheader: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    text: String,
    /// How the preview is asked for.
    #[serde(default)]
    view: String,
}

impl Form {
    fn of(name: String, draft: &Draft) -> Self {
        Self {
            name,
            class: draft.class.as_str().to_owned(),
            topic: draft.topic.as_str().to_owned(),
            channel: draft.channel.as_str().to_owned(),
            format: draft.format.as_str().to_owned(),
            subject: draft.subject.clone(),
            preheader: draft.preheader.clone(),
            body: draft.body.clone(),
            text: draft.text.clone(),
            view: String::new(),
        }
    }

    /// How the preview is asked for.
    pub(super) fn view(&self) -> &str {
        &self.view
    }

    /// How it travels.
    fn channel(&self) -> Channel {
        Channel::find(&self.channel).unwrap_or(Channel::Email)
    }

    /// What it is made of; only post leaves a choice.
    fn format(&self) -> Format {
        match self.channel() {
            Channel::Postal => Format::find(&self.format).unwrap_or(Format::Letter),
            _ => Format::Plain,
        }
    }

    /// A class that is not known is the one with the most review; the topic falls to the class's
    /// own.
    pub(super) fn draft(&self) -> Draft {
        let class = ContentClass::find(&self.class).unwrap_or(ContentClass::ClinicalClaim);
        let usual = class.topics().first().copied().unwrap_or(Topic::Services);
        Draft {
            class,
            topic: Topic::find(&self.topic).unwrap_or(usual),
            channel: self.channel(),
            format: self.format(),
            subject: unix(&self.subject),
            preheader: unix(&self.preheader),
            body: unix(&self.body),
            text: unix(&self.text),
        }
    }
}

/// Browsers send line ends as CR LF; a version has LF, so that its hash does not depend on them.
fn unix(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}

/// Which form it is.
enum Act {
    New,
    Edit {
        base: VersionId,
        content: ContentId,
        number: u32,
    },
}

/// `GET`: the empty form; `?channel=sms` for a text message.
pub async fn new(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let channel = query.get("channel").and_then(Channel::find);
    let channel = channel.unwrap_or(Channel::Email);
    let format = query.get("format").unwrap_or_default();
    let body = match channel {
        Channel::Sms => "Hello {{first_name|there}}, your text.",
        Channel::Postal if format == Format::Letter.as_str() || format.is_empty() => {
            "Dear {{first_name|neighbor}},\n\nyour text.\n\nSincerely,\n\nyour name"
        }
        Channel::Postal => "Dear {{first_name|neighbor}},\n\nyour text.",
        Channel::VoiceLive => "I am calling about …\n\nWould you like to hear more?",
        Channel::Email => {
            "# Headline\n\nHello {{first_name|there}},\n\nyour text.\n\n\
             [Read more](https://example.org/)"
        }
    };
    let form = Form {
        class: ContentClass::Education.as_str().to_owned(),
        channel: channel.as_str().to_owned(),
        format: format.to_owned(),
        body: body.to_owned(),
        ..Form::default()
    };
    page(&site, &viewer, &Act::New, &form, &[]).await
}

/// `POST`: begins a content with its first version.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let (name, draft, engine) = (form.name.clone(), form.draft(), site.engine().clone());
    let created = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            content::create(tx, ctx, &engine, &name, &draft)
        })
        .await;
    match created {
        Ok(version) => Ok(Redirect::to(&format!("/content/{}", version.content)).into_response()),
        Err(error) => again(&site, &viewer, &Act::New, &form, error).await,
    }
}

/// `GET`: the form with a version in it.
pub async fn edit(
    State(site): State<Site>,
    viewer: Viewer,
    Id(base): Id<VersionId>,
) -> Result<Markup, WebError> {
    let (act, form) = load(&site, base).await?;
    page(&site, &viewer, &act, &form, &[]).await
}

async fn load(site: &Site, base: VersionId) -> Result<(Act, Form), WebError> {
    let found = site
        .store()
        .read(move |tx| {
            let version = contents::find_version(tx, base)?.ok_or(ActError::NotFound("version"))?;
            let name = contents::find_name(tx, version.content)?.unwrap_or_default();
            Ok::<_, ActError>((version, name))
        })
        .await?;
    let (version, name) = found;
    let act = Act::Edit {
        base,
        content: version.content,
        number: version.number,
    };
    Ok((act, Form::of(name, &version.draft)))
}

/// `POST`: saves an edit as the next version.
pub async fn revise(
    State(site): State<Site>,
    viewer: Viewer,
    Id(base): Id<VersionId>,
    Protected(form): Protected<Form>,
) -> Result<Response, WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    let (draft, engine) = (form.draft(), site.engine().clone());
    let revised = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            content::revise(tx, ctx, &engine, base, &draft)
        })
        .await;
    match revised {
        Ok(version) => Ok(Redirect::to(&format!("/content/{}", version.content)).into_response()),
        Err(error) => {
            let (act, _) = load(&site, base).await?;
            again(&site, &viewer, &act, &form, error).await
        }
    }
}

/// What the form for a name sends.
#[derive(Deserialize)]
pub struct Named {
    #[serde(default)]
    name: String,
}

/// `POST`: gives the content another name.
pub async fn rename(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<ContentId>,
    Protected(form): Protected<Named>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::WriteContent)?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            content::rename(tx, ctx, id, &form.name)
        })
        .await?;
    Ok(Redirect::to(&format!("/content/{id}")))
}

async fn again(
    site: &Site,
    viewer: &Viewer,
    act: &Act,
    form: &Form,
    error: ActError,
) -> Result<Response, WebError> {
    let problems = match error {
        // The text stays in the form: what was typed must not be lost to somebody who was faster.
        ActError::Refused { why, .. } => {
            vec![FieldProblem {
                field: String::new(),
                problem: why,
            }]
        }
        other => problems(other)?,
    };
    let page = page(site, viewer, act, form, &problems).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    act: &Act,
    form: &Form,
    found: &[FieldProblem],
) -> Result<Markup, WebError> {
    let settings = site.store().read(settings::load).await?;
    let profile = placet_app::gate::profile(settings.strictness);
    let usable = content::usable(site.engine(), profile, &form.draft());
    let (title, action) = match act {
        Act::New => {
            let title = match form.channel() {
                Channel::Sms => "Write a text message",
                Channel::Postal if form.format() == Format::Letter => "Write a letter",
                Channel::Postal => "Write a postcard",
                Channel::VoiceLive => "Write a call script",
                _ => "Write content",
            };
            (title.to_owned(), "/content".to_owned())
        }
        Act::Edit { base, number, .. } => (
            format!("Edit version {number} of {}", form.name),
            format!("/versions/{base}/edit"),
        ),
    };
    let back = match act {
        Act::New => crumbs(&[("Content", "/content")], &title),
        Act::Edit { content, .. } => {
            let href = format!("/content/{content}");
            crumbs(&[("Content", "/content"), (&form.name, &href)], "Edit")
        }
    };
    let lead = "Saving makes a new version without approval; the one before stays as it is.";
    Ok(layout::page(
        viewer,
        Place::Content,
        &title,
        &html! {
            (back)
            (header(&title, lead, &html! {}))
            (summary(found))
            form method="post" action=(action) {
                (viewer.csrf.field())
                input type="hidden" name="channel" value=(form.channel().as_str());
                div.columns {
                    div { (writing(act, form, found)) }
                    div { (kind(form, found)) (help(form.channel(), &usable)) }
                }
                div.row { button { "Save as a new version" } }
                (super::preview::beside(form.channel()))
            }
        },
    ))
}

fn summary(found: &[FieldProblem]) -> Markup {
    let whys = unusable(found);
    html! {
        @if !whys.is_empty() {
            (refusal("Not saved", &whys, "change what is named above, then save again"))
        }
    }
}

fn writing(act: &Act, form: &Form, found: &[FieldProblem]) -> Markup {
    let rows = if body::is_mjml(&form.body) { 30 } else { 18 };
    if form.channel() == Channel::Sms {
        return html! {
            (name(act, form, found))
            (Field::area("body", "Message", 6).value(&form.body).required()
                .hint("Plain words. The hospital's name before it and “Reply STOP to end” after it are added \
                    unless you write them.")
                .error(problem_of(found, "body")).render())
        };
    }
    if form.channel() == Channel::VoiceLive {
        return html! {
            (name(act, form, found))
            (Field::area("body", "Script", 14).value(&form.body).required()
                .hint("Plain words, as they are said. Who calls and whether it is the person is asked before them, and how \
                    to get no more calls is said after them; both are added.")
                .error(problem_of(found, "body")).render())
        };
    }
    if form.channel() == Channel::Postal {
        return printed(act, form, found);
    }
    html! {
        (name(act, form, found))
        (Field::text("subject", "Subject").value(&form.subject).required().max(200)
            .error(problem_of(found, "subject")).render())
        (Field::text("preheader", "Preheader").value(&form.preheader).max(200)
            .hint("The line that mailboxes show after the subject.")
            .error(problem_of(found, "preheader")).render())
        (Field::area("body", "Body", rows).value(&form.body).required().code()
            .hint("Text blocks, or MJML when it begins with <mjml>. The footer is added.")
            .error(problem_of(found, "body")).render())
        (Field::area("text", "Plain text", 6).value(&form.text).code()
            .hint("For readers without HTML. Left empty, it is made from the body.")
            .error(problem_of(found, "text")).render())
    }
}

/// A letter or a card.
fn printed(act: &Act, form: &Form, found: &[FieldProblem]) -> Markup {
    let chosen = form.format();
    let is_card = chosen.is_card();
    let formats: Vec<Choice> = Format::PRINTED
        .iter()
        .map(|format| Choice::new(format.as_str(), format.label(), *format == chosen))
        .collect();
    let heading = Field::text(
        "subject",
        if is_card {
            "Headline of the front"
        } else {
            "Heading"
        },
    )
    .value(&form.subject)
    .max(90)
    .error(problem_of(found, "subject"));
    html! {
        (name(act, form, found))
        (select("format", "What is printed?", "Everything on a card is read on its way; of a letter, only the \
            return address.", problem_of(found, "channel"), &formats))
        (if is_card { heading.required() } else { heading }.render())
        @if is_card {
            (Field::text("preheader", "Second line of the front").value(&form.preheader).max(110)
                .error(problem_of(found, "preheader")).render())
        }
        (Field::area("body", "Words", if is_card { 10 } else { 18 }).value(&form.body).required().code()
            .hint("Text blocks. Address, return address and how to get no more are added.")
            .error(problem_of(found, "body")).render())
    }
}

fn name(act: &Act, form: &Form, found: &[FieldProblem]) -> Markup {
    html! {
        @if matches!(act, Act::New) {
            (Field::text("name", "Name").value(&form.name).required().max(120)
                .hint("Ours; no reader sees it.").error(problem_of(found, "name")).render())
        }
    }
}

fn kind(form: &Form, found: &[FieldProblem]) -> Markup {
    let draft = form.draft();
    let classes: Vec<Choice> = ContentClass::ALL
        .iter()
        .map(|class| {
            let label = format!("{} ({})", class.label(), class.tier().label());
            Choice::new(class.as_str(), label, *class == draft.class)
        })
        .collect();
    let topics: Vec<Choice> = Topic::ALL
        .iter()
        .map(|topic| Choice::new(topic.as_str(), topic.label(), *topic == draft.topic))
        .collect();
    html! {
        (select("class", "What kind of content is it?",
            "In brackets: the review that follows from it. It cannot be chosen lighter.", "", &classes))
        (select("topic", "Topic", "What consents and opt-outs call it.", problem_of(found, "topic"), &topics))
    }
}

fn help(channel: Channel, usable: &[String]) -> Markup {
    html! {
        section.card aria-labelledby="help-title" {
            h2 #help-title { "How to write" }
            @if channel == Channel::Sms {
                p { "One part holds 160 characters, or 70 when a single one is outside the phones' own alphabet: \
                    “curly quotes”, dashes – and í do that. The preview counts." }
            } @else if channel == Channel::VoiceLive {
                p { "Short sentences, one thing at a time. Ask before you go on. Nothing of it is left on a machine: there \
                    the caller leaves the hospital's name and a number." }
            } @else if channel == Channel::Postal {
                p { code { "# Headline" } br; code { "**bold**" } br; code { "- a point of a list" } br;
                    code { "---" } " a line across" }
                p { "A link is printed as its words and address." }
            } @else { p { code { "# Headline" } br; code { "**bold**" } ", " code { "[words](https://…)" } br;
                code { "- a point of a list" } br; code { "[Button](https://…)" } " on its own line" } }
            h3 { "Variables of this class" }
            ul { @for name in usable { li { code { "{{" (name) "}}" } } } }
            h3 { "Blanks of a template" }
            p { code { "[[day: date]]" } ", " code { "[[where: place]]" } ", " code { "[[for: adults | children]]" }
                ": filled in without another review once the text is approved." }
            p { "With words for people who have no such value: " code { "{{first_name|there}}" } "." }
        }
    }
}
