//! Tokens with which machines act for an operator: scoped, ending, shown once.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use placet_domain::entry::Entry;
use placet_domain::id::TokenId;
use placet_domain::operator::{Actor, Capability};
use placet_domain::time::Timestamp;
use placet_store::operators::{self, Token};
use placet_store::{StoreError, Tx};

use super::hash_of;
use crate::{ActError, Ctx, FieldProblem};

/// The longest life of a token.
pub const MAX_DAYS: u16 = 366;

/// A token to be made.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it may do, at most; never more than its operator's roles.
    pub scopes: BTreeSet<Capability>,
    /// How long it lasts.
    pub days: u16,
}

/// Makes a token for the operator who acts. `secret` goes to them once and is kept nowhere.
///
/// # Errors
///
/// When a field cannot be used, or the actor is no signed-in operator.
pub fn add_token(
    tx: &mut Tx,
    ctx: &Ctx,
    new: &NewToken,
    secret: &str,
) -> Result<TokenId, ActError> {
    let Actor::Operator { id: operator, .. } = ctx.actor else {
        return Err(ActError::refused(
            "token.not_an_operator",
            "only a person makes a token: sign in",
        ));
    };
    let problems = problems_of(new, &ctx.actor);
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    let token = Token {
        id: ctx.new_id(),
        operator,
        name: new.name.trim().to_owned(),
        token_hash: hash_of(secret.as_bytes()),
        scopes: new.scopes.clone(),
        created_at: ctx.now,
        expires_at: ctx.now + SignedDuration::from_hours(i64::from(new.days) * 24),
        revoked_at: None,
    };
    operators::add_token(tx, &token)?;
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let entry = Entry::new("token.added")
        .with("token", token.id)
        .with("operator", operator);
    tx.record(
        entry
            .with("scopes", scopes.join(" "))
            .with("expires_at", token.expires_at),
    );
    Ok(token.id)
}

fn problems_of(new: &NewToken, actor: &Actor) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut wrong = |field: &str, problem: &str| {
        problems.push(FieldProblem {
            field: field.to_owned(),
            problem: problem.to_owned(),
        });
    };
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        wrong(
            "name",
            "say what it is for, in one line of at most 100 characters",
        );
    }
    if new.scopes.is_empty() {
        wrong("scopes", "choose what it may do");
    } else if new.scopes.iter().any(|scope| actor.may(*scope).is_err()) {
        wrong("scopes", "a token may do no more than you may yourself");
    }
    if !(1..=MAX_DAYS).contains(&new.days) {
        wrong("days", "give between 1 and 366 days");
    }
    problems
}

/// Revokes a token. Repeating it is not an error, and no entry.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such token.
pub fn revoke_token(tx: &mut Tx, ctx: &Ctx, id: TokenId) -> Result<(), ActError> {
    if !operators::revoke_token(tx, id, ctx.now)? {
        let is_known = operators::list_tokens(tx)?.iter().any(|one| one.id == id);
        return is_known.then_some(()).ok_or(ActError::NotFound("token"));
    }
    tx.record(Entry::new("token.revoked").with("token", id));
    Ok(())
}

/// Who acts with this token; none when it is over or its operator disabled.
///
/// # Errors
///
/// When the store fails.
pub fn find_token(
    tx: &mut Tx,
    secret: &str,
    now: Timestamp,
) -> Result<Option<(Actor, String)>, StoreError> {
    let Some(token) = operators::find_token(tx, &hash_of(secret.as_bytes()))? else {
        return Ok(None);
    };
    let Some(operator) = operators::find(tx, token.operator)? else {
        return Ok(None);
    };
    if token.revoked_at.is_some() || token.expires_at <= now || operator.disabled_at.is_some() {
        return Ok(None);
    }
    let roles = operators::roles(tx, operator.id)?;
    let actor = Actor::Token {
        id: token.id,
        operator: operator.id,
        roles,
        scopes: token.scopes,
    };
    Ok(Some((actor, operator.name)))
}
