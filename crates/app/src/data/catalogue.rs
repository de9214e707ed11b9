//! Sources are declared, their elements classified, the classification signed (S67).

use placet_domain::ctx::Ctx;
use placet_domain::data::{Classification, DraftSource, Element, Signed, Source};
use placet_domain::entry::Entry;
use placet_domain::id::{ClassificationId, SourceId};
use placet_store::{StoreError, Tx, catalogue};

use super::{refused_fields, who};
use crate::ActError;
use placet_ledger::to_hex;

/// A source with its versions, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogued {
    /// The source.
    pub source: Source,
    /// Its classifications.
    pub versions: Vec<Classification>,
}

impl Catalogued {
    /// What counts: the newest version that is signed.
    #[must_use]
    pub fn in_force(&self) -> Option<&Classification> {
        self.versions
            .iter()
            .find(|version| version.signed.is_some())
    }

    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> Option<&Classification> {
        self.versions.first()
    }

    /// Whether the newest version waits for its signature.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.newest()
            .is_some_and(|version| version.signed.is_none())
    }
}

/// Declares a source, or says anew what one of this code is called and who owns it.
///
/// # Errors
///
/// [`ActError::Invalid`] with what is missing.
pub fn declare(tx: &mut Tx, ctx: &Ctx, draft: &DraftSource) -> Result<SourceId, ActError> {
    refused_fields(draft.problems())?;
    let held = catalogue::find_source_by_code(tx, &draft.code)?;
    let source = Source {
        id: held.as_ref().map_or_else(|| ctx.new_id(), |held| held.id),
        code: draft.code.clone(),
        title: draft.title.trim().to_owned(),
        it_owner: draft.it_owner.trim().to_owned(),
        marketing_owner: draft.marketing_owner.trim().to_owned(),
        declared_at: held.as_ref().map_or(ctx.now, |held| held.declared_at),
    };
    if held.as_ref() == Some(&source) {
        return Ok(source.id);
    }
    let kind = if held.is_some() {
        catalogue::update_source(tx, &source)?;
        "data_source.changed"
    } else {
        catalogue::add_source(tx, &source, &ctx.actor.code())?;
        "data_source.declared"
    };
    tx.record(
        Entry::new(kind)
            .with("source", source.id)
            .with("code", &source.code),
    );
    Ok(source.id)
}

/// Classifies a source's elements: the next version. The same elements again add nothing.
///
/// # Errors
///
/// [`ActError::Invalid`] when an element cannot be listed so, [`ActError::NotFound`] without the source.
pub fn classify(
    tx: &mut Tx,
    ctx: &Ctx,
    source: SourceId,
    mut elements: Vec<Element>,
) -> Result<Classification, ActError> {
    elements.sort();
    if let Some(problem) = Element::problem(&elements) {
        return Err(ActError::invalid("elements", problem));
    }
    let held = find(tx, source)?;
    if let Some(newest) = held.newest().filter(|newest| newest.elements == elements) {
        return Ok(newest.clone());
    }
    let classification = Classification {
        id: ctx.new_id(),
        source,
        version: held.newest().map_or(1, |newest| newest.version + 1),
        hash: catalogue::elements_hash(&elements),
        elements,
        written_at: ctx.now,
        written_by: ctx.actor.operator(),
        signed: None,
    };
    catalogue::add_classification(tx, &classification)?;
    tx.record(
        Entry::new("data_source.classified")
            .with("source", source)
            .with("classification", classification.id)
            .with("version", classification.version)
            .with("elements", classification.elements.len())
            .with("hash", to_hex(&classification.hash)),
    );
    Ok(classification)
}

/// Signs a classification of a source. Nobody signs what they wrote, and only the newest version is
/// signed.
///
/// # Errors
///
/// [`ActError::NotFound`] when the source has no such classification, [`ActError::Refused`] with the
/// reason.
pub fn sign(
    tx: &mut Tx,
    ctx: &Ctx,
    source: SourceId,
    id: ClassificationId,
    note: &str,
) -> Result<(), ActError> {
    let by = who(ctx)?;
    let one = catalogue::find_classification(tx, id)?
        .filter(|one| one.source == source)
        .ok_or(ActError::NotFound("classification"))?;
    let held = find(tx, source)?;
    if held.newest().map(|newest| newest.id) != Some(id) {
        return Err(ActError::refused(
            "data.not_the_newest",
            "the elements were classified anew since; read and sign the newest version",
        ));
    }
    if one.written_by == Some(by) {
        return Err(ActError::refused(
            "data.signed_by_its_writer",
            "you wrote this version; somebody else of compliance signs it",
        ));
    }
    if note.len() > 1000 {
        return Err(ActError::invalid(
            "note",
            "keep the note under 1,000 characters",
        ));
    }
    let signed = Signed {
        at: ctx.now,
        by,
        note: note.trim().to_owned(),
    };
    if !catalogue::sign(tx, id, &signed)? {
        return Err(ActError::refused(
            "data.signed_before",
            "this version is signed already",
        ));
    }
    tx.record(
        Entry::new("data_source.signed")
            .with("source", source)
            .with("classification", id)
            .with("version", one.version)
            .with("hash", to_hex(&one.hash)),
    );
    Ok(())
}

/// One source with its versions.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such source.
pub fn find(tx: &mut Tx, id: SourceId) -> Result<Catalogued, ActError> {
    let source = catalogue::find_source(tx, id)?.ok_or(ActError::NotFound("data source"))?;
    let versions = catalogue::list_classifications(tx, id)?;
    Ok(Catalogued { source, versions })
}

/// The whole catalogue, by code.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Catalogued>, StoreError> {
    catalogue::list_sources(tx)?
        .into_iter()
        .map(|source| {
            let versions = catalogue::list_classifications(tx, source.id)?;
            Ok(Catalogued { source, versions })
        })
        .collect()
}

/// Whether a source may be used: its classification is signed, or it is not in the catalogue's care yet.
///
/// # Errors
///
/// [`ActError::Refused`] when somebody declared it and nobody signed what it holds.
pub fn may_be_used(tx: &mut Tx, code: &str) -> Result<(), ActError> {
    let Some(source) = catalogue::find_source_by_code(tx, code)? else {
        return Ok(());
    };
    if find(tx, source.id)?.in_force().is_some() {
        return Ok(());
    }
    Err(ActError::refused(
        "data.not_signed",
        format!(
            "the source `{code}` is in the data catalogue and its classification is not signed; \
             have compliance sign it under Data, then import again"
        ),
    ))
}
