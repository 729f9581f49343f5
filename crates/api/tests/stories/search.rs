//! Search: any piece of Chinese, pinyin, initials, words, digits; at once, and only what the caller may see.

use crate::{keys, on_each};
use serde_json::{Value as Json, json};

#[test]
fn every_kind_of_query_finds() {
    on_each(|app| {
        let sam = app.salesperson();
        let name = "合肥锅炉制造有限公司";
        sam.create(
            "customer",
            json!({"name": name, "phone": "0551-62847193", "email": "info@guolu-hefei.cn"}),
        );
        sam.create("customer", json!({"name": "重庆 Zephyrine Instruments"}));
        sam.create(
            "contact",
            json!({"name": "欧阳修远", "mobile": "13918273645"}),
        );
        let expected = format!("customer:{name}");
        for q in [
            "锅炉",
            "炉制",
            "合肥锅炉制造有限公司",
            "hefei",
            "guolu",
            "hfgl",
            "glzz",
            "hefeiguolu",
            "62847193",
            "628",
            "8471",
            "055162847193",
            "guolu-hefei",
            "HFGL",
            "锅炉 合肥",
        ] {
            assert!(sam.found(q).contains(&expected), "{q}: {:?}", sam.found(q));
        }
        for q in [
            "chongqing",
            "cq",
            "zephyrine",
            "zeph",
            "ZEPHYRINE",
            "instru",
            "重庆",
        ] {
            assert!(
                sam.found(q)
                    .contains(&"customer:重庆 Zephyrine Instruments".to_owned()),
                "{q}"
            );
        }
        for q in ["欧阳", "ouyang", "oyxy", "修远", "18273", "13918273645"] {
            assert!(sam.found(q).contains(&"contact:欧阳修远".to_owned()), "{q}");
        }
        for q in [
            "炉锅",
            "zephyrinex",
            "ephyrine",
            "62847194",
            "",
            "  ",
            "%",
            "*",
            "\"",
            "'",
        ] {
            assert!(sam.found(q).is_empty(), "{q:?}: {:?}", sam.found(q));
        }
    });
}

#[test]
fn an_entry_tells_what_it_is_and_why_it_was_found() {
    on_each(|app| {
        let sam = app.salesperson();
        let id = sam.create(
            "customer",
            json!({"name": "Quixotic Windmills", "phone": "021-58693214"}),
        );
        let hits = sam.ask("/search", &[("q", "quixotic")]).expect(200);
        assert_eq!(keys(&hits.json), ["data", "next", "count"]);
        let entry = &hits.rows()[0];
        assert_eq!(
            [&entry["object"], &entry["id"], &entry["name"]],
            ["customer", id.as_str(), "Quixotic Windmills"]
        );
        assert_eq!(entry["reason"]["field"], "name");
        assert!(
            entry["reason"]["text"]
                .as_str()
                .unwrap()
                .contains("Quixotic")
        );
        let hits = sam.ask("/search", &[("q", "5869")]).expect(200);
        assert_eq!(hits.rows()[0]["reason"]["field"], "phone");
        sam.get("/search").expect(422);
        assert_eq!(
            sam.ask("/search", &[("q", "quixotic"), ("object", "contact")])
                .expect(200)
                .rows(),
            &Vec::<Json>::new()
        );
        assert_eq!(
            sam.ask("/search", &[("q", "quixotic"), ("object", "customer")])
                .expect(200)
                .rows()
                .len(),
            1
        );
        sam.ask("/search", &[("q", "quixotic"), ("object", "nothing")])
            .expect(404);
    });
}

#[test]
fn a_write_is_found_by_the_next_search() {
    on_each(|app| {
        let sam = app.salesperson();
        for at in 0..10 {
            let name = format!("Freshling{at} 新鲜{at}号");
            let id = sam.create("customer", json!({"name": name}));
            assert_eq!(
                sam.found(&format!("freshling{at}")),
                [format!("customer:{name}")]
            );
            sam.update("customer", &id, json!({"name": format!("Staling{at}")}))
                .expect(200);
            assert!(sam.found(&format!("freshling{at}")).is_empty());
            assert_eq!(
                sam.found(&format!("staling{at}")),
                [format!("customer:Staling{at}")]
            );
            sam.delete(&format!("/records/customer/{id}")).expect(204);
            assert!(sam.found(&format!("staling{at}")).is_empty());
        }
    });
}

#[test]
fn only_what_the_caller_may_see_is_found() {
    on_each(|app| {
        let (sam, stan) = (app.salesperson(), app.stranger());
        let mine = sam.create("customer", json!({"name": "Perspicuous East"}));
        stan.create("customer", json!({"name": "Perspicuous West"}));
        assert_eq!(sam.found("perspicuous"), ["customer:Perspicuous East"]);
        assert_eq!(stan.found("perspicuous"), ["customer:Perspicuous West"]);
        assert_eq!(
            app.manager().found("perspicuous"),
            ["customer:Perspicuous East"]
        );
        assert_eq!(app.head().found("perspicuous").len(), 2);
        assert_eq!(app.reader().found("perspicuous").len(), 2);
        app.nobody().get("/search?q=perspicuous").expect(401);
        sam.act("customer", &mine, "release", json!({})).expect(200);
        assert_eq!(
            stan.found("perspicuous").len(),
            2,
            "the pool is everybody's"
        );
    });
}

#[test]
fn better_hits_stand_first() {
    on_each(|app| {
        let sam = app.salesperson();
        sam.create("customer", json!({"name": "The Vermilion of Nantong"}));
        sam.create("customer", json!({"name": "Vermilion"}));
        sam.create("customer", json!({"name": "Vermilion Works"}));
        let found = sam.found("vermilion");
        assert_eq!(found[0], "customer:Vermilion", "{found:?}");
        assert_eq!(found[2], "customer:The Vermilion of Nantong", "{found:?}");
    });
}
