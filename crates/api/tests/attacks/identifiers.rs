//! Injection through whatever names something: it is known, or refused, and never reaches a database as text.

use crate::on_each;
use guanxi_testkit::app::Caller;
use serde_json::json;

const EVIL: [&str; 14] = [
    "name; DROP TABLE o_customer;--",
    "name' OR '1'='1",
    "name\" OR \"1\"=\"1",
    "name) UNION SELECT hash FROM gx_credential--",
    "(SELECT hash FROM gx_credential)",
    "1",
    "name desc",
    "rowid",
    "title_key",
    "deleted_at",
    "o_customer.name",
    "gx_credential",
    "../../etc/passwd",
    "\u{0}",
];

/// Whether the tables still stand, and the caller still sees what it saw.
fn unharmed(caller: &Caller, id: &str) {
    assert_eq!(caller.read("customer", id).expect(200)["name"], "Robert");
}

#[test]
fn parameters_of_lists() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create("customer", json!({"name": "Robert"}));
        let record = format!("/records/customer/{id}");
        for evil in EVIL {
            for parameter in ["sort", "fields", "expand", "cursor", "count", "limit", evil] {
                if [("limit", "1"), ("fields", "deleted_at")].contains(&(parameter, evil)) {
                    continue;
                }
                let reply = sam.ask("/records/customer", &[(parameter, evil)]);
                assert_eq!(reply.status, 400, "{parameter}={evil:?}: {}", reply.text);
                reply.is_problem();
            }
            for parameter in ["expand", "as_of", evil] {
                sam.ask(&record, &[(parameter, evil)]).expect(400);
            }
            for filter in [
                format!("{evil} = \"a\""),
                format!("customer.{evil} = \"a\""),
                format!("name = \"a\" {evil}"),
            ] {
                sam.ask("/records/customer", &[("filter", &filter)])
                    .expect(400);
            }
            for filter in [
                format!("name = {}", json!(evil)),
                format!("name ~ {}", json!(evil)),
                format!("name ^= {}", json!(evil)),
            ] {
                let reply = sam.ask("/records/customer", &[("filter", &filter)]);
                assert!(
                    [200, 400].contains(&reply.status),
                    "{filter}: {}",
                    reply.text
                );
                assert!(
                    reply.status == 400 || evil == "1" || reply.rows().is_empty(),
                    "{filter}"
                );
            }
            let found = sam.ask("/search", &[("q", evil)]);
            assert_eq!(found.status, 200, "{evil:?}: {}", found.text);
        }
        unharmed(&sam, &id);
    });
}

#[test]
fn pieces_of_addresses() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create("customer", json!({"name": "Robert"}));
        for evil in EVIL {
            let encoded: String = evil.bytes().map(|byte| format!("%{byte:02X}")).collect();
            for path in [
                format!("/records/{encoded}"),
                format!("/records/customer/{encoded}"),
                format!("/records/{encoded}/{id}"),
                format!("/records/customer/{id}/related/{encoded}"),
                format!("/records/customer/{id}/related/contact.{encoded}"),
                format!("/records/customer/{encoded}/history"),
                format!("/meta/objects/{encoded}"),
            ] {
                sam.get(&path).expect(404);
            }
            sam.post(&format!("/records/customer/{id}/{encoded}"), json!({}))
                .expect(404);
            sam.delete(&format!("/merges/{encoded}")).expect(404);
            app.admin()
                .get(&format!("/meta/roles/{encoded}"))
                .expect(404);
            app.admin()
                .patch(
                    &format!("/meta/objects/customer/fields/{encoded}"),
                    json!({"label": {"en": "x"}}),
                )
                .expect(404);
            let role = app.admin().put(
                &format!("/meta/roles/{encoded}"),
                json!({"default": {"read": "all"}}),
            );
            assert!(
                [404, 422].contains(&role.status)
                    || !evil.contains(['\'', '"', ' ', '.', '/', '\0']),
                "{evil}: {}",
                role.text
            );
        }
        for path in [
            "/records/%ff",
            "/records/customer/%ff%fe",
            "/records/customer/%c0%80/history",
        ] {
            let reply = sam.get(path);
            assert!([400, 404].contains(&reply.status), "{path}: {}", reply.text);
            reply.is_problem();
        }
        unharmed(&sam, &id);
    });
}

#[test]
fn names_in_bodies() {
    on_each(|app| {
        let (sam, admin) = (app.salesperson(), app.admin());
        let id = sam.create("customer", json!({"name": "Robert"}));
        for evil in EVIL.into_iter().filter(|name| *name != "deleted_at") {
            sam.update("customer", &id, json!({evil: "x"})).expect(400);
            sam.post("/records/customer", json!({"name": "x", evil: "x"}))
                .expect(400);
            sam.act("customer", &id, "merge", json!({"with": [id], evil: 1}))
                .expect(400);
            let choose = sam.act(
                "customer",
                &id,
                "merge",
                json!({"with": [id], "choose": {evil: id}}),
            );
            assert!(
                [400, 422].contains(&choose.status),
                "{evil}: {}",
                choose.text
            );
            let about = sam.post(
                "/records/task",
                json!({"subject": "x", "about": {"object": evil, "id": id}}),
            );
            assert_eq!(about.expect(422).errors().len(), 1);
            let formula =
                json!({"name": "evil", "kind": "formula", "expression": evil, "result": "text"});
            let formula = admin.post("/meta/objects/product/fields", formula);
            assert!(
                formula.status == 422 || evil == "1",
                "{evil}: {}",
                formula.text
            );
            let zone = admin.update("user", &app.id_of("reader"), json!({"time_zone": evil}));
            assert_eq!(zone.status, 422, "{evil}: {}", zone.text);
        }
        unharmed(&sam, &id);
    });
}

/// Values that a caller changed in a cursor are not believed, whatever type they have.
#[test]
fn cursors_that_were_rewritten() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create("customer", json!({"name": "Robert"}));
        for at in 0..3 {
            sam.create(
                "customer",
                json!({"name": format!("Cursed {at}"), "employees": at}),
            );
            sam.create("note", json!({"subject": "n", "customer": id}));
            sam.update("customer", &id, json!({"employees": at}))
                .expect(200);
        }
        let filter = "name ^= \"Cursed\"";
        let lists = [
            (
                "/records/customer".to_owned(),
                vec![("filter", filter), ("limit", "1"), ("sort", "name")],
            ),
            (
                "/records/customer".to_owned(),
                vec![("filter", filter), ("limit", "1"), ("sort", "-employees")],
            ),
            (
                "/records/customer".to_owned(),
                vec![("filter", filter), ("limit", "1")],
            ),
            (
                format!("/records/customer/{id}/timeline"),
                vec![("limit", "1")],
            ),
            (
                format!("/records/customer/{id}/history"),
                vec![("limit", "1")],
            ),
        ];
        for (path, parameters) in lists {
            let next = sam.ask(&path, &parameters).expect(200)["next"]
                .as_str()
                .unwrap()
                .to_owned();
            for forged in forgeries(&next) {
                let mut all = parameters.clone();
                all.push(("cursor", &forged));
                let reply = sam.ask(&path, &all);
                assert!(
                    [200, 400].contains(&reply.status),
                    "{path} {forged}: {}",
                    reply.text
                );
            }
        }
        unharmed(&sam, &id);
    });
}

/// The cursor with each key replaced by one of every type, and cut short.
fn forgeries(cursor: &str) -> Vec<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits: Vec<bool> = Vec::new();
    for letter in cursor.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter).unwrap();
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    let bytes: Vec<u8> = bits
        .chunks_exact(8)
        .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit)))
        .collect();
    let mut forged = vec![
        cursor[..cursor.len() - 4].to_owned(),
        format!("{cursor}AAAA"),
    ];
    let position: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    for key in [
        json!("N"),
        json!({"I": 1}),
        json!({"T": "x' OR 1=1"}),
        json!({"B": "AAAA"}),
        json!({"B": "?"}),
        json!({"U": "01890a5d-ac96-774b-bcce-b302099a8057"}),
        json!({"X": 1}),
        json!(5),
    ] {
        let mut other = position.clone();
        for known in other["keys"].as_array_mut().unwrap() {
            *known = key.clone();
        }
        forged.push(encode(&other.to_string(), ALPHABET));
    }
    for seq in [json!(i64::MAX), json!(i64::MIN), json!(-1), json!("1")] {
        let mut other = position.clone();
        other["seq"] = seq;
        forged.push(encode(&other.to_string(), ALPHABET));
    }
    forged
}

fn encode(text: &str, alphabet: &[u8; 64]) -> String {
    let bits: Vec<bool> = text
        .bytes()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    let letter = |bits: &[bool]| {
        (0..6).fold(0, |value, at| {
            value << 1 | usize::from(bits.get(at).copied().unwrap_or_default())
        })
    };
    bits.chunks(6)
        .map(|bits| alphabet[letter(bits)] as char)
        .collect()
}
