//! Transactions, the log, and time limits.

use super::Named;
use super::model::Model;
use crate::log::{DERIVED, LogEntry};
use crate::traits::{Outcome, Set, Store, StoreExt, Transaction, Weight};
use crate::{StoreError, StoreResult};
use guanxi_meta::{Cell, ColumnSpec, ColumnType, TableSpec};
use guanxi_query::cond::{Cond, Direction, Lock, Op, Select};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use uuid::Uuid;

pub const CASES: &[Named] = &[
    ("an own error rolls back and comes back", own_error),
    ("a savepoint undoes its own part only", savepoints),
    ("a panic fails alone", panics),
    ("a unique violation names table and columns", violations),
    ("a failed save leaves its neighbours alone", neighbours),
    ("many threads lose no write", threads),
    ("a counter under a lock counts every turn", counter),
    ("workers share what is to be done", shared_work),
    ("a view sees one state", one_state),
    ("the log is complete and in order", log_order),
    (
        "the log holds back what an older transaction may still precede",
        log_overlap,
    ),
    ("the log of a record", log_of),
    ("the log of what nobody did", log_derived),
    ("a statement ends at its time limit", time_limit),
];

fn table(store: &Arc<dyn Store>, name: &str) {
    let columns = vec![
        ColumnSpec::new("name", ColumnType::Text),
        ColumnSpec::new("count", ColumnType::Int),
    ];
    let table = TableSpec::new(name, columns).unique(&["name"]);
    store.create_table(&table).unwrap();
    store.create_index(&table, &table.indexes[0]).unwrap();
}

fn add(transaction: &mut dyn Transaction, table: &str, name: &str) -> StoreResult<i64> {
    let seqs = transaction.insert(
        table,
        &["name", "count"],
        vec![vec![Cell::from(name), Cell::Int(0)]],
    )?;
    Ok(seqs[0])
}

fn names(store: &Arc<dyn Store>, table: &str) -> Vec<String> {
    let select = Select::of(table, &["name"]).order("seq", Direction::Ascending);
    let rows = store
        .look::<_, StoreError>(|view| view.select(&select))
        .unwrap();
    rows.iter()
        .map(|row| row.cells[0].text().unwrap().to_owned())
        .collect()
}

#[derive(Debug, PartialEq)]
enum Own {
    Refused,
    Store(String),
}

impl From<StoreError> for Own {
    fn from(error: StoreError) -> Own {
        Own::Store(error.to_string())
    }
}

fn own_error(store: &Arc<dyn Store>) {
    table(store, "own_error");
    let result = store.change::<(), Own>(Weight::Light, |transaction| {
        add(transaction, "own_error", "lost")?;
        assert_eq!(transaction.count("own_error", &[], &Cond::True, None)?, 1);
        Err(Own::Refused)
    });
    assert_eq!(result, Err(Own::Refused));
    assert!(names(store, "own_error").is_empty());
    let looked = store.look::<(), Own>(|_| Err(Own::Refused));
    assert_eq!(looked, Err(Own::Refused));
}

fn savepoints(store: &Arc<dyn Store>) {
    table(store, "saved");
    store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            add(transaction, "saved", "a")?;
            let failed = transaction.savepoint(&mut |inner| {
                add(inner, "saved", "b")?;
                inner.savepoint(&mut |deepest| add(deepest, "saved", "c").map(drop))?;
                add(inner, "saved", "a").map(drop)
            });
            assert!(
                matches!(failed, Err(StoreError::NotUnique { .. })),
                "{failed:?}"
            );
            transaction.savepoint(&mut |inner| {
                add(inner, "saved", "d")?;
                let gone = inner.savepoint(&mut |deepest| {
                    add(deepest, "saved", "e")?;
                    Err(StoreError::TooSlow)
                });
                assert!(matches!(gone, Err(StoreError::TooSlow)));
                Ok(())
            })?;
            add(transaction, "saved", "f")
        })
        .unwrap();
    assert_eq!(names(store, "saved"), ["a", "d", "f"]);
}

fn panics(store: &Arc<dyn Store>) {
    table(store, "panicked");
    let result = store.change::<(), StoreError>(Weight::Light, |transaction| {
        add(transaction, "panicked", "lost")?;
        panic!("this panic belongs to the suite");
    });
    assert!(matches!(result, Err(StoreError::Broken(_))), "{result:?}");
    store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            add(transaction, "panicked", "kept")
        })
        .unwrap();
    assert_eq!(names(store, "panicked"), ["kept"]);
}

fn violations(store: &Arc<dyn Store>) {
    table(store, "unique_names");
    let insert = || {
        store.change::<_, StoreError>(Weight::Light, |transaction| {
            add(transaction, "unique_names", "a")
        })
    };
    insert().unwrap();
    let Err(StoreError::NotUnique { table, columns }) = insert() else {
        panic!("the same name came in twice");
    };
    assert_eq!(table, "unique_names");
    assert_eq!(columns, ["name"]);
}

fn neighbours(store: &Arc<dyn Store>) {
    table(store, "neighbours");
    let failures = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let failures = &failures;
            scope.spawn(move || {
                for turn in 0..20 {
                    // Every fifth name is the same for all.
                    let name = if turn % 5 == 0 {
                        format!("same{turn}")
                    } else {
                        format!("{thread}-{turn}")
                    };
                    let result = store.change::<_, StoreError>(Weight::Light, move |transaction| {
                        add(transaction, "neighbours", &name)
                    });
                    if result.is_err() {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(failures.load(Ordering::Relaxed), 7 * 4);
    assert_eq!(names(store, "neighbours").len(), 8 * 16 + 4);
}

fn threads(store: &Arc<dyn Store>) {
    table(store, "threads");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for turn in 0..50 {
                    let weight = if turn % 10 == 0 {
                        Weight::Bulk
                    } else {
                        Weight::Light
                    };
                    let name = format!("{thread}-{turn}");
                    let sought = Cond::equal("name", name.as_str());
                    let seq = store
                        .change::<_, StoreError>(weight, move |transaction| {
                            let seq = add(transaction, "threads", &name)?;
                            transaction.log(&[entry("threads", seq)])?;
                            Ok(seq)
                        })
                        .unwrap();
                    // What was acknowledged is seen by the next reader.
                    let select = Select::of("threads", &[]).filter(sought);
                    let rows = store
                        .look::<_, StoreError>(|view| view.select(&select))
                        .unwrap();
                    assert_eq!(rows[0].seq, seq);
                }
            });
        }
    });
    assert_eq!(names(store, "threads").len(), 400);
}

fn counter(store: &Arc<dyn Store>) {
    table(store, "counters");
    store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            add(transaction, "counters", "n")
        })
        .unwrap();
    let turns = |locked: bool| {
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(move || {
                    for _ in 0..15 {
                        store
                            .change::<_, StoreError>(Weight::Light, move |t| turn(t, locked))
                            .unwrap();
                    }
                });
            }
        });
    };
    turns(true);
    turns(false);
    let select = Select::of("counters", &["count"]);
    let rows = store
        .look::<_, StoreError>(|view| view.select(&select))
        .unwrap();
    assert_eq!(rows[0].cells[0], Cell::Int(180));
}

/// Either reads under a lock and writes, or adds in one statement.
fn turn(transaction: &mut dyn Transaction, locked: bool) -> StoreResult<()> {
    let cond = Cond::equal("name", "n");
    let set = if locked {
        let rows = transaction.select(
            &Select::of("counters", &["count"])
                .filter(cond.clone())
                .locked(),
        )?;
        Set::To(Cell::Int(rows[0].cells[0].int().unwrap() + 1))
    } else {
        Set::Add(1)
    };
    transaction
        .update("counters", &[("count", set)], &cond)
        .map(drop)
}

/// Each row is taken once, though several look for the first that nobody has.
fn shared_work(store: &Arc<dyn Store>) {
    const ROWS: usize = 40;
    table(store, "shared_work");
    store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            for row in 0..ROWS {
                add(transaction, "shared_work", &format!("{row:02}"))?;
            }
            Ok(())
        })
        .unwrap();
    let first = Select::of("shared_work", &["count"])
        .filter(Cond::equal("count", 0))
        .order("name", Direction::Ascending)
        .limit(1)
        .locked_free();
    let taken = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (first, taken) = (&first, &taken);
            scope.spawn(move || {
                // One that found nothing may have passed over what another then gave back.
                while taken.load(Ordering::SeqCst) < ROWS {
                    let first = first.clone();
                    let one = store.change::<_, StoreError>(Weight::Light, move |transaction| {
                        let rows = transaction.select(&first)?;
                        let Some(row) = rows.first() else {
                            return Ok(0);
                        };
                        let this = Cond::equal("seq", row.seq);
                        transaction.update("shared_work", &[("count", Set::Add(1))], &this)
                    });
                    let one = usize::try_from(one.unwrap()).unwrap();
                    taken.fetch_add(one, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(taken.load(Ordering::SeqCst), ROWS);
    let each = Select::of("shared_work", &["count"]);
    let rows = store
        .look::<_, StoreError>(|view| view.select(&each))
        .unwrap();
    assert!(rows.iter().all(|row| row.cells[0] == Cell::Int(1)));
}

fn one_state(store: &Arc<dyn Store>) {
    table(store, "one_state");
    store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            add(transaction, "one_state", "a")
        })
        .unwrap();
    store
        .look::<_, StoreError>(|view| {
            let before = view.count("one_state", &[], &Cond::True, None)?;
            let name = Uuid::from_u128(u128::from(before) + 7).to_string();
            store.change::<_, StoreError>(Weight::Light, move |transaction| {
                add(transaction, "one_state", &name)
            })?;
            assert_eq!(view.count("one_state", &[], &Cond::True, None)?, before);
            Ok(())
        })
        .unwrap();
    assert_eq!(names(store, "one_state").len(), 2);
}

fn entry(object: &str, seq: i64) -> LogEntry {
    LogEntry {
        at: 1_700_000_000_000_000 + seq,
        actor: 3,
        via: "web".to_owned(),
        object: object.to_owned(),
        record: Uuid::from_u128(u128::from(seq.unsigned_abs())),
        seq,
        version: 1,
        op: "update".to_owned(),
        old: (seq % 2 == 0).then(|| format!(r#"{{"name":"{seq}"}}"#)),
    }
}

/// Reads the log to its head while others write to it; nothing may be missed, nothing come late.
fn log_order(store: &Arc<dyn Store>) {
    let start = store.log_head().unwrap();
    let (threads, turns) = (6, 40);
    let done = AtomicUsize::new(0);
    let read = std::thread::scope(|scope| {
        for thread in 0..threads {
            let done = &done;
            scope.spawn(move || {
                for turn in 0..turns {
                    let seq = thread * 1_000 + turn;
                    store
                        .change::<_, StoreError>(Weight::Light, move |transaction| {
                            transaction.log(&[entry("ordered", seq)])?;
                            std::thread::sleep(Duration::from_micros((seq % 7) as u64 * 100));
                            transaction.log(&[entry("ordered", seq), entry("ordered", seq)])
                        })
                        .unwrap();
                }
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        let (mut position, mut read) = (start, Vec::new());
        loop {
            let finished = done.load(Ordering::SeqCst) == threads as usize;
            let head = store.log_head().unwrap();
            let rows = store.log_after(position, 7).unwrap();
            assert!(rows.iter().map(|row| row.position).is_sorted());
            assert!(rows.first().is_none_or(|row| row.position > position));
            if let Some(last) = rows.last() {
                position = last.position;
            } else {
                assert!(position >= head, "the head is ahead of what can be read");
                if finished {
                    break;
                }
            }
            read.extend(rows);
        }
        read
    });
    let mut seqs: Vec<i64> = read
        .iter()
        .filter(|row| row.entry.object == "ordered")
        .map(|row| row.entry.seq)
        .collect();
    seqs.sort_unstable();
    let mut expected: Vec<i64> = (0..threads)
        .flat_map(|thread| (0..turns).flat_map(move |turn| [thread * 1_000 + turn; 3]))
        .collect();
    expected.sort_unstable();
    assert_eq!(seqs, expected);
    let sample = read
        .iter()
        .find(|row| row.entry.object == "ordered")
        .unwrap();
    assert_eq!(sample.entry, entry("ordered", sample.entry.seq));
}

/// Two transactions overlap: the one that logged first commits last, so a lower position is committed after a higher
/// one. A store with one writer cannot overlap.
fn log_overlap(store: &Arc<dyn Store>) {
    if store.kind() == "sqlite" {
        return;
    }
    let start = store.log_head().unwrap();
    let (logged, is_logged) = channel();
    let (release, is_released) = channel::<()>();
    let late = Arc::clone(store);
    let thread = std::thread::spawn(move || {
        late.change::<_, StoreError>(Weight::Light, move |transaction| {
            transaction.log(&[entry("late", 1)])?;
            logged.send(()).unwrap();
            is_released.recv().unwrap();
            transaction.log(&[entry("late", 2)])
        })
        .unwrap();
    });
    is_logged.recv().unwrap();
    store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            transaction.log(&[entry("early", 3)])
        })
        .unwrap();
    assert_eq!(store.log_head().unwrap(), start);
    assert_eq!(store.log_after(start, 10).unwrap(), []);
    release.send(()).unwrap();
    thread.join().unwrap();
    let rows = settled(store, start, 3);
    let order: Vec<(&str, i64)> = rows
        .iter()
        .map(|row| (row.entry.object.as_str(), row.entry.seq))
        .collect();
    assert_eq!(order, [("late", 1), ("early", 3), ("late", 2)]);
    assert_eq!(store.log_head().unwrap(), rows[2].position);
}

/// Other tests on the same server may hold the log back for a moment.
fn settled(store: &Arc<dyn Store>, position: i64, count: usize) -> Vec<crate::LogRow> {
    let start = Instant::now();
    loop {
        let rows = store.log_after(position, 100).unwrap();
        if rows.len() >= count || start.elapsed() > Duration::from_secs(20) {
            return rows;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What nobody did is in the log for its followers, and in no record's history.
fn log_derived(store: &Arc<dyn Store>) {
    let from = store.log_head().unwrap();
    let ours = entry("log_derived", 7);
    let record = ours.record;
    store
        .change::<_, StoreError>(Weight::Light, move |transaction| {
            let derived = LogEntry {
                op: DERIVED.to_owned(),
                old: None,
                ..ours.clone()
            };
            transaction.log(&[ours.clone(), derived])
        })
        .unwrap();
    let followed = settled(store, from, 2);
    assert!(!followed[0].entry.is_derived() && followed[1].entry.is_derived());
    let history = store
        .look::<_, StoreError>(|view| view.log_of("log_derived", record, None, 10))
        .unwrap();
    assert_eq!(history, followed[..1]);
}

fn log_of(store: &Arc<dyn Store>) {
    let record = entry("of", 5).record;
    store
        .change::<_, StoreError>(Weight::Light, |transaction| {
            for _ in 0..4 {
                transaction.log(&[entry("of", 5), entry("of", 6), entry("other", 5)])?;
            }
            Ok(())
        })
        .unwrap();
    let page = |before| {
        store
            .look::<_, StoreError>(|view| view.log_of("of", record, before, 3))
            .unwrap()
    };
    let first = page(None);
    assert_eq!(first.len(), 3);
    assert!(first.iter().all(|row| row.entry == entry("of", 5)));
    assert!(
        first
            .iter()
            .map(|row| std::cmp::Reverse(row.position))
            .is_sorted()
    );
    assert_eq!(page(Some(first[2].position)).len(), 1);
}

fn time_limit(store: &Arc<dyn Store>) {
    Model::fill(store, "slow", 4_000);
    // Every row against every other one, with folding on each.
    let mut cond = Cond::Contains {
        column: "name".to_owned(),
        folded: "nothing of the kind".to_owned(),
    };
    for _ in 0..3 {
        cond = !Cond::Among {
            column: "owner".to_owned(),
            table: "slow".to_owned(),
            select: "rank".to_owned(),
            cond: Box::new(Cond::Compare {
                column: "name".to_owned(),
                op: Op::Greater,
                with: guanxi_query::cond::Operand::Cell(Cell::from("")),
            }),
        }
        .and(cond);
    }
    let mut select = Select::of("slow", &["id"])
        .filter(cond)
        .order("name", Direction::Ascending);
    select.lock = Lock::None;
    let start = Instant::now();
    let result = store.look_within::<_, StoreError>(Duration::from_millis(2), |view| {
        for _ in 0..10_000 {
            view.select(&select)?;
            if start.elapsed() > Duration::from_secs(20) {
                break;
            }
        }
        Ok(())
    });
    assert!(matches!(result, Err(StoreError::TooSlow)), "{result:?}");
    // The connection is as good as before.
    let count = store
        .look::<_, StoreError>(|view| view.count("slow", &[], &Cond::True, None))
        .unwrap();
    assert_eq!(count, 4_000);
    let rolled_back = store.transact(Weight::Light, Box::new(|_| Ok(Outcome::RollBack)));
    assert!(rolled_back.is_ok());
}
