//! The files of a batch: the pieces as PDF, and the list of addresses.
//!
//! INVARIANT: the same pieces make the same bytes; nothing here is kept.

use std::fmt;

use jiff::civil::Date;
use placet_domain::content::Format;
use placet_domain::print::piece_code;
use placet_domain::settings::{Organization, PrintShop};
use placet_domain::template::{Rendered, Variables, fill};
use serde::{Deserialize, Serialize};

use super::paper::{Page, Unset};
use super::{card, letter, pdf};

/// What one piece says, as it was decided; kept sealed under the person's key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Says {
    /// Letter or card.
    pub format: Format,
    /// Who stands over the address.
    pub name: String,
    /// The lines under it.
    pub lines: Vec<String>,
    /// A letter's heading, a card's headline; may be empty on a letter.
    pub heading: String,
    /// A card's second line; may be empty.
    pub second: String,
    /// Text blocks.
    pub body: String,
}

/// A person's name, address and words: they never show in a log by accident.
impl fmt::Debug for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Says(piece)")
    }
}

/// What all pieces of a batch share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Name and address of the sender.
    pub return_lines: Vec<String>,
    /// The day on the letter.
    pub date: String,
    /// Where one asks for no more.
    pub removal_phone: String,
    /// The organization's name.
    pub organization: String,
}

impl Frame {
    /// The frame that the settings give, on a day.
    #[must_use]
    pub fn new(organization: &Organization, shop: &PrintShop, day: Date) -> Self {
        Self {
            return_lines: shop.return_lines(organization),
            date: day.strftime("%B %-d, %Y").to_string(),
            removal_phone: shop.removal_phone.clone(),
            organization: organization.name.clone(),
        }
    }

    /// How to get no more, on each piece.
    #[must_use]
    pub fn removal(&self) -> String {
        let (phone, ours) = (&self.removal_phone, &self.organization);
        format!(
            "You do not want mail like this? Call {phone}, free of charge, or write to us, and {ours} \
             sends no more of it."
        )
    }
}

/// The pieces that may be printed now. Made by [`super::take`] alone.
#[derive(Debug)]
pub struct Taken {
    /// The batch's code.
    pub(super) code: String,
    /// Which revision of it.
    pub(super) revision: u32,
    pub(super) frame: Frame,
    pub(super) pieces: Vec<(u32, Says)>,
}

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The pieces, a PDF.
    Pieces,
    /// The addresses, a CSV.
    List,
}

impl File {
    /// How the name ends.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Pieces => "pdf",
            Self::List => "csv",
        }
    }

    /// What a browser is told.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pieces => "application/pdf",
            Self::List => "text/csv; charset=utf-8",
        }
    }
}

impl Taken {
    /// The file's name; it says the batch and its revision, and nothing of anybody.
    #[must_use]
    pub fn name(&self, file: File) -> String {
        let (code, revision) = (&self.code, self.revision);
        format!("placet-{code}-r{revision}.{}", file.ending())
    }

    /// Makes a file.
    ///
    /// # Errors
    ///
    /// [`Unset`] when a piece cannot be set; each could when it was decided.
    pub fn make(&self, file: File) -> Result<Vec<u8>, Unset> {
        match file {
            File::Pieces => {
                let mut pages = Vec::with_capacity(self.pieces.len());
                for (number, says) in &self.pieces {
                    let code = piece_code(&self.code, *number);
                    pages.extend(set_piece(&self.frame, says, &code)?);
                }
                pdf::write(&pages)
            }
            File::List => self.list(),
        }
    }

    fn list(&self) -> Result<Vec<u8>, Unset> {
        let mut out = csv::Writer::from_writer(Vec::new());
        let head = [
            "piece",
            "first_page",
            "pages",
            "name",
            "address1",
            "address2",
            "city_state_zip",
        ];
        out.write_record(head).map_err(|_| Unset::File)?;
        let mut first = 1;
        for (number, says) in &self.pieces {
            let code = piece_code(&self.code, *number);
            let n = set_piece(&self.frame, says, &code)?.len();
            let (street, last) = match says.lines.as_slice() {
                [street @ .., last] => (street, last.as_str()),
                [] => (&[][..], ""),
            };
            let line = |n: usize| street.get(n).map_or("", String::as_str);
            out.write_record([
                code,
                first.to_string(),
                n.to_string(),
                guarded(&says.name),
                guarded(line(0)),
                guarded(line(1)),
                guarded(last),
            ])
            .map_err(|_| Unset::File)?;
            first += n;
        }
        out.into_inner().map_err(|_| Unset::File)
    }
}

/// A cell that a spreadsheet would read as a formula gets a sign before it that makes it text.
fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// Sets one piece.
///
/// # Errors
///
/// [`Unset`] says what cannot be set or does not fit.
pub(super) fn set_piece(frame: &Frame, says: &Says, code: &str) -> Result<Vec<Page>, Unset> {
    if says.format.is_card() {
        card::set_card(frame, says, code)
    } else {
        letter::set_letter(frame, says, code)
    }
}

/// A version as it would be printed for somebody made up.
///
/// # Errors
///
/// [`Unset`] says what cannot be set or does not fit.
pub fn proof(format: Format, rendered: &Rendered, values: &Variables) -> Result<Vec<Page>, Unset> {
    let filled = fill(rendered, values).map_err(|_| Unset::File)?;
    let says = Says {
        format,
        name: "Alex Example".to_owned(),
        lines: vec![
            "1 Example Street".to_owned(),
            "Springfield, OH 43604".to_owned(),
        ],
        heading: filled.subject,
        second: filled.html,
        body: filled.text,
    };
    let frame = Frame {
        return_lines: vec![
            "Our hospital".to_owned(),
            "400 Example Avenue".to_owned(),
            "Springfield, OH 43604".to_owned(),
        ],
        date: "July 1, 2026".to_owned(),
        removal_phone: "800-555-0142".to_owned(),
        organization: "Our hospital".to_owned(),
    };
    set_piece(&frame, &says, "PR23F-0001")
}

/// The same as a file.
///
/// # Errors
///
/// As [`proof`].
pub fn proof_file(
    format: Format,
    rendered: &Rendered,
    values: &Variables,
) -> Result<Vec<u8>, Unset> {
    pdf::write(&proof(format, rendered, values)?)
}
