//! `placet arm` and `disarm`: whether messages may leave from this installation.

use anyhow::Result;
use clap::Args;
use placet_app::{ActError, settings};
use placet_domain::operator::Capability;

use super::Exit;
use super::open::Installation;
use crate::clock;

/// Let messages leave from this installation.
///
/// Sending is armed for one installation: a copy of the folder or of the database elsewhere, and a
/// database put back by hand, send nothing until they are armed themselves.
#[derive(Debug, Args)]
#[command(after_help = "Example: placet arm --config /var/lib/placet")]
pub struct Arm {
    #[command(flatten)]
    installation: Installation,
}

impl Arm {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened.
    pub fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let ctx = clock::system("command_line");
        let grant = ctx.actor.may(Capability::EditSettings)?;
        match store.act_blocking(grant, &ctx, settings::arm) {
            Ok(()) => {}
            Err(ActError::Refused { why, .. }) => {
                eprintln!("placet: sending was not armed: {why}.");
                return Ok(Exit::Findings);
            }
            Err(error) => return Err(error.into()),
        }
        store.checkpoint(clock::now())?;
        println!("Sending is armed here: launched campaigns go on.");
        Ok(Exit::Done)
    }
}

/// Let nothing leave, from any installation, until sending is armed again.
#[derive(Debug, Args)]
#[command(after_help = "Example: placet disarm --config /var/lib/placet")]
pub struct Disarm {
    #[command(flatten)]
    installation: Installation,
}

impl Disarm {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened.
    pub fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let ctx = clock::system("command_line");
        let grant = ctx.actor.may(Capability::EditSettings)?;
        store.act_blocking(grant, &ctx, settings::disarm)?;
        store.checkpoint(clock::now())?;
        println!("Sending is disarmed: launched campaigns wait.");
        Ok(Exit::Done)
    }
}
