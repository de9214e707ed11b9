//! The one gate: may this message go to this person, now?
//!
//! [`Gate::new`] folds what is the same for everyone; [`gather`] reads what is held of one
//! person, [`gather_of`] and [`gather_between`] of many; [`Gate::ask`] decides;
//! [`Asked::record`] leaves decision and entry in the transaction; [`decide_delivery`] does the
//! last two for one delivery and is the only place that makes a [`Permit`].
//!
//! INVARIANT: nothing is sent on a decision that was not recorded in the same transaction.

pub mod facts;
mod gather;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::tz::Offset;
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Footer, Format};
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, DecisionId, DeliveryId, PersonId};
use placet_domain::person::Origin;
use placet_domain::preference::Topic;
use placet_domain::settings::{Callers, Printer, Settings, Strictness, VendorRole};
use placet_domain::time::Timestamp;
use placet_ledger::to_hex;
use placet_policy as policy;
use placet_policy::{Decision, Engine, Outcome, Plan, Profile, Value};
use placet_store::decisions::{self, Decided};
use placet_store::{StoreError, Tx};
use serde::Serialize;

use crate::permit::{Permit, Permitted};
use crate::{ActError, Ctx};

pub use facts::Held;
pub use gather::{Found, gather, gather_between, gather_of};

/// A message, as far as the rules care.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The way it travels.
    pub channel: Channel,
    /// What it is made of; of post, what shows outside.
    pub format: Format,
    /// What consents and opt-outs call it.
    pub topic: Topic,
    /// What kind of content it carries.
    pub class: ContentClass,
    /// Why it is sent; one of the purposes of its class.
    pub purpose: String,
    /// The data elements it carries, by their code in the catalogue.
    pub elements: BTreeSet<String>,
    /// The data elements by which its audience is chosen.
    pub selection: BTreeSet<String>,
    /// Who pays for it.
    pub remuneration: policy::Remuneration,
}

/// The gate, set for one message at one moment.
#[derive(Debug, Clone)]
pub struct Gate {
    engine: Engine,
    message: Message,
    /// The information it uses, as authorizations name it.
    uses: Vec<String>,
    profile: Profile,
    /// By origin; folded when the first address of that origin is asked about.
    plans: BTreeMap<&'static str, (policy::Act, OnceLock<Plan>)>,
    at: Timestamp,
}

/// A question and its answer.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What was asked: the act and the person, in the engine's words.
    pub inputs: policy::Inputs,
    /// What the engine answered.
    pub decision: Decision,
    /// When.
    pub at: Timestamp,
    /// The hash of the rules that answered.
    pub rules: [u8; 32],
}

/// The gate's answer for one delivery.
#[derive(Debug)]
pub enum Verdict {
    /// Leave to send.
    Permitted(Permit),
    /// Not now; ask again at this instant.
    NotBefore(Timestamp),
    /// No; the decision says why.
    Refused(DecisionId),
}

/// The profile that a setting stands for.
#[must_use]
pub fn profile(strictness: Strictness) -> Profile {
    match strictness {
        Strictness::Conservative => Profile::Conservative,
        Strictness::RegulatoryFloor => Profile::RegulatoryFloor,
    }
}

impl Gate {
    /// Folds what does not depend on the person: once per message and moment.
    #[must_use]
    pub fn new(engine: &Engine, settings: &Settings, message: Message, at: Timestamp) -> Self {
        let profile = profile(settings.strictness);
        let origins = Origin::ALL.iter().map(|origin| origin_code(*origin));
        let plans = origins
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|origin| (origin, (act(settings, &message, origin), OnceLock::new())))
            .collect();
        Self {
            engine: engine.clone(),
            uses: uses(engine, &message),
            message,
            profile,
            plans,
            at,
        }
    }

    fn plan(&self, origin: &str) -> Option<(&policy::Act, &Plan)> {
        let (act, plan) = self.plans.get(origin)?;
        let fold = || self.engine.plan(act, self.profile, self.at);
        Some((act, plan.get_or_init(fold)))
    }

    /// The rules it asks.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The plan for each origin of an address, in the engine's words.
    pub(crate) fn plans(&self) -> impl Iterator<Item = (&'static str, &Plan)> {
        let origins = self.plans.keys();
        origins.filter_map(|origin| Some((*origin, self.plan(origin)?.1)))
    }

    /// The engine's view of a person for this message.
    #[must_use]
    pub fn person(&self, held: &Held) -> policy::Person {
        let uses: Vec<&str> = self.uses.iter().map(String::as_str).collect();
        let Message { channel, topic, .. } = self.message;
        facts::person(held, channel, topic, &uses, self.at)
    }

    /// The message it is set for.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The moment it is set for.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Decides for one person; none when the person has no address on this channel.
    #[must_use]
    pub fn ask(&self, held: &Held) -> Option<Asked> {
        let origin = origin_code(held.contact_point.as_ref()?.origin);
        let (act, plan) = self.plan(origin)?;
        let person = self.person(held);
        let decision = plan.decide(&person);
        let inputs = policy::Inputs {
            act: act.clone(),
            person,
        };
        Some(Asked {
            inputs,
            decision,
            at: self.at,
            rules: crate::rules::hash(&self.engine),
        })
    }

    /// The decision alone, for counting: the same answer as [`Gate::ask`] without keeping the
    /// question, but for the hour. Who plans a text in the evening plans it for those who get it
    /// in the morning; the hour is asked when it is sent.
    #[must_use]
    pub fn decide(&self, held: &Held) -> Option<Decision> {
        let origin = origin_code(held.contact_point.as_ref()?.origin);
        let (_, plan) = self.plan(origin)?;
        let mut person = self.person(held);
        if let Some(local) = &mut person.local_time {
            local.offset = self.counted_at(local.offset);
        }
        Some(plan.decide(&person))
    }

    /// By which offset somebody's clock is read while counting: at noon for what rings a phone.
    pub(crate) fn counted_at(&self, offset: Offset) -> Offset {
        if !matches!(self.message.channel, Channel::Sms | Channel::VoiceLive) {
            return offset;
        }
        let second = self.at.as_second().rem_euclid(86_400);
        let to_noon = i32::try_from(43_200 - second).unwrap_or(0);
        Offset::from_seconds(to_noon).unwrap_or(offset)
    }
}

/// The information that a message uses, as authorizations name it.
fn uses(engine: &Engine, message: &Message) -> Vec<String> {
    let elements = engine.elements();
    let class = |code: &String| {
        let listed = elements.iter().find(|element| element.code == *code);
        // What nobody listed counts as clinical, as it does in the packs.
        listed.map_or("clinical", |element| element.class.as_str())
    };
    let codes = message.elements.iter().chain(&message.selection);
    let uses: BTreeSet<String> = codes
        .filter_map(|code| facts::information(class(code)).map(str::to_owned))
        .collect();
    uses.into_iter().collect()
}

/// Where the data comes from, in the engine's words.
pub(crate) fn origin_code(origin: Origin) -> &'static str {
    match origin {
        Origin::Care => "ehr",
        Origin::Form | Origin::Gift | Origin::Person => "lead_form",
        Origin::List => "purchased_list",
    }
}

fn act(settings: &Settings, message: &Message, origin: &str) -> policy::Act {
    let actor = settings
        .organization
        .as_ref()
        .map_or("", |organization| organization.actor.as_str());
    policy::Act {
        actor: actor.to_owned(),
        purpose: message.purpose.clone(),
        content_class: message.class.as_str().to_owned(),
        content: None,
        data_origin: Some(origin.to_owned()),
        data_elements: message.elements.iter().cloned().collect(),
        selection_criteria: message.selection.iter().cloned().collect(),
        channel: message.channel.as_str().to_owned(),
        recipient: "individual".to_owned(),
        vendor: vendor(settings, message.channel),
        remuneration: message.remuneration.clone(),
        attributes: attributes(settings, message),
    }
}

fn vendor(settings: &Settings, channel: Channel) -> policy::Vendor {
    match &settings.carrier {
        _ if channel == Channel::Sms => {
            let carrier = settings.texts.as_ref();
            policy::Vendor {
                role: "sms_gateway".to_owned(),
                baa: carrier.map(|it| it.is_baa_on_file),
                country: carrier.map(|it| it.country.clone()),
            }
        }
        _ if channel == Channel::Postal => match &settings.print {
            Some(shop) if shop.role == Printer::None => policy::Vendor::default(),
            shop => policy::Vendor {
                role: "mail_house".to_owned(),
                baa: shop.as_ref().map(|it| it.is_baa_on_file),
                country: shop.as_ref().map(|it| it.country.clone()),
            },
        },
        _ if channel == Channel::VoiceLive => match &settings.calls {
            Some(desk) if desk.role == Callers::None => policy::Vendor::default(),
            desk => policy::Vendor {
                role: "call_center".to_owned(),
                baa: desk.as_ref().map(|it| it.is_baa_on_file),
                country: desk.as_ref().map(|it| it.country.clone()),
            },
        },
        Some(carrier) if carrier.role == VendorRole::EmailService => policy::Vendor {
            role: "email_service".to_owned(),
            baa: Some(carrier.is_baa_on_file),
            country: Some(carrier.country.clone()),
        },
        Some(_) => policy::Vendor::default(),
        // Nobody said who carries it: the contract is unknown, and unknown is not yes.
        None => policy::Vendor {
            role: "email_service".to_owned(),
            baa: None,
            country: None,
        },
    }
}

/// What every mail of ours carries by construction (`placet-deliver`), what the layout and the frame of
/// a text (`domain/content/text.rs`) and of a call add, and what stands on each printed piece (`print/pdf`).
fn attributes(settings: &Settings, message: &Message) -> policy::Attributes {
    let has_address = settings
        .organization
        .as_ref()
        .is_some_and(|it| !it.postal_address.trim().is_empty());
    let mut found = policy::Attributes::new();
    // Care is counted, and never held back by a cap; what is care follows from the reviewed content.
    if message.topic != Topic::CareReminders {
        let caps = settings.caps;
        found.insert("cap_24h".to_owned(), Value::Number(caps.per_day.into()));
        found.insert("cap_7d".to_owned(), Value::Number(caps.per_week.into()));
    }
    if message.channel == Channel::Sms {
        for name in ["names_provider", "optout_mechanism", "stop_instructions"] {
            found.insert(name.to_owned(), Value::Bool(true));
        }
        // Ordinary texts cost the reader, so nothing here leans on the exemption for free ones.
        found.insert("free_to_end_user".to_owned(), Value::Bool(false));
    }
    if message.channel == Channel::VoiceLive {
        // The frame of every script says both (`domain/content/script.rs`).
        for name in ["names_provider", "optout_mechanism"] {
            found.insert(name.to_owned(), Value::Bool(true));
        }
    }
    if let Some(outside) = message.format.outside() {
        found.insert("format".to_owned(), Value::Text(outside.to_owned()));
        // Every piece names the number at which one asks for no more.
        let has_phone = settings.print.is_some();
        found.insert("tollfree_optout".to_owned(), Value::Bool(has_phone));
        found.insert("optout_mechanism".to_owned(), Value::Bool(has_phone));
        found.insert("postal_address".to_owned(), Value::Bool(has_address));
    }
    if message.channel == Channel::Email {
        let is_commercial = message.class.footer() == Footer::Commercial;
        for (name, holds) in [
            ("bulk", true),
            ("from_aligned", true),
            ("list_unsubscribe_post", true),
            ("oneclick_redirect", false),
            ("optout_in_message", is_commercial),
            ("optout_mechanism", true),
            ("optout_requires_login", false),
            ("postal_address", has_address),
        ] {
            found.insert(name.to_owned(), Value::Bool(holds));
        }
    }
    found
}

/// What is sealed: enough to decide it again, years later.
#[derive(Serialize)]
struct Question<'a> {
    at: String,
    rules: String,
    inputs: &'a policy::Inputs,
}

impl Asked {
    /// Question and answer as they are kept: enough to decide again, years later.
    pub(crate) fn body(&self) -> Result<decisions::Body, StoreError> {
        let question = Question {
            at: self.at.to_string(),
            rules: to_hex(&self.rules),
            inputs: &self.inputs,
        };
        let json = |_| StoreError::Defect;
        Ok(decisions::Body {
            question: serde_json::to_vec(&question).map_err(json)?,
            answer: serde_json::to_vec(&self.decision).map_err(json)?,
        })
    }

    /// Keeps question and answer under the person's key, with an entry that names the hash.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn record(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        person: PersonId,
        of: Option<(CampaignId, DeliveryId)>,
    ) -> Result<DecisionId, StoreError> {
        let decided = Decided {
            id: ctx.new_id(),
            person,
            campaign: of.map(|(campaign, _)| campaign),
            delivery: of.map(|(_, delivery)| delivery),
            decided_at: self.at,
            outcome: self.decision.outcome.as_str().to_owned(),
            category: self.decision.category.clone(),
            pack: format!("{} {}", self.decision.pack.id, self.decision.pack.version),
            profile: self.decision.profile.as_str().to_owned(),
        };
        let decisions::Body { question, answer } = self.body()?;
        let added = decisions::add(tx, &decided, &question, &answer)?;
        if let Some(hash) = added.new_answer {
            tx.record(Entry::new("decision.answer_kept").with("answer_hash", to_hex(&hash)));
        }
        let mut entry = Entry::new("decision.made")
            .about(person)
            .with("decision", decided.id)
            .with("decided_at", decided.decided_at)
            .with("outcome", &decided.outcome)
            .with("category", &decided.category)
            .with("pack", &decided.pack)
            .with("profile", &decided.profile)
            .with("body_hash", to_hex(&added.hash));
        if let Some((campaign, delivery)) = of {
            entry = entry.with("campaign", campaign).with("delivery", delivery);
        }
        tx.record(entry);
        Ok(decided.id)
    }
}

/// Decides one delivery on the facts of this moment and records the answer.
///
/// The caller holds the delivery's row and writes its new state in the same transaction.
///
/// # Errors
///
/// When the store fails, or the person has lost the address that the delivery was for.
pub fn decide_delivery(
    tx: &mut Tx,
    ctx: &Ctx,
    gate: &Gate,
    held: &Held,
    what: Permitted,
) -> Result<Verdict, ActError> {
    let is_same_address = held
        .contact_point
        .as_ref()
        .is_some_and(|point| point.id == what.contact_point);
    let Some(asked) = gate.ask(held).filter(|_| is_same_address) else {
        return Err(ActError::refused(
            "delivery.address_gone",
            "the address that this delivery was planned for is no longer in use",
        ));
    };
    if let (Some(until), true) = (
        asked.decision.not_before,
        asked.decision.outcome == Outcome::Deny,
    ) && until > ctx.now
    {
        return Ok(Verdict::NotBefore(until));
    }
    let decision = asked.record(tx, ctx, what.person, Some((what.campaign, what.delivery)))?;
    Ok(match asked.decision.outcome {
        Outcome::Permit => Verdict::Permitted(Permit::new(what, decision, asked.at)),
        Outcome::NeedsAuthorization | Outcome::Deny => Verdict::Refused(decision),
    })
}
