//! FHIR servers, and the keys by which we say there who we are. Keys and their turns only grow; the secret half is
//! sealed under the master key.

use placet_domain::id::{ServerId, ServerKeyId};
use placet_domain::server::{Algorithm, Server, ServerKey};
use placet_domain::signing::Turn;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::people::{json, parse_json};
use crate::row::Row;
use crate::tx::Tx;

const SEALED: &str = "fhir_keys.sealed";

/// Adds a server; the time is the act's.
///
/// # Errors
///
/// [`StoreError::Conflict`] when its name is taken.
pub fn add(tx: &mut Tx, server: &Server, by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into fhir_servers (id, name, setup, declared_at, declared_by)
        values ($1, $2, $3, $4, $5)";

    let setup = json(&server.setup);
    tx.execute(
        SQL,
        &[&server.id, &server.name, &setup, &server.declared_at, &by],
    )?;
    Ok(())
}

/// Says anew how a server is reached.
///
/// # Errors
///
/// When the store fails.
pub fn update(tx: &mut Tx, server: &Server) -> Result<(), StoreError> {
    const SQL: &str = "
        update fhir_servers
           set setup = $2
         where id = $1";

    tx.execute(SQL, &[&server.id, &json(&server.setup)])?;
    Ok(())
}

/// Every server, by name.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Server>, StoreError> {
    const SQL: &str = "
        select id, name, setup, declared_at
          from fhir_servers
         order by name";

    tx.list(SQL, &[])?.iter().map(server_from).collect()
}

/// One server.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: ServerId) -> Result<Option<Server>, StoreError> {
    const SQL: &str = "
        select id, name, setup, declared_at
          from fhir_servers
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(server_from)
        .transpose()
}

/// The server of a name.
///
/// # Errors
///
/// When the store fails.
pub fn find_by_name(tx: &mut Tx, name: &str) -> Result<Option<Server>, StoreError> {
    const SQL: &str = "
        select id, name, setup, declared_at
          from fhir_servers
         where name = $1";

    tx.find_one(SQL, &[&name])?
        .as_ref()
        .map(server_from)
        .transpose()
}

fn server_from(row: &Row) -> Result<Server, StoreError> {
    Ok(Server {
        id: row.get(0)?,
        name: row.get(1)?,
        setup: parse_json(row, 2)?,
        declared_at: row.get(3)?,
    })
}

/// Adds a key, not used yet; `secret` is PKCS #8.
///
/// # Errors
///
/// When the store fails.
pub fn add_key(tx: &mut Tx, key: &ServerKey, secret: &[u8], by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into fhir_keys (id, server_id, algorithm, public, sealed, made_at, made_by)
        values ($1, $2, $3, $4, $5, $6, $7)";

    let sealed = tx.seal_own(SEALED, key.id.as_bytes(), secret)?;
    tx.execute(
        SQL,
        &[
            &key.id,
            &key.server,
            &key.algorithm.as_str(),
            &key.public,
            &sealed,
            &key.made_at,
            &by,
        ],
    )?;
    Ok(())
}

/// Records that a key is used or ended; false when that was recorded before.
///
/// # Errors
///
/// When the store fails.
pub fn add_turn(tx: &mut Tx, id: ServerKeyId, turn: Turn, by: &str) -> Result<bool, StoreError> {
    const SQL: &str = "
        insert into fhir_key_turns (key_id, turn, at, by)
        values ($1, $2, $3, $4)
            on conflict (key_id, turn) do nothing";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &turn.as_str(), &now, &by])? > 0)
}

const KEYS: &str = "
        select k.id, k.server_id, k.algorithm, k.public, k.made_at,
               exists (select 1 from fhir_key_turns t where t.key_id = k.id and t.turn = 'used'),
               exists (select 1 from fhir_key_turns t where t.key_id = k.id and t.turn = 'ended'),
               k.sealed
          from fhir_keys k
         where k.server_id = $1
         order by k.made_at desc, k.id desc";

/// Every key of a server, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_keys(tx: &mut Tx, server: ServerId) -> Result<Vec<ServerKey>, StoreError> {
    tx.list(KEYS, &[&server])?.iter().map(key_from).collect()
}

/// A key with its secret half, as PKCS #8.
pub type WithSecret = (ServerKey, Zeroizing<Vec<u8>>);

/// The newest key that is in use at a server, with its secret half as PKCS #8.
///
/// # Errors
///
/// When the store fails, or the secret cannot be opened.
pub fn find_used_key(tx: &mut Tx, server: ServerId) -> Result<Option<WithSecret>, StoreError> {
    for row in tx.list(KEYS, &[&server])? {
        let key = key_from(&row)?;
        if key.turn == Turn::Used {
            let secret = tx.open_own(SEALED, key.id.as_bytes(), row.bytes(7)?);
            let secret = secret.ok_or_else(|| row.corrupt())?;
            return Ok(Some((key, Zeroizing::new(secret))));
        }
    }
    Ok(None)
}

fn key_from(row: &Row) -> Result<ServerKey, StoreError> {
    let (is_used, is_ended): (bool, bool) = (row.get(5)?, row.get(6)?);
    Ok(ServerKey {
        id: row.get(0)?,
        server: row.get(1)?,
        algorithm: row.code(2, Algorithm::find)?,
        public: row.get(3)?,
        made_at: row.get(4)?,
        turn: match (is_used, is_ended) {
            (_, true) => Turn::Ended,
            (true, false) => Turn::Used,
            (false, false) => Turn::Made,
        },
    })
}
