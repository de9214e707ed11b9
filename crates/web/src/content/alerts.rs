//! What somebody has to be told of: reviews that are late or that nobody who is here can give.

use maud::{Markup, html};
use placet_app::approval::late::Open;
use placet_app::today::Today;
use placet_domain::review::absence::Reach;

use crate::components::table::Table;
use crate::components::{Tone, day, pill, quiet_link};
use crate::query::Query;

/// The part of Today; nothing when there is nothing to tell.
pub fn part(today: &Today) -> Markup {
    let rows = today.alerts.iter().map(row);
    html! {
        @for (name, until) in &today.stands_in_for {
            p { "You stand in for " strong { (name) } " until " (day(*until)) ": their reviews wait for you." }
        }
        @if !today.alerts.is_empty() {
            section #late aria-labelledby="late-title" {
                h2 id="late-title" { "Reviews that need a push" }
                (Table::new("Reviews that are late or that nobody can give, the oldest deadline first")
                    .column("Content")
                    .column("Waits for")
                    .column("Who can give it")
                    .column("Due")
                    .rows(rows)
                    .render(&Query::default()))
                p { (quiet_link("/absences", "Who is away, and who stands in")) }
            }
        }
    }
}

fn row(open: &Open) -> Markup {
    html! {
        th scope="row" {
            a href={ "/versions/" (open.version()) } { (open.content.name) ", version " (open.content.latest.number) }
        }
        td { @for reach in &open.waiting { div { (reach.role.label()) } } }
        td { @for reach in &open.waiting { div { (who(reach)) } } }
        td {
            (day(open.due_on)) " "
            @if open.n_late > 0 { (pill(Tone::Bad, &format!("{} late", working_days(open.n_late)))) }
        }
    }
}

/// Who can give the verdict, or why nobody can. Nobody is ever left out instead.
pub fn who(reach: &Reach) -> Markup {
    let names: Vec<&str> = reach.here.iter().map(|one| one.name.as_str()).collect();
    html! {
        @if names.is_empty() { (pill(Tone::Bad, "Nobody who is here")) }
        @else { (names.join(", ")) }
        @for (one, until, _) in &reach.away {
            br; small { (one.name) " is away until " (day(*until)) }
        }
    }
}

/// So many working days, in words.
pub fn working_days(n: u32) -> String {
    match n {
        0 => "less than a day".to_owned(),
        1 => "1 working day".to_owned(),
        n => format!("{n} working days"),
    }
}
