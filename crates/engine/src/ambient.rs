//! The real clock and real identities; the only place in the engine that asks the machine for them.

use guanxi_meta::ambient::{Clock, Ids};
use jiff::Timestamp;
use uuid::Uuid;

pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
