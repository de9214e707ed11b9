//! Journeys against a real store: agreed to, gone through once, held, simulated, watched.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::arrival::Arrival;
use placet_domain::audience::Filter;
use placet_domain::content::ContentClass;
use placet_domain::id::PersonId;
use placet_domain::journey::{Ending, Outcome, Said, State, Written, sends_as};
use placet_domain::operator::{Actor, Role};
use placet_policy::Engine;
use placet_store::campaigns;

use super::*;
use crate::audience;
use crate::desk::{minute, refused_as};
use crate::import::Counts as Imported;
use crate::trigger::tests::{House, marketing, operator, person, visit};

mod ways;

const DAY: i64 = 24 * 60;

/// A house with three neutral texts, approved, and everybody as a saved audience.
pub(super) struct Clinic(House);

impl Clinic {
    pub(super) fn new() -> Self {
        let house = House::new();
        for (n, name) in [(-300, "Welcome"), (-240, "Hours"), (-180, "Classes")] {
            house.named(
                n,
                name,
                ContentClass::OwnServiceInformation,
                "Hello {{first_name|there}}. Our entrance moved.",
            );
        }
        house
            .desk
            .act(-45, |tx, ctx| {
                audience::create(tx, ctx, "Everybody", Filter::default())?;
                let old = r#"{"all":[{"any":[{"element":"age","from":65}]}]}"#;
                audience::create(tx, ctx, "Over 65", Filter::read(old).unwrap())
            })
            .unwrap();
        Self(house)
    }

    pub(super) fn declare(&self, n: i64, written: Written) -> Result<Version, ActError> {
        self.0
            .desk
            .act_as(marketing(), n, move |tx, ctx| declare(tx, ctx, &written))
    }

    pub(super) fn simulate(&self, n: i64, version: &Version) -> trial::Trial {
        let version = version.clone();
        let engine = Engine::builtin();
        self.0
            .desk
            .act(n, move |tx, ctx| trial::try_out(tx, ctx, &engine, &version))
            .unwrap()
    }

    fn say(
        &self,
        n: i64,
        actor: Actor,
        version: &Version,
        (role, said): (Role, Said),
    ) -> Result<(), ActError> {
        let (id, version) = (version.journey, version.id);
        self.0.desk.act_as(actor, n, move |tx, ctx| {
            say(tx, ctx, id, version, (role, said), "Read")
        })
    }

    fn start(&self, n: i64, version: &Version, typed: Option<u64>) -> Result<(), ActError> {
        let (id, version) = (version.journey, version.id);
        self.0
            .desk
            .act_as(compliance_and_marketing(), n, move |tx, ctx| {
                start(tx, ctx, id, version, typed)
            })
    }

    /// Declared, simulated, agreed to and started.
    pub(super) fn running(&self, n: i64, written: Written, typed: Option<u64>) -> Version {
        let version = self.declare(n, written).unwrap();
        self.simulate(n + 1, &version);
        for (number, role) in (31_u8..).zip(placet_domain::journey::APPROVERS) {
            let word = (role, Said::Approve);
            self.say(
                n + i64::from(number) - 29,
                operator(number, role),
                &version,
                word,
            )
            .unwrap();
        }
        self.start(n + 8, &version, typed).unwrap();
        version
    }

    pub(super) fn tick(&self, n: i64) {
        self.act(n, |tx, ctx| {
            crate::trigger::tick(tx, ctx, crate::trigger::Sweeps::Calendar)?;
            while tick(tx, ctx)? {}
            Ok(())
        });
    }

    pub(super) fn send(&self, n: i64) -> Vec<String> {
        self.0.send(n)
    }

    pub(super) fn import(&self, n: i64, arrivals: Vec<Arrival>) -> Imported {
        self.0.import(n, arrivals)
    }

    pub(super) fn counts(&self, version: &Version) -> Counts {
        let version = version.clone();
        let steps = version.declaration.read().unwrap();
        let read = self
            .0
            .desk
            .store
            .read_blocking(move |tx| counts(tx, &version, &steps));
        read.unwrap()
    }

    pub(super) fn find(&self, version: &Version) -> Registered {
        let id = version.journey;
        self.0
            .desk
            .store
            .read_blocking(move |tx| find(tx, id))
            .unwrap()
    }

    pub(super) fn act(
        &self,
        n: i64,
        f: impl FnMut(&mut Tx, &Ctx) -> Result<(), ActError> + Send + 'static,
    ) {
        self.0.desk.act(n, f).unwrap();
    }
}

/// Sees small groups, and may start.
fn compliance_and_marketing() -> Actor {
    Actor::Operator {
        id: [5; 16].into(),
        roles: BTreeSet::from([Role::Compliance, Role::Marketing]),
    }
}

/// A journey of newcomers with these steps.
pub(super) fn written(steps: &str) -> Written {
    Written {
        name: "Newcomers".to_owned(),
        purpose: "own_service_announcement".to_owned(),
        rationale: "Says where to find us and nothing of care".to_owned(),
        owner: "Patient access".to_owned(),
        event: "person_registered".to_owned(),
        source: "ehr".to_owned(),
        wait: "0 minutes".to_owned(),
        most_per_day: 100,
        sender_name: "Harbor Health".to_owned(),
        sender: "news@harbor.example".to_owned(),
        steps: steps.to_owned(),
        ..Written::default()
    }
}

pub(super) fn of_everybody(steps: &str) -> Written {
    Written {
        name: "All".to_owned(),
        audience: "Everybody".to_owned(),
        event: String::new(),
        source: String::new(),
        wait: String::new(),
        ..written(steps)
    }
}

/// Each message of a journey is asked about by itself.
#[test]
fn a_change_of_rules_is_tried_on_every_message() {
    use crate::simulate::{Change, Sender, simulate};

    let clinic = Clinic::new();
    clinic.import(1, vec![person("p1")]);
    let version = clinic.declare(2, written(TWO)).unwrap();
    let change = Change {
        engine: Engine::builtin(),
        strictness: None,
    };
    let index = crate::population::Index::default();
    let found = clinic
        .0
        .desk
        .act(3, move |tx, ctx| {
            simulate(tx, ctx, &index, &Engine::builtin(), &change)
        })
        .unwrap();
    let sender = Sender::Journey(version.journey, Standing::Waits);
    let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Newcomers, step 1", "Newcomers, step 3"]);
    assert!(found.iter().all(|one| one.sender == sender));
    assert!(found.iter().all(|one| one.comparison.n_matched == 1));
}

const TWO: &str = "send \"Welcome\"\nwait 2 days\nsend \"Hours\"\nexit";

#[test]
fn s95_s98_nobody_enters_before_three_roles_agreed_and_somebody_started_it() {
    let clinic = Clinic::new();
    let first = clinic.declare(1, written(TWO)).unwrap();
    clinic.import(2, vec![person("p1")]);
    clinic.tick(3);
    assert!(clinic.send(4).is_empty());

    // Who agrees must know what it would have done.
    let compliance = operator(31, Role::Compliance);
    let approve = |role| (role, Said::Approve);
    refused_as(
        clinic.say(5, compliance.clone(), &first, approve(Role::Compliance)),
        "journey.not_simulated",
    );
    refused_as(clinic.start(6, &first, None), "journey.not_simulated");
    assert_eq!(clinic.simulate(7, &first).n_people, 1);
    clinic
        .say(8, compliance.clone(), &first, approve(Role::Compliance))
        .unwrap();
    refused_as(
        clinic.say(9, compliance.clone(), &first, approve(Role::Compliance)),
        "journey.role_spoken",
    );
    refused_as(
        clinic.say(10, compliance, &first, approve(Role::Legal)),
        "journey.role",
    );
    refused_as(clinic.start(11, &first, None), "journey.not_approved");
    let both = Actor::Operator {
        id: [40; 16].into(),
        roles: BTreeSet::from([Role::Legal, Role::Clinical]),
    };
    clinic
        .say(12, both.clone(), &first, approve(Role::Legal))
        .unwrap();
    refused_as(
        clinic.say(13, both, &first, approve(Role::Clinical)),
        "journey.spoken",
    );
    let author = Actor::Operator {
        id: [4; 16].into(),
        roles: BTreeSet::from([Role::Clinical]),
    };
    refused_as(
        clinic.say(14, author, &first, approve(Role::Clinical)),
        "journey.own",
    );
    refused_as(clinic.start(15, &first, None), "journey.not_approved");
    let clinical = operator(33, Role::Clinical);
    clinic
        .say(16, clinical, &first, approve(Role::Clinical))
        .unwrap();
    clinic.import(17, vec![person("p2")]);
    clinic.tick(18);
    assert!(clinic.send(19).is_empty(), "agreed to, and not started");
    clinic.start(20, &first, None).unwrap();
    refused_as(clinic.start(21, &first, None), "journey.started_before");

    // Only who comes in from now on, once, however often they come in.
    clinic.import(22, vec![person("p3")]);
    clinic.import(23, vec![person("p3")]);
    clinic.tick(24);
    assert_eq!(clinic.send(25).len(), 1);
    clinic.tick(26);
    let counts = clinic.counts(&first);
    assert_eq!((counts.n_entered, counts.steps[1].n_here), (1, 1));

    // A change of the logic is a version of its own; who is in goes on as before.
    let second = clinic
        .declare(27, written("send \"Classes\"\nexit"))
        .unwrap();
    assert_eq!((second.version, second.journey), (2, first.journey));
    let same = clinic
        .declare(28, written("send \"Classes\"\nexit"))
        .unwrap();
    assert_eq!(same.id, second.id, "the same again is no version");
    clinic.simulate(29, &second);
    clinic
        .say(
            30,
            operator(31, Role::Compliance),
            &second,
            (Role::Compliance, Said::Return),
        )
        .unwrap();
    refused_as(
        clinic.say(31, operator(32, Role::Legal), &second, approve(Role::Legal)),
        "journey.returned",
    );
    let third = clinic.running(40, written("send \"Classes\"\nwait 1 day\nexit"), None);
    clinic.import(50, vec![person("p4")]);
    clinic.tick(51);
    assert_eq!(clinic.send(52).len(), 1);
    clinic.tick(26 + 2 * DAY);
    assert_eq!(
        clinic.send(27 + 2 * DAY).len(),
        1,
        "the second of the first version"
    );
    clinic.tick(28 + 2 * DAY);
    assert_eq!(
        clinic.counts(&first).over,
        BTreeMap::from([(Ending::Exit, 1)])
    );
    assert_eq!(clinic.counts(&third).n_entered, 1);
}

#[test]
fn s94_the_gate_decides_each_message_and_what_it_refuses_is_counted_by_rule() {
    let clinic = Clinic::new();
    let version = clinic.running(
        1,
        written(
            "send \"Welcome\", if refused go to call\nexit\n\
             call: ask responder to \"call and ask\", if skipped go to done\n\
             send \"Hours\"\ndone: exit",
        ),
        None,
    );
    clinic.import(20, vec![person("p1"), person("p2")]);
    let p1 = whose(&clinic, 0);
    clinic.act(21, move |tx, ctx| unsubscribe(tx, ctx, p1));
    clinic.tick(22);
    assert_eq!(clinic.send(23).len(), 1);
    clinic.tick(24);
    let counts = clinic.counts(&version);
    let first = &counts.steps[0];
    assert_eq!((first.n(Outcome::Sent), first.n(Outcome::Refused)), (1, 1));
    assert_eq!(first.went, BTreeMap::from([(1, 1), (2, 1)]));
    assert!(!first.rules.is_empty() && first.rules.iter().all(|one| one.n == 1));
    assert_eq!(counts.steps[2].n_here, 1, "the task waits");

    // The task is the responder's, by name, and ends once.
    let responder = operator(50, Role::Responder);
    let open = clinic
        .0
        .desk
        .act_as(responder.clone(), 25, |tx, ctx| task::list(tx, ctx, 10))
        .unwrap();
    assert_eq!((open.len(), open[0].person), (1, p1));
    assert_eq!(open[0].name.as_deref(), Some("Adap1 Moss"));
    let passage = open[0].passage;
    let end = |n, actor, outcome| {
        clinic.0.desk.act_as(actor, n, move |tx, ctx| {
            task::settle(tx, ctx, passage, outcome, "Nobody answered")
        })
    };
    refused_as(
        end(26, operator(31, Role::Compliance), Outcome::Done),
        "journey.task_of_others",
    );
    end(27, responder.clone(), Outcome::Skipped).unwrap();
    refused_as(end(28, responder, Outcome::Done), "journey.task_ended");
    let note = clinic
        .0
        .desk
        .store
        .read_blocking(move |tx| journey_passages::find_note(tx, passage, 2));
    assert_eq!(note.unwrap().as_deref(), Some("Nobody answered"));
    assert_eq!(
        clinic.counts(&version).over,
        BTreeMap::from([(Ending::Exit, 2)])
    );
    assert!(clinic.send(29).is_empty());
}

/// The people of the clinic, in the order in which they came in.
fn whose(clinic: &Clinic, place: usize) -> PersonId {
    let read = clinic
        .0
        .desk
        .store
        .read_blocking(|tx| audience::some_after(tx, &Filter::default(), minute(0), None, 100));
    read.unwrap().people[place]
}

fn unsubscribe(tx: &mut Tx, ctx: &Ctx, person: PersonId) -> Result<(), ActError> {
    use placet_domain::channel::Channel;
    use placet_domain::instrument::{Evidence, Method};
    use placet_domain::preference::PreferenceKind;
    let asked = crate::preference::Asked {
        kind: PreferenceKind::Unsubscribe,
        channel: Some(Channel::Email),
        topic: None,
        wording: None,
        at: ctx.now,
        method: Method::Reply,
        evidence: Evidence::from_source("mailbox"),
    };
    crate::preference::record(tx, ctx, person, asked).map(drop)
}

#[test]
fn an_audience_enters_once_up_to_what_was_expected() {
    let clinic = Clinic::new();
    let people: Vec<Arrival> = (1..=5).map(|n| person(&format!("p{n}"))).collect();
    clinic.import(1, people);
    let many = clinic
        .declare(
            2,
            Written {
                most_per_day: 3,
                ..of_everybody(TWO)
            },
        )
        .unwrap();
    clinic.simulate(3, &many);
    for (number, role) in (31_u8..).zip(placet_domain::journey::APPROVERS) {
        let word = (role, Said::Approve);
        clinic
            .say(i64::from(number), operator(number, role), &many, word)
            .unwrap();
    }
    refused_as(clinic.start(40, &many, Some(4)), "journey.number");
    refused_as(clinic.start(41, &many, Some(5)), "journey.too_many");
    let version = clinic.running(
        50,
        Written {
            most_per_day: 6,
            ..of_everybody(TWO)
        },
        Some(5),
    );
    clinic.tick(60);
    assert_eq!(clinic.counts(&version).n_entered, 5);
    assert_eq!(clinic.send(61).len(), 5);
    clinic.tick(62);
    clinic.tick(63);
    assert_eq!(clinic.counts(&version).n_entered, 5);

    // The next version lets in who is new, and nobody again; more than expected pauses it.
    let people: Vec<Arrival> = (6..=9).map(|n| person(&format!("p{n}"))).collect();
    clinic.import(64, people);
    let next = Written {
        most_per_day: 9,
        ..of_everybody("send \"Hours\"\nexit")
    };
    let next = clinic.running(70, next, Some(9));
    clinic.import(79, (10..=14).map(|n| person(&format!("p{n}"))).collect());
    clinic.tick(80);
    assert_eq!(clinic.find(&next).standing(), Standing::Paused);
    assert_eq!(clinic.counts(&next).n_entered, 4);
    assert!(clinic.send(81).is_empty(), "a paused one sends nothing");
    let id = next.journey;
    clinic.act(82, move |tx, ctx| resume(tx, ctx, id, "It is right"));
    clinic.tick(83);
    assert_eq!(clinic.counts(&next).n_entered, 9);
    assert_eq!(clinic.send(84).len(), 9);
    clinic.act(85, move |tx, ctx| end(tx, ctx, id, "Over"));
    let counts = clinic.counts(&version);
    assert_eq!(counts.over, BTreeMap::from([(Ending::Ended, 5)]));
    clinic.tick(85 + 3 * DAY);
    assert!(clinic.send(86 + 3 * DAY).is_empty());
    refused_as(
        clinic.declare(86 + 3 * DAY, of_everybody(TWO)),
        "journey.ended",
    );
}

#[test]
fn an_appointment_that_is_cancelled_ends_its_journey() {
    let clinic = Clinic::new();
    clinic.0.named(
        -120,
        "Reminder",
        ContentClass::Reminder,
        "Your visit is on {{appointment_date}} at {{appointment_time}}.",
    );
    let about = Written {
        name: "Before the visit".to_owned(),
        purpose: "appointment_reminder".to_owned(),
        event: "appointment_booked".to_owned(),
        ..written("send \"Reminder\"\nwait 1 day\nsend \"Reminder\"\nexit")
    };
    let version = clinic.running(1, about, None);
    clinic.import(20, vec![person("p1"), person("p2")]);
    let booked =
        |n: &str, status: &str| visit(&format!("a{n}"), &format!("p{n}"), 10 * DAY, status);
    clinic.import(21, vec![booked("1", "booked"), booked("2", "booked")]);
    clinic.tick(22);
    let said = clinic.send(23);
    assert!(said.len() == 2 && said[0].contains("July 11"), "{said:?}");
    clinic.tick(24);
    clinic.import(25, vec![booked("1", "cancelled")]);
    clinic.tick(30 + DAY);
    assert_eq!(clinic.send(31 + DAY).len(), 1);
    clinic.tick(32 + DAY);
    assert_eq!(
        clinic.counts(&version).over,
        BTreeMap::from([(Ending::Exit, 1), (Ending::Cancelled, 1)])
    );
}

#[test]
fn a_simulation_says_what_the_gate_would_and_writes_nothing_else() {
    let clinic = Clinic::new();
    clinic.import(1, (1..=6).map(|n| person(&format!("p{n}"))).collect());
    let p1 = whose(&clinic, 0);
    clinic.act(2, move |tx, ctx| unsubscribe(tx, ctx, p1));
    let steps = "if in \"Over 65\" go to old\nsplit 50 to a, 50 to b\na: send \"Welcome\", if refused go to b\n\
                 go to old\nb: ask responder to \"call\"\nold: exit";
    let version = clinic.declare(3, of_everybody(steps)).unwrap();
    let trial = clinic.simulate(4, &version);
    assert_eq!(trial.n_people, 6);
    assert_eq!(trial.steps[0].n(Outcome::Yes), 6, "born in 1960");
    assert_eq!(trial.steps[5].n(Outcome::Left), 6);
    let version = clinic
        .declare(
            5,
            of_everybody("send \"Welcome\", if refused go to b\nexit\nb: exit"),
        )
        .unwrap();
    let trial = clinic.simulate(6, &version);
    let first = &trial.steps[0];
    assert_eq!((first.n(Outcome::Sent), first.n(Outcome::Refused)), (5, 1));
    assert_eq!(trial.steps[2].n(Outcome::Left), 1);
    assert_eq!(clinic.counts(&version).n_entered, 0);
    assert!(clinic.send(7).is_empty());
    let kept = clinic
        .0
        .desk
        .store
        .read_blocking(move |tx| trial::latest(tx, version.id));
    assert_eq!(kept.unwrap().unwrap().trial, trial);
}

#[test]
fn what_cannot_run_is_refused_by_line() {
    let clinic = Clinic::new();
    let lines = |written: Written| -> Vec<String> {
        let Err(ActError::Invalid(found)) = clinic.declare(1, written) else {
            panic!("it was taken");
        };
        found
            .into_iter()
            .map(|one| format!("{}: {}", one.field, one.problem))
            .collect()
    };
    let says = |written: Written, expected: &str| {
        let found = lines(written);
        assert!(found.iter().any(|one| one.contains(expected)), "{found:?}");
    };
    says(
        written("wait 1 day\nsend \"Nothing\"\nexit"),
        "steps: line 2: \u{201c}Nothing\u{201d}: no content of this name",
    );
    says(
        written("if in \"Nobody\" go to a\na: exit"),
        "steps: line 1: \u{201c}Nobody\u{201d}: no audience of this name",
    );
    says(written("wait 1 day\nexit"), "steps: no step sends anything");
    says(
        Written {
            audience: "Everybody".to_owned(),
            ..written(TWO)
        },
        "choose one of both",
    );
    says(
        Written {
            event: "full_moon".to_owned(),
            ..written(TWO)
        },
        "event: one of: appointment_booked",
    );
    says(
        Written {
            source: "moon".to_owned(),
            ..written(TWO)
        },
        "source: no source of this code",
    );
    says(
        Written {
            purpose: "appointment_reminder".to_owned(),
            ..written(TWO)
        },
        "purpose: the content \u{201c}Hours\u{201d} is of the class",
    );
    says(
        Written {
            event: "birthday".to_owned(),
            ..written(TWO)
        },
        "a birthday is answered by content of the class greeting",
    );
    says(
        Written {
            starts_at: "soon".to_owned(),
            ..of_everybody(TWO)
        },
        "starts_at: write a moment",
    );
    says(
        Written {
            sender: "nobody".to_owned(),
            ..written(TWO)
        },
        "this is not an e-mail address",
    );
}

#[test]
fn s100_the_card_says_what_is_read_how_it_decides_and_who_watches() {
    let clinic = Clinic::new();
    let steps = "if in \"Over 65\" go to a\nif has appointment go to a\nsend \"Welcome\"\na: exit";
    let version = clinic.running(1, written(steps), None);
    let found = clinic.find(&version);
    let counting = found.counting().unwrap().clone();
    let card = clinic
        .0
        .desk
        .store
        .read_blocking(move |tx| card::card(tx, &counting))
        .unwrap();
    let read: Vec<&str> = card.inputs.iter().map(|one| one.element.as_str()).collect();
    assert_eq!(read, ["age", "appointment_date", "email", "first_name"]);
    assert_eq!(card.inputs[0].uses, ["the condition of step 1"]);
    assert!(
        card.logic
            .iter()
            .any(|one| one == "\u{201c}Over 65\u{201d} is: is 65 or older."),
        "{:?}",
        card.logic
    );
    assert!(
        card.oversight
            .iter()
            .any(|one| one.starts_with("Clinical agreed by name"))
    );
}

#[test]
fn a_carrier_that_refuses_everything_pauses_the_journey() {
    use placet_domain::delivery::{Answer, Outcome as Came};
    let clinic = Clinic::new();
    let version = clinic.running(1, written(TWO), None);
    let answer = crate::delivery::Settled {
        ticket: crate::delivery::Ticket {
            delivery: [1; 16].into(),
            campaign: sends_as(clinic.find(&version).versions[0].sends[0].id),
            person: [1; 16].into(),
            contact_point: [1; 16].into(),
            n_attempts: 1,
        },
        outcome: Came {
            answer: Answer::Refused {
                code: 554,
                text: "no".to_owned(),
                permanent: true,
            },
            dialogue: String::new(),
        },
    };
    clinic.act(20, move |tx, ctx| {
        tx.record(placet_domain::entry::Entry::new("test"));
        crate::delivery::halt(tx, ctx, std::slice::from_ref(&answer))
    });
    assert_eq!(clinic.find(&version).standing(), Standing::Paused);
}
