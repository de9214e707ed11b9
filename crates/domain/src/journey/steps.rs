//! The steps of a journey, written one a line, as people say them.
//!
//! ```text
//! send "Flu shots are here"
//! wait 7 days
//! if answered go to done
//! split 50 to call, 50 to done
//! call: ask responder to "offer a date by phone"
//! done: exit
//! ```
//!
//! INVARIANT: a step leads to later ones only, so a journey ends for everybody.

use std::fmt;

use crate::operator::{Capability, Role};
use crate::time::{TimeZone, Timestamp};
use crate::trigger::Wait;

/// The most steps.
pub const MAX_STEPS: usize = 60;
/// The longest wait of one step: a year.
const LONGEST_WAIT: u32 = 366 * 24 * 60;
/// The longest words of a task.
const LONGEST_TASK: usize = 200;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line it stands on, from 1.
    pub line: usize,
    /// What others call it.
    pub label: Option<String>,
    /// What happens.
    pub kind: Kind,
}

/// What happens in a step. Places of other steps are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, for so long.
    Wait(Wait),
    /// Nothing until this time of the day, where the person lives.
    Until {
        /// 0 to 23.
        hour: i8,
        /// 0 to 59.
        minute: i8,
    },
    /// Whoever fits goes to another step, the others to the next.
    If {
        /// What is asked.
        test: Test,
        /// Whether it is asked the other way round.
        is_not: bool,
        /// Where those go whom it fits.
        then: usize,
    },
    /// People are dealt out by a keyed hash: the same person always the same way.
    Split(Vec<Share>),
    /// A content is sent, if the gate permits.
    Send {
        /// Its name.
        content: String,
        /// Where those go to whom it may not be sent; none means on.
        refused: Option<usize>,
    },
    /// Somebody of this role does something.
    Ask {
        /// Whose task it is.
        role: Role,
        /// What is to be done.
        says: String,
        /// Where it goes on when the task is skipped; none means on.
        skipped: Option<usize>,
    },
    /// On with another step.
    GoTo(usize),
    /// The journey is over.
    Exit,
}

/// A part of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// How many in a hundred.
    pub percent: u8,
    /// Where they go.
    pub to: usize,
}

/// What can be asked of a person on the way. Nothing clinical is on this list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// A saved audience finds them.
    In(String),
    /// They wrote back to a message of this journey.
    Answered,
    /// They asked for less or no more since they entered.
    OptedOut,
    /// An appointment of theirs is ahead.
    HasAppointment,
}

impl Test {
    /// The data element that it reads beside those of an audience.
    #[must_use]
    pub fn element(&self) -> Option<&'static str> {
        match self {
            Self::HasAppointment => Some("appointment_date"),
            Self::In(_) | Self::Answered | Self::OptedOut => None,
        }
    }

    /// The question in words.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::In(name) => format!("is in \u{201c}{name}\u{201d}"),
            Self::Answered => "has answered".to_owned(),
            Self::OptedOut => "has opted out since".to_owned(),
            Self::HasAppointment => "has an appointment ahead".to_owned(),
        }
    }
}

/// A line that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {says}")]
pub struct BadLine {
    /// From 1.
    pub line: usize,
    /// What is wrong and what to write instead.
    pub says: String,
}

/// The steps in order. Read, so known to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps(Vec<Step>);

/// A way out of a step: where to, and what takes one there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The step it leads to.
    pub to: usize,
    /// When it is taken; empty when there is no other.
    pub when: String,
}

impl Steps {
    /// Reads steps, one a line.
    ///
    /// # Errors
    ///
    /// Every line that cannot be used, with what to do about it.
    pub fn read(text: &str) -> Result<Self, Vec<BadLine>> {
        let (raw, mut bad) = lines(text);
        if raw.is_empty() && bad.is_empty() {
            return Err(vec![BadLine {
                line: 1,
                says: "write at least one step, and `exit` as the last".to_owned(),
            }]);
        }
        if raw.len() > MAX_STEPS {
            bad.push(BadLine {
                line: raw.get(MAX_STEPS).map_or(1, |it| it.line),
                says: format!("a journey has at most {MAX_STEPS} steps"),
            });
        }
        let mut steps = Vec::new();
        for (place, one) in raw.iter().enumerate() {
            let kind = one.kind(place, &raw);
            match kind {
                Ok(kind) => steps.push(Step {
                    line: one.line,
                    label: one.label.clone(),
                    kind,
                }),
                Err(says) => bad.push(BadLine {
                    line: one.line,
                    says,
                }),
            }
        }
        if bad.is_empty() {
            let read = Self(steps);
            bad = read.loose_ends();
            if bad.is_empty() {
                return Ok(read);
            }
        }
        bad.sort_by_key(|one| one.line);
        Err(bad)
    }

    /// The steps.
    pub fn iter(&self) -> impl Iterator<Item = &Step> {
        self.0.iter()
    }

    /// How many there are; never none.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "steps that were read are never empty"
    )]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The step at a place, from 0.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&Step> {
        self.0.get(place)
    }

    /// Where one can go from a step, in the order of the page.
    #[must_use]
    pub fn ways(&self, place: usize) -> Vec<Way> {
        let way = |to: usize, when: &str| Way {
            to,
            when: when.to_owned(),
        };
        let on = |when: &str| way(place + 1, when);
        match self.get(place).map(|step| &step.kind) {
            None | Some(Kind::Exit) => Vec::new(),
            Some(Kind::Wait(_) | Kind::Until { .. }) => vec![on("")],
            Some(Kind::If { then, .. }) => vec![way(*then, "yes"), on("no")],
            Some(Kind::Split(shares)) => {
                let share = |one: &Share| way(one.to, &format!("{} %", one.percent));
                shares.iter().map(share).collect()
            }
            Some(Kind::Send { refused: None, .. } | Kind::Ask { skipped: None, .. }) => {
                vec![on("")]
            }
            Some(Kind::Send {
                refused: Some(to), ..
            }) => vec![on("sent"), way(*to, "not permitted")],
            Some(Kind::Ask {
                skipped: Some(to), ..
            }) => vec![on("done"), way(*to, "skipped")],
            Some(Kind::GoTo(to)) => vec![way(*to, "")],
        }
    }

    /// The names of the contents that are sent, each once.
    #[must_use]
    pub fn contents(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for step in &self.0 {
            if let Kind::Send { content, .. } = &step.kind
                && !found.contains(&content.as_str())
            {
                found.push(content);
            }
        }
        found
    }

    /// The names of the audiences that are asked about, each once.
    #[must_use]
    pub fn audiences(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for step in &self.0 {
            if let Kind::If {
                test: Test::In(name),
                ..
            } = &step.kind
                && !found.contains(&name.as_str())
            {
                found.push(name);
            }
        }
        found
    }

    /// Lines that nobody reaches, and the end that is missing.
    fn loose_ends(&self) -> Vec<BadLine> {
        let mut reached = vec![false; self.0.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        for place in 0..self.0.len() {
            if reached.get(place) != Some(&true) {
                continue;
            }
            for way in self.ways(place) {
                if let Some(to) = reached.get_mut(way.to) {
                    *to = true;
                }
            }
        }
        let mut bad = Vec::new();
        for (step, is_reached) in self.0.iter().zip(&reached) {
            if !is_reached {
                bad.push(BadLine {
                    line: step.line,
                    says: "nobody comes here: give it a label and have another step go to it, or take it out".to_owned(),
                });
            }
        }
        if let (Some(true), Some(last)) = (reached.last(), self.0.last()) {
            bad.push(BadLine {
                line: last.line,
                says: "the journey does not end here: write `exit` as the last line".to_owned(),
            });
        }
        bad
    }
}

impl Step {
    /// What happens, in words.
    #[must_use]
    pub fn says(&self) -> String {
        match &self.kind {
            Kind::Wait(wait) => format!("Wait {wait}"),
            Kind::Until { hour, minute } => format!("Wait until {hour:02}:{minute:02}"),
            Kind::If { test, is_not, .. } => {
                let not = if *is_not { "not: " } else { "" };
                format!("If {not}{}", test.says())
            }
            Kind::Split(_) => "Split".to_owned(),
            Kind::Send { content, .. } => format!("Send \u{201c}{content}\u{201d}"),
            Kind::Ask { role, says, .. } => format!("{}: {says}", role.label()),
            Kind::GoTo(_) => "Go on".to_owned(),
            Kind::Exit => "Exit".to_owned(),
        }
    }
}

impl Kind {
    /// The way of whoever has this hash, for a split.
    #[must_use]
    pub fn dealt(&self, hash: &[u8]) -> Option<usize> {
        let Self::Split(shares) = self else {
            return None;
        };
        let bytes = hash.get(..8).unwrap_or_default();
        let word = u64::from_be_bytes(bytes.try_into().unwrap_or_default());
        // In hundredths of the whole, so that a percent is a percent.
        let place = (u128::from(word) * 100) >> 64;
        let mut below = 0_u128;
        for share in shares {
            below += u128::from(share.percent);
            if place < below {
                return Some(share.to);
            }
        }
        shares.last().map(|share| share.to)
    }

    /// Until when a wait lasts that begins now; none for what is no wait.
    #[must_use]
    pub fn lasts_until(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Wait(wait) => Some(now.saturating_add(wait.duration()).unwrap_or(now)),
            Self::Until { hour, minute } => {
                let today = now.to_zoned(zone.clone()).date();
                let days = [Some(today), today.tomorrow().ok()];
                let at = |day: crate::time::Date| {
                    let local = day.at(*hour, *minute, 0, 0).to_zoned(zone.clone());
                    local.ok().map(|at| at.timestamp())
                };
                days.into_iter()
                    .flatten()
                    .filter_map(at)
                    .find(|at| *at >= now)
            }
            _ => None,
        }
    }
}

/// A line in pieces.
struct Raw {
    line: usize,
    label: Option<String>,
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Plain(String),
    Quoted(String),
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(word) => f.write_str(word),
            Self::Quoted(text) => write!(f, "\"{text}\""),
        }
    }
}

fn lines(text: &str) -> (Vec<Raw>, Vec<BadLine>) {
    let (mut found, mut bad) = (Vec::<Raw>::new(), Vec::new());
    let mut waiting: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let (label, rest) = match labelled(line) {
            Some((label, rest)) => (Some(label.to_owned()), rest),
            None => (None, line),
        };
        let words = match words(rest) {
            Ok(words) => words,
            Err(says) => {
                bad.push(BadLine { line: number, says });
                continue;
            }
        };
        if let Some(label) = &label {
            let is_taken = found.iter().any(|one| one.label.as_ref() == Some(label));
            if is_taken {
                bad.push(BadLine {
                    line: number,
                    says: format!("the label `{label}` is taken: choose another one"),
                });
            }
        }
        if words.is_empty() {
            if let Some(label) = label {
                waiting = Some((number, label));
            }
            continue;
        }
        let label = label.or_else(|| waiting.take().map(|(_, label)| label));
        found.push(Raw {
            line: number,
            label,
            words,
        });
    }
    if let Some((line, label)) = waiting {
        bad.push(BadLine {
            line,
            says: format!("no step follows the label `{label}`: write one, `exit` for instance"),
        });
    }
    (found, bad)
}

/// A label at the start of a line, and what follows it.
fn labelled(line: &str) -> Option<(&str, &str)> {
    let (label, rest) = line.trim_start().split_once(':')?;
    let is_label = label.starts_with(|c: char| c.is_ascii_lowercase())
        && label
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    is_label.then_some((label, rest))
}

fn words(line: &str) -> Result<Vec<Word>, String> {
    let mut found = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '#' {
            break;
        }
        if first == '"' {
            let inside = rest.get(1..).unwrap_or_default();
            let Some((text, after)) = inside.split_once('"') else {
                return Err("a quotation mark is not closed".to_owned());
            };
            found.push(Word::Quoted(text.trim().to_owned()));
            rest = after;
        } else {
            let end = rest
                .find(|c: char| c.is_whitespace() || c == ',' || c == '"')
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            if !word.is_empty() {
                found.push(Word::Plain(word.to_owned()));
            }
            rest = after;
        }
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    }
    Ok(found)
}

const VERBS: &str = "a step begins with wait, if, split, send, ask, go to or exit";

impl Raw {
    fn kind(&self, place: usize, all: &[Raw]) -> Result<Kind, String> {
        let find = |label: &str| -> Result<usize, String> {
            let at = all
                .iter()
                .position(|one| one.label.as_deref() == Some(label))
                .ok_or_else(|| {
                    format!("no step has the label `{label}`: write `{label}:` before the step that is meant")
                })?;
            if at <= place {
                let line = all.get(at).map_or(0, |one| one.line);
                return Err(format!(
                    "it goes back to line {line}, and a journey goes forward only: write the steps once more below"
                ));
            }
            Ok(at)
        };
        let words: Vec<&str> = self
            .words
            .iter()
            .map(|word| match word {
                Word::Plain(word) => word.as_str(),
                Word::Quoted(_) => "\"",
            })
            .collect();
        match words.as_slice() {
            ["exit"] => Ok(Kind::Exit),
            ["go", "to", label] => find(label).map(Kind::GoTo),
            ["wait", "until", clock] => until(clock),
            ["wait", n, unit] => wait(n, unit),
            ["wait", ..] => Err("write `wait 3 days` or `wait until 09:00`".to_owned()),
            ["split", parts @ ..] => split(parts, find),
            ["if", rest @ ..] => self.test(rest, find),
            ["send", "\"", rest @ ..] => Ok(Kind::Send {
                content: self.quoted()?,
                refused: aside(rest, "refused", find)?,
            }),
            ["send", ..] => {
                Err("write the name of a content in quotation marks: `send \"Welcome\"`".to_owned())
            }
            ["ask", role, "to", "\"", rest @ ..] => Ok(Kind::Ask {
                role: worker(role)?,
                says: self.task()?,
                skipped: aside(rest, "skipped", find)?,
            }),
            ["ask", ..] => Err(format!(
                "write `ask {} to \"call and offer a date\"`",
                Role::Responder.as_str()
            )),
            [first, ..] => Err(format!("`{first}` is no step: {VERBS}")),
            [] => Err(VERBS.to_owned()),
        }
    }

    fn quoted(&self) -> Result<String, String> {
        self.words
            .iter()
            .find_map(|word| match word {
                Word::Quoted(text) if !text.is_empty() => Some(text.clone()),
                _ => None,
            })
            .ok_or_else(|| "the quotation marks are empty".to_owned())
    }

    fn task(&self) -> Result<String, String> {
        let says = self.quoted()?;
        if says.chars().count() > LONGEST_TASK {
            return Err(format!("say it in at most {LONGEST_TASK} characters"));
        }
        Ok(says)
    }

    fn test(
        &self,
        rest: &[&str],
        find: impl Fn(&str) -> Result<usize, String>,
    ) -> Result<Kind, String> {
        let (is_not, rest) = match rest {
            ["not", rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let (test, label) = match rest {
            ["answered", "go", "to", label] => (Test::Answered, label),
            ["opted", "out", "go", "to", label] => (Test::OptedOut, label),
            ["has", "appointment", "go", "to", label] => (Test::HasAppointment, label),
            ["in", "\"", "go", "to", label] => (Test::In(self.quoted()?), label),
            _ => {
                return Err("write `if TEST go to LABEL`, where the test is `in \"Audience\"`, `answered`, `opted out` or `has appointment`, with `not` before it if wanted".to_owned());
            }
        };
        Ok(Kind::If {
            test,
            is_not,
            then: find(label)?,
        })
    }
}

fn wait(n: &str, unit: &str) -> Result<Kind, String> {
    let wait: Wait = format!("{n} {unit}")
        .parse()
        .map_err(|_| "write a number and minutes, hours or days: `wait 3 days`".to_owned())?;
    if wait.minutes == 0 || wait.minutes > LONGEST_WAIT {
        return Err("a wait lasts from a minute to a year".to_owned());
    }
    Ok(Kind::Wait(wait))
}

fn until(clock: &str) -> Result<Kind, String> {
    let bad = || "write a time of day as `wait until 09:00`".to_owned();
    let (hour, minute) = clock.split_once(':').ok_or_else(bad)?;
    let part = |text: &str, most: i8| -> Result<i8, String> {
        let n: i8 = text.parse().map_err(|_| bad())?;
        if text.len() == 2 && (0..=most).contains(&n) {
            Ok(n)
        } else {
            Err(bad())
        }
    };
    Ok(Kind::Until {
        hour: part(hour, 23)?,
        minute: part(minute, 59)?,
    })
}

fn split(parts: &[&str], find: impl Fn(&str) -> Result<usize, String>) -> Result<Kind, String> {
    let bad = || "write `split 50 to a, 50 to b`: two to eight parts that make 100".to_owned();
    let mut shares = Vec::new();
    for part in parts.chunks(3) {
        let [percent, "to", label] = part else {
            return Err(bad());
        };
        let percent: u8 = percent.trim_end_matches('%').parse().map_err(|_| bad())?;
        if percent == 0 {
            return Err(bad());
        }
        shares.push(Share {
            percent,
            to: find(label)?,
        });
    }
    let whole: u32 = shares.iter().map(|one| u32::from(one.percent)).sum();
    if !(2..=8).contains(&shares.len()) || whole != 100 {
        return Err(bad());
    }
    Ok(Kind::Split(shares))
}

/// `if refused go to LABEL`, or nothing.
fn aside(
    rest: &[&str],
    word: &str,
    find: impl Fn(&str) -> Result<usize, String>,
) -> Result<Option<usize>, String> {
    match rest {
        [] => Ok(None),
        ["if", said, "go", "to", label] if *said == word => find(label).map(Some),
        _ => Err(format!(
            "after the quotation marks comes nothing, or `if {word} go to LABEL`"
        )),
    }
}

/// A task shows who it is about, so it goes to who may see people.
fn worker(code: &str) -> Result<Role, String> {
    let may = |role: &Role| role.capabilities().contains(&Capability::ViewPeople);
    Role::find(code).filter(may).ok_or_else(|| {
        let roles: Vec<&str> = Role::ALL
            .into_iter()
            .filter(may)
            .map(Role::as_str)
            .collect();
        format!(
            "a task names a person, so it goes to a role that may see people: {}",
            roles.join(" or ")
        )
    })
}
