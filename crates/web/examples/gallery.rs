//! Writes every sample page with its assets to `target/samples`, to be looked at:
//! `cargo run -p guanxi-web --example gallery`, then open `target/samples/index.html`.

use std::fs;
use std::path::Path;

use guanxi_web::pages::{Shell, samples};
use guanxi_web::{Frame, Renderer, assets};

/// A fragment alone has no styles, so it is put where the page would put it.
fn framed(name: &str, theme: &str, html: &str) -> String {
    let style = assets::manifest().address("app.css");
    let (before, after) = match name.split('-').next() {
        Some("peek") => ("<aside class=\"peek\">", "</aside>"),
        Some("palette") => (
            "<dialog class=\"palette\" open><div class=\"palette-list\">",
            "</div></dialog>",
        ),
        Some("rows") => ("<table class=\"table\">", "</table>"),
        _ => ("<div class=\"content narrow\" data-cell>", "</div>"),
    };
    format!(
        "<!doctype html><html data-theme=\"{theme}\"><meta charset=\"utf-8\"><link rel=\"stylesheet\" href=\"{style}\"><body>{before}{html}{after}"
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = Path::new("target/samples");
    fs::create_dir_all(target.join("assets"))?;
    for (name, bytes) in assets::files() {
        fs::write(target.join("assets").join(name), bytes)?;
    }
    let renderer = Renderer::new()?;
    let mut index =
        String::from("<!doctype html><meta charset=\"utf-8\"><title>Samples</title><ul>");
    for lang in ["zh", "en"] {
        for theme in ["light", "dark"] {
            for sample in samples(lang) {
                let shell = Shell::sample(lang, theme);
                let fragment = renderer.template(
                    sample.template,
                    &shell,
                    sample.page.clone(),
                    Frame::Fragment,
                )?;
                fs::write(
                    target.join(format!("{}.{lang}.{theme}.frag.html", sample.name)),
                    fragment,
                )?;
                let html = renderer.template(sample.template, &shell, sample.page, Frame::Whole)?;
                let html = if html.contains("<html") {
                    html
                } else {
                    framed(&sample.name, theme, &html)
                };
                // Pages are opened as files, so addresses from the root become relative.
                let html = html.replace("=\"/assets/", "=\"assets/");
                let file = format!("{}.{lang}.{theme}.html", sample.name);
                fs::write(target.join(&file), html)?;
                index.push_str(&format!("<li><a href=\"{file}\">{file}</a>"));
            }
        }
    }
    fs::write(target.join("index.html"), index)?;
    println!("{}", target.join("index.html").display());
    Ok(())
}
