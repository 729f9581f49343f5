//! Declarations as people write them, with the errors that they get.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::catalog::{Catalog, Object};
use crate::overlay::Overlay;
use serde_json::{Value as Json, json};

const PACK: &str =
    "name = \"core\"\nversion = \"1\"\nareas = [{ name = \"sales\", icon = \"x\" }]\n";
const ROLES: &str = "[administrator]\nadminister = true\ndefault = { read = \"all\" }\n[salesperson]\npool = true\n";
const CUSTOMER: &str = r#"
name = "customer"
area = "sales"
[[field]]
name = "name"
kind = "text"
required = true
[[field]]
name = "type"
kind = "choice"
choices = ["organisation", { value = "person", tone = "sky" }]
default = "organisation"
[[field]]
name = "phone"
kind = "phone"
several = true
[[field]]
name = "order"
kind = "integer"
[[field]]
name = "total"
kind = "roll_up"
measure = "sum"
of = "opportunity"
through = "customer"
field = "weighted"
"#;
const OPPORTUNITY: &str = r#"
name = "opportunity"
area = "sales"
access = "parent:customer"
[[field]]
name = "name"
kind = "text"
[[field]]
name = "customer"
kind = "link"
to = "customer"
[[field]]
name = "amount"
kind = "money"
[[field]]
name = "pipeline"
kind = "choice"
[[field]]
name = "stage"
kind = "choice"
choices = [{ value = "won", tone = "gold" }]
[[field]]
name = "twice"
kind = "formula"
expression = "weighted * 2"
[[field]]
name = "weighted"
kind = "formula"
expression = "amount / 2"
[[pipeline]]
name = "standard"
[[pipeline.stage]]
name = "qualify"
probability = 20
required = ["amount"]
[[pipeline.stage]]
name = "won"
outcome = "won"
"#;
const LAYOUT: &str = r#"
related = ["opportunity.customer"]
quick = ["name", "phone"]
[[section]]
name = "basic"
fields = ["name", "type", "owner"]
[[view]]
name = "mine"
sort = "-created_at,name"
columns = ["name", "owner.name"]
"#;
const USER: &str =
    "name = \"user\"\narea = \"settings\"\n[[field]]\nname = \"name\"\nkind = \"text\"\n";

fn pack(files: &[(&str, &str)]) -> PackSource {
    let files = files.iter().map(|(path, text)| Source {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    });
    PackSource {
        folder: "packs/core".to_owned(),
        files: files.collect(),
    }
}

fn core() -> Vec<(&'static str, &'static str)> {
    vec![
        ("pack.toml", PACK),
        ("roles.toml", ROLES),
        ("objects/customer/object.toml", CUSTOMER),
        ("objects/customer/layout.toml", LAYOUT),
        (
            "objects/customer/roles.toml",
            "[salesperson]\nread = \"own\"\n[salesperson.fields]\ntotal = \"none\"\n",
        ),
        ("objects/opportunity/object.toml", OPPORTUNITY),
        ("objects/user/object.toml", USER),
        (
            "lang/zh.toml",
            "[objects.customer]\nlabel = \"客户\"\nfields.name = \"名称\"\nchoices.type.person = \"个人\"\n",
        ),
    ]
}

fn loaded() -> Declarations {
    load(&[pack(&core())]).unwrap()
}

/// A stand-in for the query language: products and quotients of money are money, `weighted` when it is known.
fn money(_: &Catalog, object: &Object, field: &Field) -> Result<String, Fault> {
    let expression = field.options.expression.as_deref().unwrap_or_default();
    let known = |name: &str| {
        object
            .field(name)
            .is_some_and(|field| field.kind.ty(field) != crate::kind::Ty::Opaque)
    };
    let first = expression.split(' ').next().unwrap_or_default();
    if known(first) {
        Ok("money".to_owned())
    } else {
        Err(Fault::new("unknown_field").with("name", first))
    }
}

/// Loads the core with one file replaced or added, and compares the errors.
fn check(path: &str, text: &str, expect: &[&str]) {
    let mut files = core();
    files.retain(|(other, _)| *other != path);
    files.push((path, text));
    let errors = load(&[pack(&files)]).err().unwrap_or_default();
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, expect, "{path}");
}

#[test]
fn a_pack_becomes_a_catalogue() {
    let catalog = loaded().catalog(7, &money).unwrap();
    assert_eq!(catalog.version, 7);
    let customer = catalog.object("customer").unwrap();
    assert_eq!(customer.table, "o_customer");
    assert_eq!(customer.label.get(Lang::Zh, ""), "客户");
    assert_eq!(customer.field("order").unwrap().column, "f_order");
    assert_eq!(
        customer.field("total").unwrap().options.result.as_deref(),
        Some("money")
    );
    let opportunity = catalog.object("opportunity").unwrap();
    assert_eq!(
        opportunity
            .field("twice")
            .unwrap()
            .options
            .result
            .as_deref(),
        Some("money")
    );
    assert_eq!(
        opportunity.field("pipeline").unwrap().default,
        Some(json!("standard"))
    );
    let stages: Vec<&str> = opportunity
        .field("stage")
        .unwrap()
        .options
        .choices
        .iter()
        .map(|choice| choice.value.as_str())
        .collect();
    assert_eq!(stages, ["qualify", "won"]);
    let tones = opportunity
        .field("stage")
        .unwrap()
        .options
        .choices
        .iter()
        .map(|choice| choice.tone.clone());
    assert_eq!(tones.flatten().collect::<Vec<_>>(), ["sky", "gold"]);
    assert_eq!(opportunity.first_stage("standard").unwrap().name, "qualify");
    assert_eq!(
        catalog.roles["salesperson"].field("customer", "total"),
        crate::role::FieldRight::None
    );
}

#[test]
fn slips_are_named_with_place_and_remedy() {
    let wrong = CUSTOMER
        .replace("area = \"sales\"", "areas = \"sales\"\narea = \"sale\"")
        .replace("\"text\"", "\"txt\"")
        .replace("\"order\"", "\"Order\"\nmax = 3")
        .replace("default = \"organisation\"", "default = \"organization\"");
    check(
        "objects/customer/object.toml",
        &wrong,
        &[
            "packs/core/objects/customer/object.toml:1:1: There is no area “sale”; did you mean “sales”?",
            "packs/core/objects/customer/object.toml:3:1: There is no key “areas” here; did you mean “area”?",
            "packs/core/objects/customer/object.toml:7:8: There is no kind “txt”; did you mean “text”?",
            "packs/core/objects/customer/object.toml:9:1: “organization” is not among the choices; did you mean \
             “organisation”? There are: organisation, person.",
            "packs/core/objects/customer/object.toml:19:8: “Order” cannot be a name: small letters, digits and _, a \
             letter first, at most 41.",
            "packs/core/objects/customer/object.toml:20:1: “max” means nothing to the kind integer; it takes: min, \
             most.",
        ],
    );
}

#[test]
fn toml_itself_may_be_wrong() {
    let mut files = core();
    files.push(("lang/en.toml", "[objects\nx = = 1\n"));
    let errors = load(&[pack(&files)]).unwrap_err();
    assert!(errors.len() >= 2, "{errors:?}");
    assert!(
        errors
            .iter()
            .any(|error| error.place.line == 2 && error.fault.code == "toml_syntax")
    );
}

#[test]
fn links_roles_words_and_pages_lead_somewhere() {
    check(
        "objects/opportunity/layout.toml",
        "related = [\"customer.name\", \"visit.x\"]\n[[view]]\nname = \"v\"\nshape = \"bord\"\nsort = \"-amuont\"\n\
         columns = [\"customer.phone\", \"customer.fax\"]\n",
        &[
            "packs/core/objects/opportunity/layout.toml:1:12: “customer.name” is no link that leads here: write \
             object.link.",
            "packs/core/objects/opportunity/layout.toml:1:29: There is no object “visit”: check the name.",
            "packs/core/objects/opportunity/layout.toml:4:9: “bord” is not among: table, board, calendar, chart. Did \
             you mean “board”?",
            "packs/core/objects/opportunity/layout.toml:5:8: There is no field “amuont”; did you mean “amount”?",
            "packs/core/objects/opportunity/layout.toml:6:30: There is no field “customer.fax”; did you mean \
             “customer”?",
        ],
    );
    check(
        "objects/opportunity/roles.toml",
        "[salesman]\nread = \"mine\"\n",
        &[
            "packs/core/objects/opportunity/roles.toml:1:2: There is no role “salesman”; did you mean “salesperson”?",
            "packs/core/objects/opportunity/roles.toml:2:8: “mine” is not among: none, own, team, below, region, all.",
        ],
    );
    check(
        "lang/en.toml",
        "[objects.customer.fields]\nfone = \"Phone\"\n",
        &["packs/core/lang/en.toml:2:1: There is no field “fone”; did you mean “phone”?"],
    );
    check(
        "objects/opportunity/object.toml",
        "name = \"opportunity\"\narea = \"sales\"\n[[field]]\nname = \"name\"\nkind = \"text\"\n[[field]]\n\
         name = \"customer\"\nkind = \"link\"\nto = \"costumer\"\n[[field]]\nname = \"weighted\"\nkind = \"money\"\n\
         [[pipeline]]\nname = \"p\"\n",
        &[
            "packs/core/objects/customer/layout.toml:2:12: “opportunity.customer” is no link that leads here: write \
             object.link.",
            "packs/core/objects/opportunity/object.toml:6:1: There is no object “costumer”; did you mean “customer”?",
            "packs/core/objects/opportunity/object.toml:13:1: The pipeline “p” needs a stage in which records are \
             open.",
        ],
    );
}

#[test]
fn a_trade_adds_to_the_core() {
    let trade = PackSource {
        folder: "packs/hospital".to_owned(),
        files: vec![
            Source {
                path: "pack.toml".to_owned(),
                text: "name = \"hospital\"\nversion = \"1\"\nrequires = [\"core\"]\n".to_owned(),
            },
            Source {
                path: "objects/customer/object.toml".to_owned(),
                text: "extends = \"customer\"\nadd_choices = [{ field = \"type\", choices = [\"patient\"] }]\n\
                       [[field]]\nname = \"ward\"\nkind = \"text\"\n"
                    .to_owned(),
            },
        ],
    };
    // The order in which packs come does not matter: requires does.
    let catalog = load(&[trade, pack(&core())])
        .unwrap()
        .catalog(1, &money)
        .unwrap();
    let customer = catalog.object("customer").unwrap();
    assert_eq!(customer.field("ward").unwrap().origin, "hospital");
    assert_eq!(customer.field("type").unwrap().options.choices.len(), 3);
}

fn apply(declarations: &mut Declarations, change: Json) -> Result<(), Vec<String>> {
    let change: Overlay = serde_json::from_value(change).unwrap();
    let change = declarations.settle(change);
    let result = declarations.apply(&change);
    result.map_err(|errors| {
        errors
            .iter()
            .map(|error| format!("{} {}", error.field, error.fault.code))
            .collect()
    })
}

#[test]
fn administrators_add_and_change() {
    let mut all = loaded();
    let object = json!({ "name": "project", "label": { "zh": "项目", "en": "Project" }, "fields": [
        { "name": "budget", "kind": "money" }, { "name": "customer", "kind": "link", "to": "customer" } ] });
    apply(&mut all, json!({ "op": "add_object", "object": object })).unwrap();
    let field = json!({ "name": "end", "kind": "date", "required": true });
    apply(
        &mut all,
        json!({ "op": "add_field", "table": "o_project", "field": field }),
    )
    .unwrap();
    let rename = json!({ "name": "finish", "label": { "en": "Finish" } });
    apply(
        &mut all,
        json!({ "op": "update_field", "table": "o_project", "column": "f_end", "patch": rename }),
    )
    .unwrap();
    let catalog = all.catalog(2, &money).unwrap();
    let project = catalog.object("project").unwrap();
    assert_eq!(project.title().name, "name");
    assert_eq!(project.area, CUSTOM);
    let finish = project.field("finish").unwrap();
    assert_eq!(finish.column, "f_end");
    assert_eq!(
        finish.describe()["label"],
        json!({ "zh": "Finish", "en": "Finish" })
    );
    assert_eq!(finish.describe()["required"], json!(true));
    assert_eq!(project.describe()["fields"][2]["to"], json!("customer"));
    // What is described may be declared again.
    let mut again = project.field("customer").unwrap().describe();
    again["name"] = json!("client");
    again.as_object_mut().unwrap().remove("origin");
    apply(
        &mut all,
        json!({ "op": "add_field", "table": "o_project", "field": again }),
    )
    .unwrap();
}

#[test]
fn wrong_changes_change_nothing() {
    let mut all = loaded();
    for (change, expect) in [
        (
            json!({ "op": "add_object", "object": { "name": "search" } }),
            "name reserved_name",
        ),
        (
            json!({ "op": "add_object", "object": { "name": "customer" } }),
            "name duplicate_object",
        ),
        (
            json!({ "op": "add_object", "object": { "name": "a", "fields": [{ "name": "b", "kind": "lnik" }] } }),
            "fields[0].kind unknown_kind",
        ),
        (
            json!({ "op": "add_field", "table": "o_none", "field": {} }),
            "table unknown_object",
        ),
        (
            json!({ "op": "add_field", "table": "o_customer", "field": { "name": "phones", "kind": "text" } }),
            "name name_taken",
        ),
        (
            json!({ "op": "add_field", "table": "o_customer", "field": { "name": "x", "kind": "link", "to": "y" } }),
            "to unknown_object",
        ),
        (
            json!({ "op": "update_field", "table": "o_customer", "column": "type", "patch": { "kind": "text" } }),
            "kind fixed",
        ),
        (
            json!({ "op": "set_choices", "table": "o_customer", "column": "type", "choices": ["person"] }),
            "default unknown_choice",
        ),
        (
            json!({ "op": "remove_field", "table": "o_customer", "column": "name" }),
            "column title_stays",
        ),
        (
            json!({ "op": "remove_field", "table": "o_opportunity", "column": "customer" }),
            "column field_in_use",
        ),
        (
            json!({ "op": "remove_object", "table": "o_customer" }),
            "table object_in_use",
        ),
        (
            json!({ "op": "set_role", "name": "administrator", "role": {} }),
            "administer nobody_administers",
        ),
        (
            json!({ "op": "remove_pipeline", "table": "o_opportunity", "name": "standard" }),
            "pipeline",
        ),
    ] {
        let before = format!("{all:?}");
        let errors = apply(&mut all, change.clone()).unwrap_err();
        let found = errors.first().unwrap();
        assert!(
            found == expect || expect == "pipeline",
            "{change}: {errors:?}"
        );
        assert_eq!(format!("{all:?}"), before, "{change}");
    }
}

#[test]
fn renames_and_removals_reach_what_refers_to_them() {
    let mut all = loaded();
    let rename = json!({ "name": "kind" });
    apply(
        &mut all,
        json!({ "op": "update_field", "table": "o_customer", "column": "type", "patch": rename }),
    )
    .unwrap();
    assert_eq!(
        all.object("customer").unwrap().layout.sections[0].fields,
        ["name", "kind", "owner"]
    );
    apply(
        &mut all,
        json!({ "op": "remove_field", "table": "o_customer", "column": "type" }),
    )
    .unwrap();
    assert_eq!(
        all.object("customer").unwrap().layout.sections[0].fields,
        ["name", "owner"]
    );
    // The column stays taken: a new field of the old name gets another.
    let field = json!({ "name": "type", "kind": "text" });
    apply(
        &mut all,
        json!({ "op": "add_field", "table": "o_customer", "field": field }),
    )
    .unwrap();
    assert_eq!(
        all.object("customer")
            .unwrap()
            .field("type")
            .unwrap()
            .field
            .column,
        "f_type"
    );
    apply(
        &mut all,
        json!({ "op": "restore_field", "table": "o_customer", "column": "type" }),
    )
    .unwrap();
    all.catalog(3, &money).unwrap();
}

#[test]
fn a_patch_takes_away_with_null_and_keeps_the_other_language() {
    let mut all = loaded();
    for patch in [
        json!({ "most": 9, "label": { "zh": "序" } }),
        json!({ "most": null, "label": { "en": "Order" } }),
    ] {
        let change = json!({ "op": "update_field", "table": "o_customer", "column": "f_order", "patch": patch });
        apply(&mut all, change).unwrap();
    }
    let field = &all
        .object("customer")
        .unwrap()
        .field("order")
        .unwrap()
        .field;
    assert_eq!(field.options.most, None);
    assert_eq!(field.label, Label::new("序", "Order"));
}

#[test]
fn expressions_are_checked_where_they_stand() {
    let mut all = loaded();
    let field = json!({ "name": "wrong", "kind": "formula", "expression": "nothing * 2" });
    apply(
        &mut all,
        json!({ "op": "add_field", "table": "o_customer", "field": field }),
    )
    .unwrap();
    let errors = all.catalog(1, &money).unwrap_err();
    assert_eq!(
        errors
            .iter()
            .map(|error| error.fault.code)
            .collect::<Vec<_>>(),
        ["unknown_field"]
    );
}
