//! The site on a store of its own, with a clock that stands until it is moved.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use placet_app::operator::{self, NewOperator, NewToken, password};
use placet_app::{ActError, Ctx};
use placet_domain::id::OperatorId;
use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::time::Timestamp;
use placet_policy::Engine;
use placet_store::{Durability, Faults, Keys, Store, StoreConfig, Tx};
use placet_web::Site;
use placet_web::api::imports::{Asked, Intake};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// The secret of the tests' account at the provider of text messages.
pub const TEXT_SECRET: &str = "a token for tests";

pub const PASSWORD: &str = "four plain words here";

/// Stands where the gateway does: says how many bytes came in, for whom.
struct Counting;

impl Intake for Counting {
    fn people(
        &self,
        ctx: &Ctx,
        asked: &Asked,
        mut input: Box<dyn Read + Send>,
    ) -> Result<Value, ActError> {
        ctx.actor.may(Capability::ImportPeople)?;
        let n = std::io::copy(&mut input, &mut std::io::sink());
        let n = n.map_err(|_| ActError::refused("import.stopped", "it broke off"))?;
        Ok(json!({ "n": n, "source": asked.source, "format": asked.format }))
    }

    fn instruments(&self, ctx: &Ctx, mut input: Box<dyn Read + Send>) -> Result<Value, ActError> {
        ctx.actor.may(Capability::RecordInstruments)?;
        let n = std::io::copy(&mut input, &mut std::io::sink()).unwrap_or_default();
        let problem = json!({ "line": 3, "column": "signed_at", "problem": "it lies ahead" });
        Ok(json!({ "n": n, "rows": 2, "granted": 1, "problems": [problem] }))
    }
}

/// A site, its store and its clock.
pub struct World {
    pub site: Site,
    pub store: Store,
    pub faults: Faults,
    clock: Arc<AtomicI64>,
    router: Router,
    _folder: TempDir,
}

/// An answer.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

/// Somebody's browser: it keeps the cookie.
pub struct Browser<'w> {
    world: &'w World,
    cookie: String,
}

fn engine() -> Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    Arc::clone(ENGINE.get_or_init(|| Arc::new(Engine::builtin())))
}

fn password_hash() -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| password::hash(PASSWORD, [1; 32]).unwrap())
        .clone()
}

impl World {
    pub fn new() -> Self {
        Self::at("http://placet.test")
    }

    pub fn at(public_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("placet.db").display());
        let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
        config.durability = Durability::None;
        let faults = config.faults.clone();
        let store = Store::open(config).unwrap();
        let start: Timestamp = "2026-03-02T15:00:00Z".parse().unwrap();
        let clock = Arc::new(AtomicI64::new(start.as_second()));
        let drawn = AtomicU64::new(0);
        let shown = Arc::clone(&clock);
        let site = Site::new(placet_web::site::Parts {
            store: store.clone(),
            engine: engine(),
            clock: Arc::new(move || Timestamp::from_second(shown.load(Ordering::SeqCst)).unwrap()),
            entropy: Arc::new(move || {
                let mut bytes = [0; 32];
                let n = drawn.fetch_add(1, Ordering::SeqCst);
                bytes[..8].copy_from_slice(&n.to_be_bytes());
                bytes[8..16].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
                bytes
            }),
            public_url: public_url.to_owned(),
            intake: Some(Arc::new(Counting)),
            text_secret: Some(TEXT_SECRET.to_owned()),
            answer_grid: None,
        });
        let router = placet_web::router(&site);
        Self {
            site,
            store,
            faults,
            clock,
            router,
            _folder: folder,
        }
    }

    pub fn pass_minutes(&self, minutes: i64) {
        self.clock.fetch_add(minutes * 60, Ordering::SeqCst);
    }

    /// Acts as the system.
    pub fn act<T, F>(&self, f: F) -> Result<T, ActError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    {
        let ctx = self.site.ctx(Actor::System("test"), None);
        self.store
            .act_blocking(ctx.actor.may_as_system().unwrap(), &ctx, f)
    }

    pub fn add_operator(&self, login: &str, roles: &[Role]) -> OperatorId {
        let new = NewOperator {
            login: login.to_owned(),
            name: format!("Operator {login}"),
            roles: roles.iter().copied().collect(),
            password_hash: password_hash(),
        };
        self.act(move |tx, ctx| operator::add(tx, ctx, &new))
            .unwrap()
    }

    /// A token of a new operator with these roles, with every scope they allow.
    pub fn token(&self, roles: &[Role]) -> String {
        let n: [u8; 8] = self.site.entropy()[..8].try_into().unwrap();
        let login = format!("machine{}", u64::from_be_bytes(n));
        let id = self.add_operator(&login, roles);
        let roles: BTreeSet<Role> = roles.iter().copied().collect();
        let actor = Actor::Operator { id, roles };
        let scopes = Capability::ALL
            .into_iter()
            .filter(|c| actor.may(*c).is_ok());
        let new = NewToken {
            name: "test".to_owned(),
            scopes: scopes.collect(),
            days: 30,
        };
        let ctx = self.site.ctx(actor, None);
        let grant = ctx.actor.may(Capability::ViewToday).unwrap();
        let secret = format!("placet_{login}");
        let kept = secret.clone();
        self.store
            .act_blocking(grant, &ctx, move |tx, ctx| {
                operator::add_token(tx, ctx, &new, &kept)
            })
            .unwrap();
        secret
    }

    /// The browser of a new operator with these roles, signed in.
    pub async fn browser(&self, login: &str, roles: &[Role]) -> Browser<'_> {
        self.add_operator(login, roles);
        let mut browser = self.nobody();
        let page = browser.sign_in(login, PASSWORD).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        browser
    }

    /// A browser that is not signed in.
    pub fn nobody(&self) -> Browser<'_> {
        Browser {
            world: self,
            cookie: String::new(),
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Page {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 16 << 20).await.unwrap();
        Page {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// One request to the API.
    pub async fn api(&self, token: &str, method: &str, path: &str, body: &str) -> Page {
        self.api_with(token, method, path, body, &[]).await
    }

    pub async fn api_with(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Page {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }
}

impl Browser<'_> {
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    pub async fn sign_in(&mut self, login: &str, password: &str) -> Page {
        let fields = [("login", login), ("password", password)];
        self.request(Method::POST, "/sign-in", Some(&form(&fields)), &[])
            .await
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let page = self
            .request(Method::GET, path, None, &[("sec-fetch-mode", "navigate")])
            .await;
        if page.status == StatusCode::OK && page.text.starts_with("<!DOCTYPE html>") {
            page.must_be_sound(path);
        }
        page
    }

    /// Sends a form with the token of this session, taken from the account page.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.csrf().await;
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.request(
            Method::POST,
            path,
            Some(&form(&all)),
            &[("origin", "http://placet.test")],
        )
        .await
    }

    pub async fn csrf(&mut self) -> String {
        self.get("/account")
            .await
            .between("name=\"csrf\" value=\"", "\"")
            .to_owned()
    }

    pub async fn request(
        &mut self,
        method: Method,
        path: &str,
        form: Option<&str>,
        headers: &[(&str, &str)],
    ) -> Page {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "placet.test");
        if !self.cookie.is_empty() {
            request = request.header(header::COOKIE, &self.cookie);
        }
        let is_said = headers.iter().any(|(name, _)| *name == "content-type");
        if form.is_some() && !is_said {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Body::from(form.unwrap_or_default().to_owned());
        let page = self.world.send(request.body(body).unwrap()).await;
        if let Some(cookie) = page.headers.get(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        page
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    serde_html_form::to_string(fields).unwrap()
}

impl Page {
    pub fn location(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> &str {
        let (_, rest) = self
            .text
            .split_once(before)
            .unwrap_or_else(|| panic!("{before:?} is not there: {}", self.text));
        rest.split_once(after).unwrap().0
    }

    #[track_caller]
    pub fn must_say(&self, words: &str) {
        assert!(
            self.text.contains(words),
            "{words:?} is not said: {}",
            self.text
        );
    }

    /// What every page owes its reader, whatever it shows.
    #[track_caller]
    pub fn must_be_sound(&self, path: &str) {
        let text = &self.text;
        assert_eq!(text.matches("<h1").count(), 1, "{path}: one h1");
        assert_eq!(text.matches("<main").count(), 1, "{path}: one main");
        assert!(text.contains("class=\"skip\""), "{path}: skip link");
        assert!(text.len() < 100_000, "{path}: {} bytes", text.len());
        for forbidden in ["<style", " style=\"", "onclick=", "javascript:", "<script>"] {
            assert!(!text.contains(forbidden), "{path}: {forbidden}");
        }
        self.ids_must_be_unique(path);
        self.inputs_must_be_labelled(path);
        self.headings_must_be_in_order(path);
    }

    #[track_caller]
    fn ids_must_be_unique(&self, path: &str) {
        let mut seen = BTreeSet::new();
        for id in self
            .text
            .split(" id=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            assert!(seen.insert(id), "{path}: id {id:?} twice");
        }
    }

    #[track_caller]
    fn inputs_must_be_labelled(&self, path: &str) {
        for tag in ["<input", "<select", "<textarea"] {
            for input in self
                .text
                .split(tag)
                .skip(1)
                .map(|rest| rest.split('>').next().unwrap())
            {
                if input.contains("type=\"hidden\"") || input.contains("aria-label=") {
                    continue;
                }
                let id = input
                    .split("id=\"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next());
                let id = id.unwrap_or_else(|| panic!("{path}: {tag}{input} has no id"));
                assert!(
                    self.text.contains(&format!("for=\"{id}\"")),
                    "{path}: {id} has no label"
                );
            }
        }
    }

    #[track_caller]
    fn headings_must_be_in_order(&self, path: &str) {
        let mut last = 0;
        for (at, _) in self.text.match_indices("<h") {
            let Some(level) = self.text[at + 2..]
                .chars()
                .next()
                .and_then(|c| c.to_digit(10))
            else {
                continue;
            };
            assert!(level <= last + 1, "{path}: h{level} after h{last}");
            last = level;
        }
    }
}
