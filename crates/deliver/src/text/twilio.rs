//! Twilio's Messages API: form-encoded, basic authentication, JSON answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{Account, Request, Said, Text};

/// Codes that say that a number can never be texted: invalid, no mobile, not reachable by text.
const DEAD: [u32; 4] = [21211, 21214, 21614, 21217];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Form<'a> {
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messaging_service_sid: Option<&'a str>,
    body: &'a str,
    status_callback: String,
}

#[derive(Deserialize)]
struct Json {
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    code: Option<u32>,
    #[serde(default)]
    message: Option<String>,
}

pub(super) fn request(account: &Account, text: &Text) -> Request {
    let set = &account.set;
    let is_service = set.sender.starts_with("MG");
    let form = Form {
        to: &text.to,
        from: (!is_service).then_some(set.sender.as_str()),
        messaging_service_sid: is_service.then_some(set.sender.as_str()),
        body: &text.words,
        status_callback: format!("{}/{}", account.callback, text.what.delivery),
    };
    Request {
        url: format!(
            "{}/2010-04-01/Accounts/{}/Messages.json",
            set.url, set.account
        ),
        header: ("Authorization", authorization(account)),
        content_type: "application/x-www-form-urlencoded",
        // A form of plain strings can always be written.
        body: serde_html_form::to_string(&form).unwrap_or_default(),
    }
}

pub(super) fn probe(account: &Account) -> (String, String) {
    let set = &account.set;
    (
        format!("{}/2010-04-01/Accounts/{}.json", set.url, set.account),
        authorization(account),
    )
}

fn authorization(account: &Account) -> String {
    let login = format!("{}:{}", account.set.account, account.secret);
    format!("Basic {}", STANDARD.encode(login))
}

pub(super) fn said(body: &str) -> Said {
    let Ok(json) = serde_json::from_str::<Json>(body) else {
        return Said::default();
    };
    Said {
        id: json.sid,
        is_dead_number: json.code.is_some_and(|code| DEAD.contains(&code)),
        code: json.code.map(|code| code.to_string()),
        words: json.message.unwrap_or_default(),
    }
}
