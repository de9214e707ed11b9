//! One audience, and who of it may be written to with one version of a content.

use axum::extract::State;
use maud::{Markup, html};
use placet_app::audience::{self, Question, Seen, Stopped, WonBack};
use placet_app::campaign::message;
use placet_app::gate::Gate;
use placet_app::{ActError, settings};
use placet_domain::audience::cells::SMALL;
use placet_domain::audience::{Audience, Filter};
use placet_domain::campaign::{Brief, Remuneration};
use placet_domain::content::Version;
use placet_domain::id::{AudienceId, PersonId, VersionId};
use placet_domain::operator::{Actor, Capability};
use placet_domain::time::Timestamp;
use placet_store::contents::{self, Listed};
use placet_store::{Tx, audiences};

use super::{as_before, picture, sentences, size};
use crate::components::field::{Choice, select};
use crate::components::notice::info;
use crate::components::table::{Table, filters};
use crate::components::{button_link, crumbs, definitions, empty, header, quiet_link, time};
use crate::error::WebError;
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many people a page of a bar shows.
pub const PEOPLE_ON_A_PAGE: usize = 50;

struct Found {
    audience: Audience,
    versions: Vec<Listed>,
    chosen: Option<Listed>,
    counted: Option<(Seen, Timestamp)>,
    n: u64,
    /// Whether the counts are those of an earlier filter.
    is_as_before: bool,
}

/// `GET`: the audience; `?version=…` chooses the content.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<AudienceId>,
    query: Query,
) -> Result<Markup, WebError> {
    let version = query
        .get("version")
        .and_then(|text| text.parse::<VersionId>().ok());
    let (now, shared) = (site.now(), site.clone());
    let actor = viewer.ctx.actor.clone();
    let found = site
        .store()
        .read(move |tx| load(tx, &shared, &actor, id, version, now))
        .await?;
    Ok(page(&viewer, &found))
}

fn load(
    tx: &mut Tx,
    site: &Site,
    actor: &Actor,
    id: AudienceId,
    version: Option<VersionId>,
    now: Timestamp,
) -> Result<Found, ActError> {
    let audience = audiences::find(tx, id)?.ok_or(ActError::NotFound("audience"))?;
    let countable = site
        .waterfalls()
        .countable(tx, actor, audience.filter.clone(), now)?;
    let versions = contents::list_submitted(tx, 50)?;
    let chosen = match version {
        Some(id) => versions.iter().find(|one| one.latest.id == id),
        None => versions.first(),
    };
    let chosen = chosen.cloned();
    let counted = match &chosen {
        Some(one) => {
            let question = question(&countable.filter, &one.latest);
            Some(site.waterfalls().seen(tx, site.engine(), &question, now)?)
        }
        None => None,
    };
    let n = match &counted {
        Some((seen, _)) => seen.waterfall.n_matched,
        None => audience::count_seen(tx, site.waterfalls().index(), &countable.filter, now)?,
    };
    Ok(Found {
        audience,
        versions,
        chosen,
        counted,
        n,
        is_as_before: countable.is_as_before,
    })
}

/// A filter with a version as its usual campaign would send it: unpaid, for its first purpose.
pub fn question(filter: &Filter, version: &Version) -> Question {
    let purpose = version
        .draft
        .class
        .purposes()
        .first()
        .copied()
        .unwrap_or_default();
    let brief = Brief {
        name: String::new(),
        version: version.id,
        audience: AudienceId::from([0; 16]),
        purpose: purpose.to_owned(),
        remuneration: Remuneration::NONE,
        sender_name: String::new(),
        sender: String::new(),
    };
    let message = message(&brief, version, filter);
    Question {
        filter: filter.clone(),
        message,
    }
}

fn page(viewer: &Viewer, found: &Found) -> Markup {
    let audience = &found.audience;
    let href = format!("/audiences/{}", audience.id);
    let actions = html! {
        @if viewer.can(Capability::EditAudiences) { (button_link(&format!("{href}/edit"), "Change")) }
        @if viewer.can(Capability::EditCampaigns) {
            (quiet_link(&format!("/campaigns/new?audience={}", audience.id), "Plan a campaign"))
        }
    };
    layout::page(
        viewer,
        Place::Audiences,
        &audience.name,
        &html! {
            (crumbs(&[("Audiences", "/audiences")], &audience.name))
            (header(&audience.name, "", &actions))
            (definitions(&[
                ("Finds whoever…", sentences(&audience.filter)),
                ("Found now", html! { strong { (size(viewer, found.n)) } }),
                ("Changed", time(audience.changed_at)),
            ]))
            @if found.is_as_before { (as_before()) }
            h2 { "Who of them may be written to" }
            (chooser(found, &href))
            (waterfall(viewer, found, &href))
        },
    )
}

fn chooser(found: &Found, href: &str) -> Markup {
    if found.versions.is_empty() {
        return info(
            "No content to ask about",
            &html! {
                p { "Whether somebody may be written to depends on what is said. Submit a content first." }
            },
        );
    }
    let chosen = found.chosen.as_ref().map(|one| one.latest.id);
    let choices: Vec<Choice> = found
        .versions
        .iter()
        .map(|one| {
            let label = format!(
                "{}, version {} ({})",
                one.name,
                one.latest.number,
                one.latest.draft.class.label()
            );
            Choice::new(
                one.latest.id.to_string(),
                label,
                Some(one.latest.id) == chosen,
            )
        })
        .collect();
    filters(
        href,
        &select("version", "With which content?", "", "", &choices),
    )
}

fn waterfall(viewer: &Viewer, found: &Found, href: &str) -> Markup {
    let (Some((seen, at)), Some(chosen)) = (&found.counted, &found.chosen) else {
        return html! {};
    };
    let title = format!(
        "Who of {} may be written to with {}",
        found.audience.name, chosen.name
    );
    let version = chosen.latest.id;
    let people = |rule: &str| {
        Query::parse(&format!("{href}/stopped"), &format!("version={version}"))
            .with_in("rule", rule)
    };
    html! {
        (picture::render(viewer, &title, &seen.waterfall, Some(&people)))
        (won_back(viewer, &seen.won_back))
        p.soft { "Counted " (time(*at)) ". A launch counts again, and each message is decided again." }
    }
}

/// To the full ten for those who see no small groups: taken from a bar's count, an exact one could
/// point at a few.
fn rough(viewer: &Viewer, n: u64) -> String {
    if viewer.can(Capability::ViewSmallCells) || n < SMALL {
        size(viewer, n)
    } else {
        format!("about {}", crate::components::number(n / 10 * 10))
    }
}

/// Whom an authorization campaign could win back, by what they would have to give.
pub(crate) fn won_back(viewer: &Viewer, found: &[WonBack]) -> Markup {
    let rows = found.iter().map(|one| {
        html! {
            th scope="row" { code { (one.instrument) } }
            td.number { (rough(viewer, one.n)) }
            td.number { (rough(viewer, one.n_alone)) }
        }
    });
    html! {
        @if !found.is_empty() {
            h3 { "Could be won back by an authorization" }
            (Table::new("People for whom only a permission is missing that they can give")
                .column("What they would have to give").number("Lack it")
                .number("Lack nothing else").rows(rows).render(&Query::default()))
        }
    }
}

/// `GET`: the people whom one rule stops first. Each one shown leaves an access entry.
pub async fn stopped(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<AudienceId>,
    query: Query,
) -> Result<Markup, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ViewPeople)?;
    let version: VersionId = query
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or(WebError::NotFound)?;
    let rule = query.get("rule").ok_or(WebError::NotFound)?.to_owned();
    let after = query
        .get("after")
        .and_then(|text| text.parse::<PersonId>().ok());
    let (shared, asked) = (site.clone(), rule.clone());
    let found = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let audience = audiences::find(tx, id)?.ok_or(ActError::NotFound("audience"))?;
            let version =
                contents::find_version(tx, version)?.ok_or(ActError::NotFound("version"))?;
            let question = question(&audience.filter, &version);
            let settings = settings::load(tx)?;
            let gate = Gate::new(shared.engine(), &settings, question.message, ctx.now);
            let limit = PEOPLE_ON_A_PAGE + 1;
            let people = audience::list_stopped_seen(
                tx,
                shared.waterfalls().index(),
                &gate,
                &question.filter,
                &asked,
                after,
                limit,
            )?;
            Ok::<_, ActError>((audience.name, people))
        })
        .await?;
    let (name, people) = found;
    let href = format!("/audiences/{id}?version={version}");
    Ok(stopped_page(
        &viewer,
        &site,
        Place::Audiences,
        (&name, &href),
        &rule,
        people,
        &query,
    ))
}

/// What a rule says, as its bar does.
fn says(site: &Site, rule: &str) -> String {
    if rule == audience::NO_ADDRESS {
        return "No e-mail address is held.".to_owned();
    }
    let found = site.engine().rule(rule);
    found.map_or_else(|| rule.to_owned(), |rule| rule.says.clone())
}

/// The people behind one bar, with the way back.
pub(crate) fn stopped_page(
    viewer: &Viewer,
    site: &Site,
    place: Place,
    back: (&str, &str),
    rule: &str,
    mut people: Vec<Stopped>,
    query: &Query,
) -> Markup {
    let lead = says(site, rule);
    let has_more = people.len() > PEOPLE_ON_A_PAGE;
    people.truncate(PEOPLE_ON_A_PAGE);
    let next = people
        .last()
        .filter(|_| has_more)
        .map(|one| one.person.to_string());
    let rows = people.iter().map(|one| {
        html! {
            th scope="row" { a href={ "/people/" (one.person) } { (one.name) } }
            td { ul.plain { @for rule in &one.rules { li { (says(site, rule)) } } } }
        }
    });
    layout::page(
        viewer,
        place,
        "Stopped by a rule",
        &html! {
            (crumbs(&[back], "Stopped by a rule"))
            (header("Stopped by a rule", &lead, &html! {}))
            p.soft { "Rule " code { (rule) } ". That you opened this list is recorded for each person on it." }
            @if people.is_empty() {
                (empty("Nobody", "Nobody is stopped by this rule first now.", &quiet_link(back.1, "Back")))
            } @else {
                (Table::new("People stopped by this rule first").column("Person")
                    .column("Every rule that stops them").rows(rows).render(query))
                @if let Some(next) = next { (quiet_link(&query.with("after", &next), "More")) }
            }
        },
    )
}
