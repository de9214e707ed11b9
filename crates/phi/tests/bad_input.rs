//! Texts that are broken or hostile: each ends, in bounded memory, and hides nothing.
#![allow(clippy::unwrap_used, missing_docs)]

use placet_phi::{Options, Scanner, Stream, decode_text, redact};

fn clean(text: &str) -> String {
    let mut scanner = Scanner::new(Options::default());
    redact(text, scanner.scan(text))
}

/// One word of many megabytes, told bit by bit: parts of bounded length come out, and what follows it is found.
#[test]
fn a_word_without_an_end_is_given_back_in_parts() {
    let mut stream = Stream::new(Options::default());
    let (mut longest, mut bytes, mut end) = (0, 0, String::new());
    let mut take = |piece: &placet_phi::Piece<'_>| {
        longest = longest.max(piece.text.len());
        bytes += piece.text.len();
        end.clear();
        piece.redact_into(&mut end);
    };
    let block = "x".repeat(1 << 16);
    for _ in 0..256 {
        stream.push(&block, &mut take);
    }
    stream.push(" Call Olivia Ramirez at (937) 555-0142.", &mut take);
    stream.finish(&mut take);
    assert_eq!(bytes, (1 << 24) + 39);
    assert!(longest <= 2 << 20, "{longest}");
    assert!(end.ends_with(" Call [NAME] at [PHONE]."), "{}", end.len());
}

#[test]
fn texts_of_every_encoding_hide_nobody() {
    let text = "My name is Olivia Ramirez, call (937) 555-0142.";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = [
        [&[0xff, 0xfe], little.as_slice()].concat(),
        [&[0xfe, 0xff], big.as_slice()].concat(),
        little,
        big,
    ];
    for bytes in marked {
        assert_eq!(
            clean(&decode_text(&bytes)),
            "My name is [NAME], call [PHONE]."
        );
    }
    let broken = [b"\xff\xc3 ", text.as_bytes(), b" \xe2\x82"].concat();
    let out = clean(&decode_text(&broken));
    assert!(out.contains("My name is [NAME], call [PHONE]."), "{out}");
}

/// A packed text is out by its first bytes; nothing is unpacked, however often it is wrapped.
#[test]
fn what_is_packed_goes_out_and_stays_packed() {
    let bomb = format!("note H4sIAAAAAAAA{} end", "AAAA".repeat(1 << 17));
    assert_eq!(clean(&bomb), "note [ID] end");
    let pdf = format!("note JVBERi0xLjcK{} end", "AAAA".repeat(1 << 10));
    assert_eq!(clean(&pdf), "note [ID] end");
}

#[test]
fn ten_thousand_levels_of_markup_and_brackets_end() {
    for (open, close) in [
        ("[", "]"),
        ("{\"a\":", "}"),
        ("<div>", "</div>"),
        ("(", ")"),
    ] {
        let text = format!(
            "{}Olivia Ramirez{}",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        assert!(!clean(&text).contains("Ramirez"), "{open}");
    }
}
