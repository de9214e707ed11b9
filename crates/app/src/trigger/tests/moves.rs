//! Appointments that move, are cancelled, or are told of again.

use super::*;

#[test]
fn a_reminder_is_scheduled_moves_with_its_appointment_and_goes_once() {
    let house = House::new();
    let id = house.reminding(Wait::hours(24));
    let booked = || vec![visit("a1", "p1", 3 * DAY, "booked")];
    house.import(1, vec![person("p1")]);
    house.import(2, booked());
    house.import(3, booked());
    assert_eq!(house.fires(id).n_waiting, 1);

    // A day later than it was: the reminder waits a day longer.
    house.import(4, vec![visit("a1", "p1", 4 * DAY, "booked")]);
    house.tick(2 * DAY + 1);
    assert!(house.send(2 * DAY + 2).is_empty());
    house.tick(3 * DAY + 1);
    let said = house.send(3 * DAY + 2);
    assert_eq!(said.len(), 1);
    assert!(
        said[0].contains("p1@example.org: Hello Adap1, your visit is on July 5 at 8:00 AM."),
        "{said:?}"
    );

    // Told again, moved again, by a worker that overlaps: nobody is reminded twice.
    house.import(3 * DAY + 3, vec![visit("a1", "p1", 4 * DAY + 60, "booked")]);
    house.import(3 * DAY + 4, vec![visit("a1", "p1", 6 * DAY, "booked")]);
    for day in 3..7 {
        house.tick(day * DAY + 10);
        assert!(house.send(day * DAY + 11).is_empty());
    }
    assert_eq!(house.fires(id).tally.sent, 1);
}

#[test]
fn a_reminder_that_was_handed_over_follows_its_appointment_until_it_is_claimed() {
    let house = House::new();
    let id = house.reminding(Wait::hours(24));
    house.import(1, vec![person("p1"), person("p2"), person("p3")]);
    house.import(
        2,
        vec![
            visit("a1", "p1", DAY - 60, "booked"),
            visit("a2", "p2", DAY - 60, "booked"),
            visit("a3", "p3", DAY - 60, "booked"),
        ],
    );
    assert_eq!(house.fires(id).tally.pending, 3, "due at once");
    house.import(3, vec![visit("a1", "p1", DAY - 60, "cancelled")]);
    house.import(4, vec![visit("a2", "p2", 3 * DAY, "booked")]);
    let said = house.send(5);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("p3@"));
    let tally = house.fires(id).tally;
    assert_eq!((tally.refused, tally.pending, tally.sent), (1, 1, 1));
    assert_eq!(
        house.send(2 * DAY + 1).len(),
        1,
        "the moved one, in its time"
    );
}

#[test]
fn a_cancelled_appointment_is_dropped_and_two_visits_are_two_reminders() {
    let house = House::new();
    let id = house.reminding(Wait::hours(24));
    house.import(1, vec![person("p1")]);
    house.import(2, vec![visit("a1", "p1", 3 * DAY, "booked")]);
    house.import(3, vec![visit("a1", "p1", 3 * DAY, "cancelled")]);
    assert_eq!(house.fires(id).dropped, [(Dropped::Cancelled, 1)]);
    // Two visits of one person, due together.
    house.import(
        4,
        vec![
            visit("a2", "p1", DAY - 60, "booked"),
            visit("a3", "p1", DAY - 30, "booked"),
        ],
    );
    let mut said = house.send(5);
    said.sort();
    assert_eq!(said.len(), 2);
    assert!(
        said[0].contains("7:00 AM") && said[1].contains("7:30 AM"),
        "{said:?}"
    );
}

#[test]
fn booked_moved_and_cancelled_each_have_their_message_within_the_act() {
    let house = House::new();
    let mut n = -200;
    let mut trigger = |event: Event, words: &'static str| {
        let words = house.content(n, ContentClass::Reminder, words);
        let declared = declaration(event, words, Wait::default());
        let version = house.declared(n + 10, marketing(), declared).unwrap();
        house.approved(n + 11, compliance(), &version).unwrap();
        n += 40;
        version.trigger
    };
    trigger(
        Event::Booked,
        "Booked for {{appointment_date}}, {{appointment_place|here}}.",
    );
    trigger(Event::Moved, "Moved to {{appointment_date}}.");
    trigger(Event::Cancelled, "Cancelled: {{appointment_date}}.");
    house.import(1, vec![person("p1"), visit("a1", "p1", 3 * DAY, "booked")]);
    assert!(house.send(2)[0].contains("Booked for July 4, Entrance B."));
    house.import(3, vec![visit("a1", "p1", 3 * DAY, "booked")]);
    assert!(house.send(4).is_empty());
    // Moved twice before anybody could be told: the later one is told.
    house.import(5, vec![visit("a1", "p1", 4 * DAY, "booked")]);
    house.import(6, vec![visit("a1", "p1", 5 * DAY, "booked")]);
    let said = house.send(7);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("Moved to July 6."), "{said:?}");
    house.import(8, vec![visit("a1", "p1", 5 * DAY, "cancelled")]);
    let said = house.send(9);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("Cancelled: July 6."), "{said:?}");
    // What is over is told to nobody.
    house.import(10, vec![visit("a2", "p1", -30, "booked")]);
    assert!(house.send(11).is_empty());
}
