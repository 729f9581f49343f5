//! A random table in a store and in memory, and a naive evaluation of conditions over it.

use guanxi_access::directory::{Department, Directory, User};
use guanxi_access::{Action, Grant};
use guanxi_columns::{Columns, Limits};
use guanxi_meta::catalog::{Access, Catalog, Layout, ObjectParts};
use guanxi_meta::role::{Rights, Role, Scope};
use guanxi_meta::{Cell, ColumnSpec, ColumnType, Label, Object, TableSpec, text};
use guanxi_query::cond::{Cond, Direction, Op, Operand, Order};
use guanxi_store::{LogEntry, Row, Set, Store, StoreError, StoreExt, Weight};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use uuid::Uuid;

pub const TABLE: &str = "thing";

const COLUMNS: [(&str, ColumnType); 11] = [
    ("id", ColumnType::Id),
    ("owner", ColumnType::Int),
    ("department", ColumnType::Int),
    ("deleted_at", ColumnType::Int),
    ("rank", ColumnType::Int),
    ("amount", ColumnType::Int),
    ("name", ColumnType::Text),
    ("kind", ColumnType::Text),
    ("tags", ColumnType::Text),
    ("title_key", ColumnType::Bytes),
    ("link", ColumnType::Id),
];

const NAMES: [&str; 10] = [
    "合肥锅炉",
    "重庆燃气",
    "Ａｌｐｈａ",
    "alpha",
    "Société",
    "straße",
    "100%",
    "a_b\\c",
    "Ελλάς",
    "",
];
const KINDS: [&str; 4] = ["a", "b", "ccc", ""];

/// xorshift64*, so that a failure can be repeated.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
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

pub struct Bench {
    pub store: Arc<dyn Store>,
    pub spec: TableSpec,
    pub rows: Vec<Row>,
    folder: tempfile::TempDir,
}

pub fn columns_of(bench: &Bench, limits: Limits) -> Columns {
    Columns::new(bench.store.clone(), limits)
}

impl Bench {
    pub fn new(count: usize, seed: u64) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        let columns = COLUMNS
            .iter()
            .map(|(name, ty)| ColumnSpec::new(*name, *ty))
            .collect();
        let spec = TableSpec::new(TABLE, columns).unique(&["id"]);
        let shares = [
            ("person", ColumnType::Int),
            ("object", ColumnType::Text),
            ("record", ColumnType::Id),
            ("writable", ColumnType::Int),
        ];
        let shares = TableSpec::new(
            "record_share",
            shares
                .iter()
                .map(|(name, ty)| ColumnSpec::new(*name, *ty))
                .collect(),
        );
        for table in [&spec, &shares] {
            store.create_table(table).unwrap();
            for index in &table.indexes {
                store.create_index(table, index).unwrap();
            }
        }
        let mut bench = Bench {
            store,
            spec,
            rows: Vec::new(),
            folder,
        };
        let mut dice = Dice::new(seed);
        let rows: Vec<Vec<Cell>> = (0..count).map(|_| random_row(&mut dice)).collect();
        bench.insert(rows);
        bench
    }

    pub fn elsewhere(&self) -> Arc<dyn Store> {
        open(&self.folder)
    }

    fn insert(&mut self, cells: Vec<Vec<Cell>>) {
        let seqs = insert(&*self.store, cells.clone());
        self.rows.extend(
            seqs.into_iter()
                .zip(cells)
                .map(|(seq, cells)| Row { seq, cells }),
        );
    }

    pub fn create_fresh(&self, at: u64) {
        let mut dice = Dice::new(1_000_000 + at);
        let mut row = random_row(&mut dice);
        row[3] = Cell::Null;
        row[7] = Cell::from("fresh");
        insert(&*self.store, vec![row]);
    }

    pub fn update(&mut self, at: usize, column: &str, cell: Cell) {
        let place = COLUMNS
            .iter()
            .position(|(name, _)| *name == column)
            .unwrap();
        self.rows[at].cells[place] = cell.clone();
        let (column, seq) = (column.to_owned(), self.rows[at].seq);
        let change = move |tx: &mut dyn guanxi_store::Transaction| {
            tx.update(
                TABLE,
                &[(&column, Set::To(cell.clone()))],
                &Cond::equal("seq", seq),
            )?;
            tx.log(&[entry(seq)])
        };
        self.store
            .change::<_, StoreError>(Weight::Light, change)
            .unwrap();
    }

    /// Creations, changes and removals for good.
    pub fn write_at_random(&mut self, dice: &mut Dice, times: u64) {
        for _ in 0..dice.roll(times) {
            match dice.roll(6) {
                0 | 1 => {
                    let rows = (0..1 + dice.roll(3)).map(|_| random_row(dice)).collect();
                    self.insert(rows);
                }
                2 if !self.rows.is_empty() => {
                    let gone = self
                        .rows
                        .remove(dice.roll(self.rows.len() as u64) as usize)
                        .seq;
                    let change = move |tx: &mut dyn guanxi_store::Transaction| {
                        tx.delete(TABLE, &Cond::equal("seq", gone))?;
                        tx.log(&[entry(gone)])
                    };
                    self.store
                        .change::<_, StoreError>(Weight::Light, change)
                        .unwrap();
                }
                _ if !self.rows.is_empty() => {
                    let at = dice.roll(self.rows.len() as u64) as usize;
                    let place = 1 + dice.roll(COLUMNS.len() as u64 - 1) as usize;
                    let cell = random_row(dice)[place].clone();
                    self.update(at, COLUMNS[place].0, cell);
                }
                _ => {}
            }
        }
    }

    pub fn share(&self, row: &Row, person: i64) {
        let cells = vec![
            Cell::Int(person),
            Cell::from(TABLE),
            row.cells[0].clone(),
            Cell::Int(0),
        ];
        let change = move |tx: &mut dyn guanxi_store::Transaction| {
            tx.insert(
                "record_share",
                &["person", "object", "record", "writable"],
                vec![cells.clone()],
            )
            .map(drop)
        };
        self.store
            .change::<_, StoreError>(Weight::Light, change)
            .unwrap();
    }

    pub fn unshare(&self) {
        self.store
            .change::<_, StoreError>(Weight::Light, |tx| tx.delete("record_share", &Cond::True))
            .unwrap();
    }

    pub fn count(&self, cond: &Cond) -> u64 {
        self.store
            .look(|view| view.count(TABLE, &[], cond, None))
            .unwrap()
    }

    pub fn holds_in_store(&self, cond: &Cond, seq: i64) -> bool {
        self.count(&cond.clone().and(Cond::equal("seq", seq))) == 1
    }

    pub fn object(&self) -> Arc<Object> {
        Arc::new(Object::new(ObjectParts {
            name: TABLE.to_owned(),
            table: TABLE.to_owned(),
            label: Label::default(),
            plural: Label::default(),
            icon: String::new(),
            area: String::new(),
            fields: Vec::new(),
            access: Access::Own,
            capabilities: Vec::new(),
            pipelines: Vec::new(),
            views: Vec::new(),
            layout: Layout::default(),
            origin: String::new(),
        }))
    }

    fn cell(&self, row: &Row, column: &str) -> Cell {
        match COLUMNS.iter().position(|(name, _)| *name == column) {
            Some(at) => row.cells[at].clone(),
            None => Cell::Int(row.seq),
        }
    }

    /// Two-valued logic, as conditions promise; links lead to this table itself.
    pub fn holds(&self, cond: &Cond, row: &Row) -> bool {
        let folded = |column: &str| self.cell(row, column).text().map(text::fold);
        match cond {
            Cond::True => true,
            Cond::False => false,
            Cond::All(parts) => parts.iter().all(|part| self.holds(part, row)),
            Cond::Any(parts) => parts.iter().any(|part| self.holds(part, row)),
            Cond::Not(inner) => !self.holds(inner, row),
            Cond::Compare { column, op, with } => {
                let left = self.cell(row, column);
                let right = match with {
                    Operand::Cell(cell) => cell.clone(),
                    Operand::Column(other) => self.cell(row, other),
                };
                let ordering = left.cmp(&right);
                let holds = match op {
                    Op::Equal => ordering.is_eq(),
                    Op::Less => ordering.is_lt(),
                    Op::LessOrEqual => ordering.is_le(),
                    Op::Greater => ordering.is_gt(),
                    Op::GreaterOrEqual => ordering.is_ge(),
                };
                !left.is_null() && !right.is_null() && holds
            }
            Cond::In { column, cells } => {
                let left = self.cell(row, column);
                !left.is_null() && cells.contains(&left)
            }
            Cond::Null { column } => self.cell(row, column).is_null(),
            Cond::Contains {
                column,
                folded: part,
            } => folded(column).is_some_and(|text| text.contains(part)),
            Cond::StartsWith {
                column,
                folded: part,
            } => folded(column).is_some_and(|text| text.starts_with(part)),
            Cond::ListHas { column, item } => {
                let items = self
                    .cell(row, column)
                    .text()
                    .map(serde_json::from_str::<Vec<String>>);
                items.is_some_and(|items| items.unwrap().contains(item))
            }
            Cond::Among {
                column,
                select,
                cond,
                ..
            } => {
                let left = self.cell(row, column);
                let among =
                    |other: &&Row| self.holds(cond, other) && self.cell(other, select) == left;
                !left.is_null() && self.rows.iter().any(|other| among(&other))
            }
        }
    }
}

fn open(folder: &tempfile::TempDir) -> Arc<dyn Store> {
    let path: PathBuf = folder.path().join("bench.db");
    guanxi_store::open(&format!("sqlite:{}", path.display())).unwrap()
}

fn insert(store: &dyn Store, cells: Vec<Vec<Cell>>) -> Vec<i64> {
    let change = move |tx: &mut dyn guanxi_store::Transaction| {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        let seqs = tx.insert(TABLE, &names, cells.clone())?;
        tx.log(&seqs.iter().map(|seq| entry(*seq)).collect::<Vec<_>>())?;
        Ok(seqs)
    };
    store.change::<_, StoreError>(Weight::Bulk, change).unwrap()
}

fn entry(seq: i64) -> LogEntry {
    LogEntry {
        at: 0,
        actor: 0,
        via: "test".to_owned(),
        object: TABLE.to_owned(),
        record: Uuid::nil(),
        seq,
        version: 1,
        op: "update".to_owned(),
        old: None,
    }
}

fn random_row(dice: &mut Dice) -> Vec<Cell> {
    let maybe = |dice: &mut Dice, cell: Cell| if dice.roll(5) == 0 { Cell::Null } else { cell };
    let id = |dice: &mut Dice| {
        Cell::Id(Uuid::from_u128(
            u128::from(dice.next()) << 64 | u128::from(dice.next()),
        ))
    };
    let few = |dice: &mut Dice| Cell::Id(Uuid::from_u128(u128::from(dice.roll(6))));
    let amount = match dice.roll(4) {
        0 => dice.next() as i64 >> 20,
        1 => dice.roll(70_000) as i64 - 500,
        _ => dice.roll(9) as i64,
    };
    let name = match dice.roll(3) {
        0 => format!("{} {}", dice.pick(&NAMES), dice.roll(1_000_000)),
        _ => (*dice.pick(&NAMES)).to_owned(),
    };
    let tags = serde_json::json!([dice.pick(&NAMES), "b\"a", dice.roll(3).to_string()]).to_string();
    let (rank, kind) = (
        Cell::Int(dice.roll(9) as i64 - 2),
        Cell::from(*dice.pick(&KINDS)),
    );
    let key = Cell::Bytes(vec![dice.roll(3) as u8 * 100, dice.roll(256) as u8]);
    vec![
        id(dice),
        Cell::Int(dice.roll(6) as i64),
        Cell::Int(dice.roll(5) as i64),
        if dice.roll(6) == 0 {
            Cell::Int(1)
        } else {
            Cell::Null
        },
        maybe(dice, rank),
        maybe(dice, Cell::Int(amount)),
        maybe(dice, Cell::from(name)),
        maybe(dice, kind),
        maybe(dice, Cell::from(tags)),
        maybe(dice, key),
        few(dice),
    ]
}

pub fn random_order(dice: &mut Dice) -> Vec<Order> {
    let names = [
        "seq",
        "rank",
        "amount",
        "name",
        "kind",
        "title_key",
        "owner",
        "deleted_at",
    ];
    let mut order: Vec<Order> = Vec::new();
    for _ in 0..dice.roll(4) {
        let column = (*dice.pick(&names)).to_owned();
        let direction = *dice.pick(&[Direction::Ascending, Direction::Descending]);
        if !order
            .iter()
            .any(|key| key.column == column || key.column == "seq")
        {
            order.push(Order { column, direction });
        }
    }
    order
}

pub fn random_cond(dice: &mut Dice, bench: &Bench, depth: u32) -> Cond {
    let op = *dice.pick(&[
        Op::Equal,
        Op::Less,
        Op::LessOrEqual,
        Op::Greater,
        Op::GreaterOrEqual,
    ]);
    let part = |dice: &mut Dice| {
        let name = text::fold(dice.pick::<&str>(&NAMES));
        let (from, length) = (dice.roll(3) as usize, 1 + dice.roll(3) as usize);
        name.chars().skip(from).take(length).collect::<String>()
    };
    let column = |dice: &mut Dice| COLUMNS[1 + dice.roll(COLUMNS.len() as u64 - 1) as usize].0;
    let some = |dice: &mut Dice, column: &str| {
        if bench.rows.is_empty() || dice.roll(4) == 0 {
            let place = COLUMNS
                .iter()
                .position(|(name, _)| *name == column)
                .unwrap_or(0);
            return random_row(dice)[place].clone();
        }
        bench.cell(dice.pick(&bench.rows), column)
    };
    match dice.roll(if depth == 0 { 10 } else { 14 }) {
        0 | 1 => {
            let column = column(dice);
            Cond::Compare {
                column: column.to_owned(),
                op,
                with: Operand::Cell(some(dice, column)),
            }
        }
        2 => Cond::Compare {
            column: "owner".to_owned(),
            op,
            with: Operand::Column("rank".to_owned()),
        },
        3 => Cond::null(column(dice)),
        4 | 5 => {
            let column = *dice.pick(&[
                "rank",
                "amount",
                "name",
                "kind",
                "id",
                "owner",
                "link",
                "title_key",
            ]);
            let count = *dice.pick(&[0, 1, 3, 12, 70]);
            Cond::among(column, (0..count).map(|_| some(dice, column)).collect())
        }
        6 => Cond::Contains {
            column: (*dice.pick(&["name", "kind"])).to_owned(),
            folded: part(dice),
        },
        7 => Cond::StartsWith {
            column: (*dice.pick(&["name", "kind"])).to_owned(),
            folded: part(dice),
        },
        8 => {
            let item = (*dice.pick(&["a", "b\"a", "1", "alpha", "合肥锅炉", ",", "a_b\\c", ""]))
                .to_owned();
            Cond::ListHas {
                column: "tags".to_owned(),
                item,
            }
        }
        9 => Cond::compare("seq", op, dice.roll(300) as i64 - 10),
        10 => !random_cond(dice, bench, depth - 1),
        11 => Cond::All(
            (0..dice.roll(4))
                .map(|_| random_cond(dice, bench, depth - 1))
                .collect(),
        ),
        12 => Cond::Any(
            (0..dice.roll(4))
                .map(|_| random_cond(dice, bench, depth - 1))
                .collect(),
        ),
        _ => {
            let (column, select) = *dice.pick(&[
                ("id", "id"),
                ("link", "link"),
                ("rank", "seq"),
                ("kind", "kind"),
            ]);
            Cond::Among {
                column: column.to_owned(),
                table: TABLE.to_owned(),
                select: select.to_owned(),
                cond: Box::new(random_cond(dice, bench, depth - 1)),
            }
        }
    }
}

/// What a person of these five may read: all, own, own and pool, department, nothing.
pub fn grant(object: &Arc<Object>, person: i64) -> Grant {
    let role = |scope: Scope, pool: bool| {
        let rights = Rights {
            read: scope,
            ..Rights::default()
        };
        Role {
            objects: BTreeMap::from([(TABLE.to_owned(), rights)]),
            pool,
            ..Role::default()
        }
    };
    let roles = [
        role(Scope::All, false),
        role(Scope::Own, false),
        role(Scope::Own, true),
        role(Scope::Team, false),
        role(Scope::None, false),
    ];
    let roles: BTreeMap<String, Role> = (1..).map(|at: i64| at.to_string()).zip(roles).collect();
    let user = User {
        seq: person,
        id: Uuid::from_u128(person as u128),
        name: String::new(),
        email: String::new(),
        department: person % 5,
        roles: vec![person.to_string()],
        active: true,
        language: None,
        time_zone: None,
    };
    let departments = (1..5).map(|seq| Department {
        seq,
        id: Uuid::from_u128(seq as u128),
        name: String::new(),
        parent: None,
        region: false,
    });
    let directory = Directory::new(1, vec![user.clone()], departments.collect());
    let catalog = Catalog::new(1, vec![object.clone()], roles);
    Grant::new(&catalog, &directory, &user, object, Action::Read)
}
