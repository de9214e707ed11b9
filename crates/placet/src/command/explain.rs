//! `placet explain`: why one case comes out as it does, rule by rule, and what would change it.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use placet_app::gate::Message;
use placet_app::{ActError, explain, settings};
use placet_domain::channel::Channel;
use placet_domain::content::ContentClass;
use placet_domain::id::{CampaignId, PersonId};
use placet_domain::preference::Topic;
use placet_domain::time::Timestamp;
use placet_policy::{Explanation, Profile, Remuneration, read_inputs};

use super::Exit;
use super::open::Installation;
use super::pack::engine_of;
use crate::clock;

/// Explain one case, given as the object that `placet decide` takes; or a message to somebody who
/// is held in the store.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  placet explain --profile conservative case.json\n  placet explain --person 0198… --act own_health_product_promo --config /var/lib/placet"
)]
pub struct Explain {
    #[command(flatten)]
    installation: Installation,
    /// The id of somebody who is held; reading them is an entry of the ledger.
    #[arg(long, requires = "act", conflicts_with_all = ["file", "pack", "at", "profile"])]
    person: Option<PersonId>,
    /// What would be sent: the code of a content class, or the id of a campaign.
    #[arg(long, requires = "person")]
    act: Option<String>,
    /// `conservative` or `regulatory_floor`.
    #[arg(long, default_value = "conservative", value_parser = profile)]
    profile: Profile,
    /// A folder of rule packs instead of those in the program.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// Decide as of this instant (RFC 3339); else the case's own local time, else now.
    #[arg(long)]
    at: Option<Timestamp>,
    /// One JSON object for machines.
    #[arg(long)]
    json: bool,
    /// The case; standard input when left out.
    file: Option<PathBuf>,
}

fn profile(code: &str) -> Result<Profile, String> {
    Profile::find(code).ok_or_else(|| "one of conservative, regulatory_floor".to_owned())
}

impl Explain {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the file or the pack cannot be used.
    pub fn run(self) -> Result<Exit> {
        if let (Some(person), Some(act)) = (self.person, &self.act) {
            return self.held(person, act);
        }
        let engine = match engine_of(self.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let text = match &self.file {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("cannot read `{}`", file.display()))?,
            None => {
                let mut text = String::new();
                std::io::stdin()
                    .read_to_string(&mut text)
                    .context("cannot read standard input")?;
                text
            }
        };
        let case: serde_json::Value = match serde_json::from_str(&text) {
            Ok(case) => case,
            Err(_) if text.trim().is_empty() => {
                eprintln!(
                    "placet: there is no case: give a file with one JSON object, or pipe one in"
                );
                return Ok(Exit::Usage);
            }
            Err(error) => {
                eprintln!("placet: the case is no JSON object: {error}");
                return Ok(Exit::Usage);
            }
        };
        let (asked, pointer) = match case.get("inputs") {
            Some(inputs) => (inputs, "/inputs"),
            None => (&case, ""),
        };
        let inputs = match read_inputs(asked, pointer) {
            Ok((inputs, _)) => inputs,
            Err(error) => {
                eprintln!("placet: {error}");
                return Ok(Exit::Usage);
            }
        };
        let at = self
            .at
            .or(inputs.person.local_time.map(|local| local.at))
            .unwrap_or_else(clock::now);
        let explained = engine.explain(&inputs, self.profile, at);
        self.print(&explained)?;
        Ok(Exit::Done)
    }

    /// A message to somebody who is held.
    fn held(&self, person: PersonId, act: &str) -> Result<Exit> {
        let (config, store) = self.installation.open()?;
        let engine = match engine_of(config.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let Some(asked) = Asked::read(act) else {
            let classes: Vec<&str> = ContentClass::ALL.iter().map(|it| it.as_str()).collect();
            eprintln!(
                "placet: --act is the id of a campaign or one of: {}",
                classes.join(", ")
            );
            return Ok(Exit::Usage);
        };
        let ctx = clock::system("explain");
        let grant = ctx
            .actor
            .may_as_system()
            .context("the system may do this")?;
        let answered = store.act_blocking::<_, _, ActError>(grant, &ctx, move |tx, ctx| {
            let settings = settings::load(tx)?;
            let message = match asked {
                Asked::Class(class) => message(class),
                Asked::Campaign(id) => explain::message_of(tx, id)?,
            };
            explain::person(tx, ctx, &engine, &settings, person, message)
        });
        let answered = match answered {
            Ok(answered) => answered,
            Err(ActError::NotFound(what)) => {
                eprintln!("placet: no such {what} is held here");
                return Ok(Exit::Findings);
            }
            Err(error) => return Err(error).context("the person could not be asked about"),
        };
        store.checkpoint(clock::now())?;
        let Some((_, explained)) = answered else {
            eprintln!("placet: there is no address to send this to");
            return Ok(Exit::Findings);
        };
        self.print(&explained)?;
        Ok(Exit::Done)
    }

    fn print(&self, explained: &Explanation) -> Result<()> {
        if self.json {
            println!("{}", serde_json::to_string(explained)?);
            return Ok(());
        }
        println!(
            "{} ({})",
            explained.decision.outcome.as_str(),
            explained.decision.category
        );
        for rule in &explained.rules {
            let note = if rule.unverified { " [unverified]" } else { "" };
            println!(
                "\n{} {}{note}\n  {}\n  {}\n  {}",
                rule.effect.as_str(),
                rule.rule,
                rule.title,
                rule.says,
                rule.citation.join("; ")
            );
            for (fact, value) in &rule.facts {
                println!("    {fact} = {value}");
            }
        }
        if !explained.changes.is_empty() {
            println!("\nWhat would change it:");
            for change in &explained.changes {
                println!("  {}: {}", change.what, change.outcome.as_str());
            }
        }
        Ok(())
    }
}

/// What would be sent.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Class(ContentClass),
    Campaign(CampaignId),
}

impl Asked {
    fn read(text: &str) -> Option<Self> {
        let class = ContentClass::find(text).map(Self::Class);
        class.or_else(|| text.parse().ok().map(Self::Campaign))
    }
}

/// An e-mail of this class with the usual purpose, about nothing but how to reach the person.
fn message(class: ContentClass) -> Message {
    let first = |list: &[&'static str]| list.first().copied().unwrap_or_default().to_owned();
    Message {
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        topic: class.topics().first().copied().unwrap_or(Topic::Services),
        class,
        purpose: first(class.purposes()),
        elements: BTreeSet::from(["email".to_owned()]),
        selection: BTreeSet::new(),
        remuneration: Remuneration::none(),
    }
}
