//! A postal address as the lines that stand on an envelope.
//!
//! It is held on one line, as sources give it: street, city, state and ZIP code with commas between.

use super::BadAddress;

/// The lines under the name.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// Street, and what belongs to it: at most two lines.
    pub street: Vec<String>,
    /// The city.
    pub city: String,
    /// Two letters.
    pub state: String,
    /// Five digits, or nine with a hyphen.
    pub zip: String,
}

/// It is somebody's address: it never shows in a log by accident.
impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Block(address)")
    }
}

impl Block {
    /// Reads an address that can be delivered in the United States.
    ///
    /// # Errors
    ///
    /// [`BadAddress::Postal`] when street, city, state or ZIP code is missing.
    pub fn read(line: &str) -> Result<Self, BadAddress> {
        let parts: Vec<&str> = line
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let [street @ .., city, last] = parts.as_slice() else {
            return Err(BadAddress::Postal);
        };
        let (state, zip) = last.rsplit_once(' ').ok_or(BadAddress::Postal)?;
        let is_state = state.len() == 2 && state.bytes().all(|b| b.is_ascii_alphabetic());
        if street.is_empty() || !is_state || !is_zip(zip) {
            return Err(BadAddress::Postal);
        }
        let street = match street {
            [one] => vec![(*one).to_owned()],
            [first, rest @ ..] => vec![(*first).to_owned(), rest.join(", ")],
            [] => Vec::new(),
        };
        Ok(Self {
            street,
            city: (*city).to_owned(),
            state: state.to_uppercase(),
            zip: zip.to_owned(),
        })
    }

    /// The lines as they are printed.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let last = format!("{}, {} {}", self.city, self.state, self.zip);
        self.street.iter().cloned().chain([last]).collect()
    }
}

fn is_zip(zip: &str) -> bool {
    let are_digits = |text: &str, n| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    match zip.split_once('-') {
        Some((five, four)) => are_digits(five, 5) && are_digits(four, 4),
        None => are_digits(zip, 5),
    }
}
