//! Who is looking: the signed-in operator behind a request, or the token of a machine.
//!
//! The cookie carries the session's token and the second at which it was last used, signed with
//! the session's own secret: a page that is read writes nothing, and the idle limit still holds
//! to the minute on any number of servers.
//!
//! INVARIANT: only a person keeps a session alive, by opening a page or by typing
//! ([`STILL_HERE`]); a script that fetches does not, or a screen left alone would never sign off.

use aws_lc_rs::hmac;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use placet_app::Ctx;
use placet_app::operator::{self, Begun, Known};
use placet_domain::id::RequestId;
use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::time::Timestamp;

use crate::csrf::CsrfToken;
use crate::error::WebError;
use crate::routes::is_api;
use crate::site::Site;

/// Minutes without a page before a session ends (45 CFR 164.312(a)(2)(iii)).
pub const IDLE_MINUTES: i64 = 15;
/// Asked by our script while somebody types, so that a long text outlives the idle limit.
pub const STILL_HERE: &str = "/account/here";
/// Seconds after which a page renews the cookie.
const RENEW_SECONDS: i64 = 30;

/// The operator who looks at a page. Taking it as a parameter means: signed in.
#[derive(Clone)]
pub struct Viewer {
    /// The context of the acts of this request.
    pub ctx: Ctx,
    /// How the operator is called.
    pub name: String,
    /// The token that forms carry.
    pub csrf: CsrfToken,
    seat: Option<Seat>,
}

/// What a browser's session adds.
#[derive(Clone)]
struct Seat {
    token: [u8; 32],
    secret: [u8; 32],
    seen_at: Timestamp,
}

impl Viewer {
    /// Whether a part of the page may be shown.
    #[must_use]
    pub fn can(&self, capability: Capability) -> bool {
        self.ctx.actor.may(capability).is_ok()
    }

    /// The operator's roles.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        let roles = match &self.ctx.actor {
            Actor::Operator { roles, .. } | Actor::Token { roles, .. } => Some(roles),
            Actor::Person | Actor::System(_) => None,
        };
        roles.into_iter().flatten().copied()
    }

    /// What is kept of the session's token; none for a machine.
    #[must_use]
    pub fn session_hash(&self) -> Option<[u8; 32]> {
        self.seat
            .as_ref()
            .map(|seat| operator::hash_of(&seat.token))
    }

    /// Somebody who acts with a bearer token; has no forms.
    pub(crate) fn machine(ctx: Ctx, name: String) -> Self {
        // No form can match a token with a space in it.
        Self {
            ctx,
            name,
            csrf: CsrfToken::new(" ".to_owned()),
            seat: None,
        }
    }
}

impl FromRequestParts<Site> for Viewer {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, WebError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(WebError::SignedOut { next: None })
    }
}

/// The context of the acts of this request; taking it means: signed in.
impl FromRequestParts<Site> for Ctx {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, WebError> {
        Viewer::from_request_parts(parts, site)
            .await
            .map(|viewer| viewer.ctx)
    }
}

/// The viewer behind a request, by cookie or, for the API, by token.
pub(crate) async fn find_viewer(site: &Site, parts: &Parts) -> Result<Option<Viewer>, WebError> {
    let request = parts.extensions.get::<RequestId>().copied();
    if is_api(parts.uri.path()) {
        return crate::api::bearer::find_viewer(site, &parts.headers, request).await;
    }
    let Some(cookie) = Cookie::read(site, &parts.headers) else {
        return Ok(None);
    };
    let now = site.now();
    let token = cookie.token;
    let known = site
        .store()
        .read(move |tx| operator::find_session(tx, &token, now))
        .await?;
    Ok(known.and_then(|known| seated(site, &cookie, known, request)))
}

fn seated(
    site: &Site,
    cookie: &Cookie,
    known: Known,
    request: Option<RequestId>,
) -> Option<Viewer> {
    let secret = known.session.secret;
    cookie.is_in_use(&secret, site.now()).then(|| Viewer {
        ctx: site.ctx(known.actor(), request),
        name: known.name,
        csrf: csrf_token(&secret).numbered(number(site)),
        seat: Some(Seat {
            token: cookie.token,
            secret,
            seen_at: cookie.seen_at,
        }),
    })
}

/// A number that no other page has.
fn number(site: &Site) -> String {
    let drawn = site.entropy();
    URL_SAFE_NO_PAD.encode(drawn.first_chunk::<12>().unwrap_or(&[0; 12]))
}

fn csrf_token(secret: &[u8; 32]) -> CsrfToken {
    CsrfToken::new(URL_SAFE_NO_PAD.encode(sign(secret, b"form")))
}

fn sign(secret: &[u8; 32], said: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), said)
}

/// What the browser holds.
struct Cookie {
    token: [u8; 32],
    seen_at: Timestamp,
    signature: Vec<u8>,
}

impl Cookie {
    fn read(site: &Site, headers: &HeaderMap) -> Option<Self> {
        let value = cookie_value(headers, cookie_name(site))?;
        let mut parts = value.splitn(3, '.');
        Some(Self {
            token: URL_SAFE_NO_PAD
                .decode(parts.next()?)
                .ok()?
                .try_into()
                .ok()?,
            seen_at: Timestamp::from_second(parts.next()?.parse().ok()?).ok()?,
            signature: URL_SAFE_NO_PAD.decode(parts.next()?).ok()?,
        })
    }

    /// Whether the second is the one we wrote and not too long ago. A clock that went back a
    /// little signs nobody out; one that went back far does.
    fn is_in_use(&self, secret: &[u8; 32], now: Timestamp) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let idle = now.duration_since(self.seen_at);
        hmac::verify(&key, &seen_text(self.seen_at), &self.signature).is_ok()
            && idle <= SignedDuration::from_mins(IDLE_MINUTES)
            && idle >= -SignedDuration::from_mins(IDLE_MINUTES)
    }
}

fn seen_text(at: Timestamp) -> Vec<u8> {
    format!("seen {}", at.as_second()).into_bytes()
}

fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|pairs| pairs.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(n, value)| (n == name).then_some(value))
}

fn cookie_name(site: &Site) -> &'static str {
    // The prefix binds the cookie to this host; browsers take it over https only.
    if site.is_https() {
        "__Host-placet"
    } else {
        "placet"
    }
}

fn cookie(site: &Site, token: &[u8; 32], secret: &[u8; 32]) -> Option<HeaderValue> {
    let now = site.now();
    let signature = sign(secret, &seen_text(now));
    let value = format!(
        "{}={}.{}.{}; Path=/; HttpOnly; SameSite=Lax{}",
        cookie_name(site),
        URL_SAFE_NO_PAD.encode(token),
        now.as_second(),
        URL_SAFE_NO_PAD.encode(signature),
        if site.is_https() { "; Secure" } else { "" },
    );
    HeaderValue::try_from(value).ok()
}

/// The cookie of a session that has just begun.
pub(crate) fn first_cookie(site: &Site, begun: &Begun) -> Option<HeaderValue> {
    cookie(site, &begun.token, &begun.session.secret)
}

/// Takes the cookie back.
pub(crate) fn end_cookie(site: &Site) -> Option<HeaderValue> {
    let secure = if site.is_https() { "; Secure" } else { "" };
    let name = cookie_name(site);
    HeaderValue::try_from(format!(
        "{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// The cookie that keeps a session alive, when a person opened this page and it is time.
pub(crate) fn renewal(site: &Site, parts: &Parts, viewer: &Viewer) -> Option<HeaderValue> {
    let seat = viewer.seat.as_ref()?;
    let mode = parts.headers.get("sec-fetch-mode");
    let is_a_page = mode.is_none_or(|mode| mode == "navigate");
    let is_a_person = is_a_page || parts.uri.path() == STILL_HERE;
    let age = site.now().duration_since(seat.seen_at).as_secs();
    let is_time = !(0..RENEW_SECONDS).contains(&age);
    (is_a_person && is_time)
        .then(|| cookie(site, &seat.token, &seat.secret))
        .flatten()
}

/// For how long a browser is known in which somebody signed in.
const DEVICE_SECONDS: i64 = 180 * 24 * 3_600;

fn device_cookie_name(site: &Site, name: &str) -> String {
    let prefix = if site.is_https() { "__Secure-" } else { "" };
    format!("{prefix}placet-known-{name}")
}

/// What this browser holds about a login that was used in it.
pub(crate) fn device_note(site: &Site, headers: &HeaderMap, name: &str) -> Option<String> {
    cookie_value(headers, &device_cookie_name(site, name)).map(str::to_owned)
}

/// Lets this browser be known again.
pub(crate) fn device_cookie(site: &Site, name: &str, note: &str) -> Option<HeaderValue> {
    let secure = if site.is_https() { "; Secure" } else { "" };
    let name = device_cookie_name(site, name);
    HeaderValue::try_from(format!(
        "{name}={note}; Path=/sign-in; Max-Age={DEVICE_SECONDS}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// Adds the cookie unless the handler has set or ended one.
pub(crate) fn set_unless_set(response: &mut Response, cookie: HeaderValue) {
    if !response.headers().contains_key(header::SET_COOKIE) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}
