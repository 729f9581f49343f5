//! Imports as programs send them: a form, a place to follow it, the rows that failed as a file, and back.

use crate::on_each;
use guanxi_testkit::app::{Caller, Reply};
use serde_json::json;

/// Sends a file and waits for its end.
fn import(caller: &Caller, members: &[(&str, &str)], rows: &str) -> Reply {
    let begun = caller
        .request("POST", "/imports")
        .form(members, ("rows.csv", rows.as_bytes()))
        .send()
        .expect(202);
    assert_eq!(
        begun.header("location"),
        format!("/api/v1/imports/{}", begun.id())
    );
    ended(caller, &begun.id())
}

fn ended(caller: &Caller, id: &str) -> Reply {
    loop {
        let now = caller.get(&format!("/imports/{id}")).expect(200);
        if !["running", "undoing"].contains(&now["state"].as_str().unwrap()) {
            return now;
        }
        std::thread::yield_now();
    }
}

fn counts(reply: &Reply) -> [i64; 4] {
    ["rows", "created", "updated", "failed"].map(|key| reply[key].as_i64().unwrap())
}

#[test]
fn what_failed_is_a_file_at_an_address_and_the_rest_is_there() {
    on_each(|app| {
        let sam = app.salesperson();
        let rows = "name,phone,level\nRest 甲,0551-62770001,key\nRest 乙,nonsense,key\n=Rest,0551-62770003,none\n";
        let done = import(&sam, &[("object", "customer")], rows);
        assert_eq!(counts(&done), [3, 1, 0, 2], "{}", done.text);
        assert_eq!(sam.found("Rest 甲"), ["customer:Rest 甲"]);
        let address = done["failed_file"].as_str().unwrap();
        let failed = sam.get(&format!("/{address}")).text;
        assert!(
            failed.contains("Rest 乙,nonsense") && failed.contains("'=Rest"),
            "{failed}"
        );
        for other in [app.caller("colleague"), app.caller("stranger")] {
            other.get(&format!("/{address}")).expect(404);
            other.get(&format!("/imports/{}", done.id())).expect(404);
            other
                .post(&format!("/imports/{}/undo", done.id()), json!({}))
                .expect(404);
        }
        sam.post(&format!("/imports/{}/undo", done.id()), json!({}))
            .expect(202);
        assert_eq!(ended(&sam, &done.id())["state"], "undone");
        assert!(sam.found("Rest 甲").is_empty());
        sam.post(&format!("/imports/{}/undo", done.id()), json!({}))
            .expect(409);
    });
}

#[test]
fn a_mapping_may_be_short() {
    on_each(|app| {
        let sam = app.salesperson();
        for (at, map) in [
            r#"{"columns": {"Firm": "name", "Tel": {"field": "phone"}}}"#,
            "[columns]\nFirm = \"name\"\nTel = \"phone\"\n",
        ]
        .iter()
        .enumerate()
        {
            let rows = format!("Firm,Tel\nShort {at},0551-6277100{at}\n");
            let done = import(&sam, &[("object", "customer"), ("map", map)], &rows);
            assert_eq!(counts(&done), [1, 1, 0, 0], "{}", done.text);
        }
        let wrong = [
            ("object", "customer"),
            ("map", r#"{"columns": {"Firm": "nmae"}}"#),
        ];
        let refused = sam
            .request("POST", "/imports")
            .form(&wrong, ("r.csv", b"Firm\nx\n"))
            .send();
        assert_eq!(
            refused.expect(422).errors()[0],
            "columns.Firm:unknown_field"
        );
    });
}

/// What a program took out by id or number, it brings back by the same, though nobody may give either to a record.
#[test]
fn rows_are_matched_by_id_and_by_number() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let mine = sam.create("customer", json!({"name": "Matched"}));
        let theirs = stan.create("customer", json!({"name": "Unmatched"}));
        let members = [("object", "customer"), ("mode", "update"), ("match", "id")];
        let rows = format!("ID,Description\n{mine},seen\n{theirs},seen\nnonsense,seen\n");
        let done = import(&sam, &members, &rows);
        assert_eq!(counts(&done), [3, 0, 1, 2], "{}", done.text);
        // Without an id a row is a new record, where the mode makes some.
        let members = [("object", "customer"), ("mode", "upsert"), ("match", "id")];
        let rows = format!("id,name\n{mine},Matched again\n{theirs},Mine\n,Matched anew\n");
        let done = import(&sam, &members, &rows);
        assert_eq!(counts(&done), [3, 1, 1, 1], "{}", done.text);
        let record = sam.read("customer", &mine).expect(200);
        assert_eq!(
            (&record["name"], &record["description"]),
            (&json!("Matched again"), &json!("seen"))
        );
        let untouched = stan.read("customer", &theirs).expect(200);
        assert_eq!(untouched["version"], 1);

        let number = sam.read("customer", &mine).expect(200)["number"].clone();
        let members = [
            ("object", "customer"),
            ("mode", "upsert"),
            ("match", "number"),
        ];
        let rows = format!(
            "number,name\n{},By number\nC-0,Nobody's\n",
            number.as_str().unwrap()
        );
        let done = import(&sam, &members, &rows);
        assert_eq!(counts(&done), [2, 0, 1, 1], "{}", done.text);
        let record = sam.read("customer", &mine).expect(200);
        assert_eq!(
            (&record["name"], &record["number"]),
            (&json!("By number"), &number)
        );
    });
}

#[test]
fn who_may_not_write_may_not_import() {
    on_each(|app| {
        let rows = ("r.csv", &b"name\nNever\n"[..]);
        for mode in ["create", "update", "upsert"] {
            let members = [("object", "customer"), ("mode", mode), ("match", "name")];
            app.reader()
                .request("POST", "/imports")
                .form(&members, rows)
                .send()
                .expect(403);
        }
        app.reader()
            .request("POST", "/imports")
            .form(&[("object", "nothing")], rows)
            .send()
            .expect(404);
        app.nobody()
            .request("POST", "/imports")
            .form(&[("object", "customer")], rows)
            .send()
            .expect(401);
    });
}
