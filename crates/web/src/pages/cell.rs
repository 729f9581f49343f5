//! Inline edit: `GET|PATCH /{object}/{id}/cell/{field}`, and the options of a picker: `GET /{object}/options?q=`.

use serde::Serialize;

use super::Page;
use super::form::sample_conflict;
use super::parts::{CellView, Conflict, Face};
use super::sample::Say;

/// Fragment: the inside of a cell, as a form (`is_editing`) or shown. A stale save answers 412 with `conflict`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CellPage {
    pub cell: CellView,
    pub version: u64,
    pub is_editing: bool,
    pub conflict: Option<Conflict>,
}

/// Fragment: the options of a picker.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OptionsPage {
    pub options: Vec<OptionView>,
    /// Offer to create what was typed: label and address.
    pub create: Option<(String, String)>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct OptionView {
    pub id: String,
    pub label: String,
    pub detail: String,
    pub face: Option<Face>,
}

impl Page for CellPage {
    const TEMPLATE: &'static str = "cell.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let cell = say.facts().remove(1);
        let error = Some(say.of("不能为空", "Must not be empty"));
        let shown = CellPage {
            cell: cell.clone(),
            version: 7,
            ..CellPage::default()
        };
        vec![
            (
                "edit",
                CellPage {
                    is_editing: true,
                    ..shown.clone()
                },
            ),
            (
                "error",
                CellPage {
                    cell: CellView { error, ..cell },
                    is_editing: true,
                    ..shown.clone()
                },
            ),
            (
                "conflict",
                CellPage {
                    is_editing: true,
                    conflict: Some(sample_conflict(say)),
                    ..shown.clone()
                },
            ),
            ("", shown),
        ]
    }
}

impl Page for OptionsPage {
    const TEMPLATE: &'static str = "options.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let option = |id: &str, zh: &str, en: &str| OptionView {
            id: id.into(),
            label: say.of(zh, en),
            detail: say.of("华东一部", "East Sales 1"),
            face: Some(say.face("梅", "M", "sky")),
        };
        let options = vec![
            option("2", "王小梅", "May Wang"),
            option("3", "雷明", "Ming Lei"),
        ];
        vec![(
            "",
            OptionsPage {
                options,
                create: Some((
                    say.of("新建「梅」", "Create “Mei”"),
                    "/user/new?name=mei".into(),
                )),
            },
        )]
    }
}
