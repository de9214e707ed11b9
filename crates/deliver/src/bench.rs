//! A campaign made up on the spot, to measure the way out and to try it: people, approved
//! content, a launch, and a worker that empties the outbox into a sink.
//!
//! INVARIANT: the people are synthetic and their addresses end in `example`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use placet_app::{ActError, approval, audience, campaign, content, settings};
use placet_domain::audience::Filter;
use placet_domain::campaign::{Brief, Remuneration};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft};
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, PersonId, VersionId};
use placet_domain::operator::{Actor, Grant};
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_domain::review::Verdict;
use placet_domain::settings::{ActorKind, Carrier, Organization, Tls, VendorRole};
use placet_policy::Engine;
use placet_store::people::{self, Source};
use placet_store::{Store, Tx};

use crate::carrier::smtp::SmtpCarrier;
use crate::catcher::{self, Catcher};
use crate::smtp::Relay;
use crate::worker::{Config, Worker};

/// How many people one act adds.
const BATCH: usize = 500;

const BODY: &str = "\
# See you soon

Hello {{first_name|there}}, this is a reminder of your appointment at {{organization_name}}.

Please bring the list of what you take, your card, and the questions you want answered. The \
front desk opens half an hour before the first appointment of the day, and there is a ramp at \
the side entrance.

- Parking is free for the first two hours.
- The waiting room has water and a quiet corner.
- An interpreter can be asked for at the desk.

If you cannot come, call us and we find another day.
";

/// What a bench or a test acts through.
#[derive(Clone)]
pub struct Stage {
    /// An empty store.
    pub store: Store,
    /// What decides.
    pub engine: Engine,
    /// The moment, the actor and the ids of the next act.
    pub ctx: Arc<dyn Fn() -> Ctx + Send + Sync>,
    /// Leave for the system's own work.
    pub grant: Grant,
}

impl Stage {
    fn act<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        self.store.act_blocking(self.grant, &(self.ctx)(), f)
    }

    /// Sets the organization and a carrier on this machine, and arms sending.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn set_up(&self, port: u16) -> Result<(), ActError> {
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
    pub fn add_people(&self, n: usize) -> Result<(), ActError> {
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
    pub fn launch(&self, n: usize) -> Result<CampaignId, ActError> {
        let version = self.approved()?;
        let engine = self.engine.clone();
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
            campaign::launch(tx, ctx, &engine, campaign.id, n as u64)?;
            Ok(campaign.id)
        })
    }

    /// A reminder that everybody who must has approved.
    fn approved(&self) -> Result<VersionId, ActError> {
        let class = ContentClass::Reminder;
        let draft = Draft {
            class,
            topic: class
                .topics()
                .first()
                .copied()
                .ok_or(ActError::NotFound("topic"))?,
            channel: Channel::Email,
            subject: "Your appointment".to_owned(),
            preheader: String::new(),
            body: BODY.to_owned(),
            text: String::new(),
        };
        let engine = self.engine.clone();
        let version = self.act(move |tx, ctx| {
            let version = content::create(tx, ctx, &engine, "Reminder", &draft)?;
            approval::submit(tx, ctx, &engine, version.id)?;
            Ok(version.id)
        })?;
        for role in class.tier().row().approvers {
            let mut ctx = (self.ctx)();
            ctx.actor = Actor::Operator {
                id: ctx.new_id(),
                roles: BTreeSet::from([*role]),
            };
            self.store.act_blocking(self.grant, &ctx, move |tx, ctx| {
                approval::judge(tx, ctx, version, *role, Verdict::Approve, "")
            })?;
        }
        Ok(version)
    }
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

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// Messages sent, each taken by the sink.
    pub n_sent: u64,
    /// From the start of the worker to the last answer settled.
    pub took: Duration,
}

impl Run {
    /// Messages a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.n_sent as f64 / self.took.as_secs_f64().max(f64::EPSILON)
    }
}

/// Launches a campaign for `n` new people and sends it into a counting sink on this machine:
/// decision, receipt, ledger and rendering on.
///
/// # Errors
///
/// When the store fails, or not every message arrived within `at_most`.
pub fn send(stage: &Stage, n: usize, lines: usize, at_most: Duration) -> Result<Run, ActError> {
    let config = catcher::Config {
        keep_bytes: 0,
        ..catcher::Config::default()
    };
    let sink = Catcher::start(config).map_err(no_thread)?;
    stage.set_up(sink.address().port())?;
    stage.add_people(n)?;
    stage.launch(n)?;
    let relay = Relay::new("127.0.0.1", sink.address().port());
    let started = Instant::now();
    let worker = Worker::start(worker(stage, relay, lines)).map_err(no_thread)?;
    let n = n as u64;
    let arrived = sink.wait_for(n, at_most);
    let id = worker.id();
    worker.stop();
    let took = started.elapsed();
    if !arrived || sink.count() != n {
        let why = format!("{} of {n} messages arrived (worker {id})", sink.count());
        return Err(ActError::refused("bench.incomplete", why));
    }
    Ok(Run {
        n_sent: sink.count(),
        took,
    })
}

/// A worker of the stage that sends to `relay`.
#[must_use]
pub fn worker(stage: &Stage, relay: Relay, lines: usize) -> Config {
    Config {
        store: stage.store.clone(),
        engine: stage.engine.clone(),
        public_url: "http://localhost:8080".to_owned(),
        ctx: Arc::clone(&stage.ctx),
        carrier: Arc::new(move || {
            let relay = relay.clone();
            Box::new(SmtpCarrier::new(Arc::new(move || Ok(relay.clone()))))
        }),
        lines,
        lease: SignedDuration::from_secs(30),
        look: Duration::from_millis(200),
    }
}

fn no_thread(error: std::io::Error) -> ActError {
    ActError::refused(
        "bench.no_thread",
        format!("a socket or thread is missing: {}", error.kind()),
    )
}
