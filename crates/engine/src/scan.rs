//! Filters, orders and exact counts that no index serves, from the columnar copy.

use crate::context::Context;
use crate::error::EngineResult;
use crate::read::list::Question;
use guanxi_meta::Cell;
use guanxi_store::Row;

/// The page from the columnar copy; `None` where the database itself serves it well.
pub fn page(
    _ctx: &Context,
    _question: &Question,
    _after: Option<&(Vec<Cell>, i64)>,
    _limit: u32,
) -> EngineResult<Option<Vec<Row>>> {
    Ok(None)
}

/// The exact count from the columnar copy; `None` without one.
pub fn count(_ctx: &Context, _question: &Question) -> EngineResult<Option<u64>> {
    Ok(None)
}

/// Of these rows those that the caller may read, in their order; without a copy all, since the database is asked next.
pub fn permitted(
    _ctx: &Context,
    _object: &std::sync::Arc<guanxi_meta::Object>,
    seqs: &[i64],
) -> EngineResult<Vec<i64>> {
    Ok(seqs.to_vec())
}
