use crate::data::{self, Table, close};
use guanxi_methods::forecast::arima::{self, Order};
use guanxi_methods::forecast::ets::{self, Error, Season, Structure, Trend};
use guanxi_methods::forecast::{Family, choose, forecast, naive, theta};
use serde_json::Value as Json;

fn series(file: &str) -> Option<Vec<f64>> {
    let path = data::public(file)?;
    Some(Table::read(&path).numbers("y"))
}

fn golden() -> Json {
    data::json(&data::public("airpassengers_R.golden.json").unwrap())
}

fn number(value: &Json) -> f64 {
    value.as_f64().or_else(|| value[0].as_f64()).unwrap()
}

fn mape(points: &[guanxi_methods::forecast::Point], actual: &[f64]) -> f64 {
    let errors = points
        .iter()
        .zip(actual)
        .map(|(point, y)| ((point.mean - y) / y).abs());
    100.0 * errors.sum::<f64>() / actual.len() as f64
}

#[test]
fn exponential_smoothing_is_at_least_as_likely_as_r_finds_it() {
    let Some(y) = series("airpassengers.csv") else {
        return;
    };
    let golden = golden();
    use Error::Multiplicative;
    let structure = |error, trend, season| Structure {
        error,
        trend,
        season,
    };
    for (structure, key) in [
        (
            structure(Error::Additive, Trend::None, Season::None),
            "ets_ANN",
        ),
        (
            structure(Error::Additive, Trend::Additive, Season::None),
            "ets_AAN",
        ),
        (
            structure(Error::Additive, Trend::Additive, Season::Additive),
            "ets_AAA",
        ),
        (
            structure(Multiplicative, Trend::Additive, Season::Multiplicative),
            "ets_MAM",
        ),
        (
            structure(Multiplicative, Trend::Additive, Season::Additive),
            "ets_MAA",
        ),
        (
            structure(Multiplicative, Trend::Damped, Season::Multiplicative),
            "ets_auto",
        ),
    ] {
        let season = if structure.season == Season::None {
            1
        } else {
            12
        };
        let found = ets::fit(&y, season, structure);
        let expected = number(&golden[key]["aicc"]);
        assert!(
            found.aicc <= expected + 1e-3,
            "{key}: {} against {expected}",
            found.aicc
        );
    }
    let best = ets::choose(&y, 12);
    assert!(
        best.aicc <= number(&golden["ets_auto"]["aicc"]) + 1e-3,
        "{best:?}"
    );
}

#[test]
fn the_airline_model_is_that_of_box_and_jenkins() {
    let Some(y) = series("airpassengers.csv") else {
        return;
    };
    // The exact likelihood of the differences, as statsmodels has it; R's differs in the third decimal, since it gives
    // the first values a wide prior instead.
    let reference = data::json(&data::public("airpassengers_sf.golden.json").unwrap());
    let expected = &reference["statsmodels_SARIMAX_011_011_log"];
    let logs: Vec<f64> = y.iter().map(|y| y.ln()).collect();
    let order = Order {
        p: 0,
        d: 1,
        q: 1,
        sp: 0,
        sd: 1,
        sq: 1,
        season: 12,
        has_constant: false,
    };
    let model = arima::fit(&logs, order);
    close(model.log_likelihood, number(&expected["llf"]), 1e-6);
    let found = model.forecast(24);
    close(
        found.parameters[0].1,
        number(&expected["params"]["ma.L1"]),
        1e-3,
    );
    close(
        found.parameters[1].1,
        number(&expected["params"]["ma.S.L12"]),
        1e-3,
    );
    for (point, mean) in found
        .points
        .iter()
        .zip(expected["forecast24_log"].as_array().unwrap())
    {
        close(point.mean, mean.as_f64().unwrap(), 2e-5);
    }
    for (point, deviation) in found
        .points
        .iter()
        .zip(golden()["arima011011_log"]["pred24_se"].as_array().unwrap())
    {
        // Ours counts the coefficients among the degrees of freedom.
        let corrected = deviation.as_f64().unwrap() * (131.0f64 / 129.0).sqrt();
        close(
            (point.hi95 - point.mean) / 1.959_963_984_540_054,
            corrected,
            1e-3,
        );
    }
}

#[test]
fn automatic_orders_are_at_least_as_likely_as_r_finds_them() {
    let Some(y) = series("airpassengers.csv") else {
        return;
    };
    let golden = golden();
    let found = arima::choose(&y, 12);
    assert!(
        found.aicc <= number(&golden["auto_arima_raw"]["aicc"]) + 1e-3,
        "{} {}",
        found.order.name(),
        found.aicc
    );
    let train = arima::choose(&y[..120], 12);
    assert!(
        train.aicc <= number(&golden["auto_arima_train_1949_1958"]["aicc"]) + 1e-3,
        "{}",
        train.order.name()
    );
    let gas = series("ukgas.csv").unwrap();
    let logs: Vec<f64> = gas[..100].iter().map(|y| y.ln()).collect();
    let found = arima::choose(&logs, 4);
    assert!(
        found.aicc <= number(&golden["ukgas_auto_arima_log"]["aicc"]) + 1e-3,
        "{} {}",
        found.order.name(),
        found.aicc
    );
    let found = ets::choose(&gas[..100], 4);
    assert!(
        found.aicc <= number(&golden["ukgas_ets_train_to_1984"]["aicc"]) + 1e-3,
        "{found:?}"
    );
}

#[test]
fn theta_and_the_naive_forecasts_are_those_of_the_references() {
    let Some(y) = series("airpassengers.csv") else {
        return;
    };
    let golden = golden();
    let found = theta::forecast(&y, 12, 12);
    for (point, mean) in found
        .points
        .iter()
        .zip(golden["thetaf"]["mean12"].as_array().unwrap())
    {
        close(point.mean, mean.as_f64().unwrap(), 2e-3);
    }
    let reference = data::json(&data::public("airpassengers_sf.golden.json").unwrap());
    let found = naive::forecast(&y, 12, 12);
    for (at, point) in found.points.iter().enumerate() {
        close(
            point.mean,
            reference["SeasonalNaive"]["mean12"][at].as_f64().unwrap(),
            1e-9,
        );
        close(
            point.lo95,
            reference["SeasonalNaive"]["lo95"][at].as_f64().unwrap(),
            1e-6,
        );
    }
}

#[test]
fn what_is_chosen_beats_the_seasonal_naive_out_of_sample() {
    for (file, season, test) in [
        ("airpassengers.csv", 12, 24),
        ("ukgas.csv", 4, 8),
        ("gas_au_monthly.csv", 12, 24),
    ] {
        let Some(y) = series(file) else {
            return;
        };
        let (train, actual) = y.split_at(y.len() - test);
        let naive = forecast(Family::Snaive, train, season, test).unwrap();
        let (found, trials) = choose(train, season, test).unwrap();
        let (ours, theirs) = (mape(&found.points, actual), mape(&naive.points, actual));
        eprintln!("{file}: {} {ours:.2} % against {theirs:.2} %", found.model);
        assert!(
            ours < theirs,
            "{file}: {} {ours} {theirs} {trials:?}",
            found.model
        );
    }
}
