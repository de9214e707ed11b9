//! Fetches from FHIR servers, one step at a time: order, wait, take file after file, say that it is over.
//!
//! Each step is kept before the next begins, so that a kill at any moment costs one step: a file that was not taken to
//! its end is taken again, which changes nothing for what was taken of it. Start with [`Fetcher::step`].

#[cfg(test)]
mod tests;
mod watched;

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use placet_app::fetch::{self, End, Held};
use placet_app::{ActError, Ctx};
use placet_domain::id::{FetchId, ImportId, ServerId, ServerKeyId};
use placet_domain::operator::{Actor, Capability};
use placet_domain::server::{FetchFile, FileKind, Setup, Stage};
use placet_domain::time::{Span, TimeZone, Timestamp};
use placet_gateway::bulk::client::{Client, Progress, Token};
use placet_gateway::bulk::{Again, Failed, Patience, files};
use placet_gateway::{Format, Kind, Options};
use placet_store::{Store, Tx, fhir_fetches};

use crate::clock;
use crate::intake::Intake;
use watched::Watched;

/// How often it looks for what is due.
const LOOK: Duration = Duration::from_secs(1);
/// So many looks pass between two looks for servers whose time has come.
const SERVERS_EVERY: u32 = 30;
/// So often in a row something may go wrong.
const MOST_TRIES: u32 = 10;
/// An export that is not ready by then comes to nothing.
const LONGEST_HOURS: i64 = 72;

/// The clock of a fetcher.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What does the steps.
pub struct Fetcher {
    store: Store,
    patience: Patience,
    clock: Clock,
    stop: Arc<AtomicBool>,
    tokens: HashMap<ServerId, (Setup, ServerKeyId, Token)>,
}

/// Why a step did not get where it should.
enum Trouble {
    /// The server.
    Server(Failed),
    /// An act here.
    Here(ActError),
}

impl From<Failed> for Trouble {
    fn from(failed: Failed) -> Self {
        Self::Server(failed)
    }
}

impl From<ActError> for Trouble {
    fn from(error: ActError) -> Self {
        Self::Here(error)
    }
}

impl Fetcher {
    /// Fetches into this store until `stop` is set.
    #[must_use]
    pub fn new(store: &Store, patience: Patience, clock: Clock, stop: Arc<AtomicBool>) -> Self {
        Self {
            store: store.clone(),
            patience,
            clock,
            stop,
            tokens: HashMap::new(),
        }
    }

    /// Does one step of what is due first; false when nothing is.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn step(&mut self) -> Result<bool, ActError> {
        let now = (self.clock)();
        // Looking is a read: an act would wait for its turn among the others.
        match self
            .store
            .read_blocking(move |tx| fhir_fetches::find_due(tx, now))?
        {
            Some(id) => self.step_of(id),
            None => Ok(false),
        }
    }

    /// Does one step of this fetch; false when it is in other hands, or over.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn step_of(&mut self, id: FetchId) -> Result<bool, ActError> {
        let Some(held) = self.act(move |tx, ctx| fetch::hold(tx, ctx, id))? else {
            return Ok(false);
        };
        if held.fetch.stage != Stage::Stopping {
            // A signature, a flow or a key can be taken back between two steps.
            let server = held.server.clone();
            match self.act(move |tx, ctx| fetch::may_fetch(tx, ctx, &server)) {
                Ok(_) => {}
                Err(ActError::Refused { why, .. }) => {
                    self.give_up(&held, &why)?;
                    return Ok(true);
                }
                Err(error) => return Err(error),
            }
        }
        let done = match held.fetch.stage {
            Stage::Asked => self.order(&held),
            Stage::Waiting => self.look(&held),
            Stage::Taking => self.take_next(&held),
            _ => self.end(&held, End::Stopped),
        };
        match done {
            Ok(()) => {}
            Err(Trouble::Server(failed)) => self.failed(&held, &failed)?,
            Err(Trouble::Here(ActError::Refused { why, .. })) => self.give_up(&held, &why)?,
            Err(Trouble::Here(error)) => return Err(error),
        }
        Ok(true)
    }

    /// Asks for what changed at each server whose time has come.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn ask_due(&self) -> Result<(), ActError> {
        let now = (self.clock)();
        for server in self
            .store
            .read_blocking(move |tx| fetch::list_due_servers(tx, now))?
        {
            match self.act(move |tx, ctx| fetch::ask(tx, ctx, server, false)) {
                Ok(_) => {}
                Err(ActError::Refused { code, .. }) => {
                    tracing::warn!(%server, code, "a FHIR server was not asked; its page says why");
                }
                // The next server may be well.
                Err(error) => tracing::warn!(%server, %error, "a FHIR server could not be asked"),
            }
        }
        Ok(())
    }

    fn ctx(&self) -> Ctx {
        Ctx::new((self.clock)(), Actor::System("fetch"), clock::entropy())
    }

    fn act<T: Send + 'static>(
        &self,
        act: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        let ctx = self.ctx();
        let grant = ctx.actor.may(Capability::ImportPeople)?;
        self.store.act_blocking(grant, &ctx, act)
    }

    fn client<'h>(&self, held: &'h Held) -> Client<'h> {
        Client::new(&held.server.setup, self.patience, (self.clock)())
    }

    /// The token that counts, or another one.
    fn token(&mut self, held: &Held) -> Result<Token, Failed> {
        let Some((key, secret)) = &held.key else {
            return Err(Failed {
                says: "no key signs at this server any more: let one sign on its page, then fetch again".to_owned(),
                again: Again::Never,
            });
        };
        let (server, setup) = (held.server.id, &held.server.setup);
        if let Some((for_setup, for_key, token)) = self.tokens.get(&server)
            && for_setup == setup
            && *for_key == key.id
            && token.until > (self.clock)()
        {
            return Ok(token.clone());
        }
        let nonce = placet_ledger::to_hex(&clock::entropy());
        let token = self.client(held).token(key, secret, &nonce)?;
        self.tokens
            .insert(server, (setup.clone(), key.id, token.clone()));
        Ok(token)
    }

    fn order(&mut self, held: &Held) -> Result<(), Trouble> {
        let token = self.token(held)?;
        let url = self
            .client(held)
            .order(&token, &held.fetch.scope, held.fetch.since)?;
        let (one, next_at) = (held.fetch.clone(), self.after(Duration::from_secs(2)));
        Ok(self.act(move |tx, _| fetch::accepted(tx, &one, &url, next_at))?)
    }

    fn look(&mut self, held: &Held) -> Result<(), Trouble> {
        let url = held.status_url.clone().unwrap_or_default();
        let token = self.token(held)?;
        let one = held.fetch.clone();
        match self.client(held).progress(&token, &url)? {
            Progress::Ready(manifest) => {
                Ok(self.act(move |tx, _| fetch::ready(tx, &one, &manifest))?)
            }
            Progress::NotYet(after) => {
                let waited = (self.clock)()
                    .as_second()
                    .saturating_sub(one.asked_at.as_second());
                if waited > LONGEST_HOURS * 3600 {
                    return Err(Trouble::Server(Failed {
                        says: format!("the export was not ready after {LONGEST_HOURS} hours"),
                        again: Again::Never,
                    }));
                }
                // The longer it takes, the less often it is asked.
                let usual =
                    Duration::from_secs(u64::try_from(waited / 4).unwrap_or(0).clamp(5, 300));
                let next_at = self.after(after.unwrap_or(usual));
                Ok(self.act(move |tx, _| fetch::put_off(tx, one.id, next_at, 0, ""))?)
            }
        }
    }

    fn take_next(&mut self, held: &Held) -> Result<(), Trouble> {
        let Some(file) = held.files.iter().find(|file| file.taken_at.is_none()) else {
            return self.end(held, End::Done);
        };
        let token = if file.wants_token {
            Some(self.token(held)?)
        } else {
            None
        };
        let body = self.client(held).open(token.as_ref(), file)?;
        let watched = Watched::new(
            body,
            self.store.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.stop),
            held.fetch.id,
        );
        let (import, found) = match file.kind {
            FileKind::Output => self.take_records(held, file, watched)?,
            FileKind::Deleted => (None, files::deleted(watched).map_err(|_| broken_off())?),
            FileKind::Error => {
                let said = files::errors(watched).map_err(|_| broken_off())?;
                let begins = if said.is_loss {
                    fhir_fetches::NOT_EXPORTED
                } else {
                    ""
                };
                (None, format!("{begins}{}", said.told))
            }
        };
        let (one, file) = (held.fetch.clone(), file.clone());
        Ok(self.act(move |tx, _| fetch::file_taken(tx, &one, &file, import, &found))?)
    }

    /// The same way in as `placet import`: by the flow, counted by name, with its entries.
    fn take_records(
        &self,
        held: &Held,
        file: &FetchFile,
        mut body: impl Read + Send,
    ) -> Result<(Option<ImportId>, String), Trouble> {
        let mut first = [0];
        let n = body.read(&mut first).map_err(|_| broken_off())?;
        if n == 0 {
            return if file.n_said.unwrap_or(0) == 0 {
                Ok((None, "empty".to_owned()))
            } else {
                Err(broken_off().into())
            };
        }
        let setup = &held.server.setup;
        let options = Options {
            format: Some(Format::Ndjson),
            ..Options::on((self.clock)().to_zoned(TimeZone::UTC).date())
        };
        let ctx = || self.ctx();
        let intake = Intake {
            store: &self.store,
            ctx: &ctx,
            source: &setup.source,
            flow: setup.flow.as_deref(),
            options: &options,
        };
        let outcome = intake.run(first.as_slice().chain(body))?;
        let read = &outcome.report;
        // A last record without its end: the server hung up, and its length was not said.
        let is_open = (read.refused.last())
            .is_some_and(|last| last.code == Kind::CutShort && last.place.line >= read.n_read);
        let is_short = file.n_said.is_some_and(|said| read.n_read < said);
        if read.is_cut_short || is_open || is_short {
            return Err(broken_off().into());
        }
        Ok((
            Some(outcome.id),
            format!("{} read, {} refused", read.n_read, read.n_refused),
        ))
    }

    /// Tells the server that the export is not needed any more, and ends the fetch. It ends here whatever the server
    /// says: what is left there, the server clears away by itself.
    fn end(&mut self, held: &Held, end: End) -> Result<(), Trouble> {
        let told = match &held.status_url {
            Some(url) => self
                .token(held)
                .and_then(|token| self.client(held).end(&token, url)),
            None => Ok(()),
        };
        let says = match told {
            Ok(()) => String::new(),
            Err(failed) => format!("the export was left at the server: {failed}"),
        };
        let one = held.fetch.clone();
        Ok(self.act(move |tx, _| fetch::finish(tx, &one, end, &says))?)
    }

    /// Tries again later, or gives up.
    fn failed(&mut self, held: &Held, failed: &Failed) -> Result<(), ActError> {
        let one = &held.fetch;
        let n_tries = one.n_tries.saturating_add(1);
        let (id, says) = (one.id, failed.says.clone());
        if self.stop.load(Ordering::Acquire) {
            // The program ends, which is nobody's fault.
            let (now, n_tries) = ((self.clock)(), one.n_tries);
            return self.act(move |tx, _| fetch::put_off(tx, id, now, n_tries, ""));
        }
        let usual = Duration::from_secs(10 << one.n_tries.min(7)).min(Duration::from_secs(900));
        let wait = match failed.again {
            Again::Never => return self.give_up(held, &says),
            _ if n_tries >= MOST_TRIES => {
                return self.give_up(held, &format!("given up after {n_tries} tries: {says}"));
            }
            Again::WithNewToken => {
                self.tokens.remove(&held.server.id);
                usual
            }
            // Who asks for one second is not asked ten times within ten.
            Again::Later(after) => after.map_or(usual, |it| it.max(usual)),
        };
        let next_at = self.after(wait);
        self.act(move |tx, _| fetch::put_off(tx, id, next_at, n_tries, &says))
    }

    fn give_up(&mut self, held: &Held, why: &str) -> Result<(), ActError> {
        if let Some(url) = &held.status_url {
            // A courtesy: whether the server heard it changes nothing.
            let _ = self
                .token(held)
                .and_then(|token| self.client(held).end(&token, url));
        }
        let (one, why) = (held.fetch.clone(), why.to_owned());
        self.act(move |tx, _| fetch::finish(tx, &one, End::Failed, &why))
    }

    fn after(&self, wait: Duration) -> Timestamp {
        let now = (self.clock)();
        let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
        now.checked_add(Span::new().try_seconds(seconds).unwrap_or_default())
            .unwrap_or(now)
    }
}

fn broken_off() -> Failed {
    Failed {
        says: "a file broke off before its end".to_owned(),
        again: Again::Later(None),
    }
}

/// Starts the fetcher of this process; it ends when `stop` is set.
///
/// # Errors
///
/// When the system gives no thread.
pub fn start(store: &Store, stop: Arc<AtomicBool>) -> Result<JoinHandle<()>> {
    let mut fetcher = Fetcher::new(
        store,
        Patience::default(),
        Arc::new(clock::now),
        Arc::clone(&stop),
    );
    let work = move || {
        let mut n_looks = 0_u32;
        while !stop.load(Ordering::Acquire) {
            if n_looks.is_multiple_of(SERVERS_EVERY)
                && let Err(error) = fetcher.ask_due()
            {
                // What is under way goes on.
                tracing::warn!(%error, "no FHIR server could be asked");
            }
            match fetcher.step() {
                // More may be due: no rest.
                Ok(true) => {}
                Ok(false) => {
                    n_looks = n_looks.wrapping_add(1);
                    std::thread::sleep(LOOK);
                }
                Err(error) => {
                    tracing::warn!(%error, "a fetch could not go on");
                    std::thread::sleep(LOOK);
                }
            }
        }
    };
    std::thread::Builder::new()
        .name("placet-fetcher".to_owned())
        .spawn(work)
        .context("cannot start a thread")
}
