//! Every kind of field has an input, which takes a value, shows it, and gives it back unchanged.

use crate::browser::{Browser, site};
use guanxi_engine::admin;
use guanxi_engine::read;
use guanxi_meta::kind::{self, Writable};
use guanxi_meta::overlay::Overlay;
use serde_json::{Value as Json, json};

/// A kind, what a form sends for a field of it, and what the form then shows.
type Typed = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

/// What a person types into the inputs of each kind, and how the record's page shows it. A kind that is registered and
/// is not named here fails the test, and so does one whose input gives back something else than it was given.
const TYPED: &[Typed] = &[
    ("text", &[("", "Some words")], "Some words"),
    ("long_text", &[("", "One\nTwo")], "One"),
    (
        "rich_text",
        &[("", "<p>Hello <strong>world</strong></p>")],
        "<strong>world</strong>",
    ),
    ("integer", &[("", "1234")], "1,234"),
    ("decimal", &[("", "12.5")], "12.5"),
    (
        "money",
        &[(".amount", "1234.50"), (".currency", "CNY")],
        "1,234.50",
    ),
    ("percent", &[("", "40")], "40%"),
    ("date", &[("", "2024-02-29")], "2024-02-29"),
    ("instant", &[("", "2024-02-29T13:45")], "2024-02-29"),
    ("duration", &[("", "1:30")], "1 h 30 min"),
    ("bool", &[("", "true")], "Yes"),
    ("choice", &[("", "b")], "Bee"),
    ("multi_choice", &[("", "a"), ("", "b")], "Bee"),
    ("link", &[("", "{customer}")], "Pear Works"),
    ("many_links", &[("", "{customer}")], "Pear Works"),
    (
        "email",
        &[("", "a@example.com"), ("", "b@example.com")],
        "mailto:b@example.com",
    ),
    (
        "phone",
        &[("", "+49 30 123456"), ("", "+49 30 654321")],
        "tel:+49 30 654321",
    ),
    (
        "url",
        &[("", "https://example.com/a")],
        "https://example.com/a",
    ),
    (
        "address",
        &[
            (".province", "浙江省"),
            (".city", "杭州市"),
            (".district", "西湖区"),
            (".street", "文三路 1 号"),
            (".postcode", "310012"),
        ],
        "文三路",
    ),
    (
        "person_name",
        &[(".family", "Curie"), (".given", "Marie")],
        "Marie",
    ),
    ("file", &[("", "{file}")], "plan.txt"),
    ("image", &[("", "{image}")], "/files/"),
    ("rating", &[("", "4")], "4/5"),
    ("json", &[("", r#"{"a":[1,2]}"#)], "&quot;a&quot;"),
];

/// Kinds that are computed: shown, never asked for.
const COMPUTED: [&str; 3] = ["number", "formula", "roll_up"];

fn declaration(kind: &str) -> Json {
    let mut field =
        json!({ "name": format!("k_{kind}"), "kind": kind, "label": { "zh": kind, "en": kind } });
    match kind {
        "choice" | "multi_choice" => {
            field["choices"] = json!([
                { "value": "a", "label": { "zh": "甲", "en": "Ay" } },
                { "value": "b", "label": { "zh": "乙", "en": "Bee" } },
            ]);
        }
        "link" | "many_links" => field["to"] = json!("customer"),
        "email" | "phone" => field["several"] = json!(true),
        _ => {}
    }
    field
}

/// What the inputs of a form hold, as a browser would send them again.
fn inputs(html: &str, field: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let tags = html.split('<').skip(1);
    let mut select = String::new();
    for tag in tags {
        let (head, text) = tag.split_once('>').unwrap_or((tag, ""));
        let value = |name: &str| {
            head.split_once(&format!(" {name}=\""))
                .map(|(_, rest)| unescaped(rest.split('"').next().unwrap()))
        };
        let name = value("name").unwrap_or_default();
        let is_ours = name == field || name.starts_with(&format!("{field}."));
        let kind = value("type").unwrap_or_default();
        if head.starts_with("select ") {
            select = if is_ours { name } else { String::new() };
        } else if head.starts_with("option") && !select.is_empty() && head.contains(" selected") {
            found.push((select.clone(), value("value").unwrap_or_default()));
        } else if head.starts_with("textarea ") && is_ours {
            found.push((name, unescaped(text)));
        } else if head.starts_with("input ")
            && is_ours
            && kind != "file"
            && !name.ends_with(".remove")
        {
            let is_off =
                matches!(kind.as_str(), "checkbox" | "radio") && !head.contains(" checked");
            if !is_off {
                found.push((name, value("value").unwrap_or_default()));
            }
        }
    }
    found
}

fn unescaped(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (coded, plain)| {
        text.replace(coded, plain)
    })
}

fn sent(browser: &Browser<'_>, (as_kind, name, bytes): (&str, &str, &str)) -> String {
    let reply = browser
        .upload("/files", &[("as", as_kind)], (name, bytes))
        .is(200);
    let sent: Json = serde_json::from_str(&reply.body).unwrap();
    format!(
        "{} {}",
        sent["id"].as_str().unwrap(),
        sent["name"].as_str().unwrap()
    )
}

#[test]
fn every_kind_has_an_input_that_gives_back_what_it_was_given() {
    let registered: Vec<&str> = kind::all().map(|kind| kind.name()).collect();
    for kind in &registered {
        let named = TYPED.iter().any(|(name, _, _)| name == kind) || COMPUTED.contains(kind);
        assert!(named, "{kind} has no input here");
    }
    assert_eq!(registered.len(), TYPED.len() + COMPUTED.len());
    let site = site();
    let root = site.test.admin();
    let fields: Vec<Json> = TYPED.iter().map(|(kind, _, _)| declaration(kind)).collect();
    let object =
        json!({ "name": "sampler", "label": { "zh": "样品", "en": "Sampler" }, "fields": fields });
    admin::publish(
        &root,
        vec![Overlay::AddObject {
            table: None,
            object,
        }],
    )
    .unwrap();
    let browser = site.person("admin");
    let made = browser
        .post("/customer/new", &[("name", "Pear Works")])
        .is(303);
    let customer = made.to().rsplit('/').next().unwrap().to_owned();
    let file = sent(&browser, ("file", "plan.txt", "words"));
    // The test's forms are texts, and a GIF begins with one.
    let image = sent(&browser, ("image", "dot.gif", "GIF89a...."));
    let fill = |text: &str| {
        text.replace("{customer}", &customer)
            .replace("{file}", &file)
            .replace("{image}", &image)
    };
    let blank = browser.get("/sampler/new").is(200);
    let mut form: Vec<(String, String)> = vec![("name".into(), "All of them".into())];
    for (kind, parts, _) in TYPED {
        let field = format!("k_{kind}");
        let is_there = blank.has(&format!("name=\"{field}\""))
            || blank.has(&format!("name=\"{field}."))
            || blank.has(&format!("data-name=\"{field}\""));
        assert!(is_there, "{kind} has no input in the form");
        form.extend(
            parts
                .iter()
                .map(|(part, text)| (format!("{field}{part}"), fill(text))),
        );
    }
    let pairs: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let made = browser.post("/sampler/new", &pairs).is(303);
    let at = made.to().to_owned();
    let id = at.rsplit('/').next().unwrap().parse().unwrap();
    let record = || {
        let root = site.test.admin();
        read::get(&root, &root.object("sampler").unwrap(), id).unwrap()
    };
    let first = record();
    let page = browser.get(&at).is(200);
    for (kind, _, shown) in TYPED {
        assert!(
            page.main().contains(shown),
            "{kind} is not shown as {shown}"
        );
        let at = first.object.position(&format!("k_{kind}")).unwrap();
        assert!(!first.values[at].is_null(), "{kind} was not taken");
    }
    // The form of the record sends back what it holds: nothing changes, and no version is spent.
    let edit = browser.get(&format!("{at}/edit")).is(200);
    let mut again: Vec<(String, String)> = vec![
        ("name".into(), "All of them".into()),
        ("version".into(), first.version.to_string()),
    ];
    for (kind, _, _) in TYPED {
        let held = inputs(&edit.body, &format!("k_{kind}"));
        assert!(!held.is_empty(), "{kind} gives nothing back");
        again.extend(held);
    }
    let pairs: Vec<(&str, &str)> = again
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    browser.post(&format!("{at}/edit"), &pairs).is(303);
    let second = record();
    for (field, (before, after)) in first
        .object
        .fields
        .iter()
        .zip(first.values.iter().zip(&second.values))
    {
        assert_eq!(before, after, "{} came back changed", field.name);
    }
    assert_eq!(first.version, second.version);
    // Each is written in its place too, where a form of one field can be.
    for (kind, _, _) in TYPED
        .iter()
        .filter(|(kind, _, _)| kind::lookup(kind).unwrap().writable() == Writable::ByCaller)
    {
        let cell = browser.fragment(&format!("{at}/cell/k_{kind}")).is(200);
        assert!(
            cell.has(&format!("k_{kind}")),
            "{kind} has no form of its own"
        );
    }
}

#[test]
fn a_field_holds_only_files_of_its_own_record_or_just_sent_by_its_writer() {
    let site = site();
    let (sam, ann) = (site.salesperson(), site.person("admin"));
    let make = |browser: &Browser<'_>, form: &[(&str, &str)]| browser.post("/visit/new", form);
    let photo = sent(&sam, ("image", "door.gif", "GIF89a...."));
    let words = sent(&sam, ("file", "page.html", "<script>alert(1)</script>"));
    // A picture is told by its bytes, at the sending and at the save.
    sam.upload(
        "/files",
        &[("as", "image")],
        ("x.png", "<svg onload=alert(1)>"),
    )
    .is(400);
    make(&sam, &[("subject", "At the door"), ("photo", &words)]).is(422);
    // What another sent is not found, as if there were no such file.
    make(&ann, &[("subject", "Not mine"), ("photo", &photo)]).is(422);
    let made = make(&sam, &[("subject", "At the door"), ("photo", &photo)]).is(303);
    let id = photo.split(' ').next().unwrap();
    let shown = sam.get(&format!("/files/{id}")).is(200);
    assert_eq!(shown.header("content-type"), "image/gif");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    assert!(shown.header("content-security-policy").contains("sandbox"));
    // It hangs on that record now, and on no other.
    make(&sam, &[("subject", "Another"), ("photo", &photo)]).is(422);
    // Without scripts a file comes with the form.
    let reply = sam
        .upload_as(
            "/visit/new",
            &[("subject", "No scripts"), ("photo", "")],
            ("photo.upload", "yard.gif", "GIF89a...."),
        )
        .is(303);
    assert!(sam.get(reply.to()).is(200).has("yard.gif"));
    sam.get(made.to()).is(200);
}
