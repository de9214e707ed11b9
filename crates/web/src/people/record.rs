//! The forms that record a consent or its decline, an authorization, an opt-out.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::person::{self, Purpose, View};
use placet_app::{instrument, preference};
use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_domain::instrument::InstrumentKind;
use placet_domain::operator::Capability;
use placet_domain::preference::{PreferenceKind, Topic};
use placet_domain::wording::{Wording, WordingKind};
use placet_store::wordings;

use super::given::{Answer, AuthorizationForm, ConsentForm, PreferenceForm, zone};
use super::permissions::{methods, to_permissions};
use super::{act, frame};
use crate::account::Read;
use crate::components::field::{Choice, Field, checks, radios, select};
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::site::Site;

async fn open(site: &Site, viewer: &Viewer, id: PersonId) -> Result<View, WebError> {
    act(
        site,
        viewer,
        Capability::RecordInstruments,
        move |tx, ctx| person::open(tx, ctx, id, Purpose::Record),
    )
    .await
}

async fn wording_choices(site: &Site, kind: WordingKind) -> Result<Vec<Choice>, WebError> {
    let all: Vec<Wording> = site
        .store()
        .read(|tx| -> Read<_> { wordings::list(tx) })
        .await?;
    let none = Choice::new("", "Another text, kept on paper", false);
    let held = all.into_iter().filter(|one| one.kind == kind).map(|one| {
        let label = format!("{} ({}, version {})", one.title, one.language, one.version);
        Choice::new(one.id.to_string(), label, false)
    });
    Ok(held.chain([none]).collect())
}

fn channels(chosen: &str, any: Option<&str>) -> Vec<Choice> {
    let any = any.map(|label| Choice::new("", label, chosen.is_empty()));
    let all = Channel::ALL.iter();
    any.into_iter()
        .chain(all.map(|one| Choice::new(one.as_str(), one.label(), one.as_str() == chosen)))
        .collect()
}

fn topics(any: Option<&str>) -> Vec<Choice> {
    let any = any.map(|label| Choice::new("", label, true));
    let all = Topic::ALL.iter();
    any.into_iter()
        .chain(all.map(|one| Choice::new(one.as_str(), one.label(), false)))
        .collect()
}

/// How, when and where it is on file: the same on each form.
fn evidence(with_form: bool) -> Markup {
    html! {
        (Field::date_time("at", "When?").required()
            .hint("The moment they signed, ticked or said it").render())
        (methods("method", "How?", "paper"))
        (Field::text("source", "Where did it happen?").value("registration_desk").required().max(64)
            .hint("A code, such as registration_desk or call_center; no names").render())
        @if with_form { (Field::text("form_version", "Version of the form").max(64).render()) }
        (Field::text("document", "Reference of the document").max(64)
            .hint("Where the signed paper or recording is filed; a number, no name").render())
    }
}

/// `GET`: the form for a consent or its decline.
pub async fn new_consent(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Markup, WebError> {
    let view = open(&site, &viewer, id).await?;
    let wordings = wording_choices(&site, WordingKind::Consent).await?;
    let kinds: Vec<Choice> = InstrumentKind::ALL
        .iter()
        .filter(|kind| **kind != InstrumentKind::HipaaAuthorization)
        .map(|kind| {
            Choice::new(
                kind.as_str(),
                kind.label(),
                *kind == InstrumentKind::EmailOptin,
            )
        })
        .collect();
    let answers = [
        Choice::new("granted", "They agreed", false),
        Choice::new("declined", "They declined", false)
            .hint("Recorded too, with a receipt. It does not affect their care."),
    ];
    Ok(frame(
        &viewer,
        &view,
        "Permissions",
        &html! {
            h2 { "Record a consent or a decline" }
            p { "One consent is for one way and one topic. For several, record several." }
            form.stacked method="post" action={ "/people/" (id) "/consents" } {
                (viewer.csrf.field())
                (radios("answer", "What was the answer?", "", "", &answers))
                (select("kind", "Which consent?", "", "", &kinds))
                (select("channel", "By which way?", "", "", &channels("email", None)))
                (select("topic", "About what?", "", "", &topics(None)))
                (select("wording", "Which text were they shown?", "", "", &wordings))
                (evidence(true))
                (Field::date("expires_on", "Last day, if it ends").render())
                button { "Record" }
            }
        },
    ))
}

/// `POST`: records a consent or its decline.
pub async fn consent(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    Protected(form): Protected<ConsentForm>,
) -> Result<Redirect, WebError> {
    let answer = form.read(&zone(&site).await?)?;
    let entry = match answer {
        Answer::Yes(given) => {
            act(
                &site,
                &viewer,
                Capability::RecordInstruments,
                move |tx, ctx| Ok(instrument::record(tx, ctx, id, given.clone())?.entry),
            )
            .await?
        }
        Answer::No(asked) => {
            act(
                &site,
                &viewer,
                Capability::RecordInstruments,
                move |tx, ctx| Ok(preference::record(tx, ctx, id, asked.clone())?.entry),
            )
            .await?
        }
    };
    Ok(to_permissions(id, Some(&entry)))
}

/// `GET`: the form for an opt-out or another wish.
pub async fn new_preference(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Markup, WebError> {
    let view = open(&site, &viewer, id).await?;
    let kinds: Vec<Choice> = PreferenceKind::ALL
        .iter()
        .map(|kind| {
            Choice::new(
                kind.as_str(),
                kind.label(),
                *kind == PreferenceKind::Unsubscribe,
            )
        })
        .collect();
    Ok(frame(
        &viewer,
        &view,
        "Permissions",
        &html! {
            h2 { "Record an opt-out or a wish" }
            p { "It stands from the next decision on. No import can undo it." }
            form.stacked method="post" action={ "/people/" (id) "/preferences" } {
                (viewer.csrf.field())
                (select("kind", "What do they want?", "", "", &kinds))
                (select("channel", "By which way?", "", "", &channels("", Some("Every way"))))
                (select("topic", "About what?", "", "", &topics(Some("Every topic"))))
                (evidence(false))
                button { "Record" }
            }
        },
    ))
}

/// `POST`: records an opt-out or another wish.
pub async fn preference(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    Protected(form): Protected<PreferenceForm>,
) -> Result<Redirect, WebError> {
    let asked = form.read(&zone(&site).await?)?;
    let recorded = act(
        &site,
        &viewer,
        Capability::RecordInstruments,
        move |tx, ctx| preference::record(tx, ctx, id, asked.clone()),
    )
    .await?;
    Ok(to_permissions(id, Some(&recorded.entry)))
}

/// `GET`: the form for an authorization, element by element.
pub async fn new_authorization(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
) -> Result<Markup, WebError> {
    let view = open(&site, &viewer, id).await?;
    let wordings = wording_choices(&site, WordingKind::Authorization).await?;
    Ok(frame(
        &viewer,
        &view,
        "Permissions",
        &html! {
            h2 { "Record an authorization" }
            p { "Copy what the signed form says (45 CFR 164.508). What it lacks, leave empty: it is kept as defective, says what is missing, and never counts." }
            form.stacked method="post" action={ "/people/" (id) "/authorizations" } {
                (viewer.csrf.field())
                (select("wording", "Which form was signed?", "", "", &wordings))
                (elements())
                (signature())
                (statements())
                (scope())
                (evidence(true))
                button { "Record" }
            }
        },
    ))
}

fn elements() -> Markup {
    html! {
        (Field::area("description", "What information?", 2)
            .hint("As the form says it; \"all information\" is no description").render())
        (Field::text("discloser", "Who may use or share it?").max(300).render())
        (Field::text("recipient", "Who may receive it?").max(300).render())
        (Field::area("purpose", "For which purposes?", 2).render())
        (Field::date("expires_on", "Ends on this day").render())
        (Field::text("expires_event", "or when this happens").max(300).render())
    }
}

fn signature() -> Markup {
    let signers = [
        Choice::new("individual", "The person", true),
        Choice::new("representative", "Somebody for them", false),
    ];
    html! {
        (Field::date("signed_on", "Date beside the signature")
            .hint("Empty when there is no signature or no date").render())
        (radios("signer", "Who signed?", "", "", &signers))
        (Field::text("authority", "Authority of whoever signed for them").max(300)
            .hint("Parent, guardian, health care proxy, …").render())
    }
}

fn statements() -> Markup {
    let states = [
        Choice::new("revoke", "They may take it back in writing, and how", false),
        Choice::new("condition", "Care does not depend on signing", false),
        Choice::new(
            "redisclosure",
            "What is shared may be shared again and lose its protection",
            false,
        ),
        Choice::new("remuneration", "A third party pays for the messages", false),
        Choice::new("sale", "Sharing it brings us money", false),
    ];
    let facts = [
        Choice::new("plain_language", "It is in plain language", false),
        Choice::new(
            "initiated_by_individual",
            "The person asked for it on their own",
            false,
        ),
        Choice::new("involves_remuneration", "A third party does pay", false),
        Choice::new("sale", "It allows a sale of the information", false),
        Choice::new("combined", "It is part of another document", false),
        Choice::new("conditioned", "Care was made to depend on it", false),
        Choice::new("known_false", "Something material in it is false", false),
    ];
    html! {
        (checks("states", "What does the form state?", "Tick what you read on it.", "", &states))
        (checks("is", "What is true of it?", "", "", &facts))
    }
}

fn scope() -> Markup {
    let information = [
        ("contact", "Name and contact details"),
        ("demographic", "Age, sex, language"),
        ("appointment", "Dates of visits and appointments"),
        ("treatment", "Departments, diagnoses, treatments"),
    ];
    let information: Vec<Choice> = information
        .iter()
        .map(|(code, label)| Choice::new(*code, *label, false))
        .collect();
    html! {
        (checks("channels", "Messages by which ways?", "", "", &channels("-", None)))
        (checks("topics", "About which topics?", "", "", &topics(None)))
        (checks("information", "Which kinds of information may be used?", "", "", &information))
    }
}

/// `POST`: records an authorization, complete or not.
pub async fn authorization(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    Protected(form): Protected<AuthorizationForm>,
) -> Result<Redirect, WebError> {
    let given = form.read(&zone(&site).await?)?;
    let recorded = act(
        &site,
        &viewer,
        Capability::RecordInstruments,
        move |tx, ctx| instrument::record(tx, ctx, id, given.clone()),
    )
    .await?;
    Ok(to_permissions(id, Some(&recorded.entry)))
}
