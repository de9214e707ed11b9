//! One connection: opened, greeted, secured, logged in; then message after message.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use placet_domain::delivery::{Answer, Stage};
use rustls::ClientConfig;

use super::relay::{Credentials, Relay, TlsPolicy};
use super::stream::{self, Stream};
use super::{Address, BadReply, Content, Dialogue, Reply};

/// Why no connection came about. No message was at risk.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The socket, the name, or the certificates.
    #[error("cannot reach the mail relay {host}:{port}: {what}; check its name, port and network")]
    Unreachable {
        /// The relay.
        host: String,
        /// Its port.
        port: u16,
        /// The operating system's or the certificate check's words.
        what: String,
    },
    /// It answered, but not in SMTP.
    #[error("the mail relay does not speak SMTP: {0}")]
    Protocol(#[from] BadReply),
    /// It refused a step.
    #[error("the mail relay refused {step}: {code} {text}")]
    Refused {
        /// The command.
        step: &'static str,
        /// The reply code.
        code: u16,
        /// The words beside it.
        text: String,
    },
    /// TLS is required and not offered.
    #[error("the mail relay does not offer STARTTLS; set tls to `opportunistic` or ask its owner")]
    NoTls,
    /// Credentials are set, and the line is open for all to hear.
    #[error(
        "a login is set but the line to the mail relay is not encrypted; set tls to `required`"
    )]
    LoginInTheOpen,
    /// Credentials are set, and the relay takes none that we know.
    #[error("the mail relay takes neither AUTH PLAIN nor AUTH LOGIN; remove the login")]
    NoLogin,
}

/// A failure in the middle of the conversation.
enum Broken {
    Socket(io::Error),
    Closed,
    Reply(BadReply),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket(error) if error.kind() == io::ErrorKind::TimedOut => {
                f.write_str("the relay did not answer in time")
            }
            Self::Socket(error) => write!(f, "the connection broke ({})", error.kind()),
            Self::Closed => f.write_str("the relay closed the connection"),
            Self::Reply(bad) => bad.fmt(f),
        }
    }
}

/// What the relay said it can do.
#[derive(Debug, Clone, Copy, Default)]
struct Offers {
    pipelining: bool,
    starttls: bool,
    size: bool,
    plain: bool,
    login: bool,
}

/// An open conversation with a relay.
pub struct Connection {
    stream: Stream,
    relay: Relay,
    offers: Offers,
    dialogue: Dialogue,
    input: Vec<u8>,
    output: Vec<u8>,
    usable: bool,
}

impl Connection {
    /// Connects, greets, secures the line as the policy says, and logs in.
    ///
    /// # Errors
    ///
    /// [`OpenError`] says which step failed and what to do.
    pub fn open(relay: &Relay) -> Result<Self, OpenError> {
        let unreachable = |error: &dyn std::fmt::Display| OpenError::Unreachable {
            host: relay.host.clone(),
            port: relay.port,
            what: error.to_string(),
        };
        let stream = Stream::connect(relay).map_err(|error| unreachable(&error))?;
        let mut this = Self {
            stream,
            relay: relay.clone(),
            offers: Offers::default(),
            dialogue: Dialogue::default(),
            input: Vec::new(),
            output: Vec::new(),
            usable: true,
        };
        if relay.tls == TlsPolicy::Implicit {
            this.secure()?;
        }
        let greeting = this
            .reply(relay.timeouts.greeting)
            .map_err(|broken| this.lost(&broken))?;
        expect("the greeting", &greeting, 2)?;
        this.hello()?;
        this.start_tls()?;
        if let Some(credentials) = relay.credentials.clone() {
            this.log_in(&credentials)?;
        }
        this.dialogue.take();
        Ok(this)
    }

    /// Whether another message can go over this connection.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    /// Hands over one message for one recipient, and says what came of it.
    ///
    /// After an answer that leaves the conversation in doubt the connection is closed; see
    /// [`Connection::is_usable`].
    pub fn send(&mut self, from: &Address, to: &Address, content: &Content) -> (Answer, Dialogue) {
        let answer = if self.usable {
            match self.envelope(from, to, content.as_bytes().len()) {
                Ok(None) => self.content(content),
                Ok(Some(refusal)) => {
                    self.reset();
                    refusal
                }
                Err(broken) => {
                    self.give_up(&broken);
                    Answer::NotSent {
                        why: broken.to_string(),
                    }
                }
            }
        } else {
            Answer::NotSent {
                why: "the connection was closed".to_owned(),
            }
        };
        (answer, self.dialogue.take())
    }

    /// Says good-bye; the answer is not waited for.
    pub fn quit(mut self) {
        if self.usable {
            let deadline = Instant::now() + Duration::from_secs(1);
            let _ = self.stream.write(b"QUIT\r\n", deadline);
        }
    }

    /// `MAIL`, `RCPT`, `DATA`; `None` when the relay waits for the content.
    fn envelope(
        &mut self,
        from: &Address,
        to: &Address,
        bytes: usize,
    ) -> Result<Option<Answer>, Broken> {
        let size = if self.offers.size {
            format!(" SIZE={bytes}")
        } else {
            String::new()
        };
        let mail = format!("MAIL FROM:<{}>{size}\r\n", from.as_str());
        let rcpt = format!("RCPT TO:<{}>\r\n", to.as_str());
        let timeouts = self.relay.timeouts;

        if self.offers.pipelining {
            self.say(&[&mail, &rcpt, "DATA\r\n"])?;
            let mailed = self.reply(timeouts.command)?;
            let addressed = self.reply(timeouts.command)?;
            let data = self.reply(timeouts.data)?;
            let refusal = [mailed, addressed].into_iter().find(|reply| !reply.is(2));
            let Some(refusal) = refusal else {
                return self.go_ahead(&data);
            };
            if data.code == 354 {
                // It waits for a message to nobody. Leaving is the one end that sends nothing.
                self.close();
            }
            return self.refused(&refusal).map(Some);
        }
        for line in [&mail, &rcpt] {
            self.say(&[line])?;
            let reply = self.reply(timeouts.command)?;
            if !reply.is(2) {
                return self.refused(&reply).map(Some);
            }
        }
        self.say(&["DATA\r\n"])?;
        let data = self.reply(timeouts.data)?;
        self.go_ahead(&data)
    }

    fn go_ahead(&mut self, data: &Reply) -> Result<Option<Answer>, Broken> {
        if data.code == 354 {
            Ok(None)
        } else {
            self.refused(data).map(Some)
        }
    }

    /// From here on a failure leaves the fate of the message open.
    fn content(&mut self, content: &Content) -> Answer {
        let mut output = std::mem::take(&mut self.output);
        output.clear();
        content.stuff_into(&mut output);
        let deadline = Instant::now() + self.relay.timeouts.content;
        let written = self.stream.write(&output, deadline);
        self.output = output;
        self.dialogue.we_said(&format!(
            "(the message, {} bytes)",
            content.as_bytes().len()
        ));
        if let Err(error) = written {
            self.give_up(&Broken::Socket(error));
            return Answer::Unknown {
                stage: Stage::Content,
            };
        }
        match self.reply(self.relay.timeouts.answer) {
            Ok(reply) if reply.is(2) => Answer::Accepted {
                code: reply.code,
                text: reply.on_one_line(),
            },
            Ok(reply) => self
                .refused(&reply)
                .unwrap_or_else(|broken| self.in_doubt(&broken)),
            Err(broken) => self.in_doubt(&broken),
        }
    }

    /// Clears a refused transaction, so that the next message starts clean.
    fn reset(&mut self) {
        if !self.usable {
            return;
        }
        let done = self
            .say(&["RSET\r\n"])
            .and_then(|()| self.reply(self.relay.timeouts.command));
        match done {
            Ok(reply) if reply.is(2) => {}
            Ok(_) => self.close(),
            Err(broken) => self.give_up(&broken),
        }
    }

    fn in_doubt(&mut self, broken: &Broken) -> Answer {
        self.give_up(broken);
        Answer::Unknown {
            stage: Stage::Answer,
        }
    }

    /// A no; a reply that is neither yes nor no ends the conversation.
    fn refused(&mut self, reply: &Reply) -> Result<Answer, Broken> {
        if reply.code == 421 {
            self.close();
        }
        if !reply.is(4) && !reply.is(5) {
            return Err(Broken::Reply(BadReply::Code));
        }
        let text = reply.on_one_line();
        Ok(Answer::Refused {
            code: reply.code,
            text,
            permanent: reply.is(5),
        })
    }

    fn hello(&mut self) -> Result<(), OpenError> {
        let hello = format!("EHLO {}\r\n", self.relay.hello);
        let reply = self.ask(&hello)?;
        if reply.is(2) {
            self.offers = offers(&reply.text);
            return Ok(());
        }
        // RFC 5321, 3.2: an old server refuses EHLO and takes HELO.
        self.offers = Offers::default();
        let hello = format!("HELO {}\r\n", self.relay.hello);
        let reply = self.ask(&hello)?;
        expect("EHLO", &reply, 2)
    }

    fn start_tls(&mut self) -> Result<(), OpenError> {
        let wanted = matches!(
            self.relay.tls,
            TlsPolicy::Opportunistic | TlsPolicy::Required
        );
        if !wanted || self.stream.is_tls() {
            return Ok(());
        }
        if !self.offers.starttls {
            let required = self.relay.tls == TlsPolicy::Required;
            return if required {
                Err(OpenError::NoTls)
            } else {
                Ok(())
            };
        }
        let reply = self.ask("STARTTLS\r\n")?;
        expect("STARTTLS", &reply, 2)?;
        if !self.input.is_empty() {
            // Somebody slipped words in before the line was safe.
            return Err(OpenError::Protocol(BadReply::LineEnd));
        }
        self.secure()?;
        self.hello()
    }

    fn secure(&mut self) -> Result<(), OpenError> {
        let relay = self.relay.clone();
        let secured = stream::trust(&relay)
            .and_then(|trust: Arc<ClientConfig>| self.stream.secure(&relay, trust));
        secured.map_err(|error| OpenError::Unreachable {
            host: relay.host,
            port: relay.port,
            what: format!("TLS: {error}"),
        })
    }

    fn log_in(&mut self, credentials: &Credentials) -> Result<(), OpenError> {
        if !self.stream.is_private() {
            return Err(OpenError::LoginInTheOpen);
        }
        let Credentials { login, password } = credentials;
        if self.offers.plain {
            let token = STANDARD.encode(format!("\0{login}\0{password}"));
            let reply = self.ask(&format!("AUTH PLAIN {token}\r\n"))?;
            return expect("the login", &reply, 2);
        }
        if !self.offers.login {
            return Err(OpenError::NoLogin);
        }
        for line in ["AUTH LOGIN".to_owned(), STANDARD.encode(login)] {
            let reply = self.ask(&format!("{line}\r\n"))?;
            expect("the login", &reply, 3)?;
        }
        let reply = self.ask(&format!("{}\r\n", STANDARD.encode(password)))?;
        expect("the login", &reply, 2)
    }

    /// One command and its reply, while opening. The lines are not kept: they hold secrets.
    fn ask(&mut self, line: &str) -> Result<Reply, OpenError> {
        let deadline = Instant::now() + self.relay.timeouts.command;
        let asked = self
            .stream
            .write(line.as_bytes(), deadline)
            .map_err(Broken::Socket);
        let answered = asked.and_then(|()| self.reply(self.relay.timeouts.command));
        answered.map_err(|broken| self.lost(&broken))
    }

    /// Writes the lines as one packet.
    fn say(&mut self, lines: &[&str]) -> Result<(), Broken> {
        lines.iter().for_each(|line| self.dialogue.we_said(line));
        let deadline = Instant::now() + self.relay.timeouts.command;
        self.stream
            .write(lines.concat().as_bytes(), deadline)
            .map_err(Broken::Socket)
    }

    /// Reads one whole reply; bytes past it stay for the next.
    fn reply(&mut self, within: Duration) -> Result<Reply, Broken> {
        let deadline = Instant::now() + within;
        let mut chunk = [0; 2048];
        loop {
            if let Some((reply, taken)) = Reply::take(&self.input).map_err(Broken::Reply)? {
                self.input.drain(..taken);
                self.dialogue.they_said(reply.code, &reply.text);
                return Ok(reply);
            }
            match self
                .stream
                .read(&mut chunk, deadline)
                .map_err(Broken::Socket)?
            {
                0 => return Err(Broken::Closed),
                n => self
                    .input
                    .extend_from_slice(chunk.get(..n).unwrap_or_default()),
            }
        }
    }

    fn give_up(&mut self, broken: &Broken) {
        self.dialogue.note(&broken.to_string());
        self.close();
    }

    fn close(&mut self) {
        self.usable = false;
        self.stream.close();
    }

    fn lost(&self, broken: &Broken) -> OpenError {
        match broken {
            Broken::Reply(bad) => OpenError::Protocol(*bad),
            other => OpenError::Unreachable {
                host: self.relay.host.clone(),
                port: self.relay.port,
                what: other.to_string(),
            },
        }
    }
}

fn expect(step: &'static str, reply: &Reply, class: u16) -> Result<(), OpenError> {
    if reply.is(class) {
        return Ok(());
    }
    Err(OpenError::Refused {
        step,
        code: reply.code,
        text: reply.on_one_line(),
    })
}

/// The keywords after the first line of the answer to `EHLO`.
fn offers(text: &str) -> Offers {
    let mut offers = Offers::default();
    for line in text.lines().skip(1) {
        let mut words = line.split_ascii_whitespace().map(str::to_ascii_uppercase);
        match words.next().as_deref() {
            Some("PIPELINING") => offers.pipelining = true,
            Some("STARTTLS") => offers.starttls = true,
            Some("SIZE") => offers.size = true,
            Some("AUTH") => {
                for word in words {
                    offers.plain |= word == "PLAIN";
                    offers.login |= word == "LOGIN";
                }
            }
            _ => {}
        }
    }
    offers
}
