//! Random filters that are well typed, random customers, random trees, and random nonsense.

use super::world::id;
use crate::Span;
use crate::ast::{Binary, Expr, Length, Name, Node, Sense};
use guanxi_meta::{Money, Value};
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

const ORDERS: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];

fn comparison(
    fields: &'static [&'static str],
    ops: &'static [&'static str],
    values: &'static [&'static str],
) -> BoxedStrategy<String> {
    let plain = (select(fields), select(ops), select(values))
        .prop_map(|(field, op, value)| format!("{field} {op} {value}"));
    let turned = (select(fields), select(&ORDERS[..]), select(values))
        .prop_map(|(field, op, value)| format!("{value} {op} {field}"));
    let listed = (
        select(fields),
        select(&["in", "not in"][..]),
        prop::collection::vec(select(values), 1..4),
    )
        .prop_map(|(field, op, values)| format!("{field} {op} ({})", values.join(", ")));
    if ops.contains(&"<") {
        prop_oneof![3 => plain, 1 => turned, 1 => listed].boxed()
    } else {
        prop_oneof![3 => plain, 1 => listed].boxed()
    }
}

/// Parts that are not made of a field, an operator and a value.
const FIXED: &[&str] = &[
    "owner = $me",
    "owner != $me.id",
    "owner.department under $me.department",
    "unit under $me.department",
    "parent.unit under $me.department",
    "unit = $me.department",
    "manager = $me",
    "created_by = owner",
    "owner = created_by",
    "department under $me.department",
    "parent.department = $me.department",
    "parent.owner = $me",
    "owner.owner = $me",
    "owner = \"01900000-0000-7000-8000-0000000000ca\"",
    "unit = \"01900000-0000-7000-8000-000000000066\"",
    "parent = \"01900000-0000-7000-8000-000000000001\"",
    "id = \"01900000-0000-7000-8000-000000000002\"",
    "parent.parent in (\"01900000-0000-7000-8000-000000000001\", null)",
    "about = \"01900000-0000-7000-8000-000000000001\"",
    "owner = \"01900000-0000-7000-8000-000000000fff\"",
    "department under \"01900000-0000-7000-8000-000000000066\"",
    "tags = \"x\"",
    "tags != \"y\"",
    "\"x\" in tags",
    "tags in (\"x\", \"y\")",
    "tags not in (\"x\")",
    "parent.tags = \"x\"",
    "flag",
    "parent.flag",
    "flag = false",
    "flag != true",
    "parent.flag = false",
    "flag = (qty > 1)",
    "flag = parent.flag",
    "if(flag, qty > 1, parent.flag)",
    "if(flag, parent.flag, null) = false",
    "(qty > 1) = (score > 1)",
    "(qty > 1) is null",
    "qty <= version",
    "met > created_at",
    "name = note",
    "parent.qty < parent.version",
    "qty in (version, 2, null)",
    "email = \"A@Example.COM\"",
    "email in (\"b@example.com\")",
    "true",
    "false",
    "1 < 2",
    "$me = $me",
    "null is null",
    "\"Ann\" in (name, note)",
    "\"2024-03-31\" in (born, met)",
];

/// A part that compares one thing.
fn atom() -> BoxedStrategy<String> {
    let numbers = comparison(
        &[
            "qty",
            "score",
            "parent.qty",
            "parent.parent.score",
            "version",
        ],
        &ORDERS,
        &[
            "0",
            "1",
            "2.5",
            "-1",
            "0.005",
            "100000000000000000000",
            "-100000000000000000000",
            "1 + 0.5",
            "3 / 0",
            "if(true, 1, 2)",
        ],
    );
    let money = comparison(
        &["amount", "parent.amount"],
        &ORDERS,
        &["10", "10.5", "0", "10.00001", "2 * 5"],
    );
    let texts = comparison(
        &[
            "name",
            "note",
            "owner.name",
            "parent.name",
            "parent.owner.name",
        ],
        &ORDERS,
        &[
            "\"A\"",
            "\"Ann\"",
            "\"\"",
            "\"锅炉\"",
            "lower(\"ANN\")",
            "concat(\"A\", \"nn\")",
        ],
    );
    let matches = (
        select(
            &[
                "name",
                "note",
                "owner",
                "owner.name",
                "parent",
                "parent.parent.name",
            ][..],
        ),
        select(&["~", "!~", "^="][..]),
        select(&["\"a\"", "\"ＡＮ\"", "\"锅\"", "\"\"", "\"zz\""][..]),
    )
        .prop_map(|(field, op, value)| format!("{field} {op} {value}"));
    let choices = comparison(
        &["status", "parent.status"],
        &["=", "!="],
        &["\"new\"", "\"won\"", "\"lost\""],
    );
    let fixed = select(FIXED).prop_map(str::to_owned);
    let nulls = (
        select(
            &[
                "name",
                "amount",
                "qty",
                "flag",
                "born",
                "parent",
                "owner",
                "parent.owner",
                "parent.qty",
                "tags",
                "parent.parent",
                "created_by",
                "unit",
                "extra",
                "owner.name",
            ][..],
        ),
        select(&["is null", "is not null", "= null", "!= null"][..]),
    )
        .prop_map(|(field, op)| format!("{field} {op}"));
    prop_oneof![
        numbers,
        money,
        texts,
        matches,
        choices,
        times(),
        fixed,
        nulls
    ]
    .boxed()
}

fn times() -> BoxedStrategy<String> {
    let dates = comparison(
        &["born", "parent.born"],
        &ORDERS,
        &[
            "\"2024-03-31\"",
            "today()",
            "today() - 1d",
            "now()",
            "\"2024-10-27\"",
            "date(now()) + 6m",
            "today() - 1y",
        ],
    );
    let instants = comparison(
        &["met", "created_at", "parent.met"],
        &ORDERS,
        &[
            "\"2024-03-31\"",
            "today()",
            "today() - 1d",
            "now()",
            "now() - 4h",
            "\"2024-10-27\"",
            "\"2024-03-31T00:30:00Z\"",
            "\"2024-10-27 02:30\"",
            "date_add(now(), -1, \"d\")",
        ],
    );
    let durations = comparison(
        &["took", "parent.took"],
        &ORDERS,
        &["1d", "4h", "0d", "30min * 2"],
    );
    prop_oneof![dates, instants, durations].boxed()
}

pub fn filter() -> impl Strategy<Value = String> {
    atom().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|part| format!("not ({part})")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts
                .iter()
                .map(|part| format!("({part})"))
                .collect::<Vec<_>>()
                .join(" and ")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts
                .iter()
                .map(|part| format!("({part})"))
                .collect::<Vec<_>>()
                .join(" or ")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("if({a}, {b}, {c})")),
        ]
    })
}

/// Owner, department, author, version, instant of making; then values by field.
pub type Customer = (Vec<i64>, Vec<(&'static str, Value)>);

pub fn customer() -> impl Strategy<Value = Customer> {
    let created: Vec<i64> = instants()
        .iter()
        .map(|instant| instant.as_microsecond())
        .collect();
    let one = |(name, pool): (&'static str, Vec<Value>)| {
        let value = prop_oneof![1 => Just(Value::Null), 4 => select(pool)];
        value.prop_map(move |value| (name, value)).boxed()
    };
    let values: Vec<BoxedStrategy<(&'static str, Value)>> = pools().into_iter().map(one).collect();
    (prop::array::uniform4(0..4_i64), select(created), values).prop_map(
        |(system, created, values)| {
            let [owner, department, author, version] = system;
            (
                vec![owner, department, author, version.max(1), created],
                values,
            )
        },
    )
}

/// Around the bounds of days, and where clocks jump.
fn instants() -> Vec<Timestamp> {
    let moments = [
        "2024-03-30T22:59:59.999999Z",
        "2024-03-30T23:00:00Z",
        "2024-03-31T00:30:00Z",
        "2024-03-31T20:30:00Z",
        "2024-03-31T22:00:00Z",
        "2024-04-01T00:30:00Z",
        "2024-10-26T22:00:00Z",
        "2024-10-26T22:45:00Z",
        "2024-10-27T00:30:00Z",
        "2024-10-27T01:30:00Z",
        "2024-10-27T22:59:59Z",
    ];
    moments
        .iter()
        .map(|moment| moment.parse().unwrap())
        .collect()
}

/// What each field of a customer may hold, beside nothing.
fn pools() -> Vec<(&'static str, Vec<Value>)> {
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| Value::from(*text))
            .collect::<Vec<_>>()
    };
    let links = |ids: &[u128]| ids.iter().map(|&n| Value::Id(id(n))).collect::<Vec<_>>();
    let decimal = |text: &&str| text.parse::<Decimal>().unwrap();
    let money = |base: Decimal| {
        let amount = base * Decimal::from(7);
        Value::Money(Money {
            amount,
            currency: "USD".to_owned(),
            base: Some(base),
        })
    };
    let days = [
        (2024, 3, 30),
        (2024, 3, 31),
        (2024, 4, 1),
        (2024, 10, 27),
        (2023, 4, 1),
    ];
    vec![
        ("name", texts(&["A", "Ann", "工业锅炉"])),
        ("status", texts(&["new", "won", "lost"])),
        (
            "amount",
            ["10", "10.5", "-1", "0"]
                .iter()
                .map(decimal)
                .map(money)
                .collect(),
        ),
        ("qty", (0..4).map(Value::Int).collect()),
        (
            "score",
            ["0", "1", "2.5", "0.01", "-1"]
                .iter()
                .map(decimal)
                .map(Value::Decimal)
                .collect(),
        ),
        ("flag", vec![Value::Bool(true), Value::Bool(false)]),
        (
            "born",
            days.iter()
                .map(|&(year, month, day)| Value::Date(date(year, month, day)))
                .collect(),
        ),
        ("met", instants().into_iter().map(Value::Instant).collect()),
        (
            "took",
            [86_400_000_000, 14_400_000_000, 0]
                .map(Value::Duration)
                .to_vec(),
        ),
        (
            "tags",
            vec![Value::List(texts(&["x"])), Value::List(texts(&["x", "y"]))],
        ),
        ("parent", links(&[1, 2, 3, 4])),
        ("manager", links(&[201, 202])),
        ("unit", links(&[101, 102, 103])),
        (
            "about",
            vec![Value::Reference {
                object: "customer".to_owned(),
                id: id(1),
            }],
        ),
        ("note", texts(&["Ann", "x"])),
        ("email", texts(&["a@example.com", "b@example.com"])),
    ]
}

/// Words and signs of the language in any order.
pub fn soup() -> impl Strategy<Value = String> {
    let words = [
        "and",
        "or",
        "not",
        "in",
        "is",
        "null",
        "under",
        "~",
        "^=",
        "(",
        ")",
        ",",
        ".",
        "-",
        "+",
        "*",
        "/",
        "=",
        "!=",
        "name",
        "qty",
        "amount",
        "parent",
        "owner",
        "$me",
        "department",
        "\"a\"",
        "'b'",
        "1",
        "2.5",
        "30d",
        "1m",
        "today()",
        "now",
        "if",
        "coalesce",
        "(",
        ")",
        "true",
        "born",
        "tags",
        "`under`",
        "“",
        "\\",
        "\u{1F600}",
        "round",
        "min",
        "concat",
    ];
    prop::collection::vec(select(words.to_vec()), 0..40).prop_map(|words| words.join(" "))
}

fn leaf() -> BoxedStrategy<Node> {
    let name = select(&["name", "parent", "in", "année", "a1"][..]).prop_map(|text| Name {
        text: text.to_owned(),
        span: Span::default(),
    });
    let length = (0..30_i64, 0..40_i64, 0..2_000_i64, prop::bool::ANY).prop_map(
        |(months, days, minutes, negative)| {
            let length = Length {
                months,
                days,
                micros: minutes * 60_000_000,
            };
            Node::Duration(if negative {
                length.negated().unwrap()
            } else {
                length
            })
        },
    );
    prop_oneof![
        Just(Node::Null),
        any::<bool>().prop_map(Node::Bool),
        (any::<i64>(), 0..6_u32)
            .prop_map(|(number, scale)| Node::Number(Decimal::new(number, scale))),
        any::<String>().prop_map(|text| Node::Text(text.replace('\0', ""))),
        length,
        prop::collection::vec(name.clone(), 1..4).prop_map(Node::Path),
        prop::collection::vec(name, 0..2).prop_map(Node::Me),
    ]
    .boxed()
}

pub fn tree() -> impl Strategy<Value = Expr> {
    let expr = |node: Node| Expr::new(Span::default(), node);
    let sense = || select(&[Sense::Plain, Sense::Negated][..]);
    leaf()
        .prop_map(expr)
        .prop_recursive(6, 60, 4, move |inner| {
            let list = |least: usize| prop::collection::vec(inner.clone(), least..4);
            let ops = [
                Binary::Add,
                Binary::Subtract,
                Binary::Multiply,
                Binary::Divide,
                Binary::Equal,
                Binary::NotEqual,
                Binary::Less,
                Binary::GreaterOrEqual,
                Binary::Contains,
                Binary::NotContains,
                Binary::StartsWith,
                Binary::Under,
            ];
            let boxed = |expr: Expr| Box::new(expr);
            prop_oneof![
                inner.clone().prop_map(move |inner| match inner.node {
                    // The parser makes a literal of these.
                    Node::Number(_) | Node::Duration(_) => inner,
                    _ => expr(Node::Negate(boxed(inner))),
                }),
                inner
                    .clone()
                    .prop_map(move |inner| expr(Node::Not(boxed(inner)))),
                list(2).prop_map(move |parts| expr(Node::And(
                    parts
                        .into_iter()
                        .flat_map(|part| match part.node {
                            Node::And(list) => list,
                            _ => vec![part],
                        })
                        .collect()
                ))),
                list(2).prop_map(move |parts| expr(Node::Or(
                    parts
                        .into_iter()
                        .flat_map(|part| match part.node {
                            Node::Or(list) => list,
                            _ => vec![part],
                        })
                        .collect()
                ))),
                (inner.clone(), inner.clone(), select(ops.to_vec())).prop_map(
                    move |(left, right, op)| expr(Node::Binary {
                        op,
                        left: boxed(left),
                        right: boxed(right)
                    })
                ),
                (inner.clone(), list(1), sense()).prop_map(move |(left, list, sense)| expr(
                    Node::In {
                        left: boxed(left),
                        list,
                        sense
                    }
                )),
                (inner.clone(), sense()).prop_map(move |(left, sense)| expr(Node::IsNull {
                    left: boxed(left),
                    sense
                })),
                list(0).prop_map(move |args| expr(Node::Call {
                    name: Name {
                        text: "round".to_owned(),
                        span: Span::default()
                    },
                    args
                })),
            ]
        })
}
