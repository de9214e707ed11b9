//! One invented person after the other: who they are, where they live, how they are reached.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::arrival::{PersonArrival, Reach, Unsaid};
use placet_domain::channel::Channel;
use placet_domain::person::{Identity, Origin, Relationship};
use placet_domain::time::Date;

use super::chance::Chance;
use super::words::{self, TOWNS, Town};

/// Somebody who does not exist.
pub struct Invented {
    /// Which one, from zero.
    pub n: usize,
    /// The system that knows them.
    pub source: &'static str,
    /// What that system says of them.
    pub arrival: PersonArrival,
    /// The day of the demo's time on which they arrive.
    pub joined: u32,
}

impl Invented {
    /// The person of this number, born so that they have an age at the end of the demo's time.
    #[must_use]
    pub fn new(seed: u64, n: usize, days: u32, today: Date) -> Self {
        let mut chance = Chance::of(seed, n);
        let relationship = relationship(&mut chance);
        let town = TOWNS
            .get(chance.weighted(&TOWNS.map(|town| town.weight)))
            .copied()
            .unwrap_or(words::TOWNS[0]);
        let identity = identity(&mut chance, relationship, today);
        let reach = reach(&mut chance, n, relationship, town, &identity);
        let joined = if chance.per_mille(620) {
            0
        } else {
            chance.below(days.saturating_sub(20))
        };
        let arrival = PersonArrival {
            source_ref: format!("{n:06}"),
            relationship,
            residence: Some(format!("US-{}", town.state)),
            time_zone: town.zone.map(str::to_owned),
            deceased_on: None,
            flags: flags(&mut chance, relationship),
            identity,
            reach,
            unsaid: Unsaid::default(),
        };
        Self {
            n,
            source: source(relationship),
            arrival,
            joined,
        }
    }

    /// Whether they can be written to.
    #[must_use]
    pub fn has_email(&self) -> bool {
        self.arrival
            .reach
            .iter()
            .any(|reach| reach.channel == Channel::Email)
    }

    /// Whether they can be texted.
    #[must_use]
    pub fn has_mobile(&self) -> bool {
        self.arrival
            .reach
            .iter()
            .any(|reach| reach.channel == Channel::Sms)
    }

    /// Their age in full years on a day.
    #[must_use]
    pub fn age_on(&self, day: Date) -> u16 {
        self.arrival.identity.age_on(day).unwrap_or(0)
    }
}

fn relationship(chance: &mut Chance) -> Relationship {
    match chance.weighted(&[790, 12, 120, 70, 8]) {
        0 => Relationship::Patient,
        1 => Relationship::FormerPatient,
        2 => Relationship::Prospect,
        3 => Relationship::Donor,
        _ => Relationship::Enrollee,
    }
}

/// The system that knows such a person first.
#[must_use]
pub fn source(relationship: Relationship) -> &'static str {
    match relationship {
        Relationship::Prospect => "crm",
        Relationship::Donor => "foundation",
        _ => "ehr",
    }
}

fn identity(chance: &mut Chance, relationship: Relationship, today: Date) -> Identity {
    let middle = chance.one(&words::MIDDLE);
    let given = format!("{} {middle}", chance.one(&words::GIVEN))
        .trim()
        .to_owned();
    let family = format!(
        "{}{}",
        chance.one(&words::FAMILY_BEGIN),
        chance.one(&words::FAMILY_END)
    );
    // Children are patients only.
    let youngest = if relationship == Relationship::Patient {
        0
    } else {
        19
    };
    let age = [youngest, 19, 35, 50, 65, 80];
    let span = [19, 16, 15, 15, 15, 16];
    let group = chance.weighted(&[60, 190, 220, 240, 210, 80]);
    let years = age.get(group).unwrap_or(&40) + chance.below(*span.get(group).unwrap_or(&10));
    let year = today
        .year()
        .saturating_sub(i16::try_from(years).unwrap_or(40) + 1);
    let month = i8::try_from(1 + chance.below(12)).unwrap_or(1);
    let day = i8::try_from(1 + chance.below(28)).unwrap_or(1);
    let language = if chance.per_mille(90) { "es" } else { "en" };
    let gender = chance.one(&["female", "female", "male", "male", "other"]);
    Identity {
        given,
        family,
        birth_date: Date::new(year, month, day).ok(),
        language: Some(language.to_owned()),
        elements: BTreeMap::from([("gender".to_owned(), gender.to_owned())]),
    }
}

fn flags(chance: &mut Chance, relationship: Relationship) -> BTreeSet<String> {
    let mut flags = BTreeSet::new();
    if relationship == Relationship::Patient && chance.per_mille(6) {
        flags.insert("part2".to_owned());
    }
    flags
}

fn reach(
    chance: &mut Chance,
    n: usize,
    relationship: Relationship,
    town: Town,
    identity: &Identity,
) -> Vec<Reach> {
    let origin = match relationship {
        Relationship::Prospect => Origin::Form,
        Relationship::Donor => Origin::Gift,
        _ => Origin::Care,
    };
    let mut reach = Vec::with_capacity(4);
    let mut add = |channel, address| {
        reach.push(Reach {
            channel,
            address,
            origin,
        })
    };
    let is_prospect = relationship == Relationship::Prospect;
    if is_prospect || chance.per_mille(880) {
        let given = identity
            .given
            .split(' ')
            .next()
            .unwrap_or("a")
            .to_lowercase();
        let family = identity.family.to_lowercase();
        add(
            Channel::Email,
            format!("{given}.{family}{n}@{}", chance.one(&words::DOMAIN)),
        );
    }
    if chance.per_mille(820) {
        let home = format!("+1{}55501{:02}", town.area, chance.below(100));
        if chance.per_mille(700) {
            add(Channel::Sms, mobile(n));
        }
        add(Channel::VoiceLive, home);
    }
    if !is_prospect || chance.per_mille(300) {
        let street = format!(
            "{} {} {}",
            1 + chance.below(2_400),
            chance.one(&words::STREET),
            chance.one(&words::STREET_END)
        );
        let zip = town.zip + chance.below(60);
        add(
            Channel::Postal,
            format!("{street}, {}, {} {zip:05}", town.name, town.state),
        );
    }
    reach
}

/// A mobile number of one's own, as STOP closes a number for whoever has it. Of the numbers kept
/// for fiction there are a hundred in each area, and mobiles move with their people.
fn mobile(n: usize) -> String {
    let (area, last) = (201 + (n / 100) % 799, n % 100);
    format!("+1{area}55501{last:02}")
}
