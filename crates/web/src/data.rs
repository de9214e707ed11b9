//! Data before it is used: the catalogue, the declared flows, imports by them, the detector to try out, Safe
//! Harbor checks, determinations.
//!
//! Start with [`catalogue`]. What is typed into the detector and what is uploaded for a check is looked at in memory,
//! answered and forgotten: it reaches no log, no store and no address.

pub(crate) mod carry;
mod catalogue;
mod detector;
mod determinations;
mod flow;
mod flows;
mod imports;
pub mod picture;
pub(crate) mod report;
mod safe_harbor;
pub(crate) mod server;
mod servers;
mod source;
mod taken;
pub(crate) mod trial;
pub(crate) mod upload;

pub(crate) use detector::scan;
pub(crate) use safe_harbor::look;

use std::collections::BTreeMap;

use maud::{Markup, html};
use placet_domain::id::OperatorId;
use placet_domain::operator::Capability;
use placet_store::operators;

use crate::account::Read;
use crate::components::{header, tabs};
use crate::error::WebError;
use crate::layout::{self, Place};
use crate::routes::{Routes, Rule};
use crate::session::Viewer;
use crate::site::Site;

const VIEW: Rule = Rule::Needs(Capability::ViewData);
const EDIT: Rule = Rule::Needs(Capability::EditData);
const SIGN: Rule = Rule::Needs(Capability::SignData);
const IMPORT: Rule = Rule::Needs(Capability::ImportPeople);
const FLOWS: Rule = Rule::Needs(Capability::EditFlows);
const STOP: Rule = Rule::Needs(Capability::StopFlows);

/// The routes of this module.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/data", VIEW, catalogue::list)
        .get("/data/sources/new", EDIT, catalogue::new)
        .post("/data/sources", EDIT, catalogue::create)
        .get("/data/sources/{id}", VIEW, source::show)
        .get("/data/sources/{id}/elements", EDIT, source::edit)
        .post("/data/sources/{id}/elements", EDIT, source::classify)
        .post("/data/sources/{id}/sign", SIGN, source::sign)
        .get("/data/flows", VIEW, flows::list)
        .get("/data/flows/new", FLOWS, flows::new)
        .post("/data/flows", FLOWS, flows::declare)
        .get("/data/flows/{id}", VIEW, flow::show)
        .get("/data/flows/{id}/dry-run", FLOWS, trial::show)
        .post("/data/flows/{id}/dry-run", FLOWS, trial::look)
        .post("/data/flows/{id}/runs", IMPORT, carry::create)
        .post("/data/flows/{id}/agree", FLOWS, flow::agree)
        .post("/data/flows/{id}/stop", STOP, flow::stop)
        .get("/data/imports", VIEW, imports::list)
        .post("/data/imports", IMPORT, imports::create)
        .get("/data/imports/{id}", VIEW, imports::show)
        .get("/data/servers", VIEW, servers::list)
        .post("/data/servers", IMPORT, servers::declare)
        .get("/data/servers/new", IMPORT, servers::new)
        .get("/data/servers/{id}", VIEW, server::show)
        .get("/data/servers/{id}/edit", IMPORT, servers::edit)
        .post("/data/servers/{id}/fetch", IMPORT, server::fetch_changes)
        .post("/data/servers/{id}/fetch-all", IMPORT, server::fetch_all)
        .post(
            "/data/servers/{id}/make-key/{algorithm}",
            IMPORT,
            server::make_key,
        )
        .post("/data/servers/{id}/keys/{key}/use", IMPORT, server::use_key)
        .post("/data/servers/{id}/keys/{key}/end", IMPORT, server::end_key)
        .get("/servers/{id}/jwks.json", Rule::Public, servers::key_set)
        .get("/data/fetches/{id}", VIEW, server::show_fetch)
        .post("/data/fetches/{id}/stop", IMPORT, server::stop)
        .get("/data/detector", VIEW, detector::show)
        .post("/data/detector", VIEW, detector::look)
        .get("/data/safe-harbor", VIEW, safe_harbor::list)
        .post("/data/safe-harbor", EDIT, safe_harbor::check)
        .get("/data/safe-harbor/{id}", VIEW, safe_harbor::show)
        .post("/data/safe-harbor/{id}/sign", SIGN, safe_harbor::sign)
        .get("/data/determinations", VIEW, determinations::list)
        .post("/data/determinations", SIGN, determinations::record)
        .post(
            "/data/determinations/{id}/withdraw",
            SIGN,
            determinations::withdraw,
        )
}

/// A page of this place with its tabs.
fn frame(viewer: &Viewer, here: &str, title: &str, lead: &str, body: &Markup) -> Markup {
    let all = [
        ("Catalogue", "/data"),
        ("Flows", "/data/flows"),
        ("Imports", "/data/imports"),
        ("Servers", "/data/servers"),
        ("Detector", "/data/detector"),
        ("Safe Harbor", "/data/safe-harbor"),
        ("Determinations", "/data/determinations"),
    ];
    let all: Vec<_> = all
        .into_iter()
        .map(|(label, href)| (label, href, href == here))
        .collect();
    layout::page(
        viewer,
        Place::Data,
        title,
        &html! {
            (header(title, lead, &html! {}))
            (tabs("Data", &all))
            (body)
        },
    )
}

/// Who the operators are, for pages that say who signed.
async fn names(site: &Site) -> Result<BTreeMap<OperatorId, String>, WebError> {
    let all = site
        .store()
        .read(|tx| -> Read<_> { operators::list(tx) })
        .await?;
    Ok(all.into_iter().map(|one| (one.id, one.name)).collect())
}

fn name_of(names: &BTreeMap<OperatorId, String>, id: OperatorId) -> &str {
    names
        .get(&id)
        .map_or("somebody who is gone", String::as_str)
}
