//! A FHIR server for tests: says what the script says, and keeps what it was asked.
//!
//! Assertions are checked by another implementation than the one that signs them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

/// What was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn token(&self) -> Option<&str> {
        self.headers.get("authorization")?.strip_prefix("Bearer ")
    }

    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What is answered.
#[derive(Clone, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Only so many bytes of the body are sent; then the line is cut.
    pub(super) cut_at: Option<usize>,
    /// The length of the body is not said: its end is the end of the line.
    pub(super) is_of_unknown_length: bool,
    /// Nothing more is sent until the other side hangs up.
    pub(super) stalls: bool,
}

pub(super) fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        body: body.into(),
        ..Reply::default()
    }
}

impl Reply {
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

type Script = Box<dyn FnMut(&Asked) -> Option<Reply> + Send>;

/// The server; it ends with the test.
pub(super) struct Ehr {
    pub(super) url: String,
    pub(super) asked: Arc<Mutex<Vec<Asked>>>,
    script: Arc<Mutex<Script>>,
    /// The keys that it knows, as they were handed to it.
    pub(super) keys: Arc<Mutex<Value>>,
}

impl Ehr {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/fhir", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(|_: &Asked| None)));
        let keys = Arc::new(Mutex::new(json!({ "keys": [] })));
        let ehr = Self {
            url,
            asked,
            script,
            keys,
        };
        let (asked, script, keys, url) = (
            Arc::clone(&ehr.asked),
            Arc::clone(&ehr.script),
            Arc::clone(&ehr.keys),
            ehr.url.clone(),
        );
        std::thread::spawn(move || {
            for line in listener.incoming() {
                let Ok(line) = line else { return };
                let (asked, script, keys, url) = (
                    Arc::clone(&asked),
                    Arc::clone(&script),
                    Arc::clone(&keys),
                    url.clone(),
                );
                std::thread::spawn(move || serve(line, &asked, &script, &keys, &url));
            }
        });
        ehr
    }

    /// Says from now on what this says, and else what a server usually does.
    pub(super) fn says(&self, script: impl FnMut(&Asked) -> Option<Reply> + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(Asked::line).collect()
    }

    pub(super) fn n_asked(&self, part: &str) -> usize {
        self.lines()
            .iter()
            .filter(|line| line.contains(part))
            .count()
    }
}

fn serve(
    line: TcpStream,
    asked: &Mutex<Vec<Asked>>,
    script: &Mutex<Script>,
    keys: &Mutex<Value>,
    url: &str,
) -> Option<()> {
    let mut reader = BufReader::new(line.try_clone().ok()?);
    let mut line = line;
    loop {
        let one = read(&mut reader)?;
        asked.lock().unwrap().push(one.clone());
        let said = (*script.lock().unwrap())(&one);
        let said = said.unwrap_or_else(|| usual(&one, url, &keys.lock().unwrap()));
        let mut head = format!("HTTP/1.1 {} X\r\n", said.status);
        for (name, value) in &said.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if said.is_of_unknown_length {
            head.push_str("Connection: close\r\n\r\n");
        } else {
            head.push_str(&format!("Content-Length: {}\r\n\r\n", said.body.len()));
        }
        line.write_all(head.as_bytes()).ok()?;
        let end = said.cut_at.unwrap_or(said.body.len());
        line.write_all(&said.body[..end]).ok()?;
        if said.stalls {
            // Until the other side has had enough.
            let _ = reader.read(&mut [0]);
        }
        if said.cut_at.is_some() || said.is_of_unknown_length || said.stalls {
            return None;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Asked {
        method,
        path,
        headers,
        body,
    })
}

/// The export that the server has.
pub(super) fn manifest(url: &str, files: &[(&str, &str)]) -> Value {
    let files: Vec<Value> = files
        .iter()
        .map(|(kind, name)| json!({ "type": kind, "url": format!("{url}/files/{name}") }))
        .collect();
    json!({
        "transactionTime": "2026-03-01T16:00:00Z", "request": "x", "requiresAccessToken": true,
        "output": files, "error": [],
    })
}

fn usual(one: &Asked, url: &str, keys: &Value) -> Reply {
    let path = one.path.split('?').next().unwrap();
    match (one.method.as_str(), path) {
        ("GET", "/fhir/.well-known/smart-configuration") => {
            let said = json!({ "token_endpoint": format!("{url}/token"), "capabilities": ["permission-v2"] });
            reply(200, said.to_string())
        }
        ("POST", "/fhir/token") => match check(&one.body, &format!("{url}/token"), keys) {
            Ok(()) => {
                let said =
                    json!({ "access_token": "t0ken", "token_type": "bearer", "expires_in": 300 });
                reply(200, said.to_string())
            }
            Err(why) => {
                eprintln!("the assertion was refused: {why}");
                reply(400, json!({ "error": "invalid_client" }).to_string())
            }
        },
        _ if one.token() != Some("t0ken") => reply(401, ""),
        ("GET", "/fhir/Group/g1/$export") => {
            reply(202, "").with("Content-Location", format!("{url}/jobs/1"))
        }
        ("GET", "/fhir/jobs/1") => {
            let all = [("Appointment", "appointments"), ("Patient", "patients")];
            reply(200, manifest(url, &all).to_string())
        }
        ("DELETE", "/fhir/jobs/1") => reply(202, ""),
        ("GET", "/fhir/files/patients") => reply(200, PATIENTS),
        ("GET", "/fhir/files/appointments") => reply(200, APPOINTMENTS),
        _ => reply(404, ""),
    }
}

pub(super) const PATIENTS: &str = concat!(
    r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Moss","given":["Ada"]}],"birthDate":"1960-02-29"}"#,
    "\n",
    r#"{"resourceType":"Patient","id":"p2","name":[{"family":"Fern","given":["Ben"]}],"birthDate":"1961-02-28"}"#,
    "\n",
);
pub(super) const APPOINTMENTS: &str = concat!(
    r#"{"resourceType":"Appointment","id":"a1","status":"booked","start":"2026-03-05T15:00:00Z","participant":[{"actor":{"reference":"Patient/p1"},"status":"accepted"}]}"#,
    "\n",
);

/// What SMART Backend Services asks of an assertion, by the `jsonwebtoken` crate on pure Rust.
fn check(body: &str, token_url: &str, keys: &Value) -> Result<(), String> {
    let form: HashMap<String, String> =
        serde_html_form::from_str(body).map_err(|error| error.to_string())?;
    let is = |name: &str, value: &str| form.get(name).is_some_and(|said| said == value);
    if !is("grant_type", "client_credentials")
        || !is(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        || !is(
            "scope",
            "system/Patient.rs system/Appointment.rs system/Group.rs",
        )
    {
        return Err(format!("{form:?}"));
    }
    let said = form.get("client_assertion").ok_or("no assertion")?;
    let header = decode_header(said).map_err(|error| error.to_string())?;
    let set: JwkSet = serde_json::from_value(keys.clone()).map_err(|error| error.to_string())?;
    let kid = header.kid.ok_or("no kid")?;
    let jwk = set.find(&kid).ok_or("the key is not known")?;
    let key = DecodingKey::from_jwk(jwk).map_err(|error| error.to_string())?;
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[token_url]);
    validation.set_issuer(&["placet-at-harbor"]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    // The clock of the test is not that of the crate.
    validation.validate_exp = false;
    let claims = decode::<Value>(said, &key, &validation)
        .map_err(|error| error.to_string())?
        .claims;
    let seconds = claims["exp"].as_i64().ok_or("no exp")? - super::start().as_second();
    if claims["sub"] != "placet-at-harbor"
        || !(1..=86_400).contains(&seconds)
        || claims["jti"].as_str().is_none()
    {
        return Err(claims.to_string());
    }
    Ok(())
}
