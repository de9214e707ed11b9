//! FHIR servers, the keys by which they know us, and fetches with their files.

use placet_domain::flow::Version;
use placet_domain::id::{FetchId, FlowVersionId, RawId, ServerId, ServerKeyId};
use placet_domain::server::{
    Algorithm, Fetch, FetchFile, FileKind, Level, Server, ServerKey, Setup, Stage,
};
use placet_domain::signing::Turn;
use placet_store::{Store, fhir_fetches, fhir_servers, flows};
use placet_testing::{noon, noon_plus};

use super::deliveries::recorded;
use super::flows::version;
use super::harness::{Kind, read, with_store};

fn raw(number: u8) -> RawId {
    RawId::at(noon(), [number; 10])
}

fn id() -> FetchId {
    raw(3).into()
}

fn server() -> Server {
    Server {
        id: ServerId::from(raw(1)),
        name: "clinic".to_owned(),
        setup: Setup {
            source: "ehr".to_owned(),
            flow: None,
            url: "https://ehr.example/fhir".to_owned(),
            token_url: String::new(),
            client_id: "placet".to_owned(),
            level: Level::Patient,
            group: String::new(),
            types: vec!["Patient".to_owned()],
            scopes: String::new(),
            file_origins: Vec::new(),
            every_hours: 0,
        },
        declared_at: noon(),
    }
}

fn fetch() -> Fetch {
    Fetch {
        id: id(),
        server: server().id,
        stage: Stage::Asked,
        scope: server().setup.export_url(),
        since: None,
        asked_by: "a".to_owned(),
        asked_at: noon(),
        taken_as_of: None,
        next_at: noon(),
        n_tries: 0,
        says: String::new(),
        over_at: None,
    }
}

fn file(n: u32) -> FetchFile {
    FetchFile {
        n,
        kind: FileKind::Output,
        holds: "Patient".to_owned(),
        url: format!("https://ehr.example/files/{n}"),
        wants_token: true,
        n_said: Some(7),
        import: None,
        taken_at: None,
        found: String::new(),
    }
}

/// A server with a flow, and one fetch of it.
fn asked(store: &Store) -> FlowVersionId {
    let version: Version = version(2, 1);
    let of_flow = version.id;
    recorded(store, 1, noon(), move |tx| {
        flows::add(
            tx,
            &flows::Flow {
                id: version.flow,
                name: "letters".to_owned(),
            },
            "a",
        )?;
        flows::add_version(tx, &version)?;
        fhir_servers::add(tx, &server(), "a")?;
        fhir_fetches::add(tx, &fetch(), of_flow)
    });
    of_flow
}

pub(crate) fn a_server_comes_back_as_it_is_reached_now(kind: Kind) {
    with_store(kind, |store| {
        asked(store);
        assert_eq!(read(store, fhir_servers::list), [server()]);
        let mut other = server();
        other.setup.every_hours = 24;
        let new = other.clone();
        recorded(store, 2, noon(), move |tx| fhir_servers::update(tx, &new));
        let id = other.id;
        assert_eq!(
            read(store, move |tx| fhir_servers::find(tx, id)),
            Some(other.clone())
        );
        assert_eq!(
            read(store, |tx| fhir_servers::find_by_name(tx, "clinic")),
            Some(other)
        );
        assert_eq!(
            read(store, |tx| fhir_servers::find_by_name(tx, "other")),
            None
        );
    });
}

pub(crate) fn a_key_of_a_server_signs_between_two_turns(kind: Kind) {
    with_store(kind, |store| {
        asked(store);
        let key = ServerKey {
            id: ServerKeyId::from(raw(7)),
            server: server().id,
            algorithm: Algorithm::Es384,
            public: "{}".to_owned(),
            made_at: noon(),
            turn: Turn::Made,
        };
        let kept = key.clone();
        recorded(store, 2, noon(), move |tx| {
            fhir_servers::add_key(tx, &kept, b"secret", "a")
        });
        let of = server().id;
        let used = || read(store, move |tx| fhir_servers::find_used_key(tx, of));
        assert_eq!(
            read(store, move |tx| fhir_servers::list_keys(tx, of)),
            std::slice::from_ref(&key)
        );
        assert!(used().is_none());
        let turn = |seed, turn| {
            let id = key.id;
            recorded(store, seed, noon(), move |tx| {
                fhir_servers::add_turn(tx, id, turn, "a")
            })
        };
        assert!(turn(3, Turn::Used));
        assert!(!turn(4, Turn::Used), "once");
        assert_eq!(used().unwrap().1.as_slice(), b"secret");
        assert!(turn(5, Turn::Ended));
        assert!(used().is_none());
    });
}

pub(crate) fn a_fetch_goes_from_stage_to_stage_in_one_hand(kind: Kind) {
    with_store(kind, |store| {
        let of_flow = asked(store);
        let at = noon_plus;
        let due = |now| read(store, move |tx| fhir_fetches::find_due(tx, now));
        let hold = |seed, now, until| {
            recorded(store, seed, noon(), move |tx| {
                fhir_fetches::hold(tx, id(), now, until)
            })
        };
        assert_eq!(due(noon()), Some(id()));
        assert!(hold(2, noon(), at(2)));
        assert!(!hold(3, at(1), at(3)), "it is in other hands");
        assert_eq!(due(at(1)), None);
        assert_eq!(due(at(2)), Some(id()), "whoever held it is silent");

        recorded(store, 4, noon(), move |tx| {
            fhir_fetches::set_accepted(tx, id(), "https://ehr.example/jobs/1", at(1))
        });
        let status = read(store, |tx| fhir_fetches::find_status_url(tx, id()));
        assert_eq!(status.as_deref(), Some("https://ehr.example/jobs/1"));
        assert_eq!(due(noon()), None, "it waits");
        recorded(store, 5, noon(), move |tx| {
            fhir_fetches::put_off(tx, id(), at(5), 1, "503")
        });
        let put_off = read(store, |tx| fhir_fetches::find(tx, id())).unwrap();
        assert_eq!(
            (put_off.stage, put_off.n_tries, put_off.says.as_str()),
            (Stage::Waiting, 1, "503")
        );

        recorded(store, 6, noon(), |tx| {
            assert!(
                !fhir_fetches::move_on(tx, id(), Stage::Asked, Stage::Taking, "")?,
                "it stands elsewhere"
            );
            assert!(fhir_fetches::move_on(
                tx,
                id(),
                Stage::Waiting,
                Stage::Taking,
                ""
            )?);
            fhir_fetches::set_taken_as_of(tx, id(), noon())?;
            fhir_fetches::add_file(tx, id(), &file(0))?;
            fhir_fetches::add_file(tx, id(), &file(1))
        });
        assert_eq!(
            read(store, |tx| fhir_fetches::list_files(tx, id())),
            [file(0), file(1)]
        );
        let took = recorded(store, 7, noon(), |tx| {
            Ok([
                fhir_fetches::set_file_taken(tx, id(), 0, None, "7 read")?,
                fhir_fetches::set_file_taken(tx, id(), 0, None, "again")?,
            ])
        });
        assert_eq!(took, [true, false]);
        assert_eq!(
            read(store, |tx| fhir_fetches::list_files(tx, id()))[0].found,
            "7 read"
        );

        let scope = fetch().scope;
        let as_of = move |store: &Store, from| {
            let scope = scope.clone();
            read(store, move |tx| {
                fhir_fetches::find_taken_as_of(tx, server().id, of_flow, &scope, from)
            })
        };
        assert_eq!(
            as_of(store, noon()),
            None,
            "what is not whole is no place to begin"
        );
        assert_eq!(
            recorded(store, 8, noon(), |tx| fhir_fetches::keep_hold(
                tx,
                id(),
                noon()
            )),
            Some(Stage::Taking)
        );
        recorded(store, 9, noon(), |tx| {
            fhir_fetches::move_on(tx, id(), Stage::Taking, Stage::Done, "")
        });
        assert_eq!(as_of(store, noon()), Some(noon()));
        assert_eq!(as_of(store, at(1)), None, "it was asked for before");
        assert_eq!(due(at(60)), None);
        let newest = read(store, |tx| fhir_fetches::list_newest(tx, server().id, 5));
        assert_eq!(newest.len(), 1);
        assert_eq!(newest[0].over_at, Some(noon()));

        recorded(store, 10, noon(), move |tx| {
            let error = FetchFile {
                kind: FileKind::Error,
                found: format!("{}1 timeout", fhir_fetches::NOT_EXPORTED),
                ..file(2)
            };
            fhir_fetches::add_file(tx, id(), &error)
        });
        assert_eq!(as_of(store, noon()), None, "something is missing from it");
    });
}
