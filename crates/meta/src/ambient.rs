//! What code may not take from its surroundings: the time and new identities. Both are arguments, so that
//! a test, a replay and a demonstration give the same result twice.

use jiff::Timestamp;
use uuid::Uuid;

/// The present. The program hands in the real clock, tests a clock that stands still.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// New identities, version 7: they sort by the time of their making.
pub trait Ids: Send + Sync {
    fn next(&self) -> Uuid;
}
