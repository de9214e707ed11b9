#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use jiff::civil::date;

use super::*;

/// The dates that the Office of Personnel Management publishes for these years.
#[test]
fn federal_holidays_follow_from_their_rules() {
    let calendar = Calendar::default();
    let of = |year| -> Vec<String> {
        let days = calendar.of_year(year);
        days.iter()
            .map(|(day, _)| day.strftime("%m-%d").to_string())
            .collect()
    };
    assert_eq!(
        of(2026),
        [
            "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11",
            "11-26", "12-25"
        ]
    );
    // 2022 begins on a Saturday: its New Year's Day was kept in 2021.
    assert_eq!(
        of(2021),
        [
            "01-01", "01-18", "02-15", "05-31", "06-18", "07-05", "09-06", "10-11", "11-11",
            "11-25", "12-24", "12-31"
        ]
    );
    assert_eq!(of(2022).first().map(String::as_str), Some("01-17"));
}

/// S142: a deadline counts working days, over weekends and holidays.
#[test]
#[rustfmt::skip] // A table.
fn s142_working_days_pass_over_weekends_and_holidays() {
    //    from          days  day
    check("2026-03-06", 1,    "2026-03-09"); // A Friday.
    check("2026-03-07", 5,    "2026-03-13"); // A Saturday.
    check("2026-11-25", 1,    "2026-11-27"); // The day before Thanksgiving.
    check("2026-11-25", 3,    "2026-12-01");
    check("2026-07-02", 1,    "2026-07-06"); // Independence Day is kept on Friday.
    check("2021-12-30", 1,    "2022-01-03"); // New Year's Day is kept in the year before.
    check("2026-03-02", 0,    "2026-03-02");
}

#[track_caller]
fn check(from: &str, days: u8, expected: &str) {
    let (calendar, from) = (Calendar::default(), from.parse().unwrap());
    let day = calendar.after(from, days);
    assert_eq!(day.to_string(), expected);
    assert_eq!(calendar.between(from, day), u32::from(days));
}

#[test]
fn a_calendar_is_written_one_holiday_a_line_and_read_again() {
    let text =
        "Founders: day off: 2026-05-04\n\nStaff day: Second tuesday of MARCH\nEve: December 24";
    let calendar = Calendar::parse(text).unwrap();
    assert_eq!(
        calendar.to_string(),
        "Founders: day off: 2026-05-04\nStaff day: second Tuesday of March\nEve: December 24\n"
    );
    assert_eq!(Calendar::parse(&calendar.to_string()), Ok(calendar.clone()));
    assert!(!calendar.is_working_day(date(2026, 5, 4)));
    assert!(calendar.is_working_day(date(2027, 5, 4)));
    let json = serde_json::to_string(&calendar).unwrap();
    assert_eq!(serde_json::from_str::<Calendar>(&json).unwrap(), calendar);
    assert_eq!(
        Calendar::parse(&Calendar::default().to_string()),
        Ok(Calendar::default())
    );
    for bad in [
        "x",
        "x:",
        ": January 1",
        "x: January 32",
        "x: sixth Monday of May",
        "x: 1 January",
    ] {
        assert_eq!(Calendar::parse(&format!("\n{bad}")), Err(2), "{bad}");
    }
}

/// A year of holidays does not hang the program.
#[test]
fn a_calendar_without_working_days_ends() {
    let months = MONTHS
        .iter()
        .flat_map(|month| (1..=28).map(move |day| format!("x: {month} {day}")));
    let holidays = months.filter_map(|line| line.parse().ok()).collect();
    let calendar = Calendar { holidays };
    assert!(calendar.after(date(2026, 1, 1), 20) > date(2026, 1, 1));
}
