//! `placet data`: the data catalogue from the command line. Signing is for people: by page or API.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use placet_app::ActError;
use placet_app::data::catalogue::{self, Catalogued};
use placet_domain::data::{DraftSource, Element};
use placet_domain::operator::Capability;
use placet_gateway::cli;
use placet_store::{Store, StoreError};

use super::Exit;
use super::open::Installation;
use crate::clock;

/// Sources of data, their elements, and what marketing may do with each.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  placet data declare ehr --title \"Health records\" --it-owner Integration --marketing-owner Outreach\n  placet data classify ehr --flow people\n\nCompliance signs a classification under Data, in the browser, or by the API."
)]
pub struct Data {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List every source with its elements
    List(List),
    /// Declare a source, or say anew what it is called and who owns it
    Declare(Declare),
    /// Classify the elements of a source: the next version, which waits for a signature
    Classify(Classify),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    installation: Installation,
    /// One JSON object a source
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Declare {
    #[command(flatten)]
    installation: Installation,
    /// The name that imports give, as `ehr`
    code: String,
    /// What it is, in words
    #[arg(long)]
    title: String,
    /// Who answers for the technical side
    #[arg(long)]
    it_owner: String,
    /// Who answers for what it is used for
    #[arg(long)]
    marketing_owner: String,
}

#[derive(Debug, Args)]
struct Classify {
    #[command(flatten)]
    installation: Installation,
    /// The source's code
    code: String,
    /// A CSV with the columns kind, path and class
    #[arg(required_unless_present = "flow", conflicts_with = "flow")]
    file: Option<PathBuf>,
    /// What a flow lets in: appointments as such, everything else as patient contact information
    #[arg(long)]
    flow: Option<PathBuf>,
}

impl Data {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened or a file not be read.
    pub fn run(self) -> Result<Exit> {
        match self.verb {
            Verb::List(it) => it.run(),
            Verb::Declare(it) => it.run(),
            Verb::Classify(it) => it.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let all = store.read_blocking::<_, _, StoreError>(catalogue::list)?;
        for one in &all {
            if self.json {
                println!("{}", object(one));
            } else {
                print!("{}", text(one));
            }
        }
        Ok(Exit::Done)
    }
}

fn standing(one: &Catalogued) -> &'static str {
    match (one.newest(), one.in_force(), one.waits()) {
        (None, _, _) => "not classified",
        (_, None, _) => "waits for compliance; nothing is imported from it",
        (_, Some(_), true) => "signed; a newer version waits",
        (_, Some(_), false) => "signed",
    }
}

fn text(one: &Catalogued) -> String {
    let source = &one.source;
    let mut out = format!(
        "{}: {} ({}); owners: {}, {}\n",
        source.code,
        source.title,
        standing(one),
        source.it_owner,
        source.marketing_owner
    );
    for element in one.newest().map_or(&[][..], |newest| &newest.elements) {
        out.push_str(&format!(
            "  {:6} {:40} {}: {}\n",
            element.kind.as_str(),
            element.path,
            element.class.label(),
            element.class.status().label()
        ));
    }
    out
}

fn object(one: &Catalogued) -> serde_json::Value {
    serde_json::json!({
        "code": one.source.code,
        "title": one.source.title,
        "it_owner": one.source.it_owner,
        "marketing_owner": one.source.marketing_owner,
        "standing": standing(one),
        "version": one.newest().map(|newest| newest.version),
        "elements": one.newest().map(|newest| &newest.elements),
    })
}

/// Says what was refused; other failures go up.
pub(super) fn said<T>(done: Result<T, ActError>) -> Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(ActError::Invalid(problems)) => {
            for one in problems {
                eprintln!("{}: {}", one.field, one.problem);
            }
            Ok(None)
        }
        Err(error @ (ActError::Refused { .. } | ActError::NotFound(_))) => {
            eprintln!("{error}");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

impl Declare {
    fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let ctx = clock::system("data");
        let draft = DraftSource {
            code: self.code,
            title: self.title,
            it_owner: self.it_owner,
            marketing_owner: self.marketing_owner,
        };
        let grant = ctx.actor.may(Capability::EditData)?;
        let done = store.act_blocking(grant, &ctx, move |tx, ctx| {
            catalogue::declare(tx, ctx, &draft)
        });
        let Some(id) = said(done)? else {
            return Ok(Exit::Findings);
        };
        store.checkpoint(clock::now())?;
        println!("declared, {id}; nothing is imported from it until its classification is signed");
        Ok(Exit::Done)
    }
}

impl Classify {
    fn run(self) -> Result<Exit> {
        let elements = match (&self.file, &self.flow) {
            (Some(file), _) => read(file)?,
            (None, Some(flow)) => of_flow(flow)?,
            (None, None) => Vec::new(),
        };
        let (_, store) = self.installation.open()?;
        let Some(version) = said(classify(&store, &self.code, elements))? else {
            return Ok(Exit::Findings);
        };
        store.checkpoint(clock::now())?;
        println!("version {version} waits for the signature of compliance, under Data");
        Ok(Exit::Done)
    }
}

fn classify(store: &Store, code: &str, elements: Vec<Element>) -> Result<u32, ActError> {
    let ctx = clock::system("data");
    let grant = ctx.actor.may(Capability::EditData)?;
    let code = code.to_owned();
    store.act_blocking(grant, &ctx, move |tx, ctx| {
        let source = placet_store::catalogue::find_source_by_code(tx, &code)?
            .ok_or(ActError::NotFound("data source; declare it first"))?;
        let version = catalogue::classify(tx, ctx, source.id, elements.clone())?;
        Ok(version.version)
    })
}

fn read(path: &Path) -> Result<Vec<Element>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut elements = Vec::new();
    for row in reader.deserialize::<Element>() {
        let line = elements.len() + 2;
        elements.push(row.with_context(|| {
            format!(
                "`{}` line {line}: a row has a kind, a path and a class of the catalogue",
                path.display()
            )
        })?);
    }
    Ok(elements)
}

/// The elements that a flow lets in.
///
/// # Errors
///
/// When the flow cannot be loaded.
pub fn of_flow(flow: &Path) -> Result<Vec<Element>> {
    let flow = cli::load_flow(flow).map_err(|(_, says)| anyhow!(says))?;
    Ok(catalogue::elements_of(&flow))
}
