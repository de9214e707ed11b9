//! `gateway run`, `gateway replay` and `gateway key`: the filter between two systems.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::Args;
use placet_domain::time::Timestamp;

use super::{DONE, ENVIRONMENT, FINDINGS, load_flow_to_run};
use crate::forward::{self, Forwarder, Shared, SpoolTaker};
use crate::mllp::client::To;
use crate::mllp::listen::{Config, Listener};
use crate::mllp::tls::{ClientArgs, ServerArgs};
use crate::spool::{Spool, SpoolKey};

/// The spool and the key that seals it.
#[derive(Debug, Args)]
pub struct SpoolAt {
    /// The folder of the spool
    #[arg(long)]
    pub spool: PathBuf,
    /// The file with its key, 64 hexadecimal digits; make one with `gateway key`
    #[arg(long)]
    pub key_file: Option<PathBuf>,
    /// The key itself, when no file is given
    #[arg(long, env = "PLACET_SPOOL_KEY", hide_env_values = true, hide = true)]
    pub key: Option<String>,
    /// The most bytes that may wait; past it messages are refused (AE), not lost
    #[arg(long, default_value_t = 10 << 30)]
    pub spool_limit: u64,
}

impl SpoolAt {
    fn open(&self) -> Result<Arc<Shared>, String> {
        let text = match (&self.key_file, &self.key) {
            (Some(file), _) => std::fs::read_to_string(file)
                .map_err(|error| format!("cannot read the key {}: {error}", file.display()))?,
            (None, Some(key)) => key.clone(),
            (None, None) => {
                return Err("the spool needs a key: `--key-file` or PLACET_SPOOL_KEY".to_owned());
            }
        };
        let key = SpoolKey::from_hex(&text).map_err(|error| error.to_string())?;
        let shown = self.spool.display();
        Spool::open(&self.spool, key, self.spool_limit)
            .map(Shared::new)
            .map_err(|error| format!("cannot use the spool {shown}: {error}"))
    }
}

/// Take HL7 v2 in over MLLP, filter it, and send it on; what cannot be sent waits in the spool.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  placet-gateway run --listen 10.0.0.4:2575 --forward 10.0.1.7:2575 --spool /var/spool/placet --key-file /etc/placet/spool.key"
)]
pub struct Run {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:2575")]
    pub listen: SocketAddr,
    /// Where to send what passed the flow
    #[arg(long)]
    pub forward: SocketAddr,
    /// The flow: a TOML file, or `people`, which is part of the program
    #[arg(long, default_value = "people")]
    pub flow: PathBuf,
    /// An address that may connect; everybody may when none is named
    #[arg(long)]
    pub from: Vec<IpAddr>,
    /// The most bytes of one message
    #[arg(long, default_value_t = 4 << 20)]
    pub limit: usize,
    /// The certificate to show.
    #[command(flatten)]
    pub tls: ServerArgs,
    /// Whom to trust at the destination.
    #[command(flatten)]
    pub over: ClientArgs,
    /// Where messages wait.
    #[command(flatten)]
    pub spool: SpoolAt,
}

impl Run {
    /// Runs until the process is ended, which may happen at any moment.
    pub fn run(&self, clock: fn() -> Timestamp, errors: &mut dyn Write) -> u8 {
        match self.start(clock) {
            Ok((listener, _forwarder, at)) => {
                let _ = writeln!(
                    errors,
                    "placet-gateway: listening on {at}{}, sending to {}{}",
                    over_tls(self.tls.files().is_some()),
                    self.forward,
                    over_tls(self.over.forward_name.is_some())
                );
                let _held = listener;
                loop {
                    std::thread::park();
                }
            }
            Err((status, says)) => {
                let _ = writeln!(errors, "{says}");
                status
            }
        }
    }

    /// Begins to listen and to forward; gives the address that was taken.
    ///
    /// # Errors
    ///
    /// The exit status and the text for standard error.
    pub fn start(
        &self,
        clock: fn() -> Timestamp,
    ) -> Result<(Listener, Forwarder, SocketAddr), (u8, String)> {
        let of = |says: String| (ENVIRONMENT, says);
        let mut config = Config::new(Arc::new(load_flow_to_run(&self.flow)?), clock);
        config.limit = self.limit;
        config.from.clone_from(&self.from);
        let tls = self.tls.files().map(|files| files.load()).transpose();
        config.tls = tls.map_err(|error| of(error.to_string()))?;
        let to = destination(self.forward, &self.over).map_err(of)?;
        let shared = self.spool.open().map_err(of)?;
        let socket = TcpListener::bind(self.listen)
            .map_err(|error| of(format!("cannot listen on {}: {error}", self.listen)))?;
        let at = socket.local_addr().unwrap_or(self.listen);
        let threads = |error: io::Error| of(format!("cannot start: {error}"));
        let forwarder = Forwarder::start(Arc::clone(&shared), to).map_err(threads)?;
        let listener =
            Listener::start(socket, config, Box::new(SpoolTaker(shared))).map_err(threads)?;
        Ok((listener, forwarder, at))
    }
}

fn over_tls(is_so: bool) -> &'static str {
    if is_so { " over TLS" } else { "" }
}

fn destination(address: SocketAddr, over: &ClientArgs) -> Result<To, String> {
    let trust = over.load().map_err(|error| error.to_string())?;
    Ok(To { address, trust })
}

/// Send what waits in a spool, once, and end.
#[derive(Debug, Args)]
pub struct Replay {
    /// Where to send
    #[arg(long)]
    pub forward: SocketAddr,
    /// Whom to trust at the destination.
    #[command(flatten)]
    pub over: ClientArgs,
    /// Where messages wait.
    #[command(flatten)]
    pub spool: SpoolAt,
}

impl Replay {
    /// Runs; gives the exit status.
    pub fn run(&self, errors: &mut dyn Write) -> u8 {
        let shared = match self.spool.open() {
            Ok(shared) => shared,
            Err(says) => {
                let _ = writeln!(errors, "{says}");
                return ENVIRONMENT;
            }
        };
        let to = match destination(self.forward, &self.over) {
            Ok(to) => to,
            Err(says) => {
                let _ = writeln!(errors, "{says}");
                return ENVIRONMENT;
            }
        };
        let ended = forward::replay(&shared, to);
        let n = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let _ = writeln!(
            errors,
            "{} delivered, {} put aside, {} still waiting",
            n(&shared.delivered),
            n(&shared.set_aside),
            shared.n_waiting()
        );
        match ended {
            Err(error) => {
                let _ = writeln!(errors, "{} does not take more: {error}", self.forward);
                ENVIRONMENT
            }
            Ok(()) if n(&shared.set_aside) > 0 => FINDINGS,
            Ok(()) => DONE,
        }
    }
}

/// Make a new key for a spool; a file that is there is not touched.
#[derive(Debug, Args)]
pub struct Key {
    /// The file
    pub file: PathBuf,
}

impl Key {
    /// Runs; gives the exit status.
    pub fn run(&self, errors: &mut dyn Write) -> u8 {
        match write_key(&self.file) {
            Ok(()) => DONE,
            Err(error) => {
                let _ = writeln!(errors, "cannot write {}: {error}", self.file.display());
                ENVIRONMENT
            }
        }
    }
}

fn write_key(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", SpoolKey::generate()?)?;
    file.sync_all()
}
