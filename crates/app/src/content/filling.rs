//! Filling in an approved template (S148): a new content that stands and falls with the template's
//! approval, and needs no review of its own.
//!
//! INVARIANT: what a filling adds is checked like any text: a value that would raise the review or
//! be refused makes it a text for review, not a filling.

use placet_domain::content::blank::{self, BadBlank, Blank, Values};
use placet_domain::content::finding::{self, Effect, Finding};
use placet_domain::content::{self, Draft, Problem, Version};
use placet_domain::entry::Entry;
use placet_domain::id::{ContentId, VersionId};
use placet_domain::review::Standing;
use placet_policy::Engine;
use placet_store::fillings::{self, Filling};
use placet_store::{Tx, contents};

use super::{author, check, refuse};
use crate::approval::{self, Reviewed};
use crate::{ActError, Ctx, FieldProblem, gate, settings};

/// The blanks of a draft; none when it is no template or cannot be read.
#[must_use]
pub fn blanks(draft: &Draft) -> Vec<Blank> {
    blank::blanks(draft).unwrap_or_default()
}

/// Makes a content from an approved template. It is approved as the template is.
///
/// # Errors
///
/// Refused when the template is not approved; [`ActError::Invalid`] names each value that cannot
/// stand there.
pub fn fill(
    tx: &mut Tx,
    ctx: &Ctx,
    engine: &Engine,
    template: VersionId,
    (name, values): (&str, &Values),
) -> Result<Version, ActError> {
    let reviewed = approval::find(tx, template, ctx.now)?;
    if blanks(&reviewed.version.draft).is_empty() {
        return Err(ActError::refused(
            "template.no_blanks",
            "this version has no blanks to fill in",
        ));
    }
    if reviewed.standing != Standing::Approved {
        return Err(ActError::refused(
            "template.not_approved",
            format!(
                "the template stands at “{}”: only an approved one is filled in without review",
                reviewed.standing.label()
            ),
        ));
    }
    refuse(content::name_problem(name).into_iter().collect())?;
    let draft = filled(&reviewed, values)?;
    let profile = gate::profile(settings::load(tx)?.strictness);
    refuse(check(engine, profile, &draft))?;
    let id: ContentId = ctx.new_id();
    contents::add(tx, id, name.trim(), &author(&ctx.actor))?;
    let version = super::version(ctx, id, 1, &draft);
    contents::add_version(tx, &version)?;
    fillings::add(
        tx,
        &Filling {
            version: version.id,
            template,
            hash: reviewed.version.hash,
            values: values.clone(),
            filled_at: ctx.now,
            filled_by: author(&ctx.actor),
        },
    )?;
    tx.record(
        Entry::new("content.filled")
            .with("content", id)
            .with("version", version.id)
            .with("template", template)
            .with("template_hash", reviewed.version.hash)
            .with("content_hash", version.hash),
    );
    Ok(version)
}

/// The template with the values in it, when they bring nothing that asks for a review.
fn filled(template: &Reviewed, values: &Values) -> Result<Draft, ActError> {
    let draft = blank::fill(&template.version.draft, values).map_err(|faults| {
        let problem = |bad: BadBlank| FieldProblem {
            field: format!("blank_{}", bad.name),
            problem: bad.says,
        };
        ActError::Invalid(faults.into_iter().map(problem).collect())
    })?;
    let added = added(&template.version.draft, &draft);
    let class = draft.class;
    refuse(
        added
            .iter()
            .map(|found| {
                let says = format!(
                    "{}; save it as a text of its own, for review",
                    found.says(class)
                );
                Problem::new(found.field, says).at(found.at)
            })
            .collect(),
    )?;
    Ok(draft)
}

/// What the check finds in a filling that it did not find in the template, and that matters. Each
/// place counts by itself: a phrase that was approved once is not approved a second time.
fn added(template: &Draft, draft: &Draft) -> Vec<Finding> {
    let class = template.class;
    let mut before = finding::occurrences(template);
    let mut found = finding::occurrences(draft);
    found.retain(|found| {
        let same = |one: &Finding| {
            (one.field, one.kind) == (found.field, found.kind)
                && one.phrase.to_lowercase() == found.phrase.to_lowercase()
        };
        match before.iter().position(same) {
            Some(at) => {
                before.swap_remove(at);
                false
            }
            None => found.kind.effect(class) != Effect::Advises,
        }
    });
    found
}

/// Whether a filling still is its template with its values, found again from both.
pub(crate) fn holds(filling: &Filling, template: &Reviewed, draft: &Draft) -> bool {
    template.version.draft.hash() == filling.hash
        && blank::fill(&template.version.draft, &filling.values).as_ref() == Ok(draft)
        && added(&template.version.draft, draft).is_empty()
}
