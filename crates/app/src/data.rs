//! Data before it is used: the catalogue of sources, Safe Harbor checks, experts' determinations.
//!
//! Start with [`catalogue`]: nobody signs what they wrote themselves.

pub mod catalogue;
pub mod checks;
#[cfg(test)]
mod tests;

use placet_domain::ctx::Ctx;
use placet_domain::id::OperatorId;

use crate::{ActError, FieldProblem};

/// The operator behind an act that somebody must answer for by name.
fn who(ctx: &Ctx) -> Result<OperatorId, ActError> {
    ctx.actor.operator().ok_or_else(|| {
        ActError::refused(
            "data.needs_an_operator",
            "somebody must answer for this: sign in, or use a token of an operator",
        )
    })
}

fn refused_fields(problems: Vec<(&'static str, &'static str)>) -> Result<(), ActError> {
    if problems.is_empty() {
        return Ok(());
    }
    let fields = problems.into_iter().map(|(field, problem)| FieldProblem {
        field: field.to_owned(),
        problem: problem.to_owned(),
    });
    Err(ActError::Invalid(fields.collect()))
}
