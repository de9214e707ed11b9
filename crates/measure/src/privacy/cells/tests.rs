#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::*;
use crate::linear::{Square, solve_general};

/// Whether any hidden cell is determined by the shown ones, by linear algebra: an unknown is
/// determined when its unit vector lies in the row space of the equations.
fn determined(grid: &Grid) -> Option<(usize, usize)> {
    let (rows, columns) = (grid.cells.len(), grid.cells[0].len());
    let unknown: Vec<(usize, usize)> = (0..rows)
        .flat_map(|r| (0..columns).map(move |c| (r, c)))
        .filter(|(r, c)| grid.cells[*r][*c] == Cell::Hidden)
        .collect();
    let n = unknown.len();
    let mut equations: Vec<Vec<f64>> = Vec::new();
    for r in 0..rows {
        equations.push(
            unknown
                .iter()
                .map(|(i, j)| {
                    if *i == r {
                        if *j == columns - 1 { -1.0 } else { 1.0 }
                    } else {
                        0.0
                    }
                })
                .collect(),
        );
    }
    for c in 0..columns {
        equations.push(
            unknown
                .iter()
                .map(|(i, j)| {
                    if *j == c {
                        if *i == rows - 1 { -1.0 } else { 1.0 }
                    } else {
                        0.0
                    }
                })
                .collect(),
        );
    }
    // Ridge projection: P = A'(AA' + e)^-1 A; determined when P e_k = e_k.
    let m = equations.len();
    let mut gram = Square::identity(m);
    for i in 0..m {
        for j in 0..m {
            let product: f64 = equations[i]
                .iter()
                .zip(&equations[j])
                .map(|(a, b)| a * b)
                .sum();
            gram.at[i * m + j] = product + if i == j { 1e-9 } else { 0.0 };
        }
    }
    (0..n).find_map(|k| {
        let column: Vec<f64> = equations.iter().map(|e| e[k]).collect();
        let solved = solve_general(gram.clone(), column.clone()).unwrap();
        let along: f64 = column.iter().zip(&solved).map(|(a, b)| a * b).sum();
        (along > 1.0 - 1e-6).then_some(unknown[k])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_small_count_is_shown_or_follows_from_the_rest(
        counts in (1usize..6, 1usize..6).prop_flat_map(|(r, c)| {
            let count = prop_oneof![Just(0u64), 1u64..11, 11u64..400];
            prop::collection::vec(prop::collection::vec(count, c), r)
        })
    ) {
        let grid = protect(&counts, DEFAULT_LEAST);
        for row in &grid.cells {
            for cell in row {
                if let Cell::Shown(count) = cell {
                    prop_assert!(*count == 0 || *count >= DEFAULT_LEAST);
                }
            }
        }
        // A 1 x 1 table repeats its count as three totals, all hidden or all shown.
        if counts.len() > 1 && counts[0].len() > 1 {
            let found = determined(&grid);
            let everything = grid.cells.iter().flatten().all(|c| matches!(c, Cell::Hidden | Cell::Shown(0)));
            prop_assert!(found.is_none() || everything, "{found:?} of {counts:?} in {grid:?}");
        }
    }
}

#[test]
fn one_small_cell_takes_three_more_with_it() {
    let grid = protect(&[vec![100, 5, 60], vec![40, 80, 90], vec![70, 30, 50]], 11);
    let hidden: Vec<(usize, usize)> = (0..4)
        .flat_map(|r| (0..4).map(move |c| (r, c)))
        .filter(|(r, c)| grid.cells[*r][*c] == Cell::Hidden)
        .collect();
    assert_eq!(hidden.len(), 4, "{hidden:?}");
    assert!(hidden.contains(&(0, 1)));
    assert!(hidden.iter().all(|(r, c)| *r < 3 && *c < 3), "totals stay");
}

#[test]
fn a_table_without_small_cells_is_shown_whole() {
    let grid = protect(&[vec![0, 50], vec![11, 20]], 11);
    assert!(grid.cells.iter().flatten().all(|c| *c != Cell::Hidden));
    assert_eq!(grid.cells[2][2], Cell::Shown(81));
}

#[test]
fn a_list_hides_a_second_entry_or_its_total() {
    let (list, total) = protect_list(&[3, 40, 20, 0], 11);
    assert_eq!(
        list,
        [Cell::Hidden, Cell::Shown(40), Cell::Hidden, Cell::Shown(0)]
    );
    assert_eq!(total, Cell::Shown(63));
    assert_eq!(protect_list(&[3, 0], 11).1, Cell::Hidden);
    assert_eq!(
        protect_list(&[3, 4], 11).1,
        Cell::Hidden,
        "7 is small itself"
    );
}

/// Two small counts hide each other and are together still too few: OH 100, MI 2, PA 1.
#[test]
fn what_is_hidden_together_is_not_so_few_either() {
    let weeks = vec![vec![100, 100, 100], vec![2, 2, 2], vec![1, 1, 1]];
    let grid = protect(&weeks, 11);
    for column in 0..3 {
        let total = &grid.cells[3][column];
        let ohio = &grid.cells[0][column];
        assert!(
            *total == Cell::Hidden || *ohio == Cell::Hidden,
            "week {column}: all less Ohio is three"
        );
    }
    let (list, total) = protect_list(&[100, 2, 1], 11);
    assert!(total == Cell::Hidden || list[0] == Cell::Hidden);
    let (list, total) = protect_list(&[100, 30, 2, 1], 11);
    assert_eq!(
        list,
        [Cell::Shown(100), Cell::Hidden, Cell::Hidden, Cell::Hidden]
    );
    assert_eq!(total, Cell::Shown(133));
}
