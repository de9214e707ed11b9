//! The facts a rule may read: their names, types, and whether the act or the person holds them.
//!
//! To add a fact, add its row to [`CATALOGUE`] and fill it in `encode`.

mod encode;
mod symbols;

pub(crate) use encode::{Encoded, Encoder, Record, Slot, day_number};
pub(crate) use symbols::Symbols;

/// What a fact's value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// A number; days and hours too.
    Number,
    /// A code.
    Text,
    /// Several codes.
    Texts,
    /// Several instruments or preferences.
    Records,
}

/// Who holds a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The same for everyone an act concerns: folded once per plan.
    Act,
    /// Differs from person to person.
    Person,
}

/// One fact.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// Its name in conditions, in `missing` and in explanations.
    pub name: &'static str,
    /// What it is made of.
    pub ty: Type,
    /// Who holds it.
    pub scope: Scope,
}

use Scope::{Act, Person};
use Type::{Bool, Number, Records, Text, Texts};

const fn row(name: &'static str, ty: Type, scope: Scope) -> Fact {
    Fact { name, ty, scope }
}

/// Every fact. `attributes.*` are read from the wire by these names and no others.
#[rustfmt::skip] // A table.
pub const CATALOGUE: &[Fact] = &[
    row("policy_profile",              Text,    Act),
    row("actor",                       Text,    Act),
    row("purpose",                     Text,    Act),
    row("content_class",               Text,    Act),
    row("content_parts",               Texts,   Act),
    row("data_origin",                 Text,    Act),
    row("data_elements",               Texts,   Act),
    row("element_classes",             Texts,   Act),
    row("selection_criteria",          Texts,   Act),
    row("selection_classes",           Texts,   Act),
    row("channel",                     Text,    Act),
    row("recipient",                   Text,    Act),
    row("vendor.role",                 Text,    Act),
    row("vendor.baa",                  Bool,    Act),
    row("vendor.country",              Text,    Act),
    row("remuneration.kind",           Text,    Act),
    row("remuneration.payer",          Text,    Act),
    row("remuneration.amount_vs_cost", Text,    Act),
    row("subject_words",               Texts,   Act),
    row("subject.relationship",        Text,    Person),
    row("subject.age",                 Number,  Person),
    row("subject.residence",           Text,    Person),
    row("subject.country",             Text,    Person),
    row("subject.flags",               Texts,   Person),
    row("instruments",                 Records, Person),
    row("authorization_defects",       Texts,   Person),
    row("preferences",                 Records, Person),
    row("jurisdiction",                Texts,   Person),
    row("local_time.hour",             Number,  Person),
    row("local_time.weekday",          Number,  Person),
    row("local_time.day",              Number,  Person),
    row("frequency.last_24h",          Number,  Person),
    row("frequency.last_7d",           Number,  Person),

    // In the order of their names, for they are looked up.
    row("attributes.actor_role",                       Text,   Act),
    row("attributes.actual_knowledge",                 Bool,   Act),
    row("attributes.ages",                             Texts,  Act),
    row("attributes.ai_disclaimer",                    Bool,   Act),
    row("attributes.ai_generated",                     Bool,   Act),
    row("attributes.approvals",                        Texts,  Act),
    row("attributes.author_role",                      Text,   Act),
    row("attributes.bulk",                             Bool,   Act),
    row("attributes.cap_24h",                          Number, Act),
    row("attributes.cap_7d",                           Number, Act),
    row("attributes.cash_equivalent",                  Bool,   Act),
    row("attributes.cell_size",                        Number, Act),
    row("attributes.certified_ehr_user",               Bool,   Act),
    row("attributes.claim_substantiated",              Bool,   Act),
    row("attributes.claims_complete",                  Bool,   Act),
    row("attributes.clinician_reviewed",               Bool,   Act),
    row("attributes.compensated",                      Bool,   Act),
    row("attributes.connection_disclosed",             Bool,   Act),
    row("attributes.deidentified",                     Bool,   Act),
    row("attributes.exceptional_result",               Bool,   Act),
    row("attributes.exif_stripped",                    Bool,   Act),
    row("attributes.expert_determination_documented",  Bool,   Act),
    row("attributes.facility",                         Text,   Act),
    row("attributes.federal_beneficiary",              Bool,   Person),
    row("attributes.filtered_by_rating",               Bool,   Act),
    row("attributes.final_cut_approved",               Bool,   Act),
    row("attributes.format",                           Text,   Act),
    row("attributes.free_to_end_user",                 Bool,   Act),
    row("attributes.from_aligned",                     Bool,   Act),
    row("attributes.genai",                            Bool,   Act),
    row("attributes.gift_retail_usd",                  Number, Act),
    row("attributes.gift_year_total_usd",              Number, Person),
    row("attributes.human_approved",                   Bool,   Act),
    row("attributes.identifying_features",             Bool,   Act),
    row("attributes.incentive_usd",                    Number, Act),
    row("attributes.length",                           Number, Act),
    row("attributes.line_type",                        Text,   Person),
    row("attributes.list_unsubscribe_post",            Bool,   Act),
    row("attributes.max_age",                          Number, Act),
    row("attributes.min_cell",                         Number, Act),
    row("attributes.minutes_since_stop",               Number, Person),
    row("attributes.names_payer",                      Bool,   Act),
    row("attributes.names_provider",                   Bool,   Act),
    row("attributes.notice_pt",                        Number, Act),
    row("attributes.npp_fundraising_statement",        Bool,   Act),
    row("attributes.number_source",                    Text,   Person),
    row("attributes.oneclick_redirect",                Bool,   Act),
    row("attributes.optout_in_message",                Bool,   Act),
    row("attributes.optout_mechanism",                 Bool,   Act),
    row("attributes.optout_requires_login",            Bool,   Act),
    row("attributes.optout_valid_days",                Number, Act),
    row("attributes.own_facility",                     Bool,   Act),
    row("attributes.patient_agreed",                   Bool,   Person),
    row("attributes.postal_address",                   Bool,   Act),
    row("attributes.prior_optout_offered",             Bool,   Person),
    row("attributes.promo",                            Bool,   Act),
    row("attributes.radius_ft",                        Number, Act),
    row("attributes.recording_notice",                 Bool,   Act),
    row("attributes.records",                          Number, Act),
    row("attributes.rnd_disconnected_after_consent",   Bool,   Person),
    row("attributes.role_needs_elements",              Bool,   Act),
    row("attributes.rx_lapsed_days",                   Number, Person),
    row("attributes.sender_reveals_program",           Bool,   Act),
    row("attributes.sentiment_conditioned",            Bool,   Act),
    row("attributes.spam_rate",                        Number, Act),
    row("attributes.stop_instructions",                Bool,   Act),
    row("attributes.subcontractor_baa",                Bool,   Act),
    row("attributes.subject",                          Text,   Act),
    row("attributes.tollfree_optout",                  Bool,   Act),
    row("attributes.typicality_disclosure",            Bool,   Act),
    row("attributes.years_since_death",                Number, Person),
    row("attributes.zip3",                             Text,   Act),
    row("attributes.zip3_table",                       Text,   Act),
];

/// The fields of an instrument or a preference inside `exists`.
#[rustfmt::skip] // A table.
pub const RECORD_FIELDS: &[(&str, Type)] = &[
    ("kind",      Text),
    ("status",    Text),
    ("defects",   Texts),
    ("scope",     Text),
    ("channels",  Texts),
    ("topic",     Text),
    ("signer",    Text),
    ("age_days",  Number),
    ("signed_days", Number),
    ("states_sale",         Bool),
    ("states_remuneration", Bool),
];

/// The fact of this attribute, if a rule could read it.
#[must_use]
pub fn find_attribute(name: &str) -> Option<&'static Fact> {
    CATALOGUE
        .iter()
        .find(|fact| fact.name.strip_prefix("attributes.") == Some(name))
}

#[cfg(test)]
mod tests;
