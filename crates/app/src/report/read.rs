//! What a mail that came back says: DSN (RFC 3464), ARF (RFC 5965), automatic or human reply.

use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders as _, PartType};
use placet_domain::channel::Channel;
use placet_domain::id::DeliveryId;
use placet_domain::reply::{self, Wish};
use placet_domain::report::{Kind, is_dead_address, status_in};
use placet_ledger::sha256;
use placet_store::Keys;

use super::Heard;
use super::token::find_return_path;

/// The most of a mail that is looked at.
const MOST: usize = 1 << 20;

/// Reads one mail as it came, envelope headers and all.
#[must_use]
pub fn read(keys: &Keys, raw: &[u8]) -> Heard {
    let hash = sha256(raw);
    let raw = raw.get(..raw.len().min(MOST)).unwrap_or_default();
    let other = Heard {
        kind: Kind::Other,
        status: None,
        delivery: None,
        channel: Channel::Email,
        from: None,
        hash,
    };
    let Some(message) = MessageParser::default().parse(raw) else {
        return other;
    };
    let (kind, status) = kind_of(&message, raw);
    let delivery = delivery_of(keys, &message, raw, kind);
    let from = message
        .from()
        .and_then(mail_parser::Address::first)
        .and_then(|from| from.address())
        .map(str::to_owned);
    Heard {
        kind,
        status,
        delivery,
        from: from.filter(|_| kind == Kind::Stop),
        ..other
    }
}

fn kind_of(message: &Message<'_>, raw: &[u8]) -> (Kind, Option<String>) {
    for part in &message.parts {
        let content_type = part.content_type();
        let (Some(kind), Some(subtype)) = (
            content_type.map(|it| it.ctype().to_ascii_lowercase()),
            content_type
                .and_then(|it| it.subtype())
                .map(str::to_ascii_lowercase),
        ) else {
            continue;
        };
        let body = || text_of(raw, part.offset_body as usize, part.offset_end as usize);
        match (kind.as_str(), subtype.as_str()) {
            ("message", "delivery-status" | "global-delivery-status") => return bounce(&body()),
            ("message", "feedback-report") => return (feedback(&body()), None),
            _ => {}
        }
    }
    let headers: Vec<(&str, &str)> = message.headers_raw().collect();
    let subject = message.subject().unwrap_or_default();
    if reply::is_automatic(headers.into_iter(), subject) {
        return (Kind::AutoReply, None);
    }
    let said = said(message);
    let wish = reply::wish(&reply::fresh(&said)).or_else(|| {
        // Some unsubscribe by an empty mail with the word as its subject.
        (said.trim().is_empty())
            .then(|| reply::wish(subject))
            .flatten()
    });
    let kind = match wish {
        Some(Wish::Stop) => Kind::Stop,
        Some(Wish::Help) => Kind::Help,
        None if said.trim().is_empty() && subject.is_empty() => Kind::Other,
        None => Kind::Reply,
    };
    (kind, None)
}

fn said(message: &Message<'_>) -> String {
    let text = message
        .text_body
        .first()
        .and_then(|at| message.parts.get(*at as usize));
    match text.map(|part| &part.body) {
        Some(PartType::Text(text)) => text.clone().into_owned(),
        _ => message
            .body_text(0)
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default(),
    }
}

fn text_of(raw: &[u8], from: usize, to: usize) -> String {
    let bytes = raw.get(from..to.min(raw.len())).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// A field of a report's machine-readable part, unfolded.
fn field(body: &str, name: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for line in body.lines() {
        match (&mut found, line.starts_with([' ', '\t'])) {
            (Some(value), true) => value.push_str(line),
            (Some(_), false) => break,
            (None, _) => {
                let (key, value) = line.split_once(':').unwrap_or_default();
                if key.trim().eq_ignore_ascii_case(name) {
                    found = Some(value.to_owned());
                }
            }
        }
    }
    found.map(|value| value.trim().to_owned())
}

fn bounce(body: &str) -> (Kind, Option<String>) {
    let status = field(body, "Status").and_then(|it| status_in(&it).map(str::to_owned));
    let diagnosis = field(body, "Diagnostic-Code").unwrap_or_default();
    // Some say 5.0.0 and mean what the diagnosis says.
    let exact = status_in(&diagnosis).map(str::to_owned);
    let status = match (status, exact) {
        (Some(general), Some(exact)) if general.ends_with(".0.0") => Some(exact),
        (status, exact) => status.or(exact),
    };
    let action = field(body, "Action")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let kind = match action.as_str() {
        "failed" if status.as_deref().is_some_and(is_dead_address) => Kind::HardBounce,
        "failed" | "delayed" | "" => Kind::SoftBounce,
        // Delivered, relayed, expanded: no trouble.
        _ => Kind::Other,
    };
    (kind, status)
}

fn feedback(body: &str) -> Kind {
    let kind = field(body, "Feedback-Type").unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "abuse" | "opt-out" | "opt-out-list" | "fraud" | "virus" | "other" | "" => Kind::Complaint,
        // "This was no spam", and authentication failures.
        _ => Kind::Other,
    }
}

/// The delivery that a mail is about: by its signed return address anywhere in it, or by the name
/// of the message that it answers or encloses. That name holds 80 random bits and is known only
/// to whoever got the message.
fn delivery_of(keys: &Keys, message: &Message<'_>, raw: &[u8], kind: Kind) -> Option<DeliveryId> {
    if let Some(found) = find_return_path(keys, &String::from_utf8_lossy(raw)) {
        return Some(found);
    }
    let answered = [message.in_reply_to(), message.references()];
    if let Some(found) = answered.into_iter().find_map(id_in) {
        return Some(found);
    }
    let is_report = matches!(kind, Kind::HardBounce | Kind::SoftBounce | Kind::Complaint);
    let enclosed = message.parts.iter().skip(1);
    is_report
        .then(|| {
            enclosed
                .map(|part| text_of(raw, part.offset_body as usize, part.offset_end as usize))
                .find_map(|body| field(&body, "Message-ID").and_then(|id| delivery_in(&id)))
        })
        .flatten()
}

fn id_in(value: &HeaderValue<'_>) -> Option<DeliveryId> {
    match value {
        HeaderValue::Text(text) => delivery_in(text),
        HeaderValue::TextList(list) => list.iter().rev().find_map(|text| delivery_in(text)),
        _ => None,
    }
}

fn delivery_in(id: &str) -> Option<DeliveryId> {
    let (unique, _) = id.trim().trim_start_matches('<').split_once('@')?;
    unique.to_ascii_lowercase().parse().ok()
}
