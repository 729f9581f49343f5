//! `GET /{object}?view=board`: lanes by stage (or by any choice field), cards to be moved.

use serde::Serialize;

use super::Page;
use super::list::ListPage;
use super::parts::{Face, Tab, Tag, Tally};
use super::sample::Say;

/// The list's head (tabs, chips, new) with lanes instead of rows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BoardPage {
    #[serde(flatten)]
    pub head: ListPage,
    /// The sum of what is shown, the target.
    pub sums: Vec<Tally>,
    /// Which pipeline.
    pub pipelines: Vec<Tab>,
    pub lanes: Vec<Lane>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Lane {
    pub stage: String,
    pub label: String,
    /// `7`, or `50+`.
    pub count: String,
    /// Said in the reader's currency; empty = no amount on this object.
    pub sum: String,
    pub currency: String,
    /// True when more cards exist than are shown: sums then come from the server only.
    pub is_partial: bool,
    /// `won lost` when a move into this lane closes the record, else empty.
    pub closing: String,
    /// 0 to 100, of the largest lane.
    pub share: u32,
    pub add: Option<String>,
    /// Address of the next cards.
    pub more: Option<String>,
    pub cards: Vec<DealCard>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct DealCard {
    pub record: String,
    pub version: u64,
    pub href: String,
    pub peek: String,
    pub refresh: String,
    /// POST `stage`, `before`.
    pub move_href: String,
    /// GET the closure dialog, `?outcome=`.
    pub close_href: String,
    pub title: String,
    pub subtitle: String,
    pub amount_text: String,
    /// Plain decimal.
    pub amount: String,
    pub face: Option<Face>,
    pub tags: Vec<Tag>,
    pub is_late: bool,
    /// Stages that the pipeline allows from here; none = all.
    pub allowed: Option<Vec<String>>,
}

/// Fragment: lane heads after a move (out of band), or one lane's further cards, or one card.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LanesPage {
    /// `heads`, `cards` or `card`.
    pub part: String,
    pub lanes: Vec<Lane>,
}

impl Page for BoardPage {
    const TEMPLATE: &'static str = "board.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        let say = Say(lang);
        let list = ListPage::sample_head(lang);
        let modes = list
            .modes
            .iter()
            .enumerate()
            .map(|(at, mode)| Tab {
                current: at == 1,
                ..mode.clone()
            })
            .collect();
        let tabs = vec![
            Tab {
                current: true,
                ..say.tab("我的机会", "My deals", "/opportunity")
            },
            say.tab("本季成交", "Closing this quarter", "/opportunity?view=q"),
        ];
        let head = ListPage {
            object: "opportunity".into(),
            label: say.of("销售机会", "Deals"),
            modes,
            tabs,
            chips: vec![],
            clear_filter: String::new(),
            ..list
        };
        let sums = vec![
            Tally {
                label: say.of("本季", "This quarter"),
                value: "¥4,520,000".into(),
                ..Tally::default()
            },
            Tally {
                label: say.of("指标", "Target"),
                value: "¥6,000,000".into(),
                ..Tally::default()
            },
        ];
        vec![(
            "",
            BoardPage {
                head,
                sums,
                pipelines: vec![],
                lanes: lanes(say),
            },
        )]
    }
}

impl Page for LanesPage {
    const TEMPLATE: &'static str = "lanes.html";

    fn samples(lang: &str) -> Vec<(&'static str, Self)> {
        ["heads", "cards", "card"]
            .map(|part| {
                (
                    part,
                    LanesPage {
                        part: part.into(),
                        lanes: lanes(Say(lang)),
                    },
                )
            })
            .into()
    }
}

#[rustfmt::skip]
fn lanes(say: Say<'_>) -> Vec<Lane> {
    let lane =
        |stage: &str, zh: &str, en: &str, sum: &str, share: u32, cards: Vec<DealCard>| Lane {
            stage: stage.into(),
            label: say.of(zh, en),
            count: cards.len().to_string(),
            sum: sum.into(),
            currency: "CNY".into(),
            closing: if stage == "won" || stage == "lost" {
                stage.into()
            } else {
                String::new()
            },
            share,
            add: Some(format!("/opportunity/new?stage={stage}")),
            cards,
            ..Lane::default()
        };
    let card =
        |id: u32, title: (&str, &str), sub: (&str, &str), amount: &str, tag: (&str, &str, &str)| {
            DealCard {
                record: format!("opportunity/{id}"),
                version: 1,
                href: format!("/opportunity/{id}"),
                peek: format!("/opportunity/{id}/peek"),
                refresh: format!("/opportunity/{id}/card"),
                move_href: format!("/opportunity/{id}/stage"),
                close_href: format!("/opportunity/{id}/closure"),
                title: say.of(title.0, title.1),
                subtitle: say.of(sub.0, sub.1),
                amount_text: format!("¥{amount}"),
                amount: amount.replace(',', ""),
                face: Some(say.face(
                    if id.is_multiple_of(2) { "梅" } else { "陈" },
                    if id.is_multiple_of(2) { "M" } else { "C" },
                    if id.is_multiple_of(2) { "sky" } else { "plum" },
                )),
                tags: if tag.0.is_empty() {
                    vec![]
                } else {
                    vec![say.tag(tag.0, tag.1, tag.2)]
                },
                is_late: tag.2 == "rose",
                allowed: None,
            }
        };
    vec![
        lane(
            "interest",
            "意向",
            "Interest",
            "¥516,000",
            34,
            vec![
                card(1, ("无锡太湖 蒸汽改造", "Taihu steam conversion"), ("无锡太湖饮品", "Taihu Beverages"), "240,000", ("", "", "")),
                card(2, ("温州瓯海 新线", "Ouhai new line"), ("温州瓯海鞋业", "Ouhai Footwear"), "180,000", ("16 天未联系", "Silent for 16 days", "rose")),
                card(3, ("嘉兴南湖 烘干", "Nanhu drying plant"), ("嘉兴南湖农业", "Nanhu Farming"), "96,000", ("", "", "")),
            ],
        ),
        lane(
            "proposal",
            "方案",
            "Proposal",
            "¥930,000",
            61,
            vec![
                card(4, ("苏州医院 洁净蒸汽", "Hospital clean steam"), ("苏州工业园区人民医院", "Suzhou SIP Hospital"), "520,000", ("今天评审", "Review today", "gold")),
                card(5, ("宁波北仑 换热站", "Beilun heat station"), ("宁波北仑港物流", "Beilun Port Logistics"), "410,000", ("方案过期", "Proposal expired", "rose")),
            ],
        ),
        lane(
            "quote",
            "报价",
            "Quote",
            "¥1,524,000",
            100,
            vec![
                card(6, ("合肥二期改造", "Hefei phase two"), ("合肥锅炉制造有限公司", "Hefei Boiler Works"), "680,000", ("周五", "Friday", "gold")),
                card(7, ("常州天宁 余热", "Tianning heat recovery"), ("常州天宁光伏", "Tianning Solar"), "760,000", ("", "", "")),
                card(8, ("绍兴越城 减温", "Yuecheng desuperheater"), ("绍兴越城纺织", "Yuecheng Textiles"), "84,000", ("", "", "")),
            ],
        ),
        lane(
            "negotiation",
            "谈判",
            "Negotiation",
            "¥862,000",
            57,
            vec![card(9, ("南京港华 三期", "Ganghua phase three"), ("南京港华食品厂", "Ganghua Foods"), "862,000", ("竞品：瑞能", "Rival: Rui Energy", "plum"))],
        ),
        lane(
            "won",
            "赢单",
            "Won",
            "¥692,600",
            45,
            vec![
                card(10, ("杭州西溪 中央热源", "Xixi central heating"), ("杭州西溪酒店集团", "Xixi Hotels"), "640,300", ("11-18", "18 Nov", "jade")),
                card(12, ("扬州 年度维保", "Yangzhou yearly service"), ("扬州瘦西湖旅行社", "Slender West Lake Travel"), "52,300", ("11-15", "15 Nov", "jade")),
            ],
        ),
    ]
}
