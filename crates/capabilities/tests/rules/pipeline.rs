use crate::on_each;
use guanxi_testkit::*;
use serde_json::json;

#[test]
fn a_new_opportunity_begins_at_the_first_open_stage() {
    on_each(|test| {
        let sam = test.salesperson();
        let deal = create(&sam, "opportunity", json!({"name": "Boiler"}));
        assert_eq!(deal.get("pipeline").text(), Some("standard"));
        assert_eq!(deal.get("stage").text(), Some("qualify"));
    });
}
