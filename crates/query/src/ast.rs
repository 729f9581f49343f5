//! What a text says, before anyone asked whether the names in it exist.

use crate::error::Span;
use rust_decimal::Decimal;

/// An expression and the piece of text that it stands for.
#[derive(Debug, Clone)]
pub struct Expr {
    pub span: Span,
    pub node: Node,
    /// Levels of nodes below and with this one: every walk over a tree recurses at most that deep.
    pub(crate) depth: usize,
}

/// Trees are equal when they say the same, wherever in the text they say it.
impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.node == other.node
    }
}

/// A name in a path.
#[derive(Debug, Clone)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.text == other.text
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(String),
    Duration(Length),
    /// `name`, `customer.owner.name`.
    Path(Vec<Name>),
    /// `$me`, `$me.department`: the names after `$me`.
    Me(Vec<Name>),
    Call {
        name: Name,
        args: Vec<Expr>,
    },
    Negate(Box<Expr>),
    Not(Box<Expr>),
    /// Flat: no `And` directly in an `And`. Empty is the empty filter, which lets everything pass.
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Binary {
        op: Binary,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `left in (a, b)`, `left not in (a, b)`.
    In {
        left: Box<Expr>,
        list: Vec<Expr>,
        sense: Sense,
    },
    /// `left in tags`: the right side is a path.
    Within {
        left: Box<Expr>,
        list: Box<Expr>,
        sense: Sense,
    },
    /// `left is null`, `left is not null`.
    IsNull {
        left: Box<Expr>,
        sense: Sense,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    Plain,
    Negated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    NotContains,
    StartsWith,
    Under,
}

/// How tightly a node binds; brackets are printed where a child binds less than its place wants.
pub(crate) mod level {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    pub const COMPARE: u8 = 4;
    pub const ADD: u8 = 5;
    pub const MULTIPLY: u8 = 6;
    pub const NEGATE: u8 = 7;
    pub const ATOM: u8 = 8;
}

impl Binary {
    pub fn symbol(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Equal => "=",
            Binary::NotEqual => "!=",
            Binary::Less => "<",
            Binary::LessOrEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterOrEqual => ">=",
            Binary::Contains => "~",
            Binary::NotContains => "!~",
            Binary::StartsWith => "^=",
            Binary::Under => "under",
        }
    }

    pub(crate) fn level(self) -> u8 {
        match self {
            Binary::Add | Binary::Subtract => level::ADD,
            Binary::Multiply | Binary::Divide => level::MULTIPLY,
            _ => level::COMPARE,
        }
    }
}

/// A length of time as people say it: months and days are the calendar's, microseconds the clock's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Length {
    pub months: i64,
    pub days: i64,
    pub micros: i64,
}

pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

impl Length {
    /// `None` when a part does not fit.
    pub fn negated(self) -> Option<Length> {
        Some(Length {
            months: self.months.checked_neg()?,
            days: self.days.checked_neg()?,
            micros: self.micros.checked_neg()?,
        })
    }

    pub fn plus(self, other: Length) -> Option<Length> {
        Some(Length {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            micros: self.micros.checked_add(other.micros)?,
        })
    }

    /// Microseconds, a day being 24 hours; `None` with months, which have no fixed length.
    pub fn fixed(self) -> Option<i64> {
        if self.months != 0 {
            return None;
        }
        self.days.checked_mul(DAY_MICROS)?.checked_add(self.micros)
    }
}

impl Expr {
    pub(crate) fn new(span: Span, node: Node) -> Expr {
        let deepest = match &node {
            Node::Call { args: list, .. } | Node::And(list) | Node::Or(list) => depth(list),
            Node::Negate(inner) | Node::Not(inner) | Node::IsNull { left: inner, .. } => {
                inner.depth
            }
            Node::Binary { left, right, .. }
            | Node::Within {
                left, list: right, ..
            } => left.depth.max(right.depth),
            Node::In { left, list, .. } => left.depth.max(depth(list)),
            _ => 0,
        };
        Expr {
            span,
            node,
            depth: deepest + 1,
        }
    }
}

fn depth(list: &[Expr]) -> usize {
    list.iter().map(|item| item.depth).max().unwrap_or(0)
}
