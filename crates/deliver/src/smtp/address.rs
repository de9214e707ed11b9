//! An address as it stands in `MAIL FROM` and `RCPT TO`.

use std::fmt;
use std::str::FromStr;

/// Why a text is not an address we can write to. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Nothing there, or no `@` between two parts.
    #[error("an e-mail address is a name, an @ and a domain")]
    Shape,
    /// Longer than mail systems carry.
    #[error("an e-mail address has at most 64 characters before the @ and 254 in all")]
    Length,
    /// A space, line break, bracket, quote or other character that could change the command.
    #[error("an e-mail address cannot hold spaces, line breaks, brackets or quotes")]
    Character,
    /// Letters outside ASCII, which need an extension few relays offer.
    #[error("an e-mail address outside ASCII cannot be sent to; ask for another one")]
    NotAscii,
    /// A domain with empty or over-long parts, or other characters than letters, digits, hyphens.
    #[error("the part after the @ is not a domain name")]
    Domain,
}

/// An address that is safe to write between angle brackets.
///
/// Stricter than RFC 5321, which allows quoted names with spaces: nobody is lost by that, and a
/// line break has no way in.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address(String);

impl Address {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let (local, domain) = text.rsplit_once('@').ok_or(BadAddress::Shape)?;
        if local.is_empty() || domain.is_empty() {
            return Err(BadAddress::Shape);
        }
        if local.len() > 64 || text.len() > 254 {
            return Err(BadAddress::Length);
        }
        if !text.is_ascii() {
            let controls = text.chars().any(|c| c.is_control() || c.is_whitespace());
            return Err(if controls {
                BadAddress::Character
            } else {
                BadAddress::NotAscii
            });
        }
        if !local.bytes().all(is_local) {
            return Err(BadAddress::Character);
        }
        check_domain(domain)?;
        Ok(Self(text.to_owned()))
    }
}

/// RFC 5322 `atext`, and the dot anywhere: some real providers hand out `a..b` and `a.`.
fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte)
}

fn check_domain(domain: &str) -> Result<(), BadAddress> {
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if domain.split('.').all(fits) {
        Ok(())
    } else {
        Err(BadAddress::Domain)
    }
}

/// An address is a person's: it never shows in a log by accident.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}
