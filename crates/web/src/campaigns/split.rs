//! Versions beside each other, people held out, and what each group brought.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use placet_app::campaign::{self, Outcome, View};
use placet_app::{ActError, approval};
use placet_domain::campaign::split::{Group, MOST_HELD_OUT, Split};
use placet_domain::id::{CampaignId, VersionId};
use placet_domain::measure::Question;
use placet_domain::operator::Capability;
use placet_domain::report::Kind;
use placet_domain::time::Timestamp;
use placet_measure::holdout::{Counts, lift};
use placet_store::{Tx, contents};
use serde::Deserialize;

use crate::components::field::{Choice, Field, checks, hidden};
use crate::components::number;
use crate::components::table::Table;
use crate::csrf::Protected;
use crate::error::WebError;
use crate::extract::Id;
use crate::query::Query;
use crate::session::Viewer;
use crate::site::Site;

/// What a draft could be compared with, and how it is split now.
pub struct Offer {
    split: Split,
    others: Vec<(VersionId, String)>,
}

/// Reads the versions that could stand beside the campaign's own: of its class, topic and
/// channel.
///
/// # Errors
///
/// When the store fails.
pub fn offer(tx: &mut Tx, view: &View, now: Timestamp) -> Result<Offer, ActError> {
    let own = &view.reviewed.version;
    let bench = approval::Bench::read(tx, now)?;
    let mut others = Vec::new();
    for one in contents::list_submitted(tx, 100)? {
        let draft = &one.latest.draft;
        let is_alike = (draft.class, draft.topic, draft.channel)
            == (own.draft.class, own.draft.topic, own.draft.channel);
        if one.latest.id == own.id || !is_alike {
            continue;
        }
        let reviewed = approval::of_with(tx, &bench, one.latest.clone())?;
        others.push((
            one.latest.id,
            format!(
                "{}, version {}: {}",
                one.name,
                one.latest.number,
                reviewed.standing.label()
            ),
        ));
    }
    Ok(Offer {
        split: campaign::split_of(tx, view.campaign.id)?,
        others,
    })
}

/// The form of a draft.
pub fn part(viewer: &Viewer, view: &View, offer: &Offer) -> Markup {
    let split = &offer.split;
    let choices: Vec<Choice> = offer
        .others
        .iter()
        .map(|(id, label)| Choice::new(id.to_string(), label, split.others.contains(id)))
        .collect();
    let held_out = if split.held_out == 0 {
        String::new()
    } else {
        split.held_out.to_string()
    };
    html! {
        section aria-labelledby="split-title" {
            h2 #split-title { "Experiment" }
            @if split.is_none() { p.soft { "None: everybody who may be written to gets this version." } }
            @else {
                p { (split.groups().len()) " groups, chosen by a keyed hash of each person: the same whenever it is asked."
                    @if split.held_out > 0 { " " (split.held_out) " in a hundred get nothing." } }
            }
            @if viewer.can(Capability::EditCampaigns) {
                details {
                    summary { "Compare versions, or hold people out" }
                    form.stacked method="post" action={ "/campaigns/" (view.campaign.id) "/split" } {
                        (viewer.csrf.field())
                        @if !choices.is_empty() {
                            (checks("others", "Versions beside this one", "Each gets an equal share. Only their words \
                                may differ: class, topic and data are the same.", "", &choices))
                        }
                        (Field::text("held_out", "Hold out, in a hundred").value(&held_out).numeric().max(2)
                            .hint(&format!("They get nothing, to see what the campaign brings. At most {MOST_HELD_OUT}; \
                                empty for nobody.")).render())
                        button.quiet { "Set the experiment" }
                    }
                }
            }
        }
    }
}

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    others: Vec<String>,
    #[serde(default)]
    held_out: String,
}

/// `POST`: sets the split.
pub async fn update(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Protected(form): Protected<Form>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let held_out = match form.held_out.trim() {
        "" => 0,
        text => text
            .parse()
            .map_err(|_| ActError::invalid("held_out", "give a number, or leave it empty"))?,
    };
    let others: Result<Vec<VersionId>, _> = form.others.iter().map(|id| id.parse()).collect();
    let split = Split {
        held_out,
        others: others.map_err(|_| ActError::invalid("others", "choose from the list"))?,
    };
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::split(tx, ctx, id, &split)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{id}")))
}

/// What each group brought, of a campaign that was split.
pub fn results(viewer: &Viewer, id: CampaignId, all: &[Outcome]) -> Markup {
    if all.is_empty() {
        return html! {};
    }
    // Against those who got nothing; without them, against the campaign's own version.
    let reference = all
        .iter()
        .find(|one| one.group == Group::HeldOut)
        .or_else(|| all.first());
    let rows = all.iter().map(|one| {
        let back = |kind: Kind| {
            let found = one.back.iter().find(|(of, _)| *of == kind);
            number(found.map_or(0, |(_, n)| *n))
        };
        html! {
            th scope="row" { (one.group.label()) }
            td.number { (number(one.n)) }
            td.number { (back(Kind::HardBounce)) }
            td.number { (back(Kind::Complaint)) }
            td.number { (back(Kind::Stop)) }
            td.number { @match one.outcomes { Some(n) => (number(n)), None => "–" } }
            td { (compared(one, reference)) }
        }
    });
    html! {
        section aria-labelledby="results-title" {
            h2 #results-title { "Experiment" }
            (Table::new("What each group brought")
                .column("Group").number("People").number("No such address").number("Complaints")
                .number("Asked to stop").number("Did it").column("Difference")
                .rows(rows).render(&Query::default()))
            (kept(viewer, id, all, reference))
            p.soft { "The intervals hold at every look, so you may look as often as you like and stop when you have seen enough." }
            @if viewer.can(Capability::EditCampaigns) {
                details {
                    summary { "Say how many did what you hoped for" }
                    form.stacked method="post" action={ "/campaigns/" (id) "/outcomes" } {
                        (viewer.csrf.field())
                        @for one in all {
                            (Field::text(&format!("n{}", one.group.number()), &one.group.label()).numeric().max(9)
                                .hint(&format!("Of {} people, so far; counts alone, each person once.", number(one.n)))
                                .value(&one.outcomes.map(|n| n.to_string()).unwrap_or_default()).render())
                        }
                        button.quiet { "Record" }
                    }
                }
            }
        }
    }
}

/// Keeps a comparison as a measurement, from the counts that stand here.
fn kept(viewer: &Viewer, id: CampaignId, all: &[Outcome], reference: Option<&Outcome>) -> Markup {
    let is_known = all.iter().all(|one| one.outcomes.is_some());
    if !is_known || !viewer.can(Capability::RunMeasures) {
        return html! {};
    }
    let against = match reference.map(|one| one.group) {
        Some(Group::Version(number)) => number.to_string(),
        _ => String::new(),
    };
    let versions = || {
        all.iter()
            .filter(|one| Some(one.group) != reference.map(|one| one.group))
    };
    html! {
        div.row {
            @for one in versions() {
                form method="post" action="/measure/runs" {
                    (viewer.csrf.field())
                    (hidden("question", Question::Holdout.as_str()))
                    (hidden("own_counts", "yes"))
                    (hidden("campaign", &id.to_string()))
                    (hidden("version", &one.group.number().to_string()))
                    (hidden("against", &against))
                    button.quiet { "Keep " (one.group.label()) " as a measurement" }
                }
            }
        }
    }
}

/// The difference of a group from the reference, in points of a hundred.
fn compared(one: &Outcome, reference: Option<&Outcome>) -> Markup {
    let Some(reference) = reference.filter(|reference| reference.group != one.group) else {
        return html! { "compared with" };
    };
    let (Some(outcomes), Some(against)) = (one.outcomes, reference.outcomes) else {
        return html! { "–" };
    };
    let counts = Counts {
        treated: one.n,
        treated_outcomes: outcomes,
        held_out: reference.n,
        held_out_outcomes: against,
    };
    match lift(&counts) {
        Ok(found) => {
            let [low, high] = found.anytime;
            let is_sure = low > 0.0 || high < 0.0;
            html! {
                (format!("{:+.2} points ({:+.2} to {:+.2})", found.difference * 100.0, low * 100.0, high * 100.0))
                @if !is_sure { "; no difference can be claimed yet" }
            }
        }
        Err(refusal) => html! { (refusal.what) },
    }
}

/// `POST`: records what each group brought.
pub async fn outcomes(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Protected(form): Protected<std::collections::BTreeMap<String, String>>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::EditCampaigns)?;
    let mut outcomes = Vec::new();
    for (name, text) in &form {
        let group = name
            .strip_prefix('n')
            .and_then(|number| number.parse().ok());
        let Some(group) = group.and_then(Group::find) else {
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        let n: u64 = text
            .trim()
            .parse()
            .map_err(|_| ActError::invalid("outcomes", "give a number, or leave it empty"))?;
        outcomes.push((group, n));
    }
    if outcomes.is_empty() {
        return Err(ActError::invalid("outcomes", "give the number of at least one group").into());
    }
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::record_outcomes(tx, ctx, id, &outcomes)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{id}")))
}
