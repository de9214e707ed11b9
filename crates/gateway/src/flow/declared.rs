//! What the file of a flow says besides its allow-list: from where, to where, what for, who answers, by which contract.

#[cfg(test)]
mod tests;

use placet_domain::flow::{Contract, ContractKind, Declaration, Destination, DestinationKind};
use placet_domain::time::Date;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::{Loader, is_name_byte};

/// The form of file that this program reads.
const FORMAT: i64 = 1;
/// The longest text of a declaration, in bytes.
const LONGEST: usize = 500;

/// The declared part of a file; an allow-list alone has none of it.
#[derive(Deserialize, Default)]
pub(super) struct Parts {
    pub(super) format: Option<Spanned<i64>>,
    pub(super) source: Option<Spanned<String>>,
    pub(super) purpose: Option<Spanned<String>>,
    pub(super) owners: Option<Owners>,
    pub(super) destination: Option<DestinationIn>,
    pub(super) contract: Option<Spanned<ContractIn>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owners {
    it: Spanned<String>,
    marketing: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DestinationIn {
    code: Spanned<String>,
    title: Spanned<String>,
    kind: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContractIn {
    kind: Spanned<String>,
    parties: Spanned<Vec<String>>,
    reference: Spanned<String>,
    valid_from: Spanned<Datetime>,
    valid_until: Spanned<Datetime>,
}

impl Parts {
    fn is_empty(&self) -> bool {
        self.format.is_none()
            && self.source.is_none()
            && self.purpose.is_none()
            && self.owners.is_none()
            && self.destination.is_none()
            && self.contract.is_none()
    }
}

impl Loader<'_> {
    /// The declaration; none for a file that is an allow-list alone, or with problems noted.
    pub(super) fn declaration(
        &mut self,
        (name, says): (&str, &str),
        parts: &Parts,
        has_hl7: bool,
    ) -> Option<Declaration> {
        if parts.is_empty() {
            return None;
        }
        match &parts.format {
            Some(format) if *format.get_ref() == FORMAT => {}
            Some(format) => {
                let says = format!("this program reads flows of format {FORMAT}");
                self.object_at(format.span().start, says);
            }
            None => self.lacks("format = 1"),
        }
        let source = self.code(parts.source.as_ref(), "source = \"ehr\"");
        let purpose = self.words(parts.purpose.as_ref(), "purpose");
        let owners = parts.owners.as_ref();
        if owners.is_none() {
            self.lacks("[owners] with it and marketing");
        }
        let it_owner = owners.and_then(|owners| self.words(Some(&owners.it), "it"));
        let marketing_owner =
            owners.and_then(|owners| self.words(Some(&owners.marketing), "marketing"));
        let destination = self.destination(parts.destination.as_ref());
        let contract = match &parts.contract {
            None => None,
            Some(contract) => Some(self.contract(contract.get_ref())?),
        };
        let destination = destination?;
        match (destination.kind, &parts.contract) {
            (DestinationKind::Vendor, None) => self.object_at(
                0,
                "data that go to another company need a contract: add [contract]".to_owned(),
            ),
            (DestinationKind::Own, Some(contract)) => self.object_at(
                contract.span().start,
                "the hospital needs no contract with itself; leave [contract] out, or name the \
                 company as destination"
                    .to_owned(),
            ),
            _ => {}
        }
        if destination.kind == DestinationKind::Vendor && has_hl7 {
            let says = "HL7 v2 messages go to the hospital itself only; list FHIR fields or columns for a company";
            self.object_at(0, says.to_owned());
        }
        Some(Declaration {
            name: name.to_owned(),
            says: says.to_owned(),
            source: source?,
            purpose: purpose?,
            it_owner: it_owner?,
            marketing_owner: marketing_owner?,
            destination,
            contract,
        })
    }

    fn destination(&mut self, given: Option<&DestinationIn>) -> Option<Destination> {
        let Some(given) = given else {
            self.lacks("[destination] with code, title and kind");
            return None;
        };
        let code = self.code(Some(&given.code), "code");
        let title = self.words(Some(&given.title), "title");
        let kind = DestinationKind::find(given.kind.get_ref());
        if kind.is_none() {
            let says = "the kind of a destination is `own` or `vendor`".to_owned();
            self.object(&given.kind, says);
        }
        Some(Destination {
            code: code?,
            title: title?,
            kind: kind?,
        })
    }

    fn contract(&mut self, given: &ContractIn) -> Option<Contract> {
        let kind = ContractKind::find(given.kind.get_ref());
        if kind.is_none() {
            let says = "the kind of a contract is `baa`, `data_use` or `other`".to_owned();
            self.object(&given.kind, says);
        }
        let parties = given.parties.get_ref();
        if parties.len() < 2 || parties.iter().any(|party| !is_wording(party)) {
            let says = "name both parties of the contract, each in at most 500 letters".to_owned();
            self.object_at(given.parties.span().start, says);
        }
        let reference = self.words(Some(&given.reference), "reference");
        let valid_from = self.date(&given.valid_from);
        let valid_until = self.date(&given.valid_until);
        let (valid_from, valid_until) = (valid_from?, valid_until?);
        if valid_until < valid_from {
            let says =
                format!("the contract ends on {valid_until}, before it begins on {valid_from}");
            self.object_at(given.valid_until.span().start, says);
        }
        Some(Contract {
            kind: kind?,
            parties: parties.clone(),
            reference: reference?,
            valid_from,
            valid_until,
        })
    }

    fn date(&mut self, given: &Spanned<Datetime>) -> Option<Date> {
        let written = given.get_ref();
        let date = match (written.date, written.time, written.offset) {
            (Some(date), None, None) => date.to_string().parse().ok(),
            _ => None,
        };
        if date.is_none() {
            let says = "write a day, as 2026-12-31, without a time".to_owned();
            self.object_at(given.span().start, says);
        }
        date
    }

    fn code(&mut self, given: Option<&Spanned<String>>, named: &str) -> Option<String> {
        let Some(given) = given else {
            self.lacks(named);
            return None;
        };
        let code = given.get_ref();
        if code.is_empty() || code.len() > 40 || !code.bytes().all(is_name_byte) {
            let says = "a code is made of a-z, 0-9, `_` and `-`, at most 40".to_owned();
            self.object(given, says);
            return None;
        }
        Some(code.clone())
    }

    fn words(&mut self, given: Option<&Spanned<String>>, named: &str) -> Option<String> {
        let Some(given) = given else {
            self.lacks(named);
            return None;
        };
        if !is_wording(given.get_ref()) {
            let says = format!("`{named}`: say it in 1 to {LONGEST} letters, on one line");
            self.object(given, says);
            return None;
        }
        Some(given.get_ref().trim().to_owned())
    }

    fn lacks(&mut self, what: &str) {
        self.object_at(0, format!("a declared flow also says `{what}`"));
    }
}

pub(super) fn is_wording(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
}
