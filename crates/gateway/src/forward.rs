//! Store and forward: what passed the flow is sealed in the spool, acknowledged, and sent on in
//! its order when the destination is there.
//!
//! Each message goes out under a number of ours that follows from who sent it, under which number
//! and with which bytes. Sent twice after a crash, it is the same message twice, and a destination
//! that knows that (as this program does) gives it one effect.

#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use crate::mllp::ack::Envelope;
use crate::mllp::client::{Answer, Client, To};
use crate::mllp::listen::sha256;
use crate::mllp::{Message, Taker, Verdict};
use crate::spool::Spool;

/// How long the destination may take to answer.
const WAIT: Duration = Duration::from_secs(30);
/// The first and the longest pause after a failure.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// The spool, between the listener and the forwarder.
pub struct Shared {
    spool: Mutex<Spool>,
    news: Condvar,
    stop: AtomicBool,
    /// Messages delivered.
    pub delivered: AtomicU64,
    /// Messages put aside, because their destination will never take them.
    pub set_aside: AtomicU64,
}

impl Shared {
    /// Shares a spool.
    #[must_use]
    pub fn new(spool: Spool) -> Arc<Self> {
        Arc::new(Self {
            spool: Mutex::new(spool),
            news: Condvar::new(),
            stop: AtomicBool::new(false),
            delivered: AtomicU64::new(0),
            set_aside: AtomicU64::new(0),
        })
    }

    fn lock(&self) -> io::Result<MutexGuard<'_, Spool>> {
        let broken = |_| io::Error::other("the spool was left in the middle of something");
        self.spool.lock().map_err(broken)
    }

    /// How many messages wait.
    #[must_use]
    pub fn n_waiting(&self) -> u64 {
        self.lock().map_or(0, |spool| spool.n_waiting())
    }
}

/// Makes messages durable in the spool.
pub struct SpoolTaker(pub Arc<Shared>);

impl Taker for SpoolTaker {
    fn take(&mut self, messages: Vec<Message>) -> Vec<Verdict> {
        let records: Vec<Vec<u8>> = messages.iter().map(addressed).collect();
        let kept = self
            .0
            .lock()
            .and_then(|mut spool| spool.append(records.iter().map(Vec::as_slice)));
        self.0.news.notify_all();
        let verdict = if kept.is_ok() {
            Verdict::Taken
        } else {
            Verdict::NotNow
        };
        vec![verdict; messages.len()]
    }
}

/// What was let through, with a header that can be answered.
fn addressed(message: &Message) -> Vec<u8> {
    let all = [message.sender, message.control_id, message.content_hash].concat();
    let hash = sha256(&all);
    let number: String = hash
        .iter()
        .take(10)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (header, rest) = message
        .released
        .split_once('\r')
        .unwrap_or((&message.released, ""));
    // MSH-1 is the separator itself: `MSH` and MSH-2 are the first two words.
    let mut fields: Vec<&str> = header.split('|').collect();
    fields.resize(fields.len().max(12), "");
    for (at, value) in [
        (2, "PLACET-GATEWAY"),
        (9, &number),
        (10, "P"),
        (11, "2.5.1"),
    ] {
        if let Some(field) = fields.get_mut(at) {
            *field = value;
        }
    }
    format!("{}\r{rest}", fields.join("|")).into_bytes()
}

/// The thread that sends on what waits.
pub struct Forwarder {
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Forwarder {
    /// Begins to send to a destination.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn start(shared: Arc<Shared>, to: impl Into<To>) -> io::Result<Self> {
        let (own, to) = (Arc::clone(&shared), to.into());
        let thread = thread::Builder::new()
            .name("placet-forward".to_owned())
            .spawn(move || forward(&own, to))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.news.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn forward(shared: &Shared, to: To) {
    let mut client = Client::new(to, WAIT);
    let mut pause = PAUSES.0;
    while !shared.stop.load(Ordering::Acquire) {
        match send_first(shared, &mut client) {
            Ok(Some(_)) => pause = PAUSES.0,
            Ok(None) => wait(shared, PAUSES.1),
            Err(_) => {
                wait(shared, pause);
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
}

/// Until there is news, it is time to try again, or it should stop.
fn wait(shared: &Shared, at_most: Duration) {
    if let Ok(spool) = shared.lock()
        && !shared.stop.load(Ordering::Acquire)
    {
        let _ = shared.news.wait_timeout(spool, at_most);
    }
}

/// Sends everything that waits, once.
///
/// # Errors
///
/// When the destination is not there or does not take it now; what was delivered is.
pub fn replay(shared: &Shared, to: impl Into<To>) -> io::Result<()> {
    let mut client = Client::new(to, WAIT);
    while send_first(shared, &mut client)?.is_some() {}
    Ok(())
}

/// Sends the first message that waits; nothing when none does.
fn send_first(shared: &Shared, client: &mut Client) -> io::Result<Option<Answer>> {
    let Some(record) = shared.lock()?.first()? else {
        return Ok(None);
    };
    let envelope = Envelope::read(&record);
    match client.send(&record, &envelope.control_id)? {
        Answer::Taken => {
            shared.lock()?.delivered()?;
            shared.delivered.fetch_add(1, Ordering::Relaxed);
            Ok(Some(Answer::Taken))
        }
        Answer::Refused => {
            shared.lock()?.set_aside()?;
            shared.set_aside.fetch_add(1, Ordering::Relaxed);
            Ok(Some(Answer::Refused))
        }
        Answer::NotNow => Err(io::Error::other("the destination cannot take it now")),
    }
}
