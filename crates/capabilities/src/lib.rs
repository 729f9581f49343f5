//! What declarations can't say: each module is a capability that any object may declare, or that every object of
//! some shape has. The engine calls them by the trait alone.

pub mod activity;
mod common;
pub mod conversion;
pub mod follow;
pub mod handover;
pub mod identity;
pub mod organisation_unit;
pub mod person;
pub mod pipeline;
pub mod pool;
pub mod restore;
pub mod sharing;

use guanxi_engine::capability::Capabilities;
use std::sync::Arc;

/// All of them, in the order in which a save meets them.
pub fn all() -> Capabilities {
    Capabilities::new(vec![
        Arc::new(person::Person),
        Arc::new(organisation_unit::OrganisationUnit),
        Arc::new(pipeline::Pipelines),
        Arc::new(activity::Activity),
        Arc::new(pool::Pool),
        Arc::new(handover::Handover),
        Arc::new(conversion::Conversion),
        Arc::new(identity::Identity),
        Arc::new(sharing::Sharing),
        Arc::new(follow::Follow),
        Arc::new(restore::Restore),
    ])
}
