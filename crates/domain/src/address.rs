//! Addresses and numbers in the form in which they are compared.
//!
//! A suppression must find its address however somebody writes it: other case, an added tag, an
//! international domain, a number with or without its country code.
//!
//! INVARIANT: what cannot be read has no canonical form, so it is never matched by accident.

pub mod postal;
mod punycode;
#[cfg(test)]
mod tests;

use crate::channel::Channel;

/// An address that the channel cannot carry. It never repeats the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not an e-mail address.
    #[error("this is not an e-mail address")]
    Email,
    /// Not a telephone number.
    #[error("this is not a telephone number with area code")]
    Phone,
    /// Not a postal address.
    #[error("this is not a postal address on one line")]
    Postal,
}

/// The kind under which the keyed hash of an address is made: numbers are one kind, whichever
/// way they are used.
#[must_use]
pub fn lookup_kind(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Sms | Channel::VoiceLive => "phone",
        Channel::Postal => "postal",
    }
}

/// The form in which an address of this channel is compared.
///
/// # Errors
///
/// [`BadAddress`] when the channel cannot carry it.
pub fn canonical(channel: Channel, address: &str) -> Result<String, BadAddress> {
    match channel {
        Channel::Email => canonical_email(address),
        Channel::Sms | Channel::VoiceLive => canonical_phone(address),
        Channel::Postal => canonical_postal(address),
    }
}

/// Checks an e-mail address for use: one `@`, no blank, no control character, sane lengths.
///
/// # Errors
///
/// [`BadAddress::Email`].
pub fn check_email(address: &str) -> Result<&str, BadAddress> {
    let address = address.trim_matches(' ');
    let (local, domain) = address.rsplit_once('@').ok_or(BadAddress::Email)?;
    let is_local_fine = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !"\"(),:;<>@[\\]".contains(c));
    let is_domain_fine = domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    if is_local_fine && is_domain_fine {
        Ok(address)
    } else {
        Err(BadAddress::Email)
    }
}

/// Lower case, without a `+tag`, the domain in its ASCII form.
fn canonical_email(address: &str) -> Result<String, BadAddress> {
    let address = check_email(address)?.to_lowercase();
    let (local, domain) = address.rsplit_once('@').ok_or(BadAddress::Email)?;
    let local = match local.split_once('+') {
        Some((name, _)) if !name.is_empty() => name,
        _ => local,
    };
    let labels: Option<Vec<String>> = domain.split('.').map(punycode::ascii_label).collect();
    Ok(format!(
        "{local}@{}",
        labels.ok_or(BadAddress::Email)?.join(".")
    ))
}

/// E.164; ten digits are a number of the North American plan.
fn canonical_phone(number: &str) -> Result<String, BadAddress> {
    let number = number.trim();
    let is_written_plainly = number
        .chars()
        .all(|c| c.is_ascii_digit() || "+-.() /".contains(c));
    let is_plus_first = !number.chars().skip(1).any(|c| c == '+');
    if !is_written_plainly || !is_plus_first {
        return Err(BadAddress::Phone);
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    match (number.starts_with('+'), digits.len()) {
        (true, 8..=15) if !digits.starts_with('0') => Ok(format!("+{digits}")),
        (false, 10) if !digits.starts_with(['0', '1']) => Ok(format!("+1{digits}")),
        (false, 11) if digits.starts_with('1') => Ok(format!("+{digits}")),
        _ => Err(BadAddress::Phone),
    }
}

/// Upper case, letters and digits only, single blanks: enough to meet the same line again.
fn canonical_postal(address: &str) -> Result<String, BadAddress> {
    if address.chars().any(char::is_control) {
        return Err(BadAddress::Postal);
    }
    let words: Vec<String> = address
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_uppercase)
        .collect();
    if words.is_empty() {
        Err(BadAddress::Postal)
    } else {
        Ok(words.join(" "))
    }
}
