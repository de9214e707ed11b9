//! What a person wants who answers a message: to stop, help, or something only a person can read.
//!
//! Start with [`fresh`] (what they wrote, without what they quote), then [`wish`]. Words count in
//! English and Spanish, alone or in a sentence.
//!
//! INVARIANT: what says "do not stop" is never taken for a stop, and a word about an appointment
//! ("cancel my visit") is not a word about messages.

#[cfg(test)]
mod tests;

/// What an answer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No more messages.
    Stop,
    /// Who is this, and how do I stop it.
    Help,
}

/// Each alone is a stop (47 CFR 64.1200(a)(10) and the carriers' lists).
const STOP: &[&str] = &[
    "stop",
    "stopp",
    "stopall",
    "quit",
    "end",
    "revoke",
    "optout",
    "opt out",
    "cancel",
    "unsubscribe",
    "unsuscribe",
    "remove",
    "remove me",
    "no more",
    "alto",
    "parar",
    "pare",
    "paren",
    "baja",
    "cancelar",
    "detener",
    "detenga",
    "detengan",
    "basta",
    "no mas",
    "fin",
    "salir",
    "terminar",
    "desuscribir",
    "desuscribirme",
    "desuscribirse",
    "revocar",
    "eliminar",
];
const HELP: &[&str] = &["help", "info", "ayuda", "informacion"];
/// Each alone asks to go on (the carriers' lists).
const START: &[&str] = &["start", "unstop", "iniciar", "empezar", "comenzar"];
/// Words that add nothing to a word that stands alone.
const POLITE: &[&str] = &[
    "please",
    "pls",
    "plz",
    "thanks",
    "thank",
    "you",
    "now",
    "all",
    "it",
    "this",
    "immediately",
    "por",
    "favor",
    "gracias",
    "ya",
    "ahora",
    "todo",
    "esto",
    "hi",
    "hello",
    "hola",
];
/// Each anywhere in a sentence is a stop, unless a negation stands before it.
const PHRASES: &[&str] = &[
    "unsubscribe",
    "unsuscribe",
    "opt out",
    "opt me out",
    "optout",
    "opting out",
    "remove me",
    "take me off",
    "remove my number",
    "remove my name",
    "remove my email",
    "remove my address",
    "take my number off",
    "take my name off",
    "take my email off",
    "delete my number",
    "leave me alone",
    "lose my number",
    "revoke my consent",
    "revoke consent",
    "withdraw my consent",
    "withdraw consent",
    "revoke my permission",
    "withdraw my permission",
    "darme de baja",
    "denme de baja",
    "deme de baja",
    "dar de baja",
    "dame de baja",
    "quiero la baja",
    "quitenme",
    "quiteme",
    "eliminenme",
    "elimineme",
    "saquenme",
    "saqueme",
    "borrenme",
    "borreme",
    "quiten mi numero",
    "borren mi numero",
    "eliminen mi numero",
    "eliminar mi numero",
    "eliminen mi correo",
    "borren mi correo",
    "quiten mi correo",
    "desuscribir",
    "desuscribirme",
    "desuscribanme",
    "desuscribame",
    "revoco mi consentimiento",
    "retiro mi consentimiento",
    "dejenme en paz",
    "dejeme en paz",
    "no more texts",
    "no more messages",
    "no more emails",
    "no more mail",
    "no more calls",
    "no mas mensajes",
    "no mas textos",
    "no mas correos",
    "no mas emails",
    "no mas llamadas",
];
/// Each asks for an end of what follows.
const ENDS: &[&str] = &[
    "stop",
    "quit",
    "cease",
    "discontinue",
    "deje",
    "dejen",
    "deja",
    "pare",
    "paren",
    "para",
    "cesen",
    "basta",
];
/// What is to end.
const SENDING: &[&str] = &[
    "text",
    "texts",
    "texting",
    "message",
    "messages",
    "messaging",
    "email",
    "emails",
    "emailing",
    "mail",
    "mails",
    "mailing",
    "mailings",
    "send",
    "sending",
    "contact",
    "contacting",
    "call",
    "calls",
    "calling",
    "writing",
    "newsletter",
    "newsletters",
    "sms",
    "spam",
    "spamming",
    "bothering",
    "mensaje",
    "mensajes",
    "texto",
    "textos",
    "correo",
    "correos",
    "enviar",
    "enviarme",
    "enviando",
    "mandar",
    "mandarme",
    "mandando",
    "escribir",
    "escribirme",
    "escribiendo",
    "contactar",
    "contactarme",
    "contactando",
    "llamar",
    "llamarme",
    "llamando",
    "llamadas",
    "molestar",
    "molestarme",
];
/// Forbidden to us by a negation before it.
const DO_NOT: &[&str] = &[
    "text", "message", "email", "mail", "send", "contact", "call", "write", "bother",
];
const NO_ME: &[&str] = &[
    "envie",
    "envien",
    "envies",
    "mande",
    "manden",
    "mandes",
    "escriba",
    "escriban",
    "escribas",
    "contacte",
    "contacten",
    "contactes",
    "llame",
    "llamen",
    "llames",
    "moleste",
    "molesten",
    "molestes",
    "textee",
    "texteen",
];
/// What somebody no longer wants.
const UNWANTED: &[&str] = &[
    "text",
    "texts",
    "message",
    "messages",
    "email",
    "emails",
    "mail",
    "mails",
    "mailings",
    "newsletter",
    "newsletters",
    "receive",
    "receiving",
    "hear",
    "contacted",
    "texted",
    "emailed",
    "called",
    "calls",
    "sms",
    "anything",
    "recibir",
    "mensaje",
    "mensajes",
    "texto",
    "textos",
    "correo",
    "correos",
    "llamadas",
    "nada",
];
const NOT_WANTED: &[&[&str]] = &[
    &["dont", "want"],
    &["do", "not", "want"],
    &["dont", "wish"],
    &["do", "not", "wish"],
    &["dont", "need"],
    &["do", "not", "need"],
    &["no", "longer", "want"],
    &["no", "longer", "wish"],
    &["not", "interested", "in"],
    &["no", "quiero"],
    &["no", "deseo"],
];
const NEGATIONS: &[&str] = &[
    "not", "dont", "never", "no", "didnt", "wont", "cant", "nunca",
];
/// How far apart the two halves of a sentence may stand.
const REACH: usize = 5;

/// What an answer asks for, in its own words; none when only a person can tell.
#[must_use]
pub fn wish(text: &str) -> Option<Wish> {
    let words = words(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let alone: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !POLITE.contains(word))
        .collect();
    let alone = alone.join(" ");
    if STOP.contains(&alone.as_str()) || says_stop(&words) {
        return Some(Wish::Stop);
    }
    HELP.contains(&alone.as_str()).then_some(Wish::Help)
}

/// Whether an answer asks to go on after a stop: one of the carriers' words, alone. No sentence
/// counts: what only may mean it opens nothing.
#[must_use]
pub fn is_start(text: &str) -> bool {
    let words = words(text);
    START.contains(&words.join(" ").as_str())
}

fn says_stop(words: &[&str]) -> bool {
    has_phrase(words) || ends_sending(words) || forbids(words) || is_unwanted(words)
}

fn has_phrase(words: &[&str]) -> bool {
    PHRASES.iter().any(|phrase| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        places(words, &phrase).any(|at| !is_negated(words, at))
    })
}

/// "Stop texting me", "dejen de mandarme mensajes".
fn ends_sending(words: &[&str]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        ENDS.contains(word)
            && !is_negated(words, at)
            && words
                .iter()
                .skip(at + 1)
                .take(REACH)
                .any(|next| SENDING.contains(next))
    })
}

/// "Don't text me", "no me escriban".
fn forbids(words: &[&str]) -> bool {
    let english = |at: usize, n: usize| {
        // "I don't text much" is about the writer.
        let by_writer = at > 0
            && words
                .get(at - 1)
                .is_some_and(|word| *word == "i" || *word == "we");
        let next = words
            .iter()
            .skip(at + n)
            .find(|word| !["ever", "please", "you"].contains(word));
        !by_writer && next.is_some_and(|word| DO_NOT.contains(word))
    };
    places(words, &["dont"]).any(|at| english(at, 1))
        || places(words, &["do", "not"]).any(|at| english(at, 2))
        || places(words, &["never"]).any(|at| english(at, 1))
        || ["me", "nos"].iter().any(|whom| {
            places(words, &["no", whom]).any(|at| {
                words
                    .iter()
                    .skip(at + 2)
                    .take(2)
                    .any(|word| NO_ME.contains(word))
            })
        })
}

/// "I no longer want these emails", "ya no quiero recibir mensajes".
fn is_unwanted(words: &[&str]) -> bool {
    NOT_WANTED.iter().any(|start| {
        places(words, start).any(|at| {
            let after = words.iter().skip(at + start.len()).take(REACH + 1);
            let mut after = after.take_while(|word| **word != "miss");
            after.any(|word| UNWANTED.contains(word))
        })
    })
}

fn is_negated(words: &[&str], at: usize) -> bool {
    let before = words.iter().take(at).rev().take(2);
    before.copied().any(|word| NEGATIONS.contains(&word))
}

/// Where these words stand beside each other.
fn places(words: &[&str], wanted: &[&str]) -> impl Iterator<Item = usize> {
    let found: Vec<usize> = words
        .windows(wanted.len().max(1))
        .enumerate()
        .filter(|(_, window)| *window == wanted)
        .map(|(at, _)| at)
        .collect();
    found.into_iter()
}

/// Lower case, without accents, apostrophes and punctuation.
fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'á' | 'à' | 'â' | 'ä' => plain.push('a'),
            'é' | 'è' | 'ê' | 'ë' => plain.push('e'),
            'í' | 'ì' | 'î' | 'ï' => plain.push('i'),
            'ó' | 'ò' | 'ô' | 'ö' => plain.push('o'),
            'ú' | 'ù' | 'û' | 'ü' => plain.push('u'),
            'ñ' => plain.push('n'),
            // Accents that stand behind their letter, and the apostrophe of "don't".
            '\u{300}'..='\u{36f}' | '\'' | '’' | 'ʼ' | '`' => {}
            '-' if plain.ends_with("opt") || plain.ends_with('e') => plain.push(' '),
            c if c.is_alphanumeric() => plain.push(c),
            _ => plain.push(' '),
        }
    }
    plain
        .split_whitespace()
        .map(|word| {
            if word == "e" {
                "e".to_owned()
            } else {
                word.to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
        .replace("e mail", "email")
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What they wrote themselves: without quoted lines, the original below, and the signature.
#[must_use]
pub fn fresh(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        let lower = trimmed.to_lowercase();
        if trimmed.starts_with('>') {
            continue;
        }
        let is_attribution = (lower.starts_with("on ") && lower.ends_with("wrote:"))
            || (lower.starts_with("el ") && lower.ends_with("escribió:"))
            || (lower.starts_with("wrote:") || lower == "escribió:")
            || lower.starts_with("from:")
            || lower.starts_with("de:")
            || lower.contains("original message")
            || lower.contains("mensaje original")
            || lower.contains("forwarded message")
            || lower.contains("mensaje reenviado")
            || (trimmed.len() >= 10 && trimmed.chars().all(|c| c == '_' || c == '-'));
        // RFC 3676, 4.3: `-- ` begins a signature.
        if is_attribution || trimmed == "--" {
            break;
        }
        // An attribution is folded by some programs: its first line stays behind.
        if lower.starts_with("on ")
            && (lower.contains('@') || lower.contains(" at "))
            && lower.contains(',')
        {
            break;
        }
        kept.push(line);
    }
    kept.join("\n")
}

/// Whether a message was sent by a machine on its owner's behalf: out of office, vacation, ticket
/// robots. `headers` are name and value; `subject` is the decoded subject.
#[must_use]
pub fn is_automatic<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>, subject: &str) -> bool {
    for (name, value) in headers {
        let value = value.trim().to_ascii_lowercase();
        let says = match name.to_ascii_lowercase().as_str() {
            "auto-submitted" => value != "no",
            "precedence" => matches!(value.as_str(), "auto_reply" | "bulk" | "junk" | "list"),
            "x-autoreply" | "x-autorespond" | "x-autoresponse" | "x-vacation" | "x-ooo" => true,
            "x-auto-response-suppress" => value.contains("all") || value.contains("autoreply"),
            "return-path" => value == "<>",
            _ => false,
        };
        if says {
            return true;
        }
    }
    let subject = words(subject).join(" ");
    [
        "out of office",
        "out of the office",
        "automatic reply",
        "auto reply",
        "autoreply",
        "auto response",
        "on vacation",
        "away from",
        "fuera de la oficina",
        "fuera de oficina",
        "respuesta automatica",
        "ausente",
        "de vacaciones",
    ]
    .iter()
    .any(|words| subject.starts_with(words) || subject.contains(&format!("auto {words}")))
}
