//! The picture of a journey: its steps from top to bottom, the ways between them, how many are where.

use maud::{Markup, html};
use placet_app::journey::StepCount;
use placet_domain::journey::steps::{Kind, Steps};

use super::people;

const LEFT: i64 = 4;
const BOX: i64 = 46;
const ROW: i64 = 78;
const WIDTH: i64 = 430;
/// Between two ways that go past steps.
const LANE: i64 = 26;
/// Room for the words of a way.
const WORDS: i64 = 150;

/// A way that goes past steps, on its lane.
struct Jump {
    from: usize,
    to: usize,
    says: String,
    lane: i64,
    /// Ways that leave the same step, one under the other.
    below: i64,
}

/// Draws the steps, with counts when there are any.
#[must_use]
pub fn draw(steps: &Steps, counts: &[StepCount], sees_small: bool) -> Markup {
    let jumps = jumps(steps, counts, sees_small);
    let lanes = jumps.iter().map(|it| it.lane + 1).max().unwrap_or(0);
    let width = LEFT + WIDTH + if lanes > 0 { WORDS + lanes * LANE } else { 8 };
    let n = i64::try_from(steps.len()).unwrap_or(1);
    let height = n * ROW - (ROW - BOX) + 8;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {width} {height}")) role="img"
            aria-labelledby="journey-title journey-desc" {
            title id="journey-title" { "The journey, step by step" }
            desc id="journey-desc" { "The table below says the same in words." }
            @for place in 0..steps.len() { (straight(steps, counts, place, sees_small)) }
            @for jump in &jumps { (bent(jump)) }
            @for (place, step) in steps.iter().enumerate() {
                (block(place, &step.says(), &under(&step.kind, counts.get(place), sees_small)))
            }
        }
    }
}

fn top(place: usize) -> i64 {
    4 + ROW * i64::try_from(place).unwrap_or(0)
}

/// What stands under a step's words: how many are there and how many came.
fn under(kind: &Kind, count: Option<&StepCount>, sees_small: bool) -> String {
    let Some(count) = count.filter(|count| count.n_reached() > 0) else {
        return String::new();
    };
    let reached = people(count.n_reached(), sees_small);
    match (kind, count.n_here) {
        (_, 0) => format!("{reached} came here"),
        (_, here) => format!(
            "{reached} came here, {} are here now",
            people(here, sees_small)
        ),
    }
}

fn went(counts: &[StepCount], from: usize, to: usize, sees_small: bool) -> String {
    let n = counts.get(from).and_then(|count| count.went.get(&to));
    n.map_or_else(String::new, |n| format!(": {}", people(*n, sees_small)))
}

fn jumps(steps: &Steps, counts: &[StepCount], sees_small: bool) -> Vec<Jump> {
    let mut found: Vec<Jump> = Vec::new();
    for from in 0..steps.len() {
        let ways = steps.ways(from);
        let past = ways.iter().filter(|way| way.to != from + 1);
        for (below, way) in (0..).zip(past) {
            // The first lane on which nobody else is between the two steps.
            let is_free = |lane: i64| {
                let on = found.iter().filter(|one| one.lane == lane);
                on.into_iter().all(|one| one.to < from || one.to == way.to)
            };
            let lane = (0..).find(|lane| is_free(*lane)).unwrap_or(0);
            found.push(Jump {
                from,
                to: way.to,
                says: format!("{}{}", way.when, went(counts, from, way.to, sees_small)),
                lane,
                below,
            });
        }
    }
    found
}

/// The way to the step below.
fn straight(steps: &Steps, counts: &[StepCount], place: usize, sees_small: bool) -> Markup {
    let ways = steps.ways(place);
    let Some(way) = ways.iter().find(|way| way.to == place + 1) else {
        return html! {};
    };
    let (x, y) = (LEFT + 40, top(place) + BOX);
    let says = match way.when.as_str() {
        "" => String::new(),
        when => format!("{when}{}", went(counts, place, way.to, sees_small)),
    };
    html! {
        path.flow-wire d=(format!("M{x} {y}V{}m-5 -7l5 7l5 -7", y + ROW - BOX)) {}
        text.soft-text x=(x + 12) y=(y + (ROW - BOX) / 2 + 5) { (says) }
    }
}

/// A way past other steps.
fn bent(jump: &Jump) -> Markup {
    let right = LEFT + WIDTH;
    let y = top(jump.from) + 14 + jump.below * 16;
    let to = top(jump.to) + BOX / 2;
    let lane = right + WORDS + jump.lane * LANE;
    html! {
        path.flow-wire d=(format!("M{right} {y}H{lane}V{to}H{right}m7 -5l-7 5l7 5")) {}
        text.soft-text x=(right + 8) y=(y - 3) { (jump.says) }
    }
}

fn block(place: usize, says: &str, under: &str) -> Markup {
    let (y, n) = (top(place), place + 1);
    let first = if under.is_empty() { y + 28 } else { y + 19 };
    html! {
        rect.flow-box x=(LEFT) y=(y) width=(WIDTH) height=(BOX) rx="6" {}
        text.soft-text x=(LEFT + 12) y=(first) { (n) }
        text x=(LEFT + 40) y=(first) { (short(says)) }
        @if !under.is_empty() { text.soft-text x=(LEFT + 40) y=(y + 37) { (under) } }
    }
}

/// As much as there is room for.
fn short(says: &str) -> String {
    const ROOM: usize = 54;
    if says.chars().count() <= ROOM {
        return says.to_owned();
    }
    says.chars().take(ROOM - 1).chain(['\u{2026}']).collect()
}
