//! A test of a text: to one's own address only, with made-up values, before or after approval.
//!
//! INVARIANT: the values are those of the previews; no person's data has a way in.

use jiff::SignedDuration;
use placet_domain::channel::Channel;
use placet_domain::content::body::escaped;
use placet_domain::entry::Entry;
use placet_domain::id::{OperatorId, StaffMailId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::staff_mail::{StaffMail, StaffMailKind};
use placet_domain::template::fill;
use placet_store::{Tx, contents, staff_mail};

use super::words::Words;
use super::{address, obstacle, outbox, sender};
use crate::{ActError, Ctx, content, settings};

/// How many tests somebody may send themself an hour.
pub const PER_HOUR: u64 = 10;

/// Sends an operator a test of a version: themself, or on the word of whoever runs the machine.
///
/// # Errors
///
/// Refused without a confirmed address of their own, when mail cannot leave, for what is no e-mail
/// or cannot be rendered, and after [`PER_HOUR`] in an hour.
pub fn send(
    tx: &mut Tx,
    ctx: &Ctx,
    operator: OperatorId,
    id: VersionId,
) -> Result<StaffMailId, ActError> {
    ctx.actor.may(Capability::ViewContent)?;
    let is_own = ctx.actor.operator() == Some(operator);
    if !is_own && ctx.actor.may_as_system().is_none() {
        return Err(ActError::refused(
            "test.not_own",
            "a test goes to your own address and to nobody else's",
        ));
    }
    if address::find(tx, operator)?.confirmed().is_none() {
        return Err(ActError::refused(
            "test.no_address",
            "a test goes to your own address: give it under your account and confirm it",
        ));
    }
    let set = settings::load(tx)?;
    if let Some(why) = obstacle(&set, sender(tx)?.as_ref()) {
        return Err(ActError::refused("test.cannot_leave", why));
    }
    let version = contents::find_version(tx, id)?.ok_or(ActError::NotFound("version"))?;
    if version.draft.channel != Channel::Email {
        return Err(ActError::refused(
            "test.channel",
            "tests go by e-mail, and this is none: look at its preview",
        ));
    }
    if !version.is_intact() {
        return Err(ActError::refused(
            "content.altered",
            "what is stored is not what was saved: nothing can be sent from it",
        ));
    }
    content::render(&version.draft)
        .map_err(|problem| ActError::refused("test.not_rendered", problem.to_string()))?;
    let hour_ago = ctx.now - SignedDuration::from_hours(1);
    if staff_mail::count_since(tx, operator, StaffMailKind::Test, hour_ago)? >= PER_HOUR {
        return Err(ActError::refused(
            "test.too_often",
            format!("at most {PER_HOUR} tests an hour: wait a little"),
        ));
    }
    let mut mail = outbox::waiting(ctx, operator, StaffMailKind::Test);
    mail.version = Some(id);
    staff_mail::add(tx, &mail)?;
    tx.record(
        Entry::new("content.test_sent")
            .with("content", version.content)
            .with("version", id)
            .with("content_hash", version.hash)
            .with("operator", operator)
            .with("mail", mail.id),
    );
    Ok(mail.id)
}

/// The test in words; none when the version is gone or altered since.
pub(super) fn words(tx: &mut Tx, mail: &StaffMail) -> Result<Option<Words>, ActError> {
    let Some(id) = mail.version else {
        return Ok(None);
    };
    let version = contents::find_version(tx, id)?;
    let Some(version) = version.filter(|one| one.is_intact()) else {
        return Ok(None);
    };
    let name = contents::find_name(tx, version.content)?.unwrap_or_default();
    let rendered = content::render(&version.draft).ok();
    let filled = rendered.and_then(|it| fill(&it, &content::samples(&version.draft)).ok());
    let told = format!(
        "TEST of “{name}”, version {}. Every value in it is made up, and its links lead nowhere. It was sent to \
         you alone, by yourself.",
        version.number
    );
    Ok(filled.map(|filled| Words {
        subject: format!("[TEST] {}", filled.subject),
        text: format!("[{told}]\n\n{}", filled.text),
        html: marked(&filled.html, &told),
    }))
}

/// The page with a strip that says what it is, first in its body.
fn marked(html: &str, told: &str) -> String {
    let strip = format!(
        "<div style=\"background:#fff3c4;color:#3d3200;padding:12px;font:14px/1.4 \
         sans-serif\">{}</div>",
        escaped(told)
    );
    let body = html.find("<body").unwrap_or_default();
    let after = html.get(body..).and_then(|rest| rest.find('>'));
    match after.map(|at| html.split_at(body + at + 1)) {
        Some((head, rest)) => format!("{head}{strip}{rest}"),
        None => format!("{strip}{html}"),
    }
}
