use crate::data::{self, Table, close};
use guanxi_methods::clv::bg_nbd::{self, BgNbd};
use guanxi_methods::clv::gamma_gamma::{self, GammaGamma};
use guanxi_methods::clv::value::{Horizon, value};
use guanxi_methods::clv::{History, holdout, of_orders, pareto_nbd};

fn cdnow() -> History {
    let table = Table::read(&data::own("cdnow_summary.csv"));
    History {
        x: table.numbers("x"),
        t_x: table.numbers("t_x"),
        t: table.numbers("T"),
        mean_amount: table.numbers("zbar"),
    }
}

/// As published: Marketing Science 24(2), table 2, and the note on the Gamma-Gamma model.
const PUBLISHED: BgNbd = BgNbd {
    r: 0.243,
    alpha: 4.414,
    a: 0.793,
    b: 2.426,
};
const PUBLISHED_AMOUNTS: GammaGamma = GammaGamma {
    p: 6.25,
    q: 3.74,
    gamma: 15.44,
};

#[test]
fn cdnow_bg_nbd() {
    let golden = data::json(&data::own("cdnow_clv.golden.json"));
    let (model, fit) = bg_nbd::fit(&cdnow()).unwrap();
    let expected = &golden["bgnbd_mle_own"];
    for (found, name) in [
        (model.r, "r"),
        (model.alpha, "alpha"),
        (model.a, "a"),
        (model.b, "b"),
    ] {
        close(found, expected[name].as_f64().unwrap(), 1e-5);
    }
    assert!(
        fit.log_likelihood >= expected["LL"].as_f64().unwrap() - 1e-7,
        "{fit:?}"
    );
    assert!(fit.converged && fit.identified, "{fit:?}");
    close(
        PUBLISHED.log_likelihood(&cdnow()),
        golden["LL_at_prediction_parameters"].as_f64().unwrap(),
        1e-11,
    );
    for (weeks, orders) in golden["expected_holdout_per_new_customer"]
        .as_object()
        .unwrap()
    {
        let found = PUBLISHED.expected_orders(0.0, 0.0, 0.0, weeks.parse().unwrap());
        close(found, orders.as_f64().unwrap(), 1e-10);
    }
}

#[test]
fn cdnow_pareto_nbd() {
    let golden = data::json(&data::own("cdnow_clv.golden.json"));
    let (model, fit) = pareto_nbd::fit(&cdnow()).unwrap();
    let expected = &golden["pareto_nbd_mle_own"];
    for (found, name) in [
        (model.r, "r"),
        (model.alpha, "alpha"),
        (model.s, "s"),
        (model.beta, "beta"),
    ] {
        close(found, expected[name].as_f64().unwrap(), 1e-4);
    }
    assert!(
        fit.log_likelihood >= expected["LL"].as_f64().unwrap() - 1e-6,
        "{fit:?}"
    );
    assert!(fit.converged && fit.identified, "{fit:?}");
}

#[test]
fn cdnow_gamma_gamma() {
    let golden = data::json(&data::own("cdnow_clv.golden.json"));
    let (model, fit) = gamma_gamma::fit(&cdnow()).unwrap();
    let expected = &golden["gamma_gamma_mle_own"];
    for (found, name) in [(model.p, "p"), (model.q, "q"), (model.gamma, "gamma")] {
        close(found, expected[name].as_f64().unwrap(), 1e-4);
    }
    assert!(
        fit.log_likelihood >= expected["LL"].as_f64().unwrap() - 1e-6,
        "{fit:?}"
    );
}

#[test]
fn cdnow_customers_one_by_one() {
    let predictions = Table::read(&data::own("cdnow_predictions.csv"));
    let history = cdnow();
    let at_39 = value(
        &history,
        &PUBLISHED,
        Some(&PUBLISHED_AMOUNTS),
        Horizon {
            units: 39.0,
            discount: 0.0,
        },
    );
    let year = Horizon::with_yearly_rate(52.0, 0.15, 52.0);
    let at_52 = value(&history, &PUBLISHED, Some(&PUBLISHED_AMOUNTS), year);
    let column = |name: &str| predictions.numbers(name);
    let (alive, orders) = (column("p_alive"), column("cond_exp_39"));
    let (spend, clv) = (column("exp_spend"), column("clv_52w_15pct"));
    for at in 0..history.len() {
        close(at_39[at].p_alive, alive[at], 1e-8);
        close(at_39[at].expected_orders, orders[at], 1e-8);
        close(at_39[at].expected_amount, spend[at], 1e-8);
        close(at_52[at].clv, clv[at], 1e-8);
    }
}

#[test]
fn cdnow_orders_give_the_summary_and_the_hold_out() {
    let log = Table::read(&data::own("cdnow_elog.csv"));
    let customers = log.coded("customer_id");
    let days = log.days("date");
    let mut orders: Vec<(u32, i32, f64)> = customers
        .codes
        .iter()
        .zip(&days)
        .zip(log.numbers("value"))
        .map(|((customer, day), value)| (*customer, *day, value))
        .collect();
    let until = data::day("1997-09-30");
    let (codes, history) = of_orders(&mut orders, until, 7.0);
    let published = cdnow();
    assert_eq!(codes.len(), published.len());
    assert_eq!(history.x, published.x);
    for at in 0..codes.len() {
        close(history.t_x[at], published.t_x[at], 0.006);
        close(history.t[at], published.t[at], 0.006);
        close(history.mean_amount[at], published.mean_amount[at], 0.006);
    }
    let golden = data::json(&data::own("cdnow_clv.golden.json"));
    let expected: Vec<f64> = (0..published.len())
        .map(|at| {
            PUBLISHED.expected_orders(published.x[at], published.t_x[at], published.t[at], 39.0)
        })
        .collect();
    let mut later: Vec<(u32, i32)> = orders
        .iter()
        .filter(|(_, day, _)| *day > until)
        .map(|(customer, day, _)| (*customer, *day))
        .collect();
    later.dedup();
    let mut actual = vec![0.0; published.len()];
    for (customer, _) in later {
        actual[customer as usize] += 1.0;
    }
    let found = holdout::compare(&published.x, &actual, &expected);
    close(
        found.actual_orders,
        golden["holdout_actual_sum"].as_f64().unwrap(),
        1e-12,
    );
    close(
        found.expected_orders,
        golden["sum_cond_exp_39"].as_f64().unwrap(),
        1e-9,
    );
    close(found.mae, golden["holdout_MAE"].as_f64().unwrap(), 1e-9);
    close(found.rmse, golden["holdout_RMSE"].as_f64().unwrap(), 1e-9);
    close(
        found.correlation,
        golden["holdout_corr"].as_f64().unwrap(),
        1e-9,
    );
    for (group, expected) in found
        .by_x
        .iter()
        .zip(golden["holdout_by_x"].as_array().unwrap())
    {
        assert_eq!(group.n as u64, expected["n"].as_u64().unwrap());
        close(group.expected, expected["expected"].as_f64().unwrap(), 1e-8);
    }
}

#[test]
fn customers_who_never_leave_are_said_to_identify_nothing() {
    // All order every week to the last day: nothing tells how they would leave.
    let history = History {
        x: vec![10.0; 50],
        t_x: vec![10.0; 50],
        t: vec![10.0; 50],
        mean_amount: vec![5.0; 50],
    };
    let (_, fit) = bg_nbd::fit(&history).unwrap();
    assert!(!fit.identified, "{fit:?}");
}
