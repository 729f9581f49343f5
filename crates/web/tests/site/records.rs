//! Records: made, looked at, changed in forms and in place, fought over, taken away and brought back.

use crate::browser::{Browser, Reply, site};
use axum::http::Method;
use guanxi_testkit::{again, create, me, sees, update};
use serde_json::json;

fn id_of(reply: &Reply) -> String {
    reply.to().rsplit('/').next().unwrap().to_owned()
}

fn new_customer(browser: &Browser<'_>, name: &str) -> String {
    id_of(&browser.post("/customer/new", &[("name", name)]).is(303))
}

#[test]
fn a_customer_a_deal_and_a_follow_up() {
    let site = site();
    let sam = site.salesperson();
    let form = sam.get("/customer/new").is(200);
    assert!(
        form.has("name=\"name\"")
            && form.has("name=\"address.city\"")
            && form.has("name=\"annual_revenue.amount\"")
    );
    let customer = id_of(
        &sam.post(
            "/customer/new",
            &[
                ("name", "合肥锅炉"),
                ("phone", "0551-62345678; 13800138000"),
                ("annual_revenue.amount", "1,234.5"),
                ("annual_revenue.currency", "CNY"),
                ("address.province", "安徽"),
                ("address.city", "合肥"),
                ("level", "key"),
                ("birthday", "2001-03-02"),
                ("importance", "4"),
                ("region", "anhui"),
            ],
        )
        .is(303),
    );
    let page = sam.get(&format!("/customer/{customer}")).is(200);
    for text in [
        "合肥锅炉",
        "¥1,234.50",
        "13800138000",
        "安徽",
        "Sam Sales",
        "Created “合肥锅炉”",
    ] {
        assert!(page.has(text), "{text}");
    }
    assert!(
        !sam.get(&format!("/customer/{customer}")).has("Created “"),
        "said once"
    );
    let deal = id_of(
        &sam.post(
            "/opportunity/new",
            &[
                ("name", "二期"),
                ("customer", &customer),
                ("amount.amount", "680000"),
                ("amount.currency", "CNY"),
            ],
        )
        .is(303),
    );
    let page = sam.get(&format!("/opportunity/{deal}")).is(200);
    assert!(
        page.has("¥680,000") && page.has("class=\"path\"") && page.has("合肥锅炉"),
        "{}",
        page.main()
    );
    let talk = [
        ("kind", "task"),
        ("body", "Send the quote\nwith the new price"),
        ("due_at", "2026-03-02T17:30"),
    ];
    let line = sam
        .write(
            Method::POST,
            (&format!("/customer/{customer}/activity"), 1),
            &talk,
        )
        .is(200);
    assert!(line.has("Send the quote"), "{}", line.main());
    let home = sam.get("/").is(200);
    assert!(
        home.has("Send the quote") && home.has("¥680,000") && home.has("合肥锅炉"),
        "{}",
        home.main()
    );
    assert!(
        sam.get("/customer?view=birthdays").is(200).has("合肥锅炉"),
        "2 March is today"
    );
}

#[test]
fn a_form_tells_everything_at_once_and_keeps_what_was_typed() {
    let site = site();
    let sam = site.salesperson();
    let form = [
        ("name", ""),
        ("email", "not an address"),
        ("employees", "many"),
        ("description", "kept <b>text</b>"),
    ];
    let page = sam.post("/customer/new", &form).is(422);
    assert!(page.has("3 things need correction"), "{}", page.main());
    assert!(
        page.has("value=\"not an address\"")
            && page.has("value=\"many\"")
            && page.has("kept &lt;b&gt;text&lt;")
    );
}

#[test]
fn one_that_looks_the_same_is_shown_before_it_is_saved() {
    let site = site();
    let sam = site.salesperson();
    new_customer(&sam, "合肥锅炉有限公司");
    let page = sam.post("/customer/new", &[("name", "合肥锅炉")]).is(422);
    assert!(
        page.has("This may exist already") && page.has("合肥锅炉有限公司"),
        "{}",
        page.main()
    );
    sam.post(
        "/customer/new",
        &[("name", "合肥锅炉"), ("_accept_duplicates", "true")],
    )
    .is(303);
}

#[test]
fn what_is_not_seen_does_not_exist() {
    let site = site();
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Hidden Ltd"}),
    );
    let stan = site.person("stranger");
    let at = format!("/customer/{}", record.id);
    for path in [
        "",
        "/peek",
        "/edit",
        "/cell/name",
        "/why",
        "/history",
        "/timeline",
        "/remove",
        "/merge",
        "/handover",
    ] {
        let reply = stan.get(&format!("{at}{path}")).is(404);
        assert!(!reply.has("Hidden"), "{path}");
    }
    let missing = stan
        .get("/customer/018f3c2e-0000-7000-8000-000000000000")
        .is(404);
    assert_eq!(
        missing.body.len(),
        stan.get(&at).is(404).body.len(),
        "the same page as for what there is not"
    );
    stan.write(
        Method::PATCH,
        (&format!("{at}/cell/name"), 1),
        &[("name", "Mine")],
    )
    .is(404);
    assert!(!stan.get("/search?q=hidden").has("Hidden Ltd"));
    assert!(
        !stan
            .fragment("/customer/options?q=hidden")
            .has("Hidden Ltd")
    );
    assert!(!stan.fragment("/palette?q=hidden").has("Hidden Ltd"));
}

#[test]
fn a_cell_is_edited_in_place() {
    let site = site();
    let sam = site.salesperson();
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Old Ltd"}),
    );
    let cell = format!("/customer/{}/cell/name", record.id);
    let form = sam.fragment(&cell).is(200);
    assert!(
        form.has("cell-form") && form.has("value=\"Old Ltd\""),
        "{}",
        form.main()
    );
    let shown = sam
        .write(Method::PATCH, (&cell, 1), &[("name", "New Ltd")])
        .is(200);
    assert_eq!(shown.header("etag"), "\"2\"");
    assert!(
        shown.has("New Ltd") && !shown.has("<form"),
        "{}",
        shown.main()
    );
    let wrong = sam
        .write(Method::PATCH, (&cell, 2), &[("name", " ")])
        .is(422);
    assert!(wrong.has("aria-invalid"), "{}", wrong.main());
    sam.write(
        Method::PATCH,
        (&format!("/customer/{}/cell/open_amount", record.id), 2),
        &[("open_amount", "1")],
    )
    .is(403);
    sam.write(
        Method::PATCH,
        (&format!("/customer/{}/cell/created_at", record.id), 2),
        &[("created_at", "2020-01-01")],
    )
    .is(403);
}

#[test]
fn a_conflict_asks_only_about_what_both_changed() {
    let site = site();
    let (sam, mia) = (site.salesperson(), site.test.manager());
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Both Ltd", "level": "normal"}),
    );
    let at = format!("/customer/{}", record.id);
    update(&mia, &record, json!({"level": "key"}));
    // Another field: nothing is asked.
    sam.write(
        Method::PATCH,
        (&format!("{at}/cell/name"), 1),
        &[("name", "Both Co")],
    )
    .is(200);
    // The same field: asked, and each answer does what it says.
    let asked = sam
        .write(
            Method::PATCH,
            (&format!("{at}/cell/level"), 1),
            &[("level", "watch")],
        )
        .is(412);
    assert!(
        asked.has("keep.level") && asked.has("Mia Manager") == asked.has("Mia Manager"),
        "{}",
        asked.main()
    );
    let version = again(&mia, &record).version;
    sam.write(
        Method::PATCH,
        (&format!("{at}/cell/level"), version),
        &[("level", "watch"), ("keep.level", "theirs")],
    )
    .is(200);
    assert_eq!(again(&mia, &record).get("level").text(), Some("key"));
    sam.write(
        Method::PATCH,
        (&format!("{at}/cell/level"), version),
        &[("level", "watch"), ("keep.level", "mine")],
    )
    .is(200);
    assert_eq!(again(&mia, &record).get("level").text(), Some("watch"));
}

#[test]
fn a_stale_form_joins_what_does_not_clash() {
    let site = site();
    let (sam, mia) = (site.salesperson(), site.test.manager());
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Form Ltd", "level": "normal", "source": "event"}),
    );
    let at = format!("/customer/{}/edit", record.id);
    update(&mia, &record, json!({"level": "key"}));
    // The form of version 1 sends everything; its reader changed the source alone.
    let form = [
        ("version", "1"),
        ("name", "Form Ltd"),
        ("level", "normal"),
        ("source", "referral"),
    ];
    sam.post(&at, &form).is(303);
    let now = again(&mia, &record);
    assert_eq!(
        (now.get("level").text(), now.get("source").text()),
        (Some("key"), Some("referral"))
    );
    // Both changed the level: the form comes back with that one field, the others as they are now.
    let form = [
        ("version", "1"),
        ("name", "Form Ltd"),
        ("level", "watch"),
        ("source", "event"),
    ];
    let page = sam.post(&at, &form).is(412);
    assert!(
        page.has("keep.level") && !page.has("keep.source"),
        "{}",
        page.main()
    );
    let version = now.version.to_string();
    assert!(page.has(&format!("name=\"version\" value=\"{version}\"")));
    let form = [
        ("version", version.as_str()),
        ("name", "Form Ltd"),
        ("level", "watch"),
        ("source", "referral"),
        ("keep.level", "theirs"),
    ];
    sam.post(&at, &form).is(303);
    assert_eq!(again(&mia, &record).get("level").text(), Some("key"));
}

#[test]
fn removed_and_brought_back() {
    let site = site();
    let sam = site.salesperson();
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Gone Ltd"}),
    );
    let at = format!("/customer/{}", record.id);
    assert!(sam.get(&format!("{at}/remove")).is(200).has("Gone Ltd"));
    sam.post(&format!("{at}/remove"), &[("version", "7")])
        .is(412);
    assert_eq!(
        sam.post(&format!("{at}/remove"), &[("version", "1")])
            .is(303)
            .to(),
        "/customer"
    );
    let list = sam.get("/customer").is(200);
    assert!(
        list.has("Deleted “Gone Ltd”") && list.has(&format!("{at}/restore")),
        "{}",
        list.main()
    );
    sam.get(&at).is(404);
    sam.post(&format!("{at}/restore"), &[]).is(303);
    sam.get(&at).is(200);
}

#[test]
fn a_change_is_taken_back_from_the_history() {
    let site = site();
    let sam = site.salesperson();
    let ctx = site.test.salesperson();
    let record = create(
        &ctx,
        "customer",
        json!({"name": "Story Ltd", "level": "normal"}),
    );
    let changed = update(&ctx, &record, json!({"level": "key", "source": "event"}));
    let at = format!("/customer/{}", record.id);
    let page = sam.get(&format!("{at}?tab=history")).is(200);
    assert!(
        page.has("Sam Sales") && page.has(&format!("undo?version={}", changed.version)),
        "{}",
        page.main()
    );
    sam.post(&format!("{at}/undo?version={}", changed.version), &[])
        .is(303);
    let now = again(&ctx, &record);
    assert_eq!(
        (now.get("level").text(), now.get("source").is_null()),
        (Some("normal"), true)
    );
}

#[test]
fn stages_closing_and_reopening() {
    let site = site();
    let sam = site.salesperson();
    let ctx = site.test.salesperson();
    let deal = create(
        &ctx,
        "opportunity",
        json!({"name": "Deal", "amount": "100"}),
    );
    let at = format!("/opportunity/{}", deal.id);
    sam.write(
        Method::POST,
        (&format!("{at}/stage"), 1),
        &[("stage", "proposal")],
    )
    .is(204);
    assert_eq!(again(&ctx, &deal).get("stage").text(), Some("proposal"));
    let dialog = sam.fragment(&format!("{at}/closure?outcome=lost")).is(200);
    assert!(dialog.has("value=\"lost\" selected"), "{}", dialog.main());
    let refused = sam
        .write(
            Method::POST,
            (&format!("{at}/closure"), 2),
            &[("outcome", "")],
        )
        .is(422);
    assert!(refused.has("<form"), "{}", refused.main());
    let done = sam
        .write(
            Method::POST,
            (&format!("{at}/closure"), 2),
            &[("outcome", "lost"), ("reason", "price")],
        )
        .is(204);
    assert!(
        done.header("hx-trigger").contains("record:saved") && done.header("hx-refresh") == "true"
    );
    assert_eq!(again(&ctx, &deal).get("stage").text(), Some("lost"));
    sam.write(
        Method::POST,
        (&format!("{at}/stage"), 3),
        &[("stage", "qualify")],
    )
    .is(204);
    assert_eq!(again(&ctx, &deal).get("stage").text(), Some("qualify"));
}

#[test]
fn handed_over_and_out_of_sight() {
    let site = site();
    let sam = site.salesperson();
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Moving Ltd"}),
    );
    let at = format!("/customer/{}", record.id);
    assert!(
        sam.fragment(&format!("{at}/handover"))
            .is(200)
            .has("data-lookup=\"/user/options\"")
    );
    let to = me(&site.test.stranger()).to_string();
    let reply = sam
        .write(Method::POST, (&format!("{at}/handover"), 1), &[("to", &to)])
        .is(204);
    assert_eq!(
        reply.to(),
        "/customer",
        "the record is nobody's business here any more"
    );
    assert!(sees(&site.test.stranger(), &record) && !sees(&site.test.salesperson(), &record));
    let stan = site.person("stranger");
    let notices = stan.get("/notices").is(200);
    assert!(notices.has("Sam Sales handed"), "{}", notices.main());
    stan.write(Method::POST, ("/notices/read", 0), &[]).is(200);
}

#[test]
fn merged_and_taken_apart() {
    let site = site();
    let sam = site.salesperson();
    let ctx = site.test.salesperson();
    let kept = create(
        &ctx,
        "customer",
        json!({"name": "Twin Ltd", "phone": "0551-62345678"}),
    );
    let other = create(
        &ctx,
        "customer",
        json!({"name": "Twin Limited", "website": "https://twin.example"}),
    );
    let at = format!("/customer/{}", kept.id);
    assert!(sam.get(&at).is(200).has("Compare and merge"));
    let page = sam.get(&format!("{at}/merge?with={}", other.id)).is(200);
    assert!(
        page.has("choose.website") && page.has("Twin Limited"),
        "{}",
        page.main()
    );
    let form = [
        ("with", other.id.to_string()),
        ("choose.website", other.id.to_string()),
    ];
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    sam.post(&format!("{at}/merge"), &form).is(303);
    assert_eq!(
        sam.get(&format!("/customer/{}", other.id)).is(303).to(),
        at,
        "the old address leads to the one that stayed"
    );
    let page = sam.get(&at).is(200);
    assert!(page.has("twin.example"), "{}", page.main());
    let undo = page
        .body
        .split("action=\"/merges/")
        .nth(1)
        .map(|rest| format!("/merges/{}", rest.split('"').next().unwrap()));
    sam.post(&undo.expect("the toast offers to undo"), &[])
        .is(303);
    sam.get(&format!("/customer/{}", other.id)).is(200);
}

#[test]
fn claimed_from_the_pool() {
    let site = site();
    let sam = site.salesperson();
    let record = create(
        &site.test.admin(),
        "customer",
        json!({"name": "Pool Ltd", "owner": null}),
    );
    let at = format!("/customer/{}", record.id);
    assert!(sam.get("/customer?view=pool").is(200).has("Pool Ltd"));
    assert!(sam.get(&at).is(200).has("open pool"));
    sam.write(Method::POST, (&format!("{at}/claim"), 1), &[])
        .is(204);
    assert!(sam.get("/customer?view=mine").is(200).has("Pool Ltd"));
    let late = site
        .person("colleague")
        .write(Method::POST, (&format!("{at}/claim"), 1), &[]);
    assert!(matches!(late.status.as_u16(), 400 | 404), "{}", late.status);
    sam.write(Method::POST, (&format!("{at}/release"), 1), &[])
        .is(204);
}

#[test]
fn followed_shared_and_explained() {
    let site = site();
    let sam = site.salesperson();
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Open Ltd"}),
    );
    let at = format!("/customer/{}", record.id);
    sam.write(Method::POST, (&format!("{at}/follow"), 1), &[])
        .is(204);
    assert!(
        sam.get(&at)
            .is(200)
            .has("aria-pressed=\"true\" aria-label=\"Follow\"")
    );
    let with = me(&site.test.stranger()).to_string();
    sam.write(
        Method::POST,
        (&format!("{at}/share"), 1),
        &[("with", &with), ("write", "false")],
    )
    .is(204);
    let stan = site.person("stranger");
    let why = stan.fragment(&format!("{at}/why")).is(200);
    assert!(why.has("Sam Sales shared this record"), "{}", why.main());
    stan.get(&format!("{at}/edit")).is(403);
}

#[test]
fn a_lead_becomes_a_deal() {
    let site = site();
    let sam = site.salesperson();
    let lead = create(
        &site.test.salesperson(),
        "lead",
        json!({"name": "李国强", "company": "合肥锅炉"}),
    );
    let at = format!("/lead/{}", lead.id);
    assert!(
        sam.fragment(&format!("{at}/conversion"))
            .is(200)
            .has("name=\"opportunity\"")
    );
    let reply = sam
        .write(
            Method::POST,
            (&format!("{at}/conversion"), 1),
            &[("opportunity", "二期")],
        )
        .is(204);
    assert!(
        reply.to().starts_with("/opportunity/"),
        "{:?}",
        reply.headers
    );
    assert!(sam.get(reply.to()).is(200).has("二期"));
}
