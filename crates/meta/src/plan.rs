//! A change of shape as a plan: what is there, what is wanted, and the steps between. Soft: nothing here drops a
//! table or a column, and a column never changes its type.

use crate::catalog::{Catalog, Required};
use crate::fault::Fault;
use crate::label::Label;
use crate::table::{ColumnSpec, IndexSpec, TableSpec, Uniqueness};

/// Steps in the order in which they are to run. Running a plan that was run before does nothing more: each step
/// is found by comparing with what is there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// What the data must be like before the steps run.
    pub checks: Vec<Check>,
    /// Why the plan cannot run at all. Empty, or nothing may be done.
    pub problems: Vec<Fault>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// With its indexes.
    CreateTable(TableSpec),
    AddColumns {
        table: String,
        columns: Vec<ColumnSpec>,
    },
    DropIndex {
        table: String,
        index: IndexSpec,
    },
    /// Holds the writer of an embedded database while it runs.
    CreateIndex {
        table: String,
        index: IndexSpec,
    },
}

/// A question to the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// No two rows that are not deleted have the same value there; nulls are no values.
    NoDuplicates { table: String, columns: Vec<String> },
    /// Every row that is not deleted has a value there.
    NoNulls { table: String, column: String },
}

/// The plan that turns `existing` into `wanted`. Tables that are not wanted are left alone; so are columns.
/// Indexes of a wanted table that are not wanted are dropped: whoever keeps further ones, as for saved views,
/// adds them to `wanted` first.
pub fn diff(existing: &[TableSpec], wanted: &[TableSpec]) -> Plan {
    let mut plan = Plan::default();
    for table in wanted {
        match existing.iter().find(|other| other.name == table.name) {
            None => plan.steps.push(Step::CreateTable(table.clone())),
            Some(old) => alter(&mut plan, old, table),
        }
    }
    // Indexes come after the columns that they are on, and what is dropped makes place for what is created.
    plan.steps.sort_by_key(|step| match step {
        Step::CreateTable(_) => 0,
        Step::AddColumns { .. } => 1,
        Step::DropIndex { .. } => 2,
        Step::CreateIndex { .. } => 3,
    });
    plan
}

/// Fields that become required, where the data must have values already. Unique ones come with `diff`.
pub fn tightened(before: &Catalog, after: &Catalog) -> Vec<Check> {
    let mut checks = Vec::new();
    for object in &after.objects {
        let Some(old) = before.objects.iter().find(|old| old.table == object.table) else {
            continue;
        };
        for field in object
            .fields
            .iter()
            .filter(|field| field.required == Required::Yes)
        {
            let was = old
                .fields
                .iter()
                .find(|other| other.column == field.column)
                .map(|other| other.required);
            if was == Some(Required::No) {
                checks.push(Check::NoNulls {
                    table: object.table.clone(),
                    column: field.column.clone(),
                });
            }
        }
    }
    checks
}

impl Step {
    /// What a person reads before publishing.
    pub fn describe(&self) -> Label {
        match self {
            Step::CreateTable(table) => label("建表", "create table", &table.name),
            Step::AddColumns { table, columns } => {
                let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                label(
                    "增加列",
                    "add columns",
                    &format!("{table} ({})", names.join(", ")),
                )
            }
            Step::DropIndex { table, index } => label(
                "删除索引",
                "drop index",
                &format!("{table} ({})", index.columns.join(", ")),
            ),
            Step::CreateIndex { table, index } => {
                let what = format!("{table} ({})", index.columns.join(", "));
                match index.uniqueness {
                    Uniqueness::Unique => label("建立唯一索引", "create unique index", &what),
                    Uniqueness::Any => label("建立索引", "create index", &what),
                }
            }
        }
    }
}

fn label(zh: &str, en: &str, what: &str) -> Label {
    Label::new(&format!("{zh} {what}"), &format!("{en} {what}"))
}

fn alter(plan: &mut Plan, old: &TableSpec, new: &TableSpec) {
    let mut added = Vec::new();
    for column in &new.columns {
        match old.columns.iter().find(|other| other.name == column.name) {
            None => added.push(column.clone()),
            Some(other) if other.ty != column.ty => plan.problems.push(
                Fault::new("column_type")
                    .with("table", &new.name)
                    .with("column", &column.name)
                    .with("is", format!("{:?}", other.ty))
                    .with("wanted", format!("{:?}", column.ty)),
            ),
            Some(_) => {}
        }
    }
    let fresh: Vec<String> = added.iter().map(|column| column.name.clone()).collect();
    if !added.is_empty() {
        plan.steps.push(Step::AddColumns {
            table: new.name.clone(),
            columns: added,
        });
    }
    for index in old
        .indexes
        .iter()
        .filter(|index| !new.indexes.contains(index))
    {
        plan.steps.push(Step::DropIndex {
            table: new.name.clone(),
            index: index.clone(),
        });
    }
    for index in new
        .indexes
        .iter()
        .filter(|index| !old.indexes.contains(index))
    {
        // Columns that are only now added are empty, and so have no doubles.
        let filled = index.columns.iter().all(|column| !fresh.contains(column));
        if index.uniqueness != Uniqueness::Any && filled {
            plan.checks.push(Check::NoDuplicates {
                table: new.name.clone(),
                columns: index.columns.clone(),
            });
        }
        plan.steps.push(Step::CreateIndex {
            table: new.name.clone(),
            index: index.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::ColumnType;

    fn table(columns: &[(&str, ColumnType)]) -> TableSpec {
        TableSpec::new(
            "o_x",
            columns
                .iter()
                .map(|(name, ty)| ColumnSpec::new(*name, *ty))
                .collect(),
        )
    }

    fn steps(existing: &[TableSpec], wanted: &[TableSpec]) -> Vec<String> {
        diff(existing, wanted)
            .steps
            .iter()
            .map(|step| step.describe().get(crate::Lang::En, "").to_owned())
            .collect()
    }

    #[test]
    fn a_plan_adds_and_never_takes_away() {
        let old = table(&[("a", ColumnType::Int), ("gone", ColumnType::Text)])
            .index(&["a"])
            .index(&["gone"]);
        let new = table(&[("a", ColumnType::Int), ("b", ColumnType::Text)])
            .unique(&["a"])
            .unique(&["b"]);
        assert_eq!(
            steps(std::slice::from_ref(&old), std::slice::from_ref(&new)),
            [
                "add columns o_x (b)",
                "drop index o_x (a)",
                "drop index o_x (gone)",
                "create unique index o_x (a)",
                "create unique index o_x (b)",
            ]
        );
        let plan = diff(&[old], std::slice::from_ref(&new));
        assert_eq!(
            plan.checks,
            [Check::NoDuplicates {
                table: "o_x".to_owned(),
                columns: vec!["a".to_owned()]
            }]
        );
        assert_eq!(steps(&[], std::slice::from_ref(&new)), ["create table o_x"]);
        assert_eq!(
            diff(std::slice::from_ref(&new), std::slice::from_ref(&new)),
            Plan::default()
        );
    }

    #[test]
    fn a_column_keeps_its_type() {
        let plan = diff(
            &[table(&[("a", ColumnType::Int)])],
            &[table(&[("a", ColumnType::Text)])],
        );
        assert_eq!(
            plan.problems
                .iter()
                .map(|fault| fault.code)
                .collect::<Vec<_>>(),
            ["column_type"]
        );
        assert!(plan.steps.is_empty());
    }
}
