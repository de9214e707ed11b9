//! One message through a flow: the listed values come out, written anew with the usual separators
//! and in UTF-8, at the places they had.

use super::escape::{self, Charset};
use super::rules::{Choice, PartRule, Parts, Rules, SegmentRule, shown};
use super::split::{Marks, Message, Segment, parts};
use crate::door::{Passed, Released};
use crate::fault::{Fault, Kind};
use crate::flow::Flow;
use crate::report::Tally;

/// Passes one message; what is kept of it replaces what `into` held.
pub(crate) fn message(
    flow: &Flow,
    text: &[u8],
    tally: &mut Tally,
    into: &mut Released,
) -> Result<Passed, Fault> {
    let message = Message::parse(text)?;
    let mut segments = message.segments();
    let header = segments.next().ok_or(Fault::of(Kind::NotAMessage))?;
    let (kind, event) = message_type(&header, &message.marks);
    let Some(rules) = flow.hl7().filter(|rules| rules.takes(kind, event)) else {
        tally.dropped_named(&shown(kind, event), 1);
        return Ok(Passed::Dropped);
    };
    let charset = Charset::find(header.field(18))?;
    into.kind = "message";
    into.json.clear();
    let mut pass = Pass {
        rules,
        marks: message.marks,
        charset,
        tally,
        out: &mut into.json,
    };
    pass.header(&header)?;
    for segment in segments {
        match rules.segment(segment.name) {
            Choice::Listed(rule) => pass.segment(rule, &segment)?,
            Choice::Dropped(counter) => pass.tally.dropped(counter),
        }
    }
    Ok(Passed::Kept)
}

/// The kind of message and its event, as `ADT` and `A01`.
pub(crate) fn message_type<'m>(header: &Segment<'m>, marks: &Marks) -> (&'m [u8], &'m [u8]) {
    let mut words = parts(header.field(9), marks.component);
    let kind = words.next().unwrap_or_default();
    (kind, words.next().unwrap_or_default())
}

struct Pass<'p> {
    rules: &'p Rules,
    marks: Marks,
    charset: Charset,
    tally: &'p mut Tally,
    out: &'p mut String,
}

impl Pass<'_> {
    /// Separators, type and character set are always written; the rest is listed or dropped.
    fn header(&mut self, segment: &Segment<'_>) -> Result<(), Fault> {
        let Choice::Listed(rule) = self.rules.segment(b"MSH") else {
            return Ok(());
        };
        self.out.push_str("MSH|^~\\&");
        let mut written = 2;
        for (number, text) in segment.fields() {
            match number {
                2 | 18 => {}
                9 => {
                    self.separate(&mut written, number);
                    let (kind, event) = message_type(segment, &self.marks);
                    // Both stand in the flow, letter by letter.
                    self.out.push_str(&String::from_utf8_lossy(kind));
                    self.out.push('^');
                    self.out.push_str(&String::from_utf8_lossy(event));
                }
                _ => self.field(rule, number, text, &mut written)?,
            }
        }
        self.separate(&mut written, 18);
        self.out.push_str("UNICODE UTF-8\r");
        Ok(())
    }

    fn segment(&mut self, rule: &SegmentRule, segment: &Segment<'_>) -> Result<(), Fault> {
        let start = self.out.len();
        self.out.push_str(rule.name);
        let mut written = 0;
        for (number, text) in segment.fields() {
            self.field(rule, number, text, &mut written)?;
        }
        if written == 0 {
            self.out.truncate(start);
        } else {
            self.out.push('\r');
        }
        Ok(())
    }

    fn separate(&mut self, written: &mut usize, number: usize) {
        while *written < number {
            self.out.push('|');
            *written += 1;
        }
    }

    fn field(
        &mut self,
        rule: &SegmentRule,
        number: usize,
        text: &[u8],
        written: &mut usize,
    ) -> Result<(), Fault> {
        if text.is_empty() {
            return Ok(());
        }
        let kept = match rule.field(number) {
            Ok(kept) => kept,
            Err(counter) => {
                self.tally.dropped(counter);
                return Ok(());
            }
        };
        let (start, before) = (self.out.len(), *written);
        self.separate(written, number);
        let fields_end = self.out.len();
        let holds_ids = rule.holds_ids(number);
        for (at, repetition) in parts(text, self.marks.repetition).enumerate() {
            if holds_ids {
                let kind = parts(repetition, self.marks.component).nth(4);
                let kind = parts(kind.unwrap_or_default(), self.marks.sub).next();
                // As it will be read: an escape in it must not make `SS` look like no type.
                let kind = escape::text(kind.unwrap_or_default(), &self.marks, self.charset)
                    .unwrap_or_default();
                if let Err(counter) = self.rules.takes_id(kind.as_bytes(), at == 0) {
                    self.tally.dropped(counter);
                    continue;
                }
            }
            let here = self.out.len();
            if here > fields_end {
                self.out.push('~');
            }
            let at = self.out.len();
            self.components(kept, repetition, rule.name, number)?;
            if self.out.len() == at {
                self.out.truncate(here);
            }
        }
        if self.out.len() == fields_end {
            self.out.truncate(start);
            *written = before;
        }
        Ok(())
    }

    fn components(
        &mut self,
        kept: &Parts,
        text: &[u8],
        segment: &str,
        field: usize,
    ) -> Result<(), Fault> {
        let mut written = 0;
        for (at, component) in parts(text, self.marks.component).enumerate() {
            if component.is_empty() {
                continue;
            }
            let parts = match kept.rule(at) {
                Ok(PartRule::Parts(parts)) => parts,
                Ok(PartRule::Dropped(counter)) => {
                    self.tally.dropped(*counter);
                    continue;
                }
                Err(counter) => {
                    self.tally.dropped(counter);
                    continue;
                }
                Ok(PartRule::One | PartRule::Free(_)) => continue,
            };
            let before = (self.out.len(), written);
            while written < at {
                self.out.push('^');
                written += 1;
            }
            let empty = self.out.len();
            self.subs(parts, component)
                .ok_or_else(|| not_text(segment, field, at + 1))?;
            if self.out.len() == empty {
                self.out.truncate(before.0);
                written = before.1;
            }
        }
        Ok(())
    }

    /// The sub-components; nothing when one of them is no text.
    fn subs(&mut self, kept: &Parts, text: &[u8]) -> Option<()> {
        let mut written = 0;
        for (at, sub) in parts(text, self.marks.sub).enumerate() {
            if sub.is_empty() {
                continue;
            }
            match kept.rule(at) {
                Ok(rule @ (PartRule::One | PartRule::Free(_))) => {
                    let mut text = escape::text(sub, &self.marks, self.charset)?;
                    if text.is_empty() {
                        continue;
                    }
                    if let PartRule::Free(path) = rule
                        && let Some(clean) = self.tally.without_phi(path, &text)
                    {
                        text = clean.into();
                    }
                    while written < at {
                        self.out.push('&');
                        written += 1;
                    }
                    escape::write(&text, self.out);
                }
                Ok(PartRule::Dropped(counter)) => self.tally.dropped(*counter),
                Err(counter) => self.tally.dropped(counter),
                Ok(PartRule::Parts(_)) => {}
            }
        }
        Some(())
    }
}

fn not_text(segment: &str, field: usize, component: usize) -> Fault {
    Fault::at(Kind::NotUtf8, &format!("{segment}-{field}.{component}"))
}
