//! The text cut into words, numbers and signs, each with what the dictionary says of it.

use crate::dictionary::{self, Bits, Word};
use crate::fold;
use crate::key::Key;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Letters, with apostrophes inside.
    Word,
    /// Digits.
    Number,
    /// One sign.
    Sign,
    /// Before the first or after the last token.
    #[default]
    End,
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Not a word.
    #[default]
    None,
    /// All small letters.
    Lower,
    /// A capital first, small letters after.
    Title,
    /// One capital letter.
    Initial,
    /// Capitals throughout.
    Upper,
    /// Small letter first, capitals after.
    Mixed,
}

/// What stands before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Gap {
    /// Nothing: it hangs on the token before.
    Glued,
    /// A space inside a value of an address.
    Soft,
    /// White space in the line.
    #[default]
    Space,
    /// A new line.
    Line,
    /// An empty line.
    Paragraph,
}

/// One piece of the text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Token {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What it is.
    pub kind: Kind,
    /// How it is written.
    pub shape: Shape,
    /// What stands before it.
    pub gap: Gap,
    /// The sign, when it is one.
    pub sign: u8,
    /// What the dictionary says.
    pub word: Word,
}

impl Token {
    /// Whether it is this sign.
    #[must_use]
    #[inline]
    pub const fn is(self, sign: u8) -> bool {
        self.sign == sign
    }

    /// Whether it is a word.
    #[must_use]
    #[inline]
    pub fn is_word(self) -> bool {
        self.kind == Kind::Word
    }

    /// Whether it is a number.
    #[must_use]
    #[inline]
    pub fn is_number(self) -> bool {
        self.kind == Kind::Number
    }

    /// Whether nothing stands before it.
    #[must_use]
    #[inline]
    pub fn is_glued(self) -> bool {
        self.gap == Gap::Glued
    }

    /// Whether it begins with a capital.
    #[must_use]
    #[inline]
    pub const fn is_capital(self) -> bool {
        matches!(self.shape, Shape::Title | Shape::Initial | Shape::Upper)
    }

    /// How many bytes it has.
    #[must_use]
    #[inline]
    pub const fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// What it tells the rules.
    #[must_use]
    #[inline]
    pub const fn key(self) -> Key {
        self.word.key
    }

    /// What it may be.
    #[must_use]
    #[inline]
    pub const fn bits(self) -> Bits {
        self.word.bits
    }
}

/// The tokens of one text.
#[derive(Debug, Default)]
pub struct Tokens {
    list: Vec<Token>,
    /// Hash of each word's folded form, for places of several words and later mentions.
    hashes: Vec<u64>,
    /// Words looked up lately, by the low bits of their hash: most words are few words.
    lately: Vec<(u64, Word)>,
}

/// How many places `lately` has.
const LATELY: usize = 2048;

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const SPACE: u8 = 3;
const NEWLINE: u8 = 4;
const WIDE: u8 = 5;

static CLASS: [u8; 256] = classes();

#[expect(
    clippy::indexing_slicing,
    reason = "the index is a byte, the array has 256 places"
)]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let byte = n as u8;
        table[n] = if byte.is_ascii_alphabetic() {
            LETTER
        } else if byte.is_ascii_digit() {
            DIGIT
        } else if byte == b'\n' {
            NEWLINE
        } else if byte.is_ascii_whitespace() || byte == 0 || byte == 0x0B {
            SPACE
        } else if byte >= 0x80 {
            WIDE
        } else {
            0
        };
        n += 1;
    }
    table
}

#[inline]
#[expect(
    clippy::indexing_slicing,
    reason = "the index is a byte, the array has 256 places"
)]
fn class(byte: u8) -> u8 {
    CLASS[byte as usize]
}

impl Tokens {
    /// The token at a place; an end token outside.
    #[must_use]
    #[inline]
    pub fn at(&self, n: usize) -> Token {
        self.list.get(n).copied().unwrap_or_default()
    }

    /// The folded hash of a word.
    #[must_use]
    #[inline]
    pub fn hash(&self, n: usize) -> u64 {
        self.hashes.get(n).copied().unwrap_or(0)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Cuts a text, forgetting the one before.
    pub fn cut(&mut self, text: &str) {
        self.lately.resize(LATELY, (0, Word::default()));
        self.list.clear();
        self.hashes.clear();
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut gap = Gap::Line;
        while let Some(&byte) = bytes.get(at) {
            match class(byte) {
                SPACE => {
                    gap = gap.max(if byte == 0x0B { Gap::Soft } else { Gap::Space });
                    at += 1;
                }
                NEWLINE => {
                    gap = if gap >= Gap::Line {
                        Gap::Paragraph
                    } else {
                        Gap::Line
                    };
                    at += 1;
                }
                DIGIT => {
                    let end = run(bytes, at, DIGIT);
                    self.push(
                        Token {
                            start: at as u32,
                            end: end as u32,
                            kind: Kind::Number,
                            gap,
                            ..Token::default()
                        },
                        0,
                    );
                    gap = Gap::Glued;
                    at = end;
                }
                LETTER => {
                    at = self.word(text, at, gap);
                    gap = Gap::Glued;
                }
                WIDE => {
                    let letter = text
                        .get(at..)
                        .and_then(|rest| rest.chars().next())
                        .unwrap_or(' ');
                    if letter.is_alphabetic() {
                        at = self.word(text, at, gap);
                        gap = Gap::Glued;
                    } else if letter.is_whitespace() {
                        gap = gap.max(Gap::Space);
                        at += letter.len_utf8();
                    } else {
                        self.sign(at, letter.len_utf8(), 1, gap);
                        gap = Gap::Glued;
                        at += letter.len_utf8();
                    }
                }
                _ => {
                    self.sign(at, 1, byte, gap);
                    gap = Gap::Glued;
                    at += 1;
                }
            }
        }
    }

    #[inline]
    fn look_up(&mut self, hash: u64) -> Word {
        let place = (hash ^ (hash >> 17)) as usize % LATELY;
        match self.lately.get_mut(place) {
            Some((known, word)) if *known == hash => *word,
            Some(slot) => {
                let word = dictionary::by_hash(hash);
                *slot = (hash, word);
                word
            }
            None => dictionary::by_hash(hash),
        }
    }

    #[inline]
    fn push(&mut self, token: Token, hash: u64) {
        self.list.push(token);
        self.hashes.push(hash);
    }

    #[inline]
    fn sign(&mut self, at: usize, len: usize, sign: u8, gap: Gap) {
        self.push(
            Token {
                start: at as u32,
                end: (at + len) as u32,
                kind: Kind::Sign,
                gap,
                sign,
                ..Token::default()
            },
            0,
        );
    }

    /// A word, with apostrophes inside but without a possessive; says where it ends.
    fn word(&mut self, text: &str, start: usize, gap: Gap) -> usize {
        let bytes = text.as_bytes();
        let mut at = start;
        let mut hash = fold::BASIS;
        let (mut n_upper, mut n_letters) = (0_u32, 0_u32);
        let mut is_plain = true;
        let mut first_upper = false;
        while let Some(&byte) = bytes.get(at) {
            match class(byte) {
                LETTER => {
                    let is_upper = byte & 0x20 == 0;
                    first_upper |= is_upper && n_letters == 0;
                    n_upper += u32::from(is_upper);
                    n_letters += 1;
                    hash = fold::add(hash, byte | 0x20);
                    at += 1;
                }
                WIDE => {
                    let letter = text
                        .get(at..)
                        .and_then(|rest| rest.chars().next())
                        .unwrap_or(' ');
                    if !letter.is_alphabetic() {
                        break;
                    }
                    let is_upper = letter.is_uppercase();
                    first_upper |= is_upper && n_letters == 0;
                    n_upper += u32::from(is_upper);
                    n_letters += 1;
                    is_plain = false;
                    at += letter.len_utf8();
                }
                _ if byte == b'\'' && joins(bytes, at) => at += 1,
                _ => break,
            }
            if at - start > 60 {
                // Nobody's name: cut on, so that one endless word costs no more than its length.
                break;
            }
        }
        if !is_plain {
            hash = fold::hash(text.get(start..at).unwrap_or_default());
        }
        let shape = if !first_upper {
            if n_upper == 0 {
                Shape::Lower
            } else {
                Shape::Mixed
            }
        } else if n_letters == 1 {
            Shape::Initial
        } else if n_upper == n_letters {
            Shape::Upper
        } else {
            Shape::Title
        };
        let word = if n_letters > 1 {
            self.look_up(hash)
        } else {
            single(bytes.get(start).copied().unwrap_or(0))
        };
        self.push(
            Token {
                start: start as u32,
                end: at as u32,
                kind: Kind::Word,
                shape,
                gap,
                sign: 0,
                word,
            },
            hash,
        );
        at
    }
}

/// Words of one letter stand in no dictionary.
fn single(byte: u8) -> Word {
    let key = match byte {
        b'I' => Key::Pronoun,
        b'c' | b'C' | b'P' => Key::StreetPrefix,
        b'u' => Key::UrlPerson,
        b'd' | b'e' | b'y' | b'o' | b'l' => Key::Particle,
        b'n' => Key::NumberCue,
        _ => Key::None,
    };
    Word { bits: Bits(0), key }
}

/// An apostrophe before a letter joins, unless it is the possessive at the end of a word.
fn joins(bytes: &[u8], at: usize) -> bool {
    let near = |n: usize| class(bytes.get(at + n).copied().unwrap_or(b' '));
    let is_letter = |class: u8| class == LETTER || class == WIDE;
    let next = bytes.get(at + 1).copied().unwrap_or(b' ');
    is_letter(near(1)) && !((next | 0x20) == b's' && !is_letter(near(2)))
}

fn run(bytes: &[u8], at: usize, of: u8) -> usize {
    bytes.get(at..).map_or(at, |rest| {
        at + rest
            .iter()
            .position(|&byte| class(byte) != of)
            .unwrap_or(rest.len())
    })
}
