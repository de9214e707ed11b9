//! Scanning one text.

use crate::rules;
use crate::span::{Span, Type};
use crate::token::{Shape, Tokens};
use crate::view::View;
use crate::work::{Found, Work};

/// What counts as an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// The Safe Harbor method: years, states and ages under 90 stay.
    #[default]
    SafeHarbor,
    /// Safe Harbor, and all ages, sexes, countries and years as well.
    Strict,
}

/// How to scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// What counts.
    pub profile: Profile,
    /// The year in which the text is read, so that years of birth that reveal an age over 89 are found. 0: unknown.
    pub year: u16,
    /// Every age, not only those over 89.
    pub(crate) all_ages: bool,
    /// How deep in encoded texts this one stands.
    pub(crate) depth: u8,
}

impl Options {
    /// Options of a profile, read in a year.
    #[must_use]
    pub fn new(profile: Profile, year: u16) -> Self {
        Self {
            profile,
            year,
            all_ages: profile == Profile::Strict,
            depth: 0,
        }
    }
}

/// Longest piece scanned at once; longer texts are cut at white space, and read on with what went before.
pub(crate) const PIECE: usize = 1 << 20;

/// Reads before a cut, so that what stands there can be understood.
pub(crate) const BACK: usize = 4096;

/// Scans texts. Keeps its memory from one to the next, so keep it too.
#[derive(Debug, Default)]
pub struct Scanner {
    options: Options,
    tokens: Tokens,
    taken: Vec<bool>,
    found: Vec<Found>,
    /// Words of the names of the text so far.
    known: Vec<u64>,
    spans: Vec<Span>,
}

impl Scanner {
    /// A scanner.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Finds what identifies a person. Sorted, without overlap, on character boundaries.
    pub fn scan(&mut self, text: &str) -> &[Span] {
        self.spans.clear();
        self.forget();
        let mut done = 0;
        while done < text.len() {
            let from = floor(text, done.saturating_sub(BACK));
            let end = cut(text, done);
            // What touches the cut is read again with what follows.
            let keep = if end < text.len() {
                floor(text, end.saturating_sub(BACK).max(done + 1))
            } else {
                end
            };
            let piece = text.get(from..end).unwrap_or_default();
            self.piece(piece, from, done, keep);
            done = keep;
        }
        count_characters(text, &mut self.spans);
        &self.spans
    }

    /// A new text begins.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// The spans of one window of a longer text that begin in `done..keep`, in its bytes and characters.
    pub(crate) fn window(&mut self, text: &str, done: usize, keep: usize) -> &[Span] {
        self.spans.clear();
        self.piece(text, 0, done, keep);
        count_characters(text, &mut self.spans);
        &self.spans
    }

    /// Scans one piece; keeps the spans that begin at `done` or after and before `keep`.
    pub(crate) fn piece(&mut self, text: &str, offset: usize, done: usize, keep: usize) {
        let view = View::of(text);
        self.tokens.cut(&view.text);
        self.taken.clear();
        self.taken.resize(self.tokens.len(), false);
        self.found.clear();
        let (is_lower, is_spanish) = manner(&self.tokens, &view.text);
        let mut work = Work {
            text: &view.text,
            tokens: &self.tokens,
            taken: &mut self.taken,
            found: &mut self.found,
            known: &mut self.known,
            options: self.options,
            seen_until: 0,
            barren_until: 0,
            address_until: 0,
            is_lower,
            is_spanish,
        };
        rules::apply(&mut work);
        self.found.sort_by_key(|found| found.from);
        for found in &self.found {
            let start = self.tokens.at(found.from).start as usize;
            let end = self.tokens.at(found.to.saturating_sub(1)).end as usize;
            let (start, end) = view.source(start, end.max(start));
            let (bstart, bend) = (floor(text, start) + offset, ceil(text, end) + offset);
            let after = self.spans.last().map_or(0, |last: &Span| last.bend);
            if bend <= bstart || bstart < done || bstart >= keep {
                continue;
            }
            if bstart < after {
                if bend > after
                    && let Some(last) = self.spans.last_mut()
                {
                    last.bend = bend;
                }
                continue;
            }
            self.spans.push(Span {
                kind: found.kind,
                start: 0,
                end: 0,
                bstart,
                bend,
                rule: found.rule,
            });
        }
    }
}

/// What an encoded text holds, if anything.
pub fn inside(text: &str, options: Options) -> Option<Type> {
    let options = Options {
        depth: options.depth + 1,
        ..options
    };
    let mut scanner = Scanner::new(options);
    let found = scanner.scan(text).first().map(|span| span.kind);
    found.or_else(|| {
        // A bare name has nothing around it to show it.
        let mut tokens = Tokens::default();
        tokens.cut(text);
        let is_name = |n: usize| {
            let word = tokens.at(n);
            let bits = word.bits();
            word.is_word()
                && bits
                    .any(crate::dictionary::Bits::TOP_GIVEN.or(crate::dictionary::Bits::TOP_FAMILY))
        };
        (tokens.len() <= 5 && (0..tokens.len()).any(is_name)).then_some(Type::Name)
    })
}

/// Where a piece that begins at `from` ends: at the last white space in reach.
pub(crate) fn cut(text: &str, from: usize) -> usize {
    let Some(most) = from.checked_add(PIECE).filter(|most| *most < text.len()) else {
        return text.len();
    };
    let bytes = text.as_bytes();
    let least = most - PIECE / 4;
    let window = bytes.get(least..most).unwrap_or_default();
    match window
        .iter()
        .rposition(|byte| *byte == b'\n')
        .or_else(|| window.iter().rposition(u8::is_ascii_whitespace))
    {
        Some(at) => least + at + 1,
        None => floor(text, most),
    }
}

pub(crate) fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// Whether the text has no capitals, and whether it is Spanish.
fn manner(tokens: &Tokens, text: &str) -> (bool, bool) {
    let (mut n_words, mut n_capital, mut n_spanish, mut n_sure) =
        (0_usize, 0_usize, 0_usize, 0_usize);
    for n in 0..tokens.len().min(2000) {
        let token = tokens.at(n);
        if !token.is_word() {
            continue;
        }
        n_words += 1;
        n_capital += usize::from(token.is_capital() && token.shape != Shape::None);
        if token.shape != Shape::Lower {
            continue;
        }
        if token.len() <= 3 {
            let word = text
                .get(token.start as usize..token.end as usize)
                .unwrap_or_default();
            match word {
                "de" | "la" | "los" | "las" | "del" => n_spanish += 1,
                "el" | "que" | "con" | "una" | "por" | "se" | "su" | "un" => {
                    n_spanish += 1;
                    n_sure += 1;
                }
                _ => {}
            }
        } else if n_sure < 2 && token.len() <= 10 {
            n_sure += usize::from(is_spanish_word(token));
        }
    }
    let is_long = n_spanish >= 3 && n_spanish * 12 > n_words;
    let is_short = n_sure >= 1 && n_spanish + n_sure >= 3 && n_spanish * 12 + n_sure * 12 > n_words;
    (n_capital == 0 && n_words > 2, is_long || is_short)
}

/// Whether a word is frequent in Spanish and none of English.
fn is_spanish_word(token: crate::token::Token) -> bool {
    use crate::dictionary::Bits;
    let bits = token.bits();
    bits.any(Bits::SPANISH) && !bits.any(Bits::COMMON.or(Bits::CORE))
}

/// Byte offsets to character offsets, in one pass.
pub(crate) fn count_characters(text: &str, spans: &mut [Span]) {
    let is_ascii = text.is_ascii();
    let (mut byte, mut character) = (0, 0);
    let mut to = |at: usize| {
        if is_ascii {
            return at;
        }
        let piece = text.as_bytes().get(byte..at).unwrap_or_default();
        character += piece.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        byte = at.max(byte);
        character
    };
    for span in spans {
        span.start = to(span.bstart);
        span.end = to(span.bend);
    }
}
