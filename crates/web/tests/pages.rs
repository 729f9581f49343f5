//! Every template with every sample in both languages: nothing untranslated, nothing inline.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use guanxi_web::pages::{Shell, samples};
use guanxi_web::{Frame, Renderer, assets};

fn each_page(mut check: impl FnMut(&str, &str)) {
    let renderer = Renderer::new().unwrap();
    for lang in ["zh", "en"] {
        let shell = Shell::sample(lang, "auto");
        for sample in samples(lang) {
            for frame in [Frame::Whole, Frame::Fragment] {
                let what = format!("{} ({lang}, {frame:?})", sample.name);
                let html = renderer
                    .template(sample.template, &shell, sample.page.clone(), frame)
                    .unwrap_or_else(|error| panic!("{what}: {error:?}"));
                check(&what, &html);
            }
        }
    }
}

#[test]
fn every_sample_renders_without_untranslated_keys() {
    let mut faults = Vec::new();
    each_page(|what, html| {
        if let Some(at) = html.find('⟦') {
            faults.push(format!(
                "{what}: {}",
                html[at..].chars().take(40).collect::<String>()
            ));
        }
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_page_has_inline_script_or_style() {
    each_page(|what, html| {
        for tag in html.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            assert!(!tag.starts_with("style"), "{what}: <{tag}>");
            assert!(
                !tag.starts_with("script") || tag.contains(" src="),
                "{what}: <{tag}>"
            );
            for attribute in attributes(tag) {
                assert!(
                    attribute != "style"
                        && !attribute.starts_with("on")
                        && !attribute.starts_with("hx-on"),
                    "{what}: <{tag}>"
                );
            }
            assert!(!tag.contains("javascript:"), "{what}: <{tag}>");
        }
    });
}

#[test]
fn controls_have_names_and_ids_are_unique() {
    each_page(|what, html| {
        let mut ids = BTreeSet::new();
        for tag in html
            .split('<')
            .skip(1)
            .map(|tag| tag.split('>').next().unwrap())
        {
            if let Some(id) = value_of(tag, "id") {
                assert!(ids.insert(id.to_owned()), "{what}: id `{id}` twice");
            }
            let class = value_of(tag, "class").unwrap_or_default();
            if class.contains("icon-only") {
                assert!(tag.contains("aria-label="), "{what}: <{tag}> has no name");
            }
        }
    });
}

#[test]
fn icons_exist_in_the_sprite() {
    let sprite = assets::files()
        .find(|(name, _)| name.starts_with("icons-") && name.ends_with(".svg"))
        .unwrap()
        .1;
    let sprite = String::from_utf8(sprite).unwrap();
    each_page(|what, html| {
        for used in html.split(".svg#").skip(1) {
            let name = used.split('"').next().unwrap();
            assert!(
                sprite.contains(&format!("id=\"{name}\"")),
                "{what}: no icon `{name}`"
            );
        }
    });
}

/// Names of a tag's attributes (values are quoted everywhere in our templates).
fn attributes(tag: &str) -> impl Iterator<Item = &str> {
    tag.split(['"', '\''])
        .step_by(2)
        .flat_map(str::split_whitespace)
        .filter_map(|word| word.split('=').next())
}

fn value_of<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// Keys as they stand in the sources: literals after the calls that say them.
fn keys_said(folder: &std::path::Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            keys_said(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            for call in ["desk.say(", "desk.say_of(", "desk.say_n("] {
                let literals = source.split(call).skip(1);
                let literals = literals
                    .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
                found.extend(literals.map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_word_that_the_sources_say_exists() {
    let mut said = BTreeSet::new();
    keys_said(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut said,
    );
    assert!(said.len() > 80, "the sources were not read: {}", said.len());
    let renderer = Renderer::new().unwrap();
    for lang in ["zh", "en"] {
        let known = renderer.words(lang).unwrap().keys();
        let missing: Vec<_> = said.difference(known).collect();
        assert!(missing.is_empty(), "{lang} lacks {missing:?}");
    }
}
