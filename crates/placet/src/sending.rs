//! The workers of this process, one a channel: each claims what is due and hands it to the carrier
//! that is set.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::SignedDuration;
use placet_app::settings;
use placet_deliver::carrier::Carrier as Carries;
use placet_deliver::carrier::smtp::{RelayNow, SignersNow, SmtpCarrier};
use placet_deliver::carrier::text::{AccountNow, TextCarrier};
use placet_deliver::dkim::{Key, Signers};
use placet_deliver::smtp::{Credentials, Relay, TlsPolicy};
use placet_deliver::text::Account;
use placet_deliver::text::http::{Client, Patience};
use placet_deliver::worker::staff::{self, Mailer, Running};
use placet_deliver::worker::{Config as Work, Worker};
use placet_domain::channel::Channel;
use placet_domain::settings::{Carrier, Tls};
use placet_policy::Engine;
use placet_store::{Store, signing};

use crate::clock;
use crate::config::Config;

/// How often an idle worker looks for work.
const LOOK: Duration = Duration::from_millis(500);
/// Where the provider of text messages tells us things (`web/hooks.rs`).
const HOOK: &str = "/hooks/texts";

/// The workers of this process, and the one who writes to operators.
pub struct Workers {
    channels: Vec<Worker>,
    staff: Running,
}

impl Workers {
    /// Claims nothing more, waits for the answers under way and settles them.
    pub fn stop(self) {
        self.channels.into_iter().for_each(Worker::stop);
        drop(self.staff);
    }
}

/// Starts the workers.
///
/// # Errors
///
/// When a secret cannot be read or the system gives no threads.
pub fn start(config: &Config, store: &Store, engine: &Engine) -> Result<Workers> {
    let mail = mail(config, store)?;
    let staff = Mailer::new(staff::Config {
        store: store.clone(),
        public_url: config.public_url.trim_end_matches('/').to_owned(),
        ctx: Arc::new(|| clock::system("staff_mail")),
        carrier: mail(),
    });
    let staff = staff
        .and_then(Mailer::start)
        .context("cannot start the mail to operators")?;
    let texts = texts(config, store)?;
    let work = |channel, carrier, lines| {
        Worker::start(Work {
            store: store.clone(),
            channel,
            engine: engine.clone(),
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            ctx: Arc::new(|| clock::system("worker")),
            carrier,
            lines,
            lease: SignedDuration::from_secs(config.lease_seconds.max(1).into()),
            look: LOOK,
        })
        .context("cannot start the worker")
    };
    let mail: Maker = Arc::new(move || Box::new(mail()));
    let channels = vec![
        work(Channel::Email, mail, config.connections)?,
        work(Channel::Sms, texts, config.text_connections)?,
    ];
    Ok(Workers { channels, staff })
}

/// Makes the carrier of one line.
type Maker = Arc<dyn Fn() -> Box<dyn Carries> + Send + Sync>;

fn mail(config: &Config, store: &Store) -> Result<impl Fn() -> SmtpCarrier + Send + Sync + use<>> {
    let login = login(config)?;
    let (hello, asked) = (host_of(&config.public_url), store.clone());
    let relay: RelayNow = Arc::new(move || {
        let settings = asked
            .read_blocking(settings::load)
            .map_err(|error| error.to_string())?;
        let carrier = settings.carrier.ok_or("no mail carrier is set")?;
        let mut relay = relay_of(&carrier);
        relay.hello.clone_from(&hello);
        relay.credentials.clone_from(&login);
        Ok(relay)
    });
    let signers = signers(store);
    Ok(move || SmtpCarrier::new(relay.clone()).signing(signers.clone()))
}

fn texts(config: &Config, store: &Store) -> Result<Maker> {
    let (secret, asked) = (config.text_secret()?, store.clone());
    let callback = format!("{}{HOOK}", config.public_url.trim_end_matches('/'));
    let account: AccountNow = Arc::new(move || {
        let settings = asked
            .read_blocking(settings::load)
            .map_err(|error| error.to_string())?;
        let set = settings
            .texts
            .ok_or("no provider of text messages is set")?;
        let secret = secret.clone().ok_or(
            "no secret for text messages: name its file as text_secret_file in placet.toml",
        )?;
        Ok(Account {
            set,
            secret,
            callback: callback.clone(),
        })
    });
    let client = Client::new(Patience::default());
    Ok(Arc::new(move || {
        Box::new(TextCarrier::new(account.clone(), client.clone()))
    }))
}

/// The keys that sign at the moment; read anew by each connection.
fn signers(store: &Store) -> SignersNow {
    let store = store.clone();
    Arc::new(move || {
        let used = store
            .read_blocking(signing::list_used)
            .map_err(|error| error.to_string())?;
        let keys = used.iter().map(|(key, secret)| {
            Key::new(&key.domain, &key.selector, key.algorithm, secret)
                .map_err(|bad| bad.to_string())
        });
        Ok(Signers::new(keys.collect::<Result<_, _>>()?))
    })
}

fn relay_of(carrier: &Carrier) -> Relay {
    let mut relay = Relay::new(&carrier.host, carrier.port);
    relay.tls = match carrier.tls {
        Tls::Required if carrier.port == 465 => TlsPolicy::Implicit,
        Tls::Required => TlsPolicy::Required,
        Tls::Off => TlsPolicy::None,
    };
    relay
}

fn login(config: &Config) -> Result<Option<Credentials>> {
    let (Some(user), Some(file)) = (&config.smtp_user, &config.smtp_password_file) else {
        return Ok(None);
    };
    let password = fs::read_to_string(file).with_context(|| {
        format!(
            "cannot read the carrier's password from `{}`",
            file.display()
        )
    })?;
    Ok(Some(Credentials {
        login: user.clone(),
        password: password.trim_end_matches(['\r', '\n']).to_owned(),
    }))
}

/// The host of an address, as our own name to the carrier.
fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    if host.is_empty() {
        "localhost".to_owned()
    } else {
        host.to_owned()
    }
}
