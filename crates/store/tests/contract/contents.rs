//! Contents, versions, submissions and verdicts.

use placet_domain::channel::Channel;
use placet_domain::content::finding;
use placet_domain::content::{ContentClass, Draft, Version};
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{ContentId, RawId, VersionId};
use placet_domain::operator::Role;
use placet_domain::preference::Topic;
use placet_domain::review::{Approval, Submission, Tier, Verdict};
use placet_store::{Store, StoreError, contents, reviews};
use placet_testing::{ctx, ctx_at, noon, noon_plus};

use super::harness::{Kind, act, read, with_store};

pub(crate) fn draft(subject: &str) -> Draft {
    Draft {
        class: ContentClass::OwnHealthProductPromo,
        topic: Topic::Services,
        channel: Channel::Email,
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
        for sql in [
            "update content_versions set body = 'other'",
            "delete from content_versions",
            "update approvals set verdict = 'approve'",
            "delete from approvals",
            "update submissions set tier = 'operational'",
            "delete from submissions",
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
    });
}
