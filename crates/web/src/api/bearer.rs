//! `Authorization: Bearer placet_…`.

use axum::http::{HeaderMap, header};
use placet_app::operator;
use placet_domain::id::RequestId;

use crate::error::WebError;
use crate::session::Viewer;
use crate::site::Site;

/// Who acts with the token of this request.
pub(crate) async fn find_viewer(
    site: &Site,
    headers: &HeaderMap,
    request: Option<RequestId>,
) -> Result<Option<Viewer>, WebError> {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some((scheme, secret)) = value.and_then(|value| value.split_once(' ')) else {
        return Ok(None);
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let (secret, now) = (secret.trim().to_owned(), site.now());
    let found = site
        .store()
        .read(move |tx| operator::find_token(tx, &secret, now))
        .await?;
    Ok(found.map(|(actor, name)| Viewer::machine(site.ctx(actor, request), name)))
}
