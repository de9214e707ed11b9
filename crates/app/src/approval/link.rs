//! The signed link with which one reviewer does their part for one version, in one role (ADR 9).
//!
//! A token is `version ‖ operator (16) ‖ version (16) ‖ role ‖ issued at (4, seconds) ‖ MAC (32)`,
//! in base64url. The MAC also covers what the operator is at that moment: password, roles, address.
//! So a link ends by itself when one of them changes, and nothing secret is kept for it.
//!
//! Whoever holds a link may read that text. Whatever is said in the reviewer's name takes their
//! password as well ([`Opened::check`]).
//!
//! INVARIANT: a link opens one version while it waits for that role, and nothing else ever.
//! INVARIANT: nothing is told about why a link was refused.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use placet_domain::entry::Entry;
use placet_domain::id::{OperatorId, VersionId};
use placet_domain::operator::{Actor, Role};
use placet_domain::review::condition::Demand;
use placet_domain::review::{Standing, Verdict};
use placet_domain::time::Timestamp;
use placet_store::operators::{self, Operator};
use placet_store::{Keys, StoreError, Tx, contents, staff_mail};

use super::{Bench, Reviewed, comment, condition, judge};
use crate::operator::{password, throttle};
use crate::{ActError, Ctx};

/// How long a link works.
pub const DAYS: i64 = 14;

const PURPOSE: &str = "review";
const FORM: u8 = 1;
const SAID: usize = 1 + 16 + 16 + 1 + 4;

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewLink {
    /// Whose it is.
    pub operator: OperatorId,
    /// What it opens.
    pub version: VersionId,
    /// In which role.
    pub role: Role,
    /// When it was made; whole seconds.
    pub issued_at: Timestamp,
}

/// A link that opens something, and what it opens.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The link.
    pub link: ReviewLink,
    /// How its operator is called.
    pub name: String,
    /// How the text is called.
    pub content: String,
    /// The version and its review.
    pub reviewed: Reviewed,
    password_hash: String,
    must_wait: bool,
}

/// What a reviewer says by a link.
#[derive(Debug, Clone)]
pub enum Word {
    /// The verdict, and what it asks of later versions.
    Verdict(Verdict, String, Option<(Demand, String)>),
    /// A remark; the verdict stays to be given.
    Comment(comment::New),
}

impl Word {
    fn code(&self) -> &'static str {
        match self {
            Self::Verdict(verdict, ..) => verdict.as_str(),
            Self::Comment(_) => "comment",
        }
    }
}

/// The token of a link, for the address.
///
/// # Errors
///
/// When the store fails.
pub fn token(tx: &mut Tx, keys: &Keys, link: &ReviewLink) -> Result<String, ActError> {
    let operator = operators::find(tx, link.operator)?.ok_or(ActError::NotFound("operator"))?;
    let said = said(link);
    let mac = keys.sign_link(PURPOSE, &sealed(tx, &operator, &said)?);
    Ok(URL_SAFE_NO_PAD.encode([said.as_slice(), &mac].concat()))
}

fn said(link: &ReviewLink) -> Vec<u8> {
    let seconds = u32::try_from(link.issued_at.as_second()).unwrap_or(0);
    let role = Role::ALL.iter().position(|role| *role == link.role);
    let mut said = vec![FORM];
    said.extend_from_slice(link.operator.as_bytes());
    said.extend_from_slice(link.version.as_bytes());
    said.push(role.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX));
    said.extend_from_slice(&seconds.to_be_bytes());
    said
}

/// What is signed: what the link says, and what its operator is.
fn sealed(tx: &mut Tx, operator: &Operator, said: &[u8]) -> Result<Vec<u8>, StoreError> {
    let roles = operators::roles(tx, operator.id)?;
    let codes: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let mailbox = staff_mail::find_mailbox(tx, operator.id)?.unwrap_or_default();
    let is = [
        operator.password_hash.as_str(),
        &codes.join(" "),
        mailbox.confirmed().unwrap_or_default(),
    ];
    // No part holds a line break, so no two operators read alike.
    Ok([said, is.join("\n").as_bytes()].concat())
}

fn parse(said: &[u8]) -> Option<ReviewLink> {
    let (form, rest) = said.split_first()?;
    let (operator, rest) = rest.split_first_chunk::<16>()?;
    let (version, rest) = rest.split_first_chunk::<16>()?;
    let (role, seconds) = rest.split_first()?;
    let seconds = <[u8; 4]>::try_from(seconds).ok()?;
    (*form == FORM).then_some(())?;
    Some(ReviewLink {
        operator: OperatorId::from(*operator),
        version: VersionId::from(*version),
        role: *Role::ALL.get(usize::from(*role))?,
        issued_at: Timestamp::from_second(i64::from(u32::from_be_bytes(seconds))).ok()?,
    })
}

/// Opens a link. A read.
///
/// # Errors
///
/// [`ActError::NotFound`], whatever is wrong with it: forged, over its time, revoked, used, or of a
/// text that waits for it no more.
pub fn open(tx: &mut Tx, keys: &Keys, token: &str, now: Timestamp) -> Result<Opened, ActError> {
    const NONE: ActError = ActError::NotFound("link");
    if token.len() > 128 {
        return Err(NONE);
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| NONE)?;
    let (said, mac) = bytes.split_at_checked(SAID).ok_or(NONE)?;
    let link = parse(said).ok_or(NONE)?;
    let operator = operators::find(tx, link.operator)?.ok_or(NONE)?;
    let is_ours = keys.is_our_link(PURPOSE, &sealed(tx, &operator, said)?, mac);
    let age = now.duration_since(link.issued_at);
    let is_fresh =
        age >= -SignedDuration::from_mins(5) && age <= SignedDuration::from_hours(DAYS * 24);
    let holds = operators::roles(tx, operator.id)?.contains(&link.role);
    if !is_ours || !is_fresh || !holds || operator.disabled_at.is_some() {
        return Err(NONE);
    }
    let bench = Bench::read(tx, now)?;
    let reviewed = bench.find(tx, link.version).map_err(|_| NONE)?;
    let waits = match &reviewed.standing {
        Standing::InReview { waiting } => waiting.contains(&link.role),
        _ => false,
    };
    let newest = crate::content::latest(tx, reviewed.version.content)?.id;
    let spoke = reviewed.approvals.iter();
    let code = operator.id.to_string();
    if !waits || newest != link.version || spoke.into_iter().any(|one| one.given_by == code) {
        return Err(NONE);
    }
    let count = operators::find_throttle(tx, &count_of(keys, operator.id))?;
    Ok(Opened {
        link,
        content: contents::find_name(tx, reviewed.version.content)?.unwrap_or_default(),
        name: operator.name,
        password_hash: operator.password_hash,
        must_wait: count.is_some_and(|count| throttle::is_locked(count, now)),
        reviewed,
    })
}

impl Opened {
    /// Whoever acts by it: its operator, in its one role.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Operator {
            id: self.link.operator,
            roles: BTreeSet::from([self.link.role]),
        }
    }

    /// Whether too many wrong passwords were typed for now.
    #[must_use]
    pub fn must_wait(&self) -> bool {
        self.must_wait
    }

    /// Whether this is the operator's password. Slow on purpose.
    #[must_use]
    pub fn check(&self, typed: &str) -> bool {
        !self.must_wait && password::verify(typed, &self.password_hash)
    }
}

/// Says something in the reviewer's name, after [`Opened::check`]. The link is opened again here, so
/// that one that ended meanwhile, or was used by somebody faster, says nothing.
///
/// # Errors
///
/// [`ActError::NotFound`] as [`open`]; else as the acts themselves.
pub fn say(tx: &mut Tx, ctx: &Ctx, keys: &Keys, token: &str, word: &Word) -> Result<(), ActError> {
    let Opened { link, .. } = open(tx, keys, token, ctx.now)?;
    if ctx.actor.operator() != Some(link.operator) {
        return Err(ActError::NotFound("link"));
    }
    match word {
        Word::Verdict(verdict, note, asks) => {
            judge(tx, ctx, link.version, link.role, *verdict, note)?;
            if let (Some((demand, words)), Verdict::Approve) = (asks, verdict) {
                condition::set(tx, ctx, link.version, link.role, *demand, words)?;
            }
        }
        Word::Comment(new) => {
            comment::make(tx, ctx, link.version, new)?;
        }
    }
    operators::put_throttle(
        tx,
        &count_of(keys, link.operator),
        throttle::none(ctx.now),
        ctx.now,
        ctx.now - SignedDuration::from_hours(24),
    )?;
    tx.record(entry("review_link.used", &link).with("word", word.code()));
    Ok(())
}

/// Counts a wrong password typed on a link's page. It locks the links of that operator for a while
/// and nothing else: whoever found a link cannot lock its owner out of Placet.
///
/// # Errors
///
/// When the store fails.
pub fn note_wrong_password(
    tx: &mut Tx,
    ctx: &Ctx,
    keys: &Keys,
    link: &ReviewLink,
) -> Result<(), ActError> {
    let count = count_of(keys, link.operator);
    let next = throttle::after_failure(operators::find_throttle(tx, &count)?, ctx.now);
    let forget_before = ctx.now - SignedDuration::from_hours(24);
    operators::put_throttle(tx, &count, next, ctx.now, forget_before)?;
    tx.record(entry("review_link.password_refused", link).with("n_failures", next.n_failures));
    Ok(())
}

fn count_of(keys: &Keys, operator: OperatorId) -> Vec<u8> {
    keys.lookup_hash("review link", &operator.to_string())
}

fn entry(kind: &str, link: &ReviewLink) -> Entry {
    Entry::new(kind)
        .with("operator", link.operator)
        .with("version", link.version)
        .with("role", link.role.as_str())
        .with("issued_at", link.issued_at)
}
