//! What `doctor --deep` looks at: a house that was worked in is well, and each kind of damage is seen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guanxi_engine::audit::{self, Finding};
use guanxi_engine::{Engine, EngineError, Record, act, files, search, system};
use guanxi_meta::table::Uniqueness;
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::Cond;
use guanxi_store::{SearchFeed, Set, StoreExt, Transaction, Weight, log};
use guanxi_testkit::{
    Backend, TestEngine, acted, create, engine, me, object, try_act, try_remove, update,
};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// What was worked with.
struct House {
    test: TestEngine,
    customer: Record,
    contact: Record,
    merged: Record,
    file: Uuid,
}

/// Work of every kind.
fn worked_in(backend: Backend) -> House {
    let test = engine(backend);
    let ctx = test.salesperson();
    let customer = create(
        &ctx,
        "customer",
        json!({ "name": "合肥锅炉厂", "phone": "0551-6543210" }),
    );
    let contact = create(
        &ctx,
        "contact",
        json!({ "name": "王梅", "customer": customer.id }),
    );
    for amount in ["100", "250.50"] {
        let fields = json!({ "name": format!("Deal {amount}"), "customer": customer.id,
                             "amount": { "amount": amount, "currency": "CNY" } });
        create(&ctx, "opportunity", fields);
    }
    let other = create(&ctx, "customer", json!({ "name": "Other" }));
    let merged = create(&ctx, "customer", json!({ "name": "Other Ltd" }));
    create(
        &ctx,
        "contact",
        json!({ "name": "Li Lei", "customer": merged.id }),
    );
    let admin = test.admin();
    let merge = json!({ "with": [merged.id] });
    let journal = acted(&admin, &other, "merge", merge.clone());
    let journal: Uuid = journal["merge"].as_str().unwrap().parse().unwrap();
    act::undo_merge(&admin, journal).unwrap();
    acted(&admin, &other, "merge", merge);
    acted(
        &test.manager(),
        &other,
        "handover",
        json!({ "to": me(&test.colleague()) }),
    );
    let gone = create(&ctx, "customer", json!({ "name": "Gone" }));
    try_remove(&ctx, &gone).unwrap();
    let back = create(&ctx, "customer", json!({ "name": "Back" }));
    let back = try_remove(&ctx, &back).unwrap();
    acted(&ctx, &back, "restore", json!({}));
    acted(
        &ctx,
        &customer,
        "share",
        json!({ "with": me(&test.stranger()) }),
    );
    try_act(&ctx, &customer, "follow", json!({})).unwrap();
    let customer = update(&ctx, &customer, json!({ "description": "first" }));
    let customer = update(
        &ctx,
        &customer,
        json!({ "description": "second", "name": "合肥锅炉" }),
    );
    let kind = object(&ctx, "customer");
    let file = files::put(&ctx, &kind, customer.id, "offer.txt", &mut &b"an offer"[..]).unwrap();
    create(
        &admin,
        "product",
        json!({ "name": "Boiler", "code": "B-1" }),
    );
    create(&admin, "product", json!({ "name": "Valve", "code": "V-1" }));
    House {
        customer,
        contact,
        merged,
        file: file.id,
        test,
    }
}

fn troubles(engine: &Engine) -> Vec<Finding> {
    let mut all = audit::run(engine, &mut |_| {}).unwrap();
    all.retain(|finding| finding.problems > 0);
    all
}

/// All of these are found, each with words and a remedy.
#[track_caller]
fn are_found(house: &House, names: &[&str]) {
    let troubles = troubles(&house.test.engine);
    for name in names {
        let found = troubles.iter().find(|finding| finding.name == *name);
        let found = found.unwrap_or_else(|| panic!("{name} is not found, but {troubles:#?}"));
        assert!(
            !found.examples.is_empty() && !found.remedy.is_empty(),
            "{found:?}"
        );
    }
}

/// Writes past the engine, as a defect or a person with a database shell would.
fn past(house: &House, mut body: impl FnMut(&mut dyn Transaction) + Send + 'static) {
    let written = house.test.engine.store().change(Weight::Light, move |tx| {
        body(tx);
        Ok::<_, EngineError>(())
    });
    written.unwrap();
}

fn set(house: &House, record: &Record, column: &'static str, cell: Cell) {
    let (table, id) = (record.object.table.clone(), record.id);
    past(house, move |tx| {
        let set = [(column, Set::To(cell.clone()))];
        assert_eq!(tx.update(&table, &set, &Cond::equal("id", id)).unwrap(), 1);
    });
}

fn column(record: &Record, field: &str) -> &'static str {
    record.object.field(field).unwrap().column.clone().leak()
}

fn drop_unique(house: &House, object: &Object, column: &str) {
    let spec = object.table_spec();
    let index = spec
        .indexes
        .iter()
        .find(|index| index.columns == [column] && index.uniqueness != Uniqueness::Any)
        .expect("a unique index");
    house.test.engine.store().drop_index(&spec, index).unwrap();
}

#[test]
fn a_house_that_was_worked_in_is_well() {
    for backend in Backend::all() {
        let house = worked_in(backend);
        let all = audit::run(&house.test.engine, &mut |_| {}).unwrap();
        let troubles: Vec<_> = all.iter().filter(|finding| finding.problems > 0).collect();
        assert!(troubles.is_empty(), "{backend:?}: {troubles:#?}");
        for name in [
            "stored",
            "history",
            "links",
            "standing",
            "order",
            "numbers",
            "unique",
            "counters",
            "roll-ups",
            "rows beside records",
            "files",
            "merges",
            "search text",
            "columns",
            "tables",
            "storage",
        ] {
            let finding = all.iter().find(|finding| finding.name == name);
            assert!(
                finding.is_some_and(|finding| finding.looked_at > 0),
                "{backend:?}: {name} looked at nothing"
            );
        }
    }
}

/// Damages that do not touch each other are planted together, since each look at everything takes its time.
#[test]
fn each_kind_of_damage_is_seen() {
    for backend in Backend::all() {
        let house = worked_in(backend);
        let before = troubles(&house.test.engine);
        assert!(before.is_empty(), "{before:?}");
        damage_rows(&house);
        damage_beside(&house);
        let rows = [
            "columns",
            "standing",
            "order",
            "merges",
            "search text",
            "roll-ups",
        ];
        are_found(&house, &rows);
        are_found(&house, &["counters", "rows beside records", "jobs"]);
        damage_rules(&house);
        are_found(&house, &["links", "tables", "unique", "stored"]);
    }
}

fn damage_rows(house: &House) {
    let (customer, contact) = (&house.customer, &house.contact);
    // The copy of this process has read the columns by now; a row that changes past the log is not followed.
    set(house, customer, "owner", Cell::Int(4_711));
    set(house, contact, "owner", Cell::Int(1));
    set(house, customer, Object::TITLE_KEY, Cell::Bytes(vec![1, 2]));
    set(house, &house.merged, "deleted_at", Cell::Null);
    search_forgets(house);
    let open = column(customer, "open_opportunities");
    set(house, customer, open, Cell::Int(7));
}

fn damage_beside(house: &House) {
    past(house, |tx| {
        let none = [("value", Set::To(Cell::Int(0)))];
        tx.update(system::COUNTER, &none, &Cond::True).unwrap();
        let nobody = Cell::Id(Uuid::nil());
        let row = vec![
            Cell::Int(1),
            Cell::from("customer"),
            nobody.clone(),
            Cell::Int(0),
        ];
        let names = ["person", "object", "record", "at"];
        tx.insert(system::FOLLOW, &names, vec![row]).unwrap();
        let row = vec![
            nobody,
            Cell::from("import"),
            Cell::from("running"),
            Cell::Int(0),
        ];
        let names = ["id", "kind", "state", "lease_until"];
        tx.insert(system::JOB, &names, vec![row]).unwrap();
    });
}

/// What an index keeps away happens when it is gone.
fn damage_rules(house: &House) {
    let (customer, contact) = (&house.customer, &house.contact);
    set(
        house,
        contact,
        column(contact, "customer"),
        Cell::Id(Uuid::nil()),
    );
    let number = column(customer, "number");
    drop_unique(house, &customer.object, number);
    let same = house.merged.get("number").text().unwrap().to_owned();
    set(house, customer, number, Cell::Text(same));
    let product = object(&house.test.admin(), "product");
    let code = product.field("code").unwrap().column.clone();
    drop_unique(house, &product, &code);
    let (table, id) = (house.merged.object.table.clone(), house.merged.id);
    past(house, move |tx| {
        let one = [(code.as_str(), Set::To(Cell::from("X")))];
        tx.update(&product.table, &one, &Cond::True).unwrap();
    });
    are_found(house, &["numbers"]);
    past(house, move |tx| {
        assert_eq!(tx.delete(&table, &Cond::equal("id", id)).unwrap(), 1);
    });
}

/// One row of the index goes.
fn search_forgets(house: &House) {
    let (engine, record) = (&house.test.engine, &house.customer);
    search::index_all(engine).unwrap();
    let (table, rows) = (record.object.table.clone(), vec![(record.seq, None)]);
    match engine.store().search_feed() {
        SearchFeed::FromLog => {
            let reached = engine.store().indexed_to().unwrap();
            engine.store().index(&table, &rows, Some(reached)).unwrap();
        }
        SearchFeed::InTransaction => past(house, move |tx| tx.index(&table, &rows).unwrap()),
    }
}

#[test]
fn a_past_that_does_not_lead_to_the_present_is_seen() {
    type Damage = fn(&House, &Record);
    let damages: [(&str, Damage); 4] = [
        ("a row of the log is gone", |house, record| {
            let row = Cond::equal("record", record.id).and(Cond::equal("version", 2));
            past(house, move |tx| {
                assert_eq!(tx.delete(log::TABLE, &row).unwrap(), 1)
            });
        }),
        ("old values are no values", |house, record| {
            let row = Cond::equal("record", record.id).and(Cond::equal("version", 3));
            past(house, move |tx| {
                let garbage = [("old", Set::To(Cell::from("{\"name\": ")))];
                assert_eq!(tx.update(log::TABLE, &garbage, &row).unwrap(), 1);
            });
        }),
        ("changed past the log", |house, record| {
            set(
                house,
                record,
                "updated_at",
                Cell::Int(record.updated_at + 1),
            );
        }),
        ("removed past the log", |house, record| {
            set(house, record, "deleted_at", Cell::Int(record.updated_at));
        }),
    ];
    for backend in Backend::all() {
        let house = worked_in(backend);
        let ctx = house.test.salesperson();
        for (number, (what, damage)) in damages.into_iter().enumerate() {
            let record = create(&ctx, "customer", json!({ "name": what }));
            let record = update(&ctx, &record, json!({ "description": "first" }));
            let record = update(&ctx, &record, json!({ "description": "second" }));
            damage(&house, &record);
            let troubles = troubles(&house.test.engine);
            let history = troubles.iter().find(|finding| finding.name == "history");
            let found = history.map_or(0, |finding| finding.problems);
            assert_eq!(
                found,
                number as u64 + 1,
                "{backend:?}, {what}: {troubles:?}"
            );
        }
    }
}

#[test]
fn bytes_and_rows_of_files_are_compared() {
    let house = worked_in(Backend::Sqlite);
    let id = house.file.to_string();
    let folder = house.test.engine.files().join("attachments");
    let path = folder.join(&id[id.len() - 2..]).join(&id);
    let write = |bytes: &[u8]| std::fs::write(&path, bytes).unwrap();
    for (damage, bytes) in [("shorter", &b"an off"[..]), ("other", b"an OFFER")] {
        write(bytes);
        are_found(&house, &["files"]);
        write(b"an offer");
        assert!(troubles(&house.test.engine).is_empty(), "{damage}");
    }
    std::fs::remove_file(&path).unwrap();
    are_found(&house, &["files"]);
    write(b"an offer");
    // Bytes that no row names are left alone for a day, since their row may be on its way.
    let stray = folder
        .join("00")
        .join(Uuid::from_u128(0x0047_1100).to_string());
    std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
    std::fs::write(&stray, b"stray").unwrap();
    assert!(troubles(&house.test.engine).is_empty());
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 24 * 3600);
    std::fs::File::options()
        .write(true)
        .open(&stray)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    are_found(&house, &["files without a row"]);
}

/// Others write while it looks: what they do is no damage.
#[test]
fn work_meanwhile_is_no_damage() {
    for backend in Backend::all() {
        let house = worked_in(backend);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // Also when an assertion fails: else the writer would never end.
            let _ends = Ends(&done);
            scope.spawn(|| {
                let ctx = house.test.salesperson();
                let mut round = 0;
                while !done.load(Ordering::Relaxed) {
                    round += 1;
                    let one = create(
                        &ctx,
                        "customer",
                        json!({ "name": format!("Meanwhile {round}") }),
                    );
                    create(
                        &ctx,
                        "opportunity",
                        json!({ "name": "D", "customer": one.id }),
                    );
                    create(&ctx, "contact", json!({ "name": "C", "customer": one.id }));
                    update(&ctx, &one, json!({ "name": format!("Later {round}") }));
                    acted(
                        &house.test.admin(),
                        &one,
                        "handover",
                        json!({ "to": me(&house.test.colleague()) }),
                    );
                }
            });
            for _ in 0..2 {
                let troubles = troubles(&house.test.engine);
                assert!(troubles.is_empty(), "{backend:?}: {troubles:#?}");
            }
        });
    }
}

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
