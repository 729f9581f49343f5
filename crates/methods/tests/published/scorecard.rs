use crate::data::{self, Table, close};
use guanxi_methods::columns::Coded;
use guanxi_methods::logit::Column;
use guanxi_methods::math::describe::{deviation, mean};
use guanxi_methods::math::ranking::rank;
use guanxi_methods::scorecard::{Cuts, Scale, Scorecard, fit};
use serde_json::Value as Json;

fn german(cuts: &Cuts) -> (Json, Scorecard, Vec<f64>, Vec<bool>) {
    let golden = data::json(&data::own("german_scorecard.golden.json"));
    let table = Table::read(&data::own("german_credit.csv"));
    let columns: Vec<(String, Column)> = golden["variables"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, variable)| {
            let is_number = !variable["cuts"].is_null();
            let column = if is_number {
                Column::Numbers(table.numbers(name))
            } else {
                Column::Texts(Coded::of(&table.texts(name)))
            };
            (name.clone(), column)
        })
        .collect();
    let bad: Vec<bool> = table
        .texts("creditability")
        .iter()
        .map(|text| *text == "bad")
        .collect();
    let card = fit(&columns, &bad, cuts, Scale::default()).unwrap();
    let scores = card.scores(&columns);
    (golden, card, scores, bad)
}

fn check_bins(golden: &Json, card: &Scorecard) {
    for variable in &card.variables {
        let expected = &golden["variables"][&variable.name];
        close(
            variable.binning.information_value,
            expected["IV"].as_f64().unwrap(),
            1e-10,
        );
        for bin in expected["bins"].as_array().unwrap() {
            let found = variable.binning.bins.iter().find(|one| one.label == bin[0]);
            let found = found.unwrap_or_else(|| {
                panic!(
                    "{}: {} is not among {:?}",
                    variable.name, bin[0], variable.binning.bins
                )
            });
            assert_eq!(
                (found.bad as u64, found.good as u64),
                (bin[1].as_u64().unwrap(), bin[2].as_u64().unwrap())
            );
            close(found.woe, bin[3].as_f64().unwrap(), 1e-10);
        }
    }
}

#[test]
fn german_credit_with_the_published_cuts() {
    let golden = data::json(&data::own("german_scorecard.golden.json"));
    let variables = golden["variables"].as_object().unwrap().iter();
    let cuts: Cuts = variables
        .filter_map(|(name, variable)| {
            let cuts = variable["cuts"]
                .as_array()?
                .iter()
                .map(|cut| cut.as_f64().unwrap());
            Some((name.clone(), cuts.collect()))
        })
        .collect();
    let (golden, card, scores, bad) = german(&cuts);
    check_bins(&golden, &card);
    let fit = &golden["logit_on_woe (all 1000 rows)"];
    for one in &card.fit.coefficients {
        close(one.value, fit["coef"][&one.name].as_f64().unwrap(), 1e-8);
    }
    let against: Vec<f64> = scores.iter().map(|score| -score).collect();
    let ranking = rank(&against, &bad);
    for (found, key) in [
        (ranking.auc, "AUC"),
        (ranking.gini, "Gini"),
        (ranking.ks, "KS"),
    ] {
        close(found, fit["metrics"][key].as_f64().unwrap(), 1e-10);
    }
    close(
        mean(&scores),
        golden["score"]["mean"].as_f64().unwrap(),
        1e-8,
    );
    close(
        deviation(&scores),
        golden["score"]["sd_pop"].as_f64().unwrap(),
        1e-8,
    );
    for (found, expected) in scores
        .iter()
        .zip(golden["score"]["first10"].as_array().unwrap())
    {
        close(*found, expected.as_f64().unwrap(), 1e-8);
    }
}

#[test]
fn german_credit_with_cuts_that_are_found() {
    let (golden, card, scores, bad) = german(&Cuts::new());
    check_bins(&golden, &card);
    let against: Vec<f64> = scores.iter().map(|score| -score).collect();
    close(rank(&against, &bad).auc, 0.8255, 0.002);
}
