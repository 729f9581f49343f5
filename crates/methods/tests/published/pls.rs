use crate::data::{self, Table, close};
use guanxi_methods::pls::{Block, Model, Scaling, Scheme, bootstrap, fit};
use serde_json::Value as Json;

/// The model of the golden file with its columns and their names.
fn satisfaction(golden: &Json, path: &std::path::Path) -> (Model, Vec<Vec<f64>>, Vec<String>) {
    let table = Table::read(path);
    let (mut blocks, mut columns, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (name, items) in golden["model"]["blocks"].as_object().unwrap() {
        let start = columns.len();
        for item in items.as_array().unwrap() {
            names.push(item.as_str().unwrap().to_owned());
            columns.push(table.numbers(item.as_str().unwrap()));
        }
        blocks.push(Block {
            name: name.clone(),
            items: (start..columns.len()).collect(),
        });
    }
    let place = |name: &Json| {
        blocks
            .iter()
            .position(|block| *name == *block.name)
            .unwrap()
    };
    let edges = golden["model"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| (place(&edge[0]), place(&edge[1])));
    let edges = edges.collect();
    (
        Model {
            blocks,
            edges,
            scheme: Scheme::Path,
            scaling: Scaling::Standard,
        },
        columns,
        names,
    )
}

#[test]
fn a_bank_s_satisfaction_by_the_three_schemes() {
    let Some(path) = data::public("satisfaction_bank_es.csv") else {
        return;
    };
    let golden = data::json(&data::public("satisfaction_pls.golden.json").unwrap());
    let (mut model, columns, names) = satisfaction(&golden, &path);
    for (scheme, key) in [
        (Scheme::Path, "path"),
        (Scheme::Centroid, "centroid"),
        (Scheme::Factorial, "factorial"),
    ] {
        model.scheme = scheme;
        model.scaling = Scaling::Standard;
        let found = fit(&model, &columns, (1.0, 10.0)).unwrap();
        let expected = &golden["schemes"][key];
        let number = |of: &str, key: &str| expected[of][key].as_f64().unwrap();
        assert!(found.fit.converged);
        for (item, name) in names.iter().enumerate() {
            close(found.fit.weights[item], number("outer_weights", name), 1e-6);
            close(found.fit.loadings[item], number("loadings", name), 1e-6);
        }
        let name = |block: usize| &model.blocks[block].name;
        for ((from, to), path) in model.edges.iter().zip(&found.fit.paths) {
            close(
                *path,
                number("paths", &format!("{}->{}", name(*from), name(*to))),
                1e-6,
            );
        }
        for (from, to, effect) in &found.total_effects {
            close(
                *effect,
                number("total_effects", &format!("{}->{}", name(*from), name(*to))),
                1e-6,
            );
        }
        for block in 0..model.blocks.len() {
            if let Some(r2) = found.fit.r2[block] {
                close(r2, number("R2", name(block)), 1e-6);
            }
            close(found.ave[block], number("AVE", name(block)), 1e-6);
            close(
                found.alpha[block],
                number("cronbach_alpha", name(block)),
                1e-6,
            );
            close(
                found.rho[block],
                number("dillon_goldstein_rho", name(block)),
                1e-6,
            );
            // The index of the golden file is that of this scheme.
            if scheme == Scheme::Centroid {
                let index = &golden["index_0_100"][name(block)]["index"];
                close(found.index[block], index.as_f64().unwrap(), 1e-6);
            }
        }
        model.scaling = Scaling::Centred;
        let centred = fit(&model, &columns, (1.0, 10.0)).unwrap();
        for ((from, to), path) in model.edges.iter().zip(&centred.fit.paths) {
            let key = format!("{}->{}", name(*from), name(*to));
            close(
                *path,
                number("paths_unstandardised_items (centred only)", &key),
                1e-6,
            );
        }
    }
}

#[test]
fn bootstrap_errors_are_near_those_of_the_jackknife() {
    let Some(path) = data::public("satisfaction_bank_es.csv") else {
        return;
    };
    let golden = data::json(&data::public("satisfaction_pls.golden.json").unwrap());
    let (model, columns, _) = satisfaction(&golden, &path);
    let found = fit(&model, &columns, (1.0, 10.0)).unwrap();
    let intervals = bootstrap(&model, &columns, &found.fit, 300, 1);
    for (((from, to), interval), path) in model.edges.iter().zip(&intervals).zip(&found.fit.paths) {
        let key = format!("{}->{}", model.blocks[*from].name, model.blocks[*to].name);
        let expected = golden["jackknife_SE_path_scheme"][&key].as_f64().unwrap();
        assert!(
            (interval.se / expected - 1.0).abs() < 0.3,
            "{key}: {} {expected}",
            interval.se
        );
        assert!(interval.lo95 <= *path && *path <= interval.hi95);
    }
    assert_eq!(intervals, bootstrap(&model, &columns, &found.fit, 300, 1));
}
