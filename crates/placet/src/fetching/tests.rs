#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod ehr;

use std::sync::Mutex;

use placet_app::server;
use placet_domain::operator::Capability;
use placet_domain::server::{Algorithm, Fetch, Level};
use placet_domain::signing::Turn;
use placet_gateway::bulk::key::FreshKey;
use placet_store::{Durability, Keys, StoreConfig, StoreError, imports, ledger, people};
use serde_json::json;

use super::*;
use ehr::{Ehr, PATIENTS, manifest, reply};

/// When the tests begin.
fn start() -> Timestamp {
    "2026-03-01T17:00:00Z".parse().unwrap()
}

struct Desk {
    store: Store,
    ehr: Ehr,
    now: Arc<Mutex<Timestamp>>,
    stop: Arc<AtomicBool>,
    server: ServerId,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self::with(Algorithm::Es384, &|_| ())
    }

    fn with(algorithm: Algorithm, change: &dyn Fn(&mut Setup)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("placet.db").display());
        let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
        config.durability = Durability::None;
        let store = Store::open(config).unwrap();
        let ctx = Ctx::new(start(), Actor::System("test"), clock::entropy());
        crate::demo::data::open_alone(&store, &ctx, "ehr").unwrap();
        let ehr = Ehr::new();
        let mut setup = Setup {
            source: "ehr".into(),
            flow: None,
            url: ehr.url.clone(),
            token_url: String::new(),
            client_id: "placet-at-harbor".into(),
            level: Level::Group,
            group: "g1".into(),
            types: vec!["Patient".into(), "Appointment".into()],
            scopes: String::new(),
            file_origins: Vec::new(),
            every_hours: 24,
        };
        change(&mut setup);
        let mut desk = Self {
            store,
            ehr,
            now: Arc::new(Mutex::new(start())),
            stop: Arc::default(),
            server: [0; 16].into(),
            _folder: folder,
        };
        desk.server = desk
            .act(move |tx, ctx| server::declare(tx, ctx, "clinic", &setup))
            .unwrap();
        let (server, fresh) = (desk.server, Arc::new(FreshKey::make(algorithm).unwrap()));
        let key = desk
            .act(move |tx, ctx| server::add_key(tx, ctx, server, &fresh))
            .unwrap();
        desk.act(move |tx, ctx| server::turn(tx, ctx, server, key.id, Turn::Used))
            .unwrap();
        let keys = desk.read(move |tx| server::key_set(tx, server));
        *desk.ehr.keys.lock().unwrap() = keys;
        desk
    }

    fn act<T: Send + 'static>(
        &self,
        act: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        let ctx = Ctx::new(
            *self.now.lock().unwrap(),
            Actor::System("test"),
            clock::entropy(),
        );
        let grant = ctx.actor.may(Capability::ImportPeople).unwrap();
        self.store.act_blocking(grant, &ctx, act)
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnMut(&mut Tx) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.store.read_blocking(read).unwrap()
    }

    fn fetcher(&self) -> Fetcher {
        self.fetcher_waiting(Duration::from_secs(120))
    }

    /// One that waits so long for the next piece of an answer.
    fn fetcher_waiting(&self, piece: Duration) -> Fetcher {
        let now = Arc::clone(&self.now);
        let patience = Patience {
            piece,
            ..Patience::default()
        };
        Fetcher::new(
            &self.store,
            patience,
            Arc::new(move || *now.lock().unwrap()),
            Arc::clone(&self.stop),
        )
    }

    fn ask(&self, is_full: bool) -> FetchId {
        let server = self.server;
        self.act(move |tx, ctx| fetch::ask(tx, ctx, server, is_full))
            .unwrap()
            .id
    }

    fn find(&self, id: FetchId) -> Fetch {
        self.read(move |tx| fhir_fetches::find(tx, id)).unwrap()
    }

    fn found(&self, id: FetchId) -> Vec<String> {
        let files = self.read(move |tx| fhir_fetches::list_files(tx, id));
        files
            .into_iter()
            .map(|file| format!("{} {}: {}", file.kind.as_str(), file.holds, file.found))
            .collect()
    }

    /// The clock jumps to when it goes on.
    fn wait_for(&self, id: FetchId) {
        let next = self.find(id).next_at;
        let mut now = self.now.lock().unwrap();
        *now = next.max(*now);
    }

    /// Steps until it is over; the clock jumps to when it goes on.
    fn run(&self, id: FetchId) -> Fetch {
        let mut fetcher = self.fetcher();
        for _ in 0..60 {
            let one = self.find(id);
            if one.stage.is_over() {
                return one;
            }
            self.wait_for(id);
            assert!(fetcher.step().unwrap());
        }
        panic!("it does not end: {:?}", self.find(id));
    }

    fn stop_flow(&self) {
        self.act(|tx, ctx| {
            let flow = placet_app::flow::find_by_name(tx, "people")?;
            let officer = Actor::Operator {
                id: ctx.new_id(),
                roles: [placet_domain::operator::Role::Compliance].into(),
            };
            let officer = Ctx::new(ctx.now, officer, [3; 32]);
            placet_app::flow::stop(tx, &officer, flow.id, "looked at")
        })
        .unwrap();
    }

    fn n_people(&self) -> u64 {
        self.read(people::count)
    }

    fn kinds(&self) -> Vec<String> {
        let all = self.read(|tx| ledger::list_from(tx, 0, 10_000));
        all.into_iter()
            .map(|entry| entry.kind)
            .filter(|kind| kind.starts_with("fetch."))
            .collect()
    }
}

#[test]
fn an_export_is_fetched_and_the_next_one_begins_where_it_ended() {
    for algorithm in [Algorithm::Es384, Algorithm::Rs384] {
        let desk = Desk::with(algorithm, &|_| ());
        let id = desk.ask(false);
        let done = desk.run(id);
        assert_eq!(
            (done.stage, done.says.as_str()),
            (Stage::Done, ""),
            "{:?}",
            desk.ehr.lines()
        );
        assert_eq!(desk.n_people(), 2);
        assert_eq!(
            desk.ehr.lines(),
            [
                "GET /fhir/.well-known/smart-configuration",
                "POST /fhir/token",
                "GET /fhir/Group/g1/$export?_type=Patient,Appointment",
                "GET /fhir/jobs/1",
                "GET /fhir/files/patients",
                "GET /fhir/files/appointments",
                "DELETE /fhir/jobs/1",
            ],
            "people come before what names them, and one token does"
        );
        assert_eq!(
            desk.found(id),
            [
                "output Patient: 2 read, 0 refused",
                "output Appointment: 1 read, 0 refused"
            ]
        );
        assert_eq!(
            desk.kinds(),
            [
                "fetch.asked",
                "fetch.accepted",
                "fetch.ready",
                "fetch.file_taken",
                "fetch.file_taken",
                "fetch.finished"
            ]
        );
        let runs = desk.read(|tx| imports::list_newest(tx, 10));
        assert_eq!(runs.len(), 2);
        assert!(
            runs.iter()
                .all(|run| run.flow == "people" && run.source == "ehr")
        );
        assert!(!format!("{:?}", desk.kinds()).contains("Moss"));

        let again = desk.ask(false);
        assert_eq!(
            desk.find(again).since,
            Some("2026-03-01T16:00:00Z".parse().unwrap())
        );
        assert_eq!(desk.run(again).stage, Stage::Done);
        assert_eq!(desk.ehr.n_asked("_since=2026-03-01T16:00:00Z"), 1);
        let whole = desk.ask(true);
        assert_eq!(desk.find(whole).since, None);
        assert_eq!(desk.run(whole).stage, Stage::Done);
        assert_eq!(desk.n_people(), 2);
    }
}

#[test]
fn s67_nobody_asks_before_compliance_has_signed_and_a_key_is_let_sign() {
    let desk = Desk::new();
    let mut setup = desk.read(placet_store::fhir_servers::list).remove(0).setup;
    setup.source = "crm".into();
    let unknown = setup.clone();
    let error = desk
        .act(move |tx, ctx| server::declare(tx, ctx, "other", &unknown))
        .unwrap_err();
    assert!(
        matches!(error, ActError::Invalid(ref fields) if fields[0].field == "source"),
        "{error:?}"
    );

    // S67: declared and not signed is not enough.
    desk.act(move |tx, ctx| {
        let draft = placet_domain::data::DraftSource {
            code: "crm".into(),
            title: "Contacts".into(),
            it_owner: "IT".into(),
            marketing_owner: "Outreach".into(),
        };
        placet_app::data::catalogue::declare(tx, ctx, &draft)
    })
    .unwrap();
    let other = desk
        .act(move |tx, ctx| server::declare(tx, ctx, "other", &setup))
        .unwrap();
    let error = desk
        .act(move |tx, ctx| fetch::ask(tx, ctx, other, false))
        .unwrap_err();
    assert!(
        matches!(
            error,
            ActError::Refused {
                code: "data.not_signed",
                ..
            }
        ),
        "{error:?}"
    );

    let server = desk.server;
    let key = desk
        .read(move |tx| placet_store::fhir_servers::list_keys(tx, server))
        .remove(0);
    desk.act(move |tx, ctx| server::turn(tx, ctx, server, key.id, Turn::Ended))
        .unwrap();
    let error = desk
        .act(move |tx, ctx| fetch::ask(tx, ctx, server, false))
        .unwrap_err();
    assert!(
        matches!(
            error,
            ActError::Refused {
                code: "fetch.no_key",
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(
        desk.read(move |tx| server::key_set(tx, server)),
        json!({ "keys": [] })
    );
    assert!(desk.ehr.lines().is_empty());
}

#[test]
fn a_server_is_asked_again_when_it_says_and_never_faster() {
    let desk = Desk::new();
    let mut n = 0;
    desk.ehr.says(move |asked| {
        n += i32::from(asked.path.contains("export") || asked.path.contains("jobs"));
        match (
            asked.path.contains("export"),
            asked.path.contains("jobs"),
            n,
        ) {
            (true, _, 1) => Some(reply(429, "").with("Retry-After", "77")),
            (true, _, 2) => Some(reply(503, "")),
            (_, true, 4) => Some(
                reply(202, "")
                    .with("Retry-After", "120")
                    .with("X-Progress", "Moss, Ada"),
            ),
            (_, true, 5) => {
                Some(reply(202, "").with("Retry-After", "Sun, 01 Mar 2026 18:00:00 GMT"))
            }
            (_, true, 6) => Some(reply(500, "Moss, Ada")),
            _ => None,
        }
    });
    let id = desk.ask(false);
    let mut fetcher = desk.fetcher();
    let mut waits = Vec::new();
    while !desk.find(id).stage.is_over() {
        let before = *desk.now.lock().unwrap();
        let next = desk.find(id).next_at.max(before);
        assert!(next == before || !fetcher.step().unwrap(), "it waits");
        *desk.now.lock().unwrap() = next;
        waits.push(next.as_second() - before.as_second());
        assert!(fetcher.step().unwrap());
        assert!(!desk.find(id).says.contains("Moss"));
    }
    assert_eq!(desk.find(id).stage, Stage::Done);
    assert_eq!(waits[..3], [0, 77, 20]);
    assert_eq!(waits[3..5], [2, 120], "ordered, then not ready");
    assert_eq!(desk.n_people(), 2);
}

#[test]
fn what_comes_to_nothing_says_why_and_what_to_do() {
    for (part, status, body, expected) in [
        ("jobs", 404, "", "does not know this export any more"),
        ("jobs", 410, "", "does not know this export any more"),
        ("jobs", 200, "{}", "cannot be read"),
        ("files/patients", 404, "", "a file of the export is gone"),
        ("files/patients", 302, "", "no https address"),
        (
            "export",
            400,
            r#"{"resourceType":"OperationOutcome","issue":[{"code":"Moss"},{"code":"not-supported","diagnostics":"Ada Moss"},{"code":"not-supported"}]}"#,
            "400: not-supported",
        ),
        (
            "token",
            400,
            r#"{"error":"invalid_client","error_description":"Ada Moss"}"#,
            "invalid_client",
        ),
        ("token", 400, r#"{"error":"moss"}"#, "no reason given"),
        (
            "token",
            200,
            r#"{"access_token":"x","token_type":"mac"}"#,
            "holds no token",
        ),
        (
            "smart-configuration",
            200,
            "nonsense",
            "does not say where it gives out tokens",
        ),
    ] {
        let desk = Desk::new();
        desk.ehr
            .says(move |asked| asked.path.contains(part).then(|| reply(status, body)));
        let id = desk.ask(false);
        let failed = desk.run(id);
        assert_eq!(failed.stage, Stage::Failed, "{part} {status}");
        assert!(
            failed.says.contains(expected),
            "{part} {status}: {}",
            failed.says
        );
        assert!(!failed.says.contains("Moss"));
        assert_eq!(desk.n_people(), 0);
    }
}

#[test]
fn a_server_that_never_answers_well_is_given_up() {
    let desk = Desk::new();
    desk.ehr
        .says(|asked| asked.path.contains("export").then(|| reply(503, "")));
    let id = desk.ask(false);
    let failed = desk.run(id);
    assert_eq!(failed.stage, Stage::Failed);
    assert!(
        failed.says.starts_with("given up after 10 tries"),
        "{}",
        failed.says
    );
    assert_eq!(desk.ehr.n_asked("export"), 10);
    // Whoever may fetch again is asked to.
    let actor = Actor::Operator {
        id: [5; 16].into(),
        roles: [placet_domain::operator::Role::It].into(),
    };
    let now = *desk.now.lock().unwrap();
    let read = move |tx: &mut Tx| placet_app::today::find(tx, &actor, now);
    let asks = desk.store.read_blocking(read).unwrap().asks;
    assert!(
        asks.iter()
            .any(|ask| ask.about == placet_app::today::About::Fetch(id)),
        "{asks:?}"
    );
}

#[test]
fn an_address_that_nobody_declared_is_never_asked_and_gets_no_token() {
    let elsewhere = Ehr::new();
    for part in ["smart-configuration", "export", "jobs", "files/patients"] {
        let desk = Desk::new();
        let there = elsewhere.url.clone();
        desk.ehr.says(move |asked| {
            asked.path.contains(part).then(|| match part {
                "smart-configuration" => reply(
                    200,
                    json!({ "token_endpoint": format!("{there}/token") }).to_string(),
                ),
                "export" => reply(202, "").with("Content-Location", format!("{there}/jobs/1")),
                "jobs" => reply(
                    200,
                    manifest(&there, &[("Patient", "patients")]).to_string(),
                ),
                _ => reply(302, "").with("Location", format!("{there}/files/patients")),
            })
        });
        let id = desk.ask(false);
        let failed = desk.run(id);
        assert_eq!(failed.stage, Stage::Failed);
        assert!(
            failed.says.contains("which nobody declared"),
            "{part}: {}",
            failed.says
        );
    }
    assert!(elsewhere.lines().is_empty());
}

#[test]
fn a_declared_place_of_files_gets_the_token_only_when_the_server_wants_it() {
    for wants in [true, false] {
        let elsewhere = Ehr::new();
        elsewhere.says(|_| Some(reply(200, PATIENTS)));
        let origin = elsewhere.url.trim_end_matches("/fhir").to_owned();
        let desk = Desk::with(Algorithm::Es384, &|setup| {
            setup.file_origins = vec![origin.clone()]
        });
        let there = elsewhere.url.clone();
        desk.ehr.says(move |asked| {
            let mut all = manifest(
                &there,
                &[("Patient", "patients"), ("Condition", "conditions")],
            );
            all["requiresAccessToken"] = json!(wants);
            (asked.path.contains("jobs") && asked.method == "GET")
                .then(|| reply(200, all.to_string()))
        });
        let id = desk.ask(false);
        assert_eq!(desk.run(id).stage, Stage::Done);
        let asked = elsewhere.asked.lock().unwrap();
        assert_eq!(asked.len(), 1, "what was not asked for is left there");
        assert_eq!(asked[0].token(), wants.then_some("t0ken"));
        assert_eq!(desk.n_people(), 2);
    }
}

#[test]
fn a_redirect_to_a_declared_place_is_followed_without_the_token() {
    let elsewhere = Ehr::new();
    elsewhere.says(|_| Some(reply(200, PATIENTS)));
    let origin = elsewhere.url.trim_end_matches("/fhir").to_owned();
    let desk = Desk::with(Algorithm::Es384, &|setup| {
        setup.file_origins = vec![origin.clone()]
    });
    let there = elsewhere.url.clone();
    desk.ehr.says(move |asked| {
        asked
            .path
            .contains("files/patients")
            .then(|| reply(307, "").with("Location", format!("{there}/x")))
    });
    let id = desk.ask(false);
    assert_eq!(desk.run(id).stage, Stage::Done);
    assert_eq!(elsewhere.asked.lock().unwrap()[0].token(), None);
}

#[test]
fn half_a_file_is_taken_again() {
    type Break = fn(ehr::Reply) -> ehr::Reply;
    let breaks: [Break; 3] = [
        |mut it| {
            it.cut_at = Some(150);
            it
        },
        |mut it| {
            it.cut_at = Some(PATIENTS.len() / 2);
            it.is_of_unknown_length = true;
            it
        },
        |mut it| {
            it.cut_at = Some(150);
            it.is_of_unknown_length = true;
            it
        },
    ];
    for broken in breaks {
        let desk = Desk::new();
        let url = desk.ehr.url.clone();
        let mut n = 0;
        desk.ehr.says(move |asked| {
            if asked.path.contains("jobs") && asked.method == "GET" {
                let mut all = manifest(&url, &[("Patient", "patients")]);
                all["output"][0]["count"] = json!(2);
                return Some(reply(200, all.to_string()));
            }
            n += i32::from(asked.path.contains("patients"));
            (asked.path.contains("patients") && n == 1).then(|| broken(reply(200, PATIENTS)))
        });
        let id = desk.ask(false);
        let done = desk.run(id);
        assert_eq!(done.stage, Stage::Done, "{}", done.says);
        assert_eq!(desk.ehr.n_asked("patients"), 2);
        assert_eq!(desk.n_people(), 2, "nobody is lost or doubled");
    }
}

#[test]
fn a_file_that_stands_still_is_let_go_and_taken_again() {
    let desk = Desk::new();
    let url = desk.ehr.url.clone();
    let mut n = 0;
    desk.ehr.says(move |asked| {
        if asked.path.contains("jobs") && asked.method == "GET" {
            let mut all = manifest(&url, &[("Patient", "patients")]);
            // Without a token, so that whoever has little patience asks for the file alone.
            all["requiresAccessToken"] = json!(false);
            return Some(reply(200, all.to_string()));
        }
        let is_file = asked.path.contains("patients");
        n += i32::from(is_file);
        let mut said = reply(200, PATIENTS);
        if n == 1 {
            said.cut_at = Some(150);
            said.stalls = true;
        }
        is_file.then_some(said)
    });
    let id = desk.ask(false);
    let mut fetcher = desk.fetcher();
    for _ in 0..2 {
        desk.wait_for(id);
        assert!(fetcher.step().unwrap());
    }
    desk.wait_for(id);
    assert!(
        desk.fetcher_waiting(Duration::from_millis(200))
            .step()
            .unwrap()
    );
    assert_eq!(
        (desk.find(id).stage, desk.find(id).n_tries),
        (Stage::Taking, 1)
    );
    assert_eq!(desk.run(id).stage, Stage::Done);
    assert_eq!(desk.ehr.n_asked("patients"), 2);
    assert_eq!(desk.n_people(), 2, "nobody is lost or doubled");
}

#[test]
fn a_line_that_cannot_be_read_is_refused_and_the_next_one_taken() {
    let desk = Desk::new();
    desk.ehr.says(|asked| {
        let lines = PATIENTS.replacen('\n', "\n{\"resourceType\":\"Patient\",\"id\"\n", 1);
        asked
            .path
            .contains("files/patients")
            .then(|| reply(200, lines))
    });
    let id = desk.ask(false);
    assert_eq!(desk.run(id).stage, Stage::Done);
    assert_eq!(desk.found(id)[0], "output Patient: 3 read, 1 refused");
    assert_eq!(desk.n_people(), 2);
}

#[test]
fn a_kill_between_two_files_costs_nothing() {
    let desk = Desk::new();
    let id = desk.ask(false);
    for n_steps in [2, 1, 1, 1] {
        let mut fetcher = desk.fetcher();
        for _ in 0..n_steps {
            desk.wait_for(id);
            assert!(fetcher.step().unwrap());
        }
        // The program ends here; the next one begins with an empty memory.
    }
    assert_eq!(desk.find(id).stage, Stage::Done);
    for part in ["export", "files/patients", "files/appointments", "DELETE"] {
        assert_eq!(desk.ehr.n_asked(part), 1, "{part}");
    }
    assert_eq!(desk.n_people(), 2);
}

#[test]
fn what_another_one_has_in_hand_is_left_alone_until_it_is_silent() {
    let desk = Desk::new();
    let id = desk.ask(false);
    assert!(
        desk.act(move |tx, ctx| fetch::hold(tx, ctx, id))
            .unwrap()
            .is_some()
    );
    let mut fetcher = desk.fetcher();
    assert!(!fetcher.step().unwrap());
    assert!(!fetcher.step_of(id).unwrap());
    *desk.now.lock().unwrap() = "2026-03-01T17:07:00Z".parse().unwrap();
    assert!(fetcher.step().unwrap());
}

#[test]
fn a_stopped_fetch_is_ended_at_the_server_and_takes_nothing_more() {
    let desk = Desk::new();
    let id = desk.ask(false);
    let mut fetcher = desk.fetcher();
    for _ in 0..3 {
        desk.wait_for(id);
        assert!(fetcher.step().unwrap());
    }
    desk.act(move |tx, _| fetch::stop(tx, id)).unwrap();
    assert_eq!(desk.run(id).stage, Stage::Stopped);
    assert_eq!(desk.ehr.n_asked("DELETE /fhir/jobs/1"), 1);
    assert_eq!(desk.ehr.n_asked("files/appointments"), 0);
    assert!(desk.act(move |tx, _| fetch::stop(tx, id)).is_err());
    // Nothing of it moves on where the next one begins.
    assert_eq!(desk.find(desk.ask(false)).since, None);
}

#[test]
fn a_flow_that_is_stopped_meanwhile_ends_the_fetch() {
    let desk = Desk::new();
    let id = desk.ask(false);
    let mut fetcher = desk.fetcher();
    for _ in 0..2 {
        desk.wait_for(id);
        assert!(fetcher.step().unwrap());
    }
    desk.stop_flow();
    let failed = desk.run(id);
    assert_eq!(failed.stage, Stage::Failed);
    assert!(failed.says.contains("blocked"), "{}", failed.says);
    assert_eq!(desk.n_people(), 0);
    assert_eq!(
        desk.ehr.n_asked("DELETE /fhir/jobs/1"),
        1,
        "the server is told"
    );
}

#[test]
fn what_was_deleted_or_not_exported_is_told_by_type_and_code_alone() {
    let desk = Desk::new();
    let url = desk.ehr.url.clone();
    desk.ehr.says(move |asked| match asked.path.as_str() {
        "/fhir/jobs/1" if asked.method == "GET" => {
            let mut all = manifest(&url, &[]);
            all["deleted"] = json!([{ "type": "Moss", "url": format!("{url}/files/deleted") }]);
            all["error"] = json!([{ "type": "OperationOutcome", "url": format!("{url}/files/errors") }]);
            Some(reply(200, all.to_string()))
        }
        "/fhir/files/deleted" => Some(reply(200, concat!(
            r#"{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Patient/p1"}},{"request":{"method":"DELETE","url":"Patient/p9"}}]}"#,
            "\nnot json\n"
        ))),
        "/fhir/files/errors" => Some(reply(200, r#"{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"not-found","diagnostics":"Ada Moss"}]}"#)),
        _ => None,
    });
    let id = desk.ask(false);
    assert_eq!(desk.run(id).stage, Stage::Done);
    assert_eq!(
        desk.found(id),
        [
            "deleted Bundle: 2 Patient, 1 unreadable lines",
            "error OperationOutcome: 1 not-found"
        ]
    );
}

#[test]
fn a_server_whose_time_has_come_is_asked_by_itself_once() {
    let desk = Desk::new();
    let fetcher = desk.fetcher();
    let n = || {
        desk.kinds()
            .iter()
            .filter(|kind| *kind == "fetch.asked")
            .count()
    };
    fetcher.ask_due().unwrap();
    fetcher.ask_due().unwrap();
    assert_eq!(n(), 1, "one is under way");
    let server = desk.server;
    let id = desk
        .read(move |tx| fhir_fetches::list_newest(tx, server, 1))
        .remove(0)
        .id;
    assert_eq!(desk.run(id).stage, Stage::Done);
    fetcher.ask_due().unwrap();
    assert_eq!(n(), 1, "its time has not come");
    *desk.now.lock().unwrap() = "2026-03-02T17:00:00Z".parse().unwrap();
    fetcher.ask_due().unwrap();
    assert_eq!(n(), 2);
}

#[test]
fn a_program_that_ends_lets_go_of_a_file_and_counts_no_try() {
    let desk = Desk::new();
    let id = desk.ask(false);
    let mut fetcher = desk.fetcher();
    for _ in 0..2 {
        desk.wait_for(id);
        assert!(fetcher.step().unwrap());
    }
    desk.stop.store(true, Ordering::Release);
    assert!(fetcher.step().unwrap());
    assert_eq!(
        (desk.find(id).stage, desk.find(id).n_tries),
        (Stage::Taking, 0)
    );
    desk.stop.store(false, Ordering::Release);
    assert_eq!(desk.run(id).stage, Stage::Done);
    assert_eq!(desk.n_people(), 2);
}

#[test]
fn s67_a_flow_that_is_stopped_before_the_order_keeps_us_from_asking() {
    let desk = Desk::new();
    let id = desk.ask(false);
    desk.stop_flow();
    let failed = desk.run(id);
    assert_eq!(failed.stage, Stage::Failed);
    assert!(failed.says.contains("blocked"), "{}", failed.says);
    assert!(desk.ehr.lines().is_empty());

    let desk = Desk::new();
    let id = desk.ask(false);
    assert!(desk.fetcher().step().unwrap());
    desk.stop_flow();
    assert_eq!(desk.run(id).stage, Stage::Failed);
    assert_eq!(desk.ehr.n_asked("GET /fhir/jobs/1"), 0);
    assert_eq!(desk.ehr.n_asked("DELETE /fhir/jobs/1"), 1);
}

#[test]
fn a_server_under_a_fetch_stays_as_it_is_declared() {
    let desk = Desk::new();
    let mut setup = desk.read(placet_store::fhir_servers::list).remove(0).setup;
    let same = setup.clone();
    let id = desk.ask(false);
    setup.every_hours = 12;
    let other = setup.clone();
    let error = desk
        .act(move |tx, ctx| server::declare(tx, ctx, "clinic", &setup))
        .unwrap_err();
    assert!(
        matches!(
            error,
            ActError::Refused {
                code: "server.fetching",
                ..
            }
        ),
        "{error:?}"
    );
    desk.act(move |tx, ctx| server::declare(tx, ctx, "clinic", &same))
        .unwrap();
    assert_eq!(desk.run(id).stage, Stage::Done);
    desk.act(move |tx, ctx| server::declare(tx, ctx, "clinic", &other))
        .unwrap();
}

#[test]
fn a_place_of_files_is_no_place_for_what_we_sign_or_our_token() {
    let elsewhere = Ehr::new();
    let origin = elsewhere.url.trim_end_matches("/fhir").to_owned();
    for part in ["smart-configuration", "export"] {
        let desk = Desk::with(Algorithm::Es384, &|setup| {
            setup.file_origins = vec![origin.clone()]
        });
        let there = elsewhere.url.clone();
        desk.ehr.says(move |asked| {
            asked.path.contains(part).then(|| match part {
                "export" => reply(202, "").with("Content-Location", format!("{there}/jobs/1")),
                _ => reply(
                    200,
                    json!({ "token_endpoint": format!("{there}/token") }).to_string(),
                ),
            })
        });
        let id = desk.ask(false);
        let failed = desk.run(id);
        assert_eq!(failed.stage, Stage::Failed);
        assert!(
            failed.says.contains("which nobody declared"),
            "{part}: {}",
            failed.says
        );
    }
    assert!(elsewhere.lines().is_empty());
}

#[test]
fn a_server_that_wants_to_be_asked_at_once_gets_its_ten_tries_over_time() {
    let desk = Desk::new();
    desk.ehr.says(|asked| {
        let said = reply(503, "").with("Retry-After", "1");
        asked.path.contains("export").then_some(said)
    });
    let id = desk.ask(false);
    assert_eq!(desk.run(id).stage, Stage::Failed);
    let now = *desk.now.lock().unwrap();
    let seconds = now.as_second() - start().as_second();
    assert!(seconds > 3000, "{seconds}");
}

#[test]
fn an_answer_that_never_ends_is_let_go_and_asked_for_again() {
    let desk = Desk::new();
    let mut n = 0;
    desk.ehr.says(move |asked| {
        let is_status = asked.path.contains("jobs") && asked.method == "GET";
        n += i32::from(is_status);
        let mut said = reply(200, manifest("", &[]).to_string());
        said.cut_at = Some(10);
        said.stalls = true;
        (is_status && n == 1).then_some(said)
    });
    let id = desk.ask(false);
    let mut fetcher = desk.fetcher();
    assert!(fetcher.step().unwrap());
    desk.wait_for(id);
    fetcher.patience.answer = Duration::from_secs(1);
    assert!(fetcher.step().unwrap());
    assert_eq!(
        (desk.find(id).stage, desk.find(id).n_tries),
        (Stage::Waiting, 1)
    );
    assert_eq!(desk.run(id).stage, Stage::Done);
}

#[test]
fn an_order_that_comes_too_late_is_no_act() {
    let desk = Desk::new();
    let id = desk.ask(false);
    let one = desk.run(id);
    let before = desk.kinds();
    desk.act(move |tx, ctx| fetch::accepted(tx, &one, "https://ehr.example/jobs/9", ctx.now))
        .unwrap();
    assert_eq!(desk.kinds(), before);
}

#[test]
fn a_server_whose_clock_runs_ahead_makes_us_skip_nothing() {
    let desk = Desk::new();
    let url = desk.ehr.url.clone();
    let mut n = 0;
    desk.ehr.says(move |asked| {
        let is_status = asked.path.contains("jobs") && asked.method == "GET";
        n += i32::from(is_status);
        let mut all = manifest(&url, &[("Patient", "patients")]);
        all["transactionTime"] = json!("2036-03-01T16:00:00Z");
        (is_status && n == 1).then(|| reply(200, all.to_string()))
    });
    let id = desk.ask(false);
    let first = desk.run(id);
    assert!(first.taken_as_of.unwrap() <= *desk.now.lock().unwrap());
    // What the server says once its clock is right again, counts.
    let id = desk.ask(true);
    assert_eq!(desk.run(id).stage, Stage::Done);
    let third = desk.ask(false);
    assert_eq!(
        desk.find(third).since,
        Some("2026-03-01T16:00:00Z".parse().unwrap())
    );
}

#[test]
fn what_a_server_could_not_export_is_asked_for_again() {
    let desk = Desk::new();
    let url = desk.ehr.url.clone();
    desk.ehr.says(move |asked| match asked.path.as_str() {
        "/fhir/jobs/1" if asked.method == "GET" => {
            let mut all = manifest(&url, &[("Patient", "patients")]);
            all["error"] = json!([{ "type": "Moss", "url": format!("{url}/files/errors") }]);
            Some(reply(200, all.to_string()))
        }
        "/fhir/files/errors" => Some(reply(
            200,
            r#"{"issue":[{"severity":"error","code":"timeout"},{"severity":"error","code":"Moss"}]}"#,
        )),
        _ => None,
    });
    let id = desk.ask(false);
    assert_eq!(desk.run(id).stage, Stage::Done);
    assert_eq!(
        desk.found(id)[1],
        "error OperationOutcome: not exported: 1 timeout, 1 without a known code"
    );
    assert_eq!(desk.find(desk.ask(false)).since, None);
}

#[test]
fn what_a_later_signature_made_free_is_asked_for_from_the_beginning() {
    let desk = Desk::new();
    let id = desk.ask(false);
    assert_eq!(desk.run(id).stage, Stage::Done);
    *desk.now.lock().unwrap() = "2026-03-02T17:00:00Z".parse().unwrap();
    desk.act(|tx, ctx| {
        use placet_app::data::catalogue;
        let all = catalogue::list(tx)?;
        let ehr = all.iter().find(|one| one.source.code == "ehr").unwrap();
        let mut elements = ehr.newest().unwrap().elements.clone();
        elements.pop();
        let fresh = catalogue::classify(tx, ctx, ehr.source.id, elements)?;
        let officer = Actor::Operator {
            id: [9; 16].into(),
            roles: [placet_domain::operator::Role::Compliance].into(),
        };
        let officer = Ctx::new(ctx.now, officer, [4; 32]);
        catalogue::sign(tx, &officer, ehr.source.id, fresh.id, "")
    })
    .unwrap();
    assert_eq!(desk.find(desk.ask(false)).since, None);
}
