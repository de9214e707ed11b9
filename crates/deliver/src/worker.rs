//! The worker: claims as many messages as lines are free, hands them over, settles the answers.
//!
//! [`core::Core`] decides what to do next and knows neither threads nor clocks, so the simulator
//! runs it as it ships; here are the threads: one coordinator and one per line. Start with
//! [`Worker::start`].
//!
//! INVARIANT: no more messages are claimed than lines are free, so a crash leaves at most as many
//! unknowns as there are lines.

pub mod core;
mod line;
pub mod staff;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use placet_app::ActError;
use placet_app::delivery::{self, Claimed, Claiming, Engine};
use placet_domain::channel::Channel;
use placet_domain::ctx::Ctx;
use placet_domain::delivery::Answer;
use placet_domain::id::{VersionId, WorkerId};
use placet_domain::operator::Grant;
use placet_domain::template::Rendered;
use placet_store::{Begun, Store};

use self::core::{Core, Step};
use crate::carrier::Carrier;
use line::{Job, Line};

/// What a worker is made of.
#[derive(Clone)]
pub struct Config {
    /// Where the outbox is.
    pub store: Store,
    /// Whose messages it takes: each channel has a worker of its own, so that one whose carrier
    /// stalls holds up no other.
    pub channel: Channel,
    /// What decides.
    pub engine: Engine,
    /// Where the person's page is, without a slash at the end.
    pub public_url: String,
    /// The moment, the actor and the ids of the next act.
    pub ctx: Arc<dyn Fn() -> Ctx + Send + Sync>,
    /// Makes the carrier of one line.
    pub carrier: Arc<dyn Fn() -> Box<dyn Carrier> + Send + Sync>,
    /// How many lines.
    pub lines: usize,
    /// How long the worker is taken for alive after it was last heard of.
    pub lease: SignedDuration,
    /// How often an idle worker looks for work.
    pub look: Duration,
}

/// What a worker did so far.
#[derive(Debug, Default)]
pub struct Progress {
    /// Taken by the carrier.
    pub sent: AtomicU64,
    /// Refused by the carrier, for now or for good.
    pub refused: AtomicU64,
    /// Not sent, for want of a line.
    pub not_sent: AtomicU64,
    /// Of unknown fate.
    pub unknown: AtomicU64,
    /// What last kept the lines from coming up; empty when they are.
    trouble: Mutex<String>,
}

impl Progress {
    /// What last kept the lines from coming up; `None` when nothing does.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        (!trouble.is_empty()).then(|| trouble.clone())
    }

    fn set_trouble(&self, what: &str) {
        what.clone_into(&mut self.trouble.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn count(&self, answer: &Answer) {
        let counter = match answer {
            Answer::Accepted { .. } => &self.sent,
            Answer::Refused { .. } => &self.refused,
            Answer::NotSent { .. } => &self.not_sent,
            Answer::Unknown { .. } => &self.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// A running worker. Dropping it stops it in good order.
pub struct Worker {
    id: WorkerId,
    progress: Arc<Progress>,
    events: Sender<core::Event>,
    coordinator: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the coordinator and the lines.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread, or the context is not the system's own.
    pub fn start(config: Config) -> std::io::Result<Self> {
        let ctx = (config.ctx)();
        let id = ctx.new_id();
        let grant = ctx
            .actor
            .may_as_system()
            .ok_or(std::io::ErrorKind::PermissionDenied)?;
        let (events, heard) = channel();
        let progress = Arc::new(Progress::default());
        let channel = config.channel.as_str();
        let lines = (0..config.lines)
            .map(|number| Line::start(number, &config, &events))
            .collect::<std::io::Result<Vec<_>>>()?;
        let core = Core::new(config.lines, config.look, beat_every(config.lease));
        let running = Running {
            config,
            id,
            grant,
            core,
            lines,
            heard,
            progress: Arc::clone(&progress),
            rendered: BTreeMap::new(),
            claimed: Vec::new(),
            started: Instant::now(),
        };
        let coordinator = thread::Builder::new()
            .name(format!("{channel} worker"))
            .spawn(move || running.run())?;
        Ok(Self {
            id,
            progress,
            events,
            coordinator: Some(coordinator),
        })
    }

    /// Whose claims they are.
    #[must_use]
    pub fn id(&self) -> WorkerId {
        self.id
    }

    /// What it did so far.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Looks for work at once instead of at the next turn: a campaign was launched or resumed.
    pub fn wake(&self) {
        let _ = self.events.send(core::Event::Woken);
    }

    /// Claims nothing more, waits for the answers under way, settles them and gives the lease
    /// back.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.events.send(core::Event::Stop);
        if let Some(coordinator) = self.coordinator.take() {
            let _ = coordinator.join();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

/// Three beats to a lease.
fn beat_every(lease: SignedDuration) -> Duration {
    Duration::try_from(lease).unwrap_or(Duration::from_secs(30)) / 3
}

/// The coordinator's own.
struct Running {
    config: Config,
    id: WorkerId,
    grant: Grant,
    core: Core,
    lines: Vec<Line>,
    heard: Receiver<core::Event>,
    progress: Arc<Progress>,
    rendered: BTreeMap<VersionId, Arc<Rendered>>,
    // What the last act claimed, with the line of each. It leaves while the next act is written.
    claimed: Vec<(usize, Claimed)>,
    started: Instant,
}

impl Running {
    fn run(mut self) {
        loop {
            while let Ok(event) = self.heard.try_recv() {
                self.hear(event);
            }
            let now = self.started.elapsed();
            let step = self.core.next(now);
            if !matches!(step, Step::Act { .. }) {
                self.hand_out();
            }
            match step {
                Step::Wait(at_most) => match self.heard.recv_timeout(at_most) {
                    Ok(event) => self.hear(event),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => self.core.hear(now, core::Event::Stop),
                },
                Step::Beat => self.beat(),
                Step::Look => self.look(),
                Step::Render(version) => self.render(version),
                Step::Open(lines) => self.tell(&lines, || Job::Open),
                Step::Rest(lines) => self.tell(&lines, || Job::Rest),
                Step::Act { n } => self.act(n),
                Step::Leave => break,
            }
        }
        let id = self.id;
        let left = self.act_now(move |tx, ctx| delivery::leave(tx, ctx, id));
        if let Err(error) = left {
            tracing::warn!(%error, "the worker could not give its lease back");
        }
        // Dropping the lines ends their threads.
    }

    fn hear(&mut self, event: core::Event) {
        match &event {
            core::Event::Done { settled, .. } => self.progress.count(&settled.outcome.answer),
            core::Event::Up(_) => self.progress.set_trouble(""),
            core::Event::Down { why, .. } => {
                if self.progress.trouble().as_ref() != Some(why) {
                    let channel = self.config.channel.as_str();
                    tracing::warn!(channel, %why, "no line to the carrier");
                }
                self.progress.set_trouble(why);
            }
            core::Event::Stop | core::Event::Woken => {}
        }
        self.core.hear(self.started.elapsed(), event);
    }

    fn beat(&mut self) {
        let (id, lease) = (self.id, self.config.lease);
        match self.act_now(move |tx, ctx| delivery::beat(tx, ctx, id, lease)) {
            Ok(found) => {
                if found.n_lost > 0 {
                    tracing::warn!(
                        n = found.n_lost,
                        "deliveries of a worker that ended are unknown"
                    );
                }
                if found.went_back {
                    tracing::warn!("the clock went back; everybody who waits is decided again");
                }
            }
            Err(error) => tracing::warn!(%error, "the worker could not renew its lease"),
        }
        self.core.beaten(self.started.elapsed());
    }

    fn look(&mut self) {
        let now = (self.config.ctx)().now;
        let (channel, at_most) = (self.config.channel, self.config.lines);
        let waiting = self
            .config
            .store
            .read_blocking(move |tx| delivery::count_ready(tx, channel, now, at_most));
        let waiting = waiting.unwrap_or_else(|error| {
            tracing::warn!(%error, "the worker could not look for work");
            0
        });
        self.core.looked(self.started.elapsed(), waiting);
    }

    fn render(&mut self, version: VersionId) {
        let rendered = self
            .config
            .store
            .read_blocking(move |tx| delivery::prepare(tx, version));
        match rendered {
            Ok(rendered) => {
                self.rendered.insert(version, Arc::new(rendered));
            }
            Err(error) => tracing::error!(%error, %version, "a version cannot be rendered"),
        }
        self.core.rendered(version);
    }

    fn act(&mut self, n: usize) {
        let answers = self.core.answers();
        let in_flight = self.core.in_doubt();
        let is_refused = self.core.is_refused_by_all();
        let (id, config) = (self.id, self.config.clone());
        let rendered = self.rendered.clone();
        let acting = self.begin(move |tx, ctx| {
            let claiming = Claiming {
                worker: id,
                channel: config.channel,
                n,
                engine: &config.engine,
                keys: config.store.keys(),
                public_url: &config.public_url,
                rendered: &rendered,
            };
            if is_refused {
                delivery::halt(tx, ctx, &answers)?;
            }
            delivery::turn(tx, ctx, in_flight.as_deref(), &answers, &claiming)
        });
        self.hand_out();
        let acted = acting.wait();
        let now = self.started.elapsed();
        match acted {
            Ok(claims) => {
                let lines = self.core.acted(now, n, &claims);
                self.claimed = lines.into_iter().zip(claims.claimed).collect();
            }
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be written; answers are kept");
                self.core.failed(now);
            }
        }
    }

    /// Tells the lines what the last act claimed.
    fn hand_out(&mut self) {
        for (line, claimed) in self.claimed.drain(..) {
            if let Some(line) = self.lines.get(line) {
                line.tell(Job::Send(Box::new(claimed)));
            }
        }
    }

    fn tell(&self, lines: &[usize], job: impl Fn() -> Job) {
        for line in lines.iter().filter_map(|number| self.lines.get(*number)) {
            line.tell(job());
        }
    }

    fn act_now<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut placet_store::Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        self.begin(f).wait()
    }

    fn begin<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut placet_store::Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Begun<T, ActError> {
        let ctx = (self.config.ctx)();
        self.config.store.act_begun(self.grant, &ctx, f)
    }
}
