//! Names of people: titled, in pairs, with an initial, alone.

use super::place::{after_place, is_place_before};
use super::{Run, is_followed_by_eponym};
use crate::dictionary::Bits;
use crate::key::Key;
use crate::span::Type;
use crate::token::{Gap, Shape};
use crate::work::Work;

/// Names.
pub fn name(work: &mut Work<'_>, run: Run) -> Option<usize> {
    let mut to = name_end(work, run);
    let from = run.from;
    if to <= from {
        return None;
    }
    let first = work.at(from);
    let titled = first.key() == Key::Title;
    if titled {
        let has_name = to > from + 1 && (from + 1..to).any(|n| work.at(n).is_word());
        return has_name.then(|| {
            let to = suffix(work, to);
            work.mark(from, to, Type::Name, "name.title")
        });
    }
    if is_followed_by_eponym(work, Run { to, ..run }) || is_named_thing(work, from, to) {
        return Some(to);
    }
    let words: usize = (from..to).filter(|n| work.at(*n).is_word()).count();
    let second = work.at(from + 1);
    let is_mid = !work.begins_sentence(from);
    let is_after_role = work.before(from, 1).key() == Key::Role;
    let is_free = |n: usize| !work.is_common(n);
    let family_initial = first.shape != Shape::Upper
        && second.shape == Shape::Initial
        && second.gap == Gap::Space
        && words == 2;
    let is_reserved = !matches!(
        first.key(),
        Key::None | Key::Eponym | Key::Month | Key::State | Key::Country | Key::Particle
    );
    if family_initial && is_reserved {
        return None;
    }
    if family_initial {
        let is_given =
            first.bits().any(Bits::GIVEN) || work.is_unknown(from) || (is_free(from) && is_mid);
        if !is_given || is_roman(work, from, from + 1) {
            return None;
        }
        if work.at(to).is(b'.') && work.at(to).is_glued() {
            to += 1;
        }
        return Some(work.mark(from, to, Type::Name, "name.initial"));
    }
    // `T. Wrenfield`, `J. R. Hollingberry`
    let last = to - 1;
    let is_signed = first.shape == Shape::Initial
        && second.is(b'.')
        && second.is_glued()
        && work.at(last).shape == Shape::Title
        && work.at(last).len() > 2
        && !work.is_common(last)
        && work.at(last).key() == Key::None
        && (from + 1..last).all(|n| work.at(n).is(b'.') || work.at(n).shape == Shape::Initial);
    if is_signed {
        let to = suffix(work, to);
        return Some(work.mark(from, to, Type::Name, "name.signed"));
    }
    if words >= 2 {
        let n_free = (from..to)
            .filter(|n| work.at(*n).is_word() && work.at(*n).len() > 1 && is_free(*n))
            .count();
        let n_names = (from..to).filter(|n| work.is_name(*n)).count();
        let is_given = first.bits().any(Bits::GIVEN) || first.shape == Shape::Initial;
        let is_org =
            (from..to).any(|n| work.at(n).key() == Key::Org) || work.at(to).key() == Key::Org;
        if work.is_spanish
            && !(from..to)
                .any(|n| work.at(n).bits().any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY)) && is_free(n))
        {
            return None;
        }
        let is_pair = (n_names >= 1 && n_free >= 1 && (is_given || n_free >= 2))
            || (n_free == words && words <= 4);
        let is_shown = is_mid
            || is_given
            || n_names == words
            || n_free == words
            || (has_contact(work, to) && n_names + n_free >= words);
        if is_pair && is_shown && !is_org {
            let to = suffix(work, to);
            return Some(work.mark(from, to, Type::Name, "name.pair"));
        }
        // Two everyday words that are both names, after a word for a person.
        let is_strong =
            first.bits().any(Bits::TOP_GIVEN) && work.at(to - 1).bits().any(Bits::TOP_FAMILY);
        if is_strong && (is_after_role || is_mid) && !is_org {
            let to = suffix(work, to);
            return Some(work.mark(from, to, Type::Name, "name.strong"));
        }
        if n_free >= 1 && is_mid && !is_org {
            return Some(work.mark(from, to, Type::Name, "name.words"));
        }
        return None;
    }
    if let Some(end) = turned(work, from, to) {
        return Some(work.mark(from, end, Type::Name, "name.turned"));
    }
    one(work, from, to, is_mid, is_after_role)
}

/// `O'Shaughnessy, Fionnuala` at the start of a line, before what else is said of her.
fn turned(work: &Work<'_>, from: usize, to: usize) -> Option<usize> {
    let given = to + 1;
    let (first, second, next) = (work.at(from), work.at(given), work.at(given + 1));
    let is_pair = work.at(to).is(b',')
        && first.gap >= Gap::Line
        && matches!(first.shape, Shape::Title)
        && !work.is_common(from)
        && second.shape == Shape::Title
        && second.gap == Gap::Space
        && second.bits().any(Bits::GIVEN)
        && !work.is_common(given);
    let is_over = next.is_number()
        || matches!(next.sign, b'(' | b'#' | b'-' | b':')
        || matches!(
            next.key(),
            Key::Dob | Key::Mrn | Key::Phone | Key::AgeCue | Key::IdCue
        )
        || next.gap >= Gap::Line
        || next.kind == crate::token::Kind::End
        || next.shape == Shape::Initial;
    (is_pair && is_over)
        .then(|| given + 1 + usize::from(next.shape == Shape::Initial && next.gap == Gap::Space))
}

/// `MarketPlace`, `SmartRobotics`: a capital within, as brands have and names do not but after `Mc`.
fn is_brand(word: &str) -> bool {
    const STARTS: [&str; 12] = [
        "Mc", "Mac", "De", "Di", "Du", "La", "Le", "Van", "Von", "Fitz", "O", "D",
    ];
    let inner = word
        .char_indices()
        .skip(1)
        .find(|(_, letter)| letter.is_uppercase());
    inner.is_some_and(|(at, _)| {
        let head = word.get(..at).unwrap_or_default().trim_end_matches('\'');
        !STARTS.contains(&head)
    })
}

/// One capital word.
pub fn one(
    work: &mut Work<'_>,
    n: usize,
    to: usize,
    is_mid: bool,
    is_after_role: bool,
) -> Option<usize> {
    let token = work.at(n);
    let bits = token.bits();
    if token.len() < 2 || matches!(token.key(), Key::Ward | Key::Brand) {
        return None;
    }
    if token.shape == Shape::Title && !work.is_name(n) && is_brand(work.str(n)) {
        return None;
    }
    // `HgbA1c`
    if work.at(to).is_number() && work.at(to).is_glued() {
        return None;
    }
    if token.key() == Key::Eponym
        && !is_after_role
        && !(is_mid && bits.any(Bits::TOP_FAMILY.or(Bits::TOP_GIVEN)) && !work.at(to).is_word())
    {
        return None;
    }
    let is_common = work.is_common(n);
    let next = work.at(to);
    let is_state = matches!(
        token.key(),
        Key::State | Key::Country | Key::Demonym | Key::Month | Key::Weekday
    );
    if is_state && !is_after_role {
        return None;
    }
    if token.shape == Shape::Upper {
        // Acronyms are not names; a name in capitals is in the lists and no word.
        let is_name = bits.any(Bits::TOP_GIVEN)
            && !is_common
            && token.len() >= 4
            && is_mid
            && token.key() == Key::None;
        let is_place = is_mid
            && !is_common
            && (is_place_before(work, n) || work.before(n, 1).key() == Key::City)
            && (bits.any(Bits::PLACE.or(Bits::FOREIGN))
                || token.len() >= 6
                || !work.str(n).is_ascii());
        if is_place {
            let to = after_place(work, to);
            return Some(work.mark(n, to, Type::Location, "name.capitals"));
        }
        return is_name.then(|| work.mark(n, to, Type::Name, "name.capitals"));
    }
    if !is_mid {
        let is_said = matches!(next.sign, b':' | b',')
            || (next.is(b'\'') && work.says(to + 1, "s"))
            || is_verb(work, to);
        let is_listed = bits.any(Bits::GIVEN.or(Bits::TOP_FAMILY));
        let is_name = !is_common
            && ((has_contact(work, to) && (work.is_name(n) || work.is_unknown(n)))
                || (is_listed && (is_said || bits.any(Bits::TOP_GIVEN)))
                || (is_said && !next.is(b',') && !next.is(b':') && work.is_unknown(n))
                || (next.is(b',') && is_asked(work, to + 1) && work.is_unknown(n)));
        let is_spoken = next.is(b':')
            && !is_common
            && (work.is_name(n) || work.is_unknown(n))
            && work.at(to + 1).gap <= Gap::Space;
        let is_known = bits.all(Bits::AMBIGUOUS.or(Bits::TOP_GIVEN)) && !bits.any(Bits::CORE);
        let is_doing = is_verb(work, to) && !is_common && work.is_name(n)
            || is_deed(work, to) && is_known && token.key() == Key::None;
        return (is_name || is_spoken || is_doing)
            .then(|| work.mark(n, to, Type::Name, "name.first"));
    }
    if work.is_spanish && !is_common && !is_after_role {
        let is_place = bits.any(Bits::PLACE.or(Bits::FOREIGN)) && !bits.any(Bits::CORE);
        let is_name = bits.any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY));
        let kind = if is_place { Type::Location } else { Type::Name };
        return (is_place || is_name).then(|| work.mark(n, to, kind, "name.one"));
    }
    let is_sure = bits.any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY)) || work.is_unknown(n);
    if !is_common && !is_sure && !is_after_role && work.is_headline(n) {
        return None;
    }
    if !is_common {
        let kind = if is_place_before(work, n) && bits.any(Bits::PLACE.or(Bits::FOREIGN)) {
            Type::Location
        } else {
            Type::Name
        };
        return Some(work.mark(n, to, kind, "name.one"));
    }
    let before = work.before(n, 1);
    // `our home city Perugia`
    if before.key() == Key::City
        && before.shape == Shape::Lower
        && token.key() == Key::None
        && !bits.any(Bits::CORE)
    {
        return Some(work.mark(n, to, Type::Location, "place.told"));
    }
    let is_called = is_after_role
        || before.key() == Key::NameVerb
        || matches!(before.key(), Key::Greet | Key::Ask)
        || (before.is(b',') && matches!(next.sign, b'!' | b'?' | b'.' | b','));
    // `Don't go to town, Mark!`, `said Guy to her`: a given name where only one can stand.
    let is_free_given = bits.all(Bits::AMBIGUOUS.or(Bits::TOP_GIVEN))
        && !is_virtue(work, n)
        && !next.is_capital()
        && !work.is_headline(n);
    let is_name = bits.any(Bits::AMBIGUOUS)
        && bits.any(Bits::GIVEN)
        && (is_called || is_free_given)
        && token.key() == Key::None
        && !bits.any(Bits::CORE.or(Bits::SPANISH));
    is_name.then(|| work.mark(n, to, Type::Name, "name.word"))
}

/// `Ana Ruiz, 614-…`, `Ruiz (ana@…)`: a way to reach somebody right after a name.
pub fn has_contact(work: &Work<'_>, to: usize) -> bool {
    let skip = usize::from(matches!(
        work.at(to).sign,
        b',' | b'(' | b'-' | b'|' | b':' | b'/'
    ));
    let next = work.at(to + skip);
    work.is_taken(to + skip)
        && next.gap <= Gap::Line
        && (skip == 1 || next.gap == Gap::Line)
        && (next.is_number()
            || next.is(b'(')
            || next.is(b'+')
            || work.at(to + skip + 1).is(b'@')
            || work.at(to + skip + 1).is(b'.'))
}

/// Words that stand with a capital in praise and in programs, more often than for a person.
fn is_virtue(work: &Work<'_>, n: usize) -> bool {
    const WORDS: [&str; 24] = [
        "hope", "grace", "faith", "joy", "mercy", "will", "art", "bill", "summer", "autumn",
        "spring", "harmony", "charity", "unity", "trinity", "destiny", "journey", "chance",
        "chase", "grant", "miles", "max", "star", "genesis",
    ];
    WORDS.iter().any(|word| work.says(n, word))
}

/// What only people did: `Sue spent a year`.
fn is_deed(work: &Work<'_>, n: usize) -> bool {
    const VERBS: [&str; 14] = [
        "said", "says", "spent", "called", "asked", "told", "went", "lives", "lived", "wants",
        "came", "says", "moved", "works",
    ];
    work.at(n).gap == Gap::Space && VERBS.iter().any(|verb| work.says(n, verb))
}

/// `…, can you`, `…, please`: somebody is spoken to.
fn is_asked(work: &Work<'_>, n: usize) -> bool {
    const WORDS: [&str; 9] = [
        "can", "could", "may", "please", "would", "will", "thank", "thanks", "do",
    ];
    work.at(n).gap == Gap::Space && WORDS.iter().any(|word| work.says(n, word))
}

/// Words that follow a person who does something.
pub fn is_verb(work: &Work<'_>, n: usize) -> bool {
    const VERBS: [&str; 22] = [
        "is", "was", "has", "had", "lives", "lived", "says", "said", "spent", "went", "wants",
        "called", "asked", "needs", "will", "can", "and", "who", "would", "does", "did", "came",
    ];
    work.at(n).gap == Gap::Space && VERBS.iter().any(|verb| work.says(n, verb))
}

/// `Type I`, `Class V`.
pub fn is_roman(work: &Work<'_>, n: usize, initial: usize) -> bool {
    let is_numeral = ["I", "V", "X"].contains(&work.str(initial));
    is_numeral && (work.is_common(n) || !work.at(n).bits().any(Bits::GIVEN))
}

/// Programs, guides and titles named after words: `Frank Discussion guide`.
pub fn is_named_thing(work: &Work<'_>, from: usize, to: usize) -> bool {
    const THINGS: [&str; 22] = [
        "guide",
        "program",
        "programme",
        "novel",
        "film",
        "movie",
        "song",
        "album",
        "book",
        "app",
        "device",
        "machine",
        "method",
        "protocol",
        "tool",
        "system",
        "kit",
        "medal",
        "prize",
        "diet",
        "challenge",
        "initiative",
    ];
    let all_common = (from..to).all(|n| !work.at(n).is_word() || work.is_common(n));
    all_common && (0..3).any(|skip| THINGS.iter().any(|thing| work.says(to + skip, thing)))
}

/// Where the name in a run ends: not past a comma, a common word, or a word for a place of care.
pub fn name_end(work: &Work<'_>, run: Run) -> usize {
    let mut at = run.from;
    let mut to = run.from;
    let titled = work.at(at).key() == Key::Title;
    while at < run.to {
        let token = work.at(at);
        if token.is_word() {
            let is_first = at == run.from;
            let is_allowed = token.key() == Key::Title && is_first
                || token.shape == Shape::Initial
                || token.key() == Key::Particle
                || matches!(token.key(), Key::NameSuffix)
                || !work.is_common(at)
                || work.is_name(at)
                    && !matches!(
                        token.key(),
                        Key::Facility
                            | Key::FacilityMore
                            | Key::Pronoun
                            | Key::EponymHead
                            | Key::Org
                    )
                || (titled && at <= run.from + 2)
                || is_first;
            if !is_allowed || (token.key() == Key::Title && !is_first) {
                break;
            }
            to = at + 1;
        } else if token.is(b'&') {
            break;
        }
        at += 1;
    }
    to
}

/// `, Jr.`, ` III`, `, MD`.
pub fn suffix(work: &Work<'_>, to: usize) -> usize {
    let at = to + usize::from(work.at(to).is(b','));
    let token = work.at(at);
    let is_suffix = token.key() == Key::NameSuffix
        && token.gap <= Gap::Space
        && token.is_capital()
        && token.len() >= 2;
    if !is_suffix || matches!(token.len(), 2) && work.says(at, "pa") {
        return to;
    }
    at + 1
}
