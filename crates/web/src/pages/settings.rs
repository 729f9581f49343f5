//! `/settings/…`: profile, users, departments, roles, choice lists, sessions and tokens.

use serde::Serialize;

use super::Page;
use super::parts::{Action, CellView, Choice, Face, FieldError, Tag};
use super::sample::Say;
use crate::speech::Moment;

#[derive(Clone, Debug, Default, Serialize)]
pub struct ProfilePage {
    pub action: String,
    pub cells: Vec<CellView>,
    pub errors: Vec<FieldError>,
    pub password_action: String,
    pub password_errors: Vec<FieldError>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct UsersPage {
    pub users: Vec<UserRow>,
    pub new: String,
    pub next: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct UserRow {
    pub face: Face,
    pub name: String,
    pub email: String,
    pub role: String,
    pub department: String,
    pub state: Tag,
    pub last_seen: Moment,
    pub href: String,
    pub actions: Vec<Action>,
}

/// A tree in the order of reading, with depth; the template nests by `children`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DepartmentsPage {
    pub roots: Vec<DepartmentNode>,
    pub new: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct DepartmentNode {
    pub name: String,
    pub head: String,
    pub members: String,
    pub href: String,
    pub children: Vec<DepartmentNode>,
}

/// One role's matrix; a cell is posted as `<object>.<act>` = scope.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RolesPage {
    pub roles: Vec<super::Tab>,
    pub action: String,
    pub acts: Vec<String>,
    pub rows: Vec<RoleRow>,
    pub is_editable: bool,
    /// The rights to one object's fields, where it was opened.
    pub fields: Option<RoleFields>,
    /// Each scope and what it means.
    pub hints: Vec<(String, String)>,
    /// Who is asked about, and which record.
    pub questions: Vec<CellView>,
    pub explain: Option<Explained>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct RoleFields {
    pub label: String,
    pub fields: Vec<RoleField>,
}

/// Posted as `field.<object>.<field>` = `none|read|write`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RoleField {
    pub name: String,
    pub label: String,
    pub rights: Vec<Choice>,
    pub is_bound: bool,
}

/// Why a person sees a record, or not.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Explained {
    pub reasons: Vec<super::dialogs::Reason>,
    pub allowed: Vec<String>,
    pub hidden_fields: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct RoleRow {
    pub object: String,
    pub label: String,
    /// Where its fields are opened, and how many of them are bound.
    pub fields: String,
    pub bound: String,
    /// Per act: name of the input, scopes.
    pub cells: Vec<RoleCell>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct RoleCell {
    pub name: String,
    pub label: String,
    pub scopes: Vec<Choice>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ChoicesPage {
    /// Every list, by `object.field`.
    pub lists: Vec<Choice>,
    pub heading: String,
    pub action: String,
    /// Posted as `value.<n> zh.<n> en.<n> tone.<n>`.
    pub rows: Vec<ChoiceRow>,
    pub is_open: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ChoiceRow {
    pub value: String,
    /// Language code and label.
    pub labels: Vec<(String, String)>,
    pub tone: String,
    pub used: String,
}

/// Sessions and tokens of the reader.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AccessPage {
    pub sessions: Vec<AccessRow>,
    pub tokens: Vec<AccessRow>,
    pub token_action: String,
    /// Shown once, just after it was made.
    pub fresh_token: Option<String>,
    pub error: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct AccessRow {
    pub name: String,
    pub detail: String,
    pub at: Moment,
    pub is_current: bool,
    /// POST ends it.
    pub end: String,
}

impl Page for ProfilePage {
    const TEMPLATE: &'static str = "settings/profile.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let cells = vec![
            CellView::new(
                "name",
                &say.of("姓名", "Name"),
                "text",
                &say.of("王小梅", "May Wang"),
            ),
            CellView::new(
                "email",
                &say.of("邮箱", "E-mail"),
                "email",
                "mei@demo.example",
            ),
            CellView::new("language", &say.of("语言", "Language"), "choice", "").with(|cell| {
                cell.choices = say.choices(
                    &[("zh", "中文", "中文", ""), ("en", "English", "English", "")],
                    lang,
                )
            }),
            CellView::new(
                "zone",
                &say.of("时区", "Time zone"),
                "text",
                "Asia/Shanghai",
            ),
        ];
        vec![(
            "",
            ProfilePage {
                action: "/settings/profile".into(),
                cells,
                password_action: "/settings/password".into(),
                ..ProfilePage::default()
            },
        )]
    }
}

impl Page for UsersPage {
    const TEMPLATE: &'static str = "settings/users.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let user = |name: (&str, &str), role: (&str, &str), tone: &str, state: Tag| UserRow {
            face: say.face(
                &name.0.chars().take(1).collect::<String>(),
                &name.1.chars().take(1).collect::<String>(),
                tone,
            ),
            name: say.of(name.0, name.1),
            email: "user@demo.example".into(),
            role: say.of(role.0, role.1),
            department: say.of("华东一部", "East Sales 1"),
            state,
            last_seen: say.moment("昨天 16:20", "yesterday 16:20"),
            href: "/settings/users/1".into(),
            actions: vec![say.action("停用", "Disable", "lock")],
        };
        let active = || say.tag("正常", "Active", "jade");
        let users = vec![
            user(
                ("张建国", "James Zhang"),
                ("经理", "Manager"),
                "gold",
                active(),
            ),
            user(
                ("王小梅", "May Wang"),
                ("销售", "Salesperson"),
                "sky",
                active(),
            ),
            user(
                ("陈立", "Li Chen"),
                ("销售", "Salesperson"),
                "plum",
                say.tag("已停用", "Disabled", "rose"),
            ),
        ];
        vec![(
            "",
            UsersPage {
                users,
                new: "/settings/users/new".into(),
                next: None,
            },
        )]
    }
}

impl Page for DepartmentsPage {
    const TEMPLATE: &'static str = "settings/departments.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let node = |zh: &str, en: &str, children: Vec<DepartmentNode>| DepartmentNode {
            name: say.of(zh, en),
            head: say.of("张建国", "James Zhang"),
            members: say.of("8 人", "8 people"),
            href: "/settings/departments/1".into(),
            children,
        };
        let roots = vec![
            node(
                "销售",
                "Sales",
                vec![
                    node(
                        "华东",
                        "East",
                        vec![
                            node("华东一部", "East Sales 1", vec![]),
                            node("华东二部", "East Sales 2", vec![]),
                        ],
                    ),
                    node("华南", "South", vec![]),
                ],
            ),
            node("服务", "Service", vec![]),
        ];
        vec![(
            "",
            DepartmentsPage {
                roots,
                new: "/settings/departments/new".into(),
            },
        )]
    }
}

impl Page for RolesPage {
    const TEMPLATE: &'static str = "settings/roles.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let scopes = |chosen: &str| {
            say.choices(
                &[
                    ("none", "无", "None", ""),
                    ("own", "自己", "Own", ""),
                    ("team", "团队", "Team", ""),
                    ("below", "部门及下级", "Department and below", ""),
                    ("all", "全部", "All", ""),
                ],
                chosen,
            )
        };
        let acts: Vec<String> = [
            ("查看", "See"),
            ("新建", "Create"),
            ("修改", "Change"),
            ("删除", "Delete"),
            ("导出", "Export"),
        ]
        .map(|(zh, en)| say.of(zh, en))
        .into();
        let row = |object: &str, zh: &str, en: &str| RoleRow {
            object: object.into(),
            label: say.of(zh, en),
            fields: format!("/settings/roles?object={object}"),
            bound: say.of("2 个字段受限", "2 fields bound"),
            cells: acts
                .iter()
                .enumerate()
                .map(|(at, act)| RoleCell {
                    name: format!("{object}.{at}"),
                    label: act.clone(),
                    scopes: scopes(if at == 3 { "none" } else { "own" }),
                })
                .collect(),
        };
        let rows = vec![
            row("customer", "客户", "Customers"),
            row("contact", "联系人", "Contacts"),
            row("opportunity", "销售机会", "Deals"),
        ];
        let roles = vec![
            say.tab("经理", "Manager", "/settings/roles/manager"),
            super::Tab {
                current: true,
                ..say.tab("销售", "Salesperson", "/settings/roles/salesperson")
            },
        ];
        vec![(
            "",
            RolesPage {
                roles,
                action: "/settings/roles/salesperson".into(),
                acts: acts.clone(),
                rows,
                is_editable: true,
                fields: Some(RoleFields {
                    label: say.of("客户", "Customers"),
                    fields: vec![RoleField {
                        name: "customer.phone".into(),
                        label: say.of("电话", "Phone"),
                        rights: say.choices(
                            &[
                                ("none", "不可见", "hidden", ""),
                                ("read", "只读", "read", ""),
                                ("write", "可改", "write", ""),
                            ],
                            "read",
                        ),
                        is_bound: true,
                    }],
                }),
                hints: vec![(
                    say.of("本人", "own"),
                    say.of("自己负责的记录", "records that the person owns"),
                )],
                questions: vec![],
                explain: Some(Explained {
                    reasons: vec![super::dialogs::Reason {
                        is_granting: true,
                        text: say.of("是这条记录的负责人。", "Owns this record."),
                    }],
                    allowed: vec![say.of("查看", "Read")],
                    hidden_fields: vec![say.of("电话", "Phone")],
                }),
            },
        )]
    }
}

impl Page for ChoicesPage {
    const TEMPLATE: &'static str = "settings/choices.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let row = |value: &str, zh: &str, en: &str, tone: &str| ChoiceRow {
            value: value.into(),
            labels: vec![("zh".into(), zh.into()), ("en".into(), en.into())],
            tone: tone.into(),
            used: "128".into(),
        };
        let rows = vec![
            row("strategic", "战略", "Strategic", "jade"),
            row("key", "重点", "Key", "sky"),
            row("normal", "普通", "Normal", ""),
        ];
        let lists = say.choices(
            &[
                ("customer.level", "客户级别", "Customer level", ""),
                ("customer.source", "来源", "Source", ""),
            ],
            "customer.level",
        );
        vec![(
            "",
            ChoicesPage {
                lists,
                heading: say.of("客户级别", "Customer level"),
                action: "/settings/choices?list=customer.level".into(),
                rows,
                is_open: false,
            },
        )]
    }
}

impl Page for AccessPage {
    const TEMPLATE: &'static str = "settings/access.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let row = |name: &str, is_current: bool| AccessRow {
            name: name.into(),
            detail: "192.0.2.7".into(),
            at: say.moment("3 分钟前", "3 min ago"),
            is_current,
            end: "/settings/sessions/1/end".into(),
        };
        let sessions = vec![row("Firefox · Linux", true), row("Safari · iPhone", false)];
        vec![(
            "",
            AccessPage {
                sessions,
                tokens: vec![row("BI", false)],
                token_action: "/settings/tokens".into(),
                fresh_token: Some("gx_1a2b3c4d5e6f7g8h".into()),
                error: None,
            },
        )]
    }
}
