//! What every handler shares: the store, the engine, the clock, and where the site stands.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRef, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use placet_app::Ctx;
use placet_app::audience::Waterfalls;
use placet_domain::id::{RawId, RequestId};
use placet_domain::operator::Actor;
use placet_domain::time::Timestamp;
use placet_policy::Engine;
use placet_store::Store;
use tokio::sync::Semaphore;

use crate::api::budget::Budgets;
use crate::api::imports::Intake;
use crate::error::WebError;

/// The present instant, handed in by the executable or a test.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// 32 fresh random bytes, handed in likewise.
pub type Entropy = Arc<dyn Fn() -> [u8; 32] + Send + Sync>;

/// What a site is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The rules.
    pub engine: Arc<Engine>,
    /// The clock.
    pub clock: Clock,
    /// The source of randomness.
    pub entropy: Entropy,
    /// The address that links start with, without a slash at the end.
    pub public_url: String,
    /// What takes records that come in through the API; none where nothing is taken.
    pub intake: Option<Arc<dyn Intake>>,
    /// The secret of our account at the provider of text messages, which its calls are checked by.
    pub text_secret: Option<String>,
    /// Sign-ins are answered on this grid of time; none in tests.
    pub answer_grid: Option<Duration>,
}

/// How many passwords are hashed at once; each takes 19 MiB.
const HASHED_AT_ONCE: usize = 2;
/// How many more may wait for it.
const WAITING_AT_MOST: usize = 64;

/// The state of the router; cheap to clone.
#[derive(Clone)]
pub struct Site(Arc<Shared>);

struct Shared {
    parts: Parts,
    hashing: Semaphore,
    waiting: Semaphore,
    importing: Semaphore,
    budgets: Budgets,
    waterfalls: Waterfalls,
    population: Arc<placet_app::population::Index>,
    examples: std::sync::OnceLock<crate::rules::Examples>,
}

impl Site {
    /// A site of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared {
            parts,
            hashing: Semaphore::new(HASHED_AT_ONCE),
            waiting: Semaphore::new(HASHED_AT_ONCE + WAITING_AT_MOST),
            importing: Semaphore::new(1),
            budgets: Budgets::default(),
            waterfalls: Waterfalls::default(),
            population: Arc::default(),
            examples: std::sync::OnceLock::new(),
        }))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.parts.store
    }

    /// The rules.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.0.parts.engine
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0.parts.clock)()
    }

    /// 32 fresh random bytes.
    #[must_use]
    pub fn entropy(&self) -> [u8; 32] {
        (self.0.parts.entropy)()
    }

    /// The context of one act of this actor, now.
    #[must_use]
    pub fn ctx(&self, actor: Actor, request: Option<RequestId>) -> Ctx {
        let mut ctx = Ctx::new(self.now(), actor, self.entropy());
        ctx.request = request;
        ctx
    }

    /// The secret of our account at the provider of text messages.
    #[must_use]
    pub fn text_secret(&self) -> Option<&str> {
        self.0.parts.text_secret.as_deref()
    }

    /// The address that links start with, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.0.parts.public_url
    }

    /// Whether browsers reach the site by https, so that cookies can be bound to it.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.parts.public_url.starts_with("https://")
    }

    /// The grid of time on which sign-ins are answered.
    #[must_use]
    pub fn answer_grid(&self) -> Option<Duration> {
        self.0.parts.answer_grid
    }

    /// The waterfalls counted lately.
    #[must_use]
    pub fn waterfalls(&self) -> &Waterfalls {
        &self.0.waterfalls
    }

    /// The population index of this process.
    #[must_use]
    pub fn population(&self) -> &Arc<placet_app::population::Index> {
        &self.0.population
    }

    /// The cases in which each rule speaks; found once.
    #[must_use]
    pub fn examples(&self) -> &crate::rules::Examples {
        let found = &self.0.examples;
        found.get_or_init(|| crate::rules::examples(self.engine()))
    }

    /// What takes records that come in through the API.
    pub(crate) fn intake(&self) -> Option<Arc<dyn Intake>> {
        self.0.parts.intake.clone()
    }

    /// The seat of the one import that runs at a time.
    pub(crate) fn importing(&self) -> &Semaphore {
        &self.0.importing
    }

    /// What each token may still ask for.
    pub(crate) fn budgets(&self) -> &Budgets {
        &self.0.budgets
    }

    /// Runs work that is slow on purpose (hashing a password) where nothing waits for it, a few
    /// at a time, so that its memory stays bounded.
    ///
    /// # Errors
    ///
    /// [`WebError::TooMany`] when too much of it waits already.
    pub async fn slowly<T, F>(&self, work: F) -> Result<T, WebError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let _waiting = self
            .0
            .waiting
            .try_acquire()
            .map_err(|_| WebError::TooMany(2))?;
        let _running = self
            .0
            .hashing
            .acquire()
            .await
            .map_err(|_| WebError::TooMany(2))?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| WebError::Internal("a password could not be hashed".to_owned()))
    }

    /// An absolute address: `/people` becomes `https://…/people`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.parts.public_url)
    }

    /// `scheme://host[:port]` of the site, as browsers send it in `Origin`.
    #[must_use]
    pub fn origin(&self) -> &str {
        let url = self.0.parts.public_url.as_str();
        let host_at = url.find("://").map_or(0, |at| at + 3);
        let end = url
            .get(host_at..)
            .and_then(|rest| rest.find('/'))
            .map_or(url.len(), |at| host_at + at);
        url.get(..end).unwrap_or(url)
    }
}

impl FromRef<Site> for Store {
    fn from_ref(site: &Site) -> Self {
        site.store().clone()
    }
}

/// Gives each request its id.
pub async fn name_request(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let mut entropy = [0; 10];
    entropy
        .iter_mut()
        .zip(site.entropy())
        .for_each(|(to, from)| *to = from);
    let id = RequestId::from(RawId::at(site.now(), entropy));
    request.extensions_mut().insert(id);
    next.run(request).await
}
