//! A CSV of people: patients, prospects, donors.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::arrival::{PersonArrival, Unsaid};
use placet_domain::channel::Channel;
use placet_domain::person::{Identity, Origin, Relationship};
use placet_domain::time::Date;

use super::{Column, Row, Rule};
use crate::fault::{Fault, Kind};
use crate::fhir::walk::write_text;
use crate::flow::Flow;
use crate::trial::Values;
use crate::value::reach::{Gather, postal_line};
use crate::value::residence::{state, time_zone};
use crate::value::text::{self, text};
use crate::value::time::day;

macro_rules! fields {
    ($($variant:ident = $code:literal $rule:ident),+ $(,)?) => {
        /// What a column of a CSV of people can hold.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Field { $($variant),+ }

        impl Field {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            pub(crate) fn find(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|field| field.as_str() == code)
            }

            fn rule(self) -> Rule {
                match self { $(Self::$variant => Rule::$rule),+ }
            }

            fn path(self) -> &'static str {
                match self { $(Self::$variant => concat!("csv.", $code)),+ }
            }
        }
    };
}

fields! {
    SourceRef = "source_ref" Required,
    Given = "given" Optional,
    Family = "family" Required,
    BirthDate = "birth_date" Optional,
    Gender = "gender" Optional,
    Language = "language" Optional,
    Relationship = "relationship" Optional,
    DeceasedOn = "deceased_on" Optional,
    Email = "email" Optional,
    Phone = "phone" Number,
    Mobile = "mobile" Number,
    Street = "street" Optional,
    City = "city" Optional,
    State = "state" Optional,
    PostalCode = "postal_code" Optional,
}

/// The columns that a flow lets in, in the flow's order.
pub(crate) fn columns(flow: &Flow) -> Vec<Column> {
    flow.csv
        .iter()
        .map(|(field, headers)| Column {
            path: field.path().to_owned(),
            headers: headers.clone(),
            rule: field.rule(),
        })
        .collect()
}

/// The mapped cells of one row, by field.
pub(crate) struct Cells<'r> {
    flow: &'r Flow,
    row: &'r Row<'r>,
}

impl<'r> Cells<'r> {
    pub(crate) fn new(flow: &'r Flow, row: &'r Row<'r>) -> Self {
        Self { flow, row }
    }

    fn get(&self, field: Field) -> &'r str {
        let index = self
            .flow
            .csv
            .iter()
            .position(|(mapped, _)| *mapped == field);
        index.map_or("", |index| self.row.get(index))
    }

    /// The text of a field, checked.
    fn text(&self, field: Field) -> Result<String, Fault> {
        text(field.path(), self.get(field))
    }

    /// Each cell of the row by its header, before and after, for a trial alone.
    pub(crate) fn compared(&self) -> (Values, Values) {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (header, value, column) in self.row.all().filter(|(_, value, _)| !value.is_empty()) {
            before.push((header.to_owned(), value.to_owned()));
            let mapped = column.and_then(|column| self.flow.csv.get(column));
            if let Some((field, _)) = mapped {
                let hashed = match field {
                    Field::SourceRef => self.flow.pseudonym(value),
                    _ => None,
                };
                let kept = hashed.unwrap_or_else(|| self.get(*field).to_owned());
                after.push((header.to_owned(), kept));
            }
        }
        (before, after)
    }

    /// The fields that are not empty, as one line of JSON.
    pub(crate) fn json(&self, out: &mut String) {
        out.clear();
        out.push('{');
        for (field, _) in &self.flow.csv {
            let value = self.get(*field);
            if value.is_empty() {
                continue;
            }
            if out.len() > 1 {
                out.push(',');
            }
            write_text(out, field.as_str());
            out.push(':');
            let hashed = match field {
                Field::SourceRef => self.flow.pseudonym(value),
                _ => None,
            };
            write_text(out, hashed.as_deref().unwrap_or(value));
        }
        out.push('}');
    }

    /// The person in this row; the second part is what had to be left out.
    pub(crate) fn person(&self, today: Date) -> Result<(PersonArrival, Vec<Fault>), Fault> {
        let mut set_aside = Vec::new();
        let source_ref = text::id(Field::SourceRef.path(), Some(self.get(Field::SourceRef)))?;
        let (given, family) = (self.text(Field::Given)?, self.text(Field::Family)?);
        if given.is_empty() && family.is_empty() {
            return Err(Fault::at(Kind::NoName, Field::Family.path()));
        }
        let birth_date = self.day(Field::BirthDate, today, &mut set_aside)?;
        let deceased_on = self.day(Field::DeceasedOn, today, &mut set_aside)?;
        let is_dead = !self.get(Field::DeceasedOn).is_empty();
        let stated = self.relationship()?;
        let code = self.state(&mut set_aside)?;
        let (reach, unusable) = self.reach(origin(stated), code)?;
        set_aside.extend(unusable);
        let zip = self.get(Field::PostalCode);
        let identity = Identity {
            given,
            family,
            birth_date,
            language: self.language(),
            elements: self.elements()?,
        };
        let arrival = PersonArrival {
            source_ref,
            relationship: if is_dead {
                Relationship::Deceased
            } else {
                stated
            },
            residence: code.map(|code| format!("US-{code}")),
            time_zone: code
                .and_then(|code| time_zone(code, Some(zip)))
                .map(str::to_owned),
            deceased_on,
            flags: BTreeSet::new(),
            identity,
            reach,
            unsaid: self.unsaid(),
        };
        Ok((arrival, set_aside))
    }

    fn day(
        &self,
        field: Field,
        today: Date,
        set_aside: &mut Vec<Fault>,
    ) -> Result<Option<Date>, Fault> {
        match self.get(field) {
            "" => Ok(None),
            written => match day(field.path(), written, today) {
                Ok(date) => Ok(Some(date)),
                Err(fault) if fault.kind == Kind::PartialDate => {
                    set_aside.push(fault);
                    Ok(None)
                }
                Err(fault) => Err(fault),
            },
        }
    }

    /// Not saying it means a patient: the strictest reading.
    fn relationship(&self) -> Result<Relationship, Fault> {
        match self.get(Field::Relationship) {
            "" => Ok(Relationship::Patient),
            written => Relationship::find(&written.trim().to_lowercase().replace([' ', '-'], "_"))
                .ok_or_else(|| Fault::at(Kind::BadCode, Field::Relationship.path())),
        }
    }

    fn state(&self, set_aside: &mut Vec<Fault>) -> Result<Option<&'static str>, Fault> {
        let written = self.text(Field::State)?;
        let code = state(&written);
        if code.is_none() && !written.is_empty() {
            set_aside.push(Fault::at(Kind::BadState, Field::State.path()));
        }
        Ok(code)
    }

    fn reach(
        &self,
        origin: Origin,
        state: Option<&str>,
    ) -> Result<(Vec<placet_domain::arrival::Reach>, Vec<Fault>), Fault> {
        let mut gather = Gather::new(origin);
        gather.take(Field::Email.path(), Channel::Email, self.get(Field::Email))?;
        gather.take_number(Field::Mobile.path(), self.get(Field::Mobile), true)?;
        gather.take_number(Field::Phone.path(), self.get(Field::Phone), false)?;
        let (street, city) = (self.text(Field::Street)?, self.text(Field::City)?);
        let postal_code = self.text(Field::PostalCode)?;
        if let Some(line) = state.and_then(|state| postal_line(&street, &city, state, &postal_code))
        {
            gather.take(Field::Street.path(), Channel::Postal, &line)?;
        }
        Ok(gather.into_parts())
    }

    /// What the flow maps no column to.
    fn unsaid(&self) -> Unsaid {
        let is_unsaid = |field| self.flow.csv.iter().all(|(mapped, _)| *mapped != field);
        let columns = [
            (Channel::Email, Field::Email),
            (Channel::Sms, Field::Mobile),
            (Channel::Postal, Field::Street),
        ];
        let mut channels: BTreeSet<Channel> = columns
            .into_iter()
            .filter(|(_, field)| is_unsaid(*field))
            .map(|(channel, _)| channel)
            .collect();
        if is_unsaid(Field::Mobile) && is_unsaid(Field::Phone) {
            channels.insert(Channel::VoiceLive);
        }
        Unsaid {
            channels,
            elements: is_unsaid(Field::Gender),
            death: is_unsaid(Field::DeceasedOn),
        }
    }

    fn language(&self) -> Option<String> {
        Some(self.get(Field::Language))
            .filter(|written| !written.is_empty())
            .and_then(text::language)
    }

    fn elements(&self) -> Result<BTreeMap<String, String>, Fault> {
        const GENDERS: [&str; 4] = ["female", "male", "other", "unknown"];
        let mut elements = BTreeMap::new();
        let written = self.get(Field::Gender);
        if !written.is_empty() {
            let gender = text::code(Field::Gender.path(), &GENDERS, written)?;
            elements.insert("gender".to_owned(), gender.to_owned());
        }
        Ok(elements)
    }
}

/// Where the contact points of such a person come from.
fn origin(relationship: Relationship) -> Origin {
    match relationship {
        Relationship::Donor => Origin::Gift,
        Relationship::Prospect | Relationship::AppUser => Origin::Form,
        Relationship::None => Origin::List,
        _ => Origin::Care,
    }
}
