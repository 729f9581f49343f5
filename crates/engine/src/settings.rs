//! What an organisation is set to, by name.

use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::{engine, system};
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Set, StoreExt, Weight};

pub fn get(ctx: &Context, name: &str) -> EngineResult<Option<String>> {
    let select = Select::of(system::SETTING, &["value"])
        .filter(Cond::equal("name", name))
        .limit(1);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows
        .first()
        .and_then(|row| row.cells[0].text().map(str::to_owned)))
}

/// Sets it for every process.
pub fn set(ctx: &Context, name: &str, value: &str) -> EngineResult<()> {
    ctx.administer()?;
    let (name, value) = (name.to_owned(), value.to_owned());
    ctx.engine.store().change(Weight::Light, move |tx| {
        let this = Cond::equal("name", name.as_str());
        if tx.update(
            system::SETTING,
            &[("value", Set::To(Cell::from(value.as_str())))],
            &this,
        )? == 0
        {
            let row = vec![Cell::from(name.as_str()), Cell::from(value.as_str())];
            tx.insert(system::SETTING, &["name", "value"], vec![row])?;
        }
        engine::touch_access(tx)
    })
}
