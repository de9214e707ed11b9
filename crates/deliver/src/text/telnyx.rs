//! Telnyx' Messages API: JSON, a bearer key.

use serde::{Deserialize, Serialize};

use super::{Account, Request, Said, Text};

/// Codes that say that a number can never be texted: invalid, not routable, no such number.
const DEAD: [&str; 3] = ["40310", "40001", "40012"];

#[derive(Serialize)]
struct Json<'a> {
    from: &'a str,
    to: &'a str,
    text: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    webhook_url: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    messaging_profile_id: &'a str,
}

#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    data: Option<Message>,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    id: Option<String>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    code: String,
    #[serde(default)]
    title: String,
}

pub(super) fn request(account: &Account, text: &Text) -> Request {
    let set = &account.set;
    let json = Json {
        from: &set.sender,
        to: &text.to,
        text: &text.words,
        kind: "SMS",
        webhook_url: format!("{}/{}", account.callback, text.what.delivery),
        messaging_profile_id: &set.account,
    };
    Request {
        url: format!("{}/v2/messages", set.url),
        header: ("Authorization", format!("Bearer {}", account.secret)),
        content_type: "application/json",
        // Plain strings can always be written.
        body: serde_json::to_string(&json).unwrap_or_default(),
    }
}

pub(super) fn probe(account: &Account) -> (String, String) {
    (
        format!("{}/v2/balance", account.set.url),
        format!("Bearer {}", account.secret),
    )
}

pub(super) fn said(body: &str) -> Said {
    let Ok(json) = serde_json::from_str::<Answered>(body) else {
        return Said::default();
    };
    let fault = json.errors.into_iter().next();
    let (code, words) = fault.map(|one| (one.code, one.title)).unzip();
    Said {
        id: json.data.and_then(|data| data.id),
        is_dead_number: code.as_deref().is_some_and(|code| DEAD.contains(&code)),
        code,
        words: words.unwrap_or_default(),
    }
}
