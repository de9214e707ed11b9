//! A form with a file: read whole, within limits, and only with the token of this session.

use axum::extract::{FromRequest, Multipart, Request};
use placet_app::measure::LARGEST;

use crate::csrf::check_origin;
use crate::error::WebError;
use crate::serving::in_time;
use crate::session::Viewer;
use crate::site::Site;

/// The largest form that is read: a table and a few words.
pub const MOST: usize = LARGEST + (64 << 10);

/// A table that was sent with its name.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// The name that was typed.
    pub name: String,
    /// The bytes of the file.
    pub file: Vec<u8>,
}

impl FromRequest<Site> for Upload {
    type Rejection = WebError;

    async fn from_request(request: Request, site: &Site) -> Result<Self, WebError> {
        let viewer = request.extensions().get::<Viewer>().cloned();
        let viewer = viewer.ok_or(WebError::SignedOut { next: None })?;
        check_origin(request.headers(), site)?;
        let (token, upload) = in_time(read(request, site)).await??;
        if viewer.csrf.is(&token) {
            Ok(upload)
        } else {
            Err(WebError::Stale)
        }
    }
}

async fn read(request: Request, site: &Site) -> Result<(String, Upload), WebError> {
    let unreadable = || {
        WebError::Malformed(
            "the form is too long (a table has at most 8 MiB) or was cut off".to_owned(),
        )
    };
    let mut parts = Multipart::from_request(request, site)
        .await
        .map_err(|_| unreadable())?;
    let (mut token, mut upload) = (String::new(), Upload::default());
    while let Some(part) = parts.next_field().await.map_err(|_| unreadable())? {
        let name = part.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "csrf" => token = part.text().await.map_err(|_| unreadable())?,
            "name" => upload.name = part.text().await.map_err(|_| unreadable())?,
            "file" => upload.file = part.bytes().await.map_err(|_| unreadable())?.to_vec(),
            _ => {}
        }
    }
    Ok((token, upload))
}
