//! The listener: a thread a connection, one thread that makes messages durable, a bounded queue
//! between them.
//!
//! A connection reads on only when its messages have a place in the queue, so a slow store slows
//! the senders and nothing grows. What a connection sent is answered in its order.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use placet_domain::time::{TimeZone, Timestamp};
use rustls::ServerConfig;

use super::ack::{Envelope, Outcome};
use super::frame::{Deframer, Frame, framed};
use super::kept::Kept;
use super::tls::Wire;
use super::{Message, Taker, Verdict};
use crate::door::{self, Passed, Phi, Released};
use crate::fault::{Fault, Kind};
use crate::flow::Flow;
use crate::hl7;
use crate::report::Tally;

/// How often a waiting thread looks whether it should stop.
const LOOK: Duration = Duration::from_millis(100);
/// How many looks a frame may stay unfinished: a minute.
const PATIENCE: u32 = 600;
/// How many looks two sides may take to agree on their keys: ten seconds.
const HANDSHAKE: u32 = 100;
/// The most messages that one take makes durable together.
const TOGETHER: usize = 200;

/// How to listen.
#[derive(Clone)]
pub struct Config {
    /// What may come in.
    pub flow: Arc<Flow>,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// The most bytes of one message.
    pub limit: usize,
    /// The most connections at a time; one more is closed.
    pub connections: usize,
    /// How many messages wait for the taker.
    pub waiting: usize,
    /// Who may connect; nobody named means everybody who reaches the address.
    pub from: Vec<IpAddr>,
    /// The certificate to show and whose to ask for; without it, messages come in the clear.
    pub tls: Option<Arc<Kept<ServerConfig>>>,
}

impl Config {
    /// Four megabytes a message, 64 connections, 256 messages waiting.
    #[must_use]
    pub fn new(flow: Arc<Flow>, clock: fn() -> Timestamp) -> Self {
        Self {
            flow,
            clock,
            limit: 4 << 20,
            connections: 64,
            waiting: 256,
            from: Vec::new(),
            tls: None,
        }
    }
}

/// What a listener did until now; counts and paths.
#[derive(Debug, Default)]
pub struct Counts {
    /// Messages read.
    pub read: AtomicU64,
    /// Messages made durable.
    pub taken: AtomicU64,
    /// Messages of which the flow lets nothing through.
    pub dropped: AtomicU64,
    /// Messages that could not be taken.
    pub refused: AtomicU64,
    /// Messages that could not be kept for the moment.
    pub not_now: AtomicU64,
    /// Bytes that belonged to no frame.
    pub noise: AtomicU64,
    by_path: Mutex<BTreeMap<String, u64>>,
}

impl Counts {
    /// What was dropped, by path.
    #[must_use]
    pub fn by_path(&self) -> BTreeMap<String, u64> {
        self.by_path
            .lock()
            .map(|paths| paths.clone())
            .unwrap_or_default()
    }

    fn add_paths(&self, flow: &Flow, tally: Tally) {
        if let Ok(mut all) = self.by_path.lock() {
            for (path, n) in tally.by_path(flow) {
                *all.entry(path).or_default() += n;
            }
        }
    }
}

struct Waiting {
    message: Message,
    answer: SyncSender<Verdict>,
}

/// A listener that runs until it is dropped or stopped.
pub struct Listener {
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Listener {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// When the system gives no threads.
    pub fn start(socket: TcpListener, config: Config, taker: Box<dyn Taker>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let counts = Arc::new(Counts::default());
        let (give, waiting) = sync_channel(config.waiting.max(1));
        let keeper = thread::Builder::new()
            .name("placet-mllp-take".to_owned())
            .spawn(move || keep(taker, &waiting))?;
        let door = Door {
            config,
            give,
            stop: Arc::clone(&stop),
            counts: Arc::clone(&counts),
            n_open: Arc::new(AtomicUsize::new(0)),
        };
        let accepter = thread::Builder::new()
            .name("placet-mllp".to_owned())
            .spawn(move || door.accept(&socket))?;
        Ok(Self {
            stop,
            counts,
            threads: vec![accepter, keeper],
        })
    }

    /// What it did until now.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Answers what is under way and ends.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.end();
    }
}

/// Takes what waits, together where several wait.
fn keep(mut taker: Box<dyn Taker>, waiting: &Receiver<Waiting>) {
    while let Ok(first) = waiting.recv() {
        let (mut messages, mut answers) = (vec![first.message], vec![first.answer]);
        while messages.len() < TOGETHER
            && let Ok(next) = waiting.try_recv()
        {
            messages.push(next.message);
            answers.push(next.answer);
        }
        let verdicts = taker.take(messages);
        let all = verdicts
            .into_iter()
            .chain(std::iter::repeat(Verdict::NotNow));
        for (answer, verdict) in answers.into_iter().zip(all) {
            // A connection that is gone will send again.
            let _ = answer.send(verdict);
        }
    }
}

#[derive(Clone)]
struct Door {
    config: Config,
    give: SyncSender<Waiting>,
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
    n_open: Arc<AtomicUsize>,
}

impl Door {
    fn accept(self, socket: &TcpListener) {
        let mut threads: Vec<thread::JoinHandle<()>> = Vec::new();
        while !self.stop.load(Ordering::Acquire) {
            threads.retain(|thread| !thread.is_finished());
            let Ok((stream, peer)) = socket.accept() else {
                thread::sleep(LOOK / 10);
                continue;
            };
            let is_known =
                self.config.from.is_empty() || self.config.from.contains(&peer.ip().to_canonical());
            if !is_known || self.n_open.load(Ordering::Acquire) >= self.config.connections {
                continue;
            }
            self.n_open.fetch_add(1, Ordering::AcqRel);
            let door = self.clone();
            let work = move || {
                let _ = door.connection(stream);
                door.n_open.fetch_sub(1, Ordering::AcqRel);
            };
            let name = "placet-mllp-line".to_owned();
            match thread::Builder::new().name(name).spawn(work) {
                Ok(thread) => threads.push(thread),
                Err(_) => {
                    self.n_open.fetch_sub(1, Ordering::AcqRel);
                }
            }
        }
        for thread in threads {
            let _ = thread.join();
        }
    }

    fn connection(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK))?;
        stream.set_write_timeout(Some(Duration::from_secs(30)))?;
        let mut wire = Wire::accepted(stream, self.config.tls.as_ref())?;
        let mut line = Line {
            door: self,
            deframer: Deframer::new(self.config.limit),
            tally: Tally::new(&self.config.flow),
            released: Released::default(),
            number: 0,
        };
        let ended = line.run(&mut wire);
        wire.close();
        self.counts
            .noise
            .fetch_add(line.deframer.n_noise, Ordering::Relaxed);
        self.counts.add_paths(&self.config.flow, line.tally);
        ended
    }
}

struct Line<'d> {
    door: &'d Door,
    deframer: Deframer,
    tally: Tally,
    released: Released,
    number: u64,
}

/// A message that is to be answered.
struct Due {
    envelope: Envelope,
    state: State,
}

enum State {
    Known(Outcome),
    Waiting(Receiver<Verdict>),
}

impl Line<'_> {
    fn run(&mut self, stream: &mut Wire) -> io::Result<()> {
        let mut block = vec![0; 64 * 1024];
        let mut n_looks = 0;
        loop {
            let n = match stream.read(&mut block) {
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(error) if is_nothing_yet(&error) => {
                    let (is_awaited, patience) = if stream.is_handshaking() {
                        (true, HANDSHAKE)
                    } else {
                        (self.deframer.is_inside(), PATIENCE)
                    };
                    n_looks = if is_awaited { n_looks + 1 } else { 0 };
                    if self.door.stop.load(Ordering::Acquire) || n_looks > patience {
                        return Ok(());
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            n_looks = 0;
            let mut frames = Vec::new();
            self.deframer
                .push(block.get(..n).unwrap_or_default(), &mut |frame| {
                    frames.push(frame);
                });
            let due: Vec<Due> = frames.into_iter().map(|frame| self.take(frame)).collect();
            for one in due {
                self.settle(one, stream)?;
            }
            if self.door.stop.load(Ordering::Acquire) && !self.deframer.is_inside() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, frame: Frame) -> Due {
        self.door.counts.read.fetch_add(1, Ordering::Relaxed);
        let (bytes, state) = match frame {
            Frame::TooLong(head) => {
                let outcome = Outcome::of(Fault::of(Kind::TooLong));
                (head, State::Known(outcome))
            }
            Frame::Message(bytes) => {
                let state = self.pass(&bytes);
                (bytes, state)
            }
        };
        Due {
            envelope: Envelope::read(&bytes),
            state,
        }
    }

    /// Lets a message through the flow and hands on what is left of it.
    fn pass(&mut self, bytes: &[u8]) -> State {
        let flow = &self.door.config.flow;
        let record = Phi::new(bytes);
        match door::pass_message(flow, &record, &mut self.tally, &mut self.released) {
            Ok(Passed::Kept) => {}
            Ok(_) => {
                self.door.counts.dropped.fetch_add(1, Ordering::Relaxed);
                return State::Known(Outcome::Accepted);
            }
            Err(fault) => return State::Known(Outcome::of(fault)),
        }
        let today = (self.door.config.clock)().to_zoned(TimeZone::UTC).date();
        let zone = flow.hl7().and_then(|rules| rules.zone.as_ref());
        let arrivals = match hl7::read::message(self.released.json(), zone, today) {
            Ok((arrivals, _)) => arrivals,
            Err(fault) => return State::Known(Outcome::of(fault)),
        };
        let envelope = Envelope::read(bytes);
        let message = Message {
            sender: sha256(&envelope.sender()),
            control_id: sha256(&envelope.control_id),
            content_hash: sha256(bytes),
            released: self.released.json().to_owned(),
            arrivals,
        };
        let (answer, verdict) = sync_channel(1);
        match self.door.give.send(Waiting { message, answer }) {
            Ok(()) => State::Waiting(verdict),
            Err(_) => State::Known(Outcome::NotNow),
        }
    }

    fn settle(&mut self, due: Due, stream: &mut Wire) -> io::Result<()> {
        let counts = &self.door.counts;
        let outcome = match due.state {
            State::Known(outcome) => outcome,
            State::Waiting(verdict) => match verdict.recv() {
                Ok(Verdict::Taken) => {
                    counts.taken.fetch_add(1, Ordering::Relaxed);
                    Outcome::Accepted
                }
                Ok(Verdict::NotNow) | Err(_) => Outcome::NotNow,
            },
        };
        match &outcome {
            Outcome::Accepted => {}
            Outcome::NotNow => {
                counts.not_now.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Faulty(_) | Outcome::Rejected(_) => {
                counts.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        let now = (self.door.config.clock)();
        self.number += 1;
        for answer in due.envelope.answers(&outcome, now, self.number) {
            stream.write_all(&framed(&answer))?;
        }
        stream.flush()
    }
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}
