//! Names that a word before them announces, in capitals or not; and names in small letters.

use super::capital;
use crate::dictionary::Bits;
use crate::key::Key;
use crate::span::Type;
use crate::token::{Gap, Shape};
use crate::work::Work;

/// How sure the word before makes us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trust {
    /// Only what can be nothing but a name.
    Weak,
    /// What may be a name.
    Fair,
    /// Whatever stands there.
    Full,
}

/// At a word: does it announce a name?
pub fn apply(work: &mut Work<'_>, n: usize) -> Option<usize> {
    match work.at(n).key() {
        Key::NameLabel | Key::UrlName => labelled(work, n),
        Key::NameVerb => {
            let pronoun = usize::from(
                matches!(work.at(n + 1).key(), Key::Pronoun | Key::Role)
                    && !work.at(n + 1).is_capital(),
            );
            after(work, n + 1 + pronoun, Trust::Fair, "name.called")
        }
        Key::Title => titled(work, n),
        Key::Intro => after(work, n + 1, Trust::Weak, "name.intro"),
        Key::Role => role(work, n),
        Key::Greet => after(work, n + 1, Trust::Weak, "name.greeted"),
        Key::City | Key::Address => place_label(work, n),
        _ => said(work, n),
    }
}

/// `Name: …`, `my name is …`, `Name</td><td>…`, `"name": "…"`.
fn labelled(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if !work.before(n, 1).is_word() && work.before(n, 1).is(b'@') || is_other_name(work, n) {
        return None;
    }
    let mut at = n + 1;
    let mut is_told = false;
    for _ in 0..12 {
        let token = work.at(at);
        if token.is(b':') || token.is(b'=') || work.says(at, "is") || work.says(at, "es") {
            is_told = true;
        } else if matches!(
            token.sign,
            b'"' | b'<' | b'>' | b'/' | b'-' | b'\'' | b'*' | b'.' | b'|' | b'(' | b')' | b'?'
        ) && token.gap <= Gap::Space
        {
            // Marks of forms and markup.
        } else if token.is_word()
            && token.is_glued()
            && work.before(at, 1).is(b'/')
            && work.before(at, 2).is(b'<')
            || (token.is_word() && token.is_glued() && work.before(at, 1).is(b'<'))
        {
            is_told = true;
        } else {
            break;
        }
        at += 1;
    }
    let trust = if is_told { Trust::Full } else { Trust::Weak };
    let is_given = work.at(at).is_capital() || is_told;
    if !is_given
        || work.at(at).gap > Gap::Line
        || (work.at(at).gap == Gap::Line && !work.before(at, 1).is(b':'))
    {
        return None;
    }
    after(work, at, trust, "name.label")
}

/// `brand name`, `file name`: not a person's.
fn is_other_name(work: &Work<'_>, n: usize) -> bool {
    const OTHERS: [&str; 20] = [
        "brand",
        "file",
        "drug",
        "generic",
        "trade",
        "domain",
        "product",
        "company",
        "hospital",
        "plan",
        "business",
        "test",
        "street",
        "campaign",
        "host",
        "medication",
        "practice",
        "facility",
        "clinic",
        "insurance",
    ];
    let before = n.wrapping_sub(1 + usize::from(matches!(work.before(n, 1).sign, b'_' | b'-')));
    OTHERS.iter().any(|word| work.says(before, word))
}

/// `dr. smith`, `ms marcela`.
fn titled(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let at = n + 1 + usize::from(work.at(n + 1).is(b'.'));
    let next = work.at(at);
    if work.at(n).is_capital() && next.is_capital() || !next.is_word() || next.gap > Gap::Space {
        return None;
    }
    let is_street =
        work.says(n, "dr") && (work.before(n, 1).is_word() && work.before(n, 2).is_number());
    let is_person = work.is_name(at)
        && matches!(
            next.key(),
            Key::None | Key::Country | Key::State | Key::Month
        );
    let is_free = !work.is_common(at)
        || work.at(n).is_capital() && work.is_name(at)
        || !work.says(n, "dr") && is_person;
    if is_street || !is_free || work.at(n).len() > 5 && work.at(n).shape == Shape::Lower {
        return None;
    }
    let to = words(work, at, Trust::Fair);
    (to > at).then(|| work.mark(n, to, Type::Name, "name.title"))
}

/// `nurse …`, `Pt Morris, Vitali`, `daughter of …`, `wife …`.
fn role(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let mut at = n + 1;
    if work.says(at, "of") || work.says(at, "to") || work.says(at, "like") || work.says(at, "name")
    {
        at += 1;
    }
    if work.at(at).is(b':') || work.at(at).is(b'-') && !work.at(at).is_glued() {
        at += 1;
        return after(work, at, Trust::Fair, "name.role");
    }
    if work.at(at).key() == Key::NameLabel {
        return None;
    }
    if !work.at(at).is_capital() || work.at(at).key() == Key::Title {
        return None;
    }
    after(work, at, Trust::Fair, "name.role")
}

/// `this is …`, `it's …`, `ask for …`, `VM from …`, `spoke with …`, `- Anita Ruiz`, `attn …`.
fn said(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    let back = |back: usize, word: &str| work.says(n.wrapping_sub(back), word);
    let is_this = (back(1, "is")
        && (back(2, "this") || back(2, "it") || back(2, "here") || back(2, "name")))
        || (back(1, "s") && work.before(n, 2).is(b'\'') && back(3, "it"));
    let is_asked =
        (back(1, "for") || back(1, "with") || back(1, "to")) && work.before(n, 2).key() == Key::Ask;
    let is_from =
        (back(1, "from") || back(1, "by") || back(1, "w")) && is_call(work, n.wrapping_sub(2));
    let is_called = work.before(n, 1).key() == Key::Ask && !matches!(token.key(), Key::Pronoun);
    if is_this || is_asked || is_from {
        return after(
            work,
            n,
            if token.is_capital() {
                Trust::Fair
            } else {
                Trust::Weak
            },
            "name.said",
        );
    }
    if is_called
        && !token.is_capital()
        && token.shape == Shape::Lower
        && work.at(n).bits().any(Bits::TOP_GIVEN)
    {
        return after(work, n, Trust::Weak, "name.said");
    }
    if is_signature(work, n) {
        return after(work, n, Trust::Fair, "name.signed");
    }
    None
}

/// Words for a call or a message that comes from somebody.
fn is_call(work: &Work<'_>, n: usize) -> bool {
    const CALLS: [&str; 16] = [
        "vm",
        "voicemail",
        "call",
        "message",
        "msg",
        "email",
        "text",
        "letter",
        "note",
        "received",
        "review",
        "posted",
        "left",
        "written",
        "heard",
        "inquiry",
    ];
    CALLS.iter().any(|word| work.says(n, word))
}

/// `- Anita Ruiz` at the end of a text or line.
fn is_signature(work: &Work<'_>, n: usize) -> bool {
    let dash = work.before(n, 1);
    let is_dash =
        (dash.is(b'-') || dash.is(b'~')) && (dash.gap >= Gap::Space || work.before(n, 2).is(b'-'));
    let is_sign_off = work.before(n, 1).is(b',') && matches!(work.before(n, 2).key(), Key::SignOff)
        || work.before(n, 1).key() == Key::SignOff && work.at(n).gap >= Gap::Line;
    let is_thanks = work.before(n, 1).is(b',')
        && (work.says(n.wrapping_sub(2), "thanks") || work.says(n.wrapping_sub(2), "you"));
    if !(is_dash || is_sign_off || is_thanks) || !work.at(n).is_capital() {
        return false;
    }
    (1..6).any(|ahead| {
        work.at(n + ahead).kind == crate::token::Kind::End || work.at(n + ahead).gap >= Gap::Line
    })
}

/// Marks the name that begins here.
fn after(work: &mut Work<'_>, at: usize, trust: Trust, rule: &'static str) -> Option<usize> {
    let at = at + usize::from(matches!(work.at(at).sign, b'"' | b'\'' | b'('));
    if work.at(at).key() == Key::Title || work.is_taken(at) || work.at(at).gap == Gap::Paragraph {
        return None;
    }
    let to = words(work, at, trust);
    if to == at {
        return None;
    }
    // `resident of Ward County`
    let is_county = ["county", "township", "parish"]
        .iter()
        .any(|word| work.says(to, word));
    if is_county && work.at(to).is_capital() && work.at(to).gap == Gap::Space {
        return Some(work.mark(at, to + 1, Type::Location, "place.county"));
    }
    let to = reversed(work, to, trust);
    let to = capital::suffix(work, to);
    Some(work.mark(at, to, Type::Name, rule))
}

/// `Morris, Vitali`: a given name after the comma.
fn reversed(work: &Work<'_>, to: usize, trust: Trust) -> usize {
    let next = work.at(to + 1);
    let is_given = next.is_capital()
        && next.gap == Gap::Space
        && (!work.is_common(to + 1) || next.bits().any(Bits::TOP_GIVEN))
        && next.key() != Key::Title;
    let is_place = super::address::is_state(work, to + 1);
    let is_listed = next.bits().any(Bits::GIVEN) || work.is_unknown(to + 1);
    if !work.at(to).is(b',') || !is_given || is_place || !is_listed || trust == Trust::Weak {
        return to;
    }
    words(work, to + 1, Trust::Fair)
}

/// Where the words of a name end.
fn words(work: &Work<'_>, from: usize, trust: Trust) -> usize {
    let mut to = from;
    let mut at = from;
    let mut n_words = 0;
    while n_words < 5 && at < from + 12 {
        let token = work.at(at);
        if at > from && token.gap > Gap::Space || work.is_taken(at) {
            break;
        }
        if token.is_word() {
            // `Eun-ji Park`: the small half of a given name.
            let is_half = token.is_glued()
                && token.shape == Shape::Lower
                && n_words == 1
                && work.before(at, 2).shape == Shape::Title
                && work.at(at + 1).is_capital();
            if !is_half && !is_name_word(work, at, trust, n_words) {
                break;
            }
            n_words += 1;
            to = at + 1;
        } else {
            let next = work.at(at + 1);
            let is_bridge = match token.sign {
                b'-' => token.is_glued() && next.is_glued() && next.is_word(),
                b'.' => {
                    token.is_glued()
                        && work.before(at, 1).len() == 1
                        && next.is_word()
                        && next.gap <= Gap::Space
                }
                _ => false,
            };
            if !is_bridge {
                break;
            }
        }
        at += 1;
    }
    // `Humberto N.`
    if work.at(to).is(b'.')
        && work.at(to).is_glued()
        && to > from + 1
        && work.before(to, 1).shape == Shape::Initial
    {
        return to + 1;
    }
    to
}

fn is_name_word(work: &Work<'_>, n: usize, trust: Trust, n_words: usize) -> bool {
    let token = work.at(n);
    let bits = token.bits();
    if token.len() == 1 {
        return token.is_capital() && token.key() != Key::Pronoun && n_words > 0
            || (n_words > 0 && token.key() == Key::Particle && work.at(n + 1).is_capital());
    }
    if token.key() == Key::Particle && token.gap <= Gap::Space {
        return work.at(n + 1).is_word()
            && (work.at(n + 1).is_capital() || (n_words > 0 && !work.is_common(n + 1)));
    }
    let is_reserved = !matches!(
        token.key(),
        Key::None
            | Key::Eponym
            | Key::Month
            | Key::State
            | Key::Country
            | Key::Demonym
            | Key::NameSuffix
            | Key::FacilityStart
            | Key::City
    );
    let is_capital = token.is_capital() && token.shape != Shape::Initial;
    if matches!(token.key(), Key::State | Key::Country | Key::Demonym)
        && trust < Trust::Full
        && n_words == 0
        && !(bits.any(Bits::TOP_GIVEN)
            || token.key() == Key::Demonym && work.before(n, 1).key() == Key::Title)
    {
        return false;
    }
    if is_reserved
        && !(is_capital
            && bits.any(Bits::GIVEN.or(Bits::FAMILY))
            && trust >= Trust::Fair
            && !matches!(token.key(), Key::Pronoun | Key::Prep | Key::Title))
    {
        return false;
    }
    if is_capital {
        return match trust {
            // In a line all in capitals the next small word is no name.
            Trust::Full => {
                !(token.shape == Shape::Upper && n_words > 0 && bits.any(Bits::CORE))
                    || bits.any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY))
            }
            Trust::Fair => !work.is_common(n) || bits.any(Bits::GIVEN.or(Bits::FAMILY)),
            Trust::Weak => {
                !work.is_common(n) && (token.shape != Shape::Upper || bits.any(Bits::GIVEN))
                    || (n_words > 0 && bits.any(Bits::FAMILY))
                    || (bits.any(Bits::TOP_GIVEN) && !bits.any(Bits::CORE))
            }
        };
    }
    let is_free = !work.is_common(n) && matches!(token.key(), Key::None | Key::Eponym);
    let is_second = n_words == 1
        && bits.any(Bits::TOP_FAMILY)
        && work.before(n, 1).bits().any(Bits::TOP_GIVEN)
        && !work.is_common(n - 1);
    if is_second {
        return true;
    }
    let is_listed = bits.any(Bits::GIVEN.or(Bits::FAMILY));
    match trust {
        Trust::Full => {
            (is_free || (is_listed && !bits.any(Bits::CORE))) && token.key() == Key::None
                || (is_listed && token.key() == Key::Eponym)
        }
        _ => {
            is_free
                && token.len() > 2
                && (is_listed || work.is_unknown(n) || bits.any(Bits::PLACE.or(Bits::FOREIGN)))
                || (bits.any(Bits::TOP_GIVEN)
                    && !bits.any(Bits::CORE)
                    && (trust == Trust::Fair || !bits.any(Bits::AMBIGUOUS)))
        }
    }
}

/// `City: Murcia`, `Localidad/ Provincia: Murcia`.
fn place_label(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let mut at = n + 1;
    if !work.at(at).is(b':') {
        return None;
    }
    at += 1;
    let first = work.at(at);
    if first.is_number() && first.len() == 5 && first.gap <= Gap::Space {
        return Some(work.mark(at, at + 1, Type::Location, "place.label"));
    }
    if !first.is_word() || first.gap > Gap::Space {
        return None;
    }
    let mut to = at;
    while to < at + 8
        && work.at(to).is_word()
        && (to == at || work.at(to).gap <= Gap::Space)
        && !work.at(to + 1).is(b':')
    {
        to += 1;
        let next = work.at(to + 1);
        let is_more = next.is_capital() && next.gap <= Gap::Space && !work.at(to + 2).is(b':');
        if matches!(work.at(to).sign, b'-' | b'/' | b',') && is_more {
            to += 1;
        }
    }
    // `Provincia: Úbeda. Jaén`
    if work.at(to).is(b'.')
        && work.at(to + 1).is_capital()
        && work.at(to + 1).gap == Gap::Space
        && (work.at(to + 2).is(b'.') || work.at(to + 2).gap >= Gap::Line)
        && work.at(to + 2).is_glued() | (work.at(to + 2).gap >= Gap::Line)
    {
        to += 2;
    }
    let to = capital::city_state(work, to);
    (to > at).then(|| work.mark(at, to, Type::Location, "place.label"))
}

/// Names in small letters without a word before: two together that are in both lists, or frequent ones in a text
/// without capitals.
pub fn small(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    if token.shape != Shape::Lower
        || token.len() < 3
        || work.is_common(n)
        || token.key() != Key::None
    {
        return None;
    }
    let next = work.at(n + 1);
    let is_next = next.shape == Shape::Lower
        && next.gap <= Gap::Space
        && next.gap > Gap::Glued
        && next.len() >= 3
        && !work.is_common(n + 1)
        && next.key() == Key::None
        && !work.is_taken(n + 1);
    if work.is_spanish && !work.is_lower {
        // Spanish writes names with capitals; pairs of small words are adjectives.
        return None;
    }
    let both = |bits: Bits| bits.any(Bits::GIVEN) && bits.any(Bits::FAMILY);
    let is_pair = is_next
        && ((token.bits().any(Bits::TOP_GIVEN) && work.is_name(n + 1))
            || (both(token.bits()) && next.bits().any(Bits::FAMILY))
                && !token.bits().any(Bits::PLACE));
    if is_pair {
        return Some(work.mark(n, n + 2, Type::Name, "name.small"));
    }
    if !work.is_lower {
        return None;
    }
    let is_given_pair = is_next
        && token.bits().any(Bits::GIVEN)
        && (next.bits().any(Bits::FAMILY) || work.is_unknown(n + 1));
    if is_given_pair {
        return Some(work.mark(n, n + 2, Type::Name, "name.small"));
    }
    let is_frequent = token.bits().any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY))
        && !(work.is_spanish && token.bits().any(Bits::SPANISH))
        || both(token.bits()) && token.len() > 3 && !work.is_spanish;
    let is_wide =
        !work.str(n).is_ascii() && !work.is_spanish && (work.is_name(n) || work.is_unknown(n));
    let is_safe = !token.bits().any(Bits::AMBIGUOUS) && token.len() > 3;
    ((is_frequent || is_wide) && is_safe).then(|| work.mark(n, n + 1, Type::Name, "name.small"))
}
