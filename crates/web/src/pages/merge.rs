//! `GET|POST /{object}/{id}/merge?with=`: choose per field, see the result, merge; can be un-merged later.

use serde::Serialize;

use super::Page;
use super::parts::{Crumb, Lookup, Tally};
use super::sample::Say;

#[derive(Clone, Debug, Default, Serialize)]
pub struct MergePage {
    pub crumb: Crumb,
    pub action: String,
    pub cancel: String,
    /// The first one stays, the others go into it.
    pub records: Vec<Lookup>,
    pub fields: Vec<MergeField>,
    /// What moves along: contacts, deals, activities.
    pub moves: Vec<Tally>,
    pub error: Option<String>,
}

/// Posted as `choose.<name>` = record id.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MergeField {
    pub name: String,
    pub label: String,
    /// One text per record, in the order of `records`.
    pub values: Vec<String>,
    /// Index of the proposed one.
    pub chosen: usize,
    pub is_same: bool,
}

impl Page for MergePage {
    const TEMPLATE: &'static str = "merge.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let field =
            |name: &str, label: (&str, &str), values: [&str; 2], chosen: usize| MergeField {
                name: name.into(),
                label: say.of(label.0, label.1),
                values: values.map(str::to_owned).into(),
                chosen,
                is_same: values[0] == values[1],
            };
        let (one, two) = (
            say.of("合肥锅炉制造有限公司", "Hefei Boiler Works"),
            say.of("合肥锅炉厂", "Hefei Boiler Plant"),
        );
        let move_along = |zh: &str, en: &str, n: &str| Tally {
            label: say.of(zh, en),
            value: n.into(),
            ..Tally::default()
        };
        vec![(
            "",
            MergePage {
                crumb: Crumb {
                    label: say.of("客户", "Customers"),
                    href: "/customer".into(),
                },
                action: "/customer/1/merge".into(),
                cancel: "/customer/1".into(),
                records: vec![
                    Lookup {
                        id: "1".into(),
                        label: one.clone(),
                        href: "/customer/1".into(),
                    },
                    Lookup {
                        id: "9".into(),
                        label: two.clone(),
                        href: "/customer/9".into(),
                    },
                ],
                fields: vec![
                    field("name", ("名称", "Name"), [&one, &two], 0),
                    field(
                        "phone",
                        ("电话", "Phone"),
                        ["0551-6234 5678", "0551-6234 5600"],
                        0,
                    ),
                    field("website", ("网站", "Website"), ["", "hfgl.example.cn"], 1),
                    field("source", ("来源", "Source"), ["2023", "2023"], 0),
                ],
                moves: vec![
                    move_along("联系人", "Contacts", "3"),
                    move_along("机会", "Deals", "2"),
                    move_along("往来", "Activities", "41"),
                ],
                error: None,
            },
        )]
    }
}
