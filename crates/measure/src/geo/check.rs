//! What a geo test is refused for, and what is said beside its answer.

use super::panel::Panel;
use crate::mmm::check::Note;
use crate::refusal::{Answer, Refusal};

/// Regions beyond which the placebo tests would take hours.
const MOST_REGIONS: usize = 1_000;

/// Looks at a panel before a test is analysed on it.
///
/// # Errors
///
/// When nothing varies, or a treated region is a copy of one it is compared with.
pub fn check(panel: &Panel, treated: &[usize], donors: &[usize], pre: usize) -> Answer<Vec<Note>> {
    let mut notes = Vec::new();
    panel.check_outcome()?;
    if panel.regions.len() > MOST_REGIONS {
        return Err(Refusal::new(
            "too_many_regions",
            format!(
                "{} regions are more than {MOST_REGIONS}",
                panel.regions.len()
            ),
            "sum them into markets, or leave out those that resemble the treated ones least",
        ));
    }
    let is_flat = |r: &usize| panel.y[*r][..pre].windows(2).all(|w| w[0] == w[1]);
    if treated.iter().all(is_flat) {
        return Err(Refusal::new(
            "treated_never_varies",
            "the treated regions are the same in every period before the test",
            "check the outcome column; a series of zeros cannot be compared",
        ));
    }
    let flat: Vec<&usize> = donors.iter().filter(|r| is_flat(r)).collect();
    if flat.len() == donors.len() {
        return Err(Refusal::new(
            "donors_never_vary",
            "every untreated region is the same in all periods before the test",
            "check the outcome column of these regions; nothing can be told from them",
        ));
    }
    if let Some(first) = flat.first() {
        notes.push(Note::new(
            "region_never_varies",
            format!(
                "{} region{} never var{} before the test, such as `{}`: nothing is learned there",
                flat.len(),
                if flat.len() == 1 { "" } else { "s" },
                if flat.len() == 1 { "ies" } else { "y" },
                panel.regions[**first]
            ),
        ));
    }
    copies(panel, treated, donors, &flat, &mut notes)?;
    if panel.y.iter().flatten().any(|y| *y < 0.0) {
        notes.push(Note::new(
            "negative_outcome",
            "the outcome is below zero somewhere; it is taken as it is",
        ));
    }
    Ok(notes)
}

/// Two regions with the same numbers throughout are one that was entered twice.
fn copies(
    panel: &Panel,
    treated: &[usize],
    donors: &[usize],
    flat: &[&usize],
    notes: &mut Vec<Note>,
) -> Answer<()> {
    let same = |a: usize, b: usize| panel.y[a] == panel.y[b];
    for (i, a) in treated.iter().enumerate() {
        let mut others = donors.iter().chain(&treated[..i]);
        if let Some(b) = others.find(|b| same(*a, **b)) {
            return Err(Refusal::new(
                "copies",
                format!(
                    "`{}` and `{}` hold the same numbers in every period",
                    panel.regions[*a], panel.regions[*b]
                ),
                "leave one of them out, or correct it: a copy answers every test with no effect",
            ));
        }
    }
    let varying: Vec<usize> = donors
        .iter()
        .copied()
        .filter(|d| !flat.contains(&d))
        .collect();
    let twice = varying
        .iter()
        .enumerate()
        .find_map(|(i, a)| Some((*a, *varying[..i].iter().find(|b| same(*a, **b))?)));
    if let Some((a, b)) = twice {
        notes.push(Note::new(
            "copies",
            format!(
                "`{}` and `{}` hold the same numbers in every period: they count as two that agree",
                panel.regions[b], panel.regions[a]
            ),
        ));
    }
    Ok(())
}
