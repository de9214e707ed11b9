//! Tables checked against the Safe Harbor method and signed; experts' determinations on file.

use placet_domain::ctx::Ctx;
use placet_domain::data::{
    Determination, DraftDetermination, SafeHarborCheck, Signature, Standing,
};
use placet_domain::entry::Entry;
use placet_domain::id::{CheckId, DeterminationId};
use placet_domain::time::Date;
use placet_ledger::{sha256, to_hex};
use placet_phi::safe_harbor::zip3::Table;
use placet_phi::safe_harbor::{Checker, Report};
use placet_store::{Tx, checks};

use super::{refused_fields, who};
use crate::ActError;

/// A table that was looked at: its report and its hash. The table itself is gone.
#[derive(Debug, Clone)]
pub struct Looked {
    report: Report,
    file_hash: [u8; 32],
}

impl Looked {
    /// What was seen.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

/// Looks at a table, column by column. Nothing of it is kept but names of columns and counts.
///
/// # Errors
///
/// [`ActError::Invalid`] when it is no table with a line of names; a row is named by its number only.
pub fn look(table: &[u8], today: Date) -> Result<Looked, ActError> {
    let year = u16::try_from(today.year()).unwrap_or(0);
    let mut checker = Checker::new(year, Table::Union);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table);
    let names: Vec<String> = reader
        .byte_headers()
        .map_err(|_| {
            ActError::invalid("table", "the first line cannot be read as names of columns")
        })?
        .iter()
        .map(|name| {
            String::from_utf8_lossy(name)
                .trim_start_matches('\u{FEFF}')
                .to_owned()
        })
        .collect();
    if names.iter().all(|name| name.trim().is_empty()) {
        return Err(ActError::invalid(
            "table",
            "give a CSV whose first line names its columns",
        ));
    }
    let mut row = csv::ByteRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => {
                return Err(ActError::invalid(
                    "table",
                    format!("line {line} cannot be read"),
                ));
            }
        }
        for (place, value) in row.iter().enumerate() {
            let value = String::from_utf8_lossy(value);
            match names.get(place) {
                Some(name) => checker.cell(name, &value),
                None => checker.cell(&format!("column {}", place + 1), &value),
            }
        }
        checker.end_row();
    }
    Ok(Looked {
        report: checker.finish(),
        file_hash: sha256(table),
    })
}

/// Keeps what was seen of a table.
///
/// # Errors
///
/// [`ActError::Invalid`] without a title.
pub fn keep(tx: &mut Tx, ctx: &Ctx, title: &str, looked: &Looked) -> Result<CheckId, ActError> {
    let checked_by = who(ctx)?;
    let title = title.trim();
    if title.is_empty() || title.len() > 120 {
        return Err(ActError::invalid(
            "title",
            "say which table it is, in at most 120 characters",
        ));
    }
    let Looked { report, file_hash } = looked;
    let check = SafeHarborCheck {
        id: ctx.new_id(),
        title: title.to_owned(),
        file_hash: *file_hash,
        rows: report.rows,
        columns: u32::try_from(report.columns.len()).unwrap_or(u32::MAX),
        meets: report.meets,
        report: serde_json::to_string(report).unwrap_or_default(),
        checked_at: ctx.now,
        checked_by,
        signature: None,
    };
    checks::add(tx, &check)?;
    tx.record(
        Entry::new("safe_harbor.checked")
            .with("check", check.id)
            .with("file_hash", to_hex(&check.file_hash))
            .with("rows", check.rows)
            .with("columns", check.columns)
            .with("meets", check.meets),
    );
    Ok(check.id)
}

/// Signs a check: what is left identifies nobody, as far as the signer knows.
///
/// # Errors
///
/// [`ActError::Refused`] when identifiers are left, or it is signed already.
pub fn sign(tx: &mut Tx, ctx: &Ctx, id: CheckId) -> Result<(), ActError> {
    let by = who(ctx)?;
    let check = checks::find(tx, id)?.ok_or(ActError::NotFound("Safe Harbor check"))?;
    if !check.meets {
        return Err(ActError::refused(
            "safe_harbor.identifiers_left",
            "identifiers are left in the table; take them out and check it again",
        ));
    }
    let signature = Signature { at: ctx.now, by };
    if !checks::sign(tx, id, signature)? {
        return Err(ActError::refused(
            "safe_harbor.signed_before",
            "this check is signed already",
        ));
    }
    tx.record(
        Entry::new("safe_harbor.signed")
            .with("check", id)
            .with("file_hash", to_hex(&check.file_hash)),
    );
    Ok(())
}

/// Puts an expert's determination on file.
///
/// # Errors
///
/// [`ActError::Invalid`] with what is missing.
pub fn record(
    tx: &mut Tx,
    ctx: &Ctx,
    draft: DraftDetermination,
) -> Result<DeterminationId, ActError> {
    let recorded_by = who(ctx)?;
    refused_fields(draft.problems())?;
    let one = Determination {
        id: ctx.new_id(),
        draft,
        recorded_at: ctx.now,
        recorded_by,
        withdrawn_at: None,
    };
    checks::add_determination(tx, &one)?;
    tx.record(
        Entry::new("determination.recorded")
            .with("determination", one.id)
            .with("determined_on", one.draft.determined_on)
            .with("expires_on", one.draft.expires_on),
    );
    Ok(one.id)
}

/// Takes a determination back: nothing rests on it from now on.
///
/// # Errors
///
/// [`ActError::Invalid`] without a reason, [`ActError::Refused`] when it was taken back before.
pub fn withdraw(tx: &mut Tx, ctx: &Ctx, id: DeterminationId, reason: &str) -> Result<(), ActError> {
    let by = who(ctx)?;
    if reason.trim().is_empty() || reason.len() > 1000 {
        return Err(ActError::invalid(
            "reason",
            "say why, in at most 1,000 characters",
        ));
    }
    checks::find_determination(tx, id)?.ok_or(ActError::NotFound("determination"))?;
    if !checks::withdraw_determination(tx, id, reason.trim(), (ctx.now, by))? {
        return Err(ActError::refused(
            "determination.withdrawn_before",
            "it was taken back before",
        ));
    }
    tx.record(Entry::new("determination.withdrawn").with("determination", id));
    Ok(())
}

/// What a standing is called.
#[must_use]
pub fn standing_label(standing: Standing) -> &'static str {
    match standing {
        Standing::InForce => "In force",
        Standing::NotYet => "Not yet in force",
        Standing::Expired => "Expired",
        Standing::Withdrawn => "Withdrawn",
    }
}
