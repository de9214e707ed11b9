//! A row of cells, read into what it says. Every cell that cannot be read is named.

use std::collections::BTreeSet;

use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_domain::instrument::authorization::{
    Authorization, Expiry, Scope, Signature, Signer, Statements,
};
use placet_domain::instrument::{Consent, Evidence, InstrumentKind, IpClass, Method, Terms};
use placet_domain::preference::Topic;
use placet_domain::time::{Date, TimeZone, Timestamp};

use super::{Row, RowProblem};

/// Columns that every table has.
pub(super) const REQUIRED: [&str; 5] = ["kind", "answer", "signed_at", "method", "source"];

pub(super) const COLUMNS: [&str; 42] = [
    "person_id",
    "email",
    "phone",
    "birth_date",
    "kind",
    "answer",
    "channel",
    "topic",
    "signed_at",
    "expires_on",
    "method",
    "source",
    "form_version",
    "ip_class",
    "document",
    "wording",
    "wording_version",
    "language",
    "description",
    "discloser",
    "recipient",
    "purpose",
    "expires_event",
    "signed_on",
    "signer",
    "authority",
    "states_revoke",
    "states_condition",
    "states_redisclosure",
    "states_remuneration",
    "states_sale",
    "involves_remuneration",
    "is_sale",
    "is_initiated_by_individual",
    "is_plain_language",
    "is_combined",
    "is_conditioned",
    "is_known_false",
    "channels",
    "topics",
    "information",
    "recipients",
];

pub(super) fn is_column(name: &str) -> bool {
    COLUMNS.contains(&name)
}

/// Whom a row means.
pub(super) enum PersonKey {
    Id(PersonId),
    Address {
        channel: Channel,
        address: String,
        birth_date: Option<Date>,
    },
}

impl PersonKey {
    pub(super) fn column(&self) -> &'static str {
        match self {
            Self::Id(_) => "person_id",
            Self::Address {
                channel: Channel::Email,
                ..
            } => "email",
            Self::Address { .. } => "phone",
        }
    }
}

/// Which text was shown.
pub(super) struct WordingKey {
    pub(super) code: String,
    pub(super) version: u32,
    pub(super) language: String,
}

/// Yes or no; both are kept.
pub(super) enum Answer {
    Granted { kind: InstrumentKind, terms: Terms },
    Declined { channel: Channel, topic: Topic },
}

/// A row that can be read.
pub(super) struct Line {
    pub(super) person: PersonKey,
    pub(super) answer: Answer,
    pub(super) wording: Option<WordingKey>,
    pub(super) signed_at: Timestamp,
    pub(super) method: Method,
    pub(super) evidence: Evidence,
}

impl Line {
    pub(super) fn read(row: &Row) -> Result<Self, Vec<RowProblem>> {
        let mut cells = Cells {
            row,
            problems: Vec::new(),
        };
        cells.refuse_formulas();
        let line = cells.line();
        match line {
            Some(line) if cells.problems.is_empty() => Ok(line),
            _ => Err(cells.problems),
        }
    }
}

struct Cells<'a> {
    row: &'a Row,
    problems: Vec<RowProblem>,
}

impl<'a> Cells<'a> {
    fn problem(&mut self, column: &str, problem: &str) {
        self.problems.push(RowProblem {
            line: self.row.line,
            column: column.to_owned(),
            problem: problem.to_owned(),
        });
    }

    fn get(&self, column: &str) -> &'a str {
        self.row.cells.get(column).map_or("", |cell| cell.trim())
    }

    /// A cell that a spreadsheet would run is refused, whatever it says.
    fn refuse_formulas(&mut self) {
        for (column, cell) in &self.row.cells {
            let is_number = column == "phone" && cell.starts_with('+');
            if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
                self.problem(column, "this cell begins like a formula; write plain text");
            }
        }
    }

    fn line(&mut self) -> Option<Line> {
        let person = self.person();
        let answer = self.answer();
        let wording = self.wording();
        let signed_at = self.instant("signed_at");
        let method = self.code("method", Method::find);
        let evidence = self.evidence();
        Some(Line {
            person: person?,
            answer: answer?,
            wording: wording?,
            signed_at: signed_at?,
            method: method?,
            evidence: evidence?,
        })
    }

    fn person(&mut self) -> Option<PersonKey> {
        let (id, email, phone) = (self.get("person_id"), self.get("email"), self.get("phone"));
        let birth_date = match self.get("birth_date") {
            "" => None,
            text => match text.parse() {
                Ok(date) => Some(date),
                Err(_) => {
                    self.problem("birth_date", "write a date as 1960-02-29");
                    return None;
                }
            },
        };
        let by = |channel, address: &str| PersonKey::Address {
            channel,
            address: address.to_owned(),
            birth_date,
        };
        match (id, email, phone) {
            ("", "", "") => {
                self.problem("person_id", "give person_id, email or phone");
                None
            }
            ("", "", phone) => Some(by(Channel::Sms, phone)),
            ("", email, _) => Some(by(Channel::Email, email)),
            (id, ..) => match id.parse() {
                Ok(id) => Some(PersonKey::Id(id)),
                Err(_) => {
                    self.problem("person_id", "an id is 32 hexadecimal digits");
                    None
                }
            },
        }
    }

    fn answer(&mut self) -> Option<Answer> {
        let kind = self.code("kind", InstrumentKind::find);
        let is_granted = match self.get("answer") {
            "granted" => Some(true),
            "declined" => Some(false),
            _ => {
                self.problem("answer", "write granted or declined");
                None
            }
        };
        match (kind?, is_granted?) {
            (InstrumentKind::HipaaAuthorization, true) => {
                let terms = Terms::Authorization(Box::new(self.authorization()?));
                Some(Answer::Granted {
                    kind: InstrumentKind::HipaaAuthorization,
                    terms,
                })
            }
            (kind, is_granted) => {
                let channel = self.code("channel", Channel::find);
                let topic = self.code("topic", Topic::find);
                let expires_on = self.date("expires_on");
                let (channel, topic) = (channel?, topic?);
                if !is_granted {
                    return Some(Answer::Declined { channel, topic });
                }
                let terms = Terms::Consent(Consent {
                    channel,
                    topic,
                    expires_on: expires_on?,
                });
                Some(Answer::Granted { kind, terms })
            }
        }
    }

    /// An element left empty is an element missing; only what cannot be read is a problem.
    fn authorization(&mut self) -> Option<Authorization> {
        let expires_on = self.date("expires_on")?;
        let signed_on = self.date("signed_on")?;
        let statements = Statements {
            revoke: self.yes("states_revoke")?,
            condition: self.yes("states_condition")?,
            redisclosure: self.yes("states_redisclosure")?,
            remuneration: self.yes("states_remuneration")?,
            sale: self.yes("states_sale")?,
        };
        let event = self.get("expires_event");
        let expiry = match (expires_on, event) {
            (Some(on), _) => Some(Expiry::On(on)),
            (None, "") => None,
            (None, event) => Some(Expiry::Event(event.to_owned())),
        };
        let signer = match self.get("signer") {
            "" | "individual" => Signer::Individual,
            "representative" => Signer::Representative {
                authority: self.get("authority").to_owned(),
            },
            _ => {
                self.problem("signer", "write individual or representative");
                return None;
            }
        };
        let scope = Scope {
            channels: self.list("channels", Channel::find)?,
            topics: self.list("topics", Topic::find)?,
            information: self.codes("information"),
            recipients: self.codes("recipients"),
        };
        Some(Authorization {
            description: self.get("description").to_owned(),
            discloser: self.get("discloser").to_owned(),
            recipient: self.get("recipient").to_owned(),
            purpose: self.get("purpose").to_owned(),
            expiry,
            // No date, no signature: one without the other does not count.
            signature: signed_on.map(|on| Signature {
                signer,
                on: Some(on),
            }),
            statements,
            is_initiated_by_individual: self.yes("is_initiated_by_individual")?,
            involves_remuneration: self.yes("involves_remuneration")?,
            is_sale: self.yes("is_sale")?,
            is_plain_language: self.yes("is_plain_language")?,
            is_combined: self.yes("is_combined")?,
            is_conditioned: self.yes("is_conditioned")?,
            is_known_false: self.yes("is_known_false")?,
            scope,
        })
    }

    fn wording(&mut self) -> Option<Option<WordingKey>> {
        let code = self.get("wording");
        if code.is_empty() {
            return Some(None);
        }
        let language = match self.get("language") {
            "" => "en",
            language => language,
        };
        if let Ok(version) = self.get("wording_version").parse() {
            let (code, language) = (code.to_owned(), language.to_owned());
            return Some(Some(WordingKey {
                code,
                version,
                language,
            }));
        }
        self.problem(
            "wording_version",
            "give the version of the wording as a number",
        );
        None
    }

    fn evidence(&mut self) -> Option<Evidence> {
        let ip_class = match self.get("ip_class") {
            "" => IpClass::None,
            _ => self.code("ip_class", IpClass::find)?,
        };
        let evidence = Evidence {
            source: self.get("source").to_owned(),
            form_version: self.get("form_version").to_owned(),
            ip_class,
            document: self.get("document").to_owned(),
        };
        if let Err(bad) = evidence.check() {
            self.problem(bad.0, &bad.to_string());
            return None;
        }
        Some(evidence)
    }

    fn code<T>(&mut self, column: &str, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = find(self.get(column));
        if found.is_none() {
            self.problem(
                column,
                "this code is not known; see `placet import-permissions --help`",
            );
        }
        found
    }

    fn list<T: Ord>(
        &mut self,
        column: &str,
        find: impl Fn(&str) -> Option<T>,
    ) -> Option<BTreeSet<T>> {
        let found: Option<BTreeSet<T>> = parts(self.get(column)).map(find).collect();
        if found.is_none() {
            self.problem(column, "write known codes with blanks between them");
        }
        found
    }

    fn codes(&self, column: &str) -> BTreeSet<String> {
        parts(self.get(column)).map(str::to_owned).collect()
    }

    /// An instant, or a day, which then counts from its beginning: an opt-out of the same day is
    /// the newer one.
    fn instant(&mut self, column: &str) -> Option<Timestamp> {
        let text = self.get(column);
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at);
        }
        let day = text
            .parse::<Date>()
            .ok()
            .and_then(|day| day.to_zoned(TimeZone::UTC).ok());
        if day.is_none() {
            self.problem(
                column,
                "write an instant as 2026-06-30T15:00:00Z or a day as 2026-06-30",
            );
        }
        day.map(|day| day.timestamp())
    }

    fn date(&mut self, column: &str) -> Option<Option<Date>> {
        match self.get(column) {
            "" => Some(None),
            text => match text.parse() {
                Ok(date) => Some(Some(date)),
                Err(_) => {
                    self.problem(column, "write a date as 2026-06-30");
                    None
                }
            },
        }
    }

    fn yes(&mut self, column: &str) -> Option<bool> {
        match self.get(column) {
            "yes" => Some(true),
            "" | "no" => Some(false),
            _ => {
                self.problem(column, "write yes or no");
                None
            }
        }
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ';', '|']).filter(|part| !part.is_empty())
}
