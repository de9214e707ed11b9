//! One export of a FHIR server, from the asking to its last file.
//!
//! What is spoken with the server stands in `placet_gateway::bulk`; who speaks is a worker of the executable, which
//! takes a fetch into its hands ([`hold`]), does one step, and keeps what came of it here. A kill between two steps
//! loses nothing: the address of the export and its files are kept.
//!
//! INVARIANT: nothing is asked for from a source that is not signed, by a flow that is not open, or with a key that
//! nobody let sign.

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{FetchId, ImportId, ServerId};
use placet_domain::server::{Fetch, FetchFile, Server, Stage};
use placet_domain::time::{Span, Timestamp};
use placet_gateway::bulk::manifest::Manifest;
use placet_store::{StoreError, Tx, fhir_fetches, fhir_servers};

use crate::{ActError, data, flow, server};

/// For how long a fetch stays in the hands of whoever was last heard of.
///
/// INVARIANT: longer than the three requests of a step without a file, each of which is over after two minutes.
const HELD_SECONDS: i64 = 420;

/// Whether anything may be asked for: the flow that it would go by.
///
/// # Errors
///
/// [`ActError::Refused`] when the source waits for its signature, its flow is not open, or no key is in use.
pub fn may_fetch(tx: &mut Tx, ctx: &Ctx, server: &Server) -> Result<flow::Open, ActError> {
    let setup = &server.setup;
    data::catalogue::may_be_used(tx, &setup.source)?;
    let open = flow::open(tx, ctx, &setup.source, setup.flow.as_deref())?;
    if fhir_servers::find_used_key(tx, server.id)?.is_none() {
        let why = format!(
            "no key signs at `{0}`: make one on its page under Data, Servers, or with `placet server key {0} --make \
             ES384`, give its public half to the server's side, then let it sign",
            server.name
        );
        return Err(ActError::refused("fetch.no_key", why));
    }
    Ok(open)
}

/// Asks for what changed since the last time, or for everything.
///
/// # Errors
///
/// As [`may_fetch`], and when another fetch is under way.
pub fn ask(tx: &mut Tx, ctx: &Ctx, id: ServerId, is_full: bool) -> Result<Fetch, ActError> {
    let server = server::find(tx, id)?;
    let open = may_fetch(tx, ctx, &server)?;
    if let Some(other) = under_way(tx, id)? {
        let why = format!(
            "a fetch from `{}` is under way since {}; wait for its end, or stop it",
            server.name, other.asked_at
        );
        return Err(ActError::refused("fetch.under_way", why));
    }
    let scope = server.setup.export_url();
    let since = match is_full {
        true => None,
        // What became free by a later signature was never taken, though it did not change since.
        false => match data::catalogue::signed_at(tx, &server.setup.source)? {
            Some(signed) => fhir_fetches::find_taken_as_of(tx, id, open.version, &scope, signed)?,
            None => None,
        },
    };
    let fetch = Fetch {
        id: ctx.new_id(),
        server: id,
        stage: Stage::Asked,
        scope,
        since,
        asked_by: ctx.actor.code(),
        asked_at: ctx.now,
        taken_as_of: None,
        next_at: ctx.now,
        n_tries: 0,
        says: String::new(),
        over_at: None,
    };
    fhir_fetches::add(tx, &fetch, open.version)?;
    let entry = about(Entry::new("fetch.asked"), &fetch).with("flow_version", open.version);
    tx.record(match since {
        Some(since) => entry.with("since", since),
        None => entry,
    });
    Ok(fetch)
}

fn about(entry: Entry, fetch: &Fetch) -> Entry {
    entry.with("fetch", fetch.id).with("server", fetch.server)
}

/// The fetch from a server that is not over.
pub(crate) fn under_way(tx: &mut Tx, server: ServerId) -> Result<Option<Fetch>, StoreError> {
    let newest = fhir_fetches::list_newest(tx, server, 1)?.into_iter().next();
    Ok(newest.filter(|one| !one.stage.is_over()))
}

/// One fetch.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is none.
pub fn find(tx: &mut Tx, id: FetchId) -> Result<Fetch, ActError> {
    fhir_fetches::find(tx, id)?.ok_or(ActError::NotFound("fetch"))
}

/// Servers whose time has come, none of which has a fetch under way. A read.
///
/// # Errors
///
/// When the store fails.
pub fn list_due_servers(tx: &mut Tx, now: Timestamp) -> Result<Vec<ServerId>, StoreError> {
    let mut due = Vec::new();
    for server in fhir_servers::list(tx)? {
        let every = i64::from(server.setup.every_hours);
        if every == 0 || fhir_servers::find_used_key(tx, server.id)?.is_none() {
            continue;
        }
        let last = fhir_fetches::list_newest(tx, server.id, 1)?
            .into_iter()
            .next();
        let is_due = last.is_none_or(|last| {
            let next = last.asked_at.checked_add(Span::new().hours(every));
            last.stage.is_over() && next.is_ok_and(|next| next <= now)
        });
        if is_due {
            due.push(server.id);
        }
    }
    Ok(due)
}

/// Everything that one step needs.
pub struct Held {
    /// The fetch.
    pub fetch: Fetch,
    /// From where.
    pub server: Server,
    /// The key that signs, with its secret as PKCS #8; none when it was ended meanwhile.
    pub key: Option<fhir_servers::WithSecret>,
    /// Where the server says how far it is.
    pub status_url: Option<String>,
    /// Its files.
    pub files: Vec<FetchFile>,
}

/// Takes a fetch into one's hands; none when another one has it, or it is over.
///
/// # Errors
///
/// When the store fails.
pub fn hold(tx: &mut Tx, ctx: &Ctx, id: FetchId) -> Result<Option<Held>, ActError> {
    if !fhir_fetches::hold(tx, id, ctx.now, held_until(ctx.now))? {
        return Ok(None);
    }
    let fetch = find(tx, id)?;
    Ok(Some(Held {
        server: server::find(tx, fetch.server)?,
        key: fhir_servers::find_used_key(tx, fetch.server)?,
        status_url: fhir_fetches::find_status_url(tx, id)?,
        files: fhir_fetches::list_files(tx, id)?,
        fetch,
    }))
}

fn held_until(now: Timestamp) -> Timestamp {
    now.checked_add(Span::new().seconds(HELD_SECONDS))
        .unwrap_or(now)
}

/// Keeps it in one's hands; false when it is to be let go, since an operator stopped it.
///
/// # Errors
///
/// When the store fails.
pub fn keep_hold(tx: &mut Tx, ctx: &Ctx, id: FetchId) -> Result<bool, ActError> {
    let stage = fhir_fetches::keep_hold(tx, id, held_until(ctx.now))?;
    Ok(stage == Some(Stage::Taking))
}

/// Lets it go until then; `n_tries` counts what went wrong in a row.
///
/// # Errors
///
/// When the store fails.
pub fn put_off(
    tx: &mut Tx,
    id: FetchId,
    next_at: Timestamp,
    n_tries: u32,
    says: &str,
) -> Result<(), ActError> {
    Ok(fhir_fetches::put_off(tx, id, next_at, n_tries, says)?)
}

/// The server took the order. Nothing changes when the fetch stands elsewhere by now.
///
/// # Errors
///
/// When the store fails.
pub fn accepted(
    tx: &mut Tx,
    fetch: &Fetch,
    status_url: &str,
    next_at: Timestamp,
) -> Result<(), ActError> {
    if fhir_fetches::set_accepted(tx, fetch.id, status_url, next_at)? {
        tx.record(about(Entry::new("fetch.accepted"), fetch));
    }
    Ok(())
}

/// The export is there: its files are kept, those of people before those that name them.
///
/// # Errors
///
/// When the store fails.
pub fn ready(tx: &mut Tx, fetch: &Fetch, manifest: &Manifest) -> Result<(), ActError> {
    if !fhir_fetches::move_on(tx, fetch.id, Stage::Waiting, Stage::Taking, "")? {
        // An operator stopped it meanwhile.
        return Ok(());
    }
    // A server whose clock runs ahead must not make us skip what changes until then.
    let as_of = manifest.taken_as_of.min(tx.now());
    fhir_fetches::set_taken_as_of(tx, fetch.id, as_of)?;
    for file in &manifest.files {
        fhir_fetches::add_file(tx, fetch.id, file)?;
    }
    tx.record(
        about(Entry::new("fetch.ready"), fetch)
            .with("n_files", manifest.files.len())
            .with("as_of", as_of),
    );
    Ok(())
}

/// A file was taken; `found` says what was found in it, without a personal value.
///
/// # Errors
///
/// When the store fails.
pub fn file_taken(
    tx: &mut Tx,
    fetch: &Fetch,
    file: &FetchFile,
    import: Option<ImportId>,
    found: &str,
) -> Result<(), ActError> {
    if !fhir_fetches::set_file_taken(tx, fetch.id, file.n, import, found)? {
        return Err(ActError::NotFound("file that waits"));
    }
    fhir_fetches::put_off(tx, fetch.id, tx.now(), 0, "")?;
    let entry = about(Entry::new("fetch.file_taken"), fetch)
        .with("n", file.n)
        .with("kind", file.kind.as_str())
        .with("holds", &file.holds);
    tx.record(match import {
        Some(import) => entry.with("import", import),
        None => entry,
    });
    Ok(())
}

/// How a fetch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Every file was taken.
    Done,
    /// It cannot go on.
    Failed,
    /// An operator stopped it, and the server was told or could not be.
    Stopped,
}

/// Ends a fetch. An operator who stopped it meanwhile is not overruled: the next step ends it so.
///
/// # Errors
///
/// When the store fails.
pub fn finish(tx: &mut Tx, fetch: &Fetch, end: End, says: &str) -> Result<(), ActError> {
    let (to, kind) = match end {
        End::Done => (Stage::Done, "fetch.finished"),
        End::Failed => (Stage::Failed, "fetch.failed"),
        End::Stopped => (Stage::Stopped, "fetch.stopped"),
    };
    if fhir_fetches::move_on(tx, fetch.id, fetch.stage, to, says)? {
        tx.record(about(Entry::new(kind), fetch));
    }
    Ok(())
}

/// Stops a fetch. What was taken stays; the server is told by the next step.
///
/// # Errors
///
/// [`ActError::Refused`] when it is over.
pub fn stop(tx: &mut Tx, id: FetchId) -> Result<(), ActError> {
    let fetch = find(tx, id)?;
    if fetch.stage.is_over() || fetch.stage == Stage::Stopping {
        return Err(ActError::refused(
            "fetch.over",
            "this fetch is over or being stopped already",
        ));
    }
    fhir_fetches::move_on(tx, id, fetch.stage, Stage::Stopping, "")?;
    tx.record(about(Entry::new("fetch.stop_asked"), &fetch));
    Ok(())
}
