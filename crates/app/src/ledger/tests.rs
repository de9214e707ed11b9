#![allow(clippy::unwrap_used)]

use super::*;
use crate::desk::Desk;

/// Twenty entries, every seventh of them rare, one a minute.
fn desk() -> (Desk, u64) {
    let desk = Desk::new();
    let first = desk
        .store
        .read_blocking::<_, _, StoreError>(ledger::size)
        .unwrap();
    for n in 0..20 {
        let kind = if n % 7 == 0 {
            "test.rare"
        } else {
            "test.common"
        };
        desk.act(n, move |tx, _| {
            tx.record(Entry::new(kind));
            Ok(())
        })
        .unwrap();
    }
    (desk, first)
}

fn walk(desk: &Desk, filter: &Filter, limit: u64, looked_through: u64) -> Vec<Vec<u64>> {
    let mut pages = Vec::new();
    let mut filter = filter.clone();
    loop {
        let asked = filter.clone();
        let read = move |tx: &mut Tx| list_within(tx, &asked, limit, looked_through);
        let listed = desk.store.read_blocking::<_, _, StoreError>(read).unwrap();
        pages.push(
            listed
                .entries
                .iter()
                .filter_map(|entry| entry.place)
                .collect(),
        );
        match listed.next {
            Some(next) => filter.before = Some(next),
            None => return pages,
        }
    }
}

#[test]
fn a_rare_kind_is_found_page_by_page_without_a_gap() {
    let (desk, first) = desk();
    let rare = Filter {
        kind: Some("test.rare".to_owned()),
        ..Filter::default()
    };
    let expected = [first + 14, first + 7, first];
    for looked_through in [1, 3, 8, 1_000] {
        for limit in [1, 2, 50] {
            let pages = walk(&desk, &rare, limit, looked_through);
            assert_eq!(pages.concat(), expected, "{looked_through} {limit}");
        }
    }
}

#[test]
fn a_day_is_found_by_halving() {
    let (desk, first) = desk();
    for (minute, n) in [(-1, 0), (0, 1), (7, 8), (19, 20), (99, 20)] {
        let until = Filter {
            until: Some(crate::desk::minute(minute)),
            ..Filter::default()
        };
        let n_found = walk(&desk, &until, 50, 1)
            .concat()
            .iter()
            .filter(|place| **place >= first)
            .count();
        assert_eq!(n_found, n, "{minute}");
    }
}
