//! The picture of the data flows, drawn from what is declared: sources, filters, destinations (S90).
//!
//! A flow that is blocked is drawn broken, with a cross and what it lacks: colour is never the only sign.

use maud::{Markup, PreEscaped, html};
use placet_app::flow::{self, Declared};
use placet_domain::flow::{DestinationKind, Version};
use placet_domain::time::Date;

use super::flows::short;

const WIDTH: i64 = 980;
const ROW: i64 = 76;
const BOX: i64 = 56;
const TOP: i64 = 36;
/// Where the three columns begin and how wide they are.
const SOURCES: (i64, i64) = (4, 190);
const FILTERS: (i64, i64) = (310, 330);
const DESTINATIONS: (i64, i64) = (752, 224);

/// One flow as it is drawn.
struct Drawn<'f> {
    flow: &'f Declared,
    version: &'f Version,
    lacks: Vec<String>,
    n_fields: usize,
}

/// Something that several flows share, with its height in the picture.
struct Shared<'f> {
    code: &'f str,
    says: &'f str,
    under: String,
    middle: i64,
}

/// Draws every flow, open or blocked.
#[must_use]
pub fn draw(flows: &[Declared], today: Date) -> Markup {
    let mut all: Vec<Drawn<'_>> = flows
        .iter()
        .filter_map(|flow| {
            let version = flow.counting()?;
            let lacks = flow.missing(today);
            Some(Drawn {
                flow,
                version,
                lacks: lacks.into_iter().map(short).collect(),
                n_fields: flow::read(&version.text).map_or(0, |(list, _)| list.elements().len()),
            })
        })
        .collect();
    all.sort_by_key(|one| {
        let declared = &one.version.declaration;
        (&declared.source, &declared.destination.code, &one.flow.name)
    });
    let sources = shared(&all, |version| {
        (&version.declaration.source, &version.declaration.source, "")
    });
    let destinations = shared(&all, |version| {
        let it = &version.declaration.destination;
        let whose = match it.kind {
            DestinationKind::Own => "inside the hospital",
            DestinationKind::Vendor => "another company",
        };
        (&it.code, &it.title, whose)
    });
    let lowest = destinations.iter().chain(&sources).map(|one| one.middle);
    let height = lowest
        .max()
        .unwrap_or(0)
        .max(middle(all.len().saturating_sub(1)))
        + BOX;
    let says = sentence(&all);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height}")) role="group"
            aria-labelledby="flows-title flows-desc" {
            title id="flows-title" { "Data flows" }
            desc id="flows-desc" { (says) }
            @for (column, label) in [(SOURCES, "Sources"), (FILTERS, "Filters"), (DESTINATIONS, "Destinations")] {
                text.soft-text x=(column.0) y="18" { (label) }
            }
            @for (n, one) in all.iter().enumerate() {
                (wire(one, middle(n), &sources, &destinations))
            }
            @for one in &sources { (block(SOURCES, one.middle, one.says, &one.under, "flow-box")) }
            @for one in &destinations { (block(DESTINATIONS, one.middle, one.says, &one.under, "flow-box")) }
            @for (n, one) in all.iter().enumerate() { (filter(one, middle(n))) }
        }
    }
}

/// The picture as a file of its own, light and dark.
#[must_use]
pub fn file(flows: &[Declared], today: Date) -> String {
    let style = "<style>text{font:13px system-ui,sans-serif;fill:#1b2023}.soft-text{fill:#4c565c}\
        .flow-box{fill:#fff;stroke:#7b868c}.flow-wire{fill:none;stroke:#0b655c;stroke-width:2}\
        .flow-blocked{stroke:#9c1f1a;stroke-dasharray:6 4}.flow-cross{stroke:#9c1f1a;stroke-width:3}\
        .flow-lacks{fill:#9c1f1a}svg{background:#fff}</style>";
    draw(flows, today)
        .into_string()
        .replacen("<title", &format!("{style}<title"), 1)
        + "\n"
}

fn middle(n: usize) -> i64 {
    TOP + ROW * i64::try_from(n).unwrap_or(0) + BOX / 2
}

/// What several flows share, each once, in the middle of its flows and never on top of another.
fn shared<'f>(
    all: &'f [Drawn<'f>],
    of: impl Fn(&'f Version) -> (&'f String, &'f String, &'static str),
) -> Vec<Shared<'f>> {
    let mut found: Vec<(Shared<'f>, i64)> = Vec::new();
    for (n, one) in all.iter().enumerate() {
        let (code, says, under) = of(one.version);
        match found.iter_mut().find(|(held, _)| held.code == code) {
            Some((held, count)) => {
                held.middle += middle(n);
                *count += 1;
            }
            None => found.push((
                Shared {
                    code,
                    says,
                    under: under.to_owned(),
                    middle: middle(n),
                },
                1,
            )),
        }
    }
    let mut placed: Vec<Shared<'f>> = found
        .into_iter()
        .map(|(mut one, count)| {
            one.middle /= count;
            one
        })
        .collect();
    placed.sort_by_key(|one| one.middle);
    let mut free = 0;
    for one in &mut placed {
        one.middle = one.middle.max(free);
        free = one.middle + BOX + 12;
    }
    placed
}

fn wire(one: &Drawn<'_>, y: i64, sources: &[Shared<'_>], destinations: &[Shared<'_>]) -> Markup {
    let declared = &one.version.declaration;
    let at = |all: &[Shared<'_>], code: &str| {
        all.iter()
            .find(|held| held.code == code)
            .map_or(y, |held| held.middle)
    };
    let from = at(sources, &declared.source);
    let to = at(destinations, &declared.destination.code);
    let class = if one.lacks.is_empty() {
        "flow-wire"
    } else {
        "flow-wire flow-blocked"
    };
    let (left, right) = (SOURCES.0 + SOURCES.1, FILTERS.0 + FILTERS.1);
    let cross = (right + DESTINATIONS.0) / 2;
    let middle = (y + to) / 2;
    html! {
        path class=(class) d=(curve(left, from, FILTERS.0, y)) {}
        path class=(class) d=(curve(right, y, DESTINATIONS.0, to)) {}
        @if !one.lacks.is_empty() {
            path.flow-cross d=(format!("M{} {}l14 14m0 -14l-14 14", cross - 7, middle - 7)) {}
        }
    }
}

fn curve(x1: i64, y1: i64, x2: i64, y2: i64) -> String {
    let bend = (x1 + x2) / 2;
    format!("M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}")
}

fn filter(one: &Drawn<'_>, y: i64) -> Markup {
    let name = format!("{}, {} fields", one.flow.name, one.n_fields);
    let lacks = one.lacks.join(" ");
    let (class, under) = if one.lacks.is_empty() {
        ("flow-box", one.version.declaration.purpose.as_str())
    } else {
        ("flow-box flow-blocked", lacks.as_str())
    };
    html! {
        a href={ "/data/flows/" (one.flow.id) } {
            (block(FILTERS, y, &name, under, class))
        }
    }
}

/// A box with a line of text and a softer one below it.
fn block((x, width): (i64, i64), middle: i64, says: &str, under: &str, class: &str) -> Markup {
    // About seven units a letter at this size.
    let room = usize::try_from((width - 20) / 7).unwrap_or(20);
    let is_blocked = class.contains("flow-blocked");
    let first = if under.is_empty() {
        middle + 5
    } else {
        middle - 5
    };
    html! {
        rect class=(class) x=(x) y=(middle - BOX / 2) width=(width) height=(BOX) rx="6" {}
        text x=(x + 12) y=(first) { (fitting(says, room)) }
        @if !under.is_empty() {
            @if is_blocked {
                text.flow-lacks x=(x + 12) y=(middle + 15) { (fitting(under, room)) }
            } @else {
                text.soft-text x=(x + 12) y=(middle + 15) { (fitting(under, room)) }
            }
        }
    }
}

/// As much of a text as there is room for.
fn fitting(text: &str, room: usize) -> PreEscaped<String> {
    let short: String = if text.chars().count() > room {
        text.chars()
            .take(room.saturating_sub(1))
            .chain(['\u{2026}'])
            .collect()
    } else {
        text.to_owned()
    };
    html! { (short) }
}

/// The picture in words, for who cannot see it.
fn sentence(all: &[Drawn<'_>]) -> String {
    let one = |it: &Drawn<'_>| {
        let declared = &it.version.declaration;
        let standing = if it.lacks.is_empty() {
            "open".to_owned()
        } else {
            format!("blocked: {}", it.lacks.join(" "))
        };
        format!(
            "{}: from {} to {}, {} fields, {standing}",
            it.flow.name, declared.source, declared.destination.title, it.n_fields
        )
    };
    all.iter().map(one).collect::<Vec<_>>().join("; ")
}
