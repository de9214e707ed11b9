//! What is kept, on SQLite and on PostgreSQL, with one text for both.
//!
//! ```no_run
//! # use placet_domain::{ctx::Ctx, entry::Entry, operator::{Actor, Capability}, time::Timestamp};
//! # use placet_store::{Keys, Store, StoreConfig, StoreError};
//! # fn example(keys: Keys, ctx: Ctx) -> Result<(), Box<dyn std::error::Error>> {
//! let store = Store::open(StoreConfig::new("sqlite:/var/lib/placet/placet.db", keys))?;
//! let grant = ctx.actor.may(Capability::EditSettings)?;
//! store.act_blocking(grant, &ctx, |tx, ctx| {
//!     tx.execute("update operators set disabled_at = $1", &[&ctx.now])?;
//!     tx.record(Entry::new("operator.disabled"));
//!     Ok::<_, StoreError>(())
//! })?;
//! # Ok(()) }
//! ```
//!
//! An *act* writes: it takes a [`Grant`](placet_domain::operator::Grant) and a
//! [`Ctx`](placet_domain::ctx::Ctx), runs in one transaction, and commits only with at least one
//! ledger entry ([`Tx::record`]). Entries take their instant, actor, request and ids from the
//! `Ctx`, so an act that is run again with the same seed gives the same bytes. A *read* sees one
//! moment of the database and writes nothing; reading a person's data is an act. An act may be
//! run more than once (PostgreSQL asks for it), so it sends nothing.
//!
//! Start with [`tx`], then `sqlite.rs` for how acts share a commit and `postgres.rs` for how they
//! are run again; [`ledger`] is what is proved, [`verify`](mod@verify) how.
//!
//! INVARIANT: nothing here knows a rule; it keeps, finds and proves.
//! INVARIANT: no personal value in errors or logs.

pub mod absences;
mod among;
pub mod audiences;
pub mod backup;
pub mod call_tries;
pub mod campaign_plans;
pub mod campaign_splits;
pub mod campaigns;
pub mod catalogue;
pub mod checks;
pub mod claims;
pub mod comments;
pub mod conditions;
mod config;
mod conn;
pub mod contents;
pub mod decisions;
pub mod deliveries;
mod entropy;
mod error;
mod faults;
pub mod fhir_fetches;
pub mod fhir_servers;
pub mod fillings;
mod fingerprint;
pub mod flows;
pub mod imports;
pub mod instruments;
mod job;
pub mod joins;
pub mod journey_passages;
pub mod journeys;
mod keys;
pub mod ledger;
mod log;
pub mod measures;
mod migrate;
pub mod noisy_counts;
mod open;
pub mod operators;
pub mod people;
pub mod population;
mod postgres;
pub mod preferences;
pub mod print_batches;
mod queue;
pub mod record;
pub mod repeats;
pub mod reports;
pub mod reviews;
mod room;
mod row;
pub mod rule_packs;
mod seal;
mod sealer;
pub mod sent;
pub mod settings;
pub mod signing;
mod sqlite;
pub mod staff_mail;
mod store;
pub mod sums;
pub mod suppressions;
pub mod taken;
pub mod trigger_fires;
pub mod triggers;
pub mod tx;
mod value;
pub mod verify;
pub mod wordings;

pub use config::{Durability, StoreConfig};
pub use entropy::Entropy;
pub use error::{KeyError, OpenError, StoreError};
pub use faults::{Fault, Faults};
pub use keys::Keys;
pub use migrate::append_only;
pub use open::{migrate, open_to_verify};
pub use row::{Column, Row};
pub use sealer::Sealer;
pub use store::{Begun, Store};
pub use tx::{Engine, Tx};
pub use value::{Param, Value};
