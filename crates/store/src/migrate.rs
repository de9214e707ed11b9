//! The schema and its versions: embedded, forward only.
//!
//! A database is opened only when its versions and their texts are the ones known here, so a
//! program never writes into a shape it does not understand.

mod dialect;

use placet_ledger::sha256;

use crate::error::{OpenError, StoreError};
use crate::row::hex;
use crate::tx::Tx;

/// One step of the schema.
struct Migration {
    version: i64,
    name: &'static str,
    text: &'static str,
    /// The tables it makes whose rows are never changed or deleted.
    append_only: &'static [&'static str],
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "foundation",
    text: include_str!("../migrations/0001_foundation.sql"),
    append_only: &[
        "person_joins",
        "person_partings",
        "wordings",
        "instruments",
        "instrument_revocations",
        "preferences",
        "preference_lifts",
        "suppressions",
        "suppression_lifts",
        "reports",
        "signing_keys",
        "signing_key_turns",
        "content_versions",
        "submissions",
        "approvals",
        "renewals",
        "absences",
        "absence_ends",
        "notices",
        "fillings",
        "claims",
        "claim_approvals",
        "claim_withdrawals",
        "comments",
        "comment_resolutions",
        "conditions",
        "condition_lifts",
        "campaign_launches",
        "campaign_holds",
        "campaign_plans",
        "campaign_confirmations",
        "campaign_splits",
        "campaign_held_out",
        "campaign_groups",
        "campaign_outcomes",
        "print_batches",
        "print_batch_turns",
        "trigger_versions",
        "trigger_approvals",
        "journey_versions",
        "journey_sends",
        "journey_trials",
        "journey_words",
        "journey_starts",
        "journey_moves",
        "journey_refusals",
        "rule_packs",
        "decisions",
        "decision_answers",
        "data_classifications",
        "data_signatures",
        "safe_harbor_checks",
        "safe_harbor_signatures",
        "determinations",
        "determination_withdrawals",
        "flow_versions",
        "flow_agreements",
        "flow_stops",
        "flow_imports",
        "fhir_keys",
        "fhir_key_turns",
        "measure_runs",
        "measure_attachments",
        "measure_ends",
        "noisy_counts",
        "ledger_entries",
        "ledger_tiles",
        "ledger_checkpoints",
    ],
}];

/// What was found where a database should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// No table at all.
    Nothing,
    /// A database of ours, of the version known here.
    Current,
    /// A database of ours that waits for migrations.
    Older(i64),
}

/// The names of the tables, in the order in which their rows refer to each other.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().flat_map(|migration| {
        let lines = migration.text.lines();
        lines.filter_map(|line| line.strip_prefix("create table ")?.split(' ').next())
    })
}

/// The tables whose rows are never changed or deleted.
pub fn append_only() -> impl Iterator<Item = &'static str> {
    MIGRATIONS
        .iter()
        .flat_map(|migration| migration.append_only.iter().copied())
}

/// Looks at a database without changing it.
pub(crate) fn inspect(tx: &mut Tx, place: &str) -> Result<Found, OpenError> {
    const SQL: &str = "
        select version, text_hash
          from schema_migrations
         order by version";

    let names = tx.conn.tables()?;
    if names.is_empty() {
        return Ok(Found::Nothing);
    }
    if !["schema_migrations", "instance"]
        .iter()
        .all(|own| names.iter().any(|name| name == own))
    {
        return Err(OpenError::Foreign(place.to_owned()));
    }
    let known = last_version();
    let mut found = 0;
    for row in tx.list(SQL, &[])? {
        found = row.get(0)?;
        let migration = MIGRATIONS
            .iter()
            .find(|migration| migration.version == found);
        let migration = migration.ok_or(OpenError::Newer { found, known })?;
        if row.get::<Vec<u8>>(1)? != migration.hash() {
            return Err(OpenError::Altered(found));
        }
    }
    Ok(if found < known {
        Found::Older(found)
    } else {
        Found::Current
    })
}

/// Applies what is missing after version `from`, each in a transaction of its own.
pub(crate) fn apply(tx: &mut Tx, from: i64) -> Result<(), StoreError> {
    for migration in MIGRATIONS
        .iter()
        .filter(|migration| migration.version > from)
    {
        tx.word("begin")?;
        let done = apply_one(tx, migration);
        tx.word(if done.is_ok() { "commit" } else { "rollback" })?;
        done?;
    }
    Ok(())
}

pub(crate) fn last_version() -> i64 {
    MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

fn apply_one(tx: &mut Tx, migration: &Migration) -> Result<(), StoreError> {
    const TABLE: &str = "
        create table if not exists schema_migrations (
            version   integer not null primary key,
            name      text    not null,
            text_hash blob    not null
        ) strict;";
    const SQL: &str = "
        insert into schema_migrations (version, name, text_hash)
        values ($1, $2, $3)";

    let engine = tx.engine();
    tx.batch(&dialect::translate(TABLE, engine))?;
    tx.batch(&dialect::translate(migration.text, engine))?;
    tx.batch(&dialect::guards(migration.append_only, engine))?;
    tx.housekeep(
        SQL,
        &[&migration.version, &migration.name, &migration.hash()],
    )?;
    Ok(())
}

impl Migration {
    /// Of the text and of what is generated from the list.
    fn hash(&self) -> Vec<u8> {
        let whole = format!("{}\n{}", self.text, self.append_only.join(" "));
        sha256(whole.as_bytes()).to_vec()
    }
}

/// Who this database is, and whether `keys` are those it was created with.
pub(crate) fn identify(tx: &mut Tx) -> Result<String, OpenError> {
    const SQL: &str = "
        select id, key_check
          from instance";

    let row = tx.find_one(SQL, &[])?.ok_or(StoreError::Corrupt {
        table: "instance".to_owned(),
        id: "?".to_owned(),
    })?;
    let id: String = row.get(0)?;
    if row.text(1)? == tx.keys.check(&id) {
        Ok(id)
    } else {
        Err(OpenError::WrongKey)
    }
}

/// Gives a new database its identity.
pub(crate) fn christen(tx: &mut Tx) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into instance (id, key_check)
        values ($1, $2)";

    let id = hex(&tx.entropy.draw::<8>()?);
    let check = tx.keys.check(&id);
    tx.housekeep(SQL, &[&id, &check])?;
    Ok(())
}
