//! Where somebody lives: the state, and the time zone where state and ZIP code leave no doubt.
//!
//! A state with one zone gives it at once. A state with two gives it by the first three digits of
//! the ZIP code, and nothing for the prefixes that lie on both sides of the line: an unknown time
//! zone is an unknown fact, and the rules about quiet hours know what to do with one.

/// The code of a state or territory, from its code or its name.
pub(crate) fn state(written: &str) -> Option<&'static str> {
    let written = written.trim();
    let written = written.strip_prefix("US-").unwrap_or(written);
    STATES
        .iter()
        .find(|state| {
            state.code.eq_ignore_ascii_case(written) || state.name.eq_ignore_ascii_case(written)
        })
        .map(|state| state.code)
}

/// Whether a country as written is the United States; not written means it is.
pub(crate) fn is_united_states(country: Option<&str>) -> bool {
    const NAMES: [&str; 6] = [
        "",
        "US",
        "USA",
        "U.S.",
        "United States",
        "United States of America",
    ];
    country.is_none_or(|country| {
        NAMES
            .iter()
            .any(|name| name.eq_ignore_ascii_case(country.trim()))
    })
}

/// The time zone of a state and ZIP code.
pub(crate) fn time_zone(code: &str, postal_code: Option<&str>) -> Option<&'static str> {
    let state = STATES.iter().find(|state| state.code == code)?;
    if state.but.is_empty() {
        return Some(state.zone);
    }
    let prefix = postal_code.map(str::trim).and_then(|zip| zip.get(..3))?;
    let prefix: u16 = prefix.parse().ok()?;
    match state
        .but
        .iter()
        .find(|but| (but.from..=but.to).contains(&prefix))
    {
        Some(but) => but.zone,
        None => Some(state.zone),
    }
}

struct State {
    code: &'static str,
    name: &'static str,
    zone: &'static str,
    /// Prefixes with another zone, or with both.
    but: &'static [But],
}

struct But {
    from: u16,
    to: u16,
    zone: Option<&'static str>,
}

const fn state_of(
    code: &'static str,
    name: &'static str,
    zone: &'static str,
    but: &'static [But],
) -> State {
    State {
        code,
        name,
        zone,
        but,
    }
}

const fn all(from: u16, to: u16, zone: &'static str) -> But {
    But {
        from,
        to,
        zone: Some(zone),
    }
}

const fn both(from: u16, to: u16) -> But {
    But {
        from,
        to,
        zone: None,
    }
}

const EASTERN: &str = "America/New_York";
const CENTRAL: &str = "America/Chicago";
const MOUNTAIN: &str = "America/Denver";
const PACIFIC: &str = "America/Los_Angeles";

#[rustfmt::skip] // A table.
const STATES: &[State] = &[
    state_of("AL", "Alabama",              CENTRAL,                        &[]),
    state_of("AK", "Alaska",               "America/Anchorage",            &[both(995, 995)]),
    state_of("AZ", "Arizona",              "America/Phoenix",              &[both(860, 860), both(865, 865)]),
    state_of("AR", "Arkansas",             CENTRAL,                        &[]),
    state_of("CA", "California",           PACIFIC,                        &[]),
    state_of("CO", "Colorado",             MOUNTAIN,                       &[]),
    state_of("CT", "Connecticut",          EASTERN,                        &[]),
    state_of("DE", "Delaware",             EASTERN,                        &[]),
    state_of("DC", "District of Columbia", EASTERN,                        &[]),
    state_of("FL", "Florida",              EASTERN,                        &[both(323, 324), all(325, 325, CENTRAL)]),
    state_of("GA", "Georgia",              EASTERN,                        &[]),
    state_of("HI", "Hawaii",               "Pacific/Honolulu",             &[]),
    state_of("ID", "Idaho",                "America/Boise",                &[both(835, 835), all(838, 838, PACIFIC)]),
    state_of("IL", "Illinois",             CENTRAL,                        &[]),
    state_of("IN", "Indiana",              "America/Indiana/Indianapolis", &[all(463, 464, CENTRAL), both(465, 466), both(475, 476), all(477, 477, CENTRAL), both(479, 479)]),
    state_of("IA", "Iowa",                 CENTRAL,                        &[]),
    state_of("KS", "Kansas",               CENTRAL,                        &[both(677, 678)]),
    state_of("KY", "Kentucky",             EASTERN,                        &[both(401, 402), all(420, 424, CENTRAL), both(425, 427)]),
    state_of("LA", "Louisiana",            CENTRAL,                        &[]),
    state_of("ME", "Maine",                EASTERN,                        &[]),
    state_of("MD", "Maryland",             EASTERN,                        &[]),
    state_of("MA", "Massachusetts",        EASTERN,                        &[]),
    state_of("MI", "Michigan",             "America/Detroit",              &[both(498, 499)]),
    state_of("MN", "Minnesota",            CENTRAL,                        &[]),
    state_of("MS", "Mississippi",          CENTRAL,                        &[]),
    state_of("MO", "Missouri",             CENTRAL,                        &[]),
    state_of("MT", "Montana",              MOUNTAIN,                       &[]),
    state_of("NE", "Nebraska",             CENTRAL,                        &[both(690, 692), all(693, 693, MOUNTAIN)]),
    state_of("NV", "Nevada",               PACIFIC,                        &[both(898, 898)]),
    state_of("NH", "New Hampshire",        EASTERN,                        &[]),
    state_of("NJ", "New Jersey",           EASTERN,                        &[]),
    state_of("NM", "New Mexico",           MOUNTAIN,                       &[]),
    state_of("NY", "New York",             EASTERN,                        &[]),
    state_of("NC", "North Carolina",       EASTERN,                        &[]),
    state_of("ND", "North Dakota",         CENTRAL,                        &[both(585, 588)]),
    state_of("OH", "Ohio",                 EASTERN,                        &[]),
    state_of("OK", "Oklahoma",             CENTRAL,                        &[]),
    state_of("OR", "Oregon",               PACIFIC,                        &[both(979, 979)]),
    state_of("PA", "Pennsylvania",         EASTERN,                        &[]),
    state_of("PR", "Puerto Rico",          "America/Puerto_Rico",          &[]),
    state_of("RI", "Rhode Island",         EASTERN,                        &[]),
    state_of("SC", "South Carolina",       EASTERN,                        &[]),
    state_of("SD", "South Dakota",         CENTRAL,                        &[both(575, 576), all(577, 577, MOUNTAIN)]),
    state_of("TN", "Tennessee",            CENTRAL,                        &[both(373, 373), all(374, 374, EASTERN), all(376, 379, EASTERN), both(385, 385)]),
    state_of("TX", "Texas",                CENTRAL,                        &[both(798, 798), all(799, 799, MOUNTAIN), all(885, 885, MOUNTAIN)]),
    state_of("UT", "Utah",                 MOUNTAIN,                       &[]),
    state_of("VT", "Vermont",              EASTERN,                        &[]),
    state_of("VA", "Virginia",             EASTERN,                        &[]),
    state_of("VI", "Virgin Islands",       "America/Puerto_Rico",          &[]),
    state_of("WA", "Washington",           PACIFIC,                        &[]),
    state_of("WV", "West Virginia",        EASTERN,                        &[]),
    state_of("WI", "Wisconsin",            CENTRAL,                        &[]),
    state_of("WY", "Wyoming",              MOUNTAIN,                       &[]),
    state_of("GU", "Guam",                 "Pacific/Guam",                 &[]),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use placet_domain::time::TimeZone;

    #[test]
    #[rustfmt::skip] // A table.
    fn the_zone_follows_from_state_and_zip() {
        //    state  zip             then
        check("OH",  None,           Some(EASTERN));
        check("KS",  Some("66104"),  Some(CENTRAL));
        check("KS",  Some("67758"),  None);
        check("KS",  None,           None);
        check("TX",  Some("79901"),  Some(MOUNTAIN));
        check("TX",  Some("77001"),  Some(CENTRAL));
        check("FL",  Some("33101"),  Some(EASTERN));
        check("FL",  Some("32501"),  Some(CENTRAL));
        check("FL",  Some("32401"),  None);
        check("TN",  Some("37902"),  Some(EASTERN));
        check("TN",  Some("ABCDE"),  None);
        check("ZZ",  Some("12345"),  None);
    }

    #[test]
    fn every_zone_is_one_that_the_program_knows() {
        for state in STATES {
            TimeZone::get(state.zone).unwrap();
            state
                .but
                .iter()
                .filter_map(|but| but.zone)
                .for_each(|zone| drop(TimeZone::get(zone).unwrap()));
        }
    }

    #[test]
    fn a_state_is_known_by_code_and_by_name() {
        for written in ["KS", "ks", "Kansas", " kansas ", "US-KS"] {
            assert_eq!(state(written), Some("KS"));
        }
        assert_eq!(state("Ontario"), None);
        assert!(
            is_united_states(None)
                && is_united_states(Some("usa"))
                && !is_united_states(Some("CA"))
        );
    }

    #[track_caller]
    fn check(code: &str, zip: Option<&str>, expected: Option<&str>) {
        assert_eq!(time_zone(code, zip), expected);
    }
}
