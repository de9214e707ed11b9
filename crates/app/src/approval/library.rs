//! The review of the library (S150): what is approved, until when, and the word that it still is
//! right. What nobody confirms is locked by the calendar alone.

use placet_domain::entry::Entry;
use placet_domain::id::VersionId;
use placet_domain::operator::Role;
use placet_domain::review::{Judging, Renewal, RenewalRefused, Standing, may_renew};
use placet_domain::time::Date;
use placet_store::contents::Listed;
use placet_store::{Tx, contents, reviews};

use super::{Bench, Reviewed, of_with, roles_of};
use crate::content::author;
use crate::{ActError, Ctx};

/// How many submissions are looked at.
const LOOKED_AT: u32 = 1_000;

/// An approved version, or one whose approval is over.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The content and its version.
    pub content: Listed,
    /// Its review.
    pub reviewed: Reviewed,
    /// The last day of its approval.
    pub until: Date,
}

impl Kept {
    /// Whether it is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self.reviewed.standing, Standing::Expired { .. })
    }
}

/// Everything that was approved and is the newest version of its content, what ends first first.
/// A read.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, bench: &Bench) -> Result<Vec<Kept>, ActError> {
    let mut found = Vec::new();
    for content in contents::list_submitted(tx, LOOKED_AT)? {
        let reviewed = of_with(tx, bench, content.latest.clone())?;
        // A filling ends with its template, which stands here itself.
        if reviewed.template.is_some() {
            continue;
        }
        let until = match (&reviewed.standing, reviewed.valid_until) {
            (Standing::Expired { on }, _) => *on,
            (Standing::Approved, Some(on)) => on,
            _ => continue,
        };
        found.push(Kept {
            content,
            reviewed,
            until,
        });
    }
    found.sort_by_key(|kept| kept.until);
    Ok(found)
}

/// Says in one of the actor's roles that an approved version still is right: its approval holds
/// anew once every required role has said so.
///
/// # Errors
///
/// Refused for own work, a role that is lacking or not asked for, and what was never approved.
pub fn renew(tx: &mut Tx, ctx: &Ctx, id: VersionId, role: Role) -> Result<Standing, ActError> {
    let bench = Bench::read(tx, ctx.now)?;
    let reviewed = bench.find(tx, id)?;
    if reviewed.standing == Standing::Altered {
        return Err(super::altered(&reviewed));
    }
    let authors = contents::list_authors(tx, reviewed.version.content, reviewed.version.number)?;
    let reviewer = author(&ctx.actor);
    let judging = Judging {
        case: reviewed.case(&bench),
        authors: &authors,
        reviewer: &reviewer,
        roles: roles_of(&ctx.actor),
    };
    may_renew(&judging, role).map_err(refused)?;
    let renewal = Renewal {
        id: ctx.new_id(),
        version: id,
        role,
        hash: judging.case.hash,
        given_at: ctx.now,
        given_by: reviewer.clone(),
    };
    reviews::renew(tx, &renewal)?;
    tx.record(
        Entry::new("content.confirmed")
            .with("content", reviewed.version.content)
            .with("version", id)
            .with("renewal", renewal.id)
            .with("role", role.as_str())
            .with("content_hash", renewal.hash),
    );
    Ok(bench.find(tx, id)?.standing)
}

fn refused(why: RenewalRefused) -> ActError {
    let code = match why {
        RenewalRefused::NotApproved => "renewal.not_approved",
        RenewalRefused::OwnWork => "renewal.own_work",
        RenewalRefused::RoleNotHeld(_) => "renewal.role_not_held",
        RenewalRefused::RoleNotAsked(_) => "renewal.role_not_asked",
        RenewalRefused::OtherRole(_) => "renewal.other_role",
    };
    ActError::refused(code, why.to_string())
}
