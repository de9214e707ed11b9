//! A JSON body. What is wrong with it is said by place and kind, never by repeating a value.

use std::error::Error;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::error::WebError;
use crate::serving::in_time;
use crate::site::Site;

/// A JSON body.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Site> for Body<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, site: &Site) -> Result<Self, WebError> {
        let read = in_time(Json::<T>::from_request(request, site)).await?;
        let Json(body) = read.map_err(|error| WebError::Malformed(wrong(&error)))?;
        Ok(Self(body))
    }
}

fn wrong(error: &JsonRejection) -> String {
    let at_path = cause::<serde_path_to_error::Error<serde_json::Error>>(error);
    match (error, at_path) {
        (JsonRejection::MissingJsonContentType(_), _) => {
            "send the body as JSON, with Content-Type: application/json".to_owned()
        }
        (JsonRejection::JsonDataError(_), Some(at_path)) => {
            let what = kind(&at_path.inner().to_string());
            format!("{}: {what}; /api describes the body", place(at_path.path()))
        }
        (JsonRejection::JsonSyntaxError(_), at_path) => {
            let inner = at_path.map(serde_path_to_error::Error::inner);
            let Some(inner) = inner.or_else(|| cause(error)) else {
                return "the body is no JSON".to_owned();
            };
            let (line, column) = (inner.line(), inner.column());
            format!("the body is no JSON from line {line}, column {column} on")
        }
        _ => "the body is too long or was cut off".to_owned(),
    }
}

/// The first of its causes that is of this kind.
fn cause<E: Error + 'static>(error: &JsonRejection) -> Option<&E> {
    let mut next = error.source();
    while let Some(one) = next {
        if let Some(found) = one.downcast_ref() {
            return Some(found);
        }
        next = one.source();
    }
    None
}

/// Where it is: names of the description and numbers. Keys that the sender chose are left out.
fn place(path: &serde_path_to_error::Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            other => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(match other {
                    Segment::Map { key } if is_name(key) => key,
                    _ => "…",
                });
            }
        }
    }
    if text.is_empty() {
        "the body".to_owned()
    } else {
        format!("`{text}`")
    }
}

/// The parser's sentence without what it repeats of the body. A field that is missing has a name of
/// the description.
fn kind(said: &str) -> String {
    let named = |lead| Some(said.strip_prefix(lead)?.split_once('`')?.0);
    if let Some(name) = named("missing field `") {
        format!("`{name}` is missing")
    } else if said.starts_with("unknown field") {
        "there is no such field".to_owned()
    } else if said.starts_with("unknown variant") {
        "none of the values that this can have".to_owned()
    } else if said.starts_with("duplicate field") {
        "given twice".to_owned()
    } else if said.starts_with("invalid type") {
        "of another type than asked for".to_owned()
    } else {
        "not in the form that is asked for".to_owned()
    }
}

/// As fields of the description are written.
fn is_name(key: &str) -> bool {
    key.len() <= 40
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::body::Bytes;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Asked {
        when: u32,
        #[serde(default)]
        parts: Vec<Part>,
        #[serde(default)]
        named: BTreeMap<String, u32>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Part {
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
    }

    #[track_caller]
    fn check(body: &'static str, expected: &str) {
        let error = Json::<Asked>::from_bytes(&Bytes::from_static(body.as_bytes()));
        let said = wrong(&error.expect_err("the body is refused"));
        assert_eq!(said, expected);
        assert!(!said.contains("SECRET"));
    }

    #[test]
    #[rustfmt::skip] // A table.
    fn what_is_wrong_with_a_body_is_said_by_place_and_kind() {
        let see = "; /api describes the body";
        check("{",                             "the body is no JSON from line 1, column 1 on");
        check("{\n\"when\": SECRET}",          "the body is no JSON from line 2, column 9 on");
        check("{\"when\": 1} x",               "the body is no JSON from line 1, column 13 on");
        check("{}",                            &format!("the body: `when` is missing{see}"));
        check("[]",                            &format!("the body: not in the form that is asked for{see}"));
        check("{\"when\": \"SECRET\"}",        &format!("`when`: of another type than asked for{see}"));
        check("{\"when\": -1}",                &format!("`when`: not in the form that is asked for{see}"));
        check("{\"when\": 1, \"when\": 2}",    &format!("the body: given twice{see}"));
        check("{\"when\": 1, \"SECRET\": 2}",  &format!("`…`: there is no such field{see}"));
        check("{\"when\": 1, \"parts\": [{\"kind\": \"plain\"}, {}]}",
                                               &format!("`parts[1]`: `kind` is missing{see}"));
        check("{\"when\": 1, \"parts\": [{\"kind\": \"SECRET\"}]}",
                                               &format!("`parts[0].kind`: none of the values that this can have{see}"));
        check("{\"when\": 1, \"named\": {\"SECRET\": \"x\"}}",
                                               &format!("`named.…`: of another type than asked for{see}"));
    }
}
