//! Rules over a resource: the first that matches a node counts, for it and for what lies under it.

use std::collections::BTreeSet;

use aws_lc_rs::hmac;
use placet_domain::time::{Date, Span};
use serde_json::{Map, Value, json};

use super::tree::{Id, Tree};
use super::{Config, Method, Parameters, general};

/// What was done, in the words of the labels, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Done {
    Redacted,
    Abstracted,
    Hashed,
    Perturbed,
    Substituted,
    Generalized,
}

impl Done {
    fn label(self) -> Value {
        const SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
        let of = |code: &str, display: &str| json!({ "system": SYSTEM, "code": code, "display": display });
        let own = |code: &str, display: &str| json!({ "code": code, "display": display });
        match self {
            Self::Redacted => of("REDACTED", "redacted"),
            Self::Abstracted => of("ABSTRED", "abstracted"),
            // As that tool writes it.
            Self::Hashed => of("CRYTOHASH", "cryptographic hash function"),
            Self::Perturbed => own(
                "PERTURBED",
                "exact value is replaced with another exact value",
            ),
            Self::Substituted => own(
                "SUBSTITUTED",
                "exact value is replaced with a predefined value",
            ),
            Self::Generalized => own(
                "GENERALIZED",
                "exact value is replaced with a general value",
            ),
        }
    }
}

pub(super) fn run(config: &Config, resource: &Value, today: Date) -> Result<Value, String> {
    let object = resource.as_object().ok_or("this is no resource")?;
    let (mut tree, root) = Tree::read(object);
    let mut labels = Vec::new();
    let mut run = Run {
        config,
        today,
        tree: &mut tree,
        labels: &mut labels,
    };
    let ran = run.resource(root);
    let is_bundle = object.get("resourceType").and_then(Value::as_str) == Some("Bundle");
    match ran {
        Ok(done) => {
            let mut value = tree.write(root).unwrap_or_default();
            label(&mut value, &done);
            if is_bundle {
                label_entries(&mut value, &tree, root, &labels);
            }
            Ok(value)
        }
        Err(_) if config.skips_errors => {
            let mut empty = json!({ "resourceType": object.get("resourceType") });
            label(&mut empty, &[Done::Redacted].into());
            Ok(empty)
        }
        Err(says) => Err(says),
    }
}

struct Run<'r> {
    config: &'r Config,
    today: Date,
    tree: &'r mut Tree,
    /// What was done to each resource inside.
    labels: &'r mut Vec<(Id, BTreeSet<Done>)>,
}

impl Run<'_> {
    /// The resources inside first; what was done to them was done to this one, too.
    fn resource(&mut self, root: Id) -> Result<BTreeSet<Done>, String> {
        let mut done = BTreeSet::new();
        for inner in self.tree.inner_resources(root) {
            let own = self.resource(inner)?;
            done.extend(own.iter().copied());
            self.labels.push((inner, own));
        }
        let config = self.config;
        for rule in &config.rules {
            for node in rule.path.find(self.tree, root) {
                self.treat(&rule.method, root, node, &mut done)?;
            }
        }
        Ok(done)
    }

    fn treat(
        &mut self,
        method: &Method,
        root: Id,
        id: Id,
        done: &mut BTreeSet<Done>,
    ) -> Result<(), String> {
        let is_free = self.tree.node(id).is_some_and(|node| !node.is_done);
        if !is_free {
            return Ok(());
        }
        if let Method::Substitute(with) = method {
            self.substitute(id, with);
            done.insert(Done::Substituted);
            return Ok(());
        }
        if let Some(node) = self.tree.node_mut(id) {
            node.is_done = true;
        }
        self.one(method, root, id, done)?;
        for child in self.tree.children(id) {
            let is_other = self.tree.node(child).is_some_and(|it| it.is_resource);
            if !is_other {
                self.treat(method, root, child, done)?;
            }
        }
        Ok(())
    }

    fn one(
        &mut self,
        method: &Method,
        root: Id,
        id: Id,
        done: &mut BTreeSet<Done>,
    ) -> Result<(), String> {
        let Some(value) = self.tree.node(id).and_then(|node| node.value.clone()) else {
            return Ok(());
        };
        let (kind, name) = (self.tree.kind(id).to_owned(), self.tree.name(id).to_owned());
        let (new, what) = match method {
            Method::Keep | Method::Substitute(_) => return Ok(()),
            Method::Redact => self.redact(&kind, &name, &value),
            Method::CryptoHash => (self.hash(&name, &value), Some(Done::Hashed)),
            Method::DateShift => self.shift(root, &kind, &value),
            Method::Generalize { cases, others_kept } => {
                let mut found = None;
                for (case, to) in cases {
                    if general::holds(case, &value)? {
                        found = Some(general::becomes(to, &value)?);
                        break;
                    }
                }
                match found {
                    Some(new) => (Some(new), Some(Done::Generalized)),
                    None if *others_kept => (Some(value), None),
                    None => (None, Some(Done::Redacted)),
                }
            }
        };
        done.extend(what);
        if let Some(node) = self.tree.node_mut(id) {
            node.value = new;
        }
        Ok(())
    }

    fn redact(&self, kind: &str, name: &str, value: &Value) -> (Option<Value>, Option<Done>) {
        let Parameters {
            enable_partial_dates_for_redact: dates,
            enable_partial_zip_codes_for_redact: zips,
            enable_partial_ages_for_redact: _,
            restricted_zip_code_tabulation_areas: restricted,
            ..
        } = &self.config.parameters;
        let text = value.as_str().unwrap_or_default();
        if *dates && is_time(kind) {
            return match text.get(..4) {
                Some(year) if !self.reveals_age(year) => {
                    (Some(Value::String(year.to_owned())), Some(Done::Redacted))
                }
                _ => (None, Some(Done::Redacted)),
            };
        }
        if *zips && name == "postalCode" {
            let prefix = text.get(..3).unwrap_or_default();
            let zeros = "0".repeat(text.len().saturating_sub(3));
            let kept = if restricted.iter().any(|area| area == prefix) {
                "000"
            } else {
                prefix
            };
            return (
                Some(Value::String(format!("{kept}{zeros}"))),
                Some(Done::Abstracted),
            );
        }
        (None, Some(Done::Redacted))
    }

    /// A year that says that somebody is older than 89.
    fn reveals_age(&self, year: &str) -> bool {
        year.parse::<i16>()
            .map_or(true, |year| self.today.year() - year > 89)
    }

    fn hash(&self, name: &str, value: &Value) -> Option<Value> {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let key = hmac::Key::new(
            hmac::HMAC_SHA256,
            self.config.parameters.crypto_hash_key.as_bytes(),
        );
        let hash = |text: &str| -> String {
            let tag = hmac::sign(&key, text.as_bytes());
            tag.as_ref()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        };
        // Of a reference only the id is hashed, so that it still finds what it refers to.
        let at = if name == "reference" {
            text.rfind(['/', '#', ':']).map_or(0, |at| at + 1)
        } else {
            0
        };
        let (kept, id) = text.split_at(at);
        Some(Value::String(format!("{kept}{}", hash(id))))
    }

    /// Whole days by a number that follows from the key and the resource, up to fifty either way.
    fn shift(&self, root: Id, kind: &str, value: &Value) -> (Option<Value>, Option<Done>) {
        let text = value.as_str().unwrap_or_default();
        if !is_time(kind) {
            return (Some(value.clone()), None);
        }
        let Some(day) = text.get(..10).and_then(|day| day.parse::<Date>().ok()) else {
            // A year alone has no day to shift; it is what partial dates leave of a date.
            return self.redact(kind, "", value);
        };
        if self.reveals_age(text.get(..4).unwrap_or_default()) {
            return (None, Some(Done::Redacted));
        }
        let key = hmac::Key::new(
            hmac::HMAC_SHA256,
            self.config.parameters.date_shift_key.as_bytes(),
        );
        let own = self
            .tree
            .children(root)
            .into_iter()
            .find(|id| self.tree.name(*id) == "id");
        let own = own.and_then(|id| self.tree.text(id)).unwrap_or_default();
        let tag = hmac::sign(&key, own.as_bytes());
        let first = tag
            .as_ref()
            .iter()
            .take(4)
            .fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        let days = i64::from(first % 101) - 50;
        let Ok(day) = day.checked_add(Span::new().days(days)) else {
            return (None, Some(Done::Redacted));
        };
        let shifted = match text.split_once('T') {
            Some((_, time)) => {
                let zone = time.find(['Z', '+', '-']).and_then(|at| time.get(at..));
                format!("{day}T00:00:00{}", zone.unwrap_or_default())
            }
            None => day.to_string(),
        };
        (Some(Value::String(shifted)), Some(Done::Perturbed))
    }

    /// What was dealt with before stays in its place.
    fn substitute(&mut self, id: Id, with: &Value) {
        let kept: Vec<Id> = self
            .tree
            .children(id)
            .into_iter()
            .filter(|child| self.is_dealt_with(*child))
            .collect();
        let kind = self.tree.kind(id).to_owned();
        let new = match with {
            Value::Object(object) => {
                let group = self.tree.group("", &kind, false, object);
                self.tree.children(group)
            }
            value => {
                if let Some(node) = self.tree.node_mut(id) {
                    node.value = Some(value.clone());
                }
                Vec::new()
            }
        };
        let names: Vec<String> = kept
            .iter()
            .map(|it| self.tree.name(*it).to_owned())
            .collect();
        let fresh = new
            .into_iter()
            .filter(|it| !names.iter().any(|name| name == self.tree.name(*it)))
            .collect::<Vec<_>>();
        let children: Vec<Id> = fresh.into_iter().chain(kept).collect();
        for child in &children {
            for below in self.tree.below(*child).into_iter().chain([*child]) {
                if let Some(node) = self.tree.node_mut(below) {
                    node.is_done = true;
                }
            }
        }
        if let Some(node) = self.tree.node_mut(id) {
            node.children = children;
            node.is_done = true;
        }
    }

    fn is_dealt_with(&self, id: Id) -> bool {
        let all = self.tree.below(id).into_iter().chain([id]);
        all.into_iter()
            .any(|it| self.tree.node(it).is_some_and(|node| node.is_done))
    }
}

fn is_time(kind: &str) -> bool {
    matches!(kind, "date" | "dateTime" | "instant")
}

/// Says in `meta.security` what was done.
fn label(resource: &mut Value, done: &BTreeSet<Done>) {
    let Some(object) = resource.as_object_mut() else {
        return;
    };
    if done.is_empty() {
        return;
    }
    let meta = object
        .entry("meta")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(meta) = meta.as_object_mut() {
        let security = meta
            .entry("security")
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(security) = security.as_array_mut() {
            security.extend(done.iter().map(|one| one.label()));
        }
    }
}

/// The resources of a bundle's entries carry labels of their own; contained ones do not.
fn label_entries(bundle: &mut Value, tree: &Tree, root: Id, labels: &[(Id, BTreeSet<Done>)]) {
    let inner = tree.inner_resources(root);
    let entries = bundle.get_mut("entry").and_then(Value::as_array_mut);
    let resources = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.get_mut("resource"));
    for (resource, id) in resources.zip(inner) {
        if let Some((_, done)) = labels.iter().find(|(of, _)| *of == id) {
            label(resource, done);
        }
    }
}
