//! `GET /palette?q=&at=`: fragment of groups of hits; `at` is the page where it was opened.

use serde::Serialize;

use super::Page;
use super::parts::{Action, Method};
use super::sample::Say;
use super::search::Piece;

#[derive(Clone, Debug, Default, Serialize)]
pub struct PalettePage {
    pub groups: Vec<PaletteGroup>,
    pub query: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct PaletteGroup {
    pub label: String,
    pub hits: Vec<PaletteHit>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct PaletteHit {
    pub action: Action,
    /// The name with its matches marked; empty = the action's label.
    pub name: Vec<Piece>,
    pub detail: String,
    /// What the page's own script does: `theme=dark density=compact show=keys print`, or empty.
    pub does: String,
}

impl Page for PalettePage {
    const TEMPLATE: &'static str = "palette.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let hit = |zh: &str, en: &str, icon: &str, key: &str, detail: (&str, &str)| PaletteHit {
            action: Action {
                method: Method::Link,
                key: key.into(),
                ..say.action(zh, en, icon)
            },
            name: vec![],
            detail: say.of(detail.0, detail.1),
            does: String::new(),
        };
        let groups = vec![
            PaletteGroup {
                label: say.of("最近", "Recent"),
                hits: vec![
                    hit(
                        "合肥锅炉制造有限公司",
                        "Hefei Boiler Works",
                        "building-2",
                        "",
                        ("客户", "Customer"),
                    ),
                    hit(
                        "合肥二期改造",
                        "Hefei phase two",
                        "square-kanban",
                        "",
                        ("机会 · 报价", "Deal · Quote"),
                    ),
                ],
            },
            PaletteGroup {
                label: say.of("命令", "Commands"),
                hits: vec![
                    hit("新建客户", "New customer", "plus", "c", ("", "")),
                    hit("去公海", "Go to open pool", "waves", "g w", ("", "")),
                    hit("导入表格", "Import a spreadsheet", "file-up", "", ("", "")),
                ],
            },
        ];
        vec![
            (
                "",
                PalettePage {
                    groups,
                    query: String::new(),
                },
            ),
            (
                "nothing",
                PalettePage {
                    groups: vec![],
                    query: say.of("不存在", "zzz"),
                },
            ),
        ]
    }
}
