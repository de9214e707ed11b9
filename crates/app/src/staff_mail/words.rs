//! What a mail to an operator says. Names of texts, roles, days and links; nothing else.

use std::collections::BTreeMap;

use placet_domain::content::body::escaped;
use placet_domain::id::VersionId;
use placet_domain::operator::Role;
use placet_domain::staff_mail::{Notice, NoticeKind, StaffMail};
use placet_domain::time::{Date, Timestamp};
use placet_store::operators::Operator;
use placet_store::{Keys, Tx, staff_mail};

use super::address::CONFIRM_DAYS;
use crate::ActError;
use crate::approval::link::{self, ReviewLink};
use crate::approval::{Bench, late};

/// A mail in words.
pub(super) struct Words {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A text in a mail.
struct Item {
    title: String,
    says: Vec<String>,
    link: String,
}

/// Asks whether an address is the operator's.
pub(super) fn confirmation(name: &str, link: &str) -> Words {
    let says = [
        format!(
            "Somebody gave this address for {name} in Placet, where the hospital's texts are reviewed. Mail about \
             texts goes here once you say that it is yours: sign in and confirm it."
        ),
        format!("The link works for {CONFIRM_DAYS} days. Was it not you? Then do nothing."),
    ];
    let item = Item {
        title: "Confirm this address".to_owned(),
        says: Vec::new(),
        link: link.to_owned(),
    };
    let [before, after] = says;
    written("Placet: is this your address?", &before, &[item], &after)
}

/// Tells of texts; none when none of them waits any more.
pub(super) fn reminder(
    tx: &mut Tx,
    now: Timestamp,
    operator: &Operator,
    mail: &StaffMail,
    (keys, public_url): (&Keys, &str),
) -> Result<Option<Words>, ActError> {
    let bench = Bench::read(tx, now)?;
    let notices = staff_mail::list_notices(tx, mail.id)?;
    let late::Submitted { open, returned } = late::list(tx, &bench)?;
    let mut asked: BTreeMap<(VersionId, Option<Role>), Vec<&Notice>> = BTreeMap::new();
    for notice in &notices {
        let key = (notice.version, notice.role);
        asked.entry(key).or_default().push(notice);
    }
    let (mut items, mut n_late) = (Vec::new(), 0);
    for one in &open {
        for reach in &one.waiting {
            let is_here = reach.here.iter().any(|it| it.id == operator.id);
            let key = (one.version(), Some(reach.role));
            if !is_here || !asked.contains_key(&key) {
                continue;
            }
            n_late += usize::from(one.n_late > 0);
            let mut says = vec![deadline(one, &bench)];
            let away = reach.away.iter();
            let own = away.filter(|(.., deputy)| *deputy == operator.id);
            says.extend(own.map(|(who, until, _)| {
                format!(
                    "You stand in for {}, who is away until {}.",
                    who.name,
                    day(*until)
                )
            }));
            let link = ReviewLink {
                operator: operator.id,
                version: one.version(),
                role: reach.role,
                issued_at: mail.made_at,
            };
            let token = link::token(tx, keys, &link)?;
            items.push(Item {
                title: format!(
                    "{}, version {}: your verdict as {}",
                    one.content.name,
                    one.content.latest.number,
                    reach.role.label()
                ),
                says,
                link: format!("{public_url}/r/{token}"),
            });
        }
    }
    let n_waiting = items.len();
    for one in returned {
        let version = one.content.latest.id;
        let told = asked.get(&(version, None)).into_iter().flatten();
        if told.into_iter().any(|it| it.kind == NoticeKind::Returned) {
            items.push(Item {
                title: format!(
                    "{}, version {}",
                    one.content.name, one.content.latest.number
                ),
                says: vec![format!("{} sent it back to you.", one.by.label())],
                link: format!("{public_url}/versions/{version}"),
            });
        }
    }
    if items.is_empty() {
        return Ok(None);
    }
    let before = format!("{}, in Placet:", operator.name);
    let after = format!(
        "A link to a text works for you alone and for {} days; what you say there takes your password. Do not pass \
         it on. How often you get this: {public_url}/account",
        link::DAYS
    );
    let subject = subject(n_waiting, n_late, items.len() - n_waiting);
    Ok(Some(written(&subject, &before, &items, &after)))
}

fn deadline(one: &late::Open, bench: &Bench) -> String {
    let due = day(one.due_on);
    match one.n_late {
        0 if one.due_on == bench.today() => format!("Due today, {due}."),
        0 if one.due_on <= bench.calendar.after(bench.today(), 1) => format!("Due next, on {due}."),
        0 => format!("Due on {due}."),
        1 => format!("Late: it was due on {due}, a working day ago."),
        n => format!("Late: it was due on {due}, {n} working days ago."),
    }
}

fn day(on: Date) -> String {
    on.strftime("%A, %B %-d").to_string()
}

fn subject(n_waiting: usize, n_late: usize, n_returned: usize) -> String {
    let mut parts = Vec::new();
    match n_waiting {
        0 => {}
        1 => parts.push("a text waits for you".to_owned()),
        n => parts.push(format!("{n} texts wait for you")),
    }
    if n_late > 0 {
        parts.push(format!("{n_late} late"));
    }
    match n_returned {
        0 => {}
        1 => parts.push("a text came back to you".to_owned()),
        n => parts.push(format!("{n} texts came back to you")),
    }
    format!("Placet: {}", parts.join(", "))
}

fn written(subject: &str, before: &str, items: &[Item], after: &str) -> Words {
    let mut text = format!("{before}\n");
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{}</title></head><body style=\"font:16px/1.5 \
         system-ui,sans-serif;max-width:36em;margin:1em\"><p>{}</p>",
        escaped(subject),
        escaped(before)
    );
    for item in items {
        text.push_str(&format!("\n- {}\n", item.title));
        html.push_str(&format!(
            "<p><a href=\"{}\"><strong>{}</strong></a>",
            escaped(&item.link),
            escaped(&item.title)
        ));
        for line in &item.says {
            text.push_str(&format!("  {line}\n"));
            html.push_str(&format!("<br>{}", escaped(line)));
        }
        text.push_str(&format!("  {}\n", item.link));
        html.push_str("</p>");
    }
    text.push_str(&format!("\n{after}\n"));
    html.push_str(&format!("<p>{}</p></body></html>", escaped(after)));
    Words {
        subject: subject.to_owned(),
        text,
        html,
    }
}
