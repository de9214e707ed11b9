//! Sources are declared, their elements classified, the classification signed (S67).

use placet_domain::ctx::Ctx;
use placet_domain::data::{Classification, DataClass, DraftSource, Element, Signed, Source};
use placet_domain::entry::Entry;
use placet_domain::id::{ClassificationId, SourceId};
use placet_domain::time::Timestamp;
use placet_gateway::Flow;
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

/// What a flow lists, each element in the class that it mostly has: appointments as such, everything else as patient
/// contact information, the stricter of the two that a contact may have.
#[must_use]
pub fn elements_of(flow: &Flow) -> Vec<Element> {
    let all = flow.elements().into_iter().map(|(kind, path)| {
        let holder = path.split(['.', '-']).next().unwrap_or_default();
        let is_appointment = matches!(holder, "Appointment" | "SCH" | "TQ1" | "AIS" | "AIL");
        let class = if is_appointment {
            DataClass::Appointment
        } else {
            DataClass::PatientContact
        };
        Element { kind, path, class }
    });
    all.collect()
}

/// Whether compliance has signed what a source holds.
///
/// # Errors
///
/// When the store fails.
pub fn is_signed(tx: &mut Tx, code: &str) -> Result<bool, StoreError> {
    let Some(source) = catalogue::find_source_by_code(tx, code)? else {
        return Ok(false);
    };
    let versions = catalogue::list_classifications(tx, source.id)?;
    Ok(versions.iter().any(|version| version.signed.is_some()))
}

/// When that was signed which counts for a source.
///
/// # Errors
///
/// When the store fails.
pub fn signed_at(tx: &mut Tx, code: &str) -> Result<Option<Timestamp>, StoreError> {
    let Some(source) = catalogue::find_source_by_code(tx, code)? else {
        return Ok(None);
    };
    let versions = catalogue::list_classifications(tx, source.id)?;
    Ok(versions
        .into_iter()
        .find_map(|version| version.signed)
        .map(|signed| signed.at))
}

/// Whether a source may be used: somebody declared it, and compliance signed what it holds (S67).
///
/// # Errors
///
/// [`ActError::Refused`] that says what to do.
pub fn may_be_used(tx: &mut Tx, code: &str) -> Result<(), ActError> {
    if is_signed(tx, code)? {
        return Ok(());
    }
    let (code, why) = if catalogue::find_source_by_code(tx, code)?.is_none() {
        let why = format!(
            "the source `{code}` is not in the data catalogue, and nothing of it is used before compliance has signed \
             what it holds; declare it under Data, or with `placet data declare {code}` and `placet data classify \
             {code} --flow FILE`, and have compliance sign it there"
        );
        ("data.undeclared", why)
    } else {
        let why = format!(
            "what the source `{code}` holds is not signed, and nothing of it is used before; somebody of compliance \
             opens it under Data, reads its elements and signs them"
        );
        ("data.not_signed", why)
    };
    Err(ActError::refused(code, why))
}
