//! Rows beside records lead to records and people that exist.

use super::records::Wanted;
use super::{Finding, called, each_page};
use crate::engine::Engine;
use crate::error::EngineResult;
use crate::system;
use guanxi_access::grant::SHARES;
use guanxi_query::cond::{Cond, Select};
use std::collections::HashSet;

/// Tables with a record, and those with a person.
const OF_RECORDS: [&str; 5] = [
    system::FILE,
    system::FOLLOW,
    system::NOTICE,
    system::RECENT,
    SHARES,
];
const OF_PEOPLE: [&str; 7] = [
    system::CREDENTIAL,
    system::FOLLOW,
    system::NOTICE,
    system::RECENT,
    system::SESSION,
    system::TOKEN,
    SHARES,
];

pub fn look(engine: &Engine) -> EngineResult<Vec<Finding>> {
    let catalog = engine.catalog();
    let mut finding = Finding::new(
        "rows beside records",
        "Restore the records or people that they belong to from a backup, and report this as a defect.",
    );
    for table in OF_RECORDS {
        let select = Select::of(table, &["object", "record"]).filter(!Cond::null("record"));
        each_page(engine, &select, &mut |view, rows| {
            let mut wanted = Wanted::default();
            for row in rows {
                let (Some(name), Some(id)) = (row.cells[0].text(), row.cells[1].id()) else {
                    finding.look(Some(format!("{table} {}: no record", row.seq)));
                    continue;
                };
                // An object that was taken away takes nothing along.
                if let Some(object) = called(&catalog.objects, name) {
                    wanted.want(object, id, || format!("{table} {}", row.seq));
                }
            }
            wanted.find(view, &mut finding)
        })?;
    }
    let Some(users) = catalog.object("user") else {
        return Ok(vec![finding]);
    };
    let mut people: HashSet<i64> = HashSet::new();
    each_page(engine, &Select::of(&users.table, &[]), &mut |_, rows| {
        people.extend(rows.iter().map(|row| row.seq));
        Ok(())
    })?;
    // 0 is the system. Who joined after the people were read has a higher number than all of them.
    let newest = people.iter().max().copied().unwrap_or(0);
    for table in OF_PEOPLE {
        each_page(engine, &Select::of(table, &["person"]), &mut |_, rows| {
            for row in rows {
                let person = row.cells[0].int().unwrap_or(0);
                let known = person == 0 || person > newest || people.contains(&person);
                finding.look((!known).then(|| format!("{table} {}: no person {person}", row.seq)));
            }
            Ok(())
        })?;
    }
    Ok(vec![finding])
}
