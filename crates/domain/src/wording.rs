//! Wordings: the exact text that a person was shown, in versions that never change.
//!
//! A consent or authorization points to the wording it was given on; the text is kept and hashed,
//! so years later it can be shown again, byte for byte.
//!
//! INVARIANT: a wording is never edited; other words are another version.
//! INVARIANT: no consent wording calls itself required or takes silence for a yes.

#[cfg(test)]
mod tests;

use aws_lc_rs::digest;

use crate::codes::codes;
use crate::id::WordingId;
use crate::time::Timestamp;

codes! {
    /// What a wording is for.
    pub enum WordingKind {
        /// Boxes to tick, each for one channel and topic.
        Consent = "consent", "Consent";
        /// A form to sign under 45 CFR 164.508.
        Authorization = "authorization", "HIPAA authorization";
        /// A warning before unencrypted messages.
        Warning = "warning", "Warning";
        /// The page where a person chooses.
        Preferences = "preferences", "Preference page";
    }
}

/// A text shown to people, in one version and language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// Which.
    pub id: WordingId,
    /// The name that its versions share.
    pub code: String,
    /// Counts from one.
    pub version: u32,
    /// `en`, `es`.
    pub language: String,
    /// What it is for.
    pub kind: WordingKind,
    /// How operators call it.
    pub title: String,
    /// The text as shown.
    pub text: String,
    /// SHA-256 of the text.
    pub text_hash: [u8; 32],
    /// When it was written.
    pub created_at: Timestamp,
}

/// A text before it has its id and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The name that its versions share.
    pub code: String,
    /// `en`, `es`.
    pub language: String,
    /// What it is for.
    pub kind: WordingKind,
    /// How operators call it.
    pub title: String,
    /// The text as it will be shown.
    pub text: String,
}

/// What a wording may not say, or must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordingProblem {
    /// An optional consent that calls itself required.
    #[error("a consent is optional: take out `{0}`")]
    Required(&'static str),
    /// Silence or use taken for a yes.
    #[error("consent is an act: take out `{0}`")]
    Silence(&'static str),
    /// Everything or nothing.
    #[error("a consent is given per channel and topic: take out `{0}`")]
    AllOrNothing(&'static str),
    /// It does not say that care does not depend on it.
    #[error("say that care does not depend on the answer")]
    NoFreeChoice,
    /// It does not say how to take it back.
    #[error("say that it can be taken back")]
    NoWayBack,
    /// An empty text.
    #[error("the text is empty")]
    Empty,
}

const REQUIRED: [&str; 4] = [
    "is required",
    "(required)",
    "required to receive care",
    "you must agree",
];
const SILENCE: [&str; 5] = [
    "by continuing",
    "by using this",
    "unless you opt out",
    "deemed to have agreed",
    "unless you tell us otherwise",
];
const ALL_OR_NOTHING: [&str; 4] = [
    "all communications",
    "any and all communications",
    "by any means",
    "all channels",
];
const FREE_CHOICE: [&str; 4] = [
    "does not depend",
    "will not affect",
    "does not affect",
    "does not change",
];
const WAY_BACK: [&str; 5] = [
    "change my mind",
    "change your mind",
    "take it back",
    "revoke",
    "unsubscribe",
];

impl Draft {
    /// The text's hash, as it will be recorded.
    #[must_use]
    pub fn text_hash(&self) -> [u8; 32] {
        text_hash(&self.text)
    }

    /// Everything that stands in the way of showing this text.
    #[must_use]
    pub fn problems(&self) -> Vec<WordingProblem> {
        if self.text.trim().is_empty() {
            return vec![WordingProblem::Empty];
        }
        if self.kind == WordingKind::Warning {
            return Vec::new();
        }
        let text = self.text.to_lowercase().replace("not required", "optional");
        let has = |phrases: &[&'static str]| phrases.iter().copied().find(|p| text.contains(p));
        [
            has(&REQUIRED).map(WordingProblem::Required),
            has(&SILENCE).map(WordingProblem::Silence),
            has(&ALL_OR_NOTHING).map(WordingProblem::AllOrNothing),
            has(&FREE_CHOICE)
                .is_none()
                .then_some(WordingProblem::NoFreeChoice),
            has(&WAY_BACK)
                .is_none()
                .then_some(WordingProblem::NoWayBack),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// SHA-256 of a text.
#[must_use]
pub fn text_hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
        .for_each(|(to, from)| *to = *from);
    hash
}

/// The checkbox at registration.
pub const REGISTRATION_CHECKBOX: &str = "registration_checkbox";
/// The sign-up form for e-mail.
pub const EMAIL_SIGN_UP: &str = "email_sign_up";
/// The HIPAA authorization for marketing.
pub const MARKETING_AUTHORIZATION: &str = "marketing_authorization";
/// The release of a person's story.
pub const TESTIMONIAL_RELEASE: &str = "testimonial_release";
/// The release of pictures of a person.
pub const PHOTO_RELEASE: &str = "photo_release";
/// The warning before unencrypted messages.
pub const UNENCRYPTED_WARNING: &str = "unencrypted_warning";
/// The page where a person chooses.
pub const PREFERENCE_PAGE: &str = "preference_page";

/// The wordings that an installation starts with, for an organization of this name. Counsel reads
/// them before they are used.
#[must_use]
pub fn starters(organization: &str) -> Vec<Draft> {
    use WordingKind as K;
    [
        (
            REGISTRATION_CHECKBOX,
            "en",
            K::Consent,
            "Registration checkbox",
            include_str!("wording/registration_checkbox.en.txt"),
        ),
        (
            REGISTRATION_CHECKBOX,
            "es",
            K::Consent,
            "Registration checkbox (Spanish)",
            include_str!("wording/registration_checkbox.es.txt"),
        ),
        (
            EMAIL_SIGN_UP,
            "en",
            K::Consent,
            "E-mail sign-up",
            include_str!("wording/email_sign_up.en.txt"),
        ),
        (
            MARKETING_AUTHORIZATION,
            "en",
            K::Authorization,
            "HIPAA authorization for marketing",
            include_str!("wording/marketing_authorization.en.txt"),
        ),
        (
            TESTIMONIAL_RELEASE,
            "en",
            K::Authorization,
            "Release of a story",
            include_str!("wording/testimonial_release.en.txt"),
        ),
        (
            PHOTO_RELEASE,
            "en",
            K::Authorization,
            "Release of pictures",
            include_str!("wording/photo_release.en.txt"),
        ),
        (
            UNENCRYPTED_WARNING,
            "en",
            K::Warning,
            "Unencrypted messages",
            include_str!("wording/unencrypted_warning.en.txt"),
        ),
        (
            PREFERENCE_PAGE,
            "en",
            K::Preferences,
            "Preference page",
            include_str!("wording/preference_page.en.txt"),
        ),
        (
            PREFERENCE_PAGE,
            "es",
            K::Preferences,
            "Preference page (Spanish)",
            include_str!("wording/preference_page.es.txt"),
        ),
    ]
    .into_iter()
    .map(|(code, language, kind, title, text)| Draft {
        code: code.to_owned(),
        language: language.to_owned(),
        kind,
        title: title.to_owned(),
        text: text.trim_end().replace("{organization}", organization),
    })
    .collect()
}
