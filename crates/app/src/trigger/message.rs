//! What a trigger or a journey writes, as the gate asks about it.

use std::collections::BTreeSet;

use placet_domain::content::Draft;
use placet_domain::content::finding::{Kind, findings};
use placet_domain::trigger::{Event, Version};
use placet_policy::Remuneration;

use crate::content::elements;
use crate::gate::Message;

/// What words carry that confirm that the reader received care (S79, S80).
const CONFIRMS_CARE: &str = "patient_status";

/// The message of a version, with the content that it sends.
#[must_use]
pub(crate) fn message(version: &Version, draft: &Draft) -> Message {
    let declared = &version.declaration;
    let selection = declared.event.selection().iter();
    about(
        Some(declared.event),
        &declared.purpose,
        draft,
        selection.map(|code| (*code).to_owned()).collect(),
    )
}

/// A message that `event` sets off, to those whom `selection` chose. Nobody pays for what goes out by itself.
#[must_use]
pub(crate) fn about(
    event: Option<Event>,
    purpose: &str,
    draft: &Draft,
    selection: BTreeSet<String>,
) -> Message {
    let mut carried = elements(draft);
    let says_patient = |draft| {
        findings(draft)
            .iter()
            .any(|one| one.kind == Kind::PatientStatus)
    };
    if event == Some(Event::LastVisit) && says_patient(draft) {
        carried.insert(CONFIRMS_CARE.to_owned());
    }
    Message {
        channel: draft.channel,
        format: draft.format,
        topic: draft.topic,
        class: draft.class,
        purpose: purpose.to_owned(),
        elements: carried,
        selection,
        remuneration: Remuneration {
            kind: Some("none".to_owned()),
            payer: None,
            amount_vs_cost: None,
        },
    }
}
