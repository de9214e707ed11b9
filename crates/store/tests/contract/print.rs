//! Print batches, their pieces, and what became of them.

use placet_domain::delivery::State;
use placet_domain::id::{BatchId, DecisionId, RawId};
use placet_domain::print::{Batch, BatchTurn, Piece, Turn};
use placet_domain::time::Date;
use placet_store::{deliveries, print_batches, sent};
use placet_testing::{noon, noon_plus};

use super::campaigns::{campaign, person};
use super::deliveries::{delivery, launch, recorded};
use super::harness::{Kind, read, with_store};

fn raw(n: u8) -> RawId {
    RawId::at(noon(), [n; 10])
}

fn batch(n: u8) -> Batch {
    Batch {
        id: BatchId::from(raw(n)),
        campaign: campaign(1).id,
        number: 0,
        code: format!("ABCD{n}"),
    }
}

fn piece(number: u16) -> Piece {
    Piece {
        number: u32::from(number) + 1,
        delivery: delivery(number),
        person: person(number),
    }
}

fn turn(turn: Turn) -> BatchTurn {
    BatchTurn {
        turn,
        revision: 1,
        n_pieces: 2,
        on: (turn == Turn::Handed).then(|| Date::constant(2026, 7, 2)),
        at: noon_plus(60),
        by: "a".to_owned(),
    }
}

pub(crate) fn a_batch_keeps_its_pieces_and_what_became_of_them(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 4);
        let decision = DecisionId::from(raw(40));
        recorded(store, 1, noon_plus(60), move |tx| {
            print_batches::add(tx, &batch(1), "a")?;
            print_batches::add(tx, &batch(2), "a")?;
            for number in 0..2 {
                assert!(print_batches::collect(tx, delivery(number), decision)?);
                assert!(!print_batches::collect(tx, delivery(number), decision)?);
                print_batches::add_piece(tx, batch(1).id, &piece(number), b"words")?;
            }
            print_batches::reword_piece(tx, &piece(1), b"other words")?;
            print_batches::add_turn(tx, raw(9), batch(1).id, &turn(Turn::Decided))?;
            print_batches::add_turn(tx, raw(2), batch(1).id, &turn(Turn::TakenList))
        });
        let all = read(store, |tx| {
            print_batches::list_by_campaign(tx, campaign(1).id)
        });
        let numbers: Vec<u32> = all.iter().map(|one| one.number).collect();
        assert_eq!(numbers, [2, 1]);
        let found = read(store, |tx| print_batches::find_by_code(tx, "ABCD1"));
        assert_eq!(found.as_ref().map(|one| one.id), Some(batch(1).id));
        assert_eq!(
            found,
            read(store, |tx| print_batches::find(tx, batch(1).id))
        );
        let turns = read(store, |tx| print_batches::list_turns(tx, batch(1).id));
        assert_eq!(turns, [turn(Turn::Decided), turn(Turn::TakenList)]);
        let opened = read(store, |tx| print_batches::open_pieces(tx, batch(1).id));
        assert_eq!(
            opened,
            [
                (piece(0), b"words".to_vec()),
                (piece(1), b"other words".to_vec())
            ]
        );
        // What lies in a batch counts as on its way.
        let count = |number| {
            read(store, move |tx| {
                sent::count_since(tx, person(number), noon(), noon())
            })
        };
        assert_eq!((count(0), count(3)), ((1, 1), (0, 0)));

        recorded(store, 2, noon_plus(61), |tx| {
            print_batches::remove_piece(tx, delivery(0))?;
            assert_eq!(print_batches::hand_over(tx, batch(1).id, "handed over")?, 1);
            print_batches::add_turn(tx, raw(7), batch(1).id, &turn(Turn::Handed))
        });
        let one = read(store, |tx| deliveries::find(tx, delivery(1))).unwrap();
        assert_eq!((one.state, one.decision), (State::Sent, Some(decision)));
        let pieces = read(store, |tx| print_batches::list_pieces(tx, batch(1).id));
        assert_eq!(pieces, [piece(1)]);
        let found = read(store, |tx| print_batches::find_piece(tx, batch(1).id, 2));
        assert_eq!(found, Some(piece(1)));

        let released = recorded(store, 3, noon_plus(62), move |tx| {
            print_batches::collect(tx, delivery(2), decision)?;
            print_batches::add_piece(tx, batch(2).id, &piece(2), b"words")?;
            let n = print_batches::release(tx, batch(2).id)?;
            print_batches::remove_pieces(tx, batch(2).id)?;
            Ok(n)
        });
        assert_eq!(released, 1);
        let state = read(store, |tx| deliveries::find(tx, delivery(2))).unwrap();
        assert_eq!(state.state, State::Pending);
        assert!(read(store, print_batches::list_campaigns).is_empty());
    });
}
