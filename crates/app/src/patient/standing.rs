//! How everything stands that a person can choose, read once.

use std::collections::BTreeSet;

use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_domain::instrument::authorization::Expiry;
use placet_domain::instrument::{Instrument, Standing as Stands, Terms};
use placet_domain::person::ContactPoint;
use placet_domain::preference::{Preference, PreferenceKind, Topic};
use placet_domain::time::{TimeZone, Timestamp};
use placet_store::{Tx, instruments, people, preferences, suppressions};

use super::{Held, Signed, State};
use crate::preference::Way;
use crate::{ActError, Ctx};

/// The topics that are chosen; reminders are asked apart, since they need no yes.
fn chosen_topics() -> impl Iterator<Item = Topic> {
    Topic::ALL
        .iter()
        .copied()
        .filter(|topic| *topic != Topic::CareReminders)
}

/// Everything that decides how the page looks, read once.
pub(super) struct Standing {
    instruments: Vec<Instrument>,
    preferences: Vec<Preference>,
    channels: BTreeSet<Channel>,
    closed: BTreeSet<Channel>,
    at: Timestamp,
}

impl Standing {
    pub(super) fn read(
        tx: &mut Tx,
        ctx: &Ctx,
        person: PersonId,
        points: &[ContactPoint],
    ) -> Result<Self, ActError> {
        let mut closed = BTreeSet::new();
        for (_, channel, lookup) in people::list_address_lookups(tx, person)? {
            let held = suppressions::list_by_lookup(tx, &lookup, channel)?;
            if held.iter().any(|one| one.stands_at(ctx.now)) {
                closed.insert(channel);
            }
        }
        let held = instruments::list_by_person(tx, person)?;
        let asked = preferences::list_by_person(tx, person)?;
        Ok(Self {
            instruments: held.into_iter().map(|held| held.instrument).collect(),
            preferences: asked.into_iter().map(|held| held.preference).collect(),
            channels: points.iter().map(|point| point.channel).collect(),
            closed,
            at: ctx.now,
        })
    }

    /// A revoked authorization is shown on its own and refuses no messages that need none.
    fn is_refused(&self, channel: Channel, topic: Topic) -> bool {
        self.preferences
            .iter()
            .filter(|one| one.kind != PreferenceKind::HipaaRevocation)
            .any(|one| one.stands_at(self.at) && one.objects_to(channel, topic))
    }

    fn in_force(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments
            .iter()
            .filter(|one| one.standing(self.at, &TimeZone::UTC).is_in_force())
    }

    pub(super) fn consents(&self, way: Way) -> impl Iterator<Item = &Instrument> {
        self.in_force().filter(move |one| is_consent(one, way))
    }

    /// What a clock that went back has put ahead of now: it is not in force and will be.
    pub(super) fn consents_ahead(&self, way: Way) -> impl Iterator<Item = &Instrument> {
        let is_ahead = |one: &&Instrument| {
            matches!(one.standing(self.at, &TimeZone::UTC), Stands::NotYet { .. })
        };
        self.instruments
            .iter()
            .filter(is_ahead)
            .filter(move |one| is_consent(one, way))
    }

    fn state(&self, way: Way) -> State {
        if self.is_refused(way.channel, way.topic) || self.closed.contains(&way.channel) {
            State::Refused
        } else if self.consents(way).next().is_some() {
            State::Granted
        } else {
            State::Open
        }
    }

    /// E-mail and post can be allowed here. A text or a call needs a signed form of its own, so
    /// they are shown only where something can be taken back.
    pub(super) fn ways(&self) -> Vec<Held> {
        chosen_topics()
            .flat_map(|topic| {
                self.channels.iter().map(move |channel| Way {
                    channel: *channel,
                    topic,
                })
            })
            .map(|way| Held {
                way,
                state: self.state(way),
            })
            .filter(|held| may_be_allowed_here(held.way.channel) || held.state == State::Granted)
            .collect()
    }

    pub(super) fn reminders(&self) -> Vec<(Channel, State)> {
        let state = |channel| {
            if self.is_refused(channel, Topic::CareReminders) {
                State::Refused
            } else {
                State::Open
            }
        };
        self.channels
            .iter()
            .map(|channel| (*channel, state(*channel)))
            .collect()
    }

    pub(super) fn signed(&self) -> Vec<Signed> {
        self.in_force()
            .filter_map(|one| match &one.terms {
                Terms::Authorization(terms) => Some(Signed {
                    id: one.id,
                    signed_at: one.signed_at,
                    topics: terms.scope.topics.iter().copied().collect(),
                    channels: terms.scope.channels.iter().copied().collect(),
                    until: terms.expires_on(),
                    ends_with_event: matches!(terms.expiry, Some(Expiry::Event(_))),
                }),
                Terms::Consent(_) => None,
            })
            .collect()
    }
}

fn is_consent(one: &Instrument, way: Way) -> bool {
    matches!(one.terms, Terms::Consent(_)) && one.covers(way.channel, way.topic)
}

fn may_be_allowed_here(channel: Channel) -> bool {
    matches!(channel, Channel::Email | Channel::Postal)
}
