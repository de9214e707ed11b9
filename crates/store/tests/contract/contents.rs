//! Contents, versions, submissions and verdicts.

use placet_domain::channel::Channel;
use placet_domain::content::claim::Claim;
use placet_domain::content::finding;
use placet_domain::content::{ContentClass, Draft, Field, Version};
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{ContentId, RawId, VersionId};
use placet_domain::operator::Role;
use placet_domain::preference::Topic;
use placet_domain::review::absence::Absence;
use placet_domain::review::comment::Comment;
use placet_domain::review::condition::{Condition, Demand};
use placet_domain::review::{Approval, Renewal, Submission, Tier, Verdict};
use placet_domain::time::Date;
use placet_store::fillings::Filling;
use placet_store::operators::Operator;
use placet_store::{
    Store, StoreError, absences, claims, comments, conditions, contents, fillings, operators,
    reviews,
};
use placet_testing::{ctx, ctx_at, noon, noon_plus};

use super::harness::{Kind, act, read, with_store};

pub(crate) fn draft(subject: &str) -> Draft {
    Draft {
        class: ContentClass::OwnHealthProductPromo,
        topic: Topic::Services,
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        subject: subject.to_owned(),
        preheader: "“quotes”, ünïcode".to_owned(),
        body: "# Body\n\nLine".to_owned(),
        text: String::new(),
    }
}

pub(crate) fn version(content: ContentId, number: u32, by: &str) -> Version {
    let draft = draft(&format!("Subject {number}"));
    Version {
        id: VersionId::from(RawId::at(noon(), [u8::try_from(number).unwrap(); 10])),
        content,
        number,
        hash: draft.hash(),
        draft,
        created_at: noon_plus(i64::from(number)),
        created_by: by.to_owned(),
    }
}

pub(crate) fn content() -> ContentId {
    ContentId::from(RawId::at(noon(), [1; 10]))
}

/// A content with as many versions as authors.
pub(crate) fn add(store: &Store, authors: &'static [&'static str]) -> Vec<Version> {
    let versions: Vec<Version> = (1..)
        .zip(authors)
        .map(|(number, by)| version(content(), number, by))
        .collect();
    let added = versions.clone();
    let done = act(store, &ctx(1), move |tx, _| {
        contents::add(tx, content(), "March letter", authors[0])?;
        for version in &versions {
            contents::add_version(tx, version)?;
        }
        tx.record(Entry::new("content.created"));
        Ok(())
    });
    done.unwrap();
    added
}

pub(crate) fn versions_come_back_as_they_were_saved(kind: Kind) {
    with_store(kind, |store| {
        let versions = add(store, &["a", "b", "a"]);
        let listed = read(store, |tx| contents::list_versions(tx, content()));
        assert_eq!(listed, versions.iter().rev().cloned().collect::<Vec<_>>());
        assert!(listed.iter().all(Version::is_intact));

        let second = versions[1].clone();
        let id = second.id;
        assert_eq!(
            read(store, move |tx| contents::find_version(tx, id)),
            Some(second)
        );
        assert_eq!(
            read(store, |tx| contents::find_version(tx, [9; 16].into())),
            None
        );

        assert_eq!(
            read(store, |tx| contents::list_authors(tx, content(), 1)),
            ["a"]
        );
        assert_eq!(
            read(store, |tx| contents::list_authors(tx, content(), 3)),
            ["a", "b"]
        );
        let name = read(store, |tx| contents::find_name(tx, content()));
        assert_eq!(name.as_deref(), Some("March letter"));

        let all = read(store, |tx| contents::list(tx, 10));
        assert_eq!(all.len(), 1, "one line a content, with its newest version");
        assert_eq!(
            (all[0].latest.number, all[0].name.as_str()),
            (3, "March letter")
        );
    });
}

/// Two writers who save at once: one of them is told.
pub(crate) fn a_version_number_is_given_once(kind: Kind) {
    with_store(kind, |store| {
        add(store, &["a"]);
        let mut again = version(content(), 1, "b");
        again.id = [7; 16].into();
        let done = act(store, &ctx(2), move |tx, _| {
            tx.record(Entry::new("content.revised"));
            contents::add_version(tx, &again)
        });
        assert_eq!(done, Err(StoreError::Conflict));
    });
}

/// S139: what was saved stays as it was, below the rules too.
pub(crate) fn versions_and_verdicts_only_grow(kind: Kind) {
    with_store(kind, |store| {
        let version = add(store, &["a"])[0].clone();
        judge(store, &ctx(2), &version, Role::Clinical).unwrap();
        confirm(store, &version).unwrap();
        for sql in [
            "update content_versions set body = 'other'",
            "delete from content_versions",
            "update approvals set verdict = 'approve'",
            "delete from approvals",
            "update submissions set tier = 'operational'",
            "delete from submissions",
            "update renewals set role = 'legal'",
            "delete from renewals",
        ] {
            let done = act(store, &ctx(3), move |tx, _| {
                tx.record(Entry::new("test"));
                tx.execute(sql, &[]).map(drop)
            });
            assert!(done.is_err(), "{sql}");
        }
    });
}

fn judge(
    store: &Store,
    ctx: &Ctx,
    version: &Version,
    role: Role,
) -> Result<(bool, bool), StoreError> {
    let version = version.clone();
    act(store, ctx, move |tx, ctx| {
        let submission = Submission {
            version: version.id,
            tier: Tier::Promotional,
            hash: version.hash,
            parts: version.draft.parts(),
            approvers: vec![Role::Compliance, Role::Clinical],
            due_on: Date::constant(2026, 3, 5),
            valid_days: 365,
            findings: finding::findings(&version.draft),
            finding_rules: finding::RULES,
            submitted_at: ctx.now,
            submitted_by: "a".to_owned(),
        };
        let approval = Approval {
            id: ctx.new_id(),
            version: version.id,
            role,
            verdict: Verdict::Return,
            hash: version.hash,
            note: "say less".to_owned(),
            given_at: ctx.now,
            given_by: "b".to_owned(),
        };
        tx.record(Entry::new("content.returned"));
        Ok((
            reviews::submit(tx, &submission)?,
            reviews::add_approval(tx, &approval)?,
        ))
    })
}

pub(crate) fn a_version_is_submitted_once_and_judged_once_a_role(kind: Kind) {
    with_store(kind, |store| {
        let version = add(store, &["a"])[0].clone();
        assert_eq!(
            judge(store, &ctx(2), &version, Role::Clinical),
            Ok((true, true))
        );
        assert_eq!(
            judge(store, &ctx_at(noon_plus(60), 3), &version, Role::Clinical),
            Ok((false, false))
        );
        assert_eq!(
            judge(store, &ctx_at(noon_plus(61), 4), &version, Role::Compliance),
            Ok((false, true))
        );

        let id = version.id;
        let submission = read(store, move |tx| reviews::find_submission(tx, id)).unwrap();
        assert_eq!(
            (submission.submitted_at, submission.hash),
            (noon(), version.hash)
        );
        let verdicts = read(store, move |tx| reviews::list_approvals(tx, id));
        let roles: Vec<Role> = verdicts.iter().map(|verdict| verdict.role).collect();
        assert_eq!(roles, [Role::Clinical, Role::Compliance]);
        assert_eq!(verdicts[0].note, "say less");
        assert_eq!(verdicts[0].hash, version.hash);
        let submitted = read(store, |tx| contents::list_submitted(tx, 10));
        assert_eq!(submitted[0].latest, version);
        let rounds = read(store, |tx| reviews::list_rounds(tx, noon()));
        let told: Vec<Role> = rounds[0].verdicts.iter().map(|(role, ..)| *role).collect();
        assert_eq!(
            (rounds.len(), told),
            (1, vec![Role::Clinical, Role::Compliance])
        );
        assert_eq!(rounds[0].ended_at(), Some(noon()));
        assert_eq!(read(store, |tx| reviews::list_rounds(tx, noon_plus(1))), []);
        assert_eq!(submission.parts, version.draft.parts());
        assert_eq!(submission.approvers, [Role::Compliance, Role::Clinical]);
        assert_eq!(
            (rounds[0].due_on, submission.valid_days),
            (submission.due_on, 365)
        );
    });
}

fn confirm(store: &Store, version: &Version) -> Result<(), StoreError> {
    let (id, hash) = (version.id, version.hash);
    act(store, &ctx(7), move |tx, ctx| {
        tx.record(Entry::new("content.confirmed"));
        let renewal = Renewal {
            id: ctx.new_id(),
            version: id,
            role: Role::Legal,
            hash,
            given_at: ctx.now,
            given_by: "c".to_owned(),
        };
        reviews::renew(tx, &renewal)
    })
}

pub(crate) fn what_is_confirmed_comes_back(kind: Kind) {
    with_store(kind, |store| {
        let version = add(store, &["a"])[0].clone();
        let id = version.id;
        assert_eq!(read(store, move |tx| reviews::list_renewals(tx, id)), []);
        confirm(store, &version).unwrap();
        let found = read(store, move |tx| reviews::list_renewals(tx, id));
        assert_eq!((found.len(), found[0].role), (1, Role::Legal));
        assert_eq!(
            (found[0].hash, found[0].given_by.as_str()),
            (version.hash, "c")
        );
    });
}

/// S144: an absence stands until its last day, or until it is ended.
pub(crate) fn an_absence_ends_by_its_day_or_by_a_word(kind: Kind) {
    with_store(kind, |store| {
        let day = |n| Date::constant(2026, 3, n);
        let (one, two) = (operator("one", 1), operator("two", 2));
        let absence = Absence {
            id: [5; 16].into(),
            operator: one.id,
            deputy: two.id,
            from: day(2),
            until: day(6),
        };
        let kept = absence.clone();
        act(store, &ctx(3), move |tx, _| {
            tx.record(Entry::new("absence.noted"));
            operators::add(tx, &one)?;
            operators::add(tx, &two)?;
            absences::add(tx, &kept, "x")
        })
        .unwrap();
        let from = |n| read(store, move |tx| absences::list_from(tx, day(n)));
        assert_eq!(from(6), std::slice::from_ref(&absence));
        assert_eq!(from(7), []);
        let ends = |n| {
            act(store, &ctx(n), move |tx, ctx| {
                tx.record(Entry::new("absence.ended"));
                absences::end(tx, absence.id, ctx.now, "x")
            })
        };
        assert_eq!((ends(4), ends(5)), (Ok(true), Ok(false)));
        assert_eq!(from(2), []);
    });
}

pub(crate) fn remarks_and_conditions_end_by_a_row_of_their_own(kind: Kind) {
    with_store(kind, |store| {
        let version = add(store, &["a"])[0].clone();
        let comment = Comment {
            id: [5; 16].into(),
            version: version.id,
            number: 1,
            field: Field::Body,
            quote: "Line".to_owned(),
            offset: 8,
            remark: "Which line?".to_owned(),
            made_at: noon(),
            made_by: "b".to_owned(),
            resolved: None,
        };
        let condition = Condition {
            id: [6; 16].into(),
            content: content(),
            version: version.id,
            role: Role::Legal,
            demand: Demand::Keeps,
            words: "Line".to_owned(),
            set_at: noon(),
            set_by: "b".to_owned(),
        };
        let kept = (comment.clone(), condition.clone());
        act(store, &ctx(3), move |tx, _| {
            tx.record(Entry::new("comment.made"));
            comments::add(tx, &kept.0)?;
            conditions::add(tx, &kept.1)
        })
        .unwrap();
        let remarks = || read(store, |tx| comments::list(tx, content(), 1));
        assert_eq!(remarks(), std::slice::from_ref(&comment));
        assert_eq!(read(store, |tx| comments::list(tx, content(), 0)), []);
        let held = || read(store, |tx| conditions::list(tx, content()));
        assert_eq!(held(), std::slice::from_ref(&condition));
        let end = |n| {
            act(store, &ctx(n), move |tx, ctx| {
                tx.record(Entry::new("comment.resolved"));
                Ok((
                    comments::resolve(tx, comment.id, ctx.now, "c")?,
                    conditions::lift(tx, condition.id, ctx.now, "c")?,
                ))
            })
        };
        assert_eq!((end(4), end(5)), (Ok((true, true)), Ok((false, false))));
        assert_eq!(remarks()[0].resolved, Some((noon(), "c".to_owned())));
        assert_eq!(held(), []);
        let id = condition.id;
        assert_eq!(
            read(store, move |tx| conditions::find(tx, id)),
            Some(condition.clone())
        );
        for sql in ["delete from comments", "update conditions set words = ''"] {
            let done = act(store, &ctx(6), move |tx, _| {
                tx.record(Entry::new("test"));
                tx.execute(sql, &[]).map(drop)
            });
            assert!(done.is_err(), "{sql}");
        }
    });
}

/// S148: what was filled in is found by its version and by its template, and listed with what was
/// handed in.
pub(crate) fn a_filling_knows_its_template(kind: Kind) {
    with_store(kind, |store| {
        let versions = add(store, &["a", "b"]);
        let filling = Filling {
            version: versions[1].id,
            template: versions[0].id,
            hash: versions[0].hash,
            values: [("day".to_owned(), "2026-05-01".to_owned())].into(),
            filled_at: noon(),
            filled_by: "b".to_owned(),
        };
        let kept = filling.clone();
        act(store, &ctx(3), move |tx, _| {
            tx.record(Entry::new("content.filled"));
            fillings::add(tx, &kept)
        })
        .unwrap();
        let (version, template) = (filling.version, filling.template);
        assert_eq!(
            read(store, move |tx| fillings::find(tx, version)),
            Some(filling.clone())
        );
        assert_eq!(read(store, move |tx| fillings::find(tx, template)), None);
        assert_eq!(
            read(store, move |tx| fillings::list_of(tx, template)),
            [filling]
        );
        let listed = read(store, |tx| contents::list_submitted(tx, 10));
        assert_eq!((listed.len(), listed[0].latest.id), (1, version));
    });
}

/// A claim is kept with its approvals; the same words are proposed again only when it is over.
pub(crate) fn a_claim_is_approved_once_a_role_and_taken_back_once(kind: Kind) {
    with_store(kind, |store| {
        let day = |n| Date::constant(2026, 3, n);
        let claim = Claim {
            id: [5; 16].into(),
            text: "It heals.".to_owned(),
            evidence: "Register".to_owned(),
            expires_on: day(9),
            approvers: vec![Role::Legal],
            proposed_at: noon(),
            proposed_by: "a".to_owned(),
            approvals: Vec::new(),
            withdrawn_at: None,
        };
        let add = |n: u64, id: u8, today| {
            let claim = Claim {
                id: [id; 16].into(),
                ..claim.clone()
            };
            act(store, &ctx(n), move |tx, _| {
                tx.record(Entry::new("claim.proposed"));
                claims::add(tx, &claim, "it heals", today)
            })
        };
        assert_eq!(add(2, 5, day(2)), Ok(true));
        assert_eq!(add(3, 6, day(2)), Ok(false));
        let approve = |n: u64| {
            act(store, &ctx(n), move |tx, ctx| {
                tx.record(Entry::new("claim.approved"));
                claims::approve(tx, [5; 16].into(), Role::Legal, ctx.now, "b")
            })
        };
        assert_eq!((approve(4), approve(5)), (Ok(true), Ok(false)));
        let approved = Claim {
            approvals: vec![(Role::Legal, "b".to_owned(), noon())],
            ..claim.clone()
        };
        let current = |n| read(store, move |tx| claims::list_current(tx, day(n)));
        assert_eq!(current(9), [("it heals".to_owned(), approved.clone())]);
        assert_eq!(current(10), []);
        assert_eq!(read(store, |tx| claims::list(tx, 10)), [approved]);
        let withdraw = |n: u64| {
            act(store, &ctx(n), move |tx, ctx| {
                tx.record(Entry::new("claim.withdrawn"));
                claims::withdraw(tx, [5; 16].into(), ctx.now, "b")
            })
        };
        assert_eq!((withdraw(6), withdraw(7)), (Ok(true), Ok(false)));
        assert_eq!(current(2), []);
        assert_eq!(add(8, 6, day(2)), Ok(true));
        let found = read(store, |tx| claims::find(tx, [5; 16].into())).unwrap();
        assert_eq!(found.withdrawn_at, Some(noon()));
    });
}

fn operator(login: &str, n: u8) -> Operator {
    Operator {
        id: [n; 16].into(),
        login: login.to_owned(),
        name: login.to_owned(),
        password_hash: "x".to_owned(),
        created_at: noon(),
        disabled_at: None,
    }
}
