//! Values while an expression is computed, and how they compare.

use crate::ast::Length;
use crate::env::Env;
use crate::time;
use guanxi_meta::{Money, Value};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use std::cmp::Ordering;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val {
    Null,
    Bool(bool),
    Number(Decimal),
    Money(Money),
    Text(String),
    Date(Date),
    Instant(Timestamp),
    Length(Length),
    Id(Uuid),
    /// The `seq` of a user or a department, never 0.
    Seq(Kin, i64),
    /// Never empty.
    List(Vec<Val>),
    /// Something that compares with null alone.
    Opaque,
}

/// The objects whose rows are named by `seq` in the columns that every table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kin {
    User,
    Department,
}

impl Kin {
    pub fn seq(self, id: Uuid, env: &dyn Env) -> Option<i64> {
        let me = env.me();
        match self {
            Kin::User if id == me.id && me.seq != 0 => Some(me.seq),
            Kin::User => env.user_seq(id),
            Kin::Department => env.department_seq(id),
        }
    }
}

impl Val {
    pub fn is_null(&self) -> bool {
        matches!(self, Val::Null)
    }

    /// Null is false.
    pub fn is_true(&self) -> bool {
        matches!(self, Val::Bool(true))
    }

    pub fn seq(kin: Kin, seq: i64) -> Val {
        if seq == 0 {
            Val::Null
        } else {
            Val::Seq(kin, seq)
        }
    }

    pub fn from(value: Value) -> Val {
        match value {
            Value::Null => Val::Null,
            Value::Bool(value) => Val::Bool(value),
            Value::Int(value) => Val::Number(value.into()),
            Value::Decimal(value) => Val::Number(value),
            Value::Text(text) | Value::Parts { text, .. } => Val::Text(text),
            Value::Date(date) => Val::Date(date),
            Value::Instant(instant) => Val::Instant(instant),
            Value::Duration(micros) => Val::Length(Length {
                micros,
                ..Length::default()
            }),
            Value::Money(money) => Val::Money(money),
            Value::Id(id) | Value::Reference { id, .. } => Val::Id(id),
            Value::List(items) if items.is_empty() => Val::Null,
            Value::List(items) => Val::List(items.into_iter().map(Val::from).collect()),
            Value::Json(_) | Value::File { .. } => Val::Opaque,
        }
    }
}

/// The amount that is compared and summed: in the organisation's currency, which an empty code means too.
pub(crate) fn base(money: &Money, env: &dyn Env) -> Option<Decimal> {
    let ours = money.currency.is_empty() || money.currency == env.currency();
    money.base.or_else(|| ours.then_some(money.amount))
}

/// The order of two values; `None` when one is null or they are of different sorts.
pub(crate) fn order(left: &Val, right: &Val, env: &dyn Env) -> Option<Ordering> {
    match (left, right) {
        (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
        (Val::Number(a), Val::Number(b)) => Some(a.cmp(b)),
        (Val::Money(a), Val::Money(b)) => Some(base(a, env)?.cmp(&base(b, env)?)),
        (Val::Money(a), Val::Number(b)) => Some(base(a, env)?.cmp(b)),
        (Val::Number(a), Val::Money(b)) => Some(a.cmp(&base(b, env)?)),
        // By bytes, as the databases are told to compare.
        (Val::Text(a), Val::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Val::Date(a), Val::Date(b)) => Some(a.cmp(b)),
        (Val::Instant(a), Val::Instant(b)) => Some(a.as_microsecond().cmp(&b.as_microsecond())),
        (Val::Date(a), Val::Instant(b)) => Some(a.cmp(&time::day_of(*b, &env.zone()))),
        (Val::Instant(a), Val::Date(b)) => Some(time::day_of(*a, &env.zone()).cmp(b)),
        (Val::Length(a), Val::Length(b)) => Some(a.fixed()?.cmp(&b.fixed()?)),
        (Val::Id(a), Val::Id(b)) => Some(a.cmp(b)),
        (Val::Seq(_, a), Val::Seq(_, b)) => Some(a.cmp(b)),
        (Val::Seq(kin, a), Val::Id(b)) => Some(a.cmp(&kin.seq(*b, env)?)),
        (Val::Id(a), Val::Seq(kin, b)) => Some(kin.seq(*a, env)?.cmp(b)),
        _ => None,
    }
}

/// A decimal as the integer that a column with `scale` places keeps; `None` when it does not fit.
pub(crate) fn scaled(number: Decimal, scale: u32) -> Option<i64> {
    use rust_decimal::prelude::ToPrimitive;
    let rounded = half_up(number, scale);
    rounded
        .checked_mul(Decimal::from(10_i64.checked_pow(scale)?))?
        .to_i64()
}

/// Rounds halves away from zero.
pub(crate) fn half_up(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}
