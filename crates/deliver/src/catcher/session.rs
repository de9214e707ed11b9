//! One client's session.
//!
//! Answers are held back while the client has more to say, so a pipelined client costs one write.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use memchr::memchr;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::script::{Fault, Point};
use super::{Caught, Shared};

/// Longest command line.
const LINE: usize = 4096;
/// Most recipients of one message.
const RECIPIENTS: usize = 100;
/// After so many wrong commands the client is shown the door.
const PATIENCE: u32 = 20;

/// Turns a client away.
pub(super) fn too_busy(mut socket: &TcpStream) {
    let _ = socket.set_write_timeout(Some(Duration::from_secs(1)));
    let _ = socket.write_all(b"421 too many connections\r\n");
}

/// Serves a client until it leaves.
pub(super) fn serve(socket: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(shared.config.patience))?;
    socket.set_write_timeout(Some(shared.config.patience))?;
    let mut session = Session {
        wire: Wire::Plain(socket),
        shared,
        input: Vec::with_capacity(16 << 10),
        at: 0,
        output: Vec::with_capacity(1024),
        number: 0,
        from: None,
        to: Vec::new(),
        logged_in: false,
        n_wrong: 0,
    };
    match session.run() {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
        other => other,
    }
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(into),
            Self::Tls(tls) => tls.read(into),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.write_all(bytes),
            Self::Tls(tls) => tls.write_all(bytes).and_then(|()| tls.flush()),
        }
    }
}

/// What to do after one command.
enum Next {
    Command,
    StartTls(Arc<ServerConfig>),
    Leave,
}

struct Session<'a> {
    wire: Wire,
    shared: &'a Arc<Shared>,
    // Bytes read; those before `at` are done with.
    input: Vec<u8>,
    at: usize,
    output: Vec<u8>,
    number: u64,
    from: Option<String>,
    to: Vec<String>,
    logged_in: bool,
    n_wrong: u32,
}

impl Session<'_> {
    fn run(&mut self) -> io::Result<()> {
        self.number = self.shared.n_transactions.load(Ordering::SeqCst);
        if !self.answer(Point::Greeting, "220 placet mail catcher\r\n")? {
            return Ok(());
        }
        loop {
            match self.command()? {
                Next::Command => {}
                Next::Leave => return self.flush(),
                Next::StartTls(config) => {
                    self.flush()?;
                    // RFC 3207: what was said before does not count.
                    (self.from, self.at) = (None, 0);
                    (self.to, self.input) = (Vec::new(), Vec::new());
                    self.secure(config)?;
                }
            }
        }
    }

    fn secure(&mut self, config: Arc<ServerConfig>) -> io::Result<()> {
        let Wire::Plain(socket) = &self.wire else {
            return Ok(());
        };
        let tls = ServerConnection::new(config).map_err(io::Error::other)?;
        self.wire = Wire::Tls(Box::new(StreamOwned::new(tls, socket.try_clone()?)));
        Ok(())
    }

    fn command(&mut self) -> io::Result<Next> {
        let line = self.line()?;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => return self.hello(),
            "HELO" => self.say("250 placet\r\n"),
            "STARTTLS" => match (&self.shared.config.tls, &self.wire) {
                (Some(config), Wire::Plain(_)) => {
                    let config = Arc::clone(config);
                    self.say("220 go ahead\r\n");
                    return Ok(Next::StartTls(config));
                }
                _ => self.wrong("502 no TLS here\r\n"),
            },
            "AUTH" => self.log_in(rest)?,
            "MAIL" => return self.mail(rest),
            "RCPT" => return self.rcpt(rest),
            "DATA" => return self.data(),
            "RSET" => {
                self.forget();
                self.say("250 forgotten\r\n");
            }
            "NOOP" => self.say("250 nothing done\r\n"),
            "QUIT" => {
                self.say("221 good-bye\r\n");
                return Ok(Next::Leave);
            }
            _ => self.wrong("500 no such command\r\n"),
        }
        Ok(self.patient())
    }

    fn hello(&mut self) -> io::Result<Next> {
        let config = &self.shared.config;
        let mut lines = String::from("250-placet\r\n");
        if config.pipelining {
            lines.push_str("250-PIPELINING\r\n");
        }
        if config.tls.is_some() && matches!(self.wire, Wire::Plain(_)) {
            lines.push_str("250-STARTTLS\r\n");
        }
        if config.login.is_some() {
            lines.push_str("250-AUTH PLAIN LOGIN\r\n");
        }
        lines.push_str(&format!(
            "250-8BITMIME\r\n250 SIZE {}\r\n",
            config.message_bytes
        ));
        self.after(Point::Hello, &lines)
    }

    fn log_in(&mut self, rest: &str) -> io::Result<()> {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;

        let wanted = self.shared.config.login.clone();
        let given = match rest.split_once(' ') {
            Some((how, token)) if how.eq_ignore_ascii_case("plain") => Some(token.to_owned()),
            None if rest.eq_ignore_ascii_case("login") => {
                self.say("334 VXNlcm5hbWU6\r\n");
                let login = STANDARD.decode(self.line()?).unwrap_or_default();
                self.say("334 UGFzc3dvcmQ6\r\n");
                let password = STANDARD.decode(self.line()?).unwrap_or_default();
                Some(STANDARD.encode([b"\0", login.as_slice(), b"\0", &password].concat()))
            }
            _ => None,
        };
        self.logged_in = wanted.is_some() && given == wanted;
        if self.logged_in {
            self.say("235 welcome\r\n");
        } else {
            self.wrong("535 not with these words\r\n");
        }
        Ok(())
    }

    fn mail(&mut self, rest: &str) -> io::Result<Next> {
        self.number = self.shared.n_transactions.fetch_add(1, Ordering::SeqCst);
        if self.shared.config.login.is_some() && !self.logged_in {
            self.wrong("530 log in first\r\n");
        } else if self.from.is_some() {
            self.wrong("503 one at a time\r\n");
        } else if let Some(from) = path(rest, "FROM:") {
            let next = self.after(Point::Mail, "250 sender ok\r\n")?;
            // A refusal that was played is one: the transaction does not begin.
            let played = self.shared.config.script.play(Point::Mail, self.number);
            if !matches!(played, Some(Fault::Say(_))) {
                self.from = Some(from);
            }
            return Ok(next);
        } else {
            self.wrong("501 MAIL FROM:<address>\r\n");
        }
        Ok(self.patient())
    }

    fn rcpt(&mut self, rest: &str) -> io::Result<Next> {
        if self.from.is_none() {
            self.wrong("503 MAIL first\r\n");
        } else if self.to.len() >= RECIPIENTS {
            self.wrong("452 too many recipients\r\n");
        } else if let Some(to) = path(rest, "TO:").filter(|to| !to.is_empty()) {
            let next = self.after(Point::Rcpt, "250 recipient ok\r\n")?;
            let played = self.shared.config.script.play(Point::Rcpt, self.number);
            if !matches!(played, Some(Fault::Say(_))) {
                self.to.push(to);
            }
            return Ok(next);
        } else {
            self.wrong("501 RCPT TO:<address>\r\n");
        }
        Ok(self.patient())
    }

    fn data(&mut self) -> io::Result<Next> {
        if self.to.is_empty() {
            self.wrong("503 RCPT first\r\n");
            return Ok(self.patient());
        }
        let refuses = matches!(
            self.shared.config.script.play(Point::Data, self.number),
            Some(Fault::Say(words)) if !words.starts_with("354")
        );
        if !self.answer(Point::Data, "354 go ahead\r\n")? {
            return Ok(Next::Leave);
        }
        if refuses {
            self.forget();
            return Ok(Next::Command);
        }
        self.flush()?;
        let content = self.content()?;
        let Some(content) = content else {
            return Ok(Next::Leave);
        };
        if content.too_large {
            self.forget();
            self.say("552 too large\r\n");
            return Ok(Next::Command);
        }
        if let Some(Fault::Say(words)) = self.shared.config.script.play(Point::Dot, self.number) {
            self.forget();
            self.say(&words);
            return Ok(Next::Command);
        }
        if !self.answer(Point::Dot, "")? {
            return Ok(Next::Leave);
        }
        let keeps = self.shared.config.keep_bytes > 0;
        let (from, to) = (
            self.from.take().unwrap_or_default(),
            std::mem::take(&mut self.to),
        );
        self.shared.took(keeps.then_some(Caught {
            number: 0,
            from,
            to,
            raw: content.bytes,
        }));
        self.after(Point::Answer, "250 taken\r\n")
    }

    /// Reads up to the final dot. Past the size limit bytes are read and dropped.
    fn content(&mut self) -> io::Result<Option<Content>> {
        let limit = self.shared.config.message_bytes;
        let keeps = self.shared.config.keep_bytes > 0;
        let mut content = Content {
            bytes: Vec::new(),
            too_large: false,
        };
        let (mut n_bytes, mut line_starts) = (0_usize, true);
        let mut met_fault = false;
        loop {
            if self.at == self.input.len() {
                self.fill()?;
            }
            if !met_fault {
                met_fault = true;
                match self.shared.config.script.play(Point::Content, self.number) {
                    Some(Fault::Close) => return Ok(None),
                    Some(fault) => drop(self.act_out(fault)?),
                    None => {}
                }
            }
            let Some((taken, ends)) = self.some_line()? else {
                continue;
            };
            let line = self.input.get(self.at..self.at + taken).unwrap_or_default();
            self.at += taken;
            if line_starts && ends && matches!(line, b".\r\n" | b".\n" | b".\r") {
                return Ok(Some(content));
            }
            let stuffed = usize::from(line_starts && line.first() == Some(&b'.'));
            n_bytes += line.len() - stuffed;
            content.too_large |= n_bytes > limit;
            if keeps && !content.too_large {
                content
                    .bytes
                    .extend_from_slice(line.get(stuffed..).unwrap_or_default());
            } else {
                content.bytes = Vec::new();
            }
            line_starts = ends;
        }
    }

    /// How much to take: the rest of the line, or as much of a long one as has come. `true`: the
    /// line ends there.
    fn some_line(&mut self) -> io::Result<Option<(usize, bool)>> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        match self.line_end(rest) {
            Some(end) => Ok(Some((end, true))),
            // Long enough to be no final dot: give it on, but for a CR that may want its LF.
            None if rest.len() > LINE => Ok(Some((rest.len() - 1, false))),
            None => {
                self.fill()?;
                Ok(None)
            }
        }
    }

    /// Where the line ends, its end counted in.
    fn line_end(&self, bytes: &[u8]) -> Option<usize> {
        if self.shared.config.lenient {
            let at = bytes
                .iter()
                .position(|byte| matches!(byte, b'\r' | b'\n'))?;
            return match bytes.get(at..) {
                Some([b'\r', b'\n', ..]) => Some(at + 2),
                Some([b'\r']) => None,
                _ => Some(at + 1),
            };
        }
        let mut from = 0;
        loop {
            let at = from + memchr(b'\n', bytes.get(from..)?)?;
            if at.checked_sub(1).and_then(|i| bytes.get(i)) == Some(&b'\r') {
                return Some(at + 1);
            }
            from = at + 1;
        }
    }

    /// The next command line, without its end.
    fn line(&mut self) -> io::Result<String> {
        loop {
            let rest = self.input.get(self.at..).unwrap_or_default();
            if let Some(end) = self.line_end(rest) {
                let line = String::from_utf8_lossy(rest.get(..end).unwrap_or_default());
                let line = line.trim_end_matches(['\r', '\n']).to_owned();
                self.at += end;
                return Ok(line);
            }
            if rest.len() > LINE {
                self.say("421 line too long\r\n");
                self.flush()?;
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.fill()?;
        }
    }

    /// Reads more. The answers so far go out first: the client may be waiting for them.
    fn fill(&mut self) -> io::Result<()> {
        self.flush()?;
        self.input.drain(..self.at);
        self.at = 0;
        let mut chunk = [0; 16 << 10];
        match self.wire.read(&mut chunk)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                self.input
                    .extend_from_slice(chunk.get(..n).unwrap_or_default());
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let output = std::mem::take(&mut self.output);
        self.wire.write_all(&output)?;
        self.output = output;
        self.output.clear();
        Ok(())
    }

    fn say(&mut self, words: &str) {
        self.output.extend_from_slice(words.as_bytes());
    }

    fn wrong(&mut self, words: &str) {
        self.n_wrong += 1;
        self.say(words);
    }

    fn patient(&mut self) -> Next {
        if self.n_wrong < PATIENCE {
            return Next::Command;
        }
        self.say("421 too many errors\r\n");
        Next::Leave
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn after(&mut self, point: Point, words: &str) -> io::Result<Next> {
        Ok(if self.answer(point, words)? {
            Next::Command
        } else {
            Next::Leave
        })
    }

    /// Says the words, or what the script has in their place; false: leave.
    fn answer(&mut self, point: Point, words: &str) -> io::Result<bool> {
        match self.shared.config.script.play(point, self.number) {
            None => self.say(words),
            Some(Fault::Say(instead)) => self.say(&instead),
            Some(fault) => {
                if !self.act_out(fault)? {
                    return Ok(false);
                }
                self.say(words);
            }
        }
        Ok(true)
    }

    fn act_out(&mut self, fault: Fault) -> io::Result<bool> {
        match fault {
            Fault::Close => {
                // Unsaid words stay unsaid.
                self.output.clear();
                return Ok(false);
            }
            Fault::Wait(gate) => {
                self.flush()?;
                gate.pass();
            }
            Fault::Say(words) => self.say(&words),
            Fault::Stall => {
                self.flush()?;
                let mut chunk = [0; 4096];
                while self.wire.read(&mut chunk)? > 0 {}
                return Ok(false);
            }
        }
        Ok(true)
    }
}

struct Content {
    bytes: Vec<u8>,
    too_large: bool,
}

/// The address of `FROM:<…>` or `TO:<…>`, parameters left aside.
fn path(rest: &str, key: &str) -> Option<String> {
    let (head, tail) = rest.split_at_checked(key.len())?;
    let inner = tail.trim_start().strip_prefix('<')?;
    let (address, _) = inner.split_once('>')?;
    head.eq_ignore_ascii_case(key).then(|| address.to_owned())
}
