//! What must hold of a database, looked at as a whole: for `doctor --deep`, after crashes and in tests.
//!
//! Every look reads short pages, each with what it is compared with from one snapshot, so that it holds while others
//! work; none keeps more than a few megabytes, however many records there are. Nothing is changed.

mod columns;
mod files;
mod lists;
mod numbers;
mod records;
mod rollups;
mod search;
mod shape;
mod sides;
mod work;

use crate::engine::Engine;
use crate::error::EngineResult;
use guanxi_meta::Object;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, StoreExt, View};
use std::sync::Arc;

/// What one look found.
#[derive(Debug, Clone)]
pub struct Finding {
    pub name: &'static str,
    pub looked_at: u64,
    pub problems: u64,
    /// The first problems, in words.
    pub examples: Vec<String>,
    /// What to do about them.
    pub remedy: &'static str,
}

/// Problems of one look that are told in words.
const MOST_EXAMPLES: usize = 5;

impl Finding {
    fn new(name: &'static str, remedy: &'static str) -> Finding {
        Finding {
            name,
            looked_at: 0,
            problems: 0,
            examples: Vec::new(),
            remedy,
        }
    }

    fn look(&mut self, problem: Option<String>) {
        self.looked_at += 1;
        if let Some(problem) = problem {
            self.problem(problem);
        }
    }

    fn problem(&mut self, problem: String) {
        self.problems += 1;
        if self.examples.len() < MOST_EXAMPLES {
            self.examples.push(problem);
        }
    }
}

/// Rows that are read at a time, so that no reader is long.
const ROWS: u32 = 500;

/// One look over everything.
type Look = fn(&Engine) -> EngineResult<Vec<Finding>>;

/// Every look, each over all rows; `tell` hears of each as it ends.
pub fn run(engine: &Engine, tell: &mut dyn FnMut(&Finding)) -> EngineResult<Vec<Finding>> {
    let looks: [Look; 10] = [
        shape::look,
        records::look,
        numbers::look,
        rollups::look,
        sides::look,
        lists::look,
        files::look,
        work::look,
        search::look,
        columns::look,
    ];
    let mut all = Vec::new();
    for look in looks {
        let found = look(engine)?;
        found.iter().for_each(&mut *tell);
        all.extend(found);
    }
    Ok(all)
}

type EachPage<'a> = dyn FnMut(&mut dyn View, &[Row]) -> EngineResult<()> + 'a;

/// The rows of a selection page by page in the order of `seq`; `look` may ask further questions of the same snapshot.
/// It may run twice for a page where the connection was lost.
fn each_page(engine: &Engine, select: &Select, look: &mut EachPage) -> EngineResult<()> {
    let mut after = 0;
    loop {
        let page = select
            .clone()
            .filter(Cond::compare("seq", Op::Greater, after))
            .order("seq", Direction::Ascending)
            .limit(ROWS);
        let last = engine.store().look(|view| {
            let rows = view.select(&page)?;
            if !rows.is_empty() {
                look(view, &rows)?;
            }
            let last = rows.last().filter(|_| rows.len() == ROWS as usize);
            EngineResult::Ok(last.map(|row| row.seq))
        })?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

/// An object by what rows beside records call it: its table, or its name.
fn called<'a>(objects: &'a [Arc<Object>], name: &str) -> Option<&'a Arc<Object>> {
    let by_table = objects.iter().find(|object| object.table == name);
    by_table.or_else(|| objects.iter().find(|object| object.name == name))
}
