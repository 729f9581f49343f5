use crate::data::{self, Table, close};
use guanxi_methods::basket::{Baskets, Consequents, frequent, rules};
use guanxi_methods::columns::{Interner, Names};
use serde_json::Value as Json;

fn check(baskets: &Baskets, names: &Names, golden: &Json) {
    assert_eq!(
        baskets.len() as u64,
        golden["transactions"].as_u64().unwrap()
    );
    assert_eq!(names.len() as u64, golden["items"].as_u64().unwrap());
    for run in golden["runs"].as_array().unwrap() {
        let min_count = baskets
            .min_count(run["min_support"].as_f64().unwrap())
            .unwrap();
        assert_eq!(u64::from(min_count), run["min_count"].as_u64().unwrap());
        let sets = frequent(baskets, min_count, 1_000_000).unwrap();
        assert_eq!(sets.len() as u64, run["itemsets"].as_u64().unwrap());
        for (at, size) in sets.by_size().iter().enumerate() {
            assert_eq!(
                *size as u64,
                run["by_size"][(at + 1).to_string()].as_u64().unwrap()
            );
        }
        let sum: u64 = sets.iter().map(|(_, count)| u64::from(count)).sum();
        assert_eq!(sum, run["sum_of_counts"].as_u64().unwrap());
        for expected in run["rules"].as_array().unwrap() {
            let confidence = expected["min_confidence"].as_f64().unwrap();
            let count =
                |consequents| rules(&sets, baskets.len(), confidence, consequents).len() as u64;
            assert_eq!(
                count(Consequents::Any),
                expected["EXACT_rules_any_consequent"].as_u64().unwrap()
            );
            assert_eq!(
                count(Consequents::Single),
                expected["EXACT_rules_single_consequent"].as_u64().unwrap()
            );
            let best = rules(&sets, baskets.len(), confidence, Consequents::Any);
            for (rule, top) in best
                .iter()
                .zip(expected["top5_by_lift"].as_array().into_iter().flatten())
            {
                close(rule.lift, top["lift"].as_f64().unwrap(), 1e-9);
                let same = best.iter().find(|rule| {
                    let text = |items: &[u32]| {
                        let mut texts: Vec<&str> =
                            items.iter().map(|item| names.get(*item)).collect();
                        texts.sort_unstable();
                        texts.join("|")
                    };
                    text(&rule.antecedent) == top["a"] && text(&rule.consequent) == top["b"]
                });
                let rule = same.unwrap();
                for (found, key) in [
                    (rule.support, "support"),
                    (rule.confidence, "confidence"),
                    (rule.leverage, "leverage"),
                    (rule.conviction, "conviction"),
                ] {
                    close(found, top[key].as_f64().unwrap(), 1e-9);
                }
            }
        }
    }
}

#[test]
fn groceries() {
    let Some(path) = data::public("groceries.csv") else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let (mut baskets, mut items) = (Baskets::default(), Interner::default());
    for line in text.lines() {
        baskets.push(line.split(',').map(|item| items.code(item)));
    }
    let golden = data::json(&data::public("groceries_basket.golden.json").unwrap());
    check(&baskets, items.names(), &golden);
}

#[test]
fn online_retail() {
    let Some(path) = data::public("online_retail_2010-12.csv.gz") else {
        return;
    };
    let lines = Table::read(&path);
    let (codes, invoices) = (lines.texts("StockCode"), lines.texts("InvoiceNo"));
    let (quantity, price) = (lines.numbers("Quantity"), lines.numbers("UnitPrice"));
    let (mut items, mut numbers) = (Interner::default(), Interner::default());
    let rows = (0..codes.len())
        .filter(|at| !invoices[*at].starts_with('C') && quantity[*at] > 0.0 && price[*at] > 0.0)
        .map(|at| (numbers.code(invoices[at]), items.code(codes[at])));
    let baskets = Baskets::of_rows(rows.collect());
    let golden = data::json(&data::public("online_retail_2010-12_basket.golden.json").unwrap());
    check(&baskets, items.names(), &golden);
}
