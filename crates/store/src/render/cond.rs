//! Conditions. Two-valued: null compares false, and the negation of that is true.

use super::{Param, Pen, Target, fold};
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Op, Operand};
use std::mem::discriminant;

/// Up to here SQLite gets one placeholder per cell of a list; beyond, one JSON parameter.
const PLACEHOLDERS: usize = 64;

/// SQLite refuses expressions that are 1,000 levels deep, and `a OR b OR c` is a level for each; so long lists are
/// bracketed in pieces.
const WIDEST: usize = 64;

impl Pen<'_> {
    pub(super) fn cond(&mut self, cond: &Cond, alias: usize) {
        match cond {
            Cond::True => self.push("TRUE"),
            Cond::False => self.push("FALSE"),
            Cond::All(parts) => self.joined(parts, alias, (" AND ", "TRUE")),
            Cond::Any(parts) => self.joined(parts, alias, (" OR ", "FALSE")),
            Cond::Not(inner) => self.negated(inner, alias),
            Cond::Compare { column, op, with } => self.comparison(alias, column, *op, with),
            Cond::In { column, cells } => self.list(alias, column, cells),
            Cond::Null { column } => {
                self.column(alias, column);
                self.push(" IS NULL");
            }
            Cond::Contains { column, folded } => self.contains(alias, column, folded),
            Cond::StartsWith { column, folded } => self.starts_with(alias, column, folded),
            Cond::ListHas { column, item } => self.list_has(alias, column, item),
            Cond::Among {
                column,
                table,
                select,
                cond,
            } => {
                self.column(alias, column);
                self.push(" IN (SELECT ");
                let inner = self.aliases;
                self.column(inner, select);
                self.from(table);
                self.push(" WHERE ");
                self.cond(cond, inner);
                self.push(")");
            }
        }
    }

    fn joined(&mut self, parts: &[Cond], alias: usize, (joint, empty): (&str, &str)) {
        if parts.is_empty() {
            return self.push(empty);
        }
        self.push("(");
        let pieces = parts.len().div_ceil(WIDEST);
        for (index, piece) in parts.chunks(pieces).enumerate() {
            if index > 0 {
                self.push(joint);
            }
            match piece {
                [part] => self.cond(part, alias),
                parts => self.joined(parts, alias, (joint, empty)),
            }
        }
        self.push(")");
    }

    fn negated(&mut self, inner: &Cond, alias: usize) {
        if let Cond::Null { column } = inner {
            self.column(alias, column);
            return self.push(" IS NOT NULL");
        }
        self.push("NOT COALESCE(");
        self.cond(inner, alias);
        self.push(", FALSE)");
    }

    fn comparison(&mut self, alias: usize, column: &str, op: Op, with: &Operand) {
        if matches!(with, Operand::Cell(Cell::Null)) {
            return self.push("FALSE");
        }
        self.column(alias, column);
        self.push(match op {
            Op::Equal => " = ",
            Op::Less => " < ",
            Op::LessOrEqual => " <= ",
            Op::Greater => " > ",
            Op::GreaterOrEqual => " >= ",
        });
        match with {
            Operand::Cell(cell) => self.cell(cell),
            Operand::Column(other) => self.column(alias, other),
        }
    }

    /// Cells of another type than the first match nothing, since a column has one type.
    fn list(&mut self, alias: usize, column: &str, cells: &[Cell]) {
        let Some(first) = cells.iter().find(|cell| !cell.is_null()) else {
            return self.push("FALSE");
        };
        let kind = discriminant(first);
        let cells: Vec<Cell> = cells
            .iter()
            .filter(|cell| discriminant(*cell) == kind)
            .cloned()
            .collect();
        self.column(alias, column);
        match self.target {
            Target::Postgres { .. } => {
                self.push(" = ANY(");
                self.bind(Param::Cells(cells));
                self.push(")");
            }
            Target::Sqlite if cells.len() <= PLACEHOLDERS => {
                // The next power of two, so that few texts serve all lengths.
                self.push(" IN (");
                for index in 0..cells.len().next_power_of_two() {
                    self.comma(index);
                    self.cell(&cells[index.min(cells.len() - 1)]);
                }
                self.push(")");
            }
            Target::Sqlite => {
                let value = if matches!(first, Cell::Id(_) | Cell::Bytes(_)) {
                    "unhex(value)"
                } else {
                    "value"
                };
                self.push(" IN (SELECT ");
                self.push(value);
                self.push(" FROM json_each(");
                self.bind(Param::Cell(Cell::Text(json_array(&cells))));
                self.push("))");
            }
        }
    }

    fn contains(&mut self, alias: usize, column: &str, folded: &str) {
        self.push(if self.target.is_sqlite() {
            "instr("
        } else {
            "strpos("
        });
        self.folded(alias, column);
        self.push(", ");
        self.bind(Param::Cell(Cell::from(folded)));
        self.push(") > 0");
    }

    fn starts_with(&mut self, alias: usize, column: &str, folded: &str) {
        if !self.target.is_sqlite() {
            self.push("starts_with(");
            self.folded(alias, column);
            self.push(", ");
            self.bind(Param::Cell(Cell::from(folded)));
            return self.push(")");
        }
        self.push("substr(");
        self.folded(alias, column);
        self.push(", 1, ");
        self.bind(Param::Cell(Cell::Int(
            i64::try_from(folded.chars().count()).unwrap_or(i64::MAX),
        )));
        self.push(") = ");
        self.bind(Param::Cell(Cell::from(folded)));
    }

    fn folded(&mut self, alias: usize, column: &str) {
        match self.target {
            Target::Sqlite => {
                self.push(fold::FUNCTION);
                self.push("(");
                self.column(alias, column);
                self.push(")");
            }
            Target::Postgres { lower, .. } => {
                self.push(fold::BEFORE_COLUMN);
                self.column(alias, column);
                self.push(fold::BEFORE_COLLATION);
                self.name(lower);
                self.push(fold::END);
            }
        }
    }

    fn list_has(&mut self, alias: usize, column: &str, item: &str) {
        if self.target.is_sqlite() {
            self.push("EXISTS (SELECT 1 FROM json_each(");
            self.column(alias, column);
            self.push(") AS item WHERE item.value = ");
            self.bind(Param::Cell(Cell::from(item)));
            self.push(")");
        } else {
            self.push("jsonb_exists(CAST(");
            self.column(alias, column);
            self.push(" AS jsonb), ");
            self.bind(Param::Cell(Cell::from(item)));
            self.push(")");
        }
    }
}

/// Numbers and texts as they are, bytes and ids as hexadecimal digits.
fn json_array(cells: &[Cell]) -> String {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<String>()
    };
    let items = cells.iter().map(|cell| match cell {
        Cell::Null => serde_json::Value::Null,
        Cell::Int(number) => (*number).into(),
        Cell::Text(text) => text.as_str().into(),
        Cell::Bytes(bytes) => hex(bytes).into(),
        Cell::Id(id) => hex(id.as_bytes()).into(),
    });
    serde_json::Value::Array(items.collect()).to_string()
}
