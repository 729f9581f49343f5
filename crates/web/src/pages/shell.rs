//! What surrounds every page: navigation, the reader, preferences.

use serde::Serialize;

use super::parts::Face;
use super::sample::Say;

/// The frame of a page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Shell {
    /// Language code; decides the words.
    pub lang: String,
    pub title: String,
    pub organisation: String,
    /// `auto light dark`, from the cookie `gx_theme`.
    pub theme: String,
    /// `comfortable compact`, from the cookie `gx_density`.
    pub density: String,
    pub actor: Actor,
    /// Without a heading: home, notices, dashboards; then one area after the other.
    pub areas: Vec<Area>,
    /// The phone's bottom bar: three entries beside "new" and "more".
    pub bottom: Vec<NavItem>,
    pub new_href: String,
    pub unread: u32,
    /// Sent back with every write.
    pub csrf: String,
    /// Address of the live events; empty = none.
    pub events: String,
    /// Said once, after a redirect.
    pub toasts: Vec<ToastView>,
    /// `(code, name)` of the other languages.
    pub languages: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Actor {
    pub face: Face,
    pub name: String,
    pub department: String,
    pub is_administrator: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Area {
    pub label: String,
    pub items: Vec<NavItem>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct NavItem {
    pub label: String,
    pub icon: String,
    pub href: String,
    pub count: String,
    /// The letter after `g`.
    pub jump: String,
    pub current: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ToastView {
    pub text: String,
    pub tone: String,
    pub undo: String,
}

impl Shell {
    /// A salesperson's frame, for the page test and the gallery.
    pub fn sample(lang: &str, theme: &str) -> Shell {
        let say = Say(lang);
        let item = |label: &str, icon: &str, href: &str, count: &str, jump: &str| NavItem {
            label: label.into(),
            icon: icon.into(),
            href: href.into(),
            count: count.into(),
            jump: jump.into(),
            current: href == "/customer",
        };
        let day = item(&say.of("我的一天", "My day"), "house", "/", "7", "h");
        let customers = item(
            &say.of("客户", "Customers"),
            "building-2",
            "/customer",
            "",
            "u",
        );
        let deals = item(
            &say.of("销售机会", "Deals"),
            "square-kanban",
            "/opportunity",
            "",
            "o",
        );
        let sales = vec![
            item(&say.of("线索", "Leads"), "target", "/lead", "24", "l"),
            customers.clone(),
            item(
                &say.of("联系人", "Contacts"),
                "contact",
                "/contact",
                "",
                "p",
            ),
            deals.clone(),
            item(
                &say.of("公海", "Open pool"),
                "waves",
                "/customer?view=pool",
                "112",
                "w",
            ),
        ];
        let work = vec![
            item(&say.of("任务", "Tasks"), "list-checks", "/task", "", "t"),
            item(
                &say.of("日程", "Meetings"),
                "calendar-days",
                "/meeting",
                "",
                "m",
            ),
            item(&say.of("拜访", "Visits"), "footprints", "/visit", "", "v"),
            item(&say.of("产品", "Products"), "package", "/product", "", "d"),
        ];
        Shell {
            lang: lang.into(),
            title: say.of("客户", "Customers"),
            organisation: say.of("华东锅炉", "Huadong Boilers"),
            theme: theme.into(),
            density: "comfortable".into(),
            actor: Actor {
                face: say.face("梅", "M", "sky"),
                name: say.of("王小梅", "May Wang"),
                department: say.of("华东一部", "East Sales 1"),
                is_administrator: true,
            },
            areas: vec![
                Area {
                    label: String::new(),
                    items: vec![
                        day.clone(),
                        item(&say.of("消息", "Notices"), "bell", "/notices", "3", "n"),
                    ],
                },
                Area {
                    label: say.of("销售", "Sales"),
                    items: sales,
                },
                Area {
                    label: say.of("工作", "Work"),
                    items: work,
                },
            ],
            bottom: vec![day, customers, deals],
            new_href: "/customer/new".into(),
            unread: 3,
            csrf: "sample".into(),
            events: String::new(),
            toasts: vec![],
            languages: vec![
                ("zh".into(), "中文".into()),
                ("en".into(), "English".into()),
            ],
        }
    }
}
