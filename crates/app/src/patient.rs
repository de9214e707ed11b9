//! The person's own page: read, choose, withdraw, decline, by a signed link and nothing else.
//!
//! An unsubscribe link only reduces; a preferences link may also allow and read. Whoever holds a
//! link acts as [`Actor::Person`](placet_domain::operator::Actor); reading is an entry too.
//!
//! Start with [`link::Link`], then [`open`] and [`choose`].
//!
//! INVARIANT: what this page says names no department and no condition.
//! INVARIANT: an unsubscribe link never widens anything.

pub mod link;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{EntryId, InstrumentId, PersonId, RequestId, WordingId};
use placet_domain::instrument::{Consent, Evidence, Instrument, InstrumentKind, Method, Terms};
use placet_domain::person::{ContactPoint, masked};
use placet_domain::preference::{Lift, PreferenceKind, Topic};
use placet_domain::time::{Date, Timestamp};
use placet_domain::wording::{PREFERENCE_PAGE, Wording};
use placet_store::{Tx, people, preferences};

use self::link::{Link, Purpose as LinkPurpose};
use self::standing::Standing;
use crate::instrument::{Given, record as record_instrument, revoke_all, withdraw};
use crate::person::{self, Purpose};
use crate::preference::{Asked, LaterAct, Way, Yes, open_way, record as record_preference};
use crate::{ActError, Ctx, settings, wording};

/// How one way to reach somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// They said yes, and it counts.
    Granted,
    /// They said no.
    Refused,
    /// They never said.
    Open,
}

/// One way to reach somebody about one topic, as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Which way, about what.
    pub way: Way,
    /// How it stands.
    pub state: State,
}

/// An authorization as its signer reads it: what it covers, in topics, never what it describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Which.
    pub id: InstrumentId,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// What the messages are about.
    pub topics: Vec<Topic>,
    /// How they come.
    pub channels: Vec<Channel>,
    /// Its last day, when it has a fixed one.
    pub until: Option<Date>,
    /// Whether it ends with an event instead.
    pub ends_with_event: bool,
}

/// The kinds of things that are held, without their values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kinds {
    /// Whether a date of birth is held.
    pub has_birth_date: bool,
    /// Whether the state of residence is held.
    pub has_residence: bool,
    /// Addresses and numbers, masked.
    pub reach: Vec<(Channel, String)>,
}

/// The page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Who writes to them.
    pub organization: String,
    /// The language they asked for.
    pub language: String,
    /// What is held.
    pub kinds: Kinds,
    /// Every way that is offered.
    pub ways: Vec<Held>,
    /// Channels on which reminders about their own care are stopped, and those on which not.
    pub reminders: Vec<(Channel, State)>,
    /// Authorizations in force.
    pub signed: Vec<Signed>,
    /// The text above the boxes.
    pub wording: Wording,
}

/// What the person ticked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chosen {
    /// The ways they want.
    pub ways: BTreeSet<Way>,
    /// Channels on which they want no reminders about their own care.
    pub no_reminders: BTreeSet<Channel>,
    /// The text above the boxes, as it was shown to them; none for the present one.
    pub wording: Option<WordingId>,
}

/// One thing that an act changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// They allowed it.
    Allowed(Way),
    /// They refused it, or took it back.
    Refused(Way),
    /// They want nothing more by this channel.
    Stopped(Channel),
    /// They took back an authorization.
    Revoked,
}

/// What an act did, with the entries that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The entry of the act as a whole: the receipt's number.
    pub entry: EntryId,
    /// What changed.
    pub changes: Vec<Change>,
    /// When.
    pub at: Timestamp,
}

/// Opens the page.
///
/// # Errors
///
/// [`ActError::Refused`] when the link may not read; [`ActError::NotFound`] when nobody is held.
pub fn open(tx: &mut Tx, ctx: &Ctx, link: &Link) -> Result<Page, ActError> {
    if link.purpose != LinkPurpose::Preferences {
        return Err(too_narrow());
    }
    let view = person::open(tx, ctx, link.person, Purpose::OwnPage)?;
    let identity = &view.person.identity;
    let language = identity.language.clone().unwrap_or_else(|| "en".to_owned());
    let standing = Standing::read(tx, ctx, link.person, &view.contact_points)?;
    Ok(Page {
        organization: organization(tx)?,
        kinds: Kinds {
            has_birth_date: identity.birth_date.is_some(),
            has_residence: view.person.residence.is_some(),
            reach: reach(&view.contact_points),
        },
        ways: standing.ways(),
        reminders: standing.reminders(),
        signed: standing.signed(),
        wording: page_text(tx, ctx, &language)?,
        language,
    })
}

/// The text above the boxes.
fn page_text(tx: &mut Tx, ctx: &Ctx, language: &str) -> Result<Wording, ActError> {
    let organization = organization(tx)?;
    wording::latest_or_starter(tx, ctx, (PREFERENCE_PAGE, language), &organization)
}

/// The language in which a person wants to be addressed; called within an act of theirs.
///
/// # Errors
///
/// When the store fails.
pub fn language(tx: &mut Tx, person: PersonId) -> Result<String, ActError> {
    person::must_be_held(tx, person)?;
    let found = people::find(tx, person)?;
    let language = found.and_then(|found| found.identity.language);
    Ok(language.unwrap_or_else(|| "en".to_owned()))
}

/// The name of the organization, as far as it is set.
///
/// # Errors
///
/// When the store fails.
pub fn organization(tx: &mut Tx) -> Result<String, ActError> {
    let organization = settings::load(tx)?.organization;
    Ok(organization.map_or_else(|| "your care team".to_owned(), |found| found.name))
}

fn reach(points: &[ContactPoint]) -> Vec<(Channel, String)> {
    points
        .iter()
        .map(|point| (point.channel, masked(point.channel, &point.address)))
        .collect()
}

fn too_narrow() -> ActError {
    ActError::refused(
        "link.only_reduces",
        "this link can only stop messages; ask for a fresh one",
    )
}

/// Takes over what the person ticked: a box ticked is a yes, a box left empty is a no. Only what
/// differs from what is held is written; what this page cannot lift stays as it is.
///
/// # Errors
///
/// [`ActError::Refused`] when the link only reduces, or the text of the page has changed since.
pub fn choose(
    tx: &mut Tx,
    ctx: &Ctx,
    link: &Link,
    chosen: &Chosen,
    evidence: &Evidence,
) -> Result<Done, ActError> {
    if link.purpose != LinkPurpose::Preferences {
        return Err(too_narrow());
    }
    let view = person::open(tx, ctx, link.person, Purpose::OwnPage)?;
    let standing = Standing::read(tx, ctx, link.person, &view.contact_points)?;
    let language = view.person.identity.language.as_deref().unwrap_or("en");
    let shown = page_text(tx, ctx, language)?;
    if chosen.wording.is_some_and(|seen| seen != shown.id) {
        return Err(ActError::refused(
            "wording.changed",
            "the text of this page has changed; read it again and choose",
        ));
    }
    let mut act = Act {
        ctx,
        person: link.person,
        shown,
        evidence,
        changes: Vec::new(),
    };
    for Held { way, state } in standing.ways() {
        match (chosen.ways.contains(&way), state) {
            (true, State::Granted) => {}
            (true, _) => act.allow(tx, way, standing.consents(way).next().is_none())?,
            (false, State::Refused) if standing.consents_ahead(way).next().is_none() => {}
            (false, _) => {
                let consents = standing.consents(way).chain(standing.consents_ahead(way));
                act.refuse(tx, way, consents)?;
            }
        }
    }
    for (channel, state) in standing.reminders() {
        let way = Way {
            channel,
            topic: Topic::CareReminders,
        };
        match (chosen.no_reminders.contains(&channel), state) {
            (true, State::Open) => act.refuse(tx, way, standing.consents(way))?,
            (false, State::Refused) => act.allow(tx, way, false)?,
            _ => {}
        }
    }
    act.finish(tx, "patient.chose", link)
}

/// An act of the person in progress.
struct Act<'a> {
    ctx: &'a Ctx,
    person: PersonId,
    shown: Wording,
    evidence: &'a Evidence,
    changes: Vec<Change>,
}

impl Act<'_> {
    fn allow(&mut self, tx: &mut Tx, way: Way, needs_consent: bool) -> Result<(), ActError> {
        let (now, evidence) = (self.ctx.now, self.evidence.clone());
        let lift = Lift::ByPerson { at: now };
        let act = LaterAct {
            at: now,
            method: Method::SignedLink,
            evidence: evidence.clone(),
        };
        if !open_way(tx, self.ctx, self.person, (way, Yes::Consent), lift, &act)? {
            // Something stands that was asked for in another way, such as a restriction. It stays.
            return Ok(());
        }
        if needs_consent {
            let kind = match way.channel {
                Channel::Email => InstrumentKind::EmailOptin,
                _ => InstrumentKind::MarketingOptinCheckbox,
            };
            let Way { channel, topic } = way;
            let given = Given {
                kind,
                wording: Some(self.shown.id),
                terms: Terms::Consent(Consent {
                    channel,
                    topic,
                    expires_on: None,
                }),
                signed_at: now,
                method: Method::SignedLink,
                evidence,
            };
            record_instrument(tx, self.ctx, self.person, given)?;
        }
        self.changes.push(Change::Allowed(way));
        Ok(())
    }

    /// A consent taken back ends and leaves its refusal; where there was none, the no is kept.
    fn refuse<'b>(
        &mut self,
        tx: &mut Tx,
        way: Way,
        consents: impl Iterator<Item = &'b Instrument>,
    ) -> Result<(), ActError> {
        let mut is_left_behind = false;
        for consent in consents {
            withdraw(tx, self.ctx, consent, Method::SignedLink, self.evidence)?;
            is_left_behind = true;
        }
        if !is_left_behind {
            let is_reminder = way.topic == Topic::CareReminders;
            let asked = Asked {
                kind: if is_reminder {
                    PreferenceKind::Unsubscribe
                } else {
                    PreferenceKind::Declined
                },
                channel: Some(way.channel),
                topic: Some(way.topic),
                wording: Some(self.shown.id),
                at: self.ctx.now,
                method: Method::SignedLink,
                evidence: self.evidence.clone(),
            };
            record_preference(tx, self.ctx, self.person, asked)?;
        }
        self.changes.push(Change::Refused(way));
        Ok(())
    }

    fn finish(self, tx: &mut Tx, kind: &str, link: &Link) -> Result<Done, ActError> {
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for change in &self.changes {
            match change {
                Change::Allowed(way) => allowed.push(way.code()),
                Change::Refused(way) => refused.push(way.code()),
                Change::Stopped(_) | Change::Revoked => {}
            }
        }
        let entry = tx.record(
            Entry::new(kind)
                .about(self.person)
                .with("link", link.reference())
                .with("wording", self.shown.id)
                .with("n_allowed", allowed.len())
                .with("n_refused", refused.len())
                .with("allowed", allowed.join(" "))
                .with("refused", refused.join(" ")),
        );
        Ok(Done {
            entry,
            changes: self.changes,
            at: self.ctx.now,
        })
    }
}

/// Stops every marketing message by a channel: what the unsubscribe button does.
///
/// Repeating it is not an error and leaves an entry each time.
///
/// # Errors
///
/// [`ActError::NotFound`] when nobody is held.
pub fn unsubscribe(
    tx: &mut Tx,
    ctx: &Ctx,
    link: &Link,
    channel: Channel,
    method: Method,
    evidence: &Evidence,
) -> Result<Done, ActError> {
    person::must_be_held(tx, link.person)?;
    let stands = preferences::list_by_person(tx, link.person)?
        .iter()
        .any(|held| {
            let one = &held.preference;
            one.stands_at(ctx.now)
                && one.kind == PreferenceKind::Unsubscribe
                && one.topic.is_none()
                && one.channel.is_none_or(|asked| asked == channel)
        });
    if !stands {
        let asked = Asked {
            kind: PreferenceKind::Unsubscribe,
            channel: Some(channel),
            topic: None,
            wording: None,
            at: ctx.now,
            method,
            evidence: evidence.clone(),
        };
        record_preference(tx, ctx, link.person, asked)?;
    }
    crate::report::note_unsubscribe(tx, ctx, link.about.into())?;
    let entry = tx.record(
        Entry::new("patient.unsubscribed")
            .about(link.person)
            .with("channel", channel.as_str())
            .with("method", method.as_str())
            .with("link", link.reference()),
    );
    Ok(Done {
        entry,
        changes: vec![Change::Stopped(channel)],
        at: ctx.now,
    })
}

/// Takes back every HIPAA authorization in one step (S173); any link may.
///
/// # Errors
///
/// [`ActError::NotFound`] when nobody is held.
pub fn revoke_authorizations(
    tx: &mut Tx,
    ctx: &Ctx,
    link: &Link,
    evidence: &Evidence,
) -> Result<Done, ActError> {
    let kind = InstrumentKind::HipaaAuthorization;
    let done = revoke_all(tx, ctx, link.person, kind, Method::SignedLink, evidence)?;
    let entry = tx.record(
        Entry::new("patient.revoked_authorizations")
            .about(link.person)
            .with("n_revoked", done.instruments.len())
            .with("link", link.reference()),
    );
    Ok(Done {
        entry,
        changes: vec![Change::Revoked; done.instruments.len()],
        at: ctx.now,
    })
}

/// Asks for a fresh link, to be sent to the address that is typed, if it is held. The answer is
/// the same whether it is or not; one request a day and person is kept.
///
/// # Errors
///
/// When the store fails.
pub fn ask_for_link(tx: &mut Tx, ctx: &Ctx, address: &str) -> Result<(), ActError> {
    // An address that cannot be read takes the same path as one that is not held.
    let lookup = people::address_lookup(tx, Channel::Email, address)
        .unwrap_or_else(|| tx.lookup_hash("email", ""));
    let since = ctx.now - SignedDuration::from_hours(24);
    for person in people::list_by_address(tx, &lookup, 10)? {
        if tx.is_erased(person)? || people::asked_for_link_since(tx, person, since)? {
            continue;
        }
        let points = people::list_address_lookups(tx, person)?;
        let point = points
            .iter()
            .find(|(_, _, held)| *held == lookup)
            .map(|(id, ..)| *id);
        if let Some(point) = point {
            let id: RequestId = ctx.new_id();
            people::ask_for_link(tx, id, person, point)?;
            tx.record(
                Entry::new("link.asked")
                    .about(person)
                    .with("request_link", id),
            );
        }
    }
    tx.record(Entry::new("link.form_posted"));
    Ok(())
}

/// Makes a fresh link for somebody at the desk to send to an address that is held. The entry names
/// who made it and the link, so that whatever is done by it can be told from the person's own.
///
/// # Errors
///
/// [`ActError::NotFound`] when nobody is held.
pub fn make_link(tx: &mut Tx, ctx: &Ctx, person: PersonId) -> Result<Link, ActError> {
    person::must_be_held(tx, person)?;
    let id: RequestId = ctx.new_id();
    let link = Link::new(person, LinkPurpose::Preferences, ctx.now, id);
    let n_waiting = people::settle_links_of(tx, person)?;
    tx.record(
        Entry::new("link.made")
            .about(person)
            .with("link", link.reference())
            .with("n_waiting", n_waiting),
    );
    Ok(link)
}
