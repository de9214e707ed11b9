//! The fuzz targets: shared by the long run (`examples/fuzz_texts.rs`) and the short one (`tests/fuzz.rs`).

use placet_phi::safe_harbor::{Checker, zip3::Table};
use placet_phi::{Options, Profile, Scanner, Stream, decode_text, redact};

use super::damage::Damage;

pub const NAMES: [&str; 3] = ["text", "strict", "table"];

const TEXTS: &[&str] = &[
    "Hi, my name is Olivia Ramirez. Call (937) 555-0142 or olivia@example.org.",
    "https://clinic.example/thanks?fname=Olivia&email=o.ramirez%2540example.org&utm_source=ad#u=b2xpdmlhQGV4YW1wbGUub3Jn",
    "<div><b>Patient name</b>: Olivia Ramirez &mdash; MRN&nbsp;8675309, born 3/4/1931, 12 Elm St, Dayton, OH 45402</div>",
    "Nombre: Olivia.\nApellidos: Ramírez Soto.\nDomicilio: Calle del Pino, 12. 28039 Madrid.\nFecha de nacimiento: 11 de marzo de 2010.",
    "V-A-N-D-E-R, dob nine twelve fifty-five, VIN 1M8GDM9AXKP042788, 2001:db8::1, 00:1a:2b:3c:4d:5e, (01)00812345678906(21)A1",
    "SSN １２３-４５-６７８９ T3xpdmlhIFJhbWlyZXogY2FsbGVkIGZyb20gOTM3LTU1NS0wMTQy \u{200B}ОLIVIA",
];

const TABLES: &[&str] = &[
    "zip\t45402\nage\t93\ndob\t1931-03-04\nmrn\t8675309\nnotes\tcalled Olivia Ramirez",
    "hash\td41d8cd98f00b204e9800998ecf8427e\nvisit_date\t2026-03-04\nstate\tOH\nemail\to@example.org",
];

const WORDS: &[&str] = &[
    "Dr. ",
    "Ana Ruiz",
    " at ",
    "St. ",
    "MRN ",
    "#",
    ": ",
    "123-45-6789",
    "(555) 010-1234",
    "+1 ",
    "@",
    ".org",
    "https://",
    "?name=",
    "%20",
    "%25",
    "%2540",
    "%",
    "+",
    "&amp;",
    "&#x41;",
    "&",
    "=",
    "=\n",
    "=41",
    "March ",
    "4, 2021",
    "98",
    "-year-old",
    "\n",
    "\n\n",
    " ",
    "é",
    "\u{200B}",
    "\u{202E}",
    "５５５",
    "Calle ",
    "12",
    ",",
    "0",
    "ABC",
    "😀",
    "’s ",
    "PO Box ",
    "the corner of ",
    "\0",
    "~jo",
    "/patient/",
    "::",
    "1.2.3.4",
    "nine twelve ",
    "A-B-C-D",
    "T2xpdmlh",
    "==",
    "H4sI",
    "ﬁ",
    "\u{301}",
    "\u{FFFD}",
    "hospital",
    " y ",
    "años",
    "zip",
    "\t",
    "99999999999999999999",
    "%C3",
    "%u0041",
    "\\u00e1",
];

/// The beginning of a run: what is damaged.
pub fn begin(name: &str, seed: u64) -> Damage {
    let texts = if name == "table" { TABLES } else { TEXTS };
    let kept = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    Damage::new(seed, kept, WORDS)
}

/// Runs one input; whether its kind of answer is new.
pub fn run(name: &str, damage: &mut Damage, input: &[u8]) -> bool {
    let text = decode_text(input);
    let answer = match name {
        "strict" => scanned(&text, Options::new(Profile::Strict, 2026)),
        "table" => checked(&text),
        _ => scanned(&text, Options::new(Profile::SafeHarbor, 2026)),
    };
    damage.is_new(&answer, input)
}

/// What was found, by rule. Spans are in order and whole, and a stream finds the same as one look.
fn scanned(text: &str, options: Options) -> String {
    let spans = Scanner::new(options).scan(text).to_vec();
    let (mut bytes, mut characters) = (0, 0);
    for span in &spans {
        assert!(span.bstart >= bytes && span.bend > span.bstart, "{spans:?}");
        let before = text.get(bytes..span.bstart).expect("on a boundary");
        let inside = text.get(span.bstart..span.bend).expect("on a boundary");
        assert_eq!(characters + before.chars().count(), span.start);
        assert_eq!(span.start + inside.chars().count(), span.end);
        (bytes, characters) = (span.bend, span.end);
    }
    let clean = redact(text, &spans);
    let mut stream = Stream::new(options);
    let mut streamed = String::new();
    let half = (text.len() / 2..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len());
    let (head, tail) = text.split_at(half);
    stream.push(head, |piece| piece.redact_into(&mut streamed));
    stream.push(tail, |piece| piece.redact_into(&mut streamed));
    stream.finish(|piece| piece.redact_into(&mut streamed));
    assert_eq!(streamed, clean, "a stream finds what one look finds");
    let mut rules: Vec<&str> = spans.iter().map(|span| span.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules.join(" ")
}

/// A table of two columns, name and value, looked at column by column.
fn checked(text: &str) -> String {
    let mut checker = Checker::new(2026, Table::on("2026-01-01"));
    for line in text.lines() {
        let (name, value) = line.split_once('\t').unwrap_or((line, line));
        checker.cell(name, value);
        checker.end_row();
    }
    let report = checker.finish();
    let mut kinds: Vec<String> = report
        .columns
        .iter()
        .map(|column| format!("{:?}", column.verdict))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.join(" ")
}
