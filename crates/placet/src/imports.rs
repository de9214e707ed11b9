//! What the API's imports run on: the gateway and the intake of the command line, for the operator
//! who sends.

use std::io::Read;

use placet_app::{ActError, Ctx};
use placet_domain::time::TimeZone;
use placet_gateway::{Format, Options};
use placet_store::Store;
use placet_web::api::imports::{Asked, Intake as Door};
use serde_json::{Value, json};

use crate::clock;
use crate::command::permissions;
use crate::intake::Intake;

/// The most bytes that one line, entry or row may have.
const LIMIT: usize = 4 << 20;

/// Imports into one store.
pub struct Imports {
    /// Where everything goes.
    pub store: Store,
}

impl Door for Imports {
    fn people(
        &self,
        ctx: &Ctx,
        asked: &Asked,
        input: Box<dyn Read + Send>,
    ) -> Result<Value, ActError> {
        let format = match asked.format.as_deref() {
            None => None,
            Some(code) => Some(Format::find(code).ok_or_else(|| {
                ActError::invalid("format", "one of ndjson, bundle, document, csv, hl7")
            })?),
        };
        let options = Options {
            format,
            limit: LIMIT,
            is_strict: false,
            today: ctx.now.to_zoned(TimeZone::UTC).date(),
        };
        let anew = || anew(ctx);
        let outcome = Intake {
            store: &self.store,
            ctx: &anew,
            source: &asked.source,
            flow: asked.flow.as_deref(),
            options: &options,
        }
        .run(input)?;
        Ok(json!({
            "import": outcome.id.to_string(), "read": outcome.report, "taken": outcome.counts,
        }))
    }

    fn instruments(&self, ctx: &Ctx, input: Box<dyn Read + Send>) -> Result<Value, ActError> {
        let report = permissions::take(&self.store, ctx, input)?;
        Ok(permissions::as_json(&report))
    }
}

/// The same actor and request, at this moment: each act has ids and an instant of its own.
fn anew(ctx: &Ctx) -> Ctx {
    let mut anew = Ctx::new(clock::now(), ctx.actor.clone(), clock::entropy());
    anew.request = ctx.request;
    anew
}

#[cfg(test)]
mod tests;
