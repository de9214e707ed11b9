//! The content classes of the rule packs that an e-mail or a text message can carry.

use serde::{Deserialize, Serialize};

use crate::preference::Topic;
use crate::review::Tier;

/// What kind of content a message carries; the codes are those of the rule packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentClass {
    /// Opening hours, locations, closures.
    Operational,
    /// An appointment is coming up.
    Reminder,
    /// Arranging an appointment.
    Scheduling,
    /// A bill or a statement.
    Billing,
    /// Good wishes that promote nothing.
    Greeting,
    /// General health information.
    Education,
    /// A check or vaccination that is generally recommended.
    PreventiveRecommendation,
    /// Managing a known condition.
    CareManagement,
    /// A public programme that the reader may be entitled to.
    ProgramInformation,
    /// A class, talk or open day.
    Event,
    /// How the reader found the service.
    Survey,
    /// Asking for a public review.
    ReviewRequest,
    /// A neutral announcement of an own service.
    OwnServiceInformation,
    /// What a health plan covers.
    PlanBenefit,
    /// Promoting an own health-related product or service.
    OwnHealthProductPromo,
    /// Promoting an own cosmetic service.
    CosmeticOwnServicePromo,
    /// Promoting somebody else's product.
    ThirdPartyProduct,
    /// Promoting something that has nothing to do with health.
    NonHealthProduct,
    /// Asking for donations.
    Fundraising,
    /// An alternative to the reader's treatment.
    TreatmentAlternative,
    /// A notice about the reader's own care.
    ClinicalNotice,
    /// A claim about what a treatment achieves.
    ClinicalClaim,
}

/// What the layout puts under the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footer {
    /// Unsubscribe link, preference link and postal address.
    Commercial,
    /// Preference link and postal address.
    Relationship,
}

impl ContentClass {
    /// Every class, in the order shown to people: by tier.
    pub const ALL: [Self; 22] = [
        Self::Operational,
        Self::Reminder,
        Self::Scheduling,
        Self::Billing,
        Self::Greeting,
        Self::Education,
        Self::PreventiveRecommendation,
        Self::CareManagement,
        Self::ProgramInformation,
        Self::Event,
        Self::Survey,
        Self::ReviewRequest,
        Self::OwnServiceInformation,
        Self::PlanBenefit,
        Self::OwnHealthProductPromo,
        Self::CosmeticOwnServicePromo,
        Self::ThirdPartyProduct,
        Self::NonHealthProduct,
        Self::Fundraising,
        Self::TreatmentAlternative,
        Self::ClinicalNotice,
        Self::ClinicalClaim,
    ];

    /// The code in rule packs, the store and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The words shown to people.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.row().1
    }

    /// The class of this code.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == code)
    }

    /// How it is reviewed. It follows from the class; nobody can pick a lower one.
    #[must_use]
    pub fn tier(self) -> Tier {
        self.row().2
    }

    /// What the layout adds.
    #[must_use]
    pub fn footer(self) -> Footer {
        self.row().3
    }

    /// The purposes that content of this class may serve, the usual one first.
    #[must_use]
    pub fn purposes(self) -> &'static [&'static str] {
        self.row().4
    }

    /// The topics under which it can be sent, the usual one first. Opt-outs of marketing do not
    /// reach care reminders, so promotion is never sent as one.
    #[must_use]
    pub fn topics(self) -> &'static [Topic] {
        self.row().5
    }

    /// The whole table. Purposes and topics are listed here so that promotion cannot be sent as
    /// treatment.
    #[rustfmt::skip] // A table.
    fn row(self) -> (&'static str, &'static str, Tier, Footer, &'static [&'static str], &'static [Topic]) {
        use Footer::{Commercial as C, Relationship as R};
        use Topic::{CareReminders, Events, HealthEducation, Services, Surveys};
        use Tier::{ClinicalClaims, Educational, Operational, Promotional};
        match self {
            Self::Operational              => ("operational",                "Hours, locations, closures",                Operational,    R, &["information"], &[CareReminders, Services]),
            Self::Reminder                 => ("reminder",                   "Appointment reminder",                      Operational,    R, &["appointment_reminder", "appointment_confirmation"], &[CareReminders]),
            Self::Scheduling               => ("scheduling",                 "Arranging an appointment",                  Operational,    R, &["booking"], &[CareReminders]),
            Self::Billing                  => ("billing",                    "Bill or statement",                         Operational,    R, &["billing"], &[CareReminders]),
            Self::Greeting                 => ("greeting",                   "Greeting that promotes nothing",            Operational,    C, &["greeting"], &[Services]),
            Self::Education                => ("education",                  "General health information",                Educational,    C, &["newsletter", "information"], &[HealthEducation]),
            Self::PreventiveRecommendation => ("preventive_recommendation",  "Recommended check or vaccination",          Educational,    C, &["preventive_campaign", "care_gap"], &[HealthEducation, CareReminders]),
            Self::CareManagement           => ("care_management",            "Managing a known condition",                Educational,    R, &["disease_management"], &[CareReminders]),
            Self::ProgramInformation       => ("program_information",        "Public programme",                          Educational,    C, &["government_program"], &[HealthEducation, Services]),
            Self::Event                    => ("event",                      "Class, talk or open day",                   Promotional,    C, &["promotion", "newsletter"], &[Events]),
            Self::Survey                   => ("survey",                     "Survey",                                    Promotional,    C, &["satisfaction_survey"], &[Surveys]),
            Self::ReviewRequest            => ("review_request",             "Asking for a review",                       Promotional,    C, &["review_request"], &[Surveys]),
            Self::OwnServiceInformation    => ("own_service_information",    "Neutral announcement of an own service",    Promotional,    C, &["own_service_announcement", "supply_notice", "newsletter"], &[Services, HealthEducation, Events]),
            Self::PlanBenefit              => ("plan_benefit",               "What a health plan covers",                 Promotional,    C, &["plan_benefit_notice"], &[Services]),
            Self::OwnHealthProductPromo    => ("own_health_product_promo",   "Promoting an own health service",           Promotional,    C, &["promotion", "newsletter"], &[Services, HealthEducation, Events]),
            Self::CosmeticOwnServicePromo  => ("cosmetic_own_service_promo", "Promoting an own cosmetic service",         Promotional,    C, &["promotion"], &[Services]),
            Self::ThirdPartyProduct        => ("third_party_product",        "Promoting somebody else's product",         Promotional,    C, &["promotion"], &[Services]),
            Self::NonHealthProduct         => ("non_health_product",         "Promoting something other than health",     Promotional,    C, &["promotion"], &[Services]),
            Self::Fundraising              => ("fundraising",                "Asking for donations",                      Promotional,    C, &["fundraising"], &[Topic::Fundraising]),
            Self::TreatmentAlternative     => ("treatment_alternative",      "Alternative to a treatment",                ClinicalClaims, C, &["treatment_recommendation"], &[CareReminders]),
            Self::ClinicalNotice           => ("clinical_notice",            "Notice about the reader's own care",        ClinicalClaims, R, &["care_plan", "care_gap"], &[CareReminders]),
            Self::ClinicalClaim            => ("clinical_claim",             "Claim about what a treatment achieves",     ClinicalClaims, C, &["promotion"], &[Services, HealthEducation]),
        }
    }
}
