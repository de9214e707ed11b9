//! Links: whether they say where they lead, are encrypted on the way, and carry nobody's data.
//!
//! What is checked is the address as it is written; nothing is fetched. Links of a page are `https`
//! with nothing of a person in them before they can be saved (`template::html`); here are all the
//! others, and what only the address itself tells.

use super::words::place;
use super::{Field, Finding, Kind};

/// Hosts that exist to hide where a link leads.
const SHORTENERS: &[&str] = &[
    "adf.ly",
    "bit.ly",
    "bitly.com",
    "bl.ink",
    "buff.ly",
    "cutt.ly",
    "dub.sh",
    "goo.gl",
    "is.gd",
    "lnkd.in",
    "ow.ly",
    "qr.ae",
    "rb.gy",
    "rebrand.ly",
    "s.id",
    "short.io",
    "shorturl.at",
    "t.co",
    "t.ly",
    "t2m.io",
    "tiny.cc",
    "tinyurl.com",
    "trib.al",
    "v.gd",
];

/// Names of parameters that hold what a person is, without hyphens and underscores.
const PERSONAL: &[&str] = &[
    "dateofbirth",
    "dob",
    "email",
    "emailaddress",
    "firstname",
    "fname",
    "fullname",
    "lastname",
    "lname",
    "mail",
    "memberid",
    "mobile",
    "mrn",
    "patient",
    "patientid",
    "personid",
    "phone",
    "phonenumber",
    "ssn",
    "subscriberid",
    "birthdate",
    "birthday",
    "msisdn",
];

/// Names of parameters by which a company knows one reader again.
const TRACKING: &[&str] = &[
    "dclid", "fbclid", "gbraid", "gclid", "hsenc", "hsmi", "igshid", "lifatid", "mceid", "mkttok",
    "msclkid", "ttclid", "twclid", "veroid", "wbraid", "yclid",
];

/// What is wrong with the links of one part.
pub(super) fn wrong(field: Field, source: &str) -> Vec<Finding> {
    let lower = source.to_ascii_lowercase();
    let finding = |at, kind, phrase: &str| Finding {
        field,
        at: place(source, at),
        kind,
        phrase: phrase.chars().take(80).collect(),
    };
    let mut found = Vec::new();
    for (at, link) in links(&lower) {
        let (scheme, rest) = link.split_once("://").unwrap_or_default();
        let host = host_of(rest);
        if scheme == "http" {
            found.push(finding(at, Kind::InsecureLink, &format!("http://{host}")));
        }
        if is_hidden(rest, host) {
            found.push(finding(at, Kind::HiddenLink, host));
        }
        if let Some(name) = personal(rest) {
            let phrase = format!("{host} … {name}");
            found.push(finding(at, Kind::PersonalLink, &phrase));
        }
    }
    // A reader's phone makes a link of a bare address, too.
    for shortener in SHORTENERS {
        for (at, _) in lower.match_indices(shortener) {
            let before = lower.get(..at).and_then(|rest| rest.chars().next_back());
            let after = lower.get(at + shortener.len()..).unwrap_or_default();
            let is_bare =
                !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '/' | '@' | '.'));
            if is_bare && after.starts_with('/') {
                found.push(finding(at, Kind::HiddenLink, shortener));
            }
        }
    }
    found
}

/// The addresses in a text, with where they begin.
fn links(lower: &str) -> impl Iterator<Item = (usize, String)> {
    ["http://", "https://"].into_iter().flat_map(move |scheme| {
        lower.match_indices(scheme).map(|(at, _)| {
            let rest = lower.get(at..).unwrap_or_default();
            let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')');
            let link = rest.split(ends).next().unwrap_or_default();
            (at, link.replace("&amp;", "&"))
        })
    })
}

/// The host, without port, sign-in and the full stop at the end of a sentence.
fn host_of(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(_) => host,
        None => host.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches(['.', ',', ';'])
}

/// Whether the reader cannot see where it leads: a shortener, a number instead of a name, or a name
/// before an `@` that is not the host.
fn is_hidden(rest: &str, host: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_number = !host.is_empty() && host.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_short = |one: &&str| {
        host == *one
            || host
                .strip_suffix(*one)
                .is_some_and(|sub| sub.ends_with('.'))
    };
    is_number || host.starts_with('[') || authority.contains('@') || SHORTENERS.iter().any(is_short)
}

/// The parameter that carries what a person is, or by which they are known again.
fn personal(rest: &str) -> Option<&str> {
    let (_, asked) = rest.split_once(['?', '#'])?;
    asked.split(['&', ';', '#', '?']).find_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let names = PERSONAL.iter().chain(TRACKING);
        let is_named = !value.is_empty() && names.into_iter().any(|one| *one == plain);
        let is_told = ["@", "%40", "{{"].iter().any(|mark| value.contains(mark));
        (is_named || is_told).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = wrong(Field::Text, source)
            .into_iter()
            .map(|it| it.kind)
            .collect();
        kinds.dedup();
        kinds
    }

    #[test]
    #[rustfmt::skip] // A table.
    fn a_link_says_where_it_leads_and_carries_nobody() {
        use Kind::{HiddenLink, InsecureLink, PersonalLink};
        let cases: &[(&str, &[Kind])] = &[
            ("See https://hospital.example/flu.",                                   &[]),
            ("[Hours](https://hospital.example/hours?utm_source=letter&lang=es)",   &[]),
            ("Write to flu@hospital.example or call.",                              &[]),
            ("It is about http and https, bit by bit.ly",                           &[]),
            ("Our rabbit.ly/x is no shortener",                                     &[]),
            ("See http://hospital.example/flu",                                     &[InsecureLink]),
            ("See HTTP://hospital.example/flu",                                     &[InsecureLink]),
            ("Go to https://bit.ly/3abc",                                           &[HiddenLink]),
            ("Go to https://www.tinyurl.com/3abc",                                  &[HiddenLink]),
            ("Go to bit.ly/3abc now",                                               &[HiddenLink]),
            ("(Bit.ly/3abc)",                                                       &[HiddenLink]),
            ("https://203.0.113.9/x",                                               &[HiddenLink]),
            ("https://[2001:db8::1]/x",                                             &[HiddenLink]),
            ("https://hospital.example@elsewhere.example/x",                        &[HiddenLink]),
            ("https://hospital.example/x?email=ana@mail.example",                   &[PersonalLink]),
            ("https://hospital.example/x?lang=en&amp;Patient_ID=7",                 &[PersonalLink]),
            ("https://hospital.example/x?who={{first_name}}",                       &[PersonalLink]),
            ("https://hospital.example/x?r=ana%40mail.example",                     &[PersonalLink]),
            ("https://hospital.example/x#mrn=12",                                   &[PersonalLink]),
            ("https://hospital.example/x?fbclid=abc",                               &[PersonalLink]),
            ("https://hospital.example/x?mc_eid=abc",                               &[PersonalLink]),
            ("https://hospital.example/x?day=[[day: date]]",                        &[]),
            ("https://hospital.example/x?patient=",                                 &[]),
            ("http://bit.ly/x?email=a@b.example",                                   &[InsecureLink, HiddenLink, PersonalLink]),
        ];
        for (source, expected) in cases {
            assert_eq!(kinds(source), *expected, "{source}");
        }
    }

    #[test]
    fn a_finding_repeats_no_value() {
        let found = wrong(Field::Text, "a\nb https://hospital.example/x?mrn=8871234");
        assert_eq!(found[0].at, (2, 3));
        assert_eq!(found[0].phrase, "hospital.example … mrn");
    }
}
