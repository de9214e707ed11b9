//! A person, read from what the flow left of a Patient.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::arrival::{PersonArrival, Unsaid};
use placet_domain::channel::Channel;
use placet_domain::person::{Identity, Origin, Relationship};
use placet_domain::time::Date;
use serde::Deserialize;

use crate::fault::{Fault, Kind};
use crate::value::reach::{Gather, postal_line};
use crate::value::residence::{is_united_states, state, time_zone};
use crate::value::text::{self, text};
use crate::value::time::day;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Patient {
    id: Option<String>,
    active: Option<bool>,
    #[serde(default)]
    name: Vec<Name>,
    #[serde(default)]
    telecom: Vec<Telecom>,
    gender: Option<String>,
    birth_date: Option<String>,
    deceased_boolean: Option<bool>,
    deceased_date_time: Option<String>,
    #[serde(default)]
    address: Vec<Address>,
    #[serde(default)]
    communication: Vec<Communication>,
}

#[derive(Deserialize)]
struct Name {
    r#use: Option<String>,
    #[serde(default)]
    family: String,
    #[serde(default)]
    given: Vec<String>,
}

#[derive(Deserialize)]
struct Telecom {
    system: Option<String>,
    #[serde(default)]
    value: String,
    r#use: Option<String>,
    rank: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Address {
    r#use: Option<String>,
    line: Vec<String>,
    city: String,
    state: String,
    postal_code: String,
    country: Option<String>,
}

#[derive(Deserialize)]
struct Communication {
    #[serde(default)]
    preferred: bool,
    language: Option<Concept>,
}

#[derive(Deserialize)]
struct Concept {
    #[serde(default)]
    coding: Vec<Coding>,
}

#[derive(Deserialize)]
struct Coding {
    #[serde(default)]
    code: String,
}

const GENDERS: [&str; 4] = ["female", "male", "other", "unknown"];

/// Reads a person; the second part is what had to be left out.
pub(crate) fn read(released: &str, today: Date) -> Result<(PersonArrival, Vec<Fault>), Fault> {
    let patient: Patient =
        serde_json::from_str(released).map_err(|_| Fault::at(Kind::WrongShape, "Patient"))?;
    let mut set_aside = Vec::new();
    let source_ref = text::id("Patient.id", patient.id.as_deref())?;
    let (given, family) = name(&patient.name)?;
    let birth_date = read_birth_date(patient.birth_date.as_deref(), today, &mut set_aside)?;
    let died = died(&patient, birth_date, today, &mut set_aside)?;
    let residence = residence(&patient.address, &mut set_aside)?;
    let mut elements = BTreeMap::new();
    if let Some(gender) = &patient.gender {
        let gender = text::code("Patient.gender", &GENDERS, gender)?;
        elements.insert("gender".to_owned(), gender.to_owned());
    }
    let mut gather = Gather::new(Origin::Care);
    take_telecom(&patient.telecom, &mut gather)?;
    if let Some(line) = &residence.line {
        gather.take("Patient.address", Channel::Postal, line)?;
    }
    let (reach, unusable) = gather.into_parts();
    set_aside.extend(unusable);

    let relationship = match (died.is_dead, patient.active) {
        (true, _) => Relationship::Deceased,
        (false, Some(false)) => Relationship::FormerPatient,
        (false, _) => Relationship::Patient,
    };
    let identity = Identity {
        given,
        family,
        birth_date,
        language: language(&patient.communication),
        elements,
    };
    let arrival = PersonArrival {
        source_ref,
        relationship,
        residence: residence.code,
        time_zone: residence.time_zone,
        deceased_on: died.on,
        flags: BTreeSet::new(),
        identity,
        reach,
        // A resource is whole. Only death is not denied by being left out.
        unsaid: Unsaid {
            death: died.is_unsaid,
            ..Unsaid::default()
        },
    };
    Ok((arrival, set_aside))
}

/// The official name, else the usual one, else the first that is neither old nor a nickname.
fn name(names: &[Name]) -> Result<(String, String), Fault> {
    let is_use = |name: &&Name, wanted: &str| name.r#use.as_deref() == Some(wanted);
    let is_past = |name: &&Name| {
        matches!(
            name.r#use.as_deref(),
            Some("old" | "maiden" | "nickname" | "anonymous")
        )
    };
    let chosen = names
        .iter()
        .find(|name| is_use(name, "official"))
        .or_else(|| names.iter().find(|name| is_use(name, "usual")))
        .or_else(|| names.iter().find(|name| !is_past(name)))
        .ok_or_else(|| Fault::at(Kind::NoName, "Patient.name"))?;
    let given = text("Patient.name.given", &chosen.given.join(" "))?;
    let family = text("Patient.name.family", &chosen.family)?;
    if given.is_empty() && family.is_empty() {
        return Err(Fault::at(Kind::NoName, "Patient.name"));
    }
    Ok((given, family))
}

fn read_birth_date(
    written: Option<&str>,
    today: Date,
    set_aside: &mut Vec<Fault>,
) -> Result<Option<Date>, Fault> {
    match written.map(|written| day("Patient.birthDate", written, today)) {
        None => Ok(None),
        Some(Ok(date)) => Ok(Some(date)),
        Some(Err(fault)) if fault.kind == Kind::PartialDate => {
            set_aside.push(fault);
            Ok(None)
        }
        Some(Err(fault)) => Err(fault),
    }
}

struct Died {
    is_unsaid: bool,
    is_dead: bool,
    on: Option<Date>,
}

/// Death is never doubted: a date that is not plausible is left out, the fact is kept.
fn died(
    patient: &Patient,
    born: Option<Date>,
    today: Date,
    set_aside: &mut Vec<Fault>,
) -> Result<Died, Fault> {
    const PATH: &str = "Patient.deceasedDateTime";
    let Some(written) = &patient.deceased_date_time else {
        return Ok(Died {
            is_unsaid: patient.deceased_boolean.is_none(),
            is_dead: patient.deceased_boolean == Some(true),
            on: None,
        });
    };
    let on = match day(PATH, written, today) {
        Ok(on) if born.is_some_and(|born| on < born) => Err(Fault::at(Kind::BadDate, PATH)),
        other => other,
    };
    if let Err(fault) = &on {
        set_aside.push(fault.clone());
    }
    Ok(Died {
        is_unsaid: false,
        is_dead: true,
        on: on.ok(),
    })
}

#[derive(Default)]
struct Residence {
    code: Option<String>,
    time_zone: Option<String>,
    line: Option<String>,
}

/// The home address, else the first that is not an old one.
fn residence(addresses: &[Address], set_aside: &mut Vec<Fault>) -> Result<Residence, Fault> {
    let chosen = addresses
        .iter()
        .find(|address| address.r#use.as_deref() == Some("home"))
        .or_else(|| {
            addresses
                .iter()
                .find(|address| address.r#use.as_deref() != Some("old"))
        });
    let Some(address) = chosen else {
        return Ok(Residence::default());
    };
    let street = text("Patient.address.line", &address.line.join(", "))?;
    let city = text("Patient.address.city", &address.city)?;
    let written_state = text("Patient.address.state", &address.state)?;
    let postal_code = text("Patient.address.postalCode", &address.postal_code)?;
    if !is_united_states(address.country.as_deref()) {
        return Ok(Residence::default());
    }
    let code = state(&written_state);
    if code.is_none() && !written_state.is_empty() {
        set_aside.push(Fault::at(Kind::BadState, "Patient.address.state"));
    }
    let line = code.and_then(|code| postal_line(&street, &city, code, &postal_code));
    Ok(Residence {
        code: code.map(|code| format!("US-{code}")),
        time_zone: code
            .and_then(|code| time_zone(code, Some(&postal_code)))
            .map(str::to_owned),
        line,
    })
}

/// Current numbers and addresses, the preferred ones first.
fn take_telecom(telecom: &[Telecom], gather: &mut Gather) -> Result<(), Fault> {
    const PATH: &str = "Patient.telecom.value";
    let mut current: Vec<&Telecom> = telecom
        .iter()
        .filter(|point| point.r#use.as_deref() != Some("old"))
        .collect();
    current.sort_by_key(|point| point.rank.unwrap_or(u64::MAX));
    for point in current {
        match point.system.as_deref() {
            Some("email") => gather.take(PATH, Channel::Email, &point.value)?,
            Some("phone") => {
                gather.take_number(PATH, &point.value, point.r#use.as_deref() == Some("mobile"))?;
            }
            Some("sms") => gather.take_number(PATH, &point.value, true)?,
            _ => {}
        }
    }
    Ok(())
}

fn language(communication: &[Communication]) -> Option<String> {
    let spoken = communication
        .iter()
        .find(|c| c.preferred)
        .or_else(|| communication.first())?;
    let coding = &spoken.language.as_ref()?.coding;
    coding
        .iter()
        .find_map(|coding| text::language(&coding.code))
}
