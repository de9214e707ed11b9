//! Passwords: Argon2id with 19 MiB and two passes, and what a new one must be.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};

/// A hash that no password fits, checked when nobody has the login that was typed.
pub(super) const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
    cGxhY2V0LW5vYm9keS1oZXJl$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The shortest password taken.
pub const MIN_CHARS: usize = 12;
const MAX_CHARS: usize = 256;

/// A password that cannot be hashed; in practice never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct Unhashable;

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// The PHC string of a password. Slow on purpose: call it where nothing waits.
///
/// # Errors
///
/// [`Unhashable`] when the memory for it cannot be had.
pub fn hash(password: &str, salt: [u8; 32]) -> Result<String, Unhashable> {
    let salt = salt.first_chunk::<16>().ok_or(Unhashable)?;
    let hash = argon2().hash_password_with_salt(password.as_bytes(), salt);
    hash.map(|hash| hash.to_string()).map_err(|_| Unhashable)
}

/// Whether the password fits the PHC string. Takes the same time for either answer.
#[must_use]
pub fn verify(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc)
        .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

/// What is wrong with a new password, if anything. Length counts, not kinds of characters.
#[must_use]
pub fn fault(password: &str, login: &str) -> Option<&'static str> {
    let n_chars = password.chars().count();
    let lower = password.to_lowercase();
    let is_one_character = password.chars().all(|c| password.starts_with(c));
    if n_chars < MIN_CHARS {
        return Some("use at least 12 characters; a few words in a row are easy to remember");
    }
    if n_chars > MAX_CHARS {
        return Some("use at most 256 characters");
    }
    let is_common = COMMON.iter().any(|common| lower.starts_with(common));
    if is_one_character || is_common || (login.len() > 3 && lower.contains(login)) {
        return Some("this is easy to guess; use a few unrelated words in a row");
    }
    None
}

/// How passwords of twelve and more characters begin when they are bad.
const COMMON: [&str; 8] = [
    "password",
    "passw0rd",
    "123456789",
    "qwertyuiop",
    "iloveyou",
    "administrator",
    "letmein",
    "changeme",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_and_no_other() {
        let hash = hash("four plain words here", [7; 32]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("four plain words here", &hash));
        assert!(!verify("four plain words heré", &hash));
        assert!(!verify("four plain words here", NOBODYS));
        assert!(
            PasswordHash::new(NOBODYS).is_ok(),
            "else it would cost nothing to check"
        );
    }

    #[test]
    fn a_short_or_common_password_is_refused() {
        #[rustfmt::skip] // A table.
        let table = [
            ("elevenchars",              "ana",   false),
            ("aaaaaaaaaaaaaaa",          "ana",   false),
            ("Password1234!",            "ana",   false),
            ("anapaula is my name",      "anapaula", false),
            ("correct horse battery",    "ana",   true),
        ];
        for (password, login, good) in table {
            assert_eq!(fault(password, login).is_none(), good, "{password}");
        }
    }
}
