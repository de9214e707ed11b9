//! Codes of places and languages as people say them.
//!
//! A code without a name here is shown as it is: nothing is guessed.

/// A state by its code: `US-OH` is Ohio.
#[must_use]
pub fn place(code: &str) -> &str {
    let state = code.strip_prefix("US-");
    state.and_then(|state| named(STATES, state)).unwrap_or(code)
}

/// A language by its code: `es` is Spanish.
#[must_use]
pub fn language(code: &str) -> &str {
    named(LANGUAGES, code).unwrap_or(code)
}

/// A code of ours as words: `appointment_reminder` becomes "Appointment reminder".
#[must_use]
pub fn words(code: &str) -> String {
    let mut words = code.replace(['.', '_'], " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

fn named(table: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    let found = table.binary_search_by_key(&code, |(code, _)| code).ok()?;
    table.get(found).map(|(_, name)| *name)
}

/// By code, sorted.
#[rustfmt::skip] // A table.
const STATES: &[(&str, &str)] = &[
    ("AK", "Alaska"), ("AL", "Alabama"), ("AR", "Arkansas"), ("AZ", "Arizona"),
    ("CA", "California"), ("CO", "Colorado"), ("CT", "Connecticut"),
    ("DC", "District of Columbia"), ("DE", "Delaware"), ("FL", "Florida"), ("GA", "Georgia"),
    ("GU", "Guam"), ("HI", "Hawaii"), ("IA", "Iowa"), ("ID", "Idaho"), ("IL", "Illinois"),
    ("IN", "Indiana"), ("KS", "Kansas"), ("KY", "Kentucky"), ("LA", "Louisiana"),
    ("MA", "Massachusetts"), ("MD", "Maryland"), ("ME", "Maine"), ("MI", "Michigan"),
    ("MN", "Minnesota"), ("MO", "Missouri"), ("MS", "Mississippi"), ("MT", "Montana"),
    ("NC", "North Carolina"), ("ND", "North Dakota"), ("NE", "Nebraska"), ("NH", "New Hampshire"),
    ("NJ", "New Jersey"), ("NM", "New Mexico"), ("NV", "Nevada"), ("NY", "New York"),
    ("OH", "Ohio"), ("OK", "Oklahoma"), ("OR", "Oregon"), ("PA", "Pennsylvania"),
    ("PR", "Puerto Rico"), ("RI", "Rhode Island"), ("SC", "South Carolina"),
    ("SD", "South Dakota"), ("TN", "Tennessee"), ("TX", "Texas"), ("UT", "Utah"),
    ("VA", "Virginia"), ("VI", "Virgin Islands"), ("VT", "Vermont"), ("WA", "Washington"),
    ("WI", "Wisconsin"), ("WV", "West Virginia"), ("WY", "Wyoming"),
];

/// By code, sorted.
#[rustfmt::skip] // A table.
const LANGUAGES: &[(&str, &str)] = &[
    ("ar", "Arabic"), ("bn", "Bengali"), ("de", "German"), ("en", "English"), ("es", "Spanish"),
    ("fa", "Persian"), ("fr", "French"), ("gu", "Gujarati"), ("hi", "Hindi"), ("hmn", "Hmong"),
    ("ht", "Haitian Creole"), ("hy", "Armenian"), ("it", "Italian"), ("ja", "Japanese"),
    ("km", "Khmer"), ("ko", "Korean"), ("nv", "Navajo"), ("pa", "Punjabi"), ("pl", "Polish"),
    ("pt", "Portuguese"), ("ru", "Russian"), ("so", "Somali"), ("sw", "Swahili"), ("ta", "Tamil"),
    ("te", "Telugu"), ("th", "Thai"), ("tl", "Tagalog"), ("uk", "Ukrainian"), ("ur", "Urdu"),
    ("vi", "Vietnamese"), ("yi", "Yiddish"), ("zh", "Chinese"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_names_and_what_has_none_stays_as_it_is() {
        assert_eq!((place("US-OH"), place("US-WY")), ("Ohio", "Wyoming"));
        assert_eq!((place("CA-ON"), place("US-ZZ")), ("CA-ON", "US-ZZ"));
        assert_eq!((language("es"), language("xx")), ("Spanish", "xx"));
        assert_eq!(words("sign_in.refused"), "Sign in refused");
        assert_eq!(words(""), "");
    }

    #[test]
    fn the_tables_are_sorted() {
        assert!(STATES.is_sorted() && LANGUAGES.is_sorted());
    }
}
