//! `GET|POST /{object}/new` and `GET|POST /{object}/{id}/edit`: all errors at once, what was typed is kept.

use serde::Serialize;

use super::Page;
use super::parts::{Conflict, ConflictField, Crumb, FieldError, Lookup, Section};
use super::sample::Say;

#[derive(Clone, Debug, Default, Serialize)]
pub struct FormPage {
    pub heading: String,
    pub crumb: Crumb,
    /// Where the form is posted.
    pub action: String,
    pub cancel: String,
    /// The version that the reader saw; none on a new record.
    pub version: Option<u64>,
    pub sections: Vec<Section>,
    pub errors: Vec<FieldError>,
    pub conflict: Option<Conflict>,
    /// Records that look the same; a hint, never a stop.
    pub duplicates: Vec<Lookup>,
    /// Posted along unchanged: name and value.
    pub hidden: Vec<(String, String)>,
    /// Offer "save and add another".
    pub can_repeat: bool,
}

impl Page for FormPage {
    const TEMPLATE: &'static str = "form.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let new = form(say);
        let mut errors = new.clone();
        let message = say.of("请填写名称", "Please give a name");
        let phone = say.of(
            "电话里有字母：0551-ABCD",
            "There are letters in the phone number: 0551-ABCD",
        );
        errors.sections[0].cells[0].error = Some(message.clone());
        errors.sections[0].cells[4].error = Some(phone.clone());
        errors.errors = vec![
            FieldError {
                field: "name".into(),
                label: say.of("名称", "Name"),
                message,
            },
            FieldError {
                field: "phone".into(),
                label: say.of("电话", "Phone"),
                message: phone,
            },
        ];
        errors.duplicates = vec![Lookup {
            id: "9".into(),
            label: say.of("合肥锅炉厂", "Hefei Boiler Plant"),
            href: "/customer/9".into(),
        }];
        let mut conflict = new.clone();
        conflict.version = Some(7);
        conflict.conflict = Some(sample_conflict(say));
        vec![("", new), ("errors", errors), ("conflict", conflict)]
    }
}

pub(super) fn sample_conflict(say: Say<'_>) -> Conflict {
    Conflict {
        by: say.of("张建国", "James Zhang"),
        at: say.moment("刚刚", "just now"),
        version: 8,
        fields: vec![ConflictField {
            name: "level".into(),
            label: say.of("级别", "Level"),
            mine: say.of("战略", "Strategic"),
            theirs: say.of("重点", "Key"),
        }],
    }
}

fn form(say: Say<'_>) -> FormPage {
    let mut cells = say.facts();
    let name =
        super::parts::CellView::new("name", &say.of("名称", "Name"), "text", "").with(|cell| {
            cell.required = true;
            cell.hint = say.of(
                "公司全称，或个人姓名",
                "The company's full name, or the person's",
            );
        });
    cells.insert(0, name);
    let more = cells.split_off(9);
    FormPage {
        heading: say.of("新建客户", "New customer"),
        crumb: Crumb {
            label: say.of("客户", "Customers"),
            href: "/customer".into(),
        },
        action: "/customer/new".into(),
        cancel: "/customer".into(),
        sections: vec![
            Section {
                label: say.of("基本资料", "Facts"),
                cells,
            },
            Section {
                label: say.of("更多", "More"),
                cells: more,
            },
        ],
        hidden: vec![],
        can_repeat: true,
        ..FormPage::default()
    }
}
