//! `placet journey`: several messages, waits, conditions and tasks, for each person at their own time.
//!
//! Agreeing and starting are for people, by name: by page or API.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use placet_app::journey::{self, Counts, Registered, StepCount, card, trial};
use placet_app::{ActError, Ctx};
use placet_domain::id::JourneyId;
use placet_domain::journey::steps::Steps;
use placet_domain::journey::{Standing, Written};
use placet_domain::operator::Capability;
use placet_store::{Store, Tx};

use super::Exit;
use super::data::said;
use super::open::Installation;
use super::pack::engine_of;
use crate::clock;

/// Journeys: several messages, one after the other, for each person at their own time.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  placet journey new > welcome.toml\n  placet journey register welcome.toml\n  placet journey simulate Welcome\n  placet journey card Welcome\n\nCompliance, clinical and legal agree, and marketing starts it, under Campaigns, Journeys, in the browser, or by the API.\n\nExit status: 0 done, 1 refused or not at work, 2 usage or file, 3 environment."
)]
pub struct Journey {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the journeys with where each stands
    List(Listing),
    /// Write the file of a journey to start from
    New,
    /// Register the journey of a file, or its next version
    Register(Register),
    /// Show a journey, its steps, and how many are where
    Show(Named),
    /// Count how people would have gone through the newest version; nothing is sent
    Simulate(Named),
    /// Show what the logic reads, how it decides, and who watches over it
    Card(Named),
    /// Pause a journey at once
    Pause(Hold),
    /// Let a paused journey go on
    Resume(Hold),
    /// End a journey for good
    End(Hold),
}

#[derive(Debug, Args)]
struct Listing {
    #[command(flatten)]
    installation: Installation,
    /// One JSON object a journey
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Register {
    #[command(flatten)]
    installation: Installation,
    /// The file of the journey
    file: PathBuf,
}

#[derive(Debug, Args)]
struct Named {
    #[command(flatten)]
    installation: Installation,
    /// The journey's name
    name: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Hold {
    #[command(flatten)]
    installation: Installation,
    /// The journey's name
    name: String,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
}

impl Journey {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or the store cannot be opened.
    pub fn run(self) -> Result<Exit> {
        match self.verb {
            Verb::List(it) => it.run(),
            Verb::New => {
                print!("{EXAMPLE}");
                Ok(Exit::Done)
            }
            Verb::Register(it) => it.run(),
            Verb::Show(it) => it.show(),
            Verb::Simulate(it) => it.simulate(),
            Verb::Card(it) => it.card(),
            Verb::Pause(it) => it.run(journey::pause),
            Verb::Resume(it) => it.run(journey::resume),
            Verb::End(it) => it.run(journey::end),
        }
    }
}

const EXAMPLE: &str = "# A journey. The same name again is its next version; each is simulated, agreed to and started.
name = \"Welcome\"
purpose = \"own_service_announcement\"
# Why this may be done with these data.
rationale = \"Tells new people where to find us; it says nothing of their care\"
owner = \"Patient access\"
# Who enters: somebody to whom this happens ...
event = \"person_registered\"
source = \"ehr\"
wait = \"2 hours\"
# ... or everybody in a saved audience, not before a moment:
# audience = \"Newsletter readers\"
# starts_at = \"2027-01-15T09:00:00-05:00\"
# After so many in 24 hours it pauses by itself, until somebody has looked.
most_per_day = 500
# For e-mail.
sender_name = \"Our hospital\"
sender = \"care@hospital.example\"
# One step a line. A journey goes forward only.
steps = '''
send \"Welcome\", if refused go to end
wait 7 days
if answered go to end
wait until 09:00
send \"Our hours\"
end: exit
'''
";

/// The steps of one version and how many are where.
fn counted(tx: &mut Tx, one: &Registered) -> Result<Option<(Steps, Counts)>, ActError> {
    let version = one.counting().or_else(|| one.newest());
    let read = version.and_then(|it| Some((it, it.declaration.read()?)));
    let Some((version, steps)) = read else {
        return Ok(None);
    };
    let counts = journey::counts(tx, version, &steps)?;
    Ok(Some((steps, counts)))
}

impl Listing {
    fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let all = store.read_blocking::<_, _, ActError>(|tx: &mut Tx| {
            let mut found = Vec::new();
            for one in journey::list(tx)? {
                let counts = counted(tx, &one)?;
                found.push((one, counts));
            }
            Ok(found)
        })?;
        let mut are_at_work = true;
        for (one, counts) in &all {
            are_at_work &= one.standing() == Standing::AtWork;
            if self.json {
                println!("{}", object(one, counts.as_ref()));
            } else {
                print!("{}", text(one, counts.as_ref()));
            }
        }
        Ok(if are_at_work {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

impl Named {
    fn show(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let name = self.name;
        let found = store.read_blocking::<_, _, ActError>(move |tx: &mut Tx| {
            let one = journey::find_by_name(tx, &name)?;
            let counts = counted(tx, &one)?;
            Ok((one, counts))
        });
        let Some((one, counts)) = said(found)? else {
            return Ok(Exit::Usage);
        };
        if self.json {
            println!("{}", object(&one, counts.as_ref()));
            return Ok(Exit::Done);
        }
        print!("{}", text(&one, counts.as_ref()));
        if let Some((steps, counts)) = &counts {
            print!("{}", steps_text(steps, &counts.steps));
        }
        Ok(Exit::Done)
    }

    fn simulate(self) -> Result<Exit> {
        let (config, store) = self.installation.open()?;
        let engine = match engine_of(config.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let name = self.name;
        let done = act(&store, Capability::ViewCampaigns, move |tx, ctx| {
            let one = journey::find_by_name(tx, &name)?;
            let newest = one.newest().ok_or(ActError::NotFound("version"))?;
            let trial = trial::try_out(tx, ctx, &engine, newest)?;
            Ok((newest.clone(), trial))
        })?;
        let Some((version, trial)) = said(done)? else {
            return Ok(Exit::Usage);
        };
        store.checkpoint(clock::now())?;
        if self.json {
            let object = serde_json::json!({ "version": version.version, "trial": trial });
            println!("{object}");
            return Ok(Exit::Done);
        }
        println!(
            "{}, version {}: {} people would have entered{}",
            version.declaration.name,
            version.version,
            trial.n_people,
            if trial.is_cut {
                ", the first ones only"
            } else {
                ""
            },
        );
        if let Some(steps) = version.declaration.read() {
            print!("{}", steps_text(&steps, &trial.steps));
        }
        Ok(Exit::Done)
    }

    fn card(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let name = self.name;
        let found = store.read_blocking::<_, _, ActError>(move |tx: &mut Tx| {
            let one = journey::find_by_name(tx, &name)?;
            let version = one.counting().or_else(|| one.newest());
            card::card(tx, version.ok_or(ActError::NotFound("version"))?)
        });
        let Some(card) = said(found)? else {
            return Ok(Exit::Usage);
        };
        if self.json {
            println!("{}", serde_json::to_string(&card)?);
            return Ok(Exit::Done);
        }
        println!(
            "{}, version {} (SHA-256 {})",
            card.name, card.version, card.hash
        );
        println!("  {}: {}", card.purpose, card.rationale);
        println!("  {} answers for it\n\nInputs", card.owner);
        for input in &card.inputs {
            println!("  {}: {}", input.element, input.uses.join(", "));
        }
        println!("\nLogic");
        for says in &card.logic {
            println!("  {says}");
        }
        println!("\nOversight");
        for says in &card.oversight {
            println!("  {says}");
        }
        Ok(Exit::Done)
    }
}

fn text(one: &Registered, counts: Option<&(Steps, Counts)>) -> String {
    let Some(version) = one.counting().or_else(|| one.newest()) else {
        return format!("{}\n", one.name);
    };
    let n_entered = counts.map_or(0, |(_, counts)| counts.n_entered);
    let mut out = format!(
        "{} (version {}): {}\n  {}; {} entered; {} answers for it\n",
        one.name,
        version.version,
        one.standing().label().to_lowercase(),
        version.declaration.entry.says(),
        n_entered,
        version.declaration.owner,
    );
    if one.waiting().is_some() && one.counting().is_some() {
        out.push_str("  a newer version waits to be started\n");
    }
    out
}

fn steps_text(steps: &Steps, counts: &[StepCount]) -> String {
    let mut out = String::new();
    for (place, (step, count)) in steps.iter().zip(counts).enumerate() {
        let came: Vec<String> = count
            .outcomes
            .iter()
            .map(|(outcome, n)| format!("{n} {}", outcome.label().to_lowercase()))
            .collect();
        out.push_str(&format!(
            "  {}. {}: {} came, {} are here{}{}\n",
            place + 1,
            step.says(),
            count.n_reached(),
            count.n_here,
            if came.is_empty() { "" } else { "; " },
            came.join(", "),
        ));
        for one in &count.rules {
            out.push_str(&format!("     {} by {}\n", one.n, one.rule));
        }
    }
    out
}

fn object(one: &Registered, counts: Option<&(Steps, Counts)>) -> serde_json::Value {
    let version = one.counting().or_else(|| one.newest());
    serde_json::json!({
        "id": one.id.to_string(),
        "name": one.name,
        "standing": one.standing().as_str(),
        "version": version.map(|it| it.version),
        "written": version.map(journey::written),
        "n_entered": counts.map(|(_, counts)| counts.n_entered),
        "steps": counts.map(|(_, counts)| &counts.steps),
    })
}

impl Register {
    fn run(self) -> Result<Exit> {
        let file = self.file.display();
        let text =
            fs::read_to_string(&self.file).with_context(|| format!("cannot read `{file}`"))?;
        let written: Written = match toml::from_str(&text) {
            Ok(written) => written,
            Err(error) => {
                eprintln!("{file}: {error}");
                return Ok(Exit::Usage);
            }
        };
        let first = first_line(&text, &written.steps);
        let (_, store) = self.installation.open()?;
        let done = act(&store, Capability::EditCampaigns, move |tx, ctx| {
            journey::declare(tx, ctx, &written)
        })?;
        if let (Err(ActError::Invalid(found)), Some(first)) = (&done, first)
            && found.iter().any(|one| one.field == "steps")
        {
            eprintln!("the steps begin on line {first} of {file}; lines below count from there");
        }
        let Some(version) = said(done)? else {
            return Ok(Exit::Usage);
        };
        store.checkpoint(clock::now())?;
        println!("{}: version {}", version.declaration.name, version.version);
        if version.start.is_some() {
            println!("the same as before; nothing to do");
        } else {
            println!(
                "nobody enters it until it is simulated, agreed to by compliance, clinical and legal, and started, under Campaigns, Journeys"
            );
        }
        Ok(Exit::Done)
    }
}

/// The line of the file on which the steps begin.
fn first_line(file: &str, steps: &str) -> Option<usize> {
    let at = file.find(steps.trim_end())?;
    Some(file.get(..at)?.lines().count().max(1) + usize::from(file.get(..at)?.ends_with('\n')))
}

fn act<T: Send + 'static>(
    store: &Store,
    capability: Capability,
    f: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
) -> Result<Result<T, ActError>> {
    let ctx = clock::system("journey");
    let grant = ctx.actor.may(capability)?;
    Ok(store.act_blocking(grant, &ctx, f))
}

impl Hold {
    fn run(self, f: fn(&mut Tx, &Ctx, JourneyId, &str) -> Result<(), ActError>) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let (name, reason) = (self.name, self.reason);
        let done = act(&store, Capability::StopCampaigns, move |tx, ctx| {
            let one = journey::find_by_name(tx, &name)?;
            f(tx, ctx, one.id, &reason)?;
            Ok(journey::find(tx, one.id)?.standing())
        })?;
        let Some(standing) = said(done)? else {
            return Ok(Exit::Findings);
        };
        store.checkpoint(clock::now())?;
        println!("{}", standing.label());
        Ok(Exit::Done)
    }
}
