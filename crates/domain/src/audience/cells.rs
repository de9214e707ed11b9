//! Small cells: which counts of a waterfall may be shown to whom.
//!
//! A count under [`SMALL`] can point at somebody. Whoever may not see small cells gets "fewer than
//! 11", enough other counts withheld that no small one follows by subtraction, and the rest to the
//! full ten, so that two counts taken from each other do not point at somebody either.

use super::Waterfall;

/// Counts below this are small (0 is not: it points at nobody).
pub const SMALL: u64 = 11;

/// A count as one reader may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The number itself.
    Exact(u64),
    /// The number, rounded down to a full ten.
    Rounded(u64),
    /// Fewer than [`SMALL`].
    Few,
    /// Kept back, so that a small one cannot be computed from the rest.
    Withheld,
}

impl Shown {
    /// One count by itself.
    #[must_use]
    pub fn alone(n: u64, sees_small: bool) -> Self {
        if sees_small || n == 0 {
            Self::Exact(n)
        } else if n >= SMALL {
            Self::Rounded(rounded(n))
        } else {
            Self::Few
        }
    }

    /// How many a filter finds: that it finds nobody can point at somebody, too.
    #[must_use]
    pub fn found(n: u64, sees_small: bool) -> Self {
        if n == 0 && !sees_small {
            Self::Few
        } else {
            Self::alone(n, sees_small)
        }
    }

    /// The words shown to people.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Exact(n) | Self::Rounded(n) => n.to_string(),
            Self::Few => format!("fewer than {SMALL}"),
            Self::Withheld => "withheld".to_owned(),
        }
    }

    /// The number, when one may be shown.
    #[must_use]
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Exact(n) | Self::Rounded(n) => Some(n),
            Self::Few | Self::Withheld => None,
        }
    }
}

/// Down to the full ten.
#[must_use]
pub fn rounded(n: u64) -> u64 {
    n / 10 * 10
}

/// A waterfall as one reader may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownWaterfall {
    /// Whom the filter found.
    pub matched: Shown,
    /// Per bar of the waterfall, in its order: stopped first, and stopped at all.
    pub bars: Vec<(Shown, Shown)>,
    /// Who is left.
    pub permitted: Shown,
}

/// What somebody may see of a waterfall.
#[must_use]
pub fn shown(waterfall: &Waterfall, sees_small: bool) -> ShownWaterfall {
    let matched = Shown::found(waterfall.n_matched, sees_small);
    let parts: Vec<u64> = waterfall
        .bars
        .iter()
        .map(|bar| bar.n_first)
        .chain([waterfall.n_permitted])
        .collect();
    let parts = protect(&parts, matched, sees_small);
    // A rule's own total says how many of the matched fit it and how many do not.
    let total = |n: u64| match Shown::alone(n, sees_small) {
        _ if !sees_small && is_small(waterfall.n_matched.saturating_sub(n)) => Shown::Withheld,
        shown if matched.number().is_some() => shown,
        _ => Shown::Withheld,
    };
    let permitted = parts.last().copied().unwrap_or(Shown::Withheld);
    let bars = waterfall
        .bars
        .iter()
        .zip(&parts)
        .map(|(bar, first)| {
            let total = if *first == Shown::Withheld {
                Shown::Withheld
            } else {
                total(bar.n_total)
            };
            (*first, total)
        })
        .collect();
    ShownWaterfall {
        matched,
        bars,
        permitted,
    }
}

fn is_small(n: u64) -> bool {
    (1..SMALL).contains(&n)
}

/// Hides small parts of a sum, and as many further parts (the smallest first) as it takes for the
/// hidden ones to be at least two and at least [`SMALL`] together.
fn protect(parts: &[u64], sum: Shown, sees_small: bool) -> Vec<Shown> {
    let mut shown: Vec<Shown> = parts.iter().map(|n| Shown::alone(*n, sees_small)).collect();
    if sees_small {
        return shown;
    }
    if sum.number().is_none() {
        return vec![Shown::Withheld; parts.len()];
    }
    if shown.iter().all(|part| part.number().is_some()) {
        return shown;
    }
    loop {
        let hidden = || {
            shown
                .iter()
                .zip(parts)
                .filter(|(part, _)| part.number().is_none())
        };
        let (n_hidden, sum_hidden) = (hidden().count(), hidden().map(|(_, n)| n).sum::<u64>());
        if n_hidden >= 2 && sum_hidden >= SMALL {
            return shown;
        }
        let smallest = shown
            .iter_mut()
            .zip(parts)
            .filter(|(part, n)| part.number().is_some() && **n > 0)
            .min_by_key(|(_, n)| **n);
        match smallest {
            Some((part, _)) => *part = Shown::Withheld,
            None => return shown,
        }
    }
}
