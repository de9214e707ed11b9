//! The intermediate form: one arena of small nodes for every condition of a pack.
//!
//! Both evaluators run it. Facts of the act and of the person are told apart in every leaf, so
//! that a plan can fold the former and leave an expression over the latter.

use crate::facts::{CATALOGUE, RECORD_FIELDS};
use crate::lang::Op;

/// Kleene's three truth values; `and` is the minimum, `or` the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Truth {
    False = 0,
    Unknown = 1,
    True = 2,
}

impl Truth {
    pub(crate) const fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(is: bool) -> Self {
        if is { Self::True } else { Self::False }
    }
}

/// A node by its place in the arena.
pub(crate) type Id = u32;

/// Where a value is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ref {
    /// A fact of the act, by its place in the catalogue.
    Act(u16),
    /// A fact of the person.
    Person(u16),
    /// A field of the record under `exists`.
    Field(u16),
    /// The text under `exists`.
    Item,
}

impl Ref {
    /// The name to put into `missing`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Act(fact) | Self::Person(fact) => CATALOGUE
                .get(usize::from(fact))
                .map_or("", |fact| fact.name),
            Self::Field(field) => RECORD_FIELDS
                .get(usize::from(field))
                .map_or("", |field| field.0),
            Self::Item => "",
        }
    }
}

/// A number to compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Num {
    Const(f64),
    Of(Ref),
    Size(Ref),
}

/// A list of places in [`Ir::kids`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kids {
    pub(crate) from: u32,
    pub(crate) len: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Node {
    Const(Truth),
    Fact(Ref),
    Define(u16),
    Not(Id),
    And(Kids),
    Or(Kids),
    /// The text is this symbol.
    Is(Ref, u32),
    /// The text is one of this set.
    IsOneOf(Ref, u16),
    /// Two texts are the same.
    Same(Ref, Ref),
    /// The list holds this symbol.
    Holds(Ref, u32),
    /// The list holds what the text is.
    HoldsText {
        list: Ref,
        text: Ref,
    },
    Compare(Op, Num, Num),
    Has(Ref),
    /// Known and true.
    IsTrue(Id),
    /// Known and false.
    IsFalse(Id),
    Each {
        list: Ref,
        every: bool,
        body: Id,
    },
}

/// The arena.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ir {
    pub(crate) nodes: Vec<Node>,
    pub(crate) kids: Vec<Id>,
    pub(crate) sets: Vec<Box<[u32]>>,
    /// The body of each define, by its number.
    pub(crate) defines: Vec<Id>,
}

impl Ir {
    pub(crate) fn add(&mut self, node: Node) -> Id {
        let id = Id::try_from(self.nodes.len()).unwrap_or(Id::MAX);
        self.nodes.push(node);
        id
    }

    pub(crate) fn add_kids(&mut self, ids: &[Id]) -> Kids {
        let from = u32::try_from(self.kids.len()).unwrap_or(u32::MAX);
        self.kids.extend_from_slice(ids);
        Kids {
            from,
            len: u32::try_from(ids.len()).unwrap_or(u32::MAX),
        }
    }

    /// The node; a place outside the arena, which `add` never gives, reads as unknown.
    pub(crate) fn node(&self, id: Id) -> Node {
        *self.node_ref(id)
    }

    /// The node in its place: evaluation must not copy it.
    #[inline]
    pub(crate) fn node_ref(&self, id: Id) -> &Node {
        const NOWHERE: &Node = &Node::Const(Truth::Unknown);
        self.nodes.get(id as usize).unwrap_or(NOWHERE)
    }

    pub(crate) fn kids(&self, kids: Kids) -> &[Id] {
        let from = kids.from as usize;
        self.kids.get(from..from + kids.len as usize).unwrap_or(&[])
    }

    pub(crate) fn set(&self, set: u16) -> &[u32] {
        self.sets.get(usize::from(set)).map_or(&[], |set| set)
    }
}
