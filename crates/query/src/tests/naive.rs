//! A lowered condition, answered cell by cell: what a database has to do.

use super::world::{Row, World};
use crate::cond::{Cond, Op, Operand};
use guanxi_meta::Cell;
use guanxi_meta::text::fold;

pub fn holds(cond: &Cond, row: &Row, world: &World) -> bool {
    match cond {
        Cond::True => true,
        Cond::False => false,
        Cond::All(list) => list.iter().all(|cond| holds(cond, row, world)),
        Cond::Any(list) => list.iter().any(|cond| holds(cond, row, world)),
        Cond::Not(inner) => !holds(inner, row, world),
        Cond::Compare { column, op, with } => {
            let right = match with {
                Operand::Cell(cell) => cell,
                Operand::Column(column) => &row[column],
            };
            compares(*op, &row[column], right)
        }
        Cond::In { column, cells } => !row[column].is_null() && cells.contains(&row[column]),
        Cond::Null { column } => row[column].is_null(),
        Cond::Contains { column, folded } => row[column]
            .text()
            .is_some_and(|text| fold(text).contains(folded)),
        Cond::StartsWith { column, folded } => row[column]
            .text()
            .is_some_and(|text| fold(text).starts_with(folded)),
        // Items of these tests need no escapes in JSON.
        Cond::ListHas { column, item } => row[column]
            .text()
            .is_some_and(|json| json.contains(&format!("\"{item}\""))),
        Cond::Among {
            column,
            table,
            select,
            cond,
        } => {
            let cell = &row[column];
            let found = |other: &&Row| other[select] == *cell && holds(cond, other, world);
            !cell.is_null() && world.tables[table].iter().any(|other| found(&other))
        }
        // What other crates add for their own selections does not come from a text.
        #[allow(unreachable_patterns)]
        other => panic!("{other:?}"),
    }
}

fn compares(op: Op, left: &Cell, right: &Cell) -> bool {
    let both = match (left, right) {
        (Cell::Null, _) | (_, Cell::Null) => return false,
        (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
        (Cell::Text(a), Cell::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Cell::Id(a), Cell::Id(b)) => a.cmp(b),
        other => panic!("cells of different types: {other:?}"),
    };
    match op {
        Op::Equal => both.is_eq(),
        Op::Less => both.is_lt(),
        Op::LessOrEqual => both.is_le(),
        Op::Greater => both.is_gt(),
        Op::GreaterOrEqual => both.is_ge(),
    }
}
