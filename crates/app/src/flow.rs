//! Flows are declared, agreed to by both sides, and stopped; nothing comes in or goes out by any other way.
//!
//! Start with [`open`]: it gives out the allow-list of a flow that lacks nothing, and nothing else does. What the
//! data catalogue has not signed is taken out of the list first.
//!
//! INVARIANT: nobody agrees for both sides, and the text that runs is the text that was agreed to.

mod acts;
mod fields;
pub mod run;
#[cfg(test)]
mod tests;
pub mod trial;

use std::sync::Arc;

use placet_domain::ctx::Ctx;
use placet_domain::data::Element;
use placet_domain::flow::{DestinationKind, Missing, Version, counting};
use placet_domain::id::{FlowId, FlowVersionId};
use placet_domain::time::Date;
use placet_gateway::Flow;
use placet_store::{StoreError, Tx, catalogue, flows};

use crate::data::catalogue as data;
use crate::{ActError, settings};

pub use acts::{
    add_starter, agree, agree_in, company_text, declare, people_text, read, side_of, stop,
};
pub use fields::{Field, Listed, list as list_fields, propose_elements};

/// A flow with its versions, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Which.
    pub id: FlowId,
    /// Its name.
    pub name: String,
    /// Its versions.
    pub versions: Vec<Version>,
    /// Whether compliance has signed what its source holds.
    pub is_source_signed: bool,
}

impl Declared {
    /// The version that counts: the newest that both sides agreed to, else the newest.
    #[must_use]
    pub fn counting(&self) -> Option<&Version> {
        counting(&self.versions)
    }

    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> Option<&Version> {
        self.versions.first()
    }

    /// Whether the newest version waits for somebody's agreement.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.newest()
            .is_some_and(|newest| !newest.is_agreed() && newest.stopped.is_none())
    }

    /// What it lacks on this day; nothing when it lets data through.
    #[must_use]
    pub fn missing(&self, today: Date) -> Vec<Missing> {
        let unsigned = (!self.is_source_signed).then_some(Missing::Classification);
        let version = self.counting().map(|version| version.missing(today));
        version.into_iter().flatten().chain(unsigned).collect()
    }
}

/// A flow that lacks nothing, ready to run.
#[derive(Debug, Clone)]
pub struct Open {
    /// The version it is.
    pub version: FlowVersionId,
    /// Its allow-list, without what the catalogue has not signed.
    pub list: Arc<Flow>,
}

/// One flow with its versions.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such flow.
pub fn find(tx: &mut Tx, id: FlowId) -> Result<Declared, ActError> {
    let flow = flows::find(tx, id)?.ok_or(ActError::NotFound("flow"))?;
    Ok(with_versions(tx, flow)?)
}

/// The flow of a name with its versions.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such flow.
pub fn find_by_name(tx: &mut Tx, name: &str) -> Result<Declared, ActError> {
    let flow = flows::find_by_name(tx, name)?.ok_or(ActError::NotFound("flow"))?;
    Ok(with_versions(tx, flow)?)
}

/// Every flow, by name.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx) -> Result<Vec<Declared>, StoreError> {
    let all = flows::list(tx)?;
    all.into_iter().map(|one| with_versions(tx, one)).collect()
}

fn with_versions(tx: &mut Tx, flow: flows::Flow) -> Result<Declared, StoreError> {
    let versions = flows::list_versions(tx, flow.id)?;
    let source = counting(&versions).map(|version| version.declaration.source.clone());
    let is_source_signed = match source {
        Some(source) => data::is_signed(tx, &source)?,
        None => false,
    };
    Ok(Declared {
        id: flow.id,
        name: flow.name,
        versions,
        is_source_signed,
    })
}

/// The flow by which records of a source come into the hospital: the one that is named, else the only one.
///
/// # Errors
///
/// [`ActError::Refused`] that says what is missing and what to do.
pub fn open(tx: &mut Tx, ctx: &Ctx, source: &str, name: Option<&str>) -> Result<Open, ActError> {
    let own = list(tx)?.into_iter().filter(|one| {
        one.counting().is_some_and(|version| {
            version.declaration.source == source
                && version.declaration.destination.kind == DestinationKind::Own
        })
    });
    let mut fitting: Vec<Declared> = own
        .filter(|one| name.is_none_or(|name| one.name == name))
        .collect();
    if fitting.len() > 1 {
        let names: Vec<&str> = fitting.iter().map(|one| one.name.as_str()).collect();
        let why = format!(
            "several flows are declared from `{source}`: {}; name the one to go by",
            names.join(", ")
        );
        return Err(ActError::refused("flow.which", why));
    }
    match fitting.pop() {
        Some(flow) => open_one(tx, ctx, &flow),
        None => Err(undeclared(source, name)),
    }
}

fn undeclared(source: &str, name: Option<&str>) -> ActError {
    let what = match name {
        Some(name) => format!("no flow `{name}` is declared from `{source}` into the hospital"),
        None => format!("no flow is declared from `{source}` into the hospital"),
    };
    let why = format!(
        "{what}, so nothing may come in; declare one under Data, Flows, or write it with `placet \
         flow new --source {source}`, declare it with `placet flow declare FILE`, and have IT and \
         marketing agree"
    );
    ActError::refused("flow.undeclared", why)
}

/// Opens one flow, whatever its destination.
///
/// # Errors
///
/// [`ActError::Refused`] that says all that it lacks.
pub fn open_one(tx: &mut Tx, ctx: &Ctx, flow: &Declared) -> Result<Open, ActError> {
    let version = flow.counting().ok_or(ActError::NotFound("flow"))?;
    refuse_missing(&flow.name, &version.missing(settings::day(tx, ctx.now)?))?;
    let list = permitted(tx, version)?;
    if list.elements().is_empty() {
        let why = format!(
            "nothing that the flow `{}` lists is signed in the data catalogue for `{}`; classify \
             its elements under Data and have compliance sign them",
            flow.name, version.declaration.source
        );
        return Err(ActError::refused("flow.nothing_signed", why));
    }
    Ok(Open {
        version: version.id,
        list: Arc::new(list),
    })
}

fn refuse_missing(name: &str, missing: &[Missing]) -> Result<(), ActError> {
    if missing.is_empty() {
        return Ok(());
    }
    let said: Vec<String> = missing.iter().map(ToString::to_string).collect();
    let why = format!("the flow `{name}` is blocked: {}", said.join("; "));
    Err(ActError::refused("flow.blocked", why))
}

/// A version's allow-list without what the catalogue has not signed.
///
/// # Errors
///
/// [`ActError::Refused`] when nobody declared the source, or its classification is not signed.
pub fn permitted(tx: &mut Tx, version: &Version) -> Result<Flow, ActError> {
    let code = &version.declaration.source;
    data::may_be_used(tx, code)?;
    let source = catalogue::find_source_by_code(tx, code)?.ok_or(ActError::NotFound("source"))?;
    let held = data::find(tx, source.id)?;
    let signed = held.in_force().map_or(&[][..], |one| &one.elements);
    with_elements(version, signed)
}

fn with_elements(version: &Version, elements: &[Element]) -> Result<Flow, ActError> {
    Flow::load_permitted("flow", &version.text, elements).map_err(acts::unreadable)
}

/// Whether a run that has begun may go on: its version still counts and lacks nothing.
///
/// # Errors
///
/// [`ActError::Refused`] with what changed since.
pub fn still_open(tx: &mut Tx, ctx: &Ctx, id: FlowVersionId) -> Result<(), ActError> {
    let version = flows::find_version(tx, id)?.ok_or(ActError::NotFound("flow"))?;
    let flow = find(tx, version.flow)?;
    if flow.counting().map(|one| one.id) != Some(id) {
        let why = format!(
            "both sides agreed to another version of the flow `{}` since this run began; begin anew",
            flow.name
        );
        return Err(ActError::refused("flow.superseded", why));
    }
    refuse_missing(&flow.name, &version.missing(settings::day(tx, ctx.now)?))
}
