use crate::data::{self, Table, day};
use guanxi_methods::columns::Names;
use guanxi_methods::rfm::{self, Scored, Scoring, Summary};
use std::collections::HashSet;

fn check(customers: (&Names, &Summary), as_of: &str, expected: &Table) {
    let (names, summary) = customers;
    for (scoring, rule) in [(Scoring::Quintile, "ntile"), (Scoring::Value, "val")] {
        let scored = rfm::score(summary, names, day(as_of), scoring).unwrap();
        assert_eq!(scored.len(), expected.rows.len());
        let column = |name: &str| expected.numbers(&format!("{name}_{rule}"));
        let (r, f, m) = (column("r"), column("f"), column("m"));
        let segment = expected.texts(if rule == "val" {
            "segment_val"
        } else {
            "segment"
        });
        let ids = expected.texts("customer_id");
        let monetary = expected.numbers("monetary");
        for (at, one) in scored.iter().enumerate() {
            assert_eq!(names.get(one.customer), ids[at]);
            let Scored {
                r: found_r,
                f: found_f,
                m: found_m,
                ..
            } = one;
            let found = [found_r, found_f, found_m].map(|score| f64::from(*score));
            assert_eq!(found, [r[at], f[at], m[at]], "customer {}", ids[at]);
            assert_eq!(serde_json::to_value(one.segment).unwrap(), segment[at]);
            data::close(one.monetary, monetary[at], 1e-9);
        }
    }
}

#[test]
fn cdnow_scores_by_both_rules() {
    let log = Table::read(&data::own("cdnow_elog.csv"));
    let customers = log.coded("customer_id");
    let mut summary = Summary::default();
    for ((customer, day), value) in customers
        .codes
        .iter()
        .zip(log.days("date"))
        .zip(log.numbers("value"))
    {
        summary.add(*customer, day, value);
    }
    let expected = Table::read(&data::own("cdnow_rfm.csv"));
    check((&customers.names, &summary), "1998-07-01", &expected);
}

#[test]
fn online_retail_scores_by_both_rules_with_several_lines_to_an_order() {
    let Some(path) = data::public("online_retail_2010-12.csv.gz") else {
        return;
    };
    let lines = Table::read(&path);
    let (ids, invoices) = (lines.texts("CustomerID"), lines.texts("InvoiceNo"));
    let (quantity, price) = (lines.numbers("Quantity"), lines.numbers("UnitPrice"));
    let days = lines.days("InvoiceDate");
    let kept = (0..lines.rows.len()).filter(|at| {
        !ids[*at].is_empty()
            && !invoices[*at].starts_with('C')
            && quantity[*at] > 0.0
            && price[*at] > 0.0
    });
    let kept: Vec<usize> = kept.collect();
    let customers =
        guanxi_methods::columns::Coded::of(&kept.iter().map(|at| ids[*at]).collect::<Vec<_>>());
    let mut summary = Summary::default();
    let mut seen = HashSet::new();
    for (at, customer) in kept.iter().zip(&customers.codes) {
        let amount = quantity[*at] * price[*at];
        if seen.insert(invoices[*at]) {
            summary.add(*customer, days[*at], amount);
        } else {
            summary.add_line(*customer, days[*at], amount);
        }
    }
    let expected = Table::read(&data::public("online_retail_2010-12_rfm.csv").unwrap());
    check((&customers.names, &summary), "2011-01-01", &expected);
}
