//! Several processes on one database publish and write at the same time. Two engines stand for two processes: each has
//! its own store, catalogue and memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guanxi_engine::idempotency::{self, Answer, Claim, Done};
use guanxi_engine::publishing::{Publishing, holds, tighten};
use guanxi_engine::write::{self, Change};
use guanxi_engine::{Context, Engine, EngineError, EngineResult, admin, audit};
use guanxi_meta::overlay::Overlay;
use guanxi_meta::table::Uniqueness;
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{StoreExt, Weight};
use guanxi_testkit::{Backend, at_once, bare, core, members, object, words};
use serde_json::{Value as Json, json};

fn system(engine: &Engine) -> Context {
    engine.system("test").unwrap()
}

fn add(engine: &Engine, field: Json) -> EngineResult<()> {
    let ctx = system(engine);
    let change = Overlay::AddField {
        table: object(&ctx, "customer").table.clone(),
        column: None,
        field,
    };
    admin::publish(&ctx, vec![change])
}

fn amend(engine: &Engine, field: &str, patch: Json) -> EngineResult<()> {
    let ctx = system(engine);
    let customer = object(&ctx, "customer");
    let change = Overlay::UpdateField {
        table: customer.table.clone(),
        column: customer.field(field).unwrap().column.clone(),
        patch,
    };
    admin::publish(&ctx, vec![change])
}

fn save(ctx: &Context, fields: Json) -> EngineResult<write::Saved> {
    write::save(
        ctx,
        Change::create(&object(ctx, "customer"), members(fields)),
    )
}

/// The rule of the index on a field's column, as the database has it.
fn rule(engine: &Engine, field: &str) -> Option<Uniqueness> {
    let customer = object(&system(engine), "customer");
    let column = customer.field(field).unwrap().column.clone();
    let tables = engine.store().tables().unwrap();
    let table = tables.iter().find(|table| table.name == customer.table)?;
    let index = table
        .indexes
        .iter()
        .find(|index| index.columns == [column.clone()])?;
    Some(index.uniqueness)
}

#[track_caller]
fn is_well(engine: &Engine) {
    let mut all = audit::run(engine, &mut |_| {}).unwrap();
    all.retain(|finding| finding.problems > 0);
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn declarations_published_at_once_are_all_there() {
    for backend in Backend::all() {
        let test = bare(backend, core());
        let other = test.elsewhere();
        at_once(4, |thread| {
            let engine = if thread % 2 == 0 {
                &test.engine
            } else {
                &other
            };
            for number in 0..2 {
                let name = format!("f_{thread}_{number}");
                add(
                    engine,
                    json!({ "name": name, "kind": "text", "unique": number == 1 }),
                )
                .unwrap_or_else(|error| panic!("{name}: {}", words(&error)));
            }
        });
        for engine in [&test.engine, &other] {
            let customer = object(&system(engine), "customer");
            let columns: std::collections::BTreeSet<_> =
                customer.fields.iter().map(|field| &field.column).collect();
            assert_eq!(
                columns.len(),
                customer.fields.len(),
                "a column of two fields"
            );
            for thread in 0..4 {
                for number in 0..2 {
                    let name = format!("f_{thread}_{number}");
                    assert!(
                        customer.field(&name).is_some(),
                        "{backend:?}: {name} is lost"
                    );
                    let wanted = (number == 1).then_some(Uniqueness::Unique);
                    assert_eq!(rule(engine, &name), wanted, "{backend:?}: {name}");
                }
            }
        }
        is_well(&other);
    }
}

/// One process makes a field unique while the other publishes something else and both write the same values.
#[test]
fn no_duplicate_slips_behind_a_unique_index() {
    for backend in Backend::all() {
        let test = bare(backend, core());
        let other = test.elsewhere();
        add(&test.engine, json!({ "name": "badge", "kind": "text" })).unwrap();
        let engines = [&test.engine, &other];
        at_once(4, |thread| match thread {
            0 => {
                // Refused where rows are the same already; then the others have written nothing twice.
                let outcome = amend(&test.engine, "badge", json!({ "unique": true }));
                if let Err(error) = outcome {
                    assert_eq!(words(&error), "422 unique:has_duplicates");
                }
            }
            1 => {
                for number in 0..3 {
                    add(
                        &other,
                        json!({ "name": format!("g_{number}"), "kind": "text" }),
                    )
                    .unwrap();
                }
            }
            thread => {
                for number in 0..8 {
                    let ctx = system(engines[thread - 2]);
                    let badge = json!({ "name": "N", "badge": format!("b{number}") });
                    match save(&ctx, badge) {
                        Ok(_) | Err(EngineError::Taken(..)) => {}
                        Err(error) => panic!("{}", words(&error)),
                    }
                }
            }
        });
        let is_unique = rule(&other, "badge") == Some(Uniqueness::Unique);
        let customer = object(&system(&other), "customer");
        let declared = customer.field("badge").unwrap().uniqueness == Uniqueness::Unique;
        assert_eq!(is_unique, declared, "{backend:?}");
        is_well(&test.engine);
    }
}

#[test]
fn a_process_that_knows_less_reads_anew_before_it_writes() {
    for backend in Backend::all() {
        let test = bare(backend, core());
        let other = test.elsewhere();
        let old = system(&other);
        let customer = object(&old, "customer");
        add(
            &test.engine,
            json!({ "name": "licence", "kind": "text", "required": true }),
        )
        .unwrap();
        let without = Change::create(&customer, members(json!({ "name": "A" })));
        let refused = write::save(&old, without).map(|saved| saved.id);
        let refused = refused.map_err(|error| words(&error));
        assert_eq!(
            refused,
            Err("422 licence:required".to_owned()),
            "{backend:?}"
        );
        let with = json!({ "name": "A", "licence": "1" });
        let saved = write::save(&system(&other), Change::create(&customer, members(with)));
        let saved = saved.unwrap_or_else(|error| panic!("{}", words(&error)));
        assert_eq!(saved.record.get("licence").text(), Some("1"));
        // A transaction that was begun under the old declarations is refused where it can't be begun anew.
        let flight = old.change(Weight::Light, |_| Ok::<_, EngineError>(()));
        assert!(
            matches!(flight, Err(EngineError::Outdated)),
            "{backend:?}: {flight:?}"
        );
    }
}

/// Found by the crash suite: a batch that met a publication was told that the database is busy.
#[test]
fn a_batch_begins_anew_under_the_newest_declarations() {
    use guanxi_engine::write::batch::{Mode, run};
    for backend in Backend::all() {
        let test = bare(backend, core());
        let other = test.elsewhere();
        for (at, mode) in [Mode::Atomic, Mode::Each].into_iter().enumerate() {
            let old = system(&other);
            let customer = object(&old, "customer");
            let rank = json!({ "name": format!("rank{at}"), "kind": "integer", "default": at });
            add(&test.engine, rank).unwrap();
            let create = |name: &str| Change::create(&customer, members(json!({ "name": name })));
            let saved = run(&old, vec![create("A"), create("B")], mode);
            let saved = saved.unwrap_or_else(|(at, error)| panic!("{at}: {}", words(&error)));
            for saved in saved {
                let record = saved.unwrap().record;
                let rank = record.get(&format!("rank{at}")).clone();
                assert_eq!(
                    rank,
                    guanxi_meta::Value::Int(at as i64),
                    "{backend:?} {mode:?}"
                );
            }
        }
    }
}

/// Found by the crash suite on PostgreSQL: the first writes of a process met where each tells of the process.
#[test]
fn the_first_writes_of_a_process_come_together() {
    const WRITERS: usize = 12;
    for backend in Backend::all() {
        let test = bare(backend, core());
        let other = test.elsewhere();
        let start = std::sync::Barrier::new(WRITERS);
        std::thread::scope(|scope| {
            for at in 0..WRITERS {
                let (other, start) = (&other, &start);
                scope.spawn(move || {
                    let ctx = system(other);
                    start.wait();
                    save(&ctx, json!({ "name": format!("Writer {at}") }))
                        .unwrap_or_else(|error| panic!("{backend:?}: {error}"));
                });
            }
        });
    }
}

/// Found by the crash suite: a write that was begun anew had lost its key, and its repetition was done twice.
#[test]
fn a_key_is_kept_by_a_write_that_is_begun_anew() {
    fn render(_: &Context, _: &Done) -> EngineResult<Answer> {
        let (body, headers) = ("{}".to_owned(), "{}".to_owned());
        Ok(Answer {
            status: 201,
            body,
            headers,
        })
    }
    for backend in Backend::all() {
        let test = bare(backend, core());
        let old = system(&test.elsewhere());
        let claimed = |ctx: &Context| idempotency::claim(ctx, "key", b"body", render).unwrap();
        let Claim::Mine(once) = claimed(&old) else {
            panic!("nobody has sent this key");
        };
        let asked = old.clone().once(once);
        add(&test.engine, json!({ "name": "late", "kind": "text" })).unwrap();
        save(&asked, json!({ "name": "A" })).unwrap();
        drop(asked);
        assert!(matches!(claimed(&old), Claim::Answered(_)), "{backend:?}");
    }
}

#[test]
fn a_rule_is_loosened_when_every_process_has_heard_of_it() {
    for backend in Backend::all() {
        let test = bare(backend, core());
        let other = test.elsewhere();
        add(
            &test.engine,
            json!({ "name": "badge", "kind": "text", "unique": true }),
        )
        .unwrap();
        save(&system(&other), json!({ "name": "A", "badge": "1" })).unwrap();
        amend(&test.engine, "badge", json!({ "unique": false })).unwrap();
        // The other process wrote a moment ago under the old declarations, in which the field is unique.
        assert!(!tighten(&test.engine).unwrap(), "{backend:?}");
        assert_eq!(rule(&test.engine, "badge"), Some(Uniqueness::Unique));
        // It writes under the new ones: now nobody relies on the old rule.
        save(&system(&other), json!({ "name": "B", "badge": "2" })).unwrap();
        assert!(tighten(&test.engine).unwrap(), "{backend:?}");
        assert_eq!(rule(&test.engine, "badge"), None);
        save(&system(&other), json!({ "name": "C", "badge": "2" })).unwrap();
        is_well(&other);
    }
}

#[test]
fn a_process_that_died_holds_nobody_up_for_long() {
    for backend in Backend::all() {
        let test = bare(backend, core());
        let other = test.elsewhere();
        let dead = Publishing::attempt(&other)
            .unwrap()
            .expect("the right to publish");
        let fence = dead.fence();
        // Its end is not told, as if the process had been killed.
        std::mem::forget(dead);
        assert!(Publishing::attempt(&test.engine).unwrap().is_none());
        test.clock.advance(60);
        add(&test.engine, json!({ "name": "after", "kind": "text" })).unwrap();
        // Should it wake up, it flips nothing.
        let still = other
            .store()
            .change(Weight::Light, move |tx| holds(tx, fence));
        assert!(!still.unwrap());
    }
}

/// What a program makes on opening is never taken from another that publishes.
#[test]
fn opening_takes_nothing_away() {
    for backend in Backend::all() {
        let test = bare(backend, core());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..4 {
                    let field =
                        json!({ "name": format!("u_{number}"), "kind": "text", "unique": true });
                    add(&test.engine, field).unwrap();
                }
            });
            for _ in 0..3 {
                drop(test.elsewhere());
            }
        });
        for number in 0..4 {
            let rule = rule(&test.engine, &format!("u_{number}"));
            assert_eq!(rule, Some(Uniqueness::Unique), "{backend:?}");
        }
        let overlays = Select::of("gx_overlay", &["at"]).filter(Cond::True);
        let rows = test
            .engine
            .store()
            .look(|view| view.select(&overlays))
            .unwrap();
        assert_eq!(rows.len(), 4);
    }
}
