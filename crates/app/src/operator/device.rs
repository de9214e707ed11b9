//! Browsers in which somebody has signed in before.
//!
//! Guesses from elsewhere lock a login, and would lock its owner out with it. A browser in which a
//! login was used holds a signed note of that; its tries are counted by themselves, so nobody who
//! only knows a name can keep its owner from signing in there.
//!
//! INVARIANT: the note opens nothing: it says only in which count a wrong password stands.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use placet_store::Keys;

use super::normal_login;

const PURPOSE: &str = "device";
const NONCE: usize = 16;

/// The note that a browser keeps after signing in; `nonce` is random.
#[must_use]
pub fn note(keys: &Keys, login: &str, nonce: [u8; NONCE]) -> String {
    let mut note = nonce.to_vec();
    note.extend(keys.sign_link(PURPOSE, &said(login, &nonce)));
    URL_SAFE_NO_PAD.encode(note)
}

/// What a browser calls its note about this login; tells nothing of the login.
#[must_use]
pub fn name(keys: &Keys, login: &str) -> String {
    let hash = keys.lookup_hash("device name", &normal_login(login));
    placet_ledger::to_hex(hash.first_chunk::<6>().unwrap_or(&[0; 6]))
}

/// Under which hash the tries of this login are counted: its own, or that of the browser which
/// shows a note about it.
pub(super) fn counted_as(keys: &Keys, login: &str, note: Option<&str>) -> Vec<u8> {
    let login = normal_login(login);
    let read = note.and_then(|note| URL_SAFE_NO_PAD.decode(note).ok());
    let known = read.as_deref().and_then(|note| {
        let (nonce, signature) = note.split_at_checked(NONCE)?;
        keys.is_our_link(PURPOSE, &said(&login, nonce), signature)
            .then(|| placet_ledger::to_hex(nonce))
    });
    match known {
        Some(device) => keys.lookup_hash("login at a known browser", &format!("{login} {device}")),
        None => keys.lookup_hash("login", &login),
    }
}

fn said(login: &str, nonce: &[u8]) -> Vec<u8> {
    [normal_login(login).as_bytes(), b"\n", nonce].concat()
}
