//! The few files that pages load, built into the program and addressed by their content.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::error::WebError;
use crate::routes::{Routes, Rule};

/// One file, addressed as `/assets/HASH-NAME`.
struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const STYLE: Asset = Asset {
    name: "placet.css",
    kind: "text/css; charset=utf-8",
    bytes: include_bytes!("../assets/placet.css"),
};
const SCRIPT: Asset = Asset {
    name: "placet.js",
    kind: "text/javascript; charset=utf-8",
    bytes: include_bytes!("../assets/placet.js"),
};
const MARK: Asset = Asset {
    name: "mark.svg",
    kind: "image/svg+xml",
    bytes: include_bytes!("../assets/mark.svg"),
};

impl Asset {
    fn file(&self) -> String {
        format!("{:016x}-{}", fnv(self.bytes), self.name)
    }

    fn href(&self) -> String {
        format!("/assets/{}", self.file())
    }
}

/// FNV-1a: tells versions of a file apart, protects nothing.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The address of the stylesheet.
#[must_use]
pub fn style() -> String {
    STYLE.href()
}

/// The address of the script.
#[must_use]
pub fn script() -> String {
    SCRIPT.href()
}

/// The address of the mark.
#[must_use]
pub fn mark() -> String {
    MARK.href()
}

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new().get("/assets/{file}", Rule::Public, show)
}

/// `GET`: one file, to be kept for ever since its address changes with its content.
async fn show(Path(file): Path<String>) -> Result<Response, WebError> {
    let asset = [STYLE, SCRIPT, MARK]
        .into_iter()
        .find(|asset| asset.file() == file)
        .ok_or(WebError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.bytes).into_response())
}
