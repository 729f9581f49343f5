//! Settings: the own, people, departments, roles, lists.

use crate::browser::site;
use axum::http::Method;
use guanxi_engine::accounts::{by_email, password};
use guanxi_testkit::{PASSWORD, email};

#[test]
fn profile_language_and_password() {
    let site = site();
    let system = site.test.system();
    let seq = by_email(&system, &email("salesperson")).unwrap();
    password::set(&system, seq, PASSWORD).unwrap();
    let sam = site.salesperson();
    sam.post(
        "/settings/profile",
        &[
            ("name.family", "Sales"),
            ("name.given", "Samuel"),
            ("time_zone", "Nowhere/Land"),
        ],
    )
    .is(422);
    sam.post(
        "/settings/profile",
        &[
            ("name.family", "Sales"),
            ("name.given", "Samuel"),
            ("time_zone", "Europe/Berlin"),
        ],
    )
    .is(303);
    assert_eq!(
        site.test.salesperson().zone.iana_name(),
        Some("Europe/Berlin")
    );
    sam.post("/settings/language", &[("language", "zh")])
        .is(303);
    assert!(sam.get("/").is(200).has("<html lang=\"zh\""));
    let wrong = sam
        .post(
            "/settings/password",
            &[("old", "wrong"), ("new", "another good one")],
        )
        .is(422);
    assert!(wrong.has("field-old"));
    sam.post("/settings/password", &[("old", PASSWORD), ("new", "short")])
        .is(422);
    assert_eq!(
        sam.post(
            "/settings/password",
            &[("old", PASSWORD), ("new", "another good one")]
        )
        .is(303)
        .to(),
        "/login"
    );
    sam.get("/").is(303);
}

#[test]
fn tokens_are_shown_once_and_sessions_end() {
    let site = site();
    let sam = site.salesperson();
    let other = site.salesperson();
    let made = sam
        .post("/settings/access/tokens", &[("name", "Reports")])
        .is(200);
    assert!(made.has("gx_") && made.has("Reports"));
    let page = sam.get("/settings/access").is(200);
    assert!(!page.has("<code>gx_") && page.has("Reports"));
    let end = page
        .body
        .split("action=\"/settings/access/sessions/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    sam.post(&format!("/settings/access/sessions/{end}"), &[])
        .is(303);
    other.get("/").is(303);
    sam.get("/").is(200);
}

#[test]
fn an_administrator_adds_and_disables_people() {
    let site = site();
    let ada = site.person("admin");
    assert!(ada.get("/settings/users").is(200).has("Sam Sales"));
    let new = [
        ("name.family", "New"),
        ("name.given", "Nora"),
        ("email", "nora@example.com"),
        ("roles", "salesperson"),
        ("password", "short"),
    ];
    assert!(
        ada.post("/settings/users/new", &new)
            .is(422)
            .has("nora@example.com")
    );
    let mut good = new.to_vec();
    good[4] = ("password", "a long enough word");
    ada.post("/settings/users/new", &good).is(303);
    let seq = by_email(&site.test.system(), "nora@example.com").unwrap();
    let id = site.test.system().directory.user(seq).unwrap().id;
    ada.write(
        Method::POST,
        (&format!("/settings/users/{id}/disable"), 1),
        &[],
    )
    .is(204);
    assert!(!site.test.system().directory.user(seq).unwrap().active);
    ada.write(
        Method::POST,
        (&format!("/settings/users/{id}/enable"), 1),
        &[],
    )
    .is(204);
    ada.post(
        &format!("/settings/users/{id}/password"),
        &[("password", "another long word")],
    )
    .is(303);
    site.person("manager")
        .post(
            &format!("/settings/users/{id}/password"),
            &[("password", "another long word")],
        )
        .is(403);
}

#[test]
fn departments_roles_and_lists() {
    let site = site();
    let ada = site.person("admin");
    ada.post("/settings/departments/new", &[("name", "North")])
        .is(303);
    assert!(ada.get("/settings/departments").is(200).has("North"));
    ada.post("/settings/departments/new", &[("name", "")])
        .is(422);
    let page = ada.get("/settings/roles?role=service").is(200);
    assert!(page.has("name=\"customer.read\""), "{}", page.main());
    ada.post("/settings/roles?role=service", &[("customer.read", "none")])
        .is(303);
    site.person("service").get("/customer").is(404);
    ada.post(
        "/settings/roles?role=administrator",
        &[("customer.read", "none")],
    )
    .is(403);
    let list = "/settings/choices?list=customer.level";
    assert!(ada.get(list).is(200).has("strategic"));
    let rows = [
        ("value.0", "strategic"),
        ("zh.0", "战略"),
        ("en.0", "Top"),
        ("value.1", "key"),
        ("zh.1", "重点"),
        ("en.1", "Key"),
        ("value.2", "normal"),
        ("zh.2", "普通"),
        ("en.2", "Normal"),
        ("value.3", "watch"),
        ("zh.3", "观察"),
        ("en.3", "Watch"),
        ("value.new", "vip"),
        ("zh.new", "贵宾"),
        ("en.new", "VIP"),
    ];
    ada.post(list, &rows).is(303);
    assert!(site.salesperson().get("/customer/new").is(200).has("VIP"));
}
