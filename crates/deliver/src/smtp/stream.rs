//! The socket below the conversation: plain or TLS, each phase with its own deadline.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::relay::Relay;

enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    /// Between the two, or given up.
    Gone,
}

/// Which way bytes go.
#[derive(Clone, Copy)]
enum Way {
    In,
    Out,
}

/// A connected socket whose every operation ends at a deadline.
pub(super) struct Stream {
    wire: Wire,
    peer: IpAddr,
    // What the socket is set to for reading and writing, so that it seldom costs a system call.
    set: (Duration, Duration),
}

impl Stream {
    /// Connects; tries every address of the name in turn.
    pub(super) fn connect(relay: &Relay) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the relay's name has no address");
        for address in (relay.host.as_str(), relay.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, relay.timeouts.connect) {
                Ok(socket) => {
                    // Else each message waits 40 ms for the peer's delayed acknowledgement.
                    socket.set_nodelay(true)?;
                    let (wire, peer) = (Wire::Plain(socket), address.ip());
                    return Ok(Self {
                        wire,
                        peer,
                        set: (Duration::ZERO, Duration::ZERO),
                    });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Whether a third party could listen in: neither TLS nor this machine.
    pub(super) fn is_private(&self) -> bool {
        self.is_tls() || self.peer.is_loopback()
    }

    pub(super) fn is_tls(&self) -> bool {
        matches!(self.wire, Wire::Tls(_))
    }

    /// Turns the plain socket into a TLS one; the handshake is done when this returns.
    pub(super) fn secure(&mut self, relay: &Relay, config: Arc<ClientConfig>) -> io::Result<()> {
        let deadline = Instant::now() + relay.timeouts.command;
        self.limit(Way::In, deadline)?;
        self.limit(Way::Out, deadline)?;
        let Wire::Plain(mut socket) = std::mem::replace(&mut self.wire, Wire::Gone) else {
            return Err(gone());
        };
        let name = ServerName::try_from(relay.host.clone())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "the relay's name"))?;
        let mut tls = ClientConnection::new(config, name).map_err(io::Error::other)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut socket)?;
            if Instant::now() >= deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        self.wire = Wire::Tls(Box::new(StreamOwned::new(tls, socket)));
        Ok(())
    }

    /// Reads what is there, waiting until `deadline` for the first byte.
    pub(super) fn read(&mut self, into: &mut [u8], deadline: Instant) -> io::Result<usize> {
        loop {
            self.limit(Way::In, deadline)?;
            let read = match &mut self.wire {
                Wire::Plain(socket) => socket.read(into),
                Wire::Tls(tls) => tls.read(into),
                Wire::Gone => Err(gone()),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                read => return read,
            }
        }
    }

    /// Writes all of it, or fails at `deadline`.
    pub(super) fn write(&mut self, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
        while !bytes.is_empty() {
            self.limit(Way::Out, deadline)?;
            let written = match &mut self.wire {
                Wire::Plain(socket) => socket.write(bytes),
                Wire::Tls(tls) => tls.write(bytes),
                Wire::Gone => Err(gone()),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(error) => return Err(error),
            }
        }
        match &mut self.wire {
            Wire::Tls(tls) => tls.flush(),
            _ => Ok(()),
        }
    }

    /// Sets the socket's patience for one way to what is left, rounded so that it seldom changes.
    fn limit(&mut self, way: Way, deadline: Instant) -> io::Result<()> {
        const STEP_MS: u128 = 10;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let steps = u64::try_from(left.as_millis() / STEP_MS).unwrap_or(u64::MAX - 1) + 1;
        let wanted = Duration::from_millis(steps.saturating_mul(10));
        let socket = match &self.wire {
            Wire::Plain(socket) => socket,
            Wire::Tls(tls) => &tls.sock,
            Wire::Gone => return Err(gone()),
        };
        match way {
            Way::In if self.set.0 != wanted => {
                socket.set_read_timeout(Some(wanted))?;
                self.set.0 = wanted;
            }
            Way::Out if self.set.1 != wanted => {
                socket.set_write_timeout(Some(wanted))?;
                self.set.1 = wanted;
            }
            Way::In | Way::Out => {}
        }
        Ok(())
    }

    /// Ends the connection both ways at once.
    pub(super) fn close(&mut self) {
        let _ = match &self.wire {
            Wire::Plain(socket) => socket.shutdown(Shutdown::Both),
            Wire::Tls(tls) => tls.sock.shutdown(Shutdown::Both),
            Wire::Gone => Ok(()),
        };
        self.wire = Wire::Gone;
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

/// What the client trusts: the file if one is named, else the operating system's certificates.
pub(super) fn trust(relay: &Relay) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    match &relay.ca_file {
        Some(path) => {
            let certificates = CertificateDer::pem_file_iter(path).map_err(io::Error::other)?;
            for certificate in certificates {
                roots
                    .add(certificate.map_err(io::Error::other)?)
                    .map_err(io::Error::other)?;
            }
        }
        None => {
            // Some stores hold entries that are no certificates; the readable ones are enough.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        let what = "no certificate to trust: install the system's certificates or name a file";
        return Err(io::Error::new(io::ErrorKind::NotFound, what));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
