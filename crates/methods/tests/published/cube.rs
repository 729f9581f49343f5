use crate::data::{self, Table, close};
use guanxi_methods::columns::Coded;
use guanxi_methods::cube::{Cell, Facts, Function, Input, cube};
use std::collections::HashMap;

#[test]
fn won_deals_by_office_product_and_month() {
    let Some(path) = data::public("crm_sales_pipeline.csv") else {
        return;
    };
    let deals = Table::read(&path);
    let teams = Table::read(&data::public("crm_sales_teams.csv").unwrap());
    let offices: HashMap<&str, &str> = teams
        .texts("sales_agent")
        .into_iter()
        .zip(teams.texts("regional_office"))
        .collect();
    let won: Vec<usize> = (0..deals.rows.len())
        .filter(|row| deals.texts("deal_stage")[*row] == "Won")
        .collect();
    let column = |name: &str| -> Vec<&str> {
        let texts = deals.texts(name);
        won.iter().map(|row| texts[*row]).collect()
    };
    let office = Coded::of(
        &column("sales_agent")
            .iter()
            .map(|agent| offices[agent])
            .collect::<Vec<_>>(),
    );
    let product = Coded::of(
        &column("product")
            .iter()
            .map(|text| text.replace("GTXPro", "GTX Pro"))
            .collect::<Vec<_>>(),
    );
    let month = |text: &&str| {
        let parts: Vec<&str> = text.split('/').collect();
        format!("{}-{:0>2}", parts[2], parts[0])
    };
    let month = Coded::of(&column("close_date").iter().map(month).collect::<Vec<_>>());
    let value: Vec<f64> = column("close_value")
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let facts = Facts {
        rows: won.len(),
        dimensions: vec![&office.codes, &product.codes, &month.codes],
        inputs: vec![Input::None, Input::Numbers(&value)],
    };
    let cells = cube(&facts, &[Function::Count, Function::Sum], |_| true).unwrap();
    let name = |cell: &Cell| {
        let names = [&office.names, &product.names, &month.names];
        let part = |(code, names): (&Option<u32>, &&guanxi_methods::columns::Names)| {
            code.map_or(String::new(), |code| names.get(code).to_owned())
        };
        cell.key
            .iter()
            .zip(&names)
            .map(part)
            .collect::<Vec<String>>()
    };
    let found: HashMap<Vec<String>, &Cell> = cells.iter().map(|cell| (name(cell), cell)).collect();
    let expected = Table::read(&data::public("crm_pipeline_cube.csv").unwrap());
    assert!(expected.rows.len() > 100);
    let mut seen = 0;
    for row in &expected.rows {
        let Some(cell) = found.get(&row[..3]) else {
            panic!("{row:?} is missing");
        };
        close(cell.values[0].unwrap(), row[4].parse().unwrap(), 1e-12);
        close(cell.values[1].unwrap(), row[5].parse().unwrap(), 1e-9);
        seen += 1;
    }
    eprintln!("{seen} of {} cells", cells.len());
}
