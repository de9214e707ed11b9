//! HL7 v2 over MLLP into the store: each message is acknowledged after the commit that took it.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use placet_app::hl7::{self, Delivery};
use placet_app::import::{self, Counts, Run};
use placet_app::{ActError, Ctx};
use placet_domain::operator::Capability;
use placet_gateway::mllp::listen::{Config, Listener};
use placet_gateway::mllp::tls::ServerFiles;
use placet_gateway::mllp::{Message, Taker, Verdict};
use placet_store::{Store, Tx};
use serde::{Deserialize, Serialize};

use crate::clock;

/// The part `[mllp]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The system that sends, as in `placet import`.
    #[serde(default = "default_source")]
    pub source: String,
    /// The declared flow to go by; the only one from this source when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// Who may connect; nobody named means everybody who reaches the address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<IpAddr>,
    /// The certificate to show and whose to ask for; without it, messages come in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<ServerFiles>,
}

fn default_source() -> String {
    "ehr".to_owned()
}

impl Settings {
    /// Listens here; the rest as it is by default.
    #[must_use]
    pub fn at(listen: SocketAddr) -> Self {
        Self {
            listen,
            source: default_source(),
            flow: None,
            from: Vec::new(),
            tls: None,
        }
    }
}

/// A listener that runs beside the pages.
pub struct Intake {
    listener: Listener,
    store: Store,
    run: Run,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Intake {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// When no flow is open, the address cannot be taken, or the store fails.
    pub fn start(settings: &Settings, store: &Store) -> Result<Self> {
        let tls = settings.tls.as_ref().map(ServerFiles::load).transpose()?;
        let socket = TcpListener::bind(settings.listen)
            .with_context(|| format!("cannot listen on {}", settings.listen))?;
        let address = socket.local_addr()?;
        let (source, flow) = (settings.source.clone(), settings.flow.clone());
        let run = act(store, move |tx, ctx| {
            hl7::forget_old(tx, ctx)?;
            import::begin(tx, ctx, &source, flow.as_deref())
        })?;
        let mut config = Config::new(Arc::clone(&run.flow.list), clock::now);
        config.from.clone_from(&settings.from);
        config.tls = tls;
        let taker = StoreTaker {
            store: store.clone(),
            run: run.clone(),
        };
        Ok(Self {
            listener: Listener::start(socket, config, Box::new(taker))?,
            store: store.clone(),
            run,
            address,
        })
    }

    /// Answers what is under way and ends the run.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn stop(self) -> Result<()> {
        let counts = self.listener.counts();
        self.listener.stop();
        let of = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
        let read = serde_json::json!({
            "n_read": of(&counts.read), "n_kept": of(&counts.taken),
            "n_dropped": of(&counts.dropped), "n_refused": of(&counts.refused),
            "n_not_now": of(&counts.not_now), "n_noise": of(&counts.noise),
            "dropped": counts.by_path(),
        });
        let report = serde_json::json!({ "read": read }).to_string();
        let run = self.run;
        act(&self.store, move |tx, ctx| {
            import::finish(tx, ctx, &run, &Counts::default(), "hl7", &report)
        })?;
        Ok(())
    }
}

fn act<T: Send + 'static>(
    store: &Store,
    act: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
) -> Result<T, ActError> {
    let ctx = clock::system("mllp");
    let grant = ctx.actor.may(Capability::ImportPeople)?;
    store.act_blocking(grant, &ctx, act)
}

/// Takes messages into the store, those that wait together in one commit.
struct StoreTaker {
    store: Store,
    run: Run,
}

impl StoreTaker {
    fn take_some(&self, messages: &Arc<Vec<Message>>, from: usize, n: usize) -> bool {
        let (messages, run) = (Arc::clone(messages), self.run.clone());
        let taken = act(&self.store, move |tx, ctx| {
            let deliveries: Vec<Delivery<'_>> = messages
                .iter()
                .skip(from)
                .take(n)
                .map(|message| Delivery {
                    sender: message.sender,
                    control_id: message.control_id,
                    content_hash: message.content_hash,
                    arrivals: &message.arrivals,
                })
                .collect();
            hl7::take(tx, ctx, &run, &deliveries)
        });
        if let Err(error) = &taken {
            tracing::error!(%error, "messages could not be taken; their senders were asked to send again");
        }
        taken.is_ok()
    }
}

impl Taker for StoreTaker {
    fn take(&mut self, messages: Vec<Message>) -> Vec<Verdict> {
        let n = messages.len();
        let messages = Arc::new(messages);
        if self.take_some(&messages, 0, n) {
            return vec![Verdict::Taken; n];
        }
        // One of them may stand in the way of the others.
        (0..n)
            .map(|at| {
                if n > 1 && self.take_some(&messages, at, 1) {
                    Verdict::Taken
                } else {
                    Verdict::NotNow
                }
            })
            .collect()
    }
}
