//! `placet print`: batches of letters and cards, their files, and what came back.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use placet_app::print::{self, Deciding, File, View};
use placet_app::{ActError, Ctx};
use placet_domain::id::{BatchId, CampaignId};
use placet_domain::operator::Capability;
use placet_domain::print::{End, MOST_PIECES, Returned};
use placet_domain::time::Date;
use placet_policy::Engine;
use placet_store::{Store, Tx};

use super::Exit;
use super::open::Installation;
use crate::clock;

/// Close batches of letters and cards, take their files, hand them over, record what came back.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: placet print close CAMPAIGN, then: placet print take BATCH --folder out"
)]
pub struct Print {
    #[command(flatten)]
    installation: Installation,
    /// One JSON object a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List the batches of a campaign, newest first.
    List {
        /// Which campaign.
        campaign: CampaignId,
    },
    /// Decide who waits, and close a batch of those who may be written to.
    Close {
        /// Which campaign.
        campaign: CampaignId,
        /// The most pieces.
        #[arg(long, default_value_t = MOST_PIECES)]
        most: u32,
    },
    /// Decide everybody in a batch again.
    Decide {
        /// Which batch.
        batch: BatchId,
    },
    /// Write both files of a batch into a folder, while its answers are fresh.
    Take {
        /// Which batch.
        batch: BatchId,
        /// Where to.
        #[arg(long)]
        folder: PathBuf,
    },
    /// Say that the printer has a batch: its pieces are sent.
    HandOver {
        /// Which batch.
        batch: BatchId,
        /// Whose files: the revision in their names.
        #[arg(long)]
        revision: u32,
        /// On which day, as 2026-07-01.
        #[arg(long)]
        on: Date,
    },
    /// Undo a batch that was not handed over: its people wait again.
    Undo {
        /// Which batch.
        batch: BatchId,
    },
    /// Record a piece that came back.
    Returned {
        /// The code over the address, such as K7QF2-0042.
        code: String,
        /// Why: no_such_address, moved or refused.
        #[arg(long, value_parser = why)]
        why: Returned,
    },
}

fn why(code: &str) -> Result<Returned, String> {
    Returned::find(code).ok_or_else(|| "give no_such_address, moved or refused".to_owned())
}

impl Print {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened or a file not be written.
    pub fn run(self) -> Result<Exit> {
        let (config, store) = self.installation.open()?;
        let press = Press {
            store: &store,
            public_url: config.public_url.clone(),
            json: self.json,
        };
        let done = press.run(self.act);
        store.checkpoint(clock::now())?;
        match done {
            Ok(()) => Ok(Exit::Done),
            Err(error) => match error.downcast_ref::<ActError>() {
                Some(ActError::Refused { why, .. }) => {
                    eprintln!("placet: {why}.");
                    Ok(Exit::Findings)
                }
                _ => Err(error),
            },
        }
    }
}

struct Press<'a> {
    store: &'a Store,
    public_url: String,
    json: bool,
}

impl Press<'_> {
    fn act<T, F>(&self, capability: Capability, mut act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Ctx, &Deciding<'_>) -> Result<T, ActError> + Send + 'static,
    {
        let ctx = clock::system("command_line");
        let grant = ctx.actor.may(capability)?;
        let (engine, keys) = (Engine::builtin(), self.store.keys().clone());
        let public_url = self.public_url.clone();
        Ok(self.store.act_blocking(grant, &ctx, move |tx, ctx| {
            let with = Deciding {
                engine: &engine,
                keys: &keys,
                public_url: &public_url,
            };
            act(tx, ctx, &with)
        })?)
    }

    fn run(&self, act: Act) -> Result<()> {
        match act {
            Act::List { campaign } => {
                let all = self
                    .store
                    .read_blocking(move |tx| print::list(tx, campaign))?;
                all.iter().for_each(|one| self.tell(one));
                Ok(())
            }
            Act::Close { campaign, most } => {
                let closed = self.act(Capability::LaunchCampaigns, move |tx, ctx, with| {
                    print::close(tx, ctx, with, campaign, most)
                })?;
                self.tell_closed(&closed)
            }
            Act::Decide { batch } => {
                let closed = self.act(Capability::PrintPieces, move |tx, ctx, with| {
                    print::decide_again(tx, ctx, with, batch)
                })?;
                self.tell_closed(&closed)
            }
            Act::Take { batch, folder } => {
                for file in [File::Pieces, File::List] {
                    let taken = self.act(Capability::PrintPieces, move |tx, ctx, with| {
                        print::take(tx, ctx, with, batch, file)
                    })?;
                    let path = folder.join(taken.name(file));
                    std::fs::write(&path, taken.make(file)?)
                        .with_context(|| format!("cannot write `{}`", path.display()))?;
                    println!("{}", path.display());
                }
                Ok(())
            }
            Act::HandOver {
                batch,
                revision,
                on,
            } => {
                let n = self.act(Capability::PrintPieces, move |tx, ctx, _| {
                    print::hand_over(tx, ctx, batch, revision, on)
                })?;
                println!("{n} pieces handed over on {on}.");
                Ok(())
            }
            Act::Undo { batch } => {
                let n = self.act(Capability::PrintPieces, move |tx, ctx, _| {
                    print::undo(tx, ctx, batch)
                })?;
                println!("Undone: {n} people wait again.");
                Ok(())
            }
            Act::Returned { code, why } => {
                let taken = self.act(Capability::PrintPieces, move |tx, ctx, _| {
                    print::returned(tx, ctx, &code, why)
                })?;
                println!("{}.", taken.effect.label());
                Ok(())
            }
        }
    }

    fn tell_closed(&self, closed: &print::Closed) -> Result<()> {
        match closed.batch {
            Some(batch) => {
                let view = self.store.read_blocking(move |tx| print::view(tx, batch))?;
                self.tell(&view);
            }
            None => println!("Nobody may be written to now: there is no batch."),
        }
        if !self.json {
            let (no, later) = (closed.n_refused, closed.n_deferred);
            println!("{no} held out, {later} put off.");
        }
        Ok(())
    }

    fn tell(&self, view: &View) {
        let (batch, stand) = (&view.batch, view.stand);
        let end = match stand.end {
            Some(End::Handed { on }) => format!("handed over on {on}"),
            Some(End::Undone) => "undone".to_owned(),
            None => format!("decided at {}", stand.decided_at),
        };
        if self.json {
            println!(
                "{}",
                serde_json::json!({
                    "id": batch.id.to_string(), "number": batch.number, "code": batch.code,
                    "revision": stand.revision, "n_pieces": stand.n_pieces, "stands": end,
                })
            );
        } else {
            println!(
                "{}  batch {}, code {}, revision {}, {} pieces, {end}",
                batch.id, batch.number, batch.code, stand.revision, stand.n_pieces
            );
        }
    }
}
