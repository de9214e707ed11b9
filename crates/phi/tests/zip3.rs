//! The restricted ZIP prefixes stand here and in the rule pack: both say the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;

use placet_phi::safe_harbor::zip3::Table;

/// The lists of `restricted_zip3`, in the order in which the pack has them.
fn lists() -> Vec<BTreeSet<String>> {
    let pack = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../policy/packs/hipaa-data.toml"
    );
    let text = std::fs::read_to_string(pack).unwrap();
    let define = text.split("name = \"restricted_zip3\"").nth(1).unwrap();
    let when = define.split("'''").nth(1).unwrap();
    let list = |part: &str| {
        let inner = part.split(']').next().unwrap();
        inner
            .split('"')
            .filter(|word| word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()))
            .map(str::to_owned)
            .collect()
    };
    when.split("attributes.zip3 in [")
        .skip(1)
        .map(list)
        .collect()
}

fn restricted(table: Table) -> BTreeSet<String> {
    table.restricted().into_iter().collect()
}

#[test]
fn the_pack_and_the_checker_restrict_the_same_prefixes() {
    let lists = lists();
    assert_eq!(
        lists.len(),
        3,
        "census 2020, unknown to the census, only in census 2000"
    );
    let of_2020: BTreeSet<String> = &lists[0] | &lists[1];
    assert_eq!(of_2020, restricted(Table::Census2020));
    assert_eq!(&of_2020 | &lists[2], restricted(Table::Union));
}
