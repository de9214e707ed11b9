//! The variables of the language, and the data element that each one is.
//!
//! Beside these, the code of every element of the rule packs' catalogue is a variable of its own
//! name; whether a message may carry it is the packs' to say.

/// What kind of value a variable holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A link that the program makes; it carries an opaque token and nothing else.
    Link,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The organization's settings, or the program.
    Organization,
    /// The person; the code is the data element of the catalogue.
    Person(&'static str),
}

/// One variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name in templates.
    pub name: &'static str,
    /// The words shown to writers.
    pub label: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Where it comes from.
    pub source: Source,
    /// Stands for the value in previews.
    pub sample: &'static str,
}

/// Where the recipient unsubscribes.
pub const UNSUBSCRIBE_URL: &str = "unsubscribe_url";
/// Where the recipient sees and changes what may be sent.
pub const PREFERENCES_URL: &str = "preferences_url";
/// The organization's name.
pub const ORGANIZATION_NAME: &str = "organization_name";
/// The organization's postal address.
pub const ORGANIZATION_ADDRESS: &str = "organization_address";

/// The number that is said in a call.
pub const CALLS_PHONE: &str = "calls_phone";

/// Every variable with a name of its own.
#[rustfmt::skip] // A table.
pub const VARIABLES: &[Variable] = &[
    Variable { name: ORGANIZATION_NAME,    label: "Organization's name",    kind: Kind::Text, source: Source::Organization,                sample: "Our hospital" },
    Variable { name: ORGANIZATION_ADDRESS, label: "Organization's address", kind: Kind::Text, source: Source::Organization,                sample: "1 Example Street, Springfield" },
    Variable { name: CALLS_PHONE,          label: "Number to call back",    kind: Kind::Text, source: Source::Organization,                sample: "216-555-0142" },
    Variable { name: PREFERENCES_URL,      label: "Preference page",        kind: Kind::Link, source: Source::Organization,                sample: "#preferences" },
    Variable { name: UNSUBSCRIBE_URL,      label: "Unsubscribe page",       kind: Kind::Link, source: Source::Organization,                sample: "#unsubscribe" },
    Variable { name: "first_name",         label: "First name",             kind: Kind::Text, source: Source::Person("first_name"),        sample: "Alex" },
    Variable { name: "last_name",          label: "Last name",              kind: Kind::Text, source: Source::Person("name"),              sample: "Example" },
    Variable { name: "full_name",          label: "Full name",              kind: Kind::Text, source: Source::Person("name"),              sample: "Alex Example" },
    Variable { name: "appointment_date",   label: "Day of the appointment", kind: Kind::Text, source: Source::Person("appointment_date"),  sample: "March 3" },
    Variable { name: "appointment_time",   label: "Time of the appointment", kind: Kind::Text, source: Source::Person("appointment_time"), sample: "2:00 PM" },
    Variable { name: "appointment_place",  label: "Place of the appointment", kind: Kind::Text, source: Source::Person("appointment_place"), sample: "Main building, entrance B" },
];

/// The variable of this name, if it has one of its own.
#[must_use]
pub fn find(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

/// The data element that a variable of this name would use; none for the organization's own.
#[must_use]
pub fn element(name: &str) -> Option<&str> {
    match find(name) {
        Some(Variable {
            source: Source::Person(element),
            ..
        }) => Some(element),
        Some(_) => None,
        None => Some(name),
    }
}
