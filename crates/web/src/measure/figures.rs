//! Figures as people read them: three digits that mean something, always with their interval, and
//! below each picture what it stands on.

use maud::{Markup, html};
use placet_app::measure::outcome::Summary;
use placet_domain::measure::{Dataset, Ended};

use crate::components::time;

/// A number with the digits that mean something.
#[must_use]
pub fn short(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return "–".to_owned();
    }
    if size >= 1000.0 {
        let whole = crate::components::number(size.round() as u64);
        return if value < 0.0 {
            format!("−{whole}")
        } else {
            whole
        };
    }
    let digits = match size {
        s if s == 0.0 || s >= 100.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}").replace('-', "−")
}

/// A share in per cent.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share).replace('-', "−")
}

/// The middle of an estimate with its ends.
#[must_use]
pub fn between(middle: f64, low: f64, high: f64) -> Markup {
    html! { strong { (short(middle)) } " " span.nowrap.soft { "(" (short(low)) " to " (short(high)) ")" } }
}

/// A summary of draws: median with the 90 % interval.
#[must_use]
pub fn of(summary: &Summary) -> Markup {
    between(summary.q50, summary.q05, summary.q95)
}

/// The same as a share.
#[must_use]
pub fn of_share(summary: &Summary) -> Markup {
    html! {
        strong { (percent(summary.q50)) } " "
        span.nowrap.soft { "(" (percent(summary.q05)) " to " (percent(summary.q95)) ")" }
    }
}

/// What a figure stands on, said below each.
#[derive(Debug, Clone)]
pub struct Stamp<'a> {
    /// Its data.
    pub dataset: Option<&'a Dataset>,
    /// Its end.
    pub ended: &'a Ended,
    /// The first and the last period of the data, where it has some.
    pub span: String,
}

impl Stamp<'_> {
    /// The line below a figure; `interval` says which one is drawn.
    #[must_use]
    pub fn line(&self, interval: &str) -> Markup {
        html! {
            p.stamp {
                strong { "Directional. " }
                @if !interval.is_empty() { (interval) ". " }
                @match self.dataset {
                    Some(set) => { "Data: " (set.name) @if !self.span.is_empty() { ", " (self.span) } ". " },
                    None => @if !self.span.is_empty() { "Data: " (self.span) ". " },
                }
                "Computed " (time(self.ended.at)) "."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_mean_something() {
        for (value, text) in [
            (1_234_567.8, "1,234,568"),
            (-1234.0, "−1,234"),
            (0.05678, "0.057"),
            (12.345, "12.3"),
            (0.0, "0"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(percent(-0.0512), "−5.1 %");
    }
}
