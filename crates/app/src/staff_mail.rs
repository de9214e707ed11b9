//! Mail to operators: what waits for them, told once each, and tests of texts to oneself.
//!
//! It is apart from what people get: it names texts, roles and days, goes to an address that its
//! owner has confirmed, and nothing of any person is in it. So the gate has nothing to decide here,
//! and no other mail can go this way: [`outbox::Outgoing`] is made from these rows alone.
//! Start with [`gather`].
//!
//! INVARIANT: nothing leaves unless sending is armed for this installation: a copy of the database
//! reminds nobody.

use placet_domain::operator::Capability;
use placet_domain::settings::Settings;
use placet_domain::staff_mail::{StaffMail, StaffSender};
use placet_store::{StoreError, Tx, operators, staff_mail};

use crate::{ActError, Ctx, settings};

pub mod address;
pub mod gather;
pub mod outbox;
pub mod trial;
mod words;

#[cfg(test)]
mod tests;

const SENDER: &str = "staff_sender";

/// Who writes to operators, when it is set. A read.
///
/// # Errors
///
/// When the store fails or the value is not what was put.
pub fn sender(tx: &mut Tx) -> Result<Option<StaffSender>, StoreError> {
    settings::get(tx, SENDER)
}

/// Says who writes to operators.
///
/// # Errors
///
/// When the address cannot be used.
pub fn set_sender(tx: &mut Tx, ctx: &Ctx, new: &StaffSender) -> Result<(), ActError> {
    ctx.actor.may(Capability::EditSettings)?;
    if let Some((field, problem)) = new.faults().first() {
        return Err(ActError::invalid(field, *problem));
    }
    settings::put(tx, ctx, SENDER, new)
}

/// What stands against mail to operators, in the words of the page; nothing when it can leave.
#[must_use]
pub fn obstacle(settings: &Settings, sender: Option<&StaffSender>) -> Option<&'static str> {
    if settings.carrier.is_none() {
        return Some("no mail carrier is set");
    }
    if sender.is_none() {
        return Some("no address is set that mail to operators comes from");
    }
    (!settings.is_armed).then_some("sending is not armed here")
}

/// The newest mails with the names of those they went to. A read.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, limit: u32) -> Result<Vec<(StaffMail, String)>, StoreError> {
    let names = operators::list(tx)?;
    let name = |mail: &StaffMail| {
        let found = names.iter().find(|one| one.id == mail.operator);
        found.map_or_else(String::new, |one| one.name.clone())
    };
    let mails = staff_mail::list(tx, limit)?.into_iter();
    Ok(mails
        .map(|mail| {
            let name = name(&mail);
            (mail, name)
        })
        .collect())
}
