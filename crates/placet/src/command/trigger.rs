//! `placet trigger`: what goes out by itself when something happens.
//!
//! Approving is for people of compliance: by page or API.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use placet_app::trigger::trial::{DAYS, Trial, try_out};
use placet_app::trigger::{self, Fires, Registered};
use placet_app::{ActError, Ctx};
use placet_domain::operator::Capability;
use placet_domain::trigger::{Declaration, Event, Standing, Version, Wait};
use placet_store::{Store, StoreError, Tx};
use serde::Deserialize;

use super::Exit;
use super::data::said;
use super::open::Installation;
use super::pack::engine_of;
use crate::clock;

/// Triggers: a message that goes out by itself when something happens to a person.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  placet trigger new --event appointment_coming_up > reminder.toml\n  placet trigger register reminder.toml\n  placet trigger dry-run \"Appointment reminder\"\n\nCompliance approves under Campaigns, Triggers, in the browser, or by the API.\n\nExit status: 0 done, 1 refused or not at work, 2 usage or file, 3 environment."
)]
pub struct Trigger {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the triggers with where each stands
    List(List),
    /// Write the file of a trigger to start from
    New(New),
    /// Register the trigger of a file, or its next version, which waits for compliance
    Register(Register),
    /// Show a trigger, its versions and what became of its events
    Show(Show),
    /// Count whom the newest version would have written to over the last 30 days; nothing is sent
    DryRun(DryRun),
    /// Pause a trigger at once
    Pause(Hold),
    /// Let a paused trigger go on
    Resume(Hold),
    /// End a trigger for good
    End(Hold),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    installation: Installation,
    /// One JSON object a trigger
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct New {
    /// What sets it off: appointment_booked, appointment_moved, appointment_cancelled,
    /// appointment_coming_up, birthday, person_registered or last_visit
    #[arg(long, default_value = "appointment_coming_up")]
    event: String,
}

#[derive(Debug, Args)]
struct Register {
    #[command(flatten)]
    installation: Installation,
    /// The file of the trigger
    file: PathBuf,
}

#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    installation: Installation,
    /// The trigger's name
    name: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct DryRun {
    #[command(flatten)]
    installation: Installation,
    /// The trigger's name
    name: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Hold {
    #[command(flatten)]
    installation: Installation,
    /// The trigger's name
    name: String,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
}

impl Trigger {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or the store cannot be opened.
    pub fn run(self) -> Result<Exit> {
        match self.verb {
            Verb::List(it) => it.run(),
            Verb::New(it) => it.run(),
            Verb::Register(it) => it.run(),
            Verb::Show(it) => it.run(),
            Verb::DryRun(it) => it.run(),
            Verb::Pause(it) => it.run(trigger::pause),
            Verb::Resume(it) => it.run(trigger::resume),
            Verb::End(it) => it.run(trigger::end),
        }
    }
}

impl List {
    fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let all = store.read_blocking::<_, _, StoreError>(|tx: &mut Tx| {
            let all = trigger::list(tx)?.into_iter();
            all.map(|one| {
                let fires = trigger::fires(tx, one.id)?;
                Ok((one, fires))
            })
            .collect::<Result<Vec<_>, _>>()
        })?;
        let mut are_at_work = true;
        for (one, fires) in &all {
            are_at_work &= one.standing() == Standing::AtWork;
            if self.json {
                println!("{}", object(one, fires));
            } else {
                print!("{}", text(one, fires));
            }
        }
        Ok(if are_at_work {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

impl Show {
    fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let name = self.name;
        let found = store.read_blocking::<_, _, ActError>(move |tx: &mut Tx| {
            let one = trigger::find_by_name(tx, &name)?;
            let fires = trigger::fires(tx, one.id)?;
            Ok((one, fires))
        });
        let Some((one, fires)) = said(found)? else {
            return Ok(Exit::Usage);
        };
        if self.json {
            println!("{}", object(&one, &fires));
            return Ok(Exit::Done);
        }
        print!("{}", text(&one, &fires));
        for version in &one.versions {
            let word = match &version.approval {
                Some(approval) => format!("approved {}", approval.at),
                None => "not approved".to_owned(),
            };
            println!(
                "  version {}, written {}, {word}",
                version.version, version.written_at
            );
        }
        for (why, n) in &fires.dropped {
            println!("  came to nothing, {n}: {}", why.label().to_lowercase());
        }
        Ok(Exit::Done)
    }
}

fn text(one: &Registered, fires: &Fires) -> String {
    let Some(version) = one.counting().or_else(|| one.newest()) else {
        return format!("{}\n", one.name);
    };
    let it = &version.declaration;
    let mut out = format!(
        "{} (version {}): {}\n  {}, {} {}, by {}, from `{}`; {}; {} answers for it\n",
        one.name,
        version.version,
        one.standing().label().to_lowercase(),
        it.event.label(),
        it.event.wait_label().to_lowercase(),
        it.wait,
        version.channel.label().to_lowercase(),
        it.source,
        it.rationale,
        it.owner,
    );
    out.push_str(&format!(
        "  {} wait for their time, {} were handed over: {} sent, {} not permitted, {} failed, {} unknown\n",
        fires.n_waiting,
        fires.n_fired,
        fires.tally.sent,
        fires.tally.refused,
        fires.tally.failed,
        fires.tally.unknown,
    ));
    if one.waiting().is_some() && one.counting().is_some() {
        out.push_str("  a newer version waits for compliance\n");
    }
    out
}

fn object(one: &Registered, fires: &Fires) -> serde_json::Value {
    let version = one.counting().or_else(|| one.newest());
    serde_json::json!({
        "id": one.id.to_string(),
        "name": one.name,
        "standing": one.standing().as_str(),
        "version": version.map(|it| it.version),
        "declares": version.map(|it| &it.declaration),
        "n_waiting": fires.n_waiting,
        "n_fired": fires.n_fired,
        "deliveries": fires.tally,
        "dropped": fires.dropped.iter().map(|(why, n)| (why.as_str(), n)).collect::<std::collections::BTreeMap<_, _>>(),
    })
}

/// What stands in the file of a trigger.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    event: Event,
    source: String,
    /// The name of a content, or the id of one of its versions.
    content: String,
    purpose: String,
    rationale: String,
    owner: String,
    wait: Wait,
    most_per_day: u32,
    #[serde(default)]
    sender_name: String,
    #[serde(default)]
    sender: String,
}

impl New {
    fn run(self) -> Result<Exit> {
        let Some(event) = Event::find(&self.event) else {
            let codes: Vec<&str> = Event::ALL.iter().map(|one| one.as_str()).collect();
            eprintln!("an event is one of: {}", codes.join(", "));
            return Ok(Exit::Usage);
        };
        let (name, purpose, wait, rationale) = match event {
            Event::ComingUp => (
                "Appointment reminder",
                "appointment_reminder",
                "24 hours",
                "A reminder is part of care; it names time, date and place and nothing else",
            ),
            Event::Booked | Event::Moved | Event::Cancelled => (
                "Appointment confirmation",
                "appointment_confirmation",
                "0 minutes",
                "A confirmation is part of care; it names time, date and place and nothing else",
            ),
            Event::Birthday => (
                "Birthday greeting",
                "greeting",
                "0 minutes",
                "A greeting to people who agreed to messages; it promotes nothing",
            ),
            Event::Registered => (
                "Welcome",
                "own_service_announcement",
                "2 hours",
                "Tells new people where to find us; it says nothing of their care",
            ),
            Event::LastVisit => (
                "We are here",
                "own_service_announcement",
                "365 days",
                "Tells of our hours without confirming that anybody was seen",
            ),
        };
        print!(
            "# A trigger. The same name again is its next version; compliance approves each.\n\
             name = \"{name}\"\n\
             # What sets it off.\n\
             event = \"{}\"\n\
             # Whose data it goes by, as imports and the catalogue name it.\n\
             source = \"ehr\"\n\
             # The name of a submitted content, or the id of one of its versions. It may carry\n\
             # {} and nothing else.\n\
             content = \"{name}\"\n\
             purpose = \"{purpose}\"\n\
             # Why this may be done with these data.\n\
             rationale = \"{rationale}\"\n\
             owner = \"Patient access\"\n\
             # {}.\n\
             wait = \"{wait}\"\n\
             # After so many in 24 hours it pauses by itself, until somebody has looked.\n\
             most_per_day = 500\n\
             # For e-mail.\n\
             sender_name = \"Our hospital\"\n\
             sender = \"care@hospital.example\"\n",
            event.as_str(),
            event.may_carry_says(),
            event.wait_label(),
        );
        Ok(Exit::Done)
    }
}

impl Register {
    fn run(self) -> Result<Exit> {
        let file = self.file.display();
        let text =
            fs::read_to_string(&self.file).with_context(|| format!("cannot read `{file}`"))?;
        let given: File = match toml::from_str(&text) {
            Ok(given) => given,
            Err(error) => {
                eprintln!("{file}: {error}");
                return Ok(Exit::Usage);
            }
        };
        let (_, store) = self.installation.open()?;
        let done = act(&store, Capability::EditCampaigns, move |tx, ctx| {
            let declared = Declaration {
                name: given.name.clone(),
                event: given.event,
                source: given.source.clone(),
                content: trigger::content_of(tx, &given.content)?,
                purpose: given.purpose.clone(),
                rationale: given.rationale.clone(),
                owner: given.owner.clone(),
                wait: given.wait,
                most_per_day: given.most_per_day,
                sender_name: given.sender_name.clone(),
                sender: given.sender.clone(),
            };
            trigger::declare(tx, ctx, &declared)
        })?;
        let Some(version) = said(done)? else {
            return Ok(Exit::Usage);
        };
        store.checkpoint(clock::now())?;
        println!("{}: version {}", version.declaration.name, version.version);
        if version.approval.is_some() {
            println!("the same as before; nothing to do");
        } else {
            println!("it cannot fire until compliance has approved it, under Campaigns, Triggers");
        }
        Ok(Exit::Done)
    }
}

fn act<T: Send + 'static>(
    store: &Store,
    capability: Capability,
    f: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
) -> Result<Result<T, ActError>> {
    let ctx = clock::system("trigger");
    let grant = ctx.actor.may(capability)?;
    Ok(store.act_blocking(grant, &ctx, f))
}

impl DryRun {
    fn run(self) -> Result<Exit> {
        let (config, store) = self.installation.open()?;
        let engine = match engine_of(config.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let name = self.name;
        let done = act(&store, Capability::ViewCampaigns, move |tx, ctx| {
            let one = trigger::find_by_name(tx, &name)?;
            let newest = one.newest().ok_or(ActError::NotFound("version"))?;
            Ok((newest.clone(), try_out(tx, ctx, &engine, newest)?))
        })?;
        let Some((version, trial)) = said(done)? else {
            return Ok(Exit::Usage);
        };
        store.checkpoint(clock::now())?;
        if self.json {
            println!("{}", trial_object(&version, &trial));
        } else {
            print!("{}", trial_text(&version, &trial));
        }
        Ok(Exit::Done)
    }
}

fn trial_text(version: &Version, trial: &Trial) -> String {
    let mut out = format!(
        "{}, version {}, over the last {DAYS} days{}:\n  {} events, to {} people\n  {} messages would be permitted now\n  {} people have no address for it\n",
        version.declaration.name,
        version.version,
        if trial.is_cut {
            " (the newest events only)"
        } else {
            ""
        },
        trial.n_events,
        trial.n_people,
        trial.n_permitted,
        trial.n_unreachable,
    );
    for one in &trial.rules {
        out.push_str(&format!("  {} by {}: {}\n", one.n, one.rule, one.says));
    }
    out
}

fn trial_object(version: &Version, trial: &Trial) -> serde_json::Value {
    let rules = trial.rules.iter();
    let rules =
        rules.map(|one| serde_json::json!({"rule": one.rule, "says": one.says, "n": one.n}));
    serde_json::json!({
        "version": version.version,
        "since": trial.since.to_string(),
        "until": trial.until.to_string(),
        "n_events": trial.n_events,
        "n_people": trial.n_people,
        "n_permitted": trial.n_permitted,
        "n_unreachable": trial.n_unreachable,
        "rules": rules.collect::<Vec<_>>(),
        "is_cut": trial.is_cut,
    })
}

impl Hold {
    fn run(
        self,
        f: fn(&mut Tx, &Ctx, placet_domain::id::TriggerId, &str) -> Result<(), ActError>,
    ) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let (name, reason) = (self.name, self.reason);
        let done = act(&store, Capability::StopCampaigns, move |tx, ctx| {
            let one = trigger::find_by_name(tx, &name)?;
            f(tx, ctx, one.id, &reason)?;
            Ok(trigger::find(tx, one.id)?.standing())
        })?;
        let Some(standing) = said(done)? else {
            return Ok(Exit::Findings);
        };
        store.checkpoint(clock::now())?;
        println!("{}", standing.label());
        Ok(Exit::Done)
    }
}
