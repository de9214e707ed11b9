//! One text while the rules go over it.

use crate::key::Key;
use crate::span::Type;
use crate::token::{Gap, Shape, Token, Tokens};
use crate::{Options, dictionary::Bits};

/// What a rule found, in tokens.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// First token.
    pub from: usize,
    /// One past the last token.
    pub to: usize,
    /// What it is.
    pub kind: Type,
    /// The rule.
    pub rule: &'static str,
}

/// The tokens of a text, and what has been found in it.
#[derive(Debug)]
pub struct Work<'a> {
    /// What the rules read.
    pub text: &'a str,
    /// Its tokens.
    pub tokens: &'a Tokens,
    /// Which tokens are spoken for.
    pub taken: &'a mut Vec<bool>,
    /// What was found.
    pub found: &'a mut Vec<Found>,
    /// Hashes of the words of names found so far in the whole text.
    pub known: &'a mut Vec<u64>,
    /// What the caller wants.
    pub options: Options,
    /// Up to where a run of base64 was looked at in vain.
    pub seen_until: usize,
    /// Up to where capital words were looked at in vain.
    pub barren_until: usize,
    /// Up to where the tokens belong to an address that was read.
    pub address_until: usize,
    /// Whether the text has no capital at all.
    pub is_lower: bool,
    /// Whether the text is Spanish.
    pub is_spanish: bool,
}

impl Work<'_> {
    /// The token at a place.
    #[inline]
    pub fn at(&self, n: usize) -> Token {
        self.tokens.at(n)
    }

    /// The token `back` places before.
    #[inline]
    pub fn before(&self, n: usize, back: usize) -> Token {
        self.tokens.at(n.wrapping_sub(back))
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// What a token says.
    pub fn str(&self, n: usize) -> &str {
        let token = self.at(n);
        self.text
            .get(token.start as usize..token.end as usize)
            .unwrap_or_default()
    }

    /// Whether a rule has spoken for the token.
    #[inline]
    pub fn is_taken(&self, n: usize) -> bool {
        self.taken.get(n).copied().unwrap_or(false)
    }

    /// Whether this is a word, small letters or capitals, no matter which.
    #[inline]
    pub fn says(&self, n: usize, word: &str) -> bool {
        let token = self.at(n);
        token.len() == word.len()
            && self
                .text
                .as_bytes()
                .get(token.start as usize..token.end as usize)
                .is_some_and(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Records a find; says where to go on.
    pub fn mark(&mut self, from: usize, to: usize, kind: Type, rule: &'static str) -> usize {
        self.quiet(from, to);
        self.found.push(Found {
            from,
            to,
            kind,
            rule,
        });
        to
    }

    /// Keeps other rules off.
    pub fn quiet(&mut self, from: usize, to: usize) {
        if let Some(taken) = self.taken.get_mut(from..to) {
            taken.fill(true);
        }
    }

    /// The value of a number, if it is short.
    pub fn value(&self, n: usize) -> u32 {
        let token = self.at(n);
        if !token.is_number() || token.len() > 9 {
            return u32::MAX;
        }
        self.str(n).parse().unwrap_or(u32::MAX)
    }

    /// Where the run of letters, digits, `-` and `_` that begins here ends, and what it holds.
    pub fn run(&self, from: usize) -> Run {
        let mut run = Run {
            to: from,
            ..Run::default()
        };
        let mut n = from;
        while n < from + 64 {
            let token = self.at(n);
            if n > from && !token.is_glued() {
                break;
            }
            if token.is_number() {
                run.n_digits += token.len();
                run.n_numbers += 1;
                run.to = n + 1;
            } else if token.is_word() {
                run.n_letters += token.len();
                run.is_upper &= matches!(token.shape, Shape::Upper | Shape::Initial);
                run.to = n + 1;
            } else if !(token.is(b'-') || token.is(b'_')) {
                break;
            }
            n += 1;
        }
        run
    }

    /// Whether a run of letters and digits could begin here: nothing of it stands before.
    pub fn begins(&self, n: usize) -> bool {
        let token = self.at(n);
        if !token.is_glued() {
            return true;
        }
        let before = self.before(n, 1);
        !(before.is_word()
            || before.is_number()
            || before.is(b'-')
            || before.is(b'_')
            || before.is(b'.'))
    }

    /// The nearest word before that says what a number is, and how far it is. Stops at the end of a sentence.
    pub fn cue(&self, n: usize, reach: usize) -> Option<(Key, usize)> {
        for back in 1..=reach {
            let place = n.wrapping_sub(back);
            let token = self.at(place);
            let after = self.at(place.wrapping_add(1));
            if token.is_word() {
                let is_mask = token.shape == Shape::Upper
                    && (after.is(b']') || self.before(place, 1).is(b'['));
                if is_mask {
                    // What a redaction left says nothing of what follows it.
                    return None;
                }
                if is_number_cue(token.key())
                    && !(token.key() == Key::Account
                        && token.shape == Shape::Lower
                        && token.len() < 3)
                {
                    return Some((token.key(), back));
                }
            } else if token.is_number() {
                if back > 1 && token.len() > 2 {
                    return None;
                }
            } else {
                let ends = matches!(token.sign, b';' | b'?' | b'!' | b'&')
                    || token.kind == crate::token::Kind::End;
                let is_stop = token.is(b'.') && after.gap >= Gap::Space && after.is_capital();
                if ends || (is_stop && !self.is_abbreviation(place.wrapping_sub(1))) {
                    return None;
                }
            }
            if token.gap == Gap::Paragraph {
                return None;
            }
        }
        None
    }

    fn is_abbreviation(&self, n: usize) -> bool {
        let token = self.at(n);
        token.is_word() && token.len() <= 4 && token.key() != Key::None
    }

    /// Whether a word is known and is nobody's name, judged by itself.
    pub fn is_common(&self, n: usize) -> bool {
        let token = self.at(n);
        let bits = token.bits();
        let names = matches!(
            token.key(),
            Key::None | Key::Eponym | Key::Particle | Key::Digit
        );
        if token.key() == Key::Clinical {
            return true;
        }
        if token.len() == 1 {
            return !token.is_capital() || token.key() == Key::Pronoun;
        }
        if !names {
            return !matches!(
                token.key(),
                Key::State
                    | Key::Country
                    | Key::Month
                    | Key::Demonym
                    | Key::FacilityStart
                    | Key::Facility
            ) || !bits.any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY));
        }
        let strong = bits.any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY))
            && !bits.any(Bits::AMBIGUOUS.or(Bits::CORE));
        let is_listed = bits.any(
            Bits::COMMON
                .or(Bits::CORE)
                .or(Bits::SPANISH)
                .or(Bits::AMBIGUOUS),
        );
        (is_listed && !strong)
            || (!bits.any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY).or(Bits::GIVEN))
                && is_clinical(self.str(n)))
    }

    /// Whether a word is in a list of names.
    pub fn is_name(&self, n: usize) -> bool {
        self.at(n).bits().any(Bits::GIVEN.or(Bits::FAMILY))
    }

    /// Whether no list knows the word.
    pub fn is_unknown(&self, n: usize) -> bool {
        let token = self.at(n);
        token.is_word()
            && token.len() > 1
            && token.key() == Key::None
            && token.bits().0 & !Bits::START.0 == 0
    }

    /// Whether the line is a headline: all but small words have a capital, everyday words as well.
    pub fn is_headline(&self, n: usize) -> bool {
        let mut from = n;
        while from > 0 && n - from < 16 && self.at(from).gap < Gap::Line {
            from -= 1;
        }
        let (mut n_small, mut n_plain) = (0, 0);
        for at in from..from + 20 {
            let token = self.at(at);
            if token.kind == crate::token::Kind::End || (at > from && token.gap >= Gap::Line) {
                break;
            }
            n_plain += usize::from(at > from && token.is_capital() && token.bits().any(Bits::CORE));
            n_small += usize::from(token.is_word() && !token.is_capital() && token.len() > 3);
        }
        n_plain >= 2 && n_small == 0
    }

    /// Whether the word begins a sentence or a line.
    pub fn begins_sentence(&self, n: usize) -> bool {
        let token = self.at(n);
        if token.gap >= Gap::Line {
            return true;
        }
        let mut place = n.wrapping_sub(1);
        let mut before = self.at(place);
        while before.is(b'"')
            || before.is(b'\'')
            || before.is(b'(')
            || before.is(b'*')
            || before.is(b'>')
            || before.is(b'\\')
        {
            if before.gap >= Gap::Line {
                return true;
            }
            place = place.wrapping_sub(1);
            before = self.at(place);
        }
        match before.sign {
            b'?' | b'!' => true,
            b'.' => {
                let word = self.at(place.wrapping_sub(1));
                !(word.is_word() && (word.len() == 1 || (word.len() <= 4 && is_dotted(word.key()))))
            }
            _ => before.kind == crate::token::Kind::End,
        }
    }
}

/// Words made as only medicine makes them: drugs, diseases, operations, germs.
fn is_clinical(word: &str) -> bool {
    const ENDS: [&str; 66] = [
        "mab",
        "nib",
        "statin",
        "pril",
        "sartan",
        "olol",
        "azole",
        "cillin",
        "mycin",
        "micina",
        "gliptin",
        "gliflozin",
        "glutide",
        "ciclib",
        "parib",
        "navir",
        "tegravir",
        "floxacin",
        "prazole",
        "prazol",
        "tidine",
        "azepam",
        "zepine",
        "triptan",
        "setron",
        "parin",
        "xaban",
        "grel",
        "dronate",
        "lukast",
        "terol",
        "sone",
        "olone",
        "azine",
        "itis",
        "osis",
        "emia",
        "aemia",
        "opathy",
        "ectomy",
        "otomy",
        "ostomy",
        "plasty",
        "oscopy",
        "algia",
        "uria",
        "coccus",
        "cocci",
        "bacter",
        "monas",
        "ectomía",
        "ología",
        "ologia",
        "grafía",
        "grafia",
        "scopia",
        "patía",
        "tomía",
        "ción",
        "sión",
        "mente",
        "fungina",
        "idina",
        "amicina",
        "toxicity",
        "therapy",
    ];
    word.len() > 6 && {
        let lower = word.to_lowercase();
        ENDS.iter().any(|end| lower.ends_with(end))
    }
}

/// Abbreviations that a full stop follows inside a sentence.
const fn is_dotted(key: Key) -> bool {
    matches!(
        key,
        Key::Title
            | Key::FacilityStart
            | Key::StreetSuffix
            | Key::Unit
            | Key::NumberCue
            | Key::Month
            | Key::Weekday
    )
}

/// Whether a word says what the number after it is.
pub const fn is_number_cue(key: Key) -> bool {
    matches!(
        key,
        Key::Mrn
            | Key::Record
            | Key::Plan
            | Key::Account
            | Key::License
            | Key::Vehicle
            | Key::Device
            | Key::Ssn
            | Key::Phone
            | Key::Fax
            | Key::IdCue
            | Key::NumberCue
            | Key::Zip
            | Key::Dob
            | Key::NegCue
            | Key::Hash
    )
}

/// A run of letters and digits.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// One past its last token.
    pub to: usize,
    /// How many digits.
    pub n_digits: usize,
    /// How many numbers.
    pub n_numbers: usize,
    /// How many bytes of letters.
    pub n_letters: usize,
    /// Whether its letters are capitals.
    pub is_upper: bool,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            to: 0,
            n_digits: 0,
            n_numbers: 0,
            n_letters: 0,
            is_upper: true,
        }
    }
}
