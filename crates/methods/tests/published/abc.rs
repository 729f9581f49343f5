use crate::data::{self, Table, close};
use guanxi_methods::abc::{Class, Limits, classify};

#[test]
fn cdnow_customers_fall_into_the_published_classes() {
    let log = Table::read(&data::own("cdnow_elog.csv"));
    let customers = log.coded("customer_id");
    let mut totals = vec![0.0; customers.names.len()];
    for (customer, value) in customers.codes.iter().zip(log.numbers("value")) {
        totals[*customer as usize] += value;
    }
    let found = classify(&totals, &customers.names, Limits::default());
    let golden = &data::json(&data::own("cdnow_rfm_abc_kmeans.golden.json"))["abc_customer"];
    for (class, name) in [(Class::A, "A"), (Class::B, "B"), (Class::C, "C")] {
        let total = found
            .classes
            .iter()
            .find(|total| total.class == class)
            .unwrap();
        assert_eq!(total.count as u64, golden[name].as_u64().unwrap());
        close(
            total.amount,
            golden["revenue"][name].as_f64().unwrap(),
            1e-9,
        );
    }
    assert_eq!(
        found.items.len() as u64,
        golden["n_total"].as_u64().unwrap()
    );
    close(found.gini, golden["gini"].as_f64().unwrap(), 1e-9);
    close(
        found.top_fifth_share,
        golden["top20pct_share"].as_f64().unwrap(),
        1e-9,
    );
    for (item, top) in found.items.iter().zip(golden["top5"].as_array().unwrap()) {
        assert_eq!(customers.names.get(item.item), top[0]);
        close(item.amount, top[1].as_f64().unwrap(), 1e-9);
    }
}
