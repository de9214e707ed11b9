//! Small cells: counts of 1 to 10 are neither shown nor derivable from totals.
//!
//! A table with its totals is a set of equations, one a row and one a column. Hidden cells are
//! the edges of a graph between rows and columns (the totals' row and column among them): a cell
//! follows from the others exactly when its edge lies on no cycle. So cells are hidden until
//! every hidden edge lies on one, and until none can be squeezed out by counts not being negative.
//!
//! INVARIANT: percentages are to be computed from shown cells alone.

use std::collections::BTreeSet;

use serde::Serialize;

/// The threshold the rules of thumb agree on: below it a count is small.
pub const DEFAULT_LEAST: u64 = 11;

/// What is shown of one count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// The count.
    Shown(u64),
    /// Hidden: small, or needed to hide a small one.
    Hidden,
}

impl Serialize for Cell {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Shown(count) => serializer.serialize_u64(*count),
            Self::Hidden => serializer.serialize_none(),
        }
    }
}

impl Cell {
    /// The count, when it is shown.
    #[must_use]
    pub fn count(self) -> Option<u64> {
        match self {
            Self::Shown(count) => Some(count),
            Self::Hidden => None,
        }
    }
}

/// A protected table: rows by columns, the last row and column being totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grid {
    /// Cells by row, then column.
    pub cells: Vec<Vec<Cell>>,
}

/// Protects a table of counts; adds totals.
///
/// Zero may be shown. `least` is the smallest count that may be.
#[must_use]
pub fn protect(counts: &[Vec<u64>], least: u64) -> Grid {
    let table = with_totals(counts);
    let mut hidden: Vec<Vec<bool>> = table
        .iter()
        .map(|row| row.iter().map(|c| *c > 0 && *c < least).collect())
        .collect();
    while let Some((r, c)) = exposed(&table, &hidden, least) {
        if !complement(&table, &mut hidden, r, c) {
            // Nothing is left to hide behind: hide everything that is not zero.
            for (row, marks) in table.iter().zip(&mut hidden) {
                for (count, mark) in row.iter().zip(marks) {
                    *mark = *count > 0;
                }
            }
            break;
        }
    }
    let cells = table
        .iter()
        .zip(&hidden)
        .map(|(row, marks)| {
            row.iter()
                .zip(marks)
                .map(|(count, mark)| {
                    if *mark {
                        Cell::Hidden
                    } else {
                        Cell::Shown(*count)
                    }
                })
                .collect()
        })
        .collect();
    Grid { cells }
}

fn with_totals(counts: &[Vec<u64>]) -> Vec<Vec<u64>> {
    let width = counts.iter().map(Vec::len).max().unwrap_or(0);
    let mut table: Vec<Vec<u64>> = counts
        .iter()
        .map(|row| {
            let mut row = row.clone();
            row.resize(width, 0);
            row.push(row.iter().sum());
            row
        })
        .collect();
    let bottom = (0..=width)
        .map(|c| table.iter().map(|row| row[c]).sum())
        .collect();
    table.push(bottom);
    table
}

/// A hidden cell that follows from what is shown, or that is hidden in too small a sum.
fn exposed(table: &[Vec<u64>], hidden: &[Vec<bool>], least: u64) -> Option<(usize, usize)> {
    let rows = table.len();
    let columns = table.first().map_or(0, Vec::len);
    let bridges = bridges(hidden);
    let sums = HiddenSums::of(table, hidden);
    (0..rows)
        .flat_map(|r| (0..columns).map(move |c| (r, c)))
        .find(|(r, c)| {
            let known = bridges.contains(&(*r, *c));
            hidden[*r][*c] && (known || sums.squeeze(table, hidden, least, (*r, *c)))
        })
}

/// The hidden cells that lie on no cycle: no other way of hidden cells leads from their row to
/// their column (Tarjan 1974).
fn bridges(hidden: &[Vec<bool>]) -> BTreeSet<(usize, usize)> {
    const UNSEEN: usize = usize::MAX;
    let rows = hidden.len();
    let columns = hidden.first().map_or(0, Vec::len);
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); rows + columns];
    for (r, marks) in hidden.iter().enumerate() {
        for (c, _) in marks.iter().enumerate().filter(|(_, mark)| **mark) {
            next[r].push(rows + c);
            next[rows + c].push(r);
        }
    }
    let mut found = BTreeSet::new();
    let mut order = vec![UNSEEN; rows + columns];
    let mut low = vec![UNSEEN; rows + columns];
    let mut n_seen = 0;
    for root in 0..rows + columns {
        if order[root] != UNSEEN {
            continue;
        }
        // A node, whence it was reached, and how many of its neighbours were looked at.
        let mut path = vec![(root, UNSEEN, 0)];
        (order[root], low[root]) = (n_seen, n_seen);
        n_seen += 1;
        while let Some((node, from, at)) = path.pop() {
            let Some(to) = next[node].get(at).copied() else {
                if from != UNSEEN {
                    low[from] = low[from].min(low[node]);
                    if low[node] > order[from] {
                        found.insert((node.min(from), node.max(from) - rows));
                    }
                }
                continue;
            };
            path.push((node, from, at + 1));
            if to == from {
                continue;
            }
            if order[to] == UNSEEN {
                (order[to], low[to]) = (n_seen, n_seen);
                n_seen += 1;
                path.push((to, node, 0));
            } else {
                low[node] = low[node].min(order[to]);
            }
        }
    }
    found
}

/// What the hidden cells of each line come to, totals left out.
struct HiddenSums {
    rows: Vec<u64>,
    columns: Vec<u64>,
}

impl HiddenSums {
    fn of(table: &[Vec<u64>], hidden: &[Vec<bool>]) -> Self {
        let (last_row, last_column) = ends(table);
        let count = |r: usize, c: usize| if hidden[r][c] { table[r][c] } else { 0 };
        Self {
            rows: (0..last_row)
                .map(|r| (0..last_column).map(|c| count(r, c)).sum())
                .collect(),
            columns: (0..last_column)
                .map(|c| (0..last_row).map(|r| count(r, c)).sum())
                .collect(),
        }
    }

    /// Whether the hidden counts of a line are so small together that they leave no room: a
    /// reader who knows the line's hidden sum knows that each is at most that, and the sum itself
    /// is a count of so few.
    fn squeeze(
        &self,
        table: &[Vec<u64>],
        hidden: &[Vec<bool>],
        least: u64,
        (r, c): (usize, usize),
    ) -> bool {
        let (last_row, last_column) = ends(table);
        if r == last_row || c == last_column {
            return false;
        }
        // The sum of a line's hidden parts is known when the line's total is shown.
        let gives_away = |sum: u64| sum == table[r][c] || sum < least;
        let in_row = !hidden[r][last_column] && gives_away(self.rows[r]);
        let in_column = !hidden[last_row][c] && gives_away(self.columns[c]);
        in_row || in_column
    }
}

/// The row and the column of the totals.
fn ends(table: &[Vec<u64>]) -> (usize, usize) {
    let columns = table.first().map_or(0, Vec::len);
    (table.len().saturating_sub(1), columns.saturating_sub(1))
}

/// Hides what is cheapest to close a cycle through this cell: the other three corners of a
/// rectangle. Totals cost more, so that they are kept where possible.
fn complement(table: &[Vec<u64>], hidden: &mut [Vec<bool>], r: usize, c: usize) -> bool {
    let rows = table.len();
    let columns = table.first().map_or(0, Vec::len);
    let cost = |hidden: &[Vec<bool>], i: usize, j: usize| -> Option<u64> {
        if hidden[i][j] {
            return Some(0);
        }
        if table[i][j] == 0 {
            return None;
        }
        let is_total = u64::from(i == rows - 1) + u64::from(j == columns - 1);
        Some(table[i][j] + is_total * 1_000_000_000)
    };
    let mut best: Option<(u64, usize, usize)> = None;
    for i in (0..rows).filter(|i| *i != r) {
        for j in (0..columns).filter(|j| *j != c) {
            let all = [cost(hidden, i, c), cost(hidden, r, j), cost(hidden, i, j)];
            let Some(total) = all.into_iter().sum::<Option<u64>>() else {
                continue;
            };
            // A rectangle that is hidden already did not help: it changes nothing.
            if total > 0 && best.is_none_or(|b| total < b.0) {
                best = Some((total, i, j));
            }
        }
    }
    let Some((_, i, j)) = best else { return false };
    hidden[i][c] = true;
    hidden[r][j] = true;
    hidden[i][j] = true;
    true
}

/// Protects a list whose total is shown: no entry follows from the total and the others, nor how few
/// the hidden ones are together.
#[must_use]
pub fn protect_list(counts: &[u64], least: u64) -> (Vec<Cell>, Cell) {
    let total: u64 = counts.iter().sum();
    let mut hidden: Vec<bool> = counts.iter().map(|c| *c > 0 && *c < least).collect();
    let mut shown_total = total == 0 || total >= least;
    // The total and the others tell what is hidden together: more than one, and not so few.
    while shown_total {
        let of_hidden = counts.iter().zip(&hidden).filter(|(_, h)| **h);
        let (n, sum) = of_hidden.fold((0, 0), |(n, sum), (c, _)| (n + 1, sum + c));
        if n == 0 || (n > 1 && sum >= least) {
            break;
        }
        let next = (0..counts.len())
            .filter(|i| !hidden[*i] && counts[*i] > 0)
            .min_by_key(|i| counts[*i]);
        match next {
            Some(i) => hidden[i] = true,
            None => shown_total = false,
        }
    }
    let cell = |is_shown: bool, count: u64| {
        if is_shown {
            Cell::Shown(count)
        } else {
            Cell::Hidden
        }
    };
    let list = counts
        .iter()
        .zip(&hidden)
        .map(|(c, h)| cell(!h, *c))
        .collect();
    (list, cell(shown_total, total))
}

#[cfg(test)]
mod tests;
