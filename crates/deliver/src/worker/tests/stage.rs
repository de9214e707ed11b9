//! A house with synthetic people, approved content and a launch; its clock stands where it is put.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::SignedDuration;
use placet_app::delivery::Engine;
use placet_app::instrument::{self, Given};
use placet_app::{ActError, approval, audience, campaign, content, settings};
use placet_domain::audience::Filter;
use placet_domain::campaign::plan::Plan;
use placet_domain::campaign::{Brief, Remuneration};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft};
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, PersonId, VersionId};
use placet_domain::instrument::{Consent, Evidence, InstrumentKind, Method, Terms};
use placet_domain::operator::Actor;
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_domain::preference::Topic;
use placet_domain::review::Verdict;
use placet_domain::settings::{
    ActorKind, Carrier, Organization, TextCarrier, TextProvider, Tls, VendorRole,
};
use placet_domain::time::Timestamp;
use placet_store::people::{self, Source};
use placet_store::{Durability, Faults, Keys, Store, StoreConfig, Tx};

/// How many people one act adds.
const BATCH: usize = 500;

const BODY: &str = "\
# See you soon

Hello {{first_name|there}}, this is a reminder of your appointment at {{organization_name}}.

Please bring the list of what you take, your card, and the questions you want answered. The \
front desk opens half an hour before the first appointment of the day, and there is a ramp at \
the side entrance.

- Parking is in the yard behind the house.
- The waiting room has water and a quiet corner.
- An interpreter can be asked for at the desk.

If you cannot come, call us and we find another day.
";

/// Which engine a house stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

/// Where the tests of the outbox act.
pub(super) struct House {
    pub(super) store: Store,
    pub(super) faults: Faults,
    folder: Arc<tempfile::TempDir>,
    url: String,
    now: Arc<AtomicI64>,
    n_acts: Arc<AtomicU64>,
}

impl House {
    /// An empty house at noon.
    pub(super) fn new(kind: Kind) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let url = match kind {
            Kind::Sqlite => format!("sqlite:{}", folder.path().join("placet.db").display()),
            Kind::Postgres => placet_testing::postgres::server().unwrap().database(),
        };
        let (store, faults) = open(&url, true);
        let now = Arc::new(AtomicI64::new(placet_testing::noon().as_microsecond()));
        Self {
            store,
            faults,
            folder,
            url,
            now,
            n_acts: Arc::default(),
        }
    }

    /// The same house after its process has ended: another store on the same database.
    pub(super) fn reopen(&self) -> Self {
        let (store, faults) = open(&self.url, false);
        let (folder, url) = (Arc::clone(&self.folder), self.url.clone());
        let (now, n_acts) = (Arc::clone(&self.now), Arc::clone(&self.n_acts));
        Self {
            store,
            faults,
            folder,
            url,
            now,
            n_acts,
        }
    }

    /// A house where `n` people wait to be sent to.
    pub(super) fn launched(kind: Kind, n: usize) -> (Self, CampaignId) {
        let house = Self::new(kind);
        house.set_up(2525).unwrap();
        house.add_people(n).unwrap();
        let campaign = house.launch(n).unwrap();
        (house, campaign)
    }

    /// Lets time pass, or go back.
    pub(super) fn pass(&self, time: SignedDuration) {
        let micros = i64::try_from(time.as_micros()).unwrap();
        self.now.fetch_add(micros, Ordering::SeqCst);
    }

    /// The context of the next act.
    pub(super) fn ctx(&self) -> Ctx {
        next(&self.now, &self.n_acts)
    }

    /// What gives a worker its contexts.
    pub(super) fn clock(&self) -> Arc<dyn Fn() -> Ctx + Send + Sync> {
        let (now, n_acts) = (Arc::clone(&self.now), Arc::clone(&self.n_acts));
        Arc::new(move || next(&now, &n_acts))
    }

    /// Runs one act.
    pub(super) fn act<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        self.store
            .act_blocking(placet_testing::grant(), &self.ctx(), f)
    }

    /// Sets the organization and a carrier on this machine, and arms sending.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub(super) fn set_up(&self, port: u16) -> Result<(), ActError> {
        self.act(move |tx, ctx| {
            let organization = Organization {
                name: "Harbor Health".to_owned(),
                postal_address: "1 Example Street, Springfield".to_owned(),
                actor: ActorKind::CoveredProvider,
                time_zone: "America/New_York".to_owned(),
            };
            let carrier = Carrier {
                host: "127.0.0.1".to_owned(),
                port,
                tls: Tls::Off,
                role: VendorRole::None,
                is_baa_on_file: false,
                country: "US".to_owned(),
            };
            settings::set_organization(tx, ctx, &organization)?;
            settings::set_carrier(tx, ctx, &carrier)?;
            settings::arm(tx, ctx)
        })
    }

    /// Adds `n` patients with an e-mail address; their names and addresses follow from their
    /// number.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub(super) fn add_people(&self, n: usize) -> Result<(), ActError> {
        for first in (0..n).step_by(BATCH) {
            self.act(move |tx, ctx| {
                (first..n.min(first + BATCH)).try_for_each(|number| add_person(tx, ctx, number))
            })?;
        }
        Ok(())
    }

    /// Writes a reminder, has it approved, and launches it for all `n` people.
    ///
    /// # Errors
    ///
    /// When the gate does not permit it to each of them, or the store fails.
    pub(super) fn launch(&self, n: usize) -> Result<CampaignId, ActError> {
        self.launch_planned(n, Plan::default())
    }

    /// The same with a plan.
    pub(super) fn planned_with(&self, n: usize, plan: Plan) -> CampaignId {
        self.launch_planned(n, plan).unwrap()
    }

    fn launch_planned(&self, n: usize, plan: Plan) -> Result<CampaignId, ActError> {
        let class = ContentClass::Reminder;
        let draft = Draft {
            class,
            topic: class.topics()[0],
            channel: Channel::Email,
            format: placet_domain::content::Format::Plain,
            subject: "Your appointment".to_owned(),
            preheader: String::new(),
            body: BODY.to_owned(),
            text: String::new(),
        };
        let version = self.approved(draft)?;
        self.launch_version(version, n, plan)
    }

    fn launch_version(
        &self,
        version: VersionId,
        n: usize,
        plan: Plan,
    ) -> Result<CampaignId, ActError> {
        let engine = Engine::builtin();
        self.act(move |tx, ctx| {
            let everybody = audience::create(tx, ctx, "Everybody", Filter::default())?;
            let brief = Brief {
                name: "Reminders".to_owned(),
                version,
                audience: everybody.id,
                purpose: "appointment_reminder".to_owned(),
                remuneration: Remuneration::NONE,
                sender_name: "Harbor Health".to_owned(),
                sender: "news@harbor.example".to_owned(),
            };
            let campaign = campaign::create(tx, ctx, &brief)?;
            if plan != Plan::default() {
                campaign::plan(tx, ctx, campaign.id, &plan)?;
            }
            campaign::launch(tx, ctx, &engine, campaign.id, n as u64)?;
            Ok(campaign.id)
        })
    }

    /// A reminder that everybody who must has approved.
    fn approved(&self, draft: Draft) -> Result<VersionId, ActError> {
        let class = draft.class;
        let engine = Engine::builtin();
        let version = self.act(move |tx, ctx| {
            let version = content::create(tx, ctx, &engine, "Reminder", &draft)?;
            approval::submit(tx, ctx, &engine, version.id)?;
            Ok(version.id)
        })?;
        for role in class.tier().row().approvers {
            let mut ctx = self.ctx();
            ctx.actor = Actor::Operator {
                id: ctx.new_id(),
                roles: BTreeSet::from([*role]),
            };
            self.store
                .act_blocking(placet_testing::grant(), &ctx, move |tx, ctx| {
                    approval::judge(tx, ctx, version, *role, Verdict::Approve, "")
                })?;
        }
        Ok(version)
    }
}

impl House {
    /// A house where `n` people with consent wait to be texted.
    pub(super) fn texting(kind: Kind, n: usize, url: &str) -> (Self, CampaignId) {
        let house = Self::new(kind);
        house.set_up(2525).unwrap();
        house.add_people(n).unwrap();
        let carrier = TextCarrier {
            provider: TextProvider::Twilio,
            url: url.to_owned(),
            account: "AC00".to_owned(),
            public_key: String::new(),
            sender: "+16145550199".to_owned(),
            is_baa_on_file: true,
            country: "US".to_owned(),
        };
        house
            .act(move |tx, ctx| {
                settings::set_texts(tx, ctx, &carrier)?;
                settings::arm(tx, ctx)?;
                let mut after = None;
                while let Some((first, last)) = placet_store::audiences::next_span(tx, after)? {
                    for (number, person) in
                        people::list_between(tx, first, last)?.iter().enumerate()
                    {
                        add_number(tx, ctx, person.id, number)?;
                    }
                    after = Some(last);
                }
                Ok(())
            })
            .unwrap();
        let campaign = house.launch_text(n).unwrap();
        (house, campaign)
    }

    fn launch_text(&self, n: usize) -> Result<CampaignId, ActError> {
        let class = ContentClass::Reminder;
        let draft = Draft {
            class,
            topic: class.topics()[0],
            channel: Channel::Sms,
            format: placet_domain::content::Format::Plain,
            subject: String::new(),
            preheader: String::new(),
            body: "Hello {{first_name|there}}, see you soon.".to_owned(),
            text: String::new(),
        };
        let version = self.approved(draft)?;
        self.launch_version(version, n, Plan::default())
    }
}

/// A number, and the consent that giving it to a provider is.
fn add_number(tx: &mut Tx, ctx: &Ctx, person: PersonId, number: usize) -> Result<(), ActError> {
    let address = format!("+1614555{number:04}");
    let lookup =
        people::address_lookup(tx, Channel::Sms, &address).ok_or(ActError::NotFound("address"))?;
    let point = ContactPoint {
        id: ctx.new_id(),
        person,
        channel: Channel::Sms,
        address,
        origin: Origin::Care,
        created_at: ctx.now,
        replaced_at: None,
    };
    people::add_contact_point(tx, &point, &lookup)?;
    let given = Given {
        kind: InstrumentKind::TcpaPec,
        wording: None,
        terms: Terms::Consent(Consent {
            channel: Channel::Sms,
            topic: Topic::CareReminders,
            expires_on: None,
        }),
        signed_at: ctx.now,
        method: Method::Paper,
        evidence: Evidence::from_source("registration_desk"),
    };
    instrument::record(tx, ctx, person, given).map(drop)
}

fn open(url: &str, create: bool) -> (Store, Faults) {
    let mut config = StoreConfig::new(url, Keys::from_master([7; 32]));
    config.create = create;
    config.durability = Durability::None;
    let faults = config.faults.clone();
    (Store::open(config).unwrap(), faults)
}

fn next(now: &AtomicI64, n_acts: &AtomicU64) -> Ctx {
    let n = n_acts.fetch_add(1, Ordering::SeqCst);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&n.to_be_bytes());
    let now = Timestamp::from_microsecond(now.load(Ordering::SeqCst)).unwrap();
    Ctx::new(now, Actor::System("test"), seed)
}

fn add_person(tx: &mut Tx, ctx: &Ctx, number: usize) -> Result<(), ActError> {
    let id: PersonId = ctx.new_id();
    let person = Person {
        id,
        relationship: Relationship::Patient,
        residence: Some("US-OH".to_owned()),
        time_zone: Some("America/New_York".to_owned()),
        deceased_on: None,
        flags: BTreeSet::new(),
        identity: Identity {
            given: format!("Given{number}"),
            family: format!("Family{number}"),
            birth_date: "1960-02-28".parse().ok(),
            ..Identity::default()
        },
    };
    let reference = number.to_be_bytes().to_vec();
    let source = Source {
        name: "bench".to_owned(),
        content_hash: reference.clone(),
        reference,
    };
    people::add(tx, &person, &source)?;
    let address = format!("person{number}@mail.example");
    let lookup = people::address_lookup(tx, Channel::Email, &address)
        .ok_or(ActError::NotFound("address"))?;
    let point = ContactPoint {
        id: ctx.new_id(),
        person: id,
        channel: Channel::Email,
        address,
        origin: Origin::Care,
        created_at: ctx.now,
        replaced_at: None,
    };
    people::add_contact_point(tx, &point, &lookup)?;
    tx.record(Entry::new("person.imported").about(id));
    Ok(())
}
