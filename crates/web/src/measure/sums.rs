//! Sums from our own records: counted by week or month, small ones hidden, and kept as a data set.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::measure::sums::{self, Beside, Given};
use placet_app::{ActError, FieldProblem, measure};
use placet_domain::id::DatasetId;
use placet_domain::measure::Dataset;
use placet_domain::measure::sums::{Across, Every, Quarter, Summed, SumsAsk};
use placet_domain::operator::Capability;
use placet_store::measures;

use super::sent::{Sent, problem};
use crate::components::field::{Choice, Field, checks, radios, select};
use crate::components::notice::{Why, done, refusal, unusable};
use crate::components::{button_link, crumbs, header, quiet_link};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::layout::{self, Place};
use crate::session::Viewer;
use crate::site::Site;

/// How many data sets can be chosen from.
const SETS: u32 = 100;

/// `GET`: the form.
pub async fn new(State(site): State<Site>, viewer: Viewer) -> Result<Markup, WebError> {
    let sent = Sent::default()
        .with("counted", Summed::NewPatients.as_str())
        .with("name", "From our records");
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
    let (sets, today, least) = site
        .store()
        .read(move |tx| {
            let today = placet_app::settings::day(tx, now)?;
            let least = measure::rules(tx)?.smallest_cell;
            Ok::<_, ActError>((measures::list_datasets(tx, SETS)?, today, least))
        })
        .await?;
    let title = "Count from our records";
    let lead =
        "Sums by week or month, for models that know nobody. No name and no id leaves the records.";
    let whys = unusable(found);
    Ok(layout::page(
        viewer,
        Place::Measure,
        title,
        &html! {
            (crumbs(&[("Measure", "/measure")], title))
            (header(title, lead, &html! {}))
            (said)
            @if !whys.is_empty() { (refusal("Not counted", &whys, "change what is named above")) }
            (form(viewer, sent, found, &sums::offered(today), &sets))
            p.soft { "Counts from 1 to " (least - 1) " are hidden, and with them what would give them away. A state or campaign \
                with a hidden count is left out of the table." }
        },
    ))
}

fn form(
    viewer: &Viewer,
    sent: &Sent,
    found: &[FieldProblem],
    quarters: &[Quarter],
    sets: &[Dataset],
) -> Markup {
    let hint = |what: Summed| match what {
        Summed::NewPatients => "Whose first appointment it was, of those known here.",
        Summed::Bookings => "Those that were not called off.",
        Summed::Messages => "E-mails, texts and letters.",
    };
    let counted: Vec<Choice> = Summed::ALL
        .iter()
        .map(|one| {
            let is_ticked = sent.has("counted", one.as_str());
            Choice::new(one.as_str(), one.label(), is_ticked).hint(hint(*one))
        })
        .collect();
    let every = chosen(
        Every::ALL.iter().map(|one| (one.as_str(), one.label())),
        sent.get("every"),
    );
    let across = chosen(
        Across::ALL.iter().map(|one| (one.as_str(), one.label())),
        sent.get("across"),
    );
    let quarter = |name: &str, default: usize| -> Vec<Choice> {
        let typed = sent.get(name);
        let of = |(i, one): (usize, &Quarter)| {
            let text = one.to_string();
            let is_chosen = if typed.is_empty() {
                i == default
            } else {
                text == typed
            };
            Choice::new(text.clone(), text, is_chosen)
        };
        quarters.iter().enumerate().map(of).collect()
    };
    let mut beside = vec![Choice::new(
        "",
        "None: the counts alone",
        sent.get("dataset").is_empty(),
    )];
    beside.extend(
        sets.iter()
            .filter(|set| set.removed_at.is_none())
            .map(|set| {
                let id = set.id.to_string();
                let is_chosen = id == sent.get("dataset");
                Choice::new(id, &set.name, is_chosen)
            }),
    );
    html! {
        form.stacked method="post" action="/measure/sums" {
            (viewer.csrf.field())
            (Field::text("name", "Name of the data set").value(sent.get("name")).required().max(120)
                .error(problem_of(found, "name")).render())
            (checks("counted", "What is counted?", "", problem_of(found, "counted"), &counted))
            (radios("every", "How long is a period?", "", problem_of(found, "every"), &every))
            (radios("across", "Split?", "", problem_of(found, "across"), &across))
            (select("from", "First quarter", "", problem_of(found, "from"), &quarter("from", 7)))
            (select("to", "Last quarter", "Only quarters that are over: an answer stands for good.",
                problem_of(found, "to"), &quarter("to", 0)))
            (select("dataset", "Beside the data set", "Its rows get the counts as further columns, such as spend by week.",
                problem_of(found, "dataset"), &beside))
            (Field::text("date", "Its column of dates").value(sent.get("date"))
                .hint("The first column of dates when left empty. Weeks begin on Monday.")
                .error(problem_of(found, "date")).render())
            (Field::text("region", "Its column of states or campaigns").value(sent.get("region"))
                .hint("Only where counts are split.").error(problem_of(found, "region")).render())
            button { "Count" }
        }
    }
}

/// Choices of which one is made: the first when nothing was.
fn chosen<'a>(all: impl Iterator<Item = (&'a str, &'a str)>, typed: &str) -> Vec<Choice> {
    all.enumerate()
        .map(|(i, (code, label))| {
            let is_chosen = code == typed || (typed.is_empty() && i == 0);
            Choice::new(code, label, is_chosen)
        })
        .collect()
}

/// What is asked, and the data set it goes beside.
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) ask: SumsAsk,
    pub(crate) beside: Option<DatasetId>,
    pub(crate) date: String,
    pub(crate) region: String,
}

fn asked(sent: &Sent) -> Result<Asked, FieldProblem> {
    let counted = sent.all("counted");
    let counted = counted.iter().map(|code| Summed::find(code));
    let quarter = |name: &str| -> Result<Quarter, FieldProblem> {
        sent.get(name)
            .parse()
            .map_err(|_| problem(name, "choose one of the quarters"))
    };
    Ok(Asked {
        name: sent.get("name").to_owned(),
        ask: SumsAsk {
            counted: counted
                .collect::<Option<_>>()
                .ok_or_else(|| problem("counted", "tick what is counted"))?,
            every: Every::find(sent.get("every"))
                .ok_or_else(|| problem("every", "choose week or month"))?,
            across: Across::find(sent.get("across"))
                .ok_or_else(|| problem("across", "say whether it is split"))?,
            from: quarter("from")?,
            to: quarter("to")?,
        },
        beside: match sent.get("dataset") {
            "" => None,
            id => Some(
                id.parse()
                    .map_err(|_| problem("dataset", "choose one of the data sets"))?,
            ),
        },
        date: sent.get("date").to_owned(),
        region: sent.get("region").to_owned(),
    })
}

/// Counts, then decides what may be kept.
///
/// # Errors
///
/// As [`sums::look`] and [`sums::keep`].
pub(crate) async fn answer(site: &Site, viewer: &Viewer, asked: Asked) -> Result<Given, WebError> {
    let grant = viewer.ctx.actor.may(Capability::RunMeasures)?;
    let now = site.now();
    let Asked {
        name,
        ask,
        beside,
        date,
        region,
    } = asked;
    let (looked, beside) = site
        .store()
        .read(move |tx| {
            let beside = match beside {
                Some(id) => Some(Beside {
                    table: measure::table(tx, id)?.1,
                    date: date.clone(),
                    region: region.clone(),
                }),
                None => None,
            };
            Ok::<_, ActError>((sums::look(tx, now, &ask)?, beside))
        })
        .await?;
    let given = site
        .store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            sums::keep(tx, ctx, &looked, &name, beside.as_ref())
        })
        .await?;
    Ok(given)
}

/// `POST`: counts and keeps.
pub async fn create(
    State(site): State<Site>,
    viewer: Viewer,
    Protected(sent): Protected<Sent>,
) -> Result<Response, WebError> {
    let given = match asked(&sent) {
        Ok(asked) => answer(&site, &viewer, asked).await,
        Err(problem) => Err(WebError::Invalid(vec![problem])),
    };
    let (found, said) = match given {
        Ok(Given::Kept { id, left_out, .. }) => {
            let page = kept(&viewer, id, &left_out);
            return Ok((StatusCode::CREATED, page).into_response());
        }
        Ok(Given::Refused { why }) => {
            let next = "change what is asked below";
            (Vec::new(), refusal("Not shown", &[Why::plain(why)], next))
        }
        Err(WebError::Invalid(found)) => (found, html! {}),
        Err(error) => return Err(error),
    };
    let page = page(&site, &viewer, &sent, &found, &said).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn kept(viewer: &Viewer, id: DatasetId, left_out: &[String]) -> Markup {
    let title = "Counted";
    let actions = button_link(
        &format!("/measure/new?dataset={id}&question=mmm"),
        "Measure on it",
    );
    let says = html! {
        p { "The table is kept as a " a href={ "/measure/data/" (id) } { "data set" } "." }
        @if !left_out.is_empty() {
            p { "Left out, with counts too small to show or next to one: " (left_out.join(", ")) "." }
        }
    };
    layout::page(
        viewer,
        Place::Measure,
        title,
        &html! {
            (crumbs(&[("Measure", "/measure")], title))
            (header(title, "Sums from our own records. They hold nothing of a single person.", &actions))
            (done("Kept", &says))
            p { (quiet_link("/measure/sums", "Count something else")) }
        },
    )
}
