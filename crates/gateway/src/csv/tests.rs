#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn columns() -> Vec<Column> {
    vec![
        Column::new("id", Rule::Required),
        Column::new("family", Rule::Optional),
        Column::new("phone", Rule::Number),
    ]
}

/// Every row as `id|family|phone`, or what was wrong with it.
fn rows(text: &[u8], limit: usize) -> Vec<String> {
    let mut table = match Table::open(text, columns(), limit) {
        Ok(table) => table,
        Err(finding) => return vec![finding.to_string()],
    };
    let mut rows = Vec::new();
    while let Some(row) = table.next_row() {
        rows.push(match row {
            Ok(row) => format!(
                "{}: {}|{}|{}",
                row.place.line,
                row.get(0),
                row.get(1),
                row.get(2)
            ),
            Err(finding) => {
                let path = finding.path.as_deref().unwrap_or("-");
                format!("{}: {} {path}", finding.place.line, finding.code.code())
            }
        });
    }
    rows
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(rows(text.as_bytes(), 1_000), expected);
}

#[test]
fn columns_are_found_by_their_header_in_any_order() {
    check(
        "Family,x,ID\nMoss,1,a\n\"Lane, \"\"Jr\"\"\",2,b\n",
        &["2: a|Moss|", "3: b|Lane, \"Jr\"|"],
    );
    check(
        "\u{feff}I D,fam_ily\r\n\r\na,Moss\r\nb,Lane",
        &["3: a|Moss|", "4: b|Lane|"],
    );
    check(
        "id,family\na,\"two\nlines\"\nb,Lane\n",
        &["2: a|two\nlines|", "4: b|Lane|"],
    );
}

#[test]
#[rustfmt::skip] // A table.
fn a_formula_is_refused_and_a_number_is_not() {
    check("id\n=1+1\n",                              &["2: formula csv.id"]);
    check("id,family\na,\"=HYPERLINK(\"\"x\"\")\"\n", &["2: formula csv.family"]);
    check("id,family\na,+Moss\n",                    &["2: formula csv.family"]);
    check("id,family\na,-Moss\n",                    &["2: formula csv.family"]);
    check("id,family\na,@Moss\n",                    &["2: formula csv.family"]);
    check("id,family\na,\"\tMoss\"\n",               &["2: formula csv.family"]);
    check("id,family\na,\"\rMoss\"\n",               &["2: formula csv.family"]);
    check("id,family\na, =Moss\n",                   &["2: formula csv.family"]);
    check("id,family\na,＝Moss\n",                   &["2: formula csv.family"]);
    check("id,phone\na,+1 614 555 0142\n",           &["2: a||+1 614 555 0142"]);
    check("id,phone\na,+1+cmd|' /C calc'!A0\n",      &["2: formula csv.phone"]);
    check("id,phone\na,-614\n",                      &["2: formula csv.phone"]);
    // A column that is not declared is dropped unseen.
    check("id,lon\na,-82.99\n",                      &["2: a||"]);
}

#[test]
#[rustfmt::skip] // A table.
fn a_bad_header_is_said_without_repeating_it() {
    check("family,phone\nMoss,1\n",      &["line 1, `csv.id`: the column is missing; add it to the header line, or map it in the flow's `[csv]`"]);
    check("id,ID\na,b\n",                &["line 1, `csv.id`: two columns mean the same; keep one of them"]);
    check("Ada,Moss,1960\nBo,Lane,1\n",  &["line 1: the first line names no known column; put the names of the columns in the first line, separated by commas"]);
    check("",                            &["line 1: there is nothing to read; check the file or the pipe"]);
}

#[test]
#[rustfmt::skip] // A table.
fn bad_rows_are_refused_one_by_one() {
    check("id,family\na,Moss,x\nb\nc,Lane\n",        &["2: ragged -", "3: ragged -", "4: c|Lane|"]);
    check("id,family\na,Moss\nb,\"Lane\nc,Hill\n",   &["2: a|Moss|", "3: open_quote -"]);
    assert_eq!(rows(b"id,family\na,\xff\xfe\nb,Lane\n", 1_000), ["2: not_utf8 csv.family", "3: b|Lane|"]);
    let long = format!("id,family\na,{}\nb,Lane\n", "x".repeat(2_000));
    assert_eq!(rows(long.as_bytes(), 1_000), ["2: too_long -", "3: b|Lane|"]);
    let commas = format!("id,family\na{}\nb,Lane\n", ",".repeat(5_000));
    assert_eq!(rows(commas.as_bytes(), 1_000), ["2: too_long -", "3: b|Lane|"]);
}

#[test]
fn undeclared_columns_are_named_by_number() {
    let table =
        Table::open(&b"id,Ada Moss,family\n"[..], columns(), 1_000).unwrap_or_else(|_| panic!());
    assert_eq!(table.dropped(), ["csv.column 2"]);
    assert!(table.has(1) && !table.has(2));
}
