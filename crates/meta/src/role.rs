//! Roles: what a person of this role may do with which rows and fields. The same keys in TOML and in `/meta/roles`.

use crate::label::Label;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which rows: each scope holds the ones before it, save that `region` follows the department tree upwards first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    #[default]
    None,
    /// Rows that the person owns.
    Own,
    /// Rows of the person's department.
    Team,
    /// Rows of the department and all below it.
    Below,
    /// Rows of the nearest department upwards that is marked as a region, and all below it.
    Region,
    All,
}

/// Scopes by action; an action that is not named has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rights {
    pub read: Scope,
    pub create: Scope,
    pub update: Scope,
    pub delete: Scope,
    pub export: Scope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldRight {
    None,
    Read,
    Write,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Role {
    #[serde(skip)]
    pub name: String,
    #[serde(skip_serializing_if = "Label::is_empty")]
    pub label: Label,
    /// For objects that `objects` does not name.
    pub default: Rights,
    pub objects: BTreeMap<String, Rights>,
    /// By `object.field`; a field that is not named may be written where its row may.
    pub fields: BTreeMap<String, FieldRight>,
    /// Whether rows without an owner (公海) are seen and may be claimed.
    pub pool: bool,
    /// Whether this role may change declarations, users and settings.
    pub administer: bool,
}

impl Role {
    pub fn rights(&self, object: &str) -> Rights {
        self.objects.get(object).copied().unwrap_or(self.default)
    }

    pub fn field(&self, object: &str, field: &str) -> FieldRight {
        self.fields
            .get(&format!("{object}.{field}"))
            .copied()
            .unwrap_or(FieldRight::Write)
    }
}
