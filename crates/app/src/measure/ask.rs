//! What is asked of a data set, and whether the question can be put to it at all.

use placet_domain::campaign::split::Group;
use placet_domain::id::CampaignId;
use placet_domain::measure::{Dataset, Question};
use placet_measure::mmm::{self, Adstock, Belief, LiftTest, Saturation};
use serde::{Deserialize, Serialize};

use crate::FieldProblem;

/// A question with everything it needs but the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
pub enum Ask {
    /// What did each channel bring?
    Mmm(Mmm),
    /// Did the test markets move more than the others?
    Geo(Geo),
    /// Which markets, how long, what would a test show?
    Power(Power),
    /// Did one series change?
    Impact(Impact),
    /// What did a campaign add?
    Holdout(Holdout),
    /// Where should the next dollar go?
    Budget(Budget),
    /// What does a new patient cost?
    Cost(Cost),
    /// What did each channel bring, region by region?
    Regions(Regions),
    /// Where is volume growing?
    Trend(Trend),
}

/// A media mix model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mmm {
    /// The column of the date.
    pub date: String,
    /// The column of the outcome.
    pub outcome: String,
    /// The columns of spend.
    pub channels: Vec<String>,
    /// Further columns that explain the outcome.
    #[serde(default)]
    pub controls: Vec<String>,
    /// Carry-over: `geometric:8`.
    #[serde(default = "geometric")]
    pub carry_over: String,
    /// Diminishing returns: `logistic`, `hill`, `michaelis_menten`.
    #[serde(default = "logistic")]
    pub curve: String,
    /// Pairs of yearly waves.
    #[serde(default = "two")]
    pub yearly: u8,
    /// `none`, `linear`, `bends:3`.
    #[serde(default = "none")]
    pub trend: String,
    /// Count federal holidays.
    #[serde(default)]
    pub holidays: bool,
    /// What a new patient is believed to cost by a channel, before the data.
    #[serde(default)]
    pub beliefs: Vec<Believed>,
    /// Finished experiments.
    #[serde(default)]
    pub tests: Vec<Tested>,
    /// Kept draws of each of four chains.
    #[serde(default = "thousand")]
    pub draws: u32,
}

fn geometric() -> String {
    "geometric:8".to_owned()
}
fn logistic() -> String {
    "logistic".to_owned()
}
fn none() -> String {
    "none".to_owned()
}
fn two() -> u8 {
    2
}
fn thousand() -> u32 {
    1000
}
fn ninety() -> u32 {
    4000
}

/// What one unit of outcome is believed to cost by a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Believed {
    /// The channel.
    pub channel: String,
    /// Median.
    pub median: f64,
    /// Standard deviation of the logarithm.
    pub spread: f64,
}

impl Believed {
    /// As the model takes it.
    #[must_use]
    pub fn belief(&self) -> (String, Belief) {
        let Self { median, spread, .. } = *self;
        (self.channel.clone(), Belief::Cost { median, spread })
    }
}

/// A finished experiment on one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tested {
    /// The channel.
    pub channel: String,
    /// Spend a period before the change.
    pub x: f64,
    /// The change of spend a period.
    pub delta_x: f64,
    /// The change of outcome a period it brought.
    pub delta_y: f64,
    /// Standard error of that change.
    pub sigma: f64,
}

impl Tested {
    /// As the model takes it.
    #[must_use]
    pub fn test(&self) -> LiftTest {
        LiftTest {
            channel: self.channel.clone(),
            x: self.x,
            delta_x: self.delta_x,
            delta_y: self.delta_y,
            sigma: self.sigma,
        }
    }
}

/// A finished geo test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geo {
    /// The column of the region.
    pub region: String,
    /// The column of the date.
    pub date: String,
    /// The column of the outcome.
    pub outcome: String,
    /// The regions that were treated.
    pub treated: Vec<String>,
    /// The first day of the test.
    pub from: String,
    /// Regions to leave out.
    #[serde(default)]
    pub leave_out: Vec<String>,
}

/// A test to be planned: by markets, or in one market by holding people out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// The column of the region.
    #[serde(default)]
    pub region: String,
    /// The column of the date.
    #[serde(default)]
    pub date: String,
    /// The column of the outcome.
    #[serde(default)]
    pub outcome: String,
    /// How many markets to treat, alternatives.
    #[serde(default)]
    pub markets: Vec<u32>,
    /// How many periods, alternatives.
    #[serde(default)]
    pub durations: Vec<u32>,
    /// Markets that must be treated.
    #[serde(default)]
    pub include: Vec<String>,
    /// Instead: how many people the campaign could reach.
    #[serde(default)]
    pub people: Option<u64>,
    /// And which share of them does what is hoped for anyway.
    #[serde(default)]
    pub rate: Option<f64>,
}

/// One series that may have changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impact {
    /// The column of the date.
    pub date: String,
    /// The series that may have changed.
    pub outcome: String,
    /// Series that did not.
    #[serde(default)]
    pub controls: Vec<String>,
    /// The first day of the change.
    pub from: String,
    /// Kept draws.
    #[serde(default = "ninety")]
    pub draws: u32,
}

/// Four counts of an audience holdout, or the campaign that has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdout {
    /// People who got the campaign.
    #[serde(default)]
    pub treated: u64,
    /// Of them, how many did what was hoped for.
    #[serde(default)]
    pub treated_outcomes: u64,
    /// People held out at random.
    #[serde(default)]
    pub held_out: u64,
    /// Of them, how many did.
    #[serde(default)]
    pub held_out_outcomes: u64,
    /// The campaign whose own groups are compared: the counts are taken from it when it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Groups>,
}

/// Two groups of a campaign that was split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// Which campaign.
    pub campaign: CampaignId,
    /// One of its versions, zero being its own; everybody who got any when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u16>,
    /// The version it is compared with; those held out when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<u16>,
}

impl Groups {
    /// What the two are called.
    #[must_use]
    pub fn labels(&self) -> [String; 2] {
        let first = self.version.map_or_else(
            || "Got the campaign".to_owned(),
            |version| Group::Version(version).label(),
        );
        let second = self.against.map_or(Group::HeldOut, Group::Version);
        [first, second.label()]
    }
}

/// A budget to split, by the curves of a media mix that was fitted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Spend a period, all channels together.
    #[serde(default)]
    pub budget: Option<f64>,
    /// Instead: the smallest budget that brings so much a period.
    #[serde(default)]
    pub goal: Option<f64>,
    /// Least and most a period by channel.
    #[serde(default)]
    pub bounds: Vec<(String, f64, f64)>,
}

impl Budget {
    /// As the planner takes it.
    #[must_use]
    pub fn ask(&self) -> placet_measure::budget::Ask {
        placet_measure::budget::Ask {
            budget: self.budget,
            goal: self.goal,
            bounds: self.bounds.clone(),
        }
    }
}

/// The cost of a patient by channel and month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// The column of the month.
    pub month: String,
    /// The column of the channel.
    pub channel: String,
    /// The column of spend.
    pub spend: String,
    /// The column of new patients by our own records.
    pub patients: String,
    /// The column of what the platform claims.
    #[serde(default)]
    pub platform: Option<String>,
}

/// A media mix model by region.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regions {
    /// The column of the region.
    pub region: String,
    /// The column of the date.
    pub date: String,
    /// The column of the outcome.
    pub outcome: String,
    /// The column of people living in the region; one each when left out.
    #[serde(default)]
    pub population: Option<String>,
    /// The column of what one unit of outcome is worth; one when left out.
    #[serde(default)]
    pub worth: Option<String>,
    /// The columns of media, or of spend.
    pub channels: Vec<String>,
    /// The columns of spend in the same order; the media themselves when empty.
    #[serde(default)]
    pub spend: Vec<String>,
    /// Further columns that explain the outcome.
    #[serde(default)]
    pub controls: Vec<String>,
    /// Periods of carry-over after the first.
    #[serde(default = "eight")]
    pub max_lag: u8,
    /// Kept draws of each of four chains.
    #[serde(default = "thousand")]
    pub draws: u32,
}

fn eight() -> u8 {
    8
}

/// The volume of every region over time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trend {
    /// The column of the region.
    pub region: String,
    /// The column of the date.
    pub date: String,
    /// The column of how many came.
    pub outcome: String,
    /// How many periods ahead are expected.
    #[serde(default = "quarter")]
    pub ahead: u32,
}

fn quarter() -> u32 {
    13
}

impl Ask {
    /// Which question it is.
    #[must_use]
    pub fn question(&self) -> Question {
        match self {
            Self::Mmm(_) => Question::Mmm,
            Self::Geo(_) => Question::Geo,
            Self::Power(_) => Question::Power,
            Self::Impact(_) => Question::Impact,
            Self::Holdout(_) => Question::Holdout,
            Self::Budget(_) => Question::Budget,
            Self::Cost(_) => Question::Cost,
            Self::Regions(_) => Question::Regions,
            Self::Trend(_) => Question::Trend,
        }
    }

    /// Whether it is asked of a data set.
    #[must_use]
    pub fn needs_data(&self) -> bool {
        match self {
            Self::Holdout(_) | Self::Budget(_) => false,
            Self::Power(power) => power.people.is_none(),
            _ => true,
        }
    }

    /// What cannot be asked so, field by field.
    #[must_use]
    pub fn problems(&self, set: Option<&Dataset>) -> Vec<FieldProblem> {
        let mut found = Found {
            set,
            problems: Vec::new(),
        };
        match self {
            Self::Mmm(it) => mmm(it, &mut found),
            Self::Geo(it) => geo(it, &mut found),
            Self::Power(it) => power(it, &mut found),
            Self::Impact(it) => impact(it, &mut found),
            Self::Holdout(it) => {
                if it.treated == 0 || it.held_out == 0 {
                    found.add("held_out", "say how many people are in each group");
                }
            }
            Self::Budget(it) => {
                if it.budget.is_some() && it.goal.is_some() {
                    found.add("goal", "give a budget or a goal, not both");
                }
            }
            Self::Regions(it) => regions(it, &mut found),
            Self::Trend(it) => {
                found.column("region", &it.region);
                found.column("date", &it.date);
                found.column("outcome", &it.outcome);
                if !(1..=800).contains(&it.ahead) {
                    found.add("ahead", "give one period to two years of them");
                }
            }
            Self::Cost(it) => {
                found.column("month", &it.month);
                found.column("channel", &it.channel);
                found.column("spend", &it.spend);
                found.column("patients", &it.patients);
                if let Some(platform) = &it.platform {
                    found.column("platform", platform);
                }
            }
        }
        found.problems
    }
}

struct Found<'a> {
    set: Option<&'a Dataset>,
    problems: Vec<FieldProblem>,
}

impl Found<'_> {
    fn add(&mut self, field: &str, problem: impl Into<String>) {
        self.problems.push(FieldProblem {
            field: field.to_owned(),
            problem: problem.into(),
        });
    }

    fn column(&mut self, field: &str, name: &str) {
        let is_there = self
            .set
            .is_none_or(|set| set.columns.iter().any(|column| column == name));
        if name.is_empty() || !is_there {
            self.add(field, "choose one of the columns of the data set");
        }
    }

    fn day(&mut self, field: &str, text: &str) {
        if text.parse::<jiff::civil::Date>().is_err() {
            self.add(field, "give a day, such as 2026-03-02");
        }
    }
}

fn mmm(it: &Mmm, found: &mut Found<'_>) {
    found.column("date", &it.date);
    found.column("outcome", &it.outcome);
    if it.channels.is_empty() {
        found.add("channels", "tick at least one column of spend");
    }
    for name in &it.channels {
        found.column("channels", name);
    }
    // `t` counts periods when there is no such column.
    for name in it.controls.iter().filter(|name| *name != "t") {
        found.column("controls", name);
    }
    let twice = |name: &String| it.channels.contains(name) || *name == it.outcome;
    if it.controls.iter().any(twice) || it.channels.contains(&it.outcome) {
        found.add(
            "channels",
            "each column is one thing only: outcome, channel or control",
        );
    }
    if let Err(refusal) = it.carry_over.parse::<Adstock>() {
        found.add("carry_over", refusal.to_string());
    }
    if let Err(refusal) = it.curve.parse::<Saturation>() {
        found.add("curve", refusal.to_string());
    }
    if let Err(refusal) = it.trend.parse::<mmm::Trend>() {
        found.add("trend", refusal.to_string());
    }
    if it.yearly > 26 {
        found.add("yearly", "give at most 26 pairs of waves");
    }
    if !(100..=10_000).contains(&it.draws) {
        found.add("draws", "give 100 to 10,000 draws a chain");
    }
    let is_sound = |b: &Believed| b.median > 0.0 && b.spread > 0.0 && b.median.is_finite();
    if !it.beliefs.iter().all(is_sound) {
        found.add("beliefs", "give a cost and a spread above zero");
    }
    let names = it.beliefs.iter().map(|b| &b.channel);
    if names
        .chain(it.tests.iter().map(|t| &t.channel))
        .any(|channel| !it.channels.contains(channel))
    {
        found.add("beliefs", "name only channels that are ticked");
    }
}

fn regions(it: &Regions, found: &mut Found<'_>) {
    found.column("region", &it.region);
    found.column("date", &it.date);
    found.column("outcome", &it.outcome);
    for (field, column) in [("population", &it.population), ("worth", &it.worth)] {
        if let Some(column) = column {
            found.column(field, column);
        }
    }
    if it.channels.is_empty() {
        found.add("channels", "tick at least one column of media");
    }
    for name in &it.channels {
        found.column("channels", name);
    }
    for name in &it.spend {
        found.column("spend", name);
    }
    if !it.spend.is_empty() && it.spend.len() != it.channels.len() {
        found.add(
            "spend",
            "name one column of spend for each channel, in its order",
        );
    }
    for name in &it.controls {
        found.column("controls", name);
    }
    let twice = |name: &String| it.channels.contains(name) || *name == it.outcome;
    if it.controls.iter().any(twice) || it.channels.contains(&it.outcome) {
        found.add(
            "channels",
            "each column is one thing only: outcome, channel or control",
        );
    }
    if it.max_lag > 52 {
        found.add("max_lag", "give at most 52 periods");
    }
    if !(100..=10_000).contains(&it.draws) {
        found.add("draws", "give 100 to 10,000 draws a chain");
    }
}

fn geo(it: &Geo, found: &mut Found<'_>) {
    found.column("region", &it.region);
    found.column("date", &it.date);
    found.column("outcome", &it.outcome);
    found.day("from", &it.from);
    if it.treated.is_empty() {
        found.add("treated", "name the regions that were treated");
    }
}

fn power(it: &Power, found: &mut Found<'_>) {
    if it.people.is_some() || it.rate.is_some() {
        let is_rate = it.rate.is_some_and(|rate| rate > 0.0 && rate < 1.0);
        if it.people.is_none() || !is_rate {
            found.add("rate", "give how many people, and a share between 0 and 1");
        }
        return;
    }
    found.column("region", &it.region);
    found.column("date", &it.date);
    found.column("outcome", &it.outcome);
    let fits = |list: &[u32]| (1..=6).contains(&list.len()) && list.iter().all(|n| *n <= 400);
    if !fits(&it.markets) {
        found.add("markets", "give one to six whole numbers, by comma");
    }
    if !fits(&it.durations) {
        found.add("durations", "give one to six whole numbers, by comma");
    }
}

fn impact(it: &Impact, found: &mut Found<'_>) {
    found.column("date", &it.date);
    found.column("outcome", &it.outcome);
    found.day("from", &it.from);
    for name in &it.controls {
        found.column("controls", name);
    }
    if it.controls.contains(&it.outcome) {
        found.add("controls", "the outcome cannot be its own control");
    }
    if !(100..=20_000).contains(&it.draws) {
        found.add("draws", "give 100 to 20,000 draws");
    }
}
