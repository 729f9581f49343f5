//! What a condition must be told about its surroundings before it can be answered.

use crate::cond::Cond;
use guanxi_meta::Value;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

/// The person in whose name something is asked; all zero and nil when it is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Me {
    /// `seq` of the user; 0 is nobody.
    pub seq: i64,
    pub id: Uuid,
    /// `seq` of the user's department; 0 is none.
    pub department: i64,
}

/// The present, the person, the departments, and what the person may see.
pub trait Env {
    fn now(&self) -> Timestamp;

    /// The caller's zone; the organisation's for automations and cubes.
    fn zone(&self) -> TimeZone;

    fn me(&self) -> Me;

    /// The organisation's currency, ISO 4217: sums of money are in it.
    fn currency(&self) -> &str;

    fn user_seq(&self, id: Uuid) -> Option<i64>;

    fn department_seq(&self, id: Uuid) -> Option<i64>;

    /// The `seq` of a department and of all departments below it, itself among them.
    fn department_below(&self, department: i64) -> Vec<i64>;

    /// Whether the caller may read a field; one that may not be read answers as if it did not exist.
    fn may_read(&self, object: &str, field: &str) -> bool;

    /// The rows of an object that the caller sees, deleted ones not among them, over the columns of its table.
    /// It stands in every step through a link, so that nothing is inferred about rows that are not seen.
    fn rows(&self, object: &str) -> Cond;
}

/// A record whose fields are asked for by path.
pub trait Fields {
    /// The value at the end of `path`, names as in the text: `["customer", "owner", "name"]`. `Null` where a link on
    /// the way is empty or leads to what the caller does not see. `owner department created_by updated_by` may be
    /// `Int` (the `seq`, 0 being nobody) or `Id`.
    fn get(&self, path: &[&str]) -> Value;
}
