//! Three digits of a ZIP code: which must become `000`, by which census.

/// Which census says how many people live under three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Table {
    /// Census 2000, as in the guidance of 26 November 2012: 17 prefixes.
    Census2000,
    /// Census 2020, published 25 May 2023: 18 prefixes.
    #[default]
    Census2020,
    /// Either: 23 prefixes.
    Union,
}

const OF_2000: [u16; 17] = [
    36, 59, 63, 102, 203, 556, 692, 790, 821, 823, 830, 831, 878, 879, 884, 890, 893,
];
const OF_2020: [u16; 18] = [
    36, 59, 102, 202, 203, 204, 205, 369, 556, 692, 753, 772, 821, 823, 878, 879, 884, 893,
];
/// Prefixes that no census table has: military post and the Pacific.
const UNKNOWN: [u16; 16] = [
    90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 340, 962, 963, 964, 965, 966,
];

impl Table {
    /// The table that was current on a day, written `2024-05-01`.
    #[must_use]
    pub fn on(day: &str) -> Self {
        if day < "2023-05-25" {
            Self::Census2000
        } else {
            Self::Census2020
        }
    }

    /// As written in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Census2000 => "Census 2000 (17 prefixes)",
            Self::Census2020 => "Census 2020 (18 prefixes)",
            Self::Union => "Census 2000 and 2020 together (23 prefixes)",
        }
    }

    /// The prefixes under which 20,000 people or fewer live, and those that no census knows.
    #[must_use]
    pub fn restricted(self) -> Vec<String> {
        let mut listed: Vec<u16> = match self {
            Self::Census2000 => OF_2000.to_vec(),
            Self::Census2020 => OF_2020.to_vec(),
            Self::Union => [OF_2000.as_slice(), OF_2020.as_slice()].concat(),
        };
        listed.extend(UNKNOWN);
        listed.sort_unstable();
        listed.dedup();
        listed.iter().map(|prefix| format!("{prefix:03}")).collect()
    }

    /// Whether three digits may stay.
    #[must_use]
    pub fn may_stay(self, prefix: &str) -> bool {
        let Ok(number) = prefix.parse::<u16>() else {
            return false;
        };
        let is_restricted = match self {
            Self::Census2000 => OF_2000.contains(&number),
            Self::Census2020 => OF_2020.contains(&number),
            Self::Union => OF_2000.contains(&number) || OF_2020.contains(&number),
        };
        prefix.len() == 3 && number > 0 && !is_restricted && !UNKNOWN.contains(&number)
    }

    /// The three digits of a ZIP code that may be shown.
    #[must_use]
    pub fn generalize(self, zip: &str) -> &str {
        zip.get(..3)
            .filter(|prefix| self.may_stay(prefix))
            .unwrap_or("000")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_published_lengths() {
        assert_eq!(Table::Census2000.restricted().len(), 17 + 16);
        assert_eq!(Table::Census2020.restricted().len(), 18 + 16);
        assert_eq!(Table::Union.restricted().len(), 23 + 16);
    }

    #[test]
    fn the_table_follows_the_day() {
        assert_eq!(Table::on("2012-11-26"), Table::Census2000);
        assert_eq!(Table::on("2023-05-25"), Table::Census2020);
    }

    #[test]
    fn few_people_become_zeros() {
        assert_eq!(Table::Census2020.generalize("10001"), "100");
        assert_eq!(Table::Census2020.generalize("03601"), "000");
        assert_eq!(Table::Census2020.generalize("83012"), "830");
        assert_eq!(Table::Census2000.generalize("83012"), "000");
        assert_eq!(Table::Census2000.generalize("75301"), "753");
        assert_eq!(Table::Union.generalize("75301"), "000");
        assert_eq!(Table::Union.generalize("09012"), "000");
        assert_eq!(Table::Union.generalize("x"), "000");
    }
}
