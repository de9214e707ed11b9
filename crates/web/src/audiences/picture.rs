//! The waterfall as this viewer may see it: a picture, or as much of it as points at nobody.

use maud::{Markup, html};
use placet_domain::audience::Waterfall;
use placet_domain::audience::cells::{Shown, rounded, shown};
use placet_domain::operator::Capability;

use super::{rounding, words};
use crate::components::chart;
use crate::components::notice::info;
use crate::components::table::Table;
use crate::query::Query;
use crate::session::Viewer;

/// The waterfall. `people` gives the address of the people behind a rule's bar, where there is one.
pub fn render(
    viewer: &Viewer,
    title: &str,
    waterfall: &Waterfall,
    people: Option<&dyn Fn(&str) -> String>,
) -> Markup {
    let sees_small = viewer.can(Capability::ViewSmallCells);
    let seen = shown(waterfall, sees_small);
    let people = people.filter(|_| viewer.can(Capability::ViewPeople));
    let (Some(found), Some(left)) = (seen.matched.number(), seen.permitted.number()) else {
        return withheld(&seen.matched, &seen.permitted);
    };
    let exact = waterfall.bars.iter().zip(&seen.bars);
    let mut bars: Vec<chart::Bar> = exact
        .filter(|(_, (first, _))| first.number().is_some_and(|n| n > 0))
        .map(|(bar, (first, _))| chart::Bar {
            says: bar.says.clone(),
            rule: bar.rule.clone(),
            out: first.number().unwrap_or_default(),
            href: people.map(|people| people(&bar.rule)),
        })
        .collect();
    let hidden: Vec<u64> = waterfall
        .bars
        .iter()
        .zip(&seen.bars)
        .filter(|(_, (first, _))| first.number().is_none())
        .map(|(bar, _)| bar.n_first)
        .collect();
    if !hidden.is_empty() {
        bars.push(chart::Bar {
            says: format!("{} further rules with few people each", hidden.len()),
            rule: String::new(),
            out: rounded(hidden.iter().sum()),
            href: None,
        });
    }
    let picture = chart::Waterfall {
        title: title.to_owned(),
        found,
        bars,
        left,
        // What is small is hidden or rounded by now.
        may_see_small: true,
    };
    html! {
        (picture.render())
        (rounding(viewer))
        (totals(waterfall, &seen.bars))
    }
}

/// What is shown when even the two ends would point at somebody.
fn withheld(matched: &Shown, permitted: &Shown) -> Markup {
    info(
        "This group is small",
        &html! {
            p { "Found: " (words(*matched)) ". May be written to: " (words(*permitted)) "." }
            p { "Who drops out by which rule is not shown: the counts would point at people. \
                 Compliance can see them." }
        },
    )
}

/// What each rule stops on its own: a person may be stopped by several.
fn totals(waterfall: &Waterfall, bars: &[(Shown, Shown)]) -> Markup {
    let rows = waterfall
        .bars
        .iter()
        .zip(bars)
        .map(|(bar, (first, total))| {
            html! {
                th scope="row" { (bar.says) br; code { (bar.rule) } }
                td.number { (words(*first)) }
                td.number { (words(*total)) }
            }
        });
    html! {
        @if !waterfall.bars.is_empty() {
            details {
                summary { "Every rule, with everyone it would stop on its own" }
                (Table::new("Rules in their order").column("Rule").number("Stops first")
                    .number("Stops at all").rows(rows).render(&Query::default()))
            }
        }
    }
}
