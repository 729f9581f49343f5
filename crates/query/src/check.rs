//! A tree is checked against the catalogue: names exist, types fit, and literals become what they stand beside.

use crate::ast::Node as Ast;
use crate::ast::{Binary, Expr, Name, Sense};
use crate::cond;
use crate::env::Env;
use crate::error::{QueryError, Span};
use crate::functions::{Function, is_ordered, names};
use crate::names::nearest;
use crate::parse::parse;
use crate::typed::{Arithmetic, Node, Op, Read, Type};
pub use crate::typed::{Purpose, Typed};
use crate::val::Val;
use guanxi_meta::{Catalog, Object};

/// Checks `text` against `object`, for callers that may read every field.
pub fn check(
    catalog: &Catalog,
    object: &Object,
    text: &str,
    purpose: Purpose,
) -> Result<Typed, QueryError> {
    read(catalog, object, text, (purpose, &|_, _| true))
}

/// The same for the caller of `env`: fields that may not be read are neither known nor suggested.
pub fn check_as(
    catalog: &Catalog,
    object: &Object,
    text: &str,
    purpose: Purpose,
    env: &dyn Env,
) -> Result<Typed, QueryError> {
    read(
        catalog,
        object,
        text,
        (purpose, &|object, field| env.may_read(object, field)),
    )
}

/// Whether a field, by object and name, may be read.
pub(crate) type MayRead<'a> = &'a dyn Fn(&str, &str) -> bool;

fn read(
    catalog: &Catalog,
    object: &Object,
    text: &str,
    (purpose, may_read): (Purpose, MayRead<'_>),
) -> Result<Typed, QueryError> {
    let ast = parse(text)?;
    let mut checker = Checker {
        catalog,
        object,
        purpose,
        may_read,
        reads: Vec::new(),
    };
    let root = checker.node(&ast)?;
    checker.result(&root)?;
    let reads = checker.reads;
    Ok(Typed {
        object: object.name.clone(),
        purpose,
        ast,
        root,
        reads,
    })
}

pub(crate) struct Checker<'a> {
    pub catalog: &'a Catalog,
    pub object: &'a Object,
    pub purpose: Purpose,
    pub may_read: MayRead<'a>,
    pub reads: Vec<Read>,
}

impl Checker<'_> {
    /// What the whole must be: a condition, or something that a column can keep.
    fn result(&self, root: &Node) -> Result<(), QueryError> {
        match (self.purpose, &root.ty) {
            (
                Purpose::Formula,
                Type::Null | Type::Calendar | Type::Link(_) | Type::List(_) | Type::Opaque,
            ) => Err(QueryError::at(root.span, "not_storable").with("type", root.ty.name())),
            (Purpose::Formula, _) => Ok(()),
            (Purpose::Filter | Purpose::Validation, _) => self.condition(root),
        }
    }

    pub(crate) fn condition(&self, node: &Node) -> Result<(), QueryError> {
        match node.ty {
            Type::Bool => Ok(()),
            _ => Err(QueryError::at(node.span, "not_a_condition").with("type", node.ty.name())),
        }
    }

    fn node(&mut self, expr: &Expr) -> Result<Node, QueryError> {
        let span = expr.span;
        let literal = |ty: Type, val: Val| Ok(Node::new(span, ty, Op::Const(val)));
        match &expr.node {
            Ast::Null => literal(Type::Null, Val::Null),
            Ast::Bool(value) => literal(Type::Bool, Val::Bool(*value)),
            Ast::Number(number) => literal(
                Type::Number {
                    scale: number.scale(),
                },
                Val::Number(*number),
            ),
            Ast::Text(text) => literal(Type::Text, Val::Text(text.clone())),
            Ast::Duration(length) => {
                let ty = if length.months == 0 {
                    Type::Duration
                } else {
                    Type::Calendar
                };
                literal(ty, Val::Length(*length))
            }
            Ast::Path(names) => self.path(names),
            Ast::Me(names) => self.me(span, names),
            Ast::Call { name, args } => self.call(span, name, args),
            Ast::Negate(inner) => {
                let inner = self.node(inner)?;
                match inner.ty {
                    Type::Number { .. } | Type::Money | Type::Duration | Type::Calendar => Ok(
                        Node::new(span, inner.ty.clone(), Op::Negate(Box::new(inner))),
                    ),
                    _ => Err(QueryError::at(span, "not_a_number").with("type", inner.ty.name())),
                }
            }
            Ast::Not(inner) => Ok(negated(
                Sense::Negated,
                span,
                self.checked_condition(inner)?,
            )),
            Ast::And(list) => Ok(Node::new(span, Type::Bool, Op::All(self.conditions(list)?))),
            Ast::Or(list) => Ok(Node::new(span, Type::Bool, Op::Any(self.conditions(list)?))),
            Ast::Binary { op, left, right } => self.binary(span, *op, left, right),
            Ast::In { left, list, sense } => {
                let left = self.node(left)?;
                let found = self.membership(span, left, list)?;
                Ok(negated(*sense, span, found))
            }
            Ast::Within { left, list, sense } => {
                let left = self.node(left)?;
                let list = self.node(list)?;
                let Type::List(_) = list.ty else {
                    return Err(
                        QueryError::at(list.span, "not_a_list").with("type", list.ty.name())
                    );
                };
                let found = self.compare(span, cond::Op::Equal, list, left)?;
                Ok(negated(*sense, span, found))
            }
            Ast::IsNull { left, sense } => {
                let left = self.node(left)?;
                Ok(negated(*sense, span, is_null(span, left)))
            }
        }
    }

    fn checked_condition(&mut self, expr: &Expr) -> Result<Node, QueryError> {
        let node = self.node(expr)?;
        self.condition(&node)?;
        Ok(node)
    }

    fn conditions(&mut self, list: &[Expr]) -> Result<Vec<Node>, QueryError> {
        list.iter()
            .map(|item| self.checked_condition(item))
            .collect()
    }

    fn me(&self, span: Span, names: &[Name]) -> Result<Node, QueryError> {
        self.refuse_in_formula(span, "$me")?;
        let user = || Node::new(span, Type::Link("user".to_owned()), Op::Me);
        match names {
            [] => Ok(user()),
            [name] if name.text == "id" => Ok(user()),
            [name] if name.text == "department" => Ok(Node::new(
                span,
                Type::Link("department".to_owned()),
                Op::MyDepartment,
            )),
            [name, ..] => Err(QueryError::at(name.span, "unknown_of_me")
                .with("field", &name.text)
                .suggest(nearest(&name.text, ["id", "department"].into_iter()))),
        }
    }

    fn refuse_in_formula(&self, span: Span, what: &str) -> Result<(), QueryError> {
        match self.purpose {
            Purpose::Formula => Err(QueryError::at(span, "not_in_formula").with("what", what)),
            Purpose::Filter | Purpose::Validation => Ok(()),
        }
    }

    fn call(&mut self, span: Span, name: &Name, args: &[Expr]) -> Result<Node, QueryError> {
        let present = match name.text.as_str() {
            "today" => Some((Type::Date, Op::Today)),
            "now" => Some((Type::Instant, Op::Now)),
            _ => None,
        };
        if let Some((ty, op)) = present {
            self.refuse_in_formula(span, &format!("{}()", name.text))?;
            return match args {
                [] => Ok(Node::new(span, ty, op)),
                _ => Err(QueryError::at(span, "wrong_arguments")
                    .with("function", &name.text)
                    .with("wanted", 0)
                    .with("found", args.len())),
            };
        }
        let Some(function) = Function::lookup(&name.text, args.len(), span)? else {
            return Err(QueryError::at(name.span, "unknown_function")
                .with("function", &name.text)
                .suggest(nearest(&name.text, names())));
        };
        let args = args
            .iter()
            .map(|arg| self.node(arg))
            .collect::<Result<Vec<_>, _>>()?;
        function.call(self, span, args)
    }

    fn binary(
        &mut self,
        span: Span,
        op: Binary,
        left: &Expr,
        right: &Expr,
    ) -> Result<Node, QueryError> {
        let (left, right) = (self.node(left)?, self.node(right)?);
        let compared = |op: cond::Op| Some((op, Sense::Plain));
        let comparison = match op {
            Binary::Equal => compared(cond::Op::Equal),
            Binary::NotEqual => Some((cond::Op::Equal, Sense::Negated)),
            Binary::Less => compared(cond::Op::Less),
            Binary::LessOrEqual => compared(cond::Op::LessOrEqual),
            Binary::Greater => compared(cond::Op::Greater),
            Binary::GreaterOrEqual => compared(cond::Op::GreaterOrEqual),
            _ => None,
        };
        if let Some((op, sense)) = comparison {
            return Ok(negated(sense, span, self.compare(span, op, left, right)?));
        }
        match op {
            Binary::Contains => self.text_match(span, (left, right), Op::Contains),
            Binary::NotContains => Ok(negated(
                Sense::Negated,
                span,
                self.text_match(span, (left, right), Op::Contains)?,
            )),
            Binary::StartsWith => self.text_match(span, (left, right), Op::StartsWith),
            Binary::Under => self.under(span, left, right),
            _ => self.arithmetic(span, op, left, right),
        }
    }

    /// Any comparison; `=` with null and with lists among them.
    fn compare(
        &mut self,
        span: Span,
        op: cond::Op,
        left: Node,
        right: Node,
    ) -> Result<Node, QueryError> {
        if left.is_null_literal() || right.is_null_literal() {
            if op != cond::Op::Equal {
                return Err(QueryError::at(span, "order_of_null"));
            }
            return Ok(is_null(
                span,
                if right.is_null_literal() { left } else { right },
            ));
        }
        let (left, right) = self.adapt(left, right)?;
        let equal = op == cond::Op::Equal;
        let fits = match (&left.ty, &right.ty) {
            (Type::List(_), _) | (_, Type::List(_)) => return has(span, op, left, right),
            (Type::Bool, Type::Bool) => equal,
            (Type::Link(a), Type::Link(b)) => equal && (a == b || a == "*" || b == "*"),
            (Type::Number { .. } | Type::Money, Type::Number { .. } | Type::Money)
            | (Type::Date | Type::Instant, Type::Date | Type::Instant) => true,
            (a, b) => a == b && is_ordered(a),
        };
        if !fits {
            return Err(mismatch(span, &left, &right));
        }
        Ok(Node::new(
            span,
            Type::Bool,
            Op::Compare(op, Box::new(left), Box::new(right)),
        ))
    }

    fn membership(&mut self, span: Span, left: Node, list: &[Expr]) -> Result<Node, QueryError> {
        let mut items = Vec::with_capacity(list.len());
        let mut others = Vec::new();
        let adapts = is_text_literal(&left);
        for item in list {
            let item = self.node(item)?;
            let compared = self.compare(item.span, cond::Op::Equal, left.clone(), item)?;
            match compared.op {
                // The item in the form that it has beside the left side, unless the left side is what changed form.
                Op::Compare(_, _, item) if !adapts => items.push(*item),
                _ => others.push(compared),
            }
        }
        if !items.is_empty() {
            others.push(Node::new(span, Type::Bool, Op::In(Box::new(left), items)));
        }
        Ok(Node::new(span, Type::Bool, Op::Any(others)))
    }

    fn text_match(
        &mut self,
        span: Span,
        (left, right): (Node, Node),
        op: fn(Box<Node>, Box<Node>) -> Op,
    ) -> Result<Node, QueryError> {
        let left = self.title_of(left)?;
        for side in [&left, &right] {
            if side.ty != Type::Text {
                return Err(QueryError::at(side.span, "not_text").with("type", side.ty.name()));
            }
        }
        Ok(Node::new(
            span,
            Type::Bool,
            op(Box::new(left), Box::new(right)),
        ))
    }

    fn under(&self, span: Span, left: Node, right: Node) -> Result<Node, QueryError> {
        let (left, right) = self.adapt(left, right)?;
        for side in [&left, &right] {
            if side.ty != Type::Link("department".to_owned()) {
                return Err(
                    QueryError::at(side.span, "not_a_department").with("type", side.ty.name())
                );
            }
        }
        Ok(Node::new(
            span,
            Type::Bool,
            Op::Under(Box::new(left), Box::new(right)),
        ))
    }

    fn arithmetic(
        &self,
        span: Span,
        op: Binary,
        left: Node,
        right: Node,
    ) -> Result<Node, QueryError> {
        let (left, right) = match op {
            Binary::Add | Binary::Subtract => self.adapt(left, right)?,
            _ => (left, right),
        };
        let op = match op {
            Binary::Add => Arithmetic::Add,
            Binary::Subtract => Arithmetic::Subtract,
            Binary::Multiply => Arithmetic::Multiply,
            _ => Arithmetic::Divide,
        };
        // Null computes to null, whatever it stands beside.
        let ty = match (&left.ty, &right.ty) {
            (Type::Null, other) | (other, Type::Null) if is_computable(other) => {
                Some(other.clone())
            }
            (a, b) => result_type(op, a, b),
        };
        let Some(ty) = ty else {
            return Err(mismatch(span, &left, &right).with("operator", symbol(op)));
        };
        let clock =
            |node: &Node| matches!(&node.op, Op::Const(Val::Length(length)) if length.micros != 0);
        if ty == Type::Date && (clock(&left) || clock(&right)) {
            return Err(QueryError::at(span, "hours_on_date"));
        }
        Ok(Node::new(
            span,
            ty,
            Op::Arithmetic(op, Box::new(left), Box::new(right)),
        ))
    }

    /// One type for all: of `if`, `coalesce`, `min`, `max`.
    pub(crate) fn unify(&self, mut nodes: Vec<Node>) -> Result<(Type, Vec<Node>), QueryError> {
        let lead = nodes
            .iter()
            .find(|node| !node.is_null_literal() && !is_text_literal(node))
            .cloned();
        if let Some(lead) = lead {
            nodes = nodes
                .into_iter()
                .map(|node| adapt_literal(node, &lead.ty))
                .collect::<Result<_, _>>()?;
        }
        let mut ty = Type::Null;
        for node in &nodes {
            ty = match (&ty, &node.ty) {
                (Type::Null, other) => other.clone(),
                (known, Type::Null) => known.clone(),
                (Type::Number { scale: a }, Type::Number { scale: b }) => {
                    Type::Number { scale: *a.max(b) }
                }
                (a, b) if a == b => a.clone(),
                _ => return Err(mismatch(node.span, &nodes[0], node)),
            };
        }
        Ok((ty, nodes))
    }

    /// A literal text where a date or an instant is wanted.
    pub(crate) fn moment(&self, node: Node) -> Result<Node, QueryError> {
        if !is_text_literal(&node) {
            return Ok(node);
        }
        adapt_literal(node, &Type::Instant)
    }

    /// A literal text becomes what the other side is.
    fn adapt(&self, left: Node, right: Node) -> Result<(Node, Node), QueryError> {
        match (is_text_literal(&left), is_text_literal(&right)) {
            (false, true) => {
                let right = beside(right, &left)?;
                Ok((left, right))
            }
            (true, false) => {
                let left = beside(left, &right)?;
                Ok((left, right))
            }
            _ => Ok((left, right)),
        }
    }
}

fn is_text_literal(node: &Node) -> bool {
    matches!(node.op, Op::Const(Val::Text(_)))
}

/// The literal text `node` as it is meant beside `other`: of the same type, and one of the choices of a closed list.
fn beside(node: Node, other: &Node) -> Result<Node, QueryError> {
    let inner = match &other.ty {
        Type::List(inner) => inner,
        ty => ty,
    };
    if let (Op::Const(Val::Text(text)), Some(field), Type::Text) = (&node.op, other.field(), inner)
        && !field.choices.is_empty()
        && !field.choices.contains(text)
    {
        let near = nearest(text, field.choices.iter().map(String::as_str));
        return Err(QueryError::at(node.span, "unknown_choice")
            .with("field", field.path.last().map_or("", String::as_str))
            .with("value", text)
            .with("choices", field.choices.join(", "))
            .suggest(near.map(|near| crate::print::quote(&near))));
    }
    if let (Op::Const(Val::Text(text)), Some(field)) = (
        &node.op,
        other.field().and_then(|field| field.declared.as_ref()),
    ) && *inner == Type::Text
    {
        let operand = field.kind.operand(field, text);
        return Ok(Node::new(
            node.span,
            Type::Text,
            Op::Const(Val::Text(operand)),
        ));
    }
    adapt_literal(node, inner)
}

/// A literal text as a value of type `ty`; anything else stays what it is.
fn adapt_literal(node: Node, ty: &Type) -> Result<Node, QueryError> {
    let Op::Const(Val::Text(text)) = &node.op else {
        return Ok(node);
    };
    crate::literal::adapt(text, ty, node.span).unwrap_or(Ok(node))
}

/// A list and an item of it, in either order.
fn has(span: Span, op: cond::Op, left: Node, right: Node) -> Result<Node, QueryError> {
    let (list, item) = if matches!(left.ty, Type::List(_)) {
        (left, right)
    } else {
        (right, left)
    };
    let Type::List(inner) = &list.ty else {
        return Err(mismatch(span, &list, &item));
    };
    let fits = match (inner.as_ref(), &item.ty) {
        (Type::Link(a), Type::Link(b)) => a == b || a == "*" || b == "*",
        (a, b) => *a == Type::Text && a == b,
    };
    if op != cond::Op::Equal || !fits {
        return Err(mismatch(span, &list, &item));
    }
    Ok(Node::new(
        span,
        Type::Bool,
        Op::Has(Box::new(list), Box::new(item)),
    ))
}

fn is_null(span: Span, node: Node) -> Node {
    Node::new(span, Type::Bool, Op::IsNull(Box::new(node)))
}

fn negated(sense: Sense, span: Span, node: Node) -> Node {
    match sense {
        Sense::Plain => node,
        Sense::Negated => Node::new(span, Type::Bool, Op::Not(Box::new(node))),
    }
}

fn mismatch(span: Span, left: &Node, right: &Node) -> QueryError {
    let error = QueryError::at(span, "mismatch")
        .with("left", left.ty.name())
        .with("right", right.ty.name());
    // A number beside a text is usually a code or a telephone number without its quotes.
    let quoted = |node: &Node, other: &Node| match &node.op {
        Op::Const(Val::Number(number)) if other.ty == Type::Text => {
            Some(crate::print::quote(&number.to_string()))
        }
        _ => None,
    };
    match quoted(right, left)
        .map(|text| (right.span, text))
        .or_else(|| quoted(left, right).map(|text| (left.span, text)))
    {
        Some((at, text)) => QueryError {
            position: at.start,
            length: at.length,
            ..error
        }
        .suggest(Some(text)),
        None => error,
    }
}

fn is_computable(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Number { .. }
            | Type::Money
            | Type::Date
            | Type::Instant
            | Type::Duration
            | Type::Null
    )
}

fn symbol(op: Arithmetic) -> &'static str {
    match op {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
    }
}

/// The type of an operation; `None` where it has no meaning.
fn result_type(op: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    use Type::{Calendar, Date, Duration, Instant, Money, Number};
    let most = crate::functions::MOST_PLACES;
    Some(match (op, left, right) {
        (Add | Subtract, Number { scale: a }, Number { scale: b }) => Number { scale: *a.max(b) },
        (Multiply, Number { scale: a }, Number { scale: b }) => Number {
            scale: (a + b).min(most),
        },
        (Divide, Number { .. }, Number { .. }) | (Divide, Money, Money) => Number { scale: most },
        (Add | Subtract, Money, Money) => Money,
        (Multiply, Money, Number { .. })
        | (Multiply, Number { .. }, Money)
        | (Divide, Money, Number { .. }) => Money,
        (Subtract, Date, Date) | (Subtract, Instant, Instant) => Duration,
        (Add | Subtract, Date, Duration | Calendar) | (Add, Duration | Calendar, Date) => Date,
        (Add | Subtract, Instant, Duration | Calendar) | (Add, Duration | Calendar, Instant) => {
            Instant
        }
        (Add | Subtract, Duration, Duration) => Duration,
        (Add | Subtract, Duration | Calendar, Duration | Calendar) => Calendar,
        (Multiply, Duration, Number { .. }) | (Multiply, Number { .. }, Duration) => Duration,
        (Divide, Duration, Number { .. }) => Duration,
        _ => return None,
    })
}
