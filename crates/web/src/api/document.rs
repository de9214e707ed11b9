//! The description of the API: OpenAPI 3.1 for machines, one page for people.

use axum::Json;
use axum::extract::State;
use maud::{Markup, html};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::layout;
use crate::routes::{Route, Routes, Rule};
use crate::site::Site;

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/api", Rule::Public, show)
        .get("/api/openapi.json", Rule::Public, openapi)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Placet API",
        description = "Every act of the pages, for machines. Send `Authorization: Bearer placet_…`. \
            Problems come as `application/problem+json` (RFC 9457). A write may carry \
            `Idempotency-Key`: sent again within 24 hours it is done once. Lists are paged by \
            `after` and `limit`; `next` of one page is `after` of the following.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(super::Problem)),
    security(("bearer" = []))
)]
struct Frame;

/// The whole description. To add a noun, merge its `Document` here.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let mut whole = Frame::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    if let Some(components) = &mut whole.components {
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
    for part in super::documents() {
        whole.merge(part);
    }
    whole
}

/// `GET`: the description for machines.
async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}

/// `GET`: the description for people.
async fn show(State(_): State<Site>) -> Markup {
    let document = document();
    let table = crate::routes();
    let mut lines: Vec<&Route> = table.table().filter(|route| route.is_api()).collect();
    lines.sort_by_key(|route| route.path);
    layout::wide(
        "API",
        &html! {
            h1 { "API" }
            p { "Every act of the pages, for machines. Send " code { "Authorization: Bearer placet_…" } " with each request." }
        ul {
            li { "Problems come as " code { "application/problem+json" } " (RFC 9457)." }
            li { "A write may carry " code { "Idempotency-Key" } ": sent again within 24 hours, it is done once." }
            li { "An edit names what it saw: " code { "If-Match" } " with the " code { "ETag" } " read before." }
            li { "Lists are paged: " code { "next" } " of one page is " code { "after" } " of the following." }
            li { "Each token has a budget of 600 requests a minute; the headers say what is left." }
        }
            p { "For machines: " a href="/api/openapi.json" { "/api/openapi.json" } " (OpenAPI 3.1)." }
            h2 { "Make a token" }
            p { "Under " a href="/account/tokens" { "Your account, API tokens" } ". It may do what you tick, and never more than you." }
            h2 { "Addresses" }
            div.scroll role="region" aria-label="Addresses of the API" tabindex="0" {
                table {
                    caption { "What can be asked, and what the token must be allowed to do" }
                    thead { tr { th scope="col" { "Request" } th scope="col" { "Does" } th scope="col" { "Needs" } } }
                    tbody {
                        @for route in lines {
                            tr {
                                th scope="row" { code { (route.method) " " (route.path) } }
                                td { (summary(&document, route)) }
                                td { (needs(route.rule)) }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn summary(document: &utoipa::openapi::OpenApi, route: &Route) -> String {
    let operation =
        document
            .paths
            .paths
            .get(route.path)
            .and_then(|item| match route.method.as_str() {
                "GET" => item.get.as_ref(),
                "POST" => item.post.as_ref(),
                "PUT" => item.put.as_ref(),
                "DELETE" => item.delete.as_ref(),
                _ => None,
            });
    operation
        .and_then(|operation| operation.summary.clone())
        .unwrap_or_default()
}

fn needs(rule: Rule) -> Markup {
    html! {
        @match rule {
            Rule::Needs(_) | Rule::NeedsBoth(..) => {
                @for capability in rule.capabilities() { code { (capability.as_str()) } " " }
            }
            Rule::SignedIn => "any token",
            Rule::Public | Rule::SignedLink | Rule::SignedCall => "nothing",
        }
    }
}
