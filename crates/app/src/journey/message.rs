//! A journey's message, as the gate asks about it.

use placet_domain::content::Draft;
use placet_domain::journey::steps::Steps;
use placet_domain::journey::{Sending, Version};

use crate::gate::Message;
use crate::trigger::message::about;

/// The message of a step, with the content that it sends. Whoever gets it was chosen by the entry and by every
/// condition before it, and the gate is told so (S94).
#[must_use]
pub(crate) fn message(version: &Version, steps: &Steps, send: &Sending, draft: &Draft) -> Message {
    let declared = &version.declaration;
    let selection = declared.selection(steps, send.step);
    about(
        declared.entry.event(),
        &declared.purpose,
        draft,
        selection.into_iter().map(str::to_owned).collect(),
    )
}
