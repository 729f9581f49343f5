//! What holds for every text and every record.

use super::naive;
use super::samples::{Customer, customer, filter, soup, tree};
use super::world::{Record, World};
use crate::ast::Node;
use crate::chips::conjunction;
use crate::parse::parse;
use crate::print::{print, quote};
use crate::{Purpose, check};
use guanxi_meta::Value;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::sample::select;

fn world(customers: &[Customer], zone: TimeZone) -> World {
    let mut world = World::new();
    world.zone = zone;
    for (system, values) in customers {
        let system = [
            ("owner", system[0]),
            ("department", system[1]),
            ("created_by", system[2]),
            ("version", system[3]),
            ("created_at", system[4]),
        ];
        world.add(&system, values);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_memory_and_in_columns_a_filter_says_the_same(
        text in filter(),
        customers in prop::collection::vec(customer(), 1..5),
        odd_zone in any::<bool>(),
    ) {
        // The odd one sets its clock back after midnight, so that the end of a day comes twice.
        let zone = if odd_zone { "XXX-1YYY,M3.5.0/0,M10.5.0/0:30" } else { "CET-1CEST,M3.5.0,M10.5.0/3" };
        let world = world(&customers, TimeZone::posix(zone).unwrap());
        let typed = check(&world.catalog, world.customer(), &text, Purpose::Filter).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let cond = match typed.lower(&world) {
            Ok(cond) => cond,
            Err(error) if error.code == "too_complex" => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{text}: {error}"))),
        };
        let again = check(&world.catalog, world.customer(), &typed.to_text(), Purpose::Filter).unwrap().lower(&world).unwrap();
        prop_assert_eq!(&again, &cond, "{}", typed.to_text());
        for row in world.customers() {
            let record = Record { world: &world, object: world.customer(), row };
            let expected = naive::holds(&cond, row, &world);
            prop_assert_eq!(typed.eval(&record, &world), Value::Bool(expected), "{}\n{:?}\n{:?}", text, cond, row);
        }
    }

    #[test]
    fn what_is_printed_parses_to_the_same(tree in tree()) {
        let text = print(&tree);
        prop_assume!(text.len() < crate::lex::TEXT_LIMIT);
        match parse(&text) {
            Ok(again) => prop_assert_eq!(again, tree, "{}", text),
            Err(error) => prop_assert!(error.code == "too_deep", "{text}: {error}"),
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = parse(&text);
        prop_assert_eq!(parse(&quote(&text.replace('\0', ""))).unwrap().node, Node::Text(text.replace('\0', "")));
    }

    #[test]
    fn no_soup_of_words_makes_anything_panic(text in soup(), purpose in select(&[Purpose::Filter, Purpose::Formula, Purpose::Validation][..])) {
        let mut world = World::new();
        world.add(&[], &[]);
        match check(&world.catalog, world.customer(), &text, purpose) {
            Ok(typed) => {
                let record = Record { world: &world, object: world.customer(), row: &world.customers()[0] };
                let value = typed.eval(&record, &world);
                if purpose == Purpose::Filter && let Ok(cond) = typed.lower(&world) {
                    prop_assert_eq!(value, Value::Bool(naive::holds(&cond, &world.customers()[0], &world)), "{}", text);
                }
            }
            Err(error) => prop_assert!(error.position + error.length <= text.chars().count(), "{text}: {error:?}"),
        }
    }

    #[test]
    fn chips_put_together_are_the_filter(text in filter()) {
        let world = World::new();
        let typed = check(&world.catalog, world.customer(), &text, Purpose::Filter).unwrap();
        for chip in typed.chips() {
            let whole = conjunction(&chip.rest, &chip.text).unwrap();
            prop_assert_eq!(check(&world.catalog, world.customer(), &whole, Purpose::Filter).unwrap().chips().len(), typed.chips().len());
        }
    }
}
