#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, DeliveryId, PersonId, RawId};
use placet_domain::instrument::{
    Consent, Evidence, Instrument, InstrumentKind, Method, Revocation, Terms,
};
use placet_domain::person::{Identity, Person, Relationship};
use placet_domain::preference::{Preference, PreferenceKind, Topic};
use placet_domain::suppression::{Cause, Suppression};
use placet_domain::time::Date;
use placet_ledger::sha256;
use placet_testing::{ctx_at, grant, noon, noon_plus};
use rusqlite::types::Value as Raw;
use tempfile::TempDir;

use super::*;
use crate::config::{Address, Durability, StoreConfig};
use crate::conn::Conn;
use crate::decisions::Decided;
use crate::entropy::Entropy;
use crate::keys::Keys;
use crate::people::Source;
use crate::preferences::NewLift;
use crate::row::hex;
use crate::{instruments, open, people, preferences, suppressions};

/// A small log that the real store wrote: one full tile, a right edge, decisions, checkpoints, and
/// some entries after the last one.
struct Sample {
    tx: Tx,
    keys: Vec<VerifyingKey>,
    notes: Vec<String>,
    _store: Store,
    _folder: TempDir,
}

const SIZE: u64 = 275;
const SIGNED: [u64; 3] = [40, 256, 270];
const N_DECISIONS: u64 = 11;

impl Sample {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("placet.db").display());
        let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
        config.entropy = Entropy::seeded(1);
        config.durability = Durability::None;
        let store = Store::open(config.clone()).unwrap();

        let mut notes = Vec::new();
        for place in 0..SIZE {
            append(&store, place);
            if SIGNED.contains(&(place + 1)) {
                notes.extend(store.checkpoint(noon_plus(place as i64)).unwrap());
            }
        }
        let address = Address::parse(&config.url).unwrap();
        let mut tx = open::connect(&config, &address).unwrap();
        // What an intruder with the file in hand does first.
        for trigger in column(
            &mut tx,
            "select name from sqlite_schema where type = 'trigger'",
        ) {
            let Raw::Text(name) = trigger else { panic!() };
            tx.batch(&format!("drop trigger \"{name}\"")).unwrap();
        }
        tx.batch("pragma foreign_keys = off").unwrap();
        let keys = vec![store.ledger_key().clone()];
        Self {
            tx,
            keys,
            notes,
            _store: store,
            _folder: folder,
        }
    }

    fn verify(&mut self) -> Verification {
        verify(&mut self.tx, &self.keys, &[], &mut |_| ()).unwrap()
    }

    /// What is found after these statements, which are undone.
    fn after(&mut self, statements: &[&str]) -> Vec<String> {
        self.tx.word("begin").unwrap();
        statements
            .iter()
            .for_each(|sql| self.tx.batch(sql).unwrap());
        let found = self.verify().problems().collect();
        self.tx.word("rollback").unwrap();
        found
    }

    /// What is found after one value is replaced; undone too.
    fn after_setting(&mut self, cell: &Cell, value: &Raw) -> Vec<String> {
        let Cell {
            table,
            column,
            rowid,
            ..
        } = cell;
        self.tx.word("begin").unwrap();
        let set = format!("update {table} set {column} = ?1 where rowid = {rowid}");
        db(&self.tx).execute(&set, [value]).unwrap();
        let found = self.verify().problems().collect();
        self.tx.word("rollback").unwrap();
        found
    }
}

/// What the gate answers here, and the entry that says so.
const ANSWER: &[u8] = b"what was answered";
const KEPT_AT: u64 = 5;
/// Where permissions, refusals and suppressions were recorded, each in a table of its own.
const RECORDED_AT: [u64; 6] = [7, 9, 11, 13, 15, 17];

fn append(store: &Store, place: u64) {
    let person = PersonId::from(RawId::at(noon(), [place as u8 % 7; 10]));
    let is_decision = place % 25 == 3;
    let act_ctx = ctx_at(noon_plus(place as i64), place);
    let act = move |tx: &mut Tx, ctx: &placet_domain::ctx::Ctx| {
        if is_decision {
            decide(tx, ctx, person)
        } else if place == KEPT_AT {
            let hash = sha256(ANSWER);
            tx.record(Entry::new("decision.answer_kept").with("answer_hash", hex(&hash)));
            Ok(())
        } else if RECORDED_AT.contains(&place) {
            record(tx, place)
        } else if place.is_multiple_of(2) {
            let entry = Entry::new("consent.granted").about(person);
            tx.record(entry.with("channel", "email"));
            Ok(())
        } else {
            tx.record(Entry::new("campaign.held").with("n", place));
            Ok(())
        }
    };
    store.act_blocking(grant(), &act_ctx, act).unwrap();
}

fn id<T: From<RawId>>(n: u8) -> T {
    T::from(RawId::at(noon(), [n; 10]))
}

/// One row of those that are looked up when the gate decides, and the entry that says so.
fn record(tx: &mut Tx, place: u64) -> Result<(), StoreError> {
    let by = "system:test";
    let (kind, fact, n, hash) = match place {
        7 => {
            let placed = suppressions::add(tx, &suppression(7))?;
            ("suppression.placed", "suppression", 7, Some(placed))
        }
        9 => {
            let lifted = suppressions::lift(tx, id(7), "asked_again", by)?;
            ("suppression.lifted", "suppression", 7, lifted)
        }
        11 => {
            people::add(tx, &person(), &source())?;
            let added = instruments::add(tx, &consent(11))?;
            ("instrument.recorded", "instrument", 11, Some(added))
        }
        13 => {
            let revocation = Revocation {
                at: noon_plus(13),
                method: Method::Phone,
            };
            let ended = instruments::revoke(tx, id(11), revocation, by)?;
            ("instrument.revoked", "instrument", 11, ended)
        }
        15 => {
            let added = preferences::add(tx, &preference(15))?;
            ("preference.recorded", "preference", 15, Some(added))
        }
        _ => {
            let lift = NewLift {
                acted_at: noon_plus(16),
                lifted_at: noon_plus(17),
                method: Method::Phone,
                evidence: &Evidence::from_source("test"),
                recorded_by: by,
            };
            let lifted = preferences::lift(tx, id(15), &lift)?;
            ("preference.lifted", "preference", 15, lifted)
        }
    };
    let entry = Entry::new(kind).with(fact, id::<RawId>(n));
    tx.record(entry.with("hash", hex(&hash.unwrap())));
    Ok(())
}

fn person() -> Person {
    Person {
        id: id(1),
        relationship: Relationship::Prospect,
        residence: None,
        time_zone: None,
        deceased_on: None,
        flags: [].into(),
        identity: Identity::default(),
    }
}

fn source() -> Source {
    Source {
        name: "list".to_owned(),
        reference: vec![1],
        content_hash: vec![2],
    }
}

fn suppression(n: u8) -> Suppression {
    Suppression {
        id: id(n),
        lookup: vec![1, 2, 3],
        channel: Channel::Email,
        cause: Cause::Unsubscribe,
        placed_at: noon(),
        placed_by: "system:test".to_owned(),
        lifted_at: None,
    }
}

fn consent(n: u8) -> Instrument {
    Instrument {
        id: id(n),
        person: id(1),
        kind: InstrumentKind::EmailOptin,
        wording: None,
        terms: Terms::Consent(Consent {
            channel: Channel::Email,
            topic: Topic::Events,
            expires_on: Some(Date::constant(2027, 1, 31)),
        }),
        signed_at: noon(),
        method: Method::WebForm,
        evidence: Evidence::from_source("test"),
        defects: Vec::new(),
        recorded_at: noon_plus(11),
        recorded_by: "system:test".to_owned(),
        revoked: None,
    }
}

fn preference(n: u8) -> Preference {
    Preference {
        id: id(n),
        person: id(1),
        kind: PreferenceKind::Unsubscribe,
        channel: Some(Channel::Email),
        topic: Some(Topic::Events),
        wording: None,
        asked_at: noon_plus(15),
        method: Method::SignedLink,
        evidence: Evidence::from_source("test"),
        recorded_at: noon_plus(15),
        recorded_by: "person".to_owned(),
        lifted: None,
    }
}

/// As the gate records a decision.
fn decide(tx: &mut Tx, ctx: &placet_domain::ctx::Ctx, person: PersonId) -> Result<(), StoreError> {
    let decided = Decided {
        id: ctx.new_id(),
        person,
        campaign: Some(ctx.new_id::<CampaignId>()),
        delivery: Some(ctx.new_id::<DeliveryId>()),
        decided_at: noon(),
        outcome: "permit".to_owned(),
        category: "marketing".to_owned(),
        pack: "us 1".to_owned(),
        profile: "conservative".to_owned(),
    };
    let added = crate::decisions::add(tx, &decided, b"what was asked", ANSWER)?;
    let entry = Entry::new("decision.made")
        .about(person)
        .with("decision", decided.id)
        .with("decided_at", decided.decided_at)
        .with("outcome", &decided.outcome)
        .with("category", &decided.category)
        .with("pack", &decided.pack)
        .with("profile", &decided.profile)
        .with("body_hash", hex(&added.hash))
        .with("campaign", decided.campaign.unwrap())
        .with("delivery", decided.delivery.unwrap());
    tx.record(entry);
    Ok(())
}

fn db(tx: &Tx) -> &rusqlite::Connection {
    match &tx.conn {
        Conn::Sqlite(conn) => &conn.db,
        Conn::Postgres(_) => panic!("these tests run on SQLite"),
    }
}

fn column(tx: &mut Tx, sql: &str) -> Vec<Raw> {
    let mut statement = db(tx).prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// One value of one row, and the words that must stand in what is found when it is changed.
struct Cell {
    table: &'static str,
    column: String,
    rowid: i64,
    value: Raw,
    named: String,
}

/// How the rows of a table are named in what is found.
const TABLES: [(&str, &str); 11] = [
    ("ledger_entries", "'place ' || place"),
    ("ledger_tiles", "'tile ' || level || '/' || idx"),
    ("ledger_checkpoints", "cast(size as text)"),
    ("decisions", "'decision ' || lower(hex(id))"),
    (
        "decision_answers",
        "'answer of the gate, recorded at place 5'",
    ),
    (
        "suppressions",
        "'table suppressions, row ' || lower(hex(id))",
    ),
    (
        "suppression_lifts",
        "'table suppression_lifts, row ' || lower(hex(suppression_id))",
    ),
    ("instruments", "'table instruments, row ' || lower(hex(id))"),
    (
        "instrument_revocations",
        "'table instrument_revocations, row ' || lower(hex(instrument_id))",
    ),
    ("preferences", "'table preferences, row ' || lower(hex(id))"),
    (
        "preference_lifts",
        "'table preference_lifts, row ' || lower(hex(preference_id))",
    ),
];

fn cells(tx: &Tx, table: &'static str, name: &str) -> Vec<Cell> {
    let mut statement = db(tx)
        .prepare(&format!(
            "select {name}, rowid, * from {table} order by rowid"
        ))
        .unwrap();
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut cells = Vec::new();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        for (index, column) in columns.iter().enumerate().skip(2) {
            cells.push(Cell {
                table,
                column: column.clone(),
                rowid: row.get(1).unwrap(),
                value: row.get(index).unwrap(),
                named: row.get(0).unwrap(),
            });
        }
    }
    cells
}

/// The value with one bit of its `at`-th byte flipped.
fn flipped(cell: &Cell, at: usize) -> Raw {
    // Two rows cannot have one place; exchanged places are another test.
    let lowest = match cell.column.as_str() {
        "place" | "level" | "idx" | "size" => 10,
        _ => 0,
    };
    let flip = |mut bytes: Vec<u8>| {
        let index = at % bytes.len();
        // Text stays text: the high bit would leave UTF-8, which is tried elsewhere.
        bytes[index] ^= 1 << (at % 7);
        bytes
    };
    match &cell.value {
        Raw::Null => Raw::Blob(vec![1; 16]),
        Raw::Integer(number) => Raw::Integer(number ^ (1 << (lowest + at % (64 - lowest)))),
        Raw::Text(text) => Raw::Text(match String::from_utf8(flip(text.clone().into_bytes())) {
            Ok(text) => text,
            Err(_) => text.replace('—', "-"),
        }),
        Raw::Blob(bytes) => Raw::Blob(flip(bytes.clone())),
        Raw::Real(_) => panic!("the ledger holds no real numbers"),
    }
}

#[track_caller]
fn assert_named(found: &[String], cell: &Cell) {
    let Cell {
        column,
        rowid,
        table,
        named,
        ..
    } = cell;
    let many = named.replace("place ", "places ") + " to ";
    assert!(
        found
            .iter()
            .any(|problem| problem.contains(named.as_str()) || problem.contains(&many)),
        "{table}.{column} of row {rowid} is not named as `{named}`: {found:#?}"
    );
}

#[track_caller]
fn check(sample: &mut Sample, statement: &str, expected: &[&str]) {
    assert_eq!(sample.after(&[statement]), expected, "{statement}");
}

#[test]
fn what_the_store_wrote_is_sound() {
    let mut sample = Sample::new();
    let verification = sample.verify();
    assert_eq!(verification.problems().collect::<Vec<_>>(), [""; 0]);
    assert!(verification.is_sound());
    let log = &verification.log;
    assert_eq!((log.size, log.tiles, log.checkpoints), (SIZE, 1, 3));
    assert_eq!((log.unsigned(), verification.decisions), (5, N_DECISIONS));
}

/// Whoever changes one byte of the stored log is found, and the row is named.
#[test]
fn one_changed_byte_in_any_column_of_any_row_is_found_and_named() {
    let mut sample = Sample::new();
    for (table, name) in TABLES {
        for (number, cell) in cells(&sample.tx, table, name).into_iter().enumerate() {
            let value = flipped(&cell, number * 7 + 5);
            let found = sample.after_setting(&cell, &value);
            assert_named(&found, &cell);
        }
    }
}

/// The same for every byte of one row of each table.
#[test]
fn every_byte_of_a_row_is_found_and_named() {
    let mut sample = Sample::new();
    for (table, name) in TABLES {
        let cells = cells(&sample.tx, table, name);
        let last = cells.last().unwrap().rowid;
        for cell in cells.iter().filter(|cell| cell.rowid == last) {
            let length = match &cell.value {
                Raw::Text(text) => text.len(),
                Raw::Blob(bytes) => bytes.len(),
                _ => 8,
            };
            for at in (0..length).step_by(1 + length / 200) {
                let found = sample.after_setting(cell, &flipped(cell, at));
                assert_named(&found, cell);
            }
        }
    }
}

#[test]
fn a_text_that_is_no_text_is_named() {
    let mut sample = Sample::new();
    for (set, expected) in [
        (
            "ledger_entries set kind = cast(x'ff' as text) where place = 9",
            "entry at place 9: column kind was changed",
        ),
        (
            "ledger_checkpoints set note = cast(x'ff' as text) where size = 40",
            "checkpoint at size 40: malformed note: no empty line before the signatures",
        ),
    ] {
        check(&mut sample, &format!("update {set}"), &[expected]);
    }
}

#[test]
fn a_missing_row_is_named() {
    let mut sample = Sample::new();
    check(
        &mut sample,
        "delete from ledger_entries where place = 100",
        &["place 100: the entry is missing"],
    );
    check(
        &mut sample,
        "delete from ledger_tiles",
        &["tile 0/0: missing"],
    );
    check(
        &mut sample,
        "delete from ledger_entries where place >= 260",
        &["checkpoint at size 270: the log has only 260 entries, it was cut"],
    );
    let ids = column(
        &mut sample.tx,
        "select lower(hex(id)) from decisions order by id limit 1",
    );
    let Raw::Text(id) = &ids[0] else { panic!() };
    check(
        &mut sample,
        "delete from decisions where id = (select min(id) from decisions)",
        &[&format!(
            "decision {id}, recorded at place 3: the decision is missing"
        )],
    );
    check(
        &mut sample,
        "delete from decision_answers",
        &["answer of the gate, recorded at place 5: it is missing or was changed"],
    );
}

/// Whoever takes out an opt-out, a suppression or a permission is found, though the log is whole.
#[test]
fn a_missing_record_beside_the_log_is_named() {
    let mut sample = Sample::new();
    assert_eq!(sample.verify().records, 6);
    check(
        &mut sample,
        "delete from suppressions",
        &[&format!(
            "table suppressions, row {}, recorded at place 7: it is missing",
            id::<RawId>(7)
        )],
    );
}

/// Whoever writes a consent or an opening of an address into the file is found too.
#[test]
fn a_record_without_an_entry_is_named() {
    let mut sample = Sample::new();
    let forged = id::<RawId>(99);
    for (table, columns) in [
        (
            "instruments",
            "person_id, kind, wording_id, channel, topic, scope, signed_at, expires_on, method,
             defects, evidence, sealed, recorded_at, recorded_by",
        ),
        ("suppression_lifts", "lifted_at, reason, lifted_by"),
    ] {
        check(
            &mut sample,
            &format!("insert into {table} select x'{forged}', {columns} from {table}"),
            &[&format!(
                "table {table}, row {forged}: no entry recorded it"
            )],
        );
    }
}

/// With every signed head gone, whoever holds the file could have written all of it anew.
#[test]
fn a_log_without_any_signed_head_says_so() {
    let mut sample = Sample::new();
    assert!(!sample.verify().is_unsigned());
    sample.tx.batch("delete from ledger_checkpoints").unwrap();
    assert!(sample.verify().is_unsigned());
}

#[test]
fn a_row_too_many_is_named() {
    let mut sample = Sample::new();
    check(
        &mut sample,
        "insert into ledger_entries select -5, x'01', kind, null, at, body, leaf_hash
           from ledger_entries where place = 1",
        &["table ledger_entries, row -5: no such row can be"],
    );
    check(
        &mut sample,
        "insert into ledger_tiles select 9, 1, hashes from ledger_tiles",
        &["table ledger_tiles, row 9/1: no such row can be"],
    );
    check(
        &mut sample,
        "insert into ledger_tiles select 0, 7, hashes from ledger_tiles",
        &["tile 0/7: stored, but the entries do not fill it"],
    );
    check(
        &mut sample,
        "insert into ledger_checkpoints select 0, root, note, at from ledger_checkpoints where size = 40",
        &["table ledger_checkpoints, row 0: no such row can be"],
    );
    check(
        &mut sample,
        "insert into decisions select x'00112233445566778899aabbccddeeff', person_id, campaign_id,
                delivery_id, decided_at, outcome, category, pack, profile, body_hash, sealed
           from decisions limit 1",
        &["table decisions, row 00112233445566778899aabbccddeeff: no entry recorded it"],
    );
}

#[test]
fn exchanged_rows_are_named() {
    let mut sample = Sample::new();
    let exchange = "
        update ledger_entries set place = -1 where place = 10;
        update ledger_entries set place = 10 where place = 12;
        update ledger_entries set place = 12 where place = -1;";
    check(
        &mut sample,
        exchange,
        &["tile 0/0: hash 10 and 1 more not that of the entry at place 10"],
    );
    check(
        &mut sample,
        "update ledger_checkpoints set note = (select note from ledger_checkpoints where size = 256)
          where size = 270",
        &["checkpoint at size 270: its note states size 256"],
    );
}

#[test]
fn a_log_rewritten_without_the_key_is_named() {
    let mut sample = Sample::new();
    let forged = br#"{"v":1,"id":"00","kind":"forged"}"#;
    let leaf = placet_ledger::leaf_hash(forged);
    sample.tx.word("begin").unwrap();
    db(&sample.tx)
        .execute(
            "update ledger_entries set body = ?1, leaf_hash = ?2 where place = 100",
            (forged.as_slice(), leaf.as_slice()),
        )
        .unwrap();
    // The tile too, so that only the signatures are left to tell.
    let start = 100 * 32;
    let tile = column(&mut sample.tx, "select hashes from ledger_tiles");
    let Raw::Blob(mut hashes) = tile[0].clone() else {
        panic!()
    };
    hashes[start..start + 32].copy_from_slice(&leaf);
    db(&sample.tx)
        .execute("update ledger_tiles set hashes = ?1", [hashes])
        .unwrap();
    assert_eq!(
        sample.verify().problems().collect::<Vec<_>>(),
        [
            "checkpoint at size 256: root differs, an entry at places 40 to 255 was changed",
            "checkpoint at size 270: root differs, an entry at places 40 to 269 was changed",
            "entry at place 100: not in the form of an entry",
        ]
    );
}

/// Nothing in the file can tell; a checkpoint that left the machine can.
#[test]
fn a_log_cut_with_its_checkpoints_is_found_by_one_kept_outside() {
    let mut sample = Sample::new();
    sample.tx.word("begin").unwrap();
    let cut = "
        delete from ledger_entries where place >= 256;
        delete from ledger_checkpoints where size > 256;";
    sample.tx.batch(cut).unwrap();
    let kept = sample.notes.clone();
    let verify = |sample: &mut Sample, kept: &[String]| {
        let found = verify(&mut sample.tx, &sample.keys, kept, &mut |_| ()).unwrap();
        found.problems().collect::<Vec<_>>()
    };
    let alone = verify(&mut sample, &[]);
    assert_eq!(alone, [""; 0]);
    assert_eq!(
        verify(&mut sample, &kept),
        ["checkpoint at size 270: the log has only 256 entries, it was cut"]
    );
    assert_eq!(
        verify(&mut sample, &["no note".to_owned()]),
        ["checkpoint kept outside: malformed note: no empty line before the signatures"]
    );
}

#[test]
fn entries_far_apart_are_not_searched_for() {
    let mut sample = Sample::new();
    let found =
        sample.after(&["update ledger_entries set place = 4611686018427387904 where place = 274"]);
    assert_eq!(
        found,
        ["places 274 to 4611686018427387903: the entries are missing"]
    );
}

#[test]
fn a_changed_entry_that_waits_for_its_place_is_named() {
    let mut sample = Sample::new();
    let found = sample.after(&[
        "insert into ledger_inbox (entry_id, n, kind, person_id, at, body)
         select entry_id, 1, kind, null, at + 1, body from ledger_entries where place = 4",
    ]);
    let ids = column(
        &mut sample.tx,
        "select lower(hex(entry_id)) from ledger_entries where place = 4",
    );
    let Raw::Text(id) = &ids[0] else { panic!() };
    assert_eq!(
        found,
        [
            format!("waiting entry {id}: column person_id was changed"),
            format!("waiting entry {id}: column at was changed"),
        ]
    );
}
