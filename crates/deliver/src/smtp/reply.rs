//! The relay's replies, read strictly and within bounds.

/// A reply that is not SMTP, or too much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadReply {
    /// Not three digits followed by a space, a hyphen or the end of the line.
    #[error("the relay's reply does not begin with a code")]
    Code,
    /// The lines of one reply carry different codes.
    #[error("the relay's reply changes its code half-way")]
    CodeChanged,
    /// A line end other than CRLF, or a NUL byte.
    #[error("the relay's reply holds a stray line end")]
    LineEnd,
    /// Past the bounds.
    #[error(
        "the relay's reply is longer than {} lines or {} bytes",
        Reply::LINES,
        Reply::BYTES
    )]
    TooLong,
}

/// One reply: a code, and the words of all its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, the first between 2 and 5.
    pub code: u16,
    /// The words, lines joined by a line feed; control characters replaced.
    pub text: String,
}

impl Reply {
    /// Most lines in one reply.
    pub const LINES: usize = 64;
    /// Most bytes in one reply.
    pub const BYTES: usize = 8192;

    /// Whether the code begins with this digit.
    #[must_use]
    pub fn is(&self, class: u16) -> bool {
        self.code / 100 == class
    }

    /// The words on one line.
    #[must_use]
    pub fn on_one_line(&self) -> String {
        self.text.replace('\n', " ")
    }

    /// Takes one whole reply off the front of `buffer`; `None` asks for more bytes.
    ///
    /// # Errors
    ///
    /// [`BadReply`]: the conversation cannot go on.
    pub fn take(buffer: &[u8]) -> Result<Option<(Self, usize)>, BadReply> {
        let mut at = 0;
        let mut found: Option<u16> = None;
        let mut text = String::new();
        for _ in 0..Self::LINES {
            let rest = buffer.get(at..).unwrap_or_default();
            let Some(end) = line_end(rest)? else {
                let too_long = buffer.len() >= Self::BYTES;
                return if too_long {
                    Err(BadReply::TooLong)
                } else {
                    Ok(None)
                };
            };
            at += end + 2;
            if at > Self::BYTES {
                return Err(BadReply::TooLong);
            }
            let (code, last, words) = parse_line(rest.get(..end).unwrap_or_default())?;
            if found.is_some_and(|earlier| earlier != code) {
                return Err(BadReply::CodeChanged);
            }
            if found.is_some() {
                text.push('\n');
            }
            found = Some(code);
            text.extend(words.chars().map(|c| if c.is_control() { '?' } else { c }));
            if last {
                return Ok(Some((Self { code, text }, at)));
            }
        }
        Err(BadReply::TooLong)
    }
}

/// Where the first line ends; a lone CR or LF is refused as soon as it is seen.
fn line_end(bytes: &[u8]) -> Result<Option<usize>, BadReply> {
    let Some(at) = bytes
        .iter()
        .position(|byte| matches!(byte, b'\r' | b'\n' | 0))
    else {
        return Ok(None);
    };
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => Ok(Some(at)),
        Some([b'\r']) => Ok(None),
        _ => Err(BadReply::LineEnd),
    }
}

fn parse_line(line: &[u8]) -> Result<(u16, bool, std::borrow::Cow<'_, str>), BadReply> {
    let (digits, rest) = line.split_at_checked(3).ok_or(BadReply::Code)?;
    if !digits.iter().all(u8::is_ascii_digit) || !matches!(digits.first(), Some(b'2'..=b'5')) {
        return Err(BadReply::Code);
    }
    let code = digits
        .iter()
        .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    let (last, words) = match rest {
        [] => (true, rest),
        [b' ', words @ ..] => (true, words),
        [b'-', words @ ..] => (false, words),
        _ => return Err(BadReply::Code),
    };
    Ok((code, last, String::from_utf8_lossy(words)))
}
