//! What a form of many fields sent, by name.

use placet_app::FieldProblem;
use serde::Deserialize;

/// The fields of a form, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Sent(pub Vec<(String, String)>);

impl Sent {
    /// The first value of this name, trimmed; empty when there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value.trim())
    }

    /// Every value of this name.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(n, value)| n == name && !value.trim().is_empty())
            .map(|(_, value)| value.trim().to_owned())
            .collect()
    }

    /// Whether one of the values of this name is this.
    #[must_use]
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(n, v)| n == name && v == value)
    }

    /// What stands between commas.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.get(name)
            .split([',', ';', '\n'])
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    }

    /// A number; `default` when nothing was typed.
    ///
    /// # Errors
    ///
    /// When what was typed is no number.
    pub fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T, FieldProblem> {
        Ok(self.optional(name)?.unwrap_or(default))
    }

    /// A number, if one was typed; spaces and commas between digits do not matter.
    ///
    /// # Errors
    ///
    /// When what was typed is no number.
    pub fn optional<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, FieldProblem> {
        let typed: String = self
            .get(name)
            .chars()
            .filter(|c| !matches!(c, ' ' | ',' | '\u{a0}' | '\u{202f}'))
            .collect();
        if typed.is_empty() {
            return Ok(None);
        }
        typed
            .parse()
            .map(Some)
            .map_err(|_| problem(name, "give a number"))
    }

    /// The same with one value more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A field that cannot be used.
#[must_use]
pub fn problem(field: &str, says: &str) -> FieldProblem {
    FieldProblem {
        field: field.to_owned(),
        problem: says.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn fields_are_found_by_name_and_numbers_read_as_people_write_them() {
        let pairs = [
            ("a", " x "),
            ("b", "1"),
            ("b", "2"),
            ("n", "1,200"),
            ("m", "many"),
            ("l", "north, south,\n east"),
        ];
        let sent = Sent(
            pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
        );
        assert_eq!(sent.get("a"), "x");
        assert_eq!(sent.all("b"), ["1", "2"]);
        assert_eq!(sent.number::<f64>("n", 0.0), Ok(1200.0));
        assert_eq!(sent.number::<u32>("none", 7), Ok(7));
        assert_eq!(sent.optional::<u32>("m").unwrap_err().field, "m");
        assert_eq!(sent.list("l"), ["north", "south", "east"]);
    }
}
