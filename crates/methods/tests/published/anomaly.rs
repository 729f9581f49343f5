use crate::data::{self, Table, day};
use guanxi_methods::anomaly::{Panel, anomalies};
use guanxi_methods::math::ranking::rank;
use serde_json::Value as Json;
use std::collections::HashMap;

#[test]
fn tampered_gas_meters_stand_first() {
    let Some(path) = data::public("gas_theft_open.csv.gz") else {
        return;
    };
    let table = Table::read(&path);
    let labels = data::json(&data::public("gas_theft_open_labels.json").unwrap());
    let theft: HashMap<&str, &Json> = labels
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["meter"].as_str().unwrap(), &one["theft"]))
        .collect();
    let days: Vec<i32> = table.header[2..].iter().map(|name| day(name)).collect();
    let series = table.rows.iter().map(|row| {
        row[2..]
            .iter()
            .map(|cell| cell.parse().unwrap_or(f64::NAN))
            .collect()
    });
    let found = anomalies(&Panel {
        days,
        series: series.collect(),
    })
    .unwrap();
    let at_fault: Vec<bool> = found
        .iter()
        .map(|one| theft[table.rows[one.series as usize][0].as_str()].as_u64() != Some(0))
        .collect();
    let scores: Vec<f64> = found.iter().map(|one| one.score).collect();
    let auc = rank(&scores, &at_fault).auc;
    let count = at_fault.iter().filter(|is| **is).count();
    let precision = at_fault[..count].iter().filter(|is| **is).count() as f64 / count as f64;
    eprintln!("gas theft: AUC {auc:.4}, precision at n {precision:.3}");
    assert!(auc >= 0.96 && precision >= 0.83, "{auc} {precision}");
}
