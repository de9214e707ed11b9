//! The address of an operator: set by themself or an administrator, and of use once its owner has
//! opened the link that was sent there and confirmed it.
//!
//! INVARIANT: a link to a text, or a test of one, goes to no address whose owner did not say that it
//! is theirs; so nobody can have mail sent to a stranger.
//! INVARIANT: no entry holds the address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use placet_domain::address::check_email;
use placet_domain::entry::Entry;
use placet_domain::id::OperatorId;
use placet_domain::operator::Capability;
use placet_domain::staff_mail::{Mailbox, Pace, StaffMailKind, StaffMailState};
use placet_domain::time::Timestamp;
use placet_store::{Keys, StoreError, Tx, operators, staff_mail};

use super::outbox;
use crate::{ActError, Ctx};

/// How long the link works that asks whether an address is somebody's.
pub const CONFIRM_DAYS: i64 = 3;
/// How often an hour an address may be asked about, so that nobody is pestered by this.
pub const PER_HOUR: u64 = 5;

const PURPOSE: &str = "operator/address";
const SAID: usize = 1 + 16 + 4;

/// Where and how often an operator is told things. A read.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, operator: OperatorId) -> Result<Mailbox, StoreError> {
    Ok(staff_mail::find_mailbox(tx, operator)?.unwrap_or_default())
}

/// Gives an operator another address, or none, and writes to it to ask whether it is theirs.
///
/// For oneself the door has asked for the password; for others it takes who manages operators.
///
/// # Errors
///
/// When it is no address, or was asked about too often in the last hour.
pub fn set(
    tx: &mut Tx,
    ctx: &Ctx,
    operator: OperatorId,
    address: Option<&str>,
) -> Result<(), ActError> {
    may_act_for(tx, ctx, operator)?;
    let address = address.map(str::trim).filter(|typed| !typed.is_empty());
    if let Some(typed) = address
        && (check_email(typed).is_err() || !typed.is_ascii())
    {
        return Err(ActError::invalid(
            "email",
            "this is not an e-mail address that can be written to",
        ));
    }
    let held = find(tx, operator)?;
    if held.address.as_deref() == address && held.confirmed().is_some() == address.is_some() {
        return Ok(());
    }
    let mailbox = Mailbox {
        address: address.map(str::to_owned),
        confirmed_at: None,
        pace: held.pace,
    };
    staff_mail::put_mailbox(tx, operator, &mailbox)?;
    let entry = Entry::new("operator.address_set").with("operator", operator);
    if address.is_none() {
        tx.record(entry.with("state", "removed"));
        return Ok(());
    }
    let hour_ago = ctx.now - SignedDuration::from_hours(1);
    let kind = StaffMailKind::Confirmation;
    if staff_mail::count_since(tx, operator, kind, hour_ago)? >= PER_HOUR {
        return Err(ActError::refused(
            "address.too_often",
            "this was asked for too often: wait an hour",
        ));
    }
    let mail = outbox::waiting(ctx, operator, kind);
    staff_mail::add(tx, &mail)?;
    tx.record(entry.with("state", "to_be_confirmed").with("mail", mail.id));
    Ok(())
}

/// Says how often an operator is told things.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such operator.
pub fn set_pace(tx: &mut Tx, ctx: &Ctx, operator: OperatorId, pace: Pace) -> Result<(), ActError> {
    may_act_for(tx, ctx, operator)?;
    let held = find(tx, operator)?;
    let entry = Entry::new("operator.pace_set").with("operator", operator);
    tx.record(
        entry
            .with("before", held.pace.as_str())
            .with("pace", pace.as_str()),
    );
    staff_mail::put_mailbox(tx, operator, &Mailbox { pace, ..held })?;
    Ok(())
}

/// Confirms the address of whoever acts, by the link that was sent to it.
///
/// # Errors
///
/// Refused in one way whatever is wrong with the link.
pub fn confirm(tx: &mut Tx, ctx: &Ctx, keys: &Keys, token: &str) -> Result<(), ActError> {
    let operator = ctx.actor.operator().ok_or(ActError::NotFound("operator"))?;
    let held = find(tx, operator)?;
    let address = held.address.as_deref().unwrap_or_default();
    if !fits(keys, token, operator, address, ctx.now) {
        return Err(ActError::refused(
            "address.bad_link",
            "this link does not confirm the address you have now: set it again, and a new one is sent",
        ));
    }
    confirmed(tx, ctx, operator, held, "link")
}

/// Takes an operator's address as theirs on the word of whoever runs the machine.
///
/// # Errors
///
/// When there is no address.
pub fn vouch(tx: &mut Tx, ctx: &Ctx, operator: OperatorId) -> Result<(), ActError> {
    ctx.actor.may(Capability::ManageOperators)?;
    let held = find(tx, operator)?;
    if held.address.is_none() {
        return Err(ActError::refused(
            "address.none",
            "this operator has no address to confirm",
        ));
    }
    confirmed(tx, ctx, operator, held, "vouched")
}

fn confirmed(
    tx: &mut Tx,
    ctx: &Ctx,
    operator: OperatorId,
    held: Mailbox,
    by: &str,
) -> Result<(), ActError> {
    if held.confirmed_at.is_some() {
        return Ok(());
    }
    let mailbox = Mailbox {
        confirmed_at: Some(ctx.now),
        ..held
    };
    staff_mail::put_mailbox(tx, operator, &mailbox)?;
    for mut mail in staff_mail::list_ready(tx, ctx.now, 100)? {
        // Nobody is asked what was just answered.
        if mail.operator == operator && mail.kind == StaffMailKind::Confirmation {
            mail.state = StaffMailState::Dropped;
            staff_mail::turn(tx, StaffMailState::Pending, &mail)?;
        }
    }
    let entry = Entry::new("operator.address_confirmed").with("operator", operator);
    tx.record(entry.with("by", by));
    Ok(())
}

fn may_act_for(tx: &mut Tx, ctx: &Ctx, operator: OperatorId) -> Result<(), ActError> {
    if ctx.actor.operator() != Some(operator) {
        ctx.actor.may(Capability::ManageOperators)?;
    }
    match operators::find(tx, operator)? {
        Some(_) => Ok(()),
        None => Err(ActError::NotFound("operator")),
    }
}

/// The token of the link that asks for confirmation. The address is signed with it and stands
/// nowhere in it.
pub(super) fn token(keys: &Keys, operator: OperatorId, address: &str, at: Timestamp) -> String {
    let said = said(operator, at);
    let mac = keys.sign_link(PURPOSE, &signed(&said, address));
    URL_SAFE_NO_PAD.encode([said.as_slice(), &mac].concat())
}

fn said(operator: OperatorId, at: Timestamp) -> Vec<u8> {
    let seconds = u32::try_from(at.as_second()).unwrap_or(0);
    let mut said = vec![1];
    said.extend_from_slice(operator.as_bytes());
    said.extend_from_slice(&seconds.to_be_bytes());
    said
}

fn signed(said: &[u8], address: &str) -> Vec<u8> {
    [said, address.as_bytes()].concat()
}

fn fits(keys: &Keys, token: &str, operator: OperatorId, address: &str, now: Timestamp) -> bool {
    let bytes = if token.len() > 128 {
        Vec::new()
    } else {
        URL_SAFE_NO_PAD.decode(token).unwrap_or_default()
    };
    let Some((said_bytes, mac)) = bytes.split_at_checked(SAID) else {
        return false;
    };
    let seconds = said_bytes.last_chunk::<4>().copied().unwrap_or_default();
    let Ok(at) = Timestamp::from_second(i64::from(u32::from_be_bytes(seconds))) else {
        return false;
    };
    let age = now.duration_since(at);
    keys.is_our_link(PURPOSE, &signed(said_bytes, address), mac)
        && said_bytes == said(operator, at)
        && !address.is_empty()
        && age >= -SignedDuration::from_mins(5)
        && age <= SignedDuration::from_hours(CONFIRM_DAYS * 24)
}
