//! The eighteen identifiers of 45 CFR 164.514(b)(2)(i), in its words and order, and what to do with each.

/// One of the eighteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identifier {
    /// Its letter in the rule.
    pub letter: char,
    /// What it is.
    pub name: &'static str,
    /// What the method wants done.
    pub handling: &'static str,
}

/// All of them.
pub const ALL: [Identifier; 18] = [
    one('A', "Names", "remove"),
    one(
        'B',
        "Places smaller than a state",
        "remove; of a ZIP code three digits may stay where more than 20,000 people live under them, else 000",
    ),
    one(
        'C',
        "Dates but for the year; ages over 89",
        "keep the year alone; write ages over 89 as 90 or older, and drop years that reveal one",
    ),
    one('D', "Telephone numbers", "remove"),
    one('E', "Fax numbers", "remove"),
    one(
        'F',
        "E-mail addresses",
        "remove; a hash of one is still one",
    ),
    one('G', "Social security numbers", "remove"),
    one(
        'H',
        "Medical record numbers",
        "remove; a hash of one is still one",
    ),
    one('I', "Health plan beneficiary numbers", "remove"),
    one('J', "Account numbers", "remove"),
    one('K', "Certificate and license numbers", "remove"),
    one('L', "Vehicle identifiers and plates", "remove"),
    one(
        'M',
        "Device identifiers and serial numbers",
        "remove; advertising, cookie and push ids are such",
    ),
    one('N', "Web addresses", "remove"),
    one('O', "Internet addresses", "remove"),
    one(
        'P',
        "Biometric identifiers",
        "remove; a recorded voice is one",
    ),
    one('Q', "Full-face photographs and the like", "remove"),
    one(
        'R',
        "Any other unique number, characteristic or code",
        "remove; a code for finding the person again must be random and not made from what is known of the person",
    ),
];

const fn one(letter: char, name: &'static str, handling: &'static str) -> Identifier {
    Identifier {
        letter,
        name,
        handling,
    }
}

/// The identifier of a letter.
#[must_use]
pub fn of(letter: char) -> Option<Identifier> {
    ALL.into_iter()
        .find(|identifier| identifier.letter == letter)
}
