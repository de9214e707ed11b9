//! `placet content`: texts, from the machine itself.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use placet_app::ActError;
use placet_app::staff_mail::trial;
use placet_domain::id::VersionId;
use placet_domain::operator::Capability;

use super::Exit;
use super::open::Installation;
use super::user::find;
use crate::clock;

/// Example: placet content test --login ada --version 0199f3c2a4b87d1e8f0a1b2c3d4e5f60
#[derive(Debug, Args)]
pub struct Content {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Send an operator a test of a version, with made-up values, to their own confirmed address.
    /// `placet serve` sends it.
    Test {
        #[command(flatten)]
        installation: Installation,
        /// To whom.
        #[arg(long)]
        login: String,
        /// Which version: the last part of its page's address.
        #[arg(long)]
        version: VersionId,
    },
}

impl Content {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened or there is no such operator.
    pub fn run(self) -> Result<Exit> {
        let Verb::Test {
            installation,
            login,
            version,
        } = self.verb;
        let (_, store) = installation.open()?;
        let operator = find(&store, &login)?;
        let ctx = clock::system("command_line");
        let grant = ctx.actor.may(Capability::ViewContent)?;
        let sent = store.act_blocking(grant, &ctx, move |tx, ctx| {
            trial::send(tx, ctx, operator, version)
        });
        match sent {
            Ok(mail) => println!("Test {mail} is on its way."),
            Err(error @ (ActError::Refused { .. } | ActError::NotFound(_))) => {
                eprintln!("placet: {error}");
                return Ok(Exit::Findings);
            }
            Err(error) => return Err(error).context("the test was not sent"),
        }
        store.checkpoint(clock::now())?;
        Ok(Exit::Done)
    }
}
