//! From conditions and selections to the text of a statement and its parameters, in both dialects.
//!
//! The one place where an identifier is quoted is [`Pen::name`]; values never enter the text. What varies between
//! two calls of the same question (limits aside) is a parameter, so the databases' statement caches hit.

mod cond;
mod fold;
mod select;
mod write;

pub use fold::FUNCTION as FOLD_FUNCTION;
pub use select::{aggregate, count, segments, select};
pub use write::{delete, insert_many, insert_one, update};

use guanxi_meta::Cell;

/// Which database, and what its names need.
#[derive(Debug, Clone)]
pub enum Target {
    Sqlite,
    /// Every name is qualified with the schema; `lower` is the collation that knows the case of all scripts.
    Postgres {
        schema: String,
        lower: String,
    },
}

impl Target {
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Target::Sqlite)
    }
}

/// A statement that is ready to run.
#[derive(Debug, Default)]
pub struct Statement {
    pub text: String,
    pub params: Vec<Param>,
}

/// What is bound to a placeholder.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    Cell(Cell),
    /// A PostgreSQL array; null elements allowed, all others of one type.
    Cells(Vec<Cell>),
}

/// Writes one statement.
struct Pen<'a> {
    target: &'a Target,
    text: String,
    params: Vec<Param>,
    /// How many table aliases are taken: `t0`, `t1` …
    aliases: usize,
}

impl<'a> Pen<'a> {
    fn new(target: &'a Target) -> Pen<'a> {
        Pen {
            target,
            text: String::with_capacity(256),
            params: Vec::new(),
            aliases: 0,
        }
    }

    fn finish(self) -> Statement {
        Statement {
            text: self.text,
            params: self.params,
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn number(&mut self, number: usize) {
        self.text.push_str(&number.to_string());
    }

    /// Quotes an identifier.
    fn name(&mut self, name: &str) {
        self.text.push('"');
        for c in name.chars() {
            if c == '"' {
                self.text.push('"');
            }
            self.text.push(c);
        }
        self.text.push('"');
    }

    fn names<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        for (index, name) in names.enumerate() {
            self.comma(index);
            self.name(name);
        }
    }

    fn table(&mut self, table: &str) {
        if let Target::Postgres { schema, .. } = self.target {
            self.name(schema);
            self.text.push('.');
        }
        self.name(table);
    }

    /// `FROM table AS tN`; answers N.
    fn from(&mut self, table: &str) -> usize {
        self.push(" FROM ");
        self.aliased(table)
    }

    fn aliased(&mut self, table: &str) -> usize {
        let alias = self.aliases;
        self.aliases += 1;
        self.table(table);
        self.push(" AS t");
        self.number(alias);
        alias
    }

    fn column(&mut self, alias: usize, column: &str) {
        self.text.push('t');
        self.number(alias);
        self.text.push('.');
        self.name(column);
    }

    fn bind(&mut self, param: Param) {
        self.params.push(param);
        if self.target.is_sqlite() {
            self.text.push('?');
        } else {
            self.text.push('$');
            self.number(self.params.len());
        }
    }

    fn cell(&mut self, cell: &Cell) {
        self.bind(Param::Cell(cell.clone()));
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.push(", ");
        }
    }
}

/// An identifier quoted for statements written outside of this module (DDL).
pub fn quoted(name: &str) -> String {
    let mut pen = Pen::new(&Target::Sqlite);
    pen.name(name);
    pen.text
}

#[cfg(test)]
mod tests;
