//! What a person signed, agreed to and refused; taking back and lifting.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::person::{self, Purpose};
use placet_app::preference::{self, LaterAct};
use placet_app::timeline;
use placet_app::{ActError, instrument};
use placet_domain::id::{InstrumentId, PersonId, PreferenceId};
use placet_domain::instrument::{Instrument, Method, Revocation, Standing, Terms};
use placet_domain::operator::Capability;
use placet_domain::preference::Preference;
use placet_domain::time::{TimeZone, Timestamp};
use placet_store::{instruments, preferences};

use super::given::{LaterForm, zone};
use super::overview::not_in_ledger;
use super::{act, frame, just_recorded};
use crate::components::field::{Choice, Field, select};
use crate::components::table::Table;
use crate::components::{Tone, button_link, day, empty, pill, quiet_link, time};
use crate::csrf::{CsrfToken, Protected};
use crate::error::WebError;
use crate::extract::{Id, Ids};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// `GET`: everything signed, agreed to and refused.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<PersonId>,
    query: Query,
) -> Result<Markup, WebError> {
    let (view, signed, asked, faults) =
        act(&site, &viewer, Capability::ViewPeople, move |tx, ctx| {
            let view = person::open(tx, ctx, id, Purpose::Review)?;
            let signed = instruments::list_by_person(tx, id)?;
            let asked = preferences::list_by_person(tx, id)?;
            Ok((view, signed, asked, timeline::check(tx, ctx, id)?))
        })
        .await?;
    let receipt = just_recorded(&site, &viewer, query.get("receipt")).await?;
    let may_record = viewer.can(Capability::RecordInstruments);
    let base = format!("/people/{id}");
    let now = site.now();
    let signed: Vec<Instrument> = signed.into_iter().map(|held| held.instrument).collect();
    let asked: Vec<Preference> = asked.into_iter().map(|held| held.preference).collect();
    Ok(frame(
        &viewer,
        &view,
        "Permissions",
        &html! {
            (receipt)
            (not_in_ledger(&faults))
            @if may_record {
                p.row {
                    (button_link(&format!("{base}/consents/new"), "Record a consent or a decline"))
                    (quiet_link(&format!("{base}/authorizations/new"), "Record an authorization"))
                    (quiet_link(&format!("{base}/preferences/new"), "Record an opt-out or a wish"))
                }
            }
            h2 { "Signed and agreed" }
            @if signed.is_empty() {
                (empty("No permission yet", "Without one, only what needs none may be sent. A permission is recorded with its wording, its time and its evidence.", &html! {}))
            } @else { (instruments_table(&signed, now, &base, may_record)) }
            h2 { "Refused and asked for" }
            @if asked.is_empty() {
                (empty("No refusal", "Opt-outs, STOP, declines, restrictions and requests stand here. No import can undo them.", &html! {}))
            } @else { (preferences_table(&asked, now, &base, may_record)) }
        },
    ))
}

/// A standing as a pill.
pub(super) fn standing(standing: &Standing) -> Markup {
    let tone = match standing {
        Standing::InForce => Tone::Good,
        Standing::NotYet { .. } => Tone::Info,
        Standing::Expired { .. } => Tone::Neutral,
        Standing::Revoked { .. } | Standing::Defective { .. } => Tone::Bad,
    };
    pill(tone, &standing.says())
}

fn covers(instrument: &Instrument) -> String {
    match &instrument.terms {
        Terms::Consent(consent) => {
            format!("{}, {}", consent.topic.label(), consent.channel.label())
        }
        Terms::Authorization(terms) => {
            let topics: Vec<&str> = terms
                .scope
                .topics
                .iter()
                .map(|topic| topic.label())
                .collect();
            let channels: Vec<&str> = terms
                .scope
                .channels
                .iter()
                .map(|channel| channel.label())
                .collect();
            format!("{} by {}", topics.join(", "), channels.join(", "))
        }
    }
}

fn instruments_table(
    signed: &[Instrument],
    now: Timestamp,
    base: &str,
    may_record: bool,
) -> Markup {
    let rows = signed.iter().map(|one| {
        let standing_now = one.standing(now, &TimeZone::UTC);
        html! {
            th scope="row" { (one.kind.label()) }
            td { (standing(&standing_now))
                @if let Standing::Defective { defects } = &standing_now {
                    ul { @for defect in defects { li { (defect.label()) " " code { (defect.as_str()) } } } }
                }
            }
            td { (covers(one)) }
            td { (time(one.signed_at)) }
            td { @if let Some(on) = one.expires_on() { (day(on)) } }
            td { (one.method.label()) }
            td {
                code { (one.evidence.source) }
                @if !one.evidence.form_version.is_empty() { " form " code { (one.evidence.form_version) } }
                @if let Some(wording) = one.wording { " " a href={ "/people/wordings#w-" (wording) } { "wording" } }
                @if !one.evidence.document.is_empty() { " filed as " code { (one.evidence.document) } }
            }
            td { @if may_record && one.revoked.is_none() {
                a href={ (base) "/instruments/" (one.id) "/revocations/new" } { "Take back" }
            } }
        }
    });
    Table::new("What was signed and agreed to, newest first")
        .column("Document")
        .column("Standing")
        .column("Covers")
        .column("Given")
        .column("Last day")
        .column("How")
        .column("Evidence")
        .column("Change")
        .rows(rows)
        .render(&Query::default())
}

fn preferences_table(asked: &[Preference], now: Timestamp, base: &str, may_record: bool) -> Markup {
    let rows = asked.iter().map(|one| {
        html! {
            th scope="row" { (one.kind.label()) }
            td {
                @if one.stands_at(now) { (pill(Tone::Bad, "stands")) }
                @else if let Some(lifted) = &one.lifted { (pill(Tone::Neutral, "lifted")) " " (time(lifted.at)) }
                @else { (pill(Tone::Info, "not yet")) }
            }
            td { (one.channel.map_or("Every way", |channel| channel.label())) }
            td { (one.topic.map_or("Every topic", |topic| topic.label())) }
            td { (time(one.asked_at)) }
            td { (one.method.label()) }
            td { code { (one.evidence.source) } }
            td { @if may_record && one.stands_at(now) {
                a href={ (base) "/preferences/" (one.id) "/lifts/new" } { "Lift" }
            } }
        }
    });
    Table::new("What was refused and asked for, newest first")
        .column("What")
        .column("Standing")
        .column("Way")
        .column("Topic")
        .column("Asked")
        .column("How")
        .column("Evidence")
        .column("Change")
        .rows(rows)
        .render(&Query::default())
}

/// How somebody can tell us, for the forms of this page.
pub(super) fn methods(name: &str, label: &str, chosen: &str) -> Markup {
    let choices: Vec<Choice> = Method::ALL
        .iter()
        .filter(|method| {
            !matches!(
                method,
                Method::OneClick | Method::SignedLink | Method::ExpiryEvent
            )
        })
        .map(|method| Choice::new(method.as_str(), method.label(), method.as_str() == chosen))
        .collect();
    select(name, label, "", "", &choices)
}

/// `GET`: the form that takes an instrument back.
pub async fn new_revocation(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(person, id): Ids<PersonId, InstrumentId>,
) -> Result<Markup, WebError> {
    let (view, held) = act(
        &site,
        &viewer,
        Capability::RecordInstruments,
        move |tx, ctx| {
            let view = person::open(tx, ctx, person, Purpose::Record)?;
            Ok((view, of_person(instruments::find(tx, id)?, person)?))
        },
    )
    .await?;
    let action = format!("/people/{person}/instruments/{id}/revocations");
    let says = held.standing(site.now(), &TimeZone::UTC).says();
    Ok(frame(
        &viewer,
        &view,
        "Permissions",
        &html! {
            h2 { "Take back: " (held.kind.label()) }
            p { (covers(&held)) ". Given " (time(held.signed_at)) ". Now: " (says) "." }
            p { "It counts no more from the next decision on, and nobody asks them for it again. This cannot be undone; a new signature can be recorded." }
            (later_form(&viewer.csrf, &action, "letter", "Take it back"))
        },
    ))
}

/// `GET`: the form that lifts a refusal.
pub async fn new_lift(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(person, id): Ids<PersonId, PreferenceId>,
) -> Result<Markup, WebError> {
    let (view, held) = act(
        &site,
        &viewer,
        Capability::RecordInstruments,
        move |tx, ctx| {
            let view = person::open(tx, ctx, person, Purpose::Record)?;
            let held = preferences::find(tx, id)?.filter(|held| held.preference.person == person);
            Ok((
                view,
                held.ok_or(ActError::NotFound("preference"))?.preference,
            ))
        },
    )
    .await?;
    let action = format!("/people/{person}/preferences/{id}/lifts");
    Ok(frame(
        &viewer,
        &view,
        "Permissions",
        &html! {
            h2 { "Lift: " (held.kind.label()) }
            p { "Asked " (time(held.asked_at)) ", " (held.method.label().to_lowercase()) "." }
            p { "Only a later act of the person lifts it. Say when and how they asked, and where that is on file." }
            (later_form(&viewer.csrf, &action, "in_person", "Lift it"))
        },
    ))
}

fn of_person(held: Option<instruments::Held>, person: PersonId) -> Result<Instrument, ActError> {
    held.map(|held| held.instrument)
        .filter(|instrument| instrument.person == person)
        .ok_or(ActError::NotFound("instrument"))
}

/// The fields of [`LaterForm`].
fn later_form(csrf: &CsrfToken, action: &str, chosen: &str, button: &str) -> Markup {
    html! {
        form.stacked method="post" action=(action) {
            (csrf.field())
            (Field::date_time("at", "When did they say so?").required().render())
            (methods("method", "How did they tell us?", chosen))
            (Field::text("source", "Where is that on file?").value("front_desk").required().max(64)
                .hint("A code, such as front_desk or mailroom; no names").render())
            (Field::text("document", "Reference of the document").max(64).render())
            button { (button) }
        }
    }
}

/// `POST`: ends an instrument.
pub async fn revoke(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(person, id): Ids<PersonId, InstrumentId>,
    Protected(form): Protected<LaterForm>,
) -> Result<Redirect, WebError> {
    let zone = zone(&site).await?;
    let later = form.read(&zone)?;
    let revoked = act(
        &site,
        &viewer,
        Capability::RecordInstruments,
        move |tx, ctx| {
            of_person(instruments::find(tx, id)?, person)?;
            let revocation = Revocation {
                at: later.at,
                method: later.method,
            };
            instrument::revoke(tx, ctx, id, revocation, &later.evidence)
        },
    )
    .await?;
    Ok(to_permissions(person, revoked.entries.first()))
}

/// `POST`: lifts a refusal on newer evidence.
pub async fn lift(
    State(site): State<Site>,
    viewer: Viewer,
    Ids(person, id): Ids<PersonId, PreferenceId>,
    Protected(form): Protected<LaterForm>,
) -> Result<Redirect, WebError> {
    let zone = zone(&site).await?;
    let later: LaterAct = form.read(&zone)?;
    let entry = act(
        &site,
        &viewer,
        Capability::RecordInstruments,
        move |tx, ctx| {
            let held = preferences::find(tx, id)?.filter(|held| held.preference.person == person);
            held.ok_or(ActError::NotFound("preference"))?;
            preference::lift(tx, ctx, id, &later)
        },
    )
    .await?;
    Ok(to_permissions(person, Some(&entry)))
}

/// Back to the list, with the receipt of what was done.
pub(super) fn to_permissions(
    person: PersonId,
    entry: Option<&placet_domain::id::EntryId>,
) -> Redirect {
    match entry {
        Some(entry) => Redirect::to(&format!("/people/{person}/permissions?receipt={entry}")),
        None => Redirect::to(&format!("/people/{person}/permissions")),
    }
}
