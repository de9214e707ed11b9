//! What a filtered message says: people, appointments, and which of two records go together.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::arrival::{AppointmentArrival, Arrival, Joining, PersonArrival, Unsaid};
use placet_domain::channel::Channel;
use placet_domain::person::{Identity, Origin, Relationship};
use placet_domain::time::{Date, TimeZone};

use super::escape::{self, Charset};
use super::split::{Marks, Message, Segment, parts};
use super::time;
use crate::fault::{Fault, Kind};
use crate::value::reach::{Gather, postal_line};
use crate::value::residence::{is_united_states, state, time_zone};
use crate::value::text::{self, text};

/// What comes out of a message, and what had to be left out.
pub(crate) type Said = (Vec<Arrival>, Vec<Fault>);

/// Reads a message that the filter has written.
pub(crate) fn message(released: &str, zone: Option<&TimeZone>, today: Date) -> Result<Said, Fault> {
    let message = Message::parse(released.as_bytes())?;
    let header = message
        .segments()
        .next()
        .ok_or(Fault::of(Kind::NotAMessage))?;
    let (kind, event) = super::filter::message_type(&header, &message.marks);
    let sent = Value(header.field(7)).plain();
    let mut reader = Reader {
        today,
        zone,
        offset: time::offset(&sent).map(str::to_owned),
        arrivals: Vec::new(),
        left_out: Vec::new(),
        last: None,
        people: Vec::new(),
        appointment: None,
    };
    for segment in message.segments() {
        reader.segment(kind, event, &segment)?;
    }
    reader.finish(kind, event)
}

/// A field, component or value of a filtered message: usual separators, UTF-8.
#[derive(Clone, Copy)]
struct Value<'v>(&'v [u8]);

impl<'v> Value<'v> {
    fn field(segment: &Segment<'v>, number: usize) -> Self {
        Self(segment.field(number))
    }

    /// Whether the sender left it empty, which changes nothing; two quotes are a value.
    fn is_unsaid(self) -> bool {
        self.0.is_empty()
    }

    fn repetitions(self) -> impl Iterator<Item = Self> {
        parts(self.0, Marks::USUAL.repetition)
            .map(Value)
            .filter(|one| !one.0.is_empty())
    }

    /// A component, from 1, by its first sub-component.
    fn component(self, number: usize) -> String {
        self.sub(number, 1)
    }

    fn sub(self, number: usize, sub: usize) -> String {
        let component = parts(self.0, Marks::USUAL.component).nth(number - 1);
        let value = component.and_then(|it| parts(it, Marks::USUAL.sub).nth(sub - 1));
        Value(value.unwrap_or_default()).plain()
    }

    /// Its text; two quotes, which delete a value, are an empty one.
    fn plain(self) -> String {
        match escape::text(self.0, &Marks::USUAL, Charset::Utf8) {
            Some(text) if text != "\"\"" => text.trim_matches(' ').to_owned(),
            _ => String::new(),
        }
    }
}

struct Reader<'z> {
    today: Date,
    zone: Option<&'z TimeZone>,
    /// The offset of the message's own time.
    offset: Option<String>,
    arrivals: Vec<Arrival>,
    left_out: Vec<Fault>,
    /// The id in the last PID, for the MRG that follows it.
    last: Option<String>,
    people: Vec<String>,
    appointment: Option<Appointment>,
}

#[derive(Default)]
struct Appointment {
    id: String,
    status: String,
    /// When it begins, with the path it was read at; the most exact statement wins.
    starts: Vec<(u8, &'static str, String)>,
    place: String,
}

impl Reader<'_> {
    fn segment(&mut self, kind: &[u8], event: &[u8], segment: &Segment<'_>) -> Result<(), Fault> {
        let field = |number| Value::field(segment, number);
        match segment.name {
            b"PID" => {
                let id = own_id(field(3)).or_else(|| own_id(field(2)));
                let id = text::id("PID-3.1", id.as_deref())?;
                self.person(segment, &id)?;
                self.people.push(id.clone());
                self.last = Some(id);
            }
            b"MRG" if is_merge(kind, event) => {
                let Some(survivor) = self.last.clone() else {
                    return Err(Fault::at(Kind::NoPerson, "PID-3.1"));
                };
                let Some(retired) = own_id(field(1)).or_else(|| own_id(field(4))) else {
                    return Err(Fault::at(Kind::NoId, "MRG-1.1"));
                };
                let retired = text::id("MRG-1.1", Some(&retired))?;
                if retired != survivor {
                    // Joined before the survivor's facts are taken, so that a new id of somebody
                    // held finds them.
                    let at = self.arrivals.len().saturating_sub(1);
                    self.arrivals
                        .insert(at, Arrival::Joined(Joining { survivor, retired }));
                }
            }
            b"SCH" => {
                let own = field(2).component(1);
                let placer = field(1).component(1);
                let start = field(11).component(4);
                let appointment = self.appointment.get_or_insert_default();
                appointment.id = if own.is_empty() { placer } else { own };
                appointment.status = field(25).component(1);
                appointment.starts.push((2, "SCH-11.4", start));
            }
            b"TQ1" => self.starts(0, "TQ1-7", field(7).plain()),
            b"AIS" => self.starts(1, "AIS-4", field(4).plain()),
            b"AIL" => {
                self.starts(1, "AIL-6", field(6).plain());
                let named = [9, 1].map(|component| field(3).component(component));
                let place = named.into_iter().find(|name| !name.is_empty());
                if let (Some(place), Some(appointment)) = (place, &mut self.appointment) {
                    appointment.place = text("AIL-3.9", &place)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn starts(&mut self, rank: u8, path: &'static str, written: String) {
        if let Some(appointment) = &mut self.appointment {
            appointment.starts.push((rank, path, written));
        }
    }

    fn finish(mut self, kind: &[u8], event: &[u8]) -> Result<Said, Fault> {
        if (kind, event) == (&b"ADT"[..], &b"A37"[..])
            && let [one, other] = self.people.as_slice()
        {
            let joining = Joining {
                survivor: one.clone(),
                retired: other.clone(),
            };
            // Parted first, so that what follows is said of the right one.
            self.arrivals.insert(0, Arrival::Parted(joining));
        }
        if let Some(appointment) = self.appointment.take()
            && let Err(fault) = self.appointment(event, appointment)
        {
            self.left_out.push(fault);
        }
        Ok((self.arrivals, self.left_out))
    }

    fn appointment(&mut self, event: &[u8], said: Appointment) -> Result<(), Fault> {
        let source_ref = text::id("SCH-2.1", Some(&said.id))?;
        let person_ref = self
            .people
            .first()
            .cloned()
            .ok_or_else(|| Fault::at(Kind::NoPerson, "PID-3.1"))?;
        let mut starts = said.starts;
        starts.retain(|(_, _, written)| !written.is_empty());
        starts.sort_by_key(|(rank, ..)| *rank);
        let Some((_, path, written)) = starts.first() else {
            return Ok(());
        };
        let starts_at = time::instant(path, written, self.zone, self.offset.as_deref())?;
        let mut details = BTreeMap::new();
        if !said.place.is_empty() {
            details.insert("appointment_place".to_owned(), said.place);
        }
        self.arrivals.push(Arrival::Appointment(AppointmentArrival {
            source_ref,
            person_ref,
            starts_at,
            status: status(event, &said.status).to_owned(),
            details,
        }));
        Ok(())
    }

    fn person(&mut self, segment: &Segment<'_>, id: &str) -> Result<(), Fault> {
        let field = |number| Value::field(segment, number);
        let (given, family) = name(field(5))?;
        let birth_date = self.birth_date(&field(7).plain())?;
        let (is_dead, deceased_on) = self.died(&field(29).plain(), &field(30).plain(), birth_date);
        let residence = self.residence(field(11))?;
        let mut elements = BTreeMap::new();
        if let Some(gender) = gender(&field(8).component(1))? {
            elements.insert("gender".to_owned(), gender.to_owned());
        }
        let mut gather = Gather::new(Origin::Care);
        for (number, path) in [(40, "PID-40"), (13, "PID-13"), (14, "PID-14")] {
            take_telecom(field(number), path, &mut gather)?;
        }
        if let Some(line) = &residence.line {
            gather.take("PID-11", Channel::Postal, line)?;
        }
        let (reach, unusable) = gather.into_parts();
        self.left_out.extend(unusable);
        // Whoever is in these messages seeks or gets care: the strictest reading (S65).
        let relationship = if is_dead {
            Relationship::Deceased
        } else {
            Relationship::Patient
        };
        self.arrivals.push(Arrival::Person(Box::new(PersonArrival {
            source_ref: id.to_owned(),
            relationship,
            residence: residence.code,
            time_zone: residence.time_zone,
            deceased_on,
            flags: BTreeSet::new(),
            identity: Identity {
                given,
                family,
                birth_date,
                language: language(&field(15).component(1)),
                elements,
            },
            reach,
            unsaid: unsaid(segment),
        })));
        Ok(())
    }

    fn birth_date(&mut self, written: &str) -> Result<Option<Date>, Fault> {
        if written.is_empty() {
            return Ok(None);
        }
        match time::day("PID-7", written, self.today) {
            Ok(date) => Ok(Some(date)),
            Err(fault) if fault.kind == Kind::PartialDate => {
                self.left_out.push(fault);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Death is never doubted: a date that is not plausible is left out, the fact is kept.
    fn died(&mut self, on: &str, indicator: &str, born: Option<Date>) -> (bool, Option<Date>) {
        let is_said = indicator.eq_ignore_ascii_case("Y");
        if on.is_empty() {
            return (is_said, None);
        }
        let read = match time::day("PID-29", on, self.today) {
            Ok(on) if born.is_some_and(|born| on < born) => Err(Fault::at(Kind::BadDate, "PID-29")),
            read => read,
        };
        match read {
            Ok(on) => (true, Some(on)),
            Err(fault) => {
                self.left_out.push(fault);
                (true, None)
            }
        }
    }

    /// The home address, else the first that is neither wrong nor of the past.
    fn residence(&mut self, addresses: Value<'_>) -> Result<Residence, Fault> {
        let all: Vec<Value<'_>> = addresses.repetitions().collect();
        let kind = |address: &&Value<'_>| address.component(7);
        let chosen = all
            .iter()
            .find(|address| matches!(kind(address).as_str(), "H" | "HOME"))
            .or_else(|| {
                all.iter().find(|address| {
                    !matches!(
                        kind(address).as_str(),
                        "BA" | "BR" | "BDL" | "N" | "F" | "RH"
                    )
                })
            });
        let Some(address) = chosen else {
            return Ok(Residence::default());
        };
        let part = |component: usize| text("PID-11", &address.component(component));
        let lines = [part(1)?, part(2)?];
        let lines: Vec<&str> = lines
            .iter()
            .map(String::as_str)
            .filter(|line| !line.is_empty())
            .collect();
        let (city, written_state, postal_code) = (part(3)?, part(4)?, part(5)?);
        let country = part(6)?;
        if !is_united_states(Some(country.as_str())) {
            return Ok(Residence::default());
        }
        let code = state(&written_state);
        if code.is_none() && !written_state.is_empty() {
            self.left_out.push(Fault::at(Kind::BadState, "PID-11.4"));
        }
        let postal_code = zip(&postal_code);
        Ok(Residence {
            code: code.map(|code| format!("US-{code}")),
            time_zone: code
                .and_then(|code| time_zone(code, Some(&postal_code)))
                .map(str::to_owned),
            line: code.and_then(|code| postal_line(&lines.join(", "), &city, code, &postal_code)),
        })
    }
}

#[derive(Default)]
struct Residence {
    code: Option<String>,
    time_zone: Option<String>,
    line: Option<String>,
}

/// What a PID leaves as it is. One field of numbers speaks for all of them: addresses are held
/// without the field that gave them.
fn unsaid(segment: &Segment<'_>) -> Unsaid {
    let is_unsaid = |number| Value::field(segment, number).is_unsaid();
    let mut channels = BTreeSet::new();
    if [13, 14, 40].into_iter().all(is_unsaid) {
        channels.extend([Channel::Email, Channel::Sms, Channel::VoiceLive]);
    }
    if is_unsaid(11) {
        channels.insert(Channel::Postal);
    }
    Unsaid {
        channels,
        elements: is_unsaid(8),
        death: is_unsaid(29) && is_unsaid(30),
    }
}

/// Nine digits without a dash, as older systems write them.
fn zip(written: &str) -> String {
    match written.split_at_checked(5) {
        Some((five, four)) if four.len() == 4 && written.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{five}-{four}")
        }
        _ => written.to_owned(),
    }
}

/// The messages in which MRG names the record that goes.
fn is_merge(kind: &[u8], event: &[u8]) -> bool {
    kind == b"ADT" && matches!(event, b"A18" | b"A34" | b"A36" | b"A39" | b"A40" | b"A47")
}

/// The medical record number, else the first id; with who gave it, since two may give the same.
fn own_id(ids: Value<'_>) -> Option<String> {
    let all: Vec<Value<'_>> = ids.repetitions().collect();
    let chosen = all
        .iter()
        .find(|id| id.component(5) == "MR")
        .or_else(|| all.first())?;
    let number = chosen.component(1);
    let authority = [1, 2]
        .map(|sub| chosen.sub(4, sub))
        .into_iter()
        .find(|name| !name.is_empty());
    match authority {
        _ if number.is_empty() => None,
        Some(authority) => Some(format!("{authority}|{number}")),
        None => Some(number),
    }
}

/// The legal name, else the first that is neither old nor a nickname nor an alias.
fn name(names: Value<'_>) -> Result<(String, String), Fault> {
    let all: Vec<Value<'_>> = names.repetitions().collect();
    let kind = |name: &&Value<'_>| name.component(7);
    let chosen = all
        .iter()
        .find(|name| kind(name) == "L")
        .or_else(|| all.iter().find(|name| kind(name) == "D"))
        .or_else(|| {
            all.iter()
                .find(|name| !matches!(kind(name).as_str(), "A" | "B" | "M" | "N" | "S"))
        })
        .ok_or_else(|| Fault::at(Kind::NoName, "PID-5"))?;
    let given = [
        text("PID-5.2", &chosen.component(2))?,
        text("PID-5.3", &chosen.component(3))?,
    ];
    let family = text("PID-5.1", &chosen.component(1))?;
    let given = given.join(" ").trim().to_owned();
    if given.is_empty() && family.is_empty() {
        return Err(Fault::at(Kind::NoName, "PID-5"));
    }
    Ok((given, family))
}

fn gender(written: &str) -> Result<Option<&'static str>, Fault> {
    match written.to_ascii_uppercase().as_str() {
        "" => Ok(None),
        "F" => Ok(Some("female")),
        "M" => Ok(Some("male")),
        "O" | "A" | "N" | "X" => Ok(Some("other")),
        "U" => Ok(Some("unknown")),
        _ => Err(Fault::at(Kind::BadCode, "PID-8.1")),
    }
}

/// Numbers and addresses: what a fax or a pager has is no way to reach somebody.
fn take_telecom(all: Value<'_>, path: &str, gather: &mut Gather) -> Result<(), Fault> {
    for one in all.repetitions() {
        let (usage, equipment) = (one.component(2), one.component(3));
        if matches!(equipment.as_str(), "FX" | "BP" | "MD") {
            continue;
        }
        let mail = one.component(4);
        let whole = one.component(1);
        if !mail.is_empty() && mail.contains('@') {
            gather.take(path, Channel::Email, &mail)?;
        }
        if usage == "NET" || equipment.eq_ignore_ascii_case("Internet") || whole.contains('@') {
            if mail.is_empty() {
                gather.take(path, Channel::Email, &whole)?;
            }
            continue;
        }
        let is_mobile = equipment == "CP" || usage == "PRS";
        let number = if whole.is_empty() {
            let (area, local) = (one.component(6), one.component(7));
            if local.is_empty() {
                one.component(12)
            } else {
                format!("{area}{local}")
            }
        } else {
            whole
        };
        gather.take_number(path, &number, is_mobile)?;
    }
    Ok(())
}

/// ISO 639 in two or three letters; the two most frequent in one form.
fn language(written: &str) -> Option<String> {
    match written.to_ascii_lowercase().as_str() {
        "eng" | "english" => Some("en".to_owned()),
        "spa" | "spanish" => Some("es".to_owned()),
        other if matches!(other.len(), 2 | 3) => text::language(other),
        _ => text::language(written).filter(|tag| tag.contains('-')),
    }
}

/// The word of the standard that the rest of the program knows. What happened counts before what
/// the appointment's own status says.
fn status(event: &[u8], said: &str) -> &'static str {
    match event {
        b"S15" | b"S16" => return "cancelled",
        b"S17" => return "entered-in-error",
        b"S26" => return "noshow",
        _ => {}
    }
    match said.to_ascii_lowercase().as_str() {
        "cancelled" | "dc" | "blocked" => "cancelled",
        "complete" => "fulfilled",
        "deleted" => "entered-in-error",
        "noshow" => "noshow",
        "pending" => "pending",
        "started" => "arrived",
        "waitlist" => "waitlist",
        _ => "booked",
    }
}
