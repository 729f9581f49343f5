//! What works beside requests, in sight of administrators and of nobody else.

use crate::alone_on_each;
use guanxi_engine::{jobs, outbox};
use guanxi_store::{StoreExt, Weight};
use serde_json::json;

#[test]
fn an_administrator_sees_jobs_and_what_goes_out_and_has_it_done_again() {
    alone_on_each(|app| {
        let ctx = app.test.system();
        let (context, engine) = (ctx.clone(), &app.test.engine);
        let id = engine
            .store()
            .change(Weight::Light, move |tx| {
                outbox::put(tx, &context, "pigeon", &json!({ "text": "hello" }))
            })
            .unwrap()
            .to_string();
        // Nobody knows that way out, and after three days nobody tries it any more.
        for _ in 0..200 {
            jobs::run_due(engine).unwrap();
            app.test.clock.advance(1_800);
        }
        for path in ["/jobs", "/outbox"] {
            app.salesperson().get(path).expect(403);
            app.manager().get(path).expect(403);
            app.admin().get(&format!("{path}?state=lost")).expect(400);
            app.admin().get(&format!("{path}?limit=1")).expect(400);
            app.admin()
                .get(&format!("{path}?state=waiting"))
                .expect(200);
        }
        let dead = app.admin().get("/outbox?state=dead").expect(200);
        assert_eq!(dead["data"][0]["id"], id.as_str());
        assert_eq!(dead["data"][0]["error"], "no channel pigeon");
        let replay = format!("/outbox/{id}/replay");
        app.manager().post(&replay, json!({})).expect(403);
        app.admin().post(&replay, json!({})).expect(202);
        app.admin().post(&replay, json!({})).expect(404);
        let waiting = app.admin().get("/outbox?state=waiting").expect(200);
        assert_eq!(waiting["data"][0]["id"], id.as_str());
        assert_eq!(waiting["data"][0]["tries"], 0);
        let listed = app.admin().get("/jobs").expect(200);
        let kinds = listed["data"].as_array().unwrap();
        assert!(kinds.iter().any(|job| job["kind"] == "outbox"));
        app.admin()
            .post(&format!("/jobs/{id}/retry"), json!({}))
            .expect(404);
    });
}
