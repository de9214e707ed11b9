#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

fn turn(turn: Turn, revision: u32, second: i64) -> BatchTurn {
    BatchTurn {
        turn,
        revision,
        n_pieces: 12,
        on: (turn == Turn::Handed).then(|| Date::constant(2026, 7, 1)),
        at: Timestamp::from_second(second).unwrap(),
        by: String::new(),
    }
}

#[test]
fn what_was_taken_of_an_older_revision_was_not_taken() {
    let turns = [
        turn(Turn::Decided, 1, 0),
        turn(Turn::TakenPieces, 1, 10),
        turn(Turn::TakenList, 1, 20),
    ];
    assert_eq!(Stand::of(&turns).unwrap().taken, (true, true));
    let again = [&turns[..], &[turn(Turn::Decided, 2, 900)]].concat();
    let stand = Stand::of(&again).unwrap();
    assert_eq!((stand.revision, stand.taken), (2, (false, false)));
    assert!(!stand.is_over());
    assert_eq!(Stand::of(&[]), None);
}

#[test]
fn answers_are_good_for_ten_minutes() {
    let stand = Stand::of(&[turn(Turn::Decided, 1, 1_000)]).unwrap();
    for (second, is_fresh) in [(1_000, true), (1_600, true), (1_601, false), (999, false)] {
        let now = Timestamp::from_second(second).unwrap();
        assert_eq!(stand.is_fresh(now), is_fresh, "{second}");
    }
}

#[test]
fn a_batch_ends_once_either_way() {
    let handed = [turn(Turn::Decided, 1, 0), turn(Turn::Handed, 1, 5)];
    assert_eq!(
        Stand::of(&handed).unwrap().end,
        Some(End::Handed {
            on: Date::constant(2026, 7, 1)
        })
    );
    let undone = [turn(Turn::Decided, 1, 0), turn(Turn::Undone, 1, 5)];
    assert_eq!(Stand::of(&undone).unwrap().end, Some(End::Undone));
}

#[test]
fn a_code_on_a_piece_is_read_as_it_is_typed() {
    let code = batch_code([7; 16].into());
    assert_eq!(code.len(), 5);
    let piece = piece_code(&code, 42);
    for typed in [piece.clone(), format!(" {} ", piece.to_lowercase())] {
        assert_eq!(read_piece_code(&typed), Some((code.clone(), 42)));
    }
    for bad in ["", "42", "K7-42", "K7QF2", "K7QO2-42", "K7QF2-x"] {
        assert_eq!(read_piece_code(bad), None, "{bad}");
    }
}
