//! The same list as a calendar and as a chart: of what the reader may see, and every number leads to its records.

use crate::browser::{Reply, site};
use guanxi_testkit::create;
use serde_json::json;

/// The addresses of a page's links of this class.
fn links(page: &Reply, class: &str) -> Vec<String> {
    let begins = format!("class=\"{class}\" href=\"");
    let pieces = page.body.split(begins.as_str()).skip(1);
    let ends = pieces.map(|rest| rest.split('"').next().unwrap_or_default());
    ends.map(|link| link.replace("&amp;", "&")).collect()
}

#[test]
fn a_month_shows_whose_day_is_when_and_leads_to_the_rest() {
    let site = site();
    let sam = site.salesperson();
    let (ctx, other) = (site.test.salesperson(), site.test.stranger());
    for at in 0..6 {
        let deal = json!({"name": format!("Deal {at} of May"), "close_date": "2030-05-03"});
        create(&ctx, "opportunity", deal);
    }
    for (name, day) in [("Of April", "2030-04-30"), ("Of June", "2030-06-15")] {
        create(
            &ctx,
            "opportunity",
            json!({"name": name, "close_date": day}),
        );
    }
    create(
        &other,
        "opportunity",
        json!({"name": "Deal of another", "close_date": "2030-05-03"}),
    );
    let page = sam.get("/opportunity?view=calendar&month=2030-05").is(200);
    // The grid begins on Monday the 29th of April; June is another page.
    assert!(page.has("Deal 0 of May") && page.has("Of April") && !page.has("Of June"));
    assert!(!page.has("Deal of another"), "{}", page.main());
    assert!(page.has("May 2030") && page.has("+2"), "{}", page.main());
    let more = links(&page, "entry-more link small");
    let [rest] = more.as_slice() else {
        panic!("one day has more: {more:?}");
    };
    let day = sam.get(rest).is(200);
    assert!(day.has("6 in all") && day.has("Deal 5 of May") && !day.has("Of April"));
    assert!(page.has("/opportunity/new?close_date=2030-05-03"));
    assert!(page.has("month=2030-04") && page.has("month=2030-06"));

    // By another day of the object, and in whole months of the reader's own calendar.
    create(
        &ctx,
        "meeting",
        json!({"subject": "Late", "start_at": "2030-05-31T18:30:00Z"}),
    );
    let may = sam.get("/meeting?view=calendar&month=2030-05").is(200);
    let june = sam.get("/meeting?view=calendar&month=2030-06").is(200);
    let zone = &ctx.zone;
    let at: jiff::Timestamp = "2030-05-31T18:30:00Z".parse().unwrap();
    let local = at.to_zoned(zone.clone()).strftime("%H:%M").to_string();
    for page in [&may, &june] {
        assert!(page.has("Late") && page.has(&local), "{}", page.main());
    }
    let made = sam
        .get("/opportunity?view=calendar&date=created_at")
        .is(200);
    assert!(made.has("+4"), "{}", made.main());
    // What nobody can mean is the present month.
    for month in [
        "", "abc", "2030-13", "99999-01", "-1-1", "9999-12", "0001-01",
    ] {
        sam.get(&format!("/opportunity?view=calendar&month={month}"))
            .is(200);
    }
}

#[test]
fn bars_count_and_sum_what_is_seen_and_lead_to_it() {
    let site = site();
    let sam = site.salesperson();
    let (ctx, other) = (site.test.salesperson(), site.test.stranger());
    let deal = |name: &str, amount: &str, stage: &str| json!({"name": name, "stage": stage, "amount": {"amount": amount, "currency": "CNY"}});
    let stages = object_stages(&ctx);
    create(&ctx, "opportunity", deal("Small", "100", &stages[0]));
    create(&ctx, "opportunity", deal("Large", "900.50", &stages[1]));
    create(&ctx, "opportunity", deal("Larger", "1000", &stages[1]));
    create(&other, "opportunity", deal("Hidden", "77777", &stages[0]));
    let counted = sam.get("/opportunity?view=chart").is(200);
    assert!(
        counted.has("class=\"bar-value\">2") && counted.has("width=\"50\""),
        "{}",
        counted.main()
    );
    let summed = sam.get("/opportunity?view=chart&sum=amount").is(200);
    assert!(
        summed.has("1,900.5") && summed.has("2,000.5") && !summed.has("77,"),
        "{}",
        summed.main()
    );
    let bars = links(&summed, "bar");
    assert_eq!(bars.len(), 2, "{bars:?}");
    let second = sam.get(&bars[1]).is(200);
    assert!(second.has("Large") && second.has("Larger") && !second.has("Small"));
    // What is not filled is a bar of its own, by a person, by a filter.
    create(
        &ctx,
        "customer",
        json!({"name": "Levelled", "level": "key"}),
    );
    create(&ctx, "customer", json!({"name": "Unlevelled"}));
    let levels = sam
        .get("/customer?as=chart&by=level&filter=owner+%3D+%24me")
        .is(200);
    let bars = links(&levels, "bar");
    assert_eq!(bars.len(), 2, "{bars:?}");
    let empty = sam.get(&bars[1]).is(200);
    assert!(
        empty.has("Unlevelled") && !empty.has(">Levelled<"),
        "{}",
        empty.main()
    );
    let people = sam.get("/opportunity?as=chart&by=owner").is(200);
    assert!(people.has("Sam Sales"), "{}", people.main());
    sam.get("/opportunity?as=chart&by=nothing&sum=nothing")
        .is(200);
    sam.get("/opportunity?as=chart&filter=nonsense+%3D").is(400);
    // Everything that the reader may not read is neither measured nor grouped by.
    let reader = site.person("reader");
    let page = reader.get("/customer?as=chart&by=id_number").is(200);
    assert!(
        page.has("by=status\" aria-current") && !page.has("ID number"),
        "{}",
        page.main()
    );
}

fn object_stages(ctx: &guanxi_engine::Context) -> Vec<String> {
    let object = guanxi_testkit::object(ctx, "opportunity");
    let stages = object.pipelines[0].stages.iter();
    stages.map(|stage| stage.name.clone()).collect()
}
