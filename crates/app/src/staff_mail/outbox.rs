//! From a mail that waits to what came of it.
//!
//! *pending → claimed → sent | refused | unknown*, or *pending → dropped* when there is nothing left
//! to say. A claim is committed before the first byte leaves; what a crash leaves claimed is unknown
//! and never sent again: a reminder that is lost costs less than one that comes twice, and Today
//! tells the same.

use jiff::SignedDuration;
use placet_domain::delivery::{Answer, Outcome, retry_after};
use placet_domain::entry::Entry;
use placet_domain::id::{OperatorId, StaffMailId};
use placet_domain::staff_mail::{Mailbox, StaffMail, StaffMailKind, StaffMailState};
use placet_domain::time::Timestamp;
use placet_store::{Keys, Tx, operators, staff_mail};

use super::words::{self, Words};
use super::{address, obstacle, sender, trial};
use crate::{ActError, Ctx, settings};

/// After this a claimed mail is taken for lost with its worker; longer than the longest wait for a
/// carrier's answer.
const LEASE: SignedDuration = SignedDuration::from_mins(20);

/// A mail to an operator as it leaves. Made here alone, from what the outbox holds.
pub struct Outgoing {
    mail: StaffMailId,
    to: String,
    sender: String,
    sender_name: String,
    words: Words,
}

impl Outgoing {
    /// Which mail.
    #[must_use]
    pub fn mail(&self) -> StaffMailId {
        self.mail
    }

    /// Whom it goes to.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// The address it comes from.
    #[must_use]
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// The name it comes from.
    #[must_use]
    pub fn sender_name(&self) -> &str {
        &self.sender_name
    }

    /// Its subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.words.subject
    }

    /// The plain text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.words.text
    }

    /// The page.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.words.html
    }
}

/// A mail that waits.
pub(super) fn waiting(ctx: &Ctx, operator: OperatorId, kind: StaffMailKind) -> StaffMail {
    StaffMail {
        id: ctx.new_id(),
        operator,
        kind,
        version: None,
        state: StaffMailState::Pending,
        made_at: ctx.now,
        not_before: ctx.now,
        n_tries: 0,
        claimed_at: None,
        said: String::new(),
    }
}

/// Whether [`claim`] would find anything to do. A read.
///
/// # Errors
///
/// When the store fails.
pub fn has_work(tx: &mut Tx, now: Timestamp) -> Result<bool, ActError> {
    if !staff_mail::list_abandoned(tx, now - LEASE)?.is_empty() {
        return Ok(true);
    }
    let set = settings::load(tx)?;
    let is_held = obstacle(&set, sender(tx)?.as_ref()).is_some();
    Ok(!is_held && !staff_mail::list_ready(tx, now, 1)?.is_empty())
}

/// Takes the next mail that may leave; answers none when there is none. What an ended worker had is
/// unknown from now on, and what has nothing left to say is dropped.
///
/// # Errors
///
/// When the store fails.
pub fn claim(
    tx: &mut Tx,
    ctx: &Ctx,
    keys: &Keys,
    public_url: &str,
) -> Result<Option<Outgoing>, ActError> {
    for mail in staff_mail::list_abandoned(tx, ctx.now - LEASE)? {
        let to = StaffMail {
            state: StaffMailState::Unknown,
            said: "the worker that had it ended".to_owned(),
            ..mail
        };
        turn(tx, StaffMailState::Claimed, &to)?;
    }
    let set = settings::load(tx)?;
    let by = sender(tx)?;
    let (None, Some(by)) = (obstacle(&set, by.as_ref()), &by) else {
        return Ok(None);
    };
    for mail in staff_mail::list_ready(tx, ctx.now, 20)? {
        let written = written(tx, ctx, keys, public_url, &mail)?;
        let Some((to, words)) = written else {
            let dropped = StaffMail {
                state: StaffMailState::Dropped,
                ..mail
            };
            turn(tx, StaffMailState::Pending, &dropped)?;
            continue;
        };
        let claimed = StaffMail {
            state: StaffMailState::Claimed,
            claimed_at: Some(ctx.now),
            n_tries: mail.n_tries + 1,
            ..mail
        };
        if turn(tx, StaffMailState::Pending, &claimed)? {
            let name = set.organization.map_or_else(String::new, |it| it.name);
            return Ok(Some(Outgoing {
                mail: claimed.id,
                to,
                sender: by.sender.clone(),
                sender_name: plain(&name),
                words,
            }));
        }
    }
    Ok(None)
}

/// The address and the words of a mail; none when there is nothing to say, or nobody to say it to.
fn written(
    tx: &mut Tx,
    ctx: &Ctx,
    keys: &Keys,
    public_url: &str,
    mail: &StaffMail,
) -> Result<Option<(String, Words)>, ActError> {
    let operator = operators::find(tx, mail.operator)?;
    let Some(operator) = operator.filter(|one| one.disabled_at.is_none()) else {
        return Ok(None);
    };
    let mailbox = address::find(tx, operator.id)?;
    let words = match mail.kind {
        StaffMailKind::Confirmation => {
            let Mailbox {
                address: Some(to),
                confirmed_at: None,
                ..
            } = mailbox
            else {
                return Ok(None);
            };
            let token = address::token(keys, operator.id, &to, mail.made_at);
            let link = format!("{public_url}/account/address/{token}");
            return Ok(Some((to, words::confirmation(&operator.name, &link))));
        }
        StaffMailKind::Reminder => {
            words::reminder(tx, ctx.now, &operator, mail, (keys, public_url))?
        }
        StaffMailKind::Test => trial::words(tx, mail)?,
    };
    let to = mailbox.confirmed().map(str::to_owned);
    Ok(to.zip(words))
}

/// Notes what came of a mail.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such mail; nothing is done when it is no longer claimed.
pub fn settle(tx: &mut Tx, ctx: &Ctx, id: StaffMailId, outcome: &Outcome) -> Result<(), ActError> {
    let mail = staff_mail::find(tx, id)?.ok_or(ActError::NotFound("mail"))?;
    let again = retry_after(mail.n_tries);
    let (state, said) = match &outcome.answer {
        Answer::Accepted { code, text } => (StaffMailState::Sent, format!("{code} {text}")),
        Answer::Unknown { .. } => (
            StaffMailState::Unknown,
            "handed over; the answer was lost".to_owned(),
        ),
        Answer::NotSent { why } => (StaffMailState::Pending, why.clone()),
        Answer::Refused {
            code,
            text,
            permanent,
        } => {
            let is_over = *permanent || again.is_none();
            let state = if is_over {
                StaffMailState::Refused
            } else {
                StaffMailState::Pending
            };
            (state, format!("{code} {text}"))
        }
    };
    let wait = again.unwrap_or(SignedDuration::from_hours(1));
    let settled = StaffMail {
        state,
        not_before: ctx.now + wait,
        claimed_at: None,
        said,
        ..mail
    };
    turn(tx, StaffMailState::Claimed, &settled).map(drop)
}

fn turn(tx: &mut Tx, from: StaffMailState, to: &StaffMail) -> Result<bool, ActError> {
    let is_done = staff_mail::turn(tx, from, to)?;
    if is_done {
        tx.record(
            Entry::new("staff_mail.turned")
                .with("mail", to.id)
                .with("operator", to.operator)
                .with("kind", to.kind.as_str())
                .with("from", from.as_str())
                .with("to", to.state.as_str()),
        );
    }
    Ok(is_done)
}

/// A name without what a From line gives a meaning.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '<' | '>' | '"' | '@' | '\\'))
        .collect()
}
