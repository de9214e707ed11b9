//! Two years of campaigns: launched, decided and answered by the same acts as today, at their
//! own time, with a carrier that takes nearly everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use placet_app::call::{self, Told};
use placet_app::delivery::{self, Claiming, Settled};
use placet_app::print::{self, Deciding};
use placet_app::{ActError, campaign, settings};
use placet_domain::call::Ended;
use placet_domain::campaign::plan::{Hours, Plan};
use placet_domain::campaign::{Brief, Remuneration};
use placet_domain::channel::Channel;
use placet_domain::content::ContentClass;
use placet_domain::delivery::{Answer, Outcome};
use placet_domain::id::{AudienceId, CampaignId, VersionId};
use placet_domain::operator::{Actor, Capability};
use placet_domain::settings::{CallDesk, Callers, PrintShop, Printer};
use placet_domain::time::{Span, TimeZone, Timestamp};
use placet_policy::Engine;
use placet_store::Store;

use super::Seeds;
use super::contents::Library;
use super::staff::Staff;

/// How many deliveries one act claims and settles.
const BATCH: usize = 500;
/// How many letters lie in the batch that waits for the printer.
const PRINTED: u32 = 150;
/// One in so many addresses no longer exists.
const BOUNCE_ONE_IN: usize = 190;

/// What came of the first calls of the list.
const CALLED: [Ended; 14] = [
    Ended::Reached,
    Ended::NoAnswer,
    Ended::Voicemail,
    Ended::Reached,
    Ended::NoAnswer,
    Ended::WrongNumber,
    Ended::Reached,
    Ended::NoMoreCalls,
    Ended::Voicemail,
    Ended::NoAnswer,
    Ended::Reached,
    Ended::NotCalled,
    Ended::Reached,
    Ended::NoAnswer,
];

/// What makes up one campaign of the demo.
struct Planned {
    name: &'static str,
    content: &'static str,
    audience: &'static str,
    days_ago: i32,
    is_launched: bool,
}

#[rustfmt::skip] // A table.
const CAMPAIGNS: [Planned; 10] = [
    Planned { name: "Spring newsletter",          content: "Spring newsletter",         audience: "Prospects",   days_ago: 545, is_launched: true },
    Planned { name: "New imaging center",         content: "New imaging center",        audience: "Seniors in Ohio",        days_ago: 400, is_launched: true },
    Planned { name: "Flu shots",                  content: "Flu shots",                 audience: "Seniors in Ohio",   days_ago: 45,  is_launched: true },
    Planned { name: "Flu shots, by text",          content: "Flu shots, by text",        audience: "Patients in Ohio", days_ago: 24,  is_launched: true },
    Planned { name: "Holiday hours",              content: "Holiday hours",             audience: "Everybody",               days_ago: 0,   is_launched: false },
    Planned { name: "Weight management, January", content: "Weight management program", audience: "Adults around Lake Erie", days_ago: 0,   is_launched: false },
    Planned { name: "East wing, by letter",       content: "New east wing, by letter",  audience: "Seniors in Ohio", days_ago: 0,   is_launched: true },
    Planned { name: "Open day, by phone",         content: "Open day, by phone",        audience: "Prospects", days_ago: 1,   is_launched: true },
    Planned { name: "Open day, by postcard",      content: "Open day, by postcard",     audience: "Prospects", days_ago: 0,   is_launched: false },
    Planned { name: "Call if you cannot come",     content: "Visit tomorrow, by text",   audience: "Patients in Ohio", days_ago: 0,   is_launched: false },
];

/// What the campaigns of the demo act on.
pub struct Hospital<'a> {
    /// Its store.
    pub store: &'a Store,
    /// Its rules.
    pub engine: &'a Engine,
    /// Who acts.
    pub staff: &'a Staff,
    /// What it has written.
    pub library: &'a Library,
    /// Its saved audiences.
    pub audiences: &'a [(&'static str, AudienceId)],
    /// Where its pages are.
    pub public_url: &'a str,
}

impl Hospital<'_> {
    /// Plans every campaign of the table and runs those of the past.
    ///
    /// # Errors
    ///
    /// When an act is refused.
    pub fn campaign(&self, seeds: &mut Seeds, now: Timestamp) -> Result<()> {
        self.have_printed(seeds, now)?;
        for planned in &CAMPAIGNS {
            let mut at = now.checked_sub(Span::new().hours(24 * planned.days_ago))?;
            let (version, class, channel) = self
                .library
                .find(planned.content)
                .context("no such content")?;
            let audience = self
                .audiences
                .iter()
                .find(|(name, _)| *name == planned.audience)
                .context("no such audience")?;
            let id = self.plan(seeds, planned.name, version, class, *audience, at)?;
            if planned.is_launched {
                if matches!(channel, Channel::Sms | Channel::VoiceLive) {
                    at = by_day(at)?;
                }
                self.launch(seeds, id, at)?;
                if channel == Channel::VoiceLive {
                    self.call(seeds, id, at)?;
                    continue;
                }
                if channel == Channel::Postal {
                    self.close_batch(seeds, id, at)?;
                    continue;
                }
                self.run(seeds, (version, channel), at)?;
            }
        }
        Ok(())
    }

    fn plan(
        &self,
        seeds: &mut Seeds,
        name: &str,
        version: VersionId,
        class: ContentClass,
        (audience_name, audience): (&str, AudienceId),
        at: Timestamp,
    ) -> Result<CampaignId> {
        let purpose = class.purposes().first().copied().unwrap_or_default();
        let brief = Brief {
            name: name.to_owned(),
            version,
            audience,
            purpose: purpose.to_owned(),
            remuneration: Remuneration::NONE,
            sender_name: "Lakeside General Hospital".to_owned(),
            sender: "news@lakeside.example.org".to_owned(),
        };
        // What is to be launched by a visitor: by day, and to about as many as there are.
        let plan = (audience_name == "Everybody").then_some(Plan {
            hours: Some(Hours { from: 8, until: 20 }),
            expected: Some(20_000),
            ..Plan::default()
        });
        let ctx = self.staff.ctx("marketing", seeds, at);
        let grant = ctx.actor.may(Capability::EditCampaigns)?;
        let made = self.store.act_blocking(grant, &ctx, move |tx, ctx| {
            let made = campaign::create(tx, ctx, &brief)?;
            if let Some(plan) = &plan {
                campaign::plan(tx, ctx, made.id, plan)?;
            }
            Ok::<_, ActError>(made)
        })?;
        Ok(made.id)
    }

    fn launch(&self, seeds: &mut Seeds, id: CampaignId, at: Timestamp) -> Result<()> {
        let ctx = self.staff.ctx("marketing", seeds, at);
        let grant = ctx.actor.may(Capability::LaunchCampaigns)?;
        let engine = self.engine.clone();
        self.store.act_blocking(grant, &ctx, move |tx, ctx| {
            campaign::launch_uncounted(tx, ctx, &engine, id)
        })?;
        Ok(())
    }

    /// Says who prints letters and cards and who calls, which disarms, and arms again.
    fn have_printed(&self, seeds: &mut Seeds, at: Timestamp) -> Result<()> {
        let ctx = seeds.ctx(at, Actor::System("demo"));
        let grant = ctx.actor.may(Capability::EditSettings)?;
        let shop = PrintShop {
            role: Printer::MailHouse,
            name: "Erie Mail House".to_owned(),
            is_baa_on_file: true,
            country: "US".to_owned(),
            return_name: String::new(),
            return_address: String::new(),
            removal_phone: "800-555-0142".to_owned(),
        };
        let callers = CallDesk {
            role: Callers::None,
            name: "Welcome desk".to_owned(),
            is_baa_on_file: false,
            country: "US".to_owned(),
            phone: "216-555-0188".to_owned(),
        };
        self.store.act_blocking(grant, &ctx, move |tx, ctx| {
            settings::set_print(tx, ctx, &shop)?;
            settings::set_calls(tx, ctx, &callers)?;
            settings::arm(tx, ctx)
        })?;
        Ok(())
    }

    /// Calls the first people of a list, one after the other.
    fn call(&self, seeds: &mut Seeds, id: CampaignId, at: Timestamp) -> Result<()> {
        for (n, ended) in CALLED.iter().enumerate() {
            let minutes = i64::try_from(n)?.saturating_mul(4);
            let opened_at = at.checked_add(Span::new().minutes(minutes + 1))?;
            let ctx = self.staff.ctx("caller", seeds, opened_at);
            let grant = ctx.actor.may(Capability::MakeCalls)?;
            let (engine, keys) = (self.engine.clone(), self.store.keys().clone());
            let public_url = self.public_url.to_owned();
            let opened = self.store.act_blocking(grant, &ctx, move |tx, ctx| {
                let with = Deciding {
                    engine: &engine,
                    keys: &keys,
                    public_url: &public_url,
                };
                call::open_next(tx, ctx, &with, id)
            })?;
            let Some(one) = opened.call else {
                continue;
            };
            let ctx = self.staff.ctx(
                "caller",
                seeds,
                opened_at.checked_add(Span::new().minutes(2))?,
            );
            let told = Told {
                ended: *ended,
                at: None,
                words: String::new(),
            };
            self.store
                .act_blocking(grant, &ctx, move |tx, ctx| call::end(tx, ctx, one, &told))?;
        }
        Ok(())
    }

    /// Puts the first people into a print batch, ready to be taken.
    fn close_batch(&self, seeds: &mut Seeds, id: CampaignId, at: Timestamp) -> Result<()> {
        let ctx = self.staff.ctx("marketing", seeds, at);
        let grant = ctx.actor.may(Capability::LaunchCampaigns)?;
        let (engine, keys) = (self.engine.clone(), self.store.keys().clone());
        let public_url = self.public_url.to_owned();
        self.store.act_blocking(grant, &ctx, move |tx, ctx| {
            let with = Deciding {
                engine: &engine,
                keys: &keys,
                public_url: &public_url,
            };
            print::close(tx, ctx, &with, id, PRINTED)
        })?;
        Ok(())
    }

    /// Claims and answers what is due of one content by its channel.
    pub(super) fn run(
        &self,
        seeds: &mut Seeds,
        (version, channel): (VersionId, Channel),
        at: Timestamp,
    ) -> Result<()> {
        let worker = seeds.ctx(at, Actor::System("demo")).new_id();
        let rendered = self
            .store
            .read_blocking(move |tx| delivery::prepare(tx, version))?;
        let rendered = BTreeMap::from([(version, Arc::new(rendered))]);
        for batch in 0.. {
            let ctx = seeds.ctx(
                at.checked_add(Span::new().seconds(batch))?,
                Actor::System("worker"),
            );
            let grant = ctx.actor.may_as_system().context("the system may act")?;
            let (engine, keys) = (self.engine.clone(), self.store.keys().clone());
            let (rendered, url) = (rendered.clone(), self.public_url.to_owned());
            let n = self.store.act_blocking(grant, &ctx, move |tx, ctx| {
                let claims = delivery::claim(
                    tx,
                    ctx,
                    &Claiming {
                        worker,
                        channel,
                        n: BATCH,
                        engine: &engine,
                        keys: &keys,
                        public_url: &url,
                        rendered: &rendered,
                    },
                )?;
                let n = claims.claimed.len() + claims.n_refused;
                let answers: Vec<Settled> = claims
                    .claimed
                    .iter()
                    .enumerate()
                    .map(|(i, claimed)| Settled {
                        ticket: claimed.ticket,
                        outcome: answer(channel, i),
                    })
                    .collect();
                delivery::settle(tx, ctx, worker, &answers)?;
                Ok::<_, ActError>(n)
            })?;
            if n == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// The same day at eighteen hours in Greenwich: daytime all over the country.
pub(super) fn by_day(at: Timestamp) -> Result<Timestamp> {
    let day = at.to_zoned(TimeZone::UTC).date();
    Ok(day.at(18, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp())
}

fn answer(channel: Channel, n: usize) -> Outcome {
    let is_dead = n % BOUNCE_ONE_IN == BOUNCE_ONE_IN - 1;
    let refused = |code, text: &str| Answer::Refused {
        code,
        text: text.to_owned(),
        permanent: true,
    };
    let taken = |code, text: &str| Answer::Accepted {
        code,
        text: text.to_owned(),
    };
    let answer = match (channel, is_dead) {
        (Channel::Sms, true) => refused(400, "5.1.1 21614 not a mobile number"),
        (Channel::Sms, false) => taken(201, "SM"),
        (_, true) => refused(550, "5.1.1 no such mailbox"),
        (_, false) => taken(250, "2.0.0 queued"),
    };
    Outcome {
        answer,
        dialogue: String::new(),
    }
}
