//! Problem details: all errors at once, in the caller's language.

use crate::{keys, on_each};
use serde_json::json;

#[test]
fn a_form_gets_all_its_errors_at_once_in_both_languages() {
    on_each(|app| {
        let sam = app.salesperson();
        let wrong = json!({"level": "huge", "birthday": "soon", "email": "nobody", "parent": "01890a5d-ac96-774b-bcce-b302099a8057",
                           "employees": -1, "owner": "nobody"});
        let english = sam.post("/records/customer", wrong.clone()).expect(422);
        assert_eq!(
            english.errors(),
            [
                "birthday:not_a_date",
                "email:not_an_email",
                "employees:too_small",
                "level:unknown_choice",
                "name:required",
                "owner:not_found",
                "parent:not_found"
            ]
        );
        let chinese = sam
            .request("POST", "/records/customer")
            .with("accept-language", "zh-CN,zh;q=0.9,en;q=0.5")
            .json(wrong)
            .send();
        let chinese = chinese.expect(422);
        assert_eq!(chinese.errors(), english.errors());
        for (en, zh) in english["errors"]
            .as_array()
            .unwrap()
            .iter()
            .zip(chinese["errors"].as_array().unwrap())
        {
            assert_eq!(keys(en), ["field", "code", "message"]);
            let (en, zh) = (
                en["message"].as_str().unwrap(),
                zh["message"].as_str().unwrap(),
            );
            assert!(en.is_ascii() || en.contains('“'), "{en}");
            assert!(
                zh.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)),
                "{zh}"
            );
            assert!(!en.contains('{') && !zh.contains('{'), "{en} {zh}");
        }
        assert_ne!(english["title"], chinese["title"]);
    });
}

#[test]
fn every_status_speaks_both_languages() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create("customer", json!({"name": "Languages"}));
        let record = format!("/records/customer/{id}");
        let requests: Vec<(&str, String, serde_json::Value, u16)> = vec![
            (
                "GET",
                "/records/customer?nothing=1".into(),
                json!(null),
                400,
            ),
            ("GET", "/records/customer?filter=(".into(), json!(null), 400),
            ("GET", "/records/nothing".into(), json!(null), 404),
            ("GET", "/nothing".into(), json!(null), 404),
            ("POST", "/meta/objects".into(), json!({"name": "x"}), 403),
            ("PATCH", record.clone(), json!({"name": ""}), 422),
            ("PUT", record.clone(), json!({}), 405),
        ];
        for (method, path, body, status) in requests {
            let speak = |lang: &str| {
                let call = sam.request(method, &path).with("accept-language", lang);
                if body.is_null() {
                    call.send().expect(status)
                } else {
                    call.json(body.clone()).send().expect(status)
                }
            };
            let (english, chinese) = (speak("en-GB"), speak("zh"));
            assert_ne!(english["title"], chinese["title"], "{method} {path}");
            assert_ne!(english["detail"], chinese["detail"], "{method} {path}");
            assert_eq!(english["type"], chinese["type"]);
        }
        let nobody = app.nobody().get("/records/customer").expect(401);
        assert_eq!(nobody.header("www-authenticate"), "Bearer");
    });
}

#[test]
fn the_language_is_the_persons_where_the_request_names_none() {
    on_each(|app| {
        let reader = app.join("hanyu", "read_only", "Sales/East");
        app.admin()
            .update("user", &app.id_of("hanyu"), json!({"language": "zh"}))
            .expect(200);
        let plain = reader
            .request("GET", "/records/nothing")
            .with("accept-language", "fr")
            .send()
            .expect(404);
        let title = plain["title"].as_str().unwrap();
        assert!(!title.is_ascii(), "{title}");
    });
}

#[test]
fn answers_are_not_kept_by_caches_nor_guessed_at() {
    on_each(|app| {
        let sam = app.salesperson();
        for reply in [
            sam.get("/records/customer"),
            sam.get("/records/nothing"),
            app.nobody().get("/records/customer"),
        ] {
            assert_eq!(reply.header("x-content-type-options"), "nosniff");
            assert_eq!(reply.header("cache-control"), "no-store");
        }
    });
}
