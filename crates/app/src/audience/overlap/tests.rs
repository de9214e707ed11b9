#![allow(clippy::unwrap_used)]

use placet_domain::audience::{Card, Condition};
use placet_policy::columnar::{Plain, Population, Question, Row};
use placet_policy::inputs::Person;

use super::*;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + hour * 3_600).unwrap()
}

fn named(n: u16) -> Filter {
    let one = Condition::Age {
        from: Some(n),
        to: None,
    };
    Filter {
        all: vec![Card { any: vec![one] }],
    }
}

/// The people at these places.
fn people(places: impl IntoIterator<Item = usize>) -> Bits {
    let wanted: Vec<usize> = places.into_iter().collect();
    let mut population = Population::new(&["in"]);
    for place in 0..=wanted.iter().max().copied().unwrap_or(0) {
        let key = u128::try_from(place + 1).unwrap().to_be_bytes();
        let mut row = Row::of(key, &Person::default());
        row.marks = vec![if wanted.contains(&place) { "yes" } else { "no" }.to_owned()];
        population.put(&row);
    }
    let mut question = Question::new(&population, &Plain, at(0));
    let those = question.marked("in", |mark| mark == "yes");
    question.found(those)
}

/// Threat 1: taking one count from another must not point at somebody.
#[test]
fn a_filter_that_differs_by_few_people_is_answered_as_the_earlier_one() {
    let mut looked = VecDeque::new();
    assert_eq!(
        look(&mut looked, &named(1), people(0..50), at(0)),
        Answer::Own
    );
    // One person less, ten more, and one exchanged for another.
    for nearly in [people(1..50), people(0..60), people((0..49).chain([70]))] {
        let answer = look(&mut looked, &named(2), nearly, at(1));
        assert_eq!(answer, Answer::AsBefore(named(1)));
    }
    // Eleven more can be told.
    assert_eq!(
        look(&mut looked, &named(3), people(0..61), at(1)),
        Answer::Own
    );
    // Between the two it is as the first.
    let answer = look(&mut looked, &named(4), people(0..55), at(1));
    assert_eq!(answer, Answer::AsBefore(named(1)));
}

#[test]
fn the_same_filter_and_the_same_people_stay_themselves() {
    let mut looked = VecDeque::new();
    assert_eq!(
        look(&mut looked, &named(1), people(0..50), at(0)),
        Answer::Own
    );
    // Somebody has joined meanwhile.
    assert_eq!(
        look(&mut looked, &named(1), people(0..51), at(9)),
        Answer::Own
    );
    assert_eq!(
        look(&mut looked, &named(2), people(0..50), at(9)),
        Answer::Own
    );
    assert_eq!(looked.len(), 1);
}

#[test]
fn only_so_many_different_groups_are_counted_a_day() {
    let mut looked = VecDeque::new();
    for n in 0..A_DAY {
        let answer = look(&mut looked, &named(1), people(n * 20..n * 20 + 20), at(0));
        assert_eq!(answer, Answer::Own);
    }
    let further = || people(10_000..10_020);
    assert_eq!(
        look(&mut looked, &named(1), further(), at(1)),
        Answer::TooMany
    );
    assert_eq!(
        look(&mut looked, &named(1), people(0..20), at(1)),
        Answer::Own
    );
    assert_eq!(look(&mut looked, &named(1), further(), at(25)), Answer::Own);
}
