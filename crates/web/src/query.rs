//! The address of a list page: filters, sort order and place live in the URL.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// The path and query of the page being shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads a path and its query; empty values count as absent.
    #[must_use]
    pub fn parse(path: &str, query: &str) -> Self {
        let pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
        let pairs = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Self {
            path: path.to_owned(),
            pairs,
        }
    }

    /// The first value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// The page asked for, counted from one.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.get("page")
            .and_then(|page| page.parse().ok())
            .filter(|page| *page > 0)
            .unwrap_or(1)
    }

    /// The same page with one value changed. A changed filter or order starts at the first page.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut query = self.without(name);
        if !matches!(name, "page" | "after" | "before") {
            query = query.without("page").without("after").without("before");
        }
        query.with_in(name, value)
    }

    /// The same with one pair added, whatever is there.
    #[must_use]
    pub fn with_in(mut self, name: &str, value: &str) -> String {
        self.pairs.push((name.to_owned(), value.to_owned()));
        self.href()
    }

    /// The same without this name.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let pairs = self
            .pairs
            .iter()
            .filter(|(n, _)| n != name)
            .cloned()
            .collect();
        Self {
            path: self.path.clone(),
            pairs,
        }
    }

    /// The address.
    #[must_use]
    pub fn href(&self) -> String {
        match serde_html_form::to_string(&self.pairs) {
            Ok(query) if !query.is_empty() => format!("{}?{query}", self.path),
            _ => self.path.clone(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(
            parts.uri.path(),
            parts.uri.query().unwrap_or_default(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_filter_starts_at_the_first_page() {
        let query = Query::parse("/ledger", "kind=a&page=3&empty=");
        assert_eq!(query.page(), 3);
        assert_eq!(query.with("kind", "b c"), "/ledger?kind=b+c");
        assert_eq!(query.with("page", "4"), "/ledger?kind=a&page=4");
        assert_eq!(query.without("kind").without("page").href(), "/ledger");
        assert_eq!(query.get("empty"), None);
    }
}
