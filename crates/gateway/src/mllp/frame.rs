//! Frames: `0x0B message 0x1C 0x0D`, split wherever the network splits them.

/// Begins a frame.
pub const START: u8 = 0x0b;
/// Ends a frame, with a carriage return after it.
pub const END: u8 = 0x1c;

/// How much of an over-long message is kept, to answer it.
const HEAD: usize = 2_048;

/// What came out of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A whole message.
    Message(Vec<u8>),
    /// A message over the limit: its beginning.
    TooLong(Vec<u8>),
}

/// Takes frames out of bytes, however they are cut.
#[derive(Debug)]
pub struct Deframer {
    limit: usize,
    state: State,
    message: Vec<u8>,
    is_too_long: bool,
    /// Bytes outside of frames, and frames that began anew before they ended.
    pub n_noise: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    Inside,
    /// After the end byte: only with a carriage return is it the end.
    Ending,
}

impl Deframer {
    /// Holds no more than `limit` bytes of a message.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            state: State::Outside,
            message: Vec::new(),
            is_too_long: false,
            n_noise: 0,
        }
    }

    /// Whether a frame has begun and not ended.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.state != State::Outside
    }

    /// Takes some bytes; hands on the frames that end in them.
    pub fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(Frame)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.state {
                State::Outside => self.outside(rest),
                State::Inside => self.inside(rest),
                State::Ending => self.ending(rest, each),
            };
        }
    }

    fn outside<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let at = memchr::memchr(START, bytes);
        let (before, rest) = bytes.split_at(at.map_or(bytes.len(), |at| at + 1));
        let noise = before
            .iter()
            .filter(|byte| !matches!(**byte, START | b'\r' | b'\n'));
        self.n_noise += noise.count() as u64;
        if at.is_some() {
            self.begin();
        }
        rest
    }

    fn begin(&mut self) {
        self.state = State::Inside;
        self.message.clear();
        self.is_too_long = false;
    }

    fn inside<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let Some(at) = memchr::memchr2(START, END, bytes) else {
            self.add(bytes);
            return &[];
        };
        let (before, rest) = bytes.split_at(at);
        self.add(before);
        let (mark, rest) = rest.split_at(1);
        if mark == [START] {
            // The sender began anew; what it did not finish it will send again.
            self.n_noise += 1;
            self.begin();
        } else {
            self.state = State::Ending;
        }
        rest
    }

    fn ending<'b>(&mut self, bytes: &'b [u8], each: &mut dyn FnMut(Frame)) -> &'b [u8] {
        let Some((next, rest)) = bytes.split_first() else {
            return bytes;
        };
        match *next {
            b'\r' => {
                self.state = State::Outside;
                let message = std::mem::take(&mut self.message);
                each(if self.is_too_long {
                    Frame::TooLong(message)
                } else {
                    Frame::Message(message)
                });
                rest
            }
            _ => {
                // It stood inside the message.
                self.state = State::Inside;
                self.add(&[END]);
                bytes
            }
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        let room = if self.is_too_long { HEAD } else { self.limit };
        if self.message.len() + bytes.len() <= room {
            self.message.extend_from_slice(bytes);
            return;
        }
        let head = bytes.len().min(HEAD.saturating_sub(self.message.len()));
        self.message
            .extend_from_slice(bytes.get(..head).unwrap_or_default());
        self.message.truncate(HEAD);
        self.message.shrink_to_fit();
        self.is_too_long = true;
    }
}

/// A message in its frame.
#[must_use]
pub fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 3);
    out.push(START);
    out.extend_from_slice(message);
    out.extend_from_slice(&[END, b'\r']);
    out
}
