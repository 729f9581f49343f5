//! Believable words for the samples, in either language.

use super::parts::{Action, CellView, Choice, Empty, Face, Lookup, Method, Tab, Tag};
use crate::speech::Moment;

/// Picks the language of a sample.
#[derive(Clone, Copy)]
pub struct Say<'a>(pub &'a str);

impl Say<'_> {
    pub fn of(self, zh: &str, en: &str) -> String {
        if self.0 == "zh" {
            zh.to_owned()
        } else {
            en.to_owned()
        }
    }

    pub fn face(self, zh: &str, en: &str, tone: &str) -> Face {
        Face {
            initial: self.of(zh, en),
            tone: tone.into(),
            name: String::new(),
        }
    }

    pub fn moment(self, zh: &str, en: &str) -> Moment {
        Moment {
            text: self.of(zh, en),
            title: "2026-11-20 16:20:05".into(),
            iso: "2026-11-20T08:20:05Z".into(),
            past: false,
        }
    }

    pub fn tag(self, zh: &str, en: &str, tone: &str) -> Tag {
        Tag {
            text: self.of(zh, en),
            tone: tone.into(),
        }
    }

    pub fn tab(self, zh: &str, en: &str, href: &str) -> Tab {
        Tab {
            label: self.of(zh, en),
            href: href.into(),
            ..Tab::default()
        }
    }

    pub fn action(self, zh: &str, en: &str, icon: &str) -> Action {
        Action {
            label: self.of(zh, en),
            icon: icon.into(),
            href: "/customer/1/noun".into(),
            method: Method::Dialog,
            ..Action::default()
        }
    }

    pub fn choices(self, list: &[(&str, &str, &str, &str)], chosen: &str) -> Vec<Choice> {
        list.iter()
            .map(|(value, zh, en, tone)| Choice {
                value: (*value).into(),
                label: self.of(zh, en),
                tone: (*tone).into(),
                selected: *value == chosen,
            })
            .collect()
    }

    pub fn empty(self, title: (&str, &str), text: (&str, &str), icon: &str) -> Empty {
        Empty {
            icon: icon.into(),
            title: self.of(title.0, title.1),
            text: self.of(text.0, text.1),
            actions: vec![],
        }
    }

    pub fn levels(self, chosen: &str) -> Vec<Choice> {
        let list = [
            ("strategic", "战略", "Strategic", "jade"),
            ("key", "重点", "Key", "sky"),
            ("normal", "普通", "Normal", ""),
            ("watch", "观察", "Watch", "gold"),
        ];
        self.choices(&list, chosen)
    }

    /// A field of each widget, with values: what the form and the record show.
    pub fn facts(self) -> Vec<CellView> {
        let cell = |name: &str, zh: &str, en: &str, widget: &str, text: &str| {
            CellView::new(name, &self.of(zh, en), widget, text)
                .with(|cell| cell.edit = Some(format!("/customer/1/cell/{name}")))
        };
        let owner = self.of("王小梅", "May Wang");
        vec![
            cell("type", "客户类型", "Type", "choice", &self.of("企业", "Organisation")).with(|cell| {
                cell.choices = self.choices(&[("organisation", "企业", "Organisation", ""), ("person", "个人", "Person", "")], "organisation");
            }),
            cell("level", "级别", "Level", "choice", &self.of("战略", "Strategic")).with(|cell| {
                cell.tone = "jade".into();
                cell.choices = self.levels("strategic");
            }),
            cell("owner", "负责人", "Owner", "link", &owner).with(|cell| {
                cell.face = Some(self.face("梅", "M", "sky"));
                cell.href = Some("/user/2".into());
                cell.lookup = Some("/user/options".into());
                cell.many = vec![Lookup { id: "2".into(), label: owner.clone(), href: "/user/2".into() }];
            }),
            cell("phone", "电话", "Phone", "phone", "0551-6234 5678").with(|cell| cell.href = Some("tel:+8655162345678".into())),
            cell("email", "邮箱", "E-mail", "email", "hello@hfgl.example.cn").with(|cell| cell.href = Some("mailto:hello@hfgl.example.cn".into())),
            cell("website", "网站", "Website", "url", "hfgl.example.cn").with(|cell| cell.href = Some("https://hfgl.example.cn".into())),
            cell("address", "地址", "Address", "address", &self.of("安徽省合肥市瑶海区新站路 88 号", "88 Xinzhan Rd, Yaohai, Hefei, Anhui")).with(|cell| {
                cell.value = serde_json::json!({"country": "CN", "province": "安徽", "city": "合肥", "district": "瑶海", "street": "新站路 88 号", "postcode": "230011"});
            }),
            cell("credit", "信用额度", "Credit", "money", "¥2,000,000.00").with(|cell| {
                cell.value = serde_json::json!({"amount": "2000000.00", "currency": "CNY"});
                cell.choices = self.choices(&[("CNY", "CNY", "CNY", ""), ("USD", "USD", "USD", ""), ("EUR", "EUR", "EUR", "")], "CNY");
            }),
            cell("parent", "上级公司", "Parent", "link", "").with(|cell| {
                cell.value = serde_json::Value::Null;
                cell.lookup = Some("/customer/options".into());
            }),
            cell("importance", "重要度", "Importance", "rating", "5").with(|cell| cell.value = 5.into()),
            cell("since", "合作自", "Since", "date", "2023-11-07").with(|cell| cell.title = "2023-11-07".into()),
            cell("vip", "大客户", "Key account", "bool", &self.of("是", "Yes")).with(|cell| cell.value = true.into()),
            cell("tags", "标签", "Tags", "multi_choice", &self.of("锅炉, 节能", "boilers, efficiency")).with(|cell| {
                cell.many = vec![
                    Lookup { id: "boiler".into(), label: self.of("锅炉", "boilers"), href: String::new() },
                    Lookup { id: "saving".into(), label: self.of("节能", "efficiency"), href: String::new() },
                ];
                cell.lookup = Some("/tag/options".into());
            }),
            cell("description", "备注", "Notes", "long_text", &self.of("老客户，偏好面谈；设备科决定技术，采购部决定价格。", "Long-standing; prefers meeting in person. Engineering decides on technique, purchasing on price.")),
        ]
    }
}
