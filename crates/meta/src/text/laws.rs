//! Laws that hold for every text: order of keys, completeness of tokens, forms of numbers.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::cells::{Cell, Gap, Kind, cells};
use super::{Query, Rank, TokenExpr, fold, han, index_tokens, phone, sort_key};

/// Names as they stand in a customer list, with the marks and mixtures of real ones.
const NAMES: [&str; 16] = [
    "合肥锅炉",
    "重庆长安汽车股份有限公司",
    "锋驰(伊犁哈萨克自治州)电子有限责任公司",
    "南通靓庄贸易经营部",
    "吕 绿女",
    "欧阳娜娜",
    "单晓燕",
    "西安先安电气",
    "大同深谷幽兰贸易有限公司",
    "上海ABB工程有限公司",
    "3M中国360大厦A座12号",
    "O'Brien & Söhne GmbH",
    "ＴＣＬ王牌电器",
    "𠮷野家(北京)餐饮",
    "Яндекс Маркет",
    "한국전력 トヨタ",
];

const PHONES: [&str; 8] = [
    "131-2090-6766",
    "86 15091049297",
    "+8618279525456",
    "（0551）6234 5678",
    "0551-62345678 转 8",
    "+44 20 7946 0018",
    "400-800-1234",
    "电话13268215277 手机 0086-138-1234-5678",
];

fn holds(expr: &TokenExpr, tokens: &HashSet<&str>) -> bool {
    match expr {
        TokenExpr::Token(token) => tokens.contains(token.as_str()),
        TokenExpr::All(parts) => parts.iter().all(|part| holds(part, tokens)),
        TokenExpr::Any(parts) => parts.iter().any(|part| holds(part, tokens)),
    }
}

fn proposed(query: &Query, text: &str) -> bool {
    let mut out = String::new();
    index_tokens(text, &mut out);
    holds(&query.tokens(), &out.split(' ').collect())
}

fn assert_found(typed: &str, text: &str) {
    let query = Query::parse(typed);
    assert!(
        query.verify(&[("name", text)]).is_some(),
        "{typed:?} is not verified in {text:?}"
    );
    assert!(
        proposed(&query, text),
        "{typed:?} does not propose {text:?}: {:?}",
        query.tokens()
    );
}

fn any_name() -> impl Strategy<Value = String> {
    let ideograph = proptest::char::range('\u{4e00}', '\u{9fff}').prop_map(String::from);
    let ambiguous = select(vec![
        "重", "长", "乐", "行", "西", "安", "女", "绿", "那", "番", "吕", "啊",
    ]);
    let other = select(vec![
        "A座", "abc", "X", "38", "2024", " ", "(", ")", "·", "é", "ﬁ", "か゛", "я", "𠮷", "-",
    ]);
    let piece = prop_oneof![4 => ideograph, 4 => ambiguous.prop_map(str::to_owned), 2 => other.prop_map(str::to_owned)];
    prop_oneof![
        select(NAMES.to_vec()).prop_map(str::to_owned),
        select(PHONES.to_vec()).prop_map(str::to_owned),
        proptest::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat()),
    ]
}

/// A piece of neighbouring cells that satisfy a condition, never empty; `None` when no cell does.
fn piece<'a>(
    all: &'a [Cell],
    at: &(Index, Index),
    fits: fn(&Cell, &Cell) -> bool,
) -> Option<&'a [Cell]> {
    let runs: Vec<&[Cell]> = all
        .chunk_by(fits)
        .filter(|run| fits(&run[0], &run[0]))
        .collect();
    let run = runs.get(at.0.index(runs.len().max(1)))?;
    let start = at.1.index(run.len());
    let end = start + 1 + at.0.index(run.len() - start);
    Some(&run[start..end.min(start + 24)])
}

fn both_grams(a: &Cell, b: &Cell) -> bool {
    a.kind == Kind::Gram && b.kind == Kind::Gram
}

fn both_spoken(a: &Cell, b: &Cell) -> bool {
    let spoken = |cell: &Cell| cell.han.is_some_and(|entry| !entry.readings().is_empty());
    spoken(a) && spoken(b)
}

fn both_digits(a: &Cell, b: &Cell) -> bool {
    a.kind == Kind::Digit && b.kind == Kind::Digit && b.gap != Gap::Other
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn folding_twice_changes_nothing(text in "\\PC{0,20}") {
        prop_assert_eq!(fold(&fold(&text)), fold(&text));
    }

    #[test]
    fn a_beginning_has_the_beginning_of_the_key(text in any_name(), at in any::<Index>()) {
        let text = fold(&text);
        let cut: String = text.chars().take(at.index(text.chars().count() + 1)).collect();
        prop_assert!(sort_key(&text).starts_with(&sort_key(&cut)));
    }

    #[test]
    fn keys_do_not_depend_on_case_width_and_time(text in "\\PC{0,40}") {
        prop_assert_eq!(sort_key(&text), sort_key(&fold(&text)));
        prop_assert_eq!(sort_key(&text), sort_key(&text));
    }

    #[test]
    fn different_short_names_have_different_keys(a in "[a-z0-9\u{4e00}-\u{9fff}]{1,8}", b in "[a-z0-9\u{4e00}-\u{9fff}]{1,8}") {
        prop_assert_eq!(a == b, sort_key(&a) == sort_key(&b));
    }

    #[test]
    fn every_piece_of_chinese_is_found(text in any_name(), at in any::<(Index, Index)>()) {
        let all = cells(&text);
        if let Some(piece) = piece(&all, &at, both_grams) {
            assert_found(&piece.iter().map(|cell| cell.c).collect::<String>(), &text);
        }
    }

    #[test]
    fn every_pinyin_is_found(
        text in any_name(), at in any::<(Index, Index)>(), choice in any::<[Index; 24]>(), change in any::<Index>(), last in any::<Index>(),
    ) {
        let all = cells(&text);
        if let Some(piece) = piece(&all, &at, both_spoken) {
            let read: Vec<&str> = piece.iter().zip(&choice).map(|(cell, choice)| {
                let readings = cell.han.unwrap().readings();
                han::syllable(readings[choice.index(readings.len())])
            }).collect();
            let change = change.index(read.len() + 1);
            let initials = |part: &[&str]| part.iter().map(|s| &s[..1]).collect::<String>();
            let whole = read.concat();
            let (tail, rest) = read.split_last().unwrap();
            let unfinished = format!("{}{}", rest.concat(), &tail[..1 + last.index(tail.len())]);
            let whole_first = format!("{}{}", read[..change].concat(), initials(&read[change..]));
            let whole_last = format!("{}{}", initials(&read[..change]), read[change..].concat());
            for typed in [whole, initials(&read), unfinished, whole_first, whole_last] {
                assert_found(&typed, &text);
                assert_found(&typed.to_uppercase(), &text);
            }
        }
    }

    #[test]
    fn every_beginning_of_a_word_is_found(text in any_name(), at in any::<(Index, Index)>()) {
        let all = cells(&text);
        let starts: Vec<usize> = (0..all.len()).filter(|i| all[*i].word_start).collect();
        if !starts.is_empty() {
            let start = starts[at.0.index(starts.len())];
            let word = all[start..].iter().enumerate().take_while(|(i, cell)| cell.kind != Kind::Gram && (*i == 0 || cell.gap == Gap::None));
            let word: String = word.map(|(_, cell)| cell.c).collect();
            assert_found(&word[..1 + at.1.index(word.len())], &text);
        }
    }

    #[test]
    fn every_run_of_three_digits_is_found(text in any_name(), at in any::<(Index, Index)>()) {
        let all = cells(&text);
        if let Some(piece) = piece(&all, &at, both_digits).filter(|piece| piece.len() >= 3) {
            assert_found(&piece.iter().map(|cell| cell.c).collect::<String>(), &text);
        }
    }

    #[test]
    fn what_is_verified_was_proposed(text in any_name(), typed in "[acefghinorsuxz0138 长安重西-]{1,8}") {
        let query = Query::parse(&typed);
        if query.verify(&[("name", &text)]).is_some() {
            prop_assert!(proposed(&query, &text), "{typed} {text} {:?}", query.tokens());
        }
    }

    #[test]
    fn nothing_typed_breaks_the_parser(typed in "\\PC{0,60}", text in "\\PC{0,60}") {
        let query = Query::parse(&typed);
        let hit = query.verify(&[("name", &text), ("note", &typed)]);
        prop_assert_eq!(hit.is_some(), !query.is_empty());
        if let Some(hit) = hit {
            prop_assert!(hit.text.get(hit.mark.clone()).is_some_and(|mark| !mark.is_empty()));
        }
        let mut out = String::new();
        index_tokens(&typed, &mut out);
        prop_assert!(out.bytes().all(|b| b == b' ' || b.is_ascii_lowercase() || b.is_ascii_digit()));
    }

    #[test]
    fn a_number_in_its_form_stays_so(text in "[+0-9()\\- ]{0,20}(转[0-9]{1,4})?") {
        if let Some(form) = phone::normalize(&text) {
            prop_assert_eq!(phone::normalize(&form), Some(form.clone()));
        }
    }
}

fn check(typed: &str, fields: &[(&str, &str)], expected: Option<(&str, Rank)>) {
    let hit = Query::parse(typed).verify(fields);
    let found = hit
        .as_ref()
        .map(|hit| (&hit.text[hit.mark.clone()], hit.rank));
    assert_eq!(found, expected, "{typed}");
}

#[test]
fn hits_are_ranked_and_explained() {
    let boiler = [
        ("name", "合肥锅炉"),
        ("phone", "+8655162345678"),
        ("address", "安徽省合肥市包河区"),
    ];
    check("合肥锅炉", &boiler, Some(("合肥锅炉", Rank::ExactName)));
    check("合肥", &boiler, Some(("合肥", Rank::NameStarts)));
    check("hfgl", &boiler, Some(("合肥锅炉", Rank::NameSounds)));
    check("fgl", &boiler, Some(("肥锅炉", Rank::NameSounds)));
    check("guolu", &boiler, Some(("锅炉", Rank::NameSounds)));
    check("hefeigu", &boiler, Some(("合肥锅", Rank::NameSounds)));
    check("锅炉", &boiler, Some(("锅炉", Rank::NameContains)));
    check("锅lu", &boiler, Some(("锅炉", Rank::NameSounds)));
    check("包河", &boiler, Some(("包河", Rank::OtherField)));
    check("hf 包河", &boiler, Some(("包河", Rank::OtherField)));
    check(
        "0551-6234",
        &boiler,
        Some(("+8655162345678".trim_start_matches('+'), Rank::OtherField)),
    );
    check(
        "(0551) 6234 5678",
        &boiler,
        Some(("55162345678", Rank::OtherField)),
    );
    check("3456", &boiler, Some(("3456", Rank::OtherField)));
    check("34", &boiler, None);
    check("合肥 北京", &boiler, None);
    check("flag", &boiler, None);
    check("", &boiler, None);
    check("()", &boiler, None);
    check("锅炉", &[], None);
}

#[test]
fn every_reading_finds_a_name() {
    let changan = [("name", "重庆长安汽车")];
    for typed in [
        "chongqing",
        "zhongqing",
        "cqca",
        "zqza",
        "zhangan",
        "qingchang",
        "chongqca",
        "changanqiche",
    ] {
        check(
            typed,
            &changan,
            Query::parse(typed).verify(&changan).map(|hit| match typed {
                "chongqing" | "zhongqing" => ("重庆", hit.rank),
                "cqca" | "zqza" | "chongqca" => ("重庆长安", hit.rank),
                "zhangan" => ("长安", hit.rank),
                "qingchang" => ("庆长", hit.rank),
                _ => ("长安汽车", hit.rank),
            }),
        );
        assert!(Query::parse(typed).verify(&changan).is_some(), "{typed}");
    }
    for typed in ["lv", "lu", "lyu", "lvbu", "lubu", "LB"] {
        assert_found(typed, "吕布");
    }
}

#[test]
fn latin_words_are_found_by_their_beginnings() {
    let fields = [
        ("name", "O'Brien & Söhne GmbH"),
        ("email", "info@soehne-test.example"),
    ];
    check("soh", &fields, Some(("Söh", Rank::NameContains)));
    check(
        "o'brien sohne",
        &fields,
        Some(("O'Brien & Söhne", Rank::NameStarts)),
    );
    check("info@soehne", &fields, Some(("soehne", Rank::OtherField)));
    check("ohne", &fields, None);
}

#[test]
fn pictures_are_found_alone_and_between_words() {
    for typed in ["😀", "😀喜", "喜糖", "xi", "★ 😀", "★"] {
        assert_found(typed, "★金牌 😀喜糖铺");
    }
    // A family is one picture of several, joined by what is no picture.
    assert_found("👩", "👨‍👩‍👧 亲子");
    let name = [("name", "喜糖铺")];
    check("😀", &name, None);
}

#[test]
fn long_texts_are_cut_around_the_hit() {
    let text = format!("{}锅炉{}", "安".repeat(100), "宁".repeat(100));
    let query = Query::parse("锅炉");
    let hit = query.verify(&[("name", "x"), ("note", &text)]).unwrap();
    assert!(hit.text.starts_with("…安") && hit.text.ends_with("宁…"));
    assert_eq!(&hit.text[hit.mark.clone()], "锅炉");
    assert_eq!(hit.text.chars().count(), 62);
}
