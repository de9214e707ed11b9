//! Values, parameters and rows.

use placet_domain::entry::Entry;
use placet_domain::id::{PersonId, RawId};
use placet_store::{Param, Row, StoreError};
use placet_testing::{ctx, noon};

use super::harness::{Kind, act, insert, read, with_store};

pub(crate) fn values_come_back_as_they_went_in(kind: Kind) {
    with_store(kind, |store| {
        let texts = [
            "",
            "plain",
            "quotes ' \" $1 ?1",
            "żółć 💚 \u{301}",
            "a\nb\r\nc",
        ];
        for (number, text) in texts.into_iter().enumerate() {
            let ctx = ctx(number as u64);
            let kept: String = act(store, &ctx, move |tx, ctx| {
                insert(tx, ctx, text, text)?;
                tx.record(Entry::new("test"));
                let row = tx.find_one("select value from settings where name = $1", &[&text])?;
                row.unwrap().get(0)
            })
            .unwrap();
            assert_eq!(kept, text);
        }
        let person = PersonId::from(RawId::at(noon(), [9; 10]));
        for bytes in [vec![], vec![0], vec![0xff; 3000]] {
            let sent = bytes.clone();
            let row = act(store, &ctx(70 + bytes.len() as u64), move |tx, ctx| {
                tx.execute("delete from person_keys where person_id = $1", &[&person])?;
                tx.execute(
                    "insert into person_keys (person_id, wrapped, created_at, destroyed_at)
                     values ($1, $2, $3, $4)",
                    &[&person, &sent, &ctx.now, &None::<i64>],
                )?;
                tx.record(Entry::new("test"));
                tx.find_one(
                    "select person_id, wrapped, created_at, destroyed_at from person_keys",
                    &[],
                )
            });
            let row = row.unwrap().unwrap();
            assert_eq!(row.get::<PersonId>(0).unwrap(), person);
            assert_eq!(row.get::<Vec<u8>>(1).unwrap(), bytes);
            assert_eq!(
                row.get::<placet_domain::time::Timestamp>(2).unwrap(),
                noon()
            );
            assert_eq!(row.get::<Option<i64>>(3).unwrap(), None);
        }
    });
}

/// SQLite numbers `$2` by where it first stands; we bind by the number that is written.
pub(crate) fn parameters_are_bound_by_their_number(kind: Kind) {
    with_store(kind, |store| {
        let ask = |sql: &'static str| {
            read(store, move |tx| {
                let params: [&dyn Param; 3] = [&"one", &"two", &"three"];
                let row = tx.find_one(sql, &params)?.unwrap();
                Ok((
                    row.text(0)?.to_owned(),
                    row.text(1)?.to_owned(),
                    row.text(2)?.to_owned(),
                ))
            })
        };
        let expected = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        let straight = "select cast($1 as text), cast($2 as text), cast($3 as text)";
        assert_eq!(ask(straight), expected("one", "two", "three"));
        let crossed = "select cast($3 as text), cast($1 as text), cast($2 as text)";
        assert_eq!(ask(crossed), expected("three", "one", "two"));
        let twice = "select cast($2 as text), cast($2 as text), cast($1 as text)
                      where cast($3 as text) = 'three'";
        assert_eq!(ask(twice), expected("two", "two", "one"));

        // Too few parameters are a defect, not a null.
        let few = store.read_blocking(|tx| tx.find_one("select cast($2 as text)", &[&"one"]));
        assert_eq!(few.map(|_| ()), Err(StoreError::Defect));
    });
}

pub(crate) fn sums_counts_and_null_are_read_alike(kind: Kind) {
    with_store(kind, |store| {
        for (seed, (name, value)) in [("a", "1"), ("b", "22"), ("c", "333")]
            .into_iter()
            .enumerate()
        {
            super::harness::set(store, &ctx(seed as u64), name, value).unwrap();
        }
        let row = |sql: &'static str| -> Row {
            read(store, move |tx| Ok(tx.find_one(sql, &[])?.unwrap()))
        };
        let counts = row(
            "select count(*), sum(length(value)), max(changed_at), min(name),
                                 avg(length(value)), sum(changed_at)
                            from settings",
        );
        assert_eq!(counts.get::<u64>(0).unwrap(), 3);
        assert_eq!(counts.get::<i64>(1).unwrap(), 6);
        assert_eq!(counts.get::<i64>(2).unwrap(), noon().as_microsecond());
        assert_eq!(counts.get::<String>(3).unwrap(), "a");
        assert_eq!(counts.get::<i64>(5).unwrap(), 3 * noon().as_microsecond());
        let none = row("select sum(changed_at), max(name) from settings where name = 'z'");
        assert_eq!(none.get::<Option<i64>>(0).unwrap(), None);
        assert_eq!(none.get::<Option<String>>(1).unwrap(), None);
    });
}

pub(crate) fn a_row_of_another_kind_is_corrupt_and_named(kind: Kind) {
    with_store(kind, |store| {
        let error = store.read_blocking(|tx| {
            let rows = tx.list("select 5, name from settings union select 5, 'x'", &[])?;
            rows[0].get::<PersonId>(1)
        });
        let named = StoreError::Corrupt {
            table: "settings".to_owned(),
            id: "5".to_owned(),
        };
        assert_eq!(error, Err(named));
    });
}
