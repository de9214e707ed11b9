//! Small cells: which counts of a waterfall may be shown to whom.
//!
//! A count under [`SMALL`] can point at somebody. Whoever may not see small cells gets "fewer than
//! 11", and enough other counts withheld that no small one follows by subtraction.

use super::Waterfall;

/// Counts below this are small (0 is not: it points at nobody).
pub const SMALL: u64 = 11;

/// A count as one reader may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The number itself.
    Exact(u64),
    /// One of 1 to 10.
    Few,
    /// Kept back, so that a small one cannot be computed from the rest.
    Withheld,
}

impl Shown {
    /// One count by itself.
    #[must_use]
    pub fn alone(n: u64, sees_small: bool) -> Self {
        if sees_small || n == 0 || n >= SMALL {
            Self::Exact(n)
        } else {
            Self::Few
        }
    }

    /// The words shown to people.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Exact(n) => n.to_string(),
            Self::Few => format!("fewer than {SMALL}"),
            Self::Withheld => "withheld".to_owned(),
        }
    }

    /// The number, when it may be shown.
    #[must_use]
    pub fn exact(self) -> Option<u64> {
        match self {
            Self::Exact(n) => Some(n),
            Self::Few | Self::Withheld => None,
        }
    }
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
    let matched = Shown::alone(waterfall.n_matched, sees_small);
    let parts: Vec<u64> = waterfall
        .bars
        .iter()
        .map(|bar| bar.n_first)
        .chain([waterfall.n_permitted])
        .collect();
    let parts = protect(&parts, matched, sees_small);
    // A rule's own total says how many of the matched fit it and how many do not.
    let total = |n: u64| match Shown::alone(n, sees_small) {
        Shown::Exact(n) if !sees_small && is_small(waterfall.n_matched.saturating_sub(n)) => {
            Shown::Withheld
        }
        shown if matched.exact().is_some() => shown,
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
    if sum.exact().is_none() {
        return vec![Shown::Withheld; parts.len()];
    }
    if shown.iter().all(|part| part.exact().is_some()) {
        return shown;
    }
    loop {
        let hidden = || {
            shown
                .iter()
                .zip(parts)
                .filter(|(part, _)| part.exact().is_none())
        };
        let (n_hidden, sum_hidden) = (hidden().count(), hidden().map(|(_, n)| n).sum::<u64>());
        if n_hidden >= 2 && sum_hidden >= SMALL {
            return shown;
        }
        let smallest = shown
            .iter_mut()
            .zip(parts)
            .filter(|(part, n)| part.exact().is_some() && **n > 0)
            .min_by_key(|(_, n)| **n);
        match smallest {
            Some((part, _)) => *part = Shown::Withheld,
            None => return shown,
        }
    }
}
