//! A form with a file in it: its token is checked like any other form's.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};

use crate::csrf::check_origin;
use crate::error::WebError;
use crate::serving::in_time;
use crate::session::Viewer;
use crate::site::Site;

/// The largest file that a page takes.
pub const MOST_BYTES: usize = 32 << 20;

/// The fields of a form and its file, held in memory and dropped with the answer.
pub struct Upload {
    fields: BTreeMap<String, String>,
    /// What was in the file.
    pub file: Bytes,
}

impl Upload {
    /// A field; empty when it was left out.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl FromRequest<Site> for Upload {
    type Rejection = WebError;

    async fn from_request(mut request: Request, site: &Site) -> Result<Self, WebError> {
        let viewer = request.extensions().get::<Viewer>().cloned();
        let viewer = viewer.ok_or(WebError::SignedOut { next: None })?;
        check_origin(request.headers(), site)?;
        DefaultBodyLimit::max(MOST_BYTES).apply(&mut request);
        let upload = in_time(read(request, site)).await??;
        if viewer.csrf.is(upload.field("csrf")) {
            Ok(upload)
        } else {
            Err(WebError::Stale)
        }
    }
}

async fn read(request: Request, site: &Site) -> Result<Upload, WebError> {
    let broken = || {
        WebError::Malformed(
            "the form is over 32 megabytes or was cut off; use the command line for larger tables"
                .to_owned(),
        )
    };
    let mut parts = Multipart::from_request(request, site)
        .await
        .map_err(|_| broken())?;
    let mut upload = Upload {
        fields: BTreeMap::new(),
        file: Bytes::new(),
    };
    for _ in 0..8 {
        let Some(part) = parts.next_field().await.map_err(|_| broken())? else {
            break;
        };
        let name = part.name().unwrap_or_default().to_owned();
        if part.file_name().is_some() {
            upload.file = part.bytes().await.map_err(|_| broken())?;
        } else {
            let value = part.text().await.map_err(|_| broken())?;
            upload.fields.insert(name, value);
        }
    }
    Ok(upload)
}
