use proptest::prelude::*;

use super::cells::{SMALL, Shown, shown};
use super::*;

fn patient() -> Traits {
    Traits {
        relationship: Some(Relationship::Patient),
        residence: Some("US-OH".to_owned()),
        age: Some(40),
        language: Some("en".to_owned()),
        has_email: true,
        opted_in: BTreeSet::from([Topic::Services]),
    }
}

#[test]
#[rustfmt::skip] // A table.
fn every_card_must_fit_by_any_of_its_conditions() {
    fits(r#"{"all":[]}"#, true);
    fits(r#"{"all":[{"any":[{"element":"relationship","is":["patient"]}]}]}"#, true);
    fits(r#"{"all":[{"any":[{"element":"relationship","is":["prospect","patient"]}]}]}"#, true);
    fits(r#"{"all":[{"any":[{"element":"relationship","is":["prospect"]},{"element":"has_email"}]}]}"#, true);
    fits(r#"{"all":[{"any":[{"element":"relationship","is":["prospect"]}]},{"any":[{"element":"has_email"}]}]}"#, false);
    fits(r#"{"all":[{"any":[{"element":"residence","is":["US-OH"]}]}]}"#, true);
    fits(r#"{"all":[{"any":[{"element":"residence","is":["US-TX"]}]}]}"#, false);
    fits(r#"{"all":[{"any":[{"element":"age","from":40,"to":40}]}]}"#, true);
    fits(r#"{"all":[{"any":[{"element":"age","from":41}]}]}"#, false);
    fits(r#"{"all":[{"any":[{"element":"age","to":39}]}]}"#, false);
    fits(r#"{"all":[{"any":[{"element":"language","is":["es"]}]}]}"#, false);
    fits(r#"{"all":[{"any":[{"element":"opted_in","topic":"services"}]}]}"#, true);
    fits(r#"{"all":[{"any":[{"element":"opted_in","topic":"events"}]}]}"#, false);
}

#[track_caller]
fn fits(filter: &str, expected: bool) {
    let filter = Filter::read(filter).unwrap();
    assert_eq!(filter.fits(&patient()), expected);
    assert_eq!(Filter::read(&filter.write()).unwrap(), filter);
    // What is not known fits nothing that asks for it.
    assert_eq!(filter.fits(&Traits::default()), filter.all.is_empty());
}

/// S62, S63, S71: what is not offered cannot be asked for.
#[test]
#[rustfmt::skip] // A table.
fn a_filter_is_refused_with_its_reason() {
    refuses(r#"{"all":[{"any":[{"element":"diagnosis","is":["diabetes"]}]}]}"#,           "diagnosis");
    refuses(r#"{"all":[{"any":[{"element":"upcoming_appointment"}]}]}"#,                  "upcoming_appointment");
    refuses(r#"{"all":[{"any":[]}]}"#,                                                    "no condition");
    refuses(r#"{"all":[{"any":[{"element":"relationship","is":[]}]}]}"#,                  "at least one");
    refuses(r#"{"all":[{"any":[{"element":"relationship","is":["cousin"]}]}]}"#,          "cousin");
    refuses(r#"{"all":[{"any":[{"element":"residence","is":["Ohio"]}]}]}"#,               "`US-OH`");
    refuses(r#"{"all":[{"any":[{"element":"age"}]}]}"#,                                   "from which age");
    refuses(r#"{"all":[{"any":[{"element":"age","from":50,"to":40}]}]}"#,                 "above the last");
    refuses(r#"{"all":[{"any":[{"element":"opted_in","topic":"news"}]}]}"#,              "news");
    refuses(r#"{"all":[],"not":1}"#,                                                      "not");
    refuses("",                                                                           "not a filter");
    refuses(&format!(r#"{{"all":[{}]}}"#, [r#"{"any":[{"element":"has_email"}]}"#; 61].join(",")), "at most 60");
}

#[track_caller]
fn refuses(filter: &str, part: &str) {
    let says = Filter::read(filter).unwrap_err().to_string();
    assert!(says.contains(part), "{says}");
}

#[test]
fn a_filter_is_told_in_sentences_and_names_its_elements() {
    let filter = Filter::read(
        r#"{"all":[{"any":[{"element":"relationship","is":["patient"]},{"element":"age","from":65}]},{"any":[{"element":"has_email"}]}]}"#,
    )
    .unwrap();
    assert_eq!(
        filter.sentences(),
        [
            "relationship is Patient, or is 65 or older",
            "has an e-mail address"
        ]
    );
    assert_eq!(filter.elements(), BTreeSet::from(["age", "patient_status"]));
    assert!(!filter.is_plain());
    assert!(Filter::default().is_plain());
}

#[test]
fn the_first_rule_in_the_packs_order_takes_a_person_out() {
    let mut counting = Counting::default();
    counting.add(&[]);
    counting.add(&[(5, "late"), (2, "early")]);
    counting.add(&[(5, "late")]);
    let waterfall = counting.waterfall(|rule| format!("says {rule}"));
    let bar = |rule: &str, n_first, n_total| Bar {
        rule: rule.to_owned(),
        says: format!("says {rule}"),
        n_first,
        n_total,
    };
    assert_eq!(
        waterfall,
        Waterfall {
            n_matched: 3,
            bars: vec![bar("early", 1, 1), bar("late", 1, 2)],
            n_permitted: 1
        }
    );
}

fn falling(parts: &[u64], n_permitted: u64) -> Waterfall {
    let bar = |(index, n): (usize, &u64)| Bar {
        rule: format!("r{index}"),
        says: String::new(),
        n_first: *n,
        n_total: *n,
    };
    Waterfall {
        n_matched: parts.iter().sum::<u64>() + n_permitted,
        bars: parts.iter().enumerate().map(bar).collect(),
        n_permitted,
    }
}

/// Threat 1: a small group is neither shown nor left over after subtracting.
#[test]
#[rustfmt::skip] // A table.
fn small_groups_cannot_be_read_out_of_a_waterfall() {
    use Shown::{Exact, Few, Rounded, Withheld};
    //   stopped       left   shown to somebody without the right
    sees(&[20, 30],    50,    Rounded(100), &[Rounded(20), Rounded(30)], Rounded(50));
    sees(&[29, 0],     55,    Rounded(80),  &[Rounded(20), Exact(0)],    Rounded(50));
    sees(&[3, 30],     50,    Rounded(80),  &[Few, Withheld],            Rounded(50));
    sees(&[3, 4, 30],  50,    Rounded(80),  &[Few, Few, Withheld],       Rounded(50));
    sees(&[9, 10, 30], 50,    Rounded(90),  &[Few, Few, Rounded(30)],    Rounded(50));
    sees(&[40],        0,     Rounded(40),  &[Rounded(40)],              Exact(0));
    sees(&[40],        5,     Rounded(40),  &[Withheld],                 Few);
    sees(&[3, 4],      0,     Few,          &[Withheld, Withheld],       Withheld);
    sees(&[],          7,     Few,          &[],                         Withheld);
    sees(&[],          0,     Few,          &[],                         Withheld);
}

#[track_caller]
fn sees(stopped: &[u64], left: u64, matched: Shown, bars: &[Shown], permitted: Shown) {
    let waterfall = falling(stopped, left);
    let one = shown(&waterfall, false);
    let firsts: Vec<Shown> = one.bars.iter().map(|(first, _)| *first).collect();
    assert_eq!(
        (one.matched, firsts.as_slice(), one.permitted),
        (matched, bars, permitted)
    );
    let all = shown(&waterfall, true);
    assert_eq!(all.permitted, Shown::Exact(left));
    assert!(all.bars.iter().all(|(first, _)| first.number().is_some()));
}

proptest! {
    #[test]
    fn what_is_hidden_never_adds_up_to_a_small_number(parts in proptest::collection::vec(0_u64..40, 0..8), left in 0_u64..40) {
        let waterfall = falling(&parts, left);
        let seen = shown(&waterfall, false);
        let cells: Vec<(Shown, u64)> = seen.bars.iter().map(|(first, _)| *first).zip(parts).chain([(seen.permitted, left)]).collect();
        for (cell, n) in &cells {
            match cell {
                Shown::Exact(shown) => prop_assert_eq!((*shown, *n), (0, 0)),
                Shown::Rounded(shown) => prop_assert!(*n >= SMALL && *shown == n / 10 * 10),
                Shown::Few | Shown::Withheld => {}
            }
        }
        let hidden: Vec<u64> = cells.iter().filter(|(cell, _)| cell.number().is_none()).map(|(_, n)| *n).collect();
        if seen.matched.number().is_some() && !hidden.is_empty() {
            // Whoever subtracts learns only the sum of several, and that it is not small.
            prop_assert!(hidden.len() >= 2);
            prop_assert!(hidden.iter().sum::<u64>() >= SMALL);
        }
    }
}
