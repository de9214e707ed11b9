//! When and how fast a campaign goes out, how many are expected, and a second person's word.

use axum::extract::State;
use axum::response::Redirect;
use jiff::civil::DateTime;
use maud::{Markup, html};
use placet_app::campaign::{self, Size, View};
use placet_app::{ActError, FieldProblem};
use placet_domain::campaign::Progress;
use placet_domain::campaign::plan::{Hours, Plan, Start};
use placet_domain::id::CampaignId;
use placet_domain::operator::Capability;
use placet_domain::settings::Settings;
use serde::{Deserialize, Serialize};

use crate::components::field::{Choice, Field, select};
use crate::components::notice::{done, warn};
use crate::components::{number, time};
use crate::csrf::Protected;
use crate::error::{WebError, problem_of};
use crate::extract::Id;
use crate::session::Viewer;
use crate::site::Site;

/// The fields of a plan, as a form has them.
#[derive(Deserialize, Serialize, Clone, Default)]
pub struct Fields {
    #[serde(default)]
    start: String,
    #[serde(default)]
    starts_at: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    per_hour: String,
    #[serde(default)]
    expected: String,
}

impl Fields {
    /// As a plan stands in the form.
    pub fn of(plan: &Plan, settings: &Settings) -> Self {
        let minutes = |at: DateTime| at.strftime("%Y-%m-%dT%H:%M").to_string();
        let (start, starts_at) = match plan.start {
            Start::Now => ("now", String::new()),
            Start::At { at } => ("at", minutes(at.to_zoned(settings.time_zone()).datetime())),
            Start::Local { at } => ("local", minutes(at)),
        };
        let text = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
        Self {
            start: start.to_owned(),
            starts_at,
            from: text(plan.hours.and_then(|it| u64::try_from(it.from).ok())),
            until: text(plan.hours.and_then(|it| u64::try_from(it.until).ok())),
            per_hour: text(plan.per_hour.map(u64::from)),
            expected: text(plan.expected),
        }
    }

    /// The plan that was typed.
    pub fn plan(&self, settings: &Settings) -> Result<Plan, ActError> {
        let invalid = |field, says: &str| ActError::invalid(field, says);
        let at = || {
            self.starts_at
                .parse::<DateTime>()
                .map_err(|_| invalid("starts_at", "give a date and a time"))
        };
        let start = match self.start.as_str() {
            "" | "now" => Start::Now,
            "local" => Start::Local { at: at()? },
            "at" => {
                let zoned = at()?.to_zoned(settings.time_zone());
                let zoned = zoned.map_err(|_| invalid("starts_at", "there is no such moment"))?;
                Start::At {
                    at: zoned.timestamp(),
                }
            }
            _ => return Err(invalid("start", "choose when it begins")),
        };
        let hour = |text: &str| text.trim().parse::<i8>();
        let hours = match (self.from.trim(), self.until.trim()) {
            ("", "") => None,
            (from, until) => match (hour(from), hour(until)) {
                (Ok(from), Ok(until)) => Some(Hours { from, until }),
                _ => return Err(invalid("hours", "give both hours, such as 8 and 20")),
            },
        };
        Ok(Plan {
            start,
            hours,
            per_hour: count(&self.per_hour, "per_hour")?,
            expected: count(&self.expected, "expected")?,
        })
    }

    /// The part of the form.
    pub fn render(&self, found: &[FieldProblem]) -> Markup {
        let starts = [
            ("now", "At once"),
            ("at", "At this date and time, for everybody at once"),
            ("local", "At this date and time where each reader is"),
        ];
        let chosen = if self.start.is_empty() {
            "now"
        } else {
            &self.start
        };
        let starts: Vec<Choice> = starts
            .iter()
            .map(|(code, label)| Choice::new(*code, *label, *code == chosen))
            .collect();
        html! {
            h2 { "When and how fast" }
            (select("start", "Begin after the launch", "", problem_of(found, "start"), &starts))
            (Field::date_time("starts_at", "Date and time").value(&self.starts_at)
                .hint("Only when it does not begin at once. A time for everybody is in your own zone.")
                .error(problem_of(found, "starts_at")).render())
            (Field::text("from", "Only from this hour").value(&self.from).numeric().max(2)
                .hint("Full hours from 0 to 23 where the reader is. Leave both empty for any hour.")
                .error(problem_of(found, "hours")).render())
            (Field::text("until", "until this hour").value(&self.until).numeric().max(2).render())
            (Field::text("per_hour", "At most so many an hour").value(&self.per_hour).numeric().max(9)
                .hint("Empty: as fast as the carrier takes them.").error(problem_of(found, "per_hour")).render())
            (Field::text("expected", "How many people do you expect?").value(&self.expected).numeric().max(9)
                .hint("If the filter finds far more, a second person must agree before the launch.")
                .error(problem_of(found, "expected")).render())
        }
    }
}

fn count<T: std::str::FromStr>(text: &str, field: &str) -> Result<Option<T>, ActError> {
    let digits: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ',')
        .collect();
    if digits.is_empty() {
        return Ok(None);
    }
    digits
        .parse()
        .map(Some)
        .map_err(|_| ActError::invalid(field, "give a number, or leave it empty"))
}

/// What is planned, as rows of a list.
pub fn rows(plan: &Plan) -> Vec<(&'static str, Markup)> {
    let when = match plan.start {
        Start::Now => html! { "At the launch" },
        Start::At { at } => time(at),
        Start::Local { at } => {
            html! { (at.strftime("%B %-d, %Y, %H:%M")) ", where each reader is" }
        }
    };
    let mut rows = vec![("Begins", when)];
    if let Some(hours) = plan.hours {
        rows.push((
            "Hours",
            html! { "from " (hours.from) " until " (hours.until) ", where each reader is" },
        ));
    }
    if let Some(per_hour) = plan.per_hour {
        rows.push((
            "Pace",
            html! { "at most " (number(per_hour.into())) " an hour" },
        ));
    }
    if let Some(expected) = plan.expected {
        rows.push(("Expected", html! { (number(expected)) " people" }));
    }
    rows
}

/// What is odd about the size, and the way to agree to it.
pub fn size(viewer: &Viewer, view: &View, size: &Size, n: u64) -> Markup {
    let Some(why) = &size.why else {
        return html! {};
    };
    if let Some(agreed) = &size.agreed {
        return done(
            "A second person agreed to this size",
            &html! { p { (why) "; agreed " (time(agreed.at)) ", up to " (number(agreed.n)) "." } },
        );
    }
    let id = view.campaign.id;
    warn(
        "A second person must agree to this size",
        &html! {
            p { (why) "." }
            @if viewer.can(Capability::ConfirmCampaigns) {
                form.stacked method="post" action={ "/campaigns/" (id) "/confirm" } {
                    (viewer.csrf.field())
                    (Field::text("number", "To agree, type the number of people").numeric().required().max(12)
                        .hint(&format!("{} now. Whoever made the campaign cannot agree to it.", number(n))).render())
                    button.quiet { "Agree" }
                }
            } @else { p { "Somebody else of marketing, or compliance, can agree." } }
        },
    )
}

#[derive(Deserialize)]
pub struct Number {
    #[serde(default)]
    number: String,
}

/// `POST`: a second person agrees to the size.
pub async fn confirm(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Protected(form): Protected<Number>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::ConfirmCampaigns)?;
    let n = count(&form.number, "number")?.unwrap_or(0);
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            campaign::confirm(tx, ctx, id, n)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{id}")))
}

/// `POST`: sets how many leave an hour, also of a campaign that runs.
pub async fn pace(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<CampaignId>,
    Protected(form): Protected<Number>,
) -> Result<Redirect, WebError> {
    let grant = viewer.ctx.actor.may(Capability::StopCampaigns)?;
    let per_hour = count(&form.number, "per_hour")?;
    site.store()
        .act(grant, &viewer.ctx, move |tx, ctx| {
            let plan = Plan {
                per_hour,
                ..campaign::plan_of(tx, id)?
            };
            campaign::plan(tx, ctx, id, &plan)
        })
        .await?;
    Ok(Redirect::to(&format!("/campaigns/{id}")))
}

/// Ending for good, and the pace, of a campaign that is not over.
pub fn control(viewer: &Viewer, view: &View) -> Markup {
    let is_over = !matches!(view.progress, Progress::Sending | Progress::Stopped);
    if is_over || !viewer.can(Capability::StopCampaigns) {
        return html! {};
    }
    let id = view.campaign.id;
    let per_hour = view
        .plan
        .per_hour
        .map(|n| n.to_string())
        .unwrap_or_default();
    html! {
        details {
            summary { "Slow down, or end for good" }
            form.stacked method="post" action={ "/campaigns/" (id) "/pace" } {
                (viewer.csrf.field())
                (Field::text("number", "At most so many an hour").value(&per_hour).numeric().max(9)
                    .hint("Empty: as fast as the carrier takes them.").render())
                button.quiet { "Set the pace" }
            }
            form.stacked method="post" action={ "/campaigns/" (id) "/end" } {
                (viewer.csrf.field())
                (Field::text("why", "Why end it?").max(500)
                    .hint("What still waits will never leave; it cannot be resumed.").render())
                button.danger { "End for good" }
            }
        }
    }
}
