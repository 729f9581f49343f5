//! What single texts mean.

use super::world::{Record, World, id};
use crate::cond::{Cond, Direction, Op};
use crate::sort::Sort;
use crate::{Purpose, check};
use guanxi_meta::kind::Ty;
use guanxi_meta::{Cell, Money, Value};
use jiff::civil::date;
use rust_decimal::Decimal;

fn lowered(text: &str) -> Cond {
    let world = World::new();
    check(&world.catalog, world.customer(), text, Purpose::Filter)
        .unwrap()
        .lower(&world)
        .unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn money(amount: &str, currency: &str, base: &str) -> Value {
    Value::Money(Money {
        amount: decimal(amount),
        currency: currency.to_owned(),
        base: Some(decimal(base)),
    })
}

/// Type and value of a formula on one customer, whose parent is another.
fn computed(text: &str) -> (Ty, Value) {
    let mut world = World::new();
    world.add(&[], &[("name", "Parent".into()), ("qty", Value::Int(40))]);
    world.add(
        &[("owner", 2), ("version", 2)],
        &[
            ("name", "锅炉 A".into()),
            ("amount", money("1234.50", "USD", "8888.40")),
            ("score", Value::Decimal(decimal("2.35"))),
            ("qty", Value::Int(7)),
            ("flag", Value::Bool(true)),
            ("born", Value::Date(date(2024, 1, 31))),
            (
                "met",
                Value::Instant("2024-03-31T00:30:00Z".parse().unwrap()),
            ),
            ("tags", Value::List(vec!["x".into(), "y".into()])),
            ("parent", Value::Id(id(1))),
        ],
    );
    let typed = check(&world.catalog, world.customer(), text, Purpose::Formula).unwrap();
    let record = Record {
        world: &world,
        object: world.customer(),
        row: &world.customers()[1],
    };
    (typed.ty(), typed.eval(&record, &world))
}

#[track_caller]
fn number(text: &str, scale: u32, value: &str) {
    let expected = if scale == 0 {
        Value::Int(value.parse().unwrap())
    } else {
        Value::Decimal(decimal(value))
    };
    assert_eq!(computed(text), (Ty::Number { scale }, expected), "{text}");
}

#[test]
fn numbers() {
    number("qty * 2 + 1", 0, "15");
    number("qty - score * 2", 2, "2.30");
    number("qty / 3", 6, "2.333333");
    number("0.1 + 0.2", 1, "0.3");
    number("round(score, 1)", 1, "2.4");
    number("round(-2.5)", 0, "-3");
    number("abs(-qty) + max(qty, 9, null) - min(2.0, qty)", 1, "14.0");
    number("parent.qty + qty", 0, "47");
    number("coalesce(parent.parent.qty, 3)", 0, "3");
    number("len(name) + len(tags)", 0, "6");
    number("days_between(born, \"2024-03-01\")", 0, "30");
    number(
        "year(met) * 10000 + month(met) * 100 + day(met)",
        0,
        "20240331",
    );
    for nothing in [
        "qty / 0",
        "qty / (qty - 7)",
        "parent.parent.qty + 1",
        "9999999999999999999999999999 * 10000",
        "9223372036854775807 * 9",
    ] {
        assert_eq!(computed(nothing).1, Value::Null, "{nothing}");
    }
}

#[test]
fn money_is_rounded_half_up_and_summed_in_the_currency_of_the_organisation() {
    let is = |text: &str, value: Value| assert_eq!(computed(text), (Ty::Money, value), "{text}");
    is("amount * 33 / 100", money("407.39", "USD", "2933.17"));
    is("0.5 * amount", money("617.25", "USD", "4444.20"));
    is("amount + amount", money("17776.80", "CNY", "17776.80"));
    is("-amount", money("-1234.50", "USD", "-8888.40"));
    is(
        "if(amount > 8888, amount, null)",
        money("1234.50", "USD", "8888.40"),
    );
    number("amount / amount", 6, "1");
    assert_eq!(computed("amount = 8888.4").1, Value::Bool(true));
}

#[test]
fn texts_dates_and_conditions() {
    let text =
        |text: &str, value: &str| assert_eq!(computed(text), (Ty::Text, value.into()), "{text}");
    text(
        "concat(name, \"-\", qty, \"-\", born, note)",
        "锅炉 A-7-2024-01-31",
    );
    text("upper(lower(name))", "锅炉 A");
    text("if(owner is null, \"pool\", owner.name)", "Ann");
    text(
        "if(score > 2 and not flag, \"a\", if(status is null, \"b\", \"c\"))",
        "b",
    );
    text("coalesce(status, \"none\")", "none");
    assert_eq!(
        computed("born + 1m"),
        (Ty::Date, Value::Date(date(2024, 2, 29)))
    );
    assert_eq!(
        computed("date_add(born, -qty, \"d\")").1,
        Value::Date(date(2024, 1, 24))
    );
    // An hour is skipped that night: a day later by the calendar is 23 hours later by the clock.
    let later = |text: &str| Value::Instant(text.parse().unwrap());
    assert_eq!(
        computed("date_add(met, -1, \"d\")").1,
        later("2024-03-30T00:30:00Z")
    );
    assert_eq!(computed("met + 1d").1, later("2024-03-31T23:30:00Z"));
    assert_eq!(computed("met + 24h").1, later("2024-04-01T00:30:00Z"));
    assert_eq!(
        computed("born - \"2024-01-01\""),
        (Ty::Duration, Value::Duration(30 * 86_400_000_000))
    );
    assert_eq!(
        computed("\"x\" in tags and name ~ \"锅\" and qty in (1, 7)"),
        (Ty::Bool, Value::Bool(true))
    );
}

#[test]
fn fields_are_all_that_is_read() {
    let world = World::new();
    let typed = check(
        &world.catalog,
        world.customer(),
        "if(parent.owner.name = \"A\", qty, qty)",
        Purpose::Formula,
    )
    .unwrap();
    let read: Vec<_> = typed
        .fields()
        .iter()
        .map(|read| {
            (
                read.path.join("."),
                read.object.as_str(),
                read.field.as_str(),
            )
        })
        .collect();
    let expected = [
        ("parent", "customer", "parent"),
        ("parent.owner", "customer", "owner"),
        ("parent.owner.name", "user", "name"),
        ("qty", "customer", "qty"),
    ];
    assert_eq!(
        read,
        expected.map(|(path, object, field)| (path.to_owned(), object, field))
    );
    assert_eq!(typed.result(), ("integer", None));
}

#[test]
fn the_sentence_of_the_contract_becomes_columns() {
    let cond = lowered(
        "status in (\"won\",\"lost\") and amount >= 10000 and owner.department under $me.department and name ~ \"锅炉\" and created_at >= today() - 30d",
    );
    let Cond::All(parts) = cond else {
        panic!("{cond:?}")
    };
    let under = Cond::among("department", vec![Cell::Int(1), Cell::Int(2)]);
    assert_eq!(
        parts[0],
        Cond::among("f_status", vec!["won".into(), "lost".into()])
    );
    assert_eq!(
        parts[1],
        Cond::compare("f_amount", Op::GreaterOrEqual, 100_000_000)
    );
    assert_eq!(
        parts[2],
        Cond::Among {
            column: "owner".into(),
            table: "t_user".into(),
            select: "seq".into(),
            cond: Box::new(under)
        }
    );
    assert_eq!(
        parts[3],
        Cond::Contains {
            column: "f_name".into(),
            folded: "锅炉".into()
        }
    );
    // 30 days before 1 April, when the clock was an hour behind.
    let start = "2024-03-01T23:00:00Z".parse::<jiff::Timestamp>().unwrap();
    assert_eq!(
        parts[4],
        Cond::compare("created_at", Op::GreaterOrEqual, start.as_microsecond())
    );
}

#[test]
fn links_become_ids_or_numbers_of_rows_and_keep_to_what_is_seen() {
    assert_eq!(lowered("owner = $me"), Cond::equal("owner", 1));
    assert_eq!(lowered("owner is null"), Cond::equal("owner", 0));
    assert_eq!(lowered("manager = $me"), Cond::equal("f_manager", id(201)));
    assert_eq!(
        lowered("department = $me.department"),
        Cond::equal("department", 1)
    );
    let seen = Cond::equal("f_qty", 1).and(Cond::compare("version", Op::Less, 3));
    let among = Cond::Among {
        column: "f_parent".into(),
        table: "t_customer".into(),
        select: "id".into(),
        cond: Box::new(seen),
    };
    assert_eq!(lowered("parent.qty = 1"), among);
    assert_eq!(lowered("parent.qty != 1"), !among);
    assert_eq!(
        lowered("tags = \"x\""),
        Cond::ListHas {
            column: "f_tags".into(),
            item: "x".into()
        }
    );
}

#[test]
fn numbers_between_and_beyond_what_a_column_keeps() {
    assert_eq!(lowered("qty > 2.5"), Cond::compare("f_qty", Op::Greater, 2));
    assert_eq!(
        lowered("qty < 2.5"),
        Cond::compare("f_qty", Op::LessOrEqual, 2)
    );
    assert_eq!(
        lowered("qty >= -2.5"),
        Cond::compare("f_qty", Op::Greater, -3)
    );
    assert_eq!(lowered("score = 1.5"), Cond::equal("f_score", 150));
    assert_eq!(lowered("score = 1.555"), Cond::False);
    assert_eq!(
        lowered("qty < 1000000000000000000000"),
        !Cond::null("f_qty")
    );
    assert_eq!(lowered("qty in (1, 2.5)"), Cond::equal("f_qty", 1));
}

#[test]
fn the_empty_filter_lets_everything_pass() {
    let world = World::new();
    for text in ["", "  \n"] {
        let typed = check(&world.catalog, world.customer(), text, Purpose::Filter).unwrap();
        assert_eq!(
            (
                typed.lower(&world).unwrap(),
                typed.to_text().as_str(),
                typed.chips().len()
            ),
            (Cond::True, "", 0)
        );
    }
}

#[test]
fn chinese_signs_quotes_and_case_are_understood() {
    let plain = lowered("status in ('won', 'lost') and not (qty > 1 or flag)");
    assert_eq!(
        lowered("status IN （“won”，‘lost’） AND NOT （qty ＞ 1 Or flag）"),
        plain
    );
    assert_eq!(lowered("`under` <> \"a\""), !Cond::equal("f_under", "a"));
    assert_eq!(
        lowered("name = \"a\\\"b\\u{41}\\n\""),
        Cond::equal("f_name", "a\"bA\n")
    );
}

#[test]
fn chips_say_what_is_simple_and_what_is_left_without_them() {
    let world = World::new();
    let text =
        "status in ('won') and created_at >= today() - 30d and (flag or qty = 1) and owner = $me";
    let chips = check(&world.catalog, world.customer(), text, Purpose::Filter)
        .unwrap()
        .chips();
    let simple: Vec<_> = chips
        .iter()
        .map(|chip| {
            chip.simple
                .as_ref()
                .map(|s| format!("{} {} {} {:?}", s.field, s.op, s.value, s.items))
        })
        .collect();
    assert_eq!(simple[0].as_deref(), Some("status in \"won\" [\"won\"]"));
    assert_eq!(simple[1].as_deref(), Some("created_at >= today() - 30d []"));
    assert_eq!(simple[2], None);
    assert_eq!(chips[2].text, "flag or qty = 1");
    assert_eq!(
        chips[2].rest,
        "status in (\"won\") and created_at >= today() - 30d and owner = $me"
    );
    assert_eq!(
        chips[3].rest,
        "status in (\"won\") and created_at >= today() - 30d and (flag or qty = 1)"
    );
}

#[test]
fn orders() {
    let world = World::new();
    let sort = Sort::parse(world.customer(), "-created_at, name,amount", &world).unwrap();
    let keys: Vec<_> = sort
        .keys
        .iter()
        .map(|key| (key.column.as_str(), key.direction))
        .collect();
    assert_eq!(
        keys,
        [
            ("created_at", Direction::Descending),
            ("title_key", Direction::Ascending),
            ("f_amount", Direction::Ascending)
        ]
    );
    assert_eq!(sort.to_text(), "-created_at,name,amount");
    assert!(
        Sort::parse(world.customer(), "  ", &world)
            .unwrap()
            .keys
            .is_empty()
    );
    let wrong = |text: &str| {
        let error = Sort::parse(world.customer(), text, &world).unwrap_err();
        (error.code, error.position, error.length)
    };
    assert_eq!(wrong("name, -qyt"), ("unknown_field", 6, 4));
    assert_eq!(wrong("name,tags"), ("not_sortable", 5, 4));
    assert_eq!(wrong("owner").0, "not_sortable");
    assert_eq!(wrong("name,-name").0, "repeated_key");
    assert_eq!(wrong("name,qty,score,amount").0, "too_many_keys");
    assert_eq!(wrong("name,,qty"), ("unknown_field", 5, 0));
}
