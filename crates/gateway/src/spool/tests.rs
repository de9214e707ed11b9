#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;

fn key() -> SpoolKey {
    SpoolKey::new(&[7; 32]).unwrap()
}

fn open(folder: &Path) -> Spool {
    Spool::open(folder, key(), u64::MAX).unwrap()
}

fn put(spool: &mut Spool, records: &[&str]) {
    spool
        .append(records.iter().map(|record| record.as_bytes()))
        .unwrap();
}

/// Everything that waits, delivered in order.
fn drain(spool: &mut Spool) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(record) = spool.first().unwrap() {
        found.push(String::from_utf8(record).unwrap());
        spool.delivered().unwrap();
    }
    found
}

#[test]
fn what_was_appended_comes_out_in_its_order_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(folder.path());
    put(&mut spool, &["one", "two"]);
    put(&mut spool, &["three"]);
    assert_eq!(spool.first().unwrap().unwrap(), b"one");
    assert_eq!(spool.first().unwrap().unwrap(), b"one", "until delivered");
    spool.delivered().unwrap();
    drop(spool);
    let mut spool = open(folder.path());
    assert_eq!(spool.n_waiting(), 2);
    put(&mut spool, &["four"]);
    assert_eq!(drain(&mut spool), ["two", "three", "four"]);
    drop(spool);
    let mut spool = open(folder.path());
    assert_eq!(spool.n_waiting(), 0);
    put(&mut spool, &["five"]);
    assert_eq!(drain(&mut spool), ["five"]);
}

/// A kill while the third record is being written, at each of its bytes.
#[test]
fn a_kill_at_any_byte_loses_nothing_that_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(folder.path());
    put(&mut spool, &["one", "two"]);
    let file = folder.path().join("0000000000000000.spool");
    let told = fs::metadata(&file).unwrap().len();
    put(&mut spool, &["three"]);
    let whole = fs::read(&file).unwrap();
    for end in told..=whole.len() as u64 {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("0000000000000000.spool");
        fs::write(&file, &whole[..usize::try_from(end).unwrap()]).unwrap();
        let mut spool = open(folder.path());
        put(&mut spool, &["next"]);
        let expected: &[&str] = if end == whole.len() as u64 {
            &["one", "two", "three", "next"]
        } else {
            &["one", "two", "next"]
        };
        assert_eq!(drain(&mut spool), expected, "cut at {end}");
    }
}

#[test]
fn a_position_that_was_not_written_delivers_again_and_never_less() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(folder.path());
    put(&mut spool, &["one", "two"]);
    let before = fs::read(folder.path().join("position")).ok();
    assert_eq!(before, None);
    spool.delivered().unwrap();
    drop(spool);
    fs::remove_file(folder.path().join("position")).unwrap();
    assert_eq!(drain(&mut open(folder.path())), ["one", "two"]);
}

#[test]
fn nothing_stands_in_clear_and_another_key_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(folder.path());
    put(&mut spool, &["SECRET one", "SECRET two"]);
    spool.set_aside().unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(memchr::memmem::find(&bytes, b"SECRET").is_none());
    }
    assert_eq!(drain(&mut spool), ["SECRET two"]);
    put(&mut spool, &["three"]);
    drop(spool);
    let other = SpoolKey::new(&[8; 32]).unwrap();
    let error = Spool::open(folder.path(), other, u64::MAX).err().unwrap();
    assert!(error.to_string().contains("another key"), "{error}");
}

#[test]
fn records_that_changed_places_or_bytes_are_not_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(folder.path());
    put(&mut spool, &["aaa", "bbb"]);
    drop(spool);
    let file = folder.path().join("0000000000000000.spool");
    let bytes = fs::read(&file).unwrap();
    let (one, two) = bytes.split_at(bytes.len() / 2);
    fs::write(&file, [two, one].concat()).unwrap();
    assert!(Spool::open(folder.path(), key(), u64::MAX).is_err());
    let mut changed = bytes.clone();
    changed[20] ^= 1;
    fs::write(&file, changed).unwrap();
    assert!(Spool::open(folder.path(), key(), u64::MAX).is_err());
}

#[test]
fn a_full_disk_refuses_and_keeps_what_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), key(), 80).unwrap();
    put(&mut spool, &["one", "two"]);
    let full = spool.append([&b"three"[..]]).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    assert_eq!(drain(&mut spool), ["one", "two"]);
}

#[test]
fn files_are_deleted_when_all_of_them_was_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(folder.path());
    let long = "x".repeat(9 << 20);
    for _ in 0..4 {
        put(&mut spool, &[&long]);
    }
    let n_files = |folder: &Path| {
        let listed = fs::read_dir(folder).unwrap().flatten();
        listed
            .filter(|entry| number_of(&entry.file_name().to_string_lossy()).is_some())
            .count()
    };
    assert_eq!(n_files(folder.path()), 2);
    assert_eq!(drain(&mut spool).len(), 4);
    assert_eq!(n_files(folder.path()), 0);
    put(&mut spool, &["after"]);
    drop(spool);
    assert_eq!(drain(&mut open(folder.path())), ["after"]);
}

#[test]
fn a_key_is_read_from_hexadecimal_digits() {
    let text = SpoolKey::generate().unwrap();
    assert!(SpoolKey::from_hex(&format!("{text}\n")).is_ok());
    for bad in ["", "00", "zz", &text[..62]] {
        assert!(SpoolKey::from_hex(bad).is_err());
    }
}
