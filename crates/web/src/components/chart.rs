//! Pictures drawn on the server: SVG with title and description, and the same numbers in a table.

use maud::{Markup, html};

use super::{group_size, number};

/// One step of a waterfall: a rule and how many it took out.
#[derive(Debug, Clone)]
pub struct Bar {
    /// The rule in plain words.
    pub says: String,
    /// The rule's id.
    pub rule: String,
    /// How many dropped out here.
    pub out: u64,
    /// Where the people behind it are listed; none when the role may not see them.
    pub href: Option<String>,
}

/// How an audience shrinks, rule by rule.
#[derive(Debug, Clone)]
pub struct Waterfall {
    /// What it shows: "Who of *Cardiology newsletter* can be written to".
    pub title: String,
    /// How many the filter found.
    pub found: u64,
    /// The rules, in the order in which they took people out.
    pub bars: Vec<Bar>,
    /// How many are left.
    pub left: u64,
    /// Whether small groups are shown with their size.
    pub may_see_small: bool,
}

const WIDTH: u64 = 720;
const ROW: u64 = 46;
const BAR: u64 = 16;
/// Where the words begin, right of the numbers.
const WORDS: u64 = 104;

impl Waterfall {
    /// The picture and, below it, its table.
    #[must_use]
    pub fn render(&self) -> Markup {
        html! {
            figure.chart {
                figcaption { (self.title) }
                div.scroll role="region" aria-label=(self.title) tabindex="0" { (self.svg()) }
                details {
                    summary { "The same numbers as a table" }
                    (self.table())
                }
            }
        }
    }

    fn size(&self, n: u64) -> String {
        group_size(n, self.may_see_small)
    }

    /// The length of a bar; a group too small to tell is always drawn one unit wide.
    fn scaled(&self, n: u64) -> u64 {
        if n == 0 || self.found == 0 {
            return 0;
        }
        if n < super::SMALLEST_GROUP && !self.may_see_small {
            return 2;
        }
        (n.saturating_mul(WIDTH) / self.found).clamp(2, WIDTH)
    }

    fn description(&self) -> String {
        format!(
            "{} found; {} rules take people out one after the other; {} are left.",
            self.size(self.found),
            self.bars.len(),
            self.size(self.left)
        )
    }

    fn svg(&self) -> Markup {
        // An image has no parts; one with links in it is a group of them.
        let has_links = self.bars.iter().any(|bar| bar.href.is_some());
        let role = if has_links { "group" } else { "img" };
        let height = (self.bars.len() as u64 + 2) * ROW;
        let standing = self.bars.iter().scan(self.found, |standing, bar| {
            *standing = standing.saturating_sub(bar.out);
            Some(*standing)
        });
        html! {
            svg viewBox={ "0 0 " (WIDTH) " " (height) } role=(role) aria-labelledby="waterfall-title waterfall-desc"
                xmlns="http://www.w3.org/2000/svg" {
                title id="waterfall-title" { (self.title) }
                desc id="waterfall-desc" { (self.description()) }
                (self.line(0, "Found by the filter", &self.size(self.found), None))
                rect.bar-left x="0" y="22" width=(self.scaled(self.found)) height=(BAR) rx="2" {}
                @for ((bar, after), i) in self.bars.iter().zip(standing).zip(1_u64..) {
                    @let y = i * ROW;
                    (self.line(y, &bar.says, &format!("− {}", self.size(bar.out)), bar.href.as_deref()))
                    rect.bar-base x="0" y=(y + 22) width=(self.scaled(after)) height=(BAR) rx="2" {}
                    rect.bar-out x=(self.scaled(after).min(WIDTH - 2)) y=(y + 22)
                        width=(self.scaled(bar.out).min(WIDTH - self.scaled(after).min(WIDTH - 2)))
                        height=(BAR) rx="2" {}
                }
                @let y = (self.bars.len() as u64 + 1) * ROW;
                (self.line(y, "Left: can be written to", &self.size(self.left), None))
                rect.bar-left x="0" y=(y + 22) width=(self.scaled(self.left)) height=(BAR) rx="2" {}
            }
        }
    }

    /// The number first, so that a narrow screen shows it without scrolling.
    fn line(&self, y: u64, says: &str, size: &str, href: Option<&str>) -> Markup {
        let words = html! { text x=(WORDS) y=(y + 15) { (cut(says)) } };
        html! {
            text x=(WORDS - 10) y=(y + 15) text-anchor="end" { (size) }
            @if let Some(href) = href { a href=(href) { (words) } } @else { (words) }
        }
    }

    fn table(&self) -> Markup {
        html! {
            table {
                caption { (self.title) }
                thead { tr {
                    th scope="col" { "Step" }
                    th scope="col" { "Rule" }
                    th.number scope="col" { "People" }
                } }
                tbody.plain {
                    tr { th scope="row" { "Found by the filter" } td {} td.number { (self.size(self.found)) } }
                    @for bar in &self.bars {
                        tr {
                            th scope="row" {
                                @if let Some(href) = &bar.href { a href=(href) { (bar.says) } } @else { (bar.says) }
                            }
                            td { code { (bar.rule) } }
                            td.number { "− " (self.size(bar.out)) }
                        }
                    }
                    tr { th scope="row" { "Left: can be written to" } td {} td.number { (self.size(self.left)) } }
                }
            }
        }
    }
}

/// As much as fits; the table has all of it.
fn cut(says: &str) -> String {
    const FITS: usize = 84;
    if says.chars().count() <= FITS {
        return says.to_owned();
    }
    let mut cut: String = says.chars().take(FITS - 1).collect();
    cut.push('…');
    cut
}

/// A share in words, for a sentence beside a figure.
#[must_use]
pub fn share(part: u64, of: u64) -> String {
    if of == 0 {
        return "none".to_owned();
    }
    let tenths = part.saturating_mul(1000) / of;
    format!("{}.{} % of {}", tenths / 10, tenths % 10, number(of))
}
