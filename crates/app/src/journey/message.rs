//! A journey's message, as the gate asks about it.

use std::collections::BTreeSet;

use placet_domain::content::Draft;
use placet_domain::content::finding::{Kind, findings};
use placet_domain::journey::steps::Steps;
use placet_domain::journey::{Sending, Version};
use placet_domain::trigger::Event;
use placet_policy::Remuneration;

use crate::content::elements;
use crate::gate::Message;
use crate::trigger::message::CONFIRMS_CARE;

/// The message of a step, with the content that it sends. Whoever gets it was chosen by the entry and by every
/// condition before it, and the gate is told so (S94). Nobody pays for what a journey sends.
#[must_use]
pub(crate) fn message(version: &Version, steps: &Steps, send: &Sending, draft: &Draft) -> Message {
    let declared = &version.declaration;
    let mut carried: BTreeSet<String> = elements(draft);
    if declared.entry.event() == Some(Event::LastVisit)
        && findings(draft)
            .iter()
            .any(|one| one.kind == Kind::PatientStatus)
    {
        carried.insert(CONFIRMS_CARE.to_owned());
    }
    let selection = declared.selection(steps, send.step);
    Message {
        channel: draft.channel,
        format: draft.format,
        topic: draft.topic,
        class: draft.class,
        purpose: declared.purpose.clone(),
        elements: carried,
        selection: selection.into_iter().map(str::to_owned).collect(),
        remuneration: Remuneration {
            kind: Some("none".to_owned()),
            payer: None,
            amount_vs_cost: None,
        },
    }
}
