//! One run: the store, the clock, the workers and the relay, moved one step at a time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use jiff::SignedDuration;
use placet_app::delivery::{self, Claimed, Claiming, Settled};
use placet_app::{ActError, Ctx};
use placet_deliver::worker::core::{Core, Event, Step};
use placet_domain::channel::Channel;
use placet_domain::id::WorkerId;
use placet_domain::operator::Actor;
use placet_domain::time::Timestamp;
use placet_store::{Fault, Faults, Store, StoreError, Tx, ledger};
use placet_testing::{grant, noon};

use crate::chance::Chance;
use crate::hospital::{Hospital, open};
use crate::relay::Relay;

const LEASE: SignedDuration = SignedDuration::from_secs(30);
const BEAT: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(200);
/// No worker has more lines.
pub const LINES: usize = 4;

/// What a line is told to do.
enum Job {
    Open(usize),
    Send(usize, Box<Claimed>),
}

/// A worker: the shipped core, with lines that move when the seed says so.
pub struct Worker {
    pub id: WorkerId,
    core: Core,
    started: Duration,
    jobs: Vec<Job>,
    inbox: VecDeque<Event>,
    rendered: std::collections::BTreeMap<
        placet_domain::id::VersionId,
        std::sync::Arc<placet_domain::template::Rendered>,
    >,
    is_over: bool,
}

impl Worker {
    fn has_something_to_do(&self) -> bool {
        !self.jobs.is_empty() || !self.inbox.is_empty()
    }
}

/// What happened, one line a step; outlives the run for the report.
pub type Trace = Rc<RefCell<String>>;

/// Adds a line to the trace.
macro_rules! note {
    ($world:expr, $($words:tt)*) => {{
        use std::fmt::Write as _;
        let mut trace = $world.trace.borrow_mut();
        let _ = writeln!(trace, $($words)*);
    }};
}
pub(crate) use note;

/// One run.
pub struct World<'h> {
    pub hospital: &'h Hospital,
    pub chance: Chance,
    pub store: Store,
    pub faults: Faults,
    pub relay: Relay,
    pub workers: Vec<Worker>,
    pub now: Timestamp,
    pub trace: Trace,
    /// How long the ledger was when an act was last answered with success.
    pub answered: u64,
    running: Duration,
    seed: u64,
    path: PathBuf,
    n_opens: u64,
    n_acts: u64,
    n_workers: u8,
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{end}", self.path.display()));
        }
    }
}

impl<'h> World<'h> {
    pub fn new(hospital: &'h Hospital, seed: u64, name: &str, trace: Trace) -> Self {
        let path = hospital.copy(name);
        let faults = Faults::default();
        let store = open(&path, seed, faults.clone(), false);
        let mut world = Self {
            hospital,
            chance: Chance::new(seed),
            store,
            faults,
            relay: Relay::default(),
            workers: Vec::new(),
            now: noon(),
            trace,
            answered: 0,
            running: Duration::ZERO,
            seed,
            path,
            n_opens: 1,
            n_acts: 0,
            n_workers: 0,
        };
        world.answered = world.ledger_size();
        world
    }

    pub fn ledger_size(&self) -> u64 {
        self.store
            .read_blocking::<_, _, StoreError>(ledger::size)
            .expect("the ledger's size")
    }

    /// Runs one act. Errors of the store must be those that were planned.
    pub fn act<T: Send + 'static>(
        &mut self,
        f: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        self.n_acts += 1;
        let mut ids = [0; 32];
        ids[..8].copy_from_slice(&self.seed.to_be_bytes());
        ids[8..16].copy_from_slice(&self.n_acts.to_be_bytes());
        let ctx = Ctx::new(self.now, Actor::System("simulator"), ids);
        let done = self.store.act_blocking(grant(), &ctx, f);
        match &done {
            Ok(_) => self.answered = self.ledger_size(),
            Err(ActError::Store(StoreError::Unavailable | StoreError::Full)) => {}
            Err(ActError::Store(other)) => panic!("no fault of the disk explains {other:?}"),
            Err(_) => {}
        }
        done
    }

    /// Lets time go on.
    pub fn pass(&mut self, time: Duration) {
        self.running += time;
        self.now += SignedDuration::try_from(time).unwrap();
    }

    pub fn hire(&mut self) {
        self.n_workers += 1;
        let lines = 1 + self.chance.index(LINES);
        note!(self, "worker {} begins with {lines} lines", self.n_workers);
        self.workers.push(Worker {
            id: WorkerId::from([self.n_workers; 16]),
            core: Core::new(lines, LOOK, BEAT),
            started: self.running,
            jobs: Vec::new(),
            inbox: VecDeque::new(),
            rendered: Default::default(),
            is_over: false,
        });
    }

    /// A worker dies: its memory is gone, its claims stay. What was on the wire may arrive.
    pub fn kill(&mut self, index: usize) {
        let worker = self.workers.remove(index);
        note!(self, "worker {} dies", worker.id.as_bytes()[0]);
        for job in worker.jobs {
            if let Job::Send(_, claimed) = job
                && self.chance.percent(30)
            {
                let delivery = claimed.ticket.delivery;
                let outcome = self.relay.hand(&mut self.chance, *claimed, self.now);
                note!(self, "  {delivery} was on the wire: {}", outcome.answer);
            }
        }
    }

    /// The database is opened anew: what was answered must still be there.
    pub fn reopen(&mut self) {
        if self.chance.percent(30) {
            self.n_opens += 1;
            self.faults = Faults::default();
            let seed = self.seed ^ (self.n_opens << 48);
            self.store = open(&self.path, seed, self.faults.clone(), false);
        } else {
            // The same to whoever comes after: opening a file costs as much as a whole act.
            self.faults.revive();
        }
        let size = self.ledger_size();
        note!(self, "the store is opened again at {size}");
        assert!(
            size >= self.answered,
            "{} entries were answered, {size} are left",
            self.answered
        );
    }

    /// The whole program dies and starts again.
    pub fn restart(&mut self) {
        note!(self, "the program dies");
        while !self.workers.is_empty() {
            self.kill(0);
        }
        self.reopen();
        self.hire();
        if self.chance.percent(40) {
            self.hire();
        }
    }

    /// Plans what the disk does at one of the next commits.
    pub fn plan_fault(&mut self) {
        let fault = *self.chance.pick(&[
            Fault::Full,
            Fault::Full,
            Fault::Unavailable,
            Fault::CrashBefore,
            Fault::CrashAfter,
            Fault::CrashAfter,
        ]);
        let after = self.chance.below(4);
        note!(self, "{fault:?} after {after} commits");
        self.faults.plan(after, fault);
    }

    /// The clock is set.
    pub fn jump(&mut self) {
        let minutes = *self
            .chance
            .pick(&[-3_000, -400, -90, -11, -1, 1, 11, 90, 400, 3_000]);
        note!(self, "the clock jumps by {minutes} minutes");
        self.now += SignedDuration::from_mins(minutes);
    }

    /// One thing that a worker does; answers whether anything can happen without waiting.
    pub fn step(&mut self, index: usize) {
        let mut worker = self.workers.remove(index);
        let now = self.running - worker.started;
        let name = worker.id.as_bytes()[0];
        match worker.core.next(now) {
            Step::Wait(at_most) => {
                let is_quiet = !worker.has_something_to_do()
                    && !self.workers.iter().any(Worker::has_something_to_do);
                if is_quiet {
                    self.pass(at_most);
                }
            }
            Step::Beat => {
                let id = worker.id;
                let done = self.act(move |tx, ctx| delivery::beat(tx, ctx, id, LEASE));
                note!(self, "{name} beats: {done:?}");
                worker.core.beaten(now);
            }
            Step::Look => {
                let at = self.now;
                let ready = self
                    .store
                    .read_blocking(move |tx| delivery::count_ready(tx, Channel::Email, at, LINES))
                    .expect("a read");
                note!(self, "{name} looks: {ready}");
                worker.core.looked(now, ready);
            }
            Step::Render(version) => {
                let made = &self.hospital.rendered[&version];
                worker.rendered.insert(version, std::sync::Arc::clone(made));
                worker.core.rendered(version);
            }
            Step::Open(lines) => worker.jobs.extend(lines.into_iter().map(Job::Open)),
            Step::Rest(lines) => note!(self, "{name} rests {lines:?}"),
            Step::Act { n } => self.turn(&mut worker, n),
            Step::Leave => {
                let id = worker.id;
                let done = self.act(move |tx, ctx| delivery::leave(tx, ctx, id));
                note!(self, "{name} leaves: {done:?}");
                worker.is_over = true;
            }
        }
        if !worker.is_over {
            self.workers.insert(index, worker);
        }
    }

    fn turn(&mut self, worker: &mut Worker, n: usize) {
        let (id, name) = (worker.id, worker.id.as_bytes()[0]);
        let (answers, in_doubt) = (worker.core.answers(), worker.core.in_doubt());
        let n_answers = answers.len();
        let (engine, keys) = (self.hospital.engine.clone(), self.store.keys().clone());
        let rendered = worker.rendered.clone();
        let done = self.act(move |tx, ctx| {
            let claiming = Claiming {
                channel: Channel::Email,
                worker: id,
                n,
                engine: &engine,
                keys: &keys,
                public_url: "https://news.harbor.example",
                rendered: &rendered,
            };
            delivery::turn(tx, ctx, in_doubt.as_deref(), &answers, &claiming)
        });
        let now = self.running - worker.started;
        match done {
            Ok(claims) => {
                note!(
                    self,
                    "{name} settles {n_answers}, claims {:?} of {n}",
                    claims.claimed
                );
                let lines = worker.core.acted(now, n, &claims);
                assert_eq!(
                    lines.len(),
                    claims.claimed.len(),
                    "every claim finds its line"
                );
                let jobs = lines.into_iter().zip(claims.claimed);
                worker
                    .jobs
                    .extend(jobs.map(|(line, one)| Job::Send(line, Box::new(one))));
            }
            Err(error) => {
                note!(
                    self,
                    "{name} cannot settle {n_answers} and claim {n}: {error:?}"
                );
                worker.core.failed(now);
            }
        }
    }

    /// One line does its job.
    pub fn work(&mut self, index: usize) {
        let worker = &mut self.workers[index];
        if worker.jobs.is_empty() {
            return;
        }
        let job = worker.jobs.remove(self.chance.index(worker.jobs.len()));
        let name = worker.id.as_bytes()[0];
        let event = match job {
            Job::Open(line) if !self.relay.is_kind && self.chance.percent(10) => Event::Down {
                line,
                why: "no route".to_owned(),
            },
            Job::Open(line) => Event::Up(line),
            Job::Send(line, claimed) => {
                let ticket = claimed.ticket;
                let outcome = self.relay.hand(&mut self.chance, *claimed, self.now);
                note!(
                    self,
                    "{name} hands {} over: {}",
                    ticket.delivery,
                    outcome.answer
                );
                let is_up = self.relay.is_kind || self.chance.percent(80);
                Event::Done {
                    line,
                    settled: Box::new(Settled { ticket, outcome }),
                    is_up,
                }
            }
        };
        self.workers[index].inbox.push_back(event);
    }

    /// A worker hears what a line has to say.
    pub fn hear(&mut self, index: usize) {
        let worker = &mut self.workers[index];
        if let Some(event) = worker.inbox.pop_front() {
            worker.core.hear(self.running - worker.started, event);
        }
    }

    /// Tells every worker something from outside.
    pub fn tell(&mut self, event: impl Fn() -> Event) {
        for worker in &mut self.workers {
            worker.core.hear(self.running - worker.started, event());
        }
    }
}
