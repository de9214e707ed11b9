//! Sending messages and reading what is answered.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::ack::TEMPORARY;
use super::frame::{Deframer, Frame, framed};
use super::tls::{Trust, Wire};
use crate::hl7::split::Message;

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is kept there.
    Taken,
    /// Not now; send it again.
    NotNow,
    /// Never: sending it again does not help.
    Refused,
}

/// Where to send, and whom to trust there.
#[derive(Debug, Clone)]
pub struct To {
    /// The address.
    pub address: SocketAddr,
    /// What the destination must show; it is sent to without TLS when nothing is said.
    pub trust: Option<Trust>,
}

impl From<SocketAddr> for To {
    fn from(address: SocketAddr) -> Self {
        Self {
            address,
            trust: None,
        }
    }
}

/// A line to one destination; it is opened when needed and again after a failure.
pub struct Client {
    to: To,
    wait: Duration,
    line: Option<(Wire, Deframer)>,
}

/// The longest answer that is read.
const LONGEST: usize = 64 * 1024;

impl Client {
    /// `wait` is how long connecting and each answer may take.
    #[must_use]
    pub fn new(to: impl Into<To>, wait: Duration) -> Self {
        Self {
            to: to.into(),
            wait,
            line: None,
        }
    }

    /// Sends one message and waits for its answer. After a failure nobody can tell whether it was
    /// kept: it must be sent again, with the same number and the same bytes.
    ///
    /// # Errors
    ///
    /// When the destination is not there, breaks off, or does not answer in time.
    pub fn send(&mut self, message: &[u8], control_id: &[u8]) -> io::Result<Answer> {
        let sent = self.send_once(message, control_id);
        if sent.is_err() {
            self.line = None;
        }
        sent
    }

    fn send_once(&mut self, message: &[u8], control_id: &[u8]) -> io::Result<Answer> {
        if self.line.is_none() {
            let stream = TcpStream::connect_timeout(&self.to.address, self.wait)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(self.wait))?;
            stream.set_write_timeout(Some(self.wait))?;
            let wire = Wire::opened(stream, self.to.trust.as_ref())?;
            self.line = Some((wire, Deframer::new(LONGEST)));
        }
        let Some((stream, deframer)) = &mut self.line else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        stream.write_all(&framed(message))?;
        stream.flush()?;
        let mut block = [0; 4_096];
        loop {
            let n = stream.read(&mut block)?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut answer = None;
            deframer.push(block.get(..n).unwrap_or_default(), &mut |frame| {
                if let Frame::Message(text) = frame
                    && let Some((found, id)) = read_answer(&text)
                    && id == control_id
                {
                    answer = Some(found);
                }
            });
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }
}

/// The answer in a message, and to which number.
fn read_answer(text: &[u8]) -> Option<(Answer, Vec<u8>)> {
    let message = Message::parse(text).ok()?;
    let said = message.segments().find(|it| it.name == b"MSA")?;
    let error = message
        .segments()
        .find(|it| it.name == b"ERR")
        .map(|it| it.field(3));
    let answer = match said.field(1) {
        b"AA" | b"CA" => Answer::Taken,
        // Without a word about the error, sending again is the safe reading.
        b"AE" | b"CE" if error.is_none_or(|it| it.is_empty() || it == TEMPORARY.as_bytes()) => {
            Answer::NotNow
        }
        _ => Answer::Refused,
    };
    Some((answer, said.field(2).to_vec()))
}
