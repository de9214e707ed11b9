//! A result to take along: CSV for a spreadsheet, JSON for a notebook.
//!
//! Both name the data by its hash, the seed and the version, so that the figure can be found
//! again and made again.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use placet_domain::id::RunId;
use placet_domain::measure::{Stand, Way};
use placet_ledger::to_hex;
use serde_json::{Value, json};

use super::result;
use super::show::{Found, opened};
use crate::error::WebError;
use crate::extract::Id;
use crate::session::Viewer;
use crate::site::Site;

async fn found(
    site: &Site,
    viewer: &Viewer,
    id: RunId,
    way: Way,
) -> Result<(Found, Value), WebError> {
    let mut found = opened(site, viewer, id, way).await?;
    let value = found.result.take().ok_or(WebError::NotFound)?;
    Ok((found, value))
}

/// What a result stands on, as a machine reads it.
pub(crate) fn basis(found: &Found, value: &Value) -> Value {
    let run = &found.run;
    let mut basis = json!({
        "run": run.id.to_string(),
        "name": run.name,
        "question": run.question.as_str(),
        "directional": true,
        "ask": serde_json::from_str::<Value>(&run.ask).unwrap_or(Value::Null),
        "seed": run.seed,
        "asked_at": run.asked_at.to_string(),
        "span": result::span(run.question, value),
    });
    if let (Some(map), Stand::Ended(ended)) = (basis.as_object_mut(), &found.stand) {
        map.insert("computed_at".into(), ended.at.to_string().into());
        map.insert("version".into(), ended.version.clone().into());
        if let Some(hash) = &ended.result_hash {
            map.insert("result_sha256".into(), to_hex(hash).into());
        }
        if let Some(set) = &found.dataset {
            map.insert("data".into(), set.name.clone().into());
        }
        if let Some(hash) = &run.data_hash {
            map.insert("data_sha256".into(), to_hex(hash).into());
        }
    }
    basis
}

/// `GET`: the result as JSON, with what it stands on.
pub async fn json(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
) -> Result<Response, WebError> {
    let (found, value) = found(&site, &viewer, id, Way::Json).await?;
    let whole = json!({ "about": basis(&found, &value), "result": value });
    Ok((attached(&found, "json"), Json(whole)).into_response())
}

/// `GET`: the result as a table of names and values.
pub async fn csv(
    State(site): State<Site>,
    viewer: Viewer,
    Id(id): Id<RunId>,
) -> Result<Response, WebError> {
    let (found, value) = found(&site, &viewer, id, Way::Csv).await?;
    let mut text = String::from("part,name,value\r\n");
    flatten("about", "", &basis(&found, &value), &mut text);
    flatten("result", "", &value, &mut text);
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned());
    let [place] = attached(&found, "csv");
    Ok(([kind, place], text).into_response())
}

fn attached(found: &Found, ending: &str) -> [(header::HeaderName, String); 1] {
    let name = format!("{}-{}.{ending}", found.run.question.as_str(), found.run.id);
    [(
        header::CONTENT_DISPOSITION,
        format!("attachment; filename=\"{name}\""),
    )]
}

/// One line a value, under its path. The draws behind a budget are for machines: JSON has them.
fn flatten(part: &str, path: &str, value: &Value, out: &mut String) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(map) => {
            for (name, value) in map.iter().filter(|(name, _)| *name != "curves") {
                flatten(part, &below(name), value, out);
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                flatten(part, &below(&i.to_string()), value, out);
            }
        }
        Value::Null => line(part, path, "", out),
        Value::String(text) => line(part, path, text, out),
        other => line(part, path, &other.to_string(), out),
    }
}

fn line(part: &str, name: &str, value: &str, out: &mut String) {
    out.push_str(part);
    out.push(',');
    out.push_str(&cell(name));
    out.push(',');
    out.push_str(&cell(value));
    out.push_str("\r\n");
}

/// A cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    let safe = if !is_number && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if safe.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_keeps_its_commas() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("-4.5", "-4.5"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn a_result_is_flat_under_its_paths() {
        let mut text = String::new();
        let value = json!({ "a": [1, null], "curves": [5], "b": { "c": "x" } });
        flatten("result", "", &value, &mut text);
        assert_eq!(text, "result,a.0,1\r\nresult,a.1,\r\nresult,b.c,x\r\n");
    }
}
