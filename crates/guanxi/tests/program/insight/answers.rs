//! Keys and figures that are promised to the outside.

use super::run::{Folder, answer, close, data, public};
use serde_json::Value as Json;

const ORDERS: &str = "id,day,total\na,2026-01-01,10\na,2026-02-01,30\nb,2026-02-10,5\nc,2026-01-15,7\na,2026-02-20,20\n";

fn keys(value: &Json) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[track_caller]
fn has_keys(value: &Json, expected: &[&str]) {
    for key in expected {
        assert!(
            value.get(key).is_some(),
            "`{key}` is not among {:?}",
            keys(value)
        );
    }
}

#[test]
fn rfm_on_cdnow() {
    let file = data("cdnow_elog.csv");
    let flags = [
        "--customer",
        "customer_id",
        "--date",
        "date",
        "--amount",
        "value",
        "--as-of",
        "1998-07-01",
        "--json",
    ];
    let found = answer(&[&["rfm", "--in", &file], &flags[..]].concat());
    let customers = found["customers"].as_array().unwrap();
    assert_eq!(customers.len(), 2357);
    has_keys(
        &customers[0],
        &[
            "id",
            "recency_days",
            "frequency",
            "monetary",
            "r",
            "f",
            "m",
            "segment",
        ],
    );
    assert_eq!(
        (&customers[0]["id"], &customers[0]["segment"]),
        (&"1".into(), &"Loyal".into())
    );
    let champions = found["segments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "Champions")
        .unwrap();
    assert_eq!(champions["count"], 447);
    // Without a day of observation it is the day after the last order, which is the same here.
    let newest = answer(&[&["rfm", "--in", &file], &flags[..6]].concat());
    assert_eq!(newest["customers"], found["customers"]);
}

#[test]
fn abc_of_small_orders() {
    let folder = Folder::new();
    let file = folder.file("orders.csv", ORDERS);
    let found = answer(&["abc", "--in", &file, "--item", "id", "--amount", "total"]);
    let items = found["items"].as_array().unwrap();
    has_keys(&items[0], &["id", "amount", "share", "cumulative", "class"]);
    let classes: Vec<&str> = items
        .iter()
        .map(|item| item["class"].as_str().unwrap())
        .collect();
    assert_eq!(classes, ["A", "B", "B"]);
    assert_eq!(items[0]["amount"], 60.0);
}

#[test]
fn clv_from_the_summary_and_from_orders() {
    let file = data("cdnow_summary.csv");
    let columns = [
        "--id",
        "ID",
        "--x",
        "x",
        "--t-x",
        "t_x",
        "--T",
        "T",
        "--zbar",
        "zbar",
        "--horizon",
        "39",
    ];
    let found = answer(&[&["clv", "--in", &file], &columns[..]].concat());
    close(&found["bg_nbd"]["r"], 0.242593, 1e-5);
    close(&found["bg_nbd"]["log_likelihood"], -9582.4256, 1e-7);
    assert_eq!(found["bg_nbd"]["converged"], true);
    close(&found["pareto_nbd"]["log_likelihood"], -9594.97393, 1e-7);
    has_keys(&found["pareto_nbd"], &["r", "alpha", "s", "beta"]);
    close(&found["gamma_gamma"]["p"], 6.24880, 1e-4);
    has_keys(
        &found["customers"][0],
        &["id", "p_alive", "expected_orders", "expected_value", "clv"],
    );
    close(&found["customers"][0]["expected_orders"], 1.226, 1e-2);

    let log = data("cdnow_elog.csv");
    let columns = [
        "--customer",
        "customer_id",
        "--date",
        "date",
        "--amount",
        "value",
        "--calibration-end",
        "1997-09-30",
    ];
    let found = answer(&[&["clv", "--in", &log, "--model", "bg-nbd"], &columns[..]].concat());
    close(&found["bg_nbd"]["r"], 0.2426, 1e-2);
    close(&found["hold_out"]["actual_orders"], 1882.0, 1e-9);
}

#[test]
fn baskets_in_both_shapes() {
    let folder = Folder::new();
    let lines = folder.file(
        "baskets.csv",
        "bread,butter\nbread,butter,jam\nbread\njam\n",
    );
    let rows = folder.file(
        "rows.csv",
        "t,i\n1,bread\n1,butter\n2,bread\n2,butter\n2,jam\n3,bread\n4,jam\n",
    );
    let limits = [
        "--min-support",
        "0.5",
        "--min-confidence",
        "0.5",
        "--single-consequent",
    ];
    let from_lines = answer(
        &[
            &["basket", "--in", &lines, "--format", "baskets"],
            &limits[..],
        ]
        .concat(),
    );
    let from_rows = answer(
        &[
            &["basket", "--in", &rows, "--transaction", "t", "--item", "i"],
            &limits[..],
        ]
        .concat(),
    );
    assert_eq!(from_lines, from_rows);
    assert_eq!(
        (
            &from_lines["transactions"],
            &from_lines["itemsets"]["by_size"]["2"]
        ),
        (&4.into(), &1.into())
    );
    let rule = &from_lines["rules"][0];
    has_keys(
        rule,
        &["if", "then", "count", "support", "confidence", "lift"],
    );
    assert_eq!(from_lines["rules"].as_array().unwrap().len(), 2);
}

#[test]
fn groceries_have_the_published_rules() {
    let Some(file) = public("groceries.csv") else {
        return;
    };
    let limits = [
        "--min-support",
        "0.001",
        "--min-confidence",
        "0.8",
        "--single-consequent",
    ];
    let found = answer(
        &[
            &["basket", "--in", &file, "--format", "baskets"],
            &limits[..],
        ]
        .concat(),
    );
    assert_eq!(found["transactions"], 9835);
    assert_eq!(found["itemsets"]["by_size"]["4"], 3137);
    assert_eq!(found["rules"].as_array().unwrap().len(), 410);
}

#[test]
fn forecasts_carry_on_the_dates() {
    let folder = Folder::new();
    let mut text = String::from("month,sales\n");
    for at in 0..48u8 {
        text += &format!(
            "{}-{:02}-01,{}\n",
            2022 + i64::from(at) / 12,
            at % 12 + 1,
            100 + i64::from(at) + [0, 20, -10, 5][at as usize % 4]
        );
    }
    let file = folder.file("sales.csv", &text);
    for model in ["auto", "ets", "arima", "theta", "snaive"] {
        let flags = [
            "--date",
            "month",
            "--value",
            "sales",
            "--season",
            "4",
            "--horizon",
            "3",
            "--model",
            model,
        ];
        let found = answer(&[&["forecast", "--in", &file], &flags[..]].concat());
        has_keys(&found, &["model", "aicc", "forecast"]);
        let points = found["forecast"].as_array().unwrap();
        let dates: Vec<&str> = points
            .iter()
            .map(|point| point["date"].as_str().unwrap())
            .collect();
        assert_eq!(dates, ["2026-01-01", "2026-02-01", "2026-03-01"]);
        has_keys(&points[0], &["mean", "lo80", "hi80", "lo95", "hi95"]);
    }
}

#[test]
fn segments_of_irises() {
    let file = data("iris.csv");
    let columns = "sepal_length,sepal_width,petal_length,petal_width";
    let found = answer(&["segment", "--in", &file, "--columns", columns, "--k", "3"]);
    assert_eq!(found["k"], 3);
    close(&found["inertia"], 78.8514414261, 1e-9);
    has_keys(&found, &["silhouette", "centers", "assignments"]);
    assert_eq!(found["assignments"].as_array().unwrap().len(), 150);
    let auto = answer(&[
        "segment",
        "--in",
        &file,
        "--columns",
        columns,
        "--k",
        "auto",
    ]);
    assert_eq!(auto["k"], 2);
}

#[test]
fn doubles_are_found_and_ids_are_verbatim() {
    let file = data("febrl1.csv");
    let found = answer(&["link", "--in", &file, "--id", "rec_id"]);
    let pairs = found["pairs"].as_array().unwrap();
    let entity = |id: &Json| id.as_str().unwrap().split('-').nth(1).unwrap().to_owned();
    let right = pairs
        .iter()
        .filter(|pair| entity(&pair["a"]) == entity(&pair["b"]))
        .count();
    assert_eq!((pairs.len(), right), (500, 500));
    has_keys(&found, &["clusters", "parameters"]);
    assert!(pairs[0]["a"].as_str().unwrap().starts_with("rec-"));
}

#[test]
fn german_credit_as_a_scorecard_and_as_a_regression() {
    let file = data("german_credit.csv");
    let columns =
        "status_of_existing_checking_account,duration_in_month,credit_history,age_in_years";
    let flags = [
        "--in",
        &file,
        "--target",
        "creditability",
        "--columns",
        columns,
    ];
    let card = answer(&[&["scorecard"], &flags[..]].concat());
    assert_eq!(card["bad"], "bad");
    has_keys(&card, &["auc", "gini", "ks"]);
    let variable = &card["variables"][0];
    close(&variable["iv"], 0.666011503351, 1e-10);
    has_keys(
        &variable["bins"][0],
        &["label", "good", "bad", "woe", "points"],
    );
    let model = answer(&[&["logit"], &flags[..]].concat());
    has_keys(&model, &["coefficients", "log_likelihood", "auc"]);
    has_keys(&model["coefficients"][0], &["name", "value", "se"]);
    assert!(model["auc"].as_f64().unwrap() > 0.7);
}

#[test]
fn a_path_model_from_its_file() {
    let folder = Folder::new();
    let mut answers = String::from("a1,a2,b1,b2\n");
    for at in 0..60u32 {
        let level = at % 7 + 1;
        answers += &format!(
            "{},{},{},{}\n",
            level,
            level + at % 2,
            level + at % 3,
            level + 1
        );
    }
    let file = folder.file("answers.csv", &answers);
    for edges in ["[[\"A\", \"B\"]]", "[\"A -> B\"]"] {
        let text = format!(
            "scheme = \"path\"\nscale = true\nedges = {edges}\n[blocks]\nA = [\"a1\", \"a2\"]\nB = [\"b1\", \"b2\"]\n"
        );
        let model = folder.file("model.toml", &text);
        let found = answer(&["pls", "--in", &file, "--model", &model]);
        has_keys(
            &found,
            &["weights", "loadings", "paths", "r2", "index", "iterations"],
        );
        assert!(found["paths"]["A->B"].as_f64().unwrap() > 0.8);
        assert!(found["r2"]["B"].as_f64().unwrap() > 0.6);
    }
}

#[test]
fn anomalies_are_every_series_falling() {
    let folder = Folder::new();
    let mut text = String::from("meter,day,use\n");
    for meter in 0..12 {
        for day in 0..120 {
            let date = format!("2026-{:02}-{:02}", day / 28 + 1, day % 28 + 1);
            let value = if meter == 3 && day > 60 {
                0.0
            } else {
                f64::from(10 + meter) + f64::from(day * 7 % 5) / 10.0
            };
            text += &format!("M{meter},{date},{value}\n");
        }
    }
    let file = folder.file("readings.csv", &text);
    let found = answer(&[
        "anomaly", "--in", &file, "--series", "meter", "--date", "day", "--value", "use",
    ]);
    let series = found["series"].as_array().unwrap();
    assert_eq!((series.len(), &series[0]["id"]), (12, &"M3".into()));
    assert!(!series[0]["reasons"].as_array().unwrap().is_empty());
    assert!(
        series
            .windows(2)
            .all(|pair| pair[0]["score"].as_f64() >= pair[1]["score"].as_f64())
    );
}

#[test]
fn churn_next_uplift_profit_and_questions() {
    let folder = Folder::new();
    let orders = folder.file("orders.csv", ORDERS);
    let churn = answer(&[
        "churn",
        "--in",
        &orders,
        "--customer",
        "id",
        "--date",
        "day",
        "--as-of",
        "2026-03-01",
    ]);
    has_keys(&churn["customers"][0], &["id", "stage", "risk", "reasons"]);
    let lines = folder.file("lines.csv", "c,i\n1,x\n1,y\n2,x\n2,y\n3,x\n");
    let next = answer(&["next", "--in", &lines, "--customer", "c", "--item", "i"]);
    assert_eq!(next["customers"][2]["next"][0]["item"], "y");
    let campaign = folder.file(
        "campaign.csv",
        "arm,bought\nmail,1\nmail,1\nmail,0\nnone,0\nnone,0\nnone,1\n",
    );
    let uplift = answer(&[
        "uplift",
        "--in",
        &campaign,
        "--group",
        "arm",
        "--control",
        "none",
        "--outcome",
        "bought",
    ]);
    close(&uplift["groups"][0]["uplift"], 1.0 / 3.0, 1e-12);
    let costs = folder.file("costs.csv", "c,sales,goods,calls\nk,100,40,2\nl,10,9,1\n");
    let flags = [
        "--customer",
        "c",
        "--revenue",
        "sales",
        "--cost",
        "goods",
        "--rates",
        "calls=5",
    ];
    let profit = answer(&[&["profit", "--in", &costs], &flags[..]].concat());
    assert_eq!(
        (&profit["customers"][0]["profit"], &profit["profit"]),
        (&50.0.into(), &46.0.into())
    );
    let scores = folder.file("scores.csv", "score,shop\n10,n\n9,n\n8,n\n7,s\n6,s\n0,s\n");
    let nps = answer(&["nps", "--in", &scores, "--score", "score", "--by", "shop"]);
    assert_eq!(
        (&nps["nps"], nps["groups"].as_array().unwrap().len()),
        (&0.0.into(), 2)
    );
    let stars = folder.file("stars.csv", "stars\n5\n4\n4\n3\n2\n1\n5\n5\n");
    assert_eq!(
        answer(&["csat", "--in", &stars, "--score", "stars"])["csat"],
        62.5
    );
}

#[test]
fn a_pivot_with_a_filter_a_grain_and_totals() {
    let folder = Folder::new();
    let text = "office,closed,stage,amount\nN,3/1/2026,Won,100\nN,3/9/2026,Won,50\nS,4/2/2026,Won,70\nS,4/3/2026,Lost,\n";
    let file = folder.file("deals.csv", text);
    let flags = [
        "--rows",
        "office",
        "--columns",
        "closed",
        "--grain",
        "month",
        "--measures",
        "sum(amount),count()",
    ];
    let found = answer(
        &[
            &["cube", "--in", &file, "--filter", "stage = \"Won\""],
            &flags[..],
        ]
        .concat(),
    );
    has_keys(&found, &["rows", "columns", "cells", "totals"]);
    assert_eq!(found["rows"], serde_json::json!([["N"], ["S"]]));
    assert_eq!(
        found["columns"],
        serde_json::json!([["2026-03"], ["2026-04"]])
    );
    assert_eq!(found["cells"][0]["values"]["sum(amount)"], 150.0);
    assert_eq!(
        (
            &found["totals"]["all"]["sum(amount)"],
            &found["totals"]["all"]["count()"]
        ),
        (&220.0.into(), &3.0.into())
    );
}

#[test]
fn factors_and_maps() {
    let file = data("iris.csv");
    let found = answer(&[
        "factor",
        "--in",
        &file,
        "--columns",
        "sepal_length,sepal_width,petal_length,petal_width",
    ]);
    close(&found["eigenvalues"][0], 2.918497816532, 1e-9);
    let folder = Folder::new();
    let text = "kind,product,n\na,x,10\na,y,1\nb,x,2\nb,y,9\n";
    let file = folder.file("counts.csv", text);
    let map = answer(&[
        "correspondence",
        "--in",
        &file,
        "--rows",
        "kind",
        "--columns",
        "product",
        "--count",
        "n",
    ]);
    assert_eq!(map["freedom"], 1);
    assert_eq!(map["rows"][0]["name"], "a");
}
