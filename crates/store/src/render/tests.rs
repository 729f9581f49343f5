#![allow(clippy::unwrap_used)]

use super::{Target, count, segments, select, update};
use crate::traits::Set;
use guanxi_meta::Cell;
use guanxi_query::cond::{Cond, Direction, Select};

fn postgres() -> Target {
    Target::Postgres {
        schema: "org".to_owned(),
        lower: "und-x-icu".to_owned(),
    }
}

/// The text of every segment.
fn texts(target: &Target, question: &Select) -> Vec<String> {
    segments(question)
        .into_iter()
        .map(|segment| select(target, question, segment).text)
        .collect()
}

#[test]
fn no_order_is_newest_first() {
    let question = Select::of("customer", &["name"])
        .filter(Cond::equal("id", 7))
        .limit(50);
    assert_eq!(
        texts(&Target::Sqlite, &question),
        [
            r#"SELECT t0."seq" AS s, t0."name" FROM "customer" AS t0 WHERE TRUE AND t0."id" = ? ORDER BY s DESC LIMIT 50"#
        ]
    );
}

#[test]
fn a_page_is_a_range_of_the_index_then_the_nulls() {
    let mut question = Select::of("customer", &[])
        .order("key", Direction::Descending)
        .limit(9);
    question.after = Some((vec![Cell::Int(3)], 4));
    assert_eq!(
        texts(&postgres(), &question),
        [
            r#"SELECT t0."seq" AS s FROM "org"."customer" AS t0 WHERE TRUE AND (t0."key", t0."seq") < ($1, $2) ORDER BY t0."key" DESC, s DESC LIMIT 9"#,
            r#"SELECT t0."seq" AS s FROM "org"."customer" AS t0 WHERE TRUE AND t0."key" IS NULL ORDER BY s DESC LIMIT 9"#,
        ]
    );
    question.after = Some((vec![Cell::Null], 4));
    assert_eq!(
        texts(&postgres(), &question),
        [
            r#"SELECT t0."seq" AS s FROM "org"."customer" AS t0 WHERE TRUE AND t0."key" IS NULL AND t0."seq" < $1 ORDER BY s DESC LIMIT 9"#
        ]
    );
}

#[test]
fn identifiers_are_quoted_and_values_bound() {
    let evil = Cond::equal("a\"; --", "x'; --");
    let statement = update(&Target::Sqlite, "t\"", &[("b", Set::Add(2))], &!evil);
    assert_eq!(
        statement.text,
        r#"UPDATE "t""" AS t0 SET "b" = COALESCE(t0."b", 0) + ? WHERE NOT COALESCE(t0."a""; --" = ?, FALSE)"#
    );
    assert_eq!(statement.params.len(), 2);
}

#[test]
fn an_empty_grant_asks_for_nothing() {
    let statement = count(
        &Target::Sqlite,
        "t",
        &[Cond::False, Cond::False],
        &Cond::True,
        Some(5),
    );
    assert_eq!(
        statement.text,
        r#"SELECT count(*) FROM (SELECT * FROM (SELECT 1 AS one FROM "t" AS t0 WHERE FALSE LIMIT 5) AS b0 LIMIT 5) AS merged"#
    );
}
