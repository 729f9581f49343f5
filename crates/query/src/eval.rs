//! An expression is computed on one record in memory, with the same meaning that its lowered form has in a database.
//!
//! Conditions are two-valued: a comparison with null is false, and `not` of it is true. Arithmetic with null is null,
//! and so is what overflows, or is divided by zero.

use crate::ast::Length;
use crate::cond;
use crate::env::Env;
pub use crate::env::Fields;
use crate::functions::Function;
use crate::time;
use crate::typed::{Arithmetic, FieldRef, Node, Op, Purpose, Type, Typed};
use crate::val::{Kin, Val, base, half_up, order, scaled};
use guanxi_meta::{Money, Value, currency::minor_digits, text::fold};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::cmp::Ordering;

impl Typed {
    /// The value on a record. A number is rounded to the places of its type, halves away from zero, and null when a
    /// column could not keep it; whole numbers are `Int`. A filter or validation is always true or false.
    pub fn eval(&self, record: &dyn Fields, env: &dyn Env) -> Value {
        if self.purpose != Purpose::Formula {
            return Value::Bool(self.holds(record, env));
        }
        to_value(value(&self.root, record, env), &self.root.ty)
    }

    /// Whether the condition holds on a record; null is false.
    pub fn holds(&self, record: &dyn Fields, env: &dyn Env) -> bool {
        value(&self.root, record, env).is_true()
    }
}

/// No record: for what is known without one.
pub(crate) struct Nothing;

impl Fields for Nothing {
    fn get(&self, _: &[&str]) -> Value {
        Value::Null
    }
}

pub(crate) fn value(node: &Node, record: &dyn Fields, env: &dyn Env) -> Val {
    let of = |node: &Node| value(node, record, env);
    match &node.op {
        Op::Const(val) => val.clone(),
        Op::Local(local) => time::local(*local, &env.zone()).map_or(Val::Null, Val::Instant),
        Op::Today => Val::Date(time::day_of(env.now(), &env.zone())),
        Op::Now => Val::Instant(env.now()),
        Op::Me if env.me().seq == 0 => Val::Null,
        Op::Me => Val::Id(env.me().id),
        Op::MyDepartment => Val::seq(Kin::Department, env.me().department),
        Op::Field(field) => read(field, &node.ty, record, env),
        Op::Not(inner) => Val::Bool(!of(inner).is_true()),
        Op::All(list) => Val::Bool(list.iter().all(|node| of(node).is_true())),
        Op::Any(list) => Val::Bool(list.iter().any(|node| of(node).is_true())),
        Op::Compare(op, left, right) => Val::Bool(compares(
            *op,
            &held(left, of(left)),
            &held(right, of(right)),
            env,
        )),
        Op::In(left, list) => {
            let left = held(left, of(left));
            Val::Bool(
                list.iter()
                    .any(|item| compares(cond::Op::Equal, &left, &held(item, of(item)), env)),
            )
        }
        Op::Has(list, item) => match (of(list), of(item)) {
            (Val::List(items), item) => Val::Bool(
                items
                    .iter()
                    .any(|found| compares(cond::Op::Equal, found, &item, env)),
            ),
            _ => Val::Bool(false),
        },
        Op::IsNull(inner) => Val::Bool(of(inner).is_null()),
        Op::Contains(left, right) => match (of(left), of(right)) {
            (Val::Text(left), Val::Text(right)) => Val::Bool(fold(&left).contains(&fold(&right))),
            _ => Val::Bool(false),
        },
        Op::StartsWith(left, right) => match (of(left), of(right)) {
            (Val::Text(left), Val::Text(right)) => {
                Val::Bool(fold(&left).starts_with(&fold(&right)))
            }
            _ => Val::Bool(false),
        },
        Op::Under(left, right) => match (department(of(left), env), department(of(right), env)) {
            (Some(left), Some(right)) => Val::Bool(env.department_below(right).contains(&left)),
            _ => Val::Bool(false),
        },
        Op::Negate(inner) => negated(of(inner)),
        Op::Arithmetic(op, left, right) => {
            arithmetic(*op, of(left), of(right), env).map_or(Val::Null, |val| val)
        }
        Op::Call(function, args) => call(*function, args, record, env).unwrap_or(Val::Null),
    }
}

/// The `seq` of a department.
pub(crate) fn department(val: Val, env: &dyn Env) -> Option<i64> {
    match val {
        Val::Seq(_, seq) => Some(seq),
        Val::Id(id) => env.department_seq(id),
        _ => None,
    }
}

fn read(field: &FieldRef, ty: &Type, record: &dyn Fields, env: &dyn Env) -> Val {
    let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
    match (Val::from(record.get(&path)), field.kin, ty) {
        (Val::Number(seq), Some(kin), _) => Val::seq(kin, seq.to_i64().unwrap_or(0)),
        (Val::Id(id), Some(kin), _) => kin
            .seq(id, env)
            .map_or(Val::Id(id), |seq| Val::seq(kin, seq)),
        (Val::List(items), _, Type::List(_)) => Val::List(items),
        // A field that holds several compares by its first, as its column does.
        (Val::List(items), _, _) => items.into_iter().next().unwrap_or(Val::Null),
        (Val::Null, _, _) => Val::Null,
        (single, _, Type::List(_)) => Val::List(vec![single]),
        (val, _, _) => val,
    }
}

/// The value of a text field as its column holds it: an e-mail address in small letters.
fn held(node: &Node, val: Val) -> Val {
    match (
        node.field().and_then(|field| field.declared.as_deref()),
        val,
    ) {
        (Some(field), Val::Text(text)) => Val::Text(field.kind.operand(field, &text)),
        (_, val) => val,
    }
}

fn compares(op: cond::Op, left: &Val, right: &Val, env: &dyn Env) -> bool {
    order(left, right, env).is_some_and(|found| match op {
        cond::Op::Equal => found == Ordering::Equal,
        cond::Op::Less => found == Ordering::Less,
        cond::Op::LessOrEqual => found != Ordering::Greater,
        cond::Op::Greater => found == Ordering::Greater,
        cond::Op::GreaterOrEqual => found != Ordering::Less,
    })
}

fn to_value(val: Val, ty: &Type) -> Value {
    match val {
        Val::Null | Val::Opaque => Value::Null,
        Val::Bool(value) => Value::Bool(value),
        Val::Number(number) => {
            let scale = if let Type::Number { scale } = ty {
                *scale
            } else {
                crate::functions::MOST_PLACES
            };
            match scaled(number, scale) {
                None => Value::Null,
                Some(whole) if scale == 0 => Value::Int(whole),
                Some(_) => Value::Decimal(half_up(number, scale)),
            }
        }
        Val::Money(money) => Value::Money(money),
        Val::Text(text) => Value::Text(text),
        Val::Date(date) => Value::Date(date),
        Val::Instant(instant) => Value::Instant(instant),
        Val::Length(length) => length.fixed().map_or(Value::Null, Value::Duration),
        Val::Id(id) => Value::Id(id),
        Val::Seq(_, seq) => Value::Int(seq),
        Val::List(items) => Value::List(items.into_iter().map(|item| to_value(item, ty)).collect()),
    }
}

fn negated(val: Val) -> Val {
    match val {
        Val::Number(number) => Val::Number(-number),
        Val::Money(money) => Val::Money(Money {
            amount: -money.amount,
            base: money.base.map(|base| -base),
            ..money
        }),
        Val::Length(length) => length.negated().map_or(Val::Null, Val::Length),
        _ => Val::Null,
    }
}

fn arithmetic(op: Arithmetic, left: Val, right: Val, env: &dyn Env) -> Option<Val> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    Some(match (op, left, right) {
        (op, Val::Number(a), Val::Number(b)) => Val::Number(decimals(op, a, b)?),
        (Add | Subtract, Val::Money(a), Val::Money(b)) => {
            let sum = decimals(op, base(&a, env)?, base(&b, env)?)?;
            Val::Money(Money {
                amount: sum,
                currency: env.currency().to_owned(),
                base: Some(sum),
            })
        }
        (Divide, Val::Money(a), Val::Money(b)) => {
            Val::Number(base(&a, env)?.checked_div(base(&b, env)?)?)
        }
        (Multiply | Divide, Val::Money(money), Val::Number(factor)) => {
            Val::Money(each_amount(money, env, |amount| {
                decimals(op, amount, factor)
            })?)
        }
        (Multiply, Val::Number(factor), Val::Money(money)) => {
            Val::Money(each_amount(money, env, |amount| {
                decimals(op, amount, factor)
            })?)
        }
        (Subtract, Val::Date(a), Val::Date(b)) => Val::Length(Length {
            days: time::days_between(b, a),
            ..Length::default()
        }),
        (Subtract, Val::Instant(a), Val::Instant(b)) => {
            let micros = a.as_microsecond().checked_sub(b.as_microsecond())?;
            Val::Length(Length {
                micros,
                ..Length::default()
            })
        }
        (Add, Val::Date(date), Val::Length(length))
        | (Add, Val::Length(length), Val::Date(date)) => Val::Date(time::date_plus(date, length)?),
        (Subtract, Val::Date(date), Val::Length(length)) => {
            Val::Date(time::date_plus(date, length.negated()?)?)
        }
        (Add, Val::Instant(instant), Val::Length(length))
        | (Add, Val::Length(length), Val::Instant(instant)) => {
            Val::Instant(time::instant_plus(instant, length, &env.zone())?)
        }
        (Subtract, Val::Instant(instant), Val::Length(length)) => {
            Val::Instant(time::instant_plus(instant, length.negated()?, &env.zone())?)
        }
        (Add, Val::Length(a), Val::Length(b)) => Val::Length(a.plus(b)?),
        (Subtract, Val::Length(a), Val::Length(b)) => Val::Length(a.plus(b.negated()?)?),
        (Multiply | Divide, Val::Length(length), Val::Number(factor)) => times(op, length, factor)?,
        (Multiply, Val::Number(factor), Val::Length(length)) => times(op, length, factor)?,
        _ => return None,
    })
}

fn decimals(op: Arithmetic, a: Decimal, b: Decimal) -> Option<Decimal> {
    match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
    }
}

/// Money after an operation on its amounts: each is rounded, halves away from zero, to the digits of its currency.
fn each_amount(
    money: Money,
    env: &dyn Env,
    change: impl Fn(Decimal) -> Option<Decimal>,
) -> Option<Money> {
    let ours = env.currency();
    let currency = if money.currency.is_empty() {
        ours
    } else {
        &money.currency
    };
    let amount = half_up(change(money.amount)?, minor_digits(currency));
    let base = match money.base {
        Some(base) => Some(half_up(change(base)?, minor_digits(ours))),
        None => None,
    };
    Some(Money {
        amount,
        base,
        currency: money.currency,
    })
}

fn times(op: Arithmetic, length: Length, factor: Decimal) -> Option<Val> {
    let micros = decimals(op, Decimal::from(length.fixed()?), factor)?;
    Some(Val::Length(Length {
        micros: half_up(micros, 0).to_i64()?,
        ..Length::default()
    }))
}

fn call(function: Function, args: &[Node], record: &dyn Fields, env: &dyn Env) -> Option<Val> {
    let of = |at: usize| value(&args[at], record, env);
    let day = |at: usize| match of(at) {
        Val::Date(date) => Some(date),
        Val::Instant(instant) => Some(time::day_of(instant, &env.zone())),
        _ => None,
    };
    let number = |number: i64| Val::Number(number.into());
    Some(match function {
        Function::If => of(if of(0).is_true() { 1 } else { 2 }),
        Function::Coalesce => (0..args.len()).map(of).find(|val| !val.is_null())?,
        Function::Concat => Val::Text(
            (0..args.len())
                .filter_map(|at| written(of(at), &args[at].ty))
                .collect(),
        ),
        Function::Round => round(of(0), args.get(1).map(|_| of(1)), env)?,
        Function::Abs => absolute(of(0)),
        Function::Min => extreme((0..args.len()).map(of), Ordering::Less, env)?,
        Function::Max => extreme((0..args.len()).map(of), Ordering::Greater, env)?,
        Function::Year => number(day(0)?.year().into()),
        Function::Month => number(day(0)?.month().into()),
        Function::Day => number(day(0)?.day().into()),
        Function::Date => Val::Date(day(0)?),
        Function::DaysBetween => number(time::days_between(day(0)?, day(1)?)),
        Function::DateAdd => date_add(of(0), of(1), of(2), env)?,
        Function::Len => match of(0) {
            Val::Text(text) => number(text.chars().count() as i64),
            Val::List(items) => number(items.len() as i64),
            _ => return None,
        },
        Function::Lower | Function::Upper => match (function, of(0)) {
            (Function::Lower, Val::Text(text)) => Val::Text(text.to_lowercase()),
            (_, Val::Text(text)) => Val::Text(text.to_uppercase()),
            _ => return None,
        },
    })
}

/// The least or greatest of what is not null.
fn extreme(values: impl Iterator<Item = Val>, wanted: Ordering, env: &dyn Env) -> Option<Val> {
    values.filter(|val| !val.is_null()).reduce(|best, val| {
        if order(&val, &best, env) == Some(wanted) {
            val
        } else {
            best
        }
    })
}

fn absolute(val: Val) -> Val {
    let negative = match &val {
        Val::Number(number) => number.is_sign_negative(),
        Val::Money(money) => money.amount.is_sign_negative(),
        Val::Length(length) => length.fixed().is_some_and(|micros| micros < 0),
        _ => false,
    };
    if negative { negated(val) } else { val }
}

fn round(val: Val, places: Option<Val>, env: &dyn Env) -> Option<Val> {
    let places = match places {
        Some(Val::Number(places)) => places.to_u32()?,
        _ => 0,
    };
    Some(match val {
        Val::Number(number) => Val::Number(half_up(number, places)),
        Val::Money(money) => {
            let rounded = |amount: Decimal| Some(half_up(amount, places));
            Val::Money(each_amount(money, env, rounded)?)
        }
        _ => return None,
    })
}

fn date_add(moment: Val, count: Val, unit: Val, env: &dyn Env) -> Option<Val> {
    let (Val::Number(count), Val::Text(unit)) = (count, unit) else {
        return None;
    };
    let length = crate::lex::unit_length(&unit, count.trunc().to_i64()?)?;
    Some(match moment {
        Val::Date(date) => Val::Date(time::date_plus(date, length)?),
        Val::Instant(instant) => Val::Instant(time::instant_plus(instant, length, &env.zone())?),
        _ => return None,
    })
}

/// A part of `concat`; null is nothing.
fn written(val: Val, ty: &Type) -> Option<String> {
    Some(match val {
        Val::Text(text) => text,
        Val::Bool(value) => value.to_string(),
        Val::Number(number) => {
            let scale = if let Type::Number { scale } = ty {
                *scale
            } else {
                crate::functions::MOST_PLACES
            };
            half_up(number, scale).normalize().to_string()
        }
        Val::Money(money) => format!("{} {}", money.amount.normalize(), money.currency)
            .trim_end()
            .to_owned(),
        Val::Date(date) => date.to_string(),
        Val::Instant(instant) => instant.to_string(),
        Val::Length(length) => jiff::SignedDuration::from_micros(length.fixed()?).to_string(),
        Val::Null | Val::Id(_) | Val::Seq(..) | Val::List(_) | Val::Opaque => return None,
    })
}
