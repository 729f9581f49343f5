//! What is kept for people: views and who shares them, undo of one and of many, merges, work that was left.

use crate::browser::{Browser, Reply, site};
use axum::http::Method;
use guanxi_engine::read;
use guanxi_meta::role::FieldRight;

fn id_of(reply: &Reply) -> String {
    reply.to().rsplit('/').next().unwrap().to_owned()
}

fn make(browser: &Browser<'_>, name: &str) -> String {
    id_of(
        &browser
            .post(
                "/customer/new",
                &[("name", name), ("_accept_duplicates", "true")],
            )
            .is(303),
    )
}

/// The undo address that the next page's message offers.
fn offered(browser: &Browser<'_>) -> String {
    let page = browser.get("/").is(200);
    let toasts = page.body.split("id=\"toasts\"").nth(1).unwrap();
    let action = toasts
        .split("action=\"")
        .nth(1)
        .expect("no undo is offered");
    action.split('"').next().unwrap().replace("&amp;", "&")
}

#[test]
fn views_are_shared_ordered_renamed_and_open_the_list() {
    let site = site();
    let (sam, ann) = (site.salesperson(), site.person("admin"));
    let keep = |name: &str, sharing: &str, filter: &str| {
        let query = format!("as=table&filter={filter}&sort=&columns=name");
        sam.post(
            "/customer/views",
            &[("name", name), ("sharing", sharing), ("query", &query)],
        )
        .is(303);
    };
    keep("Mine alone", "nobody", "name+~+%22a%22");
    keep("For all", "everybody", "name+~+%22b%22");
    let theirs = ann.get("/customer").is(200);
    assert!(theirs.has("For all") && !theirs.has("Mine alone"));
    let dialog = sam.get("/customer/views").is(200);
    let ids: Vec<String> = dialog
        .body
        .split("name=\"id\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    // A reader of a shared view arranges only what is the reader's own.
    assert!(!ann.get("/customer/views").is(200).has(&ids[1]));
    let names = [format!("name.{}", ids[0]), format!("name.{}", ids[1])];
    let opening = "as=table&filter=name+%7E+%22b%22&sort=-created_at&columns=name";
    let form = [
        ("id", ids[1].as_str()),
        ("id", ids[0].as_str()),
        (names[0].as_str(), "Only mine"),
        (names[1].as_str(), "For everybody"),
        ("opening", opening),
    ];
    sam.post("/customer/views/arrange", &form).is(303);
    let list = sam.get("/customer").is(200);
    let (first, second) = (
        list.body.find("For everybody").unwrap(),
        list.body.find("Only mine").unwrap(),
    );
    assert!(first < second, "the order is not kept");
    // The opening view's condition holds where the address says nothing.
    assert!(list.main().contains("class=\"chip\""));
    assert!(
        !sam.get("/customer?view=all")
            .is(200)
            .main()
            .contains("class=\"chip\"")
    );
    let gone = [
        ("id", ids[0].as_str()),
        (names[0].as_str(), "Only mine"),
        ("remove", ids[0].as_str()),
    ];
    sam.post("/customer/views/arrange", &gone).is(200);
    assert!(!sam.get("/customer?view=all").is(200).has("Only mine"));
    // An empty name is refused, and nothing is lost by it.
    let blank = [("id", ids[1].as_str()), (names[1].as_str(), " ")];
    assert!(
        sam.post("/customer/views/arrange", &blank)
            .has("role=\"alert\"")
    );
}

#[test]
fn edits_moves_and_bulk_acts_are_taken_back_from_the_message() {
    let site = site();
    let sam = site.salesperson();
    let ids = ["Ash", "Birch", "Cedar"].map(|name| make(&sam, name));
    let look = |id: &str| {
        let ctx = site.test.salesperson();
        read::lookup(&ctx, &ctx.object("customer").unwrap(), id.parse().unwrap()).unwrap()
    };
    let level = |id: &str| look(id).unwrap().get("level").text().map(str::to_owned);
    // One field in its place.
    let cell = format!("/customer/{}/cell/level", ids[0]);
    let saved = sam
        .write(Method::PATCH, (&cell, 1), &[("level", "key")])
        .is(200);
    let toast: serde_json::Value = serde_json::from_str(saved.header("hx-trigger")).unwrap();
    let undo = toast["toast"]["undo"].as_str().unwrap().to_owned();
    assert_eq!(level(&ids[0]).as_deref(), Some("key"));
    sam.post(&undo, &[]).is(303);
    assert_eq!(level(&ids[0]), None);
    // Many at once; what somebody changed since stays.
    let chosen = ids.join(",");
    sam.post(
        "/customer/bulk/edit",
        &[("ids", &chosen), ("level", "watch")],
    )
    .is(303);
    let undo = offered(&sam);
    assert_eq!(level(&ids[1]).as_deref(), Some("watch"));
    let cell = format!("/customer/{}/cell/level", ids[2]);
    let version = look(&ids[2]).unwrap().version;
    sam.write(Method::PATCH, (&cell, version), &[("level", "strategic")])
        .is(200);
    // Another person takes nothing back with that address.
    site.person("admin").post(&undo, &[]).is(303);
    assert_eq!(level(&ids[1]).as_deref(), Some("watch"));
    sam.post(&undo, &[]).is(303);
    assert_eq!(level(&ids[0]), None);
    assert_eq!(level(&ids[1]), None);
    assert_eq!(level(&ids[2]).as_deref(), Some("strategic"));
    // Removed ones come back.
    let ann = site.person("admin");
    ann.post("/customer/bulk/remove", &[("ids", &chosen)])
        .is(303);
    let undo = offered(&ann);
    assert!(look(&ids[0]).is_none());
    ann.post(&undo, &[]).is(303);
    assert!(ids.iter().all(|id| look(id).is_some()));
    ann.post("/customer/bulk-undo?mark=import:1&from=0&until=9", &[])
        .is(404);
}

#[test]
fn merges_are_remembered_where_people_look_and_can_be_looked_at_before_they_are_taken_back() {
    let site = site();
    let ann = site.person("admin");
    let (kept, other) = (make(&ann, "Rowan Ltd"), make(&ann, "Rowan Limited"));
    let phone = [
        ("name", "Rowan Limited"),
        ("phone", "0551-62345678"),
        ("version", "1"),
    ];
    ann.post(&format!("/customer/{other}/edit"), &phone).is(303);
    let choose = [("with", other.as_str()), ("choose.phone", other.as_str())];
    ann.post(&format!("/customer/{kept}/merge"), &choose)
        .is(303);
    let history = ann.get(&format!("/customer/{kept}?tab=history")).is(200);
    let merge = history
        .body
        .split("href=\"/merges/")
        .nth(1)
        .expect("no merge on the record");
    let merge = format!("/merges/{}", merge.split('"').next().unwrap());
    assert!(ann.get("/settings/merges").is(200).has(&merge));
    let dialog = ann.get(&merge).is(200);
    assert!(dialog.has("Rowan Limited") && dialog.has("62345678"));
    // Who does not see the record that stayed is told nothing, and only administrators see the list.
    site.salesperson().get(&merge).is(404);
    site.salesperson().get("/settings/merges").is(403);
    ann.post(&format!("{merge}/undo?at=/customer/{kept}"), &[])
        .is(303);
    ann.get(&format!("/customer/{other}")).is(200);
    assert!(!ann.get(&merge).is(200).has("/undo"));
}

#[test]
fn roles_bind_fields_and_explain_themselves() {
    let site = site();
    let (ann, sam) = (site.person("admin"), site.salesperson());
    let id = make(&sam, "Hazel Works");
    let page = ann
        .get("/settings/roles?role=salesperson&object=customer")
        .is(200);
    assert!(page.has("name=\"field.customer.phone\""));
    let form = [
        ("field.customer.phone", "none"),
        ("field.customer.email", "read"),
    ];
    ann.post("/settings/roles?role=salesperson&object=customer", &form)
        .is(303);
    let seen = sam.get(&format!("/customer/{id}")).is(200);
    assert!(!seen.has("data-field=\"phone\"") && seen.has("data-field=\"email\""));
    sam.fragment(&format!("/customer/{id}/cell/email")).is(403);
    sam.fragment(&format!("/customer/{id}/cell/phone")).is(404);
    let right =
        |field: &str| site.test.admin().catalog.roles["salesperson"].field("customer", field);
    let before = site.test.admin().catalog.roles["salesperson"].fields.len();
    assert_eq!(right("phone"), FieldRight::None);
    assert_eq!(right("email"), FieldRight::Read);
    // Scopes stay as they were, and a right that is given back is no longer named.
    assert!(sam.get("/customer").is(200).has("Hazel Works"));
    ann.post(
        "/settings/roles?role=salesperson&object=customer",
        &[("field.customer.phone", "write")],
    )
    .is(303);
    assert_eq!(right("phone"), FieldRight::Write);
    // It is no longer named, and what the page did not show is.
    let now = site.test.admin().catalog.roles["salesperson"].fields.len();
    assert_eq!(now, before - 1);
    let person = site.test.salesperson().person().unwrap().id;
    let why = format!("/settings/roles?role=salesperson&who={person}&about=customer:{id}");
    assert!(ann.get(&why).is(200).main().contains("Owns this record"));
    sam.get(&why).is(403);
}

#[test]
fn a_filter_as_text_is_checked_with_its_place_and_said_in_words() {
    let site = site();
    let sam = site.salesperson();
    make(&sam, "Maple");
    let check = |filter: &str| -> serde_json::Value {
        let query = serde_urlencoded::to_string([("filter", filter)]).unwrap();
        let reply = sam.get(&format!("/customer/filter/check?{query}")).is(200);
        serde_json::from_str(&reply.body).unwrap()
    };
    assert_eq!(check("name ~ \"Map\" or level = \"key\"")["count"], "1");
    let wrong = check("name ~ \"Map\" and levle = \"key\"");
    assert_eq!(
        (wrong["position"].as_u64(), wrong["suggestion"].as_str()),
        (Some(17), Some("level"))
    );
    let names = sam.get("/customer/filter/names").is(200);
    assert!(names.has("\"name\":\"level\"") && names.has("strategic"));
    let query = serde_urlencoded::to_string([(
        "filter",
        "level = \"key\" or last_contact_at < today() - 30d",
    )])
    .unwrap();
    let list = sam.get(&format!("/customer?{query}")).is(200);
    assert!(
        list.main()
            .contains("Level is Key or Last contact less than today - 30 d"),
        "{}",
        list.main()
    );
    // A part that no single condition says opens as text.
    assert!(list.has("as_text=1"));
    sam.get("/background").is(200);
    assert_eq!(sam.fragment("/background/running").is(200).body.trim(), "");
}
