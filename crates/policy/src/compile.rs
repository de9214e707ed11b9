//! Expressions into the intermediate form, with types checked on the way.

use std::collections::HashMap;

use crate::facts::{CATALOGUE, RECORD_FIELDS, Scope, Symbols, Type};
use crate::ir::{Id, Ir, Node, Num, Ref, Truth};
use crate::lang::{Expr, ExprKind, Fault, Op};

/// What conditions are compiled into and against.
#[derive(Debug, Clone, Default)]
pub(crate) struct Compiler {
    pub(crate) ir: Ir,
    pub(crate) symbols: Symbols,
    /// The number of each define that is already compiled.
    pub(crate) defines: HashMap<String, u16>,
    /// Facts that some condition read.
    pub(crate) used: Vec<bool>,
}

/// A value during compilation.
enum Value {
    Bool(Id),
    Text(Ref),
    TextConst(String),
    Number(Num),
    Texts(Ref),
    Records(Ref),
    List(Vec<String>),
}

impl Value {
    const fn name(&self) -> &'static str {
        match self {
            Self::Bool(_) => "true or false",
            Self::Text(_) | Self::TextConst(_) => "a text",
            Self::Number(_) => "a number",
            Self::Texts(_) | Self::List(_) => "a list of texts",
            Self::Records(_) => "a list of records",
        }
    }
}

/// The variable of the `exists` around an expression.
#[derive(Clone, Copy)]
struct Var<'a> {
    name: &'a str,
    record: bool,
}

impl Compiler {
    pub(crate) fn new() -> Self {
        Self {
            used: vec![false; CATALOGUE.len()],
            ..Self::default()
        }
    }

    /// Compiles a condition.
    pub(crate) fn condition(&mut self, expr: &Expr) -> Result<Id, Fault> {
        self.bool(expr, None)
    }

    fn bool(&mut self, expr: &Expr, var: Option<Var<'_>>) -> Result<Id, Fault> {
        match self.value(expr, var)? {
            Value::Bool(id) => Ok(id),
            other => Err(Fault::new(
                expr.at,
                format!("expected true or false, found {}", other.name()),
            )),
        }
    }

    fn value(&mut self, expr: &Expr, var: Option<Var<'_>>) -> Result<Value, Fault> {
        Ok(match &expr.kind {
            ExprKind::Bool(is) => Value::Bool(self.ir.add(Node::Const(Truth::from(*is)))),
            ExprKind::Number(number) => Value::Number(Num::Const(*number)),
            ExprKind::Text(text) => Value::TextConst(text.clone()),
            ExprKind::List(items) => Value::List(texts_of(items)?),
            ExprKind::Name(name) => self.name(name, expr.at, var)?,
            ExprKind::Not(inner) => {
                let inner = self.bool(inner, var)?;
                Value::Bool(self.ir.add(Node::Not(inner)))
            }
            ExprKind::And(list) => {
                let kids = self.bools(list, var)?;
                let kids = self.ir.add_kids(&kids);
                Value::Bool(self.ir.add(Node::And(kids)))
            }
            ExprKind::Or(list) => {
                let kids = self.bools(list, var)?;
                let kids = self.ir.add_kids(&kids);
                Value::Bool(self.ir.add(Node::Or(kids)))
            }
            ExprKind::Compare(op, left, right) => self.compare(*op, left, right, expr.at, var)?,
            ExprKind::In(item, list) => self.member(item, list, expr.at, var)?,
            ExprKind::Call(name, arguments) => self.call(name, arguments, expr.at, var)?,
            ExprKind::Each {
                list,
                every,
                var: name,
                body,
            } => {
                if var.is_some() {
                    return Err(Fault::new(
                        expr.at,
                        "`exists` may not stand inside `exists`",
                    ));
                }
                let (list, record) = match self.name(list, expr.at, None)? {
                    Value::Records(list) => (list, true),
                    Value::Texts(list) => (list, false),
                    other => {
                        return Err(Fault::new(
                            expr.at,
                            format!("expected a list, found {}", other.name()),
                        ));
                    }
                };
                let body = self.bool(body, Some(Var { name, record }))?;
                Value::Bool(self.ir.add(Node::Each {
                    list,
                    every: *every,
                    body,
                }))
            }
        })
    }

    fn bools(&mut self, list: &[Expr], var: Option<Var<'_>>) -> Result<Vec<Id>, Fault> {
        list.iter().map(|expr| self.bool(expr, var)).collect()
    }

    fn name(&mut self, name: &str, at: usize, var: Option<Var<'_>>) -> Result<Value, Fault> {
        if let Some(var) = var {
            if name == var.name && !var.record {
                return Ok(Value::Text(Ref::Item));
            }
            if let Some(field) = name
                .strip_prefix(var.name)
                .and_then(|rest| rest.strip_prefix('.'))
            {
                return self.field(field, at);
            }
        }
        if let Some(define) = self.defines.get(name) {
            return Ok(Value::Bool(self.ir.add(Node::Define(*define))));
        }
        let Some(index) = CATALOGUE.iter().position(|fact| fact.name == name) else {
            return Err(Fault::new(
                at,
                format!("unknown fact `{name}`{}", nearest(name)),
            ));
        };
        if let Some(used) = self.used.get_mut(index) {
            *used = true;
        }
        let place = u16::try_from(index).unwrap_or(u16::MAX);
        let Some(fact) = CATALOGUE.get(index) else {
            return Err(Fault::new(at, "unknown fact"));
        };
        let r = match fact.scope {
            Scope::Act => Ref::Act(place),
            Scope::Person => Ref::Person(place),
        };
        Ok(self.typed(fact.ty, r))
    }

    fn typed(&mut self, ty: Type, r: Ref) -> Value {
        match ty {
            Type::Bool => Value::Bool(self.ir.add(Node::Fact(r))),
            Type::Number => Value::Number(Num::Of(r)),
            Type::Text => Value::Text(r),
            Type::Texts => Value::Texts(r),
            Type::Records => Value::Records(r),
        }
    }

    fn field(&mut self, name: &str, at: usize) -> Result<Value, Fault> {
        let index = RECORD_FIELDS.iter().position(|field| field.0 == name);
        let place =
            index.and_then(|index| Some((u16::try_from(index).ok()?, RECORD_FIELDS.get(index)?.1)));
        match place {
            Some((place, ty)) => Ok(self.typed(ty, Ref::Field(place))),
            None => Err(Fault::new(at, format!("a record has no field `{name}`"))),
        }
    }

    fn compare(
        &mut self,
        op: Op,
        left: &Expr,
        right: &Expr,
        at: usize,
        var: Option<Var<'_>>,
    ) -> Result<Value, Fault> {
        let node = match (self.value(left, var)?, self.value(right, var)?) {
            (Value::Number(a), Value::Number(b)) => Node::Compare(op, a, b),
            (Value::Text(r), Value::TextConst(text)) | (Value::TextConst(text), Value::Text(r)) => {
                Node::Is(r, self.symbols.intern(&text))
            }
            (Value::Text(a), Value::Text(b)) => Node::Same(a, b),
            (Value::Bool(a), Value::Bool(b)) => match (self.ir.node(a), self.ir.node(b)) {
                (Node::Const(is), _) => return self.equals(op, b, is, at),
                (_, Node::Const(is)) => return self.equals(op, a, is, at),
                _ => return Err(Fault::new(at, "compare with `true` or `false` only")),
            },
            (a, b) => {
                let message = format!("{} cannot be compared with {}", a.name(), b.name());
                return Err(Fault::new(at, message));
            }
        };
        let ordered = !matches!(op, Op::Eq | Op::Ne);
        match node {
            Node::Compare(..) => Ok(Value::Bool(self.ir.add(node))),
            _ if ordered => Err(Fault::new(at, "texts have no order")),
            _ => {
                let id = self.ir.add(node);
                Ok(Value::Bool(if op == Op::Ne {
                    self.ir.add(Node::Not(id))
                } else {
                    id
                }))
            }
        }
    }

    fn equals(&mut self, op: Op, id: Id, is: Truth, at: usize) -> Result<Value, Fault> {
        let same = match op {
            Op::Eq => is == Truth::True,
            Op::Ne => is != Truth::True,
            _ => return Err(Fault::new(at, "true and false have no order")),
        };
        Ok(Value::Bool(if same {
            id
        } else {
            self.ir.add(Node::Not(id))
        }))
    }

    fn member(
        &mut self,
        item: &Expr,
        list: &Expr,
        at: usize,
        var: Option<Var<'_>>,
    ) -> Result<Value, Fault> {
        let node = match (self.value(item, var)?, self.value(list, var)?) {
            (Value::Text(text), Value::List(texts)) => {
                let set: Box<[u32]> = texts.iter().map(|text| self.symbols.intern(text)).collect();
                let index = u16::try_from(self.ir.sets.len())
                    .map_err(|_| Fault::new(at, "the pack has too many lists"))?;
                self.ir.sets.push(set);
                Node::IsOneOf(text, index)
            }
            (Value::TextConst(text), Value::Texts(list)) => {
                Node::Holds(list, self.symbols.intern(&text))
            }
            (Value::Text(text), Value::Texts(list)) => Node::HoldsText { list, text },
            (item, list) => {
                let message = format!(
                    "`in` wants a text and a list, found {} and {}",
                    item.name(),
                    list.name()
                );
                return Err(Fault::new(at, message));
            }
        };
        Ok(Value::Bool(self.ir.add(node)))
    }

    fn call(
        &mut self,
        name: &str,
        arguments: &[Expr],
        at: usize,
        var: Option<Var<'_>>,
    ) -> Result<Value, Fault> {
        let [argument] = arguments else {
            return Err(Fault::new(at, format!("`{name}` takes one value")));
        };
        if name == "date" {
            return date(argument);
        }
        let value = self.value(argument, var)?;
        let node = match (name, value) {
            ("size", Value::Texts(r) | Value::Records(r)) => {
                return Ok(Value::Number(Num::Size(r)));
            }
            ("has", Value::Text(r) | Value::Number(Num::Of(r)) | Value::Texts(r)) => Node::Has(r),
            ("has", Value::Bool(id)) => match self.ir.node(id) {
                Node::Fact(r) => Node::Has(r),
                _ => return Err(Fault::new(at, "`has` wants a fact")),
            },
            ("is_true", Value::Bool(id)) => Node::IsTrue(id),
            ("is_false", Value::Bool(id)) => Node::IsFalse(id),
            ("size" | "has" | "is_true" | "is_false", other) => {
                return Err(Fault::new(
                    at,
                    format!("`{name}` cannot take {}", other.name()),
                ));
            }
            _ => return Err(Fault::new(at, format!("no function `{name}`"))),
        };
        Ok(Value::Bool(self.ir.add(node)))
    }
}

/// `date("2027-01-31")` as a day number, to compare with `local_time.day`.
fn date(argument: &Expr) -> Result<Value, Fault> {
    let day = match &argument.kind {
        ExprKind::Text(text) => text.parse().ok(),
        _ => None,
    };
    match day {
        Some(day) => Ok(Value::Number(Num::Const(crate::facts::day_number(day)))),
        None => Err(Fault::new(
            argument.at,
            "expected a day such as \"2027-01-31\"",
        )),
    }
}

fn texts_of(items: &[Expr]) -> Result<Vec<String>, Fault> {
    items
        .iter()
        .map(|item| match &item.kind {
            ExprKind::Text(text) => Ok(text.clone()),
            _ => Err(Fault::new(item.at, "a list holds texts")),
        })
        .collect()
}

/// A hint when a fact of the same last word exists.
fn nearest(name: &str) -> String {
    let word = name.rsplit('.').next().unwrap_or(name);
    let found = CATALOGUE
        .iter()
        .find(|fact| fact.name.rsplit('.').next() == Some(word));
    found.map_or_else(String::new, |fact| {
        format!("; did you mean `{}`?", fact.name)
    })
}
