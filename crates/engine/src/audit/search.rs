//! The search index holds the tokens of each row, and no others. Sums of hashes over ranges of rows are compared, which
//! need no order and little memory.

use super::{Finding, each_page};
use crate::engine::Engine;
use crate::error::EngineResult;
use crate::record::Record;
use crate::search::{index_all, is_searched, tokens};
use guanxi_meta::Object;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{StoreExt, log};
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Ranges of one table: 1 MB of sums.
const RANGES: i64 = 65_536;
/// Changes made meanwhile that are told apart; with more, nothing can be said.
const MOST_CHANGES: usize = 1_000_000;

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let mut finding = Finding::new(
        "search text",
        "On SQLite stop the program, remove the file that ends in `.search`, and start it: the index is made anew. On \
         PostgreSQL change the name of these records and change it back.",
    );
    for object in &engine.catalog().objects {
        if is_searched(object) {
            look_at(engine, object, &mut finding)?;
        }
    }
    Ok(vec![finding])
}

struct Sums {
    state: RandomState,
    width: i64,
    sums: Vec<u64>,
}

impl Sums {
    fn empty(like: &Sums) -> Sums {
        let sums = vec![0; RANGES as usize];
        Sums {
            state: like.state.clone(),
            width: like.width,
            sums,
        }
    }

    fn range(&self, seq: i64) -> usize {
        usize::try_from(seq / self.width)
            .unwrap_or(0)
            .min(RANGES as usize - 1)
    }

    fn add(&mut self, seq: i64, token: &str) {
        let hash = self.state.hash_one((seq, token));
        let at = self.range(seq);
        self.sums[at] = self.sums[at].wrapping_add(hash);
    }
}

fn look_at(engine: &Engine, object: &Arc<Object>, finding: &mut Finding) -> EngineResult<()> {
    let store = engine.store();
    let begun = store.log_head()?;
    let newest = Select::of(&object.table, &[])
        .order("seq", Direction::Descending)
        .limit(1);
    let newest = store.look(|view| view.select(&newest))?;
    let Some(newest) = newest.first().map(|row| row.seq) else {
        return Ok(());
    };
    let mut wanted = Sums {
        state: RandomState::new(),
        width: newest / RANGES + 1,
        sums: vec![0; RANGES as usize],
    };
    let select = Select::from(&object.table, object.columns());
    // A page that is read twice would count twice: its sums are added when it is done.
    let mut page: Vec<(i64, String)> = Vec::new();
    let mut rows_looked_at = 0;
    let mut settle = |page: &mut Vec<(i64, String)>| {
        for (seq, text) in page.drain(..) {
            let mut seen: HashSet<&str> = HashSet::new();
            for token in text
                .split_ascii_whitespace()
                .filter(|token| seen.insert(token))
            {
                wanted.add(seq, token);
            }
        }
    };
    let mut first = 0;
    each_page(engine, &select, &mut |_, rows| {
        let start = rows.first().map_or(0, |row| row.seq);
        if start != first {
            settle(&mut page);
        }
        first = start;
        page = rows
            .iter()
            .filter_map(|row| Some((row.seq, tokens(&Record::from_row(object, row))?)))
            .collect();
        rows_looked_at += rows.len() as u64;
        Ok(())
    })?;
    settle(&mut page);
    index_all(engine)?;
    let mut kept = Sums::empty(&wanted);
    store.postings(&object.table, &mut |seq, token| kept.add(seq, token))?;
    finding.looked_at += rows_looked_at;
    let apart: BTreeSet<usize> = (0..RANGES as usize)
        .filter(|at| wanted.sums[*at] != kept.sums[*at])
        .collect();
    if apart.is_empty() {
        return Ok(());
    }
    let Some(changed) = changed_since(engine, object, begun)? else {
        return Ok(());
    };
    let moved: BTreeSet<usize> = changed.iter().map(|seq| wanted.range(*seq)).collect();
    for range in apart.difference(&moved) {
        let (from, to) = (
            *range as i64 * wanted.width,
            (*range as i64 + 1) * wanted.width - 1,
        );
        finding.problem(name(engine, object, (from, to))?);
    }
    Ok(())
}

/// Rows that the log names after a settled position, those included that followers are not told of yet; `None` where
/// they are too many.
fn changed_since(
    engine: &Engine,
    object: &Object,
    position: i64,
) -> EngineResult<Option<HashSet<i64>>> {
    let newer = Cond::compare("seq", Op::Greater, position);
    let select = Select::of(log::TABLE, &["record_seq"])
        .filter(newer.and(Cond::equal("object", object.table.as_str())));
    let mut changed = HashSet::new();
    each_page(engine, &select, &mut |_, rows| {
        if changed.len() < MOST_CHANGES {
            changed.extend(rows.iter().filter_map(|row| row.cells[0].int()));
        }
        Ok(())
    })?;
    Ok((changed.len() < MOST_CHANGES).then_some(changed))
}

/// What people call the rows of a range.
fn name(engine: &Engine, object: &Arc<Object>, (from, to): (i64, i64)) -> EngineResult<String> {
    let select = Select::of(&object.table, &["id"])
        .filter(
            Cond::compare("seq", Op::GreaterOrEqual, from).and(Cond::compare(
                "seq",
                Op::LessOrEqual,
                to,
            )),
        )
        .limit(1);
    let rows = engine.store().look(|view| view.select(&select))?;
    let id = rows.first().and_then(|row| row.cells[0].id());
    Ok(match id {
        Some(id) if from == to => format!("{} {id}", object.name),
        Some(id) => format!("{} {id} or one of the {} after it", object.name, to - from),
        None => format!("{}: words of a row that is gone", object.name),
    })
}
