//! How much may still be asked: a privacy budget by audience and year.
//!
//! Every noisy answer about the same people costs some; the costs add up, and when they are used
//! up no further answer is given until the next year.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::refusal::{Answer, Refusal};

/// What was spent, in thousandths of epsilon, by audience and year.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Most that may be spent a year on one audience.
    pub limit: u64,
    spent: BTreeMap<String, BTreeMap<i16, u64>>,
}

impl Allowance {
    /// An allowance of so many thousandths a year and audience.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            spent: BTreeMap::new(),
        }
    }

    /// What is left.
    #[must_use]
    pub fn left(&self, audience: &str, year: i16) -> u64 {
        let spent = self.spent.get(audience).and_then(|years| years.get(&year));
        self.limit.saturating_sub(spent.copied().unwrap_or(0))
    }

    /// Spends some before an answer is given.
    ///
    /// # Errors
    ///
    /// When not enough is left; then nothing is spent.
    pub fn spend(&mut self, audience: &str, year: i16, thousandths: u64) -> Answer<()> {
        let left = self.left(audience, year);
        if thousandths == 0 || thousandths > left {
            return Err(Refusal::new(
                "privacy_budget",
                format!(
                    "{left} thousandths of epsilon are left for this audience in {year}, not {thousandths}"
                ),
                "ask for less precision, use an answer already given, or wait for the next year",
            ));
        }
        let years = self.spent.entry(audience.to_owned()).or_default();
        *years.entry(year).or_default() += thousandths;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_add_up_and_end() {
        let mut allowance = Allowance::new(1000);
        assert!(allowance.spend("a", 2026, 600).is_ok());
        assert!(
            allowance.spend("b", 2026, 600).is_ok(),
            "another audience has its own"
        );
        assert_eq!(
            allowance.spend("a", 2026, 500).unwrap_err().code,
            "privacy_budget"
        );
        assert_eq!(allowance.left("a", 2026), 400);
        assert!(
            allowance.spend("a", 2027, 500).is_ok(),
            "another year has its own"
        );
        assert!(allowance.spend("a", 2026, 0).is_err());
        let kept = serde_json::to_string(&allowance).unwrap();
        assert_eq!(serde_json::from_str::<Allowance>(&kept).unwrap(), allowance);
    }
}
