//! Each mistake is found where it stands, and named.

use super::world::World;
use crate::sort::Sort;
use crate::{Purpose, QueryError, check, check_as};
use guanxi_meta::Lang;

fn error(purpose: Purpose, text: &str) -> QueryError {
    let world = World::new();
    match check(&world.catalog, world.customer(), text, purpose) {
        Err(error) => error,
        Ok(typed) => typed.lower(&world).expect_err(text),
    }
}

/// Code, the piece of text that is meant, and the suggestion.
#[track_caller]
fn wrong(text: &str, code: &str, piece: &str, suggestion: Option<&str>) {
    let error = error(Purpose::Filter, text);
    let found: String = text
        .chars()
        .skip(error.position)
        .take(error.length)
        .collect();
    assert_eq!(
        (error.code, found.as_str(), error.suggestion.as_deref()),
        (code, piece, suggestion),
        "{text}: {error}"
    );
    for lang in Lang::ALL {
        let message = error.message(lang);
        assert!(
            !message.contains(['{', '}']) && message != code,
            "{message}"
        );
    }
}

#[test]
fn names_that_do_not_exist() {
    wrong("naem = \"A\"", "unknown_field", "naem", Some("name"));
    wrong("名称 = 1", "unknown_field", "名称", None);
    wrong(
        "qty > 0 and 状态 = \"new\"",
        "unknown_field",
        "状态",
        Some("status"),
    );
    wrong("owner.nam = \"A\"", "unknown_field", "nam", Some("name"));
    wrong("deleted_at is null", "unknown_field", "deleted_at", None);
    wrong("yaer(born) = 1", "unknown_function", "yaer", Some("year"));
    wrong(
        "owner = $me.departmant",
        "unknown_of_me",
        "departmant",
        Some("department"),
    );
    wrong("owner = $you", "unexpected", "$you", Some("$me"));
    wrong("name.x = 1", "not_a_link", "name", None);
    wrong("about.name = \"A\"", "link_to_any", "about", None);
    wrong(
        "parent.parent.parent.parent.qty = 1",
        "too_far",
        "parent.parent.parent.parent.qty",
        None,
    );
}

#[test]
fn values_that_do_not_fit() {
    wrong(
        "status = \"wno\"",
        "unknown_choice",
        "\"wno\"",
        Some("\"won\""),
    );
    wrong(
        "status in (\"won\", \"Lost\")",
        "unknown_choice",
        "\"Lost\"",
        Some("\"lost\""),
    );
    wrong("born = \"31.3.2024\"", "bad_date", "\"31.3.2024\"", None);
    wrong("born = \"2024-02-30\"", "bad_date", "\"2024-02-30\"", None);
    wrong("met > \"soon\"", "bad_instant", "\"soon\"", None);
    wrong("owner = \"Ann\"", "bad_id", "\"Ann\"", None);
    wrong("name = 138", "mismatch", "138", Some("\"138\""));
    wrong("qty = \"138\"", "number_in_quotes", "\"138\"", Some("138"));
    wrong("qty = born", "mismatch", "qty = born", None);
    wrong("amount + 1 > 2", "mismatch", "amount + 1", None);
    wrong("name", "not_a_condition", "name", None);
    wrong("qty > 1 and name", "not_a_condition", "name", None);
    wrong("qty > null", "order_of_null", "qty > null", None);
    wrong("owner > $me", "mismatch", "owner > $me", None);
    wrong("qty ~ \"1\"", "not_text", "qty", None);
    wrong("\"x\" in name", "not_a_list", "name", None);
    wrong(
        "owner under $me.department",
        "not_a_department",
        "owner",
        None,
    );
    wrong("born > today() - 4h", "hours_on_date", "today() - 4h", None);
    wrong("round(qty, 9) = 1", "wrong_places", "9", None);
    wrong("if(flag, 1) = 1", "wrong_arguments", "if(flag, 1)", None);
    wrong(
        "date_add(born, 1, \"q\") = today()",
        "wrong_unit",
        "\"q\"",
        None,
    );
    wrong(
        "qty = 12345678901234567890123456789",
        "too_many_digits",
        "12345678901234567890123456789",
        None,
    );
    wrong("took > 1y", "mismatch", "took > 1y", None);
}

#[test]
fn texts_that_do_not_parse() {
    wrong("qty >", "unexpected_end", "", None);
    wrong("qty 5", "unexpected_value", "5", None);
    wrong("(qty = 5", "expected", "", None);
    wrong("qty = 5)", "unexpected", ")", None);
    wrong("name = \"A", "open_quote", "\"A", None);
    wrong("name = \"\\q\"", "bad_escape", "\\q", None);
    wrong("qty in ()", "empty_list", ")", None);
    wrong("1 < qty < 3", "chained_comparison", "<", None);
    wrong("took = 30q", "bad_duration", "30q", None);
    wrong("took = 1.5d", "bad_duration", "1.5d", None);
    wrong("qty = 5 § 3", "unexpected", "§", None);
    wrong("qty is 5", "expected", "5", None);
    wrong("and qty = 1", "unexpected", "and", None);
}

#[test]
fn limits_hold() {
    let deep = |n: usize| format!("{}qty = 1{}", "(".repeat(n), ")".repeat(n));
    let world = World::new();
    assert!(check(&world.catalog, world.customer(), &deep(40), Purpose::Filter).is_ok());
    for text in [
        deep(70),
        "not ".repeat(4_000) + "flag",
        "-".repeat(16_000) + "qty = 1",
        deep(8_000),
        "(".repeat(16_384),
    ] {
        assert_eq!(error(Purpose::Filter, &text).code, "too_deep");
    }
    assert_eq!(
        error(Purpose::Filter, &format!("qty = {}1", "1 + ".repeat(100))).code,
        "too_deep"
    );
    let many = |n: usize| format!("qty in ({})", vec!["1"; n].join(","));
    assert!(
        check(
            &world.catalog,
            world.customer(),
            &many(1_000),
            Purpose::Filter
        )
        .is_ok()
    );
    assert_eq!(error(Purpose::Filter, &many(1_001)).code, "too_many_items");
    assert_eq!(
        error(
            Purpose::Filter,
            &format!("{}flag", "flag or ".repeat(1_000))
        )
        .code,
        "too_many_items"
    );
    assert_eq!(error(Purpose::Filter, &" ".repeat(16_385)).code, "too_long");
    let twice = (0..12).fold("flag".to_owned(), |inner, _| {
        format!("if({inner}, flag, flag)")
    });
    assert_eq!(error(Purpose::Filter, &twice).code, "too_complex");
}

#[test]
fn what_would_be_computed_for_each_row_is_refused_with_its_name() {
    wrong("qty * 2 > 10", "computed_in_filter", "qty * 2", None);
    wrong(
        "year(born) = 1990",
        "computed_in_filter",
        "year(born)",
        None,
    );
    wrong("name ~ note", "computed_in_filter", "note", None);
    wrong(
        "parent.qty = qty",
        "different_records",
        "parent.qty = qty",
        None,
    );
    wrong("qty = score", "different_columns", "qty = score", None);
    wrong("met > born", "different_columns", "met > born", None);
    wrong(
        "manager = owner",
        "different_columns",
        "manager = owner",
        None,
    );
    assert!(
        error(Purpose::Filter, "year(born) = 1990")
            .message(Lang::Zh)
            .contains("year()")
    );
}

#[test]
fn stored_formulas_do_not_depend_on_the_day_or_the_reader() {
    for (text, what) in [
        ("days_between(born, today())", "today()"),
        ("now()", "now()"),
        ("if(owner = $me, 1, 2)", "$me"),
    ] {
        let error = error(Purpose::Formula, text);
        assert_eq!(
            (error.code, error.args[0].1.as_str()),
            ("not_in_formula", what),
            "{text}"
        );
    }
    for text in ["parent", "tags", "1y", "null", "extra"] {
        assert_eq!(error(Purpose::Formula, text).code, "not_storable", "{text}");
    }
}

#[test]
fn a_field_that_may_not_be_read_is_as_good_as_unknown() {
    let world = World::new();
    let asked = |text: &str| {
        check_as(
            &world.catalog,
            world.customer(),
            text,
            Purpose::Filter,
            &world,
        )
        .unwrap_err()
    };
    let (secret, missing) = (asked("salary > 1"), asked("salaxy > 1"));
    assert_eq!(
        (secret.code, missing.code),
        ("unknown_field", "unknown_field")
    );
    assert_eq!((secret.suggestion, missing.suggestion), (None, None));
    // Checked by one who may read it, lowered for one who may not; through a link too.
    for text in ["salary > 1", "parent.salary > 1"] {
        let typed = check(&world.catalog, world.customer(), text, Purpose::Filter).unwrap();
        assert_eq!(typed.lower(&world).unwrap_err().code, "unknown_field");
    }
    assert_eq!(
        Sort::parse(world.customer(), "salary", &world)
            .unwrap_err()
            .code,
        "unknown_field"
    );
}
