//! One column: what its name says, and what its values show.

use std::collections::BTreeMap;

use super::zip3::Table;
use crate::{Key, Scanner, Type, dictionary, score};

/// What the name of a column says that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// An identifier, by its letter.
    Identifier(char),
    /// A ZIP code, or its first digits.
    Zip,
    /// A date of birth, or its year.
    Birth,
    /// Another date.
    Date,
    /// An age.
    Age,
    /// What many people share and few share together: sex, race, diagnosis, payer.
    Shared,
    /// Nothing that the name shows.
    Other,
}

/// Words of names of columns, and what they say. The first that fits counts.
const NAMES: &[(&str, Topic)] = &[
    ("date of birth", Topic::Birth),
    ("birth date", Topic::Birth),
    ("birthdate", Topic::Birth),
    ("dob", Topic::Birth),
    ("birth year", Topic::Birth),
    ("year of birth", Topic::Birth),
    ("yob", Topic::Birth),
    ("born", Topic::Birth),
    ("birth", Topic::Birth),
    ("zip", Topic::Zip),
    ("zipcode", Topic::Zip),
    ("zip3", Topic::Zip),
    ("postal", Topic::Zip),
    ("postcode", Topic::Zip),
    ("postalcode", Topic::Zip),
    ("age", Topic::Age),
    ("email", Topic::Identifier('F')),
    ("mail", Topic::Identifier('F')),
    ("em", Topic::Identifier('F')),
    ("fax", Topic::Identifier('E')),
    ("phone", Topic::Identifier('D')),
    ("telephone", Topic::Identifier('D')),
    ("tel", Topic::Identifier('D')),
    ("mobile", Topic::Identifier('D')),
    ("cell", Topic::Identifier('D')),
    ("ssn", Topic::Identifier('G')),
    ("social security", Topic::Identifier('G')),
    ("mrn", Topic::Identifier('H')),
    ("medical record", Topic::Identifier('H')),
    ("chart", Topic::Identifier('H')),
    ("patient id", Topic::Identifier('H')),
    ("patientid", Topic::Identifier('H')),
    ("member id", Topic::Identifier('I')),
    ("memberid", Topic::Identifier('I')),
    ("policy", Topic::Identifier('I')),
    ("subscriber", Topic::Identifier('I')),
    ("beneficiary", Topic::Identifier('I')),
    ("mbi", Topic::Identifier('I')),
    ("plan id", Topic::Identifier('I')),
    ("account", Topic::Identifier('J')),
    ("acct", Topic::Identifier('J')),
    ("card number", Topic::Identifier('J')),
    ("iban", Topic::Identifier('J')),
    ("invoice", Topic::Identifier('J')),
    ("license", Topic::Identifier('K')),
    ("licence", Topic::Identifier('K')),
    ("npi", Topic::Identifier('K')),
    ("dea", Topic::Identifier('K')),
    ("passport", Topic::Identifier('K')),
    ("vin", Topic::Identifier('L')),
    ("plate", Topic::Identifier('L')),
    ("vehicle", Topic::Identifier('L')),
    ("serial", Topic::Identifier('M')),
    ("device", Topic::Identifier('M')),
    ("imei", Topic::Identifier('M')),
    ("udi", Topic::Identifier('M')),
    ("idfa", Topic::Identifier('M')),
    ("gaid", Topic::Identifier('M')),
    ("adid", Topic::Identifier('M')),
    ("cookie", Topic::Identifier('M')),
    ("gclid", Topic::Identifier('M')),
    ("fbclid", Topic::Identifier('M')),
    ("mac", Topic::Identifier('M')),
    ("push token", Topic::Identifier('M')),
    ("url", Topic::Identifier('N')),
    ("website", Topic::Identifier('N')),
    ("homepage", Topic::Identifier('N')),
    ("referrer", Topic::Identifier('N')),
    ("ip", Topic::Identifier('O')),
    ("ip address", Topic::Identifier('O')),
    ("ipaddress", Topic::Identifier('O')),
    ("fingerprint", Topic::Identifier('P')),
    ("voice", Topic::Identifier('P')),
    ("recording", Topic::Identifier('P')),
    ("biometric", Topic::Identifier('P')),
    ("iris", Topic::Identifier('P')),
    ("retina", Topic::Identifier('P')),
    ("photo", Topic::Identifier('Q')),
    ("picture", Topic::Identifier('Q')),
    ("image", Topic::Identifier('Q')),
    ("portrait", Topic::Identifier('Q')),
    ("avatar", Topic::Identifier('Q')),
    ("first name", Topic::Identifier('A')),
    ("last name", Topic::Identifier('A')),
    ("firstname", Topic::Identifier('A')),
    ("lastname", Topic::Identifier('A')),
    ("fname", Topic::Identifier('A')),
    ("lname", Topic::Identifier('A')),
    ("surname", Topic::Identifier('A')),
    ("given", Topic::Identifier('A')),
    ("family", Topic::Identifier('A')),
    ("patient name", Topic::Identifier('A')),
    ("fullname", Topic::Identifier('A')),
    ("full name", Topic::Identifier('A')),
    ("employer", Topic::Identifier('A')),
    ("guarantor", Topic::Identifier('A')),
    ("name", Topic::Identifier('A')),
    ("initials", Topic::Identifier('A')),
    ("address", Topic::Identifier('B')),
    ("street", Topic::Identifier('B')),
    ("city", Topic::Identifier('B')),
    ("town", Topic::Identifier('B')),
    ("county", Topic::Identifier('B')),
    ("fips", Topic::Identifier('B')),
    ("precinct", Topic::Identifier('B')),
    ("parish", Topic::Identifier('B')),
    ("latitude", Topic::Identifier('B')),
    ("longitude", Topic::Identifier('B')),
    ("lat", Topic::Identifier('B')),
    ("lon", Topic::Identifier('B')),
    ("lng", Topic::Identifier('B')),
    ("geohash", Topic::Identifier('B')),
    ("tract", Topic::Identifier('B')),
    ("geocode", Topic::Identifier('B')),
    ("neighborhood", Topic::Identifier('B')),
    ("facility", Topic::Identifier('B')),
    ("admission", Topic::Date),
    ("admit", Topic::Date),
    ("discharge", Topic::Date),
    ("death", Topic::Date),
    ("died", Topic::Date),
    ("date", Topic::Date),
    ("dos", Topic::Date),
    ("visited", Topic::Date),
    ("timestamp", Topic::Date),
    ("created", Topic::Date),
    ("updated", Topic::Date),
    ("at", Topic::Date),
    ("on", Topic::Date),
    ("visit", Topic::Date),
    ("month", Topic::Date),
    ("sex", Topic::Shared),
    ("gender", Topic::Shared),
    ("race", Topic::Shared),
    ("ethnicity", Topic::Shared),
    ("diagnosis", Topic::Shared),
    ("dx", Topic::Shared),
    ("icd", Topic::Shared),
    ("icd10", Topic::Shared),
    ("procedure", Topic::Shared),
    ("cpt", Topic::Shared),
    ("drg", Topic::Shared),
    ("state", Topic::Shared),
    ("language", Topic::Shared),
    ("religion", Topic::Shared),
    ("marital", Topic::Shared),
    ("occupation", Topic::Shared),
    ("payer", Topic::Shared),
    ("insurance", Topic::Shared),
    ("service", Topic::Shared),
    ("department", Topic::Shared),
    ("year", Topic::Shared),
    ("uuid", Topic::Identifier('R')),
    ("guid", Topic::Identifier('R')),
    ("id", Topic::Identifier('R')),
    ("hash", Topic::Identifier('R')),
    ("token", Topic::Identifier('R')),
    ("handle", Topic::Identifier('R')),
    ("username", Topic::Identifier('R')),
    ("identifier", Topic::Identifier('R')),
    ("tattoo", Topic::Identifier('R')),
    ("study number", Topic::Identifier('R')),
];

/// What the name of a column says.
#[must_use]
pub fn topic(name: &str) -> Topic {
    let mut plain = String::from(" ");
    let mut was_small = false;
    for letter in name.rsplit('.').next().unwrap_or(name).chars() {
        if letter.is_uppercase() && was_small {
            plain.push(' ');
        }
        was_small = letter.is_lowercase();
        if letter.is_alphanumeric() {
            plain.extend(letter.to_lowercase());
        } else if !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain.push(' ');
    let says = |words: &str| plain.contains(&format!(" {words} "));
    NAMES
        .iter()
        .find(|(words, _)| says(words))
        .map_or(Topic::Other, |(_, topic)| *topic)
}

/// What was seen in the values of a column. No value is kept.
#[derive(Debug, Default)]
pub struct Seen {
    /// Cells with something in them.
    pub n_filled: u64,
    /// Cells with an identifier, by its letter.
    pub letters: BTreeMap<char, u64>,
    /// Cells with a date of more than a year.
    pub n_dates: u64,
    /// Cells with an age over 89.
    pub n_ages: u64,
    /// Cells with a year of birth that reveals one.
    pub n_birth_years: u64,
    /// Cells with more than three digits of a ZIP code.
    pub n_zips: u64,
    /// Cells with three digits that must be `000`.
    pub n_small_zips: u64,
    /// Cells with what looks like a hash.
    pub n_hashes: u64,
    /// Cells that are text of several words.
    pub n_texts: u64,
}

/// Looks at one value.
pub fn look(
    seen: &mut Seen,
    topic: Topic,
    value: &str,
    year: u16,
    table: Table,
    scanner: &mut Scanner,
) {
    let value = value.trim();
    if value.is_empty() || matches!(value, "null" | "NULL" | "N/A" | "NA" | "-") {
        return;
    }
    seen.n_filled += 1;
    let number = value.parse::<f64>().ok();
    if is_hash(value) {
        seen.n_hashes += 1;
        return;
    }
    match topic {
        Topic::Zip => return zip(seen, value, table),
        Topic::Age => {
            let is_old = number.is_some_and(|age| age > 89.0) && !value.contains('+');
            seen.n_ages += u64::from(is_old);
            return;
        }
        Topic::Birth | Topic::Date => {
            let is_year = value.len() == 4 && number.is_some();
            let reveals = topic == Topic::Birth
                && first_year(value).is_some_and(|born| year > 0 && born + 89 < year);
            seen.n_birth_years += u64::from(reveals);
            seen.n_dates += u64::from(!is_year);
            return;
        }
        Topic::Identifier(_) | Topic::Shared if number.is_some() => return,
        _ => {}
    }
    if number.is_some_and(|number| number.abs() < 1e6) {
        return;
    }
    seen.n_texts += u64::from(value.split_whitespace().count() > 3);
    let mut last = None;
    for span in scanner.scan(value) {
        let letter = span.kind.letter();
        match span.kind {
            Type::Date => seen.n_dates += u64::from(last != Some('C')),
            Type::Age => seen.n_ages += 1,
            _ if last != Some(letter) => *seen.letters.entry(letter).or_default() += 1,
            _ => {}
        }
        last = Some(letter);
    }
    if last.is_none() && is_bare_name(value) {
        *seen.letters.entry('A').or_default() += 1;
    }
}

fn zip(seen: &mut Seen, value: &str, table: Table) {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() > 3 && !value.contains('*') {
        seen.n_zips += 1;
    }
    let prefix = digits.get(..3).unwrap_or_default();
    let is_small = digits.len() >= 3 && prefix != "000" && !table.may_stay(prefix);
    seen.n_small_zips += u64::from(is_small);
}

/// A year at the beginning or the end of a date.
fn first_year(value: &str) -> Option<u16> {
    let parts = value.split(|letter: char| !letter.is_ascii_digit());
    parts
        .filter(|part| part.len() == 4)
        .find_map(|part| part.parse().ok())
        .filter(|year| (1850..=2200).contains(year))
}

/// Hexadecimal or base64 as long as a hash.
fn is_hash(value: &str) -> bool {
    let hex = value
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let n_digits = value.bytes().filter(u8::is_ascii_digit).count();
    hex && n_digits >= 4
        && matches!(
            value.bytes().filter(|byte| *byte != b'-').count(),
            32 | 40 | 56 | 64 | 96 | 128
        )
}

/// Two or three words, each in a list of names and none an everyday word.
fn is_bare_name(value: &str) -> bool {
    use dictionary::Bits;
    let words: Vec<_> = value
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .collect();
    let is_name = |word: &&str| {
        let found = dictionary::look_up(word.trim_end_matches('.'));
        found.key == Key::None
            && found.bits.any(Bits::GIVEN.or(Bits::FAMILY))
            && !found
                .bits
                .any(Bits::CORE.or(Bits::AMBIGUOUS).or(Bits::COMMON))
    };
    (2..=3).contains(&words.len())
        && words.iter().all(|word| is_name(word) || word.len() == 1)
        && !score::is_direct(value)
}
