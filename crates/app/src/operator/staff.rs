//! Who is an operator, with which roles.
//!
//! INVARIANT: somebody who may manage operators is always left.

use std::collections::BTreeSet;

use placet_domain::entry::Entry;
use placet_domain::id::OperatorId;
use placet_domain::operator::Role;
use placet_store::operators::{self, Operator};
use placet_store::{StoreError, Tx};

use crate::{ActError, Ctx, FieldProblem};

/// An operator to be added.
#[derive(Debug, Clone)]
pub struct NewOperator {
    /// What they type to sign in.
    pub login: String,
    /// How they are called.
    pub name: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// PHC string of their first password.
    pub password_hash: String,
}

/// The one form in which a login is compared and kept.
#[must_use]
pub fn normal_login(typed: &str) -> String {
    typed.trim().to_lowercase()
}

/// Adds an operator.
///
/// # Errors
///
/// When a field cannot be used or the login is taken.
pub fn add(tx: &mut Tx, ctx: &Ctx, new: &NewOperator) -> Result<OperatorId, ActError> {
    let operator = Operator {
        id: ctx.new_id(),
        login: normal_login(&new.login),
        name: new.name.trim().to_owned(),
        password_hash: new.password_hash.clone(),
        created_at: ctx.now,
        disabled_at: None,
    };
    let problems = problems_of(&operator, &new.roles);
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    if operators::find_by_login(tx, &operator.login)?.is_some() {
        return Err(ActError::invalid(
            "login",
            "somebody signs in with this already; choose another",
        ));
    }
    operators::add(tx, &operator)?;
    for role in &new.roles {
        operators::give_role(tx, operator.id, *role, ctx.now)?;
    }
    let entry = Entry::new("operator.added").with("operator", operator.id);
    tx.record(entry.with("roles", codes(&new.roles)));
    Ok(operator.id)
}

fn problems_of(operator: &Operator, roles: &BTreeSet<Role>) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut wrong = |field: &str, problem: &str| {
        problems.push(FieldProblem {
            field: field.to_owned(),
            problem: problem.to_owned(),
        });
    };
    let is_login = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    let login = &operator.login;
    if !(2..=64).contains(&login.len()) || !login.chars().all(is_login) {
        wrong(
            "login",
            "use 2 to 64 letters, digits, dots, hyphens, underscores or @",
        );
    }
    let name = &operator.name;
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        wrong("name", "give a name in one line of at most 100 characters");
    }
    if roles.is_empty() {
        wrong("roles", "choose at least one role");
    }
    problems
}

fn codes(roles: &BTreeSet<Role>) -> String {
    let codes: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    codes.join(" ")
}

/// Gives an operator exactly these roles.
///
/// # Errors
///
/// When there is no such operator, no role is given, or no administrator would be left.
pub fn set_roles(
    tx: &mut Tx,
    ctx: &Ctx,
    id: OperatorId,
    roles: &BTreeSet<Role>,
) -> Result<(), ActError> {
    find(tx, id)?;
    if roles.is_empty() {
        return Err(ActError::invalid(
            "roles",
            "choose at least one role, or disable the operator",
        ));
    }
    let held = operators::roles(tx, id)?;
    for role in held.difference(roles) {
        operators::take_role(tx, id, *role)?;
    }
    for role in roles.difference(&held) {
        operators::give_role(tx, id, *role, ctx.now)?;
    }
    must_leave_an_administrator(tx)?;
    let entry = Entry::new("operator.roles_set").with("operator", id);
    tx.record(
        entry
            .with("before", codes(&held))
            .with("roles", codes(roles)),
    );
    Ok(())
}

/// Disables an operator: no session and no token of theirs works from this moment on.
///
/// # Errors
///
/// When there is no such operator, or no administrator would be left.
pub fn disable(tx: &mut Tx, ctx: &Ctx, id: OperatorId) -> Result<(), ActError> {
    find(tx, id)?;
    operators::set_disabled(tx, id, Some(ctx.now))?;
    must_leave_an_administrator(tx)?;
    let n_sessions = operators::end_sessions_of(tx, id)?;
    let n_tokens = operators::revoke_tokens_of(tx, id, ctx.now)?;
    let entry = Entry::new("operator.disabled").with("operator", id);
    tx.record(
        entry
            .with("n_sessions", n_sessions)
            .with("n_tokens", n_tokens),
    );
    Ok(())
}

/// Lets a disabled operator sign in again. Their tokens stay revoked.
///
/// # Errors
///
/// When there is no such operator.
pub fn enable(tx: &mut Tx, _ctx: &Ctx, id: OperatorId) -> Result<(), ActError> {
    find(tx, id)?;
    operators::set_disabled(tx, id, None)?;
    tx.record(Entry::new("operator.enabled").with("operator", id));
    Ok(())
}

/// Gives another operator a new password and ends their sessions.
///
/// # Errors
///
/// When there is no such operator.
pub fn reset_password(
    tx: &mut Tx,
    _ctx: &Ctx,
    id: OperatorId,
    password_hash: &str,
) -> Result<(), ActError> {
    find(tx, id)?;
    operators::set_password(tx, id, password_hash)?;
    let n_sessions = operators::end_sessions_of(tx, id)?;
    let entry = Entry::new("operator.password_reset").with("operator", id);
    tx.record(entry.with("n_sessions", n_sessions));
    Ok(())
}

/// Gives the operator who acts a new password and ends every session of theirs.
///
/// # Errors
///
/// When the actor is no operator.
pub fn change_password(tx: &mut Tx, ctx: &Ctx, password_hash: &str) -> Result<(), ActError> {
    let id = ctx.actor.operator().ok_or(ActError::NotFound("operator"))?;
    operators::set_password(tx, id, password_hash)?;
    operators::end_sessions_of(tx, id)?;
    tx.record(Entry::new("operator.password_changed").with("operator", id));
    Ok(())
}

fn find(tx: &mut Tx, id: OperatorId) -> Result<Operator, ActError> {
    operators::find(tx, id)?.ok_or(ActError::NotFound("operator"))
}

fn must_leave_an_administrator(tx: &mut Tx) -> Result<(), ActError> {
    if operators::count_active(tx, Role::Administrator)? > 0 {
        return Ok(());
    }
    Err(ActError::refused(
        "operator.last_administrator",
        "nobody would be left who can manage operators; make somebody else an administrator first",
    ))
}

/// Every operator with their roles, by login. A read.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<(Operator, BTreeSet<Role>)>, StoreError> {
    let all = operators::list(tx)?;
    all.into_iter()
        .map(|operator| {
            let roles = operators::roles(tx, operator.id)?;
            Ok((operator, roles))
        })
        .collect()
}
