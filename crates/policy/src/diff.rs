//! What differs between two packs, rule by rule and field by field, in words.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use crate::decision::PackRef;
use crate::engine::Engine;
use crate::rule::Rule;

/// What differs from the first pack to the second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The first pack.
    pub from: PackRef,
    /// The second.
    pub to: PackRef,
    /// Rules that only the second has.
    pub added: Vec<Rule>,
    /// Rules that only the first has.
    pub removed: Vec<Rule>,
    /// Rules of both that say something else.
    pub changed: Vec<Changed>,
    /// Shared words, unsettled questions, and deadlines and amounts.
    pub others: Vec<Other>,
}

/// A rule that both packs have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its id.
    pub id: String,
    /// Its title in the second pack.
    pub title: String,
    /// What differs in it.
    pub fields: Vec<Field>,
}

/// One field of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The field in words.
    pub field: &'static str,
    /// What the first pack says; empty when nothing.
    pub from: String,
    /// What the second says.
    pub to: String,
}

/// Something that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Other {
    /// What it is: `word`, `question` or `limit`.
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// What the first pack says; `None` when it is new.
    pub from: Option<String>,
    /// What the second says; `None` when it is gone.
    pub to: Option<String>,
}

/// The fields of a rule, by their key and in words; where it stands in its file does not count.
#[rustfmt::skip] // A table.
const FIELDS: &[(&str, &str)] = &[
    ("title",           "title"),
    ("says",            "sentence"),
    ("objection",       "sentence when it objects"),
    ("citation",        "citation"),
    ("kind",            "kind"),
    ("jurisdiction",    "jurisdiction"),
    ("effective_from",  "first day"),
    ("effective_to",    "last day"),
    ("profiles",        "profiles"),
    ("when",            "when it applies"),
    ("needs",           "what must hold"),
    ("hours",           "hours"),
    ("until",           "ends with the count of the last"),
    ("otherwise",       "outcome when it does not hold"),
    ("basis",           "gives a basis"),
    ("category",        "category of its objection"),
    ("permit_category", "category of a permit"),
    ("missing",         "missing instruments"),
    ("conditions",      "conditions"),
    ("cure",            "cure"),
    ("cases",           "further cases"),
    ("evidence",        "evidence"),
    ("source",          "source"),
];

/// What differs from one pack to the other.
#[must_use]
pub fn between(from: &Engine, to: &Engine) -> Difference {
    let (old, new) = (keyed(from.rules()), keyed(to.rules()));
    let only = |these: &BTreeMap<Key<'_>, &Rule>, others: &BTreeMap<Key<'_>, &Rule>| {
        let absent = these.iter().filter(|(key, _)| !others.contains_key(*key));
        absent.map(|(_, rule)| (*rule).clone()).collect()
    };
    let both = old
        .iter()
        .filter_map(|(key, was)| Some((*was, *new.get(key)?)));
    let changed = both.filter_map(|(was, is)| {
        let fields = fields(was, is);
        (!fields.is_empty()).then(|| Changed {
            id: is.id.clone(),
            title: is.title.clone(),
            fields,
        })
    });
    Difference {
        from: from.pack(),
        to: to.pack(),
        added: only(&new, &old),
        removed: only(&old, &new),
        changed: changed.collect(),
        others: others(from, to),
    }
}

impl Difference {
    /// Whether both packs say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && self.others.is_empty()
    }
}

/// A rule by its id and its place among those of the same id, in the order of their dates: a law
/// that changes has several.
type Key<'a> = (&'a str, usize);

fn keyed(rules: &[Rule]) -> BTreeMap<Key<'_>, &Rule> {
    let mut by_id: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        by_id.entry(rule.id.as_str()).or_default().push(rule);
    }
    let mut keyed = BTreeMap::new();
    for (id, mut same) in by_id {
        same.sort_by_key(|rule| rule.effective_from);
        keyed.extend(
            same.into_iter()
                .enumerate()
                .map(|(nth, rule)| ((id, nth), rule)),
        );
    }
    keyed
}

fn fields(was: &Rule, is: &Rule) -> Vec<Field> {
    let json = |rule: &Rule| serde_json::to_value(rule).unwrap_or_default();
    let (was, is) = (json(was), json(is));
    let differs = |(key, field): &(&str, &'static str)| {
        let (from, to) = (was.get(*key), is.get(*key));
        (from != to).then(|| Field {
            field,
            from: words(from),
            to: words(to),
        })
    };
    FIELDS.iter().filter_map(differs).collect()
}

fn words(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Bool(is)) => if *is { "yes" } else { "no" }.to_owned(),
        Some(Json::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| words(Some(item))).collect();
            items.join("; ")
        }
        Some(Json::Object(fields)) => {
            let said = fields.iter();
            let said: Vec<String> = said
                .map(|(name, value)| format!("{name} {}", words(Some(value))))
                .collect();
            said.join(", ")
        }
        Some(other) => other.to_string(),
    }
}

fn others(from: &Engine, to: &Engine) -> Vec<Other> {
    let mut found = Vec::new();
    let list = |engine: &Engine| {
        let words = engine.words().iter();
        let words = words.map(|word| (("word", word.name.clone()), word.when.clone()));
        let switches = engine.switches().iter().map(|one| {
            let answer = if one.answer { "yes" } else { "no" };
            (("question", one.id.clone()), answer.to_owned())
        });
        let limits = engine.limits().iter().map(|limit| {
            let amount = format!("{} {}", limit.amount, limit.unit.replace('_', " "));
            (("limit", limit.code.clone()), amount)
        });
        words
            .chain(switches)
            .chain(limits)
            .collect::<BTreeMap<_, _>>()
    };
    let (old, new) = (list(from), list(to));
    let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (was, is) = (old.get(name), new.get(name));
        if was != is {
            found.push(Other {
                what: name.0,
                name: name.1.clone(),
                from: was.cloned(),
                to: is.cloned(),
            });
        }
    }
    found
}
