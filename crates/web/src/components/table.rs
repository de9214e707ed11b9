//! Data tables: a caption, sorted and paged by the address of the page.

use maud::{Markup, PreEscaped, html};

use crate::query::Query;

/// A table under construction.
pub struct Table<'a> {
    caption: &'a str,
    columns: Vec<Column<'a>>,
    rows: Vec<Markup>,
}

struct Column<'a> {
    label: &'a str,
    sort: Option<&'a str>,
    is_number: bool,
}

impl<'a> Table<'a> {
    /// A table that says what it shows.
    #[must_use]
    pub fn new(caption: &'a str) -> Self {
        Self {
            caption,
            columns: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// A column.
    #[must_use]
    pub fn column(mut self, label: &'a str) -> Self {
        self.columns.push(Column {
            label,
            sort: None,
            is_number: false,
        });
        self
    }

    /// A column of numbers; its cells are `td.number`.
    #[must_use]
    pub fn number(mut self, label: &'a str) -> Self {
        self.columns.push(Column {
            label,
            sort: None,
            is_number: true,
        });
        self
    }

    /// A column that the page can be sorted by: `?sort=name`, `?sort=-name`.
    #[must_use]
    pub fn sorted(mut self, label: &'a str, sort: &'a str) -> Self {
        self.columns.push(Column {
            label,
            sort: Some(sort),
            is_number: false,
        });
        self
    }

    /// Adds a row: the cells of one `tr`, the first as `th scope="row"` when it names the row.
    #[must_use]
    pub fn row(mut self, cells: Markup) -> Self {
        self.rows.push(cells);
        self
    }

    /// Adds many rows.
    #[must_use]
    pub fn rows(mut self, rows: impl IntoIterator<Item = Markup>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// The finished table; `query` is the page's address, which the sort links change.
    #[must_use]
    pub fn render(&self, query: &Query) -> Markup {
        html! {
            div.scroll role="region" aria-label=(self.caption) tabindex="0" {
                table.cards role="table" {
                    caption { (self.caption) }
                    thead role="rowgroup" { tr role="row" { @for column in &self.columns { (head(column, query)) } } }
                    tbody role="rowgroup" { @for row in &self.rows { tr role="row" { (self.labelled(row)) } } }
                }
            }
        }
    }

    /// The cells of a row, each with the label of its column: on a phone a row is a card, and a
    /// table that is laid out as cards keeps its roles only when they are said.
    fn labelled(&self, row: &Markup) -> Markup {
        let mut labels = self.columns.iter().map(|column| column.label);
        let mut out = String::with_capacity(row.0.len() + 40 * self.columns.len());
        let mut rest = row.0.as_str();
        while let Some((at, role)) = next_cell(rest) {
            let (before, after) = rest.split_at(at + "<td".len());
            out.push_str(before);
            let label = html! { (labels.next().unwrap_or_default()) }.into_string();
            out.push_str(&format!(" role=\"{role}\" data-label=\"{label}\""));
            rest = after;
        }
        out.push_str(rest);
        PreEscaped(out)
    }
}

/// Where the next cell begins, and its role.
fn next_cell(html: &str) -> Option<(usize, &'static str)> {
    let cell = |tag: &str, role| {
        let ends = |at: &usize| {
            let after = html.as_bytes().get(at + tag.len());
            after.is_some_and(|byte| matches!(byte, b' ' | b'>'))
        };
        let found = html.match_indices(tag).map(|(at, _)| at).find(ends);
        found.map(|at| (at, role))
    };
    [cell("<td", "cell"), cell("<th", "rowheader")]
        .into_iter()
        .flatten()
        .min()
}

fn head(column: &Column<'_>, query: &Query) -> Markup {
    let class = column.is_number.then_some("number");
    let Some(name) = column.sort else {
        return html! { th role="columnheader" scope="col" class=[class] { (column.label) } };
    };
    let (now, next, mark) = match query.get("sort") {
        Some(sort) if sort == name => (Some("ascending"), format!("-{name}"), " ↑"),
        Some(sort) if sort.strip_prefix('-') == Some(name) => {
            (Some("descending"), name.to_owned(), " ↓")
        }
        _ => (None, name.to_owned(), ""),
    };
    html! {
        th role="columnheader" scope="col" class=[class] aria-sort=[now] {
            a href=(query.with("sort", &next)) {
                (column.label)
                span aria-hidden="true" { (mark) }
            }
        }
    }
}

/// Links to the page before and after, by cursor: `?after=…`, `?before=…`.
pub fn pages(query: &Query, shown: &str, before: Option<&str>, after: Option<&str>) -> Markup {
    html! {
        nav.pages aria-label="Pages" {
            span { (shown) }
            span.row {
                @if let Some(cursor) = before {
                    a class="button quiet" rel="prev" href=(query.without("after").with_in("before", cursor)) { "Newer" }
                }
                @if let Some(cursor) = after {
                    a class="button quiet" rel="next" href=(query.without("before").with_in("after", cursor)) { "Older" }
                }
            }
        }
    }
}

/// The rows of the page asked for, and how many there are in all.
pub fn one_page<T>(query: &Query, all: Vec<T>, per_page: u64) -> (Vec<T>, u64) {
    let n_rows = all.len() as u64;
    let skip = query.page().saturating_sub(1).saturating_mul(per_page);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let take = usize::try_from(per_page).unwrap_or(usize::MAX);
    (all.into_iter().skip(skip).take(take).collect(), n_rows)
}

/// Links to numbered pages: `?page=2`.
pub fn numbered_pages(query: &Query, page: u64, n_rows: u64, per_page: u64) -> Markup {
    let last = n_rows.div_ceil(per_page.max(1)).max(1);
    html! {
        nav.pages aria-label="Pages" {
            span { "Page " (super::number(page)) " of " (super::number(last)) ", " (super::number(n_rows)) " in all" }
            span.row {
                @if page > 1 {
                    a class="button quiet" rel="prev" href=(query.with("page", &(page - 1).to_string())) { "Previous" }
                }
                @if page < last {
                    a class="button quiet" rel="next" href=(query.with("page", &(page + 1).to_string())) { "Next" }
                }
            }
        }
    }
}

/// A filter form: a `GET` whose fields become the page's address.
pub fn filters(action: &str, fields: &Markup) -> Markup {
    html! {
        form.filters method="get" action=(action) role="search" {
            (fields)
            button.quiet { "Filter" }
        }
    }
}
