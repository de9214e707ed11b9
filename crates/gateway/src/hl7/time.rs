//! Dates and instants as HL7 v2 writes them: `YYYYMMDD[HHMM[SS[.S…]]][+/-ZZZZ]`.

use placet_domain::time::{Date, TimeZone, Timestamp};

use crate::fault::{Fault, Kind};
use crate::value;

/// A day; a year or a month alone is a partial date.
pub(crate) fn day(path: &str, written: &str, today: Date) -> Result<Date, Fault> {
    let (digits, _) = split_offset(written.trim());
    let digits = digits.split('.').next().unwrap_or_default();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::at(Kind::BadDate, path));
    }
    if matches!(digits.len(), 4 | 6) {
        return Err(Fault::at(Kind::PartialDate, path));
    }
    let parts = (digits.get(..4), digits.get(4..6), digits.get(6..8));
    let (Some(year), Some(month), Some(day)) = parts else {
        return Err(Fault::at(Kind::BadDate, path));
    };
    value::time::day(path, &format!("{year}-{month}-{day}"), today)
}

/// The offset at the end of a time, as `-0500`.
pub(crate) fn offset(written: &str) -> Option<&str> {
    split_offset(written.trim()).1
}

/// An instant. Its own offset counts; else the zone of the flow, else the offset of the message's
/// own time, as the standard says of MSH-7.
pub(crate) fn instant(
    path: &str,
    written: &str,
    zone: Option<&TimeZone>,
    message_offset: Option<&str>,
) -> Result<Timestamp, Fault> {
    let bad = || Fault::at(Kind::BadTime, path);
    let (digits, own) = split_offset(written.trim());
    let digits = digits.split('.').next().unwrap_or_default();
    if digits.len() < 10
        || digits.len() > 14
        || digits.len() % 2 == 1
        || !digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(bad());
    }
    let number = |from: usize| -> Result<i16, Fault> {
        match digits.get(from..from + 2) {
            Some(two) => two.parse().map_err(|_| bad()),
            None => Ok(0),
        }
    };
    let small = |from| number(from).and_then(|n| i8::try_from(n).map_err(|_| bad()));
    let year = number(0)? * 100 + number(2)?;
    let civil = jiff::civil::DateTime::new(
        year,
        small(4)?,
        small(6)?,
        small(8)?,
        small(10)?,
        small(12)?,
        0,
    )
    .map_err(|_| bad())?;
    let zoned = match (own, zone, message_offset) {
        (Some(own), _, _) => civil.to_zoned(fixed(own).ok_or_else(bad)?),
        (None, Some(zone), _) => civil.to_zoned(zone.clone()),
        (None, None, Some(offset)) => civil.to_zoned(fixed(offset).ok_or_else(bad)?),
        (None, None, None) => return Err(bad()),
    };
    let at = zoned.map_err(|_| bad())?.timestamp();
    value::time::instant(path, &at.to_string())
}

fn split_offset(written: &str) -> (&str, Option<&str>) {
    match written.find(['+', '-']) {
        Some(at) => {
            let (digits, offset) = written.split_at(at);
            (digits, Some(offset))
        }
        None => (written, None),
    }
}

fn fixed(offset: &str) -> Option<TimeZone> {
    let is_west = offset.starts_with('-');
    let digits = offset.get(1..5)?;
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..)?.parse().ok()?;
    if offset.len() != 5 || hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    let seconds = if is_west { -seconds } else { seconds };
    jiff::tz::Offset::from_seconds(seconds)
        .ok()
        .map(TimeZone::fixed)
}
