//! Texts that no rule was written by: each says itself what must go. Lines that once went wrong stay here.
//!
//! `⟦…⟧` must go whole, `‹…›` may, everything else stays.

#![allow(clippy::unwrap_used, missing_docs)]

use placet_phi::{Options, Profile, Scanner, redact};

/// The text without its marks, and for each of its characters whether it must go, may, or stays.
fn read(line: &str) -> (String, Vec<char>) {
    let (mut text, mut wanted, mut state) = (String::new(), Vec::new(), 'k');
    for letter in line.replace("\\n", "\n").chars() {
        match letter {
            '⟦' => state = 'm',
            '‹' => state = 'f',
            '⟧' | '›' => state = 'k',
            _ => {
                text.push(letter);
                wanted.push(state);
            }
        }
    }
    (text, wanted)
}

#[track_caller]
fn check(table: &str) {
    let mut scanner = Scanner::new(Options::new(Profile::SafeHarbor, 2026));
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (text, wanted) = read(line);
        let spans = scanner.scan(&text).to_vec();
        let is_right = text
            .chars()
            .zip(wanted)
            .enumerate()
            .all(|(at, (letter, wanted))| {
                let is_found = spans
                    .iter()
                    .any(|span| (span.start..span.end).contains(&at));
                !letter.is_alphanumeric() || wanted == 'f' || is_found == (wanted == 'm')
            });
        if !is_right {
            wrong.push(format!("{line}\n    {}", redact(&text, &spans)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn forms_and_replies() {
    check(include_str!("unseen/forms.txt"));
}

#[test]
fn addresses_and_encodings() {
    check(include_str!("unseen/urls.txt"));
}

#[test]
fn clinicians_and_calls() {
    check(include_str!("unseen/clinic.txt"));
}

#[test]
fn spanish() {
    check(include_str!("unseen/spanish.txt"));
}

#[test]
fn nobody_is_in_these() {
    check(include_str!("unseen/clean.txt"));
}
