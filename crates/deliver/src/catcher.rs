//! A mail catcher: a real SMTP listener that keeps what arrives in memory and passes nothing on.
//!
//! The demo shows its messages; the benches count with it; the tests make it stall, refuse and
//! close by a [`Script`]. Start with [`Catcher::start`].
//!
//! INVARIANT: memory is bounded whatever is sent: connections, lines, messages and what is kept.

mod kept;
mod script;
mod session;

#[cfg(test)]
mod tests;

pub use kept::{Caught, View};
pub use script::{Fault, Gate, Point, Script};

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kept::Kept;

/// How a catcher behaves.
#[derive(Clone)]
pub struct Config {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Most bytes of messages kept; the oldest go first. Zero only counts.
    pub keep_bytes: usize,
    /// Largest message taken.
    pub message_bytes: usize,
    /// Most connections at a time.
    pub connections: usize,
    /// How long it waits for a silent client.
    pub patience: Duration,
    /// Whether `PIPELINING` is offered.
    pub pipelining: bool,
    /// Whether a lone CR or LF ends a line, as careless mail systems have it.
    pub lenient: bool,
    /// The faults to play.
    pub script: Script,
    /// The certificate and key, when `STARTTLS` is offered.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// The login wanted, as the token of `AUTH PLAIN` in base64.
    pub login: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            keep_bytes: 32 << 20,
            message_bytes: 10 << 20,
            connections: 256,
            patience: Duration::from_secs(300),
            pipelining: true,
            lenient: false,
            script: Script::default(),
            tls: None,
            login: None,
        }
    }
}

/// A running catcher; it stops when dropped.
pub struct Catcher {
    shared: Arc<Shared>,
    address: SocketAddr,
    listener: Option<JoinHandle<()>>,
}

/// What the listener, the sessions and the owner share.
struct Shared {
    config: Config,
    n_messages: AtomicU64,
    n_transactions: AtomicU64,
    stopping: AtomicBool,
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    kept: Kept,
    // Clones of the sockets, so that stopping ends sessions that wait.
    open: HashMap<u64, TcpStream>,
}

impl Catcher {
    /// Listens, and serves each connection on a thread of its own.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen)?;
        let address = listener.local_addr()?;
        let state = State {
            kept: Kept::new(config.keep_bytes),
            ..State::default()
        };
        let shared = Arc::new(Shared {
            config,
            n_messages: AtomicU64::new(0),
            n_transactions: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            state: Mutex::new(state),
            news: Condvar::new(),
        });
        let serving = Arc::clone(&shared);
        let listener = thread::Builder::new()
            .name("mail catcher".to_owned())
            .spawn(move || serve(&listener, &serving))?;
        Ok(Self {
            shared,
            address,
            listener: Some(listener),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many messages it has taken responsibility for.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.shared.n_messages.load(Ordering::SeqCst)
    }

    /// The kept messages, newest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Arc<Caught>> {
        self.shared.state().kept.newest_first()
    }

    /// One kept message.
    #[must_use]
    pub fn find(&self, number: u64) -> Option<Arc<Caught>> {
        self.shared.state().kept.find(number)
    }

    /// Forgets the kept messages; the count goes on.
    pub fn clear(&self) {
        self.shared.state().kept.clear();
    }

    /// Waits until `n` messages have been taken; false when that took longer than `at_most`.
    #[must_use]
    pub fn wait_for(&self, n: u64, at_most: Duration) -> bool {
        let state = self.shared.state();
        let waited = self
            .shared
            .news
            .wait_timeout_while(state, at_most, |_| self.count() < n);
        waited.is_ok_and(|(_, timeout)| !timeout.timed_out())
    }
}

impl Drop for Catcher {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        for socket in self.shared.state().open.values() {
            let _ = socket.shutdown(Shutdown::Both);
        }
        // Wakes the listener, which then sees that it is to stop.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a message and keeps it as far as there is room.
    fn took(&self, caught: Option<Caught>) {
        let mut state = self.state();
        let number = self.n_messages.fetch_add(1, Ordering::SeqCst);
        if let Some(caught) = caught {
            state.kept.add(Caught { number, ..caught });
        }
        self.news.notify_all();
    }
}

fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    for (number, socket) in (0..).zip(listener.incoming()) {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        let Ok(clone) = socket.try_clone() else {
            continue;
        };
        {
            let mut state = shared.state();
            if state.open.len() >= shared.config.connections {
                session::too_busy(&socket);
                continue;
            }
            state.open.insert(number, clone);
        }
        let serving = Arc::clone(shared);
        let spawned = thread::Builder::new()
            .name("mail caught".to_owned())
            .spawn(move || {
                // What a client does wrong ends its own session and nothing else.
                let _ = session::serve(socket, &serving);
                serving.state().open.remove(&number);
            });
        if spawned.is_err() {
            shared.state().open.remove(&number);
        }
    }
}
