//! Every door of the pages shows what the matrix of the API says that the person reads, and nothing else.

use crate::browser::{Browser, Site, site};
use guanxi_engine::accounts::{self, NewUser};
use guanxi_engine::files;
use guanxi_testkit::{create, email, me, object};
use serde_json::{Value as Json, json};

/// The file that `crates/api/tests/matrix.rs` holds to what the engine does.
const MATRIX: &str = include_str!("../../../api/tests/matrix.txt");
const ROLES: [&str; 4] = ["manager", "salesperson", "service", "read_only"];
const OBJECTS: [&str; 5] = ["customer", "contact", "lead", "opportunity", "task"];
const STANDINGS: [char; 5] = ['o', 't', 'b', 'x', 'p'];

/// With whose rows the role may do it: the letters of a column of the matrix.
fn letters(role: &str, object: &str, column: usize) -> &'static str {
    let of_role = MATRIX
        .split(&format!("\n{role}\n"))
        .nth(1)
        .unwrap()
        .lines()
        .find(|line| line.split_whitespace().next() == Some(object))
        .unwrap();
    of_role.split_whitespace().nth(column).unwrap()
}

fn join(site: &Site, address: &str, role: &str, department: &str) {
    let new = NewUser {
        email: email(address),
        name: address.to_owned(),
        roles: vec![role.to_owned()],
        department: Some(department.to_owned()),
        password: None,
    };
    accounts::add(&site.test.system(), new).unwrap();
}

/// A row of each standing: its letter, its id, its name.
fn rows(site: &Site, role: &str, name: &str) -> Vec<(char, String, String)> {
    let admin = site.test.person("admin");
    let owner = |at: char| match at {
        'o' => json!(me(&site.test.person(&format!("d_{role}")))),
        't' => json!(me(&site.test.person("mate"))),
        'b' => json!(me(&site.test.person("below"))),
        'x' => json!(me(&site.test.person("other"))),
        _ => Json::Null,
    };
    let title = if name == "task" { "subject" } else { "name" };
    let made = |at: char| {
        let word = format!("Door{}{name}{at}", role.replace('_', ""));
        let mut fields = json!({title: word, "owner": owner(at)});
        if name == "contact" {
            let parent = json!({"name": "parent", "owner": owner(at)});
            fields["customer"] = json!(create(&admin, "customer", parent).id);
        }
        let id = create(&admin, name, fields).id;
        let target = object(&admin, name);
        files::put(&admin, &target, id, "a.txt", &mut &b"door"[..]).unwrap();
        (at, id.to_string(), word)
    };
    STANDINGS.into_iter().map(made).collect()
}

#[test]
fn every_door_of_the_pages_is_the_matrix() {
    let site = site();
    join(&site, "mate", "salesperson", "Sales/East");
    join(&site, "below", "salesperson", "Sales/East/North");
    join(&site, "other", "salesperson", "Sales/West");
    for role in ROLES {
        join(&site, &format!("d_{role}"), role, "Sales/East");
        let browser = site.person(&format!("d_{role}"));
        for object in OBJECTS {
            let rows = rows(&site, role, object);
            let (read, export) = (letters(role, object, 2), letters(role, object, 5));
            for (at, id, word) in &rows {
                let seen = read.contains(*at);
                shown(&browser, (role, object, *at), (id, word), seen);
                attached(&site, &browser, (role, object, *at), id, seen);
            }
            exported(&browser, (role, object), &rows, export);
            removed(&site, &browser, (role, object), &rows);
        }
    }
}

fn shown(browser: &Browser, at: (&str, &str, char), (id, word): (&str, &str), seen: bool) {
    let object = at.1;
    let title = if object == "task" { "subject" } else { "name" };
    let filter = format!("filter={title}%20%3D%20%22{word}%22");
    let is = |door: &str, shown: bool| assert_eq!(shown, seen, "{at:?}: {door}");
    for door in ["", "/peek", "/why", "/history", "/timeline"] {
        let reply = browser.fragment(&format!("/{object}/{id}{door}"));
        is(door, reply.status == 200);
        assert!(seen || !reply.has(word), "{at:?}: {door} tells its name");
    }
    // Where the question itself has the name, the id is what tells.
    for door in [
        format!("/{object}?{filter}"),
        format!("/{object}/rows?{filter}"),
        format!("/{object}?as=calendar&date=created_at&{filter}"),
        format!("/{object}/options?q={word}"),
        format!("/search?q={word}"),
        format!("/search/options?q={word}"),
        format!("/palette?q={word}"),
    ] {
        let reply = browser.fragment(&door).is(200);
        is(&door, reply.has(id));
    }
    if ["lead", "opportunity"].contains(&object) {
        let board = browser.fragment(&format!("/{object}?{filter}&view=board"));
        is("board", board.is(200).has(id));
    }
    let counted = browser
        .fragment(&format!("/{object}/count?{filter}"))
        .is(200);
    is("count", counted.has(">1"));
    for by in ["owner", "department"] {
        let chart = browser.fragment(&format!("/{object}?as=chart&by={by}&{filter}"));
        is("chart", chart.is(200).has("class=\"bar\""));
    }
    let form = browser.post(
        &format!("/{object}/new"),
        &[
            (title, word),
            ("level", "none such"),
            ("email", "nonsense"),
            ("probability", "999"),
        ],
    );
    assert!(seen || !form.has(id), "{at:?}: the warning of duplicates");
}

fn attached(site: &Site, browser: &Browser, at: (&str, &str, char), id: &str, seen: bool) {
    let admin = site.test.person("admin");
    let list = files::list(&admin, &object(&admin, at.1), id.parse().unwrap()).unwrap();
    let reply = browser.get(&format!("/files/{}", list[0].id));
    assert_eq!(reply.status == 200, seen, "{at:?}: a file");
    assert_eq!(reply.has("door"), seen, "{at:?}: a file's content");
}

fn exported(browser: &Browser, at: (&str, &str), rows: &[(char, String, String)], export: &str) {
    for format in ["csv", "json"] {
        // A view of its own would keep the list's.
        let title = if at.1 == "task" { "subject" } else { "name" };
        let all = format!("filter={title}%20%5E%3D%20%22Door%22");
        let file = browser.get(&format!("/{}/export?format={format}&{all}", at.1));
        for (standing, id, _) in rows {
            let allowed = export.contains(*standing);
            assert_eq!(file.has(id), allowed, "{at:?} {standing}: {format}");
        }
        assert_eq!(file.status == 200, export != "-", "{at:?}: {}", file.status);
    }
}

/// Of all that were ticked, those go that the person may remove.
fn removed(site: &Site, browser: &Browser, at: (&str, &str), rows: &[(char, String, String)]) {
    let delete = letters(at.0, at.1, 4);
    let ids: Vec<&str> = rows.iter().map(|(_, id, _)| id.as_str()).collect();
    browser.post(
        &format!("/{}/bulk/remove", at.1),
        &[("ids", &ids.join(","))],
    );
    let admin = site.person("admin");
    for (standing, id, _) in rows {
        let stays = admin.get(&format!("/{}/{id}", at.1)).status == 200;
        assert_eq!(
            !stays,
            delete.contains(*standing),
            "{at:?} {standing}: bulk removal"
        );
    }
}

/// A name that a role hides is in no page, though the record is.
#[test]
fn a_hidden_name_is_nowhere() {
    let site = site();
    let system = site.test.system();
    let role =
        json!({"default": {"read": "all", "create": "own"}, "fields": {"contact.name": "none"}});
    guanxi_engine::admin::set_role(&system, "nameless", role).unwrap();
    join(&site, "nameless", "nameless", "Sales/East");
    let admin = site.test.person("admin");
    let customer = create(&admin, "customer", json!({"name": "Known Ltd"})).id;
    let fields = json!({"name": "Zacharias", "customer": customer, "mobile": "13712349876"});
    let contact = create(&admin, "contact", fields).id;
    create(
        &admin,
        "task",
        json!({"subject": "ask", "contact": contact}),
    );
    let browser = site.person("nameless");
    for door in [
        "/".to_owned(),
        "/contact".to_owned(),
        "/contact?view=board".to_owned(),
        "/contact/rows".to_owned(),
        format!("/contact/{contact}"),
        format!("/contact/{contact}/peek"),
        format!("/contact/{contact}/history"),
        format!("/customer/{customer}"),
        format!("/customer/{customer}/timeline"),
        "/task".to_owned(),
        "/contact/options".to_owned(),
        "/contact/options?q=13712349876".to_owned(),
        "/search?q=13712349876".to_owned(),
        "/search/options?q=13712349876".to_owned(),
        "/palette?q=13712349876".to_owned(),
    ] {
        let reply = browser.fragment(&door);
        assert_eq!(reply.status, 200, "{door}");
        assert!(!reply.has("Zacharias"), "{door}");
    }
}
