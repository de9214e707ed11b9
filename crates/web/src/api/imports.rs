//! Records of other systems, sent as one stream: people from FHIR or a table, permissions from a
//! table.
//!
//! What reads them is the gateway's, which the executable wires in ([`Intake`]); the acts, the
//! capability and the report are those of `placet import` and `placet import-permissions`. A
//! stream is read while it arrives and is never held whole. What was taken before it broke off
//! stays; sending it again changes nothing, so no key is needed.

use std::io::{self, Read};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use http_body_util::BodyExt as _;
use placet_app::{ActError, Ctx};
use placet_domain::operator::Capability;
use serde_json::Value;
use tokio::sync::mpsc;
use utoipa::OpenApi;

use super::Problem;
use crate::error::WebError;
use crate::query::Query;
use crate::routes::{Routes, Rule};
use crate::serving::in_time;
use crate::session::Viewer;
use crate::site::Site;

/// Where the addresses of this module begin.
pub(super) const PREFIX: &str = "/api/v1/imports/";
/// Pieces of a stream that wait to be read.
const WAITING: usize = 8;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .post(
            "/api/v1/imports/people",
            Rule::Needs(Capability::ImportPeople),
            people,
        )
        .post(
            "/api/v1/imports/instruments",
            Rule::Needs(Capability::RecordInstruments),
            instruments,
        )
}

/// What these routes are described by.
#[derive(OpenApi)]
#[openapi(paths(people, instruments))]
pub struct Document;

/// How people are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The system they come from; its ids are unique within it.
    pub source: String,
    /// The declared flow to go by; the only one from this source when not given.
    pub flow: Option<String>,
    /// `ndjson`, `bundle`, `document`, `csv` or `hl7`; told from the input when not given.
    pub format: Option<String>,
}

/// What reads records and takes them, act by act, for one actor.
pub trait Intake: Send + Sync {
    /// Takes people; answers the report.
    ///
    /// # Errors
    ///
    /// When the actor may not, what was asked cannot be used, or the store fails.
    fn people(
        &self,
        ctx: &Ctx,
        asked: &Asked,
        input: Box<dyn Read + Send>,
    ) -> Result<Value, ActError>;

    /// Takes permissions; answers the report.
    ///
    /// # Errors
    ///
    /// When the actor may not, the input is no such table, or the store fails.
    fn instruments(&self, ctx: &Ctx, input: Box<dyn Read + Send>) -> Result<Value, ActError>;
}

/// Takes people and appointments: FHIR R4 (NDJSON or a Bundle), a table or HL7 v2, as the body.
///
/// The answer tells what was read, dropped and refused, by name and line and never by value, and
/// what became of what was let through. Records that cannot be taken are refused one by one.
#[utoipa::path(post, path = "/api/v1/imports/people", tag = "imports",
    params(
        ("source" = Option<String>, Query, description = "The system they come from; `ehr` as a rule"),
        ("flow" = Option<String>, Query, description = "The declared flow to go by; the only one from this source when not given"),
        ("format" = Option<String>, Query, description = "`ndjson`, `bundle`, `document`, `csv` or `hl7`; told from the input when not given")
    ),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = Object, description = "`read` and `taken`, as `placet import --json`"),
        (status = "default", body = Problem)))]
async fn people(
    State(site): State<Site>,
    viewer: Viewer,
    query: Query,
    body: Body,
) -> Result<Json<Value>, WebError> {
    let asked = Asked {
        source: query.get("source").unwrap_or("ehr").to_owned(),
        flow: query.get("flow").map(str::to_owned),
        format: query.get("format").map(str::to_owned),
    };
    let ctx = viewer.ctx.clone();
    take(&site, body, move |intake, input| {
        intake.people(&ctx, &asked, input)
    })
    .await
}

/// Takes consents and authorizations, one a row: the columns of `placet import-permissions --help`.
///
/// A row is recorded whole or not at all. An authorization that lacks an element is kept as
/// defective and never counts. No row lifts an opt-out.
#[utoipa::path(post, path = "/api/v1/imports/instruments", tag = "imports",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Object, description = "As `placet import-permissions --json`"),
        (status = "default", body = Problem)))]
async fn instruments(
    State(site): State<Site>,
    viewer: Viewer,
    body: Body,
) -> Result<Json<Value>, WebError> {
    let ctx = viewer.ctx.clone();
    take(&site, body, move |intake, input| {
        intake.instruments(&ctx, input)
    })
    .await
}

/// Takes the body while it arrives.
async fn take<F>(site: &Site, body: Body, run: F) -> Result<Json<Value>, WebError>
where
    F: FnOnce(&dyn Intake, Box<dyn Read + Send>) -> Result<Value, ActError> + Send + 'static,
{
    let (give, pieces) = mpsc::channel(WAITING);
    let input = Streamed {
        pieces,
        piece: Bytes::new(),
    };
    let taken = alone(site, move |intake| run(intake, Box::new(input)));
    // When the import ends before its body does, the rest is not waited for.
    let (report, ()) = tokio::join!(taken, forward(body, give));
    Ok(Json(report??))
}

/// Imports on a thread that may wait; one import at a time.
pub(crate) async fn alone<T, F>(site: &Site, run: F) -> Result<Result<T, ActError>, WebError>
where
    T: Send + 'static,
    F: FnOnce(&dyn Intake) -> Result<T, ActError> + Send + 'static,
{
    let intake = site.intake().ok_or(WebError::NotFound)?;
    let _alone = site
        .importing()
        .try_acquire()
        .map_err(|_| WebError::TooMany(10))?;
    tokio::task::spawn_blocking(move || run(&*intake))
        .await
        .map_err(|_| WebError::Internal("an import ended unexpectedly".to_owned()))
}

/// Hands the body on, piece by piece; a client that takes too long over one ends the import.
async fn forward(mut body: Body, give: mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let piece = match in_time(body.frame()).await {
            Ok(None) => return,
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(piece) => Ok(piece),
                Err(_) => continue,
            },
            Ok(Some(Err(_))) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        let is_over = piece.is_err();
        if give.send(piece).await.is_err() || is_over {
            return;
        }
    }
}

/// The body as a plain thread reads it.
struct Streamed {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Streamed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                None => return Ok(0),
                Some(piece) => self.piece = piece?,
            }
        }
        let n = self.piece.len().min(buffer.len());
        let taken = self.piece.split_to(n);
        buffer
            .iter_mut()
            .zip(taken.iter())
            .for_each(|(to, from)| *to = *from);
        Ok(n)
    }
}
