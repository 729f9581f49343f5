//! Tokens: not guessed, not taken from elsewhere, ended with their person.

use crate::on_each;
use guanxi_engine::accounts::{self, token};
use serde_json::json;

#[test]
fn only_a_whole_token_opens() {
    on_each(|app| {
        let ctx = app.test.salesperson();
        let secret = token::create(&ctx, ctx.actor.seq(), "whole").unwrap();
        assert!(
            secret.starts_with("gx_") && secret.len() >= 3 + 43,
            "256 bits: {}",
            secret.len()
        );
        app.bearer(&secret).get("/me").expect(200);
        let swapped: String = secret
            .chars()
            .map(|c| {
                if c.is_ascii_lowercase() {
                    c.to_ascii_uppercase()
                } else {
                    c.to_ascii_lowercase()
                }
            })
            .collect();
        for wrong in [
            &secret[..secret.len() - 1],
            &secret[3..],
            &format!("{secret}x"),
            &swapped,
            "gx_",
            "gx_%",
            "gx_' OR 1=1--",
            "x",
        ] {
            app.bearer(wrong).get("/me").expect(401);
        }
        let me = |header: &str, value: &str| {
            app.nobody()
                .request("GET", "/me")
                .with(header, value)
                .send()
        };
        me("authorization", &format!("bearer {secret}")).expect(200);
        for (header, value) in [
            ("authorization", secret.clone()),
            ("authorization", format!("Basic {secret}")),
            ("authorization", format!("Token {secret}")),
            ("authorization", "Bearer ".to_owned()),
            ("cookie", format!("session={secret}; token={secret}")),
            ("x-api-key", secret.clone()),
        ] {
            me(header, &value).expect(401);
        }
        app.nobody().get(&format!("/me?token={secret}")).expect(401);
        app.nobody()
            .get(&format!("/me?access_token={secret}"))
            .expect(401);
    });
}

#[test]
fn a_session_of_the_browser_is_no_token() {
    on_each(|app| {
        let ctx = app.test.salesperson();
        let session = accounts::session::start(&ctx, ctx.actor.seq(), "browser", "::1").unwrap();
        app.bearer(&session).get("/me").expect(401);
        for name in [
            "session",
            "gx",
            "gx_session",
            "guanxi",
            "__Host-session",
            "__Host-gx",
        ] {
            app.nobody()
                .request("GET", "/me")
                .with("cookie", &format!("{name}={session}"))
                .send()
                .expect(401);
        }
    });
}

#[test]
fn who_is_disabled_is_out_at_once() {
    on_each(|app| {
        let leaving = app.join("leaving", "salesperson", "Sales/East");
        leaving.get("/me").expect(200);
        let id = leaving.create("customer", json!({"name": "Left behind"}));
        let who = app.id_of("leaving");
        app.admin()
            .update("user", &who, json!({"active": false}))
            .expect(200);
        for path in [
            "/me",
            "/records/customer",
            "/search?q=a",
            "/events",
            "/openapi.json",
        ] {
            leaving.get(path).expect(401);
        }
        leaving
            .update("customer", &id, json!({"name": "x"}))
            .expect(401);
        app.admin()
            .update("user", &who, json!({"active": true}))
            .expect(200);
        leaving.get("/me").expect(401);
        let removed = app.join("removed", "salesperson", "Sales/East");
        removed.get("/me").expect(200);
        app.admin()
            .delete(&format!("/records/user/{}", app.id_of("removed")))
            .expect(204);
        removed.get("/me").expect(401);
    });
}

#[test]
fn who_loses_a_role_loses_its_rights_at_once() {
    on_each(|app| {
        let changing = app.join("changing", "manager", "Sales/East");
        let id = app
            .salesperson()
            .create("customer", json!({"name": "Not for long"}));
        changing.read("customer", &id).expect(200);
        let who = app.id_of("changing");
        app.admin()
            .update("user", &who, json!({"roles": ["salesperson"]}))
            .expect(200);
        changing.read("customer", &id).expect(404);
        app.admin()
            .update("user", &who, json!({"roles": ["manager"]}))
            .expect(200);
        changing.read("customer", &id).expect(200);
        let west =
            app.admin().read("user", &app.id_of("stranger")).expect(200)["department"].clone();
        app.admin()
            .update("user", &who, json!({"department": west}))
            .expect(200);
        changing.read("customer", &id).expect(404);
        app.admin()
            .update("user", &who, json!({"roles": []}))
            .expect(200);
        changing.get("/records/customer").expect(404);
    });
}
