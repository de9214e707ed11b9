//! The flows that an installation has declared.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use placet_app::flow::{self, Declared};
use placet_app::{ActError, settings};
use placet_domain::flow::{Declaration, Version};
use placet_domain::operator::Capability;
use placet_domain::time::Date;
use placet_store::{StoreError, Tx};

use crate::clock;
use crate::command::Exit;
use crate::command::data::said;
use crate::command::open::Installation;

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    installation: Installation,
    /// Only this flow
    name: Option<String>,
    /// One JSON object a flow
    #[arg(long, conflicts_with = "text")]
    json: bool,
    /// The text of the version that counts, to write the next one from
    #[arg(long, requires = "name")]
    text: bool,
}

#[derive(Debug, Args)]
pub struct Draw {
    #[command(flatten)]
    installation: Installation,
    /// Where to write; standard output when not given
    #[arg(long, short)]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct New {
    /// The source, as imports name it
    #[arg(long, default_value = "ehr")]
    source: String,
    /// To another company, with its contract, instead of into the hospital
    #[arg(long)]
    company: bool,
}

#[derive(Debug, Args)]
pub struct Declare {
    #[command(flatten)]
    installation: Installation,
    /// The file of the flow
    file: PathBuf,
}

impl New {
    pub fn run(self) -> Result<Exit> {
        let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        if self.source.is_empty() || !self.source.chars().all(is_code) {
            eprintln!("a source is named by a short code of a-z, 0-9, `_` and `-`, as `ehr`");
            return Ok(Exit::Usage);
        }
        let text = if self.company {
            flow::company_text(&self.source)
        } else {
            flow::people_text(&self.source, &format!("people-{}", self.source))
        };
        print!("{text}");
        Ok(Exit::Done)
    }
}

impl List {
    pub fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let now = clock::now();
        let (all, today) = store.read_blocking::<_, _, StoreError>(move |tx: &mut Tx| {
            Ok((flow::list(tx)?, settings::day(tx, now)?))
        })?;
        let all: Vec<Declared> = all
            .into_iter()
            .filter(|one| self.name.as_ref().is_none_or(|name| *name == one.name))
            .collect();
        if let Some(name) = self.name.as_ref().filter(|_| all.is_empty()) {
            eprintln!("no flow `{name}` is declared; `placet flow list` names them");
            return Ok(Exit::Usage);
        }
        let mut is_open = true;
        for one in &all {
            is_open &= one.missing(today).is_empty();
            match one.counting() {
                Some(version) if self.text => print!("{}", version.text),
                Some(version) if self.json => println!("{}", object(one, version, today)),
                Some(version) => print!("{}", text(one, version, today)),
                None => {}
            }
        }
        Ok(if is_open { Exit::Done } else { Exit::Findings })
    }
}

impl Draw {
    pub fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let now = clock::now();
        let (all, today) = store.read_blocking::<_, _, StoreError>(move |tx: &mut Tx| {
            Ok((flow::list(tx)?, settings::day(tx, now)?))
        })?;
        let picture = placet_web::data::picture::file(&all, today);
        match &self.out {
            Some(file) => fs::write(file, picture)
                .with_context(|| format!("cannot write `{}`", file.display()))?,
            None => print!("{picture}"),
        }
        Ok(Exit::Done)
    }
}

fn text(one: &Declared, version: &Version, today: Date) -> String {
    let missing = one.missing(today);
    let mut out = format!(
        "{} (version {}): {}\n  {}\n",
        one.name,
        version.version,
        if missing.is_empty() {
            "open"
        } else {
            "blocked"
        },
        sentence(&version.declaration)
    );
    for what in missing {
        out.push_str(&format!("  {what}\n"));
    }
    if one.waits() && one.newest().map(|it| it.id) != Some(version.id) {
        out.push_str("  a newer version waits for agreement\n");
    }
    out
}

/// From where to where and what for, in one line.
pub fn sentence(it: &Declaration) -> String {
    let contract = it.contract.as_ref().map_or_else(String::new, |contract| {
        format!(
            "; {} {}, {} to {}",
            contract.kind.label().to_lowercase(),
            contract.reference,
            contract.valid_from,
            contract.valid_until
        )
    });
    format!(
        "from `{}` to {} ({}), for: {}; owners: {} and {}{contract}",
        it.source,
        it.destination.title,
        it.destination.kind.label().to_lowercase(),
        it.purpose,
        it.it_owner,
        it.marketing_owner
    )
}

fn object(one: &Declared, version: &Version, today: Date) -> serde_json::Value {
    let lacks: Vec<String> = one.missing(today).iter().map(ToString::to_string).collect();
    serde_json::json!({
        "id": one.id.to_string(),
        "name": one.name,
        "is_open": lacks.is_empty(),
        "lacks": lacks,
        "version": version.version,
        "declares": version.declaration,
    })
}

impl Declare {
    pub fn run(self) -> Result<Exit> {
        let file = self.file.display();
        let text =
            fs::read_to_string(&self.file).with_context(|| format!("cannot read `{file}`"))?;
        let (_, store) = self.installation.open()?;
        let ctx = clock::system("flow");
        let grant = ctx.actor.may(Capability::EditFlows)?;
        let done: Result<Version, ActError> =
            store.act_blocking(grant, &ctx, move |tx, ctx| flow::declare(tx, ctx, &text));
        let Some(version) = said(done)? else {
            return Ok(Exit::Usage);
        };
        store.checkpoint(clock::now())?;
        println!("{}: version {}", version.declaration.name, version.version);
        if version.is_agreed() {
            println!("the same as before; nothing to do");
        } else {
            println!("nothing passes by it until IT and marketing have agreed, under Data, Flows");
        }
        Ok(Exit::Done)
    }
}
