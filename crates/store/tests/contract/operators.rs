//! Operators, sessions, throttles, tokens, settings and repeated requests.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{OperatorId, TokenId};
use placet_domain::operator::{Capability, Role};
use placet_store::operators::{self, Operator, Session, Throttle, Token};
use placet_store::{Store, StoreError, Tx, repeats, settings};
use placet_testing::{ctx_at, noon};

use super::harness::{Kind, act, log_size, read, with_store};

/// The context of an act `n` seconds after noon.
fn ctx(n: u64) -> Ctx {
    let seconds = i64::try_from(n).unwrap();
    ctx_at(noon() + SignedDuration::from_secs(seconds), n)
}

fn operator(n: u8, login: &str) -> Operator {
    Operator {
        id: OperatorId::from([n; 16]),
        login: login.to_owned(),
        name: format!("Operator {login}"),
        password_hash: "$argon2id$".to_owned(),
        created_at: ctx(1).now,
        disabled_at: None,
    }
}

/// Runs an act that is recorded whatever it does.
fn recorded<T: Send + 'static>(
    store: &Store,
    n: u64,
    mut f: impl FnMut(&mut Tx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    act(store, &ctx(n), move |tx, _| {
        tx.record(Entry::new("test"));
        f(tx)
    })
}

fn add(store: &Store, n: u8, login: &str) -> Result<Operator, StoreError> {
    let operator = operator(n, login);
    let kept = operator.clone();
    recorded(store, u64::from(n), move |tx| operators::add(tx, &kept)).map(|()| operator)
}

pub(crate) fn an_operator_comes_back_as_added_and_a_login_is_taken_once(kind: Kind) {
    with_store(kind, |store| {
        let ana = add(store, 1, "ana").unwrap();
        let ben = add(store, 2, "ben").unwrap();
        assert_eq!(add(store, 3, "ana"), Err(StoreError::Conflict));
        let id = ana.id;
        assert_eq!(
            read(store, |tx| operators::find_by_login(tx, "ana")),
            Some(ana.clone())
        );
        assert_eq!(
            read(store, move |tx| operators::find(tx, id)),
            Some(ana.clone())
        );
        assert_eq!(read(store, |tx| operators::find_by_login(tx, "Ana")), None);
        assert_eq!(read(store, operators::list), [ana, ben]);
        let at = ctx(9).now;
        recorded(store, 4, move |tx| {
            operators::set_password(tx, id, "another")?;
            operators::set_disabled(tx, id, Some(at))
        })
        .unwrap();
        let changed = read(store, move |tx| operators::find(tx, id)).unwrap();
        assert_eq!(
            (changed.password_hash.as_str(), changed.disabled_at),
            ("another", Some(at))
        );
    });
}

pub(crate) fn roles_are_given_once_taken_and_counted(kind: Kind) {
    with_store(kind, |store| {
        let (ana, ben) = (
            add(store, 1, "ana").unwrap().id,
            add(store, 2, "ben").unwrap().id,
        );
        let at = ctx(3).now;
        recorded(store, 3, move |tx| {
            for (id, role) in [
                (ana, Role::Administrator),
                (ana, Role::Administrator),
                (ana, Role::Legal),
                (ben, Role::Administrator),
            ] {
                operators::give_role(tx, id, role, at)?;
            }
            operators::take_role(tx, ana, Role::Legal)
        })
        .unwrap();
        let roles = read(store, move |tx| operators::roles(tx, ana));
        assert_eq!(roles, BTreeSet::from([Role::Administrator]));
        let count = || read(store, |tx| operators::count_active(tx, Role::Administrator));
        assert_eq!(count(), 2);
        recorded(store, 4, move |tx| {
            operators::set_disabled(tx, ben, Some(at))
        })
        .unwrap();
        assert_eq!(count(), 1);
    });
}

pub(crate) fn sessions_are_found_ended_and_forgotten(kind: Kind) {
    with_store(kind, |store| {
        let ana = add(store, 1, "ana").unwrap().id;
        let now = ctx(2).now;
        let session = |n: u8, hours| Session {
            token_hash: [n; 32],
            operator: ana,
            secret: [9; 32],
            created_at: now,
            expires_at: now + SignedDuration::from_hours(hours),
        };
        let all = [session(1, 12), session(2, 12), session(3, -1)];
        let kept = all.clone();
        recorded(store, 2, move |tx| {
            kept.iter()
                .try_for_each(|session| operators::add_session(tx, session))
        })
        .unwrap();
        let found = |n: u8| read(store, move |tx| operators::find_session(tx, &[n; 32]));
        assert_eq!(found(1), Some(all[0].clone()));
        assert_eq!(
            found(3),
            Some(all[2].clone()),
            "whether it is over is asked elsewhere"
        );
        recorded(store, 3, |tx| operators::end_session(tx, &[1; 32])).unwrap();
        // Forgetting what is over is housekeeping: it needs no entry.
        act(store, &ctx(4), move |tx, _| {
            operators::forget_sessions(tx, now)
        })
        .unwrap();
        assert_eq!((found(1), found(3)), (None, None));
        assert!(found(2).is_some());
        let ended = recorded(store, 5, move |tx| operators::end_sessions_of(tx, ana));
        assert_eq!((ended, found(2)), (Ok(1), None));
    });
}

pub(crate) fn a_throttle_is_replaced_and_forgotten_without_an_entry(kind: Kind) {
    with_store(kind, |store| {
        let put = |n, login: &'static [u8], n_failures| {
            act(store, &ctx(n), move |tx, ctx| {
                let throttle = Throttle {
                    n_failures,
                    locked_until: ctx.now,
                };
                let forget_before = ctx.now - SignedDuration::from_secs(5);
                operators::put_throttle(tx, login, throttle, ctx.now, forget_before)
            })
            .unwrap();
        };
        let found = |login: &'static [u8]| {
            read(store, move |tx| operators::find_throttle(tx, login)).map(|it| it.n_failures)
        };
        put(1, b"ana", 1);
        put(2, b"ana", 2);
        assert_eq!((found(b"ana"), found(b"ben")), (Some(2), None));
        put(100_000, b"ben", 1);
        assert_eq!((found(b"ana"), found(b"ben")), (None, Some(1)));
        assert_eq!(log_size(store), 0);
    });
}

pub(crate) fn a_token_comes_back_with_its_scopes_and_is_revoked_once(kind: Kind) {
    with_store(kind, |store| {
        let ana = add(store, 1, "ana").unwrap().id;
        let token = |n: u8| Token {
            id: TokenId::from([n; 16]),
            operator: ana,
            name: format!("token {n}"),
            token_hash: [n; 32],
            scopes: BTreeSet::from([Capability::ViewLedger, Capability::ViewToday]),
            created_at: ctx(u64::from(n)).now,
            expires_at: ctx(100).now,
            revoked_at: None,
        };
        let all = [token(1), token(2)];
        let kept = all.clone();
        recorded(store, 2, move |tx| {
            kept.iter()
                .try_for_each(|token| operators::add_token(tx, token))
        })
        .unwrap();
        let found = |n: u8| read(store, move |tx| operators::find_token(tx, &[n; 32]));
        assert_eq!(found(1), Some(all[0].clone()));
        assert_eq!(found(9), None);
        assert_eq!(
            read(store, operators::list_tokens),
            [all[1].clone(), all[0].clone()]
        );
        let at = ctx(50).now;
        let id = all[0].id;
        let revoke = |n| recorded(store, n, move |tx| operators::revoke_token(tx, id, at));
        assert_eq!((revoke(3), revoke(4)), (Ok(true), Ok(false)));
        assert_eq!(found(1).unwrap().revoked_at, Some(at));
        let all = recorded(store, 5, move |tx| operators::revoke_tokens_of(tx, ana, at));
        assert_eq!(all, Ok(1));
    });
}

pub(crate) fn a_setting_takes_the_place_of_the_one_before(kind: Kind) {
    with_store(kind, |store| {
        for (n, value) in [(1, "\"a\""), (2, "\"b\"")] {
            recorded(store, n, move |tx| {
                settings::put(tx, "x", value, ctx(n).now, "test")
            })
            .unwrap();
        }
        assert_eq!(
            read(store, |tx| settings::find(tx, "x")).as_deref(),
            Some("\"b\"")
        );
        assert_eq!(read(store, |tx| settings::find(tx, "y")), None);
    });
}

pub(crate) fn a_request_is_noted_once_and_answered_later(kind: Kind) {
    with_store(kind, |store| {
        let begin = |n: u64, request: u8| {
            act(store, &ctx(n), move |tx, ctx| {
                let forget_before = ctx.now - SignedDuration::from_secs(5);
                repeats::begin(tx, &[1; 32], &[request; 32], ctx.now, forget_before)
            })
        };
        let found = || read(store, |tx| repeats::find(tx, &[1; 32]));
        assert_eq!((begin(1, 7), begin(2, 8)), (Ok(true), Ok(false)));
        assert_eq!(
            found().map(|kept| (kept.request, kept.status)),
            Some(([7; 32], 0))
        );
        act(store, &ctx(3), |tx, _| {
            repeats::finish(tx, &[1; 32], 201, "{}")
        })
        .unwrap();
        let kept = found().unwrap();
        assert_eq!((kept.status, kept.response.as_str()), (201, "{}"));
        assert_eq!(begin(100_000, 8), Ok(true), "the old one was forgotten");
        act(store, &ctx(100_001), |tx, _| repeats::forget(tx, &[1; 32])).unwrap();
        assert_eq!((found(), log_size(store)), (None, 0));
    });
}
