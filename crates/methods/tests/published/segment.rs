use crate::data::{self, Table, close};
use guanxi_methods::rfm::{self, Scoring, Summary};
use guanxi_methods::segment::{Points, Scaling, kmeans, lloyd, scale, silhouette};

#[test]
fn iris() {
    let golden = data::json(&data::own("iris_kmeans.golden.json"));
    let table = Table::read(&data::own("iris.csv"));
    let columns: Vec<Vec<f64>> = table
        .header
        .iter()
        .map(|name| table.numbers(name))
        .collect();
    let points = Points::of_columns(&columns).unwrap();
    let starts = [0, 50, 100].map(|row| points.row(row).to_vec()).concat();
    let found = lloyd(&points, starts);
    close(found.inertia, golden["inertia"].as_f64().unwrap(), 1e-9);
    let size = |cluster| {
        found
            .assignments
            .iter()
            .filter(|one| **one == cluster)
            .count() as u64
    };
    assert_eq!([size(0), size(1), size(2)], [50, 62, 38]);
    let best = kmeans(&points, 3, 20, 1).unwrap();
    close(best.inertia, golden["best_of_100"].as_f64().unwrap(), 1e-9);
}

#[test]
fn cdnow_customers_by_recency_frequency_and_value() {
    let golden = &data::json(&data::own("cdnow_rfm_abc_kmeans.golden.json"))["kmeans"];
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
    let scored = rfm::score(
        &summary,
        &customers.names,
        data::day("1998-07-01"),
        Scoring::Quintile,
    )
    .unwrap();
    let of = |value: &dyn Fn(&rfm::Scored) -> f64| -> Vec<f64> {
        let mut column: Vec<f64> = scored
            .iter()
            .map(|one| value(one).max(0.0).ln_1p())
            .collect();
        scale(&mut column, Scaling::Standard);
        column
    };
    let columns = [
        of(&|one| f64::from(one.recency_days)),
        of(&|one| f64::from(one.frequency)),
        of(&|one| one.monetary),
    ];
    let points = Points::of_columns(&columns).unwrap();
    let starts: Vec<Vec<f64>> = golden["init_rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| points.row(row.as_u64().unwrap() as usize).to_vec())
        .collect();
    let found = lloyd(&points, starts.concat());
    close(
        found.inertia,
        golden["lloyd_inertia"].as_f64().unwrap(),
        1e-9,
    );
    for (at, center) in golden["centers"].as_array().unwrap().iter().enumerate() {
        for (axis, value) in center.as_array().unwrap().iter().enumerate() {
            close(found.centers[at * 3 + axis], value.as_f64().unwrap(), 1e-8);
        }
    }
    let best = kmeans(&points, 5, 100, 1).unwrap();
    close(
        best.inertia,
        golden["best_of_100_kmeanspp_inertia"].as_f64().unwrap(),
        1e-6,
    );
    let measured = silhouette(&points, &found.assignments, 5, 1);
    close(measured, golden["silhouette"].as_f64().unwrap(), 1e-6);
    for (k, inertia) in golden["elbow_best_of_20"].as_object().unwrap() {
        let found = kmeans(&points, k.parse().unwrap(), 100, 1).unwrap();
        assert!(
            found.inertia <= inertia.as_f64().unwrap() * (1.0 + 1e-6),
            "k = {k}: {}",
            found.inertia
        );
    }
}
