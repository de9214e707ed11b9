//! `placet import-permissions`: consents and authorizations from a table, each with its evidence.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use placet_app::instrument::import::{self, Report, Row, RowProblem};
use placet_app::{ActError, Ctx};
use placet_domain::operator::Capability;
use placet_gateway::csv::{self, Column, Rule, Table};
use placet_store::Store;

use super::Exit;
use super::open::Installation;
use crate::clock;

/// The longest row that is read.
const LIMIT: usize = 1 << 20;

/// Example: placet import-permissions --config /var/lib/placet consents.csv
///
/// A row is recorded whole or not at all. An authorization that lacks an element is kept as
/// defective and never counts. No row lifts an opt-out.
#[derive(Debug, Args)]
#[command(after_help = column_help())]
pub struct ImportPermissions {
    #[command(flatten)]
    installation: Installation,
    /// One JSON object for machines.
    #[arg(long)]
    json: bool,
    /// The table; `-` or nothing is standard input.
    file: Option<PathBuf>,
}

fn column_help() -> String {
    let of = |wanted: bool| {
        let names = import::columns().filter(|(_, is_required)| *is_required == wanted);
        names.map(|(name, _)| name).collect::<Vec<_>>().join(", ")
    };
    format!(
        "Columns that must be there: {}.\nColumns that may be there: {}.",
        of(true),
        of(false)
    )
}

impl ImportPermissions {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the file is no such table, or the store fails.
    pub fn run(self) -> Result<Exit> {
        let (_, store) = self.installation.open()?;
        let ctx = clock::system("import");
        let report = take(&store, &ctx, open(self.file.as_deref())?).map_err(|why| anyhow!(why))?;
        store.checkpoint(clock::now())?;
        if self.json {
            println!("{}", as_json(&report));
        } else {
            show(&report)
        }
        if let Some(line) = report.stopped_at {
            return Err(anyhow!(
                "the store failed at line {line}: what stands before it is recorded; import the file again"
            ));
        }
        Ok(if report.problems.is_empty() {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

fn show(report: &Report) {
    println!(
        "{} rows: {} in force, {} kept that do not count, {} declined, {} there already; {} under an opt-out that goes on standing.",
        report.n_rows,
        report.n_granted,
        report.n_not_counting,
        report.n_declined,
        report.n_unchanged,
        report.n_under_opt_out
    );
    for it in &report.problems {
        println!("line {}, {}: {}", it.line, it.column, it.problem);
    }
}

/// The report for machines.
#[must_use]
pub fn as_json(report: &Report) -> serde_json::Value {
    let problem = |it: &RowProblem| serde_json::json!({"line": it.line, "column": it.column, "problem": it.problem});
    let problems: Vec<_> = report.problems.iter().map(problem).collect();
    serde_json::json!({
        "rows": report.n_rows, "granted": report.n_granted,
        "not_counting": report.n_not_counting, "declined": report.n_declined,
        "unchanged": report.n_unchanged, "under_opt_out": report.n_under_opt_out,
        "stopped_at": report.stopped_at, "problems": problems,
    })
}

fn open(file: Option<&Path>) -> Result<Box<dyn Read>> {
    match file {
        Some(file) if file.as_os_str() != "-" => {
            let opened = File::open(file);
            Ok(Box::new(opened.with_context(|| {
                format!("cannot read `{}`", file.display())
            })?))
        }
        _ => Ok(Box::new(stdin())),
    }
}

/// Takes a table row by row while it is read, in acts of this context's actor.
///
/// # Errors
///
/// When the actor may not, or the input is no such table; says which.
pub fn take(store: &Store, ctx: &Ctx, input: impl Read) -> Result<Report, ActError> {
    let grant = ctx.actor.may(Capability::RecordInstruments)?;
    let columns: Vec<(&str, bool)> = import::columns().collect();
    let asked = columns.iter().map(|(name, is_required)| {
        Column::new(
            name,
            if *is_required {
                Rule::Required
            } else {
                Rule::Optional
            },
        )
    });
    let table = Table::open(input, asked.collect(), LIMIT);
    let mut table = table.map_err(|found| ActError::invalid("table", found.to_string()))?;
    let mut refused = Vec::new();
    let rows = std::iter::from_fn(|| {
        loop {
            match table.next_row()? {
                Ok(row) => return Some(row_of(&columns, &row)),
                Err(found) => refused.push(RowProblem {
                    line: found.place.line,
                    column: "row".to_owned(),
                    problem: found.to_string(),
                }),
            }
        }
    });
    let mut report = import::run(store, grant, ctx, rows);
    report.problems.extend(refused);
    report.problems.sort_by_key(|problem| problem.line);
    Ok(report)
}

fn row_of(columns: &[(&str, bool)], row: &csv::Row) -> Row {
    let cells = columns.iter().enumerate();
    let cells = cells.map(|(at, (name, _))| ((*name).to_owned(), row.get(at).to_owned()));
    Row {
        line: row.place.line,
        cells: cells.filter(|(_, cell)| !cell.is_empty()).collect(),
    }
}
