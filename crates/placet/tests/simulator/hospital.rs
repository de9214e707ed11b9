//! The small hospital every run begins with: made once, copied for each seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use placet_app::data::catalogue;
use placet_app::delivery::{self, Engine};
use placet_app::gate::Gate;
use placet_app::instrument::{self, Given};
use placet_app::{ActError, Ctx, approval, audience, campaign, content, import, settings, wording};
use placet_domain::arrival::{Arrival, PersonArrival, Reach, Unsaid};
use placet_domain::audience::Filter;
use placet_domain::campaign::{Amount, Brief, Pay, Payer, Remuneration};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft};
use placet_domain::delivery::State;
use placet_domain::id::{AudienceId, CampaignId, DeliveryId, PersonId, VersionId};
use placet_domain::instrument::authorization::{
    Authorization, Expiry, Scope, Signature, Signer, Statements,
};
use placet_domain::instrument::{Consent, Evidence, InstrumentKind, Method, Terms};
use placet_domain::operator::{Actor, Role};
use placet_domain::person::{Identity, Origin, Relationship};
use placet_domain::preference::Topic;
use placet_domain::review::Verdict;
use placet_domain::settings::{ActorKind, Carrier, Organization, Tls, VendorRole};
use placet_domain::template::Rendered;
use placet_domain::time::{Date, TimeZone};
use placet_store::{
    Durability, Entropy, Faults, Keys, Store, StoreConfig, StoreError, Tx, deliveries,
};
use placet_testing::{ctx_at, grant, noon};

/// How many people are held.
pub const PEOPLE: usize = 10;
/// The system they come from.
pub const SOURCE: &str = "ehr";

const BODY: &str = "# News\n\nDear {{first_name|reader}},\n\nthis is what is new.";

/// One launched campaign.
pub struct Launched {
    /// Which.
    pub id: CampaignId,
    /// What it is about.
    pub topic: Topic,
    /// Whether it counts on an authorization.
    pub is_authorized: bool,
    /// What it says.
    pub version: VersionId,
}

/// What every run begins with.
pub struct Hospital {
    bytes: Vec<u8>,
    /// Where the runs keep their databases.
    pub folder: PathBuf,
    /// The rules.
    pub engine: Engine,
    /// Everybody.
    pub people: Vec<PersonId>,
    /// The campaigns, launched, with nobody sent to yet.
    pub campaigns: Vec<Launched>,
    /// The versions, rendered by the act that renders.
    pub rendered: BTreeMap<VersionId, Arc<Rendered>>,
    /// Who was planned, with their campaign.
    pub planned: BTreeMap<DeliveryId, (CampaignId, PersonId)>,
}

impl Hospital {
    /// Builds it by the acts that a hospital uses.
    pub fn build(folder: &Path) -> Self {
        let path = folder.join("template.db");
        let engine = Engine::builtin();
        let store = open(&path, 1, Faults::default(), true);
        let people = settle(&store);
        let everybody = act(&store, |tx, ctx| {
            audience::create(tx, ctx, "Everybody", Filter::default()).map(|made| made.id)
        });
        let paid = Remuneration {
            kind: Pay::Financial,
            payer: Some(Payer::ProductOwner),
            amount_vs_cost: Some(Amount::AboveCost),
        };
        let campaigns = vec![
            launch(
                &store,
                &engine,
                everybody,
                ContentClass::Education,
                Remuneration::NONE,
            ),
            launch(
                &store,
                &engine,
                everybody,
                ContentClass::OwnHealthProductPromo,
                paid,
            ),
        ];
        let mut rendered = BTreeMap::new();
        let mut planned = BTreeMap::new();
        for Launched { id, version, .. } in &campaigns {
            let (id, version) = (*id, *version);
            let made = store.read_blocking(move |tx| delivery::prepare(tx, version));
            rendered.insert(version, Arc::new(made.unwrap()));
            let waiting = store.read_blocking::<_, _, StoreError>(move |tx| {
                deliveries::list_by_campaign(tx, id, State::Pending, None, 1_000)
            });
            planned.extend(
                waiting
                    .unwrap()
                    .into_iter()
                    .map(|one| (one.id, (id, one.person))),
            );
        }
        assert_eq!(planned.len(), PEOPLE * 2, "everybody may be sent both");
        let whole = folder.join("whole.db");
        placet_store::backup::backup(&store, &whole).unwrap();
        Self {
            bytes: fs::read(&whole).unwrap(),
            folder: folder.to_path_buf(),
            engine,
            people,
            campaigns,
            rendered,
            planned,
        }
    }

    /// A database of its own for one run.
    pub fn copy(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, &self.bytes).unwrap();
        path
    }
}

/// Opens a database with everything random following from `seed`.
pub fn open(path: &Path, seed: u64, faults: Faults, create: bool) -> Store {
    let keys = Keys::from_master([7; 32]);
    let mut config = StoreConfig::new(format!("sqlite:{}", path.display()), keys);
    config.create = create;
    config.entropy = Entropy::seeded(seed);
    config.durability = Durability::None;
    config.faults = faults;
    config.in_place = true;
    Store::open(config).unwrap()
}

/// The file that is imported, and imported again.
pub fn arrivals() -> Vec<Arrival> {
    let arrival = |number: usize| PersonArrival {
        source_ref: format!("p{number}"),
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
        reach: vec![Reach {
            channel: Channel::Email,
            address: format!("person{number}@mail.example"),
            origin: Origin::Care,
        }],
        unsaid: Unsaid::default(),
    };
    (0..PEOPLE)
        .map(|number| Arrival::Person(Box::new(arrival(number))))
        .collect()
}

/// The whole import, as one act.
pub fn bring_in(tx: &mut Tx, ctx: &Ctx) -> Result<(), ActError> {
    placet_app::flow::add_starter(tx, ctx, SOURCE)?;
    sign_source(tx, ctx)?;
    let run = import::begin(tx, ctx, SOURCE, None)?;
    let counts = import::take(tx, ctx, &run, &arrivals())?;
    import::finish(tx, ctx, &run, &counts, "ndjson", "{}")
}

/// Compliance signs what the source holds.
fn sign_source(tx: &mut Tx, ctx: &Ctx) -> Result<(), ActError> {
    if catalogue::is_signed(tx, SOURCE)? {
        return Ok(());
    }
    let all = catalogue::list(tx)?;
    let newest = all[0].newest().unwrap();
    let officer = Actor::Operator {
        id: [9; 16].into(),
        roles: [Role::Compliance].into(),
    };
    let officer = Ctx::new(ctx.now, officer, [9; 32]);
    catalogue::sign(tx, &officer, newest.source, newest.id, "")
}

/// Yes to messages about a topic.
pub fn opt_in(tx: &mut Tx, ctx: &Ctx, person: PersonId, topic: Topic) -> Result<(), ActError> {
    let terms = Terms::Consent(Consent {
        channel: Channel::Email,
        topic,
        expires_on: None,
    });
    let given = Given {
        kind: InstrumentKind::EmailOptin,
        wording: None,
        terms,
        signed_at: ctx.now,
        method: Method::WebForm,
        evidence: Evidence::from_source("web_form"),
    };
    instrument::record(tx, ctx, person, given).map(drop)
}

/// A complete authorization for the paid campaign.
pub fn authorize(tx: &mut Tx, ctx: &Ctx, person: PersonId) -> Result<(), ActError> {
    let signed_on = ctx.now.to_zoned(TimeZone::UTC).date();
    let form = Authorization {
        description: "Name and e-mail address".to_owned(),
        discloser: "Harbor Health".to_owned(),
        recipient: "The person".to_owned(),
        purpose: "Messages about services".to_owned(),
        expiry: Some(Expiry::On(Date::constant(2040, 1, 1))),
        signature: Some(Signature {
            signer: Signer::Individual,
            on: Some(signed_on),
        }),
        statements: Statements {
            revoke: true,
            condition: true,
            redisclosure: true,
            remuneration: true,
            sale: true,
        },
        is_initiated_by_individual: false,
        involves_remuneration: true,
        is_sale: false,
        is_plain_language: true,
        is_combined: false,
        is_conditioned: false,
        is_known_false: false,
        scope: Scope {
            channels: BTreeSet::from([Channel::Email]),
            topics: BTreeSet::from([Topic::Services]),
            information: BTreeSet::from(["contact".to_owned(), "demographic".to_owned()]),
            recipients: BTreeSet::from(["individual".to_owned()]),
        },
    };
    let given = Given {
        kind: InstrumentKind::HipaaAuthorization,
        wording: None,
        terms: instrument::authorization(form),
        signed_at: ctx.now,
        method: Method::Paper,
        evidence: Evidence::from_source("registration_desk"),
    };
    instrument::record(tx, ctx, person, given).map(drop)
}

/// Content that may replace what was approved.
pub fn draft(class: ContentClass, subject: &str) -> Draft {
    Draft {
        class,
        topic: class.topics()[0],
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        subject: subject.to_owned(),
        preheader: String::new(),
        body: BODY.to_owned(),
        text: String::new(),
    }
}

fn act<T: Send + 'static>(
    store: &Store,
    f: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
) -> T {
    store.act_blocking(grant(), &next_ctx(store), f).unwrap()
}

/// Each act its own ids.
fn next_ctx(store: &Store) -> Ctx {
    let seed = store
        .read_blocking::<_, _, StoreError>(placet_store::ledger::size)
        .unwrap();
    ctx_at(noon(), seed)
}

fn settle(store: &Store) -> Vec<PersonId> {
    act(store, |tx, ctx| {
        let organization = Organization {
            name: "Harbor Health".to_owned(),
            postal_address: "1 Example Street, Springfield".to_owned(),
            actor: ActorKind::CoveredProvider,
            time_zone: "America/New_York".to_owned(),
        };
        let carrier = Carrier {
            host: "127.0.0.1".to_owned(),
            port: 2525,
            tls: Tls::Off,
            role: VendorRole::None,
            is_baa_on_file: false,
            country: "US".to_owned(),
        };
        settings::set_organization(tx, ctx, &organization)?;
        settings::set_carrier(tx, ctx, &carrier)?;
        settings::arm(tx, ctx)?;
        wording::add_starters(tx, ctx, "Harbor Health")
    });
    act(store, bring_in);
    act(store, |tx, ctx| {
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            let found = import::find_person(tx, SOURCE, &format!("p{number}"))?;
            let person = found.ok_or(ActError::NotFound("person"))?;
            opt_in(tx, ctx, person, Topic::HealthEducation)?;
            opt_in(tx, ctx, person, Topic::Services)?;
            authorize(tx, ctx, person)?;
            people.push(person);
        }
        Ok(people)
    })
}

fn launch(
    store: &Store,
    engine: &Engine,
    audience: AudienceId,
    class: ContentClass,
    remuneration: Remuneration,
) -> Launched {
    let draft = draft(class, "News");
    let topic = draft.topic;
    let writing = engine.clone();
    let version = act(store, move |tx, ctx| {
        let version = content::create(tx, ctx, &writing, class.as_str(), &draft)?;
        approval::submit(tx, ctx, &writing, version.id)?;
        Ok(version.id)
    });
    for role in class.tier().row().approvers {
        let mut ctx = next_ctx(store);
        let (id, role) = (ctx.new_id(), *role);
        ctx.actor = Actor::Operator {
            id,
            roles: BTreeSet::from([role]),
        };
        let judged = store.act_blocking(grant(), &ctx, move |tx, ctx| {
            approval::judge(tx, ctx, version, role, Verdict::Approve, "")
        });
        judged.unwrap();
    }
    let engine = engine.clone();
    let id = act(store, move |tx, ctx| {
        let brief = Brief {
            name: class.as_str().to_owned(),
            version,
            audience,
            purpose: class.purposes()[0].to_owned(),
            remuneration,
            sender_name: "Harbor Health".to_owned(),
            sender: "news@harbor.example".to_owned(),
        };
        let id = campaign::create(tx, ctx, &brief)?.id;
        let question = campaign::view(tx, id, ctx.now)?.question();
        let gate = Gate::new(&engine, &settings::load(tx)?, question.message, ctx.now);
        let plan = audience::plan(tx, &engine, &gate, &question.filter)?;
        assert_eq!(
            plan.waterfall.n_permitted, PEOPLE as u64,
            "{:?}",
            plan.waterfall
        );
        campaign::launch(tx, ctx, &engine, id, PEOPLE as u64)?;
        Ok(id)
    });
    Launched {
        id,
        topic,
        is_authorized: remuneration.kind != Pay::None,
        version,
    }
}
