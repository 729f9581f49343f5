use crate::data::{self, Table};
use guanxi_methods::link::{Field, Scope, guess, link};
use serde_json::Value as Json;
use std::collections::HashSet;

/// All columns but those named, with guessed kinds.
fn fields(table: &Table, without: &[&str]) -> Vec<Field> {
    let names = table
        .header
        .iter()
        .filter(|name| !without.contains(&name.as_str()));
    let field = |name: &String| {
        let mut values = table.coded(name);
        for code in &mut values.codes {
            if values.names.get(*code).is_empty() {
                *code = guanxi_methods::columns::Coded::MISSING;
            }
        }
        Field {
            name: name.clone(),
            kind: guess(name, &values),
            values,
        }
    };
    names.map(field).collect()
}

/// F1 of the pairs with at least .5, against records that share a truth.
fn f1(fields: &[Field], truth: &[String]) -> f64 {
    let found = link(fields, Scope::Within, 0.5, 1).unwrap();
    let is_true = |a: u32, b: u32| truth[a as usize] == truth[b as usize];
    let hits = found
        .pairs
        .iter()
        .filter(|pair| is_true(pair.a, pair.b))
        .count() as f64;
    let mut sorted: Vec<&String> = truth.iter().collect();
    sorted.sort_unstable();
    let all: usize = sorted
        .chunk_by(|a, b| a == b)
        .map(|group| group.len() * (group.len() - 1) / 2)
        .sum();
    let (precision, recall) = (hits / found.pairs.len() as f64, hits / all as f64);
    let f1 = 2.0 * precision * recall / (precision + recall);
    eprintln!(
        "{} records, {} compared, precision {precision:.4}, recall {recall:.4}, F1 {f1:.5}, {} iterations",
        truth.len(),
        found.compared,
        found.weights.iterations
    );
    for field in &found.weights.fields {
        eprintln!(
            "  {} {:?} m {:.3?} shared {:.3?} u {:.6?}",
            field.name, field.kind, field.m, field.shared, field.u
        );
    }
    for pair in found
        .pairs
        .iter()
        .filter(|pair| !is_true(pair.a, pair.b))
        .take(12)
    {
        let show = |record: u32| {
            fields
                .iter()
                .map(|f| f.values.get(record as usize).unwrap_or("-"))
                .collect::<Vec<_>>()
                .join(" | ")
        };
        eprintln!(
            "  wrong {:.3}: {} // {}",
            pair.probability,
            show(pair.a),
            show(pair.b)
        );
    }
    let pairs: HashSet<(u32, u32)> = found.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
    assert_eq!(pairs.len(), found.pairs.len());
    f1
}

/// `rec-223-dup-0` and `rec-223-org` are one.
fn febrl(table: &Table) -> Vec<String> {
    table
        .texts("rec_id")
        .iter()
        .map(|id| id.split('-').nth(1).unwrap().to_owned())
        .collect()
}

fn best_f1(golden: &Json) -> f64 {
    match golden {
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| {
                if key == "F1" {
                    value.as_f64().unwrap()
                } else {
                    best_f1(value)
                }
            })
            .fold(0.0, f64::max),
        _ => 0.0,
    }
}

#[test]
fn febrl_1_as_well_as_the_best_tool() {
    let table = Table::read(&data::own("febrl1.csv"));
    let found = f1(&fields(&table, &["rec_id"]), &febrl(&table));
    assert!(found >= 1.0, "{found}");
}

#[test]
fn febrl_2_as_well_as_the_best_tool() {
    let Some(path) = data::public("febrl2.csv") else {
        return;
    };
    let table = Table::read(&path);
    let golden = data::json(&data::public("febrl2_linkage.golden.json").unwrap());
    let found = f1(&fields(&table, &["rec_id"]), &febrl(&table));
    assert!(found >= best_f1(&golden), "{found} {}", best_f1(&golden));
}

#[test]
fn chinese_customers_better_than_the_tools() {
    let Some(path) = data::public("cn_customers_open.csv") else {
        return;
    };
    let table = Table::read(&path);
    let golden = data::json(&data::public("cn_customers_open.golden.json").unwrap());
    let truth: Vec<String> = table
        .texts("entity")
        .iter()
        .map(|text| (*text).to_owned())
        .collect();
    let found = f1(&fields(&table, &["rec_id", "entity"]), &truth);
    assert!(found >= best_f1(&golden), "{found} {}", best_f1(&golden));
}
