//! Literal texts that stand for something else: dates, instants, records.

use crate::error::{QueryError, Span};
use crate::time::{Moment, read_date, read_moment};
use crate::typed::{Node, Op, Type};
use crate::val::Val;
use rust_decimal::Decimal;
use std::str::FromStr;
use uuid::Uuid;

/// `text` as a value of type `ty`; `None` where a text stays a text, or where nothing is written as a text.
pub(crate) fn adapt(text: &str, ty: &Type, span: Span) -> Option<Result<Node, QueryError>> {
    let node = |ty: Type, op: Op| Some(Ok(Node::new(span, ty, op)));
    match ty {
        Type::Date => match read_date(text) {
            Some(date) => node(Type::Date, Op::Const(Val::Date(date))),
            None => Some(Err(QueryError::at(span, "bad_date").with("value", text))),
        },
        Type::Instant => match read_moment(text) {
            Some(Moment::Day(date)) => node(Type::Date, Op::Const(Val::Date(date))),
            Some(Moment::Instant(instant)) => node(Type::Instant, Op::Const(Val::Instant(instant))),
            Some(Moment::Local(time)) => node(Type::Instant, Op::Local(time)),
            None => Some(Err(QueryError::at(span, "bad_instant").with("value", text))),
        },
        Type::Link(to) => match Uuid::parse_str(text) {
            Ok(id) => node(Type::Link(to.clone()), Op::Const(Val::Id(id))),
            Err(_) => Some(Err(QueryError::at(span, "bad_id")
                .with("value", text)
                .with("object", to))),
        },
        Type::Number { .. } | Type::Money => {
            let bare = Decimal::from_str(text).ok().map(|_| text.to_owned());
            Some(Err(QueryError::at(span, "number_in_quotes")
                .with("value", text)
                .suggest(bare)))
        }
        _ => None,
    }
}
