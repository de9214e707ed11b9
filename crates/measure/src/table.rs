//! A table of numbers by period, from CSV: every defect is named by column and line.
//!
//! INVARIANT: what stands in a cell is never repeated in a refusal.

use csv::{ReaderBuilder, StringRecord};

use crate::refusal::{Answer, Refusal};

/// A table larger than this is not weekly data.
pub const LARGEST: u64 = 64 << 20;

/// Columns by name, cells as written.
#[derive(Debug, Clone)]
pub struct Table {
    names: Vec<String>,
    rows: Vec<StringRecord>,
}

/// Refuses what is too large to be a table of periods.
///
/// # Errors
///
/// With the size and the limit.
pub fn check_size(bytes: u64) -> Answer<()> {
    if bytes > LARGEST {
        return Err(Refusal::new(
            "too_large",
            format!(
                "the file has more than {} MiB, far more than a table of periods",
                LARGEST >> 20
            ),
            "give one row a period (and region), summed over people and placements",
        ));
    }
    Ok(())
}

impl Table {
    /// Reads CSV with a header; commas, semicolons or tabs.
    ///
    /// # Errors
    ///
    /// When it is too large, empty, not text, or its lines have different lengths.
    pub fn read(bytes: &[u8]) -> Answer<Self> {
        check_size(bytes.len() as u64)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let head = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        let delimiter = [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|d| (head.iter().filter(|b| *b == d).count(), *d == b','))
            .unwrap_or(b',');
        let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
        let unreadable = |error: &csv::Error| {
            let line = error.position().map_or(0, csv::Position::line);
            Refusal::new(
                "unreadable",
                format!(
                    "line {line} cannot be read: its fields differ in number from the header, or it is not UTF-8"
                ),
                "export the table again as CSV with one header line",
            )
        };
        let header = reader.headers().map_err(|e| unreadable(&e))?;
        let names: Vec<String> = header.iter().map(|n| n.trim().to_owned()).collect();
        if let Some(twice) = (1..names.len()).find(|i| names[..*i].contains(&names[*i])) {
            return Err(Refusal::new(
                "column_twice",
                format!("the column `{}` stands twice in the header", names[twice]),
                "give every column its own name",
            ));
        }
        let rows: Vec<StringRecord> = reader
            .records()
            .collect::<Result<_, _>>()
            .map_err(|e| unreadable(&e))?;
        if rows.is_empty() {
            return Err(Refusal::new(
                "empty",
                "the table has no rows",
                "give one row a period below a header line",
            ));
        }
        Ok(Self { names, rows })
    }

    /// The names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows; a table that was read has some.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether a column of this name exists.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|n| n == name)
    }

    /// The cells of a column with their lines.
    ///
    /// # Errors
    ///
    /// When there is no such column; the existing ones are named.
    pub fn text(&self, name: &str) -> Answer<Vec<(u64, &str)>> {
        let at = self.names.iter().position(|n| n == name).ok_or_else(|| {
            let known: Vec<&str> = self.names.iter().take(30).map(String::as_str).collect();
            Refusal::new(
                "no_column",
                format!("there is no column `{name}`"),
                format!("name one of: {}", known.join(", ")),
            )
        })?;
        Ok(self
            .rows
            .iter()
            .map(|row| {
                let line = row.position().map_or(0, csv::Position::line);
                (line, row.get(at).unwrap_or("").trim())
            })
            .collect())
    }

    /// A column as numbers.
    ///
    /// # Errors
    ///
    /// When a cell is empty, not a number, or not finite.
    pub fn numbers(&self, name: &str) -> Answer<Vec<f64>> {
        self.text(name)?
            .into_iter()
            .map(|(line, cell)| number(name, line, cell))
            .collect()
    }
}

fn number(name: &str, line: u64, cell: &str) -> Answer<f64> {
    let lower = cell.to_ascii_lowercase();
    if lower.is_empty() || matches!(lower.as_str(), "na" | "n/a" | "null" | "none" | "-") {
        return Err(Refusal::new(
            "missing_value",
            format!("column `{name}` is empty on line {line}"),
            "fill it in (0 where nothing was spent), or leave the period out at the start or end",
        ));
    }
    match lower.as_str() {
        "true" => return Ok(1.0),
        "false" => return Ok(0.0),
        _ => {}
    }
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(Refusal::new(
            "not_finite",
            format!("column `{name}` holds NaN or infinity on line {line}"),
            "replace it by the number that was measured",
        )),
        Err(_) => Err(Refusal::new(
            "not_a_number",
            format!("column `{name}` does not hold a number on line {line}"),
            "write numbers as 1234.5, without units or thousands separators; turn words into 0 and 1",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> &'static str {
        match Table::read(text.as_bytes()).and_then(|t| t.numbers("y")) {
            Ok(_) => "accepted",
            Err(refusal) => refusal.code,
        }
    }

    #[test]
    fn defects_are_named() {
        assert_eq!(refused("y\n1\n2\n"), "accepted");
        assert_eq!(refused("\u{feff}y;z\n1;2\n"), "accepted");
        assert_eq!(refused("y\n"), "empty");
        assert_eq!(refused(""), "empty");
        assert_eq!(refused("z\n1\n"), "no_column");
        assert_eq!(refused("y,y\n1,2\n"), "column_twice");
        assert_eq!(refused("y,z\n1\n"), "unreadable");
        assert_eq!(refused("y,z\n,1\n"), "missing_value");
        assert_eq!(refused("y,z\nNaN,1\n"), "not_finite");
        assert_eq!(refused("y,z\n-inf,1\n"), "not_finite");
        assert_eq!(refused("y,z\n1e999,1\n"), "not_finite");
        assert_eq!(refused("y,z\n\"1,234\",1\n"), "not_a_number");
    }

    #[test]
    fn a_refusal_names_the_line_and_not_the_content() {
        let table = Table::read(b"y\n1\nJane Example\n").unwrap();
        let refusal = table.numbers("y").unwrap_err().to_string();
        assert!(refusal.contains("line 3"), "{refusal}");
        assert!(!refusal.contains("Jane"), "{refusal}");
    }

    #[test]
    fn a_file_of_two_gigabytes_is_refused_by_its_size() {
        assert_eq!(check_size(2 << 30).unwrap_err().code, "too_large");
    }
}
