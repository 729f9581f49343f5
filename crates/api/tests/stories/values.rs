//! How values are written and read.

use crate::on_each;
use serde_json::{Value as Json, json};

#[test]
fn money_is_a_decimal_text_and_a_currency() {
    on_each(|app| {
        let sam = app.salesperson();
        let given = |amount: Json| {
            sam.post(
                "/records/opportunity",
                json!({"name": "Money", "amount": amount}),
            )
        };
        for (amount, shown) in [
            (
                json!({"amount": "1234.50", "currency": "CNY"}),
                json!({"amount": "1234.50", "currency": "CNY"}),
            ),
            (
                json!({"amount": "1234.5"}),
                json!({"amount": "1234.50", "currency": "CNY"}),
            ),
            (
                json!({"amount": 1234, "currency": "USD"}),
                json!({"amount": "1234.00", "currency": "USD"}),
            ),
            (json!("99.9"), json!({"amount": "99.90", "currency": "CNY"})),
            (
                json!("-0.01"),
                json!({"amount": "-0.01", "currency": "CNY"}),
            ),
            (
                json!({"amount": "300", "currency": "JPY"}),
                json!({"amount": "300", "currency": "JPY"}),
            ),
        ] {
            let made = given(amount.clone()).expect(201);
            assert_eq!(made["amount"], shown, "{amount}");
            assert_eq!(
                sam.read("opportunity", &made.id()).expect(200)["amount"],
                shown
            );
        }
        for amount in [
            json!({"amount": "12,34.x"}),
            json!({"amount": "1", "currency": "ZZZ"}),
            json!({"amount": "99999999999999999999"}),
            json!({"amount": "1", "nothing": 1}),
            json!(true),
            json!([1]),
            json!({"amount": "1e400"}),
            json!({"amount": "NaN"}),
        ] {
            assert_eq!(
                given(amount.clone()).expect(422).errors().len(),
                1,
                "{amount}"
            );
        }
    });
}

#[test]
fn days_and_instants() {
    on_each(|app| {
        let sam = app.salesperson();
        let day = |text: Json| {
            sam.post(
                "/records/customer",
                json!({"name": "Days", "birthday": text}),
            )
        };
        assert_eq!(
            day(json!("2024-02-29")).expect(201)["birthday"],
            "2024-02-29"
        );
        for wrong in [
            json!("2023-02-29"),
            json!("29.2.2024"),
            json!("2024-2-9T00:00"),
            json!(20240229),
            json!({}),
        ] {
            assert_eq!(day(wrong.clone()).expect(422).errors().len(), 1, "{wrong}");
        }
        let at = |text: &str| {
            sam.post(
                "/records/task",
                json!({"subject": "Instants", "due_at": text}),
            )
        };
        for (text, shown) in [
            ("2026-03-05T10:30:00+08:00", "2026-03-05T02:30:00Z"),
            ("2026-03-05T02:30:00Z", "2026-03-05T02:30:00Z"),
            ("2026-03-05T02:30:00.123456Z", "2026-03-05T02:30:00.123456Z"),
        ] {
            assert_eq!(at(text).expect(201)["due_at"], shown);
        }
        for wrong in ["2026-03-05T25:00:00Z", "soon", "2026-03-05T10:30:00"] {
            at(wrong).expect(422);
        }
        let made = at("2026-03-05T02:30:00Z").expect(201);
        for member in ["created_at", "updated_at"] {
            let text = made[member].as_str().unwrap();
            assert!(text.ends_with('Z') && text.contains('T'), "{text}");
        }
    });
}

#[test]
fn choices_are_open_or_closed() {
    on_each(|app| {
        let sam = app.salesperson();
        let open = json!({"name": "Open", "region": "火星", "industry": "a new trade", "source": "trade fair 2026"});
        let made = sam.post("/records/customer", open).expect(201);
        assert_eq!(
            [&made["region"], &made["industry"], &made["source"]],
            ["火星", "a new trade", "trade fair 2026"]
        );
        let closed = json!({"name": "Closed", "type": "club", "status": "asleep", "level": "huge"});
        let refused = sam.post("/records/customer", closed).expect(422);
        assert_eq!(
            refused.errors(),
            [
                "level:unknown_choice",
                "status:unknown_choice",
                "type:unknown_choice"
            ]
        );
        let tags = sam
            .post(
                "/records/customer",
                json!({"name": "Tags", "tags": ["vip", "新客"]}),
            )
            .expect(201);
        assert_eq!(tags["tags"], json!(["vip", "新客"]));
    });
}

#[test]
fn several_phones_and_addresses() {
    on_each(|app| {
        let sam = app.salesperson();
        let made = sam
            .post("/records/customer", json!({"name": "Several", "phones": ["0551-62345678", "13800138000"], "email": ["A@Example.com", "b@example.com"]}))
            .expect(201);
        assert_eq!(made["phone"], "0551-62345678");
        assert_eq!(made["phones"], json!(["0551-62345678", "13800138000"]));
        assert_eq!(made["email"], made["emails"][0]);
        assert_eq!(made["emails"].as_array().unwrap().len(), 2);
        let first = sam
            .update("customer", &made.id(), json!({"phone": "010-88888888"}))
            .expect(200);
        assert_eq!(
            first["phones"],
            json!(["010-88888888", "13800138000"]),
            "the others stay"
        );
        let none = sam
            .update("customer", &made.id(), json!({"phones": []}))
            .expect(200);
        assert_eq!([&none["phone"], &none["phones"]], [&Json::Null, &json!([])]);
        sam.post(
            "/records/customer",
            json!({"name": "x", "phone": "call me"}),
        )
        .expect(422);
        sam.post(
            "/records/customer",
            json!({"name": "x", "email": "not an address"}),
        )
        .expect(422);
        sam.ask(
            "/records/customer",
            &[("filter", "email = \"a@example.com\"")],
        )
        .expect(200);
    });
}

#[test]
fn what_a_database_might_stumble_over_is_kept_or_refused() {
    on_each(|app| {
        let sam = app.salesperson();
        for name in [
            "O'Brien \"&\" <b>Söhne</b>; DROP TABLE o_customer;--",
            "𠮷野家 👨‍👩‍👧",
            "a\\b%c_d$1?",
            "ﬁ ﬂ Ⅷ",
            "İstanbul ẞ",
            "اختبار",
        ] {
            let made = sam
                .post("/records/customer", json!({"name": name}))
                .expect(201);
            assert_eq!(made["name"], name);
            let read = sam.ask(
                "/records/customer",
                &[("filter", &format!("name = {}", json!(name)))],
            );
            assert!(
                read.status == 200 && read.rows().len() == 1,
                "{name}: {}",
                read.text
            );
        }
        let nul = sam
            .request("POST", "/records/customer")
            .bytes(br#"{"name":"a\u0000b"}"#.to_vec())
            .send();
        assert!([201, 422].contains(&nul.status), "{}", nul.text);
        let nul = sam
            .request("POST", "/records/customer")
            .bytes(
                br#"{"name":"a","description":"a\u0000b","tags":["a\u0000b"],"region":"a\u0000b"}"#
                    .to_vec(),
            )
            .send();
        assert!([201, 422].contains(&nul.status), "{}", nul.text);
        sam.request("POST", "/records/customer")
            .bytes(br#"{"name":"\ud800"}"#.to_vec())
            .send()
            .expect(400);
        sam.request("POST", "/records/customer")
            .bytes(b"{\"name\":\"\xff\"}".to_vec())
            .send()
            .expect(400);
        let long = sam
            .post("/records/customer", json!({"name": "长".repeat(201)}))
            .expect(422);
        assert_eq!(long.errors(), ["name:too_long"]);
        sam.post("/records/customer", json!({"name": "长".repeat(200)}))
            .expect(201);
    });
}
