//! The rules, in the order they speak: what has a shape first, then places, then names, then names again.

mod address;
mod age;
mod capital;
mod date;
mod email;
mod ident;
mod label;
mod list;
mod number;
mod pair;
mod repeat;
mod spanish;
mod strict;
mod url;

use crate::key::Key;
use crate::token::Kind;
use crate::work::Work;

/// Goes over a text.
pub fn apply(work: &mut Work<'_>) {
    shapes(work);
    if work.options.profile == crate::Profile::Strict {
        strict::apply(work);
    }
    words(work);
    spanish::senders(work);
    list::apply(work);
    repeat::apply(work);
}

/// Numbers, codes, addresses of every kind, dates: what shows by its form and the words before it.
fn shapes(work: &mut Work<'_>) {
    let mut n = 0;
    while n < work.len() {
        if work.is_taken(n) {
            n += 1;
            continue;
        }
        let token = work.at(n);
        let next = match token.kind {
            Kind::Sign => match token.sign {
                b'@' => email::at_sign(work, n),
                b'=' => pair::equals(work, n),
                b'(' | b'+' => number::apply(work, n),
                b'#' => ident::hash_sign(work, n),
                b':' => ident::colons(work, n),
                b'~' => url::home(work, n),
                _ => None,
            },
            Kind::Number => {
                crate::encoded::after_digits(work, n).or_else(|| number::apply(work, n))
            }
            Kind::Word => word(work, n),
            Kind::End => None,
        };
        n = next.unwrap_or(0).max(n + 1);
    }
}

fn word(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let key = work.at(n).key();
    let found = match key {
        Key::None => None,
        Key::Url => url::scheme(work, n).or_else(|| url::own_site(work, n)),
        Key::Brand => url::bare(work, n).or_else(|| url::account(work, n)),
        Key::UrlPerson | Key::NameLabel => url::account(work, n),
        Key::At => email::spoken(work, n),
        Key::Month => date::month(work, n).or_else(|| date::spoken_month(work, n)),
        Key::Dob => date::spoken_birth(work, n),
        Key::Weekday => date::weekday(work, n),
        Key::StreetPrefix => address::prefix(work, n),
        Key::Address => address::labelled(work, n),
        Key::Ninety => age::in_words(work, n),
        Key::Digit => number::spoken(work, n),
        _ => None,
    };
    found
        .or_else(|| date::spelled(work, n))
        .or_else(|| address::box_number(work, n))
        .or_else(|| crate::encoded::token(work, n))
        .or_else(|| ident::code(work, n))
}

/// Names and places: what shows by capitals, lists and the words around it.
fn words(work: &mut Work<'_>) {
    let mut n = 0;
    while n < work.len() {
        if work.is_taken(n) || !work.at(n).is_word() {
            n += 1;
            continue;
        }
        let next = spanish::institution(work, n)
            .or_else(|| label::apply(work, n))
            .or_else(|| spanish::origin(work, n))
            .or_else(|| capital::apply(work, n))
            .or_else(|| label::small(work, n));
        n = next.unwrap_or(0).max(n + 1);
    }
}
