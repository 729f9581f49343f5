//! Real places: addresses, dialling codes, and which department looks after them.

use super::Address;
use super::dice::Dice;
use super::staff;

/// A city with some of its districts. `region` is the value of the customer's region.
#[derive(Debug)]
pub struct City {
    pub region: &'static str,
    province: &'static str,
    province_en: &'static str,
    city: &'static str,
    pub en: &'static str,
    code: &'static str,
    districts: &'static [&'static str],
}

/// A city abroad, with the beginning of its numbers and how many digits follow.
#[derive(Debug)]
pub struct Abroad {
    pub en: &'static str,
    country: &'static str,
    phone: &'static str,
    digits: usize,
}

#[derive(Debug, Clone, Copy)]
pub enum Place {
    China(&'static City),
    Abroad(&'static Abroad),
}

/// How an address is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Chinese,
    Latin,
}

impl Place {
    /// More often than not in the east, where the demo organisation is at home.
    pub fn china(dice: &mut Dice) -> Place {
        let cities = if dice.chance(35) {
            &CITIES[EASTERN]
        } else {
            &CITIES[..]
        };
        Place::China(&cities[dice.below(cities.len() as u64) as usize])
    }

    pub fn abroad(dice: &mut Dice) -> Place {
        Place::Abroad(&ABROAD[dice.below(ABROAD.len() as u64) as usize])
    }

    pub fn region(self) -> &'static str {
        match self {
            Place::China(city) => city.region,
            Place::Abroad(_) => "overseas",
        }
    }

    /// The city without its suffix: 合肥.
    pub fn short(self) -> &'static str {
        match self {
            Place::China(city) => city.city.trim_end_matches('市'),
            Place::Abroad(abroad) => abroad.en,
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Place::China(city) => city.en,
            Place::Abroad(abroad) => abroad.en,
        }
    }

    /// The department that looks after customers there.
    pub fn department(self) -> usize {
        match self.region() {
            "shanghai" | "jiangsu" | "anhui" => staff::EAST_1,
            "zhejiang" | "jiangxi" | "shandong" => staff::EAST_2,
            "beijing" | "tianjin" | "hebei" | "shanxi" | "inner_mongolia" | "liaoning"
            | "jilin" | "heilongjiang" | "henan" => staff::NORTH,
            "guangdong" | "guangxi" | "hainan" | "hunan" | "fujian" => staff::SOUTH,
            "overseas" => staff::INTERNATIONAL,
            _ => staff::CENTRAL,
        }
    }

    pub fn address(self, script: Script, dice: &mut Dice) -> Address {
        let number = dice.between(1, 988).to_string();
        match (self, script) {
            (Place::China(city), Script::Chinese) => {
                let mut street = dice.pick(&STREETS_ZH).to_owned() + &number + "号";
                if dice.chance(40) {
                    street += &format!(
                        "{}栋{}室",
                        dice.between(1, 28),
                        dice.between(1, 30) * 100 + dice.between(1, 12)
                    );
                }
                let district = dice.pick(city.districts);
                Address {
                    country: "",
                    province: city.province,
                    city: city.city,
                    district,
                    street,
                }
            }
            (Place::China(city), Script::Latin) => Address {
                country: "China",
                province: city.province_en,
                city: city.en,
                district: "",
                street: number + " " + dice.pick(&STREETS_CN_EN),
            },
            (Place::Abroad(abroad), _) => Address {
                country: abroad.country,
                province: "",
                city: abroad.en,
                district: "",
                street: number + " " + dice.pick(&STREETS_EN),
            },
        }
    }

    /// A landline.
    pub fn phone(self, dice: &mut Dice) -> String {
        let mut text = String::with_capacity(20);
        match self {
            Place::China(city) => {
                text.push_str(city.code);
                text.push('-');
                text.push(char::from(b'2' + dice.below(7) as u8));
                // The largest cities, with codes of three digits, have eight digits, and so have most others today.
                dice.digits(7, &mut text);
            }
            Place::Abroad(abroad) => {
                text.push_str(abroad.phone);
                dice.digits(abroad.digits, &mut text);
            }
        }
        text
    }

    /// A mobile number; abroad, where shapes differ, a landline.
    pub fn mobile(self, dice: &mut Dice) -> String {
        let Place::China(_) = self else {
            return self.phone(dice);
        };
        let mut text = String::with_capacity(11);
        text.push_str(dice.pick(&MOBILE));
        dice.digits(8, &mut text);
        text
    }
}

const MOBILE: [&str; 16] = [
    "130", "131", "135", "136", "137", "138", "139", "150", "151", "158", "159", "176", "180",
    "186", "188", "189",
];

const STREETS_ZH: [&str; 24] = [
    "人民路",
    "中山路",
    "解放路",
    "建设大道",
    "和平路",
    "新华路",
    "文化路",
    "长江路",
    "黄河路",
    "胜利街",
    "工业园一路",
    "科技大道",
    "创新路",
    "学府路",
    "滨河路",
    "迎宾大道",
    "振兴街",
    "友谊路",
    "环城北路",
    "湖滨路",
    "金融街",
    "新站路",
    "开发大道",
    "朝阳街",
];

const STREETS_CN_EN: [&str; 12] = [
    "Renmin Road",
    "Zhongshan Road",
    "Jiefang Road",
    "Jianshe Avenue",
    "Heping Road",
    "Xinhua Road",
    "Wenhua Road",
    "Changjiang Road",
    "Keji Avenue",
    "Binhe Road",
    "Hubin Road",
    "Youyi Road",
];

const STREETS_EN: [&str; 12] = [
    "High Street",
    "Station Road",
    "Harbour Street",
    "Park Avenue",
    "Mill Lane",
    "Church Street",
    "Bridge Street",
    "Market Square",
    "King Street",
    "Garden Road",
    "Victoria Road",
    "Canal Street",
];

const fn city(
    region: &'static str,
    province: (&'static str, &'static str),
    city: (&'static str, &'static str),
    code: &'static str,
    districts: &'static [&'static str],
) -> City {
    City {
        region,
        province: province.0,
        province_en: province.1,
        city: city.0,
        en: city.1,
        code,
        districts,
    }
}

const fn abroad(
    en: &'static str,
    country: &'static str,
    phone: &'static str,
    digits: usize,
) -> Abroad {
    Abroad {
        en,
        country,
        phone,
        digits,
    }
}

// Numbers of London and New York are from the ranges that are set aside for fiction.
static ABROAD: [Abroad; 12] = [
    abroad("Singapore", "Singapore", "+65 6", 7),
    abroad("London", "United Kingdom", "+44 20 7946 0", 3),
    abroad("New York", "United States", "+1 212 555 01", 2),
    abroad("Hamburg", "Germany", "+49 40 3", 6),
    abroad("Sydney", "Australia", "+61 2 9", 7),
    abroad("Tokyo", "Japan", "+81 3 5", 7),
    abroad("Seoul", "South Korea", "+82 2 5", 7),
    abroad("Dubai", "United Arab Emirates", "+971 4 3", 6),
    abroad("Rotterdam", "Netherlands", "+31 10 4", 6),
    abroad("Milan", "Italy", "+39 02 6", 7),
    abroad("Bangkok", "Thailand", "+66 2 6", 6),
    abroad("Kuala Lumpur", "Malaysia", "+60 3 2", 7),
];

const JIANGSU: (&str, &str) = ("江苏省", "Jiangsu");
const ZHEJIANG: (&str, &str) = ("浙江省", "Zhejiang");
const ANHUI: (&str, &str) = ("安徽省", "Anhui");
const SHANDONG: (&str, &str) = ("山东省", "Shandong");
const GUANGDONG: (&str, &str) = ("广东省", "Guangdong");
const FUJIAN: (&str, &str) = ("福建省", "Fujian");
const HEBEI: (&str, &str) = ("河北省", "Hebei");

/// From Shanghai to Anhui.
const EASTERN: std::ops::Range<usize> = 11..28;

#[rustfmt::skip]
static CITIES: [City; 60] = [
    city("beijing", ("北京市", "Beijing"), ("北京市", "Beijing"), "010", &["朝阳区", "海淀区", "丰台区", "大兴区"]),
    city("tianjin", ("天津市", "Tianjin"), ("天津市", "Tianjin"), "022", &["和平区", "河西区", "南开区", "西青区"]),
    city("hebei", HEBEI, ("石家庄市", "Shijiazhuang"), "0311", &["长安区", "裕华区", "新华区"]),
    city("hebei", HEBEI, ("唐山市", "Tangshan"), "0315", &["路北区", "路南区", "丰润区"]),
    city("hebei", HEBEI, ("保定市", "Baoding"), "0312", &["竞秀区", "莲池区", "满城区"]),
    city("shanxi", ("山西省", "Shanxi"), ("太原市", "Taiyuan"), "0351", &["小店区", "迎泽区", "杏花岭区"]),
    city("inner_mongolia", ("内蒙古自治区", "Inner Mongolia"), ("呼和浩特市", "Hohhot"), "0471", &["新城区", "回民区", "赛罕区"]),
    city("liaoning", ("辽宁省", "Liaoning"), ("沈阳市", "Shenyang"), "024", &["和平区", "沈河区", "铁西区"]),
    city("liaoning", ("辽宁省", "Liaoning"), ("大连市", "Dalian"), "0411", &["中山区", "西岗区", "沙河口区"]),
    city("jilin", ("吉林省", "Jilin"), ("长春市", "Changchun"), "0431", &["南关区", "宽城区", "朝阳区"]),
    city("heilongjiang", ("黑龙江省", "Heilongjiang"), ("哈尔滨市", "Harbin"), "0451", &["道里区", "南岗区", "香坊区"]),
    city("shanghai", ("上海市", "Shanghai"), ("上海市", "Shanghai"), "021", &["浦东新区", "徐汇区", "闵行区", "嘉定区"]),
    city("shanghai", ("上海市", "Shanghai"), ("上海市", "Shanghai"), "021", &["黄浦区", "静安区", "杨浦区", "松江区"]),
    city("jiangsu", JIANGSU, ("南京市", "Nanjing"), "025", &["鼓楼区", "建邺区", "江宁区"]),
    city("jiangsu", JIANGSU, ("苏州市", "Suzhou"), "0512", &["姑苏区", "吴中区", "相城区"]),
    city("jiangsu", JIANGSU, ("无锡市", "Wuxi"), "0510", &["梁溪区", "锡山区", "滨湖区"]),
    city("jiangsu", JIANGSU, ("常州市", "Changzhou"), "0519", &["天宁区", "钟楼区", "武进区"]),
    city("jiangsu", JIANGSU, ("南通市", "Nantong"), "0513", &["崇川区", "通州区", "海门区"]),
    city("jiangsu", JIANGSU, ("扬州市", "Yangzhou"), "0514", &["广陵区", "邗江区", "江都区"]),
    city("zhejiang", ZHEJIANG, ("杭州市", "Hangzhou"), "0571", &["西湖区", "上城区", "滨江区"]),
    city("zhejiang", ZHEJIANG, ("宁波市", "Ningbo"), "0574", &["海曙区", "江北区", "鄞州区"]),
    city("zhejiang", ZHEJIANG, ("温州市", "Wenzhou"), "0577", &["鹿城区", "龙湾区", "瓯海区"]),
    city("zhejiang", ZHEJIANG, ("绍兴市", "Shaoxing"), "0575", &["越城区", "柯桥区", "上虞区"]),
    city("zhejiang", ZHEJIANG, ("嘉兴市", "Jiaxing"), "0573", &["南湖区", "秀洲区"]),
    city("anhui", ANHUI, ("合肥市", "Hefei"), "0551", &["瑶海区", "庐阳区", "蜀山区", "包河区"]),
    city("anhui", ANHUI, ("芜湖市", "Wuhu"), "0553", &["镜湖区", "弋江区", "鸠江区"]),
    city("anhui", ANHUI, ("马鞍山市", "Ma'anshan"), "0555", &["花山区", "雨山区", "博望区"]),
    city("anhui", ANHUI, ("蚌埠市", "Bengbu"), "0552", &["蚌山区", "龙子湖区", "禹会区"]),
    city("fujian", FUJIAN, ("福州市", "Fuzhou"), "0591", &["鼓楼区", "台江区", "仓山区"]),
    city("fujian", FUJIAN, ("厦门市", "Xiamen"), "0592", &["思明区", "湖里区", "集美区"]),
    city("fujian", FUJIAN, ("泉州市", "Quanzhou"), "0595", &["鲤城区", "丰泽区", "洛江区"]),
    city("jiangxi", ("江西省", "Jiangxi"), ("南昌市", "Nanchang"), "0791", &["东湖区", "西湖区", "青山湖区"]),
    city("jiangxi", ("江西省", "Jiangxi"), ("九江市", "Jiujiang"), "0792", &["浔阳区", "濂溪区", "柴桑区"]),
    city("shandong", SHANDONG, ("济南市", "Jinan"), "0531", &["历下区", "市中区", "槐荫区"]),
    city("shandong", SHANDONG, ("青岛市", "Qingdao"), "0532", &["市南区", "市北区", "崂山区"]),
    city("shandong", SHANDONG, ("烟台市", "Yantai"), "0535", &["芝罘区", "福山区", "莱山区"]),
    city("shandong", SHANDONG, ("潍坊市", "Weifang"), "0536", &["潍城区", "奎文区", "寒亭区"]),
    city("henan", ("河南省", "Henan"), ("郑州市", "Zhengzhou"), "0371", &["中原区", "二七区", "金水区"]),
    city("henan", ("河南省", "Henan"), ("洛阳市", "Luoyang"), "0379", &["老城区", "西工区", "涧西区"]),
    city("hubei", ("湖北省", "Hubei"), ("武汉市", "Wuhan"), "027", &["江岸区", "武昌区", "洪山区"]),
    city("hubei", ("湖北省", "Hubei"), ("宜昌市", "Yichang"), "0717", &["西陵区", "伍家岗区", "点军区"]),
    city("hunan", ("湖南省", "Hunan"), ("长沙市", "Changsha"), "0731", &["芙蓉区", "天心区", "岳麓区"]),
    city("hunan", ("湖南省", "Hunan"), ("株洲市", "Zhuzhou"), "0731", &["天元区", "荷塘区", "芦淞区"]),
    city("guangdong", GUANGDONG, ("广州市", "Guangzhou"), "020", &["越秀区", "天河区", "白云区"]),
    city("guangdong", GUANGDONG, ("深圳市", "Shenzhen"), "0755", &["福田区", "南山区", "宝安区"]),
    city("guangdong", GUANGDONG, ("佛山市", "Foshan"), "0757", &["禅城区", "南海区", "顺德区"]),
    city("guangdong", GUANGDONG, ("珠海市", "Zhuhai"), "0756", &["香洲区", "斗门区", "金湾区"]),
    city("guangxi", ("广西壮族自治区", "Guangxi"), ("南宁市", "Nanning"), "0771", &["青秀区", "兴宁区", "江南区"]),
    city("hainan", ("海南省", "Hainan"), ("海口市", "Haikou"), "0898", &["秀英区", "龙华区", "美兰区"]),
    city("chongqing", ("重庆市", "Chongqing"), ("重庆市", "Chongqing"), "023", &["渝中区", "江北区", "沙坪坝区"]),
    city("sichuan", ("四川省", "Sichuan"), ("成都市", "Chengdu"), "028", &["锦江区", "青羊区", "武侯区"]),
    city("sichuan", ("四川省", "Sichuan"), ("绵阳市", "Mianyang"), "0816", &["涪城区", "游仙区", "安州区"]),
    city("guizhou", ("贵州省", "Guizhou"), ("贵阳市", "Guiyang"), "0851", &["南明区", "云岩区", "花溪区"]),
    city("yunnan", ("云南省", "Yunnan"), ("昆明市", "Kunming"), "0871", &["五华区", "盘龙区", "官渡区"]),
    city("shaanxi", ("陕西省", "Shaanxi"), ("西安市", "Xi'an"), "029", &["碑林区", "雁塔区", "未央区"]),
    city("gansu", ("甘肃省", "Gansu"), ("兰州市", "Lanzhou"), "0931", &["城关区", "七里河区", "安宁区"]),
    city("qinghai", ("青海省", "Qinghai"), ("西宁市", "Xining"), "0971", &["城东区", "城中区", "城西区"]),
    city("ningxia", ("宁夏回族自治区", "Ningxia"), ("银川市", "Yinchuan"), "0951", &["兴庆区", "金凤区", "西夏区"]),
    city("xinjiang", ("新疆维吾尔自治区", "Xinjiang"), ("乌鲁木齐市", "Urumqi"), "0991", &["天山区", "沙依巴克区", "新市区"]),
    city("tibet", ("西藏自治区", "Tibet"), ("拉萨市", "Lhasa"), "0891", &["城关区", "堆龙德庆区", "达孜区"]),
];
