//! The tables of the house itself: what is not a declared object.

use guanxi_access::grant::SHARES;
use guanxi_meta::table::{ColumnSpec, ColumnType, TableSpec};

use ColumnType::{Bytes, Id, Int, Text};

fn columns(list: &[(&str, ColumnType)]) -> Vec<ColumnSpec> {
    list.iter()
        .map(|(name, ty)| ColumnSpec::new(*name, *ty))
        .collect()
}

pub const VERSION: &str = "gx_version";
pub const OVERLAY: &str = "gx_overlay";
pub const CREDENTIAL: &str = "gx_credential";
pub const SESSION: &str = "gx_session";
pub const TOKEN: &str = "gx_token";
pub const THROTTLE: &str = "gx_throttle";
pub const COUNTER: &str = "gx_counter";
pub const IDEMPOTENCY: &str = "gx_idempotency";
pub const SETTING: &str = "gx_setting";
pub const SAVED_VIEW: &str = "gx_saved_view";
/// Indexes that saved views have.
pub const VIEW_INDEX: &str = "gx_view_index";
pub const NOTICE: &str = "gx_notice";
pub const FILE: &str = "gx_file";
pub const JOB: &str = "gx_job";
pub const OUTBOX: &str = "gx_outbox";
pub const IMPORT: &str = "gx_import";
pub const IMPORT_ROW: &str = "gx_import_row";
pub const MERGE: &str = "gx_merge";
/// Where a merged record went.
pub const MERGED: &str = "gx_merged";
pub const FOLLOW: &str = "gx_follow";
pub const RECENT: &str = "gx_recent";
/// Who publishes, and which processes write under which catalogue.
pub const LEASE: &str = "gx_lease";

/// All of them, in the order of their making.
pub fn tables() -> Vec<TableSpec> {
    let mut tables = accounts();
    tables.extend(work());
    tables.extend(beside_records());
    tables.push(guanxi_meta::links::spec());
    tables
}

fn accounts() -> Vec<TableSpec> {
    vec![
        // One row. Each request reads it with its session; every cache is keyed by it.
        TableSpec::new(VERSION, columns(&[("catalogue", Int), ("access", Int)])),
        TableSpec::new(
            OVERLAY,
            columns(&[("at", Int), ("by", Int), ("change", Text)]),
        ),
        TableSpec::new(
            CREDENTIAL,
            columns(&[("person", Int), ("hash", Text), ("changed_at", Int)]),
        )
        .unique(&["person"]),
        TableSpec::new(
            SESSION,
            columns(&[
                ("digest", Bytes),
                ("person", Int),
                ("created_at", Int),
                ("seen_at", Int),
                ("expires_at", Int),
                ("agent", Text),
                ("address", Text),
            ]),
        )
        .unique(&["digest"])
        .index(&["person"]),
        TableSpec::new(
            TOKEN,
            columns(&[
                ("id", Id),
                ("digest", Bytes),
                ("person", Int),
                ("name", Text),
                ("created_at", Int),
                ("used_at", Int),
                ("expires_at", Int),
            ]),
        )
        .unique(&["digest"])
        .index(&["person"]),
        TableSpec::new(
            THROTTLE,
            columns(&[
                ("key", Text),
                ("failures", Int),
                ("until", Int),
                ("at", Int),
            ]),
        )
        .unique(&["key"]),
        TableSpec::new(
            LEASE,
            columns(&[
                ("name", Text),
                ("holder", Id),
                ("fence", Int),
                ("catalogue", Int),
                ("until", Int),
            ]),
        )
        .unique(&["name"]),
        TableSpec::new(SETTING, columns(&[("name", Text), ("value", Text)])).unique(&["name"]),
    ]
}

#[rustfmt::skip]
fn work() -> Vec<TableSpec> {
    vec![
        TableSpec::new(COUNTER, columns(&[("name", Text), ("value", Int)])).unique(&["name"]),
        TableSpec::new(
            IDEMPOTENCY,
            columns(&[("person", Int), ("key", Text), ("digest", Bytes), ("status", Int), ("answer", Text), ("headers", Text), ("at", Int)]),
        )
        .unique(&["person", "key"])
        .index(&["at"]),
        TableSpec::new(
            JOB,
            columns(&[
                ("id", Id),
                ("kind", Text),
                ("key", Text),
                ("person", Int),
                ("input", Text),
                ("state", Text),
                ("error", Text),
                ("tries", Int),
                ("run_at", Int),
                ("lease_until", Int),
                ("fence", Int),
                ("created_at", Int),
                ("finished_at", Int),
            ]),
        )
        .unique(&["id"])
        .index(&["key"])
        .index(&["state", "run_at"]),
        TableSpec::new(
            OUTBOX,
            columns(&[
                ("id", Id),
                ("channel", Text),
                ("payload", Text),
                ("state", Text),
                ("tries", Int),
                ("run_at", Int),
                ("error", Text),
                ("created_at", Int),
                ("sent_at", Int),
            ]),
        )
        .unique(&["id"])
        .index(&["state", "run_at"]),
        TableSpec::new(
            IMPORT,
            columns(&[
                ("id", Id),
                ("person", Int),
                ("object", Text),
                ("file_name", Text),
                ("file", Id),
                ("options", Text),
                ("state", Text),
                ("done", Int),
                ("created", Int),
                ("updated", Int),
                ("failed", Int),
                ("position", Int),
                ("report", Text),
                ("created_at", Int),
                ("finished_at", Int),
            ]),
        )
        .unique(&["id"])
        .index(&["person", "created_at"]),
        // One row per record that an import made or changed: what undo goes back through.
        TableSpec::new(IMPORT_ROW, columns(&[("import", Int), ("line", Int), ("record", Id), ("act", Text), ("old", Text), ("new", Text)]))
        .index(&["import"]),
        TableSpec::new(
            MERGE,
            columns(&[("id", Id), ("object", Text), ("kept", Id), ("person", Int), ("at", Int), ("undone_at", Int), ("detail", Text)]),
        )
        .unique(&["id"])
        .index(&["object", "kept"]),
        TableSpec::new(MERGED, columns(&[("record", Id), ("kept", Id), ("merge", Id), ("undone_at", Int)]))
        .index(&["record"])
        .index(&["merge"]),
    ]
}

fn beside_records() -> Vec<TableSpec> {
    vec![
        TableSpec::new(
            SHARES,
            columns(&[
                ("person", Int),
                ("object", Text),
                ("record", Id),
                ("writable", Int),
                ("by", Int),
                ("at", Int),
            ]),
        )
        .unique(&["person", "object", "record"])
        .index(&["object", "record"]),
        TableSpec::new(
            FILE,
            columns(&[
                ("id", Id),
                ("object", Text),
                ("record", Id),
                ("name", Text),
                ("media_type", Text),
                ("size", Int),
                ("digest", Bytes),
                ("person", Int),
                ("at", Int),
                ("deleted_at", Int),
            ]),
        )
        .unique(&["id"])
        .index(&["object", "record"]),
        TableSpec::new(
            SAVED_VIEW,
            columns(&[
                ("id", Id),
                ("person", Int),
                ("object", Text),
                ("name", Text),
                ("query", Text),
                ("shared", Int),
                ("position", Int),
            ]),
        )
        .unique(&["id"])
        .index(&["object", "person"]),
        TableSpec::new(
            VIEW_INDEX,
            columns(&[("object", Text), ("columns", Text), ("made_at", Int)]),
        )
        .unique(&["object", "columns"]),
        TableSpec::new(
            NOTICE,
            columns(&[
                ("id", Id),
                ("person", Int),
                ("code", Text),
                ("args", Text),
                ("object", Text),
                ("record", Id),
                ("at", Int),
                ("read_at", Int),
            ]),
        )
        .unique(&["id"])
        .index(&["person", "at"]),
        TableSpec::new(
            FOLLOW,
            columns(&[
                ("person", Int),
                ("object", Text),
                ("record", Id),
                ("at", Int),
            ]),
        )
        .unique(&["person", "object", "record"])
        .index(&["object", "record"]),
        TableSpec::new(
            RECENT,
            columns(&[
                ("person", Int),
                ("object", Text),
                ("record", Id),
                ("at", Int),
            ]),
        )
        .unique(&["person", "object", "record"])
        .index(&["person", "at"]),
    ]
}
