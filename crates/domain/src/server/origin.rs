//! Scheme, host and port of an address: what decides who is being talked to.

/// The origin of an `https` address, or of an `http` address of this machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    is_https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an address; none when it is no address that may be asked: without encryption to another
    /// machine, with a user or a password, or not clearly written.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = rest.get(..end)?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let port = match port {
            Some(port) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
                port.parse().ok()?
            }
            Some(_) => return None,
            None if is_https => 443,
            None => 80,
        };
        let host = host.to_ascii_lowercase();
        let is_written = match host.strip_prefix('[') {
            Some(v6) => v6
                .strip_suffix(']')
                .is_some_and(|v6| v6.parse::<std::net::Ipv6Addr>().is_ok()),
            None => {
                !host.is_empty()
                    && host
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            }
        };
        let is_here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        (is_written && (is_https || is_here)).then_some(Self {
            is_https,
            host,
            port,
        })
    }

    /// Whether the address is an origin alone, without a path.
    #[must_use]
    pub fn is_whole(&self, url: &str) -> bool {
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        !rest.contains(['/', '?', '#'])
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (scheme, usual) = if self.is_https {
            ("https", 443)
        } else {
            ("http", 80)
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}
