#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use placet_domain::operator::Capability;
use placet_store::{Durability, Store, StoreConfig};

use super::*;

struct Desk {
    store: Store,
    keys: Keys,
    _folder: tempfile::TempDir,
}

fn at(second: i64) -> Ctx {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&second.to_be_bytes());
    Ctx::new(
        Timestamp::from_second(second).unwrap(),
        Actor::System("test"),
        seed,
    )
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::from_master([7; 32]);
        let url = format!("sqlite:{}", folder.path().join("placet.db").display());
        let mut config = StoreConfig::new(url, keys.clone()).creating();
        config.durability = Durability::None;
        Self {
            store: Store::open(config).unwrap(),
            keys,
            _folder: folder,
        }
    }

    fn act<T, F>(&self, ctx: &Ctx, f: F) -> Result<T, ActError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    {
        self.store
            .act_blocking(ctx.actor.may_as_system().unwrap(), ctx, f)
    }

    fn add(&self, login: &str, roles: &[Role]) -> Result<OperatorId, ActError> {
        let new = NewOperator {
            login: login.to_owned(),
            name: format!("Operator {login}"),
            roles: roles.iter().copied().collect(),
            password_hash: password::NOBODYS.to_owned(),
        };
        let seed = login.bytes().map(i64::from).sum::<i64>();
        self.act(&at(seed), move |tx, ctx| add(tx, ctx, &new))
    }

    fn kinds(&self) -> Vec<String> {
        let read = |tx: &mut Tx| placet_store::ledger::list_newest(tx, None, 100);
        let entries = self.store.read_blocking::<_, _, StoreError>(read).unwrap();
        entries.into_iter().rev().map(|entry| entry.kind).collect()
    }

    fn try_in(&self, login: &str, second: i64, is_right: bool) -> bool {
        self.try_at(login, None, second, is_right)
    }

    /// From a browser with a note.
    fn try_at(&self, login: &str, note: Option<&str>, second: i64, is_right: bool) -> bool {
        let (keys, login, note) = (self.keys.clone(), login.to_owned(), note.map(str::to_owned));
        let read = move |tx: &mut Tx| look_up(tx, &keys, &login, note.as_deref());
        let candidate = self.store.read_blocking::<_, _, StoreError>(read).unwrap();
        let checked = Checked {
            login_hash: candidate.login_hash,
            is_right: is_right && candidate.operator.is_some(),
            operator: candidate.operator.map(|operator| operator.id),
        };
        let begun = self.act(&at(second), move |tx, ctx| {
            sign_in(
                tx,
                ctx,
                &checked,
                second.to_be_bytes().repeat(4).try_into().unwrap(),
                [2; 32],
            )
        });
        begun.unwrap().is_some()
    }
}

#[test]
fn a_login_is_taken_once_whatever_its_case() {
    let desk = Desk::new();
    desk.add("ana", &[Role::Administrator]).unwrap();
    let refused = desk.add(" ANA ", &[Role::Marketing]).unwrap_err();
    assert!(matches!(refused, ActError::Invalid(problems) if problems[0].field == "login"));
    assert_eq!(desk.kinds(), ["operator.added"]);
}

#[test]
fn an_operator_without_a_role_or_with_a_line_break_is_refused_field_by_field() {
    let refused = Desk::new().add("a\nb", &[]).unwrap_err();
    let ActError::Invalid(problems) = refused else {
        panic!("{refused}")
    };
    let fields: Vec<_> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(fields, ["login", "name", "roles"]);
}

#[test]
fn the_last_administrator_can_be_neither_disabled_nor_demoted() {
    let desk = Desk::new();
    let ana = desk.add("ana", &[Role::Administrator]).unwrap();
    let ben = desk.add("benedict", &[Role::Administrator]).unwrap();
    desk.act(&at(5_000), move |tx, ctx| disable(tx, ctx, ben))
        .unwrap();
    let refused = desk
        .act(&at(5_001), move |tx, ctx| disable(tx, ctx, ana))
        .unwrap_err();
    assert!(matches!(
        refused,
        ActError::Refused {
            code: "operator.last_administrator",
            ..
        }
    ));
    let roles = BTreeSet::from([Role::Auditor]);
    let refused = desk.act(&at(5_002), move |tx, ctx| set_roles(tx, ctx, ana, &roles));
    assert!(refused.is_err());
    assert_eq!(
        desk.kinds(),
        ["operator.added", "operator.added", "operator.disabled"]
    );
}

#[test]
fn a_clock_that_goes_back_locks_nobody_out() {
    let desk = Desk::new();
    desk.add("ana", &[Role::Administrator]).unwrap();
    let day = 24 * 3600;
    assert!(desk.try_in("ana", 10 * day, true));
    assert!(desk.try_in("ana", 10 * day - 1, true), "one second back");
    assert!(desk.try_in("ana", 7 * day, true), "three days back");
    for n in 0..6 {
        desk.try_in("ana", 20 * day + n, false);
    }
    assert!(!desk.try_in("ana", 20 * day + 6, true), "locked");
    assert!(
        desk.try_in("ana", 19 * day, true),
        "that lock is not of this day"
    );
}

#[test]
fn failures_are_recorded_until_the_login_is_locked_and_then_no_more() {
    let desk = Desk::new();
    desk.add("ana", &[Role::Administrator]).unwrap();
    for second in 0..20 {
        assert!(!desk.try_in("ana", 10_000 + second, false));
    }
    assert!(
        !desk.try_in("ana", 10_030, true),
        "locked for a minute from the fifth on"
    );
    let n_refused = desk
        .kinds()
        .iter()
        .filter(|kind| *kind == "sign_in.refused")
        .count();
    assert_eq!(n_refused, 5);
    assert!(desk.try_in("ana", 10_100, true));
    assert!(!desk.try_in("ana", 10_101, false));
    assert!(
        desk.try_in("ana", 10_102, true),
        "a success starts the count anew"
    );
}

#[test]
fn disabling_ends_sessions_at_once() {
    let desk = Desk::new();
    let ana = desk.add("ana", &[Role::Auditor]).unwrap();
    desk.add("benedict", &[Role::Administrator]).unwrap();
    assert!(desk.try_in("ana", 20_000, true));
    let token: [u8; 32] = 20_000_i64.to_be_bytes().repeat(4).try_into().unwrap();
    let find = move |tx: &mut Tx| find_session(tx, &token, Timestamp::from_second(20_001).unwrap());
    assert!(
        desk.store
            .read_blocking::<_, _, StoreError>(find)
            .unwrap()
            .is_some()
    );
    desk.act(&at(20_002), move |tx, ctx| disable(tx, ctx, ana))
        .unwrap();
    assert!(
        desk.store
            .read_blocking::<_, _, StoreError>(find)
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_token_does_no_more_than_its_maker_and_ends() {
    let desk = Desk::new();
    let ana = desk.add("ana", &[Role::Auditor]).unwrap();
    let auditor = |second| {
        let actor = Actor::Operator {
            id: ana,
            roles: BTreeSet::from([Role::Auditor]),
        };
        Ctx::new(Timestamp::from_second(second).unwrap(), actor, [9; 32])
    };
    let make = |ctx: &Ctx, scope: Capability| {
        let new = NewToken {
            name: "export".to_owned(),
            scopes: BTreeSet::from([scope]),
            days: 1,
        };
        let grant = ctx.actor.may(Capability::ViewToday).unwrap();
        desk.store.act_blocking(grant, ctx, move |tx, ctx| {
            add_token(tx, ctx, &new, "secret")
        })
    };
    assert!(make(&auditor(0), Capability::LaunchCampaigns).is_err());
    let id = make(&auditor(0), Capability::ViewLedger).unwrap();
    let find = |second| {
        let now = Timestamp::from_second(second).unwrap();
        let read = move |tx: &mut Tx| find_token(tx, "secret", now);
        desk.store
            .read_blocking::<_, _, StoreError>(read)
            .unwrap()
            .map(|(actor, _)| actor)
    };
    let actor = find(10).unwrap();
    assert!(actor.may(Capability::ViewLedger).is_ok());
    assert!(
        actor.may(Capability::ViewToday).is_err(),
        "not among its scopes"
    );
    assert!(find(86_400).is_none(), "it ends");
    desk.act(&at(11), move |tx, ctx| revoke_token(tx, ctx, id))
        .unwrap();
    assert!(find(12).is_none());
    desk.act(&at(13), move |tx, ctx| revoke_token(tx, ctx, id))
        .unwrap();
    let nobodys = [9; 16].into();
    let gone = desk.act(&at(14), move |tx, ctx| revoke_token(tx, ctx, nobodys));
    assert!(matches!(gone, Err(ActError::NotFound("token"))));
}

/// Threat 6: whoever knows a name must not be able to keep its owner out.
#[test]
fn guesses_from_elsewhere_do_not_lock_a_browser_that_was_signed_in_before() {
    let desk = Desk::new();
    desk.add("ana", &[Role::Administrator]).unwrap();
    let note = device::note(&desk.keys, "Ana ", [3; 16]);
    for second in 0..6 {
        assert!(!desk.try_in("ana", second, false));
    }
    assert!(!desk.try_in("ana", 10, true), "locked elsewhere");
    assert!(desk.try_at("ana", Some(&note), 11, true));
    // A note that is not ours, or about somebody else, is none.
    let others = device::note(&desk.keys, "ben", [3; 16]);
    for forged in ["", "AAAA", others.as_str()] {
        assert!(!desk.try_at("ana", Some(forged), 12, true));
    }
    // At the known browser guesses are counted, too.
    for second in 20..26 {
        assert!(!desk.try_at("ana", Some(&note), second, false));
    }
    assert!(!desk.try_at("ana", Some(&note), 26, true));
    let other_browser = device::note(&desk.keys, "ana", [4; 16]);
    assert!(desk.try_at("ana", Some(&other_browser), 27, true));
}

#[test]
fn a_session_that_does_not_know_its_password_ends() {
    let desk = Desk::new();
    let id = desk.add("ana", &[Role::Administrator]).unwrap();
    assert!(desk.try_in("ana", 0, true));
    let n_sessions = |desk: &Desk| {
        let token = operators::find_session;
        let hash = hash_of(&0_i64.to_be_bytes().repeat(4));
        let read = move |tx: &mut Tx| token(tx, &hash);
        usize::from(
            desk.store
                .read_blocking::<_, _, StoreError>(read)
                .unwrap()
                .is_some(),
        )
    };
    let actor = Actor::Operator {
        id,
        roles: [Role::Administrator].into(),
    };
    for second in 1..=5 {
        assert_eq!(n_sessions(&desk), 1);
        let ctx = Ctx::new(
            Timestamp::from_second(second).unwrap(),
            actor.clone(),
            [9; 32],
        );
        let grant = ctx.actor.may(Capability::ViewToday).unwrap();
        let keys = desk.keys.clone();
        let wrong = move |tx: &mut Tx, ctx: &Ctx| note_wrong_password(tx, &keys, ctx);
        desk.store.act_blocking(grant, &ctx, wrong).unwrap();
    }
    assert_eq!(n_sessions(&desk), 0);
    let ctx = Ctx::new(Timestamp::from_second(6).unwrap(), actor, [9; 32]);
    let keys = desk.keys.clone();
    let read = move |tx: &mut Tx| must_wait(tx, &keys, &ctx);
    assert!(desk.store.read_blocking::<_, _, StoreError>(read).unwrap());
}
