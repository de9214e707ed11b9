//! Who prints and posts our letters and cards, and what stands on their outside.

use serde::{Deserialize, Serialize};

use super::{COUNTRY, Fault, Organization, is_country, is_line};
use crate::codes::codes;
use crate::content::{outer, piece};

codes! {
    /// Who prints is to us.
    pub enum Printer {
        /// A company that sees names and addresses.
        MailHouse = "mail_house", "A mail house (a vendor)";
        /// Our own print room.
        None = "none", "Our own print room (no vendor)";
    }
}

/// Who prints and posts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintShop {
    /// What it is to us.
    pub role: Printer,
    /// As we call it.
    pub name: String,
    /// Whether a business associate agreement is on file.
    pub is_baa_on_file: bool,
    /// Where it keeps data, as an ISO 3166 code.
    pub country: String,
    /// The name over the return address; empty for the organization's own.
    #[serde(default)]
    pub return_name: String,
    /// The return address; empty for the organization's own.
    #[serde(default)]
    pub return_address: String,
    /// The number, free of charge, at which one asks for no more post; stands on every piece.
    pub removal_phone: String,
}

impl PrintShop {
    /// The lines of the return address: the only words of ours outside of a letter.
    #[must_use]
    pub fn return_lines(&self, organization: &Organization) -> Vec<String> {
        let own =
            |own: &str, theirs: &str| if own.trim().is_empty() { theirs } else { own }.to_owned();
        let address = own(&self.return_address, &organization.postal_address);
        let mut lines = vec![own(&self.return_name, &organization.name)];
        // Street and what belongs to it, then city, state and ZIP code.
        match address.split_once(',') {
            Some((street, rest)) => {
                lines.push(street.trim().to_owned());
                lines.push(rest.trim().to_owned());
            }
            None => lines.push(address.trim().to_owned()),
        }
        lines
    }

    /// What of the return address tells of a department or a condition.
    #[must_use]
    pub fn reveals(&self, organization: &Organization) -> Option<String> {
        let lines = self.return_lines(organization);
        lines.iter().find_map(|line| outer::revealing(line))
    }

    /// What is wrong with it, field by field.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !is_line(&self.name, 100) {
            faults.push(("name", "give its name in one line"));
        }
        if !is_country(&self.country) {
            faults.push(COUNTRY);
        }
        for (field, text) in [
            ("return_name", &self.return_name),
            ("return_address", &self.return_address),
        ] {
            if text.is_empty() {
                continue;
            }
            if !is_line(text, 120) || piece::unprintable(text).is_some() {
                faults.push((field, "give one line of letters, digits and commas"));
            }
            if outer::revealing(text).is_some() {
                faults.push((
                    field,
                    "it tells of a department or a condition, and everybody who carries the piece \
                     reads it: use the hospital's plain name and street",
                ));
            }
        }
        let digits = self.removal_phone.chars().filter(char::is_ascii_digit);
        let is_phone = |c: char| c.is_ascii_digit() || " -()+.".contains(c);
        if !(10..=11).contains(&digits.count()) || !self.removal_phone.chars().all(is_phone) {
            faults.push((
                "removal_phone",
                "give the number at which one asks for no more post, such as 800-555-0142",
            ));
        }
        faults
    }
}
