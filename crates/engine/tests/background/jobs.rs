//! Jobs: enqueued with what they follow from, done once by whoever is free, tried again, given up in sight of all.

use guanxi_engine::capability::Capability;
use guanxi_engine::jobs::{self, Handler, NewJob, Outcome, State, Turn};
use guanxi_engine::{Engine, EngineError, EngineResult, system};
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{StoreExt, Weight};
use guanxi_testkit::{Backend, More, TestEngine, at_once, core, equipped, refusal};
use serde_json::{Value as Json, json};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// Does what its input says: `steps` pieces, and fails the first `fails` times.
#[derive(Default)]
struct Chore {
    fails: AtomicI64,
    done: Mutex<Vec<String>>,
}

struct Chores(Arc<Chore>);

impl Capability for Chores {
    fn name(&self) -> &'static str {
        "chores"
    }

    fn jobs(&self) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(Chores(self.0.clone()))]
    }
}

impl Handler for Chores {
    fn kind(&self) -> &'static str {
        "chore"
    }

    fn most_tries(&self) -> i64 {
        3
    }

    fn run(&self, turn: &Turn) -> EngineResult<Outcome> {
        if self.0.fails.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Err(EngineError::Broken("the chore failed".to_owned()));
        }
        let name = turn.job.input["name"].as_str().unwrap().to_owned();
        let left = turn.job.input["steps"].as_i64().unwrap_or(1);
        let state = json!({ "name": name, "steps": left - 1 });
        turn.commit(move |tx| {
            tx.insert(
                system::SETTING,
                &["name", "value"],
                vec![vec![
                    Cell::from(format!("{name}:{left}")),
                    Cell::from("done"),
                ]],
            )?;
            Ok(((), Some(state.clone())))
        })?;
        self.0
            .done
            .lock()
            .unwrap()
            .push(turn.job.input["name"].as_str().unwrap().to_owned());
        Ok(if left > 1 {
            turn.later()
        } else {
            Outcome::Done
        })
    }
}

fn each(check: fn(&TestEngine, &Arc<Chore>)) {
    for backend in Backend::all() {
        let chore = Arc::new(Chore::default());
        let test = equipped(backend, core(), with(Chores(chore.clone())));
        check(&test, &chore);
    }
}

fn with(capability: impl Capability + 'static) -> More {
    More {
        capabilities: vec![Arc::new(capability)],
        ..More::default()
    }
}

fn enqueue(engine: &Engine, new: NewJob) {
    let ctx = engine.system("test").unwrap();
    engine
        .store()
        .change(Weight::Light, move |tx| {
            jobs::enqueue(tx, &ctx, new.clone())
        })
        .unwrap();
}

fn chore(name: &str, steps: i64) -> NewJob {
    NewJob::new("chore", json!({ "name": name, "steps": steps }))
}

fn done(chore: &Chore) -> Vec<String> {
    chore.done.lock().unwrap().clone()
}

fn states(test: &TestEngine) -> Vec<(String, i64)> {
    let select = Select::of(system::JOB, &["state", "tries"])
        .filter(Cond::equal("kind", "chore"))
        .order("seq", Direction::Ascending);
    let rows = test
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))
        .unwrap();
    rows.iter()
        .map(|row| {
            (
                row.cells[0].text().unwrap().to_owned(),
                row.cells[1].int().unwrap(),
            )
        })
        .collect()
}

#[test]
fn a_job_is_there_with_its_transaction_or_not_at_all() {
    each(|test, chore_| {
        let ctx = test.system();
        let refused: Result<(), EngineError> =
            test.engine.store().change(Weight::Light, move |tx| {
                jobs::enqueue(tx, &ctx, chore("lost", 1))?;
                Err(EngineError::NotFound)
            });
        assert_eq!(refusal(refused), "404");
        enqueue(&test.engine, chore("kept", 3));
        assert_eq!(jobs::run_due(&test.engine).unwrap(), 3);
        assert_eq!(done(chore_), ["kept", "kept", "kept"]);
        assert_eq!(states(test), [("done".to_owned(), 0)]);
        assert_eq!(jobs::run_due(&test.engine).unwrap(), 0);
    });
}

#[test]
fn of_those_with_a_key_one_waits() {
    each(|test, chore_| {
        enqueue(&test.engine, chore("first", 1).keyed("k"));
        enqueue(&test.engine, chore("second", 1).keyed("k"));
        enqueue(&test.engine, chore("other", 1).keyed("l"));
        jobs::run_due(&test.engine).unwrap();
        enqueue(&test.engine, chore("third", 1).keyed("k"));
        jobs::run_due(&test.engine).unwrap();
        assert_eq!(done(chore_), ["first", "other", "third"]);
    });
}

#[test]
fn what_fails_is_tried_again_with_pauses_and_then_given_up() {
    each(|test, chore_| {
        chore_.fails.store(2, Ordering::SeqCst);
        enqueue(&test.engine, chore("mends", 1));
        assert_eq!(jobs::run_due(&test.engine).unwrap(), 1);
        // Not before the pause is over.
        assert_eq!(jobs::run_due(&test.engine).unwrap(), 0);
        test.clock.advance(600);
        assert_eq!(jobs::run_due(&test.engine).unwrap(), 1);
        test.clock.advance(600);
        assert_eq!(jobs::run_due(&test.engine).unwrap(), 1);
        assert_eq!(done(chore_), ["mends"]);

        chore_.fails.store(100, Ordering::SeqCst);
        enqueue(&test.engine, chore("dies", 1));
        for _ in 0..10 {
            jobs::run_due(&test.engine).unwrap();
            test.clock.advance(600);
        }
        assert_eq!(states(test)[1], ("dead".to_owned(), 3));
        assert_eq!(
            refusal(jobs::list(&test.salesperson(), None)),
            "403 administer"
        );
        let dead = jobs::list(&test.admin(), Some(State::Dead)).unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!(dead[0].error.as_deref(), Some("the chore failed"));
        chore_.fails.store(0, Ordering::SeqCst);
        assert_eq!(
            refusal(jobs::again(&test.manager(), dead[0].id)),
            "403 administer"
        );
        jobs::again(&test.admin(), dead[0].id).unwrap();
        jobs::run_due(&test.engine).unwrap();
        assert_eq!(done(chore_), ["mends", "dies"]);
        assert_eq!(refusal(jobs::again(&test.admin(), dead[0].id)), "404");
    });
}

/// Two processes on one database: a job whose worker died goes on in the other, and the dead one writes no more.
#[test]
fn a_job_is_taken_over_and_the_first_holder_is_shut_out() {
    type Meanwhile = Option<Box<dyn FnOnce() + Send>>;
    struct Slow(Arc<Mutex<Meanwhile>>);
    impl Capability for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }
        fn jobs(&self) -> Vec<Arc<dyn Handler>> {
            vec![Arc::new(Slow(self.0.clone()))]
        }
    }
    impl Handler for Slow {
        fn kind(&self) -> &'static str {
            "chore"
        }
        fn run(&self, turn: &Turn) -> EngineResult<Outcome> {
            // The other process takes over while this one sleeps.
            let meanwhile = self.0.lock().unwrap().take();
            meanwhile.expect("asked once")();
            turn.commit(|tx| {
                let row = vec![Cell::from("slow"), Cell::from("wrote")];
                tx.insert(system::SETTING, &["name", "value"], vec![row])?;
                Ok(((), None::<Json>))
            })?;
            Ok(Outcome::Done)
        }
    }
    for backend in Backend::all() {
        let meanwhile = Arc::new(Mutex::new(None));
        let test = equipped(backend, core(), with(Slow(meanwhile.clone())));
        let quick = Arc::new(Chore::default());
        let other = test.another(with(Chores(quick.clone())));
        let clock = test.clock.clone();
        *meanwhile.lock().unwrap() = Some(Box::new(move || {
            assert_eq!(jobs::run_due(&other).unwrap(), 0, "the lease holds");
            clock.advance(60);
            assert_eq!(jobs::run_due(&other).unwrap(), 1);
        }) as Box<dyn FnOnce() + Send>);
        enqueue(&test.engine, chore("once", 1));
        assert_eq!(jobs::run_due(&test.engine).unwrap(), 1);
        assert_eq!(done(&quick), ["once"]);
        let wrote = Cond::equal("name", "slow");
        let count = test
            .engine
            .store()
            .look(|view| Ok::<_, EngineError>(view.count(system::SETTING, &[], &wrote, None)?));
        assert_eq!(count.unwrap(), 0);
        assert_eq!(states(&test), [("done".to_owned(), 0)]);
    }
}

#[test]
fn many_workers_do_each_job_once() {
    each(|test, chore_| {
        for at in 0..40 {
            enqueue(&test.engine, chore(&format!("c{at:02}"), 1));
        }
        let other = test.another(with(Chores(chore_.clone())));
        let engines = [&test.engine, &other];
        at_once(4, |at| jobs::run_due(engines[at % 2]).unwrap());
        let mut names = done(chore_);
        names.sort();
        let wanted: Vec<String> = (0..40).map(|at| format!("c{at:02}")).collect();
        assert_eq!(names, wanted);
    });
}
