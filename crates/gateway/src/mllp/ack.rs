//! Acknowledgements: whether, with which code, and how they are written.
//!
//! Original mode answers each message once, with AA, AE or AR. Enhanced mode, asked for by MSH-15
//! or MSH-16, answers acceptance with CA, CE or CR and application with AA, AE or AR, each when
//! the header asks for it.

use placet_domain::time::Timestamp;

use crate::fault::{Fault, Kind};
use crate::hl7::split::{Marks, Message, parts};

/// How a message is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable.
    Accepted,
    /// Its content cannot be taken; sending it again does not help.
    Faulty(Fault),
    /// It is no message that can be taken here at all.
    Rejected(Fault),
    /// It could not be kept now.
    NotNow,
}

impl Outcome {
    /// The outcome of a message that a flow could not take.
    #[must_use]
    pub fn of(fault: Fault) -> Self {
        match fault.kind {
            Kind::NotAMessage | Kind::UnknownCharset | Kind::TooLong => Self::Rejected(fault),
            _ => Self::Faulty(fault),
        }
    }

    fn code(&self, is_accept: bool) -> &'static str {
        match (self, is_accept) {
            (Self::Accepted, false) => "AA",
            (Self::Accepted, true) => "CA",
            (Self::Faulty(_) | Self::NotNow, false) => "AE",
            (Self::Faulty(_) | Self::NotNow, true) => "CE",
            (Self::Rejected(_), false) => "AR",
            (Self::Rejected(_), true) => "CR",
        }
    }

    /// The code of table 0357: what kind of error.
    fn error(&self) -> Option<&'static str> {
        match self {
            Self::Accepted => None,
            Self::NotNow => Some(TEMPORARY),
            Self::Faulty(fault) => Some(match fault.kind {
                Kind::NoId | Kind::NoName | Kind::NoPerson => "101",
                _ => "102",
            }),
            Self::Rejected(fault) if fault.kind == Kind::TooLong => Some("104"),
            Self::Rejected(_) => Some("100"),
        }
    }

    fn says(&self) -> String {
        match self {
            Self::Accepted => String::new(),
            Self::NotNow => "it could not be kept now; send it again".to_owned(),
            Self::Faulty(fault) | Self::Rejected(fault) => match &fault.path {
                Some(path) => format!("{path}: {}", fault.kind.says()),
                None => fault.kind.says().to_owned(),
            },
        }
    }
}

/// An error of the application itself: sending again may help.
pub const TEMPORARY: &str = "207";

/// When an acknowledgement is wanted (table 0155).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    OnError,
    OnSuccess,
    Never,
}

impl When {
    fn find(code: &[u8]) -> Self {
        match code {
            b"AL" => Self::Always,
            b"ER" => Self::OnError,
            b"SU" => Self::OnSuccess,
            _ => Self::Never,
        }
    }

    fn wants(self, outcome: &Outcome) -> bool {
        let is_good = *outcome == Outcome::Accepted;
        match self {
            Self::Always => true,
            Self::OnError => !is_good,
            Self::OnSuccess => is_good,
            Self::Never => false,
        }
    }
}

/// What the header of a message says about sending and answering it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    marks: Marks,
    /// MSH-3 to MSH-6: who sends, to whom.
    parties: [Vec<u8>; 4],
    event: Vec<u8>,
    /// MSH-10.
    pub control_id: Vec<u8>,
    processing: Vec<u8>,
    version: Vec<u8>,
    accept: Vec<u8>,
    application: Vec<u8>,
}

fn first(text: &[u8], mark: u8) -> Vec<u8> {
    parts(text, mark).next().unwrap_or_default().to_vec()
}

/// Longer words of a header are not repeated in an answer.
const LONGEST: usize = 200;

impl Envelope {
    /// Reads the header; what cannot be read is empty.
    #[must_use]
    pub fn read(message: &[u8]) -> Self {
        let Ok(parsed) = Message::parse(message) else {
            return Self::unknown();
        };
        let Some(header) = parsed.segments().next() else {
            return Self::unknown();
        };
        let mut envelope = Self {
            marks: parsed.marks,
            ..Self::unknown()
        };
        for (number, text) in header.fields() {
            let is_sound = text.len() <= LONGEST && !text.iter().any(u8::is_ascii_control);
            let text = if is_sound { text.to_vec() } else { Vec::new() };
            match number {
                3..=6 => {
                    if let Some(party) = envelope.parties.get_mut(number - 3) {
                        *party = text;
                    }
                }
                9 => {
                    let event = parts(&text, parsed.marks.component).nth(1);
                    envelope.event = event.unwrap_or_default().to_vec();
                }
                10 => envelope.control_id = text,
                // Their first part says it all; what else a sender puts there is not repeated.
                11 => envelope.processing = first(&text, parsed.marks.component),
                12 => envelope.version = first(&text, parsed.marks.component),
                15 => envelope.accept = text,
                16 => envelope.application = text,
                _ => {}
            }
        }
        envelope
    }

    fn unknown() -> Self {
        Self {
            marks: Marks::USUAL,
            parties: Default::default(),
            event: Vec::new(),
            control_id: Vec::new(),
            processing: Vec::new(),
            version: Vec::new(),
            accept: Vec::new(),
            application: Vec::new(),
        }
    }

    /// Who sends, as one word.
    #[must_use]
    pub fn sender(&self) -> Vec<u8> {
        let [application, facility, ..] = &self.parties;
        let mut sender = application.clone();
        sender.push(b'|');
        sender.extend_from_slice(facility);
        sender
    }

    /// The answers that are wanted, in order.
    #[must_use]
    pub fn answers(&self, outcome: &Outcome, now: Timestamp, number: u64) -> Vec<Vec<u8>> {
        let is_enhanced = !self.accept.is_empty() || !self.application.is_empty();
        if !is_enhanced {
            return vec![self.answer(outcome, false, now, number)];
        }
        let mut answers = Vec::new();
        if When::find(&self.accept).wants(outcome) {
            answers.push(self.answer(outcome, true, now, number));
        }
        // What was not accepted has not reached any application.
        let is_accepted = !matches!(outcome, Outcome::Rejected(_) | Outcome::NotNow);
        let is_unanswered = answers.is_empty();
        if When::find(&self.application).wants(outcome) && (is_accepted || is_unanswered) {
            answers.push(self.answer(outcome, false, now, number));
        }
        answers
    }

    fn answer(&self, outcome: &Outcome, is_accept: bool, now: Timestamp, number: u64) -> Vec<u8> {
        let Marks {
            field,
            component,
            repetition,
            escape,
            sub,
        } = self.marks;
        let [application, facility, to_application, to_facility] = &self.parties;
        let time = now.strftime("%Y%m%d%H%M%S+0000").to_string();
        let own = format!("{}-{number}", now.as_microsecond());
        let mut kind = b"ACK".to_vec();
        if !self.event.is_empty() {
            kind.push(component);
            kind.extend_from_slice(&self.event);
        }
        let mut marks = vec![component, repetition, escape, sub];
        marks.retain(|mark| *mark != 0);
        let header: [&[u8]; 12] = [
            b"MSH",
            &marks,
            to_application,
            to_facility,
            application,
            facility,
            time.as_bytes(),
            b"",
            &kind,
            own.as_bytes(),
            &self.processing,
            &self.version,
        ];
        let code = outcome.code(is_accept);
        let says = outcome.says();
        let mut out = header.join(&field);
        out.push(b'\r');
        let message: [&[u8]; 4] = [b"MSA", code.as_bytes(), &self.control_id, says.as_bytes()];
        out.extend_from_slice(message.join(&field).as_slice());
        out.push(b'\r');
        if let Some(error) = outcome.error() {
            let error: [&[u8]; 5] = [b"ERR", b"", b"", error.as_bytes(), b"E"];
            out.extend_from_slice(error.join(&field).as_slice());
            out.push(b'\r');
        }
        out
    }
}
