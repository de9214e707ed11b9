//! What can be wrong with input: the place, the path, what is wrong, and what to do about it.
//!
//! INVARIANT: nothing here holds or prints a value of the input.

use std::fmt;

use serde::Serialize;

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing to read.
    Empty,
    /// UTF-16 or UTF-32.
    Utf16,
    /// gzip, zip or a spreadsheet's own format.
    Packed,
    /// Neither JSON nor CSV.
    UnknownFormat,
    /// The reader failed.
    Unreadable,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Longer than the limit.
    TooLong,
    /// Not JSON.
    NotJson,
    /// JSON that ends too early.
    CutShort,
    /// JSON without a resource type.
    NotAResource,
    /// HL7 v2 without a header and its separators.
    NotAMessage,
    /// A consent that is neither surely R4 nor surely R5.
    MixedVersions,
    /// An extension that may change the meaning of all around it.
    ModifierExtension,
    /// A character set that is not known here.
    UnknownCharset,
    /// A bundle in a bundle.
    NestedBundle,
    /// A bundle whose entries cannot be told apart.
    BrokenBundle,
    /// A list where one value belongs, an object where a text belongs, and so on.
    WrongShape,
    /// A field given twice.
    Repeated,
    /// No id.
    NoId,
    /// An id that is too long or holds control characters.
    BadId,
    /// No first name and no last name.
    NoName,
    /// A control character or line break in a text.
    ControlCharacter,
    /// A text that is too long to be what it should be.
    OverlongText,
    /// Not a date of the calendar, or not a plausible one.
    BadDate,
    /// Only a year or a month where a day is needed.
    PartialDate,
    /// Not an instant with its offset.
    BadTime,
    /// Not an e-mail address.
    BadEmail,
    /// Not a telephone number.
    BadPhone,
    /// Not a state of the United States.
    BadState,
    /// A word outside its closed list.
    BadCode,
    /// An appointment that names no person.
    NoPerson,
    /// Cells that begin like a formula.
    Formula,
    /// A row with more or fewer cells than the header.
    Ragged,
    /// A row whose quote never ends.
    OpenQuote,
    /// A column that must be there.
    MissingColumn,
    /// Two columns of one meaning.
    RepeatedColumn,
    /// A header that names no known column.
    NoHeader,
    /// The same person twice in one input.
    RepeatedPerson,
    /// More values than anybody has.
    TooMany,
}

impl Kind {
    /// The code in machine-readable reports.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.texts().0
    }

    /// What is wrong.
    #[must_use]
    pub fn says(self) -> &'static str {
        self.texts().1
    }

    /// What to do.
    #[must_use]
    pub fn next(self) -> &'static str {
        self.texts().2
    }

    #[rustfmt::skip] // A table.
    fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Empty => ("empty", "there is nothing to read", "check the file or the pipe"),
            Self::Utf16 => ("utf16", "this is UTF-16 or UTF-32", "convert it first: `iconv -f UTF-16 -t UTF-8`"),
            Self::Packed => ("packed", "this is compressed or a spreadsheet's own format", "unpack it, or save it as CSV (UTF-8)"),
            Self::UnknownFormat => ("unknown_format", "this is neither FHIR JSON nor CSV", "give one FHIR resource a line, a FHIR Bundle, or a CSV with a header line"),
            Self::Unreadable => ("unreadable", "reading failed here", "check the disk or the pipe and start again; what was read stays"),
            Self::NotUtf8 => ("not_utf8", "there are bytes that are not UTF-8", "export it again as UTF-8"),
            Self::TooLong => ("too_long", "it is longer than the limit", "split it, or raise the limit with `--limit`"),
            Self::NotJson => ("not_json", "this is not JSON", "export this resource again"),
            Self::CutShort => ("cut_short", "the JSON ends too early", "the file was probably cut off: export it again from here"),
            Self::NotAResource => ("not_a_resource", "there is no `resourceType`", "give one FHIR R4 resource a line"),
            Self::NotAMessage => ("not_a_message", "this does not begin with `MSH` and its separators", "give HL7 v2 messages as ER7, each beginning with `MSH|^~\\&`"),
            Self::MixedVersions => ("mixed_versions", "it cannot be told whether this is R4 or R5, which read it in opposite ways", "send R4 (`patient`, one `provision` with `type`) or R5 (`subject`, `decision`, a list of `provision`)"),
            Self::ModifierExtension => ("modifier_extension", "there is a modifier extension, which may turn the meaning around", "send it without, or record it by hand"),
            Self::UnknownCharset => ("unknown_charset", "the character set is not one that is read here", "send UNICODE UTF-8, ASCII, 8859/1 or 8859/15"),
            Self::NestedBundle => ("nested_bundle", "this is a bundle inside a bundle", "unpack the inner bundle and send it by itself"),
            Self::BrokenBundle => ("broken_bundle", "the entries cannot be told apart from here on", "export the bundle again; the entries before this place were read"),
            Self::WrongShape => ("wrong_shape", "the value has another shape than FHIR R4 gives it", "correct the sender's mapping"),
            Self::Repeated => ("repeated_field", "the field is given twice", "correct the sender: which one counts is not ours to guess"),
            Self::NoId => ("no_id", "there is no id", "the sender must give each resource its id"),
            Self::BadId => ("bad_id", "the id is empty, longer than 256 bytes, or holds control characters", "correct the sender's id"),
            Self::NoName => ("no_name", "there is neither a first nor a last name", "complete the name in the source system"),
            Self::ControlCharacter => ("control_character", "there is a line break or another control character", "remove it in the source system"),
            Self::OverlongText => ("overlong_text", "the text is longer than 1,000 characters", "shorten it in the source system"),
            Self::BadDate => ("bad_date", "this is not a plausible date", "write it as YYYY-MM-DD, not before 1850 and not in the future"),
            Self::PartialDate => ("partial_date", "the day is missing", "complete the date in the source system"),
            Self::BadTime => ("bad_time", "this is not an instant", "write it as 2026-03-01T09:30:00-05:00, between 1950 and 2100"),
            Self::BadEmail => ("bad_email", "this is not an e-mail address", "correct it in the source system"),
            Self::BadPhone => ("bad_phone", "this is not a telephone number with area code", "correct it in the source system"),
            Self::BadState => ("bad_state", "this is not a state of the United States", "write two letters, as `OH`"),
            Self::BadCode => ("bad_code", "the word is not in the closed list", "see the flow's description for the words"),
            Self::NoPerson => ("no_person", "the appointment names no patient", "the sender must name the patient as participant"),
            Self::Formula => ("formula", "the cell begins like a spreadsheet formula", "remove the sign in front; a phone number may begin with `+`"),
            Self::Ragged => ("ragged", "the row has more or fewer cells than the header", "look for a missing quote or separator"),
            Self::OpenQuote => ("open_quote", "a quote opened in this row never ends", "close the quote; rows after it could not be told apart"),
            Self::MissingColumn => ("missing_column", "the column is missing", "add it to the header line, or map it in the flow's `[csv]`"),
            Self::RepeatedColumn => ("repeated_column", "two columns mean the same", "keep one of them"),
            Self::NoHeader => ("no_header", "the first line names no known column", "put the names of the columns in the first line, separated by commas"),
            Self::TooMany => ("too_many", "there are more than ten of them", "keep those in use in the source system"),
            Self::RepeatedPerson => ("repeated_person", "the same person came before with other data", "keep one of the two and send it again"),
        }
    }

    /// Whether nothing after it can be read.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Empty
                | Self::Utf16
                | Self::Packed
                | Self::UnknownFormat
                | Self::Unreadable
                | Self::BrokenBundle
                | Self::OpenQuote
                | Self::MissingColumn
                | Self::RepeatedColumn
                | Self::NoHeader
        )
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// What is wrong, before it is known where the record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: Kind,
    /// The element, as `Patient.birthDate`.
    pub path: Option<String>,
    /// The byte in the line, from 1.
    pub column: Option<u64>,
}

impl Fault {
    /// A fault of a whole record.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            path: None,
            column: None,
        }
    }

    /// A fault of one element.
    #[must_use]
    pub fn at(kind: Kind, path: &str) -> Self {
        Self {
            kind,
            path: Some(path.to_owned()),
            column: None,
        }
    }

    /// The same fault with the byte it was found at.
    #[must_use]
    pub fn in_column(mut self, column: u64) -> Self {
        self.column = Some(column);
        self
    }
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line it begins on, from 1.
    pub line: u64,
    /// The entry of a bundle, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
}

/// One fault at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where the record stands.
    #[serde(flatten)]
    pub place: Place,
    /// The byte in the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// The element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What.
    pub code: Kind,
    /// What, in words.
    pub says: &'static str,
    /// What to do.
    pub next: &'static str,
}

impl Finding {
    /// Puts a fault at its place.
    #[must_use]
    pub fn new(place: Place, fault: Fault) -> Self {
        Self {
            place,
            column: fault.column,
            path: fault.path,
            code: fault.kind,
            says: fault.kind.says(),
            next: fault.kind.next(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.place.line)?;
        if let Some(entry) = self.place.entry {
            write!(f, ", entry {entry}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        if let Some(path) = &self.path {
            write!(f, ", `{path}`")?;
        }
        write!(f, ": {}; {}", self.says, self.next)
    }
}
