//! Every statement of the store is understood by both engines.
//!
//! A statement that is run on one engine only in a test still has to be one that the other takes:
//! each `const …: &str` of SQL in the sources is prepared on both.

use std::fs;
use std::path::{Path, PathBuf};

use placet_store::Engine;

use super::harness::{Kind, Place};

/// Asks an engine whether it understands a statement.
type Check = Box<dyn FnMut(&str) -> Result<(), String>>;

/// Parts of the source that speak to one engine alone.
const OF_ONE_ENGINE: &[(&str, Engine)] = &[
    ("postgres", Engine::Postgres),
    ("sqlite", Engine::Sqlite),
    ("copy.rs", Engine::Sqlite),
];

pub(crate) fn every_statement_is_understood(kind: Kind) {
    let Some(place) = Place::new(kind) else {
        return;
    };
    drop(place.open());
    let statements = statements(kind);
    assert!(
        statements.len() > 40,
        "the statements were found: {}",
        statements.len()
    );
    let mut check: Check = match kind {
        Kind::Sqlite => {
            let path = place.config.url.trim_start_matches("sqlite:").to_owned();
            let db = rusqlite::Connection::open(path).unwrap();
            Box::new(move |sql| db.prepare(sql).map(drop).map_err(|error| error.to_string()))
        }
        Kind::Postgres => {
            let config: postgres::Config = place.config.url.parse().unwrap();
            let mut client = config.connect(postgres::NoTls).unwrap();
            Box::new(move |sql| {
                let described = |error: postgres::Error| match error.as_db_error() {
                    Some(said) => said.message().to_owned(),
                    None => error.to_string(),
                };
                client.prepare(sql).map(drop).map_err(described)
            })
        }
    };
    let problems: Vec<String> = statements
        .iter()
        .filter_map(|(file, sql)| {
            check(sql)
                .err()
                .map(|error| format!("{}: {error}\n{sql}", file.display()))
        })
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

fn statements(kind: Kind) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut found) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let own = constants(&text);
                let own = own
                    .into_iter()
                    .filter(|(name, _)| is_for(kind, &path, name));
                found.extend(own.map(|(_, sql)| (path.clone(), sql)));
            }
        }
    }
    found
}

/// The string constants that are SQL, by name, and those made of them by `format!`.
fn constants(text: &str) -> Vec<(String, String)> {
    let literal = |part: &str| {
        let (sql, _) = part.trim_start().strip_prefix('"')?.split_once("\";")?;
        Some(unescaped(sql))
    };
    let named: Vec<(String, String)> = text
        .split("const ")
        .skip(1)
        .filter_map(|part| {
            let (name, rest) = part.split_once(": &str =")?;
            Some((name.to_owned(), literal(rest)?))
        })
        .collect();
    let made = text.split("format!(").skip(1).filter_map(|part| {
        let (sql, _) = part.trim_start().strip_prefix('"')?.split_once('"')?;
        let filled = named.iter().fold(unescaped(sql), |sql, (name, value)| {
            sql.replace(&format!("{{{name}}}"), value)
        });
        (filled != sql && !filled.contains('{')).then(|| ("made".to_owned(), filled))
    });
    let is_fragment = |name: &str| text.contains(&format!("{{{name}}}"));
    let whole = named.iter().filter(|(name, _)| !is_fragment(name)).cloned();
    whole.chain(made).filter(|(_, sql)| is_sql(sql)).collect()
}

fn unescaped(literal: &str) -> String {
    // A backslash at the end of a line joins it to the next.
    let lines = literal
        .split("\\\n")
        .map(str::trim_start)
        .collect::<Vec<_>>()
        .concat();
    lines
        .replace("\\n", "\n")
        .replace("\\\\", "\\")
        .replace("\\\"", "\"")
}

fn is_sql(text: &str) -> bool {
    let verb = text.split_ascii_whitespace().next().unwrap_or_default();
    ["select", "insert", "update", "delete", "with"].contains(&verb)
}

/// A name that ends in the engine's is a variant for it.
fn is_for(kind: Kind, path: &Path, name: &str) -> bool {
    let engine = match kind {
        Kind::Sqlite => Engine::Sqlite,
        Kind::Postgres => Engine::Postgres,
    };
    let by_path = OF_ONE_ENGINE.iter().find(|(part, _)| {
        path.components()
            .any(|c| c.as_os_str().to_string_lossy().contains(part))
    });
    let by_name = [("SQLITE", Engine::Sqlite), ("POSTGRES", Engine::Postgres)];
    let by_name = by_name.iter().find(|(part, _)| name.contains(part));
    by_path.or(by_name).is_none_or(|(_, only)| *only == engine)
}
