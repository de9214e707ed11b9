//! The fields of each question.

use maud::{Markup, html};
use placet_app::FieldProblem;
use placet_domain::measure::Question;

use super::columns::Columns;
use super::non_empty;
use crate::components::field::{Choice, Field, check, checks, hidden, select};
use crate::error::problem_of;
use crate::measure::sent::Sent;

/// The fields of a question, filled in with what was sent, or with what the columns suggest.
pub fn of(question: Question, sent: &Sent, columns: &Columns, found: &[FieldProblem]) -> Markup {
    let fields = Fields {
        sent,
        columns,
        found,
    };
    match question {
        Question::Mmm => fields.mmm(),
        Question::Geo => fields.geo(),
        Question::Power => fields.power(),
        Question::Impact => fields.impact(),
        Question::Holdout => fields.holdout(),
        Question::Cost => fields.cost(),
        Question::Regions => fields.regions(),
        Question::Trend => html! {
            (fields.region())
            (fields.date())
            (fields.outcome())
            (fields.text("ahead", "How many periods ahead?", "Thirteen weeks are a quarter.", "13"))
        },
        // Planned on the page of a media mix.
        Question::Budget => html! {},
    }
}

struct Fields<'a> {
    sent: &'a Sent,
    columns: &'a Columns,
    found: &'a [FieldProblem],
}

impl Fields<'_> {
    fn column(&self, name: &str, label: &str, hint: &str, names: &[String], guess: &str) -> Markup {
        let now = non_empty(self.sent.get(name), guess);
        let choices: Vec<Choice> = names
            .iter()
            .map(|column| Choice::new(column, column, column == now))
            .collect();
        select(name, label, hint, problem_of(self.found, name), &choices)
    }

    fn date(&self) -> Markup {
        let names = if self.columns.dates.is_empty() {
            &self.columns.all
        } else {
            &self.columns.dates
        };
        let hint = "The day on which each period begins.";
        self.column("date", "Date", hint, names, self.columns.date())
    }

    fn outcome(&self) -> Markup {
        let hint = "New patients, appointments, revenue: what should move.";
        let numbers = &self.columns.numbers;
        self.column("outcome", "Outcome", hint, numbers, self.columns.outcome())
    }

    fn ticked(&self, name: &str, legend: &str, hint: &str, guess: &[String]) -> Markup {
        let was_sent = !self.sent.get("outcome").is_empty();
        let now = if was_sent {
            self.sent.all(name)
        } else {
            guess.to_vec()
        };
        let choices: Vec<Choice> = self
            .columns
            .numbers
            .iter()
            .map(|column| Choice::new(column, column, now.contains(column)))
            .collect();
        checks(name, legend, hint, problem_of(self.found, name), &choices)
    }

    fn text(&self, name: &str, label: &str, hint: &str, default: &str) -> Markup {
        Field::text(name, label)
            .value(non_empty(self.sent.get(name), default))
            .hint(hint)
            .error(problem_of(self.found, name))
            .render()
    }

    fn count(&self, name: &str, label: &str) -> Markup {
        Field::text(name, label)
            .value(self.sent.get(name))
            .numeric()
            .required()
            .error(problem_of(self.found, name))
            .render()
    }

    /// A count that may come from elsewhere instead.
    fn typed(&self, name: &str, label: &str) -> Markup {
        Field::text(name, label)
            .value(self.sent.get(name))
            .numeric()
            .error(problem_of(self.found, name))
            .render()
    }

    fn of_list(&self, name: &str, label: &str, hint: &str, choices: &[(&str, &str)]) -> Markup {
        let first = choices.first().map_or("", |(code, _)| code);
        let now = non_empty(self.sent.get(name), first);
        let choices: Vec<Choice> = choices
            .iter()
            .map(|(code, label)| Choice::new(*code, *label, *code == now))
            .collect();
        select(name, label, hint, problem_of(self.found, name), &choices)
    }

    fn mmm(&self) -> Markup {
        let is_wrong = [
            "carry_over",
            "curve",
            "trend",
            "yearly",
            "beliefs",
            "tests",
            "draws",
        ]
        .iter()
        .any(|name| !problem_of(self.found, name).is_empty());
        html! {
            (self.date())
            (self.outcome())
            (self.ticked("channels", "Channels", "Columns of spend, or of impressions.", &self.columns.channels()))
            (self.ticked("controls", "What else explains the outcome?", "Price, competition, events. Not what the channels cause.", &[]))
            details open[is_wrong] {
                summary { "How the model is built" }
                (self.of_list("carry_over", "Carry-over", "How long spend works on.", &[
                    ("geometric:8", "Fades from the first period, eight periods"),
                    ("geometric:4", "Fades from the first period, four periods"),
                    ("delayed:8", "Peaks after a delay, eight periods"),
                    ("weibull_cdf:8", "Fades at a changing speed, eight periods"),
                    ("binomial:8", "Fades to nothing, eight periods"),
                ]))
                (self.of_list("curve", "Diminishing returns", "How less and less is brought by more.", &[
                    ("logistic", "Logistic: even"),
                    ("hill", "Hill: may start slowly"),
                    ("michaelis_menten", "Michaelis-Menten: steep at first"),
                ]))
                (self.of_list("trend", "Trend", "Beyond the channels and the seasons.", &[
                    ("none", "None"),
                    ("linear", "A straight line"),
                    ("bends:3", "A line with up to three bends"),
                ]))
                (self.text("yearly", "Yearly waves", "Two fit a hospital's year.", "2"))
                (check("holidays", "Count federal holidays in each period", "", self.sent.has("holidays", "yes")))
                (Field::area("beliefs", "What a new patient is believed to cost, before the data", 3)
                    .value(self.sent.get("beliefs")).error(problem_of(self.found, "beliefs"))
                    .hint("One channel a line: search = 250 : 0.6 (cost, and the spread of its logarithm).").render())
                (Field::area("tests", "Finished experiments", 3)
                    .value(self.sent.get("tests")).error(problem_of(self.found, "tests"))
                    .hint("One a line: channel, spend before, change of spend, change of outcome, its standard error.").render())
                (self.text("draws", "Draws a chain", "More take longer and make the ends of intervals smoother.", "1000"))
            }
        }
    }

    /// A column that may be left out.
    fn optional(&self, name: &str, label: &str, hint: &str, words: &[&str]) -> Markup {
        let numbers = &self.columns.numbers;
        let fits = |column: &&String| {
            let lower = column.to_ascii_lowercase();
            words.iter().any(|word| lower.contains(word))
        };
        let guess = numbers.iter().find(fits).map_or("", String::as_str);
        let was_sent = !self.sent.get("outcome").is_empty();
        let now = if was_sent { self.sent.get(name) } else { guess };
        let none = Choice::new("", "None", now.is_empty());
        let columns = numbers
            .iter()
            .map(|column| Choice::new(column, column, column == now));
        let choices: Vec<Choice> = std::iter::once(none).chain(columns).collect();
        select(name, label, hint, problem_of(self.found, name), &choices)
    }

    fn regions(&self) -> Markup {
        html! {
            (self.region())
            (self.date())
            (self.outcome())
            (self.ticked("channels", "Channels", "Columns of spend by region and week; or impressions, with spend below.", &self.columns.channels()))
            (self.text("spend", "Spend of each channel", "Columns by comma, in the order above; only where the channels are impressions.", ""))
            (self.optional("population", "People living in the region", "Then regions of different size are compared by head.", &["population"]))
            (self.optional("worth", "What one unit of outcome is worth", "Then the return is in money.", &["revenue_per", "worth"]))
            (self.ticked("controls", "What else explains the outcome?", "Not what the channels cause.", &[]))
            (self.text("max_lag", "Periods of carry-over after the first", "", "8"))
            (self.text("draws", "Draws a chain", "", "1000"))
        }
    }

    fn region(&self) -> Markup {
        let names: Vec<String> = self.columns.words.iter().map(|(n, _)| n.clone()).collect();
        let names = if names.is_empty() {
            &self.columns.all
        } else {
            &names
        };
        let words = ["region", "geo", "location", "market", "area", "dma", "city"];
        self.column(
            "region",
            "Region",
            "One row a region and period.",
            names,
            self.columns.word(&words),
        )
    }

    fn from(&self, label: &str) -> Markup {
        Field::date("from", label)
            .value(self.sent.get("from"))
            .required()
            .error(problem_of(self.found, "from"))
            .render()
    }

    fn geo(&self) -> Markup {
        let words = ["region", "geo", "location", "market", "area", "dma", "city"];
        let name = non_empty(self.sent.get("region"), self.columns.word(&words));
        let known = self.columns.words.iter().find(|(column, _)| column == name);
        let now = self.sent.all("treated");
        let boxes: Vec<Choice> = known
            .map(|(_, words)| words.as_slice())
            .unwrap_or_default()
            .iter()
            .map(|word| Choice::new(word, word, now.contains(word)))
            .collect();
        html! {
            (self.region())
            (self.date())
            (self.outcome())
            @if boxes.is_empty() {
                (Field::text("treated_typed", "Regions that were treated").value(self.sent.get("treated_typed"))
                    .hint("As in the table, by comma.").required().error(problem_of(self.found, "treated")).render())
            } @else {
                (checks("treated", "Regions that were treated", "", problem_of(self.found, "treated"), &boxes))
            }
            (self.from("First day of the test"))
            (self.text("leave_out", "Regions to leave out", "By comma; where something else happened.", ""))
        }
    }

    fn power(&self) -> Markup {
        if self.sent.has("by", "people") {
            return html! {
                (hidden("by", "people"))
                (self.count("people", "How many people could the campaign reach?"))
                (Field::text("rate", "How many in a hundred do it anyway?").value(self.sent.get("rate")).required()
                    .hint("In per cent, such as 2.").error(problem_of(self.found, "rate")).render())
            };
        }
        html! {
            (self.region())
            (self.date())
            (self.outcome())
            (self.text("markets", "How many markets to treat", "Alternatives, by comma.", "2, 3"))
            (self.text("durations", "How many periods", "Alternatives, by comma.", "4, 8"))
            (self.text("include", "Markets that must be treated", "As in the table, by comma.", ""))
            p { a href="/measure/new?question=power&by=people" { "Only one market? Plan an audience holdout instead." } }
        }
    }

    fn impact(&self) -> Markup {
        html! {
            (self.date())
            (self.outcome())
            (self.ticked("controls", "Series that the change did not touch", "They say what would have come anyway.", &[]))
            (self.from("First day of the change"))
            (self.text("draws", "Draws", "", "4000"))
        }
    }

    fn holdout(&self) -> Markup {
        html! {
            p { "Four counts, of people chosen at random before the campaign. The interval holds at every look, so you may ask each day." }
            (check("own_counts", "Take the counts from the campaign named below", "Its own held out, and what was said of each group \
                on its page. Leave the four fields empty then.", !self.sent.get("own_counts").is_empty()))
            (self.typed("treated", "People who got the campaign"))
            (self.typed("treated_outcomes", "Of them, how many did what was hoped for"))
            (self.typed("held_out", "People held out"))
            (self.typed("held_out_outcomes", "Of them, how many did"))
        }
    }

    fn cost(&self) -> Markup {
        let all = &self.columns.all;
        let numbers = &self.columns.numbers;
        let month = all
            .iter()
            .find(|name| name.to_ascii_lowercase().contains("month"))
            .map_or(self.columns.date(), String::as_str);
        let platform: Vec<String> = std::iter::once(String::new())
            .chain(numbers.iter().cloned())
            .collect();
        let claimed = numbers
            .iter()
            .find(|name| name.to_ascii_lowercase().contains("platform"))
            .map_or("", String::as_str);
        let now = non_empty(self.sent.get("platform"), claimed);
        let claims: Vec<Choice> = platform
            .iter()
            .map(|name| {
                let label = if name.is_empty() { "None" } else { name };
                Choice::new(name, label, name == now)
            })
            .collect();
        html! {
            (self.column("month", "Month", "", all, month))
            (self.column("channel", "Channel", "", all, self.columns.word(&["channel", "source", "medium"])))
            (self.column("spend", "Spend", "", numbers, self.columns.number(&["spend", "cost"])))
            (self.column("patients", "New patients by our own records", "The source of truth; small counts stay hidden.",
                numbers, self.columns.number(&["patients", "bookings", "appointments"])))
            (select("platform", "What the platform claims", "Directional; stands beside our own records.",
                problem_of(self.found, "platform"), &claims))
        }
    }
}
