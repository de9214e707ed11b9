//! MLLP over TLS: the certificate that a listener shows, the authority whose clients it lets in, and what a sender
//! trusts.
//!
//! INVARIANT: a listener that is told to use TLS never speaks without it, and a sender never goes on without a
//! certificate that it trusts.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use serde::{Deserialize, Serialize};

use super::kept::Kept;

/// What a listener needs to speak TLS: files in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerFiles {
    /// Its certificate, with those that lead to its authority.
    pub certificate: PathBuf,
    /// The key of the certificate.
    pub key: PathBuf,
    /// The authorities whose clients may connect; everybody may when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<PathBuf>,
}

impl ServerFiles {
    /// The same files, those with relative paths in this folder.
    #[must_use]
    pub fn in_folder(self, folder: &Path) -> Self {
        Self {
            certificate: folder.join(self.certificate),
            key: folder.join(self.key),
            clients: self.clients.map(|file| folder.join(file)),
        }
    }

    /// Reads the files; each connection later reads them again when they changed.
    ///
    /// # Errors
    ///
    /// Says which file cannot be used.
    pub fn load(&self) -> io::Result<Arc<Kept<ServerConfig>>> {
        let paths = [&self.certificate, &self.key]
            .into_iter()
            .chain(&self.clients);
        let (paths, files) = (paths.cloned().collect(), self.clone());
        Kept::load(paths, move || files.read())
    }

    fn read(&self) -> io::Result<ServerConfig> {
        let chain = certificates(&self.certificate)?;
        let key = key(&self.key)?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let roots = Arc::new(roots(file)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
                    .build()
                    .map_err(|error| unusable(file, &error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let config = builder.with_single_cert(chain, key);
        config.map_err(|error| unusable(&self.certificate, &error))
    }
}

/// The files of a listener, as they are given on the command line.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArgs {
    /// Speak TLS with this certificate (PEM, with those that lead to its authority)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// The key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Let in only clients with a certificate of these authorities (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_clients: Option<PathBuf>,
}

impl ServerArgs {
    /// What was given; nothing when TLS was not asked for.
    #[must_use]
    pub fn files(&self) -> Option<ServerFiles> {
        Some(ServerFiles {
            certificate: self.tls_certificate.clone()?,
            key: self.tls_key.clone()?,
            clients: self.tls_clients.clone(),
        })
    }
}

/// What a sender trusts and shows: files in PEM.
#[derive(Debug, Clone, Default, Args)]
pub struct ClientArgs {
    /// Send over TLS, to whoever shows a certificate of this name
    #[arg(long, value_name = "HOST", requires = "forward_authority")]
    pub forward_name: Option<String>,
    /// The authorities that may have made the destination's certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "forward_name")]
    pub forward_authority: Option<PathBuf>,
    /// The certificate to show there, when it asks for one (PEM)
    #[arg(
        long,
        value_name = "FILE",
        requires = "forward_key",
        requires = "forward_name"
    )]
    pub forward_certificate: Option<PathBuf>,
    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "forward_certificate")]
    pub forward_key: Option<PathBuf>,
}

impl ClientArgs {
    /// Reads the files, as each connection does again when they changed; nothing when TLS was not asked for.
    ///
    /// # Errors
    ///
    /// Says what cannot be used.
    pub fn load(&self) -> io::Result<Option<Trust>> {
        let (Some(name), Some(authority)) = (&self.forward_name, &self.forward_authority) else {
            return Ok(None);
        };
        let name = ServerName::try_from(name.clone()).map_err(|_| {
            let says = "the name to send to over TLS is neither a host name nor an IP address";
            io::Error::new(io::ErrorKind::InvalidInput, says)
        })?;
        let shown = self
            .forward_certificate
            .clone()
            .zip(self.forward_key.clone());
        let more = shown
            .iter()
            .flat_map(|(certificate, key)| [certificate, key]);
        let paths = std::iter::once(authority).chain(more).cloned().collect();
        let authority = authority.clone();
        let config = Kept::load(paths, move || trusting(&authority, shown.as_ref()))?;
        Ok(Some(Trust { config, name }))
    }
}

fn trusting(authority: &Path, shown: Option<&(PathBuf, PathBuf)>) -> io::Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots(authority)?);
    match shown {
        Some((certificate, file)) => builder
            .with_client_auth_cert(certificates(certificate)?, key(file)?)
            .map_err(|error| unusable(certificate, &error)),
        None => Ok(builder.with_no_client_auth()),
    }
}

/// What a sender goes by, once its files are read.
#[derive(Debug, Clone)]
pub struct Trust {
    config: Arc<Kept<ClientConfig>>,
    name: ServerName<'static>,
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// An error that names the file and never what is in it.
fn unusable(file: &Path, why: &dyn std::fmt::Display) -> io::Error {
    let says = format!("cannot use `{}` for TLS: {why}", file.display());
    io::Error::new(io::ErrorKind::InvalidData, says)
}

fn certificates(file: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_file_iter(file).map_err(|error| unusable(file, &error))?;
    let all: Result<Vec<_>, _> = all.collect();
    let all = all.map_err(|error| unusable(file, &error))?;
    if all.is_empty() {
        return Err(unusable(file, &"it holds no certificate"));
    }
    Ok(all)
}

fn key(file: &Path) -> io::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| unusable(file, &error))
}

fn roots(file: &Path) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots
            .add(certificate)
            .map_err(|error| unusable(file, &error))?;
    }
    Ok(roots)
}

/// A connection, with or without TLS.
pub(super) enum Wire {
    Plain(TcpStream),
    Server(Box<StreamOwned<ServerConnection, TcpStream>>),
    Client(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Wire {
    /// A connection that came in.
    pub(super) fn accepted(
        stream: TcpStream,
        tls: Option<&Arc<Kept<ServerConfig>>>,
    ) -> io::Result<Self> {
        let Some(config) = tls else {
            return Ok(Self::Plain(stream));
        };
        let session = ServerConnection::new(config.now()).map_err(io::Error::other)?;
        Ok(Self::Server(Box::new(StreamOwned::new(session, stream))))
    }

    /// A connection that was opened.
    pub(super) fn opened(stream: TcpStream, trust: Option<&Trust>) -> io::Result<Self> {
        let Some(trust) = trust else {
            return Ok(Self::Plain(stream));
        };
        let session = ClientConnection::new(trust.config.now(), trust.name.clone())
            .map_err(io::Error::other)?;
        Ok(Self::Client(Box::new(StreamOwned::new(session, stream))))
    }

    /// Whether the two sides have not agreed on their keys yet.
    pub(super) fn is_handshaking(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Server(tls) => tls.conn.is_handshaking(),
            Self::Client(tls) => tls.conn.is_handshaking(),
        }
    }

    /// Says goodbye, so that the other side can tell an end from a cut.
    pub(super) fn close(&mut self) {
        match self {
            Self::Plain(_) => {}
            Self::Server(tls) => tls.conn.send_close_notify(),
            Self::Client(tls) => tls.conn.send_close_notify(),
        }
        // Whoever is gone already needs no goodbye.
        let _ = self.flush();
    }
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            Self::Server(tls) => tls.read(into),
            Self::Client(tls) => tls.read(into),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Server(tls) => tls.write(bytes),
            Self::Client(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Server(tls) => tls.flush(),
            Self::Client(tls) => tls.flush(),
        }
    }
}
