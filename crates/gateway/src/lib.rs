//! The gateway: records of other systems in, what a flow lets through out.
//!
//! Start with [`Flow`] (what may come in), then [`read`] (one run over one input).
//!
//! INVARIANT: what a flow does not list is dropped, and counted by path; no report, error or log
//! holds a value of the input.
//! INVARIANT: raw input is [`Phi`] and is opened only by the [`door`].
//! INVARIANT: memory does not grow with the input; one record may have no more than the limit.

pub mod bulk;
pub mod cli;
pub mod consent;
pub mod csv;
pub mod door;
pub mod fault;
pub(crate) mod fhir;
pub mod flow;
pub mod forward;
pub(crate) mod frame;
pub mod hl7;
pub mod mllp;
pub mod ms;
pub mod read;
pub mod report;
pub mod spool;
pub mod trial;
pub(crate) mod value;

pub use door::{Phi, Released};
pub use fault::{Fault, Finding, Kind, Place};
pub use flow::{Flow, FlowProblem};
pub use frame::detect::Format;
pub use read::{Options, arrivals, filter, try_on};
pub use report::Report;
