//! The phones of the demo: a provider of text messages on this machine that speaks Twilio's
//! protocol over HTTP, delivers to nobody, and shows what arrived; one can answer from there.
//!
//! It stands on an address of its own and talks to the hospital only as Twilio would: by its
//! webhooks, signed. What is shown was written by ourselves to invented people.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use placet_app::text::signature;
use placet_deliver::text::Request;
use placet_deliver::text::http::{Client, Patience};
use placet_domain::address;
use placet_domain::channel::Channel;
use placet_domain::content::text::size;
use placet_domain::reply::{self, Wish};
use placet_web::{components, layout};
use serde::Deserialize;
use serde_json::json;

/// The account of the demo hospital.
pub const ACCOUNT: &str = "AC00000000000000000000000000000000";
/// The number that its texts come from.
pub const SENDER: &str = "+12165550100";
/// How many phones the list shows, and how many are kept.
const SHOWN: usize = 200;
const KEPT: usize = 20_000;

/// One message on a phone.
struct Said {
    is_ours: bool,
    words: String,
}

/// A phone and what stands on it, oldest first.
struct Phone {
    number: String,
    messages: Vec<Said>,
    // When it last got something, counted in messages.
    latest: u64,
}

#[derive(Default)]
struct Kept {
    phones: Vec<Phone>,
    by_number: HashMap<String, usize>,
    // Whoever answered STOP: Twilio itself takes nothing more for them.
    stopped: BTreeSet<String>,
    n_messages: u64,
    n_calls: u64,
}

/// The provider and its phones.
#[derive(Clone)]
pub struct Phones(Arc<Shared>);

struct Shared {
    secret: String,
    /// Where the hospital hears what a reader answers.
    hook: String,
    client: Client,
    kept: Mutex<Kept>,
    /// Calls to be made, one after the other.
    calls: Sender<(String, BTreeMap<String, String>)>,
}

impl Phones {
    /// Phones of an account with this secret, for a hospital that hears at `hook`.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn new(secret: String, hook: String) -> Result<Self> {
        let (calls, waiting) = channel::<(String, BTreeMap<String, String>)>();
        let client = Client::new(Patience::default());
        let shared = Arc::new(Shared {
            secret,
            hook,
            client,
            kept: Mutex::default(),
            calls,
        });
        let caller = Self(Arc::clone(&shared));
        let weak = Arc::downgrade(&caller.0);
        drop(caller);
        std::thread::Builder::new()
            .name("demo phones".to_owned())
            .spawn(move || {
                while let Ok((url, fields)) = waiting.recv() {
                    let Some(shared) = weak.upgrade() else {
                        return;
                    };
                    // Whether the hospital hears it is the hospital's affair.
                    let _ = Self(shared).call(&url, &fields);
                }
            })
            .context("cannot start a thread")?;
        Ok(Self(shared))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the hospital as Twilio does: form-encoded and signed.
    fn call(&self, url: &str, fields: &BTreeMap<String, String>) -> Option<(u16, String)> {
        let body = serde_html_form::to_string(fields).ok()?;
        let request = Request {
            url: url.to_owned(),
            header: ("X-Twilio-Signature", signature(&self.0.secret, url, fields)),
            content_type: "application/x-www-form-urlencoded",
            body,
        };
        self.0.client.post(&request).ok()
    }

    fn is_ours(&self, headers: &HeaderMap) -> bool {
        let wanted = format!(
            "Basic {}",
            STANDARD.encode(format!("{ACCOUNT}:{}", self.0.secret))
        );
        headers
            .get(header::AUTHORIZATION)
            .is_some_and(|sent| sent.as_bytes() == wanted.as_bytes())
    }
}

impl Kept {
    fn add(&mut self, number: &str, is_ours: bool, words: &str) {
        self.n_messages += 1;
        let at = match self.by_number.get(number) {
            Some(at) => *at,
            None if self.phones.len() >= KEPT => return,
            None => {
                self.phones.push(Phone {
                    number: number.to_owned(),
                    messages: Vec::new(),
                    latest: 0,
                });
                let at = self.phones.len() - 1;
                self.by_number.insert(number.to_owned(), at);
                at
            }
        };
        if let Some(phone) = self.phones.get_mut(at) {
            phone.latest = self.n_messages;
            phone.messages.push(Said {
                is_ours,
                words: words.to_owned(),
            });
        }
    }

    fn next_sid(&mut self) -> String {
        self.n_calls += 1;
        format!("SM{:032x}", self.n_calls)
    }
}

/// The provider's own routes, for an address of its own.
pub fn provider(phones: Phones) -> Router {
    Router::new()
        .route("/2010-04-01/Accounts/{account}", get(account))
        .route("/2010-04-01/Accounts/{account}/Messages.json", post(take))
        .with_state(phones)
}

/// The routes of the pages.
pub fn routes(phones: Phones) -> Router {
    Router::new()
        .route("/demo/texts", get(list))
        .route("/demo/texts/{phone}", get(show).post(answer))
        .with_state(phones)
}

async fn account(State(phones): State<Phones>, headers: HeaderMap) -> Response {
    if !phones.is_ours(&headers) {
        return fault(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
    }
    axum::Json(json!({"sid": ACCOUNT, "status": "active"})).into_response()
}

/// A message as Twilio takes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    to: String,
    #[serde(default)]
    from: String,
    body: String,
    #[serde(default)]
    status_callback: String,
}

async fn take(
    State(phones): State<Phones>,
    headers: HeaderMap,
    Form(message): Form<Message>,
) -> Response {
    if !phones.is_ours(&headers) {
        return fault(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
    }
    let Ok(to) = address::canonical(Channel::Sms, &message.to) else {
        return fault(StatusCode::BAD_REQUEST, 21211, "Invalid 'To' Phone Number");
    };
    let sid = {
        let mut kept = phones.kept();
        if kept.stopped.contains(&to) {
            let says = "Attempt to send to unsubscribed recipient";
            return fault(StatusCode::BAD_REQUEST, 21610, says);
        }
        kept.add(&to, true, &message.body);
        kept.next_sid()
    };
    if !message.status_callback.is_empty() {
        let fields = [
            ("AccountSid", ACCOUNT),
            ("MessageSid", &sid),
            ("MessageStatus", "delivered"),
            ("From", &message.from),
            ("To", &to),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let _ = phones
            .0
            .calls
            .send((message.status_callback, fields.into()));
    }
    let answer = json!({
        "sid": sid, "account_sid": ACCOUNT, "status": "queued", "direction": "outbound-api",
        "num_segments": size(&message.body).n_parts.to_string(), "error_code": null,
    });
    (StatusCode::CREATED, axum::Json(answer)).into_response()
}

fn fault(status: StatusCode, code: u32, message: &str) -> Response {
    let body = json!({"code": code, "message": message, "status": status.as_u16()});
    (status, axum::Json(body)).into_response()
}

async fn list(State(phones): State<Phones>) -> Html<String> {
    let kept = phones.kept();
    let mut latest: Vec<(usize, &Phone)> = kept.phones.iter().enumerate().collect();
    latest.sort_unstable_by_key(|(_, phone)| std::cmp::Reverse(phone.latest));
    let body = html! {
        h1 { "Phones" }
        p { "Every text message of the demo ends here: a provider that speaks Twilio's protocol and delivers to nobody." }
        p { strong { (kept.n_messages) } " messages since the start; the phones with the newest are listed. \
            Open one to answer from it." }
        @if latest.is_empty() {
            (components::empty(
                "Nothing arrived yet",
                "Launch a campaign of a text message: it appears here within a second, by day.",
                &html! {},
            ))
        } @else {
            table {
                caption { "Phones, the latest message first" }
                thead { tr { th scope="col" { "Phone" } th scope="col" { "Messages" } th scope="col" { "Latest" } } }
                tbody {
                    @for (at, phone) in latest.into_iter().take(SHOWN) {
                        tr {
                            td { a href={ "/demo/texts/" (at) } { (phone.number) } }
                            td { (phone.messages.len()) }
                            td { (phone.messages.last().map(|said| said.words.as_str()).unwrap_or_default()) }
                        }
                    }
                }
            }
        }
    };
    page("Phones", &body)
}

async fn show(State(phones): State<Phones>, Path(at): Path<usize>) -> Response {
    let kept = phones.kept();
    let Some(phone) = kept.phones.get(at) else {
        return gone();
    };
    let body = html! {
        p { a href="/demo/texts" { "All phones" } }
        h1 { (phone.number) }
        ol.chat {
            @for said in &phone.messages {
                li.ours[said.is_ours] {
                    span.unseen { @if said.is_ours { "The hospital: " } @else { "The phone: " } }
                    (said.words)
                }
            }
        }
        form.stacked method="post" action={ "/demo/texts/" (at) } {
            label { "Answer " input name="words" required maxlength="300" autocomplete="off"; }
            div.row {
                button { "Send" }
                button.quiet name="quick" value="STOP" formnovalidate { "Answer STOP" }
                button.quiet name="quick" value="HELP" formnovalidate { "Answer HELP" }
                button.quiet name="quick" value="START" formnovalidate { "Answer START" }
            }
        }
    };
    page(&phone.number, &body).into_response()
}

/// What is typed on a phone.
#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    words: String,
    #[serde(default)]
    quick: String,
}

async fn answer(
    State(phones): State<Phones>,
    Path(at): Path<usize>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let from = headers
        .get("sec-fetch-site")
        .and_then(|it| it.to_str().ok());
    if from.is_some_and(|from| from != "same-origin") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let words = if typed.quick.is_empty() {
        typed.words
    } else {
        typed.quick
    };
    let (number, sid) = {
        let mut kept = phones.kept();
        let Some(number) = kept.phones.get(at).map(|phone| phone.number.clone()) else {
            return gone();
        };
        kept.add(&number, false, &words);
        if reply::wish(&words) == Some(Wish::Stop) {
            kept.stopped.insert(number.clone());
        } else if reply::is_start(&words) {
            kept.stopped.remove(&number);
        }
        (number, kept.next_sid())
    };
    let fields = [
        ("AccountSid", ACCOUNT),
        ("MessageSid", &sid),
        ("From", &number),
        ("To", SENDER),
        ("Body", &words),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (caller, fields) = (phones.clone(), fields.into());
    let called = tokio::task::spawn_blocking(move || caller.call(&caller.0.hook, &fields)).await;
    if let Ok(Some((200, body))) = called
        && let Some(words) = told_back(&body)
    {
        phones.kept().add(&number, true, &words);
    }
    Redirect::to(&format!("/demo/texts/{at}")).into_response()
}

/// The message of a TwiML answer.
fn told_back(twiml: &str) -> Option<String> {
    let (_, rest) = twiml.split_once("<Message>")?;
    let (words, _) = rest.split_once("</Message>")?;
    let plain = words
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    Some(plain)
}

fn page(title: &str, body: &Markup) -> Html<String> {
    Html(layout::alone(title, body).into_string())
}

fn gone() -> Response {
    let body = html! {
        h1 { "This phone is no longer kept" }
        p { a href="/demo/texts" { "All phones" } }
    };
    (StatusCode::NOT_FOUND, page("No such phone", &body)).into_response()
}
