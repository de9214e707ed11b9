//! The difference between two versions, line by line and, inside changed lines, word by word.

#[cfg(test)]
mod tests;

/// Beyond this many cells the comparison says "all replaced" instead of working for long.
const MAX_CELLS: usize = 4_000_000;

/// One row of a side-by-side comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row<'a> {
    /// The same on both sides.
    Same(&'a str),
    /// Only in the old version.
    Removed(&'a str),
    /// Only in the new version.
    Added(&'a str),
    /// Changed: the words of the old line and of the new one, each with whether it is shared.
    Changed(Vec<Word<'a>>, Vec<Word<'a>>),
}

/// A word (or the space between words) of a changed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// The characters.
    pub text: &'a str,
    /// Whether the other side has it too.
    pub is_shared: bool,
}

/// Compares two texts line by line.
#[must_use]
pub fn lines<'a>(old: &'a str, new: &'a str) -> Vec<Row<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut rows = Vec::new();
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for step in steps(&old, &new) {
        match step {
            Step::Same(line) => {
                flush(&mut rows, &mut removed, &mut added);
                rows.push(Row::Same(line));
            }
            Step::Removed(line) => removed.push(line),
            Step::Added(line) => added.push(line),
        }
    }
    flush(&mut rows, &mut removed, &mut added);
    rows
}

/// Pairs removed with added lines in order; what is left over stands alone.
fn flush<'a>(rows: &mut Vec<Row<'a>>, removed: &mut Vec<&'a str>, added: &mut Vec<&'a str>) {
    let pairs = removed.len().min(added.len());
    let (mut old, mut new) = (removed.drain(..), added.drain(..));
    for (old, new) in old.by_ref().take(pairs).zip(new.by_ref()) {
        let (old, new) = words(old, new);
        rows.push(Row::Changed(old, new));
    }
    rows.extend(old.map(Row::Removed));
    rows.extend(new.map(Row::Added));
}

/// Compares two lines word by word.
#[must_use]
pub fn words<'a>(old: &'a str, new: &'a str) -> (Vec<Word<'a>>, Vec<Word<'a>>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for step in steps(&split(old), &split(new)) {
        match step {
            Step::Same(text) => {
                left.push(Word {
                    text,
                    is_shared: true,
                });
                right.push(Word {
                    text,
                    is_shared: true,
                });
            }
            Step::Removed(text) => left.push(Word {
                text,
                is_shared: false,
            }),
            Step::Added(text) => right.push(Word {
                text,
                is_shared: false,
            }),
        }
    }
    (left, right)
}

/// Words and the runs of white space between them.
fn split(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let is_space = first.is_whitespace();
        let end = rest
            .find(|c: char| c.is_whitespace() != is_space)
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

enum Step<'a> {
    Same(&'a str),
    Removed(&'a str),
    Added(&'a str),
}

/// A shortest way from `old` to `new`, by the longest common subsequence.
fn steps<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Step<'a>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (same, old) = old.split_at(head);
    let new = new.get(head..).unwrap_or_default();
    let mut steps: Vec<Step<'a>> = same.iter().copied().map(Step::Same).collect();
    let width = new.len() + 1;
    if (old.len() + 1).saturating_mul(width) > MAX_CELLS {
        steps.extend(old.iter().copied().map(Step::Removed));
        steps.extend(new.iter().copied().map(Step::Added));
        return steps;
    }
    // `longest[i * width + j]`: the longest common part of old[i..] and new[j..].
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    let at = |cells: &[u32], i: usize, j: usize| cells.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let value = if a == b {
                at(&longest, i + 1, j + 1) + 1
            } else {
                at(&longest, i + 1, j).max(at(&longest, i, j + 1))
            };
            if let Some(cell) = longest.get_mut(i * width + j) {
                *cell = value;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => {
                steps.push(Step::Same(a));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || at(&longest, i + 1, j) >= at(&longest, i, j + 1) => {
                steps.push(Step::Removed(a));
                i += 1;
            }
            (_, Some(b)) => {
                steps.push(Step::Added(b));
                j += 1;
            }
            _ => return steps,
        }
    }
}
