//! `GET /search?q=`: everything that the reader may see, with the reason of each hit.

use serde::Serialize;

use super::Page;
use super::parts::{Empty, Tab};
use super::sample::Say;

#[derive(Clone, Debug, Default, Serialize)]
pub struct SearchPage {
    pub query: String,
    /// Objects, with counts.
    pub tabs: Vec<Tab>,
    pub hits: Vec<Hit>,
    pub next: Option<String>,
    pub empty: Option<Empty>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Hit {
    pub record: String,
    pub icon: String,
    pub object: String,
    pub name: Vec<Piece>,
    pub href: String,
    pub peek: String,
    /// The field that matched.
    pub field: String,
    pub text: Vec<Piece>,
    pub detail: String,
}

/// Part of a text; marked where it matched.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Piece {
    pub text: String,
    pub is_match: bool,
}

impl Page for SearchPage {
    const TEMPLATE: &'static str = "search.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let piece = |text: &str, is_match: bool| Piece {
            text: text.into(),
            is_match,
        };
        let hit = |icon: &str, object: (&str, &str), name: Vec<Piece>| Hit {
            record: "customer/1".into(),
            icon: icon.into(),
            object: say.of(object.0, object.1),
            name,
            href: "/customer/1".into(),
            peek: "/customer/1/peek".into(),
            field: say.of("名称", "Name"),
            text: vec![
                piece(&say.of("合肥", "Hefei "), false),
                piece(&say.of("锅炉", "Boiler"), true),
                piece(&say.of("制造有限公司", " Works"), false),
            ],
            detail: say.of("安徽 合肥 · 王小梅", "Hefei, Anhui · May Wang"),
        };
        let company = vec![
            piece(&say.of("合肥", "Hefei "), false),
            piece(&say.of("锅炉", "Boiler"), true),
            piece(&say.of("制造有限公司", " Works"), false),
        ];
        let deal = vec![
            piece(&say.of("锅炉", "Boiler"), true),
            piece(&say.of("改造二期", " conversion, phase two"), false),
        ];
        let hits = vec![
            hit("building-2", ("客户", "Customer"), company),
            hit("square-kanban", ("销售机会", "Deal"), deal),
        ];
        let tabs = vec![
            super::Tab {
                current: true,
                count: "2".into(),
                ..say.tab("全部", "All", "/search?q=x")
            },
            super::Tab {
                count: "1".into(),
                ..say.tab("客户", "Customers", "/search?q=x&object=customer")
            },
        ];
        let query = say.of("锅炉", "boiler");
        let empty = say.empty(("没有找到", "Nothing found"), ("试试更短的词、拼音首字母（hfgl），或电话的任意三位。", "Try a shorter word, pinyin initials (hfgl), or any three digits of a phone number."), "search");
        vec![
            (
                "",
                SearchPage {
                    query: query.clone(),
                    tabs,
                    hits,
                    next: None,
                    empty: None,
                },
            ),
            (
                "nothing",
                SearchPage {
                    query,
                    empty: Some(empty),
                    ..SearchPage::default()
                },
            ),
        ]
    }
}
