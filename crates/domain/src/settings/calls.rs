//! Who calls from our call lists, and the number that people can call back.

use serde::{Deserialize, Serialize};

use super::{COUNTRY, Fault, is_country, is_line};
use crate::codes::codes;

codes! {
    /// Who calls is to us.
    pub enum Callers {
        /// A company whose people see names and numbers.
        CallCenter = "call_center", "A call center (a vendor)";
        /// Our own people.
        None = "none", "Our own people (no vendor)";
    }
}

/// Who calls from call lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallDesk {
    /// What they are to us.
    pub role: Callers,
    /// As we call them.
    pub name: String,
    /// Whether a business associate agreement is on file.
    pub is_baa_on_file: bool,
    /// Where they keep data, as an ISO 3166 code.
    pub country: String,
    /// The number that is said in each call, at which one also asks for no more.
    pub phone: String,
}

impl CallDesk {
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
        let digits = self.phone.chars().filter(char::is_ascii_digit);
        let is_phone = |c: char| c.is_ascii_digit() || " -()+.".contains(c);
        if !(10..=11).contains(&digits.count()) || !self.phone.chars().all(is_phone) {
            faults.push((
                "phone",
                "give the number at which people reach you, such as 216-555-0142",
            ));
        }
        faults
    }

    /// Whether somebody outside sees names and numbers without an agreement on file.
    #[must_use]
    pub fn lacks_agreement(&self) -> bool {
        self.role == Callers::CallCenter && !self.is_baa_on_file
    }
}
