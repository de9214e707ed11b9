//! Results as pages and exports read them: only what they show, so that a result kept by an
//! earlier version stays readable.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a result, or a part of it; none when it has another shape.
#[must_use]
pub fn read<T: DeserializeOwned>(result: &Value) -> Option<T> {
    T::deserialize(result).ok()
}

/// Draws in five numbers.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Summary {
    /// Mean.
    pub mean: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
}

/// A remark beside an answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Note {
    /// A short word for machines.
    pub code: String,
    /// What the reader should know.
    pub text: String,
}

/// A media mix.
#[derive(Debug, Clone, Deserialize)]
pub struct Mmm {
    /// The answer.
    pub report: MmmReport,
    /// The curves, and the best split of what was spent.
    pub plan: Plan,
}

/// The answer of a media mix.
#[derive(Debug, Clone, Deserialize)]
pub struct MmmReport {
    /// What was asked.
    pub spec: Spec,
    /// What was read.
    pub data: Data,
    /// Every channel.
    pub channel: BTreeMap<String, Channel>,
    /// Did it converge?
    pub diagnostics: Diagnostics,
    /// Over time.
    pub series: Series,
    /// What to keep in mind.
    pub notes: Vec<Note>,
}

/// What was asked of a media mix.
#[derive(Debug, Clone, Deserialize)]
pub struct Spec {
    /// The outcome.
    pub target: String,
    /// The channels in their order.
    pub channels: Vec<String>,
}

/// What was read.
#[derive(Debug, Clone, Deserialize)]
pub struct Data {
    /// First period.
    pub from: String,
    /// Last period.
    pub to: String,
    /// How many.
    pub periods: usize,
    /// `day`, `week` or `month`.
    pub step: String,
}

/// One channel of a media mix.
#[derive(Debug, Clone, Deserialize)]
pub struct Channel {
    /// Outcome brought.
    pub contribution_total: Summary,
    /// Outcome a unit of spend.
    pub per_unit_spend: Summary,
    /// The same before the data.
    pub prior_per_unit: Summary,
    /// Spend a unit of outcome.
    pub cost_per_outcome: Summary,
    /// What one more unit of spend brings.
    pub marginal_per_unit: Summary,
    /// Share of the outcome.
    pub share_of_outcome: Summary,
    /// Total spend.
    pub spend_total: f64,
    /// How much the data narrowed the prior, 0 to 1.
    pub learned: f64,
    /// In words.
    pub reading: String,
    /// By period: mean, 5 % and 95 %.
    pub over_time: Vec<[f64; 3]>,
}

/// Did it converge?
#[derive(Debug, Clone, Deserialize)]
pub struct Diagnostics {
    /// Whether the answer may be used.
    pub converged: bool,
    /// In words.
    pub verdict: String,
    /// Draws that went astray.
    pub divergences: u64,
    /// Fewest effective draws.
    pub min_ess_bulk: f64,
    /// Largest R-hat.
    pub max_rhat: f64,
    /// Chains.
    pub chains: u64,
    /// Draws a chain.
    pub draws: u64,
    /// Share of the variance that the model explains.
    pub r_squared: f64,
}

/// The outcome over time.
#[derive(Debug, Clone, Deserialize)]
pub struct Series {
    /// First days of the periods.
    pub dates: Vec<String>,
    /// What came; none where it is small.
    pub actual: Vec<Option<f64>>,
    /// What the model expects.
    pub expected: Vec<f64>,
}

/// A split of a budget.
#[derive(Debug, Clone, Deserialize)]
pub struct Plan {
    /// Spend a period.
    pub budget: f64,
    /// By channel.
    pub allocation: Vec<Part>,
    /// Outcome a period of the best split.
    pub response: Summary,
    /// Outcome a period of the split so far.
    pub response_before: Summary,
    /// Chance that the best split beats it.
    pub chance_better: f64,
    /// How to read it.
    pub reading: String,
}

/// One channel's part of a budget.
#[derive(Debug, Clone, Deserialize)]
pub struct Part {
    /// The channel.
    pub channel: String,
    /// Spend a period in the best split.
    pub spend: f64,
    /// What was spent on average.
    pub spent: f64,
    /// Outcome a period it brings.
    pub response: Summary,
    /// What one more unit of spend brings there.
    pub marginal: Summary,
    /// Spend, mean, 5 %, 95 %.
    pub curve: Vec<[f64; 4]>,
    /// Whether it lies beyond anything the data show.
    pub beyond_data: bool,
}

/// Effect by one method.
#[derive(Debug, Clone, Deserialize)]
pub struct Effect {
    /// Mean change a period and region.
    pub att: f64,
    /// Over what would have been.
    pub lift: f64,
    /// Over all periods and regions.
    pub incremental: f64,
    /// Misfit before, over that of equal weights.
    pub scaled_l2: f64,
}

/// A geo test.
#[derive(Debug, Clone, Deserialize)]
pub struct Geo {
    /// Treated regions.
    pub treated: Vec<String>,
    /// First period of the data, first and last of the test.
    pub periods: [String; 3],
    /// Periods before the test, and during.
    pub lengths: [usize; 2],
    /// Synthetic control.
    pub synthetic: Effect,
    /// Augmented by ridge.
    pub augmented: Option<Effect>,
    /// Plain difference in differences.
    pub difference_in_differences: f64,
    /// What the comparison is made of.
    pub weights: Vec<(String, f64)>,
    /// Is the test period unlike the others?
    pub conformal: Conformal,
    /// Would others have moved as much?
    pub placebo: Placebo,
    /// In words.
    pub verdict: String,
    /// What to keep in mind.
    pub notes: Vec<Note>,
    /// Date, treated (none where small), synthetic.
    pub series: Vec<(String, Option<f64>, f64)>,
}

/// The conformal test.
#[derive(Debug, Clone, Deserialize)]
pub struct Conformal {
    /// Days exchangeable.
    pub p_iid: f64,
    /// Neighbours kept.
    pub p_block: f64,
    /// 90 % interval, where there is one.
    pub interval: Option<[f64; 2]>,
    /// In words.
    pub reading: String,
}

/// The placebo test.
#[derive(Debug, Clone, Deserialize)]
pub struct Placebo {
    /// Sets tried.
    pub sets: usize,
    /// Share that moved as much.
    pub p_abs_lift: f64,
    /// Spread of lift where there is none.
    pub sd_lift: f64,
    /// 90 % interval of the lift.
    pub interval: [f64; 2],
}

/// One way to run a geo test.
#[derive(Debug, Clone, Deserialize)]
pub struct Way {
    /// Markets to treat.
    pub markets: Vec<String>,
    /// Periods.
    pub duration: usize,
    /// Smallest lift noticed in 80 % of plays.
    pub smallest_effect: Option<f64>,
    /// Power by lift.
    pub power: Vec<(f64, f64)>,
    /// How often a lift was noticed where there was none.
    pub false_alarms: f64,
    /// Share of the outcome in these markets.
    pub share: f64,
}

/// Ways to run a geo test, best first.
#[derive(Debug, Clone, Deserialize)]
pub struct Power {
    /// The ways.
    pub plans: Vec<Way>,
}

/// One size of a holdout.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct HeldShare {
    /// Share of people held out.
    pub share: f64,
    /// Smallest relative lift noticed.
    pub smallest_lift: f64,
    /// Outcomes foregone.
    pub foregone: f64,
}

/// Sizes of a holdout.
#[derive(Debug, Clone, Deserialize)]
pub struct HoldoutPower {
    /// How many people the campaign could reach.
    pub people: u64,
    /// The share that does it anyway.
    pub rate: f64,
    /// The sizes.
    pub plans: Vec<HeldShare>,
}

/// One quantity, a period and over all of them.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Both {
    /// A period.
    pub average: f64,
    /// Over all periods.
    pub cumulative: f64,
}

/// A change of one series.
#[derive(Debug, Clone, Deserialize)]
pub struct Impact {
    /// The answer.
    pub report: ImpactReport,
    /// First days of the periods.
    pub dates: Vec<String>,
    /// The outcome; none where small.
    pub outcome: Vec<Option<f64>>,
    /// Periods before the change.
    pub pre: usize,
    /// The controls.
    pub controls: Vec<String>,
}

/// The answer about one series.
#[derive(Debug, Clone, Deserialize)]
pub struct ImpactReport {
    /// What came.
    pub actual: Both,
    /// What was expected.
    pub predicted: Both,
    /// Effect.
    pub abs_effect: Both,
    /// Lower end of its 95 % interval.
    pub abs_effect_lower: Both,
    /// Upper end.
    pub abs_effect_upper: Both,
    /// Effect over what was expected.
    pub rel_effect: f64,
    /// Lower end.
    pub rel_effect_lower: f64,
    /// Upper end.
    pub rel_effect_upper: f64,
    /// Chance of such an effect where nothing changed.
    pub p_value: f64,
    /// How often each control was in the model, and its mean coefficient.
    pub controls: Vec<[f64; 2]>,
    /// In words.
    pub verdict: String,
    /// What to keep in mind.
    pub notes: Vec<Note>,
    /// After the change: actual (none where small), expected, 5 % and 95 %.
    pub series: Vec<(Option<f64>, f64, f64, f64)>,
}

/// An audience holdout.
#[derive(Debug, Clone, Deserialize)]
pub struct Holdout {
    /// The four counts.
    pub counts: super::ask::Holdout,
    /// The answer.
    pub report: Lift,
}

/// What a campaign added.
#[derive(Debug, Clone, Deserialize)]
pub struct Lift {
    /// Rate with and without.
    pub rates: [f64; 2],
    /// Difference of the rates.
    pub difference: f64,
    /// Its 90 % interval, valid at every look.
    pub anytime: [f64; 2],
    /// Its 90 % interval, valid at one look.
    pub once: [f64; 2],
    /// Outcomes added, with the interval of every look.
    pub added: [f64; 3],
    /// Relative lift.
    pub relative: f64,
    /// In words.
    pub verdict: String,
}

/// Costs by channel, then month; `all` is the total.
#[derive(Debug, Clone, Deserialize)]
pub struct Cost {
    /// Counts below this are hidden.
    pub least: u64,
    /// By channel, then month.
    pub channels: BTreeMap<String, BTreeMap<String, OneCost>>,
    /// What to keep in mind.
    #[serde(default)]
    pub notes: Vec<Note>,
}

/// One cost.
#[derive(Debug, Clone, Deserialize)]
pub struct OneCost {
    /// Spend.
    pub spend: f64,
    /// New patients; none where hidden.
    pub patients: Option<u64>,
    /// Middle, and the 90 % interval.
    pub cost: Option<[f64; 3]>,
    /// By what the platform claims.
    pub platform_cost: Option<f64>,
    /// Claimed over counted.
    pub claimed_over_counted: Option<f64>,
    /// In words.
    pub reading: String,
}

/// A media mix by region.
#[derive(Debug, Clone, Deserialize)]
pub struct Regions {
    /// The answer.
    pub report: RegionsReport,
}

/// The answer of a media mix by region.
#[derive(Debug, Clone, Deserialize)]
pub struct RegionsReport {
    /// Regions and periods.
    pub size: [usize; 2],
    /// Every channel.
    pub roi: BTreeMap<String, Return>,
    /// Fewest effective draws.
    pub min_ess_bulk: f64,
    /// Largest R-hat; none where a chain stood still.
    pub max_rhat: Option<f64>,
    /// Kept draws whose energy went astray.
    pub divergences: u64,
    /// What to keep in mind.
    #[serde(default)]
    pub notes: Vec<Note>,
}

/// What a channel returned.
#[derive(Debug, Clone, Deserialize)]
pub struct Return {
    /// Worth brought per unit of spend.
    #[serde(flatten)]
    pub posterior: Summary,
    /// What was believed before: 5 %, middle, 95 %.
    pub prior: [f64; 3],
    /// Total worth of what it brought.
    pub incremental: Summary,
    /// Its total spend.
    pub spend: f64,
}

/// The volume of every region.
#[derive(Debug, Clone, Deserialize)]
pub struct Trend {
    /// Regions and periods.
    pub size: [usize; 2],
    /// Periods ahead.
    pub ahead: usize,
    /// Relative change a year that the regions share, with its interval.
    pub shared: [f64; 3],
    /// Every region, largest first.
    pub regions: Vec<Volume>,
    /// What to keep in mind.
    pub notes: Vec<Note>,
}

/// The volume of one region.
#[derive(Debug, Clone, Deserialize)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Relative change a year, with its interval.
    pub change: [f64; 3],
    /// What is expected of all periods ahead, with its interval.
    pub expected: [f64; 3],
    /// Its share of that everywhere, with its interval.
    pub share: [f64; 3],
    /// In words.
    pub verdict: String,
}
