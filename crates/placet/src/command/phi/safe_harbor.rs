//! `placet phi safe-harbor`: a table in, a report out that a compliance officer can sign.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use maud::{DOCTYPE, Markup, html};
use placet_phi::safe_harbor::zip3::Table;
use placet_phi::safe_harbor::{Checker, Report, Verdict, identifier};
use serde_json::Value;

use super::{Exit, read, this_year};

#[derive(Debug, Args)]
pub struct SafeHarbor {
    /// A table as CSV with a line of names, or NDJSON; standard input when left out.
    file: Option<PathBuf>,
    /// How the table is written; by the ending of the file's name when left out.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// By which census three digits of a ZIP code may stay.
    #[arg(long, value_enum, default_value_t = Census::Y2020)]
    census: Census,
    /// The year in which a year of birth reveals an age over 89; this one when left out.
    #[arg(long)]
    year: Option<u16>,
    /// The report as one JSON object.
    #[arg(long)]
    json: bool,
    /// Also write the report as a page to print and sign.
    #[arg(long)]
    html: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Census {
    /// Census 2000: 17 prefixes become 000.
    #[value(name = "2000")]
    Y2000,
    /// Census 2020: 18 prefixes.
    #[value(name = "2020")]
    Y2020,
    /// Either: 23 prefixes.
    Union,
}

impl SafeHarbor {
    /// Runs it. Findings give exit status 1.
    ///
    /// # Errors
    ///
    /// When the table cannot be read or the report cannot be written.
    pub fn run(self) -> Result<Exit> {
        let table = match self.census {
            Census::Y2000 => Table::Census2000,
            Census::Y2020 => Table::Census2020,
            Census::Union => Table::Union,
        };
        let mut checker = Checker::new(self.year.unwrap_or_else(this_year), table);
        let input = read::open(self.file.as_deref())?;
        let ending = self
            .file
            .as_deref()
            .and_then(|file| file.extension())
            .and_then(|ending| ending.to_str());
        match self.format {
            Some(Format::Ndjson) => ndjson(input, &mut checker)?,
            None if matches!(ending, Some("ndjson" | "jsonl" | "json")) => {
                ndjson(input, &mut checker)?
            }
            None if ending == Some("parquet") => {
                bail!("Parquet is not read; write the table as CSV or NDJSON first")
            }
            _ => comma_separated(input, &mut checker)?,
        }
        let report = checker.finish();
        if let Some(path) = &self.html {
            fs::write(path, page(&report).into_string())
                .with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        if self.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            print!("{}", plain(&report));
        }
        Ok(if report.meets {
            Exit::Done
        } else {
            Exit::Findings
        })
    }
}

fn comma_separated(input: impl std::io::Read, checker: &mut Checker) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let names = reader
        .byte_headers()
        .context("cannot read the line of names")?
        .clone();
    let names: Vec<String> = names
        .iter()
        .map(|name| {
            String::from_utf8_lossy(name)
                .trim_start_matches('\u{FEFF}')
                .to_owned()
        })
        .collect();
    let mut row = csv::ByteRecord::new();
    while reader
        .read_byte_record(&mut row)
        .with_context(|| format!("row {} cannot be read", reader.position().line()))?
    {
        for (place, value) in row.iter().enumerate() {
            let value = String::from_utf8_lossy(value);
            match names.get(place) {
                Some(name) => checker.cell(name, &value),
                None => checker.cell(&format!("column {}", place + 1), &value),
            }
        }
        checker.end_row();
    }
    Ok(())
}

fn ndjson(input: impl std::io::Read, checker: &mut Checker) -> Result<()> {
    for (number, line) in BufReader::new(input).split(b'\n').enumerate() {
        let line = line.context("cannot read the input")?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let row: Value = serde_json::from_slice(&line)
            .ok()
            .with_context(|| format!("line {} is not JSON", number + 1))?;
        let mut name = String::new();
        flatten(&row, &mut name, checker);
        checker.end_row();
    }
    Ok(())
}

/// Each value under its path: `address.city`, `phones`.
fn flatten(value: &Value, name: &mut String, checker: &mut Checker) {
    match value {
        Value::Object(fields) => {
            for (field, inner) in fields {
                let len = name.len();
                if len > 0 {
                    name.push('.');
                }
                name.push_str(field);
                flatten(inner, name, checker);
                name.truncate(len);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| flatten(item, name, checker)),
        Value::String(text) => checker.cell(name, text),
        Value::Null => {}
        other => checker.cell(name, &other.to_string()),
    }
}

fn answer(report: &Report) -> &'static str {
    if report.meets {
        "None of the eighteen identifiers was found. Actual knowledge remains to be weighed."
    } else {
        "Identifiers are left: the table does not meet the method."
    }
}

fn plain(report: &Report) -> String {
    let mut out = format!(
        "Safe Harbor check, 45 CFR 164.514(b)(2)\n{} rows, {} columns, ZIP codes by {}\n{}\n\n",
        report.rows,
        report.columns.len(),
        report.zip_table,
        answer(report)
    );
    for column in &report.columns {
        out.push_str(&format!(
            "{:10} {} ({} filled)\n",
            column.verdict.as_str(),
            column.name,
            column.filled
        ));
        for finding in &column.findings {
            out.push_str(&format!(
                "           {}: {}, {} cells; {}\n",
                finding.letter, finding.what, finding.cells, finding.handling
            ));
        }
    }
    for warning in &report.warnings {
        out.push_str(&format!("\nactual knowledge: {warning}"));
    }
    if !report.warnings.is_empty() {
        out.push('\n');
    }
    out
}

/// The report as a page to print and sign.
fn page(report: &Report) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Safe Harbor check" }
                style { "body{font:11pt system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.3rem;text-align:left;vertical-align:top}.sign td{height:2.5rem}" }
            }
            body {
                h1 { "Safe Harbor check" }
                p { "45 CFR 164.514(b)(2). " (report.rows) " rows, " (report.columns.len()) " columns, ZIP codes by " (report.zip_table) "." }
                p { strong { (answer(report)) } }
                h2 { "Columns" }
                table {
                    thead { tr { th { "Column" } th { "Do" } th { "Why" } } }
                    tbody {
                        @for column in &report.columns {
                            tr {
                                td { (column.name) }
                                td { (column.verdict.as_str()) }
                                td {
                                    @for finding in &column.findings {
                                        p { (finding.letter) ": " (finding.what) ", " (finding.cells) " cells; " (finding.handling) "." }
                                    }
                                    @if column.findings.is_empty() {
                                        @if column.verdict == Verdict::Review { "Free text: read a sample." } @else { "Nothing found." }
                                    }
                                }
                            }
                        }
                    }
                }
                h2 { "The eighteen identifiers" }
                table {
                    thead { tr { th { "" } th { "Identifier" } th { "Columns that show it" } } }
                    tbody {
                        @for one in identifier::ALL {
                            tr { td { (one.letter) } td { (one.name) } td { (showing(report, one.letter)) } }
                        }
                    }
                }
                h2 { "Actual knowledge" }
                @if report.warnings.is_empty() { p { "No small group was seen among the columns that people share." } }
                @for warning in &report.warnings { p { (warning) "." } }
                h2 { "Signed" }
                p { "I have no actual knowledge that what is left could be used, alone or with other information, to identify a person." }
                table.sign { tr { td { "Name" } td {} } tr { td { "Role" } td {} } tr { td { "Date" } td {} } tr { td { "Signature" } td {} } }
            }
        }
    }
}

fn showing(report: &Report, letter: char) -> String {
    let names: Vec<&str> = report
        .columns
        .iter()
        .filter(|column| {
            column
                .findings
                .iter()
                .any(|finding| finding.letter == letter)
        })
        .map(|column| column.name.as_str())
        .collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
