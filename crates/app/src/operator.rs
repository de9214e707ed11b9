//! Operators: signing in and out, and who may be here at all.
//!
//! Signing in has three steps, so that the slow one holds no database thread: [`look_up`] (a
//! read), [`Candidate::check`] (Argon2id, elsewhere), [`sign_in`] (the act). A login that nobody
//! has takes the same steps and the same work, so that nobody can find out names.
//!
//! INVARIANT: passwords and tokens are kept as hashes, and stand in no entry, error or log.

pub mod device;
pub mod password;
mod staff;
pub mod throttle;
mod token;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use placet_domain::entry::Entry;
use placet_domain::id::OperatorId;
use placet_domain::operator::{Actor, Role};
use placet_domain::time::Timestamp;
use placet_ledger::sha256;
use placet_store::operators::{self, Operator, Session, Throttle};
use placet_store::{Keys, StoreError, Tx};

use crate::{ActError, Ctx};

pub use staff::{
    NewOperator, add, change_password, disable, enable, list, normal_login, reset_password,
    set_roles,
};
pub use token::{MAX_DAYS, NewToken, add_token, find_token, revoke_token};

/// How long a session lasts in any case.
pub const SESSION_HOURS: i64 = 12;

/// SHA-256 of a secret with at least 128 random bits: what is kept of it.
#[must_use]
pub fn hash_of(secret: &[u8]) -> [u8; 32] {
    sha256(secret)
}

/// What is known before a password is checked.
pub struct Candidate {
    login_hash: Vec<u8>,
    operator: Option<Operator>,
    throttle: Option<Throttle>,
}

/// What the check of a password gave.
pub struct Checked {
    login_hash: Vec<u8>,
    operator: Option<OperatorId>,
    is_right: bool,
}

/// Reads what a sign-in with this login needs, from a browser that shows this note, if it shows one
/// ([`device`]). A read: it names no person.
///
/// # Errors
///
/// When the store fails.
pub fn look_up(
    tx: &mut Tx,
    keys: &Keys,
    login: &str,
    device: Option<&str>,
) -> Result<Candidate, StoreError> {
    let login = normal_login(login);
    let login_hash = device::counted_as(keys, &login, device);
    Ok(Candidate {
        operator: operators::find_by_login(tx, &login)?,
        throttle: operators::find_throttle(tx, &login_hash)?,
        login_hash,
    })
}

impl Candidate {
    /// Checks the password: 19 MiB and some 20 ms, the same for a login that nobody has and for
    /// one that is locked.
    #[must_use]
    pub fn check(self, password: &str, now: Timestamp) -> Checked {
        let active = self
            .operator
            .filter(|operator| operator.disabled_at.is_none());
        let hash = active
            .as_ref()
            .map(|operator| operator.password_hash.as_str());
        let fits = password::verify(password, hash.unwrap_or(password::NOBODYS));
        let is_locked = self
            .throttle
            .is_some_and(|throttle| throttle::is_locked(throttle, now));
        Checked {
            login_hash: self.login_hash,
            is_right: fits && active.is_some() && !is_locked,
            operator: active.map(|operator| operator.id),
        }
    }
}

/// A session that has begun; the token goes to the browser and is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The session as kept.
    pub session: Session,
    /// The token.
    pub token: [u8; 32],
}

/// Begins a session when the password was right; counts a failure when it was not.
///
/// The throttle is read again here, so that guesses sent at once do not escape it. While a login
/// is locked nothing is counted and nothing recorded: entries cannot be made at will.
///
/// # Errors
///
/// When the store fails.
pub fn sign_in(
    tx: &mut Tx,
    ctx: &Ctx,
    checked: &Checked,
    token: [u8; 32],
    secret: [u8; 32],
) -> Result<Option<Begun>, ActError> {
    let throttle = operators::find_throttle(tx, &checked.login_hash)?;
    if throttle.is_some_and(|throttle| throttle::is_locked(throttle, ctx.now)) {
        return Ok(None);
    }
    let forget_before = ctx.now - SignedDuration::from_hours(24);
    let Some(operator) = checked.operator.filter(|_| checked.is_right) else {
        let next = throttle::after_failure(throttle, ctx.now);
        operators::put_throttle(tx, &checked.login_hash, next, ctx.now, forget_before)?;
        tx.record(refusal(checked.operator, next));
        return Ok(None);
    };
    let session = Session {
        token_hash: hash_of(&token),
        operator,
        secret,
        created_at: ctx.now,
        expires_at: ctx.now + SignedDuration::from_hours(SESSION_HOURS),
    };
    operators::forget_sessions(tx, ctx.now)?;
    operators::put_throttle(
        tx,
        &checked.login_hash,
        throttle::none(ctx.now),
        ctx.now,
        forget_before,
    )?;
    operators::add_session(tx, &session)?;
    tx.record(Entry::new("operator.signed_in").with("operator", operator));
    Ok(Some(Begun { session, token }))
}

/// Whether the one who acts must wait before saying their password again.
///
/// # Errors
///
/// When the store fails.
pub fn must_wait(tx: &mut Tx, keys: &Keys, ctx: &Ctx) -> Result<bool, StoreError> {
    let throttle = operators::find_throttle(tx, &own_count(keys, ctx))?;
    Ok(throttle.is_some_and(|throttle| throttle::is_locked(throttle, ctx.now)))
}

/// Counts that whoever acts in a session did not know its password; with the fifth time their
/// sessions end, since somebody else may sit there.
///
/// # Errors
///
/// When the store fails.
pub fn note_wrong_password(tx: &mut Tx, keys: &Keys, ctx: &Ctx) -> Result<(), ActError> {
    let operator = ctx.actor.operator().ok_or(ActError::NotFound("operator"))?;
    let count = own_count(keys, ctx);
    let next = throttle::after_failure(operators::find_throttle(tx, &count)?, ctx.now);
    let forget_before = ctx.now - SignedDuration::from_hours(24);
    operators::put_throttle(tx, &count, next, ctx.now, forget_before)?;
    if throttle::is_locked(next, ctx.now) {
        operators::end_sessions_of(tx, operator)?;
    }
    let entry = Entry::new("operator.password_refused").with("operator", operator);
    tx.record(entry.with("n_failures", next.n_failures));
    Ok(())
}

fn own_count(keys: &Keys, ctx: &Ctx) -> Vec<u8> {
    let id = ctx.actor.operator().map(|id| id.to_string());
    keys.lookup_hash("own password", &id.unwrap_or_default())
}

fn refusal(operator: Option<OperatorId>, throttle: Throttle) -> Entry {
    let entry = Entry::new("sign_in.refused").with("n_failures", throttle.n_failures);
    match operator {
        Some(operator) => entry.with("operator", operator),
        None => entry,
    }
}

/// Who stands behind a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The session.
    pub session: Session,
    /// How the operator is called.
    pub name: String,
    /// Their roles at this moment.
    pub roles: BTreeSet<Role>,
}

impl Known {
    /// The operator as one who acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Operator {
            id: self.session.operator,
            roles: self.roles.clone(),
        }
    }
}

/// Who stands behind the session of this token; none when it is over or the operator disabled.
///
/// # Errors
///
/// When the store fails.
pub fn find_session(
    tx: &mut Tx,
    token: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Known>, StoreError> {
    let Some(session) = operators::find_session(tx, &hash_of(token))? else {
        return Ok(None);
    };
    let Some(operator) = operators::find(tx, session.operator)? else {
        return Ok(None);
    };
    if session.expires_at <= now || operator.disabled_at.is_some() {
        return Ok(None);
    }
    let roles = operators::roles(tx, operator.id)?;
    Ok(Some(Known {
        session,
        name: operator.name,
        roles,
    }))
}

/// Ends a session. Repeating it is not an error.
///
/// # Errors
///
/// When the store fails.
pub fn sign_out(tx: &mut Tx, ctx: &Ctx, token_hash: &[u8; 32]) -> Result<(), ActError> {
    operators::end_session(tx, token_hash)?;
    let operator = ctx
        .actor
        .operator()
        .map(|id| id.to_string())
        .unwrap_or_default();
    tx.record(Entry::new("operator.signed_out").with("operator", operator));
    Ok(())
}

#[cfg(test)]
mod tests;
