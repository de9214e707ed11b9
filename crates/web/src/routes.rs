//! The table of routes: every address with its method and the rule of who may open it.
//!
//! The rule is enforced before the handler runs; the handler still asks for its grant, so that
//! two mistakes are needed to open a door.
//!
//! INVARIANT: a route cannot be added without a rule.

use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use placet_domain::id::RequestId;
use placet_domain::operator::Capability;

use crate::api;
use crate::error::WebError;
use crate::once;
use crate::session;
use crate::site::Site;

/// Who may open a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Anybody: sign-in, assets, health.
    Public,
    /// Whoever holds a signed link; the handler checks it.
    SignedLink,
    /// A machine that signs each call; the handler checks it.
    SignedCall,
    /// Any operator who is signed in, or any valid token.
    SignedIn,
    /// An operator or token with this capability.
    Needs(Capability),
    /// An operator or token with both: what stands there comes from two nouns.
    NeedsBoth(Capability, Capability),
}

impl Rule {
    /// What whoever opens the route must be allowed to do.
    pub fn capabilities(self) -> impl Iterator<Item = Capability> {
        let (one, other) = match self {
            Self::Public | Self::SignedLink | Self::SignedCall | Self::SignedIn => (None, None),
            Self::Needs(one) => (Some(one), None),
            Self::NeedsBoth(one, other) => (Some(one), Some(other)),
        };
        one.into_iter().chain(other)
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The address, with `{names}`.
    pub path: &'static str,
    /// Who may open it.
    pub rule: Rule,
}

impl Route {
    /// Whether machines open it, with a token.
    #[must_use]
    pub fn is_api(&self) -> bool {
        is_api(self.path)
    }
}

/// Whether this path belongs to the API, where answers are JSON and problems RFC 9457.
#[must_use]
pub fn is_api(path: &str) -> bool {
    path.starts_with("/api/v1/")
}

/// Routes under construction.
#[derive(Default)]
pub struct Routes {
    entries: Vec<(Route, MethodRouter<Site>)>,
}

impl Routes {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A page: `GET` (and `HEAD`).
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, Site>,
        T: 'static,
    {
        self.on(Method::GET, MethodFilter::GET, path, rule, handler)
    }

    /// A form: `POST`.
    #[must_use]
    pub fn post<H, T>(self, path: &'static str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, Site>,
        T: 'static,
    {
        self.on(Method::POST, MethodFilter::POST, path, rule, handler)
    }

    /// Replaces a thing: `PUT`, for the API.
    #[must_use]
    pub fn put<H, T>(self, path: &'static str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, Site>,
        T: 'static,
    {
        self.on(Method::PUT, MethodFilter::PUT, path, rule, handler)
    }

    /// Ends a thing: `DELETE`, for the API.
    #[must_use]
    pub fn delete<H, T>(self, path: &'static str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, Site>,
        T: 'static,
    {
        self.on(Method::DELETE, MethodFilter::DELETE, path, rule, handler)
    }

    fn on<H, T>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        rule: Rule,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Site>,
        T: 'static,
    {
        self.entries
            .push((Route { method, path, rule }, on(filter, handler)));
        self
    }

    /// Takes over the routes of another module.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// The table, for the tests and the documents.
    pub fn table(&self) -> impl Iterator<Item = &Route> {
        self.entries.iter().map(|(route, _)| route)
    }

    /// The router, each route behind its rule.
    pub fn into_router(self, site: &Site) -> Router {
        let router = self
            .entries
            .into_iter()
            .fold(Router::new(), |router, (route, handler)| {
                let door = Door {
                    site: site.clone(),
                    rule: route.rule,
                    path: route.path,
                };
                router.route(route.path, handler.layer(from_fn_with_state(door, serve)))
            });
        router.with_state(site.clone())
    }
}

#[derive(Clone)]
struct Door {
    site: Site,
    rule: Rule,
    path: &'static str,
}

/// Serves a request behind its rule, and logs it by the address of its route: never with an id,
/// a filter or a token in it.
async fn serve(State(door): State<Door>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let id = request.extensions().get::<RequestId>().copied();
    let path = door.path;
    let response = enforce(door, request, next).await;
    let (status, micros) = (response.status().as_u16(), began.elapsed().as_micros());
    tracing::info!(request = ?id, %method, path, status, micros, "served");
    response
}

async fn enforce(door: Door, request: Request, next: Next) -> Response {
    let is_open = matches!(
        door.rule,
        Rule::Public | Rule::SignedLink | Rule::SignedCall
    );
    if is_open {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let viewer = match session::find_viewer(&door.site, &parts).await {
        Ok(Some(viewer)) => viewer,
        Ok(None) => return WebError::signed_out(&parts).into_response(),
        Err(error) => return error.into_response(),
    };
    for capability in door.rule.capabilities() {
        if let Err(forbidden) = viewer.ctx.actor.may(capability) {
            return WebError::Forbidden(forbidden).into_response();
        }
    }
    let is_api = is_api(parts.uri.path());
    let fresh = session::renewal(&door.site, &parts, &viewer);
    parts.extensions.insert(viewer.clone());
    let request = Request::from_parts(parts, body);
    if is_api {
        return api::serve(&door.site, &viewer, request, next).await;
    }
    let mut response = once::form(&door.site, &viewer, request, next).await;
    if let Some(cookie) = fresh {
        session::set_unless_set(&mut response, cookie);
    }
    response
}
