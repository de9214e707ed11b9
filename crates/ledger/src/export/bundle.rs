//! Bundles of entries: each entry after its length in two bytes, the greater byte first.

/// Adds an entry; `None` when it is too long.
pub(super) fn append(bundle: &mut Vec<u8>, entry: &[u8]) -> Option<()> {
    let length = u16::try_from(entry.len()).ok()?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Some(())
}

/// The entries of a bundle; `Err` at the end of one that was cut.
pub(super) fn entries(bundle: &[u8]) -> impl Iterator<Item = Result<&[u8], Cut>> {
    let mut rest = bundle;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let entry = next(&mut rest).ok_or(Cut);
        if entry.is_err() {
            rest = &[];
        }
        Some(entry)
    })
}

/// A bundle that ends within an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut;

fn next<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    Some(entry)
}
