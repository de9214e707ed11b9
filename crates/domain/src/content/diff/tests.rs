use proptest::prelude::*;

use super::*;

#[test]
fn unchanged_lines_stay_and_changed_lines_show_their_words() {
    let rows = lines(
        "Dear reader\nWe open in March\nBye",
        "Dear reader\nWe open in April\nBye",
    );
    let [
        Row::Same("Dear reader"),
        Row::Changed(old, new),
        Row::Same("Bye"),
    ] = rows.as_slice()
    else {
        panic!("{rows:?}");
    };
    let different = |words: &[Word<'_>]| -> Vec<String> {
        words
            .iter()
            .filter(|word| !word.is_shared)
            .map(|word| word.text.to_owned())
            .collect()
    };
    assert_eq!(different(old), ["March"]);
    assert_eq!(different(new), ["April"]);
}

#[test]
fn added_and_removed_lines_stand_alone() {
    assert_eq!(
        lines("a\nb", "a\nx\nb"),
        [Row::Same("a"), Row::Added("x"), Row::Same("b")]
    );
    assert_eq!(
        lines("a\nx\nb", "a\nb"),
        [Row::Same("a"), Row::Removed("x"), Row::Same("b")]
    );
    assert_eq!(lines("", ""), []);
}

#[test]
fn very_long_texts_are_shown_as_replaced() {
    let old = "a\n".repeat(2_100);
    let new = "b\n".repeat(2_100);
    assert_eq!(lines(&old, &new).len(), 2_100);
}

proptest! {
    #[test]
    fn both_sides_can_be_read_back(old in "[abc \n]{0,60}", new in "[abc \n]{0,60}") {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let text = |words: &[Word<'_>]| words.iter().map(|word| word.text).collect::<String>();
        for row in lines(&old, &new) {
            match row {
                Row::Same(line) => { left.push(line.to_owned()); right.push(line.to_owned()); }
                Row::Removed(line) => left.push(line.to_owned()),
                Row::Added(line) => right.push(line.to_owned()),
                Row::Changed(a, b) => { left.push(text(&a)); right.push(text(&b)); }
            }
        }
        prop_assert_eq!(left, old.lines().map(str::to_owned).collect::<Vec<_>>());
        prop_assert_eq!(right, new.lines().map(str::to_owned).collect::<Vec<_>>());
    }
}
