//! A naive table in memory, and random rows, conditions and selections for it.

use crate::StoreError;
use crate::traits::{Row, Store, StoreExt, Weight};
use guanxi_meta::{Cell, ColumnSpec, ColumnType, TableSpec, text};
use guanxi_query::cond::{Cond, Direction, Op, Operand, Select};
use std::cmp::Ordering;
use std::sync::Arc;
use uuid::Uuid;

/// A small generator of random numbers (xorshift64*), so that a failure can be repeated.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// 0 to `sides` - 1.
    pub fn roll(&mut self, sides: u64) -> u64 {
        (self.next() >> 33) % sides
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.roll(items.len() as u64) as usize]
    }
}

/// The columns of the random table: `owner` and `rank` repeat and may be null, so that ties and nulls abound.
pub const COLUMNS: [(&str, ColumnType); 6] = [
    ("owner", ColumnType::Int),
    ("rank", ColumnType::Int),
    ("name", ColumnType::Text),
    ("key", ColumnType::Bytes),
    ("id", ColumnType::Id),
    ("tags", ColumnType::Text),
];

pub const NAMES: [&str; 12] = [
    "合肥锅炉",
    "重庆燃气",
    "Ａｌｐｈａ ＡＢＣ",
    "alpha",
    "Alpha",
    "Société Générale",
    "Zürich AG",
    "straße",
    "100%",
    "a_b\\c",
    "Ελλάς",
    "",
];

pub struct Model {
    pub rows: Vec<Row>,
}

impl Model {
    /// Makes the table and fills it with random rows.
    pub fn fill(store: &Arc<dyn Store>, name: &str, count: usize) -> Model {
        let columns = COLUMNS
            .iter()
            .map(|(name, ty)| ColumnSpec::new(*name, *ty))
            .collect();
        let table = TableSpec::new(name, columns)
            .index(&["owner", "rank"])
            .index(&["name"])
            .unique(&["id"]);
        store.create_table(&table).unwrap();
        for index in &table.indexes {
            store.create_index(&table, index).unwrap();
        }
        let mut dice = Dice::new(count as u64);
        let cells: Vec<Vec<Cell>> = (0..count).map(|_| random_row(&mut dice)).collect();
        let written = cells.clone();
        let into = name.to_owned();
        let seqs = store
            .change::<_, StoreError>(Weight::Bulk, move |transaction| {
                let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
                transaction.insert(&into, &names, written.clone())
            })
            .unwrap();
        let rows = seqs
            .into_iter()
            .zip(cells)
            .map(|(seq, cells)| Row { seq, cells })
            .collect();
        Model { rows }
    }

    /// What the store has to answer.
    pub fn select(&self, select: &Select) -> Vec<Row> {
        let mut rows: Vec<&Row> = self
            .rows
            .iter()
            .filter(|row| {
                select.branches.is_empty() || select.branches.iter().any(|cond| holds(cond, row))
            })
            .filter(|row| holds(&select.cond, row))
            .collect();
        let keys = |row: &Row| -> Vec<Cell> {
            select
                .order
                .iter()
                .map(|order| cell(row, &order.column))
                .collect()
        };
        rows.sort_by(|left, right| {
            compare_rows(select, (&keys(left), left.seq), (&keys(right), right.seq))
        });
        if let Some((cells, seq)) = &select.after {
            rows.retain(|row| {
                compare_rows(select, (&keys(row), row.seq), (cells, *seq)) == Ordering::Greater
            });
        }
        rows.truncate(select.limit.map_or(usize::MAX, |rows| rows as usize));
        let project = |row: &Row| {
            select
                .columns
                .iter()
                .map(|column| cell(row, column))
                .collect()
        };
        rows.into_iter()
            .map(|row| Row {
                seq: row.seq,
                cells: project(row),
            })
            .collect()
    }
}

fn compare_rows(select: &Select, left: (&[Cell], i64), right: (&[Cell], i64)) -> Ordering {
    for (index, order) in select.order.iter().enumerate() {
        let (a, b) = (&left.0[index], &right.0[index]);
        let ordering = match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => directed(a.cmp(b), order.direction),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    let direction = select
        .order
        .first()
        .map_or(Direction::Descending, |order| order.direction);
    directed(left.1.cmp(&right.1), direction)
}

fn directed(ordering: Ordering, direction: Direction) -> Ordering {
    match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    }
}

pub fn cell(row: &Row, column: &str) -> Cell {
    match COLUMNS.iter().position(|(name, _)| *name == column) {
        Some(index) => row.cells[index].clone(),
        None => Cell::Int(row.seq),
    }
}

/// Two-valued logic, as the conditions promise.
pub fn holds(cond: &Cond, row: &Row) -> bool {
    let folded = |column: &str| cell(row, column).text().map(text::fold);
    match cond {
        Cond::True => true,
        Cond::False => false,
        Cond::All(parts) => parts.iter().all(|part| holds(part, row)),
        Cond::Any(parts) => parts.iter().any(|part| holds(part, row)),
        Cond::Not(inner) => !holds(inner, row),
        Cond::Compare { column, op, with } => {
            let left = cell(row, column);
            let right = match with {
                Operand::Cell(cell) => cell.clone(),
                Operand::Column(other) => cell(row, other),
            };
            let ordering = left.cmp(&right);
            !left.is_null()
                && !right.is_null()
                && match op {
                    Op::Equal => ordering.is_eq(),
                    Op::Less => ordering.is_lt(),
                    Op::LessOrEqual => ordering.is_le(),
                    Op::Greater => ordering.is_gt(),
                    Op::GreaterOrEqual => ordering.is_ge(),
                }
        }
        Cond::In { column, cells } => {
            let left = cell(row, column);
            !left.is_null() && cells.contains(&left)
        }
        Cond::Null { column } => cell(row, column).is_null(),
        Cond::Contains {
            column,
            folded: part,
        } => folded(column).is_some_and(|text| text.contains(part)),
        Cond::StartsWith {
            column,
            folded: part,
        } => folded(column).is_some_and(|text| text.starts_with(part)),
        Cond::ListHas { column, item } => cell(row, column)
            .text()
            .and_then(|text| serde_json::from_str::<Vec<String>>(text).ok())
            .is_some_and(|items| items.contains(item)),
        Cond::Among { .. } => unreachable!("the model knows one table"),
    }
}

fn random_row(dice: &mut Dice) -> Vec<Cell> {
    let maybe = |dice: &mut Dice, cell: Cell| if dice.roll(5) == 0 { Cell::Null } else { cell };
    let number = |dice: &mut Dice, sides| Cell::Int(dice.roll(sides) as i64 - 2);
    let owner = number(dice, 7);
    let rank = number(dice, 9);
    let name = Cell::from(*dice.pick(&NAMES));
    let key = Cell::Bytes(vec![dice.roll(3) as u8 * 100, dice.roll(256) as u8]);
    let tags = serde_json::json!([dice.pick(&NAMES), "b\"a", dice.roll(3).to_string()]).to_string();
    let id = u128::from(dice.next()) << 64 | u128::from(dice.next());
    vec![
        maybe(dice, owner),
        maybe(dice, rank),
        maybe(dice, name),
        maybe(dice, key),
        Cell::Id(Uuid::from_u128(id)),
        maybe(dice, Cell::from(tags)),
    ]
}

/// A random condition of limited depth over the rows of a model.
pub fn random_cond(dice: &mut Dice, model: &Model, depth: u32) -> Cond {
    let number = |dice: &mut Dice| Cell::Int(dice.roll(9) as i64 - 2);
    let part = |dice: &mut Dice| {
        let name = text::fold(dice.pick::<&str>(&NAMES));
        let (from, length) = (dice.roll(4) as usize, 1 + dice.roll(3) as usize);
        name.chars().skip(from).take(length).collect::<String>()
    };
    let op = *dice.pick(&[
        Op::Equal,
        Op::Less,
        Op::LessOrEqual,
        Op::Greater,
        Op::GreaterOrEqual,
    ]);
    match dice.roll(if depth == 0 { 9 } else { 12 }) {
        0 | 1 => Cond::Compare {
            column: "rank".to_owned(),
            op,
            with: Operand::Cell(number(dice)),
        },
        2 => Cond::Compare {
            column: "owner".to_owned(),
            op,
            with: Operand::Column("rank".to_owned()),
        },
        3 => Cond::null(dice.pick::<&str>(&["owner", "rank", "name", "key"])),
        4 => Cond::among(
            "owner",
            (0..dice.roll(5))
                .map(|_| number(dice))
                .chain([Cell::Null])
                .collect(),
        ),
        5 => Cond::Contains {
            column: "name".to_owned(),
            folded: part(dice),
        },
        6 => Cond::StartsWith {
            column: "name".to_owned(),
            folded: part(dice),
        },
        7 => Cond::ListHas {
            column: "tags".to_owned(),
            item: (*dice.pick(&["a", "b\"a", "1", "alpha"])).to_owned(),
        },
        8 => {
            let count = *dice.pick(&[3, 70]);
            Cond::among(
                "id",
                (0..count)
                    .map(|_| cell(dice.pick(&model.rows), "id"))
                    .collect(),
            )
        }
        9 => !random_cond(dice, model, depth - 1),
        10 => Cond::All(
            (0..dice.roll(4))
                .map(|_| random_cond(dice, model, depth - 1))
                .collect(),
        ),
        _ => Cond::Any(
            (0..dice.roll(4))
                .map(|_| random_cond(dice, model, depth - 1))
                .collect(),
        ),
    }
}
