//! Amounts in the organisation's currency: what comparisons and sums are made of.

use crate::capability::Draft;
use crate::context::Context;
use guanxi_meta::kind::Writable;
use guanxi_meta::{Money, Value};
use rust_decimal::{Decimal, RoundingStrategy};

/// Fills currency and base amount of each money field that has none.
pub fn convert(ctx: &Context, draft: &mut Draft) {
    let own = &ctx.engine.settings().currency;
    let object = draft.after.object.clone();
    for (field, value) in object.fields.iter().zip(&mut draft.after.values) {
        let Value::Money(money) = value else { continue };
        if field.kind.writable() == Writable::ByEngine {
            continue;
        }
        if money.currency.is_empty() {
            money.currency.clone_from(own);
        }
        let rate = if money.currency == *own {
            Some(Decimal::ONE)
        } else {
            ctx.rate(&money.currency)
        };
        money.base = rate
            .and_then(|rate| money.amount.checked_mul(rate))
            .map(|base| {
                base.round_dp_with_strategy(Money::SCALE, RoundingStrategy::MidpointAwayFromZero)
            });
    }
}
