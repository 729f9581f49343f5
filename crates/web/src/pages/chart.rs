//! `GET /{object}?view=chart`: how many records, or how much of a field, per value of another.

use serde::Serialize;

use super::Page;
use super::list::ListPage;
use super::parts::Tab;
use super::sample::Say;

/// The list's head with bars instead of rows; every bar leads to its records.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChartPage {
    #[serde(flatten)]
    pub head: ListPage,
    /// What it may be grouped by, and what may be measured.
    pub groups: Vec<Tab>,
    pub measures: Vec<Tab>,
    /// `销售机会 · 金额，按阶段`: what the bars are.
    pub caption: String,
    pub bars: Vec<Bar>,
    pub total: String,
    /// Groups that are not shown are in the last bar.
    pub is_cut: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Bar {
    pub label: String,
    pub value: String,
    /// How many records, where the value is something else.
    pub count: String,
    /// 0 to 100, of the longest.
    pub share: u32,
    pub tone: String,
    /// The list of its records; none for the bar of all that are left.
    pub href: Option<String>,
}

impl Page for ChartPage {
    const TEMPLATE: &'static str = "chart.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let head = ListPage::sample_head(lang);
        let bar = |zh: &str, en: &str, value: &str, share: u32, tone: &str| Bar {
            label: say.of(zh, en),
            value: value.into(),
            count: say.of("12 条", "12 records"),
            share,
            tone: tone.into(),
            href: Some("/opportunity?as=table".into()),
        };
        let page = ChartPage {
            head,
            groups: vec![
                Tab {
                    current: true,
                    ..say.tab("阶段", "Stage", "/opportunity?as=chart&by=stage")
                },
                say.tab("负责人", "Owner", "/opportunity?as=chart&by=owner"),
            ],
            measures: vec![
                say.tab("数量", "Count", "/opportunity?as=chart"),
                Tab {
                    current: true,
                    ..say.tab("金额", "Amount", "/opportunity?as=chart&sum=amount")
                },
            ],
            caption: say.of("金额，按阶段", "Amount by stage"),
            bars: vec![
                bar("意向", "Qualify", "¥1,200,000", 40, "sky"),
                bar("方案", "Propose", "¥3,000,000", 100, "jade"),
                bar("未填", "Not filled", "¥0", 0, ""),
            ],
            total: "¥4,200,000".into(),
            is_cut: true,
        };
        vec![("", page)]
    }
}
