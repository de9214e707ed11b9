//! The condition language: a typed, total subset of CEL, the Common Expression Language.
//!
//! Booleans (`&&`, `||`, `!`), comparison, `in`, `size`, `has`, `exists`, `all`, literals and
//! lists. No arithmetic, no loops but over lists, no way to fail: every condition has a value,
//! and that value may be *unknown*.
//!
//! INVARIANT: no input, however long or deep, may panic or take more than linear time.

mod parse;
mod token;

pub(crate) use parse::parse;

/// The longest condition that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 16 * 1024;
/// The deepest nesting that is read.
pub(crate) const MAX_DEPTH: usize = 32;

/// A fault in a condition, by its byte offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

/// A parsed condition with the byte offset it starts at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr {
    pub(crate) at: usize,
    pub(crate) kind: ExprKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ExprKind {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Expr>),
    /// A fact, a define, or a field of the variable of `exists`: `vendor.baa`, `i.status`.
    Name(String),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Op, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    /// `list.exists(var, body)` and `list.all(var, body)`.
    Each {
        list: String,
        every: bool,
        var: String,
        body: Box<Expr>,
    },
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[cfg(test)]
mod tests;
