//! A resource as a tree of typed nodes, so that rules can mark and change them one by one.

use serde_json::{Map, Value};

use crate::fhir::elements::{Kind, table};

pub(super) type Id = usize;

/// What stands at a node.
pub(super) struct Node {
    pub(super) name: String,
    kind: String,
    is_list: bool,
    /// A primitive value, with what was made of it.
    pub(super) value: Option<Value>,
    pub(super) children: Vec<Id>,
    /// Whether a rule has dealt with it.
    pub(super) is_done: bool,
    /// A resource in a bundle's entry, or contained: a tree of rules of its own.
    pub(super) is_resource: bool,
}

/// The nodes of one resource and of the resources in it.
#[derive(Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    pub(super) fn read(resource: &Map<String, Value>) -> (Self, Id) {
        let mut tree = Self::default();
        let root = tree.resource("", false, resource);
        (tree, root)
    }

    pub(super) fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id)
    }

    pub(super) fn node_mut(&mut self, id: Id) -> Option<&mut Node> {
        self.nodes.get_mut(id)
    }

    pub(super) fn kind(&self, id: Id) -> &str {
        self.node(id).map_or("", |node| &node.kind)
    }

    pub(super) fn name(&self, id: Id) -> &str {
        self.node(id).map_or("", |node| &node.name)
    }

    pub(super) fn text(&self, id: Id) -> Option<&str> {
        self.node(id)?.value.as_ref()?.as_str()
    }

    /// The children that belong to the same resource.
    pub(super) fn children(&self, id: Id) -> Vec<Id> {
        self.node(id)
            .map(|node| node.children.clone())
            .unwrap_or_default()
    }

    /// Everything under a node that belongs to the same resource, from the top.
    pub(super) fn below(&self, id: Id) -> Vec<Id> {
        let mut all = Vec::new();
        let mut next = self.children(id);
        next.reverse();
        while let Some(node) = next.pop() {
            if self.node(node).is_some_and(|it| it.is_resource) {
                continue;
            }
            all.push(node);
            next.extend(self.children(node).into_iter().rev());
        }
        all
    }

    /// The resources inside a resource, not those inside them.
    pub(super) fn inner_resources(&self, id: Id) -> Vec<Id> {
        let mut found = Vec::new();
        let mut next = self.children(id);
        while let Some(node) = next.pop() {
            if self.node(node).is_some_and(|it| it.is_resource) {
                found.push(node);
            } else {
                next.extend(self.children(node));
            }
        }
        found.reverse();
        found
    }

    fn push(&mut self, node: Node) -> Id {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn resource(&mut self, name: &str, is_list: bool, object: &Map<String, Value>) -> Id {
        let kind = object.get("resourceType").and_then(Value::as_str);
        let kind = kind.unwrap_or_default().to_owned();
        let id = self.group(name, &kind, is_list, object);
        if let Some(node) = self.node_mut(id) {
            node.is_resource = true;
        }
        id
    }

    pub(super) fn group(
        &mut self,
        name: &str,
        kind: &str,
        is_list: bool,
        object: &Map<String, Value>,
    ) -> Id {
        let mut children = Vec::new();
        for (key, value) in object {
            if key == "resourceType" || (key.starts_with('_') && object.contains_key(&key[1..])) {
                continue;
            }
            let name = key.strip_prefix('_').unwrap_or(key);
            let beside = object.get(&format!("_{name}"));
            let value = if key.starts_with('_') {
                &Value::Null
            } else {
                value
            };
            let (child, is_list) = element(kind, name, value);
            match value {
                Value::Array(items) => {
                    for (at, item) in items.iter().enumerate() {
                        let beside = beside.and_then(|it| it.get(at));
                        children.push(self.value(name, &child, true, item, beside));
                    }
                }
                value => children.push(self.value(name, &child, is_list, value, beside)),
            }
        }
        self.push(Node {
            name: name.to_owned(),
            kind: kind.to_owned(),
            is_list,
            value: None,
            children,
            is_done: false,
            is_resource: false,
        })
    }

    fn value(
        &mut self,
        name: &str,
        kind: &str,
        is_list: bool,
        value: &Value,
        beside: Option<&Value>,
    ) -> Id {
        if let Value::Object(object) = value {
            return if object.contains_key("resourceType") {
                self.resource(name, is_list, object)
            } else {
                self.group(name, kind, is_list, object)
            };
        }
        let inner = match beside {
            Some(Value::Object(object)) => {
                let id = self.group("", "Element", false, object);
                self.children(id)
            }
            _ => Vec::new(),
        };
        self.push(Node {
            name: name.to_owned(),
            kind: kind.to_owned(),
            is_list,
            value: (!value.is_null()).then(|| value.clone()),
            children: inner,
            is_done: false,
            is_resource: false,
        })
    }

    /// The JSON of a node; nothing when nothing is left of it.
    pub(super) fn write(&self, id: Id) -> Option<Value> {
        let node = self.node(id)?;
        if node.value.is_some() {
            return node.value.clone();
        }
        let mut object = Map::new();
        if node.is_resource {
            object.insert("resourceType".to_owned(), Value::String(node.kind.clone()));
        }
        for child in &node.children {
            let Some(it) = self.node(*child) else {
                continue;
            };
            let is_primitive =
                it.value.is_some() || it.kind.starts_with(|c: char| c.is_ascii_lowercase());
            let written = if is_primitive {
                it.value.clone()
            } else {
                self.write(*child)
            };
            if let Some(value) = written {
                put(&mut object, &it.name, value, it.is_list);
            }
            if is_primitive && !it.children.is_empty() {
                let mut beside = Map::new();
                for inner in &it.children {
                    if let (Some(inner_node), Some(value)) = (self.node(*inner), self.write(*inner))
                    {
                        put(&mut beside, &inner_node.name, value, inner_node.is_list);
                    }
                }
                if !beside.is_empty() {
                    object.insert(format!("_{}", it.name), Value::Object(beside));
                }
            }
        }
        let is_empty = object.is_empty();
        (!is_empty || node.is_resource).then_some(Value::Object(object))
    }
}

fn put(into: &mut Map<String, Value>, name: &str, value: Value, is_list: bool) {
    if !is_list {
        into.insert(name.to_owned(), value);
        return;
    }
    match into.get_mut(name) {
        Some(Value::Array(items)) => items.push(value),
        _ => {
            into.insert(name.to_owned(), Value::Array(vec![value]));
        }
    }
}

/// The data type of an element, and whether it is a list. Primitive types begin with a small
/// letter; the table does not tell them apart, so their names and forms do.
fn element(of: &str, name: &str, value: &Value) -> (String, bool) {
    let elements = table().elements(of);
    let found = elements.iter().find(|element| element.name == name);
    let is_list = found.map_or(value.is_array(), |element| element.is_list);
    if let Some(element) = found
        && let Kind::Group(group) = element.kind
    {
        return (group.to_owned(), is_list);
    }
    if matches!(name, "extension" | "modifierExtension") {
        return ("Extension".to_owned(), true);
    }
    let is_object = |value: &Value| value.is_object();
    let holds_objects = match value {
        Value::Array(items) => items.iter().any(is_object),
        value => is_object(value),
    };
    if holds_objects {
        return (by_choice(name), is_list);
    }
    let text = match value {
        Value::Array(items) => items.first().and_then(Value::as_str),
        value => value.as_str(),
    };
    (primitive(of, name, text).to_owned(), is_list)
}

/// The type in a name such as `valueCodeableConcept`.
fn by_choice(name: &str) -> String {
    const TYPES: [&str; 11] = [
        "CodeableConcept",
        "Coding",
        "Quantity",
        "Identifier",
        "HumanName",
        "Address",
        "ContactPoint",
        "Attachment",
        "Reference",
        "Period",
        "Age",
    ];
    let found = TYPES.iter().find(|kind| name.ends_with(**kind));
    found.map_or_else(|| "BackboneElement".to_owned(), |kind| (*kind).to_owned())
}

fn primitive(of: &str, name: &str, text: Option<&str>) -> &'static str {
    const DATES: [&str; 12] = [
        "birthDate",
        "bornDate",
        "deceasedDate",
        "servicedDate",
        "startDate",
        "dueDate",
        "statusDate",
        "expirationDate",
        "approvalDate",
        "lastReviewDate",
        "valueDate",
        "date",
    ];
    let is_date = text.is_some_and(is_date_like);
    if name.ends_with("Integer") {
        "integer"
    } else if name.ends_with("Base64Binary")
        || (of == "Attachment" && matches!(name, "data" | "hash"))
    {
        "base64Binary"
    } else if is_date && DATES.contains(&name) && of != "Period" {
        "date"
    } else if is_date && (name == "issued" || name == "lastUpdated" || name.ends_with("Instant")) {
        "instant"
    } else if is_date
        && !matches!(
            name,
            "value" | "code" | "id" | "display" | "text" | "postalCode"
        )
    {
        "dateTime"
    } else {
        "string"
    }
}

/// `2001`, `2001-02`, `2001-02-03` or that with a time.
fn is_date_like(text: &str) -> bool {
    let day = text.split('T').next().unwrap_or_default();
    matches!(day.len(), 4 | 7 | 10)
        && day
            .split('-')
            .enumerate()
            .all(|(at, part)| part.len() == if at == 0 { 4 } else { 2 } && is_number(part))
        && (!text.contains('T') || day.len() == 10)
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}
