//! What a flow lists of HL7 v2, from paths such as `PID-5.2` to a table that a filter follows.

use std::fmt::Write as _;

use placet_domain::time::TimeZone;

use crate::flow::Names;

/// How many sub-components each component of a data type has; one means a single value.
type Shape = &'static [u8];

const ONE: Shape = &[1];
const HD: Shape = &[1, 1, 1];
const EI: Shape = &[1, 1, 1, 1];
const MSG: Shape = &[1, 1, 1];
const PT: Shape = &[1, 1];
const VID: Shape = &[1, 9, 9];
const CX: Shape = &[1, 1, 1, 3, 1, 3, 1, 1, 9, 9, 1, 1];
const XPN: Shape = &[5, 1, 1, 1, 1, 1, 1, 1, 9, 2, 1, 1, 1, 1, 1];
const XAD: Shape = &[
    3, 1, 1, 1, 1, 1, 1, 1, 9, 9, 1, 2, 1, 1, 9, 1, 1, 1, 1, 4, 4, 4, 4,
];
const XTN: Shape = &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 9, 4, 1];
const XCN: Shape = &[
    1, 5, 1, 1, 1, 1, 1, 9, 3, 1, 1, 1, 1, 3, 1, 9, 2, 1, 1, 1, 1, 9, 9, 1, 1,
];
const XON: Shape = &[1, 9, 1, 1, 1, 3, 1, 3, 1, 1];
const CWE: Shape = &[
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
];
const PL: Shape = &[3, 3, 3, 3, 1, 1, 3, 3, 1, 4, 3];
const DLN: Shape = &[1, 9, 1];
const FC: Shape = &[9, 1];
const CQ: Shape = &[1, 9];
const TQ: Shape = &[2, 2, 1, 1, 1, 1, 1, 1, 1, 9, 9, 1];

/// The segments that a flow can let fields in from, with the shape of each field.
#[rustfmt::skip] // A table.
const LISTABLE: &[(&str, &[Shape])] = &[
    ("MSH", &[ONE, ONE, HD, HD, HD, HD, ONE, ONE, MSG, ONE, PT, VID, ONE, ONE, ONE, ONE, ONE, ONE, CWE, ONE, EI, XON, XON, HD, HD]),
    ("EVN", &[ONE, ONE, ONE, CWE, XCN, ONE, HD]),
    ("PID", &[ONE, CX, CX, CX, XPN, XPN, ONE, CWE, XPN, CWE, XAD, ONE, XTN, XTN, CWE, CWE, CWE, CX, ONE, DLN,
              CX, CWE, ONE, ONE, ONE, CWE, CWE, CWE, ONE, ONE, ONE, CWE, ONE, HD, CWE, CWE, ONE, CWE, CWE, XTN]),
    ("PD1", &[CWE, CWE, XON, XCN, CWE, CWE, CWE, CWE, ONE, CX, CWE, ONE, ONE, XON, CWE, CWE, ONE, ONE, CWE, CWE, CWE]),
    ("MRG", &[CX, CX, CX, CX, CX, CX, XPN]),
    ("PV1", &[ONE, CWE, PL, CWE, CX, PL, XCN, XCN, XCN, CWE, PL, CWE, CWE, CWE, CWE, CWE, XCN, CWE, CX, FC,
              CWE, CWE, CWE, CWE, ONE, ONE, ONE, CWE, CWE, ONE, CWE, ONE, ONE, CWE, ONE, CWE, CWE, CWE, CWE, CWE,
              CWE, PL, PL, ONE, ONE, ONE, ONE, ONE, ONE, CX, CWE, XCN, ONE, EI]),
    ("SCH", &[EI, EI, ONE, EI, CWE, CWE, CWE, CWE, ONE, CWE, TQ, XCN, XTN, XAD, PL, XCN, XTN, XAD, PL, XCN,
              XTN, PL, EI, EI, CWE, EI, EI]),
    ("TQ1", &[ONE, CQ, CQ, ONE, CQ, CQ, ONE, ONE, CWE, ONE, ONE, ONE, CQ, ONE]),
    ("AIS", &[ONE, ONE, CWE, ONE, ONE, CWE, ONE, CWE, ONE, CWE, CWE, CWE]),
    ("AIL", &[ONE, ONE, PL, CWE, CWE, ONE, ONE, CWE, ONE, CWE, ONE, CWE]),
];

/// Segments of the standard that no flow can open, by name so that a report can name them.
#[rustfmt::skip] // A table.
const NEVER: &[&str] = &[
    "ABS", "ACC", "ADD", "AIG", "AIP", "AL1", "APR", "ARQ", "ARV", "AUT", "BHS", "BLC", "BLG", "BPO", "BTS",
    "BTX", "CDM", "CER", "CTD", "CTI", "DB1", "DG1", "DMI", "DON", "DRG", "DSC", "DSP", "ECD", "EQU", "ERR",
    "FAC", "FHS", "FT1", "FTS", "GOL", "GP1", "GP2", "GT1", "IAM", "IAR", "IIM", "ILT", "IN1", "IN2", "IN3",
    "INV", "IPC", "ISD", "LAN", "LCC", "LCH", "LDP", "LOC", "LRL", "MFA", "MFE", "MFI", "MSA", "NCK", "NK1",
    "NPU", "NSC", "NST", "NTE", "OBR", "OBX", "ODS", "ODT", "OM1", "OM2", "OM3", "OM4", "ORC", "ORG", "OVR",
    "PAC", "PCE", "PCR", "PDA", "PDC", "PES", "PR1", "PRA", "PRB", "PRC", "PRD", "PRT", "PSG", "PSH", "PSL",
    "PTH", "PV2", "QAK", "QID", "QPD", "QRD", "QRF", "QRI", "RCP", "RDF", "RDT", "REL", "RF1", "RFI", "RGS",
    "RGV", "RMI", "ROL", "RQ1", "RQD", "RXA", "RXC", "RXD", "RXE", "RXG", "RXO", "RXR", "SAC", "SFT", "SID",
    "SPM", "STF", "STZ", "TCC", "TCD", "TQ2", "TXA", "UAC", "UB1", "UB2", "VAR", "VND",
];

/// The kinds of messages that a report may name.
#[rustfmt::skip] // A table.
const TYPES: &[&str] = &[
    "ACK", "ADR", "ADT", "BAR", "CRM", "CSU", "DFT", "DOC", "DSR", "EAC", "EAN", "EAR", "EDR", "EQQ", "ERP",
    "ESR", "ESU", "INR", "INU", "LSR", "LSU", "MDM", "MFD", "MFK", "MFN", "MFQ", "MFR", "NMD", "NMQ", "NMR",
    "OMB", "OMD", "OMG", "OMI", "OML", "OMN", "OMP", "OMS", "ORB", "ORD", "ORF", "ORG", "ORI", "ORL", "ORM",
    "ORN", "ORP", "ORR", "ORS", "ORU", "OSQ", "OSR", "OUL", "PEX", "PGL", "PIN", "PMU", "PPG", "PPP", "PPR",
    "PPT", "PPV", "PRR", "PTR", "QBP", "QCK", "QCN", "QRY", "QSB", "QSX", "QVR", "RAR", "RAS", "RCI", "RCL",
    "RDE", "RDR", "RDS", "RDY", "REF", "RER", "RGR", "RGV", "ROR", "RPA", "RPI", "RPL", "RPR", "RQA", "RQC",
    "RQI", "RQP", "RRA", "RRD", "RRE", "RRG", "RRI", "RSP", "RTB", "SIU", "SPQ", "SQM", "SQR", "SRM", "SRR",
    "SSR", "SSU", "SUR", "TBR", "UDM", "VQQ", "VXQ", "VXR", "VXU", "VXX",
];

/// What may come in of HL7 v2.
pub(crate) struct Rules {
    messages: Vec<(String, String)>,
    listed: Vec<SegmentRule>,
    /// Segments that are dropped whole, sorted by name.
    dropped: Vec<(&'static str, usize)>,
    local: usize,
    unknown: usize,
    id_types: Vec<String>,
    other_ids: usize,
    /// Where times without an offset were written.
    pub(crate) zone: Option<TimeZone>,
}

/// What a flow says about one segment.
pub(crate) enum Choice<'r> {
    Listed(&'r SegmentRule),
    Dropped(usize),
}

pub(crate) struct SegmentRule {
    pub(crate) name: &'static str,
    fields: Vec<FieldRule>,
    /// The fields that hold ids, each with its type.
    ids: Vec<usize>,
    beyond: usize,
}

pub(crate) enum FieldRule {
    Dropped(usize),
    Kept(Parts),
}

/// The components of a field, or the sub-components of a component.
pub(crate) struct Parts {
    rules: Vec<PartRule>,
    beyond: usize,
}

pub(crate) enum PartRule {
    Dropped(usize),
    One,
    /// A text in which anything can be said, with its path: it passes the detector.
    Free(String),
    Parts(Parts),
}

impl Parts {
    /// What is said of one part, from 0.
    pub(crate) fn rule(&self, at: usize) -> Result<&PartRule, usize> {
        self.rules.get(at).ok_or(self.beyond)
    }
}

impl SegmentRule {
    /// Whether the field holds ids, of which only some types may come in.
    pub(crate) fn holds_ids(&self, number: usize) -> bool {
        self.ids.contains(&number)
    }

    /// What is said of a field, by its number.
    pub(crate) fn field(&self, number: usize) -> Result<&Parts, usize> {
        match self.fields.get(number.wrapping_sub(1)) {
            Some(FieldRule::Kept(parts)) => Ok(parts),
            Some(FieldRule::Dropped(counter)) => Err(*counter),
            None => Err(self.beyond),
        }
    }
}

/// A path that a flow lists, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    segment: &'static str,
    field: usize,
    component: usize,
    sub: usize,
}

/// Reads `PID-5.2` or `PID-5.1.1`.
///
/// A field with components must be listed component by component; a component with
/// sub-components stands for its first, as the standard reads an older and simpler type.
pub(crate) fn path(written: &str) -> Result<Path, String> {
    let bad = || format!("`{written}` is no path of HL7 v2; write it as `PID-5.2`");
    let (name, rest) = written.split_once('-').ok_or_else(bad)?;
    if name.starts_with('Z') || matches!(name, "NTE" | "OBX") {
        return Err(format!(
            "`{written}`: `{name}` can hold anything, so no flow can let it in"
        ));
    }
    let Some((segment, shapes)) = LISTABLE.iter().find(|(known, _)| *known == name) else {
        let names: Vec<_> = LISTABLE.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "`{written}`: a flow can let in fields of {} and of no other segment",
            names.join(", ")
        ));
    };
    let mut numbers = Vec::new();
    for part in rest.split('.') {
        numbers.push(part.parse::<usize>().map_err(|_| bad())?);
    }
    let number = |at: usize| numbers.get(at).copied();
    let field = number(0).ok_or_else(bad)?;
    let shape = shapes
        .get(field.wrapping_sub(1))
        .ok_or_else(|| format!("`{written}`: HL7 v2 knows no field {field} in {segment}"))?;
    if numbers.len() > 3 {
        return Err(bad());
    }
    let component = match number(1) {
        None if shape.len() > 1 => {
            return Err(format!(
                "`{written}` is a group; list its components one by one, as `{written}.1`"
            ));
        }
        None => 1,
        Some(component) => component,
    };
    let subs = shape.get(component.wrapping_sub(1)).copied();
    let subs = subs.ok_or_else(|| format!("`{written}`: there is no component {component}"))?;
    let sub = number(2).unwrap_or(1);
    if sub == 0 || sub > usize::from(subs) {
        return Err(format!("`{written}`: there is no sub-component {sub}"));
    }
    Ok(Path {
        segment,
        field,
        component,
        sub,
    })
}

/// Reads `ADT^A01`.
pub(crate) fn message(written: &str) -> Result<(String, String), String> {
    let bad = || format!("`{written}` is no message of HL7 v2; write it as `ADT^A01`");
    let (kind, event) = written.split_once('^').ok_or_else(bad)?;
    if !TYPES.contains(&kind) || !is_event(event.as_bytes()) {
        return Err(bad());
    }
    Ok((kind.to_owned(), event.to_owned()))
}

/// Whether this has the form of a code of table 0203.
pub(crate) fn is_code(kind: &[u8]) -> bool {
    let is_code_byte = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (1..=6).contains(&kind.len()) && kind.iter().all(is_code_byte)
}

fn is_event(event: &[u8]) -> bool {
    matches!(event, [letter, ten, one]
        if letter.is_ascii_uppercase() && ten.is_ascii_digit() && one.is_ascii_digit())
}

impl Rules {
    pub(crate) fn new(
        messages: Vec<(String, String)>,
        paths: &[Path],
        (id_types, zone): (Vec<String>, Option<TimeZone>),
        names: &mut Names,
    ) -> Self {
        let mut listed = Vec::new();
        let mut dropped: Vec<_> = NEVER
            .iter()
            .map(|name| (*name, names.counter((*name).to_owned())))
            .collect();
        for (name, shapes) in LISTABLE {
            let own: Vec<Path> = paths
                .iter()
                .filter(|path| path.segment == *name)
                .copied()
                .collect();
            if own.is_empty() && *name != "MSH" {
                dropped.push((name, names.counter((*name).to_owned())));
            } else {
                listed.push(SegmentRule::new(name, shapes, &own, names));
            }
        }
        dropped.sort_unstable();
        Self {
            messages,
            listed,
            dropped,
            local: names.counter("(local segment)".to_owned()),
            unknown: names.counter("(unknown segment)".to_owned()),
            other_ids: names.counter("(id of another type)".to_owned()),
            id_types,
            zone,
        }
    }

    /// Whether messages of this kind may come in.
    pub(crate) fn takes(&self, kind: &[u8], event: &[u8]) -> bool {
        self.messages
            .iter()
            .any(|(k, e)| k.as_bytes() == kind && e.as_bytes() == event)
    }

    /// Whether one repetition of a list of ids may come in: its type is listed, or it is the first
    /// and says no type. A social security number stands beside the record number, under the same
    /// path.
    pub(crate) fn takes_id(&self, kind: &[u8], is_first: bool) -> Result<(), usize> {
        let is_listed = self.id_types.iter().any(|listed| listed.as_bytes() == kind);
        if is_listed || (is_first && !is_code(kind)) {
            Ok(())
        } else {
            Err(self.other_ids)
        }
    }

    pub(crate) fn segment(&self, name: &[u8]) -> Choice<'_> {
        if let Some(rule) = self.listed.iter().find(|rule| rule.name.as_bytes() == name) {
            return Choice::Listed(rule);
        }
        let found = self
            .dropped
            .binary_search_by(|(known, _)| known.as_bytes().cmp(name));
        match found.ok().and_then(|at| self.dropped.get(at)) {
            Some((_, counter)) => Choice::Dropped(*counter),
            None if name.len() == 3 && name.first() == Some(&b'Z') => Choice::Dropped(self.local),
            None => Choice::Dropped(self.unknown),
        }
    }

    /// Every field that is let in, as `PID-5.2`.
    pub(crate) fn list_fields(&self, into: &mut Vec<String>) {
        for rule in &self.listed {
            for (number, field) in (1..).zip(&rule.fields) {
                if let FieldRule::Kept(parts) = field {
                    parts.list(&format!("{}-{number}", rule.name), into);
                }
            }
        }
    }
}

/// The name of a kind of message in reports; nothing of a sender's own words.
pub(crate) fn shown(kind: &[u8], event: &[u8]) -> String {
    let known = TYPES.iter().find(|known| known.as_bytes() == kind);
    let mut shown = String::new();
    match known {
        Some(known) if is_event(event) => {
            let _ = write!(
                shown,
                "{known}^{} (message)",
                String::from_utf8_lossy(event)
            );
        }
        Some(known) => {
            let _ = write!(shown, "{known} (message)");
        }
        None => shown.push_str("(unknown message)"),
    }
    shown
}

impl SegmentRule {
    fn new(name: &'static str, shapes: &[Shape], paths: &[Path], names: &mut Names) -> Self {
        let ids = (1..)
            .zip(shapes)
            .filter(|(_, shape)| **shape == CX)
            .map(|(number, _)| number)
            .collect();
        let fields = (1..)
            .zip(shapes)
            .map(|(number, shape)| {
                let own: Vec<Path> = paths
                    .iter()
                    .filter(|path| path.field == number)
                    .copied()
                    .collect();
                let full = format!("{name}-{number}");
                if own.is_empty() {
                    FieldRule::Dropped(names.counter(full))
                } else {
                    FieldRule::Kept(Parts::of_field(&full, shape, &own, names))
                }
            })
            .collect();
        Self {
            name,
            fields,
            ids,
            beyond: names.counter(format!("{name}-(unknown)")),
        }
    }
}

impl Parts {
    fn of_field(full: &str, shape: Shape, paths: &[Path], names: &mut Names) -> Self {
        let rules = (1..)
            .zip(shape)
            .map(|(component, subs)| {
                let kept: Vec<usize> = paths
                    .iter()
                    .filter(|path| path.component == component)
                    .map(|path| path.sub)
                    .collect();
                let full = format!("{full}.{component}");
                if kept.is_empty() {
                    PartRule::Dropped(names.counter(full))
                } else {
                    // The words of a code, and what was written in their place.
                    let is_free = shape == CWE && matches!(component, 2 | 5 | 9);
                    PartRule::Parts(Self::of_component((&full, is_free), *subs, &kept, names))
                }
            })
            .collect();
        Self {
            rules,
            beyond: names.counter(format!("{full}.(unknown)")),
        }
    }

    fn of_component(
        (full, is_free): (&str, bool),
        subs: u8,
        kept: &[usize],
        names: &mut Names,
    ) -> Self {
        let rules = (1..=usize::from(subs))
            .map(|sub| {
                if kept.contains(&sub) {
                    if is_free {
                        PartRule::Free(full.to_owned())
                    } else {
                        PartRule::One
                    }
                } else {
                    PartRule::Dropped(names.counter(format!("{full}.{sub}")))
                }
            })
            .collect();
        Self {
            rules,
            beyond: names.counter(format!("{full}.(unknown)")),
        }
    }

    fn list(&self, prefix: &str, into: &mut Vec<String>) {
        for (at, rule) in (1..).zip(&self.rules) {
            match rule {
                PartRule::Dropped(_) => {}
                PartRule::One | PartRule::Free(_) => into.push(format!("{prefix}.{at}")),
                PartRule::Parts(parts) => parts.list(&format!("{prefix}.{at}"), into),
            }
        }
    }
}
