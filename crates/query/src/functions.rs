//! The functions of the language: their names, what they take and what they give.

use crate::check::Checker;
use crate::error::{QueryError, Span};
use crate::typed::{Node, Op, Type};
use crate::val::Val;
use rust_decimal::prelude::ToPrimitive;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    If,
    Coalesce,
    Concat,
    Round,
    Abs,
    Min,
    Max,
    Year,
    Month,
    Day,
    Date,
    DaysBetween,
    DateAdd,
    Len,
    Lower,
    Upper,
}

/// Decimal places that results of products and quotients keep at most.
pub(crate) const MOST_PLACES: u32 = 6;

/// Name, function, least and most arguments. `today` and `now` are no functions of their arguments and stand apart.
const FUNCTIONS: [(&str, Function, usize, usize); 16] = [
    ("if", Function::If, 3, 3),
    ("coalesce", Function::Coalesce, 1, usize::MAX),
    ("concat", Function::Concat, 1, usize::MAX),
    ("round", Function::Round, 1, 2),
    ("abs", Function::Abs, 1, 1),
    ("min", Function::Min, 1, usize::MAX),
    ("max", Function::Max, 1, usize::MAX),
    ("year", Function::Year, 1, 1),
    ("month", Function::Month, 1, 1),
    ("day", Function::Day, 1, 1),
    ("date", Function::Date, 1, 1),
    ("days_between", Function::DaysBetween, 2, 2),
    ("date_add", Function::DateAdd, 3, 3),
    ("len", Function::Len, 1, 1),
    ("lower", Function::Lower, 1, 1),
    ("upper", Function::Upper, 1, 1),
];

/// Every name that may stand before a bracket.
pub fn names() -> impl Iterator<Item = &'static str> {
    ["today", "now"]
        .into_iter()
        .chain(FUNCTIONS.iter().map(|(name, _, _, _)| *name))
}

impl Function {
    /// The function of that name, if it takes `count` arguments.
    pub fn lookup(name: &str, count: usize, span: Span) -> Result<Option<Function>, QueryError> {
        let Some((_, function, least, most)) =
            FUNCTIONS.iter().find(|(known, _, _, _)| *known == name)
        else {
            return Ok(None);
        };
        if count < *least || count > *most {
            let wanted = match (least, most) {
                (least, most) if least == most => least.to_string(),
                (least, &usize::MAX) => format!("≥ {least}"),
                (least, most) => format!("{least}–{most}"),
            };
            return Err(QueryError::at(span, "wrong_arguments")
                .with("function", name)
                .with("wanted", wanted)
                .with("found", count));
        }
        Ok(Some(*function))
    }

    pub fn name(self) -> &'static str {
        FUNCTIONS
            .iter()
            .find(|(_, function, _, _)| *function == self)
            .map_or("", |(name, _, _, _)| name)
    }

    /// The node of a call, its arguments counted before.
    pub fn call(
        self,
        checker: &Checker<'_>,
        span: Span,
        args: Vec<Node>,
    ) -> Result<Node, QueryError> {
        let args = self.adapt(checker, args)?;
        let ty = self.result(checker, &args)?;
        Ok(Node::new(span, ty, Op::Call(self, args)))
    }

    /// Literal texts among the arguments become what the function takes.
    fn adapt(self, checker: &Checker<'_>, mut args: Vec<Node>) -> Result<Vec<Node>, QueryError> {
        match self {
            Function::If => {
                let (_, branches) = checker.unify(args.split_off(1))?;
                args.extend(branches);
            }
            Function::Coalesce | Function::Min | Function::Max => args = checker.unify(args)?.1,
            Function::Year
            | Function::Month
            | Function::Day
            | Function::Date
            | Function::DaysBetween => {
                args = args
                    .into_iter()
                    .map(|arg| checker.moment(arg))
                    .collect::<Result<_, _>>()?;
            }
            Function::DateAdd => {
                let rest = args.split_off(1);
                args = args
                    .into_iter()
                    .map(|arg| checker.moment(arg))
                    .collect::<Result<_, _>>()?;
                args.extend(rest);
            }
            _ => {}
        }
        Ok(args)
    }

    /// The type of the result, when the arguments are what the function takes.
    fn result(self, checker: &Checker<'_>, args: &[Node]) -> Result<Type, QueryError> {
        let all = |fits: fn(&Type) -> bool| {
            args.iter()
                .try_for_each(|arg| wants(self, arg, fits(&arg.ty)))
        };
        Ok(match self {
            Function::If => {
                checker.condition(&args[0])?;
                checker.unify(args[1..].to_vec())?.0
            }
            Function::Coalesce => checker.unify(args.to_vec())?.0,
            Function::Min | Function::Max => {
                all(|ty| is_ordered(ty) || *ty == Type::Null)?;
                checker.unify(args.to_vec())?.0
            }
            Function::Concat => {
                all(|ty| {
                    !matches!(
                        ty,
                        Type::List(_) | Type::Opaque | Type::Link(_) | Type::Calendar
                    )
                })?;
                Type::Text
            }
            Function::Round => round(args)?,
            Function::Abs => {
                all(|ty| matches!(ty, Type::Number { .. } | Type::Money | Type::Duration))?;
                args[0].ty.clone()
            }
            Function::Year
            | Function::Month
            | Function::Day
            | Function::Date
            | Function::DaysBetween => {
                all(|ty| matches!(ty, Type::Date | Type::Instant))?;
                if self == Function::Date {
                    Type::Date
                } else {
                    Type::Number { scale: 0 }
                }
            }
            Function::DateAdd => date_add(args)?,
            Function::Len => {
                all(|ty| matches!(ty, Type::Text | Type::List(_)))?;
                Type::Number { scale: 0 }
            }
            Function::Lower | Function::Upper => {
                all(|ty| *ty == Type::Text)?;
                Type::Text
            }
        })
    }
}

pub(crate) fn is_ordered(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Number { .. }
            | Type::Money
            | Type::Text
            | Type::Date
            | Type::Instant
            | Type::Duration
    )
}

fn wants(function: Function, arg: &Node, fits: bool) -> Result<(), QueryError> {
    if fits {
        return Ok(());
    }
    Err(QueryError::at(arg.span, "wrong_argument")
        .with("function", function.name())
        .with("type", arg.ty.name()))
}

fn round(args: &[Node]) -> Result<Type, QueryError> {
    let places = match args.get(1).map(|arg| &arg.op) {
        None => Some(0),
        Some(Op::Const(Val::Number(places))) if places.fract().is_zero() => places.to_u32(),
        Some(_) => None,
    };
    let places = places.filter(|&places| places <= MOST_PLACES);
    let Some(scale) = places else {
        return Err(QueryError::at(args[1].span, "wrong_places").with("most", MOST_PLACES));
    };
    match args[0].ty {
        Type::Number { .. } => Ok(Type::Number { scale }),
        Type::Money => Ok(Type::Money),
        _ => wants(Function::Round, &args[0], false).map(|()| Type::Null),
    }
}

/// `date_add(date, count, "m")`.
fn date_add(args: &[Node]) -> Result<Type, QueryError> {
    wants(
        Function::DateAdd,
        &args[0],
        matches!(args[0].ty, Type::Date | Type::Instant),
    )?;
    wants(
        Function::DateAdd,
        &args[1],
        matches!(args[1].ty, Type::Number { .. }),
    )?;
    let unit = match &args[2].op {
        Op::Const(Val::Text(unit)) => crate::lex::unit_length(unit, 1),
        _ => None,
    };
    match unit {
        Some(unit) if unit.micros == 0 || args[0].ty == Type::Instant => Ok(args[0].ty.clone()),
        Some(_) => Err(QueryError::at(args[2].span, "hours_on_date")),
        None => Err(QueryError::at(args[2].span, "wrong_unit")),
    }
}
