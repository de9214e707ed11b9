//! The form in which a word is looked up: lower case, no marks, no apostrophe.
//!
//! `scripts/dictionaries/build.py` folds the same way.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// The start of a hash.
pub const BASIS: u64 = 0xCBF2_9CE4_8422_2325;
const PRIME: u64 = 0x0100_0000_01B3;

/// Adds one folded byte to a hash.
#[must_use]
#[inline]
pub const fn add(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(PRIME)
}

/// The hash of a word's folded form.
#[must_use]
#[inline]
pub fn hash(word: &str) -> u64 {
    extend(BASIS, word)
}

/// Goes on hashing with another word.
#[must_use]
#[inline]
pub fn extend(mut hash: u64, word: &str) -> u64 {
    for (n, &byte) in word.as_bytes().iter().enumerate() {
        if byte < 0x80 {
            if byte != b'\'' {
                hash = add(hash, byte.to_ascii_lowercase());
            }
        } else {
            return extend_wide(hash, word.get(n..).unwrap_or_default());
        }
    }
    hash
}

fn extend_wide(mut hash: u64, word: &str) -> u64 {
    let mut buffer = [0; 4];
    for letter in word.chars().flat_map(char::to_lowercase) {
        let mut push = |letter: char| {
            if !is_combining_mark(letter) && letter != '\'' && letter != '’' {
                for &byte in letter.encode_utf8(&mut buffer).as_bytes() {
                    hash = add(hash, byte);
                }
            }
        };
        match special(letter) {
            Some(plain) => plain.chars().for_each(&mut push),
            None => decompose_compatible(letter, &mut push),
        }
    }
    hash
}

/// Letters that no decomposition makes plain.
const fn special(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        _ => return None,
    })
}
