//! FHIR servers are declared, and keys made by which we say there who we are.
//!
//! A server belongs to a source of the data catalogue; what comes from it is taken by [`crate::fetch`].
//!
//! INVARIANT: the secret half of a key never leaves the store but to whoever signs.

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{ServerId, ServerKeyId};
use placet_domain::server::{Algorithm, Server, ServerKey, Setup, is_name};
use placet_domain::signing::Turn;
use placet_gateway::bulk::key::FreshKey;
use placet_store::{StoreError, Tx, catalogue, fhir_servers};
use serde_json::Value;

use crate::{ActError, FieldProblem, fetch};

/// Declares a server, or says anew how one of this name is reached.
///
/// # Errors
///
/// [`ActError::Invalid`] with what cannot be used; [`ActError::Refused`] while a fetch by the old setup is under way.
pub fn declare(tx: &mut Tx, ctx: &Ctx, name: &str, setup: &Setup) -> Result<ServerId, ActError> {
    let mut faults = setup.faults();
    if !is_name(name) {
        faults.push((
            "name",
            "use lower-case letters, digits, `_` and `-`, at most 40",
        ));
    } else if catalogue::find_source_by_code(tx, &setup.source)?.is_none() {
        faults.push(("source", "declare this source in the data catalogue first"));
    }
    if !faults.is_empty() {
        let problem = |(field, problem): (&str, &str)| FieldProblem {
            field: field.to_owned(),
            problem: problem.to_owned(),
        };
        return Err(ActError::Invalid(faults.into_iter().map(problem).collect()));
    }
    let held = fhir_servers::find_by_name(tx, name)?;
    let server = Server {
        id: held.as_ref().map_or_else(|| ctx.new_id(), |held| held.id),
        name: name.to_owned(),
        setup: setup.clone(),
        declared_at: held.as_ref().map_or(ctx.now, |held| held.declared_at),
    };
    let kind = match &held {
        Some(held) if *held == server => return Ok(server.id),
        // What was asked of one address is not to be taken from another one, or into another source.
        Some(_) if fetch::under_way(tx, server.id)?.is_some() => {
            let why =
                format!("a fetch from `{name}` is under way: stop it first, or wait for its end");
            return Err(ActError::refused("server.fetching", why));
        }
        Some(_) => {
            fhir_servers::update(tx, &server)?;
            "server.changed"
        }
        None => {
            fhir_servers::add(tx, &server, &ctx.actor.code())?;
            "server.declared"
        }
    };
    tx.record(told(
        Entry::new(kind)
            .with("server", server.id)
            .with("name", name),
        setup,
    ));
    Ok(server.id)
}

/// A setup as its entry tells it: everything, since nothing of it is a secret.
fn told(entry: Entry, setup: &Setup) -> Entry {
    let Ok(Value::Object(fields)) = serde_json::to_value(setup) else {
        return entry;
    };
    fields
        .into_iter()
        .fold(entry, |entry, (field, value)| match value {
            Value::Null => entry,
            Value::String(text) if text.is_empty() => entry,
            Value::String(text) => entry.with(&field, text),
            Value::Array(all) => {
                let all: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
                if all.is_empty() {
                    entry
                } else {
                    entry.with(&field, all.join(" "))
                }
            }
            other => entry.with(&field, other),
        })
}

/// One server.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is none.
pub fn find(tx: &mut Tx, id: ServerId) -> Result<Server, ActError> {
    fhir_servers::find(tx, id)?.ok_or(ActError::NotFound("FHIR server"))
}

/// The server of a name.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is none.
pub fn find_by_name(tx: &mut Tx, name: &str) -> Result<Server, ActError> {
    fhir_servers::find_by_name(tx, name)?.ok_or(ActError::NotFound("FHIR server"))
}

/// A fresh key; slow for RSA, so outside of the act that keeps it.
///
/// # Errors
///
/// When the system gives no randomness.
pub fn make_key(algorithm: Algorithm) -> Result<FreshKey, ActError> {
    FreshKey::make(algorithm).map_err(|_| StoreError::Unavailable.into())
}

/// Keeps a fresh key, which is slow to make, so it is made outside of the act. It signs nothing until [`turn`] says
/// that the server knows it.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such server.
pub fn add_key(
    tx: &mut Tx,
    ctx: &Ctx,
    server: ServerId,
    fresh: &FreshKey,
) -> Result<ServerKey, ActError> {
    let server = find(tx, server)?;
    let id: ServerKeyId = ctx.new_id();
    let key = ServerKey {
        id,
        server: server.id,
        algorithm: fresh.algorithm,
        public: fresh.public(&id.to_string()),
        made_at: ctx.now,
        turn: Turn::Made,
    };
    fhir_servers::add_key(tx, &key, fresh.secret(), &ctx.actor.code())?;
    tx.record(
        Entry::new("server_key.made")
            .with("server", server.id)
            .with("key", id)
            .with("algorithm", key.algorithm.as_str()),
    );
    Ok(key)
}

/// Lets a key sign, once the server knows it, or ends it for good.
///
/// # Errors
///
/// When the server has no such key, or it stands elsewhere.
pub fn turn(
    tx: &mut Tx,
    ctx: &Ctx,
    server: ServerId,
    id: ServerKeyId,
    next: Turn,
) -> Result<(), ActError> {
    let key = fhir_servers::list_keys(tx, server)?
        .into_iter()
        .find(|key| key.id == id)
        .ok_or(ActError::NotFound("key of this server"))?;
    if !key.turn.may_become(next) {
        let why = format!("this key stands at “{}”", key.turn.label());
        return Err(ActError::refused("server_key.turn", why));
    }
    fhir_servers::add_turn(tx, id, next, &ctx.actor.code())?;
    let kind = if next == Turn::Ended {
        "server_key.ended"
    } else {
        "server_key.used"
    };
    tx.record(Entry::new(kind).with("server", server).with("key", id));
    Ok(())
}

/// The public halves of the keys that have not ended, as a JSON Web Key Set: what the server checks us by.
///
/// # Errors
///
/// When the store fails.
pub fn key_set(tx: &mut Tx, server: ServerId) -> Result<Value, StoreError> {
    let keys = fhir_servers::list_keys(tx, server)?;
    let keys: Vec<Value> = keys
        .iter()
        .filter(|key| key.turn != Turn::Ended)
        .filter_map(|key| serde_json::from_str(&key.public).ok())
        .collect();
    Ok(serde_json::json!({ "keys": keys }))
}
