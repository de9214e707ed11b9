//! What a browser or a machine may learn about a failure. Causes go to the log, never out.
//!
//! A handler returns [`WebError`]; [`dress`] turns it into a page or, under `/api/v1/`, into
//! `application/problem+json` (RFC 9457), so handlers of both doors share it.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use placet_app::{ActError, FieldProblem};
use placet_domain::id::RequestId;
use placet_domain::operator::Forbidden;
use placet_store::StoreError;

use crate::components::notice::Why;
use crate::routes::is_api;
use crate::site::Site;

mod page;

/// Why a request was not served.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WebError {
    /// No such page or thing.
    #[error("there is nothing at this address")]
    NotFound,
    /// Nobody is signed in; where to come back to, when that makes sense.
    #[error("sign in first")]
    SignedOut {
        /// The page that was asked for.
        next: Option<String>,
    },
    /// The operator lacks the capability.
    #[error("{0}")]
    Forbidden(Forbidden),
    /// The form did not come from a page of ours in this session.
    #[error("this form is out of date")]
    Stale,
    /// The request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// Fields that cannot be used.
    #[error("{} of the fields cannot be used", .0.len())]
    Invalid(Vec<FieldProblem>),
    /// A rule or the present state stands against it.
    #[error("{why}")]
    Refused {
        /// For machines: `content.not_approved`.
        code: String,
        /// For people: what stands in the way and what would change it.
        why: String,
    },
    /// What was edited has changed meanwhile, or its version was not named.
    #[error("{0}")]
    Precondition(&'static str),
    /// The budget is used up; seconds until there is more.
    #[error("too many requests; wait {0} seconds")]
    TooMany(i64),
    /// The store cannot work now.
    #[error("{0}")]
    Unavailable(StoreError),
    /// A fault on our side; the text goes to the log and holds no value.
    #[error("something went wrong on our side")]
    Internal(String),
}

impl WebError {
    /// Nobody is signed in: a page asked for by `GET` is where they will land afterwards.
    #[must_use]
    pub fn signed_out(request: &Parts) -> Self {
        let is_page = request.method == Method::GET && !is_api(request.uri.path());
        Self::SignedOut {
            next: is_page.then(|| request.uri.path().to_owned()),
        }
    }

    /// The status of an answer that says so.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignedOut { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::Stale => StatusCode::FORBIDDEN,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Refused { .. } => StatusCode::CONFLICT,
            Self::Precondition(_) => StatusCode::PRECONDITION_FAILED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::NotFound => "not_found",
            Self::SignedOut { .. } => "signed_out",
            Self::Forbidden(_) => "forbidden",
            Self::Stale => "form.stale",
            Self::Malformed(_) => "malformed",
            Self::Invalid(_) => "invalid",
            Self::Refused { code, .. } => code,
            Self::Precondition(_) => "precondition",
            Self::TooMany(_) => "too_many_requests",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "There is nothing here",
            Self::SignedOut { .. } => "Sign in first",
            Self::Forbidden(_) => "Your role may not do this",
            Self::Stale => "This form is out of date",
            Self::Malformed(_) => "This request cannot be read",
            Self::Invalid(_) => "Some answers cannot be used",
            Self::Refused { .. } => "Refused",
            Self::Precondition(_) => "Somebody changed it first",
            Self::TooMany(_) => "Too many requests",
            Self::Unavailable(_) => "The database cannot work now",
            Self::Internal(_) => "Something went wrong on our side",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::NotFound => "Check the address, or start again from Today.",
            Self::SignedOut { .. } => "Sign in and try again.",
            Self::Forbidden(_) => "An administrator can give you a role that may.",
            Self::Stale => "Go back, load the page again and send it once more.",
            Self::Malformed(_) | Self::Invalid(_) => "Go back, correct it and send it again.",
            Self::Refused { .. } => "",
            Self::Precondition(_) => {
                "Load it again, look at what changed, then repeat your change."
            }
            Self::TooMany(_) => "Wait, then try again.",
            Self::Unavailable(_) => "Nothing was changed. Try again in a moment.",
            Self::Internal(_) => "Nothing was changed. Tell your administrator the number below.",
        }
    }

    fn reasons(&self) -> Vec<Why> {
        match self {
            Self::Invalid(fields) => fields
                .iter()
                .map(|field| Why {
                    rule: field.field.clone(),
                    says: field.problem.clone(),
                })
                .collect(),
            Self::Refused { code, why } => vec![Why {
                rule: code.clone(),
                says: why.clone(),
            }],
            Self::Forbidden(Forbidden(capability)) => vec![Why {
                rule: capability.as_str().to_owned(),
                says: format!("It needs the right: {}.", capability.label()),
            }],
            other => vec![Why::plain(other.to_string())],
        }
    }
}

impl From<Forbidden> for WebError {
    fn from(forbidden: Forbidden) -> Self {
        Self::Forbidden(forbidden)
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable | StoreError::Conflict | StoreError::Full => {
                Self::Unavailable(error)
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<ActError> for WebError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Forbidden(forbidden) => Self::Forbidden(forbidden),
            ActError::NotFound(_) => Self::NotFound,
            ActError::Invalid(fields) => Self::Invalid(fields),
            ActError::Refused { code, why } => Self::Refused {
                code: code.to_owned(),
                why,
            },
            ActError::Store(error) => error.into(),
        }
    }
}

/// What is wrong with this field; empty when nothing is.
#[must_use]
pub fn problem_of<'a>(problems: &'a [FieldProblem], field: &str) -> &'a str {
    problems
        .iter()
        .find(|p| p.field == field)
        .map_or("", |p| p.problem.as_str())
}

impl IntoResponse for WebError {
    /// Bare; [`dress`] gives it the form that the door asks for.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What answers at an address that no route has.
pub async fn not_found() -> WebError {
    WebError::NotFound
}

/// Turns errors into pages or problems, and logs the causes of those that are our fault.
pub async fn dress(State(site): State<Site>, request: Request, next: Next) -> Response {
    let is_api = is_api(request.uri().path());
    let asked = page::Asked::of(&request);
    let id = request.extensions().get::<RequestId>().copied();
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<WebError>() else {
        return undressed(response, is_api, id);
    };
    if let WebError::Internal(cause) = &error {
        tracing::error!(request = ?id, %cause, "request failed");
    }
    if is_api {
        problem(&error, error.status(), id)
    } else {
        page::answer(&site, &error, &asked, id).await
    }
}

/// Errors of the framework (an unreadable body, a wrong method) come as plain text.
fn undressed(response: Response, is_api: bool, id: Option<RequestId>) -> Response {
    let status = response.status();
    if !is_api || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/")) {
        return response;
    }
    let error = match status {
        StatusCode::METHOD_NOT_ALLOWED => "this address does not take this method; see /api",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is too long",
        _ => "this request cannot be read",
    };
    problem(&WebError::Malformed(error.to_owned()), status, id)
}

/// One problem, as RFC 9457 has it.
fn problem(error: &WebError, status: StatusCode, id: Option<RequestId>) -> Response {
    let mut json = serde_json::json!({
        "type": format!("urn:placet:problem:{}", error.code()),
        "title": error.title(),
        "status": status.as_u16(),
        "detail": error.to_string(),
        "code": error.code(),
    });
    if let Some(map) = json.as_object_mut() {
        if let Some(id) = id {
            map.insert(
                "instance".to_owned(),
                format!("urn:placet:request:{id}").into(),
            );
        }
        if let WebError::Invalid(fields) = error {
            let fields = fields
                .iter()
                .map(|field| serde_json::json!({ "field": field.field, "problem": field.problem }));
            map.insert("fields".to_owned(), fields.collect());
        }
    }
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    let mut response = (status, kind, json.to_string()).into_response();
    if matches!(error, WebError::SignedOut { .. }) {
        response.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"placet\""),
        );
    }
    retry_after(&mut response, error);
    response
}

fn retry_after(response: &mut Response, error: &WebError) {
    let seconds = match error {
        WebError::TooMany(seconds) => *seconds,
        WebError::Unavailable(_) => 2,
        _ => return,
    };
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}
