//! The report of a check, as it is kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was found in a table: names of columns, counts and verdicts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// How many rows.
    pub rows: u64,
    /// Which census table was used for ZIP codes.
    pub zip_table: String,
    /// Whether none of the eighteen identifiers is left.
    pub meets: bool,
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// What may give actual knowledge that a person could be identified.
    pub warnings: Vec<String>,
}

/// One column.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Cells with something in them.
    pub filled: u64,
    /// `keep`, `review`, `generalize` or `remove`.
    pub verdict: String,
    /// Why.
    pub findings: Vec<Finding>,
}

/// One reason against a column.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// The identifier, by its letter in 45 CFR 164.514(b)(2)(i).
    pub letter: char,
    /// How many cells show it; 0 when the name of the column does.
    pub cells: u64,
    /// What was seen.
    pub what: String,
    /// What the method wants done.
    pub handling: String,
}

impl Report {
    /// Reads a kept report; none when it is no longer one.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The columns that show an identifier.
    pub fn showing(&self, letter: char) -> String {
        let names: Vec<&str> = self
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
}
