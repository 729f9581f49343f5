//! Live events: what happens is told to whoever may see it, once, also to who was away.

use crate::alone_on_each;
use guanxi_engine::{Engine, events};
use guanxi_testkit::app::TestApp;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// With the worker that follows the log, as a server has it.
fn live(story: impl Fn(&TestApp)) {
    alone_on_each(|app| {
        let going = AtomicBool::new(true);
        std::thread::scope(|scope| {
            let engine = &app.test.engine;
            scope.spawn(|| events::follow(engine, &|| going.load(Ordering::Relaxed)));
            let _ends = Ends(&going, engine);
            story(app);
        });
    });
}

/// Lets the worker end, also when the story fails: the scope waits for it.
struct Ends<'a>(&'a AtomicBool, &'a Engine);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
        self.1.announce();
    }
}

/// The positions in a stream's text.
fn positions(text: &str) -> Vec<i64> {
    let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
    ids.map(|id| id.parse().unwrap()).collect()
}

#[test]
fn who_was_away_misses_nothing_however_much_it_was() {
    live(|app| {
        let sam = app.salesperson();
        let first = sam.create("customer", json!({"name": "Before"}));
        let from = app.test.whole_log();
        let many: Vec<_> = (0..1_300)
            .map(|at| json!({"op": "create", "fields": {"subject": format!("Missed {at}")}}))
            .collect();
        let done = sam
            .post("/records/task/batch", json!({"operations": many}))
            .expect(200);
        app.stranger()
            .create("customer", json!({"name": "Of others"}));
        let last = done["results"][1_299]["id"].as_str().unwrap().to_owned();
        let text = sam
            .request("GET", "/events")
            .with("last-event-id", &from.to_string())
            .until(&[&last]);
        assert_eq!(text.matches("event: change").count(), 1_300);
        assert!(!text.contains(&first));
        let told = positions(&text);
        assert!(
            told.windows(2).all(|pair| pair[0] < pair[1]),
            "each once and in order"
        );
    });
}

#[test]
fn what_happens_is_told_as_far_as_it_is_seen() {
    live(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let gone = sam.create("customer", json!({"name": "Will go"}));
        let theirs = stan.create("customer", json!({"name": "Theirs"}));
        let from = app.test.whole_log().to_string();
        let deal = sam.create("opportunity", json!({"name": "Deal"}));
        sam.delete(&format!("/records/customer/{gone}")).expect(204);
        stan.update("customer", &theirs, json!({"name": "Still theirs"}))
            .expect(200);
        stan.delete(&format!("/records/customer/{theirs}"))
            .expect(204);
        let given = stan.create("customer", json!({"name": "Given"}));
        stan.act(
            "customer",
            &given,
            "share",
            json!({"with": app.id_of("salesperson")}),
        )
        .expect(200);
        let end = sam.create("customer", json!({"name": "End"}));
        let resumed = |caller: &guanxi_testkit::app::Caller, wanted: &[&str]| {
            caller
                .request("GET", "/events")
                .with("last-event-id", &from)
                .until(wanted)
        };
        let seen = resumed(&sam, &[&end, "event: notice"]);
        for id in [&deal, &gone, &given] {
            assert!(seen.contains(id.as_str()), "{seen}");
        }
        assert!(
            seen.contains("\"op\":\"remove\"") && !seen.contains(&theirs),
            "{seen}"
        );
        assert!(seen.contains("\"code\":\"shared\""), "{seen}");
        let told = resumed(&stan, &[&given]);
        assert!(told.contains(&theirs), "{told}");
        for id in [&deal, &gone, &end] {
            assert!(!told.contains(id.as_str()), "{told}");
        }
        // Without a place to resume from, what happens from now on.
        std::thread::scope(|scope| {
            let listening = scope.spawn(|| {
                app.manager()
                    .request("GET", "/events")
                    .until(&["\"op\":\"update\""])
            });
            while !listening.is_finished() {
                let name = format!("End {:?}", std::time::Instant::now());
                sam.update("customer", &end, json!({"name": name}))
                    .expect(200);
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            let text = listening.join().unwrap();
            assert!(text.contains(&end) && !text.contains(&deal), "{text}");
        });
    });
}
