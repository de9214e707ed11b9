//! Who is to be told what, now: computed from what waits, and noted so that it is told once.
//!
//! Overlapping workers and restarts come to the same notices; the key of a notice lets one of them
//! through. What is late is told again every fifth working day.

use std::collections::BTreeSet;

use placet_domain::entry::Entry;
use placet_domain::id::{OperatorId, VersionId};
use placet_domain::operator::Role;
use placet_domain::staff_mail::{Mailbox, Notice, NoticeKind, Pace, StaffMailKind, urgency};
use placet_domain::time::Timestamp;
use placet_store::{Tx, operators, staff_mail};

use super::{obstacle, outbox, sender};
use crate::approval::{Bench, late};
use crate::{ActError, Ctx, settings};

/// From this hour of a working day on, deadlines are told and daily mails leave.
const MORNING: i8 = 7;

/// One thing to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Of which version.
    pub version: VersionId,
    /// What.
    pub kind: NoticeKind,
    /// In which role.
    pub role: Option<Role>,
    /// The how manieth time.
    pub occasion: u32,
}

/// What is to be told to whom, now. A read.
///
/// # Errors
///
/// When the store fails.
pub fn news(tx: &mut Tx, now: Timestamp) -> Result<Vec<(OperatorId, Vec<Told>)>, ActError> {
    let set = settings::load(tx)?;
    if obstacle(&set, sender(tx)?.as_ref()).is_some() {
        return Ok(Vec::new());
    }
    let local = now.to_zoned(set.time_zone());
    let midnight = local
        .start_of_day()
        .map_or(now, |midnight| midnight.timestamp());
    let listening = listening(tx)?;
    if listening.is_empty() {
        return Ok(Vec::new());
    }
    let bench = Bench::read_in(tx, set.time_zone(), now)?;
    let is_morning = bench.calendar.is_working_day(bench.today()) && local.hour() >= MORNING;
    let mut hears = Vec::new();
    for (operator, mailbox) in listening {
        let is_due = match mailbox.pace {
            Pace::AtOnce => true,
            Pace::Daily => {
                let kind = StaffMailKind::Reminder;
                is_morning && staff_mail::count_since(tx, operator, kind, midnight)? == 0
            }
            Pace::None => false,
        };
        if is_due {
            hears.push(operator);
        }
    }
    if hears.is_empty() {
        return Ok(Vec::new());
    }
    let late::Submitted { open, returned } = late::list(tx, &bench)?;
    let mut news = Vec::new();
    for operator in hears {
        let mut told = waiting(operator, &open, &bench, is_morning);
        let own = returned.iter().filter(|one| one.to.contains(&operator));
        told.extend(own.map(|one| Told {
            version: one.content.latest.id,
            kind: NoticeKind::Returned,
            role: None,
            occasion: 0,
        }));
        let mut fresh = Vec::new();
        for one in told {
            let Told {
                version,
                kind,
                role,
                occasion,
            } = one;
            if !staff_mail::is_told(tx, operator, version, kind, role, occasion)? {
                fresh.push(one);
            }
        }
        if !fresh.is_empty() {
            news.push((operator, fresh));
        }
    }
    Ok(news)
}

/// Everybody who may sign in and has a confirmed address.
fn listening(tx: &mut Tx) -> Result<Vec<(OperatorId, Mailbox)>, ActError> {
    let operators = operators::list(tx)?;
    let active: BTreeSet<OperatorId> = operators
        .into_iter()
        .filter(|one| one.disabled_at.is_none())
        .map(|one| one.id)
        .collect();
    let all = staff_mail::list_mailboxes(tx)?.into_iter();
    Ok(all
        .filter(|(id, mailbox)| active.contains(id) && mailbox.confirmed().is_some())
        .collect())
}

/// What an operator is told of what waits; deadlines only in the morning.
fn waiting(
    operator: OperatorId,
    open: &[late::Open],
    bench: &Bench,
    is_morning: bool,
) -> Vec<Told> {
    let (today, next) = (bench.today(), bench.calendar.after(bench.today(), 1));
    let mut told = Vec::new();
    for one in open {
        let asked = one.waiting.iter();
        for reach in asked.filter(|reach| reach.here.iter().any(|it| it.id == operator)) {
            let mut tell = |kind, occasion| {
                told.push(Told {
                    version: one.version(),
                    kind,
                    role: Some(reach.role),
                    occasion,
                });
            };
            let is_deputy = reach.away.iter().any(|(.., deputy)| *deputy == operator);
            tell(
                if is_deputy {
                    NoticeKind::Deputy
                } else {
                    NoticeKind::Waiting
                },
                0,
            );
            let urgent = urgency(one.due_on, today, next, one.n_late);
            if let Some((kind, occasion)) = urgent.filter(|_| is_morning) {
                tell(kind, occasion);
            }
        }
    }
    told
}

/// Notes what is to be told, and writes one mail down for each operator; answers how many.
///
/// # Errors
///
/// When the store fails.
pub fn gather(tx: &mut Tx, ctx: &Ctx) -> Result<usize, ActError> {
    let news = news(tx, ctx.now)?;
    let n = news.len();
    for (operator, told) in news {
        let mail = outbox::waiting(ctx, operator, StaffMailKind::Reminder);
        staff_mail::add(tx, &mail)?;
        for one in &told {
            let notice = Notice {
                id: ctx.new_id(),
                operator,
                version: one.version,
                kind: one.kind,
                role: one.role,
                occasion: one.occasion,
                mail: mail.id,
            };
            staff_mail::tell(tx, &notice)?;
        }
        tx.record(
            Entry::new("staff_mail.written")
                .with("mail", mail.id)
                .with("operator", operator)
                .with("kind", mail.kind.as_str())
                .with("n_notices", told.len()),
        );
    }
    Ok(n)
}
