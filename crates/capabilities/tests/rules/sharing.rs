use crate::on_each;
use guanxi_testkit::*;
use serde_json::json;

#[test]
fn a_share_opens_one_record_to_one_person() {
    on_each(|test| {
        let (sam, stan, west) = (test.salesperson(), test.stranger(), test.stranger());
        let record = create(&sam, "customer", json!({"name": "Acme"}));
        let answer = acted(&sam, &record, "share", json!({"with": me(&stan)}));
        assert_eq!(
            answer["shares"],
            json!([{"with": me(&stan), "write": false}])
        );
        assert!(sees(&test.stranger(), &record) && !sees(&test.colleague(), &record));
        assert_eq!(
            refusal(try_update(&west, &record, json!({"name": "Mine"}))),
            "403 update"
        );
        let onward = try_act(
            &stan,
            &record,
            "share",
            json!({"with": me(&test.colleague())}),
        );
        assert_eq!(
            refusal(onward),
            "403 update",
            "only who may update may share"
        );
        acted(
            &sam,
            &record,
            "share",
            json!({"with": me(&stan), "write": true}),
        );
        update(&test.stranger(), &record, json!({"name": "Acme West"}));
        assert_eq!(refusal(try_remove(&stan, &record)), "403 delete");
        let answer = acted(&sam, &record, "unshare", json!({"with": me(&stan)}));
        assert_eq!(answer["shares"], json!([]));
        assert!(!sees(&test.stranger(), &record));
        assert_eq!(
            acted(&sam, &record, "unshare", json!({"with": me(&stan)}))["shares"],
            json!([]),
            "twice is once"
        );
    });
}

#[test]
fn at_once_it_is_still_one_share() {
    on_each(|test| {
        let (sam, stan) = (test.salesperson(), test.stranger());
        let record = create(&sam, "customer", json!({"name": "Acme"}));
        at_once(20, |at| {
            try_act(
                &sam,
                &record,
                "share",
                json!({"with": me(&stan), "write": at % 2 == 0}),
            )
            .unwrap()
        });
        let shares = acted(
            &sam,
            &record,
            "share",
            json!({"with": me(&stan), "write": true}),
        );
        assert_eq!(
            shares["shares"],
            json!([{"with": me(&stan), "write": true}])
        );
    });
}
