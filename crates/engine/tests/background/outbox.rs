//! Effects outside the house: one identity each, at least once, until they are taken or three days have gone.

use guanxi_engine::outbox::{self, State};
use guanxi_engine::{EngineError, jobs};
use guanxi_store::{StoreExt, Weight};
use guanxi_testkit::{Answer, Backend, More, Receiver, TestEngine, core, equipped, refusal};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

fn each(check: fn(&TestEngine, &Receiver)) {
    for backend in Backend::all() {
        let receiver = Arc::new(Receiver::default());
        let more = More {
            channels: vec![receiver.clone()],
            ..More::default()
        };
        check(&equipped(backend, core(), more), &receiver);
    }
}

fn put(test: &TestEngine, channel: &'static str) -> Uuid {
    let ctx = test.system();
    test.engine
        .store()
        .change(Weight::Light, move |tx| {
            outbox::put(tx, &ctx, channel, &json!({ "text": "hello" }))
        })
        .unwrap()
}

fn entry(test: &TestEngine, id: Uuid) -> outbox::Entry {
    let entries = outbox::list(&test.admin(), None).unwrap();
    entries
        .into_iter()
        .find(|entry| entry.effect.id == id)
        .unwrap()
}

/// Works for as long as an effect is tried at all.
fn four_days(test: &TestEngine) {
    for _ in 0..200 {
        jobs::run_due(&test.engine).unwrap();
        test.clock.advance(1_800);
    }
}

#[test]
fn an_effect_is_there_with_its_transaction_or_not_at_all() {
    each(|test, receiver| {
        let ctx = test.system();
        let refused: Result<(), EngineError> =
            test.engine.store().change(Weight::Light, move |tx| {
                outbox::put(tx, &ctx, "receiver", &json!({}))?;
                Err(EngineError::NotFound)
            });
        assert_eq!(refusal(refused), "404");
        let id = put(test, "receiver");
        assert!(receiver.took().is_empty());
        jobs::run_due(&test.engine).unwrap();
        assert_eq!(receiver.took(), [id]);
        assert_eq!(entry(test, id).state, State::Sent);
        jobs::run_due(&test.engine).unwrap();
        assert_eq!(receiver.took(), [id]);
    });
}

#[test]
fn what_is_cut_off_comes_again_under_the_same_identity() {
    each(|test, receiver| {
        receiver.answers([Answer::Cut, Answer::Away, Answer::Taken]);
        let id = put(test, "receiver");
        jobs::run_due(&test.engine).unwrap();
        let kept = entry(test, id);
        assert_eq!((kept.state, kept.tries), (State::Waiting, 1));
        assert_eq!(kept.error.as_deref(), Some("cut off"));
        test.clock.advance(60);
        jobs::run_due(&test.engine).unwrap();
        test.clock.advance(60);
        jobs::run_due(&test.engine).unwrap();
        assert_eq!(receiver.took(), [id, id]);
        assert_eq!(entry(test, id).state, State::Sent);
    });
}

#[test]
fn three_days_are_enough_and_an_administrator_may_replay() {
    each(|test, receiver| {
        receiver.answers(std::iter::repeat_n(Answer::Away, 1_000));
        let id = put(test, "receiver");
        four_days(test);
        let dead = entry(test, id);
        assert_eq!(dead.state, State::Dead);
        // Two days of trying at the very least, and an hour between two tries at most.
        assert!(dead.tries > 48 && dead.tries < 120, "{}", dead.tries);
        assert_eq!(
            refusal(outbox::list(&test.manager(), None)),
            "403 administer"
        );
        assert_eq!(
            refusal(outbox::replay(&test.manager(), id)),
            "403 administer"
        );
        outbox::replay(&test.admin(), id).unwrap();
        jobs::run_due(&test.engine).unwrap();
        // It has its three days again.
        assert_eq!(entry(test, id).state, State::Waiting);
        assert_eq!(refusal(outbox::replay(&test.admin(), id)), "404");
    });
}

#[test]
fn what_is_refused_and_what_has_no_way_out_is_told() {
    each(|test, receiver| {
        receiver.answers([Answer::Refused]);
        let refused = put(test, "receiver");
        let nowhere = put(test, "pigeon");
        jobs::run_due(&test.engine).unwrap();
        let kept = entry(test, refused);
        assert_eq!(
            (kept.state, kept.error.as_deref()),
            (State::Dead, Some("refused"))
        );
        assert_eq!(
            entry(test, nowhere).error.as_deref(),
            Some("no channel pigeon")
        );
        assert_eq!(entry(test, nowhere).state, State::Waiting);
        assert!(receiver.took().is_empty());
    });
}

/// The process dies between the effect and its being kept: it comes again, and under its own identity.
#[test]
fn a_kill_after_the_effect_repeats_it() {
    for backend in Backend::all() {
        struct Dies(Arc<Receiver>);
        impl outbox::Channel for Dies {
            fn name(&self) -> &'static str {
                "receiver"
            }
            fn send(&self, effect: &outbox::Effect) -> Result<(), outbox::Unsent> {
                let _taken = self.0.send(effect);
                panic!("the process dies here");
            }
        }
        let receiver = Arc::new(Receiver::default());
        let dying = More {
            channels: vec![Arc::new(Dies(receiver.clone()))],
            ..More::default()
        };
        let test = equipped(backend, core(), dying);
        let id = put(&test, "receiver");
        jobs::run_due(&test.engine).unwrap();
        test.clock.advance(60);
        let whole = More {
            channels: vec![receiver.clone()],
            ..More::default()
        };
        jobs::run_due(&test.another(whole)).unwrap();
        assert_eq!(receiver.took(), [id, id]);
    }
}
