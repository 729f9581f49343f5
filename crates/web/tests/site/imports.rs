//! The wizard: a file comes in, is tried, is written, is taken back.

use crate::browser::{Browser, Reply, site};
use guanxi_testkit::create;
use serde_json::json;
use std::time::Duration;

/// Waits for the work on its own thread.
fn settled(browser: &Browser<'_>, path: &str) -> Reply {
    for _ in 0..200 {
        let page = browser.get(path);
        if page.status != 200 || !page.has("import-progress") {
            return page;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("{path} does not end");
}

#[test]
fn a_file_is_tried_written_and_taken_back() {
    let site = site();
    let sam = site.salesperson();
    create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Old Ltd"}),
    );
    assert!(
        sam.get("/import?object=customer")
            .is(200)
            .has("type=\"file\"")
    );
    let file =
        "Name,Phone,Remark\nAlpha Ltd,0551-62345678,x\nBeta Ltd,not a phone,y\nGamma Ltd,,z\n";
    let received = sam
        .upload(
            "/import",
            &[("object", "customer")],
            ("customers.csv", file),
        )
        .is(303);
    let mapping = received.to().to_owned();
    let page = sam.get(&mapping).is(200);
    assert!(
        page.has("value=\"name\" selected") && page.has("Alpha Ltd"),
        "{}",
        page.main()
    );
    let tried = sam
        .post(
            &mapping,
            &[
                ("map.0", "name"),
                ("map.1", "phone"),
                ("map.2", ""),
                ("mode", "create"),
            ],
        )
        .is(303);
    let check = settled(&sam, tried.to()).is(200);
    assert!(
        check.has("Nothing has been saved yet") && check.has("not a phone") || check.has("Phone"),
        "{}",
        check.main()
    );
    assert!(!sam.get("/customer").has("Alpha Ltd"));
    let run = sam.post(tried.to(), &[]).is(303);
    let result = settled(&sam, run.to()).is(200);
    assert!(result.has("Import finished"), "{}", result.main());
    let list = sam.get("/customer").is(200);
    assert!(list.has("Alpha Ltd") && list.has("Gamma Ltd") && !list.has("Beta Ltd"));
    let failed = sam.get(&format!("{}/failed", run.to())).is(200);
    assert!(failed.has("Beta Ltd"), "{}", failed.main());
    site.person("stranger").get(run.to()).is(404);
    sam.post(&format!("{}/undo", run.to()), &[]).is(303);
    settled(&sam, run.to()).is(200);
    let list = sam.get("/customer").is(200);
    assert!(!list.has("Alpha Ltd") && list.has("Old Ltd"));
}

#[test]
fn what_is_no_table_is_told() {
    let site = site();
    let sam = site.salesperson();
    let page = sam.upload("/import", &[("object", "customer")], ("empty.csv", ""));
    assert!(matches!(page.status.as_u16(), 400 | 422), "{}", page.status);
    sam.upload(
        "/import",
        &[("object", "nonsense")],
        ("a.csv", "a,b\n1,2\n"),
    )
    .is(404);
}
