//! What the demo organisation, a maker of boilers and heating plant, sells; who else does; and its tags.

use super::dice::Dice;
use super::{DemoRecord, DemoValue, Plan, yuan};

#[derive(Debug)]
pub struct Product {
    pub zh: &'static str,
    pub en: &'static str,
    code: &'static str,
    category: &'static str,
    unit: &'static str,
    pub cents: i64,
}

const fn sold(
    (zh, en): (&'static str, &'static str),
    code: &'static str,
    category: &'static str,
    unit: &'static str,
    yuan: i64,
) -> Product {
    Product {
        zh,
        en,
        code,
        category,
        unit,
        cents: yuan * 100,
    }
}

#[rustfmt::skip]
pub static PRODUCTS: [Product; 24] = [
    sold(("蒸汽锅炉 2t", "Steam boiler 2 t/h"), "SB-02", "equipment", "unit", 168_000),
    sold(("蒸汽锅炉 4t", "Steam boiler 4 t/h"), "SB-04", "equipment", "unit", 268_000),
    sold(("蒸汽锅炉 10t", "Steam boiler 10 t/h"), "SB-10", "equipment", "unit", 680_000),
    sold(("热水锅炉", "Hot water boiler"), "HB-07", "equipment", "unit", 142_000),
    sold(("电锅炉", "Electric boiler"), "EB-01", "equipment", "unit", 96_000),
    sold(("低氮燃烧器", "Low-NOx burner"), "BN-30", "equipment", "set", 58_000),
    sold(("余热回收器", "Heat recovery unit"), "HR-20", "equipment", "set", 76_000),
    sold(("板式换热站", "Plate heat exchanger station"), "PX-12", "equipment", "set", 124_000),
    sold(("空气源热泵", "Air source heat pump"), "HP-50", "equipment", "unit", 88_000),
    sold(("软水设备", "Water softener"), "WS-06", "equipment", "set", 26_000),
    sold(("循环泵", "Circulation pump"), "CP-15", "equipment", "unit", 7_800),
    sold(("控制柜", "Control cabinet"), "CC-03", "equipment", "set", 18_500),
    sold(("云监控平台", "Cloud monitoring"), "SW-01", "software", "year", 12_000),
    sold(("能耗分析软件", "Energy analysis"), "SW-02", "software", "licence", 36_000),
    sold(("年度维保", "Annual maintenance"), "SV-01", "service", "year", 24_000),
    sold(("安装调试", "Installation and commissioning"), "SV-02", "service", "day", 3_200),
    sold(("节能诊断", "Energy audit"), "SV-03", "service", "day", 4_500),
    sold(("锅炉清洗", "Boiler cleaning"), "SV-04", "service", "day", 2_600),
    sold(("司炉工培训", "Operator training"), "TR-01", "training", "day", 1_800),
    sold(("安全阀", "Safety valve"), "PT-01", "parts", "piece", 680),
    sold(("水位计", "Water gauge"), "PT-02", "parts", "piece", 420),
    sold(("点火电极", "Ignition electrode"), "PT-03", "parts", "piece", 160),
    sold(("密封垫", "Gasket set"), "PT-04", "parts", "set", 95),
    sold(("阻垢剂", "Scale inhibitor"), "CM-01", "consumables", "kilogram", 38),
];

/// Name, web address, threat, strengths in both languages.
#[rustfmt::skip]
pub static COMPETITORS: [(&str, &str, &str, &str); 8] = [
    ("瑞能热工 Ruineng Thermal", "ruineng", "high", "价格低，交货快。Low prices, quick delivery."),
    ("北方锅炉集团 Northern Boiler Group", "northern-boiler", "high", "大型项目经验丰富。Much experience with large plant."),
    ("海川节能 Haichuan Energy Saving", "haichuan", "medium", "合同能源管理。Pays for itself by energy saved."),
    ("Kesselwerk Hamburg", "kesselwerk", "medium", "进口品牌，可靠。An imported, trusted brand."),
    ("东泰燃烧设备 Dongtai Burners", "dongtai", "medium", "燃烧器专业厂家。Specialists for burners."),
    ("Thermaline Ltd", "thermaline", "low", "Heat pumps. 热泵产品线完整。"),
    ("金鼎换热 Jinding Heat Exchange", "jinding", "low", "换热站模块化。Modular exchanger stations."),
    ("Boreal Heating", "boreal-heating", "low", "Service contracts abroad. 海外维保网络。"),
];

/// Values of the customer's tags.
pub static TAGS: [&str; 10] = [
    "vip",
    "long_standing",
    "retrofit",
    "trade_fair",
    "price_sensitive",
    "group_buyer",
    "payment_due",
    "referrer",
    "new_energy",
    "on_trial",
];

pub fn product(plan: &Plan, key: u64) -> DemoRecord {
    let product = &PRODUCTS[key as usize];
    let fields = vec![
        (
            "name",
            DemoValue::Text([product.zh, " ", product.en].concat()),
        ),
        ("code", product.code.into()),
        ("category", product.category.into()),
        ("unit", product.unit.into()),
        ("price", yuan(product.cents)),
        // The last valve is no longer sold, so that a list of what is sold differs from the list of all.
        ("active", DemoValue::Bool(product.code != "PT-03")),
    ];
    founded("product", key, plan, fields)
}

pub fn competitor(plan: &Plan, key: u64) -> DemoRecord {
    let (name, site, threat, strengths) = COMPETITORS[key as usize];
    let fields = vec![
        ("name", name.into()),
        (
            "website",
            DemoValue::Text(["https://www.", site, ".example"].concat()),
        ),
        ("industry", "machinery".into()),
        ("threat", threat.into()),
        (
            "market_share",
            DemoValue::Int(Dice::new(20, key).between(2, 18)),
        ),
        ("strengths", strengths.into()),
    ];
    founded("competitor", key, plan, fields)
}

/// A record that was there when the system was set up: the administrator's, and older than any customer.
fn founded(
    object: &'static str,
    key: u64,
    plan: &Plan,
    fields: Vec<(&'static str, DemoValue)>,
) -> DemoRecord {
    DemoRecord {
        object,
        key,
        owner: Some(0),
        created_at: plan.at(-1150, 540 + key),
        fields,
    }
}
