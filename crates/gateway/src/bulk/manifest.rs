//! What a finished export consists of.

use placet_domain::server::{FetchFile, FileKind, Setup};
use placet_domain::time::Timestamp;
use serde::Deserialize;

use super::Failed;

/// The most files of one export.
const MOST_FILES: usize = 100_000;

/// The list of files, as the server gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The server's instant of the export.
    pub taken_as_of: Timestamp,
    /// Its files in the order in which they are taken: people first, since the other records name them.
    pub files: Vec<FetchFile>,
    /// Files of types that were not asked for; they are left there.
    pub n_unasked: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    transaction_time: String,
    requires_access_token: bool,
    output: Vec<RawFile>,
    #[serde(default)]
    deleted: Vec<RawFile>,
    #[serde(default)]
    error: Vec<RawFile>,
}

#[derive(Deserialize)]
struct RawFile {
    #[serde(rename = "type")]
    kind: Option<String>,
    url: String,
    count: Option<u64>,
}

/// Reads the list.
///
/// # Errors
///
/// When it is no such list, or names an address that nobody declared.
pub fn read(text: &str, setup: &Setup) -> Result<Manifest, Failed> {
    let broken = || {
        Failed::never(
            "the server's list of files cannot be read: it is not what Bulk Data Access says",
        )
    };
    let raw: Raw = serde_json::from_str(text).map_err(|_| broken())?;
    let taken_as_of = raw.transaction_time.parse().map_err(|_| broken())?;
    if raw.output.len() + raw.deleted.len() + raw.error.len() > MOST_FILES {
        return Err(Failed::never(
            "the server's list names more than 100,000 files",
        ));
    }
    let is_asked = |file: &RawFile| {
        file.kind
            .as_ref()
            .is_none_or(|kind| setup.types.contains(kind))
    };
    let (mut asked, unasked): (Vec<_>, Vec<_>) = raw.output.into_iter().partition(is_asked);
    asked.sort_by_key(|file| file.kind.as_deref() != Some("Patient"));
    let all = (asked.into_iter().map(|file| (FileKind::Output, file)))
        .chain(
            raw.deleted
                .into_iter()
                .map(|file| (FileKind::Deleted, file)),
        )
        .chain(raw.error.into_iter().map(|file| (FileKind::Error, file)));
    let files = (0..).zip(all).map(|(n, (kind, file))| {
        setup.declared(&file.url).map_err(Failed::never)?;
        Ok(FetchFile {
            n,
            kind,
            holds: match kind {
                // One of the types that were asked for, else it were not here.
                FileKind::Output => file.kind.unwrap_or_default(),
                FileKind::Deleted => "Bundle".to_owned(),
                FileKind::Error => "OperationOutcome".to_owned(),
            },
            url: file.url,
            wants_token: raw.requires_access_token,
            n_said: file.count,
            import: None,
            taken_at: None,
            found: String::new(),
        })
    });
    Ok(Manifest {
        taken_as_of,
        files: files.collect::<Result<_, Failed>>()?,
        n_unasked: unasked.len(),
    })
}
