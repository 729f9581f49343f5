//! Lists: filters in the address, further rows, boards, many at once, files out.

use crate::browser::site;
use axum::http::Method;
use guanxi_testkit::{again, create, me, refusal, try_create};
use serde_json::json;

#[test]
fn a_filter_is_an_address_and_its_chips_lead_on() {
    let site = site();
    let sam = site.salesperson();
    let ctx = site.test.salesperson();
    create(&ctx, "customer", json!({"name": "Key Ltd", "level": "key"}));
    create(
        &ctx,
        "customer",
        json!({"name": "Plain Ltd", "level": "normal"}),
    );
    let page = sam.get("/customer?filter=level%20%3D%20%22key%22").is(200);
    assert!(
        page.has("Key Ltd") && !page.has("Plain Ltd") && page.has("class=\"chip\""),
        "{}",
        page.main()
    );
    assert!(page.has("1 in all"));
    let bad = sam.get("/customer?filter=nonsense%20%3D").is(400);
    assert!(bad.has("400"), "{}", bad.main());
    sam.get("/customer?sort=nonsense").is(400);
    let added = sam
        .get("/customer/filter/apply?was=&filter=&field=level&operator=%3D&value=normal")
        .is(303);
    assert!(
        added.to().contains("filter=level+%3D+%22normal%22"),
        "{}",
        added.to()
    );
    let both = sam.get("/customer/filter/apply?was=level+%3D+%22key%22&filter=level+%3D+%22key%22&field=name&operator=~&value=key%22x").is(303);
    assert!(
        both.to().contains("name+%7E+%22key%5C%22x%22"),
        "quoted: {}",
        both.to()
    );
    sam.get("/customer/filter/apply?was=&filter=oops+oops&field=level&operator=%3D&value=")
        .is(422);
}

#[test]
fn rows_go_on_by_key_and_the_count_is_exact_on_request() {
    let site = site();
    let sam = site.salesperson();
    let ctx = site.test.salesperson();
    for at in 0..60 {
        create(&ctx, "task", json!({"subject": format!("Task {at:02}")}));
    }
    let page = sam.get("/task?view=all&sort=subject").is(200);
    assert!(page.has("Task 00") && page.has("Task 49") && !page.has("Task 50"));
    let next = page
        .body
        .split("hx-get=\"/task/rows?")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let next = format!("/task/rows?{}", next.replace("&amp;", "&"));
    let rows = sam.fragment(&next).is(200);
    assert!(
        rows.has("Task 50") && rows.has("Task 59") && !rows.has("Task 49") && !rows.has("<html"),
        "{}",
        rows.main()
    );
    assert!(
        sam.fragment("/task/count?view=all")
            .is(200)
            .has("60 in all")
    );
    sam.fragment("/task/rows?view=all&cursor=forged").is(400);
}

#[test]
fn columns_and_views_of_the_own() {
    let site = site();
    let sam = site.salesperson();
    create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "Seen Ltd", "website": "https://seen.example"}),
    );
    let reply = sam
        .post(
            "/customer/columns?view=mine",
            &[("column", "name"), ("column", "website")],
        )
        .is(303);
    assert!(
        reply.to().contains("columns=name%2Cwebsite"),
        "{}",
        reply.to()
    );
    assert!(sam.get(reply.to()).is(200).has("seen.example"));
    let kept = sam
        .post(
            "/customer/views",
            &[
                ("name", "My <view>"),
                ("query", "filter=owner+%3D+%24me&evil=1"),
            ],
        )
        .is(303);
    assert!(!kept.to().contains("evil"));
    let page = sam.get(kept.to()).is(200);
    assert!(page.has("My &lt;view&gt;"), "{}", page.main());
    assert!(
        !site
            .person("colleague")
            .get("/customer")
            .is(200)
            .has("My &lt;view&gt;"),
        "a view is its maker's"
    );
    sam.post("/customer/views", &[("name", " "), ("query", "")])
        .is(422);
}

#[test]
fn a_board_has_lanes_with_totals_and_moves_cards() {
    let site = site();
    let sam = site.salesperson();
    let ctx = site.test.salesperson();
    let one = create(
        &ctx,
        "opportunity",
        json!({"name": "One", "amount": "1000"}),
    );
    create(
        &ctx,
        "opportunity",
        json!({"name": "Two", "amount": "500", "stage": "proposal"}),
    );
    create(
        &site.test.stranger(),
        "opportunity",
        json!({"name": "Foreign", "amount": "77"}),
    );
    let board = sam.get("/opportunity?view=board").is(200);
    assert!(
        board.has("id=\"lane-head-qualify\"") && board.has("¥1,000") && board.has("¥500"),
        "{}",
        board.main()
    );
    assert!(
        !board.has("Foreign") && board.has("data-closing=\"won\"") && board.has("data-allowed=")
    );
    let go = board
        .body
        .split(&format!("data-record=\"opportunity/{}\"", one.id))
        .nth(1)
        .unwrap();
    let go = go
        .split("data-move=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let heads = sam
        .write(
            Method::POST,
            (&go, 1),
            &[("stage", "proposal"), ("before", "")],
        )
        .is(200);
    assert!(
        heads.has("hx-swap-oob=\"true\"") && heads.has("¥1,500"),
        "{}",
        heads.main()
    );
    assert_eq!(heads.header("etag"), "\"2\"");
    assert_eq!(again(&ctx, &one).get("stage").text(), Some("proposal"));
    sam.write(Method::POST, (&go, 2), &[("stage", "due")])
        .is(400);
    assert!(
        sam.get("/opportunity?as=board&pipeline=renewal")
            .is(200)
            .has("lane-head-due")
    );
    assert!(sam.get("/task?view=board").is(200).has("lane-head-planned"));
    let card = sam
        .fragment(&format!("/opportunity/card?view=board&id={}", one.id))
        .is(200);
    assert!(
        card.has("<article") && !card.has("<html"),
        "{}",
        card.main()
    );
}

#[test]
fn many_at_once_each_for_itself() {
    let site = site();
    let sam = site.salesperson();
    let (ctx, mia) = (site.test.salesperson(), site.test.manager());
    let records: Vec<_> = (0..5)
        .map(|at| {
            create(
                &ctx,
                "customer",
                json!({"name": format!("Bulk {at} Ltd"), "level": "normal"}),
            )
        })
        .collect();
    let foreign = create(
        &site.test.stranger(),
        "customer",
        json!({"name": "Foreign Ltd", "level": "normal"}),
    );
    assert!(
        sam.fragment("/customer/bulk/edit?n=3")
            .is(200)
            .has("data-bulk-form")
    );
    let ids = format!("{},{},{}", records[0].id, records[1].id, foreign.id);
    let done = sam
        .write(
            Method::POST,
            ("/customer/bulk/edit", 0),
            &[("level", "key"), ("source", ""), ("ids", &ids)],
        )
        .is(204);
    assert_eq!(done.header("hx-refresh"), "true");
    assert_eq!(again(&mia, &records[0]).get("level").text(), Some("key"));
    assert_eq!(
        again(&site.test.stranger(), &foreign).get("level").text(),
        Some("normal"),
        "what is not seen is not changed"
    );
    let page = sam.get("/customer").is(200);
    assert!(
        page.has("2 done.") && page.has("1 not done"),
        "{}",
        page.main()
    );
    // All that match: the filter is asked again, within the caller's rights.
    let all = [
        ("level", "watch"),
        ("all", "1"),
        ("filter", "filter=level+%3D+%22normal%22"),
    ];
    sam.write(Method::POST, ("/customer/bulk/edit", 0), &all)
        .is(204);
    let level = |at: usize| {
        again(&mia, &records[at])
            .get("level")
            .text()
            .map(str::to_owned)
    };
    assert_eq!(
        (
            level(0).as_deref(),
            level(2).as_deref(),
            level(4).as_deref()
        ),
        (Some("key"), Some("watch"), Some("watch"))
    );
    assert_eq!(
        again(&site.test.stranger(), &foreign).get("level").text(),
        Some("normal")
    );
    let to = me(&site.test.colleague()).to_string();
    sam.write(
        Method::POST,
        ("/customer/bulk/handover", 0),
        &[("to", &to), ("ids", &ids)],
    )
    .is(204);
    assert_eq!(
        again(&mia, &records[0]).owner,
        site.test.colleague().actor.seq()
    );
    sam.write(Method::POST, ("/customer/bulk/edit", 0), &[("ids", &ids)])
        .is(422);
    sam.write(
        Method::POST,
        ("/customer/bulk/remove", 0),
        &[("ids", &records[3].id.to_string())],
    )
    .is(204);
    sam.get(&format!("/customer/{}", records[3].id)).is(404);
    sam.write(Method::POST, ("/customer/bulk/merge", 0), &[("ids", &ids)])
        .is(404);
}

#[test]
fn pickers_search_on_the_server() {
    let site = site();
    let sam = site.salesperson();
    let record = create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "合肥锅炉"}),
    );
    let found = sam.fragment("/customer/options?q=hfgl").is(200);
    assert!(
        found.has(&record.id.to_string()) && found.has("role=\"option\""),
        "{}",
        found.main()
    );
    assert!(
        sam.fragment("/user/options?q=cora")
            .is(200)
            .has("Cora Colleague")
    );
    let open = sam
        .fragment("/customer/options?field=source&q=Trade+show")
        .is(200);
    assert!(
        open.has("data-value=\"Trade show\""),
        "an open list takes what was typed: {}",
        open.main()
    );
    assert!(
        !sam.fragment("/customer/options?field=level&q=Trade")
            .is(200)
            .has("data-value=\"Trade\"")
    );
    assert!(
        sam.fragment("/search/options?q=hefei")
            .is(200)
            .has(&format!("customer:{}", record.id))
    );
    sam.fragment("/customer/options?field=nonsense").is(404);
}

#[test]
fn the_list_as_a_file() {
    let site = site();
    let sam = site.salesperson();
    let ctx = site.test.salesperson();
    create(
        &ctx,
        "customer",
        json!({"name": "=1+1 Ltd", "level": "key"}),
    );
    create(&ctx, "customer", json!({"name": "Other Ltd"}));
    let file = sam
        .get("/customer/export?format=csv&filter=level%20%3D%20%22key%22")
        .is(200);
    assert!(file.header("content-disposition").contains("customer.csv"));
    assert!(
        file.has("1+1 Ltd") && !file.has("Other Ltd") && !file.has("\n=1+1"),
        "{}",
        file.main()
    );
    assert!(
        sam.get("/customer/export?format=xlsx")
            .is(200)
            .header("content-type")
            .contains("spreadsheet")
    );
    sam.get("/customer/export?format=csv&filter=nonsense+%3D")
        .is(400);
    assert_eq!(
        refusal(try_create(
            &site.test.reader(),
            "customer",
            json!({"name": "x"})
        )),
        "403 create"
    );
}

#[test]
fn search_tells_the_reason() {
    let site = site();
    let sam = site.salesperson();
    create(
        &site.test.salesperson(),
        "customer",
        json!({"name": "合肥锅炉制造", "phone": "0551-62345678"}),
    );
    let page = sam.get("/search?q=%E9%94%85%E7%82%89").is(200);
    assert!(page.has("<mark>锅炉</mark>"), "{}", page.main());
    assert!(sam.get("/search?q=2345").is(200).has("合肥锅炉制造"));
    assert!(sam.get("/search?q=zzzz").is(200).has("Nothing found"));
    assert!(sam.fragment("/palette?q=hfgl").is(200).has("合肥"));
    assert!(
        sam.fragment("/palette?q=new%20cust")
            .is(200)
            .has("/customer/new")
    );
}
