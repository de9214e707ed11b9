//! Whatever the steps and whatever happens on the way: nobody is at two places, nothing leaves without a decision.

use placet_domain::delivery::State as Stand;
use placet_store::deliveries;

use super::*;

/// A small generator, so that a failure can be run again by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Steps that are sound, at random: each goes on or to a later one.
fn steps(dice: &mut Dice) -> String {
    let mut lines = vec!["send \"Welcome\", if refused go to end".to_owned()];
    for n in 0..1 + dice.roll(5) {
        lines.push(match dice.roll(6) {
            0 => format!("wait {} hours", 1 + dice.roll(30)),
            1 => "wait until 09:00".to_owned(),
            2 => "if opted out go to end".to_owned(),
            3 => format!("split 50 to s{n}, 50 to end\ns{n}: send \"Hours\""),
            4 => "ask responder to \"call\", if skipped go to end".to_owned(),
            _ => "send \"Classes\"".to_owned(),
        });
    }
    lines.push("end: exit".to_owned());
    lines.join("\n")
}

#[test]
fn a_person_is_in_one_place_and_no_message_leaves_without_a_decision() {
    for seed in 1..=6 {
        let mut dice = Dice(seed);
        let clinic = Clinic::new();
        let version = clinic.running(1, written(&steps(&mut dice)), None);
        let n_people = 3 + dice.roll(4);
        let people = (0..n_people).map(|n| person(&format!("p{n}"))).collect();
        clinic.import(20, people);
        let mut now = 21;
        for _ in 0..25 {
            now += 3 + i64::try_from(dice.roll(900)).unwrap();
            match dice.roll(5) {
                0 => drop(clinic.send(now)),
                1 => end_task(&clinic, now, dice.roll(2) == 0),
                2 => {
                    let one = whose(&clinic, usize::try_from(dice.roll(n_people)).unwrap());
                    clinic.act(now, move |tx, ctx| unsubscribe(tx, ctx, one));
                }
                // The same once more, as after a crash.
                3 => drop(clinic.import(now, vec![person("p0")])),
                _ => clinic.tick(now),
            }
            check(&clinic, &version, n_people, seed);
        }
    }
}

fn end_task(clinic: &Clinic, now: i64, is_done: bool) {
    let open = clinic
        .0
        .desk
        .act_as(operator(50, Role::Responder), now, |tx, ctx| {
            task::list(tx, ctx, 1)
        })
        .unwrap();
    let outcome = if is_done {
        Outcome::Done
    } else {
        Outcome::Skipped
    };
    if let Some(one) = open.first() {
        let passage = one.passage;
        let settled =
            clinic
                .0
                .desk
                .act_as(operator(50, Role::Responder), now + 1, move |tx, ctx| {
                    task::settle(tx, ctx, passage, outcome, "")
                });
        settled.unwrap();
    }
}

#[track_caller]
fn check(clinic: &Clinic, version: &Version, n_people: u64, seed: u64) {
    let counts = clinic.counts(version);
    let over: u64 = counts.over.values().sum();
    let here: u64 = counts.steps.iter().map(|one| one.n_here).sum();
    assert_eq!(
        (counts.n_entered, over + here),
        (n_people, n_people),
        "seed {seed}"
    );
    // Whoever came to a step came from somewhere, and is there or has gone on.
    let mut came = vec![0; counts.steps.len()];
    came[0] = counts.n_entered;
    for one in &counts.steps {
        for (to, n) in &one.went {
            came[*to] += n;
        }
    }
    for (place, one) in counts.steps.iter().enumerate() {
        assert_eq!(one.n_reached(), came[place], "seed {seed}, step {place}");
    }
    let version = clinic.find(version).versions[0].clone();
    let checked = clinic.0.desk.store.read_blocking(move |tx| {
        for send in &version.sends {
            let sender = sends_as(send.id);
            assert!(campaigns::tally(tx, sender)?.total() <= n_people);
            for one in deliveries::list_by_campaign(tx, sender, Stand::Sent, None, 100)? {
                assert!(one.decision.is_some() && one.n_attempts == 1, "seed {seed}");
            }
        }
        let everybody = audience::some_after(tx, &Filter::default(), minute(0), None, 100)?;
        for one in everybody.people {
            let passage = journey_passages::find_of(tx, version.journey, one)?.unwrap();
            assert_eq!(passage.ending.is_some(), passage.state == State::Over);
            assert_eq!(passage.delivery.is_some(), passage.state == State::Sending);
            let task = journey_passages::find_task(tx, passage.id)?;
            assert_eq!(task.is_some(), passage.state == State::Asked);
        }
        Ok::<(), ActError>(())
    });
    checked.unwrap();
}
