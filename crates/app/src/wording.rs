//! The texts that people are shown: added in versions, never changed.

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::WordingId;
use placet_domain::wording::{Draft, Wording, starters};
use placet_ledger::to_hex;
use placet_store::{Tx, wordings};

use crate::{ActError, FieldProblem};

/// Adds a text: the first of its code, or the next version. The same text again adds nothing and
/// answers the version that holds it.
///
/// # Errors
///
/// [`ActError::Invalid`] when the text takes the choice away from its reader.
pub fn add(tx: &mut Tx, ctx: &Ctx, draft: Draft) -> Result<Wording, ActError> {
    let problems = draft.problems();
    if !problems.is_empty() {
        let fields = problems.iter().map(|problem| FieldProblem {
            field: "text".to_owned(),
            problem: problem.to_string(),
        });
        return Err(ActError::Invalid(fields.collect()));
    }
    write(tx, ctx, draft)
}

/// Adds what an installation starts with; a code and language that has a text keeps it.
///
/// # Errors
///
/// When the store fails.
pub fn add_starters(tx: &mut Tx, ctx: &Ctx, organization: &str) -> Result<(), ActError> {
    for draft in starters(organization) {
        add_missing(tx, ctx, draft)?;
    }
    Ok(())
}

fn add_missing(tx: &mut Tx, ctx: &Ctx, draft: Draft) -> Result<Wording, ActError> {
    match wordings::latest(tx, &draft.code, &draft.language)? {
        Some(held) => Ok(held),
        None => write(tx, ctx, draft),
    }
}

/// The newest version of a text in a language, or in English; the starter text when none is held.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such text, not even to start with.
pub fn latest_or_starter(
    tx: &mut Tx,
    ctx: &Ctx,
    (code, language): (&str, &str),
    organization: &str,
) -> Result<Wording, ActError> {
    if let Some(wording) = wordings::latest(tx, code, language)? {
        return Ok(wording);
    }
    let mut drafts: Vec<Draft> = starters(organization);
    drafts.retain(|draft| draft.code == code);
    let own = drafts.iter().position(|draft| draft.language == language);
    let english = drafts.iter().position(|draft| draft.language == "en");
    let place = own.or(english).ok_or(ActError::NotFound("wording"))?;
    add_missing(tx, ctx, drafts.swap_remove(place))
}

/// The newest version of a text in a language, or in English.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is none.
pub fn latest(tx: &mut Tx, code: &str, language: &str) -> Result<Wording, ActError> {
    if let Some(wording) = wordings::latest(tx, code, language)? {
        return Ok(wording);
    }
    wordings::latest(tx, code, "en")?.ok_or(ActError::NotFound("wording"))
}

fn write(tx: &mut Tx, ctx: &Ctx, draft: Draft) -> Result<Wording, ActError> {
    let before = wordings::latest(tx, &draft.code, &draft.language)?;
    if let Some(same) = before.as_ref().filter(|wording| wording.text == draft.text) {
        return Ok(same.clone());
    }
    let wording = Wording {
        id: ctx.new_id::<WordingId>(),
        version: before.map_or(1, |wording| wording.version + 1),
        text_hash: draft.text_hash(),
        code: draft.code,
        language: draft.language,
        kind: draft.kind,
        title: draft.title,
        text: draft.text,
        created_at: ctx.now,
    };
    wordings::add(tx, &wording)?;
    tx.record(
        Entry::new("wording.added")
            .with("wording", wording.id)
            .with("code", &wording.code)
            .with("version", wording.version)
            .with("language", &wording.language)
            .with("text_hash", to_hex(&wording.text_hash)),
    );
    Ok(wording)
}
