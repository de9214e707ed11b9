//! `placet user`: operators, from the machine itself.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use placet_app::ActError;
use placet_app::operator::{self, NewOperator, password};
use placet_app::staff_mail::address;
use placet_domain::id::OperatorId;
use placet_domain::operator::{Capability, Role};
use placet_domain::staff_mail::Pace;
use placet_store::{Store, operators};

use super::Exit;
use super::open::Installation;
use crate::clock;

/// Example: placet user add --login ada --name "Ada Park" --role administrator
#[derive(Debug, Args)]
pub struct User {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Add an operator. The password is read from standard input.
    Add {
        #[command(flatten)]
        installation: Installation,
        /// What they type to sign in.
        #[arg(long)]
        login: String,
        /// How they are called; the login when left out.
        #[arg(long)]
        name: Option<String>,
        /// What they may do; give it more than once for several roles.
        #[arg(long = "role", required = true, value_parser = role)]
        roles: Vec<Role>,
    },
    /// Give an operator an e-mail address, or say how often they are told of texts by mail.
    Mail {
        #[command(flatten)]
        installation: Installation,
        /// Whose.
        #[arg(long)]
        login: String,
        /// The address; empty to take it away. A mail asks them to confirm it.
        #[arg(long)]
        email: Option<String>,
        /// Take the address as theirs on your word, without asking them.
        #[arg(long)]
        confirmed: bool,
        /// How often: `at_once`, `daily` or `none`.
        #[arg(long, value_parser = pace)]
        pace: Option<Pace>,
    },
    /// List operators and their roles.
    List {
        #[command(flatten)]
        installation: Installation,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

fn role(code: &str) -> Result<Role, String> {
    let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Role::find(code).ok_or_else(|| format!("roles are {}", known.join(", ")))
}

fn pace(code: &str) -> Result<Pace, String> {
    let known: Vec<&str> = Pace::ALL.iter().map(|pace| pace.as_str()).collect();
    Pace::find(code).ok_or_else(|| format!("one of {}", known.join(", ")))
}

impl User {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened or the operator not be added.
    pub fn run(self) -> Result<Exit> {
        match self.verb {
            Verb::Add {
                installation,
                login,
                name,
                roles,
            } => add(&installation, &login, name, roles),
            Verb::Mail {
                installation,
                login,
                email,
                confirmed,
                pace,
            } => mail(&installation, &login, email, confirmed, pace),
            Verb::List { installation, json } => list(&installation, json),
        }
    }
}

fn add(
    installation: &Installation,
    login: &str,
    name: Option<String>,
    roles: Vec<Role>,
) -> Result<Exit> {
    let (_, store) = installation.open()?;
    let password = read_password()?;
    if let Some(problem) = password::fault(&password, login) {
        eprintln!("placet: the password cannot be used: {problem}");
        return Ok(Exit::Findings);
    }
    let new = NewOperator {
        login: login.to_owned(),
        name: name.unwrap_or_else(|| login.to_owned()),
        roles: roles.into_iter().collect::<BTreeSet<_>>(),
        password_hash: password::hash(&password, clock::entropy())?,
    };
    let ctx = clock::system("command_line");
    let grant = ctx.actor.may(Capability::ManageOperators)?;
    let added = store.act_blocking(grant, &ctx, move |tx, ctx| operator::add(tx, ctx, &new));
    match added {
        Ok(id) => println!("Added operator {id}."),
        Err(placet_app::ActError::Invalid(problems)) => {
            for problem in problems {
                eprintln!("placet: {}: {}", problem.field, problem.problem);
            }
            return Ok(Exit::Findings);
        }
        Err(error) => return Err(error).context("the operator was not added"),
    }
    store.checkpoint(clock::now())?;
    Ok(Exit::Done)
}

fn mail(
    installation: &Installation,
    login: &str,
    email: Option<String>,
    is_confirmed: bool,
    pace: Option<Pace>,
) -> Result<Exit> {
    let (_, store) = installation.open()?;
    let id = find(&store, login)?;
    let ctx = clock::system("command_line");
    let grant = ctx.actor.may(Capability::ManageOperators)?;
    let set = store.act_blocking(grant, &ctx, move |tx, ctx| {
        if let Some(email) = &email {
            address::set(tx, ctx, id, Some(email))?;
        }
        if is_confirmed {
            address::vouch(tx, ctx, id)?;
        }
        if let Some(pace) = pace {
            address::set_pace(tx, ctx, id, pace)?;
        }
        address::find(tx, id).map_err(ActError::from)
    });
    match set {
        Ok(mailbox) => {
            let address = mailbox.address.as_deref().unwrap_or("no address");
            let standing = match (&mailbox.address, mailbox.confirmed_at) {
                (Some(_), None) => ", to be confirmed by the link that is sent there",
                _ => "",
            };
            println!("{address}{standing}; {}", mailbox.pace.as_str());
        }
        Err(ActError::Invalid(problems)) => {
            for problem in problems {
                eprintln!("placet: {}: {}", problem.field, problem.problem);
            }
            return Ok(Exit::Findings);
        }
        Err(error @ ActError::Refused { .. }) => {
            eprintln!("placet: {error}");
            return Ok(Exit::Findings);
        }
        Err(error) => return Err(error).context("the address was not set"),
    }
    store.checkpoint(clock::now())?;
    Ok(Exit::Done)
}

/// The operator with this login.
pub(super) fn find(store: &Store, login: &str) -> Result<OperatorId> {
    let login = operator::normal_login(login);
    let wanted = login.clone();
    let found = store.read_blocking(move |tx| operators::find_by_login(tx, &wanted))?;
    found
        .map(|one| one.id)
        .with_context(|| format!("nobody signs in as `{login}`: see placet user list"))
}

fn list(installation: &Installation, json: bool) -> Result<Exit> {
    let (_, store) = installation.open()?;
    for (operator, roles) in store.read_blocking(operator::list)? {
        let codes: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let is_disabled = operator.disabled_at.is_some();
        if json {
            let line = serde_json::json!({
                "id": operator.id, "login": operator.login, "name": operator.name,
                "roles": codes, "disabled": is_disabled,
            });
            println!("{line}");
        } else {
            let state = if is_disabled { " (disabled)" } else { "" };
            println!(
                "{}\t{}\t{}{state}",
                operator.login,
                operator.name,
                codes.join(", ")
            );
        }
    }
    Ok(Exit::Done)
}

fn read_password() -> Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        print!("Password (it will be shown while you type): ");
        std::io::stdout().flush()?;
    }
    let mut line = String::new();
    input
        .lock()
        .read_line(&mut line)
        .context("cannot read the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        bail!("no password on standard input: echo PASSWORD | placet user add …");
    }
    Ok(password)
}
