//! What Twilio tells: form-encoded, signed with the account's token over address and fields.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Call, Forged, Said};

/// Codes by which a number is known to be no number for texts: it does not exist, or is a landline.
const DEAD: [&str; 2] = ["30005", "30006"];

/// The signature of a call: HMAC-SHA1 over the address and every field with its value, by name, in
/// base64.
#[must_use]
pub fn signature(token: &str, url: &str, fields: &BTreeMap<String, String>) -> String {
    STANDARD.encode(hmac::sign(&key(token), signed(url, fields).as_bytes()).as_ref())
}

fn key(token: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes())
}

fn signed(url: &str, fields: &BTreeMap<String, String>) -> String {
    fields
        .iter()
        .fold(url.to_owned(), |mut all, (name, value)| {
            all.push_str(name);
            all.push_str(value);
            all
        })
}

pub(super) fn read(token: &str, call: &Call<'_>) -> Result<Said, Forged> {
    let fields: BTreeMap<String, String> =
        serde_html_form::from_bytes::<Vec<(String, String)>>(call.body)
            .map_err(|_| Forged)?
            .into_iter()
            .collect();
    let sent = (call.header)("x-twilio-signature").ok_or(Forged)?;
    let sent = STANDARD.decode(sent.trim()).map_err(|_| Forged)?;
    let signed = signed(call.url, &fields);
    hmac::verify(&key(token), signed.as_bytes(), &sent).map_err(|_| Forged)?;

    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let id = field("MessageSid");
    if id.is_empty() {
        return Ok(Said::Nothing);
    }
    Ok(match field("MessageStatus").as_str() {
        "failed" | "undelivered" => {
            let code = field("ErrorCode");
            Said::Failed {
                id,
                is_dead_number: DEAD.contains(&code.as_str()),
                code,
            }
        }
        // Queued, sent, delivered: nothing to do.
        _ if call.delivery.is_some() => Said::Nothing,
        _ if fields.contains_key("Body") => Said::Answer {
            from: field("From"),
            words: field("Body"),
            id,
        },
        _ => Said::Nothing,
    })
}
