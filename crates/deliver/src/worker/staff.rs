//! Mail to operators on its way out: one thread that sees what there is to tell, and hands it to the
//! same carrier as all mail, one after the other.
//!
//! Start with [`Mailer::turn`]. Any number of processes may run one: a notice is noted once, and a
//! mail is claimed by one of them.
//!
//! INVARIANT: a [`Note`] is made of [`Outgoing`] alone, so nothing else goes out this way.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use placet_app::ActError;
use placet_app::staff_mail::gather;
use placet_app::staff_mail::outbox::{self, Outgoing};
use placet_domain::ctx::Ctx;
use placet_domain::operator::Grant;
use placet_domain::time::Timestamp;
use placet_store::{Store, Tx};

use crate::carrier::smtp::SmtpCarrier;
use crate::carrier::{Carrier as _, Unfit, fit, unfit};
use crate::mail::{HeaderText, Letter, Mailbox, MessageId};
use crate::smtp::{Address, Content};

/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How often it is seen who has to be told something.
const GATHER: Duration = Duration::from_secs(10);
/// The wait after a carrier that could not be reached.
const TROUBLE: Duration = Duration::from_secs(30);

/// What a mailer is made of.
pub struct Config {
    /// Where the outbox is.
    pub store: Store,
    /// The address that links start with, without a slash at the end.
    pub public_url: String,
    /// The moment, the actor and the ids of the next act.
    pub ctx: Arc<dyn Fn() -> Ctx + Send + Sync>,
    /// What takes the mails away.
    pub carrier: SmtpCarrier,
}

/// One mail to an operator, in the types that may reach a header or a command.
pub struct Note {
    pub(crate) from: Mailbox,
    pub(crate) to: Address,
    subject: HeaderText,
    text: String,
    html: String,
    message_id: MessageId,
}

impl Note {
    fn of(outgoing: &Outgoing) -> Result<Self, Unfit> {
        let sender: Address = fit("sender's address", outgoing.sender().parse())?;
        let unique = outgoing.mail().to_string();
        Ok(Self {
            to: fit("recipient's address", outgoing.to().parse())?,
            subject: fit("subject", HeaderText::new(outgoing.subject()))?,
            text: outgoing.text().to_owned(),
            html: outgoing.html().to_owned(),
            message_id: fit("message id", MessageId::new(&unique, sender.domain()))?,
            from: Mailbox {
                name: fit("sender's name", HeaderText::new(outgoing.sender_name()))?,
                address: sender,
            },
        })
    }

    pub(crate) fn compose(&self, date: Timestamp) -> Result<Content, Unfit> {
        let letter = Letter {
            from: &self.from,
            to: &self.to,
            reply_to: None,
            subject: &self.subject,
            text: &self.text,
            html: &self.html,
            date,
            message_id: &self.message_id,
            list: None,
        };
        fit("content", letter.compose())
    }
}

/// What one turn of a mailer did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Mails written down.
    pub n_written: usize,
    /// Mails handed to the carrier, whatever it said.
    pub n_handed_over: usize,
}

/// Sees who has to be told what, and tells them.
pub struct Mailer {
    config: Config,
    grant: Grant,
}

impl Mailer {
    /// A mailer that does nothing by itself.
    ///
    /// # Errors
    ///
    /// When the context is not the system's own.
    pub fn new(config: Config) -> std::io::Result<Self> {
        let ctx = (config.ctx)();
        let grant = ctx
            .actor
            .may_as_system()
            .ok_or(std::io::ErrorKind::PermissionDenied)?;
        Ok(Self { config, grant })
    }

    /// Writes down what is to be told, and sends all that may leave.
    ///
    /// # Errors
    ///
    /// When the store fails; what was not noted is seen again at the next turn.
    pub fn turn(&mut self) -> Result<Done, Trouble> {
        let n_written = self.gather()?;
        let n_handed_over = self.send()?;
        Ok(Done {
            n_written,
            n_handed_over,
        })
    }

    fn gather(&self) -> Result<usize, Trouble> {
        let now = (self.config.ctx)().now;
        let news = self
            .config
            .store
            .read_blocking(move |tx| gather::news(tx, now))?;
        if news.is_empty() {
            return Ok(0);
        }
        Ok(self.act(gather::gather)?)
    }

    fn send(&mut self) -> Result<usize, Trouble> {
        let mut n = 0;
        loop {
            let now = (self.config.ctx)().now;
            let has_work = self
                .config
                .store
                .read_blocking(move |tx| outbox::has_work(tx, now))?;
            if !has_work {
                return Ok(n);
            }
            // Nothing is claimed before the line is up.
            self.config.carrier.make_ready().map_err(Trouble::Carrier)?;
            let (keys, url) = (
                self.config.store.keys().clone(),
                self.config.public_url.clone(),
            );
            let claimed = self.act(move |tx, ctx| outbox::claim(tx, ctx, &keys, &url))?;
            let Some(outgoing) = claimed else {
                return Ok(n);
            };
            let outcome = match Note::of(&outgoing) {
                Ok(note) => self.config.carrier.post(&note, (self.config.ctx)().now),
                Err(why) => unfit(&why),
            };
            let mail = outgoing.mail();
            self.act(move |tx, ctx| outbox::settle(tx, ctx, mail, &outcome))?;
            n += 1;
        }
    }

    fn act<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        let ctx = (self.config.ctx)();
        self.config.store.act_blocking(self.grant, &ctx, f)
    }

    /// Runs it on a thread of its own until it is stopped.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread.
    pub fn start(mut self) -> std::io::Result<Running> {
        let (stop, stopped) = channel::<()>();
        let thread = thread::Builder::new()
            .name("staff mail".to_owned())
            .spawn(move || {
                let mut gathered: Option<Instant> = None;
                let mut wait = LOOK;
                while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    let is_time = gathered.is_none_or(|at| at.elapsed() >= GATHER);
                    let done = if is_time {
                        gathered = Some(Instant::now());
                        self.turn().map(|done| done.n_handed_over)
                    } else {
                        self.send()
                    };
                    wait = LOOK;
                    match done {
                        Ok(0) => self.config.carrier.rest(),
                        Ok(_) => {}
                        Err(trouble) => {
                            tracing::warn!(%trouble, "mail to operators waits");
                            wait = TROUBLE;
                        }
                    }
                }
                self.config.carrier.rest();
            })?;
        Ok(Running {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// Why a turn was broken off.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The outbox could not be read or written.
    #[error(transparent)]
    Store(#[from] ActError),
    /// The carrier cannot be reached, or is not set.
    #[error("{0}")]
    Carrier(String),
}

/// A mailer that runs. Dropping it stops it after the mail under way.
pub struct Running {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
