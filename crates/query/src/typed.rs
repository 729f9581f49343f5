//! An expression of which everything is known: each name is a column, each operator has its types.

use crate::ast::Expr;
use crate::cond::Cond;
use crate::error::Span;
use crate::functions::Function;
use crate::val::{Kin, Val};
use guanxi_meta::Field;
use guanxi_meta::kind::Ty;
use jiff::civil::DateTime;

/// What an expression is for, which decides what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A condition that is asked of the database.
    Filter,
    /// A value that is computed at save and stored: it may not depend on the day or the reader.
    Formula,
    /// A condition on one record in memory: validation rules, conditions of automations.
    Validation,
}

/// A checked expression. It owns all it needs: it outlives the catalogue it was checked against, but says nothing
/// about a later one.
#[derive(Debug, Clone)]
pub struct Typed {
    pub(crate) object: String,
    pub(crate) purpose: Purpose,
    pub(crate) ast: Expr,
    pub(crate) root: Node,
    pub(crate) reads: Vec<Read>,
}

/// A field that an expression reads, links on the way included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// From the object of the expression: `["customer", "owner"]`.
    pub path: Vec<String>,
    /// The object that has the field.
    pub object: String,
    pub field: String,
    /// The links from the expression's object to the one that has the field.
    pub hops: Vec<Hop>,
    /// Where its name stands first.
    pub span: Span,
}

/// The rows from which these links lead to one record, which the database knows by `seq` and by id; of no links, the
/// record itself.
pub fn leads_to(hops: &[Hop], seq: i64, id: uuid::Uuid) -> Cond {
    let Some((last, before)) = hops.split_last() else {
        return Cond::equal("seq", seq);
    };
    let end = if last.select == "seq" {
        Cond::equal(&last.column, seq)
    } else {
        Cond::equal(&last.column, id)
    };
    before.iter().rev().fold(end, |cond, hop| Cond::Among {
        column: hop.column.clone(),
        table: hop.table.clone(),
        select: hop.select.to_owned(),
        cond: Box::new(cond),
    })
}

impl Typed {
    /// The object whose records it is about.
    pub fn object(&self) -> &str {
        &self.object
    }

    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The type of the result; a condition's is `Bool`.
    pub fn ty(&self) -> Ty {
        self.root.ty.to_meta()
    }

    /// The kind that a formula's column must have to keep the result, and its decimal places.
    pub fn result(&self) -> (&'static str, Option<u32>) {
        match self.root.ty {
            Type::Bool => ("bool", None),
            Type::Number { scale: 0 } => ("integer", None),
            Type::Number { scale } => ("decimal", Some(scale)),
            Type::Money => ("money", None),
            Type::Date => ("date", None),
            Type::Instant => ("instant", None),
            Type::Duration => ("duration", None),
            // The others are refused when a formula is checked.
            _ => ("text", None),
        }
    }

    /// The paths of `fields`.
    pub fn paths(&self) -> Vec<Vec<String>> {
        self.reads.iter().map(|read| read.path.clone()).collect()
    }

    /// Every field that is read, links on the way included, each path once: for rights, for fetching, and for
    /// the dependants of a formula.
    pub fn fields(&self) -> &[Read] {
        &self.reads
    }

    /// Whether it lets every record pass: the empty filter.
    pub fn is_empty(&self) -> bool {
        matches!(&self.root.op, Op::All(list) if list.is_empty())
    }

    /// The same expression in the canonical form of the language.
    pub fn to_text(&self) -> String {
        crate::print::print(&self.ast)
    }
}

/// Types while checking: those of the kinds, and two that no field has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Null,
    Bool,
    Number {
        scale: u32,
    },
    Money,
    Text,
    Date,
    Instant,
    Duration,
    /// A length with months, which has no fixed number of days: it may be added to dates, but not compared.
    Calendar,
    Link(String),
    List(Box<Type>),
    Opaque,
}

impl Type {
    pub fn from_meta(ty: &Ty) -> Type {
        match ty {
            Ty::Bool => Type::Bool,
            Ty::Number { scale } => Type::Number { scale: *scale },
            Ty::Money => Type::Money,
            Ty::Text => Type::Text,
            Ty::Date => Type::Date,
            Ty::Instant => Type::Instant,
            Ty::Duration => Type::Duration,
            Ty::Link(to) => Type::Link(to.clone()),
            Ty::List(inner) => Type::List(Box::new(Type::from_meta(inner))),
            Ty::Opaque => Type::Opaque,
        }
    }

    fn to_meta(&self) -> Ty {
        match self {
            Type::Bool => Ty::Bool,
            Type::Number { scale } => Ty::Number { scale: *scale },
            Type::Money => Ty::Money,
            Type::Text => Ty::Text,
            Type::Date => Ty::Date,
            Type::Instant => Ty::Instant,
            Type::Duration => Ty::Duration,
            Type::Link(to) => Ty::Link(to.clone()),
            Type::List(inner) => Ty::List(Box::new(inner.to_meta())),
            Type::Null | Type::Calendar | Type::Opaque => Ty::Opaque,
        }
    }

    /// Names the word for messages: it is under `type_…` in `lang/`.
    pub fn name(&self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Bool => "bool",
            Type::Number { .. } => "number",
            Type::Money => "money",
            Type::Text => "text",
            Type::Date => "date",
            Type::Instant => "instant",
            Type::Duration => "duration",
            Type::Calendar => "calendar",
            Type::Link(_) => "link",
            Type::List(_) => "list",
            Type::Opaque => "opaque",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub span: Span,
    pub ty: Type,
    pub op: Op,
    /// Whether it reads no field, so that its value is known before any record is.
    pub constant: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Const(Val),
    /// A local time, which becomes an instant in the reader's zone.
    Local(DateTime),
    Today,
    Now,
    Me,
    MyDepartment,
    Field(Box<FieldRef>),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Compare(crate::cond::Op, Box<Node>, Box<Node>),
    In(Box<Node>, Vec<Node>),
    /// A list and what it may have.
    Has(Box<Node>, Box<Node>),
    IsNull(Box<Node>),
    Contains(Box<Node>, Box<Node>),
    StartsWith(Box<Node>, Box<Node>),
    /// A department that is another or below it.
    Under(Box<Node>, Box<Node>),
    Negate(Box<Node>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A column, and the links that lead to its row.
#[derive(Debug, Clone)]
pub(crate) struct FieldRef {
    pub path: Vec<String>,
    pub hops: Vec<Hop>,
    pub column: String,
    /// Set where the column holds a `seq`, not an id.
    pub kin: Option<Kin>,
    /// For links: the table that they lead to; empty for any.
    pub target: String,
    /// The values of a closed list of choices; empty when any value may be asked for.
    pub choices: Vec<String>,
    /// For fields that lead to several records: the key of their rows in the table of links.
    pub links: Option<String>,
    /// The field, where its kind has a say in how its texts are compared.
    pub declared: Option<Box<Field>>,
}

/// One link: `column IN (SELECT select FROM table WHERE …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub column: String,
    pub table: String,
    pub select: &'static str,
    pub object: String,
}

impl Node {
    pub fn new(span: Span, ty: Type, op: Op) -> Node {
        let constant = match &op {
            Op::Const(_) | Op::Local(_) | Op::Today | Op::Now | Op::Me | Op::MyDepartment => true,
            Op::Field(_) => false,
            Op::Not(inner) | Op::IsNull(inner) | Op::Negate(inner) => inner.constant,
            Op::All(list) | Op::Any(list) | Op::Call(_, list) => {
                list.iter().all(|node| node.constant)
            }
            Op::In(left, list) => left.constant && list.iter().all(|node| node.constant),
            Op::Compare(_, left, right)
            | Op::Has(left, right)
            | Op::Contains(left, right)
            | Op::StartsWith(left, right)
            | Op::Under(left, right)
            | Op::Arithmetic(_, left, right) => left.constant && right.constant,
        };
        Node {
            span,
            ty,
            op,
            constant,
        }
    }

    pub fn is_null_literal(&self) -> bool {
        matches!(self.op, Op::Const(Val::Null))
    }

    pub fn field(&self) -> Option<&FieldRef> {
        match &self.op {
            Op::Field(field) => Some(field),
            _ => None,
        }
    }
}
