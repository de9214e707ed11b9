//! Operators, their roles, and what each role may do.
//!
//! INVARIANT: [`Grant`] has no public constructor; holding one proves that an operator with a
//! fitting role, or the system itself, stands behind the transaction.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{OperatorId, TokenId};

/// What an operator is here for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Writes content, chooses audiences, launches campaigns.
    Marketing,
    /// Prevents and proves; approves; reads every receipt.
    Compliance,
    /// Approves what needs counsel.
    Legal,
    /// Approves clinical accuracy.
    Clinical,
    /// Connects systems, imports data, runs the machine.
    It,
    /// Raises funds.
    Foundation,
    /// Answers in public and at the desk.
    Responder,
    /// Calls people from call lists, one at a time, and sees nobody else.
    Caller,
    /// Reads the ledger, changes nothing.
    Auditor,
    /// Manages operators and settings.
    Administrator,
}

impl Role {
    /// Every role, in the order shown to people.
    pub const ALL: [Self; 10] = [
        Self::Marketing,
        Self::Compliance,
        Self::Legal,
        Self::Clinical,
        Self::It,
        Self::Foundation,
        Self::Responder,
        Self::Caller,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The code in the store, the API and the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Compliance => "compliance",
            Self::Legal => "legal",
            Self::Clinical => "clinical",
            Self::It => "it",
            Self::Foundation => "foundation",
            Self::Responder => "responder",
            Self::Caller => "caller",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The word shown to people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Marketing => "Marketing",
            Self::Compliance => "Compliance",
            Self::Legal => "Legal",
            Self::Clinical => "Clinical",
            Self::It => "IT",
            Self::Foundation => "Foundation",
            Self::Responder => "Responder",
            Self::Caller => "Caller",
            Self::Auditor => "Auditor",
            Self::Administrator => "Administrator",
        }
    }

    /// The role of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == code)
    }

    /// What this role may do: the whole table.
    #[must_use]
    pub fn capabilities(self) -> &'static [Capability] {
        use Capability as C;
        match self {
            Self::Marketing => &[
                C::ViewToday,
                C::ViewContent,
                C::WriteContent,
                C::CommentContent,
                C::ApproveContent,
                C::ViewAudiences,
                C::EditAudiences,
                C::ViewCampaigns,
                C::EditCampaigns,
                C::LaunchCampaigns,
                C::ViewData,
                C::EditFlows,
                C::ViewMeasures,
                C::RunMeasures,
                C::ConfirmCampaigns,
            ],
            Self::Compliance => &[
                C::ViewToday,
                C::ViewContent,
                C::CommentContent,
                C::ApproveContent,
                C::ViewAudiences,
                C::ViewSmallCells,
                C::ViewData,
                C::EditData,
                C::SignData,
                C::StopFlows,
                C::ViewCampaigns,
                C::ConfirmCampaigns,
                C::StopCampaigns,
                C::ApproveTriggers,
                C::ApproveJourneys,
                C::ResolveDeliveries,
                C::ViewMeasures,
                C::ViewPeople,
                C::RecordInstruments,
                C::TakeReports,
                C::ViewLedger,
                C::ViewSettings,
            ],
            Self::Legal => &[
                C::ViewToday,
                C::ViewData,
                C::ViewContent,
                C::CommentContent,
                C::ApproveContent,
                C::ViewCampaigns,
                C::ApproveJourneys,
                C::ViewLedger,
            ],
            Self::Clinical => &[
                C::ViewToday,
                C::ViewContent,
                C::CommentContent,
                C::ApproveContent,
                C::ViewCampaigns,
                C::ApproveJourneys,
            ],
            Self::It => &[
                C::ViewToday,
                C::ImportPeople,
                C::ViewData,
                C::EditData,
                C::EditFlows,
                C::StopFlows,
                C::ViewCampaigns,
                C::StopCampaigns,
                C::TakeReports,
                C::ViewSettings,
                C::EditSettings,
            ],
            Self::Foundation => &[
                C::ViewToday,
                C::ViewContent,
                C::WriteContent,
                C::CommentContent,
                C::ViewAudiences,
                C::ViewCampaigns,
                C::ViewMeasures,
                C::RunMeasures,
            ],
            Self::Responder => &[
                C::ViewToday,
                C::PrintPieces,
                C::MakeCalls,
                C::ViewPeople,
                C::RecordInstruments,
            ],
            Self::Caller => &[C::ViewToday, C::MakeCalls],
            Self::Auditor => &[
                C::ViewToday,
                C::ViewData,
                C::ViewContent,
                C::ViewCampaigns,
                C::ViewMeasures,
                C::ViewLedger,
                C::ViewSettings,
            ],
            Self::Administrator => &[
                C::ViewToday,
                C::ViewSettings,
                C::EditSettings,
                C::ManageOperators,
            ],
        }
    }
}

/// One thing that an operator can be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Open the Today page.
    ViewToday,
    /// Read content and its reviews.
    ViewContent,
    /// Draft, edit and submit content.
    WriteContent,
    /// Remark on words of a content, and settle remarks.
    CommentContent,
    /// Give a verdict on content, in one's own role.
    ApproveContent,
    /// Read audiences and their waterfall.
    ViewAudiences,
    /// Make and change audiences.
    EditAudiences,
    /// See counts under the small-cell threshold.
    ViewSmallCells,
    /// Read campaigns and their deliveries.
    ViewCampaigns,
    /// Make and change campaigns.
    EditCampaigns,
    /// Launch a campaign.
    LaunchCampaigns,
    /// Agree, as a second person, to a size that nobody expected.
    ConfirmCampaigns,
    /// Stop and resume a campaign, a trigger or a journey.
    StopCampaigns,
    /// Approve a trigger, so that it may fire.
    ApproveTriggers,
    /// Say, in one's own role, whether a journey may run.
    ApproveJourneys,
    /// Settle deliveries whose fate is unknown.
    ResolveDeliveries,
    /// Take the files of print batches, hand them to the printer, record what came back.
    PrintPieces,
    /// Open people of a call list one at a time, and say what came of each call.
    MakeCalls,
    /// Read data sets of counts and money, and what was measured on them.
    ViewMeasures,
    /// Bring such data in and measure on it.
    RunMeasures,
    /// Find people and read what is held.
    ViewPeople,
    /// Bring people in from other systems.
    ImportPeople,
    /// Record authorizations, consents, revocations and preferences.
    RecordInstruments,
    /// Hand in bounces, complaints and replies.
    TakeReports,
    /// Read the data catalogue, try the detector.
    ViewData,
    /// Declare sources, classify their elements, check tables.
    EditData,
    /// Sign classifications and checks, keep expert determinations.
    SignData,
    /// Declare flows of data and agree to them for one's own side.
    EditFlows,
    /// Stop a flow of data.
    StopFlows,
    /// Read the ledger and its proofs.
    ViewLedger,
    /// Read settings.
    ViewSettings,
    /// Change settings.
    EditSettings,
    /// Add, change and disable operators.
    ManageOperators,
}

impl Capability {
    /// Every capability, in the order shown to people.
    pub const ALL: [Self; 33] = [
        Self::ViewToday,
        Self::ViewContent,
        Self::WriteContent,
        Self::CommentContent,
        Self::ApproveContent,
        Self::ViewAudiences,
        Self::EditAudiences,
        Self::ViewSmallCells,
        Self::ViewCampaigns,
        Self::EditCampaigns,
        Self::LaunchCampaigns,
        Self::ConfirmCampaigns,
        Self::StopCampaigns,
        Self::ApproveTriggers,
        Self::ApproveJourneys,
        Self::ResolveDeliveries,
        Self::PrintPieces,
        Self::MakeCalls,
        Self::ViewMeasures,
        Self::RunMeasures,
        Self::ViewPeople,
        Self::ImportPeople,
        Self::RecordInstruments,
        Self::TakeReports,
        Self::ViewData,
        Self::EditData,
        Self::SignData,
        Self::EditFlows,
        Self::StopFlows,
        Self::ViewLedger,
        Self::ViewSettings,
        Self::EditSettings,
        Self::ManageOperators,
    ];

    /// The capability of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|capability| capability.as_str() == code)
    }

    /// What it lets one do, in words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::ViewToday => "Open Today",
            Self::ViewContent => "Read content and its reviews",
            Self::WriteContent => "Write and submit content",
            Self::CommentContent => "Comment on content",
            Self::ApproveContent => "Give a verdict on content",
            Self::ViewAudiences => "Read audiences",
            Self::EditAudiences => "Make and change audiences",
            Self::ViewSmallCells => "See groups smaller than 11",
            Self::ViewCampaigns => "Read campaigns",
            Self::EditCampaigns => "Make and change campaigns",
            Self::LaunchCampaigns => "Launch campaigns",
            Self::ConfirmCampaigns => "Agree to the size of a campaign",
            Self::StopCampaigns => "Stop and resume campaigns, triggers and journeys",
            Self::ApproveTriggers => "Approve triggers",
            Self::ApproveJourneys => "Say whether a journey may run",
            Self::ResolveDeliveries => "Settle unknown deliveries",
            Self::MakeCalls => "Call people from call lists, one at a time",
            Self::PrintPieces => "Take print files, hand them over, record what came back",
            Self::ViewMeasures => "Read measurements",
            Self::RunMeasures => "Upload sums and measure on them",
            Self::ViewPeople => "Find people and read what is held",
            Self::ImportPeople => "Import people",
            Self::RecordInstruments => "Record permissions and refusals",
            Self::TakeReports => "Hand in bounces, complaints and replies",
            Self::ViewData => "Read the data catalogue and try the detector",
            Self::EditData => "Classify data and check tables",
            Self::SignData => "Sign classifications, checks and determinations",
            Self::EditFlows => "Declare flows of data and agree to them",
            Self::StopFlows => "Stop a flow of data",
            Self::ViewLedger => "Read the ledger",
            Self::ViewSettings => "Read settings",
            Self::EditSettings => "Change settings",
            Self::ManageOperators => "Manage operators and tokens",
        }
    }

    /// The code used in token scopes and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ViewToday => "view_today",
            Self::ViewContent => "view_content",
            Self::WriteContent => "write_content",
            Self::CommentContent => "comment_content",
            Self::ApproveContent => "approve_content",
            Self::ViewAudiences => "view_audiences",
            Self::EditAudiences => "edit_audiences",
            Self::ViewSmallCells => "view_small_cells",
            Self::ViewCampaigns => "view_campaigns",
            Self::EditCampaigns => "edit_campaigns",
            Self::LaunchCampaigns => "launch_campaigns",
            Self::ConfirmCampaigns => "confirm_campaigns",
            Self::StopCampaigns => "stop_campaigns",
            Self::ApproveTriggers => "approve_triggers",
            Self::ApproveJourneys => "approve_journeys",
            Self::ResolveDeliveries => "resolve_deliveries",
            Self::PrintPieces => "print_pieces",
            Self::MakeCalls => "make_calls",
            Self::ViewMeasures => "view_measures",
            Self::RunMeasures => "run_measures",
            Self::ViewPeople => "view_people",
            Self::ImportPeople => "import_people",
            Self::RecordInstruments => "record_instruments",
            Self::TakeReports => "take_reports",
            Self::ViewData => "view_data",
            Self::EditData => "edit_data",
            Self::SignData => "sign_data",
            Self::EditFlows => "edit_flows",
            Self::StopFlows => "stop_flows",
            Self::ViewLedger => "view_ledger",
            Self::ViewSettings => "view_settings",
            Self::EditSettings => "edit_settings",
            Self::ManageOperators => "manage_operators",
        }
    }
}

/// Who acts: an operator, the patient by a signed link, or the system itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in operator or a token acting for one.
    Operator {
        /// Who.
        id: OperatorId,
        /// Their roles at this moment.
        roles: BTreeSet<Role>,
    },
    /// A machine that acts for an operator: what both its scopes and their roles allow.
    Token {
        /// Which token.
        id: TokenId,
        /// For whom.
        operator: OperatorId,
        /// Their roles at this moment.
        roles: BTreeSet<Role>,
        /// What the token was made for.
        scopes: BTreeSet<Capability>,
    },
    /// The person themself, holding a signed link.
    Person,
    /// A worker, the command line or start-up; the word says which.
    System(&'static str),
}

/// An operator lacks the capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("your role may not `{}`", .0.as_str())]
pub struct Forbidden(pub Capability);

/// Leave to open a transaction, for one capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant(Option<Capability>);

impl Grant {
    /// The capability it was given for; none for the person themself and the system.
    #[must_use]
    pub fn capability(self) -> Option<Capability> {
        self.0
    }
}

impl Actor {
    /// Leave to act, if a role of this actor has the capability.
    ///
    /// The system holds every capability; a person holding a signed link holds none (the acts of
    /// the patient's page ask for [`Actor::may_for_self`]).
    ///
    /// # Errors
    ///
    /// [`Forbidden`] names the capability that is lacking.
    pub fn may(&self, capability: Capability) -> Result<Grant, Forbidden> {
        let held = match self {
            Self::System(_) => true,
            Self::Person => false,
            Self::Operator { roles, .. } => any_may(roles, capability),
            Self::Token { roles, scopes, .. } => {
                scopes.contains(&capability) && any_may(roles, capability)
            }
        };
        if held {
            Ok(Grant(Some(capability)))
        } else {
            Err(Forbidden(capability))
        }
    }

    /// Leave for the person to act on what is held of them.
    #[must_use]
    pub fn may_for_self(&self) -> Option<Grant> {
        matches!(self, Self::Person).then_some(Grant(None))
    }

    /// Leave for the system's own work; nobody else gets it.
    #[must_use]
    pub fn may_as_system(&self) -> Option<Grant> {
        matches!(self, Self::System(_)).then_some(Grant(None))
    }

    /// The operator behind the act, if there is one.
    #[must_use]
    pub fn operator(&self) -> Option<OperatorId> {
        match self {
            Self::Operator { id, .. } | Self::Token { operator: id, .. } => Some(*id),
            _ => None,
        }
    }

    /// A code for the ledger: the operator's id, `token:id`, `person`, or `system:word`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Operator { id, .. } => id.to_string(),
            Self::Token { id, .. } => format!("token:{id}"),
            Self::Person => "person".to_owned(),
            Self::System(word) => format!("system:{word}"),
        }
    }
}

fn any_may(roles: &BTreeSet<Role>, capability: Capability) -> bool {
    roles
        .iter()
        .any(|role| role.capabilities().contains(&capability))
}

#[cfg(test)]
mod tests;
