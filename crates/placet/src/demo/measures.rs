//! What the demo has measured: three synthetic tables of sums, and questions put to them.
//!
//! The process that serves the demo answers them as it answers any other, in its first seconds,
//! so that the first page waits for no arithmetic.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use placet_app::measure::ask::{Ask, Cost, Geo, Holdout, Impact, Mmm, Power, Trend};
use placet_app::measure::run::NewRun;
use placet_app::measure::{self, run};
use placet_domain::id::{CampaignId, DatasetId};
use placet_domain::operator::Capability;
use placet_domain::time::{Date, Span, Timestamp};
use placet_store::{Store, campaigns};

use super::Seeds;
use super::staff::Staff;

/// Weeks of spend and new patients.
const WEEKS: i64 = 156;
/// Weeks of the panel of areas, and of the test at its end.
const PANEL: i64 = 72;
const TEST: i64 = 8;
/// The areas of the panel; the first two were treated.
const AREAS: [&str; 12] = [
    "Harbor",
    "Northshore",
    "Lakewood",
    "Eastgate",
    "Millbrook",
    "Westfield",
    "Riverside",
    "Oakdale",
    "Fairview",
    "Southport",
    "Hillcrest",
    "Brookside",
];

/// Brings the tables in and asks.
///
/// # Errors
///
/// When an act is refused.
pub fn ask(store: &Store, staff: &Staff, seeds: &mut Seeds, now: Timestamp) -> Result<()> {
    let at = now.checked_sub(Span::new().minutes(20))?;
    let last = monday(at)?;
    let mut desk = Desk {
        store,
        staff,
        seeds,
        at,
    };
    let mut noise = Noise(0x51ce_5eed);
    let weekly = desk.bring("Weekly spend and new patients", weekly(last, &mut noise)?)?;
    let areas = desk.bring("Imaging visits by area and week", panel(last, &mut noise)?)?;
    let costs = desk.bring(
        "Spend and new patients by month",
        monthly(last, &mut noise)?,
    )?;
    let flu = desk.campaign("Flu shots")?;
    let imaging = desk.campaign("New imaging center")?;

    let mmm = Mmm {
        date: "week".into(),
        outcome: "new_patients".into(),
        channels: ["search_spend", "radio_spend", "social_spend", "mail_spend"]
            .map(str::to_owned)
            .to_vec(),
        controls: vec!["flu_level".into(), "t".into()],
        ..serde_json::from_str(r#"{"date":"","outcome":"","channels":[]}"#)?
    };
    desk.question(
        "What each channel brought, three years",
        Ask::Mmm(mmm),
        Some(weekly),
        None,
    )?;
    let panel_columns = || ("area".to_owned(), "week".to_owned(), "visits".to_owned());
    let (region, date, outcome) = panel_columns();
    let geo = Geo {
        region,
        date,
        outcome,
        treated: AREAS
            .iter()
            .take(2)
            .map(|area| (*area).to_owned())
            .collect(),
        from: last.checked_sub(Span::new().weeks(TEST - 1))?.to_string(),
        leave_out: Vec::new(),
    };
    desk.question(
        "Radio in Harbor and Northshore",
        Ask::Geo(geo),
        Some(areas),
        imaging,
    )?;
    let (region, date, outcome) = panel_columns();
    let power = Power {
        region,
        date,
        outcome,
        markets: vec![2],
        durations: vec![4, 8],
        ..Power::default()
    };
    desk.question(
        "Where the next test could run",
        Ask::Power(power),
        Some(areas),
        None,
    )?;
    let (region, date, outcome) = panel_columns();
    let volume = Trend {
        region,
        date,
        outcome,
        ahead: 13,
    };
    desk.question(
        "Where imaging visits are growing",
        Ask::Trend(volume),
        Some(areas),
        None,
    )?;
    let impact = Impact {
        date: "week".into(),
        outcome: "new_patients".into(),
        controls: vec!["flu_level".into()],
        from: last.checked_sub(Span::new().weeks(11))?.to_string(),
        draws: 4000,
    };
    desk.question(
        "Did the new booking page change anything?",
        Ask::Impact(impact),
        Some(weekly),
        None,
    )?;
    let holdout = Holdout {
        treated: 3_912,
        treated_outcomes: 431,
        held_out: 978,
        held_out_outcomes: 74,
        groups: None,
    };
    desk.question(
        "Flu shots: got it against held out",
        Ask::Holdout(holdout),
        None,
        flu,
    )?;
    let cost = Cost {
        month: "month".into(),
        channel: "channel".into(),
        spend: "spend".into(),
        patients: "new_patients".into(),
        platform: Some("platform_claims".into()),
    };
    desk.question(
        "Cost of a new patient, this year",
        Ask::Cost(cost),
        Some(costs),
        None,
    )
}

/// Marketing at its desk.
struct Desk<'a> {
    store: &'a Store,
    staff: &'a Staff,
    seeds: &'a mut Seeds,
    at: Timestamp,
}

impl Desk<'_> {
    fn bring(&mut self, name: &'static str, text: String) -> Result<DatasetId> {
        let ctx = self.staff.ctx("marketing", self.seeds, self.at);
        let grant = ctx.actor.may(Capability::RunMeasures)?;
        let kept = self.store.act_blocking(grant, &ctx, move |tx, ctx| {
            measure::add_dataset(tx, ctx, name, text.as_bytes())
        });
        kept.with_context(|| format!("the demo's table `{name}`"))
    }

    fn question(
        &mut self,
        name: &str,
        ask: Ask,
        dataset: Option<DatasetId>,
        campaign: Option<CampaignId>,
    ) -> Result<()> {
        self.at = self.at.checked_add(Span::new().minutes(3))?;
        let ctx = self.staff.ctx("marketing", self.seeds, self.at);
        let grant = ctx.actor.may(Capability::RunMeasures)?;
        let new = NewRun {
            name: name.to_owned(),
            ask,
            dataset,
            source: None,
            campaign,
            seed: 1,
        };
        let asked = self
            .store
            .act_blocking(grant, &ctx, move |tx, ctx| run::ask(tx, ctx, &new));
        asked
            .map(drop)
            .with_context(|| format!("the demo's question `{name}`"))
    }

    fn campaign(&self, name: &str) -> Result<Option<CampaignId>> {
        let all = self.store.read_blocking(|tx| campaigns::list(tx, 100))?;
        Ok(all
            .into_iter()
            .find(|one| one.brief.name == name)
            .map(|one| one.id))
    }
}

/// The Monday of the last full week.
fn monday(at: Timestamp) -> Result<Date> {
    let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let back = i64::from(day.weekday().to_monday_zero_offset()) + 7;
    Ok(day.checked_sub(Span::new().days(back))?)
}

/// A generator small enough to be read: the demo needs scatter, not secrets.
struct Noise(u64);

impl Noise {
    /// From zero to one.
    fn share(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }

    /// About normal: centre zero, spread one.
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// Three years of weeks. Search saturates, radio carries over, social does little, mail comes in
/// waves; from the eleventh week before the end a new booking page brings a tenth more.
fn weekly(last: Date, noise: &mut Noise) -> Result<String> {
    let mut text = String::from(
        "week,new_patients,search_spend,radio_spend,social_spend,mail_spend,flu_level\n",
    );
    let mut heard = 0.0;
    for t in 0..WEEKS {
        let week = last.checked_sub(Span::new().weeks(WEEKS - 1 - t))?;
        let x = t as f64;
        let season = (x / 52.18 * std::f64::consts::TAU).cos();
        let search = 4_000.0 + 2_600.0 * noise.share() + 10.0 * x;
        let radio = if noise.share() < 0.35 {
            5_000.0 + 4_000.0 * noise.share()
        } else {
            0.0
        };
        let social = 900.0 + 1_800.0 * noise.share();
        let mail: f64 = if t % 13 < 2 { 6_500.0 } else { 300.0 };
        heard = 0.6 * heard + 0.4 * radio;
        let flu = (10.0 + 9.0 * season + 2.0 * noise.bell()).max(0.0);
        let brought = 95.0 * (search / 5_000.0).tanh()
            + 60.0 * (heard / 4_000.0).tanh()
            + 9.0 * (social / 2_000.0).tanh()
            + 34.0 * (mail / 5_000.0).tanh();
        let page = if t >= WEEKS - 12 { 1.1 } else { 1.0 };
        let patients = page * (250.0 + 0.25 * x + 2.2 * flu + brought) + 9.0 * noise.bell();
        writeln!(
            text,
            "{week},{:.0},{search:.0},{radio:.0},{social:.0},{mail:.0},{flu:.1}",
            patients.max(0.0)
        )?;
    }
    Ok(text)
}

/// Areas by week; the first two got radio in the last weeks.
fn panel(last: Date, noise: &mut Noise) -> Result<String> {
    let mut text = String::from("area,week,visits\n");
    let levels: Vec<f64> = AREAS.iter().map(|_| 70.0 + 160.0 * noise.share()).collect();
    for t in 0..PANEL {
        let week = last.checked_sub(Span::new().weeks(PANEL - 1 - t))?;
        let common = 1.0 + 0.08 * (t as f64 / 7.0).sin() + 0.02 * noise.bell();
        for (i, (area, level)) in AREAS.iter().zip(&levels).enumerate() {
            let radio = if i < 2 && t >= PANEL - TEST {
                1.17
            } else {
                1.0
            };
            let visits = level * common * radio * (1.0 + 0.035 * noise.bell());
            writeln!(text, "{area},{week},{visits:.0}")?;
        }
    }
    Ok(text)
}

/// Ten months of channels, with what the platforms claim. Billboards bring few.
fn monthly(last: Date, noise: &mut Noise) -> Result<String> {
    let mut text = String::from("month,channel,spend,new_patients,platform_claims\n");
    let channels = [
        ("search", 21_000.0, 190.0, 1.7),
        ("social", 7_500.0, 160.0, 2.4),
        ("radio", 16_000.0, 310.0, 0.0),
        ("mail", 9_000.0, 240.0, 0.0),
        ("billboard", 4_000.0, 460.0, 0.0),
    ];
    for back in (0..10).rev() {
        let month = last
            .first_of_month()
            .checked_sub(Span::new().months(back + 1))?;
        for (channel, spend, cost, claimed) in channels {
            let spend = spend * (0.85 + 0.3 * noise.share());
            let patients = (spend / cost * (1.0 + 0.12 * noise.bell()))
                .max(0.0)
                .round();
            writeln!(
                text,
                "{}-{:02},{channel},{spend:.0},{patients:.0},{:.0}",
                month.year(),
                month.month(),
                patients * claimed
            )?;
        }
    }
    Ok(text)
}
