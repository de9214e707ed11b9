//! What Telnyx tells: JSON, signed with its own key (Ed25519) over the time and the body.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Call, Forged, Said};

/// A call older or newer than this is a repetition of somebody else's.
const WITHIN_SECONDS: i64 = 300;
/// Codes by which a number is known to be no number for texts.
const DEAD: [&str; 3] = ["40310", "40001", "40012"];

#[derive(Deserialize)]
struct Json {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    event_type: String,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    id: String,
    #[serde(default)]
    from: Number,
    #[serde(default)]
    to: Vec<Number>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize, Default)]
struct Number {
    #[serde(default)]
    phone_number: String,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    code: String,
}

pub(super) fn read(public_key: &str, call: &Call<'_>) -> Result<Said, Forged> {
    let header = |name: &str| (call.header)(name).ok_or(Forged);
    let bytes = |text: &str| STANDARD.decode(text.trim()).map_err(|_| Forged);
    let at = header("telnyx-timestamp")?;
    let sent = bytes(&header("telnyx-signature-ed25519")?)?;
    let second: i64 = at.trim().parse().map_err(|_| Forged)?;
    if second.abs_diff(call.at.as_second()) > WITHIN_SECONDS.unsigned_abs() {
        return Err(Forged);
    }
    let mut signed = format!("{at}|").into_bytes();
    signed.extend_from_slice(call.body);
    UnparsedPublicKey::new(&ED25519, bytes(public_key)?)
        .verify(&signed, &sent)
        .map_err(|_| Forged)?;

    let Ok(Json { data }) = serde_json::from_slice::<Json>(call.body) else {
        return Ok(Said::Nothing);
    };
    let payload = data.payload;
    if payload.id.is_empty() {
        return Ok(Said::Nothing);
    }
    let has_failed = payload
        .to
        .iter()
        .any(|to| matches!(to.status.as_str(), "delivery_failed" | "sending_failed"));
    Ok(match data.event_type.as_str() {
        "message.received" => Said::Answer {
            from: payload.from.phone_number,
            words: payload.text,
            id: payload.id,
        },
        "message.finalized" if has_failed => {
            let fault = payload.errors.into_iter().next();
            let code = fault.map(|fault| fault.code).unwrap_or_default();
            Said::Failed {
                id: payload.id,
                is_dead_number: DEAD.contains(&code.as_str()),
                code,
            }
        }
        _ => Said::Nothing,
    })
}
