//! The subcommands. Exit status: 0 done, 1 refused or findings, 2 usage, 3 environment.

mod arm;
mod bench;
mod call;
mod completions;
mod consent;
mod content;
pub mod data;
mod decide;
mod demo;
mod explain;
mod flow;
mod gateway;
mod import;
pub(crate) mod init;
mod journey;
mod ledger;
pub(crate) mod open;
mod pack;
pub(crate) mod permissions;
mod phi;
mod print;
mod returns;
mod serve;
mod server;
mod simulate;
mod trigger;
mod upkeep;
mod user;

use anyhow::Result;
use clap::Subcommand;

/// How a command ended, when nothing in the environment stood in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, nothing found.
    Done,
    /// Refused, or something was found.
    Findings,
    /// The call was wrong; the words are on standard error.
    Usage,
    /// Something in the environment failed; the words are on standard error.
    Environment,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try it: a synthetic hospital with a mail catcher, one command.
    Demo(demo::Demo),
    /// Make a new installation in a folder: configuration, master key, database.
    Init(init::Init),
    /// Bring in people and appointments from another system.
    Import(import::Import),
    /// Filter records by a flow, without a store.
    Gateway(Box<gateway::Gateway>),
    /// Check flows, and make one from another tool's configuration.
    Flow(flow::Flow),
    /// Register messages that go out by themselves, try them, pause them.
    Trigger(trigger::Trigger),
    /// Register journeys of several messages, simulate them, pause them.
    Journey(journey::Journey),
    /// Declare and classify the sources of data.
    Data(data::Data),
    /// Fetch people and appointments from a FHIR server, as often as it is set.
    Server(server::Server),
    /// Bring FHIR Consents in, give them out, ask one.
    Consent(consent::Consent),
    /// Send an operator a test of a text.
    Content(content::Content),
    /// Serve pages and API, and send what is due.
    Serve(serve::Serve),
    /// Record consents and authorizations from a table with their evidence.
    ImportPermissions(permissions::ImportPermissions),
    /// Decide cases, one JSON object a line.
    Decide(decide::Decide),
    /// Say why one case comes out as it does, and what would change it.
    Explain(explain::Explain),
    /// Say whom other rules would add to each campaign, and whom they would drop.
    Simulate(simulate::Simulate),
    /// Find, redact and de-identify what identifies a person in a text or a table.
    Phi(phi::Phi),
    /// Check, test, compare and read rule packs.
    Pack(pack::Pack),
    /// Take in bounces, complaints and replies from files or a mail server's pipe.
    Returns(returns::Returns),
    /// Close batches of letters and cards, take their files, hand them over.
    Call(call::Call),
    Print(print::Print),
    /// What did it bring? Media mix, geo tests, cost and budget, from counts and money alone.
    Measure(crate::measure::Measure),
    /// Measure this program on this machine.
    Bench(bench::Bench),
    /// Verify, prove and export the ledger.
    Ledger(ledger::Ledger),
    /// Copy the database to one file while it is in use, and verify the copy.
    Backup(upkeep::Backup),
    /// Bring a backup back; sending starts disarmed.
    Restore(upkeep::Restore),
    /// Bring the database to the schema of this program.
    Migrate(upkeep::Migrate),
    /// Let messages leave from this installation.
    Arm(arm::Arm),
    /// Let nothing leave, from any installation, until sending is armed again.
    Disarm(arm::Disarm),
    /// Look whether this installation can do its work.
    Doctor(upkeep::Doctor),
    /// Write the completions of a shell.
    Completions(completions::Completions),
    /// Manage operators from the machine itself.
    User(user::User),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// What in the environment stood in its way, and the next step.
    pub fn run(self) -> Result<Exit> {
        match self {
            Self::Demo(it) => it.run(),
            Self::Init(it) => it.run(),
            Self::Import(it) => it.run(),
            Self::Gateway(it) => it.run(),
            Self::Flow(it) => it.run(),
            Self::Trigger(it) => it.run(),
            Self::Journey(it) => it.run(),
            Self::Data(it) => it.run(),
            Self::Server(it) => it.run(),
            Self::Consent(it) => it.run(),
            Self::Content(it) => it.run(),
            Self::Serve(it) => it.run(),
            Self::ImportPermissions(it) => it.run(),
            Self::Decide(it) => it.run(),
            Self::Simulate(it) => it.run(),
            Self::Phi(it) => it.run(),
            Self::Pack(it) => it.run(),
            Self::Returns(it) => it.run(),
            Self::Call(it) => it.run(),
            Self::Print(it) => it.run(),
            Self::Measure(it) => it.run(),
            Self::Bench(it) => it.run(),
            Self::Ledger(it) => it.run(),
            Self::Explain(it) => it.run(),
            Self::Backup(it) => it.run(),
            Self::Restore(it) => it.run(),
            Self::Migrate(it) => it.run(),
            Self::Arm(it) => it.run(),
            Self::Disarm(it) => it.run(),
            Self::Doctor(it) => it.run(),
            Self::Completions(it) => it.run(),
            Self::User(it) => it.run(),
        }
    }
}
