//! What is held already, asked for many at once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use placet_domain::time::Timestamp;

use crate::error::StoreError;
use crate::people::Known;
use crate::tx::Tx;
use crate::value::Param;

/// How many are asked for by one statement. Fewer are filled up by the last one, so that one
/// statement does for all.
const AT_ONCE: usize = 64;

/// Somebody whom a source brought before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// Who, and what was said of them.
    pub known: Known,
    /// Whether they were erased.
    pub is_erased: bool,
}

/// Those whom a source brought before, by the keyed hashes of its ids.
///
/// # Errors
///
/// When the store fails.
pub fn list_met(
    tx: &mut Tx,
    source: &str,
    references: &[&[u8]],
) -> Result<HashMap<Vec<u8>, Met>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let places = places(2);
        format!(
            "select people.id, people.source_ref, people.content_hash, person_keys.destroyed_at
               from people
               left join person_keys on person_keys.person_id = people.id
              where people.source = $1 and people.source_ref in ({places})"
        )
    });

    let mut met = HashMap::new();
    for some in references.chunks(AT_ONCE) {
        for row in tx.list(&SQL, &filled(&[&source], some))? {
            let known = Known {
                id: row.get(0)?,
                content_hash: row.get(2)?,
            };
            let is_erased = row.get::<Option<Timestamp>>(3)?.is_some();
            met.insert(row.get(1)?, Met { known, is_erased });
        }
    }
    Ok(met)
}

/// Those of these keyed hashes by which somebody is found.
///
/// # Errors
///
/// When the store fails.
pub fn list_known(tx: &mut Tx, lookups: &[&[u8]]) -> Result<HashSet<Vec<u8>>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let places = places(1);
        format!("select lookup from person_lookups where lookup in ({places})")
    });

    let mut known = HashSet::new();
    for some in lookups.chunks(AT_ONCE) {
        for row in tx.list(&SQL, &filled(&[], some))? {
            known.insert(row.get(0)?);
        }
    }
    Ok(known)
}

fn places(first: usize) -> String {
    let places: Vec<String> = (first..first + AT_ONCE)
        .map(|place| format!("${place}"))
        .collect();
    places.join(", ")
}

fn filled<'p>(first: &[&'p dyn Param], some: &'p [&'p [u8]]) -> Vec<&'p dyn Param> {
    let last = some.last().into_iter().cycle();
    let all = some.iter().chain(last).take(AT_ONCE);
    let all = all.map(|one| one as &dyn Param);
    first.iter().copied().chain(all).collect()
}
