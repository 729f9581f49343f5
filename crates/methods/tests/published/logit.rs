use crate::data::{self, Table, close};
use guanxi_methods::columns::Coded;
use guanxi_methods::logit::{Column, Design, Logit, Scaling, fit};
use guanxi_methods::math::ranking::{lift, rank};
use serde_json::Value as Json;

/// Every fifth row is the test.
fn bank(golden: &Json, table: &Table, is_test: bool) -> (Vec<(String, Column)>, Vec<bool>) {
    let rows: Vec<usize> = (0..table.rows.len())
        .filter(|row| (row % 5 == 0) == is_test)
        .collect();
    let names = |key: &str| -> Vec<String> {
        golden[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    let mut columns = Vec::new();
    for name in names("numeric") {
        let values = table.numbers(&name);
        columns.push((
            name,
            Column::Numbers(rows.iter().map(|row| values[*row]).collect()),
        ));
    }
    for name in names("categorical") {
        let texts = table.texts(&name);
        let texts: Vec<&str> = rows.iter().map(|row| texts[*row]).collect();
        columns.push((name.clone(), Column::Texts(Coded::of(&texts))));
    }
    let target = table.texts("deposit");
    (
        columns,
        rows.iter().map(|row| target[*row] == "yes").collect(),
    )
}

fn coefficients(found: &Logit, expected: &Json, tolerance: f64) {
    assert_eq!(
        found.coefficients.len(),
        expected.as_object().unwrap().len()
    );
    for one in &found.coefficients {
        close(one.value, expected[&one.name].as_f64().unwrap(), tolerance);
    }
}

#[test]
fn bank_marketing_as_statsmodels_and_scikit_learn_fit_it() {
    let Some(path) = data::public("bank_4521.csv") else {
        return;
    };
    let golden = data::json(&data::public("bank_4521_logit.golden.json").unwrap());
    let table = Table::read(&path);
    let (columns, positive) = bank(&golden, &table, false);
    let design = Design::of(&columns, Scaling::Standard);
    let x = design.matrix(&columns);
    let found = fit(&design.names(), &x, &positive, 0.0).unwrap();
    coefficients(&found, &golden["coef"], 1e-8);
    for one in &found.coefficients {
        close(one.se, golden["se"][&one.name].as_f64().unwrap(), 1e-6);
    }
    close(
        found.log_likelihood,
        golden["loglik"].as_f64().unwrap(),
        1e-10,
    );
    close(
        found.null_log_likelihood,
        golden["null_loglik"].as_f64().unwrap(),
        1e-10,
    );
    let penalised = fit(&design.names(), &x, &positive, 1.0).unwrap();
    coefficients(&penalised, &golden["sklearn_L2_C1"]["coef"], 1e-3);

    let (test, outcome) = bank(&golden, &table, true);
    let p = found.probabilities(&design.matrix(&test));
    for (sample, scores, outcome) in [
        ("train", found.probabilities(&x), positive),
        ("test", p.clone(), outcome),
    ] {
        let (ranking, expected) = (rank(&scores, &outcome), &golden[sample]);
        close(ranking.auc, expected["AUC"].as_f64().unwrap(), 1e-9);
        close(ranking.ks, expected["KS"].as_f64().unwrap(), 1e-9);
        close(
            lift(&scores, &outcome, 0.1),
            expected["lift_top10pct"].as_f64().unwrap(),
            0.02,
        );
    }
}
