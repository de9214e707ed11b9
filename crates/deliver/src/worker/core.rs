//! What a worker does next: a state machine without threads, clocks or sockets.
//!
//! Its owner asks [`Core::next`], does it, and says what came of it. Time is how long the worker
//! has run.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use placet_app::delivery::{Claims, Settled};
use placet_domain::delivery::Answer;
use placet_domain::id::{DeliveryId, VersionId};

/// Lines without work are taken down after this.
const REST: Duration = Duration::from_secs(5);
/// The longest an idle or troubled worker waits before it tries again.
const LONGEST: Duration = Duration::from_secs(60);
/// How often a worker that is to stop tries to settle its last answers.
const PATIENCE: u32 = 5;
/// The longest an answer waits for those that are soon to come, so that they share an act.
const GATHER: Duration = Duration::from_millis(2);
/// So many answers share an act well; the other lines go on meanwhile.
const ENOUGH: usize = 32;
/// After so many refusals for good, and none taken, the fault is not the readers'.
const REFUSALS: u32 = 50;
/// The first wait after trouble.
const SHORTEST: Duration = Duration::from_millis(200);

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A line can take a message.
    Up(usize),
    /// A line cannot be brought up.
    Down {
        /// Which.
        line: usize,
        /// What stands in the way.
        why: String,
    },
    /// A line handed its message over, or could not.
    Done {
        /// Which.
        line: usize,
        /// The answer.
        settled: Box<Settled>,
        /// Whether the line can take the next.
        is_up: bool,
    },
    /// There may be work.
    Woken,
    /// Claim nothing more.
    Stop,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Renew the lease; then [`Core::beaten`].
    Beat,
    /// See how many wait; then [`Core::looked`].
    Look,
    /// Render a version; then [`Core::rendered`].
    Render(VersionId),
    /// Bring these lines up; each gives an event.
    Open(Vec<usize>),
    /// Take these lines down.
    Rest(Vec<usize>),
    /// Settle [`Core::answers`] and claim `n`; then [`Core::acted`] or [`Core::failed`].
    Act {
        /// How many lines are free.
        n: usize,
    },
    /// Wait for an event, but not longer than this.
    Wait(Duration),
    /// All is settled: give the lease back and end.
    Leave,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Down,
    Opening,
    Up { since: Duration },
    Busy(DeliveryId),
}

/// The state of a worker.
#[derive(Debug)]
pub struct Core {
    lines: Vec<Line>,
    answers: Arc<Vec<Settled>>,
    unrendered: BTreeSet<VersionId>,
    unrenderable: BTreeSet<VersionId>,
    is_stopping: bool,
    // How many are believed to wait; zero: look first.
    waiting: usize,
    // Refusals for good since a message was last taken.
    n_refused: u32,
    // Whether an act failed without our knowing whether it was kept.
    in_doubt: bool,
    beat_every: Duration,
    look_every: Duration,
    look_wait: Duration,
    next_beat: Duration,
    next_look: Duration,
    // When the first answer of the next act came, or its first line.
    gathering: Option<Duration>,
    // No claim before this: the carrier is in trouble.
    carrier_pause: Pause,
    // No act before this: the store is in trouble.
    store_pause: Pause,
}

/// Waits that grow while trouble lasts.
#[derive(Debug, Default)]
struct Pause {
    n_troubles: u32,
    until: Duration,
}

impl Pause {
    fn trouble(&mut self, now: Duration) {
        let wait = SHORTEST * 2_u32.saturating_pow(self.n_troubles.min(16));
        self.n_troubles = self.n_troubles.saturating_add(1);
        self.until = now + wait.min(LONGEST);
    }

    fn over(&mut self) {
        *self = Self::default();
    }
}

impl Core {
    /// A worker that has not begun.
    #[must_use]
    pub fn new(lines: usize, look_every: Duration, beat_every: Duration) -> Self {
        Self {
            lines: vec![Line::Down; lines],
            answers: Arc::default(),
            unrendered: BTreeSet::new(),
            unrenderable: BTreeSet::new(),
            is_stopping: false,
            waiting: 0,
            n_refused: 0,
            in_doubt: false,
            beat_every,
            look_every,
            look_wait: look_every,
            next_beat: Duration::ZERO,
            next_look: Duration::ZERO,
            gathering: None,
            carrier_pause: Pause::default(),
            store_pause: Pause::default(),
        }
    }

    /// What to do now.
    pub fn next(&mut self, now: Duration) -> Step {
        let is_busy = self
            .lines
            .iter()
            .any(|line| matches!(line, Line::Busy(_) | Line::Opening));
        // A store that stays away must not hold up the end: what is unsettled is unknown then.
        let is_settled = self.answers.is_empty() || self.store_pause.n_troubles >= PATIENCE;
        if self.is_stopping && !is_busy && is_settled {
            return Step::Leave;
        }
        if now >= self.next_beat {
            return Step::Beat;
        }
        if let Some(version) = self.unrendered.first() {
            return Step::Render(*version);
        }
        // On the way out there is no time to wait.
        if (now >= self.store_pause.until || self.is_stopping)
            && let Some(step) = self.act_or_open(now)
        {
            return step;
        }
        let resting = self.resting(now);
        if !resting.is_empty() {
            return Step::Rest(resting);
        }
        if self.waiting == 0 && now >= self.next_look && !self.is_stopping {
            return Step::Look;
        }
        Step::Wait(
            self.wake_at(now)
                .saturating_sub(now)
                .max(Duration::from_millis(1)),
        )
    }

    fn act_or_open(&mut self, now: Duration) -> Option<Step> {
        let may_claim = !self.is_stopping && self.waiting > 0 && now >= self.carrier_pause.until;
        let n = if may_claim {
            self.count(|line| matches!(line, Line::Up { .. }))
        } else {
            0
        };
        if n > 0 || !self.answers.is_empty() {
            return self.is_ripe(now, n).then_some(Step::Act { n });
        }
        if !may_claim {
            return None;
        }
        let in_use = self.count(|line| *line != Line::Down);
        let missing = self.waiting.min(self.lines.len()).saturating_sub(in_use);
        let down = self
            .lines
            .iter_mut()
            .enumerate()
            .filter(|(_, line)| **line == Line::Down);
        let opening: Vec<usize> = down
            .take(missing)
            .map(|(number, line)| {
                *line = Line::Opening;
                number
            })
            .collect();
        (!opening.is_empty()).then_some(Step::Open(opening))
    }

    /// Whether an act is worth its commit: as many lines wait for it as are under way, or enough,
    /// or the first one has waited long enough.
    fn is_ripe(&self, now: Duration, n: usize) -> bool {
        let under_way = self.count(|line| matches!(line, Line::Busy(_) | Line::Opening));
        let ready = n.max(self.answers.len());
        ready >= under_way.min(ENOUGH) || self.gathering.is_none_or(|since| now >= since + GATHER)
    }

    fn resting(&mut self, now: Duration) -> Vec<usize> {
        let is_idle = self.waiting == 0;
        let idle = self.lines.iter_mut().enumerate().filter(
            |(_, line)| matches!(line, Line::Up { since } if is_idle && now >= *since + REST),
        );
        idle.map(|(number, line)| {
            *line = Line::Down;
            number
        })
        .collect()
    }

    fn wake_at(&self, now: Duration) -> Duration {
        let mut at = self.next_beat;
        if !self.answers.is_empty() || self.waiting > 0 {
            for pause in [&self.store_pause, &self.carrier_pause] {
                if pause.n_troubles > 0 {
                    at = at.min(pause.until);
                }
            }
        }
        if self.waiting == 0 && !self.is_stopping {
            at = at.min(self.next_look);
        }
        match self.gathering {
            Some(since) if since + GATHER > now => at.min(since + GATHER),
            _ => at,
        }
    }

    /// Takes note of an event.
    pub fn hear(&mut self, now: Duration, event: Event) {
        if let Event::Up(_) | Event::Done { .. } = event {
            self.gathering.get_or_insert(now);
        }
        match event {
            Event::Up(line) => self.set(line, Line::Up { since: now }),
            Event::Down { line, .. } => {
                self.set(line, Line::Down);
                // One pause for all lines that fail together.
                if now >= self.carrier_pause.until {
                    self.carrier_pause.trouble(now);
                }
            }
            Event::Done {
                line,
                settled,
                is_up,
            } => {
                self.set(
                    line,
                    if is_up {
                        Line::Up { since: now }
                    } else {
                        Line::Down
                    },
                );
                match &settled.outcome.answer {
                    Answer::NotSent { .. } => {
                        // It waits again.
                        self.waiting = self.waiting.max(1);
                        if now >= self.carrier_pause.until {
                            self.carrier_pause.trouble(now);
                        }
                    }
                    // A carrier that takes and never answers costs ever more rarely a message.
                    Answer::Unknown { .. } => {
                        if now >= self.carrier_pause.until {
                            self.carrier_pause.trouble(now);
                        }
                    }
                    Answer::Refused {
                        permanent: false, ..
                    } => self.carrier_pause.over(),
                    Answer::Refused {
                        permanent: true, ..
                    } => {
                        self.n_refused += 1;
                        self.carrier_pause.over();
                    }
                    Answer::Accepted { .. } => {
                        self.n_refused = 0;
                        self.carrier_pause.over();
                    }
                }
                Arc::make_mut(&mut self.answers).push(*settled);
            }
            Event::Woken => {
                self.next_look = now;
                self.look_wait = self.look_every;
            }
            Event::Stop => self.is_stopping = true,
        }
    }

    /// The lease was renewed, or could not be: the next beat tries again.
    pub fn beaten(&mut self, now: Duration) {
        self.next_beat = now + self.beat_every;
    }

    /// So many wait.
    pub fn looked(&mut self, now: Duration, waiting: usize) {
        self.waiting = waiting;
        self.next_look = now + self.look_wait;
    }

    /// A version was rendered, or cannot be; then its campaign stands still.
    pub fn rendered(&mut self, version: VersionId) {
        self.unrendered.remove(&version);
        self.unrenderable.insert(version);
    }

    /// The answers to settle in the next act.
    #[must_use]
    pub fn answers(&self) -> Arc<Vec<Settled>> {
        Arc::clone(&self.answers)
    }

    /// Whether the carrier refuses everything: then the campaigns under way are stopped in the next
    /// act, rather than spent on a fault of ours.
    #[must_use]
    pub fn is_refused_by_all(&self) -> bool {
        self.n_refused >= REFUSALS
    }

    /// What is under way, when an act failed and may have been kept all the same: whatever else
    /// this worker holds was never handed out.
    #[must_use]
    pub fn in_doubt(&self) -> Option<Vec<DeliveryId>> {
        let busy = self.lines.iter().filter_map(|line| match line {
            Line::Busy(delivery) => Some(*delivery),
            _ => None,
        });
        let answered = self.answers.iter().map(|settled| settled.ticket.delivery);
        self.in_doubt.then(|| busy.chain(answered).collect())
    }

    /// An act that asked for `n` was kept: answers how the claimed messages go to the lines, in
    /// their order.
    pub fn acted(&mut self, now: Duration, n: usize, claims: &Claims) -> Vec<usize> {
        self.answers = Arc::default();
        self.gathering = None;
        self.in_doubt = false;
        self.store_pause.over();
        if self.is_refused_by_all() {
            self.n_refused = 0;
        }
        let news = claims
            .unrendered
            .iter()
            .filter(|one| !self.unrenderable.contains(one));
        self.unrendered.extend(news);
        let is_empty = claims.claimed.is_empty() && claims.n_refused == 0;
        if claims.has_more || !self.unrendered.is_empty() {
            self.waiting = self.lines.len();
        } else if n > 0 {
            // Look again soon where there was work; ever more rarely where there was none.
            self.waiting = 0;
            self.look_wait = if is_empty {
                (self.look_wait * 2).min(LONGEST)
            } else {
                self.look_every
            };
            self.next_look = now + self.look_wait;
        }
        let up = self
            .lines
            .iter_mut()
            .enumerate()
            .filter(|(_, line)| matches!(line, Line::Up { .. }));
        up.zip(&claims.claimed)
            .map(|((number, line), claimed)| {
                *line = Line::Busy(claimed.ticket.delivery);
                number
            })
            .collect()
    }

    /// An act was not kept, or nobody knows.
    pub fn failed(&mut self, now: Duration) {
        self.in_doubt = true;
        self.store_pause.trouble(now);
    }

    fn set(&mut self, line: usize, state: Line) {
        if let Some(line) = self.lines.get_mut(line) {
            *line = state;
        }
    }

    fn count(&self, is: impl Fn(&Line) -> bool) -> usize {
        self.lines.iter().filter(|line| is(line)).count()
    }
}
