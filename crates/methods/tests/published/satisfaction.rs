use crate::data::{self, close};
use guanxi_methods::satisfaction::{csat, nps};

#[test]
fn scores_by_hand() {
    let golden = data::json(&data::own("closed_form.golden.json"));
    for case in golden["NPS"].as_array().unwrap() {
        let scores: Vec<f64> = match case["scores"].as_array() {
            Some(scores) => scores.iter().map(|score| score.as_f64().unwrap()).collect(),
            None => [(70, 10.0), (20, 8.0), (10, 3.0)]
                .iter()
                .flat_map(|(n, score)| vec![*score; *n])
                .collect(),
        };
        let found = nps(&scores).unwrap();
        assert_eq!(found.n as u64, case["n"].as_u64().unwrap());
        close(found.nps, case["NPS"].as_f64().unwrap(), 1e-12);
        close(
            found.se,
            case["SE_pct_points (population variance/n)"]
                .as_f64()
                .unwrap(),
            1e-10,
        );
    }
    let case = &golden["CSAT (scale 1-5, share of 4-5)"];
    let scores: Vec<f64> = case["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|score| score.as_f64().unwrap())
        .collect();
    close(
        csat(&scores, 4.0, 5.0).unwrap().csat,
        case["value_pct"].as_f64().unwrap(),
        1e-12,
    );
}
