//! A filter becomes a condition over physical columns. What depends on no record is computed first; what would have
//! to be computed for each row is refused with the remedy, since no index and no columnar scan could serve it.

use crate::cond::{self, Cond, Operand};
pub use crate::env::{Env, Me};
use crate::error::QueryError;
use crate::eval::{self, Nothing};
use crate::functions::Function;
use crate::time;
use crate::typed::{Arithmetic, FieldRef, Hop, Node, Op, Type, Typed};
use crate::val::{Val, base};
use guanxi_meta::{Cell, Money, text::fold};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Nodes of one condition: `if` within `if` writes its condition twice, so a small text could become a huge one.
const STEP_LIMIT: usize = 4_096;

impl Typed {
    /// The condition in columns, for the caller that `env` speaks of. A field that the caller may not read is an
    /// unknown field.
    pub fn lower(&self, env: &dyn Env) -> Result<Cond, QueryError> {
        if let Some(read) = self
            .reads
            .iter()
            .find(|read| !env.may_read(&read.object, &read.field))
        {
            return Err(QueryError::at(read.span, "unknown_field")
                .with("field", &read.field)
                .with("object", &read.object));
        }
        Lowering { env, steps: 0 }.condition(&self.root)
    }
}

struct Lowering<'a> {
    env: &'a dyn Env,
    steps: usize,
}

impl Lowering<'_> {
    fn value(&self, node: &Node) -> Val {
        eval::value(node, &Nothing, self.env)
    }

    /// Where the node is true.
    fn condition(&mut self, node: &Node) -> Result<Cond, QueryError> {
        self.steps += 1;
        if self.steps > STEP_LIMIT {
            return Err(QueryError::at(node.span, "too_complex"));
        }
        if node.constant {
            return Ok(known(self.value(node).is_true()));
        }
        match &node.op {
            Op::Field(field) => Ok(self.through(&field.hops, Cond::equal(&field.column, 1))),
            Op::Not(inner) => Ok(!self.condition(inner)?),
            Op::All(list) => list
                .iter()
                .try_fold(Cond::True, |all, node| Ok(all.and(self.condition(node)?))),
            Op::Any(list) => match self.has_any(list) {
                Some(cond) => Ok(cond),
                None => list
                    .iter()
                    .try_fold(Cond::False, |any, node| Ok(any.or(self.condition(node)?))),
            },
            Op::Compare(op, left, right) => self.compare(*op, left, right),
            Op::In(left, list) => self.membership(left, list),
            Op::Has(list, item) => self.has(list, item),
            Op::IsNull(inner) => self.is_null(inner),
            Op::Contains(left, right) => self.text_match(left, right, |column, folded| {
                Cond::Contains { column, folded }
            }),
            Op::StartsWith(left, right) => self.text_match(left, right, |column, folded| {
                Cond::StartsWith { column, folded }
            }),
            Op::Under(left, right) => self.under(left, right),
            Op::Call(Function::If, args) => {
                let (when, unless) = (self.condition(&args[0])?, !self.condition(&args[0])?);
                Ok(when
                    .and(self.condition(&args[1])?)
                    .or(unless.and(self.condition(&args[2])?)))
            }
            _ => Err(computed(node)),
        }
    }

    /// Where the node is false: not the opposite of `condition`, since null is neither.
    fn falsity(&mut self, node: &Node) -> Result<Cond, QueryError> {
        if node.constant {
            return Ok(known(self.value(node) == Val::Bool(false)));
        }
        match &node.op {
            Op::Field(field) => Ok(self.through(&field.hops, Cond::equal(&field.column, 0))),
            Op::Call(Function::If, args) => {
                let (when, unless) = (self.condition(&args[0])?, !self.condition(&args[0])?);
                Ok(when
                    .and(self.falsity(&args[1])?)
                    .or(unless.and(self.falsity(&args[2])?)))
            }
            _ => Ok(!self.condition(node)?),
        }
    }

    fn compare(&mut self, op: cond::Op, left: &Node, right: &Node) -> Result<Cond, QueryError> {
        if left.ty == Type::Bool {
            let both = self.condition(left)?.and(self.condition(right)?);
            return Ok(both.or(self.falsity(left)?.and(self.falsity(right)?)));
        }
        if left.constant {
            return self.compare(mirrored(op), right, left);
        }
        let Some(field) = left.field() else {
            return Err(computed(left));
        };
        if right.constant {
            let cond = self.compare_cell(field, left, op, &self.value(right))?;
            return Ok(self.through(&field.hops, cond));
        }
        match right.field() {
            Some(_) => self.columns(op, left, right),
            None => Err(computed(right)),
        }
    }

    /// Two columns of one row.
    fn columns(&self, op: cond::Op, left: &Node, right: &Node) -> Result<Cond, QueryError> {
        let (Some(one), Some(other)) = (left.field(), right.field()) else {
            return Err(computed(left));
        };
        let span = left.span.to(right.span);
        if one.hops != other.hops {
            return Err(QueryError::at(span, "different_records"));
        }
        if shape(&left.ty) != shape(&right.ty) || one.kin != other.kin {
            return Err(QueryError::at(span, "different_columns")
                .with("left", left.ty.name())
                .with("right", right.ty.name()));
        }
        let with = Operand::Column(other.column.clone());
        let mut cond = Cond::Compare {
            column: one.column.clone(),
            op,
            with,
        };
        if one.kin.is_some() {
            // Two that are nobody's have no owner in common.
            cond = cond.and(!Cond::equal(&one.column, 0));
        }
        Ok(self.through(&one.hops, cond))
    }

    /// A column and a value that is known; false where it is null.
    fn compare_cell(
        &self,
        field: &FieldRef,
        node: &Node,
        op: cond::Op,
        val: &Val,
    ) -> Result<Cond, QueryError> {
        let column = &field.column;
        let with = |cell: Cell| Cond::compare(column, op, cell);
        let zone = &self.env.zone();
        Ok(match (&node.ty, val) {
            (_, Val::Null) => Cond::False,
            (Type::Number { scale }, Val::Number(number)) => {
                compare_number(column, op, *number, *scale)
            }
            (Type::Money, Val::Number(number)) => compare_number(column, op, *number, Money::SCALE),
            (Type::Number { scale }, Val::Money(money)) => match base(money, self.env) {
                Some(base) => compare_number(column, op, base, *scale),
                None => Cond::False,
            },
            (Type::Money, Val::Money(money)) => match base(money, self.env) {
                Some(base) => compare_number(column, op, base, Money::SCALE),
                None => Cond::False,
            },
            (Type::Text, Val::Text(text)) => with(text.as_str().into()),
            (Type::Date, Val::Date(date)) => with(time::days(*date).into()),
            (Type::Date, Val::Instant(instant)) => {
                with(time::days(time::day_of(*instant, zone)).into())
            }
            (Type::Instant, Val::Instant(instant)) => with(instant.as_microsecond().into()),
            (Type::Instant, Val::Date(date)) => compare_day(
                column,
                op,
                time::day_start(*date, zone),
                time::day_end(*date, zone),
            ),
            (Type::Duration, Val::Length(length)) => length
                .fixed()
                .map_or(Cond::False, |micros| with(micros.into())),
            (Type::Link(_), val) => return self.compare_link(field, node, val),
            _ => Cond::False,
        })
    }

    fn compare_link(&self, field: &FieldRef, node: &Node, val: &Val) -> Result<Cond, QueryError> {
        let column = &field.column;
        match (field.kin, val) {
            (Some(_), Val::Seq(_, seq)) => Ok(Cond::equal(column, *seq)),
            (Some(kin), Val::Id(id)) => Ok(kin
                .seq(*id, self.env)
                .filter(|&seq| seq != 0)
                .map_or(Cond::False, |seq| Cond::equal(column, seq))),
            (None, Val::Id(id)) => Ok(Cond::equal(column, *id)),
            (None, Val::Seq(_, seq)) => self.by_seq(field, node, Cond::equal("seq", *seq)),
            _ => Ok(Cond::False),
        }
    }

    /// A link by id whose record is known by `seq`. The `seq` comes from the caller, so no grant is asked.
    fn by_seq(&self, field: &FieldRef, node: &Node, cond: Cond) -> Result<Cond, QueryError> {
        if field.target.is_empty() {
            return Err(
                QueryError::at(node.span, "link_to_any").with("field", field.path.join("."))
            );
        }
        Ok(Cond::Among {
            column: field.column.clone(),
            table: field.target.clone(),
            select: "id".to_owned(),
            cond: Box::new(cond),
        })
    }

    fn membership(&mut self, left: &Node, list: &[Node]) -> Result<Cond, QueryError> {
        let Some(field) = left.field().filter(|_| left.ty != Type::Bool) else {
            return list.iter().try_fold(Cond::False, |any, item| {
                Ok(any.or(self.compare(cond::Op::Equal, left, item)?))
            });
        };
        let (mut cells, mut own, mut others) = (Vec::new(), Cond::False, Cond::False);
        for item in list {
            if !item.constant {
                others = others.or(self.compare(cond::Op::Equal, left, item)?);
                continue;
            }
            match self.compare_cell(field, left, cond::Op::Equal, &self.value(item))? {
                Cond::Compare {
                    op: cond::Op::Equal,
                    with: Operand::Cell(cell),
                    ..
                } => cells.push(cell),
                cond => own = own.or(cond),
            }
        }
        let cells = match cells.len() {
            0 => Cond::False,
            1 => Cond::equal(&field.column, cells.swap_remove(0)),
            _ => Cond::among(&field.column, cells),
        };
        Ok(self.through(&field.hops, cells.or(own)).or(others))
    }

    fn has(&self, list: &Node, item: &Node) -> Result<Cond, QueryError> {
        let Some(field) = list.field() else {
            return Err(computed(list));
        };
        if !item.constant {
            return Err(computed(item));
        }
        let item = match self.value(item) {
            Val::Text(text) => text,
            Val::Id(id) => id.to_string(),
            Val::Null => return Ok(Cond::False),
            // A department that is known by its `seq` alone cannot be looked for among ids.
            _ => return Err(computed(item)),
        };
        let cond = match (&field.links, item.parse()) {
            (Some(key), Ok(id)) => Cond::linked(key, vec![Cell::Id(id)]),
            (Some(_), Err(_)) => Cond::False,
            (None, _) => Cond::ListHas {
                column: field.column.clone(),
                item,
            },
        };
        Ok(self.through(&field.hops, cond))
    }

    /// Several records that one list of links may lead to: one look into the table of links.
    fn has_any(&self, list: &[Node]) -> Option<Cond> {
        let mut targets = Vec::with_capacity(list.len());
        let mut of: Option<&FieldRef> = None;
        for node in list {
            let Op::Has(list, item) = &node.op else {
                return None;
            };
            let field = list.field().filter(|_| item.constant)?;
            if of.is_some_and(|of| of.path != field.path) {
                return None;
            }
            of = Some(field);
            match self.value(item) {
                Val::Id(id) => targets.push(Cell::Id(id)),
                _ => return None,
            }
        }
        let field = of.filter(|_| targets.len() > 1)?;
        let key = field.links.as_deref()?;
        Some(self.through(&field.hops, Cond::linked(key, targets)))
    }

    fn is_null(&self, inner: &Node) -> Result<Cond, QueryError> {
        let Some(field) = inner.field() else {
            // A condition is true or false, unless a function made it.
            let decided = inner.ty == Type::Bool && !matches!(inner.op, Op::Call(..));
            return if decided {
                Ok(Cond::False)
            } else {
                Err(computed(inner))
            };
        };
        let empty = match field.kin {
            Some(_) => Cond::equal(&field.column, 0),
            None => Cond::null(&field.column),
        };
        if field.hops.is_empty() {
            return Ok(empty);
        }
        // Null is also what lies behind an empty link, or behind one to a row that is not seen.
        Ok(!self.through(&field.hops, !empty))
    }

    fn text_match(
        &self,
        left: &Node,
        right: &Node,
        cond: fn(String, String) -> Cond,
    ) -> Result<Cond, QueryError> {
        let Some(field) = left.field() else {
            return Err(computed(left));
        };
        if !right.constant {
            return Err(computed(right));
        }
        let Val::Text(text) = self.value(right) else {
            return Ok(Cond::False);
        };
        let folded = fold(&text);
        // Every text contains the empty one.
        let cond = if folded.is_empty() {
            !Cond::null(&field.column)
        } else {
            cond(field.column.clone(), folded)
        };
        Ok(self.through(&field.hops, cond))
    }

    fn under(&self, left: &Node, right: &Node) -> Result<Cond, QueryError> {
        let Some(field) = left.field() else {
            return Err(computed(left));
        };
        if !right.constant {
            return Err(computed(right));
        }
        let Some(top) = eval::department(self.value(right), self.env) else {
            return Ok(Cond::False);
        };
        let below: Vec<Cell> = self
            .env
            .department_below(top)
            .into_iter()
            .map(Cell::from)
            .collect();
        if below.is_empty() {
            return Ok(Cond::False);
        }
        let cond = match field.kin {
            Some(_) => Cond::among(&field.column, below),
            None => self.by_seq(field, left, Cond::among("seq", below))?,
        };
        Ok(self.through(&field.hops, cond))
    }

    /// `cond` on the rows at the end of the links; each step keeps to the rows that the caller sees.
    fn through(&self, hops: &[Hop], cond: Cond) -> Cond {
        hops.iter().rev().fold(cond, |cond, hop| {
            match cond.and(self.env.rows(&hop.object)) {
                Cond::False => Cond::False,
                cond => Cond::Among {
                    column: hop.column.clone(),
                    table: hop.table.clone(),
                    select: hop.select.to_owned(),
                    cond: Box::new(cond),
                },
            }
        })
    }
}

fn known(holds: bool) -> Cond {
    if holds { Cond::True } else { Cond::False }
}

/// How a column keeps its values, as far as two columns must agree to be compared.
#[derive(PartialEq)]
enum Shape {
    Scaled(u32),
    Text,
    Days,
    Micros,
    Length,
    Id,
    Other,
}

fn shape(ty: &Type) -> Shape {
    match ty {
        Type::Number { scale } => Shape::Scaled(*scale),
        Type::Money => Shape::Scaled(Money::SCALE),
        Type::Text => Shape::Text,
        Type::Date => Shape::Days,
        Type::Instant => Shape::Micros,
        Type::Duration => Shape::Length,
        Type::Link(_) => Shape::Id,
        _ => Shape::Other,
    }
}

/// `a op b` read from the right.
fn mirrored(op: cond::Op) -> cond::Op {
    match op {
        cond::Op::Equal => cond::Op::Equal,
        cond::Op::Less => cond::Op::Greater,
        cond::Op::LessOrEqual => cond::Op::GreaterOrEqual,
        cond::Op::Greater => cond::Op::Less,
        cond::Op::GreaterOrEqual => cond::Op::LessOrEqual,
    }
}

/// A column of scaled integers and an exact decimal, which may lie between two of them or beyond all.
fn compare_number(column: &str, op: cond::Op, number: Decimal, scale: u32) -> Cond {
    use cond::Op::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let factor = Decimal::from(10_i64.pow(scale.min(18)));
    let floor = number
        .trunc()
        .checked_mul(factor)
        .zip(number.fract().checked_mul(factor))
        .and_then(
            // Each part alone keeps all its digits: a product of the whole could be rounded.
            |(whole, part)| {
                Some((
                    whole.checked_add(part.floor())?.to_i64()?,
                    part.fract().is_zero(),
                ))
            },
        );
    let Some((floor, exact)) = floor else {
        let above = number.is_sign_positive();
        return match op {
            Equal => Cond::False,
            Less | LessOrEqual if above => !Cond::null(column),
            Greater | GreaterOrEqual if !above => !Cond::null(column),
            _ => Cond::False,
        };
    };
    match op {
        Equal if !exact => Cond::False,
        Less if !exact => Cond::compare(column, LessOrEqual, floor),
        GreaterOrEqual if !exact => Cond::compare(column, Greater, floor),
        op => Cond::compare(column, op, floor),
    }
}

/// A column of instants and a day, from its first microsecond to the first one after it.
fn compare_day(column: &str, op: cond::Op, start: i64, end: i64) -> Cond {
    use cond::Op::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    match op {
        Equal => Cond::compare(column, GreaterOrEqual, start).and(Cond::compare(column, Less, end)),
        Less => Cond::compare(column, Less, start),
        LessOrEqual => Cond::compare(column, Less, end),
        Greater => Cond::compare(column, GreaterOrEqual, end),
        GreaterOrEqual => Cond::compare(column, GreaterOrEqual, start),
    }
}

/// The error for what would have to be computed for each row.
fn computed(node: &Node) -> QueryError {
    let what = match &node.op {
        Op::Call(function, _) => format!("{}()", function.name()),
        Op::Arithmetic(Arithmetic::Add, ..) => "+".to_owned(),
        Op::Arithmetic(Arithmetic::Subtract, ..) | Op::Negate(_) => "-".to_owned(),
        Op::Arithmetic(Arithmetic::Multiply, ..) => "*".to_owned(),
        Op::Arithmetic(Arithmetic::Divide, ..) => "/".to_owned(),
        Op::Field(field) => field.path.join("."),
        _ => "$me".to_owned(),
    };
    QueryError::at(node.span, "computed_in_filter").with("what", what)
}
