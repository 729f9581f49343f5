//! Coming in, staying in, going out.

use crate::browser::{Browser, site};
use axum::http::Method;
use guanxi_engine::accounts::{by_email, disable, password};
use guanxi_testkit::{PASSWORD, email};

fn token(page: &str) -> String {
    page.split("name=\"_csrf\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

fn log_in(browser: &Browser<'_>, word: &str, next: &str) -> crate::browser::Reply {
    let page = browser.get("/login").is(200);
    browser.set_csrf(&token(&page.body));
    browser.post(
        "/login",
        &[
            ("email", &email("salesperson")),
            ("password", word),
            ("next", next),
        ],
    )
}

#[test]
fn a_session_begins_with_the_right_password_and_ends_with_log_out() {
    let site = site();
    let system = site.test.system();
    password::set(
        &system,
        by_email(&system, &email("salesperson")).unwrap(),
        PASSWORD,
    )
    .unwrap();
    let browser = site.nobody();
    assert_eq!(
        browser.get("/customer?view=mine").is(303).to(),
        "/login?next=%2Fcustomer%3Fview%3Dmine"
    );
    let wrong = log_in(&browser, "something else", "/").is(422);
    assert!(wrong.has("E-mail or password is wrong"), "{}", wrong.main());
    assert!(browser.cookie("gx_session").is_none());
    let planted = "planted-by-somebody";
    browser.set_cookie("gx_session", planted);
    let inside = log_in(&browser, PASSWORD, "/customer?view=mine").is(303);
    assert_eq!(inside.to(), "/customer?view=mine");
    let cookie = inside
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .find(|line| line.starts_with("gx_session"));
    let cookie = cookie.unwrap();
    for word in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain http on this machine");
    assert_ne!(
        browser.cookie("gx_session").unwrap(),
        planted,
        "a session is never taken over"
    );
    let page = browser.get("/").is(200);
    browser.set_csrf(
        page.body
            .split("name=\"csrf\" content=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap(),
    );
    let old = browser.cookie("gx_session").unwrap();
    browser.post("/logout", &[]).is(303);
    browser.set_cookie("gx_session", &old);
    browser.get("/").is(303);
}

#[test]
fn by_https_the_cookie_is_for_https() {
    let site = site();
    let page = site.nobody().send(
        Method::GET,
        "/login",
        &[("x-forwarded-proto", "https")],
        &[],
    );
    assert!(
        page.header("set-cookie").contains("; Secure"),
        "{:?}",
        page.headers
    );
}

#[test]
fn next_leads_nowhere_else() {
    let site = site();
    let system = site.test.system();
    password::set(
        &system,
        by_email(&system, &email("salesperson")).unwrap(),
        PASSWORD,
    )
    .unwrap();
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let browser = site.nobody();
        assert_eq!(log_in(&browser, PASSWORD, next).is(303).to(), "/", "{next}");
    }
}

#[test]
fn whoever_fails_again_and_again_waits() {
    let site = site();
    let browser = site.nobody();
    for _ in 0..6 {
        log_in(&browser, "wrong", "/");
    }
    let slow = log_in(&browser, "wrong", "/").is(429);
    assert!(slow.header("retry-after").parse::<u64>().unwrap() >= 1);
    // Nobody can lock another out: from elsewhere the door is open.
    let page = browser.get("/login");
    browser.set_csrf(&token(&page.body));
}

#[test]
fn a_form_without_its_token_is_refused() {
    let site = site();
    let browser = site.nobody();
    browser.get("/login").is(200);
    browser.set_csrf("guessed");
    browser
        .post(
            "/login",
            &[("email", &email("salesperson")), ("password", "x")],
        )
        .is(403);
}

#[test]
fn every_write_needs_the_token_of_its_session() {
    let site = site();
    let (sam, cora) = (site.salesperson(), site.person("colleague"));
    let own = sam.csrf();
    for token in ["", "x", &cora.csrf()] {
        sam.set_csrf(token);
        sam.post("/customer/new", &[("name", "Forged")]).is(403);
    }
    sam.set_csrf(&own);
    let form = [("name", "Forged"), ("_csrf", own.as_str())];
    sam.send(
        Method::POST,
        "/customer/new",
        &[("origin", "https://evil.example")],
        &form,
    )
    .is(403);
    sam.send(
        Method::POST,
        "/customer/new",
        &[("origin", "http://localhost")],
        &form,
    )
    .is(303);
}

#[test]
fn whoever_is_disabled_is_out_at_once() {
    let site = site();
    let sam = site.salesperson();
    sam.get("/").is(200);
    let admin = site.test.admin();
    disable(&admin, by_email(&admin, &email("salesperson")).unwrap()).unwrap();
    sam.get("/").is(303);
    sam.fragment("/customer/rows").is(401);
}
