//! Plots drawn on the server: lines, bands, bars and intervals on axes with round numbers.
//!
//! A plot has a title, a description in words and its numbers in a table; a line is told from
//! another by its dashes and its name, not by colour alone.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::figures::short;

/// Where the axes lie in the picture.
const LEFT: f64 = 64.0;
const TOP: f64 = 12.0;
const RIGHT: f64 = 14.0;
const BOTTOM: f64 = 34.0;
/// How many series have a colour of their own.
const SERIES: usize = 6;

/// The class of a series by its number.
#[must_use]
pub fn class(series: usize) -> String {
    format!("s{}", series % SERIES + 1)
}

/// A plot under construction.
pub struct Plot {
    key: String,
    title: String,
    says: String,
    width: f64,
    height: f64,
    x: (f64, f64),
    y: (f64, f64),
    x_ticks: Vec<(f64, String)>,
    has_rows: bool,
    left: f64,
    marks: Vec<Markup>,
    legend: Vec<(String, String)>,
    is_small: bool,
}

impl Plot {
    /// A plot over these ranges. `key` is its own on the page; `says` what it shows, in words.
    #[must_use]
    pub fn new(key: &str, title: &str, says: &str, x: (f64, f64), y: (f64, f64)) -> Self {
        let x = widened(x);
        Self {
            key: key.to_owned(),
            title: title.to_owned(),
            says: says.to_owned(),
            width: 720.0,
            height: 300.0,
            x,
            y: widened(y),
            x_ticks: ticks(x.0, x.1, 6)
                .into_iter()
                .map(|at| (at, short(at)))
                .collect(),
            has_rows: false,
            left: LEFT,
            marks: Vec::new(),
            legend: Vec::new(),
            is_small: false,
        }
    }

    /// A plot half as wide, to stand beside others.
    #[must_use]
    pub fn small(mut self) -> Self {
        self.width = 360.0;
        self.height = 220.0;
        self.is_small = true;
        self.x_ticks = ticks(self.x.0, self.x.1, 4)
            .into_iter()
            .map(|at| (at, short(at)))
            .collect();
        self
    }

    /// Rows with names instead of a vertical axis: row `i` is drawn at `y = i + 0.5`.
    #[must_use]
    pub fn rows(mut self, names: &[String]) -> Self {
        self.has_rows = true;
        self.left = 150.0;
        self.y = (names.len() as f64, 0.0);
        self.height = TOP + BOTTOM + 44.0 * names.len() as f64;
        for (i, name) in names.iter().enumerate() {
            let y = self.down(i as f64 + 0.5);
            self.marks.push(html! {
                text x=(num(self.left - 10.0)) y=(num(y + 4.0)) text-anchor="end" { (cut(name)) }
            });
        }
        self
    }

    /// First days of periods below the horizontal axis, a few of them.
    #[must_use]
    pub fn dates(mut self, dates: &[String]) -> Self {
        let every = (dates.len() / 6).max(1);
        self.x_ticks = dates
            .iter()
            .enumerate()
            .step_by(every)
            .map(|(i, date)| (i as f64, date.get(..7).unwrap_or(date).to_owned()))
            .collect();
        self
    }

    fn right(&self, x: f64) -> f64 {
        let share = (x - self.x.0) / (self.x.1 - self.x.0);
        self.left + share * (self.width - self.left - RIGHT)
    }

    fn down(&self, y: f64) -> f64 {
        let share = (y - self.y.0) / (self.y.1 - self.y.0);
        self.height - BOTTOM - share * (self.height - TOP - BOTTOM)
    }

    /// A line through these points, named in the legend.
    #[must_use]
    pub fn line(mut self, points: &[(f64, f64)], class: &str, name: &str) -> Self {
        let path = self.path(points, 'M');
        self.marks
            .push(html! { path class={ "line " (class) } d=(path) {} });
        self.named(class, name)
    }

    /// A band between two lines.
    #[must_use]
    pub fn band(mut self, points: &[(f64, f64, f64)], class: &str, name: &str) -> Self {
        let low: Vec<(f64, f64)> = points.iter().map(|(x, low, _)| (*x, *low)).collect();
        let high: Vec<(f64, f64)> = points
            .iter()
            .rev()
            .map(|(x, _, high)| (*x, *high))
            .collect();
        let path = format!("{}{}Z", self.path(&low, 'M'), self.path(&high, 'L'));
        self.marks
            .push(html! { path class={ "band " (class) } d=(path) {} });
        self.named(class, name)
    }

    /// A filled area between two lines, as a part of a stack.
    #[must_use]
    pub fn area(mut self, points: &[(f64, f64, f64)], class: &str, name: &str) -> Self {
        let low: Vec<(f64, f64)> = points.iter().map(|(x, low, _)| (*x, *low)).collect();
        let high: Vec<(f64, f64)> = points
            .iter()
            .rev()
            .map(|(x, _, high)| (*x, *high))
            .collect();
        let path = format!("{}{}Z", self.path(&low, 'M'), self.path(&high, 'L'));
        self.marks
            .push(html! { path class={ "area " (class) } d=(path) {} });
        self.named(class, name)
    }

    /// A bar from `(x0, y0)` to `(x1, y1)`.
    #[must_use]
    pub fn bar(mut self, from: (f64, f64), to: (f64, f64), class: &str) -> Self {
        let (x0, x1) = (self.right(from.0), self.right(to.0));
        let (y0, y1) = (self.down(from.1), self.down(to.1));
        self.marks.push(html! {
            rect class={ "area " (class) } x=(num(x0.min(x1))) y=(num(y0.min(y1)))
                width=(num((x1 - x0).abs().max(1.0))) height=(num((y1 - y0).abs().max(1.0))) {}
        });
        self
    }

    /// An interval with its middle on a row.
    #[must_use]
    pub fn interval(mut self, row: f64, (low, middle, high): (f64, f64, f64), class: &str) -> Self {
        let clamped = |x: f64| self.right(x.clamp(self.x.0, self.x.1));
        let y = self.down(row);
        let (from, at, to) = (clamped(low), clamped(middle), clamped(high));
        self.marks.push(html! {
            line class={ "span " (class) } x1=(num(from)) x2=(num(to)) y1=(num(y)) y2=(num(y)) {}
            circle class={ "dot " (class) } cx=(num(at)) cy=(num(y)) r="5" {}
        });
        self
    }

    /// The same upright, at a place of the horizontal axis.
    #[must_use]
    pub fn whisker(mut self, x: f64, low: f64, high: f64) -> Self {
        // What reaches beyond the picture ends at its edge; the table has all of it.
        let inside = |y: f64| self.down(y.clamp(self.y.0, self.y.1));
        let (x, from, to) = (self.right(x), inside(low), inside(high));
        self.marks.push(html! {
            line class="whisker" x1=(num(x)) x2=(num(x)) y1=(num(from)) y2=(num(to)) {}
            line class="whisker" x1=(num(x - 5.0)) x2=(num(x + 5.0)) y1=(num(from)) y2=(num(from)) {}
            line class="whisker" x1=(num(x - 5.0)) x2=(num(x + 5.0)) y1=(num(to)) y2=(num(to)) {}
        });
        self
    }

    /// A dot.
    #[must_use]
    pub fn dot(mut self, at: (f64, f64), class: &str) -> Self {
        let (x, y) = (self.right(at.0), self.down(at.1));
        self.marks
            .push(html! { circle class={ "dot " (class) } cx=(num(x)) cy=(num(y)) r="5" {} });
        self
    }

    /// An upright line with words, such as where a test began.
    #[must_use]
    pub fn rule(mut self, x: f64, says: &str) -> Self {
        let at = self.right(x);
        let is_late = at > 0.7 * self.width;
        let (anchor, shift) = if is_late {
            ("end", -6.0)
        } else {
            ("start", 6.0)
        };
        self.marks.push(html! {
            line class="rule" x1=(num(at)) x2=(num(at)) y1=(num(TOP)) y2=(num(self.height - BOTTOM)) {}
            text.soft-text x=(num(at + shift)) y=(num(TOP + 10.0)) text-anchor=(anchor) { (says) }
        });
        self
    }

    /// Words at a place.
    #[must_use]
    pub fn words(mut self, at: (f64, f64), says: &str) -> Self {
        let (x, y) = (self.right(at.0), self.down(at.1));
        self.marks
            .push(html! { text x=(num(x)) y=(num(y - 6.0)) text-anchor="middle" { (cut(says)) } });
        self
    }

    /// Words below the horizontal axis instead of numbers.
    #[must_use]
    pub fn steps(mut self, names: &[String]) -> Self {
        self.x_ticks = names
            .iter()
            .enumerate()
            .map(|(i, name)| (i as f64 + 0.5, cut_to(name, 14)))
            .collect();
        self
    }

    fn named(mut self, class: &str, name: &str) -> Self {
        if !name.is_empty() {
            self.legend.push((class.to_owned(), name.to_owned()));
        }
        self
    }

    /// Coordinates with one decimal, relative steps being left to the reader's zip.
    fn path(&self, points: &[(f64, f64)], start: char) -> String {
        let mut text = String::with_capacity(points.len() * 12);
        let mut letter = start;
        for (x, y) in points {
            let _ = write!(
                text,
                "{letter}{} {}",
                num(self.right(*x)),
                num(self.down(*y))
            );
            letter = 'L';
        }
        text
    }

    /// The figure with its picture, its legend, its stamp and its table.
    #[must_use]
    pub fn render(self, stamp: &Markup, table: &Markup) -> Markup {
        let svg = self.svg();
        html! {
            figure.chart.small[self.is_small] {
                figcaption { (self.title) }
                div.scroll role="region" aria-label=(self.title) tabindex="0" { (svg) }
                @if !self.legend.is_empty() {
                    ul.legend {
                        @for (class, name) in &self.legend {
                            li {
                                svg class="key" viewBox="0 0 24 12" aria-hidden="true" focusable="false" {
                                    @if class.starts_with("band") || class.starts_with("fill") {
                                        rect class={ "area " (class) } x="0" y="1" width="24" height="10" {}
                                    } @else {
                                        line class={ "line " (class) } x1="0" x2="24" y1="6" y2="6" {}
                                    }
                                }
                                (name)
                            }
                        }
                    }
                }
                (stamp)
                @if !table.0.is_empty() {
                    details { summary { "The same numbers as a table" } (table) }
                }
            }
        }
    }

    fn svg(&self) -> Markup {
        let (title, desc) = (
            format!("fig-{}-title", self.key),
            format!("fig-{}-desc", self.key),
        );
        let (bottom, end) = (self.height - BOTTOM, self.width - RIGHT);
        html! {
            svg viewBox={ "0 0 " (num(self.width)) " " (num(self.height)) } role="img"
                aria-labelledby={ (title) " " (desc) } xmlns="http://www.w3.org/2000/svg" {
                title id=(title) { (self.title) }
                desc id=(desc) { (self.says) }
                @if !self.has_rows {
                    @for at in ticks(self.y.0, self.y.1, 5) {
                        @let y = self.down(at);
                        line.grid-line x1=(num(self.left)) x2=(num(end)) y1=(num(y)) y2=(num(y)) {}
                        text.soft-text x=(num(self.left - 8.0)) y=(num(y + 4.0)) text-anchor="end" { (short(at)) }
                    }
                }
                @for (at, name) in &self.x_ticks {
                    @let x = self.right(*at);
                    @if self.has_rows {
                        line.grid-line x1=(num(x)) x2=(num(x)) y1=(num(TOP)) y2=(num(bottom)) {}
                    }
                    text.soft-text x=(num(x)) y=(num(bottom + 20.0)) text-anchor="middle" { (name) }
                }
                line.axis x1=(num(self.left)) x2=(num(end)) y1=(num(bottom)) y2=(num(bottom)) {}
                @for mark in &self.marks { (mark) }
            }
        }
    }
}

/// A range that has some width.
fn widened((low, high): (f64, f64)) -> (f64, f64) {
    let (low, high) = if low.is_finite() && high.is_finite() {
        (low, high)
    } else {
        (0.0, 1.0)
    };
    if high > low {
        (low, high)
    } else {
        (low, low + low.abs().max(1.0))
    }
}

/// Round numbers between two ends, about so many.
fn ticks(low: f64, high: f64, about: usize) -> Vec<f64> {
    let rough = (high - low) / about.max(1) as f64;
    if !(rough.is_finite() && rough > 0.0) {
        return Vec::new();
    }
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|n| n * power)
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let first = (low / step).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|n| n as f64 * step).collect()
}

/// A coordinate with one decimal, without a superfluous one.
fn num(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

fn cut(says: &str) -> String {
    cut_to(says, 22)
}

fn cut_to(says: &str, fits: usize) -> String {
    if says.chars().count() <= fits {
        return says.to_owned();
    }
    let mut cut: String = says.chars().take(fits - 1).collect();
    cut.push('…');
    cut
}

/// The smallest and the largest of many values; zero and one when there are none.
#[must_use]
pub fn range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let ends = values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    if ends.0 <= ends.1 { ends } else { (0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 100.0, 5), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(-3.0, 7.0, 5), [-2.0, 0.0, 2.0, 4.0, 6.0]);
        assert!(ticks(0.0, f64::NAN, 5).is_empty());
        assert!(ticks(1.0, 1.0, 5).is_empty());
    }

    #[test]
    fn a_plot_says_what_it_shows_and_has_no_endless_numbers() {
        let plot = Plot::new("a", "Spend", "It rises.", (0.0, 3.0), (0.0, 9.0))
            .band(&[(0.0, 0.0, 1.0), (3.0, 6.0, 9.0)], "s1", "90 %")
            .line(&[(0.0, 0.5), (3.0, 7.123_456)], "s1", "Mean")
            .rule(1.0, "Start");
        let html = plot.render(&html! {}, &html! {}).into_string();
        for part in [
            "role=\"img\"",
            "It rises.",
            "id=\"fig-a-title\"",
            "Start",
            "Mean",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("123456"), "{html}");
    }

    #[test]
    fn a_range_of_nothing_is_still_one() {
        assert_eq!(range([]), (0.0, 1.0));
        assert_eq!(range([f64::NAN, 3.0]), (3.0, 3.0));
        assert_eq!(widened((3.0, 3.0)), (3.0, 6.0));
    }
}
