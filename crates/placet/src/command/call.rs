//! `placet call`: call lists one person at a time, and the numbers of the do-not-call registry.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use jiff::civil::DateTime;
use placet_app::call::{self, Again, Deciding, List, MOST_NUMBERS, Shown, Told};
use placet_app::{ActError, Ctx};
use placet_domain::call::Ended;
use placet_domain::id::{CallId, CampaignId};
use placet_domain::operator::Capability;
use placet_domain::time::Date;
use placet_policy::Engine;
use placet_store::{Store, Tx};

use super::Exit;
use super::open::Installation;
use crate::clock;

/// How many call lists are told.
const LISTS: usize = 50;

/// Open people of a call list one at a time, say what came of each call, take in do-not-call numbers.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: placet call next CAMPAIGN, then: placet call end CALL --ended no_answer"
)]
pub struct Call {
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
    /// List the call lists, newest first; nobody's name.
    List,
    /// Decide who is next of a list, and open them.
    Next {
        /// Which campaign.
        campaign: CampaignId,
    },
    /// Show the open call: name, number, script.
    Show {
        /// Which call.
        call: CallId,
    },
    /// Decide an open call again.
    Decide {
        /// Which call.
        call: CallId,
    },
    /// Say what came of an open call.
    End {
        /// Which call.
        call: CallId,
        /// What: reached, voicemail, no_answer, call_back, wrong_number, no_more_calls, no_more_at_all or not_called.
        #[arg(long, value_parser = ended)]
        ended: Ended,
        /// For a call back: when, by the clock where the person is, as 2026-07-01T14:30.
        #[arg(long)]
        at: Option<DateTime>,
        /// What the person said of calls and messages, from standard input; it is read and not kept.
        #[arg(long)]
        words: bool,
    },
    /// List by name who was opened and not closed.
    Held {
        /// Which campaign.
        campaign: CampaignId,
    },
    /// Take a file of the National Do Not Call Registry in: one number a line.
    DoNotCall {
        /// The file; - for standard input.
        file: PathBuf,
        /// The day it was fetched, as 2026-07-01.
        #[arg(long)]
        as_of: Date,
    },
}

fn ended(code: &str) -> Result<Ended, String> {
    Ended::find(code).ok_or_else(|| {
        let codes: Vec<&str> = Ended::ALL.iter().map(|it| it.as_str()).collect();
        format!("give one of {}", codes.join(", "))
    })
}

impl Call {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened or a file not be read.
    pub fn run(self) -> Result<Exit> {
        let (config, store) = self.installation.open()?;
        let desk = Desk {
            store: &store,
            public_url: config.public_url.clone(),
            json: self.json,
        };
        let done = desk.run(self.act);
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

struct Desk<'a> {
    store: &'a Store,
    public_url: String,
    json: bool,
}

impl Desk<'_> {
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
            Act::List => {
                let now = clock::now();
                let all = self
                    .store
                    .read_blocking(move |tx| call::lists(tx, now, LISTS))?;
                all.iter().for_each(|one| self.tell_list(one));
                Ok(())
            }
            Act::Next { campaign } => self.next(campaign),
            Act::Show { call } => {
                let shown = self.act(Capability::MakeCalls, move |tx, ctx, with| {
                    call::show(tx, ctx, with, call)
                })?;
                self.tell(&shown);
                Ok(())
            }
            Act::Decide { call } => {
                let again = self.act(Capability::MakeCalls, move |tx, ctx, with| {
                    call::decide_again(tx, ctx, with, call)
                })?;
                println!(
                    "{}",
                    match again {
                        Again::Permitted => "The number may be dialled.",
                        Again::Waits => "Not now: the person waits, the call is over.",
                        Again::Refused => "No: the person is not called, the call is over.",
                    }
                );
                Ok(())
            }
            Act::End {
                call,
                ended,
                at,
                words,
            } => {
                let words = if words { read_input()? } else { String::new() };
                let told = Told { ended, at, words };
                let ended = self.act(Capability::MakeCalls, move |tx, ctx, _| {
                    call::end(tx, ctx, call, &told)
                })?;
                println!("Recorded: {}.", ended.label().to_lowercase());
                Ok(())
            }
            Act::Held { campaign } => {
                let held = self.act(Capability::ResolveDeliveries, move |tx, ctx, _| {
                    call::list_held(tx, ctx, campaign)
                })?;
                for one in &held {
                    let name = one.name.as_deref().unwrap_or("erased");
                    let call = &one.call;
                    if self.json {
                        println!(
                            "{}",
                            serde_json::json!({
                                "call": call.id.to_string(), "name": one.name, "caller": call.opened_by,
                                "since": call.opened_at.to_string(),
                            })
                        );
                    } else {
                        println!(
                            "{}  {name}, with {} since {}",
                            call.id, call.opened_by, call.opened_at
                        );
                    }
                }
                Ok(())
            }
            Act::DoNotCall { file, as_of } => self.do_not_call(&file, as_of),
        }
    }

    fn next(&self, campaign: CampaignId) -> Result<()> {
        let opened = self.act(Capability::MakeCalls, move |tx, ctx, with| {
            call::open_next(tx, ctx, with, campaign)
        })?;
        match opened.call {
            Some(id) => {
                let shown = self.act(Capability::MakeCalls, move |tx, ctx, with| {
                    call::show(tx, ctx, with, id)
                })?;
                self.tell(&shown);
            }
            None => println!("Nobody of those looked at may be called now."),
        }
        if !self.json {
            let (no, later) = (opened.n_refused, opened.n_deferred);
            println!("{no} held out, {later} put off.");
        }
        Ok(())
    }

    fn do_not_call(&self, file: &std::path::Path, as_of: Date) -> Result<()> {
        let text = if file == std::path::Path::new("-") {
            read_input()?
        } else {
            std::fs::read_to_string(file)
                .with_context(|| format!("cannot read `{}`", file.display()))?
        };
        let numbers: Vec<String> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        let mut all = call::Taken::default();
        for stretch in numbers.chunks(MOST_NUMBERS) {
            let stretch = stretch.to_vec();
            let taken = self.act(Capability::TakeReports, move |tx, ctx, _| {
                call::take_numbers(tx, ctx, &stretch, as_of)
            })?;
            all.n_new += taken.n_new;
            all.n_known += taken.n_known;
            all.n_unread += taken.n_unread;
        }
        if self.json {
            println!(
                "{}",
                serde_json::json!({
                    "n_new": all.n_new, "n_known": all.n_known, "n_unread": all.n_unread,
                })
            );
        } else {
            println!(
                "{} numbers are new, {} were known, {} lines are no number.",
                all.n_new, all.n_known, all.n_unread
            );
        }
        Ok(())
    }

    fn tell_list(&self, list: &List) {
        if self.json {
            let ended: Vec<_> = list
                .ended
                .iter()
                .map(|(ended, n)| serde_json::json!({ "ended": ended.as_str(), "n": n }))
                .collect();
            println!(
                "{}",
                serde_json::json!({
                    "campaign": list.campaign.to_string(), "name": list.name,
                    "progress": list.progress.as_str(), "n_ready": list.n_ready,
                    "n_waiting": list.tally.pending, "n_with_a_caller": list.tally.calling, "ended": ended,
                })
            );
        } else {
            println!(
                "{}  {}: {}, {} to be called now, {} wait, {} with a caller",
                list.campaign,
                list.name,
                list.progress.label().to_lowercase(),
                list.n_ready,
                list.tally.pending,
                list.tally.calling
            );
        }
    }

    fn tell(&self, shown: &Shown) {
        let words = shown.words.as_ref();
        if self.json {
            println!(
                "{}",
                serde_json::json!({
                    "id": shown.call.id.to_string(), "campaign": shown.call.campaign.to_string(),
                    "name": shown.name, "time_zone": shown.time_zone, "n_before": shown.n_before,
                    "number": words.ok().map(|it| &it.number), "script": words.ok().map(|it| &it.script),
                    "voicemail": words.ok().map(|it| &it.voicemail), "why_not": words.err(),
                })
            );
            return;
        }
        let name = shown.name.as_deref().unwrap_or("erased");
        println!("{}  {name}, {}", shown.call.id, shown.campaign_name);
        match words {
            Ok(words) => println!(
                "{}\n\n{}\n\nOn a machine: {}",
                words.number, words.script, words.voicemail
            ),
            Err(why) => println!("The number is not shown: {why}."),
        }
    }
}

fn read_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("cannot read standard input")?;
    Ok(text)
}
