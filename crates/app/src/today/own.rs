//! What an operator can go on with: texts that are not handed in, were sent back or ended, and
//! campaigns that are not launched.

use placet_domain::campaign::Progress;
use placet_domain::id::{CampaignId, ContentId};
use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::review::Standing;
use placet_domain::time::{Date, Timestamp};
use placet_store::{Tx, campaigns, contents};

use crate::approval::{self, Bench};
use crate::{ActError, campaign};

/// How many of the newest texts and campaigns are looked at: what is older is not begun work.
const LOOKED_AT: u32 = 30;
/// How many launched campaigns are shown.
const LAUNCHED: usize = 3;

/// Something begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// What it is called.
    pub name: String,
    /// What it is, and what it waits for.
    pub what: What,
    /// When it was last saved.
    pub since: Timestamp,
}

/// What is begun, and what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A text that was not handed in.
    Draft(ContentId),
    /// A text that a reviewer sent back.
    Returned(ContentId, Role),
    /// A text whose approval is over.
    Expired(ContentId, Date),
    /// A campaign that is not launched.
    Campaign(CampaignId),
}

/// The begun work of those who write and plan, the newest first. A read: it names no person.
///
/// # Errors
///
/// When the store fails.
pub fn begun(tx: &mut Tx, actor: &Actor, bench: &Bench) -> Result<Vec<Begun>, ActError> {
    let mut begun = Vec::new();
    if actor.may(Capability::WriteContent).is_ok() {
        for one in contents::list(tx, LOOKED_AT)? {
            let since = one.latest.created_at;
            let reviewed = approval::of_with(tx, bench, one.latest)?;
            let what = match reviewed.standing {
                Standing::Draft => What::Draft(one.id),
                Standing::Returned { by } => What::Returned(one.id, by),
                Standing::Expired { on } => What::Expired(one.id, on),
                Standing::InReview { .. } | Standing::Approved | Standing::Altered => continue,
            };
            let name = one.name;
            begun.push(Begun { name, what, since });
        }
    }
    if actor.may(Capability::EditCampaigns).is_ok() {
        for one in campaigns::list(tx, LOOKED_AT)? {
            if campaigns::find_launch(tx, one.id)?.is_none() {
                begun.push(Begun {
                    what: What::Campaign(one.id),
                    since: one.created_at,
                    name: one.brief.name,
                });
            }
        }
    }
    begun.sort_by_key(|one| std::cmp::Reverse(one.since));
    Ok(begun)
}

/// The campaigns last launched that have come to their end, the newest first.
///
/// # Errors
///
/// When the store fails.
pub fn finished(tx: &mut Tx) -> Result<Vec<campaign::Listed>, ActError> {
    let mut finished = Vec::new();
    for one in campaigns::list(tx, LOOKED_AT)? {
        if finished.len() == LAUNCHED {
            break;
        }
        let listed = campaign::summary(tx, one)?;
        if listed.progress == Progress::Finished {
            finished.push(listed);
        }
    }
    Ok(finished)
}
