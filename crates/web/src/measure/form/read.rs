//! From what a form sent to a question.

use placet_app::FieldProblem;
use placet_app::measure::ask::{
    Ask, Believed, Budget, Cost, Geo, Groups, Holdout, Impact, Mmm, Power, Regions, Tested, Trend,
};
use placet_domain::measure::Question;

use crate::measure::sent::{Sent, problem};

/// The question a form asks.
///
/// # Errors
///
/// When a field holds something of the wrong kind.
pub fn ask(question: Question, sent: &Sent) -> Result<Ask, FieldProblem> {
    let text = |name: &str| sent.get(name).to_owned();
    Ok(match question {
        Question::Mmm => Ask::Mmm(mmm(sent)?),
        Question::Geo => Ask::Geo(Geo {
            region: text("region"),
            date: text("date"),
            outcome: text("outcome"),
            treated: regions(sent, "treated"),
            from: text("from"),
            leave_out: sent.list("leave_out"),
        }),
        Question::Power => Ask::Power(power(sent)?),
        Question::Impact => Ask::Impact(Impact {
            date: text("date"),
            outcome: text("outcome"),
            controls: sent.all("controls"),
            from: text("from"),
            draws: sent.number("draws", 4000)?,
        }),
        Question::Holdout => Ask::Holdout(Holdout {
            treated: count(sent, "treated")?,
            treated_outcomes: count(sent, "treated_outcomes")?,
            held_out: count(sent, "held_out")?,
            held_out_outcomes: count(sent, "held_out_outcomes")?,
            groups: groups(sent)?,
        }),
        Question::Budget => Ask::Budget(budget(sent)?),
        Question::Regions => {
            let some = |name: &str| Some(text(name)).filter(|column| !column.is_empty());
            Ask::Regions(Regions {
                region: text("region"),
                date: text("date"),
                outcome: text("outcome"),
                population: some("population"),
                worth: some("worth"),
                channels: sent.all("channels"),
                spend: sent.list("spend"),
                controls: sent.all("controls"),
                max_lag: sent.number("max_lag", 8)?,
                draws: sent.number("draws", 1000)?,
            })
        }
        Question::Trend => Ask::Trend(Trend {
            region: text("region"),
            date: text("date"),
            outcome: text("outcome"),
            ahead: sent.number("ahead", 13)?,
        }),
        Question::Cost => Ask::Cost(Cost {
            month: text("month"),
            channel: text("channel"),
            spend: text("spend"),
            patients: text("patients"),
            platform: Some(text("platform")).filter(|name| !name.is_empty()),
        }),
    })
}

/// The campaign whose own counts are taken, when that is asked for.
fn groups(sent: &Sent) -> Result<Option<Groups>, FieldProblem> {
    if sent.get("own_counts").is_empty() {
        return Ok(None);
    }
    let campaign = sent.get("campaign").parse();
    Ok(Some(Groups {
        campaign: campaign
            .map_err(|_| problem("campaign", "choose the campaign whose counts are taken"))?,
        version: sent.optional("version")?,
        against: sent.optional("against")?,
    }))
}

/// Ticked boxes, and what was typed beside them.
fn regions(sent: &Sent, name: &str) -> Vec<String> {
    let mut found = sent.all(name);
    found.extend(sent.list(&format!("{name}_typed")));
    found
}

fn count(sent: &Sent, name: &str) -> Result<u64, FieldProblem> {
    if !sent.get("own_counts").is_empty() {
        return Ok(0);
    }
    sent.optional(name)?
        .ok_or_else(|| problem(name, "give a whole number"))
}

fn mmm(sent: &Sent) -> Result<Mmm, FieldProblem> {
    let text = |name: &str, default: &str| match sent.get(name) {
        "" => default.to_owned(),
        typed => typed.to_owned(),
    };
    Ok(Mmm {
        date: text("date", ""),
        outcome: text("outcome", ""),
        channels: sent.all("channels"),
        controls: sent.all("controls"),
        carry_over: text("carry_over", "geometric:8"),
        curve: text("curve", "logistic"),
        yearly: sent.number("yearly", 2)?,
        trend: text("trend", "none"),
        holidays: sent.has("holidays", "yes"),
        beliefs: beliefs(sent)?,
        tests: tests(sent)?,
        draws: sent.number("draws", 1000)?,
    })
}

/// Lines `channel = cost : spread`.
fn beliefs(sent: &Sent) -> Result<Vec<Believed>, FieldProblem> {
    let wrong = || problem("beliefs", "write one a line: channel = cost : spread");
    let lines = sent.get("beliefs").lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (channel, rest) = line.split_once('=').ok_or_else(wrong)?;
            let (median, spread) = rest.split_once(':').unwrap_or((rest, "0.6"));
            Ok(Believed {
                channel: channel.trim().to_owned(),
                median: median.trim().parse().map_err(|_| wrong())?,
                spread: spread.trim().parse().map_err(|_| wrong())?,
            })
        })
        .collect()
}

/// Lines `channel, spend before, change of spend, change of outcome, its standard error`.
fn tests(sent: &Sent) -> Result<Vec<Tested>, FieldProblem> {
    let wrong = || {
        problem(
            "tests",
            "write one a line: channel, spend before, change of spend, change of outcome, error",
        )
    };
    let lines = sent.get("tests").lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut parts = line.split(',').map(str::trim);
            let channel = parts.next().unwrap_or_default().to_owned();
            let numbers: Option<Vec<f64>> = parts.map(|part| part.parse().ok()).collect();
            match numbers.as_deref() {
                Some([x, delta_x, delta_y, sigma]) => Ok(Tested {
                    channel,
                    x: *x,
                    delta_x: *delta_x,
                    delta_y: *delta_y,
                    sigma: *sigma,
                }),
                _ => Err(wrong()),
            }
        })
        .collect()
}

fn power(sent: &Sent) -> Result<Power, FieldProblem> {
    let whole = |name: &str| -> Result<Vec<u32>, FieldProblem> {
        sent.list(name)
            .iter()
            .map(|part| {
                part.parse()
                    .map_err(|_| problem(name, "give whole numbers, by comma"))
            })
            .collect()
    };
    if sent.has("by", "people") {
        return Ok(Power {
            people: sent.optional("people")?,
            rate: sent.optional::<f64>("rate")?.map(|rate| rate / 100.0),
            ..Power::default()
        });
    }
    Ok(Power {
        region: sent.get("region").to_owned(),
        date: sent.get("date").to_owned(),
        outcome: sent.get("outcome").to_owned(),
        markets: whole("markets")?,
        durations: whole("durations")?,
        include: sent.list("include"),
        people: None,
        rate: None,
    })
}

/// A budget or a goal, and bounds in fields `low.search`, `high.search`.
///
/// # Errors
///
/// When a field holds no number.
pub fn budget(sent: &Sent) -> Result<Budget, FieldProblem> {
    let mut bounds = Vec::new();
    for (name, _) in &sent.0 {
        let Some(channel) = name.strip_prefix("low.") else {
            continue;
        };
        let high = format!("high.{channel}");
        let (low, high) = (sent.optional::<f64>(name)?, sent.optional::<f64>(&high)?);
        if low.is_some() || high.is_some() {
            bounds.push((
                channel.to_owned(),
                low.unwrap_or(0.0),
                high.unwrap_or(f64::MAX),
            ));
        }
    }
    let goal = sent.optional("goal")?;
    Ok(Budget {
        // A goal says what the budget is to be.
        budget: sent.optional("budget")?.filter(|_| goal.is_none()),
        goal,
        bounds,
    })
}
