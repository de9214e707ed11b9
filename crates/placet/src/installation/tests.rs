#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use placet_app::{Ctx, settings};
use placet_domain::settings::{ActorKind, Carrier, Organization, Tls, VendorRole};
use placet_store::{Store, StoreError, Tx};
use tempfile::TempDir;

use super::*;
use crate::command::init;
use crate::command::open::{FILE, open};

/// An installation that may send.
fn armed() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    init::create(
        folder.path(),
        &Config::starter(([127, 0, 0, 1], 8080).into()),
    )
    .unwrap();
    let (config, store) = opened(folder.path());
    let ready = |tx: &mut Tx, ctx: &Ctx| {
        let organization = Organization {
            name: "Lakeview Hospital".to_owned(),
            postal_address: "1 Lake Street, Springfield, IL 62701".to_owned(),
            actor: ActorKind::CoveredProvider,
            time_zone: "America/Chicago".to_owned(),
        };
        let carrier = Carrier {
            host: "localhost".to_owned(),
            port: 25,
            tls: Tls::Off,
            role: VendorRole::None,
            is_baa_on_file: false,
            country: "US".to_owned(),
        };
        settings::set_organization(tx, ctx, &organization)?;
        settings::set_carrier(tx, ctx, &carrier)?;
        settings::arm(tx, ctx)
    };
    act(&store, ready);
    note(&config, &store);
    folder
}

fn opened(folder: &Path) -> (Config, Store) {
    let config = Config::read(&folder.join(FILE)).unwrap();
    let store = open(&config, false).unwrap();
    (config, store)
}

fn act(
    store: &Store,
    run: impl Fn(&mut Tx, &Ctx) -> Result<(), placet_app::ActError> + Send + 'static,
) {
    let ctx = clock::system("test");
    let grant = ctx.actor.may(Capability::EditSettings).unwrap();
    store.act_blocking(grant, &ctx, run).unwrap();
}

fn note(config: &Config, store: &Store) {
    note_head(config, &store.checkpoint(clock::now()).unwrap().unwrap());
}

/// What an administrator hears at the start, and whether messages may leave after it.
fn start(folder: &Path) -> (Option<&'static str>, bool) {
    let (config, store) = opened(folder);
    let word = look(&config, &store).unwrap();
    let set = store
        .read_blocking::<_, _, StoreError>(settings::load)
        .unwrap();
    (word, set.is_armed)
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn an_installation_that_stays_where_it_is_goes_on_sending() {
    let folder = armed();
    assert_eq!(start(folder.path()), (None, true));
    // Another name for the same files is the same installation.
    let moved = tempfile::tempdir().unwrap();
    let path = moved.path().join("elsewhere");
    fs::rename(folder.path(), &path).unwrap();
    assert_eq!(start(&path), (None, true));
}

/// R12: two copies that both send would write to the same people.
#[test]
fn a_copied_folder_and_a_copied_database_send_nothing() {
    let folder = armed();
    let copied = tempfile::tempdir().unwrap();
    copy(folder.path(), copied.path());
    assert_eq!(start(copied.path()), (Some(ELSEWHERE), false));
    // Without the token it is one more installation, too.
    fs::remove_file(copied.path().join("placet.installation")).unwrap();
    assert_eq!(start(copied.path()), (Some(ELSEWHERE), false));
    // Armed anew, it sends; the first is as it was.
    act(&opened(copied.path()).1, settings::arm);
    assert_eq!(start(copied.path()), (None, true));
    assert_eq!(start(folder.path()), (None, true));
}

/// The file is written over in its place, so only the ledger tells.
#[test]
fn an_older_state_put_back_by_hand_sends_nothing() {
    let folder = armed();
    let database = folder.path().join("placet.db");
    let older = fs::read(&database).unwrap();
    let (config, store) = opened(folder.path());
    act(&store, |tx, ctx| {
        settings::set_strictness(
            tx,
            ctx,
            placet_domain::settings::Strictness::RegulatoryFloor,
        )
    });
    note(&config, &store);
    drop(store);
    for ending in ["db-wal", "db-shm"] {
        let _ = fs::remove_file(database.with_extension(ending));
    }
    fs::write(&database, older).unwrap();
    let (word, is_armed) = start(folder.path());
    assert!(word.unwrap().contains("older state"));
    assert!(!is_armed);
    assert_eq!(start(folder.path()), (None, false));
}

#[test]
fn a_name_follows_from_token_machine_and_files() {
    let token = [1; 32];
    let place = Place {
        machine: "m".to_owned(),
        files: vec![1, 2],
    };
    let name = name_of(&token, &place);
    assert_eq!(name.len(), 16);
    assert_eq!(name, name_of(&token, &place.clone()));
    let other_machine = Place {
        machine: "n".to_owned(),
        ..place.clone()
    };
    let other_files = Place {
        files: vec![1, 3],
        ..place.clone()
    };
    for other in [
        name_of(&[2; 32], &place),
        name_of(&token, &other_machine),
        name_of(&token, &other_files),
    ] {
        assert_ne!(name, other);
    }
}
