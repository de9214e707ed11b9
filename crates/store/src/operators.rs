//! Operators, their roles, sessions, throttles and tokens.

use std::collections::BTreeSet;

use placet_domain::id::{OperatorId, TokenId};
use placet_domain::operator::{Capability, Role};
use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;

/// An operator as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Who.
    pub id: OperatorId,
    /// What they type to sign in, in lower case.
    pub login: String,
    /// How they are called.
    pub name: String,
    /// PHC string of Argon2id.
    pub password_hash: String,
    /// When they were added.
    pub created_at: Timestamp,
    /// Since when they may not sign in.
    pub disabled_at: Option<Timestamp>,
}

/// A session as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the cookie.
    pub token_hash: [u8; 32],
    /// Whose.
    pub operator: OperatorId,
    /// Signs its forms and its cookie.
    pub secret: [u8; 32],
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
}

/// Failed sign-ins with one login, whether or not there is such an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Failures in a row.
    pub n_failures: u32,
    /// No try counts before this.
    pub locked_until: Timestamp,
}

/// A token with which a machine acts for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Which.
    pub id: TokenId,
    /// For whom it acts.
    pub operator: OperatorId,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// What it may do, at most.
    pub scopes: BTreeSet<Capability>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Adds an operator; a login that is taken is a conflict.
///
/// # Errors
///
/// When the store fails.
pub fn add(tx: &mut Tx, operator: &Operator) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into operators (id, login, name, password_hash, created_at, disabled_at)
        values ($1, $2, $3, $4, $5, $6)";

    let o = operator;
    let params: [&dyn crate::Param; 6] = [
        &o.id,
        &o.login,
        &o.name,
        &o.password_hash,
        &o.created_at,
        &o.disabled_at,
    ];
    tx.execute(SQL, &params).map(drop)
}

/// The operator with this login.
///
/// # Errors
///
/// When the store fails.
pub fn find_by_login(tx: &mut Tx, login: &str) -> Result<Option<Operator>, StoreError> {
    const SQL: &str = "
        select id, login, name, password_hash, created_at, disabled_at
          from operators
         where login = $1";

    tx.find_one(SQL, &[&login])?
        .as_ref()
        .map(operator_from)
        .transpose()
}

/// The operator with this id.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: OperatorId) -> Result<Option<Operator>, StoreError> {
    const SQL: &str = "
        select id, login, name, password_hash, created_at, disabled_at
          from operators
         where id = $1";

    tx.find_one(SQL, &[&id])?
        .as_ref()
        .map(operator_from)
        .transpose()
}

/// Every operator, by login.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Operator>, StoreError> {
    const SQL: &str = "
        select id, login, name, password_hash, created_at, disabled_at
          from operators
         order by login";

    tx.list(SQL, &[])?.iter().map(operator_from).collect()
}

/// How many operators with this role may sign in.
///
/// # Errors
///
/// When the store fails.
pub fn count_active(tx: &mut Tx, role: Role) -> Result<u64, StoreError> {
    const SQL: &str = "
        select count(*)
          from operators
          join operator_roles on operator_roles.operator_id = operators.id
         where operator_roles.role = $1 and operators.disabled_at is null";

    tx.find_one(SQL, &[&role.as_str()])?
        .map_or(Ok(0), |row| row.get(0))
}

fn operator_from(row: &Row) -> Result<Operator, StoreError> {
    Ok(Operator {
        id: row.get(0)?,
        login: row.get(1)?,
        name: row.get(2)?,
        password_hash: row.get(3)?,
        created_at: row.get(4)?,
        disabled_at: row.get(5)?,
    })
}

/// Replaces the password.
///
/// # Errors
///
/// When the store fails.
pub fn set_password(tx: &mut Tx, id: OperatorId, hash: &str) -> Result<(), StoreError> {
    const SQL: &str = "update operators set password_hash = $2 where id = $1";

    tx.execute(SQL, &[&id, &hash]).map(drop)
}

/// Disables an operator, or lets them in again.
///
/// # Errors
///
/// When the store fails.
pub fn set_disabled(
    tx: &mut Tx,
    id: OperatorId,
    disabled_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    const SQL: &str = "update operators set disabled_at = $2 where id = $1";

    tx.execute(SQL, &[&id, &disabled_at]).map(drop)
}

/// The roles of an operator.
///
/// # Errors
///
/// When the store fails.
pub fn roles(tx: &mut Tx, id: OperatorId) -> Result<BTreeSet<Role>, StoreError> {
    const SQL: &str = "select operator_id, role from operator_roles where operator_id = $1";

    tx.list(SQL, &[&id])?
        .iter()
        .map(|row| row.code(1, Role::find))
        .collect()
}

/// Gives a role.
///
/// # Errors
///
/// When the store fails.
pub fn give_role(tx: &mut Tx, id: OperatorId, role: Role, at: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into operator_roles (operator_id, role, granted_at)
        values ($1, $2, $3)
            on conflict (operator_id, role) do nothing";

    tx.execute(SQL, &[&id, &role.as_str(), &at]).map(drop)
}

/// Takes a role away.
///
/// # Errors
///
/// When the store fails.
pub fn take_role(tx: &mut Tx, id: OperatorId, role: Role) -> Result<(), StoreError> {
    const SQL: &str = "delete from operator_roles where operator_id = $1 and role = $2";

    tx.execute(SQL, &[&id, &role.as_str()]).map(drop)
}

/// Begins a session.
///
/// # Errors
///
/// When the store fails.
pub fn add_session(tx: &mut Tx, session: &Session) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into sessions (token_hash, operator_id, secret, created_at, expires_at)
        values ($1, $2, $3, $4, $5)";

    let s = session;
    let params: [&dyn crate::Param; 5] = [
        &s.token_hash,
        &s.operator,
        &s.secret,
        &s.created_at,
        &s.expires_at,
    ];
    tx.execute(SQL, &params).map(drop)
}

/// The session of this token, whoever it belongs to and whether or not it is over.
///
/// # Errors
///
/// When the store fails.
pub fn find_session(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
    const SQL: &str = "
        select token_hash, operator_id, secret, created_at, expires_at
          from sessions
         where token_hash = $1";

    let row = tx.find_one(SQL, &[token_hash])?;
    row.map(|row| {
        Ok(Session {
            token_hash: row.get(0)?,
            operator: row.get(1)?,
            secret: row.get(2)?,
            created_at: row.get(3)?,
            expires_at: row.get(4)?,
        })
    })
    .transpose()
}

/// Ends one session.
///
/// # Errors
///
/// When the store fails.
pub fn end_session(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    const SQL: &str = "delete from sessions where token_hash = $1";

    tx.execute(SQL, &[token_hash]).map(drop)
}

/// Ends every session of an operator; answers how many there were.
///
/// # Errors
///
/// When the store fails.
pub fn end_sessions_of(tx: &mut Tx, id: OperatorId) -> Result<u64, StoreError> {
    const SQL: &str = "delete from sessions where operator_id = $1";

    tx.execute(SQL, &[&id])
}

/// Forgets sessions that are over.
///
/// # Errors
///
/// When the store fails.
pub fn forget_sessions(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "delete from sessions where expires_at <= $1";

    tx.housekeep(SQL, &[&before]).map(drop)
}

/// The throttle of this keyed hash of a login.
///
/// # Errors
///
/// When the store fails.
pub fn find_throttle(tx: &mut Tx, login_hash: &[u8]) -> Result<Option<Throttle>, StoreError> {
    const SQL: &str = "
        select login_hash, n_failures, locked_until
          from sign_in_throttles
         where login_hash = $1";

    let row = tx.find_one(SQL, &[&login_hash])?;
    row.map(|row| {
        Ok(Throttle {
            n_failures: row.get(1)?,
            locked_until: row.get(2)?,
        })
    })
    .transpose()
}

/// Keeps a throttle, and forgets those that nobody touched since `forget_before`.
///
/// # Errors
///
/// When the store fails.
pub fn put_throttle(
    tx: &mut Tx,
    login_hash: &[u8],
    throttle: Throttle,
    at: Timestamp,
    forget_before: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into sign_in_throttles (login_hash, n_failures, locked_until, changed_at)
        values ($1, $2, $3, $4)
            on conflict (login_hash) do update
               set n_failures = excluded.n_failures,
                   locked_until = excluded.locked_until,
                   changed_at = excluded.changed_at";
    const FORGET: &str = "delete from sign_in_throttles where changed_at < $1";

    tx.housekeep(FORGET, &[&forget_before])?;
    let params: [&dyn crate::Param; 4] = [
        &login_hash,
        &throttle.n_failures,
        &throttle.locked_until,
        &at,
    ];
    tx.housekeep(SQL, &params).map(drop)
}

/// Adds a token.
///
/// # Errors
///
/// When the store fails.
pub fn add_token(tx: &mut Tx, token: &Token) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into api_tokens
               (id, operator_id, name, token_hash, scopes, created_at, expires_at, revoked_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    let t = token;
    let scopes: Vec<&str> = t.scopes.iter().map(|scope| scope.as_str()).collect();
    let scopes = scopes.join(" ");
    let params: [&dyn crate::Param; 8] = [
        &t.id,
        &t.operator,
        &t.name,
        &t.token_hash,
        &scopes,
        &t.created_at,
        &t.expires_at,
        &t.revoked_at,
    ];
    tx.execute(SQL, &params).map(drop)
}

/// The token with this hash, whether or not it is over.
///
/// # Errors
///
/// When the store fails.
pub fn find_token(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<Token>, StoreError> {
    const SQL: &str = "
        select id, operator_id, name, token_hash, scopes, created_at, expires_at, revoked_at
          from api_tokens
         where token_hash = $1";

    tx.find_one(SQL, &[token_hash])?
        .as_ref()
        .map(token_from)
        .transpose()
}

/// Every token, the newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_tokens(tx: &mut Tx) -> Result<Vec<Token>, StoreError> {
    const SQL: &str = "
        select id, operator_id, name, token_hash, scopes, created_at, expires_at, revoked_at
          from api_tokens
         order by created_at desc, id desc";

    tx.list(SQL, &[])?.iter().map(token_from).collect()
}

fn token_from(row: &Row) -> Result<Token, StoreError> {
    // A scope that this version does not know gives nothing.
    let scopes = row
        .text(4)?
        .split(' ')
        .filter_map(Capability::find)
        .collect();
    Ok(Token {
        id: row.get(0)?,
        operator: row.get(1)?,
        name: row.get(2)?,
        token_hash: row.get(3)?,
        scopes,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}

/// Revokes a token; answers whether it was in force.
///
/// # Errors
///
/// When the store fails.
pub fn revoke_token(tx: &mut Tx, id: TokenId, at: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = "
        update api_tokens
           set revoked_at = $2
         where id = $1 and revoked_at is null";

    tx.execute(SQL, &[&id, &at]).map(|n| n > 0)
}

/// Revokes every token of an operator; answers how many were in force.
///
/// # Errors
///
/// When the store fails.
pub fn revoke_tokens_of(tx: &mut Tx, id: OperatorId, at: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "
        update api_tokens
           set revoked_at = $2
         where operator_id = $1 and revoked_at is null";

    tx.execute(SQL, &[&id, &at])
}
