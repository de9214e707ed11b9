use super::*;

#[test]
fn numbers_keep_the_digits_that_mean_something() {
    assert_eq!(short(1234567.8), "1,234,568");
    assert_eq!(short(-1234.0), "-1,234");
    assert_eq!(short(0.05678), "0.057");
    assert_eq!(short(12.345), "12.3");
    assert_eq!(short(f64::NAN), "-");
}

#[test]
fn names_are_cut_at_commas() {
    assert_eq!(names(" a, b,,c "), ["a", "b", "c"]);
    assert!(names("").is_empty());
}
