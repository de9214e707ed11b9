//! Web addresses: personal ones whole, the others by what their path and values hold.

use crate::encoded;
use crate::key::Key;
use crate::span::Type;
use crate::token::Gap;
use crate::work::Work;

/// Sites whose addresses name a person.
const SOCIAL: [&str; 21] = [
    "linkedin",
    "facebook",
    "fb",
    "instagram",
    "twitter",
    "x",
    "tiktok",
    "youtube",
    "reddit",
    "threads",
    "snapchat",
    "pinterest",
    "github",
    "medium",
    "tumblr",
    "venmo",
    "strava",
    "caringbridge",
    "gofundme",
    "flickr",
    "vk",
];

/// At `http` or `www`.
pub fn scheme(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let host = if work.at(n + 1).is(b':')
        && work.at(n + 2).is(b'/')
        && work.at(n + 3).is(b'/')
        && work.at(n + 3).is_glued()
    {
        n + 4
    } else if work.says(n, "www") && work.at(n + 1).is(b'.') && work.at(n + 2).is_glued() {
        n + 2
    } else {
        return None;
    };
    address(work, n, host)
}

/// `instagram.com/jo.ruiz` without a scheme: at the name of the site.
pub fn bare(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let is_site = work.at(n).len() > 1
        && work.at(n + 1).is(b'.')
        && work.at(n + 2).is_glued()
        && work.at(n + 3).is(b'/')
        && work.at(n + 4).is_glued()
        && SOCIAL.iter().any(|site| work.says(n, site));
    if !is_site || work.before(n, 1).is(b'@') || is_shared(work, n + 4) {
        return None;
    }
    let to = end(work, n);
    Some(work.mark(n, to, Type::Url, "url.personal"))
}

/// `my website is ruizfamily.com`: at the ending of a bare domain.
pub fn own_site(work: &mut Work<'_>, n: usize) -> Option<usize> {
    const ENDINGS: [&str; 12] = [
        "com", "net", "org", "info", "biz", "me", "io", "co", "us", "blog", "name", "site",
    ];
    const SITES: [&str; 10] = [
        "website",
        "site",
        "blog",
        "domain",
        "homepage",
        "web",
        "page",
        "store",
        "shop",
        "portfolio",
    ];
    let is_domain = ENDINGS.iter().any(|ending| work.says(n, ending))
        && work.at(n).is_glued()
        && work.before(n, 1).is(b'.')
        && work.before(n, 1).is_glued()
        && work.before(n, 2).is_word();
    if !is_domain {
        return None;
    }
    let mut from = n.wrapping_sub(2);
    while n - from < 8
        && work.at(from).is_glued()
        && (work.before(from, 1).is_word()
            || work.before(from, 1).is_number()
            || matches!(work.before(from, 1).sign, b'-' | b'.'))
    {
        from -= 1;
    }
    let is_own = (1..=8).any(|back| {
        let place = from.wrapping_sub(back);
        (["my", "his", "her", "their"].iter()).any(|word| work.says(place, word))
            && (place..from).any(|at| SITES.iter().any(|word| work.says(at, word)))
    });
    let is_path = matches!(work.before(from, 1).sign, b'@' | b'/');
    (is_own && !is_path && !work.is_taken(from))
        .then(|| work.mark(from, n + 1, Type::Url, "url.own"))
}

/// `u/jo_ruiz`, `IG: jo.ruiz`, `my insta is jo_ruiz`: an account named by its site.
pub fn account(work: &mut Work<'_>, n: usize) -> Option<usize> {
    const SITES: [&str; 11] = [
        "ig",
        "insta",
        "instagram",
        "twitter",
        "tiktok",
        "snapchat",
        "venmo",
        "facebook",
        "handle",
        "username",
        "login",
    ];
    let from = if work.says(n, "u")
        && work.at(n + 1).is(b'/')
        && work.at(n + 1).is_glued()
        && !work.at(n).is_glued()
    {
        n + 2
    } else if SITES.iter().any(|site| work.says(n, site)) {
        let at = n + 1;
        at + usize::from(work.at(at).is(b':') || work.at(at).is(b'-') || work.says(at, "is"))
    } else {
        return None;
    };
    let at = from + usize::from(work.at(from).is(b'@'));
    let (mut to, mut has_sign) = (at, false);
    while to < at + 10 {
        let token = work.at(to);
        let joins = matches!(token.sign, b'_' | b'.' | b'-')
            && work.at(to + 1).is_glued()
            && !work.at(to + 1).is(b'/');
        if (to > at && !token.is_glued()) || !(token.is_word() || token.is_number() || joins) {
            break;
        }
        has_sign |= token.is_number() || token.is(b'_');
        to += 1;
    }
    let is_told = from == n + 2 && work.says(n, "u");
    (to > at && work.at(at).gap <= Gap::Space && (is_told || (has_sign && work.at(at).is_word())))
        .then(|| work.mark(at, to, Type::Handle, "handle.site"))
}

/// `example.org/~jo` without a scheme.
pub fn home(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n + 1);
    if !work.before(n, 1).is(b'/') || !token.is_word() || !token.is_glued() {
        return None;
    }
    let mut from = n;
    while from > 0 && n - from < 24 && work.at(from).is_glued() {
        from -= 1;
    }
    let to = end(work, n);
    Some(work.mark(from, to, Type::Url, "url.home"))
}

fn end(work: &Work<'_>, from: usize) -> usize {
    let mut to = from;
    while to < work.len() && to < from + 400 {
        let token = work.at(to);
        if (to > from && token.gap > Gap::Soft)
            || matches!(token.sign, b'"' | b'<' | b'>' | b'\'' | b'`')
        {
            break;
        }
        to += 1;
    }
    while to > from
        && matches!(
            work.at(to - 1).sign,
            b'.' | b',' | b';' | b'!' | b')' | b':'
        )
    {
        to -= 1;
    }
    to
}

fn address(work: &mut Work<'_>, from: usize, host: usize) -> Option<usize> {
    if from < work.address_until {
        return None;
    }
    let to = end(work, from);
    work.address_until = to;
    let mut path = host;
    let mut is_social = false;
    while path < to && !matches!(work.at(path).sign, b'/' | b'?' | b'#') {
        let name = work.str(path).to_ascii_lowercase();
        is_social |= SOCIAL.contains(&name.as_str()) && work.at(path + 1).is(b'.');
        path += 1;
    }
    // `user@host` is an address of its own; leave it to its rule.
    if (host..path).any(|place| work.at(place).is(b'@')) {
        return None;
    }
    let is_home = work.at(path + 1).is(b'~') || (work.at(path + 1).is(b'@') && path + 2 < to);
    let is_profile = is_social && path + 1 < to && !is_shared(work, path + 1);
    if is_home || is_profile {
        return Some(work.mark(from, to, Type::Url, "url.personal"));
    }
    work.quiet(from, path);
    segments(work, path, to);
    Some(path)
}

/// Paths of social sites that lead to what is shared, not to who.
fn is_shared(work: &Work<'_>, n: usize) -> bool {
    const SHARED: [&str; 9] = [
        "company", "share", "sharer", "intent", "groups", "pages", "watch", "hashtag", "search",
    ];
    SHARED.iter().any(|word| work.says(n, word))
}

/// What the segments of a path hold: ids after a person's word, slugs of names.
fn segments(work: &mut Work<'_>, path: usize, to: usize) {
    let mut n = path;
    let mut before = Key::None;
    while n < to {
        let sign = work.at(n).sign;
        if sign == b'?' || sign == b'#' || sign == b'=' {
            break;
        }
        if sign != b'/' {
            n += 1;
            continue;
        }
        let from = n + 1;
        let mut end = from;
        while end < to && !matches!(work.at(end).sign, b'/' | b'?' | b'#' | b'=' | b'&' | b'@') {
            end += 1;
        }
        segment(work, from, end, before);
        before = work.at(from).key();
        n = end.max(n + 1);
    }
}

fn segment(work: &mut Work<'_>, from: usize, to: usize, before: Key) {
    if from >= to || (from..to).any(|n| work.is_taken(n)) {
        return;
    }
    let run = work.run(from);
    let n_words = (from..to).filter(|n| work.at(*n).is_word()).count();
    let is_whole = run.to == to;
    if encoded::is_unique_id(work, from, to) {
        work.mark(from, to, Type::OtherId, "url.id");
    } else if matches!(
        before,
        Key::UrlPerson | Key::Role | Key::Mrn | Key::Record | Key::IdCue | Key::Account | Key::Plan
    ) && is_whole
        && run.n_digits >= 3
    {
        let kind = super::ident::type_of(before);
        work.mark(from, to, kind, "url.path");
    } else if is_whole
        && run.n_digits == 0
        && (2..=4).contains(&n_words)
        && (matches!(before, Key::UrlPerson | Key::Role) || is_slug_of_name(work, from, to))
    {
        work.mark(from, to, Type::Name, "url.slug");
    } else if let Some(end) = leading_name(work, from, to) {
        work.mark(from, end, Type::Name, "url.slug");
    } else if before == Key::UrlPerson
        && is_whole
        && n_words == 1
        && !work.is_common(from)
        && to == from + 1
    {
        work.mark(from, to, Type::Name, "url.path");
    }
}

/// `maria-lopez-mri-2025.pdf`: a given name, then a name or an unknown word.
fn leading_name(work: &Work<'_>, from: usize, to: usize) -> Option<usize> {
    use crate::dictionary::Bits;
    let is_joined = to > from + 3 && matches!(work.at(from + 1).sign, b'-' | b'_' | b'.');
    let (first, second) = (work.at(from), from + 2);
    let is_free = |n: usize| {
        work.at(n).is_word()
            && work.at(n).len() > 2
            && work.at(n).key() == Key::None
            && !work.is_common(n)
    };
    let is_pair = is_joined
        && is_free(from)
        && is_free(second)
        && (work.is_name(second) || work.is_unknown(second))
        && (first.bits().any(Bits::TOP_GIVEN)
            || first.bits().any(Bits::GIVEN)
            || work.is_unknown(from) && work.is_name(second));
    is_pair.then_some(from + 3)
}

/// `maria-lopez`: every word may be a name and none is an everyday word.
fn is_slug_of_name(work: &Work<'_>, from: usize, to: usize) -> bool {
    let words = || (from..to).filter(|n| work.at(*n).is_word());
    let n_names = words().filter(|n| work.is_name(*n)).count();
    let n_strong = words()
        .filter(|n| (work.is_name(*n) || work.is_unknown(*n)) && !work.is_common(*n))
        .count();
    let is_free = |n: usize| {
        let token = work.at(n);
        let is_small = token.len() < 3 && n_names >= 1;
        (work.is_name(n) || work.is_unknown(n) || is_small)
            && matches!(
                token.key(),
                Key::None | Key::Eponym | Key::Particle | Key::Month | Key::State
            )
            && (!work.is_common(n) || is_small || (work.is_name(n) && n_strong >= 1))
    };
    words().all(is_free) && (n_names >= 1 || words().count() == 2)
}
