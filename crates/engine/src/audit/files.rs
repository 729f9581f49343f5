//! Attachments have their bytes, as many and the same as came; bytes have their row.

use super::{Finding, ROWS};
use crate::engine::Engine;
use crate::error::EngineResult;
use crate::files;
use crate::system;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, StoreExt};
use uuid::Uuid;

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let mut bytes = Finding::new(
        "files",
        "Copy these files back from the last backup of the folder of files.",
    );
    let select = Select::of(system::FILE, &["id", "name", "size", "digest"])
        .filter(Cond::null("deleted_at"))
        .order("seq", Direction::Ascending)
        .limit(ROWS);
    let mut after = 0;
    loop {
        let page = select
            .clone()
            .filter(Cond::compare("seq", Op::Greater, after));
        // Bytes are read outside the page's snapshot: a large file must not keep it open.
        let rows = engine.store().look(|view| view.select(&page))?;
        for row in &rows {
            let problem = compare(engine, row)?;
            bytes.look(problem);
        }
        match rows.last() {
            Some(last) if rows.len() == ROWS as usize => after = last.seq,
            _ => break,
        }
    }
    let mut orphans = Finding::new(
        "files without a row",
        "Let `guanxi serve` run: it removes what nothing names once a day. If they stay, this account may not remove \
         files there.",
    );
    for path in files::unnamed(engine)? {
        orphans.problem(path.display().to_string());
    }
    orphans.looked_at = orphans.problems;
    Ok(vec![bytes, orphans])
}

/// What is wrong with the bytes of a row.
fn compare(engine: &Engine, row: &Row) -> EngineResult<Option<String>> {
    let id = row.cells[0].id().unwrap_or_default();
    let (name, size) = (row.cells[1].text(), row.cells[2].int().unwrap_or(0));
    let problem = match files::weigh(engine, id) {
        Ok((weighed, _)) if weighed != size.unsigned_abs() => {
            format!("{weighed} bytes, not {size}")
        }
        Ok((_, digest)) if Cell::Bytes(digest.clone()) != row.cells[3] => "other bytes".to_owned(),
        Ok(_) => return Ok(None),
        // Taken away while we looked.
        Err(_) if is_gone(engine, id)? => return Ok(None),
        Err(error) => error.to_string(),
    };
    Ok(Some(format!(
        "{id} `{}`: {problem}",
        name.unwrap_or_default()
    )))
}

fn is_gone(engine: &Engine, id: Uuid) -> EngineResult<bool> {
    let this = Cond::equal("id", id).and(Cond::null("deleted_at"));
    Ok(engine
        .store()
        .look(|view| view.count(system::FILE, &[], &this, Some(1)))?
        == 0)
}
