//! A trigger's message, as the gate asks about it.

use std::collections::BTreeSet;

use placet_domain::content::Draft;
use placet_domain::content::finding::{Kind, findings};
use placet_domain::trigger::{Event, Version};
use placet_policy::Remuneration;

use crate::content::elements;
use crate::gate::Message;

/// What words carry that confirm that the reader received care (S79, S80).
pub(crate) const CONFIRMS_CARE: &str = "patient_status";

/// The message of a version, with the content that it sends. Nobody pays for what a trigger sends.
#[must_use]
pub(crate) fn message(version: &Version, draft: &Draft) -> Message {
    let declared = &version.declaration;
    let mut carried: BTreeSet<String> = elements(draft);
    if declared.event == Event::LastVisit
        && findings(draft)
            .iter()
            .any(|one| one.kind == Kind::PatientStatus)
    {
        carried.insert(CONFIRMS_CARE.to_owned());
    }
    let selection = declared.event.selection().iter();
    Message {
        channel: draft.channel,
        format: draft.format,
        topic: draft.topic,
        class: draft.class,
        purpose: declared.purpose.clone(),
        elements: carried,
        selection: selection.map(|code| (*code).to_owned()).collect(),
        remuneration: Remuneration {
            kind: Some("none".to_owned()),
            payer: None,
            amount_vs_cost: None,
        },
    }
}
