//! Noisy counts: how many people of an audience did something, without giving one of them away,
//! and what is left of the year's budget for asking.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use placet_app::measure::noisy::{self, Given};
use placet_app::{ActError, FieldProblem, measure};
use placet_domain::audience::Audience;
use placet_domain::id::{AudienceId, CountId};
use placet_domain::measure::noisy::{Counted, Left, NoisyAsk, NoisyCount};
use placet_domain::operator::Capability;
use placet_domain::time::Date;
use placet_store::{Tx, noisy_counts};

use super::sent::{Sent, problem};
use crate::components::field::{Choice, Field, radios, select};
use crate::components::notice::{info, refusal, unusable};
use crate::components::table::Table;
use crate::components::{crumbs, day, definitions, empty, header, number, quiet_link, time};
use crate::content::Names;
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::layout::{self, Place};
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// How many answers the page shows.
const SHOWN: u32 = 100;
/// What can be chosen: the cost, and how far the noise then reaches.
const COSTS: [u32; 4] = [100, 250, 500, 1_000];

struct Found {
    budgets: Vec<(Audience, Left)>,
    given: Vec<NoisyCount>,
    least: u64,
}

fn load(tx: &mut Tx, now: placet_domain::time::Timestamp) -> Result<Found, ActError> {
    Ok(Found {
        budgets: noisy::budgets(tx, now)?,
        given: noisy_counts::list(tx, SHOWN)?,
        least: measure::rules(tx)?.smallest_cell,
    })
}

/// `GET`: what was counted, what is left, and the form.
pub async fn show(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
) -> Result<Markup, WebError> {
    let mut sent = Sent::default();
    if let Some(audience) = query.get("audience") {
        sent = sent.with("audience", audience);
    }
    page(&site, &viewer, &sent, &[], &html! {}).await
}

async fn page(
    site: &Site,
    viewer: &Viewer,
    sent: &Sent,
    found: &[FieldProblem],
    said: &Markup,
) -> Result<Markup, WebError> {
    let now = site.now();
    let held = site.store().read(move |tx| load(tx, now)).await?;
    let title = "Noisy counts";
    let lead = "How many people of an audience did something, near enough to plan with. Noise hides each of them, \
        and a yearly budget keeps many answers from adding up to one person.";
    Ok(layout::page(
        viewer,
        Place::Measure,
        title,
        &html! {
            (crumbs(&[("Measure", "/measure")], title))
            (header(title, lead, &html! {}))
            (said)
            @if held.budgets.is_empty() {
                (empty("No audience to count", "A noisy count is asked of an audience. Make one first.",
                    &quiet_link("/audiences", "Audiences")))
            } @else {
                @if viewer.can(Capability::RunMeasures) { (form(viewer, &held, sent, found)) }
                (given(&held))
                (left(&held))
            }
        },
    ))
}

fn form(viewer: &Viewer, held: &Found, sent: &Sent, found: &[FieldProblem]) -> Markup {
    let whys = unusable(found);
    let audiences: Vec<Choice> = held
        .budgets
        .iter()
        .map(|(audience, _)| {
            let id = audience.id.to_string();
            let is_chosen = id == sent.get("audience");
            Choice::new(id, &audience.name, is_chosen)
        })
        .collect();
    let asked = Counted::find(sent.get("counted")).unwrap_or(Counted::People);
    let counted: Vec<Choice> = Counted::ALL
        .iter()
        .map(|one| {
            let hint = if one.has_period() {
                "In the period below; each person once."
            } else {
                "Today."
            };
            Choice::new(one.as_str(), one.label(), *one == asked).hint(hint)
        })
        .collect();
    let chosen: u32 = sent.number("cost", 250).unwrap_or(250);
    let costs: Vec<Choice> = COSTS
        .iter()
        .map(|cost| {
            let reach = noisy::reach_of(*cost);
            let label = format!(
                "{} of the budget: right to within {reach}, nine times of ten",
                epsilon(*cost)
            );
            Choice::new(cost.to_string(), label, *cost == chosen)
        })
        .collect();
    html! {
        section aria-labelledby="ask-title" {
            h2 #ask-title { "Ask" }
            @if !whys.is_empty() { (refusal("Not counted", &whys, "change what is named above")) }
            form.stacked method="post" action="/measure/counts" {
                (viewer.csrf.field())
                (select("audience", "Audience", "", problem_of(found, "audience"), &audiences))
                (radios("counted", "Who counts?", "", problem_of(found, "counted"), &counted))
                (Field::date("from", "From").value(sent.get("from")).error(problem_of(found, "from")).render())
                (Field::date("to", "To").value(sent.get("to"))
                    .hint("The last day of the period. It must be over: an answer stands for good.")
                    .error(problem_of(found, "to")).render())
                (radios("cost", "How precisely?", "Asking the same again costs nothing and gives the same answer.",
                    problem_of(found, "cost"), &costs))
                button { "Count" }
            }
        }
    }
}

/// Thousandths as an epsilon.
fn epsilon(thousandths: u32) -> String {
    let text = format!("{:.3}", f64::from(thousandths) / 1000.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

fn name_of(held: &Found, id: AudienceId) -> String {
    let found = held.budgets.iter().find(|(audience, _)| audience.id == id);
    found.map_or_else(
        || "an audience".to_owned(),
        |(audience, _)| audience.name.clone(),
    )
}

/// The figure with its interval, or why there is none.
fn figure(count: &NoisyCount, least: u64) -> Markup {
    match noisy::shown(count, least) {
        Some((answer, [low, high])) => html! {
            strong { "about " (number(answer)) } " "
            span.nowrap.soft { "(" (number(low)) " to " (number(high)) ")" }
        },
        None => html! { "fewer than " (least) },
    }
}

fn period(count: &NoisyCount) -> Markup {
    if count.ask.from == count.ask.to {
        day(count.ask.from)
    } else {
        html! { (day(count.ask.from)) " to " (day(count.ask.to)) }
    }
}

fn given(held: &Found) -> Markup {
    let rows = held.given.iter().map(|count| {
        html! {
            th scope="row" { a href={ "/measure/counts/" (count.id) } { (name_of(held, count.ask.audience)) } }
            td { (count.ask.counted.label()) } td { (period(count)) }
            td.number { (figure(count, held.least)) } td.number { (epsilon(count.ask.cost)) } td { (time(count.at)) }
        }
    });
    html! {
        section aria-labelledby="given-title" {
            h2 #given-title { "Answers" }
            @if held.given.is_empty() { p.soft { "None yet." } } @else {
                (Table::new("Noisy counts, newest first, 90 % intervals").column("Audience").column("Who counts")
                    .column("When").number("How many").number("Spent").column("Asked").rows(rows).render(&Query::default()))
            }
        }
    }
}

fn left(held: &Found) -> Markup {
    let rows = held.budgets.iter().map(|(audience, left)| {
        html! {
            th scope="row" { a href={ "/measure/counts?audience=" (audience.id) } { (audience.name) } }
            td.number { (epsilon(left.of_audience)) }
        }
    });
    let all = held.budgets.first().map(|(_, left)| *left);
    html! {
        section aria-labelledby="left-title" {
            h2 #left-title { "What is left this year" }
            @if let Some(left) = all {
                p { "All audiences together: " strong { (epsilon(left.of_all)) } ". They share one budget, since somebody can be in every one. \
                    Both begin anew on " (day(left.renews_on)) "." }
            }
            (Table::new("What is left of each audience's budget, in epsilon").column("Audience").number("Left").rows(rows)
                .render(&Query::default()))
        }
    }
}

fn ask(sent: &Sent) -> Result<NoisyAsk, FieldProblem> {
    let audience: AudienceId = sent
        .get("audience")
        .parse()
        .map_err(|_| problem("audience", "choose an audience"))?;
    let counted =
        Counted::find(sent.get("counted")).ok_or_else(|| problem("counted", "say who counts"))?;
    let date = |name: &str| -> Result<Date, FieldProblem> {
        match sent.get(name) {
            // Without a period the act takes the day of asking.
            _ if !counted.has_period() => Ok(Date::default()),
            text => text
                .parse()
                .map_err(|_| problem(name, "give a day, such as 2026-03-02")),
        }
    };
    Ok(NoisyAsk {
        audience,
        counted,
        from: date("from")?,
        to: date("to")?,
        cost: sent.number("cost", 0)?,
    })
}

/// Counts, then decides what may be answered.
///
/// # Errors
///
/// As [`noisy::look`] and [`noisy::give`].
pub(crate) async fn answer(site: &Site, viewer: &Viewer, ask: NoisyAsk) -> Result<Given, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let (now, shared) = (site.now(), site.clone());
    let looked = site
        .store()
        .read(move |tx| noisy::look(tx, shared.waterfalls().index(), now, &ask))
        .await?;
    let given = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            noisy::give(tx, ctx, &looked)
        })
        .await?;
    Ok(given)
}

/// `POST`: asks.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(sent): Protected<Sent>,
) -> Result<Response, WebError> {
    let asked = match ask(&sent) {
        Ok(asked) => asked,
        Err(problem) => return again(&site, &viewer, &sent, &[problem], &html! {}).await,
    };
    match answer(&site, &viewer, asked).await {
        Ok(Given::New(count)) => {
            Ok(Redirect::to(&format!("/measure/counts/{}", count.id)).into_response())
        }
        Ok(Given::Before(count)) => {
            Ok(Redirect::to(&format!("/measure/counts/{}?before=1", count.id)).into_response())
        }
        Ok(Given::Refused { left, cost }) => {
            again(&site, &viewer, &sent, &[], &refused(left, cost)).await
        }
        Err(WebError::Invalid(found)) => again(&site, &viewer, &sent, &found, &html! {}).await,
        Err(error) => Err(error),
    }
}

async fn again(
    site: &Site,
    viewer: &Viewer,
    sent: &Sent,
    found: &[FieldProblem],
    said: &Markup,
) -> Result<Response, WebError> {
    let page = page(site, viewer, sent, found, said).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn refused(left: Left, cost: u32) -> Markup {
    let whose = if left.of_audience < cost {
        format!(
            "{} is left of this audience's budget",
            epsilon(left.of_audience)
        )
    } else {
        format!(
            "{} is left of the budget that all audiences share",
            epsilon(left.of_all)
        )
    };
    let why = crate::components::notice::Why::plain(format!(
        "It would cost {}, and {whose}.",
        epsilon(cost)
    ));
    let next = format!(
        "ask less precisely, use an answer below, or wait until {}, when both budgets begin anew",
        left.renews_on.strftime("%-d %b %Y")
    );
    refusal("The year's budget does not reach", &[why], &next)
}

/// `GET`: one answer.
pub async fn one(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CountId>,
    query: Query,
) -> Result<Markup, WebError> {
    let now = site.now();
    let (count, held, names) = site
        .store()
        .read(move |tx| Ok::<_, ActError>((noisy::find(tx, id)?, load(tx, now)?, Names::load(tx)?)))
        .await?;
    let name = name_of(&held, count.ask.audience);
    let title = format!("{name}: {}", count.ask.counted.label().to_lowercase());
    Ok(layout::page(
        &viewer,
        Place::Measure,
        &title,
        &html! {
            (crumbs(&[("Measure", "/measure"), ("Noisy counts", "/measure/counts")], &title))
            (header(&title, "Directional: a count with noise.", &html! {}))
            @if query.get("before").is_some() {
                (info("Asked before", &html! { p { "This is the answer of then. It spent nothing anew: asking often tells no more." } }))
            }
            (definitions(&[
                ("How many", figure(&count, held.least)),
                ("When", period(&count)),
                ("Spent", html! { (epsilon(count.ask.cost)) " of the budget of " (count.year) }),
                ("Asked", html! { (time(count.at)) " by " (names.of(&count.by)) }),
            ]))
            p { "The ends are those between which the true count lies in nine answers of ten. The noise is drawn once and kept; \
                the true count is kept nowhere. Somebody's being in the audience or not changes what such answers say by a \
                factor of at most e to the power of what was spent." }
            p { (quiet_link("/measure/counts", "Ask another")) }
        },
    ))
}
