//! The packs inside the program. To add a file, name it here.

use crate::pack::Source;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../packs/", $name)))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "pack.toml",
    "vocabulary.toml",
    "elements.toml",
    "hipaa-scope.toml",
    "hipaa-marketing.toml",
    "hipaa-authorization.toml",
    "hipaa-publication.toml",
    "hipaa-data.toml",
    "hipaa-fundraising.toml",
    "hipaa-person.toml",
    "part2.toml",
    "tracking.toml",
    "ftc.toml",
    "email.toml",
    "tcpa.toml",
    "states.toml",
    "world.toml",
    "reference.toml",
    "organization.toml",
    "limits.toml",
];

/// The files of the pack, in their order.
#[must_use]
pub fn builtin() -> Vec<Source> {
    FILES
        .iter()
        .map(|(name, text)| Source {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
        })
        .collect()
}
