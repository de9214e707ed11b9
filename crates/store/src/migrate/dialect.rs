//! The schema is written once, for SQLite; this reads it as PostgreSQL, and makes the guards of
//! append-only tables for either.

use crate::tx::Engine;

/// What only SQLite says at the end of a table.
const CLUSTERED: &str = ", without rowid";

/// The words that differ. Whole words, outside comments.
const WORDS: &[(&str, &str)] = &[
    ("blob", "bytea"),
    ("integer", "bigint"),
    ("real", "double precision"),
    ("strict", ""),
];

/// The schema text as this engine reads it.
pub(crate) fn translate(text: &str, engine: Engine) -> String {
    match engine {
        Engine::Sqlite => text.to_owned(),
        Engine::Postgres => text
            .lines()
            .map(line_for_postgres)
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn line_for_postgres(line: &str) -> String {
    let code = line.split("--").next().unwrap_or_default();
    let code = &code.replace(CLUSTERED, "");
    let mut translated = String::with_capacity(code.len() + 16);
    let mut rest = code.as_str();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(length);
        let known = WORDS.iter().find(|(ours, _)| *ours == word);
        translated.push_str(known.map_or(word, |(_, theirs)| theirs));
        rest = after;
    }
    translated
}

/// Triggers that refuse to change or delete a row of these tables.
pub(crate) fn guards(tables: &[&str], engine: Engine) -> String {
    let guard = match engine {
        Engine::Sqlite => guard_in_sqlite,
        Engine::Postgres => guard_in_postgres,
    };
    let function = match engine {
        Engine::Sqlite => "",
        Engine::Postgres => FUNCTION,
    };
    tables
        .iter()
        .fold(function.to_owned(), |text, table| text + &guard(table))
}

fn guard_in_sqlite(table: &str) -> String {
    ["update", "delete"]
        .map(|verb| {
            format!(
                "create trigger {table}_no_{verb} before {verb} on {table}
         begin select raise(abort, 'append-only'); end;\n"
            )
        })
        .concat()
}

/// `PL001` is a code of ours; the store reads it as [`crate::StoreError::AppendOnly`].
const FUNCTION: &str = "
    create or replace function placet_append_only() returns trigger language plpgsql as $$
    begin
        raise exception 'append-only' using errcode = 'PL001';
    end $$;\n";

fn guard_in_postgres(table: &str) -> String {
    format!(
        "create trigger {table}_no_change before update or delete on {table}
             for each row execute function placet_append_only();
         create trigger {table}_no_truncate before truncate on {table}
             for each statement execute function placet_append_only();\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_those_of_postgresql() {
        let text = "create table a ( -- a blob\n  integer_like blob not null,\n  n integer\n) strict;\ncreate table b (\n  n real\n) strict, without rowid;";
        assert_eq!(
            translate(text, Engine::Postgres),
            "create table a ( \n  integer_like bytea not null,\n  n bigint\n) ;\ncreate table b (\n  n double precision\n) ;"
        );
        assert_eq!(translate(text, Engine::Sqlite), text);
    }
}
