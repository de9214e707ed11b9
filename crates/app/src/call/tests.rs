//! From a launched call list to what came of each call.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use jiff::civil::{DateTime, date};
use placet_domain::audience::Filter;
use placet_domain::campaign::{Brief, Remuneration};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft, Format};
use placet_domain::delivery::State;
use placet_domain::id::{CallId, CampaignId, PersonId};
use placet_domain::operator::{Actor, Role};
use placet_domain::preference::Topic;
use placet_domain::review::Verdict;
use placet_domain::settings::{ActorKind, CallDesk, Callers, Organization};
use placet_domain::suppression::Cause;
use placet_policy::Engine;
use placet_store::{Keys, StoreError, suppressions};

use super::*;
use crate::approval::tests::operator;
use crate::desk::{Desk, add_point, refused_as};
use crate::{approval, audience, campaign, content, settings};

const PEOPLE: u8 = 12;
/// So many minutes after noon UTC it is after nine in the evening in New York.
const NIGHT: i64 = 13 * 60 + 5;
const DAY: i64 = 24 * 60;

fn organization() -> Organization {
    Organization {
        name: "Harbor Health".to_owned(),
        postal_address: "1 Harbor Street, Springfield, OH 43604".to_owned(),
        actor: ActorKind::CoveredProvider,
        time_zone: "America/New_York".to_owned(),
    }
}

fn center() -> CallDesk {
    CallDesk {
        role: Callers::CallCenter,
        name: "Lake Call Center".to_owned(),
        is_baa_on_file: true,
        country: "US".to_owned(),
        phone: "216-555-0142".to_owned(),
    }
}

fn script(class: ContentClass, topic: Topic) -> Draft {
    Draft {
        class,
        topic,
        channel: Channel::VoiceLive,
        format: Format::Plain,
        subject: String::new(),
        preheader: String::new(),
        body: "Hello {{first_name|neighbor}}, we have moved to Harbor Street.".to_owned(),
        text: String::new(),
    }
}

struct World {
    desk: Desk,
    campaign: CampaignId,
}

fn person(n: u8) -> PersonId {
    PersonId::from([n; 16])
}

fn number(n: u8) -> String {
    format!("+141955501{n:02}")
}

fn caller(n: u8) -> Actor {
    operator(n, &[Role::Caller])
}

impl World {
    /// Twelve people with a number, and a launched call list.
    fn launched() -> Self {
        Self::launched_as(ContentClass::OwnServiceInformation, Topic::Services)
    }

    fn launched_as(class: ContentClass, topic: Topic) -> Self {
        let desk = Desk::new();
        for n in 1..=PEOPLE {
            desk.add_person(n, "Ada", "Moss", &format!("p{n}@example.org"));
            desk.act(-200 + i64::from(n), move |tx, ctx| {
                add_point(tx, ctx, person(n), Channel::VoiceLive, &number(n))?;
                add_point(tx, ctx, person(n), Channel::Sms, &number(n))?;
                tx.record(Entry::new("contact_point.added").about(person(n)));
                Ok(())
            })
            .unwrap();
        }
        desk.act(0, |tx, ctx| {
            settings::set_organization(tx, ctx, &organization())?;
            settings::set_calls(tx, ctx, &center())?;
            settings::arm(tx, ctx)
        })
        .unwrap();
        let mut world = Self {
            desk,
            campaign: [0; 16].into(),
        };
        world.campaign = world.launch(1, class, topic);
        world
    }

    fn launch(&self, n: u8, class: ContentClass, topic: Topic) -> CampaignId {
        let engine = Engine::builtin();
        let draft = script(class, topic);
        let tier = draft.tier();
        let from = i64::from(n);
        let version = self
            .desk
            .act_as(operator(20, &[Role::Marketing]), from, move |tx, ctx| {
                let name = format!("Moved {n}");
                let version = content::create(tx, ctx, &engine, &name, &draft)?;
                approval::submit(tx, ctx, &engine, version.id)?;
                Ok(version.id)
            })
            .unwrap();
        for (number, role) in (21_u8..).zip(tier.row().approvers) {
            let minute = from + i64::from(number) - 19;
            self.desk
                .act_as(operator(number, &[*role]), minute, move |tx, ctx| {
                    approval::judge(tx, ctx, version, *role, Verdict::Approve, "")
                })
                .unwrap();
        }
        let engine = Engine::builtin();
        self.desk
            .act_as(
                operator(1, &[Role::Marketing]),
                from + 10,
                move |tx, ctx| {
                    let name = format!("Everybody {n}");
                    let everybody = audience::create(tx, ctx, &name, Filter::default())?;
                    let brief = Brief {
                        name: "Moved".to_owned(),
                        version,
                        audience: everybody.id,
                        purpose: class.purposes()[0].to_owned(),
                        remuneration: Remuneration::NONE,
                        sender_name: String::new(),
                        sender: String::new(),
                    };
                    let made = campaign::create(tx, ctx, &brief)?;
                    campaign::launch(tx, ctx, &engine, made.id, u64::from(PEOPLE))?;
                    Ok(made.id)
                },
            )
            .unwrap()
    }

    fn with<T, F>(&self, who: Actor, n: i64, mut f: F) -> Result<T, ActError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Ctx, &Deciding<'_>) -> Result<T, ActError> + Send + 'static,
    {
        let (engine, keys) = (Engine::builtin(), Keys::from_master([7; 32]));
        self.desk.act_as(who, n, move |tx, ctx| {
            let with = Deciding {
                engine: &engine,
                keys: &keys,
                public_url: "https://news.harbor.example",
            };
            f(tx, ctx, &with)
        })
    }

    fn next(&self, who: u8, n: i64) -> Result<Opened, ActError> {
        let campaign = self.campaign;
        self.with(caller(who), n, move |tx, ctx, with| {
            open_next(tx, ctx, with, campaign)
        })
    }

    /// The next person, opened by this caller.
    fn open(&self, who: u8, n: i64) -> CallId {
        self.next(who, n).unwrap().call.unwrap()
    }

    fn show(&self, who: u8, n: i64, id: CallId) -> Result<Shown, ActError> {
        self.with(caller(who), n, move |tx, ctx, with| show(tx, ctx, with, id))
    }

    fn end(&self, who: u8, n: i64, id: CallId, ended: Ended) -> Result<Ended, ActError> {
        self.tell(who, n, id, (ended, None, ""))
    }

    fn tell(
        &self,
        who: u8,
        n: i64,
        id: CallId,
        (ended, at, words): (Ended, Option<DateTime>, &str),
    ) -> Result<Ended, ActError> {
        let told = Told {
            ended,
            at,
            words: words.to_owned(),
        };
        self.with(caller(who), n, move |tx, ctx, _| end(tx, ctx, id, &told))
    }

    fn try_of(&self, id: CallId) -> Try {
        let read = move |tx: &mut Tx| call_tries::find(tx, id);
        self.desk
            .store
            .read_blocking::<_, _, StoreError>(read)
            .unwrap()
            .unwrap()
    }

    fn count(&self, state: State) -> u64 {
        let campaign = self.campaign;
        let read = move |tx: &mut Tx| campaigns::tally(tx, campaign);
        let tally = self
            .desk
            .store
            .read_blocking::<_, _, StoreError>(read)
            .unwrap();
        tally.of(state)
    }

    /// Why the number of somebody is closed for a channel.
    fn causes(&self, who: u8, channel: Channel) -> Vec<Cause> {
        let read = move |tx: &mut Tx| {
            let lookup = people::address_lookup(tx, channel, &number(who)).unwrap();
            suppressions::list_by_lookup(tx, &lookup, channel)
        };
        let held = self
            .desk
            .store
            .read_blocking::<_, _, StoreError>(read)
            .unwrap();
        held.into_iter().map(|one| one.cause).collect()
    }

    fn who(&self, id: CallId) -> u8 {
        self.try_of(id).person.as_bytes()[0]
    }
}

/// S180: one person, decided as they are opened, and the script filled for them alone.
#[test]
fn s180_a_person_is_decided_when_a_caller_opens_them_and_the_script_is_theirs() {
    let world = World::launched();
    let id = world.open(5, 20);
    assert_eq!(
        (world.count(State::Calling), world.count(State::Pending)),
        (1, 11)
    );
    let shown = world.show(5, 21, id).unwrap();
    let words = shown.words.unwrap();
    assert!(words.number.starts_with("+14195550"), "{}", words.number);
    assert!(words.script.contains("calling from Harbor Health"));
    assert!(words.script.contains("Am I speaking with Ada Moss?"));
    assert!(words.script.contains("Hello Ada, we have moved"));
    assert!(words.script.contains("216-555-0142"));
    assert!(!words.voicemail.contains("moved"), "{}", words.voicemail);
    let kinds = world.desk.kinds_about(shown.call.person);
    for kind in ["decision.made", "call.opened", "call.shown"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind}");
    }
    assert_eq!(
        world.end(5, 22, id, Ended::Reached).unwrap(),
        Ended::Reached
    );
    assert_eq!(
        (world.count(State::Sent), world.count(State::Calling)),
        (1, 0)
    );
    refused_as(world.show(5, 23, id), "call.over");
    refused_as(world.end(5, 23, id, Ended::NoAnswer), "call.over");
}

/// L1: the call was ended here while the person was still speaking; their no counts all the same.
#[test]
fn l1_a_refusal_counts_after_the_call_is_over() {
    let world = World::launched();
    let id = world.open(5, 20);
    let who = world.who(id);
    world.end(5, 21, id, Ended::NotCalled).unwrap();
    assert_eq!(world.causes(who, Channel::VoiceLive), []);
    assert!(matches!(
        world.end(6, 22, id, Ended::NoMoreCalls),
        Err(ActError::NotFound("call"))
    ));
    world.end(5, 23, id, Ended::NoMoreCalls).unwrap();
    assert_eq!(world.causes(who, Channel::VoiceLive), [Cause::Stop]);
    let kinds = world.desk.kinds_about(person(who));
    assert!(kinds.contains(&"call.refused_late".to_owned()));
}

/// Two callers never get the same person, a caller holds one, and nobody sees another's.
#[test]
fn no_two_callers_have_the_same_person_and_none_has_two() {
    let world = World::launched();
    let mut met = Vec::new();
    for who in 0..PEOPLE {
        let id = world.open(40 + who, 20 + i64::from(who));
        met.push(world.who(id));
        refused_as(world.next(40 + who, 40), "call.one_at_a_time");
        assert!(matches!(
            world.show(39, 40, id),
            Err(ActError::NotFound("call"))
        ));
        assert!(matches!(
            world.end(39, 41, id, Ended::Reached),
            Err(ActError::NotFound("call"))
        ));
    }
    met.sort_unstable();
    assert_eq!(met, (1..=PEOPLE).collect::<Vec<u8>>());
    refused_as(world.next(39, 42), "call.nobody");
}

/// One person on two lists is with one caller, not with two.
#[test]
fn whoever_is_on_two_lists_is_not_called_by_two_callers_at_once() {
    let mut world = World::launched_as(ContentClass::Reminder, Topic::CareReminders);
    let first: Vec<CallId> = (0..PEOPLE)
        .map(|who| world.open(40 + who, 20 + i64::from(who)))
        .collect();
    world.campaign = world.launch(40, ContentClass::Reminder, Topic::CareReminders);
    refused_as(world.next(39, 55), "call.nobody");
    world.end(40, 56, first[0], Ended::Reached).unwrap();
    let again = world.open(39, 57);
    assert_eq!(world.try_of(first[0]).person, world.try_of(again).person);
}

/// L1, its voice part: what the person says on the phone closes the number at once.
#[test]
fn l1_whoever_wants_no_more_calls_is_not_called_again_by_any_list() {
    let world = World::launched();
    let id = world.open(5, 20);
    let who = world.who(id);
    world.end(5, 21, id, Ended::NoMoreCalls).unwrap();
    assert_eq!(world.causes(who, Channel::VoiceLive), [Cause::Stop]);
    assert_eq!(world.causes(who, Channel::Sms), []);
    let kinds = world.desk.kinds_about(person(who));
    assert!(kinds.contains(&"preference.recorded".to_owned()));
    let engine = Engine::builtin();
    let campaign = world.campaign;
    // Days later, when no cap counts: another list does not find them.
    let n = world
        .desk
        .act(9 * DAY, move |tx, ctx| {
            let view = campaign::view(tx, campaign, ctx.now)?;
            let question = view.question();
            let gate =
                crate::gate::Gate::new(&engine, &settings::load(tx)?, question.message, ctx.now);
            let plan = audience::plan(tx, &engine, &gate, &question.filter)?;
            tx.record(Entry::new("test"));
            Ok(plan.waterfall.n_permitted)
        })
        .unwrap();
    assert_eq!(n, u64::from(PEOPLE) - 1);
}

/// L1: words count, whatever box the caller ticked, in English and Spanish, and they are not kept.
#[test]
fn l1_words_that_say_stop_are_a_refusal_whatever_was_ticked() {
    for words in [
        "Please stop texting me",
        "take me off your list",
        "STOP",
        "ya no me llamen",
        "quiero darme de baja",
        "don't call me again",
    ] {
        let world = World::launched();
        let id = world.open(5, 20);
        let who = world.who(id);
        let ended = world
            .tell(5, 21, id, (Ended::Reached, None, words))
            .unwrap();
        assert_eq!(ended, Ended::NoMoreCalls, "{words}");
        for channel in [Channel::VoiceLive, Channel::Sms] {
            assert_eq!(world.causes(who, channel), [Cause::Stop], "{words}");
        }
        let kept = format!("{:?}", world.desk.entries());
        assert!(!kept.contains(words), "{words}");
    }
    let world = World::launched();
    let id = world.open(5, 20);
    let said = (Ended::Reached, None, "thank you, that is good to know");
    assert_eq!(world.tell(5, 21, id, said).unwrap(), Ended::Reached);
}

#[test]
fn whoever_wants_nothing_any_more_is_closed_on_every_way() {
    let world = World::launched();
    let id = world.open(5, 20);
    let who = world.who(id);
    world.end(5, 21, id, Ended::NoMoreAtAll).unwrap();
    for channel in [Channel::VoiceLive, Channel::Sms] {
        assert_eq!(world.causes(who, channel), [Cause::Stop]);
    }
}

#[test]
fn a_wrong_number_is_closed_for_calls_and_texts() {
    let world = World::launched();
    let id = world.open(5, 20);
    let who = world.who(id);
    world.end(5, 21, id, Ended::WrongNumber).unwrap();
    for channel in [Channel::VoiceLive, Channel::Sms] {
        assert_eq!(world.causes(who, channel), [Cause::Reassigned]);
    }
    assert_eq!(world.count(State::Failed), 1);
}

/// Nobody is called at night where they are, and a list that nobody worked by day waits.
#[test]
fn s180_nobody_is_opened_outside_the_hours_where_they_are() {
    let world = World::launched();
    let late = world.next(5, NIGHT).unwrap();
    assert_eq!((late.call, late.n_deferred), (None, u32::from(PEOPLE)));
    refused_as(world.next(5, NIGHT + 30), "call.nobody");
    // Eight in the morning of the next day.
    assert!(world.next(5, DAY).unwrap().call.is_some());
}

/// The answer is of the last ten minutes, and what was said since counts.
#[test]
fn a_number_is_not_shown_on_an_old_answer_nor_after_a_no() {
    let world = World::launched();
    let id = world.open(5, 20);
    let stale = world.show(5, 31, id).unwrap();
    assert!(stale.words.unwrap_err().contains("10 minutes"));
    let again = |n| {
        world.with(caller(5), n, move |tx, ctx, with| {
            decide_again(tx, ctx, with, id)
        })
    };
    assert_eq!(again(32).unwrap(), Again::Permitted);
    assert!(world.show(5, 33, id).unwrap().words.is_ok());
    let who = world.who(id);
    world
        .desk
        .act_as(Actor::Person, 34, move |tx, ctx| {
            let asked = crate::preference::Asked {
                kind: placet_domain::preference::PreferenceKind::Stop,
                channel: Some(Channel::VoiceLive),
                topic: None,
                wording: None,
                at: ctx.now,
                method: placet_domain::instrument::Method::SignedLink,
                evidence: placet_domain::instrument::Evidence::from_source("page"),
            };
            crate::preference::record(tx, ctx, person(who), asked).map(drop)
        })
        .unwrap();
    let shown = world.show(5, 34, id).unwrap();
    assert!(shown.words.unwrap_err().contains("may not be called"));
    assert_eq!(again(35).unwrap(), Again::Refused);
    assert_eq!(
        (world.count(State::Refused), world.count(State::Calling)),
        (1, 0)
    );
    assert!(
        world.next(5, 36).unwrap().call.is_some(),
        "the caller is free"
    );
}

/// Caps count calls: each that rang, one a day, and none that was not made.
#[test]
fn s97_a_call_that_rang_counts_for_the_caps_and_one_given_back_does_not() {
    let world = World::launched();
    let id = world.open(5, 20);
    let who = world.who(id);
    world.end(5, 21, id, Ended::NotCalled).unwrap();
    let count = |n: i64| {
        let read = move |tx: &mut Tx| {
            let now = crate::desk::minute(n);
            let found = crate::gate::gather_of(tx, &[person(who)], Channel::Email, now)?;
            Ok(match found.get(&person(who)) {
                Some(crate::gate::Found::Held(held)) => (held.n_last_24h, held.n_last_7d),
                _ => (9, 9),
            })
        };
        let read = world.desk.store.read_blocking::<_, _, StoreError>(read);
        read.unwrap()
    };
    assert_eq!(count(22), (0, 0));
    // They rest for a quarter of an hour, then come first.
    assert_ne!(world.who(world.open(6, 23)), who);
    let id = world.open(5, 40);
    assert_eq!(world.who(id), who);
    world.end(5, 41, id, Ended::NoAnswer).unwrap();
    assert_eq!(count(42), (1, 1));
    assert_eq!(count(42 + DAY), (0, 1));
}

/// Three days, and no more.
#[test]
fn whoever_never_answers_is_called_on_three_days() {
    let world = World::launched();
    let id = world.open(5, 20);
    let who = world.who(id);
    world.end(5, 21, id, Ended::NoAnswer).unwrap();
    for day in 1..=2 {
        let minute = day * (DAY + 10) + 20;
        let id = world.open(5, minute);
        assert_eq!(world.who(id), who, "whose day has come is first");
        world.end(5, minute + 1, id, Ended::NoAnswer).unwrap();
    }
    assert_eq!(world.count(State::Failed), 1);
}

/// A promised call comes at its hour, first of all, and the call in which it was promised does not stand against it.
#[test]
fn a_promised_call_is_made_at_its_hour_and_no_cap_of_its_own_holds_it() {
    let world = World::launched();
    let id = world.open(5, 20);
    let who = world.who(id);
    let at = |hour| Some(date(2026, 7, 1).at(hour, 30, 0, 0));
    for bad in [None, at(8), Some(date(2027, 7, 1).at(9, 0, 0, 0))] {
        assert!(matches!(
            world.tell(5, 30, id, (Ended::CallBack, bad, "")),
            Err(ActError::Invalid(_))
        ));
    }
    // Half past two where they are, six and a half hours from the beginning.
    world
        .tell(5, 31, id, (Ended::CallBack, at(14), ""))
        .unwrap();
    assert_ne!(world.who(world.open(6, 32)), who);
    world
        .end(
            6,
            33,
            world.try_of(world.own(6).unwrap()).id,
            Ended::Reached,
        )
        .unwrap();
    let id = world.open(5, 6 * 60 + 31);
    assert_eq!(world.who(id), who);
}

impl World {
    fn own(&self, who: u8) -> Option<CallId> {
        let code = author(&caller(who));
        let read = move |tx: &mut Tx| call_tries::find_open(tx, &code);
        let found = self.desk.store.read_blocking::<_, _, StoreError>(read);
        found.unwrap().map(|one| one.id)
    }
}

/// Stopped is stopped with the next open, and no number is shown of it.
#[test]
fn a_stopped_list_opens_nobody_and_shows_no_number() {
    let world = World::launched();
    let id = world.open(5, 20);
    let campaign = world.campaign;
    world
        .desk
        .act(21, move |tx, ctx| campaign::stop(tx, ctx, campaign, ""))
        .unwrap();
    refused_as(world.next(6, 22), "campaign.stopped");
    assert!(world.show(5, 22, id).unwrap().words.is_err());
    // What came of it can be said all the same.
    world.end(5, 23, id, Ended::NotCalled).unwrap();
}

/// A call that nobody closed is seen by name by whoever settles it, without the number.
#[test]
fn somebody_who_settles_sees_who_was_left_open_and_closes_it() {
    let world = World::launched();
    let id = world.open(5, 20);
    let campaign = world.campaign;
    let officer = operator(9, &[Role::Compliance]);
    let held = world
        .with(officer.clone(), 90, move |tx, ctx, _| {
            list_held(tx, ctx, campaign)
        })
        .unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].name.as_deref(), Some("Ada Moss"));
    let seen = world
        .with(officer.clone(), 91, move |tx, ctx, with| {
            show(tx, ctx, with, id)
        })
        .unwrap();
    assert!(!seen.is_own && seen.words.is_err());
    let told = Told {
        ended: Ended::NotCalled,
        at: None,
        words: String::new(),
    };
    world
        .with(officer, 92, move |tx, ctx, _| end(tx, ctx, id, &told))
        .unwrap();
    assert_eq!(
        (world.count(State::Calling), world.count(State::Pending)),
        (0, 12)
    );
}

/// Who opens and gives back one after the other reads a list of numbers: that ends.
#[test]
fn whoever_only_looks_is_given_nobody_more() {
    let world = World::launched();
    for n in 0..10 {
        let id = world.open(5, 20 + n);
        world.end(5, 20 + n, id, Ended::NotCalled).unwrap();
    }
    refused_as(world.next(5, 31), "call.given_back");
    assert!(world.next(6, 31).unwrap().call.is_some());
}

/// S234: no agreement with whoever calls, no name and no number.
#[test]
fn s234_a_call_center_without_an_agreement_gets_nobody() {
    let world = World::launched();
    world
        .desk
        .act(15, |tx, ctx| {
            let without = CallDesk {
                is_baa_on_file: false,
                ..center()
            };
            settings::set_calls(tx, ctx, &without)
        })
        .unwrap();
    refused_as(world.next(5, 20), "sending.disarmed");
    let why = refused_as(world.desk.act(21, settings::arm), "sending.not_ready");
    assert!(why.contains("whoever calls"), "{why}");
    let gate = world
        .desk
        .act(22, |tx, ctx| {
            tx.record(Entry::new("test"));
            let settings = settings::load(tx)?;
            let view = campaign::list(tx, 1)?.remove(0).campaign;
            let message = campaign::view(tx, view.id, ctx.now)?.question().message;
            let gate = crate::gate::Gate::new(&Engine::builtin(), &settings, message, ctx.now);
            let mut found = crate::gate::gather_of(tx, &[person(1)], Channel::VoiceLive, ctx.now)?;
            let Some(crate::gate::Found::Held(held)) = found.remove(&person(1)) else {
                panic!("held");
            };
            Ok(gate.ask(&held).unwrap().decision)
        })
        .unwrap();
    assert_eq!(gate.outcome, placet_policy::Outcome::Deny);
}

/// The registry's numbers are refused to a sales call, whoever comes to have them; a patient's call of care is not.
#[test]
fn numbers_of_the_registry_are_kept_as_hashes_and_asked_by_the_gate() {
    let world = World::launched();
    let lines: Vec<String> = (1..=3).map(|n| format!("419,55501{n:02}")).collect();
    let more = ["419-555-0190".to_owned(), "no number".to_owned()];
    let all: Vec<String> = lines.into_iter().chain(more).collect();
    let again = all.clone();
    let take = |n: i64, numbers: Vec<String>| {
        world.desk.act(n, move |tx, ctx| {
            take_numbers(tx, ctx, &numbers, date(2026, 7, 1))
        })
    };
    let first = Taken {
        n_new: 4,
        n_known: 0,
        n_unread: 1,
    };
    assert_eq!(take(15, all).unwrap(), first);
    let second = Taken {
        n_new: 0,
        n_known: 4,
        n_unread: 1,
    };
    assert_eq!(take(16, again).unwrap(), second);
    assert_eq!(world.causes(2, Channel::VoiceLive), [Cause::NationalDnc]);
    let told = |n: i64, relationship: &'static str, class: ContentClass, topic: Topic| {
        world
            .desk
            .act(n, move |tx, ctx| {
                tx.record(Entry::new("test"));
                let settings = settings::load(tx)?;
                let view = campaign::list(tx, 1)?.remove(0).campaign;
                let mut message = campaign::view(tx, view.id, ctx.now)?.question().message;
                message.class = class;
                message.topic = topic;
                message.purpose = class.purposes()[0].to_owned();
                let gate = crate::gate::Gate::new(&Engine::builtin(), &settings, message, ctx.now);
                let mut found =
                    crate::gate::gather_of(tx, &[person(2)], Channel::VoiceLive, ctx.now)?;
                let Some(crate::gate::Found::Held(mut held)) = found.remove(&person(2)) else {
                    panic!("held");
                };
                held.person.relationship =
                    placet_domain::person::Relationship::find(relationship).unwrap();
                if let Some(point) = &mut held.contact_point {
                    point.origin = placet_domain::person::Origin::Form;
                }
                Ok(gate.ask(&held).unwrap().decision.rule_ids)
            })
            .unwrap()
            .iter()
            .any(|id| id == "tcpa.dnc")
    };
    assert!(told(
        20,
        "prospect",
        ContentClass::OwnHealthProductPromo,
        Topic::Services
    ));
    assert!(!told(
        21,
        "prospect",
        ContentClass::Reminder,
        Topic::CareReminders
    ));
    assert_eq!(
        take(30, vec!["1".to_owned(); MOST_NUMBERS + 1])
            .err()
            .map(|_| ()),
        Some(())
    );
}
