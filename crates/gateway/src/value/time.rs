//! Dates and instants as FHIR and spreadsheets write them.

use placet_domain::time::{Date, Timestamp};

use crate::fault::{Fault, Kind};

/// Nobody in the data was born or died before this year.
const EARLIEST: i16 = 1850;

/// A day of the calendar between 1850 and today; only its day of an instant.
pub(crate) fn day(path: &str, value: &str, today: Date) -> Result<Date, Fault> {
    let value = value.trim();
    let is_partial =
        matches!(value.len(), 4 | 7) && value.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if is_partial {
        return Err(Fault::at(Kind::PartialDate, path));
    }
    let bad = || Fault::at(Kind::BadDate, path);
    let (day, rest) = value.split_at_checked(10).ok_or_else(bad)?;
    if !(rest.is_empty() || rest.starts_with('T')) {
        return Err(bad());
    }
    let mut parts = day
        .split('-')
        .map(|part| part.bytes().all(|b| b.is_ascii_digit()).then_some(part));
    let mut number = || {
        parts
            .next()
            .flatten()
            .and_then(|part| part.parse::<i16>().ok())
    };
    let (year, month, day_of_month) = (number(), number(), number());
    let (Some(year), Some(month), Some(day_of_month), None) = (year, month, day_of_month, number())
    else {
        return Err(bad());
    };
    let as_small = |n: i16| i8::try_from(n).map_err(|_| bad());
    let date = Date::new(year, as_small(month)?, as_small(day_of_month)?).map_err(|_| bad())?;
    if year < EARLIEST || date > today {
        return Err(bad());
    }
    Ok(date)
}

/// An instant with its offset, between 1950 and 2100.
pub(crate) fn instant(path: &str, value: &str) -> Result<Timestamp, Fault> {
    let bad = || Fault::at(Kind::BadTime, path);
    let at: Timestamp = value.trim().parse().map_err(|_| bad())?;
    // 1950-01-01 and 2100-01-01.
    if (-631_152_000..4_102_444_800).contains(&at.as_second()) {
        Ok(at)
    } else {
        Err(bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    #[rustfmt::skip] // A table.
    fn absurd_dates_are_refused() {
        //    written                        then
        check("1949-11-14",                  Ok(date(1949, 11, 14)));
        check("1951-02-20T08:15:54-05:00",   Ok(date(1951, 2, 20)));
        check("2026-03-01",                  Ok(date(2026, 3, 1)));
        check("2026-03-02",                  Err(Kind::BadDate));
        check("2023-02-30",                  Err(Kind::BadDate));
        check("0001-01-01",                  Err(Kind::BadDate));
        check("9999-12-31",                  Err(Kind::BadDate));
        check("1849-12-31",                  Err(Kind::BadDate));
        check("-949-11-14",                  Err(Kind::BadDate));
        check("19491114",                    Err(Kind::BadDate));
        check("1949-11-14x",                 Err(Kind::BadDate));
        check("14/11/1949",                  Err(Kind::BadDate));
        check("",                            Err(Kind::BadDate));
        check("ÄÖÜ-11-14",                   Err(Kind::BadDate));
        check("1949",                        Err(Kind::PartialDate));
        check("1949-11",                     Err(Kind::PartialDate));
    }

    #[test]
    fn an_instant_needs_its_offset() {
        assert!(instant("p", "2026-03-01T09:30:00-05:00").is_ok());
        assert!(instant("p", "2026-03-01T14:30:00Z").is_ok());
        for text in [
            "2026-03-01T09:30:00",
            "2026-03-01",
            "1949-03-01T09:30:00Z",
            "2100-01-01T00:00:00Z",
            "soon",
        ] {
            assert_eq!(
                instant("p", text),
                Err(Fault::at(Kind::BadTime, "p")),
                "{text}"
            );
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Result<Date, Kind>) {
        assert_eq!(
            day("p", text, date(2026, 3, 1)).map_err(|fault| fault.kind),
            expected
        );
    }
}
