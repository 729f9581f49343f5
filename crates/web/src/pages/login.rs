//! `GET|POST /login`: `email password next`; the same words for a wrong address and a wrong password.

use serde::Serialize;

use super::Page;
use super::parts::Face;
use super::sample::Say;

#[derive(Clone, Debug, Default, Serialize)]
pub struct LoginPage {
    pub error: Option<String>,
    pub email: String,
    /// Where to go afterwards; a path of this site.
    pub next: String,
    /// A demo's logins; a click fills the form and sends it.
    pub demo: Vec<DemoLogin>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct DemoLogin {
    pub face: Face,
    pub name: String,
    pub role: String,
    pub email: String,
    pub password: String,
}

impl Page for LoginPage {
    const TEMPLATE: &'static str = "login.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let demo = vec![
            DemoLogin {
                face: say.face("张", "Z", "gold"),
                name: say.of("张建国", "James Zhang"),
                role: say.of("经理", "Manager"),
                email: "zhang@demo.example".into(),
                password: "demo".into(),
            },
            DemoLogin {
                face: say.face("梅", "M", "sky"),
                name: say.of("王小梅", "May Wang"),
                role: say.of("销售", "Salesperson"),
                email: "mei@demo.example".into(),
                password: "demo".into(),
            },
        ];
        let error = say.of(
            "邮箱或密码不对。忘记了？请管理员重设。",
            "E-mail or password is wrong. Forgotten? Ask an administrator to reset it.",
        );
        vec![
            (
                "",
                LoginPage {
                    next: "/".into(),
                    demo,
                    ..LoginPage::default()
                },
            ),
            (
                "wrong",
                LoginPage {
                    error: Some(error),
                    email: "mei@demo.example".into(),
                    next: "/customer".into(),
                    demo: vec![],
                },
            ),
        ]
    }
}
